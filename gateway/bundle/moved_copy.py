"""The copy of a gateway on a medium: its header in clear, its inventory, its files."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.bundle.errors import from_os
from gateway.bundle.sealed_stream import BLOCK, PARALLEL, damaged, is_derivable

MOVE_FILE, USED_FILE = "move.json", "imported.json"
FORMAT, VERSION = "rekam-move", 1
STATE, PACKETS = "state", "packets"
_MOST_HEADER, _MOST_FILES = 65_536, 10_000_000


@dataclass(frozen=True)
class CopiedFile:
    """One file of the gateway, as the inventory has it."""

    place: str
    """`state/…` or `packets/…`, with slashes."""
    mode: int
    size: int
    sha256: str


@dataclass(frozen=True)
class MoveHeader:
    """What the copy says of itself in clear."""

    gateway_id: str
    move_id: str
    made: str
    salt: bytes
    log2_cost: int
    files: int
    """Of the copy, its inventory (number 0) included."""
    bytes: int


@dataclass(frozen=True)
class MoveReport:
    """What was copied."""

    folder: Path
    header: MoveHeader
    copied: tuple[CopiedFile, ...]


def copy_folder(medium: Path, gateway_id: str) -> Path:
    """Where the copy of a gateway goes on a medium."""
    return medium / f"rekam-move-{gateway_id}"


def read_header(folder: Path) -> MoveHeader:
    """What a copy says of itself.

    Raises
    ------
    CopyDamaged
        It is none, or was not finished.
    MediumGone, MediumUnwritable
    """
    try:
        with (folder / MOVE_FILE).open("rb") as file:
            value: dict[str, Any] = json.loads(file.read(_MOST_HEADER))
        if value["format"] != FORMAT or value["version"] != VERSION:
            raise damaged(f"it is no {FORMAT} of version {VERSION}; update this program if it is newer")
        kdf = value["kdf"]
        if (kdf["r"], kdf["p"]) != (BLOCK, PARALLEL):
            raise damaged("its key is derived in another way")
        header = MoveHeader(
            *(str(value["gateway_id"]), str(value["move_id"]), str(value["made"]), bytes.fromhex(kdf["salt"])),
            *(int(kdf["log2_n"]), int(value["files"]), int(value["bytes"])),
        )
    except FileNotFoundError as error:
        raise damaged(f"there is no {MOVE_FILE} in {folder}; it was not finished") from error
    except OSError as error:
        raise from_os(error, folder) from error
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise damaged(f"{MOVE_FILE} cannot be read") from error
    if not is_derivable(header.salt, header.log2_cost):
        raise damaged("its key is derived in another way")
    if not 1 <= header.files <= _MOST_FILES:
        raise damaged(f"{MOVE_FILE} cannot be read")
    return header


def header_bytes(header: MoveHeader) -> bytes:
    """The content of `move.json`."""
    value = {
        "format": FORMAT,
        "version": VERSION,
        "gateway_id": header.gateway_id,
        "move_id": header.move_id,
        "made": header.made,
        "kdf": {"name": "scrypt", "salt": header.salt.hex(), "log2_n": header.log2_cost, "r": BLOCK, "p": PARALLEL},
        "files": header.files,
        "bytes": header.bytes,
    }
    return (json.dumps(value, indent=1) + "\n").encode("utf-8")


class ByteStream:
    """Reads so many bytes of pieces that come as they come."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return True
            self._left = piece
        return False

    def read(self, size: int) -> bytes:
        """At most so many; none at the end."""
        if self.ended:
            return b""
        data, self._left = self._left[:size], self._left[size:]
        return data


def now_text() -> str:
    """This instant by the machine's clock, RFC 3339."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
