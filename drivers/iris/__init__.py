"""Iris cameras, one file per model."""
