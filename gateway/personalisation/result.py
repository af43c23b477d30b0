"""What became of a card, signed by the gateway: personalised and verified, or spoiled (JWS of its own kind)."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import rfc8785

from gateway.personalisation.errors import JobSignatureInvalid
from gateway.trust import (
    ManifestError,
    SignatureFormError,
    SignedTime,
    Signer,
    TrustAnchors,
    holds_under_named_key,
    read_signature,
    sign_payload,
)
from gateway.trust.manifest_field import Field
from gateway.trust.stated_values import HEX_DIGEST, NAME, read_time, time_as_json

FORMAT, VERSION = "rekam-card-result", 1
TYPE = f"{FORMAT}+jws"


class CardOutcome(StrEnum):
    """How a card ended."""

    PERSONALISED = "personalised"
    """Written, read back through a fresh connection, compared, activated, and its access rules tried."""
    INVALIDATED = "invalidated"
    """Spoiled; `terminated` says whether the chip knows."""


@dataclass(frozen=True)
class CardResult:
    """One card's end."""

    job_id: str
    gateway_id: str
    outcome: CardOutcome
    card_serial: str
    """Hexadecimal, as the chip tells it."""
    terminated: bool
    """Of a spoiled card: the chip was put out of use. False: it was out of reach and its serial number is barred."""
    profile: str
    profile_version: int
    image_sha256: str
    """As the job names it."""
    card_sha256: str
    """The same digest of all that was to stand on this card: another one where its seal was made for the chip."""
    enrolment_id: str
    requested_by: str
    reason: str
    """Why it was spoiled: a code; empty for a card that is well."""
    time: SignedTime


def result_bytes(result: CardResult) -> bytes:
    """The result in canonical JSON (RFC 8785)."""
    return rfc8785.dumps(_as_json(result))


def sign_result(result: CardResult, key: Signer) -> bytes:
    """JWS compact serialization of a result.

    Raises
    ------
    KeyProblem
        The key cannot sign now.
    """
    signer = key.current()
    signer.check_validity(result.time)
    return sign_payload(result_bytes(result), signer, TYPE)


def read_result(jws: bytes, anchors: TrustAnchors) -> CardResult:
    """A result whose signature holds under a trusted gateway's certificate.

    Raises
    ------
    JobSignatureInvalid
        It is none, was changed, or somebody else's.
    """
    try:
        signature = read_signature(jws, TYPE)
        held = holds_under_named_key(signature) and signature.key_id not in anchors.revocations
        if not held or not anchors.hold(signature.certificate, signature.certificates[1:]):
            raise JobSignatureInvalid(
                "The result of a card is signed by nobody who is known, or was changed.",
                "Ask the gateway for it again.",
            )
        result = _read(Field("result", json.loads(signature.payload.decode("utf-8"))))
    except (SignatureFormError, ManifestError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise JobSignatureInvalid("This is no result of a card.", "Ask the gateway for it again.") from error
    if result_bytes(result) != signature.payload:
        raise JobSignatureInvalid("The result of a card is not in canonical form.", "Ask the gateway for it again.")
    return result


def _as_json(result: CardResult) -> dict[str, Any]:
    made: dict[str, Any] = {"format": FORMAT, "version": VERSION, **vars(result)}
    made["outcome"], made["time"] = str(result.outcome), time_as_json(result.time)
    return made


def _read(field: Field) -> CardResult:
    names = ("job_id", "gateway_id", "outcome", "card_serial", "terminated", "profile", "profile_version")
    made_by, version, *rest = field.members(
        "format", "version", *names, "image_sha256", "card_sha256", "enrolment_id", "requested_by", "reason", "time"
    )
    if made_by.text() != FORMAT:
        made_by.fail(f"not {FORMAT}")
    version.integer(VERSION, VERSION)
    job_id, gateway, outcome, serial, terminated, profile, profile_version, *digests, enrolment, who, reason, time = (
        rest
    )
    image_sha256, card_sha256 = digests
    if outcome.text() not in set(CardOutcome):
        outcome.fail(f"not one of {', '.join(CardOutcome)}")
    if not isinstance(terminated.value, bool):
        terminated.fail("not true or false")
    return CardResult(
        job_id.text(NAME),
        gateway.text(NAME),
        CardOutcome(outcome.text()),
        serial.text(),
        terminated.value,
        profile.text(NAME),
        profile_version.integer(1),
        image_sha256.text(HEX_DIGEST),
        card_sha256.text(HEX_DIGEST),
        enrolment.text(NAME),
        who.text(),
        reason.text(empty=True),
        read_time(time),
    )
