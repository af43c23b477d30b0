"""Templates compared, one with one and one with many; one file per stage."""
