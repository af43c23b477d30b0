"""Slaps from a scanner that gives one frame for each placement of the hand, and no preview before it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rekam.v1 import capture_pb2 as pb

from drivers import installed_drivers
from tests.gateway.running import desk
from tests.gateway.slap_desk import PULLED, RIGHT_FINGERS, capture_lying, capture_slap, codes


@pytest.fixture(autouse=True)
def placing_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The driver, as another package would bring it."""
    package = tmp_path / "site" / "slap_drivers-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: slap-drivers\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(
        "[rekam.slap_scanner]\nplacing-slap = tests.gateway.slap_desk:PlacingSlapScanner\n"
    )
    monkeypatch.syspath_prepend(str(package.parent))
    installed_drivers.cache_clear()
    yield
    PULLED.clear()
    monkeypatch.undo()
    installed_drivers.cache_clear()


def placing(**options: Any) -> dict[str, Any]:
    return {"driver": "placing-slap", "id": "placing-slap:1", "finger_delay_s": 0.1, **options}


async def test_a_placement_is_a_capture(tmp_path):
    async with desk(tmp_path, placing()) as client:
        assert not (await client.device("placing-slap:1")).live_preview
        capture = await capture_slap(client)
        assert capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED
        assert [finger.position for finger in capture.fingers] == RIGHT_FINGERS
        assert (await client.verify(capture.capture_id)).ok


async def test_the_other_hand_is_not_taken(tmp_path):
    async with desk(tmp_path, placing(hand="left", impression=1)) as client:
        capture = await capture_lying(client, timeout=4.0)
        assert (capture.outcome, codes(capture)) == (pb.CAPTURE_OUTCOME_NO_FINGER, ["wrong_hand"])


async def test_a_cable_that_is_pulled_for_good_leaves_the_best_that_there_was(tmp_path):
    async with desk(tmp_path, placing(lasts=1), capture={"recovery_s": 0.2}) as client:
        capture = await capture_slap(client, min_quality=100)
        assert (capture.outcome, capture.error.reason) == (pb.CAPTURE_OUTCOME_BELOW_QUALITY, "DEVICE_LOST")
        assert (capture.sequence, len(capture.fingers)) == (1, 4)
        assert (await client.verify(capture.capture_id)).ok
