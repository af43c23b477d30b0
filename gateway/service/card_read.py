"""Cards read for whoever may see them, file by file."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event as ThreadEvent

from cryptography import x509
from rekam.v1 import capture_pb2
from rekam.v1 import card_pb2 as pb

from drivers import CardRefused, CardUnusable, CardWriter
from gateway.card import MalformedCardData
from gateway.card_profile import CardProfile, SealTrust, SealVerdict, check_seal
from gateway.card_reading import (
    CardCredentials,
    CardNotRecognised,
    CardOpened,
    CardReading,
    FileDone,
    ReadingEvent,
    ReadingRestarted,
    read_card,
)
from gateway.card_reading.opening import select_application
from gateway.personalisation import CardRecord, Journal
from gateway.personalisation.chip import chip_serial
from gateway.service import card_contents, card_messages, convert
from gateway.service.access import Caller
from gateway.service.card_audit import CardAudit
from gateway.service.card_keys import CardKeys
from gateway.service.card_profiles import CardProfiles
from gateway.service.card_readers import CardReaders
from gateway.service.card_stream import Telling, working
from gateway.trust import Signer, time_now

WAIT_S = 10.0
_SELECTED = 0x9000


@dataclass(frozen=True)
class CardTrust:
    """Whom a reader of cards believes.

    Parameters
    ----------
    signer : Signer
        This gateway: what it sealed is genuine.
    issuers : tuple of str
        PEM trust bundles of others whose seals count.
    authorities : sequence of Certificate
        Of states' documents (CSCA).
    """

    signer: Signer
    issuers: tuple[str, ...] = ()
    authorities: Sequence[x509.Certificate] = ()

    def seals(self) -> SealTrust:
        """As it stands now: keys are rotated and revoked."""
        return SealTrust.from_pem(self.signer.trust_bundle().certificates_pem, *self.issuers)


@dataclass(frozen=True)
class ReadCard:
    """A card that was read, and what the journal knows of it."""

    serial: str
    """Hexadecimal; empty where the chip tells none."""
    known: CardRecord | None
    reading: CardReading


class CardReads:
    """Reads cards; belongs to the event loop's thread, but for `read`, which is for a reader's."""

    def __init__(
        self,
        readers: CardReaders,
        profiles: CardProfiles,
        keys: CardKeys,
        journal: Journal,
        trust: CardTrust,
        audit: CardAudit,
    ) -> None:
        self._readers, self._profiles, self._keys = readers, profiles, keys
        self._journal, self._trust, self._audit = journal, trust, audit

    async def read_card(self, request: pb.ReadCardRequest, caller: Caller) -> AsyncGenerator[pb.ReadCardResponse, None]:
        """Read a card and check it."""
        device = self._readers.reader(request.device_id)
        profiles = self.profiles(request.profile)
        credentials = card_messages.credentials(request.credentials)
        wait_s = convert.seconds(request.wait) if request.HasField("wait") else WAIT_S
        telling, cancel = Telling[pb.ReadCardResponse](), ThreadEvent()

        def told(event: ReadingEvent) -> None:
            answer = _answer(event)
            if answer is not None:
                telling.tell(answer)

        def task(writer: CardWriter) -> pb.CardReading:
            writer.await_card(wait_s, cancel)
            return self._message(self.read(writer, profiles, credentials, cancel, told=told))

        async def work() -> pb.CardReading:
            async with self._readers.held([device], request.operator or caller.peer, "read a card", cancel.set):
                return await self._readers.run(device, task)

        async with working(work, telling, cancel) as task_under_way:
            async for answer in telling.follow(lambda: pb.ReadCardResponse(heartbeat=capture_pb2.Heartbeat())):
                yield answer
            whole = await task_under_way
        actor = self._audit.actor(caller, request.operator)
        reference, device_id = card_contents.reference_of(whole), device.address.device_id
        if reference:
            self._audit.person("card.read", actor, reference, device_id)
        self._audit.card("card.read", actor, whole.serial, device_id)
        yield pb.ReadCardResponse(reading=whole)

    def profile_of(self, writer: CardWriter, name: str) -> CardProfile:
        """The profile of the card that a reader holds; the one that was named. In the reader's thread.

        Raises
        ------
        CardNotRecognised, CardProfileUnknown, CardProfileUnfit
        """
        profiles = self._profiles.all()
        found = name or application_on(writer, profiles)
        if not found:
            raise CardNotRecognised([each.name for each in profiles])
        return self._profiles.named(found)

    def profiles(self, name: str) -> tuple[CardProfile, ...]:
        """What a card may be; the one that was named.

        Raises
        ------
        CardProfileUnknown, CardProfileUnfit
        """
        return (self._profiles.named(name),) if name else self._profiles.all()

    def read(
        self,
        writer: CardWriter,
        profiles: Sequence[CardProfile],
        credentials: CardCredentials,
        cancel: ThreadEvent,
        *,
        only: Collection[str] | None = None,
        told: Callable[[ReadingEvent], None] = lambda _: None,
    ) -> ReadCard:
        """Read the card that a reader holds; blocking, in the reader's thread. Raises as `gateway.card_reading`.

        A card is CardUnusable, too, that tells one serial number to the journal and to who counts tries, and another
        to the seal.
        """
        serial = serial_of(writer)
        seal = partial(_sealed_for, serial, trust=self._trust.seals())
        events = read_card(
            writer,
            profiles,
            credentials,
            at=time_now().wall,
            cancel=cancel,
            anchors=self._trust.authorities,
            check_seal=seal,
            only=only,
        )
        reading: CardReading | None = None
        for event in events:
            told(event)
            if isinstance(event, CardReading):
                reading = event
        assert reading is not None  # the last event is the whole
        return ReadCard(serial, self.known(serial), reading)

    def known(self, serial: str) -> CardRecord | None:
        """What the journal knows of a card; blocking."""
        return self._journal.card(serial) if serial else None

    def _message(self, read: ReadCard) -> pb.CardReading:
        message = card_contents.reading(read.reading, self._profiles.named(read.reading.profile))
        message.serial = read.serial
        message.standing = card_messages.standing(read.known)  # type: ignore[assignment]
        message.job_id = "" if read.known is None else read.known.job_id
        return message


def application_on(writer: CardWriter, profiles: Sequence[CardProfile]) -> str:
    """Name of the first profile of whose applications one is on the card that is held; empty for none."""
    for profile in profiles:
        for application in profile.applications:
            if not application.is_master and select_application(writer.transmit, application) == _SELECTED:
                return profile.name
    return ""


def serial_of(writer: CardWriter) -> str:
    """Serial number of the card that is held, hexadecimal; empty where it tells none."""
    try:
        return chip_serial(writer.transmit)
    except (CardRefused, MalformedCardData):
        return ""


def _sealed_for(
    serial: str,
    profile: CardProfile,
    contents: Mapping[str, bytes],
    /,
    *,
    chip_serial: bytes,
    whole: bool,
    trust: SealTrust,
) -> SealVerdict:
    """The seal's verdict, of the chip that told `serial` before it was read."""
    if serial and chip_serial and chip_serial.hex().upper() != serial:
        raise CardUnusable("the card tells two serial numbers; put it in again")
    return check_seal(profile, contents, trust, chip_serial=chip_serial, whole=whole)


def _answer(event: ReadingEvent) -> pb.ReadCardResponse | None:
    if isinstance(event, CardOpened):
        way = card_contents.access_way(event.way)
        return pb.ReadCardResponse(opened=pb.CardOpened(profile=event.profile, way=way))  # type: ignore[arg-type]
    if isinstance(event, FileDone):
        return pb.ReadCardResponse(file=card_contents.file_read(event))
    return pb.ReadCardResponse(restarted=pb.CardReadingRestarted()) if isinstance(event, ReadingRestarted) else None
