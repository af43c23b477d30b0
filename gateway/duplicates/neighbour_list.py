"""A list of recorded people for a neighbour gateway: signed by the one that made it, readable by one recipient.

All numbers big-endian:

====== ====================================================================================================
bytes
====== ====================================================================================================
4      "RDL" and the version, 1
4, ... length, and the statement: JWS compact, ES256, `x5c` the maker's certificate
4, ... length, and the content key: JWE compact, ECDH-ES to the recipient, A256GCM
4, ... length, and one person (`person_record`), AES-256-GCM under the content key; as many as the statement says
====== ====================================================================================================

The nonce of person i is i in 12 bytes; `rekam-duplicate-list`, a zero byte, the list's id, a zero byte and i as text
are authenticated with each. The statement holds the SHA-256 of all that follows it.
"""

import hashlib
import json
import re
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.duplicates.errors import ListRefused, ListTooLarge
from gateway.duplicates.person_record import (
    ReadPerson,
    RecordUnreadable,
    decode_person,
    encode_person,
    milliseconds,
    moment,
)
from gateway.duplicates.values import RecordedPerson
from gateway.trust import (
    TrustAnchors,
    UnverifiedSignature,
    holds_under_named_key,
    read_signature,
    sign_payload,
)
from gateway.trust.certificate import check_issuance, gateway_of
from gateway.trust.clock import is_plausible
from gateway.trust.signer import Signer

TYPE = "rekam-duplicate-list+jws"
MOST_PEOPLE = 200_000
MOST_BYTES = 256 << 20
"""Of a list: 11,000 people with ten fingers and two irises, 190,000 with two fingers."""
_MAGIC = b"RDL\x01"
_LENGTH = struct.Struct(">I")
_KEY_BYTES = 32
_REMEDY = "Ask the neighbour for a new list."
_MOST_STATEMENT_BYTES = 1 << 20
_LIST_ID = re.compile("[0-9a-f]{32}")
_MOST_AHEAD = timedelta(days=1)
"""By which a neighbour's clock may go before ours."""


_JWE_ALGORITHMS = ["ECDH-ES", "A256GCM"]


@dataclass(frozen=True)
class ListStatement:
    """What the maker of a list signs.

    Parameters
    ----------
    list_id, gateway_id : str
    made_at, expires_at : datetime
        UTC.
    recipient : str
        RFC 7638 thumbprint of the key that the list is encrypted to.
    people : int
    sha256 : str
        Of what follows the statement, hexadecimal.
    """

    list_id: str
    gateway_id: str
    made_at: datetime
    expires_at: datetime
    recipient: str
    people: int
    sha256: str

    def to_bytes(self) -> bytes:
        """JSON, keys sorted, without white space."""
        fields = {
            "format": "rekam-duplicate-list",
            "version": 1,
            "list_id": self.list_id,
            "gateway_id": self.gateway_id,
            "made_at_ms": milliseconds(self.made_at),
            "expires_at_ms": milliseconds(self.expires_at),
            "recipient": self.recipient,
            "people": self.people,
            "sha256": self.sha256,
        }
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True, eq=False)
class NeighbourList:
    """A list whose signature holds and that was opened."""

    statement: ListStatement
    people: tuple[ReadPerson, ...]


def pack_list(
    people: Sequence[RecordedPerson],
    recipient: ec.EllipticCurvePublicKey,
    key: Signer,
    made_at: datetime,
    expires_at: datetime,
) -> bytes:
    """A list of people for whoever holds the private key of `recipient` (P-256).

    Raises
    ------
    ListTooLarge
    """
    list_id, content_key = uuid4().hex, secrets.token_bytes(_KEY_BYTES)
    public = ECKey.import_key(recipient)
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": public.thumbprint()}
    wrapped = jwe.encrypt_compact(header, content_key, public, algorithms=_JWE_ALGORITHMS).encode("ascii")
    cipher = AESGCM(content_key)
    sealed = [
        cipher.encrypt(index.to_bytes(12, "big"), encode_person(person), _chunk_name(list_id, index))
        for index, person in enumerate(people)
    ]
    body = b"".join(_LENGTH.pack(len(part)) + part for part in (wrapped, *sealed))
    if len(people) > MOST_PEOPLE or len(body) > MOST_BYTES - _MOST_STATEMENT_BYTES:
        raise ListTooLarge(
            f"A list of {len(people):,} people would have {len(body):,} bytes; {MOST_PEOPLE:,} people and "
            f"{MOST_BYTES:,} bytes are taken in.",
            "Erase who is past the term (`rekam purge`), and export again.",
        )
    statement = ListStatement(
        list_id,
        key.gateway_id,
        made_at,
        expires_at,
        public.thumbprint(),
        len(people),
        hashlib.sha256(body).hexdigest(),
    )
    signature = sign_payload(statement.to_bytes(), key, TYPE)
    return _MAGIC + _LENGTH.pack(len(signature)) + signature + body


def open_list(
    data: bytes, private_key: ec.EllipticCurvePrivateKey, anchors: TrustAnchors, own_gateway_id: str, now: datetime
) -> NeighbourList:
    """Verify and decrypt a neighbour's list.

    Parameters
    ----------
    data : bytes
    private_key : ec.EllipticCurvePrivateKey
        The recipient's.
    anchors : TrustAnchors
        The gateways that are known.
    own_gateway_id : str
        A list of our own is not taken in.
    now : datetime
        UTC; a clock that is plainly wrong judges no date.

    Raises
    ------
    ListRefused
        Says why, and what to do.
    """
    statement, rest = _verified(data, anchors, own_gateway_id)
    if is_plausible(now):
        _check_dates(statement, now)
    own = ECKey.import_key(private_key)
    if statement.recipient != own.thumbprint():
        raise ListRefused(
            f"The list of gateway {statement.gateway_id} is encrypted to another gateway.",
            "Give the neighbour this gateway's public key, and ask for a list for it.",
        )
    return NeighbourList(statement, _opened(statement, rest, own))


def statement_of(data: bytes) -> ListStatement:
    """What a list says of itself, believed: for one that was made here just now.

    Raises
    ------
    ListRefused
        It is no list.
    """
    read, _ = _signed(data)
    return _statement(read.payload)


def _check_dates(statement: ListStatement, now: datetime) -> None:
    named = f"The list of gateway {statement.gateway_id}"
    if now >= statement.expires_at:
        raise ListRefused(f"{named} ended on {statement.expires_at:%Y-%m-%d}.", _REMEDY)
    # It would stand in the way of every later one until its own date.
    if statement.made_at - now > _MOST_AHEAD:
        raise ListRefused(
            f"{named} says that it was made on {statement.made_at:%Y-%m-%d}, which is still to come.",
            "Set the clock of whichever gateway is wrong; if it is the neighbour's, ask for a new list.",
        )


def _verified(data: bytes, anchors: TrustAnchors, own_gateway_id: str) -> tuple[ListStatement, bytes]:
    read, at = _signed(data)
    certificate = read.certificate
    if _gateway_named(certificate) == own_gateway_id:
        raise ListRefused("The list is this gateway's own.", "Import a neighbour's list.")
    if not anchors.hold(certificate, read.certificates[1:]) or read.key_id in anchors.revocations:
        raise ListRefused(
            "The list is signed by a gateway that is not known here.",
            "Get the neighbour's trust bundle by a way that you trust, and give it along.",
        )
    statement, gateway_id = _statement(read.payload), _gateway_named(certificate) or "none"
    if gateway_id != statement.gateway_id:
        raise ListRefused(f"The list names gateway {statement.gateway_id}, but is signed by {gateway_id}.", _REMEDY)
    made = statement.made_at
    if is_plausible(made) and not certificate.not_valid_before_utc <= made <= certificate.not_valid_after_utc:
        raise ListRefused(f"The certificate of gateway {gateway_id} was not valid when the list was made.", _REMEDY)
    if hashlib.sha256(data[at:]).hexdigest() != statement.sha256:
        raise ListRefused(f"The list of gateway {gateway_id} was damaged or changed after it was signed.", _REMEDY)
    return statement, data[at:]


def _opened(statement: ListStatement, rest: bytes, own: ECKey) -> tuple[ReadPerson, ...]:
    wrapped, at = _part(rest, 0)
    refused = ListRefused(f"The list of gateway {statement.gateway_id} cannot be decrypted.", _REMEDY)
    try:
        content_key = jwe.decrypt_compact(wrapped, own, algorithms=_JWE_ALGORITHMS).plaintext
        cipher = AESGCM(content_key or b"")
    except (JoseError, ValueError, TypeError, KeyError, InvalidTag) as error:  # of an odd header, joserfc's own too
        raise refused from error
    people = []
    for index in range(statement.people):
        sealed, at = _part(rest, at)
        try:
            content = cipher.decrypt(index.to_bytes(12, "big"), sealed, _chunk_name(statement.list_id, index))
            read = decode_person(content)
        except InvalidTag as error:
            raise refused from error
        except RecordUnreadable as error:
            raise ListRefused(
                f"Person {index + 1} in the list of gateway {statement.gateway_id} cannot be read: {error}.", _REMEDY
            ) from error
        if read.person.gateway_id != statement.gateway_id:
            raise ListRefused(
                f"The list of gateway {statement.gateway_id} holds somebody of {read.person.gateway_id}.", _REMEDY
            )
        people.append(read)
    if at != len(rest):
        raise refused
    return tuple(people)


def _signed(data: bytes) -> tuple[UnverifiedSignature, int]:
    """The signature, where it is one of a list and its key made it, and where it ends."""
    if not data.startswith(_MAGIC):
        raise ListRefused("The file is no list of recorded people, or of another version.", _REMEDY)
    signature, at = _part(data, len(_MAGIC))
    refused = ListRefused("The list's signature does not hold: it was damaged or changed.", _REMEDY)
    try:
        read = read_signature(signature, TYPE)
        check_issuance(read.certificates)
    except ValueError as error:
        raise refused from error
    if not holds_under_named_key(read):
        raise refused
    return read, at


def _gateway_named(certificate: x509.Certificate) -> str | None:
    try:
        return gateway_of(certificate)
    except ValueError:
        return None


def _statement(payload: bytes) -> ListStatement:
    try:
        return _stated(json.loads(payload))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ListRefused(f"The list's statement cannot be read: {error}.", _REMEDY) from error


def _stated(fields: dict[str, Any]) -> ListStatement:
    if fields["format"] != "rekam-duplicate-list" or fields["version"] != 1:
        raise ValueError("another format or version")
    people, list_id = fields["people"], fields["list_id"]
    if not isinstance(people, int) or not 0 <= people <= MOST_PEOPLE:
        raise ValueError(f"a list has up to {MOST_PEOPLE:,} people")
    if not _LIST_ID.fullmatch(list_id):
        raise ValueError("its id is not 32 hexadecimal digits")
    return ListStatement(
        list_id,
        str(fields["gateway_id"]),
        moment(fields["made_at_ms"]),
        moment(fields["expires_at_ms"]),
        str(fields["recipient"]),
        people,
        str(fields["sha256"]),
    )


def _part(data: bytes, at: int) -> tuple[bytes, int]:
    """What is at an offset, behind its length, and where it ends."""
    start = at + _LENGTH.size
    if start > len(data):
        raise ListRefused("The list is cut off.", _REMEDY)
    (length,) = _LENGTH.unpack_from(data, at)
    if start + length > len(data):
        raise ListRefused("The list is cut off.", _REMEDY)
    return data[start : start + length], start + length


def _chunk_name(list_id: str, index: int) -> bytes:
    return f"rekam-duplicate-list\0{list_id}\0{index}".encode()
