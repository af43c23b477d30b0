"""A slap scanner of a test's gateway, and what is asked about its captures."""

from collections.abc import Iterator
from threading import Event
from typing import Any, Self

from rekam.v1 import capture_pb2 as pb
from rekam.v1 import common_pb2, device_pb2

from drivers import DeviceIdentity, DeviceLost, DeviceNotFound, Frame, SelfTestStep
from drivers.fingerprint.synthetic_slap import SyntheticSlapScanner
from gateway.trust import Manifest, read_signature
from tests.gateway.client import Client

RIGHT_FOUR = common_pb2.FINGER_POSITION_RIGHT_FOUR
LEFT_FOUR = common_pb2.FINGER_POSITION_LEFT_FOUR
THUMBS = common_pb2.FINGER_POSITION_TWO_THUMBS
RIGHT_RING, RIGHT_LITTLE = common_pb2.FINGER_POSITION_RIGHT_RING, common_pb2.FINGER_POSITION_RIGHT_LITTLE
AMPUTATED, BANDAGED = pb.MISSING_REASON_AMPUTATED, pb.MISSING_REASON_BANDAGED
RIGHT_FINGERS = [2, 3, 4, 5]
SCANNER = "synthetic-slap:S-1"


def slaps(**options: Any) -> dict[str, Any]:
    """The `[[device]]` table of a quick slap scanner, of the least resolution that is judged; the hand stays."""
    quick = {
        "person": 42,
        "impression": 3,
        "width": 800,
        "height": 750,
        "ppi": 250.0,
        "finger_delay_s": 0.0,
        "settle_s": 0.05,
        "hold_s": 1000.0,
        "frame_rate": 50.0,
    }
    return {"driver": "synthetic-slap", "serial": "S-1", **quick, **options}


async def capture_slap(client: Client, position: int = RIGHT_FOUR, **fields: Any) -> pb.Capture:
    return await client.end((await client.start(position=position, **{"timeout": 60.0, **fields})).capture_id)


async def capture_lying(client: Client, position: int = RIGHT_FOUR, **fields: Any) -> pb.Capture:
    """Capture a hand that lies there already: drawing one takes longer than such a capture may."""
    await client.seen(position=position)
    return await capture_slap(client, position, **fields)


async def manifest(client: Client, capture_id: str) -> Manifest:
    jws = await client.download(capture_id, pb.CAPTURE_PART_MANIFEST)
    return Manifest.from_bytes(read_signature(jws).payload)


async def part(client: Client, capture_id: str, kind: int, finger: int) -> bytes:
    request = pb.DownloadCaptureRequest(capture_id=capture_id, part=kind, finger=finger)  # type: ignore[arg-type]
    return b"".join([chunk.data async for chunk in client.stream("CaptureService", "DownloadCapture", request)])


def missing(*fingers: int, reason: int = AMPUTATED) -> list[pb.MissingFinger]:
    return [pb.MissingFinger(position=finger, reason=reason) for finger in fingers]  # type: ignore[arg-type]


async def present(client: Client, **fields: Any) -> None:
    request = device_pb2.PresentSyntheticRequest(device_id=SCANNER, person=42, **fields)
    await client.ask("DeviceService", request, device_pb2.PresentSyntheticResponse)


def codes(capture: pb.Capture) -> list[str]:
    return [remark.code for remark in capture.guidance]


PULLED: set[str] = set()
"""Serial numbers of scanners whose cable is out."""


class PlacingSlapScanner:
    """A slap scanner that gives a single frame for each placement, and whose cable is pulled after `lasts` of them."""

    def __init__(self, *, serial: str = "P-1", lasts: int = 1000, **options: Any) -> None:
        self._serial, self._left = serial, lasts
        options = {**slaps(serial=serial), **options}
        self._scanner = SyntheticSlapScanner(**{name: options[name] for name in options if name != "driver"})

    @property
    def identity(self) -> DeviceIdentity:
        return self._scanner.identity

    def __enter__(self) -> Self:
        if self._serial in PULLED:
            raise DeviceNotFound(f"{self._serial} is not plugged in")
        self._scanner.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._scanner.__exit__(*exc)

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        if not self._left:
            PULLED.add(self._serial)
            raise DeviceLost(f"{self._serial} was unplugged")
        self._left -= 1
        return self._scanner.capture(timeout_s, cancel)

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        self._scanner.await_removal(timeout_s, cancel)

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        return self._scanner.self_test(cancel)

    def reset(self) -> None:
        self._scanner.reset()
