"""What the gateway asks of a device; every driver is one plain class that fits one of these."""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event
from typing import Protocol, Self, runtime_checkable

from drivers.frame import Frame, IrisFrame


@dataclass(frozen=True)
class DeviceIdentity:
    """Who a device is, as far as it tells."""

    driver: str
    """Entry-point name of its driver, e.g. `uareu4000`."""
    vendor: str
    model: str
    serial: str
    """Serial number, or `""` where the device has none."""
    firmware: str = ""
    ppi: float = 0.0
    """Nominal sampling rate of its frames, pixels per inch."""
    width: int = 0
    height: int = 0
    """Nominal frame size in pixels."""


@dataclass(frozen=True)
class DeviceAddress:
    """Where a device was found, before it is opened: what `discover` gives and `open_device` takes."""

    device_id: str
    """Stable name: `driver:serial`, or `driver:port-path` for a device without a serial number."""
    driver: str
    label: str
    """Vendor and model for people."""
    location: str = ""
    """Bus and port path, e.g. `usb:1-10`."""


@dataclass(frozen=True)
class SelfTestStep:
    """One step of a device's self test."""

    name: str
    passed: bool
    detail: str
    """What was seen, and the remedy where it did not pass."""


class FingerprintScanner(Protocol):
    """A scanner that delivers one frame per placement of a finger.

    Calls block, and are made by one thread at a time, except `reset`, which another thread may call to free one
    that hangs. Every wait looks at `cancel` at least every 100 ms.
    """

    @property
    def identity(self) -> DeviceIdentity:
        """Valid once the `with` block was entered."""
        ...

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        """Wait for a finger and deliver its frame.

        Raises
        ------
        CaptureTimeout
            No finger came within `timeout_s`.
        CaptureCancelled
            `cancel` was set; the device is ready for the next capture.
        DeviceLost
            The device went away, or hangs (`DeviceHung`).
        """
        ...

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """Wait until the finger has left the sensor; the same errors as `capture`."""
        ...

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Exercise the device without a finger, a step at a time."""
        ...

    def reset(self) -> None:
        """Bring a hung device back to where it was after opening, the gentlest way that works."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


@runtime_checkable
class LiveFingerprintScanner(Protocol):
    """A `FingerprintScanner` that also shows the platen as it is, frame after frame: the source of previews."""

    def frames(self, cancel: Event) -> Iterator[Frame]:
        """Yield frames at the device's own rate, with or without a finger, until `cancel` is set or it is closed.

        Raises `DeviceLost` as `capture` does; a set `cancel` just ends the iteration.
        """
        ...


class IrisCamera(Protocol):
    """A near-infrared camera that watches one eye or both, and delivers frames at its own rate.

    Which frame is kept is the gateway's to judge. Calls block, and are made by one thread at a time, except `reset`,
    which another thread may call to free one that hangs. Every wait looks at `cancel` at least every 100 ms. Only one
    iterator of `frames` is in use at a time; asking for another, or for a `capture`, ends the use of the former.
    """

    @property
    def identity(self) -> DeviceIdentity:
        """Valid once the `with` block was entered; `ppi` is the sampling of an eye at the working distance."""
        ...

    def frames(self, cancel: Event) -> Iterator[IrisFrame]:
        """Yield frames as they come, whatever is before the camera, until `cancel` is set or it is closed.

        A caller that is slow misses frames, and is told by `IrisFrame.dropped`; it never gets an old one.

        Raises
        ------
        DeviceLost
            The device went away, or hangs (`DeviceHung`). A set `cancel` just ends the iteration.
        """
        ...

    def capture(self, timeout_s: float, cancel: Event) -> IrisFrame:
        """Deliver one frame that was exposed after the call.

        A camera that finds eyes by itself waits until one is before it, and still; another delivers its next frame.

        Raises
        ------
        CaptureTimeout
            None came within `timeout_s`. The device is well.
        CaptureCancelled
            `cancel` was set; the device is ready for the next capture.
        DeviceLost
            The device went away, or hangs (`DeviceHung`).
        """
        ...

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Exercise the device without an eye, a step at a time."""
        ...

    def reset(self) -> None:
        """Bring a hung device back to where it was after opening, the gentlest way that works."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
