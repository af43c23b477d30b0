"""The ZFM driver on a USB serial adapter of a real kernel, which is pulled and plugged in again."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Timer

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.errors import CaptureTimeout, DeviceBusy, DeviceLost, DeviceNotFound
from drivers.fingerprint.zfm import Zfm
from drivers.protocols import FingerprintScanner
from tests.contract.fingerprint_scanner import FingerprintScannerContract
from tests.drivers.zfm_bench import nothing_left
from tests.drivers.zfm_module import OPTICAL, ROUND
from tests.vm.desk import PATIENCE_S, Desk, until

BY_ID = Path("/dev/serial/by-id")


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    with nothing_left():
        yield


def adapters() -> list[Path]:
    return list(BY_ID.glob("*REKAM0001*"))


def plugged_port() -> str:
    """The name that udev gives the adapter, whatever number its port has."""
    return str(until(adapters, "no port came")[0])


def module(desk: Desk, **options: object) -> str:
    """A new module behind the adapter; the port, once udev knows it."""
    desk.ask("unplug", device="serial")
    until(lambda: not adapters(), "the port did not go")
    desk.ask("module", **options)
    return plugged_port()


class TestZfmOnUsbSerial(FingerprintScannerContract):
    patience_s = PATIENCE_S

    @pytest.fixture(autouse=True)
    def _desk(self, desk: Desk) -> None:
        self.desk = desk

    def scanner(self, scenario: str) -> FingerprintScanner:
        return Zfm(
            port=module(
                self.desk,
                looks="nobody" if scenario == "no-finger" else "finger",
                unplug_at_look=2 if scenario == "unplugged" else None,
                silent_after_looks=1 if scenario == "hang" else None,
            )
        )


@pytest.mark.parametrize(("name", "picture"), [("optical", OPTICAL), ("round", ROUND)])
def test_every_pixel_comes_through_the_adapter(desk: Desk, name: str, picture: NDArray[np.uint8]) -> None:
    with Zfm(port=module(desk, picture=name)) as scanner:
        began = time.monotonic()
        frame = scanner.capture(PATIENCE_S, Event())
        took_s = time.monotonic() - began
    np.testing.assert_array_equal(frame.pixels, picture * 17)
    desk.figures.append(f"zfm, {name} image of {picture.size // 2} bytes over USB serial: {took_s:.2f} s")


@pytest.mark.parametrize("baud", [9600, 57600])
def test_rate_is_raised_and_given_back_on_both_sides_of_the_adapter(desk: Desk, baud: int) -> None:
    port = module(desk, baud=baud)
    with Zfm(port=port, baud=baud) as scanner:
        assert desk.ask("module_baud") == 115200
        assert scanner.capture(PATIENCE_S, Event()).pixels.shape == ROUND.shape
    assert desk.ask("module_baud") == baud


def test_port_that_another_program_has_is_told_with_its_name(desk: Desk) -> None:
    port = module(desk)
    hold = "import serial, sys; port = serial.Serial(sys.argv[1], exclusive=True); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold, port], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(DeviceBusy, match=str(other.pid)), Zfm(port=port):
            pytest.fail("it was opened")
        other.communicate(b"\n")
    with Zfm(port=port) as scanner:
        assert scanner.identity.model == "R503"


def test_adapter_pulled_while_an_image_comes(desk: Desk) -> None:
    port = module(desk, packet_pause_s=0.02)
    pulled_at = 0.0

    def pull(share: float) -> None:
        nonlocal pulled_at
        if share > 0 and not pulled_at:
            desk.ask("unplug", device="serial")
            pulled_at = time.monotonic()

    with Zfm(port=port) as scanner:
        scanner.progress = pull
        with pytest.raises(DeviceLost):
            scanner.capture(PATIENCE_S, Event())
        assert pulled_at
        desk.figures.append(f"zfm, pulled while an image comes: noticed after {_ms_since(pulled_at)} ms")


def test_adapter_pulled_while_a_finger_is_awaited_and_plugged_in_again(desk: Desk) -> None:
    port = module(desk, looks="nobody")
    with Zfm(port=port) as scanner:
        pulled_at: list[float] = []

        def pull() -> None:
            desk.ask("unplug", device="serial")
            pulled_at.append(time.monotonic())

        timer = Timer(0.5, pull)
        timer.start()
        with pytest.raises(DeviceLost):
            scanner.capture(PATIENCE_S, Event())
        timer.join()
        desk.figures.append(f"zfm, pulled while a finger is awaited: noticed after {_ms_since(pulled_at[0])} ms")
        until(lambda: not adapters(), "the port did not go")
        with pytest.raises(DeviceNotFound, match="plug its adapter in"), Zfm(port=port):
            pytest.fail("it was opened")
        with pytest.raises(DeviceLost):
            scanner.reset()
        desk.ask("plug", device="serial")
        plugged_at = time.monotonic()
        assert plugged_port() == port
        scanner.reset()
        with pytest.raises(CaptureTimeout):
            scanner.capture(0.2, Event())
        desk.figures.append(f"zfm, plugged in: looking for a finger after {_ms_since(plugged_at)} ms")


def test_ten_pulls_in_a_row(desk: Desk) -> None:
    port = module(desk)
    for _ in range(10):
        with Zfm(port=port) as scanner:
            desk.ask("unplug", device="serial")
            with pytest.raises(DeviceLost):
                scanner.capture(PATIENCE_S, Event())
        until(lambda: not adapters(), "the port did not go")
        desk.ask("plug", device="serial")
        assert plugged_port() == port


def _ms_since(moment: float) -> int:
    return round(1000 * (time.monotonic() - moment))
