"""The system calls through which a camera's node is used."""

import fcntl
import mmap
import os
import select
from ctypes import Structure, c_int
from typing import Protocol

READY = select.POLLIN
EVENT = select.POLLPRI
BROKEN = select.POLLERR | select.POLLHUP | select.POLLNVAL


class Mapping(Protocol):
    """Memory of the kernel's, readable as bytes."""

    def __buffer__(self, flags: int, /) -> memoryview: ...

    def close(self) -> None:
        """Unmap it; `BufferError` while a view of it is alive."""
        ...


class V4l2Calls(Protocol):
    """What `V4l2Camera` asks of the kernel; each raises `OSError` as the call of that name sets `errno`."""

    def open(self, path: str) -> int:
        """Open for reading and writing, without waiting for frames."""
        ...

    def close(self, descriptor: int) -> None:
        """Give it back."""
        ...

    def ioctl(self, descriptor: int, request: int, argument: Structure | c_int | None) -> None:
        """Change `argument` in place, where the request answers."""
        ...

    def mmap(self, descriptor: int, length: int, offset: int) -> Mapping:
        """Share memory of the driver's, for reading."""
        ...

    def poll(self, descriptor: int, timeout_s: float) -> int:
        """What is there of `READY`, `EVENT` and `BROKEN`; 0 when the time went by."""
        ...


class KernelCalls:
    """`V4l2Calls` of this machine's kernel."""

    def open(self, path: str) -> int:
        """Open for reading and writing, without waiting for frames."""
        return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def close(self, descriptor: int) -> None:
        """Give it back."""
        os.close(descriptor)

    def ioctl(self, descriptor: int, request: int, argument: Structure | c_int | None) -> None:
        """Change `argument` in place, where the request answers."""
        if argument is None:
            fcntl.ioctl(descriptor, request, 0)
        else:
            fcntl.ioctl(descriptor, request, argument, True)

    def mmap(self, descriptor: int, length: int, offset: int) -> Mapping:
        """Share memory of the driver's, for reading."""
        return mmap.mmap(descriptor, length, mmap.MAP_SHARED, mmap.PROT_READ, offset=offset)

    def poll(self, descriptor: int, timeout_s: float) -> int:
        """What is there of `READY`, `EVENT` and `BROKEN`; 0 when the time went by."""
        poller = select.poll()
        poller.register(descriptor, READY | EVENT)
        return sum(events for _, events in poller.poll(1e3 * timeout_s))
