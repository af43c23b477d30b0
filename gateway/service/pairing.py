"""Pairing of web pages: a code on the gateway's own terminal, traded once for a token bound to the page's origin."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.durable_file import write_durably
from gateway.service.errors import BadArgumentError, TooManyTriesError

log = structlog.get_logger(__name__)

CODE_S = 120.0
"""A code is read off one screen and typed into another."""

TRIES = 5
LOCK_S = 60.0


@dataclass
class _Pending:
    code: str
    expires_at: float


class Pairings:
    """Pending codes and the tokens given out; tokens are kept as digests in one file of the state folder."""

    def __init__(self, path: Path, show_code: Callable[[str, str, str], None]) -> None:
        self._path = path
        self._show_code = show_code
        self._pending: dict[str, _Pending] = {}
        self._wrong = 0
        self._locked_until = 0.0
        self._tokens: dict[str, str] = _read_tokens(path)

    def request_code(self, origin: str, name: str) -> float:
        """Show a new code for `origin` on the terminal; seconds until it expires."""
        self._check_lock()
        now = time.monotonic()
        self._pending = {each: held for each, held in self._pending.items() if held.expires_at > now}
        code = f"{secrets.randbelow(10**8):08d}"
        self._pending[origin] = _Pending(code, time.monotonic() + CODE_S)
        self._show_code(origin, name, code)
        return CODE_S

    def trade(self, origin: str, code: str) -> str:
        """The token for a code, once.

        Raises
        ------
        BadArgumentError
            The code is wrong, old, or another origin's.
        TooManyTriesError
            Too many wrong codes came; every pending code is void.
        """
        self._check_lock()
        pending = self._pending.get(origin)
        if pending is None or time.monotonic() > pending.expires_at or not hmac.compare_digest(pending.code, code):
            self._wrong += 1
            if self._wrong >= TRIES:
                self._pending.clear()
                self._wrong, self._locked_until = 0, time.monotonic() + LOCK_S
            raise BadArgumentError("code", "is wrong or too old; ask for a new one")
        del self._pending[origin]
        self._wrong = 0
        token = secrets.token_urlsafe(32)
        self._tokens[_digest(token)] = origin
        return token

    def origin_of(self, token: str) -> str | None:
        """The origin that a token was given to."""
        return self._tokens.get(_digest(token))

    def _check_lock(self) -> None:
        remaining = self._locked_until - time.monotonic()
        if remaining > 0:
            raise TooManyTriesError(remaining)

    def save(self) -> None:
        """Write the tokens given out; blocking."""
        write_durably(self._path, json.dumps(self._tokens).encode())


def _read_tokens(path: Path) -> dict[str, str]:
    """The tokens given out; a damaged file is set aside: its pages pair once more, and nothing else suffers."""
    try:
        tokens = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        tokens = None
    if not isinstance(tokens, dict) or not all(isinstance(origin, str) for origin in tokens.values()):
        aside = path.with_suffix(".corrupt.json")
        path.replace(aside)
        log.warning("pairings_damaged", set_aside=aside.name)
        return {}
    return tokens


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
