"""A card read for whoever asks: what may be seen of it, checked, told file by file."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from threading import Event
from types import MappingProxyType
from typing import Protocol

from cryptography import x509

from drivers import CaptureCancelled, CardRefused, CardWasReset, CardWriter, CommandApdu
from gateway.card import MalformedCardData, SessionDead, Transmit
from gateway.card_profile import Application, CardFile, CardProfile, Condition, Operation
from gateway.card_reading.document_reading import read_document
from gateway.card_reading.events import (
    CardOpened,
    CardReading,
    FileDone,
    FileOutcome,
    ReadFile,
    ReadingEvent,
    ReadingRestarted,
    SealVerdict,
)
from gateway.card_reading.file_reader import FileReader
from gateway.card_reading.opening import NOT_THERE, AccessWay, CardCredentials, OpenedCard, Opening, select_application
from gateway.card_reading.portrait import portrait_of
from gateway.card_reading.single_file import read_single

_GET_SERIAL = CommandApdu(0x00, 0xCA, 0x01, 0x01, ne=256)
_PORTRAIT = "portrait"


class SealCheck(Protocol):
    """Checks the issuer's signature over the contents, e.g. `check_seal` of the profiles with its trust bound."""

    def __call__(
        self, profile: CardProfile, contents: Mapping[str, bytes], /, *, chip_serial: bytes, whole: bool
    ) -> SealVerdict:
        """What became of it; a missing seal is a failure, and a missing file where the card showed all (`whole`).

        `chip_serial` is empty where the chip does not tell one: it is none that a seal could name.
        """
        ...


def read_card(
    writer: CardWriter,
    profiles: Sequence[CardProfile],
    credentials: CardCredentials | None = None,
    *,
    at: datetime,
    cancel: Event,
    anchors: Sequence[x509.Certificate] = (),
    check_seal: SealCheck | None = None,
    only: Collection[str] | None = None,
    timeout_s: float = 5.0,
) -> Iterator[ReadingEvent]:
    """Read the card that a reader holds; the last event is the whole reading.

    A file that the card does not show, does not have or whose length contradicts it is named in the events, and is no
    error. Nothing is written to the card. Where the card loses its power for a moment the reading begins once more,
    from the reset; not while a password is under way whose tries the card counts.

    Parameters
    ----------
    writer : CardWriter
        After `await_card`; it is used by one thread alone until the iteration ends.
    profiles : sequence of CardProfile
        What the card may be; the first whose application it has is taken. One alone where it is known.
    credentials : CardCredentials, optional
        What opens it.
    at : datetime
        Now, with its time zone, for the dates of certificates.
    cancel : Event
        Looked at before every command.
    anchors : sequence of Certificate
        Authorities of travel documents (CSCA) that are trusted.
    check_seal : SealCheck, optional
        For profiles with a seal.
    only : collection of str, optional
        Names of the files that are wanted, e.g. the templates for a holder check; of a travel document its indexes
        are read all the same.
    timeout_s : float
        How long to wait for the card after it lost its power.

    Yields
    ------
    CardOpened, FileDone, ReadingRestarted, CardReading

    Raises
    ------
    CardNotRecognised, CredentialNeeded
        It cannot be read at all, or not with what was given.
    PasswordRefused, CardNotTrusted, SessionDead
        As `gateway.card` says; the session is over, and none is ever begun again by itself.
    CardLost, CardWasReset, CardUnusable, CardRefused, DeviceLost
        As `CardWriter.transmit` says; CardWasReset the second time.
    CaptureCancelled
        `cancel` was set.
    """
    if at.tzinfo is None:
        raise ValueError("the time of the reading needs its time zone")
    if writer.card is None:
        raise ValueError("no card is held; wait for one first")
    for last in (False, True):
        opening = Opening(writer, profiles, credentials or CardCredentials())
        try:
            with writer.transaction():
                yield from _read(opening, at, cancel, anchors, check_seal, only)
            return
        except CardWasReset:
            if last or opening.counts:
                raise
        yield ReadingRestarted()
        writer.await_card(timeout_s, cancel)


def _read(
    opening: Opening,
    at: datetime,
    cancel: Event,
    anchors: Sequence[x509.Certificate],
    check_seal: SealCheck | None,
    only: Collection[str] | None,
) -> Iterator[ReadingEvent]:
    before = _refusal(cancel)
    before()
    opened = opening.opened()
    try:
        yield CardOpened(opened.profile.name, opened.way)
        if opened.is_document:
            yield from read_document(opened, at, anchors, before, only)
        else:
            yield from _read_profile(opened, before, check_seal, only)
    finally:
        opened.close()


def _read_profile(
    opened: OpenedCard, before: Callable[[], None], check_seal: SealCheck | None, only: Collection[str] | None
) -> Iterator[FileDone | CardReading]:
    """A card of a profile: its files in the order in which they were written."""
    profile = opened.profile
    total = sum(len(_wanted(each, only)) for each in profile.applications)
    files: list[ReadFile] = []
    contents: dict[str, bytes] = {}
    for application in profile.applications:
        for file, octets in _application_files(opened, application, _wanted(application, only), before):
            files.append(file)
            if octets is not None:
                contents[file.name] = octets
            yield FileDone(file, len(files), total)
    undecoded: dict[str, str] = {}
    portrait = None
    for card_file in _files_with(profile, _PORTRAIT):
        try:
            portrait = portrait_of(contents[card_file.name]) if card_file.name in contents else portrait
        except MalformedCardData as error:
            undecoded[card_file.name] = str(error)
    yield CardReading(
        profile.name,
        opened.way,
        tuple(files),
        MappingProxyType(contents),
        seal=None if check_seal is None else _sealed(opened, contents, check_seal, only),
        portrait=portrait,
        undecoded=MappingProxyType(undecoded),
    )


def _wanted(application: Application, only: Collection[str] | None) -> list[CardFile]:
    return [file for file in application.files if only is None or file.name in only]


def _sealed(
    opened: OpenedCard, contents: Mapping[str, bytes], check_seal: SealCheck, only: Collection[str] | None
) -> SealVerdict | None:
    """The seal's verdict; None where there is none, this reader may not see it, or nobody asked for it.

    What a reader may see is said by the profile: a card that refuses it nevertheless does not show what it should.
    """
    profile = opened.profile
    if not profile.seal or (only is not None and profile.seal not in only):
        return None
    if not _is_shown(opened, profile.file(profile.seal)):
        return None
    files = (file for application in profile.applications for file in application.files)
    whole = only is None and all(_is_shown(opened, file) for file in files)
    return check_seal(profile, contents, chip_serial=_serial(opened.transmit), whole=whole)


def _is_shown(opened: OpenedCard, file: CardFile) -> bool:
    """Whether the profile lets this reader see a file."""
    match file.access.get(Operation.READ, Condition.NEVER):
        case Condition.ALWAYS:
            return True
        case Condition.PIN:
            return opened.pin_verified
        case Condition.CHANNEL:
            return opened.way is AccessWay.CHANNEL
        case Condition.NEVER:
            return False


def _application_files(
    opened: OpenedCard, application: Application, wanted: Sequence[CardFile], before: Callable[[], None]
) -> Iterator[tuple[ReadFile, bytes | None]]:
    if not wanted:
        return
    before()
    sw = select_application(opened.transmit, application)
    if sw != 0x9000:
        outcome = FileOutcome.ABSENT if sw in NOT_THERE else FileOutcome.REFUSED
        yield from ((ReadFile(file.name, outcome, sw=sw), None) for file in wanted)
        return
    reader = FileReader(opened.transmit, opened.block, before_block=before)
    for file in wanted:
        if _is_asked_for(opened, file.access.get(Operation.READ, Condition.NEVER)):
            yield read_single(reader, file.fid, file.name)
        else:
            yield ReadFile(file.name, FileOutcome.REFUSED), None


def _is_asked_for(opened: OpenedCard, condition: Condition) -> bool:
    """Whether the card may be asked: it decides, but over a channel a refusal would end the session."""
    if condition is Condition.PIN and opened.way is AccessWay.CHANNEL:
        return opened.pin_verified
    return condition is not Condition.NEVER


def _files_with(profile: CardProfile, content: str) -> list[CardFile]:
    return [file for application in profile.applications for file in application.files if file.content == content]


def _serial(transmit: Transmit) -> bytes:
    """The chip's serial number; empty where it does not tell one, as a copy would that keeps silent."""
    try:
        response = transmit(_GET_SERIAL)
    except (CardRefused, SessionDead):
        return b""
    return response.data if response.sw == 0x9000 else b""


def _refusal(cancel: Event) -> Callable[[], None]:
    def refuse() -> None:
        if cancel.is_set():
            raise CaptureCancelled("the reading of the card was cancelled; nothing was changed on it")

    return refuse
