"""File control parameters: a profile's files as CREATE FILE takes them, and what a card tells of a file.

ISO/IEC 7816-4:2013, 7.4 (FCP), table 13 (life cycle), 9.3.3 (security attributes in compact format); 7816-9:2017.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from gateway.card import MalformedCardData, data_object, objects_by_tag, only_object
from gateway.card_profile import Application, CardFile, Condition, Operation

CONDITIONS: Mapping[Condition, int] = {
    Condition.ALWAYS: 0x00,
    Condition.NEVER: 0xFF,
    Condition.PIN: 0x11,
    Condition.CHANNEL: 0x40,
}
"""Security condition bytes (7816-4:2013, table 44): none, never, user authentication by PIN 1, secure messaging."""
EF_OPERATIONS = (
    Operation.DELETE,
    Operation.TERMINATE,
    Operation.ACTIVATE,
    Operation.DEACTIVATE,
    Operation.WRITE,
    Operation.UPDATE,
    Operation.READ,
)
"""Bits 7 to 1 of an elementary file's access mode byte (7816-4:2013, table 41)."""
DF_OPERATIONS = (
    Operation.DELETE,
    Operation.TERMINATE,
    Operation.ACTIVATE,
    Operation.DEACTIVATE,
    Operation.CREATE_DF,
    Operation.CREATE_EF,
    Operation.DELETE_CHILD,
)
"""The same of a dedicated file (table 40)."""
_FCP, _SIZE, _DESCRIPTOR, _FID, _NAME, _SFI, _LIFE, _COMPACT = 0x62, 0x80, 0x82, 0x83, 0x84, 0x88, 0x8A, 0x8C
_TRANSPARENT, _DEDICATED = 0x01, 0x38


class FileLife(IntEnum):
    """Life cycle status byte."""

    CREATION = 0x01
    INITIALISATION = 0x03
    DEACTIVATED = 0x04
    ACTIVATED = 0x05
    TERMINATED = 0x0C


@dataclass(frozen=True)
class FileControl:
    """What a card tells of a file; None and empty where it does not."""

    life: FileLife | None
    size: int | None
    access: bytes


def elementary_file(file: CardFile, size: int) -> bytes:
    """The FCP template of a transparent file that is not activated yet, of `size` bytes."""
    identifier = bytes((file.sfi << 3,)) if file.sfi else b""
    body = (
        data_object(_DESCRIPTOR, bytes((_TRANSPARENT,)))
        + data_object(_FID, file.fid.to_bytes(2, "big"))
        + data_object(_SIZE, size.to_bytes(2, "big"))
        + data_object(_SFI, identifier)
        + _not_activated()
        + data_object(_COMPACT, compact_access(file.access, EF_OPERATIONS))
    )
    return data_object(_FCP, body)


def dedicated_file(application: Application) -> bytes:
    """The FCP template of an application that is not activated yet."""
    body = (
        data_object(_DESCRIPTOR, bytes((_DEDICATED,)))
        + data_object(_FID, application.fid.to_bytes(2, "big"))
        + data_object(_NAME, application.aid)
        + _not_activated()
        + data_object(_COMPACT, compact_access(application.access, DF_OPERATIONS))
    )
    return data_object(_FCP, body)


def compact_access(access: Mapping[Operation, Condition], operations: tuple[Operation, ...]) -> bytes:
    """Access mode byte and a condition for each operation; one that is not named is forbidden.

    Every operation is named to the card: what a card does with one that is not is its maker's choice.

    Raises
    ------
    ValueError
        An operation that this kind of file does not have.
    """
    unknown = access.keys() - set(operations)
    if unknown:
        raise ValueError(f"a file of this kind has no operation {sorted(unknown)[0]}")
    return bytes((0x7F, *(CONDITIONS[access.get(each, Condition.NEVER)] for each in operations)))


def read_file_control(template: bytes) -> FileControl:
    """What a SELECT answers that asked for FCP.

    Raises
    ------
    MalformedCardData
    """
    parameters = objects_by_tag(only_object(template, _FCP))
    life, size = parameters.get(_LIFE), parameters.get(_SIZE)
    if life is not None and (len(life) != 1 or life[0] not in set(FileLife)):
        raise MalformedCardData("the card tells a life cycle status that is none; take another card")
    return FileControl(
        None if life is None else FileLife(life[0]),
        None if size is None else int.from_bytes(size, "big"),
        parameters.get(_COMPACT, b""),
    )


def _not_activated() -> bytes:
    return data_object(_LIFE, bytes((FileLife.INITIALISATION,)))
