"""The AES3500 driver: the contract, the wire, faults, and both plays of the recorded sensor."""

import threading
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers import CaptureCancelled, CaptureTimeout, DeviceBusy, DeviceHung, FingerprintScanner, LiveFingerprintScanner
from drivers.fingerprint import aes3500
from drivers.fingerprint.aes3500 import Aes3500, BadImageError, blank_image, decode_image
from drivers.transports.usb import UsbTransport
from drivers.transports.usb_ioctl_recording import recorded_description, recorded_urbs
from drivers.transports.usb_ioctl_replay import IoctlReplay
from drivers.transports.usb_ports import attached_usb_devices
from tests.contract.fingerprint_scanner import FingerprintScannerContract
from tests.drivers import usb_scanner_faults as scanner_faults
from tests.drivers.aes3500_simulator import SimulatedAes3500, image_transfer, ridges
from tests.drivers.simulated_port import PortFault
from tests.drivers.umockdev_run import RECORDINGS, captured_under_umockdev, needs_recording, needs_umockdev

TARGET = "drivers.fingerprint.aes3500:Aes3500"
START_UP_TRANSFERS = 10
IMAGE = image_transfer(ridges())


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert [thread for thread in threading.enumerate() if thread not in before] == []


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aes3500, "LIFTED_S", 0.05)
    monkeypatch.setattr(aes3500, "WRITE_S", 0.3)


def finger(faults: Mapping[int, PortFault] | None = None) -> SimulatedAes3500:
    return SimulatedAes3500(faults=faults)


def nobody() -> SimulatedAes3500:
    return SimulatedAes3500([False])


class TestAes3500(FingerprintScannerContract):
    def scanner(self, scenario: str) -> FingerprintScanner:
        sensors = {
            "finger": SimulatedAes3500([True, True, False]),
            "no-finger": nobody(),
            "unplugged": SimulatedAes3500(lose_at_arm=0),
            "hang": SimulatedAes3500([False, True], hang_at_arm=0),
            "self-test": nobody(),
        }
        return Aes3500(sensors[scenario].link())


class TestAes4000(FingerprintScannerContract):
    """The sibling, as far as its likeness goes: no recording of one is at hand."""

    def scanner(self, scenario: str) -> FingerprintScanner:
        sensors = {
            "finger": {"fingers": [True, False]},
            "no-finger": {"fingers": [False]},
            "unplugged": {"lose_at_arm": 0},
            "hang": {"fingers": [False, True], "hang_at_arm": 0},
            "self-test": {"fingers": [False]},
        }
        sensor = SimulatedAes3500(product=0x5501, size=96, dump_bytes=83, **sensors[scenario])  # type: ignore[arg-type]
        return Aes3500(sensor.link())


class TestCapture:
    def test_picture_and_registers(self) -> None:
        sensor = finger()
        with Aes3500(sensor.link()) as scanner:
            frame = scanner.capture(5, Event())
            scanner.await_removal(5, Event())
        np.testing.assert_array_equal(frame.pixels, sensor.picture)
        assert sensor.wrong == []
        assert (sensor.registers[0x94], sensor.registers[0x96]) == (0x07, 0x1F)
        assert sensor.master_resets == 2  # opened, and after the look for a lifted finger

    def test_sibling(self) -> None:
        sensor = SimulatedAes3500(product=0x5501, size=96, dump_bytes=83)
        with Aes3500(sensor.link()) as scanner:
            identity = scanner.identity
            frame = scanner.capture(5, Event())
        np.testing.assert_array_equal(frame.pixels, sensor.picture)
        assert (identity.driver, identity.model, identity.width, identity.height) == ("aes3500", "AES4000", 96, 96)
        assert (sensor.registers[0x94], sensor.registers[0x96]) == (0x05, 0x18)

    def test_identity(self) -> None:
        with Aes3500(nobody().link(), ppi=400) as scanner:
            identity = scanner.identity
            assert not isinstance(scanner, LiveFingerprintScanner)
        assert (identity.vendor, identity.model, identity.serial) == ("AuthenTec", "AES3500", "")
        assert (identity.ppi, identity.width, identity.height) == (400.0, 128, 128)

    @pytest.mark.parametrize("ppi", [0, 99, 1001, float("nan"), "500", True, None])
    def test_impossible_scale_is_refused(self, ppi: object) -> None:
        with pytest.raises(ValueError, match="ppi is a number"):
            Aes3500(nobody().link(), ppi=ppi)  # type: ignore[arg-type]

    def test_finger_that_stays_is_awaited(self) -> None:
        sensor = SimulatedAes3500([True, True, True, False])
        with Aes3500(sensor.link()) as scanner:
            scanner.capture(5, Event())
            scanner.await_removal(5, Event())
        assert sensor.arms == 4

    def test_wait_for_a_finger_is_renewed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(aes3500, "REARM_S", 0.06)
        sensor = SimulatedAes3500([False, False, True])
        with Aes3500(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(20, Event()).pixels, sensor.picture)
        assert sensor.arms == sensor.master_resets == 3

    def test_self_test_sees_what_lies_on_the_sensor(self) -> None:
        with Aes3500(SimulatedAes3500([True]).link()) as scanner:
            steps = list(scanner.self_test(Event()))
        assert [step.passed for step in steps] == [True, False]
        assert "clean the sensor" in steps[1].detail


class TestBadImages:
    @pytest.mark.parametrize(
        "bad",
        [
            b"",
            b"\xe0",
            IMAGE[:8199],
            IMAGE[:1025],
            bytes(8329),
            b"\xe1" + IMAGE[1:],
            IMAGE[:1025] + b"\xe2" + IMAGE[1026:],
            IMAGE[1:] + b"\0",
            image_transfer(ridges(96), 83),
        ],
        ids=["empty", "marker", "short", "one frame", "zeros", "e1 first", "e2 second", "shifted", "AES4000's"],
    )
    def test_another_is_asked_for(self, bad: bytes) -> None:
        sensor = SimulatedAes3500([True], transfers=[bad, bad])
        with Aes3500(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)
            assert scanner.condition.bad_frames == 2
        assert sensor.arms == 3

    def test_three_in_a_row_are_a_fault(self) -> None:
        sensor = SimulatedAes3500([True], transfers=[IMAGE[:700]] * 3)
        with Aes3500(sensor.link()) as scanner, pytest.raises(DeviceHung, match="3 bad images in a row"):
            scanner.capture(5, Event())

    @pytest.mark.parametrize("flood", [b"\xe0" * 9000, b"\0", bytes(8329)])
    def test_flood_is_a_fault(self, flood: bytes) -> None:
        sensor = nobody()
        with Aes3500(sensor.link()) as scanner:
            sensor.flood = flood
            with pytest.raises(DeviceHung):
                scanner.capture(60, Event())
            sensor.flood = b""

    def test_larger_image_than_asked_for_is_a_fault(self) -> None:
        sensor = SimulatedAes3500([True], transfers=[IMAGE + bytes(64)])
        with Aes3500(sensor.link()) as scanner, pytest.raises(DeviceHung, match="garbles"):
            scanner.capture(60, Event())

    @given(st.binary(max_size=9000), st.sampled_from([96, 128]))
    def test_any_bytes_are_refused(self, transfer: bytes, size: int) -> None:
        with pytest.raises(BadImageError):
            decode_image(transfer, size)

    @pytest.mark.parametrize(("size", "dump_bytes"), [(128, 129), (96, 83)])
    def test_blanked_image_is_still_one(self, size: int, dump_bytes: int) -> None:
        transfer = image_transfer(ridges(size), dump_bytes)
        blanked = blank_image(transfer)
        assert (decode_image(blanked, size) == 255).all()
        assert blanked[-dump_bytes:] == transfer[-dump_bytes:]
        assert set(blank_image(transfer[:-7])[1:]) == {0}


class TestFaults:
    def test_cable_pulled_at_each_transfer(self) -> None:
        scanner_faults.cable_is_pulled_at_each_transfer(finger, Aes3500)

    @pytest.mark.parametrize("kind", [PortFault.TIMEOUT, PortFault.STALL])
    @pytest.mark.parametrize("number", [0, 1, 2, 3])
    def test_transfer_that_fails_is_a_hang_that_names_the_remedy(self, kind: PortFault, number: int) -> None:
        with (
            Aes3500(finger({START_UP_TRANSFERS + number: kind}).link()) as scanner,
            pytest.raises(DeviceHung, match="reset it"),
        ):
            scanner.capture(5, Event())

    @pytest.mark.parametrize("kind", [PortFault.SHORT, PortFault.GARBLED])
    def test_spoilt_image_is_asked_for_again(self, kind: PortFault) -> None:
        sensor = SimulatedAes3500([True], faults={START_UP_TRANSFERS + 3: kind})
        with Aes3500(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)

    def test_cancel_ends_the_pending_read(self) -> None:
        sensor = SimulatedAes3500([False, True])
        cancel = Event()

        def cancel_when_pending() -> None:
            sensor.await_pending_read()
            cancel.set()

        with Aes3500(sensor.link()) as scanner:
            canceller = threading.Thread(target=cancel_when_pending)
            canceller.start()
            with pytest.raises(CaptureCancelled):
                scanner.capture(60, cancel)
            canceller.join()
            assert sensor.pending_reads == 0
            assert sensor.claims == 1
            assert sensor.master_resets == 2
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)

    def test_interface_that_another_program_takes_meanwhile(self) -> None:
        sensor = nobody()
        with Aes3500(sensor.link()) as scanner:
            sensor.claim_error = 16  # EBUSY
            with pytest.raises(DeviceBusy, match="another program took"):
                scanner.capture(0.05, Event())
            sensor.claim_error = 0
            with pytest.raises(CaptureTimeout):
                scanner.capture(0.05, Event())

    def test_silent_sensor_is_noticed_when_the_wait_is_renewed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(aes3500, "REARM_S", 0.05)
        monkeypatch.setattr(aes3500, "WRITE_S", 0.05)
        with Aes3500(SimulatedAes3500([False], hang_at_arm=1).link()) as scanner, pytest.raises(DeviceHung):
            scanner.capture(60, Event())

    def test_hang_while_opening_is_reset(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(aes3500, "WRITE_S", 0.05)
        sensor = finger({4: PortFault.HANG})
        with Aes3500(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)
        assert sensor.resets == 1

    def test_opening_is_refused_with_the_reason(self) -> None:
        scanner_faults.opening_is_refused_with_the_reason(nobody, "aes3500", TARGET)

    def test_closing_ends_the_wait_of_another_thread(self) -> None:
        scanner_faults.closing_ends_the_wait_of_another_thread(nobody(), Aes3500)

    @given(scanner_faults.fault_sequences(60))
    @settings(max_examples=100, deadline=None)
    def test_fault_sequences(self, faults: dict[int, PortFault]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(aes3500, "REARM_S", 0.05)
            patch.setattr(aes3500, "LIFTED_S", 0.01)
            patch.setattr(aes3500, "WRITE_S", 0.03)
            patch.setattr(aes3500, "_PAUSE_S", 0.001)
            sensor = SimulatedAes3500([True, False] * 60, faults=faults)
            scanner_faults.survive(sensor, Aes3500, sensor.picture)


@cache
def recorded_picture() -> NDArray[np.uint8]:
    picture = cv2.imread(str(RECORDINGS / "aes3500" / "capture.png"), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return picture.astype(np.uint8)


def recorded_levels() -> NDArray[np.uint8]:
    """Pixel by pixel as the fact sheet tells of them, from the recording's one read."""
    text = (RECORDINGS / "aes3500" / "capture.ioctl").read_text(encoding="utf-8")
    (transfer,) = (urb.data for urb in recorded_urbs(text) if urb.length == 8329)
    picture = np.zeros((128, 128), np.uint8)
    for row in range(128):
        for column in range(128):
            pair = transfer[row // 16 * 1025 + 1 + column * 8 + row % 16 // 2]
            picture[127 - row, 127 - column] = 255 - 17 * (pair >> 4 if row % 2 else pair & 0x0F)
    return picture


def assert_recorded_finger(pixels: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(pixels, recorded_levels())
    # The recorded picture was doubled with interpolation: near ours when ours is doubled so, far from any turned one.
    doubled = cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    assert np.abs(doubled - recorded_picture()).mean() < 1.5
    assert np.abs(pixels.astype(np.float32) - recorded_picture()[::2, ::2]).mean() < 14


@pytest.mark.shared
@needs_recording("aes3500")
def test_recorded_finger_by_the_replay_backend() -> None:
    folder = RECORDINGS / "aes3500"
    urbs = recorded_urbs((folder / "capture.ioctl").read_text(encoding="utf-8"))
    replay = IoctlReplay(urbs, recorded_description((folder / "device").read_text(encoding="utf-8")))
    (device,) = attached_usb_devices(Aes3500.usb_ids, replay)
    with Aes3500(UsbTransport(device, replay)) as scanner:
        frame = scanner.capture(10, Event())
    assert_recorded_finger(frame.pixels)
    assert replay.remaining == []


@pytest.mark.shared
@needs_recording("aes3500")
@needs_umockdev
def test_recorded_finger_under_umockdev(tmp_path: Path) -> None:
    traffic = f"--ioctl=/dev/bus/usb/003/004={RECORDINGS / 'aes3500' / 'capture.ioctl'}"
    told, pixels = captured_under_umockdev("aes3500", traffic, "aes3500", TARGET, tmp_path)
    assert told == {"device_id": "aes3500:3-1.1.3", "location": "usb:3-1.1.3", "model": "AES3500", "threads": 1}
    assert_recorded_finger(pixels)
