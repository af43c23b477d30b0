"""Cards as people read them, and as JSON."""

from typing import TYPE_CHECKING, Any

from gateway.cli.documents import enum_word
from gateway.cli.output import Output, in_words
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import card_pb2 as pb

STATES = {
    "created": LocalizedText("Pekerjaan diterima", "Job taken"),
    "checking": LocalizedText("Pasang blangko pada pembaca kartu", "Put a blank into the reader"),
    "authenticating": LocalizedText("Membuka kartu", "Opening the card"),
    "writing": LocalizedText("Menulis", "Writing"),
    "reading_back": LocalizedText("Membaca kembali", "Reading back"),
    "activating": LocalizedText("Mengaktifkan", "Activating"),
    "done": LocalizedText("Selesai", "Done"),
    "invalidating": LocalizedText("Membatalkan kartu", "Putting the card out of use"),
    "invalidated": LocalizedText("Kartu dinyatakan rusak", "The card is spoiled"),
    "failed_clean": LocalizedText("Tidak ada yang ditulis", "Nothing was written"),
}
PRESENCES = {
    "no_reader": LocalizedText("pembaca tidak siap", "not ready"),
    "empty": LocalizedText("kosong", "empty"),
    "in_use": LocalizedText("sedang dipakai", "in use"),
    "unreadable": LocalizedText("kartu tidak terbaca", "card unreadable"),
    "present": LocalizedText("ada kartu", "card"),
}
STANDINGS = {
    "": LocalizedText("", ""),
    "blank": LocalizedText("blangko", "blank"),
    "waiting": LocalizedText("belum selesai", "not finished"),
    "personal": LocalizedText("sudah berisi", "personal"),
    "spoiled": LocalizedText("rusak, musnahkan", "spoiled, destroy it"),
    "foreign": LocalizedText("dibuat di tempat lain", "made elsewhere"),
}
_GENUINE = {
    "genuine": LocalizedText("Asli: seperti yang ditandatangani penerbitnya.", "Genuine: as its issuer signed it."),
    "not_genuine": LocalizedText("TIDAK ASLI:", "NOT GENUINE:"),
    "not_checked": LocalizedText("Keasliannya tidak dapat diperiksa.", "Whether it is genuine could not be checked."),
}
_WORDS = {
    "done": LocalizedText(
        "Kartu {0} selesai. Serahkan setelah `rekam card verify-holder`.",
        "Card {0} is done. Hand it over once `rekam card verify-holder` agrees.",
    ),
    "spoiled": LocalizedText(
        "Kartu {0} rusak ({1}). Jangan diserahkan.", "Card {0} is spoiled ({1}). Do not hand it over."
    ),
    "destroy": LocalizedText(
        "Cipnya masih menjawab: musnahkan kartu itu.", "Its chip still answers: destroy the card."
    ),
    "go_on": LocalizedText("Lanjutkan: `rekam card resume {0}`", "Go on: `rekam card resume {0}`"),
}


def words(name: str) -> str:
    """Of this file, in the terminal's language."""
    return in_words(_WORDS[name])


def reader_document(reader: "pb.CardReader") -> dict[str, Any]:
    """A reader and what is in it."""
    from rekam.v1 import card_pb2 as pb

    return {
        "device_id": reader.device_id,
        "label": reader.label,
        "presence": enum_word(reader.presence, "CARD_PRESENCE", pb.CardPresence),
        "serial": reader.serial or None,
        "standing": enum_word(reader.standing, "CARD_STANDING", pb.CardStanding) or None,
        "profile": reader.profile or None,
        "job_id": reader.job_id or None,
        "holder": reader.holder or None,
    }


def job_document(job: "pb.CardJob") -> dict[str, Any]:
    """A job as it stands."""
    from rekam.v1 import card_pb2 as pb

    return {
        "job_id": job.job_id,
        "state": enum_word(job.state, "CARD_JOB_STATE", pb.CardJobState),
        "detail": job.detail or None,
        "enrolment_id": job.enrolment_id,
        "profile": job.profile,
        "profile_version": job.profile_version,
        "requested_by": job.requested_by,
        "created": job.created.ToJsonString(),
        "expires": job.expires.ToJsonString(),
        "signed_by": job.signed_by or None,
        "closed": job.closed,
        "card_waits": job.card_waits,
        "device_id": job.device_id or None,
        "cards": [
            {
                "serial": each.serial,
                "standing": enum_word(each.standing, "CARD_STANDING", pb.CardStanding),
                "reason": each.reason or None,
                "out_of_use": each.out_of_use,
            }
            for each in job.cards
        ],
    }


def result_document(result: "pb.CardResult") -> dict[str, Any]:
    """How a card ended."""
    return {
        "job": job_document(result.job),
        "serial": result.serial,
        "done": result.done,
        "reason": result.reason or None,
        "out_of_use": result.out_of_use,
        "result": result.result.decode("ascii") or None,
    }


def tell_result(result: "pb.CardResult", output: Output) -> None:
    """How a card ended, for people."""
    if result.done:
        output.say(words("done").format(result.serial))
        return
    output.say(words("spoiled").format(result.serial, result.reason))
    if not result.out_of_use:
        output.say(words("destroy"))
    if not result.job.closed:
        output.note(words("go_on").format(result.job.job_id))


def failure_document(failure: "pb.CardFailure") -> dict[str, Any]:
    """One thing that is wrong."""
    return {"code": failure.code, "file": failure.file or None, "words": failure.words}


def reading_document(reading: "pb.CardReading") -> dict[str, Any]:
    """A whole card; pictures by their sizes."""
    from rekam.v1 import card_pb2 as pb
    from rekam.v1 import common_pb2

    def filled(message: Any) -> dict[str, Any]:
        return {field.name: getattr(message, field.name) for field, _ in message.ListFields()}

    return {
        "profile": reading.profile,
        "way": enum_word(reading.way, "CARD_ACCESS_WAY", pb.CardAccessWay),
        "serial": reading.serial or None,
        "standing": enum_word(reading.standing, "CARD_STANDING", pb.CardStanding) or None,
        "job_id": reading.job_id or None,
        "genuineness": enum_word(reading.genuineness, "CARD_GENUINENESS", pb.CardGenuineness),
        "failures": [failure_document(each) for each in reading.failures],
        "findings": [failure_document(each) for each in reading.findings],
        "unread": list(reading.unread),
        "biodata": filled(reading.biodata) or None,
        "mrz": {**filled(reading.mrz), "wrong_checks": list(reading.mrz.wrong_checks)} if reading.mrz.layout else None,
        "portrait": _picture(reading.portrait),
        "signature": _picture(reading.signature),
        "fingers": [enum_word(each, "FINGER_POSITION", common_pb2.FingerPosition) for each in reading.fingers],
    }


def _picture(picture: "pb.CardPicture") -> dict[str, Any] | None:
    if not picture.media_type:
        return None
    return {
        "media_type": picture.media_type,
        "media_type_on_card": picture.media_type_on_card,
        "width": picture.width,
        "height": picture.height,
        "bytes": len(picture.data),
    }


def tell_reading(reading: "pb.CardReading", output: Output) -> None:
    """A whole card, for people."""
    from rich.table import Table

    document = reading_document(reading)
    table = Table(show_header=False, box=None)
    for name, value in (document["biodata"] or document["mrz"] or {}).items():
        table.add_row(name, str(value))
    for name in ("portrait", "signature"):
        if document[name]:
            table.add_row(name, f"{document[name]['width']} x {document[name]['height']}, {document[name]['bytes']} B")
    output.console().print(table)
    output.say(f"{document['profile']}  {document['serial'] or ''}  {in_words(STANDINGS[document['standing'] or ''])}")
    output.say(in_words(_GENUINE[document["genuineness"]]))
    for each in (*document["failures"], *document["findings"]):
        output.say(f"  {each['words']}")


def decision_document(decision: "pb.HolderDecision") -> dict[str, Any]:
    """What a holder check came to."""
    from rekam.v1 import card_pb2 as pb
    from rekam.v1 import common_pb2

    return {
        "outcome": enum_word(decision.outcome, "HOLDER_OUTCOME", pb.HolderOutcome),
        "hands_over": decision.hands_over,
        "card_serial": decision.card_serial,
        "job_id": decision.job_id,
        "tries_left": decision.tries_left,
        "comparison": enum_word(decision.comparison, "HOLDER_COMPARISON", pb.HolderComparison) or None,
        "finger": enum_word(decision.finger, "FINGER_POSITION", common_pb2.FingerPosition) or None,
        "false_match_rate": decision.false_match_rate if decision.HasField("false_match_rate") else None,
        "card_tries_left": decision.card_tries_left if decision.HasField("card_tries_left") else None,
        "genuineness": enum_word(decision.genuineness, "CARD_GENUINENESS", pb.CardGenuineness),
        "failures": [failure_document(each) for each in decision.failures],
        "liveness_note": {"id": decision.liveness_note.id, "en": decision.liveness_note.en},
        "statement": decision.statement.decode("ascii") or None,
    }


def level_document(level: "pb.StockLevel") -> dict[str, int]:
    """The book."""
    return {field.name: getattr(level, field.name) for field in level.DESCRIPTOR.fields}
