"""A centre's folder made ready: keys, certificates, store; and what offices need of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from gateway.central.certificates import (
    AUTHORITY_FILE,
    SERVER_FILE,
    SERVER_KEY_FILE,
    Authority,
)
from gateway.central.errors import CentralError, GatewayRefused, StateUnusable
from gateway.central.ledger import Ledger
from gateway.central.signing_key import CENTRE_ID, make_signing_key, read_signing_key, renew_certificate
from gateway.central.sql_store import open_store
from gateway.central.state import CentreIdentity, CentrePlaces, read_identity, told, write_identity
from gateway.durable_file import write_durably
from gateway.guidance import LocalizedText
from gateway.trust import SigningKey, TrustAnchors, read_passphrase
from gateway.trust.certificate import gateway_of, is_authority, to_pem

CENTRE_PEM = "centre.pem"
"""Certificate of the key that signs answers; what offices believe answers by."""
_THIS_MACHINE = ("localhost", "127.0.0.1")
_RENEWED_BEFORE = timedelta(days=30)


@dataclass(frozen=True)
class CentreOffer:
    """What an office needs of its centre."""

    centre_id: str
    certificate: Path
    """By which answers are believed."""
    authority: Path
    """By which the server is known."""
    server_names: tuple[str, ...]
    key_id: str
    ledger_id: str


def set_up(
    state: Path,
    centre_id: str,
    names: Sequence[str] | None,
    store: str | None,
    now: datetime,
    *,
    renew_signing: bool = False,
) -> CentreOffer:
    """Make what is missing of a centre's folder, and a server certificate where it ends soon or names others.

    Called again it changes nothing else, and goes on where it was cut off.

    Parameters
    ----------
    state : Path
    centre_id : str
    names : sequence of str, optional
        Host names and IP addresses by which offices reach the server; None keeps those of before, or is this machine.
    store : str or None
        `postgresql://…`, empty for SQLite; None keeps what was said before.
    now : datetime
        UTC.
    renew_signing : bool
        A new certificate for the key that signs answers.

    Raises
    ------
    CentralError, KeyProblem
    """
    if not CENTRE_ID.fullmatch(centre_id):
        raise CentralError(
            LocalizedText(
                id=f"ID pusat terdiri atas 1 sampai 51 huruf, angka, `.`, `_`, `-`, bukan {centre_id!r}.",
                en=f"A centre's id is 1 to 51 of A-Z a-z 0-9 . _ -, not {centre_id!r}.",
            )
        )
    places = CentrePlaces(state)
    with told(state):
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (places.tls, places.packets, places.parts):
            folder.mkdir(mode=0o700, exist_ok=True)
    identity = _identity(state, centre_id, store)
    with told(state):
        key = _signing_key(places, centre_id, now, renew=renew_signing)
        _publish(state / CENTRE_PEM, key)
    server_names = _certify_server(places, centre_id, names, now)
    open_store(identity.store, state, centre_id).close()
    ledger = Ledger(state)
    ledger.close()
    authority = places.tls / AUTHORITY_FILE
    return CentreOffer(centre_id, state / CENTRE_PEM, authority, server_names, key.key_id, ledger.ledger_id)


def checked_bundle(gateway_id: str, pem: str) -> str:
    """A gateway's trust bundle that can be registered.

    Raises
    ------
    GatewayRefused
        It is damaged, holds no certificate, or that of another gateway.
    """
    try:
        TrustAnchors.from_pem(pem)
        certificates = x509.load_pem_x509_certificates(pem.encode())
        named = {gateway_of(each) for each in certificates if not is_authority(each)}
    except ValueError as error:
        raise GatewayRefused(
            LocalizedText(
                id=f"Itu bukan berkas kepercayaan gateway: {error}. Buat dengan `rekam keys export --pem`.",
                en=f"That is no gateway's trust bundle: {error}. Make it with `rekam keys export --pem`.",
            )
        ) from error
    if named - {gateway_id}:
        others = ", ".join(sorted(named - {gateway_id}))
        raise GatewayRefused(
            LocalizedText(
                id=f"Berkas itu milik gateway {others}, bukan {gateway_id}.",
                en=f"That bundle is of gateway {others}, not of {gateway_id}.",
            )
        )
    return pem


def _identity(state: Path, centre_id: str, store: str | None) -> CentreIdentity:
    before = read_identity(state)
    if before is not None and before.centre_id != centre_id:
        raise StateUnusable(
            LocalizedText(
                id=f"{state} adalah folder pusat {before.centre_id}. Sebutkan folder lain untuk {centre_id}.",
                en=f"{state} is the folder of centre {before.centre_id}. Name another folder for {centre_id}.",
            )
        )
    kept = before.store if before is not None else ""
    identity = CentreIdentity(centre_id, kept if store is None else store)
    if identity != before:
        write_identity(state, identity)
    return identity


def _signing_key(places: CentrePlaces, centre_id: str, now: datetime, *, renew: bool) -> SigningKey:
    passphrase = read_passphrase()
    if not places.signing_key.exists():
        return make_signing_key(places.signing_key, centre_id, passphrase, now)
    key = read_signing_key(places.signing_key, centre_id, passphrase)
    return renew_certificate(places.signing_key, key, centre_id, passphrase, now) if renew else key


def _publish(path: Path, key: SigningKey) -> None:
    """What offices believe answers by: the certificate of now, then those of before, which older answers carry."""
    former = x509.load_pem_x509_certificates(path.read_bytes()) if path.exists() else []
    write_durably(path, to_pem(tuple(dict.fromkeys([key.certificate, *former]))).encode())


def _certify_server(
    places: CentrePlaces, centre_id: str, names: Sequence[str] | None, now: datetime
) -> tuple[str, ...]:
    """The names in the server's certificate, which is made anew where it lacks one or ends soon."""
    with told(places.tls):
        exists = (places.tls / AUTHORITY_FILE).exists()
        server = places.tls / SERVER_FILE
        pem = server.read_bytes() if server.exists() else b""
    if exists:
        authority = Authority.read(places.tls)
    else:
        authority = Authority.made(centre_id, now)
        authority.write(places.tls)
    known, ends = _names_and_end(pem)
    wanted = tuple(names or known or _THIS_MACHINE)
    if set(wanted) <= set(known) and now + _RENEWED_BEFORE < ends:
        return known
    issued = authority.server_certificate(wanted, now)
    with told(places.tls):
        # A server that reads between the two finds a pair that does not match, and keeps the one before.
        write_durably(places.tls / SERVER_KEY_FILE, issued.key_pem)
        write_durably(server, issued.certificate_pem)
    return wanted


def _names_and_end(pem: bytes) -> tuple[tuple[str, ...], datetime]:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        stated = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return (), datetime.min.replace(tzinfo=UTC)
    return tuple(str(each.value) for each in stated), certificate.not_valid_after_utc
