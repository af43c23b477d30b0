"""What a chip knows of a file, and its file control parameters as TLV (ISO/IEC 7816-4:2013, 7.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

from drivers.cards.chip.refusal import Refused

MF = 0x3F00
NEVER = 0xFF
ALWAYS = 0x00
WITH_PIN = 0x10
"""With the PIN's reference in the low four bits, e.g. 0x11. (The standard's user authentication, whose low bits name a
security environment; here that environment is the PIN of the same number.)"""
WITH_CHANNEL = 0x40
"""The command has to come over the secure channel (the standard's secure messaging)."""

EF_ACCESS = ("delete", "terminate", "activate", "deactivate", "write", "update", "read")
DF_ACCESS = ("delete", "terminate", "activate", "deactivate", "create_df", "create_ef", "delete_child")


class FileKind(IntEnum):
    """File descriptor byte (7816-4:2013, table 14)."""

    TRANSPARENT = 0x01
    LINEAR_FIXED = 0x02
    LINEAR_VARIABLE = 0x04
    CYCLIC = 0x06
    DEDICATED = 0x38


class LifeCycle(IntEnum):
    """Life cycle status byte (7816-4:2013, table 13)."""

    CREATION = 0x01
    INITIALISATION = 0x03
    DEACTIVATED = 0x04
    ACTIVATED = 0x05
    TERMINATED = 0x0C


@dataclass(frozen=True)
class FileHeader:
    """One file: a dedicated file (application, directory) or an elementary one."""

    number: int
    """The chip's own, never told."""
    parent: int
    kind: FileKind
    fid: int
    life: LifeCycle
    size: int = 0
    """Bytes of a transparent file."""
    sfi: int = 0
    """Short file identifier 1 to 30; 0 for none."""
    name: bytes = b""
    """DF name, e.g. an AID."""
    record_length: int = 0
    """Bytes of each record, or the most of a variable one."""
    records: int = 0
    """The most records."""
    access: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Condition by operation: `ALWAYS`, `NEVER`, `WITH_PIN | reference`, `WITH_CHANNEL`; unnamed ones are allowed."""

    @property
    def dedicated(self) -> bool:
        """Whether it holds files."""
        return self.kind is FileKind.DEDICATED

    def control_parameters(self) -> bytes:
        """The body of its FCP template."""
        descriptor = bytes((self.kind,))
        if self.record_length:
            descriptor += b"\x41" + self.record_length.to_bytes(2, "big") + bytes((self.records,))
        body = _tlv(0x82, descriptor) + _tlv(0x83, self.fid.to_bytes(2, "big")) + _tlv(0x8A, bytes((self.life,)))
        if not self.dedicated:
            content = self.size or self.record_length * self.records
            body = (
                _tlv(0x80, content.to_bytes(2, "big")) + body + _tlv(0x88, bytes((self.sfi << 3,)) if self.sfi else b"")
            )
        if self.name:
            body += _tlv(0x84, self.name)
        if self.access:
            body += _tlv(0x8C, _compact(self.access, DF_ACCESS if self.dedicated else EF_ACCESS))
        return body


def header_from(template: bytes, number: int, parent: int) -> FileHeader:
    """Read the FCP template of a CREATE FILE.

    Raises
    ------
    Refused
        6A80: malformed, incomplete or contradictory.
    """
    outer = _tlvs(template)
    if list(outer) != [0x62]:
        raise Refused(0x6A80)
    parameters = _tlvs(outer[0x62])
    descriptor, fid = parameters.get(0x82, b""), parameters.get(0x83, b"")
    if not descriptor or len(fid) != 2 or descriptor[0] not in set(FileKind):
        raise Refused(0x6A80)
    kind = FileKind(descriptor[0])
    dedicated = kind is FileKind.DEDICATED
    identifier, size = int.from_bytes(fid, "big"), int.from_bytes(parameters.get(0x80, b""), "big")
    life = parameters.get(0x8A, bytes((LifeCycle.INITIALISATION,)))
    name = parameters.get(0x84, b"")
    if len(life) != 1 or life[0] not in set(LifeCycle) or identifier in (MF, 0x3FFF, 0xFFFF, 0x0000):
        raise Refused(0x6A80)
    if (name and not dedicated) or len(name) > 16 or size > 0x7FFF:
        raise Refused(0x6A80)
    record_length = records = 0
    if kind in (FileKind.LINEAR_FIXED, FileKind.LINEAR_VARIABLE, FileKind.CYCLIC):
        if len(descriptor) != 5:
            raise Refused(0x6A80)
        record_length, records, size = int.from_bytes(descriptor[2:4], "big"), descriptor[4], 0
        if not 1 <= record_length <= 255 or not 1 <= records <= 254:
            raise Refused(0x6A80)
    return FileHeader(
        number,
        parent,
        kind,
        identifier,
        LifeCycle(life[0]),
        size=0 if dedicated else size,
        sfi=0 if dedicated else _short_identifier(parameters.get(0x88), identifier),
        name=name,
        record_length=record_length,
        records=records,
        access=_access(parameters.get(0x8C, b""), DF_ACCESS if dedicated else EF_ACCESS),
    )


def _short_identifier(value: bytes | None, fid: int) -> int:
    """From tag 88: absent, it is the low bits of the file identifier; empty, there is none (7816-4:2013, 7.4.3)."""
    if value is None:
        return fid & 0x1F if fid & 0x1F != 0x1F else 0
    if not value:
        return 0
    if len(value) != 1 or value[0] & 7 or value[0] >> 3 in (0, 0x1F):
        raise Refused(0x6A80)
    return value[0] >> 3


def _access(compact: bytes, operations: tuple[str, ...]) -> Mapping[str, int]:
    """Security attributes in compact format: a mode byte and a condition for each bit set, from bit 7 to bit 1."""
    if not compact:
        return MappingProxyType({})
    named = [name for bit, name in zip(range(6, -1, -1), operations, strict=True) if compact[0] >> bit & 1]
    conditions = compact[1:]
    known = all(c in (ALWAYS, NEVER, WITH_CHANNEL) or c >> 4 == 1 for c in conditions)
    if compact[0] & 0x80 or len(named) != len(conditions) or not known:
        raise Refused(0x6A80)
    return MappingProxyType(dict(zip(named, conditions, strict=True)))


def _compact(access: Mapping[str, int], operations: tuple[str, ...]) -> bytes:
    named = [name for name in operations if name in access]
    mode = sum(1 << (6 - operations.index(name)) for name in named)
    return bytes((mode, *(access[name] for name in named)))


def _tlv(tag: int, value: bytes) -> bytes:
    return bytes((tag, len(value))) + value


def _tlvs(octets: bytes) -> dict[int, bytes]:
    """One-byte tags and lengths below 128: all that control parameters need."""
    found: dict[int, bytes] = {}
    position = 0
    while position < len(octets):
        head = octets[position : position + 2]
        value = octets[position + 2 : position + 2 + head[-1]]
        if len(head) != 2 or head[1] > 127 or len(value) != head[1] or head[0] in found:
            raise Refused(0x6A80)
        found[head[0]] = value
        position += 2 + head[1]
    return found
