"""The link as people read it, in Indonesian and English, and as programs do."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gateway.cli.documents import enum_word, localized
from gateway.cli.output import in_words
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp
    from rekam.v1 import link_pb2

__all__ = [
    "announcement_document",
    "announcement_line",
    "backlog_document",
    "in_one_line",
    "is_up",
    "link_document",
    "localized",
    "month_document",
    "month_line",
    "outage_document",
    "outage_line",
    "screen",
]

NO_OUTAGE = LocalizedText(id="Belum ada gangguan yang tercatat.", en="No outage is recorded.")
MORE = LocalizedText(id="Masih ada yang lebih lama (--limit).", en="There are older ones (--limit).")

_STATES = {
    "not_configured": LocalizedText(
        id="TANPA PUSAT: tidak ada pusat yang ditetapkan (`[centre] url`); rekaman menunggu di sini",
        en="NO CENTRE: none is configured (`[centre] url`); what is recorded waits here",
    ),
    "unknown": LocalizedText(id="BELUM DIKETAHUI: pusat sedang diperiksa", en="NOT KNOWN YET: looking for the centre"),
    "online": LocalizedText(id="TERSAMBUNG", en="ONLINE"),
    "degraded": LocalizedText(id="TERSAMBUNG, TETAPI LEMAH", en="DEGRADED"),
    "offline": LocalizedText(
        id="TERPUTUS: perekaman tetap berjalan, tidak ada yang hilang",
        en="OFFLINE: recording goes on, nothing is lost",
    ),
    "recovering": LocalizedText(id="MULAI TERSAMBUNG LAGI", en="RECOVERING"),
}
_WEAKNESSES = {
    "lossy": LocalizedText(id="sering putus", en="breaks off often"),
    "slow": LocalizedText(id="lambat", en="slow"),
    "busy": LocalizedText(id="pusat sibuk", en="the centre is busy"),
    "silent": LocalizedText(id="hub terjangkau, pusat diam", en="the hub is reached, the centre is silent"),
}
_SIDES = {
    "ours": LocalizedText(id="di kantor ini", en="at this office"),
    "theirs": LocalizedText(id="di pusat", en="at the centre"),
    "unknown": LocalizedText(id="letaknya belum diketahui", en="where is not known"),
}
_KINDS = {
    "outage": LocalizedText(id="Gangguan diumumkan", en="Outage announced"),
    "maintenance": LocalizedText(id="Pemeliharaan diumumkan", en="Maintenance announced"),
    "return": LocalizedText(id="Pusat kembali, diumumkan", en="Return announced"),
}
_SOURCES = {
    "link": LocalizedText(id="lewat jaringan", en="over the link"),
    "file": LocalizedText(id="dari berkas, oleh {name}", en="from a file, by {name}"),
    "typed": LocalizedText(id="diketik oleh {name}", en="typed by {name}"),
}
_SIGNED = LocalizedText(id="bertanda tangan pusat", en="signed by the centre")
_UNSIGNED = LocalizedText(id="TANPA TANDA TANGAN", en="NOT SIGNED")
_UNKNOWN_RETURN = LocalizedText(id="belum diketahui", en="not known")


def is_up(link: "link_pb2.Link") -> bool:
    """Whether packets can leave, or need not: without a centre none are due to."""
    return _state(link) in ("online", "degraded", "not_configured", "unknown")


def screen(answer: "link_pb2.GetLinkResponse") -> list[str]:
    """All that a person at the desk asks, on one screen."""
    link = answer.link
    lines = [in_one_line(link)]
    if link.HasField("problem"):
        lines.append(f"  {in_words(localized(link.problem.words))}")
    if link.HasField("outage"):
        lines += _outage_lines(link)
    lines += [f"  {announcement_line(each)}" for each in link.announcements]
    if answer.HasField("waiting"):
        lines.append(f"  {_pair('Menunggu dikirim', 'Waiting to be sent')}: {_amount(answer.waiting)}")
    figures = _figures(link)
    if figures:
        lines.append(f"  {figures}")
    lines += [f"  {'✓' if each.ok else '✗'} {each.probe}: {each.code} {each.detail}".rstrip() for each in link.findings]
    return lines


def in_one_line(link: "link_pb2.Link") -> str:
    """State, weaknesses, and the side that fails."""
    state = _state(link)
    said = in_words(_STATES[state])
    from rekam.v1 import link_pb2

    weak = [in_words(_WEAKNESSES[enum_word(each, "LINK_WEAKNESS", link_pb2.LinkWeakness)]) for each in link.weaknesses]
    said += f" ({', '.join(weak)})" if weak else ""
    if link.centre:
        said += f"  {link.centre}"
    if state == "offline" and link.over_hub:
        said += f"  {_pair('hub tidak terjangkau', 'the hub is not reached')}"
    if state == "offline" and link.HasField("problem"):
        side = enum_word(link.problem.side, "LINK_SIDE", link_pb2.LinkSide)
        said += f"  [{in_words(_SIDES[side])}]"
    return said


def outage_line(outage: "link_pb2.Outage") -> str:
    """An outage among others."""
    doubt = "" if outage.since.HasField("uncertainty") else "?"
    end = _local(outage.ended.wall) if outage.HasField("ended") else _pair("berlangsung", "goes on")
    unseen = outage.duration.ToSeconds() - outage.observed.ToSeconds()
    gap = f", {_length(unseen)} {_pair('tidak teramati', 'not observed')}" if unseen > 120 else ""
    done = _done(outage)
    return (
        f"{_local(outage.since.wall)}{doubt} – {end}  {_length(outage.duration.ToSeconds())}{gap}  "
        f"{in_words(localized(outage.problem.words))}  ({done})"
    )


def announcement_line(announcement: "link_pb2.LinkAnnouncement") -> str:
    """What was announced, and what speaks for it."""
    from rekam.v1 import link_pb2

    kind = enum_word(announcement.kind, "ANNOUNCEMENT_KIND", link_pb2.AnnouncementKind)
    source = enum_word(announcement.source, "ANNOUNCEMENT_SOURCE", link_pb2.AnnouncementSource)
    came = in_words(_SOURCES[source]).format(name=announcement.entered_by or "?")
    proof = in_words(_SIGNED if announcement.signed else _UNSIGNED)
    said = f"{in_words(_KINDS[kind])} {_pair('mulai', 'from')} {_local(announcement.begins)}"
    if kind != "return":
        known = announcement.HasField("expected_return")
        back = _local(announcement.expected_return) if known else in_words(_UNKNOWN_RETURN)
        said += f", {_pair('diperkirakan kembali', 'expected back')} {back}"
    words = in_words(localized(announcement.words))
    return f"{said} [{proof}, {came}]" + (f": {words}" if words else "")


def month_line(month: "link_pb2.MonthAvailability") -> str:
    """One month."""
    share = f"{100 * month.availability:6.2f} %" if month.HasField("availability") else "     –  "
    return (
        f"{month.year}-{month.month:02}  {_pair('tersedia', 'available')} {share}  "
        f"{_pair('teramati', 'observed')} {100 * month.observed_share:5.1f} %  "
        f"{month.outages} {_pair('gangguan', 'outages')}"
    )


def link_document(link: "link_pb2.Link") -> dict[str, Any]:
    """How the link does."""
    from rekam.v1 import link_pb2

    return {
        "state": _state(link),
        "since_s": link.since.ToSeconds(),
        "centre": link.centre or None,
        "over_hub": link.over_hub,
        "weaknesses": [enum_word(each, "LINK_WEAKNESS", link_pb2.LinkWeakness) for each in link.weaknesses],
        "problem": _problem_document(link.problem) if link.HasField("problem") else None,
        "round_trip_ms": link.round_trip.ToMilliseconds() if link.HasField("round_trip") else None,
        "loss": link.loss if link.HasField("loss") else None,
        "goodput_bytes_per_s": link.goodput if link.HasField("goodput") else None,
        "outage": outage_document(link.outage) if link.HasField("outage") else None,
        "announced": announcement_document(link.announced) if link.HasField("announced") else None,
        "announcements": [announcement_document(each) for each in link.announcements],
        "findings": [
            {"probe": each.probe, "ok": each.ok, "code": each.code, "detail": each.detail} for each in link.findings
        ],
    }


def outage_document(outage: "link_pb2.Outage") -> dict[str, Any]:
    """One outage."""
    return {
        "outage_id": outage.outage_id,
        "since": _time_document(outage.since),
        "noticed": _time_document(outage.noticed),
        "noticed_by": outage.noticed_by,
        "problem": _problem_document(outage.problem),
        "ended": _time_document(outage.ended) if outage.HasField("ended") else None,
        "ended_by": outage.ended_by or None,
        "duration_s": outage.duration.ToSeconds(),
        "observed_s": outage.observed.ToSeconds(),
        "captures": outage.captures,
        "enrolments": outage.enrolments,
    }


def announcement_document(announcement: "link_pb2.LinkAnnouncement") -> dict[str, Any]:
    """One announcement."""
    from rekam.v1 import link_pb2

    back = announcement.expected_return.ToJsonString() if announcement.HasField("expected_return") else None
    return {
        "key": announcement.key,
        "kind": enum_word(announcement.kind, "ANNOUNCEMENT_KIND", link_pb2.AnnouncementKind),
        "signed": announcement.signed,
        "source": enum_word(announcement.source, "ANNOUNCEMENT_SOURCE", link_pb2.AnnouncementSource),
        "entered_by": announcement.entered_by or None,
        "centre_id": announcement.centre_id or None,
        "issued": announcement.issued.ToJsonString(),
        "begins": announcement.begins.ToJsonString(),
        "expected_return": back,
        "words": {"id": announcement.words.id, "en": announcement.words.en},
    }


def month_document(month: "link_pb2.MonthAvailability") -> dict[str, Any]:
    """One month."""
    return {
        "month": f"{month.year}-{month.month:02}",
        "length_s": month.length.ToSeconds(),
        "observed_s": month.observed.ToSeconds(),
        "up_s": month.up.ToSeconds(),
        "degraded_s": month.degraded.ToSeconds(),
        "doubtful_s": month.doubtful.ToSeconds(),
        "outages": month.outages,
        "availability": month.availability if month.HasField("availability") else None,
        "observed_share": month.observed_share,
    }


def backlog_document(waiting: "link_pb2.LinkBacklog") -> dict[str, Any]:
    """What waits."""
    oldest = waiting.oldest.ToJsonString() if waiting.HasField("oldest") else None
    return {"count": waiting.count, "bytes": waiting.bytes, "oldest": oldest}


def _outage_lines(link: "link_pb2.Link") -> list[str]:
    outage = link.outage
    doubt = "" if outage.since.HasField("uncertainty") else "?"
    lines = [f"  {_pair('Sejak', 'Since')} {_local(outage.since.wall)}{doubt} ({_length(outage.duration.ToSeconds())})"]
    back = link.announced if link.HasField("announced") else None
    known = back is not None and back.HasField("expected_return")
    expected = in_words(_UNKNOWN_RETURN)
    if back is not None and known:
        passed = back.expected_return.ToDatetime(UTC) < datetime.now(UTC)
        late = f", {_pair('sudah lewat', 'which has passed')}" if passed else ""
        expected = f"{_local(back.expected_return)}{late} ({in_words(_SIGNED if back.signed else _UNSIGNED)})"
    lines.append(f"  {_pair('Diperkirakan kembali', 'Expected back')}: {expected}")
    lines.append(f"  {_pair('Sementara itu', 'Meanwhile')}: {_done(outage)}")
    return lines


def _done(outage: "link_pb2.Outage") -> str:
    sealed = f"{outage.enrolments} {_pair('perekaman disegel', 'enrolments sealed')}"
    return f"{sealed}, {outage.captures} {_pair('rekaman jari dan mata', 'captures')}"


def _figures(link: "link_pb2.Link") -> str:
    found = []
    if link.HasField("round_trip"):
        found.append(f"{link.round_trip.ToMilliseconds()} ms")
    if link.HasField("loss") and link.loss:
        found.append(f"{100 * link.loss:.0f} % {_pair('gagal', 'lost')}")
    if link.HasField("goodput"):
        found.append(f"{link.goodput / 1000:,.1f} kB/s")
    return ", ".join(found)


def _amount(waiting: "link_pb2.LinkBacklog") -> str:
    said = f"{waiting.count} ({waiting.bytes / 1e6:,.1f} MB)"
    return f"{said}, {_pair('tertua', 'oldest')} {_local(waiting.oldest)}" if waiting.HasField("oldest") else said


def _problem_document(problem: "link_pb2.LinkProblem") -> dict[str, Any]:
    from rekam.v1 import link_pb2

    return {
        "cause": enum_word(problem.cause, "LINK_CAUSE", link_pb2.LinkCause),
        "side": enum_word(problem.side, "LINK_SIDE", link_pb2.LinkSide),
        "words": {"id": problem.words.id, "en": problem.words.en},
    }


def _time_document(time: "link_pb2.WallTime") -> dict[str, Any]:
    from rekam.v1 import common_pb2

    uncertainty_s = time.uncertainty.ToMilliseconds() / 1000 if time.HasField("uncertainty") else None
    quality = enum_word(time.quality, "CLOCK_QUALITY", common_pb2.ClockQuality)
    return {"wall": time.wall.ToJsonString(), "quality": quality, "uncertainty_s": uncertainty_s}


def _state(link: "link_pb2.Link") -> str:
    from rekam.v1 import link_pb2

    return enum_word(link.state, "LINK_STATE", link_pb2.LinkState)


def _pair(indonesian: str, english: str) -> str:
    return in_words(LocalizedText(id=indonesian, en=english))


def _local(moment: "Timestamp") -> str:
    """By the zone of this machine, as the clock on the wall shows."""
    when: datetime = moment.ToDatetime(UTC).astimezone()
    return f"{when:%Y-%m-%d %H:%M %Z}"


def _length(seconds: float) -> str:
    minutes = int(seconds) // 60
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} {_pair('hari', 'd')} {hours} {_pair('jam', 'h')}"
    return f"{hours} {_pair('jam', 'h')} {minutes % 60} {_pair('menit', 'min')}"
