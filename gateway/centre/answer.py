"""What a centre tells an office: receipts, statuses and announcements, each a JWS of its own kind.

An answer is believed for its signature, not for the way that it came: over the network, from a hub, or on a stick.
Those for one gateway are numbered from 1 within the ledger of the centre that gives them; a ledger that was put back
from a backup goes on under another id.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import rfc8785

from gateway.centre.errors import AnswerInvalid
from gateway.centre.status import CENTRE_STATUSES, EnrolmentStatus
from gateway.guidance import LocalizedText
from gateway.trust import (
    ManifestError,
    SignatureFormError,
    Signer,
    TrustAnchors,
    holds_under_named_key,
    read_signature,
    sign_payload,
)
from gateway.trust.manifest_field import Field
from gateway.trust.stated_values import HEX_DIGEST, NAME, read_wall_time, wall_time_as_json

VERSION = 1
MAX_TEXT = 500
NO_WORDS = LocalizedText(id="", en="")
_LEDGER = re.compile(r"[0-9a-f]{32}")
_Kind = TypeVar("_Kind", bound=StrEnum)


@dataclass(frozen=True)
class Receipt:
    """The centre holds a packet, durably: the office may erase it after its time of grace."""

    centre_id: str
    ledger_id: str
    """32 hexadecimal digits."""
    sequence: int
    gateway_id: str
    packet_id: str
    sha256: str
    """Of the packet's file."""
    size: int
    """Bytes of the file."""
    received: datetime
    """UTC, whole milliseconds, by the centre's clock."""


@dataclass(frozen=True)
class StatusAnswer:
    """Where the centre's work on a packet stands."""

    centre_id: str
    ledger_id: str
    sequence: int
    gateway_id: str
    packet_id: str
    status: EnrolmentStatus
    """One of `CENTRE_STATUSES`."""
    at: datetime
    """UTC, whole milliseconds."""
    words: LocalizedText = NO_WORDS
    """What the office should know; never data of another person."""


class AnnouncementKind(StrEnum):
    """What is announced."""

    OUTAGE = "outage"
    """The centre is, or will be, away and did not plan it."""
    MAINTENANCE = "maintenance"
    RETURN = "return"
    """It is back; ends what was announced before."""


@dataclass(frozen=True)
class Announcement:
    """What the centre tells every office of its own being there."""

    centre_id: str
    announcement_id: str
    kind: AnnouncementKind
    issued: datetime
    begins: datetime
    expected_return: datetime | None
    """None: nobody knows."""
    words: LocalizedText


Answer = Receipt | StatusAnswer | Announcement

TYPES: dict[type[Answer], str] = {
    Receipt: "rekam-receipt+jws",
    StatusAnswer: "rekam-status+jws",
    Announcement: "rekam-announcement+jws",
}
"""The header's `typ` (RFC 7515 clause 4.1.9) of each kind."""


def sign_answer(answer: Answer, key: Signer) -> bytes:
    """JWS compact serialization, ES256, of an answer in canonical form (RFC 8785).

    Raises
    ------
    KeyProblem
        The centre's key cannot sign now.
    AnswerInvalid
        A field is out of its bounds.
    """
    payload = rfc8785.dumps(_as_json(answer))
    if _read(type(answer), payload) != answer:
        raise AnswerInvalid(f"{type(answer).__name__}: times are in whole milliseconds of UTC")
    return sign_payload(payload, key, TYPES[type(answer)])


def read_answer(jws: bytes, anchors: TrustAnchors) -> Answer:
    """An answer whose signature holds under a centre's certificate that is trusted.

    Parameters
    ----------
    jws : bytes
    anchors : TrustAnchors
        Of the centres that this office believes; nobody else's answer counts.

    Raises
    ------
    AnswerInvalid
        It is none, is damaged, forged, or signed by somebody else.
    """
    for kind, typ in TYPES.items():
        try:
            signature = read_signature(jws, typ)
        except SignatureFormError as error:
            if f"not ES256 of a {typ}" in str(error):
                continue
            raise AnswerInvalid(f"answer: {error}") from error
        if not holds_under_named_key(signature):
            raise AnswerInvalid("answer: its signature does not hold; ask the centre for it again")
        if signature.key_id in anchors.revocations:
            raise AnswerInvalid("answer: by a key that was revoked; ask the centre for it again")
        if not anchors.hold(signature.certificate, signature.certificates[1:]):
            raise AnswerInvalid(
                "answer: signed by nobody that this office knows as its centre; install the centre's certificate"
            )
        return _read(kind, signature.payload)
    raise AnswerInvalid("answer: neither a receipt nor a status nor an announcement")


def _as_json(answer: Answer) -> dict[str, Any]:
    made: dict[str, Any] = {"format": TYPES[type(answer)].removesuffix("+jws"), "version": VERSION}
    for name, value in vars(answer).items():
        if isinstance(value, datetime):
            made[name] = wall_time_as_json(value)
        elif isinstance(value, LocalizedText):
            made[name] = {"id": value.id, "en": value.en}
        else:
            made[name] = str(value) if isinstance(value, StrEnum) else value
    return made


def _read(kind: type[Answer], payload: bytes) -> Answer:
    try:
        value = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise AnswerInvalid("answer: not JSON") from error
    try:
        answer = _READERS[kind](Field("answer", value))
    except ManifestError as error:
        raise AnswerInvalid(str(error)) from error
    if rfc8785.dumps(_as_json(answer)) != payload:
        raise AnswerInvalid("answer: not in canonical form (RFC 8785)")
    return answer


def _members(field: Field, kind: type[Answer], *names: str) -> tuple[Field, ...]:
    made_by, version, *members = field.members("format", "version", *names)
    if made_by.text() != TYPES[kind].removesuffix("+jws") or version.integer(0) != VERSION:
        field.fail(f"not a {TYPES[kind].removesuffix('+jws')} of version {VERSION}")
    return tuple(members)


_PLACE = ("centre_id", "ledger_id", "sequence", "gateway_id", "packet_id")


def _place(fields: tuple[Field, ...]) -> tuple[str, str, int, str, str]:
    centre, ledger, sequence, gateway, packet = fields
    return centre.text(NAME), ledger.text(_LEDGER), sequence.integer(1), gateway.text(NAME), packet.text(NAME)


def _read_receipt(field: Field) -> Receipt:
    *place, sha256, size, received = _members(field, Receipt, *_PLACE, "sha256", "size", "received")
    return Receipt(*_place(tuple(place)), sha256.text(HEX_DIGEST), size.integer(1), read_wall_time(received))


def _read_status(field: Field) -> StatusAnswer:
    *place, status, at, words = _members(field, StatusAnswer, *_PLACE, "status", "at", "words")
    named = _one_of(EnrolmentStatus, status)
    if named not in CENTRE_STATUSES:
        status.fail("not a status that a centre gives")
    return StatusAnswer(*_place(tuple(place)), named, read_wall_time(at), _words(words))


def _read_announcement(field: Field) -> Announcement:
    names = ("centre_id", "announcement_id", "kind", "issued", "begins", "expected_return", "words")
    centre, own_id, kind, issued, begins, back, words = _members(field, Announcement, *names)
    return Announcement(
        centre.text(NAME),
        own_id.text(NAME),
        _one_of(AnnouncementKind, kind),
        read_wall_time(issued),
        read_wall_time(begins),
        back.or_none(read_wall_time),
        _words(words),
    )


def _one_of(kinds: type[_Kind], field: Field) -> _Kind:
    try:
        return kinds(field.text())
    except ValueError:
        field.fail(f"not one of {', '.join(kinds)}")


def _words(field: Field) -> LocalizedText:
    indonesian, english = field.members("id", "en")
    texts = indonesian.text(empty=True), english.text(empty=True)
    if max(map(len, texts)) > MAX_TEXT:
        field.fail(f"more than {MAX_TEXT} characters")
    return LocalizedText(id=texts[0], en=texts[1])


_READERS: dict[type[Answer], Callable[[Field], Answer]] = {
    Receipt: _read_receipt,
    StatusAnswer: _read_status,
    Announcement: _read_announcement,
}
