"""The NB-1010-U driver: the contract, the wire, faults, and both plays of the recorded sensor."""

import threading
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from threading import Event, Timer

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers import CaptureCancelled, CaptureTimeout, DeviceHung, FingerprintScanner, LiveFingerprintScanner
from drivers.fingerprint import nb1010
from drivers.fingerprint.nb1010 import BadImageError, Nb1010, blank_image, decode_image
from drivers.transports.usb import UsbTransport
from drivers.transports.usb_ioctl_recording import recorded_description, recorded_urbs
from drivers.transports.usb_ioctl_replay import IoctlReplay
from drivers.transports.usb_ports import attached_usb_devices
from tests.contract.fingerprint_scanner import FingerprintScannerContract
from tests.drivers import usb_scanner_faults as scanner_faults
from tests.drivers.nb1010_simulator import SimulatedNb1010, image_part, ridges
from tests.drivers.simulated_port import PortFault
from tests.drivers.umockdev_run import RECORDINGS, captured_under_umockdev, needs_recording, needs_umockdev

TARGET = "drivers.fingerprint.nb1010:Nb1010"
POLL, PRE_CAPTURE, CAPTURE = 0x38, 0x0D, 0x12
STALE_CONTACT = bytes.fromhex("803701001000000000000000f7000000")
STALE_DONE = bytes.fromhex("80200400100000000000000003000000")


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert [thread for thread in threading.enumerate() if thread not in before] == []


def finger(faults: Mapping[int, PortFault] | None = None) -> SimulatedNb1010:
    return SimulatedNb1010([0, 0xF7, 0], faults=faults)


def nobody() -> SimulatedNb1010:
    return SimulatedNb1010([0])


class TestNb1010(FingerprintScannerContract):
    def scanner(self, scenario: str) -> FingerprintScanner:
        sensors = {
            "finger": SimulatedNb1010([0, 0, 0xF7, 0xF7, 0]),
            "no-finger": nobody(),
            "unplugged": SimulatedNb1010([0], lose_at_poll=3),
            "hang": SimulatedNb1010([0, 0, 0, 0xF7], hang_at_poll=2),
            "self-test": nobody(),
        }
        return Nb1010(sensors[scenario].link())


class TestCapture:
    def test_picture_and_commands(self) -> None:
        sensor = SimulatedNb1010([0, 0x30, 0x31, 0x31, 0x30])
        with Nb1010(sensor.link()) as scanner:
            frame = scanner.capture(5, Event())
            scanner.await_removal(5, Event())
        np.testing.assert_array_equal(frame.pixels, sensor.picture)
        assert sensor.commands == [POLL, POLL, POLL, PRE_CAPTURE, CAPTURE, POLL, POLL]
        assert sensor.wrong == []

    def test_finger_that_stays_is_a_timeout(self) -> None:
        with Nb1010(SimulatedNb1010([0xF7]).link()) as scanner:
            scanner.capture(5, Event())
            with pytest.raises(CaptureTimeout):
                scanner.await_removal(0.1, Event())

    def test_identity(self) -> None:
        with Nb1010(nobody().link()) as scanner:
            identity = scanner.identity
            assert not isinstance(scanner, LiveFingerprintScanner)
        assert (identity.driver, identity.vendor, identity.model) == ("nb1010", "Example", "Simulated Sensor")
        assert (identity.firmware, identity.ppi, identity.width, identity.height) == ("0.01", 385.0, 256, 180)

    def test_self_test_feels_what_lies_on_the_sensor(self) -> None:
        with Nb1010(SimulatedNb1010([0x80]).link()) as scanner:
            steps = list(scanner.self_test(Event()))
        assert [step.passed for step in steps] == [True, False]
        assert "clean the sensor" in steps[1].detail


class TestBadReplies:
    @pytest.mark.parametrize("lost", [[0], [41], [88], [7, 8, 60]])
    def test_image_with_gaps_is_captured_again(self, lost: list[int]) -> None:
        sensor = SimulatedNb1010([0, 0xF7, 0], lost_parts=lost)
        with Nb1010(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)
            assert scanner.condition.bad_frames == 1
        assert sensor.commands.count(CAPTURE) == 2

    def test_last_part_that_never_comes_is_a_hang(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(nb1010, "TIMEOUT_S", 0.2)
        with Nb1010(SimulatedNb1010([0, 0xF7], lost_parts=[89]).link()) as scanner:
            with pytest.raises(DeviceHung):
                scanner.capture(5, Event())
            scanner.reset()
            assert scanner.capture(5, Event()).pixels.shape == (180, 256)

    def test_three_bad_images_are_a_fault(self) -> None:
        sensor = finger(dict.fromkeys(range(20, 400, 60), PortFault.SHORT))
        with Nb1010(sensor.link()) as scanner, pytest.raises(DeviceHung, match="3 bad images in a row"):
            scanner.capture(5, Event())

    @pytest.mark.parametrize("stale", [STALE_CONTACT[:3] + bytes(13), STALE_DONE, bytes(16), STALE_DONE[:5], b""])
    def test_answer_to_another_command_is_no_answer(self, stale: bytes) -> None:
        sensor = SimulatedNb1010([0, 0xF7], stale=[stale, STALE_DONE])
        with Nb1010(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)

    def test_image_left_half_read_by_another_program(self) -> None:
        sensor = SimulatedNb1010([0, 0xF7], stale=[image_part(ridges(), number) for number in range(50, 90)])
        with Nb1010(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)

    def test_flood_is_a_hang(self) -> None:
        sensor = nobody()
        with Nb1010(sensor.link()) as scanner:
            sensor.flood = b"\x80" * 540
            with pytest.raises(DeviceHung, match="without being asked"):
                scanner.capture(5, Event())
            sensor.flood = b""

    @pytest.mark.parametrize("change", [{4: 0x1D}, {5: 0xFF}, {16: 7}, {16: 0}, {1: 0x20}, {0: 0}])
    def test_part_of_another_size_or_place(self, change: dict[int, int]) -> None:
        parts = bytearray(b"".join(image_part(ridges(), number) for number in range(90)))
        np.testing.assert_array_equal(decode_image(bytes(parts)), ridges())
        for place, value in change.items():
            parts[540 + place] = value
        with pytest.raises(BadImageError, match="part 2"):
            decode_image(bytes(parts))

    @given(st.binary(max_size=200) | st.binary(min_size=540 * 90, max_size=540 * 90))
    @settings(max_examples=30)
    def test_any_bytes_are_refused(self, parts: bytes) -> None:
        with pytest.raises(BadImageError):
            decode_image(parts)

    def test_blanked_part_is_still_a_part(self) -> None:
        parts = [blank_image(image_part(ridges(), number)) for number in range(90)]
        assert not decode_image(b"".join(parts)).any()
        assert blank_image(STALE_DONE) == STALE_DONE


class TestFaults:
    def test_cable_pulled_at_each_transfer(self) -> None:
        scanner_faults.cable_is_pulled_at_each_transfer(finger, Nb1010)

    @pytest.mark.parametrize("kind", [PortFault.TIMEOUT, PortFault.STALL])
    @pytest.mark.parametrize("number", [2, 3, 4, 5, 6, 7, 50])
    def test_transfer_that_fails_is_a_hang_that_names_the_remedy(self, kind: PortFault, number: int) -> None:
        with Nb1010(finger({number: kind}).link()) as scanner, pytest.raises(DeviceHung, match="reset it"):
            scanner.capture(5, Event())

    @pytest.mark.parametrize("kind", [PortFault.SHORT, PortFault.GARBLED])
    @pytest.mark.parametrize("number", [1, 3, 7, 9, 11, 12, 50, 100])
    def test_spoilt_answer_is_asked_for_again(self, kind: PortFault, number: int) -> None:
        sensor = SimulatedNb1010([0, 0, 0, 0xF7], faults={number: kind})
        with Nb1010(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)

    @pytest.mark.parametrize("number", [3, 7, 40])
    def test_cancel_while_an_answer_is_awaited(self, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(nb1010, "TIMEOUT_S", 60.0)
        sensor = finger({number: PortFault.HANG})
        cancel = Event()
        with Nb1010(sensor.link()) as scanner:
            timer = Timer(0.05, cancel.set)
            timer.start()
            with pytest.raises(CaptureCancelled):
                scanner.capture(60, cancel)
            timer.join()

    def test_opening_is_refused_with_the_reason(self) -> None:
        scanner_faults.opening_is_refused_with_the_reason(nobody, "nb1010", TARGET)

    def test_closing_ends_the_wait_of_another_thread(self) -> None:
        scanner_faults.closing_ends_the_wait_of_another_thread(nobody(), Nb1010)

    def test_gentle_reset_leaves_the_port_alone(self) -> None:
        sensor = SimulatedNb1010([0, 0xF7])
        with Nb1010(sensor.link()) as scanner:
            scanner.reset()
            scanner.capture(5, Event())
        assert sensor.resets == 0

    @given(scanner_faults.fault_sequences(300))
    @settings(max_examples=100, deadline=None)
    def test_fault_sequences(self, faults: dict[int, PortFault]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(nb1010, "TIMEOUT_S", 0.03)
            patch.setattr(nb1010, "POLL_S", 0.001)
            patch.setattr(nb1010, "_QUIET_S", 0.003)
            sensor = SimulatedNb1010([0, *[0xF7, 0] * 60], faults=faults)
            scanner_faults.survive(sensor, Nb1010, sensor.picture)


@cache
def recorded_picture() -> NDArray[np.uint8]:
    picture = cv2.imread(str(RECORDINGS / "nb1010" / "capture.png"), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return picture.astype(np.uint8)


@pytest.mark.shared
@needs_recording("nb1010")
def test_recorded_finger_is_pixel_equal_by_the_replay_backend() -> None:
    folder = RECORDINGS / "nb1010"
    urbs = recorded_urbs((folder / "capture.ioctl").read_text(encoding="utf-8"))
    replay = IoctlReplay(urbs, recorded_description((folder / "device").read_text(encoding="utf-8")))
    (device,) = attached_usb_devices(Nb1010.usb_ids, replay)
    with Nb1010(UsbTransport(device, replay)) as scanner:
        frame = scanner.capture(10, Event())
    np.testing.assert_array_equal(frame.pixels, recorded_picture())
    assert replay.remaining == []


@pytest.mark.shared
@needs_recording("nb1010")
@needs_umockdev
def test_recorded_finger_is_pixel_equal_under_umockdev(tmp_path: Path) -> None:
    traffic = f"--ioctl=/dev/bus/usb/001/003={RECORDINGS / 'nb1010' / 'capture.ioctl'}"
    told, pixels = captured_under_umockdev("nb1010", traffic, "nb1010", TARGET, tmp_path)
    assert told == {"device_id": "nb1010:1-7", "location": "usb:1-7", "model": "NB-1010-U", "threads": 1}
    np.testing.assert_array_equal(pixels, recorded_picture())
