"""Where a gateway keeps its state, and how its own machine finds it."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

ADDRESSES_FILE = "addresses.json"
SOCKET_FILE = "rekam.sock"
STATE_VARIABLE = "REKAM_STATE"
DEFAULT_GRPC = "127.0.0.1:7411"

_SERVICE_STATE = Path("/var/lib/rekam")
_MAX_SOCKET_PATH = 100
"""sockaddr_un holds 108 bytes, its end included."""


@dataclass(frozen=True)
class Addresses:
    """Where a running gateway answers; empty where it does not."""

    grpc: str = ""
    unix: str = ""
    web: str = ""
    metrics: str = ""
    group: str = ""
    """The unix socket of a group of this machine's users."""
    desks: str = ""
    """For other machines."""


def default_state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """`REKAM_STATE`, else the service's folder where this user may write there, else the user's own."""
    named = environment.get(STATE_VARIABLE)
    if named:
        return Path(named)
    if os.access(_SERVICE_STATE, os.W_OK):
        return _SERVICE_STATE
    own = environment.get("XDG_STATE_HOME")
    return (Path(own) if own else Path.home() / ".local" / "state") / "rekam"


def socket_path(state: Path) -> Path | None:
    """Where the unix socket goes; None where the folder's path is too long for one."""
    path = state.resolve() / SOCKET_FILE
    return path if len(os.fsencode(path)) <= _MAX_SOCKET_PATH else None


def write_addresses(state: Path, addresses: Addresses) -> None:
    """Say where the gateway answers."""
    part = state / f"{ADDRESSES_FILE}.part"
    part.write_text(json.dumps(asdict(addresses), indent=2) + "\n", encoding="utf-8")
    part.replace(state / ADDRESSES_FILE)


def read_addresses(state: Path) -> Addresses | None:
    """Where the gateway of a state folder says that it answers; None where it says nothing readable."""
    try:
        content = json.loads((state / ADDRESSES_FILE).read_text(encoding="utf-8"))
        return Addresses(**content)
    except (OSError, ValueError, TypeError):
        return None


def remove_addresses(state: Path) -> None:
    """The gateway no longer answers."""
    (state / ADDRESSES_FILE).unlink(missing_ok=True)
