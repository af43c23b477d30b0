"""What a mirror says of itself, and what may lie on it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.bundle.errors import from_os, medium_errors
from gateway.durable_file import write_durably
from gateway.sqlite_file import header_of
from gateway.trust.stated_values import HEX_DIGEST, NAME

INDEX_FILE, RESTORED_FILE = "mirror.json", "restored.json"
FORMAT, VERSION = "rekam-mirror", 1
PACKETS, STATE, KEYS = "packets", "state", "keys"
_DATABASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\.(sqlite3|db)")
_MIRROR_ID = re.compile(r"[0-9a-f]{16}")
_AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_LOCAL_KEY = b"RKLOCAL\1"
_PLAIN = b"plain"


@dataclass(frozen=True)
class KeptDatabase:
    """A database as it was copied."""

    name: str
    size: int
    sha256: str
    at: str


@dataclass(frozen=True)
class MirrorIndex:
    """What a mirror says of itself; in clear, nothing of any person."""

    gateway_id: str
    mirror_id: str
    databases: tuple[KeptDatabase, ...] = ()


def mirror_folder(medium: Path, gateway_id: str) -> Path:
    """Where the mirror of a gateway is on a medium."""
    return medium / f"rekam-mirror-{gateway_id}"


def databases(state: Path) -> list[Path]:
    """The SQLite files of a state folder that are in use; none that was set aside."""
    found = (*state.glob("*.sqlite3"), *state.glob("*.db"))
    return sorted(
        path
        for path in found
        if _DATABASE.fullmatch(path.name)
        and ".corrupt-" not in path.name
        and ".restored-" not in path.name
        and header_of(path)
    )


def holds_open_secret(content: bytes) -> bool:
    """Whether a file of the keys folder gives a secret away to whoever reads it (docs/keys.md)."""
    if content.startswith(_LOCAL_KEY):
        begin = len(_LOCAL_KEY) + 1
        return content[begin : begin + content[len(_LOCAL_KEY)]] == _PLAIN
    return b"PRIVATE KEY-----" in content and b"ENCRYPTED PRIVATE KEY-----" not in content


def read_index(folder: Path) -> MirrorIndex | None:
    """What a mirror says of itself; None where there is none, or it cannot be read (it is made anew then).

    Nobody signed it: whoever held the medium may have written it. Nothing in it that has another form than what
    `write_index` writes is given out, as the names in it become files of whoever restores.

    Raises
    ------
    MediumGone, MediumUnwritable
    """
    try:
        value: dict[str, Any] = json.loads((folder / INDEX_FILE).read_bytes())
        if value.pop("format") != FORMAT or value.pop("version") != VERSION:
            return None
        kept = tuple(KeptDatabase(**each) for each in value.pop("databases"))
        index = MirrorIndex(**value, databases=kept)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise from_os(error, folder) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return index if _well_formed(index) else None


def write_index(folder: Path, index: MirrorIndex) -> None:
    """Put it on the medium; MediumGone, MediumFull, MediumUnwritable."""
    value = {
        "format": FORMAT,
        "version": VERSION,
        "gateway_id": index.gateway_id,
        "mirror_id": index.mirror_id,
        "databases": [vars(each) for each in index.databases],
    }
    with medium_errors(folder):
        write_durably(folder / INDEX_FILE, (json.dumps(value, indent=1) + "\n").encode())


def _well_formed(index: MirrorIndex) -> bool:
    own = _has(NAME, index.gateway_id) and _has(_MIRROR_ID, index.mirror_id)
    return own and all(
        _has(_DATABASE, each.name)
        and type(each.size) is int  # JSON's true and false are integers to Python
        and each.size >= 0
        and _has(HEX_DIGEST, each.sha256)
        and _has(_AT, each.at)
        for each in index.databases
    )


def _has(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None
