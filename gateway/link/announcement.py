"""What a centre says of its own being away: believed for its signature, told apart from what somebody typed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from secrets import token_hex

from gateway.centre import Announcement, AnnouncementKind, AnswerInvalid, read_answer
from gateway.guidance import LocalizedText
from gateway.link.cause import LinkCause
from gateway.link.errors import AnnouncementRefused
from gateway.link.instant import Instant
from gateway.link.outage import AnnouncedBy, KnownAnnouncement
from gateway.trust import TrustAnchors

MAX_JWS_BYTES = 65_536


@dataclass(frozen=True)
class TypedAnnouncement:
    """What somebody read elsewhere and typed in."""

    kind: AnnouncementKind
    begins: datetime
    expected_return: datetime | None
    text: str
    entered_by: str


def signed_announcement(
    jws: bytes, anchors: TrustAnchors | None, by: AnnouncedBy, received: Instant, entered_by: str = ""
) -> KnownAnnouncement:
    """An announcement whose signature holds.

    Parameters
    ----------
    jws : bytes
    anchors : TrustAnchors or None
        Of the centre; None where none are configured.
    by : AnnouncedBy
    received : Instant
    entered_by : str, optional
        Who imported it.

    Raises
    ------
    AnnouncementRefused
        It is none, or not this office's centre's.
    """
    if anchors is None:
        raise AnnouncementRefused(
            "This gateway does not know its centre's signature, so nothing can be checked.",
            "Set `[centre] anchors`, or type the announcement in: it is kept as one that nobody signed.",
        )
    if len(jws) > MAX_JWS_BYTES:
        raise AnnouncementRefused("The file is too large for an announcement.", "Take the file that the centre gave.")
    try:
        answer = read_answer(jws.strip(), anchors)
    except AnswerInvalid as error:
        raise AnnouncementRefused(
            f"It is no announcement of this office's centre ({error}).", "Get it from the centre again."
        ) from error
    if not isinstance(answer, Announcement):
        raise AnnouncementRefused(
            "The centre signed it, but it is no announcement; receipts and statuses are imported elsewhere.",
            "Take the announcement's file.",
        )
    return KnownAnnouncement(
        key=f"{answer.centre_id}/{answer.announcement_id}",
        centre_id=answer.centre_id,
        kind=answer.kind,
        issued=answer.issued,
        begins=answer.begins,
        expected_return=answer.expected_return,
        words=answer.words,
        by=by,
        received=received,
        signed=True,
        entered_by=entered_by,
        jws=jws.strip(),
    )


def typed_announcement(typed: TypedAnnouncement, now: datetime, received: Instant) -> KnownAnnouncement:
    """What somebody typed, kept as what it is."""
    return KnownAnnouncement(
        key=f"typed/{token_hex(8)}",
        centre_id="",
        kind=typed.kind,
        issued=now,
        begins=typed.begins,
        expected_return=typed.expected_return,
        words=LocalizedText(id=typed.text, en=typed.text),
        by=AnnouncedBy.TYPED,
        received=received,
        signed=False,
        entered_by=typed.entered_by,
    )


def merged(known: Sequence[KnownAnnouncement], new: KnownAnnouncement) -> tuple[KnownAnnouncement, ...]:
    """Those known with one more.

    The same announcement again changes nothing, whichever way it comes; a later issue of it takes its place. A RETURN
    ends what was issued before it by the same centre, and whatever was typed; one that was typed ends typed ones alone,
    as nothing unsigned outweighs a signature. What is typed later takes the place of what was typed of the same kind.
    """
    same = next((each for each in known if each.key == new.key), None)
    if same is not None:
        if same.issued >= new.issued:
            return tuple(known)
        known = [each for each in known if each is not same]
    if new.kind is AnnouncementKind.RETURN:
        known = [replace(each, ended=True) if _is_ended_by(each, new) else each for each in known]
    elif any(each.kind is AnnouncementKind.RETURN and _is_ended_by(new, each) for each in known):
        new = replace(new, ended=True)  # it comes late: what ended it is known already
    elif not new.signed:
        known = [replace(each, ended=True) if _is_replaced_by(each, new) else each for each in known]
    return (*known, new)


def as_centre_says(
    known: Sequence[KnownAnnouncement], in_force: frozenset[str], centre_id: str, now: datetime
) -> tuple[KnownAnnouncement, ...]:
    """Those known, after the centre itself said which are in force.

    Parameters
    ----------
    known : sequence of KnownAnnouncement
    in_force : frozenset of str
        Their keys.
    centre_id : str
        Whose they are.
    now : datetime
        One that has yet to begin stays.
    """
    found = []
    for each in known:
        if each.signed and each.centre_id == centre_id:
            if each.key in in_force:
                each = replace(each, ended=False)
            elif each.begins <= now:
                each = replace(each, ended=True)
        found.append(each)
    return tuple(found)


def begun_ended(known: Sequence[KnownAnnouncement], now: datetime) -> tuple[KnownAnnouncement, ...]:
    """Those known, after the link has come back: what nobody signed, and had begun, is over."""
    return tuple(replace(each, ended=True) if not each.signed and each.begins <= now else each for each in known)


def in_force(known: Sequence[KnownAnnouncement], now: datetime) -> KnownAnnouncement | None:
    """What is announced of now: of signed ones the newest issue, else of the typed ones."""
    open_now = [
        each for each in known if not each.ended and each.kind is not AnnouncementKind.RETURN and each.begins <= now
    ]
    return max(open_now, key=lambda each: (each.signed, each.issued, each.received), default=None)


def announced_cause(found: LinkCause, announced: KnownAnnouncement | None) -> LinkCause:
    """The cause, where an announcement of the centre explains better what a look found at the centre's end.

    What was typed explains nothing by itself, and no announcement explains a cable that is out.
    """
    if announced is None or not announced.signed or found not in _EXPLAINED:
        return found
    maintenance = announced.kind is AnnouncementKind.MAINTENANCE
    return LinkCause.MAINTENANCE if maintenance else LinkCause.ANNOUNCED_OUTAGE


def _is_ended_by(each: KnownAnnouncement, back: KnownAnnouncement) -> bool:
    if each.signed:
        return back.signed and each.centre_id == back.centre_id and each.issued <= back.issued
    return each.issued <= back.issued if back.signed else each.received <= back.received


def _is_replaced_by(each: KnownAnnouncement, typed: KnownAnnouncement) -> bool:
    return not each.signed and each.kind is typed.kind and each.begins <= typed.issued


_EXPLAINED = frozenset(
    {
        LinkCause.REFUSED,
        LinkCause.CLOSED,
        LinkCause.TIMEOUT,
        LinkCause.CUT,
        LinkCause.GARBAGE,
        LinkCause.CENTRE_CERTIFICATE,
        LinkCause.UNKNOWN,
    }
)
