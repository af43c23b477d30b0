"""The signed statement of a holder check: what was decided, about which card, when and by which gateway."""

from dataclasses import dataclass
from typing import Any

import rfc8785
from cryptography import x509

from gateway.elapsed import Moment
from gateway.finger import FingerPosition
from gateway.holder_check.errors import StatementRefused
from gateway.holder_check.values import (
    ComparisonPlace,
    HandOver,
    HolderDecision,
    HolderOutcome,
    SupervisedApproval,
    SupervisedReason,
)
from gateway.trust import (
    ManifestError,
    NamedCode,
    SignatureFormError,
    Signer,
    StatedCue,
    StatedLiveness,
    holds_under_named_key,
    read_signature,
    sign_payload,
)
from gateway.trust.manifest_field import Field, parse_json
from gateway.trust.stated_values import named_code_as_json, read_named_code, read_time, time_as_json

FORMAT = "rekam-holder-check"
VERSION = 1
TYPE = "rekam-holder-check+jws"
"""The header's `typ` (RFC 7515 clause 4.1.9)."""
LIVENESS_NOTE = "heuristics, not evaluated under ISO/IEC 30107-3"
_PARTS_PER_BILLION = 1_000_000_000


@dataclass(frozen=True)
class HolderStatement:
    """A decision, as it is signed."""

    gateway_id: str
    decision: HolderDecision
    moment: Moment
    """When it was decided."""

    def to_bytes(self) -> bytes:
        """The canonical form (RFC 8785): the payload that is signed."""
        decision = self.decision
        return rfc8785.dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "gateway_id": self.gateway_id,
                "card_serial": decision.hand_over.card_serial,
                "job_id": decision.hand_over.job_id,
                "outcome": decision.outcome.value,
                "place": "" if decision.place is None else decision.place.value,
                "finger": None if decision.finger is None else int(decision.finger),
                "fmr_ppb": None if decision.fmr is None else round(decision.fmr * _PARTS_PER_BILLION),
                "tries_left": decision.tries_left,
                "card_tries_left": decision.card_tries_left,
                "capture_id": decision.capture_id,
                "liveness_note": LIVENESS_NOTE,
                "liveness": [_liveness_as_json(each) for each in decision.liveness],
                "approval": None if decision.approval is None else _approval_as_json(decision.approval),
                "time": time_as_json(self.moment.time),
                "boot_id": self.moment.boot_id,
            }
        )


@dataclass(frozen=True)
class SignedHolderStatement:
    """A statement and its signature."""

    statement: HolderStatement
    jws: bytes
    """JWS compact serialization, ASCII."""


@dataclass(frozen=True)
class ReadHolderStatement:
    """A statement whose signature holds under the certificates that it brings along; whose they are, is not said."""

    statement: HolderStatement
    key_id: str
    certificates: tuple[x509.Certificate, ...]
    """The signer's, then its issuers."""


def sign_decision(decision: HolderDecision, key: Signer, moment: Moment) -> SignedHolderStatement:
    """Sign a decision: JWS compact serialization, ES256.

    Raises
    ------
    KeyProblem
        The key must not, or cannot, sign now. The journal has the try and the approval all the same.
    """
    signer = key.current()
    signer.check_validity(moment.time)
    statement = HolderStatement(signer.gateway_id, decision, moment)
    return SignedHolderStatement(statement, sign_payload(statement.to_bytes(), signer, TYPE))


def read_statement(data: bytes) -> ReadHolderStatement:
    """Read a signed statement strictly, and check its signature.

    Raises
    ------
    StatementRefused
        It is none, or its signature does not hold; the cause names the part.
    """
    try:
        signature = read_signature(data, TYPE)
        if not holds_under_named_key(signature):
            raise _refused("its signature does not hold")
        statement = _read(Field("statement", parse_json(signature.payload)))
    except (SignatureFormError, ManifestError) as error:
        raise _refused(str(error)) from error
    if statement.to_bytes() != signature.payload:
        raise _refused("it is not in canonical form (RFC 8785)")
    return ReadHolderStatement(statement, signature.key_id, signature.certificates)


def _refused(what: str) -> StatementRefused:
    return StatementRefused(
        f"This is no signed statement of a holder check: {what}.", "Ask the gateway that made it for it again."
    )


def _liveness_as_json(stated: StatedLiveness) -> dict[str, Any]:
    cues = [{"name": cue.name, "status": cue.status, "score": cue.score, "reason": cue.reason} for cue in stated.cues]
    return {
        "position": named_code_as_json(stated.position),
        "verdict": stated.verdict,
        "cues": cues,
        "algorithm": stated.algorithm,
        "version": stated.version,
    }


def _approval_as_json(approval: SupervisedApproval) -> dict[str, Any]:
    return {"supervisor": approval.supervisor, "reason": approval.reason.value, "paper": approval.paper}


def _read(field: Field) -> HolderStatement:
    members = field.members(
        "format",
        "version",
        "gateway_id",
        "card_serial",
        "job_id",
        "outcome",
        "place",
        "finger",
        "fmr_ppb",
        "tries_left",
        "card_tries_left",
        "capture_id",
        "liveness_note",
        "liveness",
        "approval",
        "time",
        "boot_id",
    )
    named = {each.path.rpartition(".")[2]: each for each in members}
    if named["format"].text() != FORMAT or named["version"].integer(1) != VERSION:
        field.fail(f"not {FORMAT} {VERSION}")
    if named["liveness_note"].text() != LIVENESS_NOTE:
        named["liveness_note"].fail("not the words of this version")
    try:
        decision = _decision(named)
    except ManifestError:
        raise
    except ValueError as error:
        field.fail(str(error))
    moment = Moment(read_time(named["time"]), named["boot_id"].text())
    return HolderStatement(named["gateway_id"].text(), decision, moment)


def _decision(named: dict[str, Field]) -> HolderDecision:
    place = named["place"].text(empty=True)
    ppb = named["fmr_ppb"].or_none(lambda each: each.integer(1, _PARTS_PER_BILLION))
    return HolderDecision(
        HandOver(named["card_serial"].text(), named["job_id"].text()),
        HolderOutcome(named["outcome"].text()),
        named["tries_left"].integer(0, 15),
        ComparisonPlace(place) if place else None,
        named["finger"].or_none(lambda each: FingerPosition(each.integer(0, 10))),
        None if ppb is None else ppb / _PARTS_PER_BILLION,
        named["card_tries_left"].or_none(lambda each: each.integer(0, 15)),
        named["capture_id"].text(empty=True),
        named["liveness"].items(_read_liveness),
        named["approval"].or_none(_read_approval),
    )


def _read_liveness(field: Field) -> StatedLiveness:
    position, verdict, cues, algorithm, version = field.members("position", "verdict", "cues", "algorithm", "version")
    code: NamedCode = read_named_code(position)
    return StatedLiveness(code, verdict.text(), cues.items(_read_cue), algorithm.text(), version.text())


def _read_cue(field: Field) -> StatedCue:
    name, status, score, reason = field.members("name", "status", "score", "reason")
    return StatedCue(
        name.text(), status.text(), score.or_none(lambda each: each.integer(0, 100)), reason.text(empty=True)
    )


def _read_approval(field: Field) -> SupervisedApproval:
    supervisor, reason, paper = field.members("supervisor", "reason", "paper")
    return SupervisedApproval(supervisor.text(), SupervisedReason(reason.text()), paper.text(empty=True))
