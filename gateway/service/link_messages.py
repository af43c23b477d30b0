"""Between the link's values and the API's messages."""

from datetime import datetime
from enum import StrEnum

from rekam.v1 import link_pb2 as pb

from gateway.centre import AnnouncementKind
from gateway.link import (
    SIDES,
    AnnouncedBy,
    KnownAnnouncement,
    LinkCause,
    LinkLedger,
    LinkView,
    Look,
    MonthAvailability,
    Outage,
    Waiting,
    WallTime,
    cause_words,
)
from gateway.service import convert
from gateway.trust import SignedTime


def link(
    view: LinkView, ledger: LinkLedger, centre: str, now: SignedTime, observed_s: float = 0.0, *, over_hub: bool = False
) -> pb.Link:
    """How the link does.

    Parameters
    ----------
    view : LinkView
    ledger : LinkLedger
        That knows the wall times.
    centre : str
        Its address.
    now : SignedTime
    observed_s : float
        Of the outage that goes on.
    over_hub : bool
        Whether that address is a hub's.
    """
    judgement = view.judgement
    message = pb.Link(
        state=_name(view.state, "LINK_STATE"),
        since=convert.duration(max(0.0, now.since_boot_s - judgement.since_s)),
        centre=centre,
        weaknesses=[_name(each, "LINK_WEAKNESS") for each in judgement.weaknesses],
        over_hub=over_hub,
        problem=problem(view.cause, over_hub=over_hub) if view.cause is not None else None,
        loss=judgement.loss,
        goodput=judgement.goodput,
        outage=outage(view.outage, ledger, now, observed_s, over_hub=over_hub) if view.outage is not None else None,
        announced=announcement(view.announced, ledger) if view.announced is not None else None,
        announcements=[announcement(each, ledger) for each in view.announcements],
        findings=findings(view.look, over_hub=over_hub) if view.look is not None else [],
    )
    if judgement.round_trip_s is not None:
        message.round_trip.CopyFrom(convert.duration(judgement.round_trip_s))
    return message


def problem(cause: LinkCause, *, over_hub: bool) -> pb.LinkProblem:
    """A cause, whose it is, and what to do."""
    return pb.LinkProblem(
        cause=_name(cause, "LINK_CAUSE"),
        side=_name(SIDES[cause], "LINK_SIDE"),
        words=convert.localized(cause_words(cause, over_hub=over_hub)),
    )


def outage(value: Outage, ledger: LinkLedger, now: SignedTime, observed_s: float, *, over_hub: bool) -> pb.Outage:
    """One outage."""
    end = value.ended or ledger.instant(now)
    message = pb.Outage(
        outage_id=value.outage_id,
        since=wall_time(ledger.wall_time(value.since)),
        noticed=wall_time(ledger.wall_time(value.noticed)),
        noticed_by=value.noticed_by.value,
        problem=problem(value.cause, over_hub=over_hub),
        ended_by=value.ended_by.value if value.ended_by is not None else "",
        duration=convert.duration(ledger.duration_s(value.since, end)),
        observed=convert.duration(observed_s),
        captures=value.done.captures,
        enrolments=value.done.enrolments,
    )
    if value.ended is not None:
        message.ended.CopyFrom(wall_time(ledger.wall_time(value.ended)))
    return message


def announcement(value: KnownAnnouncement, ledger: LinkLedger) -> pb.LinkAnnouncement:
    """One announcement, and what speaks for it."""
    message = pb.LinkAnnouncement(
        key=value.key,
        kind=_name(value.kind, "ANNOUNCEMENT_KIND"),
        signed=value.signed,
        source=_SOURCES[value.by],
        entered_by=value.entered_by,
        centre_id=value.centre_id,
        issued=convert.timestamp(value.issued),
        begins=convert.timestamp(value.begins),
        words=convert.localized(value.words),
        received=wall_time(ledger.wall_time(value.received)),
    )
    if value.expected_return is not None:
        message.expected_return.CopyFrom(convert.timestamp(value.expected_return))
    return message


def announcement_kind(number: int) -> AnnouncementKind:
    """What is announced."""
    return convert.enum_value(number, "ANNOUNCEMENT_KIND", pb.AnnouncementKind, AnnouncementKind)


def wall_time(value: WallTime) -> pb.WallTime:
    """A time, and how far it can be believed."""
    message = pb.WallTime(wall=convert.timestamp(value.wall), quality=convert.clock_quality(value.quality))
    if value.uncertainty_s is not None:
        message.uncertainty.CopyFrom(convert.duration(value.uncertainty_s))
    return message


def backlog(value: Waiting) -> pb.LinkBacklog:
    """What waits."""
    message = pb.LinkBacklog(count=value.count, bytes=value.bytes)
    if value.oldest is not None:
        message.oldest.CopyFrom(convert.timestamp(value.oldest))
    return message


def month(value: MonthAvailability) -> pb.MonthAvailability:
    """One month."""
    return pb.MonthAvailability(
        year=value.year,
        month=value.month,
        length=convert.duration(value.length_s),
        observed=convert.duration(value.observed_s),
        up=convert.duration(value.up_s),
        degraded=convert.duration(value.degraded_s),
        doubtful=convert.duration(value.doubtful_s),
        outages=value.outages,
        availability=value.availability,
        observed_share=value.observed,
    )


def findings(look: Look, *, over_hub: bool = False) -> list[pb.LinkFinding]:
    """What each probe of a look saw; over a hub first whether that was reached, then whether it hears the centre."""
    found: list[pb.LinkFinding] = []

    def tell(probe: str, ok: bool, code: str, detail: str, took_s: float | None = None) -> None:
        finding = pb.LinkFinding(probe=probe, ok=ok, code=code, detail=detail)
        if took_s is not None:
            finding.took.CopyFrom(convert.duration(took_s))
        found.append(finding)

    if (centre := look.centre) is not None:
        code = "silent" if centre.silent else str(centre.condition or centre.cause or "")
        if over_hub and centre.condition is None:
            tell("hub", False, code, centre.detail)
        elif over_hub:
            tell("hub", True, "reached", "", centre.round_trip_s)
        if centre.silent:
            tell("centre", False, code, "the hub has no heartbeat of it")
        elif centre.reached or not over_hub:
            took_s = None if over_hub else centre.round_trip_s
            tell("centre", centre.reached, code, centre.detail, took_s)
    if (route := look.route) is not None:
        lacking = [
            name
            for name, known in (
                ("carrier", route.carrier),
                ("default route", route.default_route),
                ("route", route.reaches),
            )
            if known is False
        ]
        tell("route", not lacking, "missing" if lacking else "present", ", ".join(f"no {each}" for each in lacking))
    if (name := look.name) is not None:
        fault = name.fault
        tell("name", fault is None, fault.value if fault else "resolved", ", ".join(name.addresses), name.took_s)
    if (connect := look.connect) is not None:
        ok = connect.outcome.value == "connected"
        tell("connect", ok, connect.outcome.value, f"{connect.address} {connect.detail}".strip(), connect.took_s)
    if (tls := look.tls) is not None:
        tell("tls", tls.outcome.value == "genuine", tls.outcome.value, _certificate(look) or tls.detail, tls.took_s)
    if (own := look.own_certificate) is not None:
        until = f"until {_day(own.not_after)}" if own.not_after is not None else own.problem
        tell("own_certificate", not (own.expired or own.problem), "expired" if own.expired else "read", until)
    return found


def _name(value: StrEnum, prefix: str) -> str:
    """The API's name of a member of ours: both are called the same."""
    return f"{prefix}_{value.name}"


def _certificate(look: Look) -> str:
    seen = look.tls.certificate if look.tls is not None else None
    if seen is None:
        return ""
    names = ", ".join(seen.names) or seen.subject
    return f"{names}, by {seen.issuer}, {_day(seen.not_before)} to {_day(seen.not_after)}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


_SOURCES = {
    AnnouncedBy.LINK: pb.ANNOUNCEMENT_SOURCE_LINK,
    AnnouncedBy.FILE: pb.ANNOUNCEMENT_SOURCE_FILE,
    AnnouncedBy.TYPED: pb.ANNOUNCEMENT_SOURCE_TYPED,
}
