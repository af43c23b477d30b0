"""Fingers that never were: ridges, placements and the glass they are laid on, all from seeds."""
