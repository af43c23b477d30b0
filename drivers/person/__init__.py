"""Synthetic persons: the fingers, the eyes, the face and the signature that belong to one number."""
