"""The capture as the device's thread sees it, and what that thread is told."""

import asyncio
from collections.abc import Callable
from threading import Event, Lock, get_ident

from drivers import CaptureCancelled, Frame, IrisFrame, PortraitFrame
from gateway.capture.job import Command
from gateway.capture.values import CaptureState, Ended, LiveQuality
from gateway.devices.state import DeviceState


class ThreadView:
    """What the device's thread sees of the session; every word goes to the loop as a call."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        on_state: Callable[[CaptureState], None],
        on_frame: Callable[[Frame | IrisFrame | PortraitFrame, LiveQuality], None],
        on_transfer: Callable[[float], None],
        on_ended: Callable[[Ended], None],
        on_device: Callable[[DeviceState], None],
    ) -> None:
        self._loop = loop
        self._on_state = on_state
        self._on_frame = on_frame
        self._on_transfer = on_transfer
        self._on_ended = on_ended
        self._on_device = on_device
        self._lock = Lock()
        self._command = Command()
        self._state: CaptureState | None = None
        self._recording = False
        self._thread: int | None = None
        self.stopped = False
        self.interrupt = Event()
        self.leaving = Event()
        """Set when the gateway stops, never by a command: the next capture must not see this finger."""

    def tell(self, command: Command) -> None:
        """Hand a command to the capture."""
        with self._lock:
            self._command = command
            self.interrupt.set()

    def stop(self) -> bool:
        """Have the capture stop; False where it is being recorded already."""
        with self._lock:
            if self._recording:
                return False
            self.stopped = True
        self.interrupt.set()
        return True

    def begin(self) -> None:
        """A job begins, perhaps once more after the device was lost; an earlier one's thread is told to stop.

        That thread may have been given up as hung, and come back while this one captures: one of them records.
        """
        with self._lock:
            self._thread = get_ident()
        self._state = None
        self.raise_if_stopped()

    def raise_if_stopped(self) -> None:
        """Raise `CaptureCancelled` once it was told to stop, or another thread has begun anew."""
        if self.stopped or self._thread not in (None, get_ident()):
            raise CaptureCancelled("the capture was stopped")

    def command(self) -> Command:
        """The command that came, once; `CaptureCancelled` where that is to stop."""
        self.raise_if_stopped()
        with self._lock:
            command, self._command = self._command, Command()
            self.interrupt.clear()
        self.raise_if_stopped()
        return command

    def show_state(self, state: CaptureState) -> None:
        """The capture has come to `state`; `CaptureCancelled` where it was told to stop before it is recorded."""
        if state is CaptureState.PROCESSING:
            # From here on it is recorded: who was told that a capture stops must not find it in the spool.
            with self._lock:
                self.raise_if_stopped()
                self._recording = True
        if state is not self._state:
            self._state = state
            self._loop.call_soon_threadsafe(self._on_state, state)

    def show_frame(self, frame: Frame | IrisFrame | PortraitFrame, live: LiveQuality) -> None:
        """A frame for the preview."""
        self._loop.call_soon_threadsafe(self._on_frame, frame, live)

    def show_transfer(self, share: float) -> None:
        """So much of an image has arrived from a slow device."""
        self._loop.call_soon_threadsafe(self._on_transfer, share)

    def show_ended(self, ended: Ended) -> None:
        """The capture is recorded."""
        self._loop.call_soon_threadsafe(self._on_ended, ended)

    def show_device(self, state: DeviceState) -> None:
        """What the device does beside the capture."""
        self._loop.call_soon_threadsafe(self._on_device, state)
