"""Slaps: up to four fingertips found, boxed and named in one image; one file per stage."""
