"""What a capture's job in the device's thread is given and told, whatever is captured."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event
from typing import Generic, Protocol, TypeVar

from drivers import CaptureCancelled, Frame, IrisFrame, PortraitFrame
from gateway.capture.values import CaptureState, LiveQuality
from gateway.devices.state import DeviceState

SILENCE_S = 2.0
"""A device that shows live frames and delivers none for so long hangs."""

CANCEL_S = 2.0
"""A driver looks at its cancel event every 100 ms; one that has not stopped by then hangs."""

DRIVER_GRACE_S = 10.0
"""What a driver may take beyond the time-out it was given: power-up, retries, the transfer of the image."""


class Watch(Protocol):
    """The watchdog, as the capture sees it."""

    def expect(self, within_s: float) -> None:
        """The next sign of life comes within `within_s`."""
        ...


class CaptureView(Protocol):
    """What the capture shows to whoever watches, and what it is told; called from the device's thread."""

    interrupt: Event
    """Set whenever a command has come: the wait for a finger or an eye ends, and `command` says why."""

    leaving: Event
    """Set when the gateway stops: nothing is waited for after the capture."""

    def command(self) -> "Command":
        """The command that came, once; clears `interrupt` unless it is to stop."""
        ...

    def show_state(self, state: CaptureState) -> None:
        """The capture has come to `state`; `CaptureCancelled` where it is to be recorded but was told to stop."""
        ...

    def show_frame(self, frame: Frame | IrisFrame | PortraitFrame, live: LiveQuality) -> None:
        """A frame for the preview."""
        ...

    def show_transfer(self, share: float) -> None:
        """So much of an image has arrived from a slow device, 0 to 1."""
        ...

    def show_device(self, state: DeviceState) -> None:
        """What the device does beside the capture."""
        ...


@dataclass(frozen=True)
class Command:
    """What a client wants of a running capture."""

    trigger: bool = False
    retake: bool = False


class Ranked(Protocol):
    """What was judged in full."""

    @property
    def rank(self) -> tuple[float, ...]:
        """The higher the better."""
        ...


A = TypeVar("A")
T = TypeVar("T", bound=Ranked)
C = TypeVar("C")


class Attempt(Generic[A, T]):
    """What is kept between frames until the capture is over or begun anew; outlives a lost device.

    Parameters
    ----------
    new_auto : callable
        Makes the auto-capture of a stream of frames.
    """

    auto: A

    def __init__(self, new_auto: Callable[[], A]) -> None:
        self._new_auto = new_auto
        self.reset()

    def reset(self) -> None:
        """Forget everything: RETAKE."""
        self.best: T | None = None
        self.triggered = False
        self.begin()

    def begin(self) -> None:
        """A stream of frames begins: what auto-capture knew of the one before does not count."""
        self.auto = self._new_auto()

    def keep(self, taken: T) -> None:
        """Remember the better one."""
        if self.best is None or taken.rank >= self.best.rank:
            self.best = taken


def heeding_commands(
    looked_at: Callable[[float], Iterator[C]],
    at_hand: Callable[[], C | None],
    attempt: Attempt[A, T],
    view: CaptureView,
    awaiting: CaptureState,
    timeout_s: float,
    deadline: float,
) -> Iterator[C]:
    """Yield what is to be judged in full, until the deadline or a TRIGGER; begin again at a RETAKE.

    Parameters
    ----------
    looked_at : callable
        Given the deadline, looks at frames until then or until `view.interrupt` is set, and yields those worth judging.
    at_hand : callable
        The best that there is at a TRIGGER, however good it is; None before the first frame.
    awaiting : CaptureState
        Shown when the capture begins again.
    timeout_s : float
        After a RETAKE.
    """
    while True:
        with contextlib.suppress(CaptureCancelled):  # by a command: see which
            yield from looked_at(deadline)
        if not view.interrupt.is_set():
            return
        command = view.command()
        if command.retake:
            attempt.reset()
            deadline = time.monotonic() + timeout_s
            view.show_state(awaiting)
        if command.trigger:
            attempt.triggered = True
            candidate = at_hand()
            if candidate is not None:
                yield candidate
            return
