"""A serial module that needs seconds to send its image, through the gateway: progress, a signed capture."""

from threading import Event

import numpy as np
import pytest
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import device_pb2

from drivers.fingerprint.synthetic import SyntheticFingerprintScanner
from gateway.capture import placements
from tests.drivers.zfm_module import ZfmModule
from tests.gateway.desk_ports import QUICK
from tests.gateway.running import desk


@pytest.fixture(scope="module")
def picture():
    """A synthetic finger in 256x288 pixels of 16 grey levels, as the module keeps it."""
    with SyntheticFingerprintScanner(**QUICK) as scanner:
        pixels = scanner.capture(10, Event()).pixels
    rows, columns = pixels.shape
    top, left = (rows - 288) // 2, (columns - 256) // 2
    return (pixels[top : top + 288, left : left + 256] >> 4).astype(np.uint8)


async def test_an_image_that_takes_seconds_shows_its_progress(tmp_path, picture, monkeypatch):
    # Shorter than the transfer: each word of progress is a sign of life to the watchdog.
    monkeypatch.setattr(placements, "DRIVER_GRACE_S", 2.5)
    with ZfmModule(picture, looks=[2, 0, 0, 0, 0, 2], packet_pause_s=0.012) as module:
        device = {"driver": "zfm", "port": module.port, "id": "zfm:desk", "max_baud": 57600}
        async with desk(tmp_path, device) as client:
            listed = await client.device("zfm:desk")
            assert (listed.state, listed.width, listed.height) == (device_pb2.DEVICE_STATE_IDLE, 256, 288)
            capture = await client.start(timeout=60)
            events = [event async for event in client.watch_capture(capture.capture_id)]
            shares = [event.image_transfer.share for event in events if event.HasField("image_transfer")]
            assert len(shares) > 3
            assert shares == sorted(shares)
            assert shares[-1] == 1.0
            ended = events[-1].capture
            assert ended.outcome == pb.CAPTURE_OUTCOME_CAPTURED
            assert ended.minutia_count > 10
            assert (await client.verify(capture.capture_id)).ok
            assert (await client.device("zfm:desk")).health.resets == 0
