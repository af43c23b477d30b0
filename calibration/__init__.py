"""Procedures of a technician, one file each; none is there yet."""
