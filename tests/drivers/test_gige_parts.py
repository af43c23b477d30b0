"""Parts of the GigE Vision driver that need no camera: pixels, frame numbers, clocks, options, control packets."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import DeviceBusy, DeviceError, DeviceHung, DeviceLost, DeviceUnsupported
from drivers.iris.gige import GigeIrisCamera
from drivers.transports import aravis_library
from drivers.transports.gige_control import CONTROL_PRIVILEGE, GVCP_PORT, ControlChannel
from drivers.transports.gige_features import check_picture
from drivers.transports.gige_pixels import PIXEL_FORMATS, grey_pixels, payload_bytes
from drivers.transports.gige_time import CameraClock, WallClock, frames_lost
from tests.drivers.gige_relay import own_address


def packed(values: list[int], name: str, bits: int) -> bytes:
    """Grey values as the wire has them, bit by bit from the format's definition."""
    if name == "Mono8":
        return bytes(values)
    if name.endswith("Packed"):  # upper bits of the first, lower bits of both, upper bits of the second
        out = bytearray()
        low = bits - 8
        for first, second in zip(values[::2], [*values[1::2], 0], strict=False):
            lower = (first & ((1 << low) - 1)) | (second & ((1 << low) - 1)) << 4
            out += bytes((first >> low, lower, second >> low))
        return bytes(out)[: -(-len(values) * 12 // 8)]
    if name.endswith("p"):
        stream = sum(value << (bits * at) for at, value in enumerate(values))
        return stream.to_bytes(-(-len(values) * bits // 8), "little")
    return struct.pack(f"<{len(values)}H", *values)


@given(st.data(), st.sampled_from(sorted(PIXEL_FORMATS)))
def test_grey_values_survive_their_packing(data: st.DataObject, pixel_format: int) -> None:
    name, bits, _ = PIXEL_FORMATS[pixel_format]
    width, height = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 5))
    values = data.draw(
        st.lists(st.integers(0, (1 << bits) - 1), min_size=width * height, max_size=width * height), label="grey"
    )
    payload = packed(values, name, bits)
    assert len(payload) == payload_bytes(width, height, pixel_format)
    found = grey_pixels(np.frombuffer(payload + b"chunk", np.uint8), width, height, pixel_format)
    assert found.tolist() == np.array(values).reshape(height, width).__rshift__(bits - 8).tolist()


def test_pixels_are_copied() -> None:
    payload = np.zeros(6, np.uint8)
    pixels = grey_pixels(payload, 3, 2, 0x01080001)
    payload[:] = 9
    assert pixels.max() == 0


@pytest.mark.parametrize(
    ("size", "width", "height", "pixel_format"),
    [(5, 3, 2, 0x01080001), (6, 0, 2, 0x01080001), (99, 3, 2, 0x02180014), (8, 3, 2, 0x010C0006)],
)
def test_a_payload_that_does_not_fit_is_refused(size: int, width: int, height: int, pixel_format: int) -> None:
    with pytest.raises(ValueError, match=r"frame|format"):
        grey_pixels(np.zeros(size, np.uint8), width, height, pixel_format)


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (1, 2, 0),
        (1, 5, 3),
        (65535, 1, 0),
        (65534, 3, 3),
        (65535, 0x10000, 0),
        (0x10000, 0x10003, 2),
        (500, 1, 0),
        (0x20000, 1, 0),
        (7, 7, 0),
        (1, 50_000, 0),
    ],
)
def test_frames_lost(before: int, after: int, lost: int) -> None:
    assert frames_lost(before, after) == lost


@given(st.integers(1, 0xFFFF), st.integers(0, 900))
def test_frames_lost_over_the_wrap(before: int, lost: int) -> None:
    assert frames_lost(before, (before + lost) % 0xFFFF + 1) == lost


@given(st.lists(st.floats(0, 0.5), min_size=2, max_size=80), st.floats(-1e6, 1e6))
def test_a_camera_clock_runs_on_and_is_never_ahead(delays: list[float], offset: float) -> None:
    clock = CameraClock()
    arrived = 0.0
    found = []
    for number, delay in enumerate(delays, start=1):
        exposed = number * 0.033
        arrived = max(arrived + 1e-3, 1000.0 + exposed + delay)  # packets come in their order
        found.append(clock.host_s(round((exposed + 2e6 + offset) * 1e9), arrived))
        assert found[-1] <= arrived + 1e-5 * number
    assert found == sorted(set(found))


@given(st.lists(st.floats(0, 0.03), min_size=3, max_size=60))
def test_a_camera_clock_takes_the_delays_out(delays: list[float]) -> None:
    clock = CameraClock()
    found = [
        clock.host_s(round((7.0 + number * 0.1) * 1e9), number * 0.1 + delay) - number * 0.1
        for number, delay in enumerate([0.0, *delays])
    ]
    assert found == pytest.approx([0.0] * len(found), abs=1e-4)


def test_a_camera_clock_that_is_set_is_followed() -> None:
    clock = CameraClock()
    assert clock.host_s(5_000_000_000, 10.0) == pytest.approx(10.0)
    assert clock.host_s(5_100_000_000, 10.2) == pytest.approx(10.1)
    assert clock.host_s(1_000_000, 10.3) == pytest.approx(10.3)
    assert clock.host_s(0, 10.4) == pytest.approx(10.4)


def test_a_wall_clock_stamp_becomes_monotonic() -> None:
    wall = WallClock()
    assert wall.monotonic_s(time.time_ns()) <= time.monotonic()
    before = time.monotonic()
    assert wall.monotonic_s(time.time_ns() + 10**12) >= before  # from the future: now


@pytest.mark.parametrize(
    "camera", ["", "camera.local", "0.0.0.0", "255.255.255.255", "224.0.0.1", "::1", "127.0.0.300"]
)
def test_only_the_address_of_one_camera_is_taken(camera: str) -> None:
    with pytest.raises(ValueError, match="camera must be"):
        GigeIrisCamera(camera)


@pytest.mark.parametrize(
    "options",
    [
        {"width": 0},
        {"height": -1},
        {"offset_x": -1},
        {"exposure_ms": 0.0},
        {"exposure_ms": float("nan")},
        {"gain_db": float("inf")},
        {"frame_rate": 0.0},
        {"packet_size": 100},
        {"packet_timeout_ms": 0.0},
        {"pixel_format": "RGB8"},
        {"eyes": "three"},
        {"px_per_mm": -1.0},
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must|Eyes"):
        GigeIrisCamera("127.0.0.1", **options)  # type: ignore[arg-type]


def test_a_closed_camera_has_no_identity() -> None:
    with pytest.raises(DeviceLost, match="with block"):
        _ = GigeIrisCamera("127.0.0.1").identity


@pytest.mark.parametrize(
    ("width", "height", "pixel_format", "payload"),
    [
        (0, 4, 0x01080001, 0),
        (4, -1, 0x01080001, 0),
        (1 << 16, 1 << 16, 0x01080001, 1 << 32),
        (4, 4, 0x01080001, 15),
        (4, 4, 0x01080001, 1 << 31),
    ],
)
def test_an_impossible_picture_is_refused(width: int, height: int, pixel_format: int, payload: int) -> None:
    with pytest.raises(DeviceError, match="restart it"):
        check_picture("127.0.0.1", width, height, pixel_format, payload)


def test_a_coloured_picture_is_refused() -> None:
    with pytest.raises(DeviceUnsupported, match="Mono8"):
        check_picture("127.0.0.1", 4, 4, 0x02180014, 48)


def test_a_missing_library_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aravis_library, "LIBRARIES", ("libaravis-not-there.so.0",) * 4)
    with pytest.raises(DeviceError, match=r"apt-get install libaravis-0\.8-0"):
        aravis_library.load_aravis.__wrapped__()


Answer = Callable[[bytes], list[bytes]]


@contextlib.contextmanager
def answering(answer: Answer, number: int) -> Iterator[str]:
    """Someone at a camera's port who gives these packets for each request."""
    address = own_address(number)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind((address, GVCP_PORT))

        def serve() -> None:
            while True:
                request, client = port.recvfrom(2048)
                if request == b"end":
                    return
                for packet in answer(request):
                    port.sendto(packet, client)

        server = threading.Thread(target=serve)
        server.start()
        try:
            yield address
        finally:
            port.sendto(b"end", (address, GVCP_PORT))
            server.join(60)
            assert not server.is_alive()


def acknowledged(request: bytes, payload: bytes, status: int = 0, kind: int = 0x81) -> bytes:
    return struct.pack("!HHH", status, kind, len(payload)) + request[6:8] + payload


def test_a_register_is_read_past_noise() -> None:
    def answer(request: bytes) -> list[bytes]:
        other = request[:6] + bytes((request[6] ^ 1, request[7]))
        right = acknowledged(request, b"\0\0\0\7")
        return [b"", b"\0" * 7, acknowledged(other, b"\0\0\0\1"), acknowledged(request, b"\0\0\0\2", kind=0x83), right]

    with answering(answer, 1) as address, ControlChannel(address) as control:
        assert control.read(CONTROL_PRIVILEGE) == 7


@pytest.mark.parametrize(
    ("status", "payload", "error"),
    [(0x8006, b"", DeviceBusy), (0x8003, b"", DeviceError), (0, b"\0\0", DeviceError)],
)
def test_a_register_that_is_refused(status: int, payload: bytes, error: type[DeviceError]) -> None:
    with (
        answering(lambda request: [acknowledged(request, payload, status)], 1) as address,
        ControlChannel(address) as control,
        pytest.raises(error),
    ):
        control.read(CONTROL_PRIVILEGE)


def test_silence_and_absence_are_told_apart() -> None:
    with (
        answering(lambda request: [], 1) as address,
        ControlChannel(address, timeout_s=0.15) as control,
        pytest.raises(DeviceHung),
    ):
        control.read(CONTROL_PRIVILEGE)
    with ControlChannel(own_address(1)) as control, pytest.raises(DeviceLost, match="nobody answers") as told:
        control.read(CONTROL_PRIVILEGE)
    assert not isinstance(told.value, DeviceHung)


def test_whatever_comes_back_is_an_answer_or_an_error() -> None:
    noise: list[bytes] = []
    with answering(lambda request: [request[:0] + packet for packet in noise], 1) as address:

        @given(st.lists(st.binary(max_size=24), max_size=3))
        @settings(max_examples=60, deadline=None)
        def read(packets: list[bytes]) -> None:
            noise[:] = packets
            with ControlChannel(address, timeout_s=0.02) as control, contextlib.suppress(DeviceError):
                assert control.read(CONTROL_PRIVILEGE) is not None

        read()
