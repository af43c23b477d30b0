"""One camera on Linux' video4linux2: its newest frame, with the kernel's time and what was lost before it.

OpenCV's V4L2 backend (`modules/videoio/src/cap_v4l.cpp`, 4.x and 5.0) does not suffice. It takes over the time stamp of
a buffer, but not its flags, so that nobody knows of which clock it is; it drops the sequence number and
V4L2_BUF_FLAG_ERROR, so that lost and damaged frames go unnoticed; it delivers the *oldest* of its buffers, seconds
old after a pause; it reads rows as if they had no padding; it waits up to ten seconds, deaf to a cancel; and a busy,
missing or forbidden camera is the same `False`. What is here instead is some twenty ioctls, after the uapi
documentation (docs.kernel.org/userspace-api/media/v4l).
"""

import errno
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray

from drivers.errors import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceAccessDenied,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
    DeviceUnsupported,
)
from drivers.transports import v4l2_abi as abi
from drivers.transports.v4l2_buffers import FilledBuffer
from drivers.transports.v4l2_calls import BROKEN, EVENT, KernelCalls, V4l2Calls
from drivers.transports.v4l2_errors import using_error
from drivers.transports.v4l2_modes import Wish
from drivers.transports.v4l2_nodes import VideoNode
from drivers.transports.v4l2_opened import OpenedCamera
from drivers.transports.v4l2_pixels import DamagedFrameError, PixelLayout

Convert = Callable[[NDArray[np.uint8], PixelLayout], NDArray[np.uint8]]

SLICE_S = 0.05
"""How long one look for a frame waits, and so how often `cancel` and a reset are looked at."""
SILENCE_S = 2.0
"""Without a frame for so long, or five frames' time, a camera that had delivered hangs."""
FIRST_FRAME_S = 5.0
"""The same for the first frame after its start: lens, lamps and exposure settle first."""
STALE_S = 0.25
"""A frame of that age, or four frames' time, is not shown any more."""
RESET_PATIENCE_S = 0.5
"""How long a reset waits for the call under way before it resets the USB port under it."""
REOPEN_TIMEOUT_S = 3.0
"""How long a camera may take to come back after its port was reset."""


@dataclass(frozen=True, eq=False)
class V4l2Frame:
    """One frame, converted, in memory of its own."""

    pixels: NDArray[np.uint8]
    captured_at: float
    """`time.monotonic()` seconds: the kernel's time stamp, or when it was taken where that is of another clock."""
    dropped: int
    """Frames lost since the one before of the same watch: by the device, damaged, or not taken in time."""


@dataclass
class _Watch:
    """One use of the stream: an iterator, or a capture."""

    epoch: int
    last_sequence: int | None = None
    passed_over: int = 0
    """Frames taken since the last that was delivered."""


class V4l2Camera:
    """A camera that streams while it is watched, and is dark in between.

    Calls are made by one thread at a time, except `reset`. There are no threads here.

    Parameters
    ----------
    find : callable
        Gives the node; asked again at each opening, since a re-plugged camera may have another one.
    order : sequence of str
        Pixel formats that will do, the best first.
    convert : callable
        Makes an array of a buffer's bytes and a `PixelLayout`; a copy. `DamagedFrameError` skips the frame.
    wish : Wish
        Size and rate.
    settings : mapping
        Controls of `v4l2_abi` and their values.
    calls : V4l2Calls, optional
        In place of this machine's kernel.
    """

    def __init__(
        self,
        find: Callable[[], VideoNode],
        order: Sequence[str],
        convert: Convert,
        wish: Wish,
        settings: Mapping[int, int],
        calls: V4l2Calls | None = None,
    ) -> None:
        self._find, self._order, self._convert = find, tuple(order), convert
        self._wish, self._settings = wish, dict(settings)
        self._calls = calls or KernelCalls()
        self._lock = Lock()
        self._camera: OpenedCamera | None = None
        self._entered = False
        self._epoch = 0
        self._watch: _Watch | None = None
        self._quiet_s = 0.0
        self._damage = ""
        self._resets = 0
        self._node: VideoNode | None = None
        self.damaged_frames = 0
        """Since it was opened: flagged by the driver, cut short, or not decodable."""

    @property
    def opened(self) -> OpenedCamera:
        """What was agreed on with the driver; `DeviceError` when it is not open, `DeviceLost` after a failed reset."""
        if not self._entered:
            raise DeviceError("the camera is not open; use it in a with block")
        if self._camera is None:
            raise DeviceLost("the camera did not come back from a reset; re-plug it and open it again")
        return self._camera

    def open(self) -> None:
        """Open the node, agree on a picture and take its stream; nobody else can stream then.

        Raises
        ------
        DeviceNotFound, DeviceAccessDenied, DeviceBusy, DeviceUnsupported
            As they say, with the remedy.
        """
        with self._lock:
            if self._entered:
                raise DeviceBusy("this camera is open already; close it first")
            self._open()
            self._entered = True
            self._resets = 0

    def close(self) -> None:
        """Give everything back; safe to call twice."""
        with self._lock:
            self._entered = False
            self._close()

    def reset(self) -> None:
        """Close and open the node; a second time in a row, or when a call does not return, reset its USB port, too.

        A wait for frames in another thread ends with `DeviceHung`. A camera without a port to reset, or one that this
        user may not reset, is just opened again.
        """
        if not self._entered:
            raise DeviceError("the camera is not open; use it in a with block")
        self._epoch += 1
        self._resets += 1
        port_was_reset = False
        if not self._lock.acquire(timeout=RESET_PATIENCE_S):
            port_was_reset = self._reset_port()
            if not self._lock.acquire(timeout=REOPEN_TIMEOUT_S):
                raise DeviceHung("the kernel does not return from the camera, not even by a reset; re-plug it")
        try:
            if self._entered:
                self._epoch += 1  # for a watch that began while we waited for the lock
                self._close()
                port_was_reset = port_was_reset or (self._resets > 1 and self._reset_port())
                self._reopen(REOPEN_TIMEOUT_S if port_was_reset else 0.0)
        finally:
            self._lock.release()

    def frames(self, cancel: Event) -> Generator[V4l2Frame, None, None]:
        """Yield the newest frame, again and again, until `cancel` is set, it is closed, or another use begins.

        Raises
        ------
        DeviceLost
            The camera went away, hangs or was reset (`DeviceHung`).
        """
        if cancel.is_set():
            return
        watch = self._begin()
        try:
            while not cancel.is_set():
                frame = self._next(watch, cancel)
                if frame is None:
                    return
                yield frame
        finally:
            self._end(watch)

    def capture(self, timeout_s: float, cancel: Event) -> V4l2Frame:
        """One frame whose exposure began after the call; errors as of `IrisCamera.capture`."""
        if cancel.is_set():
            raise CaptureCancelled("the capture was cancelled")
        began = time.monotonic()
        watch = self._begin()
        try:
            frame = self._next(watch, cancel, began, began + timeout_s)
        finally:
            self._end(watch)
        if frame is not None:
            return frame
        if cancel.is_set():
            raise CaptureCancelled("the capture was cancelled")
        if time.monotonic() >= began + timeout_s:
            raise CaptureTimeout("the camera delivered no frame in the time given")
        raise DeviceLost("the camera was closed meanwhile")

    def value(self, control_id: int) -> int | None:
        """What a control is now; None where the camera does not tell."""
        with self._lock:
            camera = self.opened
            try:
                return camera.value(control_id)
            except OSError as error:
                raise using_error(error, camera.node.path, "reading a setting") from error

    def _open(self) -> None:
        node = self._find()
        self._camera = OpenedCamera(self._calls, node, self._order, self._wish, self._settings)
        self._node = node
        self._quiet_s, self._damage, self.damaged_frames = 0.0, "", 0

    def _close(self) -> None:
        camera, self._camera = self._camera, None
        self._watch = None
        if camera is not None:
            camera.close()

    def _reopen(self, patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        while True:
            try:
                return self._open()
            except (DeviceNotFound, DeviceLost, DeviceAccessDenied) as error:
                # udev hands a new node to its group a moment after it is there.
                if time.monotonic() >= deadline:
                    raise DeviceLost(f"the camera did not come back after a reset: {error}") from error
            time.sleep(SLICE_S)

    def _reset_port(self) -> bool:
        """Reset the USB port, if there is one and we may; the node may be another one afterwards."""
        if self._node is None or not self._node.usb_file:
            return False
        try:
            descriptor = self._calls.open(self._node.usb_file)
        except OSError:
            return False
        try:
            self._calls.ioctl(descriptor, abi.USBDEVFS_RESET, None)
        except OSError as error:
            return error.errno == errno.ENODEV  # it came back as another device
        finally:
            self._calls.close(descriptor)
        return True

    def _begin(self) -> _Watch:
        with self._lock:
            camera = self.opened
            self._watch = _Watch(self._epoch)
            if not camera.ring.running:
                try:
                    camera.start()
                except OSError as error:
                    raise using_error(error, camera.node.path, "starting its stream") from error
            return self._watch

    def _end(self, watch: _Watch) -> None:
        with self._lock:
            if self._watch is watch:
                self._watch = None
                if self._camera is not None:
                    self._camera.stop()

    def _next(
        self, watch: _Watch, cancel: Event, not_before: float = 0.0, deadline: float = float("inf")
    ) -> V4l2Frame | None:
        """The newest frame exposed since `not_before`; None when cancelled, late, closed, or another watch began."""
        began = time.monotonic() - self._quiet_s
        while True:
            with self._lock:
                if watch.epoch != self._epoch and self._entered:
                    raise DeviceHung("the camera was reset meanwhile; capture again")
                if self._watch is not watch:
                    return None
                now = time.monotonic()
                frame = self._look(watch, not_before, min(SLICE_S, max(0.0, deadline - now)))
                if frame is not None:
                    self._quiet_s, self._damage, self._resets = 0.0, "", 0
                    self.opened.delivered = True
                    return frame
                self._quiet_s = time.monotonic() - began
                self._judge_silence()
            if cancel.is_set() or time.monotonic() >= deadline:
                return None

    def _look(self, watch: _Watch, not_before: float, wait_s: float) -> V4l2Frame | None:
        """Wait at most `wait_s` for what the driver has, and take the newest of it."""
        camera = self.opened
        try:
            events = self._calls.poll(camera.descriptor, wait_s)
            if events & EVENT and camera.source_changed():
                self._follow_source(camera, watch)
                return None
            newest = self._newest(camera, watch) if events else None
            if newest is None:
                if events & BROKEN:
                    raise DeviceHung(f"the stream of {camera.node.path} broke off; reset the camera")
                return None
            try:
                return self._frame(camera, newest, watch, not_before)
            finally:
                camera.ring.give(newest.index)
        except OSError as error:
            meaning = using_error(error, camera.node.path, "waiting for a frame")
            raise (meaning if isinstance(meaning, DeviceLost) else DeviceHung(str(meaning))) from error

    def _newest(self, camera: OpenedCamera, watch: _Watch) -> FilledBuffer | None:
        """The last filled buffer; the older ones go back.

        When all were filled, the driver had nowhere to put the frames since, so that even the last is old: it is not
        taken. Otherwise there is no newer frame than the last.
        """
        newest: FilledBuffer | None = None
        count = 0
        while count < len(camera.ring) and (filled := camera.ring.take()) is not None:
            count += 1
            if newest is not None:
                camera.ring.give(newest.index)
            newest = filled
        watch.passed_over += count
        if newest is not None and count == len(camera.ring):
            camera.ring.give(newest.index)
            return None
        return newest

    def _frame(self, camera: OpenedCamera, filled: FilledBuffer, watch: _Watch, not_before: float) -> V4l2Frame | None:
        """The frame in a buffer, unless it is damaged, old, or was exposed too early."""
        now, stamp = time.monotonic(), filled.stamp_s
        # Firmware clocks run wild: a stamp of the future, or of long ago, is worth less than our own look at the clock.
        told = stamp is not None and now - 10 < stamp < now + 0.01
        captured_at = min(stamp, now) if told and stamp is not None else now
        exposed_at = captured_at if told and filled.stamped_at_start else captured_at - camera.interval_s
        if exposed_at < not_before or now - captured_at > max(STALE_S, 4 * camera.interval_s):
            return None
        try:
            if filled.damaged:
                raise DamagedFrameError("the driver says that it was damaged on the way")
            pixels = self._convert(camera.ring.content(filled), camera.layout)
        except ValueError as error:
            self.damaged_frames += 1
            self._damage = str(error)
            return None
        return V4l2Frame(pixels, captured_at, _dropped(watch, filled.sequence))

    def _judge_silence(self) -> None:
        camera = self.opened
        limit = max(SILENCE_S if camera.delivered else FIRST_FRAME_S, 5 * camera.interval_s)
        if self._quiet_s < limit:
            return
        self._quiet_s = 0.0
        if self._damage:
            raise DeviceHung(f"the camera delivers damaged frames alone ({self._damage}); reset it, check its cable")
        raise DeviceHung(f"the camera delivered nothing for {limit:.1f} s; reset it, or re-plug it")

    def _follow_source(self, camera: OpenedCamera, watch: _Watch) -> None:
        """Go on after the driver told that its picture became another one, if it is still the size agreed on."""
        before = camera.layout
        watch.last_sequence = None
        try:
            camera.agree_again()
        except DeviceUnsupported as error:
            raise DeviceLost(f"the camera changed its picture while in use: {error}") from error
        after = camera.layout
        if (after.width, after.height) != (before.width, before.height):
            raise DeviceLost(
                f"the camera changed its picture from {before.width}x{before.height} to {after.width}x{after.height} "
                "while in use; reset it, or set 'width' and 'height'"
            )


def _dropped(watch: _Watch, sequence: int) -> int:
    """Frames lost before this one; now that one is the last."""
    last, passed = watch.last_sequence, max(0, watch.passed_over - 1)
    watch.last_sequence, watch.passed_over = sequence, 0
    if last is None:
        return 0
    gap = (sequence - last) % 2**32 - 1
    # Some drivers never count, or begin anew: then what passed through our hands is all that is known.
    return gap if 0 <= gap < 2**31 else passed
