"""The statement "this key is followed by that key", by which a verifier of the old one comes to know the new one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from gateway.trust.certificate import check_issuance, gateway_of, key_id_of
from gateway.trust.clock import ClockQuality, SignedTime
from gateway.trust.manifest_field import ManifestError, parse_json
from gateway.trust.revocation import ChainPlace, read_moment, read_place
from gateway.trust.signature import (
    SignatureFormError,
    UnverifiedSignature,
    read_signature,
    sign_payload,
    signature_holds,
)
from gateway.trust.signer import Signer

TYPE = "rekam-key-succession+jws"
FORMAT, VERSION = "rekam-key-succession", 1


@dataclass(frozen=True)
class Succession:
    """What the old key says of the new one.

    Parameters
    ----------
    gateway_id : str
        Of both.
    key_id, next_key_id : str
        RFC 7638 thumbprints; the same where a key gets another certificate.
    next_certificate_sha256 : str
        Of the new key's certificate, DER, 64 lower-case hexadecimal digits.
    wall : datetime
        When it was signed, UTC, by the gateway's clock.
    quality : ClockQuality
    place : ChainPlace or None
        End of the chain of captures at that time; the new key signs what comes after the captures then under way.
    """

    gateway_id: str
    key_id: str
    next_key_id: str
    next_certificate_sha256: str
    wall: datetime
    quality: ClockQuality
    place: ChainPlace | None


def sign_succession(old: Signer, next_certificate: x509.Certificate, now: SignedTime, place: ChainPlace | None) -> str:
    """State that `old` is followed by the key of a certificate: JWS compact serialization, RFC 8785 inside.

    Raises
    ------
    KeyProblem
        The old key must not sign, or cannot be reached.
    """
    signer = old.current()
    signer.check_validity(now)
    payload = rfc8785.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "gateway_id": signer.gateway_id,
            "key_id": signer.key_id,
            "next_key_id": key_id_of(next_certificate),
            "next_certificate_sha256": next_certificate.fingerprint(hashes.SHA256()).hex(),
            "time": now.wall.isoformat(),
            "clock": now.quality.value,
            "place": None if place is None else {"chain_id": place.chain_id, "sequence": place.sequence},
        }
    )
    return sign_payload(payload, signer, TYPE).decode("ascii")


def read_succession(jws: str) -> tuple[Succession, UnverifiedSignature]:
    """Read a statement whose signature holds under the certificate that it brings along; whose that is, is not said.

    Raises
    ------
    ValueError
        It is no such statement, was changed, or the key and the gateway that it names are not the signer's.
    """
    try:
        signature = read_signature(jws.encode("ascii"), TYPE)
        value = parse_json(signature.payload)
    except (SignatureFormError, ManifestError, UnicodeEncodeError) as error:
        raise ValueError(f"no statement of succession: {error}") from error
    if not signature_holds(signature):
        raise ValueError("the statement of succession was changed: its signature does not hold")
    check_issuance(signature.certificates)
    succession = _read_value(value)
    if key_id_of(signature.certificate) != succession.key_id or signature.key_id != succession.key_id:
        raise ValueError("the statement of succession is signed by another key than it names")
    if gateway_of(signature.certificate) != succession.gateway_id:
        raise ValueError("the statement of succession is signed by another gateway than it names")
    return succession, signature


def _read_value(value: Any) -> Succession:
    try:
        if (value["format"], value["version"]) != (FORMAT, VERSION):
            raise ValueError("the statement of succession is of another format")
        return Succession(
            gateway_id=str(value["gateway_id"]),
            key_id=str(value["key_id"]),
            next_key_id=str(value["next_key_id"]),
            next_certificate_sha256=str(value["next_certificate_sha256"]),
            wall=read_moment(value["time"]),
            quality=ClockQuality(value["clock"]),
            place=read_place(value["place"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"the statement of succession lacks {error}") from error
