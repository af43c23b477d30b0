"""What a mirror says of itself, and what may lie on it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.bundle.errors import from_os, medium_errors
from gateway.durable_file import write_durably
from gateway.sqlite_file import header_of

INDEX_FILE, RESTORED_FILE = "mirror.json", "restored.json"
FORMAT, VERSION = "rekam-mirror", 1
PACKETS, STATE, KEYS = "packets", "state", "keys"
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
        path for path in found if ".corrupt-" not in path.name and ".restored-" not in path.name and header_of(path)
    )


def holds_open_secret(content: bytes) -> bool:
    """Whether a file of the keys folder gives a secret away to whoever reads it (docs/keys.md)."""
    if content.startswith(_LOCAL_KEY):
        begin = len(_LOCAL_KEY) + 1
        return content[begin : begin + content[len(_LOCAL_KEY)]] == _PLAIN
    return b"PRIVATE KEY-----" in content and b"ENCRYPTED PRIVATE KEY-----" not in content


def read_index(folder: Path) -> MirrorIndex | None:
    """What a mirror says of itself; None where there is none, or it cannot be read (it is made anew then).

    Raises
    ------
    MediumGone, MediumUnwritable
    """
    try:
        value: dict[str, Any] = json.loads((folder / INDEX_FILE).read_bytes())
        if value.pop("format") != FORMAT or value.pop("version") != VERSION:
            return None
        kept = tuple(KeptDatabase(**each) for each in value.pop("databases"))
        return MirrorIndex(**value, databases=kept)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise from_os(error, folder) from error
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


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
