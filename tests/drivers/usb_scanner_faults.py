"""What every scanner on a bulk transport must survive, whatever its protocol; its test says how it is built."""

import errno
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from threading import Event

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers import (
    CaptureTimeout,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceKind,
    DeviceLost,
    DeviceNotFound,
    DriverEntry,
    FingerprintScanner,
    discover,
    open_device,
)
from drivers.transports import usb
from drivers.transports.usb import UsbTransport
from tests.drivers.simulated_port import PortFault, SimulatedPort

Driver = Callable[[UsbTransport], FingerprintScanner]


def fault_sequences(transfers: int) -> st.SearchStrategy[dict[int, PortFault]]:
    """One to four faults among that many transfers."""
    return st.dictionaries(st.integers(0, transfers - 1), st.sampled_from(PortFault), min_size=1, max_size=4)


@contextmanager
def nothing_is_left(port: SimulatedPort) -> Iterator[None]:
    """No thread, handle or claim outlives the block."""
    before = set(threading.enumerate())
    yield
    assert [thread for thread in threading.enumerate() if thread not in before] == []
    assert (port.handles, port.claims) == (0, 0)


def one_finger(scanner: FingerprintScanner) -> None:
    with scanner:
        scanner.capture(5, Event())
        scanner.await_removal(5, Event())


def survive(port: SimulatedPort, driver: Driver, picture: NDArray[np.uint8]) -> None:
    """Captures that meet faults end with the whole picture or a `DeviceError`; a reset brings back what hangs."""
    with pytest.MonkeyPatch.context() as patch, nothing_is_left(port):
        patch.setattr(usb, "REOPEN_TIMEOUT_S", 0.05)
        for _ in range(6):  # opened anew after what a reset did not mend; four faults cannot spoil six
            try:
                with driver(port.link()) as scanner:
                    while not _captured(scanner, picture):
                        scanner.reset()
                    break
            except DeviceError:
                if port.gone:
                    break
        else:
            pytest.fail("it never came back")


def _captured(scanner: FingerprintScanner, picture: NDArray[np.uint8]) -> bool:
    try:
        frame = scanner.capture(1, Event())
        np.testing.assert_array_equal(frame.pixels, picture)
        scanner.await_removal(1, Event())
    except (DeviceHung, CaptureTimeout):
        return False
    return True


def cable_is_pulled_at_each_transfer(
    build: Callable[[Mapping[int, PortFault]], SimulatedPort], driver: Driver, last: int = 0
) -> None:
    """Everywhere but at the `last` transfers, whose failure is of no matter, `DeviceLost` with cause and remedy."""
    whole = build({})
    one_finger(driver(whole.link()))
    assert whole.transfers > 5
    for number in range(whole.transfers - last):
        port = build({number: PortFault.LOST})
        with nothing_is_left(port), pytest.raises(DeviceLost, match="plug it in again") as caught:
            one_finger(driver(port.link()))
        assert not isinstance(caught.value, DeviceHung)
        assert caught.value.__cause__ is not None


def opening_is_refused_with_the_reason(build: Callable[[], SimulatedPort], name: str, target: str) -> None:
    """Another program holds it; it vanished after discovery; it is opened by name when it is well."""
    drivers = {name: DriverEntry(name, EntryPoint(name, target, DeviceKind.FINGERPRINT_SCANNER.group))}
    port = build()
    (address,) = discover(drivers=drivers, usb_backend=port).devices
    scanner = open_device(address, drivers=drivers, usb_backend=port)
    port.claim_error = errno.EBUSY
    with nothing_is_left(port), pytest.raises(DeviceBusy, match="another program holds"), scanner:
        pytest.fail("it was not opened")
    port.claim_error = 0
    port.attached = False
    with nothing_is_left(port), pytest.raises(DeviceNotFound, match=r"port 3-1\.2"), scanner:
        pytest.fail("it is not there")
    with pytest.raises(DeviceNotFound):
        open_device(address, drivers=drivers, usb_backend=port)
    port.attached = True
    with nothing_is_left(port), scanner:
        assert scanner.identity.driver == name


def closing_ends_the_wait_of_another_thread(port: SimulatedPort, driver: Driver) -> None:
    """`port` is one that no finger touches."""
    scanner = driver(port.link())
    ended: list[DeviceError] = []

    def wait() -> None:
        try:
            scanner.capture(60, Event())
        except DeviceError as error:
            ended.append(error)

    waiting = threading.Thread(target=wait)
    with nothing_is_left(port):
        with scanner:
            waiting.start()
        waiting.join(60)
    assert len(ended) == 1
