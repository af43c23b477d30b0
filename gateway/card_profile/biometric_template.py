"""Biometric information templates, 7F60, and their groups, 7F61: what a data block on a card is of (7816-11)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from gateway.card import MalformedCardData, data_object, data_objects, objects_by_tag, only_object
from gateway.card_profile.errors import MalformedContent
from gateway.finger import FingerPosition

GROUP, TEMPLATE, HEADER = 0x7F61, 0x7F60, 0xA1
BLOCK, BLOCK_CONSTRUCTED = 0x5F2E, 0x7F2E
_COUNT = 0x02
_SC37 = b"\x01\x01"
"""ISO/IEC JTC 1/SC 37, the owner of the formats."""


class BiometricKind(IntEnum):
    """Biometric type (ISO/IEC 19785-3:2007, table of 7816-11's header)."""

    FACE = 0x02
    FINGER = 0x08
    IRIS = 0x10


class BlockFormat(IntEnum):
    """Format types of SC 37 (ISO/IEC 19785-2 registry)."""

    FINGER_CARD_COMPACT = 0x0006
    """Minutiae of the compact size, ridge endings where the ridge's skeleton ends, as ours are; 5 is the valley's."""
    FINGER_IMAGE = 0x0007
    FACE_IMAGE = 0x0008


# Bits 1 and 2 say the hand (1 right, 2 left), bits 3 to 5 the finger from the thumb; an ICAO specimen has 09 for the
# right index finger, which agrees.
SUBTYPES: dict[FingerPosition, int] = {
    position: (1 if position <= FingerPosition.RIGHT_LITTLE else 2) | ((position - 1) % 5 + 1) << 2
    for position in FingerPosition
    if position is not FingerPosition.UNKNOWN
}
_POSITIONS = {code: position for position, code in SUBTYPES.items()}


@dataclass(frozen=True, repr=False)
class BiometricTemplate:
    """One data block and what it is of."""

    kind: BiometricKind
    block_format: BlockFormat
    block: bytes
    constructed: bool = False
    """Whether the block is data objects, under 7F2E, rather than a record, under 5F2E."""
    position: FingerPosition | None = field(default=None)

    def __repr__(self) -> str:
        return f"<biometric template of {self.kind.name}, {len(self.block)} bytes>"


def encode_template(template: BiometricTemplate) -> bytes:
    """The data object 7F60."""
    header = data_object(0x81, bytes((template.kind,)))
    if template.position is not None:
        header += data_object(0x82, bytes((SUBTYPES[template.position],)))
    header += data_object(0x87, _SC37) + data_object(0x88, template.block_format.to_bytes(2, "big"))
    block = data_object(BLOCK_CONSTRUCTED if template.constructed else BLOCK, template.block)
    return data_object(TEMPLATE, data_object(HEADER, header) + block)


def encode_group(templates: Sequence[BiometricTemplate]) -> bytes:
    """The data object 7F61: how many, then each (ICAO Doc 9303-10, 4.7.2)."""
    count = data_object(_COUNT, bytes((len(templates),)))
    return data_object(GROUP, count + b"".join(encode_template(each) for each in templates))


def decode_template(octets: bytes) -> BiometricTemplate:
    """Read a data object 7F60.

    Raises
    ------
    MalformedContent
        It is none, or of a kind or format that is not known here.
    """
    try:
        return _template(only_object(octets, TEMPLATE))
    except MalformedCardData as error:
        raise MalformedContent(str(error)) from error


def decode_group(octets: bytes) -> list[BiometricTemplate]:
    """Read a data object 7F61.

    Raises
    ------
    MalformedContent
        It is none, its count is wrong, or one of its templates cannot be read.
    """
    try:
        found = data_objects(only_object(octets, GROUP))
        if not found or found[0].tag != _COUNT or len(found[0].value) != 1:
            raise MalformedContent("the group of biometric templates does not begin with its count")
        templates = found[1:]
        if len(templates) != found[0].value[0] or any(item.tag != TEMPLATE for item in templates):
            raise MalformedContent(f"{found[0].value[0]} biometric templates are said, {len(templates)} objects follow")
        return [_template(item.value) for item in templates]
    except MalformedCardData as error:
        raise MalformedContent(str(error)) from error


def _template(value: bytes) -> BiometricTemplate:
    objects = data_objects(value)
    if len(objects) != 2 or objects[0].tag != HEADER or objects[1].tag not in (BLOCK, BLOCK_CONSTRUCTED):
        raise MalformedContent("a biometric template is not a header and a data block")
    header = objects_by_tag(objects[0].value)
    if header.get(0x87) != _SC37:
        raise MalformedContent("the owner of a data block's format is not SC 37")
    kind, form, subtype = (header.get(tag, b"") for tag in (0x81, 0x88, 0x82))
    if len(kind) != 1 or kind[0] not in set(BiometricKind):
        raise MalformedContent("the kind of a data block is not known")
    if len(form) != 2 or int.from_bytes(form, "big") not in set(BlockFormat):
        raise MalformedContent("the format of a data block is not known")
    position = None
    if kind[0] == BiometricKind.FINGER:
        if len(subtype) != 1 or subtype[0] not in _POSITIONS:
            raise MalformedContent("a data block does not say which finger it is of")
        position = _POSITIONS[subtype[0]]
    return BiometricTemplate(
        BiometricKind(kind[0]),
        BlockFormat(int.from_bytes(form, "big")),
        objects[1].value,
        objects[1].tag == BLOCK_CONSTRUCTED,
        position,
    )
