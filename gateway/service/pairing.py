"""Pairing of web pages: a code on the gateway's own terminal, traded once for a token bound to the page's origin."""

import asyncio
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from gateway.durable_file import write_durably
from gateway.service.errors import BadArgumentError, NotFoundError, TooManyTriesError

log = structlog.get_logger(__name__)

CODE_S = 120.0
"""A code is read off one screen and typed into another."""

TRIES = 5
ID_DIGITS = 12
"""Of a digest, which name its pairing; too few to be looked for among tokens."""
LOCK_S = 60.0


@dataclass
class _Pending:
    code: str
    name: str
    expires_at: float
    wrong: int
    """Tries in vain, those at the origin's codes before it among them."""


@dataclass(frozen=True)
class Pairing:
    """A page that holds a token.

    Parameters
    ----------
    pairing_id : str
        The beginning of the token's digest.
    origin : str
    name : str
        As the page gave it; empty where it gave none.
    paired_at : datetime or None
        None of pairings that older versions kept.
    """

    pairing_id: str
    origin: str
    name: str = ""
    paired_at: datetime | None = None


class Pairings:
    """Pending codes and the tokens given out; tokens are kept as digests in one file of the state folder.

    Belongs to the event loop's thread, but for `save`.
    """

    def __init__(self, path: Path, show_code: Callable[[str, str, str], None]) -> None:
        self._path = path
        self._show_code = show_code
        self._pending: dict[str, _Pending] = {}
        self._locked_until: dict[str, float] = {}
        self._saving = threading.Lock()
        self._changes, self._saved = 0, 0
        self._tokens: dict[str, Pairing] = _read_tokens(path)
        self._using: dict[str, set[asyncio.Task[Any]]] = {}

    def request_code(self, origin: str, name: str) -> float:
        """Show a new code for `origin` on the terminal; seconds until it expires."""
        self._check_lock(origin)
        now = time.monotonic()
        self._pending = {each: held for each, held in self._pending.items() if held.expires_at > now}
        before = self._pending.get(origin)
        code = f"{secrets.randbelow(10**8):08d}"
        self._pending[origin] = _Pending(code, name, now + CODE_S, before.wrong if before is not None else 0)
        self._show_code(origin, name, code)
        return CODE_S

    def trade(self, origin: str, code: str, now: datetime | None = None) -> str:
        """The token for a code, once.

        Raises
        ------
        BadArgumentError
            The code is wrong, old, or another origin's.
        TooManyTriesError
            Too many wrong codes came for this origin; its pending code is void.
        """
        self._check_lock(origin)
        pending = self._pending.get(origin)
        if pending is None or time.monotonic() > pending.expires_at:  # where there is none, nothing can be guessed
            raise BadArgumentError("code", "is wrong or too old; ask for a new one")
        if not hmac.compare_digest(pending.code, code):
            pending.wrong += 1
            if pending.wrong >= TRIES:
                del self._pending[origin]
                self._locked_until[origin] = time.monotonic() + LOCK_S
            raise BadArgumentError("code", "is wrong or too old; ask for a new one")
        del self._pending[origin]
        token = secrets.token_urlsafe(32)
        digest = _digest(token)
        self._tokens[digest] = Pairing(digest[:ID_DIGITS], origin, pending.name, now)
        self._changes += 1
        return token

    def origin_of(self, token: str) -> str | None:
        """The origin that a token was given to."""
        pairing = self._tokens.get(_digest(token))
        return pairing.origin if pairing is not None else None

    def pairings(self) -> list[Pairing]:
        """Who holds a token, the newest first."""
        oldest = datetime.min.replace(tzinfo=UTC)
        return sorted(self._tokens.values(), key=lambda each: each.paired_at or oldest, reverse=True)

    def revoke(self, pairing_id: str) -> Pairing:
        """Take a token back: what it is used for ends, the next request that shows it is refused.

        The call by which it is taken back goes on, to say so. Raises `NotFoundError` where there is none.
        """
        for digest, pairing in self._tokens.items():
            if pairing.pairing_id == pairing_id:
                del self._tokens[digest]
                self._changes += 1
                for task in self._using.get(digest, ()):
                    if task is not asyncio.current_task():
                        task.cancel()
                return pairing
        raise NotFoundError("pairing", pairing_id)

    @contextmanager
    def in_use(self, token: str) -> Iterator[None]:
        """For the length of the block, the current task is cancelled when the token is taken back."""
        digest, task = _digest(token), asyncio.current_task()
        assert task is not None
        if digest not in self._tokens:
            yield
            return
        tasks = self._using.setdefault(digest, set())
        tasks.add(task)
        try:
            yield
        finally:
            tasks.discard(task)
            if not tasks:
                self._using.pop(digest, None)

    def _check_lock(self, origin: str) -> None:
        now = time.monotonic()
        self._locked_until = {each: until for each, until in self._locked_until.items() if until > now}
        if origin in self._locked_until:
            raise TooManyTriesError(self._locked_until[origin] - now)

    def save(self) -> None:
        """Write the tokens given out, if there are others than were written last; blocking.

        Raises
        ------
        OSError
            They are not on the disk, and due at the next call.
        """
        with self._saving:  # two threads must not leave the older of two states
            changes = self._changes
            if changes != self._saved:
                write_durably(self._path, json.dumps(self._to_keep()).encode())
                self._saved = changes

    def _to_keep(self) -> dict[str, dict[str, str | None]]:
        return {
            digest: {
                "origin": each.origin,
                "name": each.name,
                "paired_at": each.paired_at.isoformat() if each.paired_at else None,
            }
            for digest, each in list(self._tokens.items())
        }


def _read_tokens(path: Path) -> dict[str, Pairing]:
    """The tokens given out; a damaged file is set aside: its pages pair once more, and nothing else suffers."""
    try:
        return {digest: _kept(digest, line) for digest, line in json.loads(path.read_text()).items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError, KeyError):
        aside = path.with_suffix(".corrupt.json")
        path.replace(aside)
        log.warning("pairings_damaged", set_aside=aside.name)
        return {}


def _kept(digest: str, line: "str | dict[str, str | None]") -> Pairing:
    if isinstance(line, str):  # as older versions kept it
        return Pairing(digest[:ID_DIGITS], line)
    at = line["paired_at"]
    return Pairing(
        digest[:ID_DIGITS], str(line["origin"]), str(line["name"]), datetime.fromisoformat(at) if at else None
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
