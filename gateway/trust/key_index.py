"""The list of a gateway's keys on the disk, `keys.json`: what is public of each, and where its private half lies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography import x509

from gateway.durable_file import write_durably
from gateway.trust.certificate import to_pem
from gateway.trust.key_problem import KeyUnreadable
from gateway.trust.revocation import Revocation, read_moment
from gateway.trust.signer import last_valid
from gateway.trust.trust_bundle import PublishedKey

INDEX_FILE = "keys.json"
VERSION = 1


class KeyState(StrEnum):
    """Where a key stands in its life."""

    PENDING = "pending"
    """Made, and signs nothing yet: it may be waiting for its certificate."""
    ACTIVE = "active"
    """Signs. There is one."""
    RETIRED = "retired"
    """Followed by another; only its certificate is left."""


@dataclass(frozen=True)
class InFile:
    """A private key in a file beside the index."""

    name: str


@dataclass(frozen=True)
class InToken:
    """A private key in a PKCS#11 token."""

    label: str
    object_id: bytes
    """CKA_ID."""


@dataclass(frozen=True)
class KeyRecord:
    """One key.

    Parameters
    ----------
    public : PublishedKey
        Id, certificates, statements, revocation.
    state : KeyState
    location : InFile or InToken
        Of the private half; of a retired key where it was.
    made_at : datetime
        UTC, by the gateway's clock.
    retired_at : datetime or None
        When another key followed.
    """

    public: PublishedKey
    state: KeyState
    location: InFile | InToken
    made_at: datetime
    retired_at: datetime | None = None

    @property
    def key_id(self) -> str:
        """RFC 7638 thumbprint."""
        return self.public.key_id

    @property
    def certificates_pem(self) -> str:
        """Its certificate, then the issuers, PEM."""
        return to_pem(self.public.chain)

    @property
    def not_after(self) -> datetime:
        """Last instant at which these are all valid, UTC."""
        return last_valid(self.public.chain)

    @property
    def store(self) -> str:
        """`file` or `pkcs11`."""
        return "file" if isinstance(self.location, InFile) else "pkcs11"


def read_index(path: Path) -> tuple[KeyRecord, ...] | None:
    """The keys in their order, the oldest first; None where there is no index.

    Raises
    ------
    OSError
        It cannot be read.
    KeyUnreadable
        It is damaged, or of a newer version.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise _damaged(path, "it is not UTF-8") from error
    try:
        value = json.loads(text)
        if value["version"] != VERSION:
            raise KeyUnreadable(
                f"{path} is of version {value['version']}, which this software does not know.",
                "Install the software that wrote it, or a newer one.",
            )
        records = tuple(_read_record(each) for each in value["keys"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path, str(error) or type(error).__name__) from error
    if sum(each.state is KeyState.ACTIVE for each in records) != 1:
        raise _damaged(path, "not one key is the active one")
    return records


def write_index(path: Path, records: tuple[KeyRecord, ...]) -> None:
    """Put the keys on the disk, all of them or, where the power fails, as they stood; OSError where it cannot be."""
    value = {"version": VERSION, "keys": [_record_value(each) for each in records]}
    write_durably(path, (json.dumps(value, indent=1) + "\n").encode())


def _damaged(path: Path, what: str) -> KeyUnreadable:
    return KeyUnreadable(
        f"The list of keys {path} is damaged ({what}).",
        "Put it back from a backup. Without one, move the keys folder to a safe place: a new key is made then, and "
        "those who verify need its trust bundle beside the old one.",
    )


def _record_value(record: KeyRecord) -> dict[str, Any]:
    location = record.location
    public = record.public
    return {
        "kid": public.key_id,
        "state": record.state.value,
        "location": {"file": location.name}
        if isinstance(location, InFile)
        else {"token": location.label, "object_id": location.object_id.hex()},
        "made_at": record.made_at.isoformat(),
        "retired_at": record.retired_at and record.retired_at.isoformat(),
        "chain": to_pem(public.chain),
        "former": to_pem(public.former),
        "succession": list(public.succession),
        "revocation": public.revocation and public.revocation.to_value(),
    }


def _read_record(value: Mapping[str, Any]) -> KeyRecord:
    retired_at, revocation, former = value["retired_at"], value["revocation"], value["former"]
    return KeyRecord(
        public=PublishedKey(
            key_id=str(value["kid"]),
            chain=_certificates(value["chain"]),
            former=_certificates(former) if former else (),
            succession=tuple(str(each) for each in value["succession"]),
            revocation=None if revocation is None else Revocation.from_value(revocation),
        ),
        state=KeyState(value["state"]),
        location=_read_location(value["location"]),
        made_at=read_moment(value["made_at"]),
        retired_at=None if retired_at is None else read_moment(retired_at),
    )


def _read_location(value: Mapping[str, Any]) -> InFile | InToken:
    if "file" in value:
        name = str(value["file"])
        if Path(name).name != name:
            raise ValueError(f"{name} is no file beside the list")
        return InFile(name)
    return InToken(str(value["token"]), bytes.fromhex(value["object_id"]))


def _certificates(pem: str) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(pem.encode("ascii")))
