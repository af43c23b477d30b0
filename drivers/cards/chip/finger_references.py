"""On-card comparison: a chip's reference fingers, their tries, and what it tells of them (ISO/IEC 7816-11, 24787)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from drivers.cards.chip.cells import Cells
from drivers.cards.chip.data_objects import data_object, data_objects
from drivers.cards.chip.refusal import Refused

FingerComparison = Callable[[bytes, bytes], bool]
"""Whether two sets of minutiae are of one finger, the reference first: ISO/IEC 19794-2:2005, compact card format."""

INFORMATION, INFORMATION_GROUP, BIOMETRIC_DATA = 0x7F60, 0x7F61, 0x7F2E
FEWEST_MINUTIAE, MOST_MINUTIAE = 8, 60
MINUTIA_BYTES = 3
_OWNER = -2
_REFERENCE, _HEADER, _MINUTIAE, _SUBTYPE = 0x83, 0xA1, 0x81, 0x82
_FINGER = b"\x08"
_FORMAT_OWNER = b"\x01\x01"
_COMPACT_FORMAT = b"\x00\x06"
"""CBEFF: ISO/IEC JTC 1/SC 37; finger minutiae card format, compact size, ridge endings where the ridge ends."""
_MAX_REFERENCE = 0x1E


@dataclass(frozen=True)
class FingerReference:
    """One enrolled finger as the chip keeps it; its text form never shows the minutiae."""

    subtype: int
    """Which finger: the bits of ISO/IEC 7816-11's biometric subtype, e.g. 09 for the right index."""
    minutiae: bytes = field(repr=False)
    tries: int
    tries_left: int


class FingerReferences:
    """Reference fingers by number, 1 to 30; the chip compares by itself and never gives them out.

    Parameters
    ----------
    cells : Cells
    compare : callable, optional
        None for a chip that knows no on-card comparison: every command about it is an unknown instruction or object.
    tries : int
        Of each finger, 1 to 15.
    """

    def __init__(self, cells: Cells, compare: FingerComparison | None, tries: int) -> None:
        self._cells, self._compare, self._tries = cells, compare, tries

    def put(self, octets: bytes) -> None:
        """Store a finger from a biometric information template 7F60 with its data 7F2E inside.

        Raises
        ------
        Refused
            6A80: malformed, or more or fewer minutiae than the chip takes. 6A88: the chip does not compare.
        """
        if self._compare is None:
            raise Refused(0x6A88)
        outer = data_objects(octets)
        if list(outer) != [INFORMATION]:
            raise Refused(0x6A80)
        template = data_objects(outer[INFORMATION])
        number, header = template.get(_REFERENCE, b""), data_objects(template.get(_HEADER, b""))
        subtype = header.get(_SUBTYPE, b"")
        if len(number) != 1 or not 1 <= number[0] <= _MAX_REFERENCE or len(subtype) != 1:
            raise Refused(0x6A80)
        minutiae = _minutiae(template.get(BIOMETRIC_DATA, b""))
        self._store(number[0], FingerReference(subtype[0], minutiae, self._tries, self._tries))

    def information(self) -> bytes:
        """The group 7F61 of what the chip tells of each finger: its number, which it is, which data it takes.

        Raises
        ------
        Refused
            6A88: there is none.
        """
        templates = [self._information(number) for number in self._numbers()]
        if not templates:
            raise Refused(0x6A88)
        count = data_object(0x02, bytes((len(templates),)))
        return data_object(INFORMATION_GROUP, count + b"".join(templates))

    def first_information(self) -> bytes:
        """The template 7F60 of the finger with the lowest number; errors as `information`."""
        numbers = self._numbers()
        if not numbers:
            raise Refused(0x6A88)
        return self._information(numbers[0])

    def status(self, number: int) -> int:
        """The status word of a VERIFY without data."""
        left = self._reference(number).tries_left
        return 0x63C0 | left if left else 0x6983

    def verify(self, number: int, octets: bytes) -> None:
        """Compare a finger with the reference, and count a failure.

        The try is taken off before the comparison and given back after it, as a PIN's. What cannot be compared at all
        takes none.

        Raises
        ------
        Refused
            63CX: another finger. 6983: blocked. 6A80: no minutiae that the chip takes.
        """
        compare, reference = self._compare, self._reference(number)
        if compare is None:
            raise Refused(0x6A88)
        if reference.tries_left == 0:
            raise Refused(0x6983)
        outer = data_objects(octets)
        if list(outer) != [BIOMETRIC_DATA]:
            raise Refused(0x6A80)
        probe = _minutiae(outer[BIOMETRIC_DATA])
        taken = replace(reference, tries_left=reference.tries_left - 1)
        self._store(number, taken)
        if not compare(reference.minutiae, probe):
            raise Refused(0x63C0 | taken.tries_left)
        self._store(number, replace(taken, tries_left=reference.tries))

    @property
    def known(self) -> bool:
        """Whether the chip compares fingers."""
        return self._compare is not None

    def _information(self, number: int) -> bytes:
        reference = self._reference(number)
        limits = data_object(0x81, bytes((FEWEST_MINUTIAE, MOST_MINUTIAE))) + data_object(0x82, b"\x00")
        header = (
            data_object(0x80, b"\x01\x01")
            + data_object(0x81, _FINGER)
            + data_object(_SUBTYPE, bytes((reference.subtype,)))
            + data_object(0x87, _FORMAT_OWNER)
            + data_object(0x88, _COMPACT_FORMAT)
            + data_object(0xB1, limits)
        )
        return data_object(INFORMATION, data_object(_REFERENCE, bytes((number,))) + data_object(_HEADER, header))

    def _numbers(self) -> list[int]:
        if self._compare is None:
            return []
        return sorted(int(str(key[1])) for key in self._cells.taken() if key[0] == _OWNER)

    def _reference(self, number: int) -> FingerReference:
        found = self._cells.get((_OWNER, number))
        if not isinstance(found, FingerReference):
            raise Refused(0x6A88)
        return found

    def _store(self, number: int, reference: FingerReference) -> None:
        self._cells.change({(_OWNER, number): reference})


def _minutiae(octets: bytes) -> bytes:
    """The minutiae in the value of a 7F2E."""
    minutiae = data_objects(octets).get(_MINUTIAE, b"")
    count, rest = divmod(len(minutiae), MINUTIA_BYTES)
    if rest or not FEWEST_MINUTIAE <= count <= MOST_MINUTIAE:
        raise Refused(0x6A80)
    return minutiae
