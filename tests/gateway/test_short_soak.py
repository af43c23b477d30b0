"""A short soak: failing scanners and clients who misbehave, as `python -m tests.soak` has them for longer."""

from pathlib import Path

from tests.soak.soak import SCANNERS, soak

CAPTURES = 60


def test_every_capture_ends_and_every_device_recovers(tmp_path: Path) -> None:
    tally = soak(tmp_path, captures=CAPTURES, warm_up=0)
    assert tally.problems == [], str(tally)
    assert tally.captures == tally.ended >= CAPTURES
    assert len(tally.started) == SCANNERS
    assert tally.faults
    assert tally.stored == len(tally.recorded) > 0
