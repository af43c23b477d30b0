"""Procedures for fingerprint scanners, one file each: frames and a target in, values with uncertainty out."""
