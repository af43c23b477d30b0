"""The way of one person through an enrolment, step by step, whoever brings the parts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gateway.cli.documents import enum_word, localized
from gateway.cli.enrol_session import SEAL_S, EnrolmentSession
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.live_view import capture_view
from gateway.cli.output import Output, in_words
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import capture_pb2, enrolment_pb2

SEAL_TRIES = 3
"""Another front end may change the enrolment in between."""
SLAP, PORTRAIT, SIGNATURE = "slap", "portrait", "signature"
DUPLICATES = "duplicates"
"""In the place of a part's key, where duplicates are approved."""


@dataclass(frozen=True)
class Capture:
    """Capture the part now; with that device, or the first that is free."""

    device_id: str = ""


@dataclass(frozen=True)
class Image:
    """The portrait, or the signature with its strokes of (x, y, ms, pressure)."""

    content: bytes
    strokes: tuple[tuple[tuple[float, float, float, float], ...], ...] = ()


@dataclass(frozen=True)
class Missing:
    """The part is missing; `reason` as `amputated`, and the supervisor who approves it, if one is there."""

    reason: str
    approver: str = ""
    photo: bytes = b""
    """It shows it, a JPEG or PNG; empty for none."""
    finger: str = ""
    """Of a slap the one that is missing, where it is not all of it."""


@dataclass(frozen=True)
class Approve:
    """A supervisor approves what stands at the part."""

    supervisor: str


@dataclass(frozen=True)
class Retake:
    """The latest capture of the part no longer counts, and is made again."""

    part: str


@dataclass(frozen=True)
class Pause:
    """Put it aside; it goes on with `--resume`."""

    reason: str


@dataclass(frozen=True)
class Leave:
    """It cannot go on here; it stays open."""

    status: ExitStatus
    reason: str
    words: LocalizedText


@dataclass(frozen=True)
class Abandon:
    """Give it up and erase its data."""

    reason: str


Deed = Capture | Image | Missing | Approve | Retake | Pause | Leave | Abandon


class Attendant(Protocol):
    """Who brings the parts of the person and answers for what is missing."""

    def bring(
        self, session: EnrolmentSession, part: "enrolment_pb2.EnrolmentPart", ended: "capture_pb2.Capture | None"
    ) -> Deed:
        """What to do about the part that is next; `ended` is a capture of it that just gave nothing, if one did."""
        ...

    def takes_slaps(self, session: EnrolmentSession) -> bool:
        """Whether several fingers can be captured at once just now."""
        ...

    def decide(self, session: EnrolmentSession, lack: "enrolment_pb2.Lack") -> Deed:
        """What to do about something that no capture of a next part mends."""
        ...

    def refused(self, session: EnrolmentSession, failure: CommandFailure) -> bool:
        """A deed was refused, and why; False where that ends the command."""
        ...


class EnrolmentEnded(Exception):
    """The enrolment is left without a packet.

    Parameters
    ----------
    failure : CommandFailure
    """

    def __init__(self, failure: CommandFailure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def complete(session: EnrolmentSession, attendant: Attendant, output: Output, timeout_s: float | None) -> None:
    """Bring the enrolment to where nothing stands between it and its seal.

    Raises
    ------
    EnrolmentEnded
        It was put aside, given up, or cannot go on.
    CommandFailure
    """
    ended: capture_pb2.Capture | None = None
    while True:
        part = next_part(session, attendant)
        lack = None if part is not None else next(iter(session.enrolment.lacks), None)
        if part is not None:
            deed = attendant.bring(session, part, ended)
            key = part.key
        elif lack is not None:
            deed = attendant.decide(session, lack)
            key = lack.part
        else:
            return
        try:
            ended = _done(session, key, deed, output, timeout_s)
        except CommandFailure as failure:
            ended = None
            if failure.reason != "VERSION_CONFLICT" and not attendant.refused(session, failure):
                raise


def next_part(session: EnrolmentSession, attendant: Attendant) -> "enrolment_pb2.EnrolmentPart | None":
    """The part to be captured next.

    Where the gateway proposes a slap, and a scanner takes slaps, it is captured until its tries are used up; fingers
    that it did not show then, and all of them where nothing takes slaps, are captured one by one.
    """
    part = session.part(session.enrolment.next_part)
    if part is None or _kind(part.kind) != SLAP:
        return part
    most_tries = session.profile.most_tries
    slaps = attendant.takes_slaps(session)
    if slaps and (not most_tries or len(part.tries) < most_tries):
        return part
    of_slap = session.profile_part(part.key).units
    shown = _shown_by_slaps(session)
    for step in session.profile.steps:
        choices = [choice.parts for choice in step.alternatives]
        if not any(part.key in choice for choice in choices):
            continue
        for key in (key for choice in choices for key in choice):
            single = session.part(key)
            if single is None or _kind(single.kind) == SLAP or key in shown or (slaps and key not in of_slap):
                continue
            if _is_open(single):
                return single
    return part


def _shown_by_slaps(session: EnrolmentSession) -> set[str]:
    """Fingers that slaps gave, each slap done or tried as often as may be."""
    from rekam.v1 import enrolment_pb2

    shown: set[str] = set()
    for part in session.enrolment.parts:
        tried = session.profile.most_tries and len(part.tries) >= session.profile.most_tries
        if _kind(part.kind) == SLAP and (tried or part.status == enrolment_pb2.ENROLMENT_PART_STATUS_DONE):
            shown.update(unit for each in part.tries if each.kept for unit in each.scores)
    return shown


def _is_open(part: "enrolment_pb2.EnrolmentPart") -> bool:
    from rekam.v1 import enrolment_pb2

    status = enum_word(part.status, "ENROLMENT_PART_STATUS", enrolment_pb2.EnrolmentPartStatus)
    return status in ("open", "below_threshold", "not_needed") and not any(each.passed for each in part.tries)


def seal(
    session: EnrolmentSession, attendant: Attendant, output: Output, timeout_s: float | None, approver: str
) -> None:
    """Search for the person among those recorded before, say what was found, and seal.

    Parameters
    ----------
    approver : str
        A supervisor who approves duplicates; empty: whoever the attendant asks.

    Raises
    ------
    EnrolmentEnded, CommandFailure
    """
    check_duplicates(session, output)
    approve_duplicates(session, approver)
    for tries_left in reversed(range(SEAL_TRIES)):
        complete(session, attendant, output, timeout_s)
        try:
            session.change("SealEnrolment", SEAL_S)
        except CommandFailure as failure:
            if failure.reason != "VERSION_CONFLICT" or not tries_left:
                raise
        else:
            return


def approve_duplicates(session: EnrolmentSession, approver: str) -> None:
    """Approve who was found, or that nobody could be compared, where a supervisor was named for it and has not yet."""
    duplicates = session.enrolment.duplicates
    found = bool(duplicates.hits) or duplicates.HasField("not_checked")
    if approver and found and not duplicates.approved_by:
        session.change("ApprovePart", part=DUPLICATES, supervisor=approver)


def check_duplicates(session: EnrolmentSession, output: Output) -> None:
    """Search, if the profile asks for it; a search that cannot be made is told, and stops only where it must."""
    from rekam.v1 import enrolment_pb2

    if session.profile.duplicates == enrolment_pb2.DUPLICATE_RULE_NONE:
        return
    try:
        session.change("CheckDuplicate")
    except CommandFailure as failure:
        if failure.reason != "DUPLICATES_UNAVAILABLE":
            raise
        output.note(f"rekam: {in_words(failure.words)}")
        return
    duplicates = session.enrolment.duplicates
    if duplicates.HasField("not_checked"):
        output.note(f"rekam: {in_words(localized(duplicates.not_checked))}")
    if duplicates.hits:
        from gateway.cli.enrol_text import duplicate_warning

        duplicate_warning(duplicates, output)


def _done(
    session: EnrolmentSession, key: str, deed: Deed, output: Output, timeout_s: float | None
) -> "capture_pb2.Capture | None":
    """Do it; gives a capture that recorded nothing."""
    match deed:
        case Capture(device_id):
            return _captured(session, key, device_id, output, timeout_s)
        case Image(content, strokes):
            _add_image(session, key, content, strokes)
        case Missing():
            _except(session, deed.finger or key, deed)
        case Approve(supervisor):
            session.change("ApprovePart", part=key, supervisor=supervisor)
        case Retake(part):
            _remove_latest(session, part)
        case Pause(reason):
            session.change("PauseEnrolment", reason=reason)
            raise EnrolmentEnded(_put_aside(session.enrolment_id))
        case Abandon(reason):
            session.change("AbandonEnrolment", reason=reason)
            raise EnrolmentEnded(CommandFailure(ExitStatus.OUTCOME, "ENROLMENT_ABANDONED", _ABANDONED))
        case Leave(status, reason, words):
            raise EnrolmentEnded(CommandFailure(status, reason, words))
    return None


def _captured(
    session: EnrolmentSession, key: str, device_id: str, output: Output, timeout_s: float | None
) -> "capture_pb2.Capture | None":
    from gateway.cli import words
    from gateway.cli.enrol_text import tell_capture

    part = session.part(key)
    assert part is not None
    view = capture_view(output, words.subject(part), timeout_s)
    ended = session.capture(part, device_id, timeout_s, view)
    tell_capture(session, key, ended, output)
    return ended if not ended.parts else None


def _add_image(
    session: EnrolmentSession,
    key: str,
    content: bytes,
    strokes: tuple[tuple[tuple[float, float, float, float], ...], ...],
) -> None:
    from rekam.v1 import enrolment_pb2

    if key == PORTRAIT:
        session.change("AddPortrait", image=content)
        return
    drawn = [
        enrolment_pb2.Stroke(
            points=[enrolment_pb2.StrokePoint(x=x, y=y, elapsed_ms=t, pressure=p) for x, y, t, p in stroke]
        )
        for stroke in strokes
    ]
    session.change("AddSignature", image=content, strokes=drawn)


def _except(session: EnrolmentSession, key: str, missing: Missing) -> None:
    from rekam.v1 import capture_pb2

    number = capture_pb2.MissingReason.Value(f"MISSING_REASON_{missing.reason.upper()}")
    session.change("AddException", part=key, reason=number, approver=missing.approver, photo=missing.photo)


def _remove_latest(session: EnrolmentSession, key: str) -> None:
    part = session.part(key)
    if part is None or not part.tries:
        # A finger whose slap is meant.
        holding = [each.key for each in session.profile.parts if key in each.units]
        part = next((each for each in map(session.part, holding) if each is not None and each.tries), None)
    if part is not None:
        session.change("RemoveCapture", capture_id=part.tries[-1].capture_id, reason="retake")


def _kind(number: int) -> str:
    from rekam.v1 import enrolment_pb2

    return enum_word(number, "ENROLMENT_PART_KIND", enrolment_pb2.EnrolmentPartKind)


def _put_aside(enrolment_id: str) -> CommandFailure:
    words = LocalizedText(
        id=f"Ditunda. Lanjutkan dengan `rekam enrol --resume {enrolment_id}`.",
        en=f"Put aside. Go on with `rekam enrol --resume {enrolment_id}`.",
    )
    return CommandFailure(ExitStatus.OUTCOME, "ENROLMENT_PAUSED", words)


_ABANDONED = LocalizedText(
    id="Perekaman dihentikan; datanya dihapus.", en="The enrolment was given up; its data are erased."
)
