"""On-card comparison: what a card says it takes, and a finger given to it (ISO/IEC 7816-11, 24787; 19794-2:2005).

The codes are those of the standards; no card of an issuer was at hand to try them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drivers import CardRefused, CommandApdu, tries_left
from gateway.card import MalformedCardData, Transmit, data_object, data_objects, objects_by_tag
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint.reduced import CARD_MINUTIAE, reduced, within_span
from gateway.records import compact_card
from gateway.records.compact_card import MinutiaOrder

_GROUP, _ONE, _DATA = 0x7F61, 0x7F60, 0x7F2E
_QUALIFIER, _HEADER, _PARAMETERS, _MINUTIAE = 0x83, 0xA1, 0xB1, 0x81
_TYPE, _SUBTYPE, _FORMAT_OWNER, _FORMAT = 0x81, 0x82, 0x87, 0x88
_LIMITS, _ORDER = 0x81, 0x82
_FINGER = b"\x08"
_SUBCOMMITTEE_37 = b"\x01\x01"
_COMPACT = (b"\x00\x05", b"\x00\x06")
"""Card formats of compact size: endings at the fork of the valley, or at the end of the ridge."""
_NOT_THERE = (0x6A81, 0x6A82, 0x6A86, 0x6A88, 0x6D00, 0x6B00, 0x6E00)
_BLOCKED, _FAILED = 0x6983, 0x6300

_POSITIONS: Mapping[int, FingerPosition] = MappingProxyType(
    {
        finger << 2 | side: position
        for side, first in ((0b01, FingerPosition.RIGHT_THUMB), (0b10, FingerPosition.LEFT_THUMB))
        for finger, position in zip(range(1, 6), (FingerPosition(first + step) for step in range(5)), strict=True)
    }
)
"""Biometric subtype: the finger in bits 3 to 5, thumb 1 to little finger 5, and the side in bits 1 and 2 (ISO/IEC
7816-11:2004, annex C); 09 is the right index."""
_ORDERS: Mapping[int, MinutiaOrder] = MappingProxyType(
    {
        0x00: MinutiaOrder.NONE,
        0x05: MinutiaOrder.X_ASCENDING,
        0x06: MinutiaOrder.X_DESCENDING,
        0x09: MinutiaOrder.Y_ASCENDING,
        0x0A: MinutiaOrder.Y_DESCENDING,
        0x0D: MinutiaOrder.ANGLE_ASCENDING,
        0x0E: MinutiaOrder.ANGLE_DESCENDING,
        0x11: MinutiaOrder.POLAR_ASCENDING,
        0x12: MinutiaOrder.POLAR_DESCENDING,
    }
)
"""Minutia order: ascending or descending in bits 1 and 2, by what in bits 3 to 5 (ISO/IEC 19794-2:2005, comparison
parameters)."""


@dataclass(frozen=True)
class OnCardFinger:
    """A finger that the card compares with."""

    reference: int
    """What VERIFY names it by."""
    position: FingerPosition
    fewest: int
    most: int
    """How many minutiae the card takes."""
    order: MinutiaOrder


@dataclass(frozen=True)
class OnCardAnswer:
    """What the card found."""

    matched: bool
    tries_left: int | None
    """None where the card does not tell; its full number after a match is not told either."""
    compared: bool = True
    """False where it is blocked: it did not look."""


def on_card_fingers(transmit: Transmit) -> tuple[OnCardFinger, ...]:
    """The fingers that the card itself can compare with; none where it cannot, or speaks of formats unknown here.

    Raises
    ------
    MalformedCardData
        What it tells of them cannot be read.
    CardLost, DeviceLost, SessionDead
        As `transmit` says.
    """
    for tag in (_GROUP, _ONE):
        response = transmit(CommandApdu(0x00, 0xCA, tag >> 8, tag & 0xFF, ne=256))
        if response.sw == 0x9000 and response.data:
            return tuple(found for found in map(_finger, _templates(response.data, tag)) if found is not None)
        if response.sw not in (0x9000, *_NOT_THERE):
            raise CardRefused(response.sw, "to tell of its fingers")
    return ()


def on_card_tries(transmit: Transmit, finger: OnCardFinger) -> int | None:
    """Tries that the card has left for a finger; None where it does not tell."""
    return tries_left(transmit(CommandApdu(0x00, 0x21, 0x00, finger.reference)).sw)


def on_card_minutiae(finger: OnCardFinger, template: FingerTemplate) -> bytes | None:
    """A live finger as the card takes it; None where it shows fewer minutiae than the card wants."""
    within = compact_card.within_reach(within_span(reduced(template, finger.most)))
    return compact_card.encode(within, finger.order) if len(within) >= finger.fewest else None


def compare_on_card(transmit: Transmit, finger: OnCardFinger, minutiae: bytes) -> OnCardAnswer:
    """Let the card compare; it counts a failure by itself. Never repeated: whether it counted is not known then.

    Raises
    ------
    CardRefused
        The card did not compare.
    CardLost, DeviceLost, SessionDead
        As `transmit` says; whether it compared is not known.
    """
    data = data_object(_DATA, data_object(_MINUTIAE, minutiae))
    response = transmit(CommandApdu(0x00, 0x21, 0x00, finger.reference, data))
    if response.sw == 0x9000:
        return OnCardAnswer(True, None)
    if response.sw == _BLOCKED:
        return OnCardAnswer(False, 0, compared=False)
    left = tries_left(response.sw)
    if left is not None or response.sw == _FAILED:
        return OnCardAnswer(False, left)
    raise CardRefused(response.sw, "to compare a finger")


def _templates(octets: bytes, tag: int) -> list[bytes]:
    """Values of the templates 7F60; cards give the object asked for with its own tag, or what is in it."""
    found = data_objects(octets)
    if [each.tag for each in found] == [_GROUP]:
        found = data_objects(found[0].value)
    if tag == _ONE and _ONE not in [each.tag for each in found]:
        return [octets]
    return [each.value for each in found if each.tag == _ONE]


def _finger(template: bytes) -> OnCardFinger | None:
    values = objects_by_tag(template)
    header = objects_by_tag(values.get(_HEADER, b""))
    qualifier = values.get(_QUALIFIER, header.get(_QUALIFIER, b""))
    spoken = header.get(_FORMAT_OWNER, _SUBCOMMITTEE_37) == _SUBCOMMITTEE_37 and header.get(_FORMAT) in _COMPACT
    if header.get(_TYPE, _FINGER) != _FINGER or not spoken:
        return None
    if len(qualifier) != 1:
        raise MalformedCardData("the card does not say by which number its finger is verified")
    parameters = objects_by_tag(header.get(_PARAMETERS, b""))
    limits = parameters.get(_LIMITS, b"")
    fewest, most = (limits[0], limits[1]) if len(limits) == 2 else (0, 0)
    order = _ORDERS.get((parameters.get(_ORDER) or b"\x00")[0] & 0x1F)
    if order is None:
        return None
    subtype = (header.get(_SUBTYPE) or b"\x00")[0] & 0x1F
    return OnCardFinger(
        qualifier[0],
        _POSITIONS.get(subtype, FingerPosition.UNKNOWN),
        max(1, fewest),
        min(most, CARD_MINUTIAE) if most else CARD_MINUTIAE,
        order,
    )
