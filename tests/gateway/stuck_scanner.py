"""A USB scanner whose driver waits for ever in a capture, as one with a vendor's library may."""

from threading import Event

from drivers import DeviceHung, Frame
from drivers.fingerprint.nb1010 import Nb1010
from drivers.transports.usb import UsbLink

FREED: list[Event] = []
"""One a scanner; set at the end of a test, they let go of its threads."""


class StuckScanner(Nb1010):
    """Freed by a reset, unless it is `stubborn`."""

    def __init__(self, link: UsbLink, *, stubborn: bool = False) -> None:
        super().__init__(link)
        self._stubborn = stubborn
        self._freed = Event()
        FREED.append(self._freed)

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        self._freed.wait()
        raise DeviceHung("the scanner was reset while it was waited for")

    def reset(self) -> None:
        if self._stubborn:
            raise DeviceHung("the scanner is beyond a reset")
        self._freed.set()

    def __exit__(self, *exc: object) -> None:
        self._freed.set()
        super().__exit__(*exc)
