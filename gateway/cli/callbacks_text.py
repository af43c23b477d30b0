"""The call-back list and its notices as JSON documents and as text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gateway.cli.documents import enum_word
from gateway.cli.output import Output, in_words
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp
    from rekam.v1 import callback_pb2

PURPOSES = {
    "service-back": "CALLBACK_PURPOSE_SERVICE_BACK",
    "card-ready": "CALLBACK_PURPOSE_CARD_READY",
}
"""As typed, and as the API has them."""


def line_document(line: "callback_pb2.Callback") -> dict[str, Any]:
    """One person."""
    from rekam.v1 import callback_pb2

    return {
        "callback_id": line.callback_id,
        "name": line.name,
        "phone": line.phone,
        "purpose": enum_word(line.purpose, "CALLBACK_PURPOSE", callback_pb2.CallbackPurpose),
        "reference": line.reference or None,
        "language": line.language,
        "consented_at": _time(line.consented_at) if line.HasField("consented_at") else None,
        "consent_asked_by": line.consent_asked_by or None,
        "created_at": _time(line.created_at),
        "expires_at": _time(line.expires_at),
        "notice": enum_word(line.notice, "NOTICE_STATE", callback_pb2.NoticeState) or None,
    }


def notice_document(notice: "callback_pb2.Notice") -> dict[str, Any]:
    """One notice."""
    from rekam.v1 import callback_pb2

    return {
        "notice_id": notice.notice_id,
        "callback_id": notice.callback_id,
        "state": enum_word(notice.state, "NOTICE_STATE", callback_pb2.NoticeState),
        "tries": notice.tries,
        "due_at": _time(notice.due_at),
        "changed_at": _time(notice.changed_at),
        "segments": notice.segments,
        "reason": notice.reason or None,
    }


def tell_lines(lines: "Sequence[callback_pb2.Callback]", output: Output) -> None:
    """The list for people; it can be printed and called from."""
    if not lines:
        output.say(in_words(_NOBODY))
    for line in lines:
        found = line_document(line)
        waits = in_words(_CARD) + f" {line.reference}" if line.reference else in_words(_SERVICE)
        asked = "" if found["consented_at"] else f"  ({in_words(_CALL)})"
        state = f"  {in_words(_STATES[found['notice']])}" if found["notice"] else ""
        output.say(f"{line.callback_id}  {line.phone:16} {line.name:24} {waits}{asked}{state}")


def tell_notices(notices: "Sequence[callback_pb2.Notice]", output: Output) -> None:
    """The notices for people."""
    if not notices:
        output.say(in_words(_NONE))
    for notice in notices:
        found = notice_document(notice)
        state = in_words(_STATES[found["state"]])
        output.say(f"{notice.notice_id}  {notice.callback_id}  {state:12} {notice.tries:>3}  {notice.reason}")


def _time(time: "Timestamp") -> str:
    return f"{time.ToDatetime().isoformat(timespec='seconds')}Z"


_NOBODY = LocalizedText(id="Tidak ada siapa pun di daftar.", en="Nobody is on the list.")
_NONE = LocalizedText(id="Tidak ada pesan.", en="There are no notices.")
_CARD = LocalizedText(id="kartu", en="card")
_SERVICE = LocalizedText(id="layanan", en="service")
_CALL = LocalizedText(id="telepon saja", en="call only")
_STATES = {
    "queued": LocalizedText(id="menunggu", en="queued"),
    "sending": LocalizedText(id="dikirim", en="sending"),
    "sent": LocalizedText(id="terkirim", en="sent"),
    "delivered": LocalizedText(id="sampai", en="delivered"),
    "failed": LocalizedText(id="gagal", en="failed"),
    "uncertain": LocalizedText(id="tidak pasti", en="uncertain"),
    "unreported": LocalizedText(id="terkirim, sampai tidaknya tidak diketahui", en="sent, delivery unknown"),
}
