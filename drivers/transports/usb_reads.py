"""Reads that are on their way to a USB device: the ever pending interrupt read, and bulk reads that can be ended."""

import concurrent.futures
import contextlib
import errno
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, NamedTuple, Protocol

import usb.core

from drivers.errors import DeviceError

INTERRUPT_TIMEOUT_S = 2.0
"""How long one interrupt read stays pending before it is renewed, and so how long `close` may take at worst.

Where Linux holds the device, releasing the interface ends the read at once. umockdev loses the answer to a read that
was renewed, so this must be longer than a driver leaves a recorded message waiting.
"""
INTERRUPTS_KEPT = 256
"""Messages kept for a driver that does not listen; the oldest go first."""
INTERRUPT_FAILURES = 5
"""Failed interrupt reads in a row that mean the device is lost."""
SLICE_S = 0.05
"""How often a wait looks at what may end it."""


class PendingRead(Protocol):
    """A transfer on its way."""

    def result(self, timeout: float | None = None) -> bytes:
        """What came, possibly short, or the error; TimeoutError when it is still pending after `timeout` seconds."""
        ...

    def cancel(self) -> None:
        """End it now, if it is still pending; what it brought is lost, and the device may be read from anew."""
        ...


def await_read(read: PendingRead, check: Callable[[], None]) -> bytes:
    """What a read brings.

    Parameters
    ----------
    read : PendingRead
        Its own time-out ends the wait with `DeviceHung`.
    check : callable
        Asked every 50 ms; what it raises cancels the read and passes through.
    """
    while True:
        with contextlib.suppress(TimeoutError):
            return read.result(SLICE_S)
        try:
            check()
        except DeviceError:
            read.cancel()
            raise


class InterruptReader:
    """A thread that keeps one interrupt read pending and keeps what comes."""

    def __init__(self, handle: Any, endpoint: int, length: int) -> None:
        self._handle = handle
        self._endpoint = endpoint
        self._length = length
        self._messages: deque[bytes] = deque(maxlen=INTERRUPTS_KEPT)
        self._error: Exception | None = None
        self._stopped = False
        self._changed = threading.Condition()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="usb-interrupt", daemon=True)
        self._thread.start()
        started.wait()

    def take(self, timeout_s: float) -> bytes | None:
        """The oldest message; None when none came in time. A failure comes after the messages before it."""
        with self._changed:
            self._changed.wait_for(lambda: self._messages or self._error, max(timeout_s, 0))
            if self._messages:
                return self._messages.popleft()
            if self._error is not None:
                raise self._error
            return None

    def stop(self) -> threading.Thread:
        """Start no further read; the thread ends with the pending one."""
        self._stopped = True
        return self._thread

    def _run(self, started: threading.Event) -> None:
        started.set()
        failures = 0
        while not self._stopped:
            try:
                message = bytes(self._handle.read(self._endpoint, self._length, timeout=_ms(INTERRUPT_TIMEOUT_S)))
            except usb.core.USBTimeoutError:
                continue
            except usb.core.USBError as error:
                failures += 1
                if error.errno == errno.EPIPE:
                    with contextlib.suppress(usb.core.USBError):
                        self._handle.clear_halt(self._endpoint)
                if error.errno == errno.ENODEV or failures >= INTERRUPT_FAILURES:
                    self._fail(error)
                    return
            except Exception as error:  # a bug, or a replay that does not match: shown to the driver
                self._fail(error)
                return
            else:
                failures = 0
                with self._changed:
                    self._messages.append(message)
                    self._changed.notify_all()

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self._error = error
            self._changed.notify_all()


class _Request(NamedTuple):
    endpoint: int
    length: int
    timeout_s: float
    started: threading.Event
    answer: "Future[bytes]"


class BulkRead:
    """A bulk IN transfer on its way; fits `PendingRead`."""

    def __init__(self, answer: "Future[bytes]", end: Callable[["BulkRead"], None]) -> None:
        self._answer = answer
        self._end = end

    def result(self, timeout: float | None = None) -> bytes:
        """What came, or the error; TimeoutError while it is pending."""
        return self._answer.result(timeout)

    def cancel(self) -> None:
        """End it now, if it is still pending."""
        if not self._answer.done():
            self._end(self)

    def ended(self, timeout_s: float) -> bool:
        """Whether it ended, be it well or not, within that time."""
        return bool(concurrent.futures.wait([self._answer], timeout_s).done)


class BulkReader:
    """A thread that makes one bulk read after the other; a new thread for each would cost more than most reads.

    Parameters
    ----------
    handle : usb.core.Device
        The opened device.
    name : str
        Of the thread.
    error : callable
        Makes a `DeviceError` of pyusb's, given what was being done.
    end : callable
        Ends a pending read.
    """

    def __init__(
        self,
        handle: Any,
        name: str,
        error: Callable[[usb.core.USBError, str], DeviceError],
        end: Callable[[BulkRead], None],
    ) -> None:
        self._handle = handle
        self._error = error
        self._end = end
        self._requests: SimpleQueue[_Request | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, endpoint: int, length: int, timeout_s: float) -> BulkRead:
        """Start a read; returns when it is on its way. One that is pending is waited for first."""
        request = _Request(endpoint, length, timeout_s, threading.Event(), Future())
        self._requests.put(request)
        request.started.wait()
        return BulkRead(request.answer, self._end)

    def stop(self) -> threading.Thread:
        """Start no further read; the thread ends with the pending one."""
        self._requests.put(None)
        return self._thread

    def _run(self) -> None:
        while (request := self._requests.get()) is not None:
            request.started.set()
            try:
                data = self._handle.read(request.endpoint, request.length, timeout=_ms(request.timeout_s))
                request.answer.set_result(bytes(data))
            except usb.core.USBError as error:
                failure = self._error(error, f"reading endpoint {request.endpoint:#04x}")
                failure.__cause__ = error
                request.answer.set_exception(failure)
            except Exception as error:  # a bug, or a replay that does not match: shown where the result is asked for
                request.answer.set_exception(error)


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
