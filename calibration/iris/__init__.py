"""Procedures of an iris camera, one file each; pure on frames."""
