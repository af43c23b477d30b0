"""The roll of desks: each certificate that was issued, and whether it is still good."""

import contextlib
import fcntl
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509

from gateway.certificate_parts import extension_of
from gateway.desks.errors import CertificateRefused, DeskTrustError
from gateway.durable_file import write_durably
from gateway.guidance import LocalizedText
from gateway.roles import ROLES

ROLL_FILE, LOCK_FILE = "desks.json", "desks.lock"
ROLE_URN = "urn:rekam:role:"
"""Subject alternative names of this kind (RFC 5280, 4.2.1.6: URI) are the roles of a certificate's holder."""


@dataclass(frozen=True)
class Desk:
    """A certificate that was issued to a desk.

    Parameters
    ----------
    desk_id : str
        The certificate's serial number, hexadecimal.
    name : str
    roles : tuple of str
        As they stand in the certificate, sorted.
    issued_at, until : datetime
    revoked_at : datetime, optional
        Since when it lets nobody in.
    """

    desk_id: str
    name: str
    roles: tuple[str, ...]
    issued_at: datetime
    until: datetime
    revoked_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """For files and programs."""
        moments = {"issued_at": self.issued_at, "until": self.until, "revoked_at": self.revoked_at}
        return {**asdict(self), **{name: each.isoformat() if each else None for name, each in moments.items()}}


class DeskRoll:
    """The roll in a folder; read anew whenever its file has changed, which another process does.

    Parameters
    ----------
    folder : Path
        It is there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: tuple[int, int] | None = None
        self._desks: dict[str, Desk] = {}

    def desks(self) -> list[Desk]:
        """All of them, the newest first.

        Raises
        ------
        DeskTrustError
            The roll cannot be read.
        """
        return sorted(self._read().values(), key=lambda each: each.issued_at, reverse=True)

    def admitted(self, pem: bytes, now: datetime | None = None) -> Desk:
        """The desk that shows a certificate, which TLS has found to be our authority's.

        Parameters
        ----------
        pem : bytes
        now : datetime, optional
            This moment by default: a connection may outlive the certificate with which it began.

        Raises
        ------
        CertificateRefused
            It is revoked or over, no role stands in it, or the roll does not have it.
        """
        desk_id, roles, until = _read_certificate(pem)
        try:
            desk = self._read().get(desk_id)
        except DeskTrustError as error:
            raise CertificateRefused(
                "roll_unusable",
                LocalizedText(
                    id=f"Daftar meja gateway tidak terbaca, jadi tidak ada meja yang dilayani: {error}",
                    en=f"The gateway's roll of desks cannot be read, so no desk is let in: {error}",
                ),
            ) from error
        if desk is None:
            raise _refused("unknown", desk_id, "tidak ada dalam daftar gateway ini", "is not on this gateway's roll")
        if desk.revoked_at is not None:
            since = f"{desk.revoked_at:%Y-%m-%d}"
            raise _refused("revoked", desk_id, f"dicabut sejak {since}", f"is revoked since {since}")
        if (now or datetime.now(UTC)) >= until:
            raise _refused("expired", desk_id, f"berakhir {until:%Y-%m-%d}", f"ended on {until:%Y-%m-%d}")
        if not roles:
            raise _refused("without_role", desk_id, "tidak memuat peran", "names no role")
        return replace(desk, roles=roles)

    def add(self, desk: Desk) -> None:
        """Enter a desk, before its certificate is given out; blocking.

        Raises
        ------
        DeskTrustError
            The roll cannot be read or written; nothing has changed.
        """
        with self._changing() as desks:
            desks[desk.desk_id] = desk

    def revoke(self, desk_id: str, now: datetime) -> Desk:
        """Let a desk in no longer; one that is revoked stays so since then. Blocking.

        Raises
        ------
        LookupError
            No desk, or more than one, begins like this.
        DeskTrustError
            The roll cannot be read or written; nothing has changed.
        """
        with self._changing() as desks:
            meant = [each for each in desks if desk_id and each.startswith(desk_id.lower())]
            if len(meant) != 1:
                raise LookupError(f"{len(meant)} desks have an ID that begins with {desk_id!r}")
            desk = desks[meant[0]]
            desks[meant[0]] = replace(desk, revoked_at=desk.revoked_at or now)
            return desks[meant[0]]

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Desk]]:
        """The desks to be changed, by one process at a time; on the disk at the end of the block."""
        try:
            with (self._folder / LOCK_FILE).open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                desks = dict(self._read())
                yield desks
                content = json.dumps({"desks": [each.to_json() for each in desks.values()]}, indent=1)
                write_durably(self._folder / ROLL_FILE, content.encode())
        except OSError as error:
            raise DeskTrustError(f"{self._folder / ROLL_FILE} cannot be written: {error.strerror}") from error

    def _read(self) -> dict[str, Desk]:
        path = self._folder / ROLL_FILE
        try:
            stat = path.stat()
            stamp = (stat.st_ino, stat.st_mtime_ns)
            if stamp != self._stamp:
                lines = json.loads(path.read_text("utf-8"))["desks"]
                self._desks = {each.desk_id: each for each in map(_from_json, lines)}
                self._stamp = stamp
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DeskTrustError(
                f"{path} is damaged ({type(error).__name__}). Put it back from a backup, or remove it and issue every "
                "desk's certificate anew"
            ) from error
        return self._desks


def roles_in(certificate: x509.Certificate) -> tuple[str, ...]:
    """The roles that stand in a certificate, sorted; those of a newer version, which we do not know, left out."""
    names = extension_of(certificate, x509.SubjectAlternativeName)
    if names is None:
        return ()
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    found = {uri.removeprefix(ROLE_URN) for uri in uris if uri.startswith(ROLE_URN)}
    return tuple(sorted(found & ROLES))


@lru_cache(maxsize=1024)
def _read_certificate(pem: bytes) -> tuple[str, tuple[str, ...], datetime]:
    """ID, roles and end; of each certificate once, not at each call."""
    certificate = x509.load_pem_x509_certificate(pem)
    return f"{certificate.serial_number:x}", roles_in(certificate), certificate.not_valid_after_utc


def _from_json(line: dict[str, Any]) -> Desk:
    revoked_at = line["revoked_at"]
    return Desk(
        str(line["desk_id"]),
        str(line["name"]),
        tuple(str(role) for role in line["roles"]),
        datetime.fromisoformat(line["issued_at"]),
        datetime.fromisoformat(line["until"]),
        datetime.fromisoformat(revoked_at) if revoked_at else None,
    )


def _refused(cause: str, desk_id: str, why_id: str, why_en: str) -> CertificateRefused:
    return CertificateRefused(
        cause,
        LocalizedText(
            id=f"Sertifikat {desk_id[:12]} {why_id}. Buat yang baru pada gateway: `rekam trust issue-desk`.",
            en=f"The certificate {desk_id[:12]} {why_en}. Make another at the gateway: `rekam trust issue-desk`.",
        ),
    )
