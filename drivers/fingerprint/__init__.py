"""Fingerprint scanners, one file per model."""
