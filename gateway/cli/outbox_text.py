"""The outbox and the statuses as text for people and as JSON documents."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gateway.cli.documents import enum_word, localized
from gateway.cli.output import Output, in_words
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration
    from google.protobuf.message import Message
    from rekam.v1 import outbox_pb2


def screen_document(answer: "outbox_pb2.GetOutboxResponse") -> dict[str, Any]:
    """The whole screen."""
    from rekam.v1 import outbox_pb2 as pb

    forecast = answer.forecast
    return {
        "packets": {
            enum_word(each.state, "PACKET_STATE", pb.PacketState): {"count": each.packets, "bytes": each.bytes}
            for each in answer.depths
        },
        "backlog_bytes": answer.backlog_bytes,
        "held_bytes": answer.held_bytes,
        "limit_bytes": answer.limit_bytes or None,
        "oldest_s": seconds_of(answer, "oldest"),
        "forecast": {
            "earliest_s": seconds_of(forecast, "earliest"),
            "likely_s": seconds_of(forecast, "likely"),
            "latest_s": seconds_of(forecast, "latest"),
            "unknown": forecast.unknown.lower() or None,
            "from_return": forecast.from_return,
        },
        "quota": {
            "bytes_per_hour": answer.quota.per_hour or None,
            "bytes_per_day": answer.quota.per_day or None,
            "spent_hour": answer.quota.spent_hour,
            "spent_day": answer.quota.spent_day,
        },
        "has_way": answer.has_way,
        "reached": answer.reached,
        "problem": answer.problem or None,
        "next_call_s": seconds_of(answer, "next_call"),
        "carried_without_receipt": answer.carried_without_receipt,
        "goodput_bytes_per_s": answer.goodput if answer.HasField("goodput") else None,
        "incidents": [
            {
                "code": each.code.lower(),
                "packet_id": each.packet_id or None,
                "message": each.words.en,
                "message_id": each.words.id,
                "at": each.at.ToJsonString(),
            }
            for each in answer.incidents
        ],
    }


def packet_document(packet: "outbox_pb2.OutboxPacket") -> dict[str, Any]:
    """One packet."""
    from rekam.v1 import outbox_pb2 as pb

    return {
        "packet_id": packet.packet_id,
        "enrolment_id": packet.enrolment_id or None,
        "state": enum_word(packet.state, "PACKET_STATE", pb.PacketState),
        "size": packet.size,
        "acknowledged": packet.acknowledged,
        "sha256": packet.sha256,
        "chain_id": packet.chain_id,
        "sequence": packet.sequence,
        "age_s": seconds_of(packet, "age"),
        "attempts": packet.attempts,
        "refusals": packet.refusals,
        "next_try_s": seconds_of(packet, "next_try"),
        "reason": packet.reason or None,
        "words": packet.words or None,
        "receipts": [each.decode("ascii") for each in packet.receipts],
        "carried": _carried_document(packet.carried) if packet.HasField("carried") else None,
    }


def _carried_document(carried: "outbox_pb2.PacketCarried") -> dict[str, Any]:
    return {
        "bundle_id": carried.bundle_id,
        "volume": carried.volume,
        "at": carried.at.ToJsonString(),
        "medium": carried.medium or None,
        "receipt_outstanding": carried.receipt_outstanding,
    }


def standing_document(standing: "outbox_pb2.EnrolmentStanding") -> dict[str, Any]:
    """Where an enrolment stands."""
    from rekam.v1 import outbox_pb2 as pb

    return {
        "enrolment_id": standing.enrolment_id,
        "packet_id": standing.packet_id or None,
        "status": enum_word(standing.status, "ENROLMENT_STATUS", pb.EnrolmentStatus),
        "lasted_s": seconds_of(standing, "lasted"),
        "stuck": standing.stuck,
        "advice": {"id": standing.advice.id, "en": standing.advice.en},
        "conflicts": standing.conflicts,
        "since": transition_document(standing.since),
    }


def transition_document(word: "outbox_pb2.StatusTransition") -> dict[str, Any]:
    """One word on it."""
    from rekam.v1 import common_pb2
    from rekam.v1 import outbox_pb2 as pb

    return {
        "status": enum_word(word.status, "ENROLMENT_STATUS", pb.EnrolmentStatus),
        "source": enum_word(word.source, "STATUS_SOURCE", pb.StatusSource),
        "noted": word.noted.wall.ToJsonString(),
        "clock": enum_word(word.noted.quality, "CLOCK_QUALITY", common_pb2.ClockQuality),
        "at": word.at.ToJsonString() if word.HasField("at") else None,
        "sequence": word.sequence or None,
        "words": {"id": word.words.id, "en": word.words.en} if word.HasField("words") else None,
        "operator": word.operator or None,
    }


def tell_screen(answer: "outbox_pb2.GetOutboxResponse", output: Output) -> None:
    """The screen for people."""
    from rekam.v1 import outbox_pb2 as pb

    for each in answer.depths:
        name = in_words(STATES[enum_word(each.state, "PACKET_STATE", pb.PacketState)])
        output.say(f"{name:44} {each.packets:>7} {each.bytes / 1e6:>10,.1f} MB")
    if answer.HasField("oldest"):
        output.say(f"{in_words(_OLDEST)}: {lasted(answer.oldest)}")
    if answer.carried_without_receipt:
        output.say(f"{in_words(_CARRIED_WITHOUT_RECEIPT)}: {answer.carried_without_receipt}")
    output.say(_centre(answer))
    if answer.backlog_bytes:
        output.say(forecast_words(answer.forecast))
    quota = answer.quota
    for limit, spent, words in (
        (quota.per_hour, quota.spent_hour, _PER_HOUR),
        (quota.per_day, quota.spent_day, _PER_DAY),
    ):
        if limit:
            output.say(f"{in_words(words)}: {spent / 1e6:,.2f} / {limit / 1e6:,.2f} MB")
    if answer.limit_bytes:
        output.say(f"{in_words(_ROOM)}: {answer.held_bytes / 1e6:,.0f} / {answer.limit_bytes / 1e6:,.0f} MB")
    for incident in answer.incidents:
        output.note(f"! {in_words(localized(incident.words))}")


def tell_packets(packets: "Iterable[outbox_pb2.OutboxPacket]", output: Output) -> None:
    """A line for each packet."""
    from rekam.v1 import outbox_pb2 as pb

    for each in packets:
        name = in_words(STATES[enum_word(each.state, "PACKET_STATE", pb.PacketState)])
        share = f"{100 * each.acknowledged // max(1, each.size):>3} %"
        why = f"  {each.reason} {each.words}".rstrip()
        output.say(f"{each.packet_id:34} {each.size / 1e6:>7,.2f} MB {share}  {lasted(each.age):>9}  {name}{why}")
        if each.HasField("carried"):
            output.say(f"  {carried_words(each.carried)}")


def carried_words(carried: "outbox_pb2.PacketCarried") -> str:
    """When a packet left on which medium, and whether its receipt came back, in a sentence."""
    when: datetime = carried.at.ToDatetime(UTC).astimezone()
    words = in_words(_CARRIED).format(
        when=f"{when:%Y-%m-%d %H:%M %Z}",
        medium=carried.medium or in_words(_UNNAMED),
        bundle=carried.bundle_id,
        volume=carried.volume,
    )
    return f"{words} {in_words(_OUTSTANDING if carried.receipt_outstanding else _RECEIPT_CAME)}"


def forecast_words(forecast: "outbox_pb2.DrainForecast") -> str:
    """When nothing waits any more, in a sentence."""
    if forecast.unknown:
        return in_words(_UNKNOWN[forecast.unknown])
    begin = in_words(_FROM_RETURN if forecast.from_return else _FROM_NOW)
    if not forecast.HasField("latest"):
        return f"{begin}: {in_words(_AT_LEAST)} {lasted(forecast.earliest)}"
    return f"{begin}: {lasted(forecast.likely)} ({lasted(forecast.earliest)} – {lasted(forecast.latest)})"


def lasted(duration: "Duration") -> str:
    """A duration, in the unit that fits."""
    seconds = duration.ToNanoseconds() / 1e9
    for size, unit in ((86_400, _DAYS), (3_600, _HOURS), (60, _MINUTES)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:,.1f} {in_words(unit)}"
    return f"{seconds:,.0f} {in_words(_SECONDS)}"


def seconds_of(message: "Message", field: str) -> float | None:
    """A duration of a message in seconds; None where it is absent."""
    if not message.HasField(field):
        return None
    found: Duration = getattr(message, field)
    return found.ToNanoseconds() / 1e9


def _centre(answer: "outbox_pb2.GetOutboxResponse") -> str:
    if not answer.has_way:
        return in_words(_NO_WAY)
    if answer.reached:
        return in_words(_REACHED)
    again = f" {in_words(_AGAIN)} {lasted(answer.next_call)}." if answer.HasField("next_call") else ""
    return f"{in_words(_AWAY)} {answer.problem}".rstrip() + again


STATES = {
    "waiting": LocalizedText(id="Menunggu dikirim", en="Waiting to be sent"),
    "partial": LocalizedText(id="Sebagian terkirim", en="Sent in part, or without a receipt yet"),
    "received": LocalizedText(id="Diterima pusat, berkas masih disimpan", en="Received, file kept for its grace"),
    "erased": LocalizedText(id="Diterima pusat, berkas dihapus", en="Received, file erased"),
    "quarantined": LocalizedText(id="Dikarantina: perlu diperiksa orang", en="In quarantine: needs a person"),
    "released": LocalizedText(id="Tidak dikirim dari sini", en="Does not leave from here"),
    "missing": LocalizedText(id="Berkas hilang tanpa tanda terima", en="File gone without a receipt"),
}
"""Names of the states of packets."""
_CARRIED = LocalizedText(
    id="Dibawa dengan {medium} pada {when} (bundel {bundle}, volume {volume});",
    en="Carried on {medium}, {when} (bundle {bundle}, volume {volume});",
)
_UNNAMED = LocalizedText(id="media tanpa nama", en="a medium without a name")
_OUTSTANDING = LocalizedText(id="tanda terima belum kembali.", en="no receipt has come back yet.")
_RECEIPT_CAME = LocalizedText(id="tanda terima sudah ada.", en="its receipt is here.")
_CARRIED_WITHOUT_RECEIPT = LocalizedText(
    id="Sudah dibawa dengan media, tanda terima belum kembali", en="Carried on a medium, no receipt back yet"
)
_OLDEST = LocalizedText(id="Yang tertua menunggu", en="The oldest has waited")
_NO_WAY = LocalizedText(
    id="Jalur ke pusat belum diatur; paket menunggu dengan aman.",
    en="No way to the centre is set up; packets wait safely.",
)
_REACHED = LocalizedText(id="Pusat terjangkau.", en="The centre is reached.")
_AWAY = LocalizedText(id="Pusat tidak terjangkau:", en="The centre is not reached:")
_AGAIN = LocalizedText(id="Dicoba lagi dalam", en="Called again in")
_FROM_NOW = LocalizedText(id="Perkiraan habis terkirim dalam", en="All will have left in about")
_FROM_RETURN = LocalizedText(
    id="Perkiraan habis terkirim, dihitung sejak pusat terjangkau lagi", en="Once the centre is back, all will leave in"
)
_AT_LEAST = LocalizedText(id="paling cepat", en="at the earliest")
_UNKNOWN = {
    "TOO_LITTLE_MEASURED": LocalizedText(
        id="Kapan habis terkirim belum dapat diperkirakan: baru sedikit yang terukur.",
        en="When all will have left cannot be told yet: too little was measured.",
    ),
    "NEVER_AT_THIS_RATE": LocalizedText(
        id="Dengan laju sekarang tidak akan habis: yang masuk lebih banyak daripada yang terkirim.",
        en="At this rate it will never be gone: more comes in than leaves.",
    ),
}
_PER_HOUR = LocalizedText(id="Kuota sejam terakhir", en="Quota of the last hour")
_PER_DAY = LocalizedText(id="Kuota sehari terakhir", en="Quota of the last day")
_ROOM = LocalizedText(id="Ruang paket", en="Room for packets")
_DAYS = LocalizedText(id="hari", en="days")
_HOURS = LocalizedText(id="jam", en="hours")
_MINUTES = LocalizedText(id="menit", en="minutes")
_SECONDS = LocalizedText(id="detik", en="seconds")
