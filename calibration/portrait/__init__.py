"""Procedures of a portrait camera, one file each; pure on frames."""
