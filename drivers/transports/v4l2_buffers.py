"""The buffers that a camera's driver fills and we read: requested, mapped, queued and taken back."""

import contextlib
import errno
from ctypes import c_int
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.errors import DeviceUnsupported
from drivers.transports import v4l2_abi as abi
from drivers.transports.v4l2_calls import Mapping, V4l2Calls

WANTED = 4
"""One that is filled, one that waits, one that is read, and one for a late reader."""
_MOST = 32


@dataclass(frozen=True)
class FilledBuffer:
    """What the driver says of one that it has filled."""

    index: int
    used: int
    """Bytes."""
    sequence: int
    """Counts frames from the start of the stream, lost ones too; 32 bits, around and around."""
    damaged: bool
    stamp_s: float | None
    """`time.monotonic()` seconds by the kernel; None where its stamps are of another clock."""
    stamped_at_start: bool
    """Whether that is when exposure began, rather than when the frame was there."""


class BufferRing:
    """The buffers of one open node; whoever has them owns the node's stream, and others get EBUSY.

    Every method raises `OSError` as the node gives it.
    """

    def __init__(self, calls: V4l2Calls, descriptor: int) -> None:
        self._calls, self._descriptor = calls, descriptor
        self._mapped: list[Mapping] = []
        self._views: list[NDArray[np.uint8]] = []
        self.running = False

    def __len__(self) -> int:
        return len(self._mapped)

    def allocate(self, frame_bytes: int) -> None:
        """Have buffers of at least `frame_bytes` each; `DeviceUnsupported` where the driver gives less."""
        asked = abi.RequestBuffers(count=WANTED, type=abi.VIDEO_CAPTURE, memory=abi.MEMORY_MMAP)
        self._calls.ioctl(self._descriptor, abi.REQBUFS, asked)
        if not 2 <= asked.count <= _MOST:
            raise DeviceUnsupported(f"the camera's driver gives {asked.count} buffers where {WANTED} were asked for")
        for index in range(asked.count):
            told = self._buffer(index)
            self._calls.ioctl(self._descriptor, abi.QUERYBUF, told)
            if told.length < frame_bytes:
                raise DeviceUnsupported(
                    f"the camera's driver gives buffers of {told.length} bytes for frames of {frame_bytes}"
                )
            mapping = self._calls.mmap(self._descriptor, told.length, told.offset)
            self._mapped.append(mapping)
            self._views.append(np.frombuffer(memoryview(mapping), np.uint8))

    def free(self) -> None:
        """Give all back; safe to call at any time."""
        self.stop()
        self._views.clear()
        mapped, self._mapped = self._mapped, []
        for mapping in mapped:
            with contextlib.suppress(BufferError):  # a view in some traceback; it is unmapped when that goes
                mapping.close()
        with contextlib.suppress(OSError):
            none = abi.RequestBuffers(count=0, type=abi.VIDEO_CAPTURE, memory=abi.MEMORY_MMAP)
            self._calls.ioctl(self._descriptor, abi.REQBUFS, none)

    def start(self) -> None:
        """Queue all buffers, and let frames come."""
        for index in range(len(self)):
            self.give(index)
        try:
            self._calls.ioctl(self._descriptor, abi.STREAMON, c_int(abi.VIDEO_CAPTURE))
        except OSError:
            self.running = True  # takes the buffers off the queue again
            self.stop()
            raise
        self.running = True

    def stop(self) -> None:
        """Let no more frames come; those not taken are forgotten."""
        if self.running:
            self.running = False
            with contextlib.suppress(OSError):
                self._calls.ioctl(self._descriptor, abi.STREAMOFF, c_int(abi.VIDEO_CAPTURE))

    def take(self) -> FilledBuffer | None:
        """The oldest filled buffer, to be given back; None when there is none."""
        told = self._buffer(0)
        try:
            self._calls.ioctl(self._descriptor, abi.DQBUF, told)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                return None
            raise
        if told.index >= len(self):
            raise OSError(errno.EIO, f"it returned buffer {told.index} of {len(self)}")
        monotonic = told.flags & abi.BUF_CLOCK_MASK == abi.BUF_CLOCK_MONOTONIC
        return FilledBuffer(
            told.index,
            told.bytesused,
            told.sequence,
            bool(told.flags & abi.BUF_ERROR),
            told.seconds + told.microseconds / 1e6 if monotonic else None,
            told.flags & abi.BUF_SOURCE_MASK == abi.BUF_START_OF_EXPOSURE,
        )

    def give(self, index: int) -> None:
        """Queue a buffer to be filled."""
        self._calls.ioctl(self._descriptor, abi.QBUF, self._buffer(index))

    def content(self, filled: FilledBuffer) -> NDArray[np.uint8]:
        """Its bytes in use, a view to be forgotten before it is given back; `ValueError` where they are too many."""
        whole = self._views[filled.index]
        if filled.used > len(whole):
            raise ValueError(f"the driver tells {filled.used} bytes in a buffer of {len(whole)}")
        return whole[: filled.used]

    def _buffer(self, index: int) -> abi.Buffer:
        return abi.Buffer(index=index, type=abi.VIDEO_CAPTURE, memory=abi.MEMORY_MMAP)
