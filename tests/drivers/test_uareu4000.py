"""The U.are.U 4000 driver: the contract, the wire, faults, and both plays of the recorded U.are.U 4500."""

import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Event, Timer

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceAccessDenied,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
    DeviceUnsupported,
    FingerprintScanner,
)
from drivers.fingerprint import uareu4000
from drivers.fingerprint.uareu4000 import Uareu4000
from drivers.transports import usb
from drivers.transports.pcapng import usb_packets
from drivers.transports.usb import UsbTransport
from drivers.transports.usb_ports import attached_usb_devices
from drivers.transports.usb_replay import UsbmonReplay
from tests.contract.fingerprint_scanner import FingerprintScannerContract
from tests.drivers.uareu4000_simulator import (
    CONFIGURATION,
    Blocks,
    SimulatedReader,
    expected_picture,
    fall_silent,
    image_transfer,
    lose_cable,
    no_finger,
    ridges,
)

SHARED = Path(__file__).resolve().parents[3] / "shared"
RECORDING = SHARED / "data" / "recordings" / "uru4000-4500"
BLOCKS: Blocks = [(2, 72), (0, 1), (0x12, 49), (1, 1), (0, 1), (4, 20), (6, 9), (0x82, 20), (0x80, 2), (2, 112)]
ROWS = ridges(286)


@cache
def whole_image() -> bytes:
    return image_transfer(ROWS, BLOCKS)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    assert left == []


class TestUareu4000(FingerprintScannerContract):
    def scanner(self, scenario: str) -> FingerprintScanner:
        awaited = {"no-finger": no_finger, "unplugged": lose_cable, "hang": fall_silent}
        on_mode = {0x10: awaited[scenario]} if scenario in awaited else {}
        return Uareu4000(SimulatedReader([whole_image()], on_mode=on_mode).link())


class TestCapture:
    def test_blocks_key_changes_and_rows_not_sent(self) -> None:
        reader = SimulatedReader([whole_image()])
        with Uareu4000(reader.link(), host_seed=0x51EA2124) as scanner:
            frame = scanner.capture(2, Event())
            scanner.await_removal(2, Event())
        np.testing.assert_array_equal(frame.pixels, 255 - expected_picture(ROWS, BLOCKS)[::-1, ::-1])
        assert reader.key_requests == [(7, 0x51EA2124), (8, 0x51EA2124), (9, 0x51EA2124)]
        assert reader.modes == [0x10, 0x20, 0x12, 0x70]

    def test_each_key_has_a_fresh_seed(self) -> None:
        reader = SimulatedReader([whole_image()])
        with Uareu4000(reader.link()) as scanner:
            first = scanner.capture(2, Event())
            second = scanner.capture(2, Event())
        assert len({seed for _, seed in reader.key_requests}) == 6
        np.testing.assert_array_equal(first.pixels, second.pixels)

    def test_clear_image_of_an_old_model_is_not_turned(self) -> None:
        transfer = image_transfer(ROWS, [], scrambled=False)
        reader = SimulatedReader([transfer], usb_id=(0x05BA, 0x0007))
        with Uareu4000(reader.link()) as scanner:
            frame = scanner.capture(2, Event())
        np.testing.assert_array_equal(frame.pixels[:286], 255 - ROWS)
        assert (frame.pixels[286:] == 255).all()
        assert reader.key_requests == []

    def test_next_finger_after_removal_wakes_the_scanner_again(self) -> None:
        reader = SimulatedReader([whole_image()])
        with Uareu4000(reader.link()) as scanner:
            for _ in range(3):
                scanner.capture(2, Event())
                scanner.await_removal(2, Event())
        assert reader.modes == [0x10, 0x20, 0x12, 0x70] * 3

    def test_removal_is_awaited_again_after_a_timeout(self) -> None:
        reader = SimulatedReader([whole_image()], on_mode={0x12: no_finger})
        with Uareu4000(reader.link()) as scanner:
            scanner.capture(2, Event())
            with pytest.raises(CaptureTimeout):
                scanner.await_removal(0.05, Event())
            reader.tell(0x0200)
            scanner.await_removal(2, Event())

    def test_identity(self) -> None:
        with Uareu4000(SimulatedReader().link()) as scanner:
            identity = scanner.identity
        assert (identity.vendor, identity.model, identity.serial) == ("Example", "Simulated Reader", "SIM-0042")
        assert (identity.firmware, identity.ppi, identity.width, identity.height) == ("0115-0010", 512.0, 384, 290)

    @pytest.mark.parametrize("seed", [-1, 1 << 32, "12", 1.5, True])
    def test_seed_of_other_than_32_bits_is_refused(self, seed: object) -> None:
        with pytest.raises(ValueError, match="host_seed"):
            Uareu4000(SimulatedReader().link(), host_seed=seed)  # type: ignore[arg-type]


class TestPowerUp:
    def test_challenge_of_the_microsoft_reader_is_answered(self) -> None:
        reader = SimulatedReader([image_transfer(ROWS[:40], [(2, 40)])], usb_id=(0x045E, 0x00CA))
        with Uareu4000(reader.link()) as scanner:
            frame = scanner.capture(2, Event())
        assert reader.answered
        np.testing.assert_array_equal(frame.pixels, 255 - expected_picture(ROWS[:40], [(2, 40)]))

    @pytest.mark.parametrize("status", [0x84, 0x85, 0x81, 0x80])
    def test_fault_and_low_power_are_left(self, status: int) -> None:
        with Uareu4000(SimulatedReader(status=status).link()) as scanner:
            assert scanner.identity.firmware == "0115-0010"

    def test_message_that_does_not_come_is_asked_for_three_times(self) -> None:
        with (
            pytest.raises(DeviceHung, match="does not power up"),
            Uareu4000(SimulatedReader(awake_messages=0).link()),
        ):
            pytest.fail("the scanner never woke")

    def test_scanner_that_never_wakes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(uareu4000, "_POLL_S", 0.0)
        reader = SimulatedReader(wakes=False, status=0x84)
        with pytest.raises(DeviceHung, match="plug"), Uareu4000(reader.link()):
            pytest.fail("the scanner never woke")
        assert reader.handles == 0


class TestBadImages:
    @pytest.mark.parametrize(
        "bad",
        [
            b"",
            bytes(64),
            whole_image()[:-1],
            whole_image()[: 64 + 5 * 384],
            image_transfer(ROWS[:10], [(2, 10)], counted=290),
            image_transfer(ROWS[:10], [(2, 10)], counted=65535),
            image_transfer(ROWS[:10], [(2, 10)], counted=1),
            image_transfer(ROWS[:10], [(2, 10)], counted=9),
            image_transfer(ROWS[:10], [(2, 10), (1, 255), (1, 255)]),
        ],
        ids=["empty", "zeros", "cut", "short", "290 rows", "65535 rows", "one row", "more blocks", "too tall"],
    )
    def test_scans_again(self, bad: bytes) -> None:
        reader = SimulatedReader([bad, bad, whole_image()])
        with Uareu4000(reader.link()) as scanner:
            frame = scanner.capture(5, Event())
            assert scanner.condition.bad_frames == 2
        np.testing.assert_array_equal(frame.pixels, 255 - expected_picture(ROWS, BLOCKS)[::-1, ::-1])
        assert reader.modes.count(0x20) == 3

    def test_four_in_a_row_are_a_fault(self) -> None:
        reader = SimulatedReader([whole_image()[:1000]])
        with Uareu4000(reader.link()) as scanner, pytest.raises(DeviceHung, match="4 bad images in a row"):
            scanner.capture(5, Event())
        assert reader.modes.count(0x20) == 4


class TestFaults:
    def test_cable_pulled_at_any_transfer(self) -> None:
        whole = SimulatedReader([whole_image()])
        one_finger(whole)
        assert whole.transfers > 15
        for number in range(whole.transfers - 1):  # the last one switches the sensor off
            reader = SimulatedReader([whole_image()], fail_at={number: errno.ENODEV})
            with pytest.raises(DeviceLost, match="plug it in again") as caught:
                one_finger(reader)
            assert not isinstance(caught.value, DeviceHung)
            assert caught.value.__cause__ is not None
            assert reader.handles == 0

    @pytest.mark.parametrize("number", [0, 3, 6, 8])
    @pytest.mark.parametrize("failure", [errno.ETIMEDOUT, errno.EPIPE])
    def test_transfer_that_fails_is_a_hang_that_names_the_remedy(self, number: int, failure: int) -> None:
        reader = SimulatedReader([whole_image()], fail_at={number: failure})
        with pytest.raises(DeviceHung, match="reset it"):
            one_finger(reader)

    @pytest.mark.parametrize(
        ("number", "kind", "words"),
        [
            (errno.EACCES, DeviceAccessDenied, 'ATTR{idProduct}=="000a"'),
            (errno.EBUSY, DeviceBusy, "another program holds"),
            (errno.ENODEV, DeviceNotFound, "plug it in again"),
            (errno.EIO, DeviceError, "another port"),
        ],
    )
    def test_opening_that_is_refused_says_why(self, number: int, kind: type[DeviceError], words: str) -> None:
        reader = SimulatedReader()
        reader.open_error = number
        with pytest.raises(kind) as caught, Uareu4000(reader.link()):
            pytest.fail("it was not opened")
        assert words in str(caught.value)

    def test_device_that_is_not_there(self) -> None:
        reader = SimulatedReader()
        reader.attached = False
        with pytest.raises(DeviceNotFound, match=r"port 3-1\.2"), Uareu4000(reader.link()):
            pytest.fail("there is none")

    def test_model_without_the_interface(self) -> None:
        reader = SimulatedReader(configuration=CONFIGURATION.replace(bytes.fromhex("ffffff"), bytes.fromhex("030000")))
        with pytest.raises(DeviceUnsupported, match="no interface ff/ff/ff"), Uareu4000(reader.link()):
            pytest.fail("it was not opened")
        assert reader.handles == 0

    def test_silence_during_a_scan(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(uareu4000, "SCAN_TIMEOUT_S", 0.05)
        with Uareu4000(SimulatedReader([]).link()) as scanner, pytest.raises(DeviceHung):
            scanner.capture(5, Event())

    def test_silence_while_a_finger_is_awaited_is_noticed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(uareu4000, "_PROBE_S", 0.05)
        reader = SimulatedReader([], on_mode={0x10: fall_silent})
        with Uareu4000(reader.link()) as scanner, pytest.raises(DeviceHung):
            scanner.capture(60, Event())

    @pytest.mark.parametrize("flood", [b"\x00", b"", b"\xff" * 64, bytes.fromhex("56aa") + bytes(62)])
    def test_flood_of_messages_hides_neither_cancel_nor_timeout(self, flood: bytes) -> None:
        reader = SimulatedReader([], on_mode={0x10: no_finger})
        with Uareu4000(reader.link()) as scanner:
            reader.flood = flood
            reader.tell(0x0800)
            with pytest.raises(CaptureTimeout):
                scanner.capture(0.1, Event())
            reader.flood = b""

    def test_message_of_a_coming_failure_is_survived(self) -> None:
        def fail_next(reader: SimulatedReader) -> None:
            reader.tell(0x0800)
            reader.tell(0x0101)

        reader = SimulatedReader([b"", whole_image()], on_mode={0x10: fail_next})
        with Uareu4000(reader.link()) as scanner:
            assert scanner.capture(2, Event()).pixels.shape == (290, 384)

    def test_cancel_during_a_scan_that_does_not_end(self) -> None:
        reader = SimulatedReader([])
        cancel = Event()
        timer = Timer(0.05, cancel.set)
        with Uareu4000(reader.link()) as scanner:
            timer.start()
            with pytest.raises(CaptureCancelled):
                scanner.capture(60, cancel)
            timer.join()
            assert reader.modes[-1] == 0x70

    def test_closing_ends_the_wait_of_another_thread(self) -> None:
        reader = SimulatedReader([], on_mode={0x10: no_finger})
        scanner = Uareu4000(reader.link())
        ended: list[Exception] = []

        def wait() -> None:
            try:
                scanner.capture(60, Event())
            except DeviceError as error:
                ended.append(error)

        waiting = threading.Thread(target=wait)
        with scanner:
            waiting.start()
        waiting.join(60)
        assert len(ended) == 1

    def test_gentle_reset_leaves_the_port_alone(self) -> None:
        reader = SimulatedReader([whole_image()])
        with Uareu4000(reader.link()) as scanner:
            scanner.reset()
            scanner.capture(2, Event())
        assert reader.resets == 0

    def test_self_test_names_what_fails(self) -> None:
        reader = SimulatedReader([])
        with Uareu4000(reader.link()) as scanner:
            reader.silent = True
            steps = list(scanner.self_test(Event()))
        assert [step.passed for step in steps] == [False]
        assert "reset it" in steps[0].detail


def one_finger(reader: SimulatedReader) -> None:
    with Uareu4000(reader.link()) as scanner:
        scanner.capture(5, Event())
        scanner.await_removal(5, Event())


CONTROL_ERRORS = st.sampled_from([errno.ETIMEDOUT, errno.EPIPE, errno.EIO, errno.ENODEV])
BAD_IMAGES = st.sampled_from([b"", bytes(64), whole_image()[:-1], whole_image()[: 64 + 5 * 384]])


@settings(max_examples=100, deadline=None)
@given(
    fail_at=st.dictionaries(st.integers(0, 60), CONTROL_ERRORS, max_size=4),
    bad=st.lists(BAD_IMAGES, max_size=5),
    awaited=st.sampled_from([None, None, no_finger, fall_silent, lose_cable]),
    acts=st.lists(st.sampled_from(["capture", "self_test", "reset", "cancelled"]), min_size=1, max_size=4),
)
def test_random_faults_end_in_the_picture_or_in_an_error(
    fail_at: dict[int, int],
    bad: list[bytes],
    awaited: Callable[[SimulatedReader], None] | None,
    acts: list[str],
) -> None:
    """Whatever happened, once the faults are over the scanner gives the whole picture, or its cable is pulled."""
    expected = 255 - expected_picture(ROWS, BLOCKS)[::-1, ::-1]
    reader = SimulatedReader([*bad, whole_image()], fail_at=fail_at, on_mode={} if awaited is None else {0x10: awaited})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uareu4000, "SCAN_TIMEOUT_S", 0.03)
        patch.setattr(uareu4000, "_PROBE_S", 0.02)
        patch.setattr(uareu4000, "_POLL_S", 0.0)
        patch.setattr(usb, "REOPEN_TIMEOUT_S", 0.02)
        cancelled = Event()
        cancelled.set()
        with suppress(DeviceError), Uareu4000(reader.link()) as scanner:
            for act in acts:
                with suppress(DeviceError):
                    if act == "capture":
                        np.testing.assert_array_equal(scanner.capture(0.05, Event()).pixels, expected)
                    elif act == "self_test":
                        assert all(step.detail for step in scanner.self_test(Event()))
                    elif act == "reset":
                        scanner.reset()
                    else:
                        scanner.capture(0.05, cancelled)
        assert reader.handles == 0
        reader.fail_at.clear()
        reader.on_mode.clear()
        if not reader.gone:
            reader.silent = False
            reader.images.clear()
            reader.images.append(whole_image())
            with Uareu4000(reader.link()) as scanner:
                np.testing.assert_array_equal(scanner.capture(2, Event()).pixels, expected)
        assert reader.handles == 0


@pytest.mark.shared
@pytest.mark.skipif(not RECORDING.is_dir(), reason="needs ../shared/data/recordings/uru4000-4500 beside the checkout")
def test_recorded_finger_is_pixel_equal_by_the_replay_backend() -> None:
    replay = UsbmonReplay(usb_packets((RECORDING / "capture.pcapng").read_bytes()), port_numbers=(10,))
    (device,) = attached_usb_devices(Uareu4000.usb_ids, replay)
    with Uareu4000(UsbTransport(device, replay), host_seed=0x51EA2124) as scanner:
        frame = scanner.capture(10, Event())
        scanner.await_removal(10, Event())
    np.testing.assert_array_equal(frame.pixels, cv2.imread(str(RECORDING / "capture.png"), cv2.IMREAD_GRAYSCALE))
    assert replay.remaining == []


def test_cancel_is_looked_at_in_every_wait() -> None:
    assert uareu4000._SLICE_S <= 0.1  # what FingerprintScanner asks for; the clock of a loaded machine is no test
    reader = SimulatedReader([], on_mode={0x10: no_finger})
    cancel = Event()
    timer = Timer(0.05, cancel.set)
    with Uareu4000(reader.link()) as scanner:
        timer.start()
        with pytest.raises(CaptureCancelled):
            scanner.capture(60, cancel)
        timer.join()
