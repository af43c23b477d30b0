"""Whose turn it is at a device: one thread uses it, another may free it by a reset."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, RLock

from drivers.errors import CaptureCancelled, DeviceError, DeviceHung
from drivers.protocols import SelfTestStep

TestStep = Callable[[Event], tuple[bool, str]]
"""What one step of a self test does, given `cancel`: whether it passed, and what was seen."""


class DeviceTurn:
    """Orders the calls to one driver.

    Parameters
    ----------
    name : str
        What the device is, for people: `scanner`.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = RLock()
        self._interrupted = Event()
        self._entered = False

    @contextmanager
    def entering(self, close: Callable[[], None] = lambda: None) -> Iterator[None]:
        """For `__enter__`: what the block opens is closed again where it raises."""
        with self._lock:
            try:
                yield
            except BaseException:
                close()
                raise
            self._entered = True

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """For `__exit__`: the wait of another thread ends first."""
        self._interrupted.set()
        with self._lock:
            self._interrupted.clear()
            self._entered = False
            yield

    @contextmanager
    def using(self) -> Iterator[None]:
        """For every call that needs the open device."""
        with self._lock:
            self.require_entered()
            yield

    @contextmanager
    def resetting(self) -> Iterator[None]:
        """For `reset`: the wait of another thread ends first, with `DeviceHung`."""
        self.require_entered()
        self._interrupted.set()
        with self._lock:
            self._interrupted.clear()
            self.require_entered()
            yield

    def check(self, cancel: Event) -> None:
        """Called in every wait, at least every 100 ms.

        Raises
        ------
        CaptureCancelled
            `cancel` is set.
        DeviceHung
            Another thread resets or closes the device.
        """
        if cancel.is_set():
            raise CaptureCancelled("the capture was cancelled")
        if self._interrupted.is_set():
            raise DeviceHung(f"the {self._name} was reset or closed while it was waited for; start the capture again")

    def require_entered(self) -> None:
        """Raise `DeviceError` outside the driver's `with` block."""
        if not self._entered:
            raise DeviceError(f"the {self._name} is not open; use it in its with block")

    def self_test(self, steps: Iterable[tuple[str, TestStep]], cancel: Event) -> Iterator[SelfTestStep]:
        """Go through the steps of a self test, until one does not pass; the device is free between them."""
        for name, step in steps:
            with self.using():
                self.check(cancel)
                try:
                    result = SelfTestStep(name, *step(cancel))
                except CaptureCancelled:
                    raise
                except DeviceError as error:
                    result = SelfTestStep(name, False, str(error))
            yield result
            if not result.passed:
                return
