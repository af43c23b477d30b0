"""What an enrolment says to people and to programs."""

from typing import TYPE_CHECKING, Any

from gateway.cli.documents import enum_word, localized
from gateway.cli.output import Output, in_words
from gateway.cli.words import REASON_WORDS
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import capture_pb2, enrolment_pb2

    from gateway.cli.enrol_session import EnrolmentSession

_EXCHANGED = LocalizedText(
    id="Cocok bila kanan dan kiri ditukar: salah satu dari keduanya direkam terbalik.",
    en="They fit with right and left exchanged: one of the two was recorded the wrong way round.",
)
_UNTOLD = 255
"""A score that could not be told."""


def tell_capture(session: "EnrolmentSession", key: str, ended: "capture_pb2.Capture", output: Output) -> None:
    """A line about a capture, and what was remarked on it."""
    from rekam.v1 import capture_pb2

    from gateway.cli import words

    outcome = enum_word(ended.outcome, "CAPTURE_OUTCOME", capture_pb2.CaptureOutcome)
    line = in_words(words.subject(ended).outcome(outcome))
    if ended.HasField("quality"):
        score = ended.quality.score
        line += in_words(LocalizedText(id=f", mutu {score} dari 100", en=f", quality {score} of 100"))
        part = session.part(key)
        if part is not None and not any(each.passed for each in part.tries):
            tries = len(part.tries)
            line += in_words(LocalizedText(id=f" (percobaan {tries})", en=f" (try {tries})"))
    output.note(line)
    if ended.HasField("error"):
        output.note(f"  {in_words(localized(ended.error.message))}")
    for told in words.finger_lines(ended):
        output.note(f"  {in_words(told)}")
    for each in ended.guidance:
        output.note(f"  {in_words(localized(each.fault))} {in_words(localized(each.remedy))}")


def duplicate_warning(duplicates: "enrolment_pb2.DuplicateCheck", output: Output) -> None:
    """Say it so that nobody overlooks it: this person seems to have been recorded here before."""
    headline = in_words(
        LocalizedText(
            id="PERINGATAN: orang ini tampaknya sudah pernah direkam di sini.",
            en="WARNING: this person seems to have been recorded here before.",
        )
    )
    rule = "!" * len(headline)
    output.note(rule)
    output.note(headline)
    for hit in duplicates.hits:
        where = (
            {"id": f" di {hit.gateway_id}", "en": f" at {hit.gateway_id}"} if hit.gateway_id else {"id": "", "en": ""}
        )
        output.note(
            in_words(
                LocalizedText(
                    id=f"  perekaman {hit.enrolment_id}, {hit.recorded_at}{where['id']}, oleh {hit.operator}, "
                    f"skor {hit.score:.1f}",
                    en=f"  enrolment {hit.enrolment_id}, {hit.recorded_at}{where['en']}, by {hit.operator}, "
                    f"score {hit.score:.1f}",
                )
            )
        )
        if hit.HasField("strength"):
            output.note(f"    {in_words(localized(hit.strength))}")
        if hit.exchanged:
            output.note(f"    {in_words(_EXCHANGED)}")
    output.note(rule)


def enrolment_document(enrolment: "enrolment_pb2.Enrolment") -> dict[str, Any]:
    """An enrolment as JSON, without the person's reference."""
    from rekam.v1 import capture_pb2, enrolment_pb2

    packet = enrolment.packet if enrolment.HasField("packet") else None
    return {
        "enrolment_id": enrolment.enrolment_id,
        "state": enum_word(enrolment.state, "ENROLMENT_STATE", enrolment_pb2.EnrolmentState),
        "profile": enrolment.profile_id,
        "operator": enrolment.operator,
        "packet_id": packet.packet_id if packet else None,
        "sha256": packet.sha256 if packet else None,
        "size": packet.size if packet else None,
        "path": None,
        "parts": [_part(part) for part in enrolment.parts if _stands(part)],
        "exceptions": [
            {
                "unit": each.unit,
                "reason": enum_word(each.reason, "MISSING_REASON", capture_pb2.MissingReason),
                "approved_by": each.approved_by or None,
            }
            for each in enrolment.exceptions
        ],
        "reference_remarks": [each.code for each in enrolment.reference_remarks],
        "mix_ups": [
            {"code": each.code, "units": list(each.units), "approved_by": each.approved_by or None}
            for each in enrolment.warnings
        ],
        "duplicates": _duplicates(enrolment.duplicates) if enrolment.HasField("duplicates") else None,
        "lacks": [{"part": each.part, "code": each.code, "cause": each.cause.en} for each in enrolment.lacks],
    }


def summary_document(line: "enrolment_pb2.EnrolmentSummary") -> dict[str, Any]:
    """One line of a list."""
    from rekam.v1 import enrolment_pb2

    return {
        "enrolment_id": line.enrolment_id,
        "state": enum_word(line.state, "ENROLMENT_STATE", enrolment_pb2.EnrolmentState),
        "profile": line.profile_id,
        "operator": line.operator,
        "started": line.started.wall.ToJsonString() if line.started.HasField("wall") else None,
        "packet_id": line.packet_id or None,
    }


def tell_end(document: dict[str, Any], output: Output) -> None:
    """The result for people."""
    scores = sorted({part["score"] for part in document["parts"] if part["score"] is not None})
    quality = {
        language: f", {word} {f' {to} '.join(map(str, dict.fromkeys((scores[0], scores[-1]))))}" if scores else ""
        for language, word, to in (("id", "mutu", "sampai"), ("en", "quality", "to"))
    }
    seconds = document["seconds"]
    output.say(
        in_words(
            LocalizedText(
                id=f"Tersegel: paket {document['packet_id']}, {len(document['parts'])} bagian{quality['id']}.",
                en=f"Sealed: packet {document['packet_id']}, {len(document['parts'])} parts{quality['en']}.",
            )
        )
    )
    for each in document["exceptions"]:
        reason = in_words(REASON_WORDS[each["reason"]]) if each["reason"] in REASON_WORDS else each["reason"]
        output.say(f"  {each['unit']}: {reason}" + (f" ({each['approved_by']})" if each["approved_by"] else ""))
    output.say(
        in_words(
            LocalizedText(
                id=f"  {seconds['machine']} detik kerja mesin, {seconds['person']} detik menunggu orangnya.",
                en=f"  {seconds['machine']} s of the machine's work, {seconds['person']} s of waiting for the person.",
            )
        )
    )
    if document["path"]:
        output.say(f"  {in_words(LocalizedText(id='Berkas', en='File'))}: {document['path']}")


def _stands(part: "enrolment_pb2.EnrolmentPart") -> bool:
    from rekam.v1 import enrolment_pb2

    return part.status != enrolment_pb2.ENROLMENT_PART_STATUS_NOT_NEEDED or bool(part.tries)


def _part(part: "enrolment_pb2.EnrolmentPart") -> dict[str, Any]:
    from rekam.v1 import enrolment_pb2

    kept = next((each for each in part.tries if each.kept), None)
    told = [score for score in kept.scores.values() if score != _UNTOLD] if kept is not None else []
    return {
        "part": part.key,
        "status": enum_word(part.status, "ENROLMENT_PART_STATUS", enrolment_pb2.EnrolmentPartStatus),
        "score": min(told) if told else None,
        "tries": len(part.tries),
        "capture_id": part.capture_id or None,
    }


def _duplicates(found: "enrolment_pb2.DuplicateCheck") -> dict[str, Any]:
    return {
        "approved_by": found.approved_by or None,
        "not_checked": found.not_checked.en or None,
        "hits": [
            {
                "enrolment_id": hit.enrolment_id,
                "recorded_at": hit.recorded_at,
                "operator": hit.operator,
                "score": hit.score,
                "fmr": hit.fmr,
                "gateway_id": hit.gateway_id or None,
                "strength": hit.strength.en or None,
                "exchanged": hit.exchanged,
            }
            for hit in found.hits
        ],
    }
