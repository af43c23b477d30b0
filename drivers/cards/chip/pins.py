"""PINs of a chip, their tries and their unblocking codes (ISO/IEC 7816-4:2013, 11.5)."""

from dataclasses import dataclass, field, replace
from hmac import compare_digest

from drivers.cards.chip.cells import Cells
from drivers.cards.chip.refusal import Refused

_OWNER = -1
MIN_PIN, MAX_PIN = 4, 16


@dataclass(frozen=True)
class Pin:
    """One PIN as the chip keeps it; its text form never shows a secret."""

    secret: bytes = field(repr=False)
    unblocking: bytes = field(repr=False)
    tries: int
    tries_left: int
    unblocking_tries_left: int


class Pins:
    """PINs by reference, 1 to 15; which are verified is forgotten with the power."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._verified: set[int] = set()

    def install(self, reference: int, secret: bytes, unblocking: bytes, tries: int) -> None:
        """Put a PIN on the chip, as its maker does."""
        self._cells.change({(_OWNER, reference): Pin(secret, unblocking, tries, tries, tries)})

    def forget(self) -> None:
        """What a loss of power or a reset does: nothing is verified any more."""
        self._verified.clear()

    def verified(self, reference: int) -> bool:
        """Whether the PIN was verified since the chip was powered up."""
        return reference in self._verified

    def status(self, reference: int) -> int:
        """The status word of a VERIFY without data: whether it is verified, or how many tries are left."""
        pin = self._pin(reference)
        if self.verified(reference):
            return 0x9000
        return 0x63C0 | pin.tries_left if pin.tries_left else 0x6983

    def unverify(self, reference: int) -> None:
        """Forget one verification."""
        self._verified.discard(reference)

    def verify(self, reference: int, secret: bytes) -> None:
        """Compare, and count a failure.

        The try is taken off before the comparison and given back after it: power that is cut in between costs a
        try and never gives one.

        Raises
        ------
        Refused
            63CX: wrong. 6983: blocked.
        """
        pin = self._pin(reference)
        if pin.tries_left == 0:
            raise Refused(0x6983)
        self._verified.discard(reference)
        taken = replace(pin, tries_left=pin.tries_left - 1)
        self._store(reference, taken)
        if not compare_digest(pin.secret, secret):
            raise Refused(0x63C0 | taken.tries_left)
        self._store(reference, replace(taken, tries_left=pin.tries))
        self._verified.add(reference)

    def change(self, reference: int, old_and_new: bytes) -> None:
        """Verify the old PIN, whose length the chip knows, and put the rest in its place."""
        old = self._pin(reference).secret
        new = old_and_new[len(old) :]
        _check_length(new)
        self.verify(reference, old_and_new[: len(old)])
        self._store(reference, replace(self._pin(reference), secret=new))

    def replace_verified(self, reference: int, new: bytes) -> None:
        """Put a new PIN in the place of one that is verified.

        Raises
        ------
        Refused
            6982: it is not. 6A80: the new one is too short or too long.
        """
        if not self.verified(reference):
            raise Refused(0x6982)
        _check_length(new)
        self._store(reference, replace(self._pin(reference), secret=new))

    def unblock(self, reference: int, code_and_new: bytes, *, with_new: bool) -> None:
        """Give all tries back by the unblocking code, with a new PIN after it if `with_new`; it is not verified then.

        Raises
        ------
        Refused
            63CX: wrong code. 6983: no tries are left for the code either, and the PIN is lost for good.
        """
        pin = self._pin(reference)
        length = len(pin.unblocking)
        code, new = (code_and_new[:length], code_and_new[length:]) if with_new else (code_and_new, pin.secret)
        _check_length(new)
        if pin.unblocking_tries_left == 0 or not pin.unblocking:
            raise Refused(0x6983)
        taken = replace(pin, unblocking_tries_left=pin.unblocking_tries_left - 1)
        self._store(reference, taken)
        if not compare_digest(pin.unblocking, code):
            raise Refused(0x63C0 | taken.unblocking_tries_left)
        self._verified.discard(reference)
        self._store(reference, replace(pin, secret=new, tries_left=pin.tries, unblocking_tries_left=pin.tries))

    def _pin(self, reference: int) -> Pin:
        pin = self._cells.get((_OWNER, reference))
        if not isinstance(pin, Pin):
            raise Refused(0x6A88)
        return pin

    def _store(self, reference: int, pin: Pin) -> None:
        self._cells.change({(_OWNER, reference): pin})


def _check_length(secret: bytes) -> None:
    if not MIN_PIN <= len(secret) <= MAX_PIN:
        raise Refused(0x6A80)
