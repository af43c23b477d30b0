"""Keyed hashes that stand in the audit trail for what must not stand there: a person's number, a long name."""

import hashlib
import hmac
import secrets
from pathlib import Path

from gateway.audit.entry import in_form
from gateway.audit.errors import AuditUnwritable
from gateway.durable_file import write_durably

KEY_FILE = "audit-person.key"
_KEY_BYTES = 32
_TOKEN_HEX = 32
"""128 bits: no two persons of a country share one."""


class PersonTokens:
    """HMAC-SHA-256 (RFC 2104) under a key that stays in the state folder.

    The same person has the same token at one gateway and another at the next. NIKs are few enough (10^13 or so) to
    be tried one after the other by whoever has the key: it is as secret as the signing key, and `rekam purge` of the
    key turns every token into noise.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise ValueError(f"a key of {_KEY_BYTES} bytes is due")
        self._key = key

    @classmethod
    def open(cls, directory: Path) -> "PersonTokens":
        """Load the key of a state folder, or make it, mode 0600, at the first start.

        The caller holds the state folder's lock.

        Raises
        ------
        AuditUnwritable
            It cannot be read or made, others may read it, or it is damaged.
        """
        path = directory / KEY_FILE
        try:
            if not path.exists():
                write_durably(path, secrets.token_bytes(_KEY_BYTES))
            mode, key = path.stat().st_mode & 0o777, path.read_bytes()
        except OSError as error:
            raise AuditUnwritable(
                f"The key {path} cannot be read or made: {error.strerror}.",
                "Give the gateway's user the right to read and write that folder, and room on its disk.",
            ) from error
        if mode & 0o077:
            raise AuditUnwritable(f"The key {path} has mode {mode:04o}: others may read it.", f"Run: chmod 600 {path}")
        if len(key) != _KEY_BYTES:
            raise AuditUnwritable(
                f"The key {path} is damaged: {len(key)} bytes of {_KEY_BYTES}.",
                "Put it back from a backup, or move it away: a new one is made, under which persons have new tokens.",
            )
        return cls(key)

    def person_token(self, reference: str) -> str:
        """What stands for a person's number (NIK) or application number.

        Parameters
        ----------
        reference : str
            As it is stored; white space at its ends does not count.
        """
        return self._token("person", reference.strip())

    def operator_name(self, name: str) -> str:
        """An operator's name as it may stand in an entry: itself where it is a short plain name, else a token."""
        return self._or_token("operator", name.strip())

    def device_name(self, device_id: str) -> str:
        """A device as it may stand in an entry: itself, or its driver and a token of a long or unusual serial."""
        if in_form("device", device_id):
            return device_id
        driver, colon, _ = device_id.partition(":")
        named = f"{driver}:{self._token('device', device_id)}"
        return named if colon and in_form("device", named) else self._token("device", device_id)

    def foreign_name(self, text: str) -> str:
        """A token of a text that a client gave for something that is not here."""
        return self._token("foreign", text)

    def object_name(self, object_id: str) -> str:
        """An object's id where it has the form of those that the gateway makes, else a token."""
        return self._or_token("object_id", object_id)

    def _or_token(self, name: str, value: str) -> str:
        return value if in_form(name, value) else self._token(name, value)

    def _token(self, kind: str, value: str) -> str:
        # The kind in front: an operator and a person of one number are not seen to be the same.
        message = kind.encode() + b"\0" + value.encode("utf-8", "surrogatepass")
        return f"hmac-{hmac.new(self._key, message, hashlib.sha256).hexdigest()[:_TOKEN_HEX]}"
