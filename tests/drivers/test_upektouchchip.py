"""The TouchChip driver: the contract, the wire, faults, and both plays of the recorded TCS1."""

import threading
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from drivers import CaptureCancelled, CaptureTimeout, DeviceHung, DeviceUnsupported, FingerprintScanner
from drivers.fingerprint import upektouchchip
from drivers.fingerprint.upektouchchip import UpekTouchChip
from drivers.transports import usb
from drivers.transports.pcapng import usb_packets
from drivers.transports.usb import UsbTransport
from drivers.transports.usb_ports import attached_usb_devices
from drivers.transports.usb_replay import UsbmonReplay
from tests.contract.fingerprint_scanner import FingerprintScannerContract
from tests.drivers import usb_scanner_faults as scanner_faults
from tests.drivers.simulated_port import PortFault
from tests.drivers.umockdev_run import RECORDINGS, captured_under_umockdev, needs_recording, needs_umockdev
from tests.drivers.upektouchchip_simulator import (
    KEEP,
    NO_FINGER,
    NO_FINGER_YET,
    PRESENT,
    SIDEWAYS,
    SimulatedTouchChip,
    ciao,
    padded,
    ridges,
)

TARGET = "drivers.fingerprint.upektouchchip:UpekTouchChip"
RECORDING = "upektc_img-tcs1s"
FINGER = (NO_FINGER_YET, KEEP, PRESENT)
START_UP_TRANSFERS = 12


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert [thread for thread in threading.enumerate() if thread not in before] == []


def finger(faults: Mapping[int, PortFault] | None = None) -> SimulatedTouchChip:
    return SimulatedTouchChip(faults=faults)


def small_finger(faults: Mapping[int, PortFault]) -> SimulatedTouchChip:
    """The simulator's checksum, taken bit by bit, is slow on large images."""
    return SimulatedTouchChip([FINGER, (NO_FINGER,)] * 60, silicon=(128, 136), picture=ridges(96, 102), faults=faults)


def nobody() -> SimulatedTouchChip:
    return SimulatedTouchChip([(NO_FINGER_YET,)])


class TestUpekTouchChip(FingerprintScannerContract):
    def scanner(self, scenario: str) -> FingerprintScanner:
        sensors = {
            "finger": SimulatedTouchChip([FINGER, FINGER, (NO_FINGER_YET,)]),
            "no-finger": nobody(),
            "unplugged": SimulatedTouchChip([FINGER], lose_at_scan=0),
            "hang": SimulatedTouchChip([FINGER], hang_at_scan=0),
            "self-test": nobody(),
        }
        return UpekTouchChip(sensors[scenario].link())


class TestCapture:
    def test_picture(self) -> None:
        sensor = finger()
        with UpekTouchChip(sensor.link()) as scanner:
            frame = scanner.capture(5, Event())
            scanner.await_removal(5, Event())
        np.testing.assert_array_equal(frame.pixels, sensor.picture)
        assert frame.ppi == 381.0
        assert sensor.wrong == []
        assert sensor.stops == 3  # start-up, scan, look whether the finger is gone
        assert sensor.wakes == 2

    def test_sequence_number_goes_round(self) -> None:
        sensor = SimulatedTouchChip([FINGER])
        with UpekTouchChip(sensor.link()) as scanner:
            for _ in range(3):
                scanner.capture(5, Event())
        assert sensor.sequences[:20] == [*range(16), 0, 1, 2, 3]
        assert sensor.wakes == 2  # nothing went wrong on the way

    @pytest.mark.parametrize("silicon", [(256, 360), (208, 288), (248, 360)])
    def test_size_is_the_sensors(self, silicon: tuple[int, int]) -> None:
        width, height = silicon[0] * 3 // 4, silicon[1] * 3 // 4
        sensor = SimulatedTouchChip([FINGER], silicon=silicon, picture=ridges(width, height))
        with UpekTouchChip(sensor.link()) as scanner:
            assert (scanner.identity.width, scanner.identity.height) == (width, height)
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)

    @pytest.mark.parametrize("silicon", [(192, 512), (144, 512), (256, 360)])
    def test_swipe_sensor_is_refused_with_the_reason(self, silicon: tuple[int, int]) -> None:
        sensor = SimulatedTouchChip(silicon=silicon, swipe=True)
        with (
            scanner_faults.nothing_is_left(sensor),
            pytest.raises(DeviceUnsupported, match=r"swipe sensor.*use an area sensor"),
            UpekTouchChip(sensor.link()),
        ):
            pytest.fail("it was taken for an area sensor")
        assert sensor.resets == 0

    @pytest.mark.parametrize("silicon", [(0, 0), (65535, 65535), (256, 0), (60, 60), (257, 360)])
    def test_impossible_size_is_a_fault(self, silicon: tuple[int, int]) -> None:
        sensor = SimulatedTouchChip(silicon=silicon)
        with (
            scanner_faults.nothing_is_left(sensor),
            pytest.raises(DeviceHung, match=f"{silicon[0]} x {silicon[1]} is impossible"),
            UpekTouchChip(sensor.link()),
        ):
            pytest.fail("it was opened")

    def test_keep_alives_are_answered(self) -> None:
        sensor = SimulatedTouchChip([FINGER], keep_alives=3, empty_reads=2)
        with UpekTouchChip(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)
        assert sensor.answered_keep_alives == 12

    @pytest.mark.parametrize("failure", [SIDEWAYS, 0x1E, 0x77])
    def test_failed_scan_is_begun_anew(self, failure: int) -> None:
        sensor = SimulatedTouchChip([(NO_FINGER_YET, KEEP, failure), FINGER])
        with UpekTouchChip(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)
        assert sensor.scans_begun == 2

    def test_scans_that_fail_until_the_time_is_over(self) -> None:
        with UpekTouchChip(SimulatedTouchChip([(SIDEWAYS,)]).link()) as scanner, pytest.raises(CaptureTimeout):
            scanner.capture(0.2, Event())

    @pytest.mark.parametrize("gone", [NO_FINGER_YET, NO_FINGER])
    def test_finger_that_stays_is_awaited(self, gone: int) -> None:
        sensor = SimulatedTouchChip([FINGER, (KEEP, PRESENT), (PRESENT,), (), (gone,)])
        with UpekTouchChip(sensor.link()) as scanner:
            scanner.capture(5, Event())
            with pytest.raises(CaptureTimeout):
                scanner.await_removal(0.3, Event())
            scanner.await_removal(5, Event())
        assert sensor.scans_begun == 5

    def test_no_thread_of_statuses_outlasts_the_deadline(self) -> None:
        with (
            UpekTouchChip(SimulatedTouchChip([(KEEP,) * 100_000]).link()) as scanner,
            pytest.raises(CaptureTimeout),
        ):
            scanner.capture(0.1, Event())


class TestBadReplies:
    @pytest.mark.parametrize(
        "stale",
        [
            padded(ciao(0, 5, b"\x20" + bytes(50))),
            padded(ciao(1, 0, b"")),
            padded(ciao(0, 1, b"")),
            b"",
        ],
        ids=["other sequence", "other kind", "empty payload", "no data"],
    )
    def test_answer_to_another_command_is_passed_over(self, stale: bytes) -> None:
        sensor = SimulatedTouchChip([FINGER], stale=[stale])
        with UpekTouchChip(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)
        assert sensor.scans_begun == 1

    @pytest.mark.parametrize(
        "stale",
        [
            b"Ciao",
            b"Ciao\x00\x10\x03\x28\x00\x00\x00\x00",
            bytes(64),
            padded(ciao(0, 1, b"\x99")),
            padded(ciao(0, 1, b"\x28")),
            padded(ciao(0, 1, b"\x20\x01")),
            padded(ciao(0, 1, b"\x2c\x01")),
            padded(b"Ciao\x00\x1f\xff" + bytes(40)),
        ],
        ids=["mark", "checksum", "zeros", "unknown", "status cut", "last part cut", "first part cut", "too long"],
    )
    def test_what_is_no_answer_is_scanned_anew(self, stale: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(upektouchchip, "ANSWER_S", 0.1)
        sensor = SimulatedTouchChip([FINGER], stale=[stale])
        with UpekTouchChip(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)
        assert sensor.scans_begun == 2
        assert sensor.wakes == 4

    @pytest.mark.parametrize("size", [(192, 269), (192, 271), (192, 600), (96, 135)])
    def test_image_of_another_size_is_scanned_anew(self, size: tuple[int, int]) -> None:
        sensor = SimulatedTouchChip([FINGER], pictures=[ridges(*size)])
        with UpekTouchChip(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)
        assert sensor.scans_begun == 2

    def test_size_that_changes_for_good_is_a_fault(self) -> None:
        sensor = SimulatedTouchChip([FINGER], picture=ridges(156, 216))
        with UpekTouchChip(sensor.link()) as scanner, pytest.raises(DeviceHung, match="3 bad images in a row"):
            scanner.capture(5, Event())

    def test_flood_of_keep_alives_is_bounded(self) -> None:
        sensor = nobody()
        with UpekTouchChip(sensor.link()) as scanner:
            sensor.flood = padded(ciao(8, 0, b""))
            with pytest.raises(DeviceHung):
                scanner.capture(60, Event())
            sensor.flood = b""

    def test_flood_of_nothing_is_a_hang(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(upektouchchip, "SILENCE_S", 0.1)
        with (
            UpekTouchChip(SimulatedTouchChip([(NO_FINGER_YET,)], empty_reads=50_000).link()) as scanner,
            pytest.raises(DeviceHung, match="empty messages"),
        ):
            scanner.capture(60, Event())

    def test_image_that_does_not_end_is_a_hang(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(upektouchchip, "IMAGE_S", 0.1)

        class Endless(SimulatedTouchChip):
            def _next_part(self, sequence: int) -> None:
                self.reply(padded(ciao(0, sequence, b"\x24")))

        with (
            UpekTouchChip(Endless([FINGER]).link()) as scanner,
            pytest.raises(DeviceHung, match="image does not end"),
        ):
            scanner.capture(60, Event())


class TestFaults:
    def test_cable_pulled_at_each_transfer(self) -> None:
        scanner_faults.cable_is_pulled_at_each_transfer(small_finger, UpekTouchChip)

    @pytest.mark.parametrize("kind", [PortFault.TIMEOUT, PortFault.STALL])
    @pytest.mark.parametrize("number", [0, 1, 5, 12, 13, 14, 20, 40])
    def test_transfer_that_fails_is_a_hang_that_names_the_remedy(self, kind: PortFault, number: int) -> None:
        sensor = finger({START_UP_TRANSFERS + number: kind})
        with UpekTouchChip(sensor.link()) as scanner, pytest.raises(DeviceHung, match="reset it"):
            scanner.capture(5, Event())

    @pytest.mark.parametrize("number", [2, 5, 8, 11, 12, 15])  # of reads that bring something
    @pytest.mark.parametrize("kind", [PortFault.SHORT, PortFault.GARBLED])
    def test_spoilt_answer_is_scanned_anew(self, number: int, kind: PortFault, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(upektouchchip, "ANSWER_S", 0.1)
        sensor = SimulatedTouchChip([FINGER], faults={START_UP_TRANSFERS + number: kind})
        with UpekTouchChip(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)

    def test_silence_is_a_hang(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(upektouchchip, "SILENCE_S", 0.1)
        with UpekTouchChip(nobody().link()) as scanner, pytest.raises(DeviceHung, match="does not answer"):
            scanner.capture(60, Event())

    def test_cancel_while_a_finger_is_awaited(self) -> None:
        sensor = SimulatedTouchChip([(NO_FINGER_YET,), FINGER])
        cancel = Event()

        def cancel_when_pending() -> None:
            sensor.await_pending_read()
            cancel.set()

        with UpekTouchChip(sensor.link()) as scanner:
            canceller = threading.Thread(target=cancel_when_pending)
            canceller.start()
            with pytest.raises(CaptureCancelled):
                scanner.capture(60, cancel)
            canceller.join()
            assert sensor.stops == 2
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)
        assert sensor.wakes == 2

    def test_hang_while_opening_is_reset(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(upektouchchip, "ANSWER_S", 0.1)
        sensor = SimulatedTouchChip([FINGER], faults={3: PortFault.HANG})
        with UpekTouchChip(sensor.link()) as scanner:
            np.testing.assert_array_equal(scanner.capture(5, Event()).pixels, sensor.picture)
        assert sensor.resets == 1

    def test_opening_is_refused_with_the_reason(self) -> None:
        scanner_faults.opening_is_refused_with_the_reason(nobody, "upektouchchip", TARGET)

    def test_closing_ends_the_wait_of_another_thread(self) -> None:
        scanner_faults.closing_ends_the_wait_of_another_thread(nobody(), UpekTouchChip)

    def test_self_test_names_what_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(upektouchchip, "ANSWER_S", 0.1)
        sensor = nobody()
        with UpekTouchChip(sensor.link()) as scanner:
            sensor.faults = {START_UP_TRANSFERS + 3: PortFault.TIMEOUT}
            steps = list(scanner.self_test(Event()))
        assert [step.passed for step in steps] == [False]
        assert "reset it" in steps[0].detail

    @given(scanner_faults.fault_sequences(120))
    @settings(max_examples=100, deadline=None)
    def test_fault_sequences(self, faults: dict[int, PortFault]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(upektouchchip, "SILENCE_S", 0.04)
            patch.setattr(upektouchchip, "ANSWER_S", 0.03)
            patch.setattr(upektouchchip, "_WRITE_S", 0.03)
            patch.setattr(upektouchchip, "_PAUSE_S", 0.001)
            patch.setattr(upektouchchip, "_QUIET_S", 0.003)
            patch.setattr(usb, "CONTROL_TIMEOUT_S", 0.03)
            sensor = small_finger(faults)
            scanner_faults.survive(sensor, UpekTouchChip, sensor.picture)


@cache
def recorded_picture() -> NDArray[np.uint8]:
    picture = cv2.imread(str(RECORDINGS / RECORDING / "capture.png"), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return picture.astype(np.uint8)


@pytest.mark.shared
@needs_recording(RECORDING)
def test_recorded_image_is_pixel_equal_by_the_replay_backend() -> None:
    replay = UsbmonReplay(usb_packets((RECORDINGS / RECORDING / "capture.pcapng").read_bytes()), port_numbers=(2,))
    (device,) = attached_usb_devices(UpekTouchChip.usb_ids, replay)
    with UpekTouchChip(UsbTransport(device, replay)) as scanner:
        frame = scanner.capture(10, Event())
    np.testing.assert_array_equal(frame.pixels, recorded_picture())
    assert replay.remaining == []


@pytest.mark.shared
@needs_recording(RECORDING)
@needs_umockdev
def test_recorded_image_is_pixel_equal_under_umockdev(tmp_path: Path) -> None:
    sysfs_path = "/sys/devices/pci0000:00/0000:00:08.1/0000:05:00.4/usb3/3-2"
    traffic = f"--pcap={sysfs_path}={RECORDINGS / RECORDING / 'capture.pcapng'}"
    told, pixels = captured_under_umockdev(RECORDING, traffic, "upektouchchip", TARGET, tmp_path)
    assert told == {
        "device_id": "upektouchchip:3-2",
        "location": "usb:3-2",
        "model": "Biometric Coprocessor",
        "threads": 1,
    }
    np.testing.assert_array_equal(pixels, recorded_picture())
