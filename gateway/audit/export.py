"""The audit trail as JSON lines: entries to the byte, each signed head somewhere after the entry that it covers.

The first line names the last head, so that a file whose end is lost does not look whole.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from gateway.audit.errors import AuditFieldError

FORMAT = "rekam-audit-export"
VERSION = 1
MAX_LINE_BYTES = 32_768

_ENTRY, _HEAD, _END = b'{"entry":', b'{"head":"', b"}"


@dataclass(frozen=True)
class AuditExport:
    """What the first line says."""

    gateway_id: str
    head: bytes | None
    """The last signed head, a compact JWS; None where the gateway could not sign."""


def first_line(about: AuditExport) -> bytes:
    """The line with which an export begins."""
    head = None if about.head is None else about.head.decode("ascii")
    first = {"format": FORMAT, "version": VERSION, "gateway_id": about.gateway_id, "head": head}
    return json.dumps(first, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"


def entry_line(body: bytes) -> bytes:
    """The line of an entry, given its canonical form."""
    return _ENTRY + body + _END + b"\n"


def head_line(jws: bytes) -> bytes:
    """The line of a signed head, given its compact JWS."""
    return _HEAD + jws + b'"' + _END + b"\n"


def read_export(file: BinaryIO) -> tuple[AuditExport, Iterator[bytes], list[bytes]]:
    """Read an export.

    Returns
    -------
    about : AuditExport
    entries : iterator of bytes
        Read on from the file as it is asked on; what stands on a line that is none of ours is given as it is, to be
        found unreadable where it stands.
    heads : list of bytes
        Filled while the entries are read; complete after the last of them. Begins with the head of the first line.

    Raises
    ------
    AuditFieldError
        The first line is not that of an export.
    """
    about = _read_first(file.readline(MAX_LINE_BYTES))
    heads = [] if about.head is None else [about.head]
    return about, _entries(file, heads), heads


def _entries(file: BinaryIO, heads: list[bytes]) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES):
        content = line.removesuffix(b"\n")
        if content.startswith(_HEAD) and content.endswith(b'"' + _END):
            heads.append(content[len(_HEAD) : -2])
        elif content.startswith(_ENTRY) and content.endswith(_END):
            yield content[len(_ENTRY) : -1]
        else:
            yield content


def _read_first(line: bytes) -> AuditExport:
    try:
        value = json.loads(line.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise AuditFieldError("its first line is not that of an exported audit trail") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise AuditFieldError("its first line is not that of an exported audit trail")
    if value.get("version") != VERSION or value.keys() != {"format", "version", "gateway_id", "head"}:
        raise AuditFieldError(f"it is not version {VERSION} of an exported audit trail")
    gateway_id, head = value["gateway_id"], value["head"]
    if not isinstance(gateway_id, str) or not isinstance(head, str | None) or not (head or "").isascii():
        raise AuditFieldError("its first line is damaged")
    return AuditExport(gateway_id, None if head is None else head.encode("ascii"))
