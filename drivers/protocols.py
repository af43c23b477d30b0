"""What the gateway asks of a device; every driver is one plain class that fits one of these."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from threading import Event
from typing import Protocol, Self, runtime_checkable

from drivers.cards.apdu import CommandApdu, ResponseApdu
from drivers.frame import Frame, IrisFrame, PortraitFrame
from drivers.person.part import PersonPart


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


class DeviceDriver(Protocol):
    """What the drivers of every kind of device have in common.

    Calls block, and are made by one thread at a time, except `reset`, which another thread may call to free a device
    that hangs.
    """

    @property
    def identity(self) -> DeviceIdentity:
        """Valid once the `with` block was entered."""
        ...

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Exercise the device without a person, a step at a time."""
        ...

    def reset(self) -> None:
        """Bring a hung device back to where it was after opening, the gentlest way that works."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


@dataclass(frozen=True)
class DeviceCondition:
    """How a device has done since its driver was built, as far as the driver can tell."""

    bad_frames: int = 0
    """Frames that came damaged, or were lost on the way, and were not delivered."""
    temperature_c: float | None = None
    """Of the device, degrees Celsius; None where it does not tell."""


@runtime_checkable
class ReportsCondition(Protocol):
    """A driver that can tell how its device does; asked by the thread that uses the driver, between its calls."""

    @property
    def condition(self) -> DeviceCondition:
        """At once, without traffic to the device."""
        ...


@runtime_checkable
class ReportsProgress(Protocol):
    """A driver whose frames take long to arrive, and that tells how far it is."""

    progress: Callable[[float], None] | None
    """Called with the share of the frame that has arrived, 0 to 1, by the thread that waits for it; None: nobody."""


@runtime_checkable
class SetsExposure(Protocol):
    """A camera whose exposure can be changed while it is open; called by the thread that uses the driver."""

    def scale_exposure(self, share: float) -> None:
        """Expose for that share of what is configured, from the next frame on; 1 as it is configured.

        Frames tell what was truly taken. Raises `ValueError` for a share that is not positive, or beyond what the
        camera can do.
        """
        ...


@dataclass(frozen=True)
class LightChange:
    """A step of the visible light at the eye."""

    at: float
    """`time.monotonic()` seconds."""
    brighter: bool


@runtime_checkable
class ReportsLightChange(Protocol):
    """An iris camera that has visible light too, which pupils answer; asked by the thread that uses the driver."""

    @property
    def light_change(self) -> LightChange | None:
        """When its light changed last; None where it has not yet. At once, without traffic to the device."""
        ...


@runtime_checkable
class PresentsPersons(Protocol):
    """A device without hardware, before which anybody of `synthetic_person` may be brought; never a real one."""

    def present_person(self, person: int, part: PersonPart, placement: int | None = None) -> None:
        """Choose who is seen next, in the condition that the device was set for; whoever is there is gone at once.

        May be called from another thread, and before opening.

        Parameters
        ----------
        person : int
            Number of a synthetic person.
        part : PersonPart
        placement : int, optional
            Always this placement, 0 or more; by default another each time, in each run.

        Raises
        ------
        ValueError
            No such person or placement, or a part that this device does not see.
        """
        ...


@runtime_checkable
class PresentsHands(Protocol):
    """A `PresentsPersons` before which whole hands may be laid, also such that lack fingers."""

    def present_hand(
        self, person: int, part: PersonPart, placement: int | None = None, without: Collection[PersonPart] = ()
    ) -> None:
        """As `present_person`, `without` these fingers.

        Raises
        ------
        ValueError
            As of `present_person`; or one of `without` is no finger of that slap, or none is left.
        """
        ...


@runtime_checkable
class TakesBlanks(Protocol):
    """A card writer without hardware, into which another drawn blank may be put; never a real one."""

    def insert_blank(self) -> str:
        """Take the card that is in it away and put a blank of its kind there, with a serial number of its own.

        Called by the thread that uses the driver, between its calls.

        Returns
        -------
        str
            What its serial number is made of.
        """
        ...


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


class PortraitCamera(Protocol):
    """A colour camera that watches a face, and delivers frames at its own rate.

    All that is said of `IrisCamera` holds for it.
    """

    @property
    def identity(self) -> DeviceIdentity:
        """Valid once the `with` block was entered; `ppi` is 0, as a face may sit at any distance."""
        ...

    def frames(self, cancel: Event) -> Iterator[PortraitFrame]:
        """Yield frames as they come, whatever is before the camera, until `cancel` is set or it is closed.

        A caller that is slow misses frames, and is told by `PortraitFrame.dropped`; it never gets an old one.

        Raises
        ------
        DeviceLost
            The device went away, or hangs (`DeviceHung`). A set `cancel` just ends the iteration.
        """
        ...

    def capture(self, timeout_s: float, cancel: Event) -> PortraitFrame:
        """Deliver one frame that was exposed after the call.

        A camera that finds faces by itself waits until one is before it, and still; another delivers its next frame.

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
        """Exercise the device without a person, a step at a time."""
        ...

    def reset(self) -> None:
        """Bring a hung device back to where it was after opening, the gentlest way that works."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class CardProtocol(StrEnum):
    """How a reader and a card talk."""

    T0 = "T=0"
    T1 = "T=1"
    TCL = "T=CL"
    """Contactless, ISO/IEC 14443-4."""


@dataclass(frozen=True)
class InsertedCard:
    """The card that is powered and held."""

    atr: bytes
    """Its answer to reset; for a contactless card the one that the reader makes up for it."""
    protocol: CardProtocol
    chaining: bool
    """Whether it takes chained commands."""
    extended_length: bool
    """Whether it takes lengths in the extended form."""

    @property
    def max_data(self) -> int:
        """The most bytes of command data that one `transmit` may carry to this card."""
        return 65535 if self.extended_length or self.chaining else 255


class CardWriter(Protocol):
    """A reader and writer of smart cards, and the card in it.

    `await_card` holds a card exclusively: no other program reaches it until `release_card`. Calls block, and are made
    by one thread at a time, except `reset`, which another thread may call to free a reader that hangs. Waits look at
    `cancel` at least every 100 ms. Nothing here logs, and no message shows, the data of commands or responses.
    """

    @property
    def identity(self) -> DeviceIdentity:
        """The reader; valid once the `with` block was entered."""
        ...

    @property
    def card(self) -> InsertedCard | None:
        """The card that is held; None before `await_card`, after `release_card`, and once it was lost."""
        ...

    def await_card(self, timeout_s: float, cancel: Event) -> InsertedCard:
        """Wait for a card, power it up and hold it; a card held already is reset, so that a session begins afresh.

        Raises
        ------
        CardTimeout
            No card came within `timeout_s`.
        CaptureCancelled
            `cancel` was set; the reader is ready for the next call.
        CardUnusable
            A card is there, but mute or garbled: the wrong way round, dirty, broken, or no chip card.
        DeviceBusy
            Another program kept hold of the card until `timeout_s` was over.
        DeviceLost
            The reader went away, or hangs (`DeviceHung`).
        """
        ...

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """Release the card and wait until the reader is empty; the same errors as `await_card`."""
        ...

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command and give the card's answer, whatever its status word.

        61XX is followed by GET RESPONSE, 6CXX by the same command with the length that fits, and a command too long
        for the short form goes out in the extended form or as a chain, as the card can. So the status word is the
        last one, and the data are whole; 61XX is left only where `command.ne` asked for less than there was.

        Raises
        ------
        CardLost, CardWasReset
            The card, or all that was selected and verified on it, is gone; call `await_card` to go on.
        CardUnusable
            Its answer breaks the protocol, e.g. it promises more data for ever.
        DeviceUnsupported
            The command is longer than this card can take.
        DeviceLost
            The reader went away, or hangs (`DeviceHung`).
        """
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Keep a sequence of commands together: within the block the card is not powered down, nor given to others.

        The end of the block leaves the card as it is. Raises as `transmit` does.
        """
        ...

    def reset_card(self) -> InsertedCard:
        """Reset the card that is held: a fresh connection, nothing selected or verified. Raises as `transmit` does."""
        ...

    def release_card(self) -> None:
        """Power the card down and let go of it; nothing happens where none is held."""
        ...

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Exercise the reader, and the card in it if there is one, changing nothing on the card."""
        ...

    def reset(self) -> None:
        """Bring a hung reader back to where it was after opening, the gentlest way that works; the card is let go."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
