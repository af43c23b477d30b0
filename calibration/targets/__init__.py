"""Calibration targets as data: what each shows, and its own certificate."""

from calibration.targets.reader import Target, bundled_targets, read_target

__all__ = ["Target", "bundled_targets", "read_target"]
