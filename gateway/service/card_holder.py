"""Is the card this person's: read its templates, take a finger, compare, sign what was decided."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import Event as ThreadEvent

import structlog
from rekam.v1 import capture_pb2
from rekam.v1 import card_pb2 as pb

from drivers import CardWriter, DeviceKind
from gateway.capture.values import LiveQuality
from gateway.card import MalformedCardData
from gateway.card_profile import CardFinger, CardProfile, MalformedContent, template_of
from gateway.devices.device import Device
from gateway.elapsed import moment_now
from gateway.finger import FingerPosition
from gateway.holder_check import (
    TRIES,
    HandOver,
    HolderCheck,
    HolderDecision,
    HolderOutcome,
    LiveFinger,
    OnCardFinger,
    SupervisedApproval,
    TryJournal,
    on_card_fingers,
    sign_decision,
)
from gateway.metrics import HOLDER_CHECKS
from gateway.personalisation import CardBarred, CardPending, CardRecord, CardStanding, WrongCard
from gateway.roles import SUPERVISOR
from gateway.service import capture_messages, card_contents, card_messages, convert
from gateway.service.access import Caller, check_one_of
from gateway.service.card_audit import CardAudit
from gateway.service.card_errors import CardNotGenuine, NoHolderRule
from gateway.service.card_keys import CardKeys
from gateway.service.card_read import CardReads, ReadCard, serial_of
from gateway.service.card_readers import CardReaders, is_synthetic
from gateway.service.card_stream import Telling, working
from gateway.service.errors import BadArgumentError
from gateway.service.holder_finger import HolderFingers
from gateway.trust import KeyProblem, Signer

log = structlog.get_logger(__name__)

WAIT_S = 30.0
ELSEWHERE = "made-elsewhere"
"""Stands for the job of a card that another gateway made."""


@dataclass(frozen=True)
class _Card:
    """A card whose holder is to be proven."""

    hand_over: HandOver
    templates: tuple[CardFinger, ...] = ()
    on_card: tuple[OnCardFinger, ...] = ()
    """Fingers that the chip compares by itself; none where the gateway compares."""
    genuine: bool | None = None
    failures: tuple[pb.CardFailure, ...] = ()
    tries: int = TRIES

    @property
    def positions(self) -> list[FingerPosition]:
        """Fingers that the card has."""
        found = self.on_card or self.templates
        return [each.position for each in found]


class CardHolders:
    """Proves holders; belongs to the event loop's thread."""

    def __init__(
        self,
        readers: CardReaders,
        reads: CardReads,
        keys: CardKeys,
        tries: TryJournal,
        fingers: HolderFingers,
        signer: Signer,
        audit: CardAudit,
    ) -> None:
        self._readers, self._reads, self._keys, self._tries = readers, reads, keys, tries
        self._fingers, self._signer, self._audit = fingers, signer, audit

    async def verify_holder(
        self, request: pb.VerifyHolderRequest, caller: Caller
    ) -> AsyncGenerator[pb.VerifyHolderResponse, None]:
        """Compare a live finger with the card."""
        if request.HasField("supervised"):
            check_one_of(frozenset({SUPERVISOR}), caller)
            if not request.operator:
                raise BadArgumentError("operator", "is the supervisor who answers for the hand-over; give the name")
        reader = self._readers.reader(request.device_id)
        scanner = None
        if request.WhichOneof("finger") not in ("capture_id", "supervised"):
            scanner = self._readers.device(request.scanner_id, DeviceKind.FINGERPRINT_SCANNER, "scanner_id")
        telling, cancel = Telling[pb.VerifyHolderResponse](), ThreadEvent()
        holder = request.operator or caller.peer
        devices = [reader] if scanner is None else [reader, scanner]

        async def work() -> pb.HolderDecision:
            async with self._readers.held(devices, holder, "holder check", cancel.set):
                return await self._checked(request, reader, scanner, telling, cancel)

        async with working(work, telling, cancel) as task:
            async for answer in telling.follow(lambda: pb.VerifyHolderResponse(heartbeat=capture_pb2.Heartbeat())):
                yield answer
            decision = await task
        self._audit.card(
            "card.holder_checked",
            self._audit.actor(caller, request.operator),
            decision.card_serial,
            reader.address.device_id,
            pb.HolderOutcome.Name(decision.outcome).removeprefix("HOLDER_OUTCOME_"),
        )
        yield pb.VerifyHolderResponse(decision=decision)

    async def _checked(
        self,
        request: pb.VerifyHolderRequest,
        reader: Device,
        scanner: Device | None,
        telling: Telling[pb.VerifyHolderResponse],
        cancel: ThreadEvent,
    ) -> pb.HolderDecision:
        wait_s = convert.seconds(request.wait) if request.HasField("wait") else WAIT_S
        if request.HasField("supervised"):
            card = await self._readers.run(reader, partial(self._named, wait_s, cancel))
            approval = _approval(request)
            return await self._signed(
                await asyncio.to_thread(self._check(card).supervised, card.hand_over, approval), card
            )
        card = await self._readers.run(reader, partial(self._card, request, wait_s, cancel, is_synthetic(reader)))
        left = await asyncio.to_thread(self._check(card).tries_left, card.hand_over)
        telling.tell(_told(card, left, "" if scanner is None else scanner.address.device_id))
        position = FingerPosition(request.position)
        if scanner is None:
            finger = await asyncio.to_thread(self._fingers.used, request.capture_id, _transaction(card.hand_over))
        elif left == 0 or not card.positions:
            finger = LiveFinger(())  # nothing would be compared: nobody has to place a finger for that
        else:
            finger = await self._placed(scanner, position, wait_s, telling, cancel)
        if card.on_card:
            compare = partial(self._on_card, card, finger, wait_s, cancel)
            return await self._signed(await self._readers.run(reader, compare), card)
        if left == 0:
            return await self._signed(HolderDecision(card.hand_over, HolderOutcome.NO_TRIES_LEFT, 0), card)
        decision = await asyncio.to_thread(self._check(card).in_gateway, card.hand_over, finger, card.templates)
        return await self._signed(decision, card)

    async def _placed(
        self,
        scanner: Device,
        position: FingerPosition,
        wait_s: float,
        telling: Telling[pb.VerifyHolderResponse],
        cancel: ThreadEvent,
    ) -> LiveFinger:
        placing = await self._fingers.session(scanner, position, wait_s)

        def told(live: LiveQuality) -> None:
            telling.tell(pb.VerifyHolderResponse(live_quality=capture_messages.live_quality(live)))

        return await placing.finger(told, cancel)

    def _card(
        self, request: pb.VerifyHolderRequest, wait_s: float, cancel: ThreadEvent, synthetic: bool, writer: CardWriter
    ) -> _Card:
        """What the card has; in the reader's thread."""
        writer.await_card(wait_s, cancel)
        profile = self._reads.profile_of(writer, request.profile)
        if profile.holder is None:
            raise NoHolderRule(f"Card profile {profile.name} names no templates.", "Let a supervisor answer for it.")
        with self._keys.at(synthetic=synthetic):
            keys = self._keys.secrets(profile).keys_for(profile)
            credentials = card_messages.credentials(request.credentials, keys)
            read = self._reads.read(writer, (profile,), credentials, cancel, only=set(_wanted(profile)))
        card = self._judged(profile, read)
        if profile.holder.on_card:
            writer.reset_card()  # the channel of the templates is over, and nothing plain is taken after it
            return replace(card, on_card=on_card_fingers(writer.transmit))
        return card

    def _judged(self, profile: CardProfile, read: ReadCard) -> _Card:
        """Refuse a card that is none to be handed over, before anybody places a finger.

        Raises
        ------
        CardNotGenuine, CardBarred, CardPending
        """
        hand_over = _hand_over(read.serial, read.known)
        failures = tuple(card_contents.failures(read.reading))
        if read.reading.genuine is False:
            raise CardNotGenuine(tuple(each.words for each in failures))
        assert profile.holder is not None
        templates = []
        for name in profile.holder.templates:
            if name not in read.reading.contents:
                continue
            try:
                templates.append(template_of(profile, read.reading.contents, name))
            except MalformedContent as error:
                raise MalformedCardData(f"{name} cannot be read: {error}") from error
        return _Card(hand_over, tuple(templates), (), read.reading.genuine, failures, profile.holder.tries)

    def _named(self, wait_s: float, cancel: ThreadEvent, writer: CardWriter) -> _Card:
        """The card alone: a supervisor looks at the rest."""
        writer.await_card(wait_s, cancel)
        serial = serial_of(writer)
        return _Card(_hand_over(serial, self._reads.known(serial)))

    def _on_card(
        self, card: _Card, finger: LiveFinger, wait_s: float, cancel: ThreadEvent, writer: CardWriter
    ) -> HolderDecision:
        writer.await_card(wait_s, cancel)
        serial = serial_of(writer)
        if serial != card.hand_over.card_serial:
            raise WrongCard(f"Card {serial} is not the one that was read.", "Put that one in, and begin again.")
        return self._check(card).on_card(card.hand_over, finger, card.on_card, writer.transmit)

    def _check(self, card: _Card) -> HolderCheck:
        return HolderCheck(self._tries, tries=card.tries)

    async def _signed(self, decision: HolderDecision, card: _Card) -> pb.HolderDecision:
        def sign() -> bytes:
            try:
                return sign_decision(decision, self._signer, moment_now()).jws
            except KeyProblem as error:
                log.warning("holder_decision_not_signed", error=str(error))
                return b""

        HOLDER_CHECKS.labels(decision.outcome.value).inc()
        message = card_messages.decision(decision, await asyncio.to_thread(sign))
        message.genuineness = card_contents.genuineness(card.genuine)  # type: ignore[assignment]
        message.failures.extend(card.failures)
        return message


def _wanted(profile: CardProfile) -> Sequence[str]:
    """The files that the check needs: templates, and what says whether they are the issuer's."""
    assert profile.holder is not None
    certificates = [file.name for file in profile.files if file.content == "certificate"]
    return [*profile.holder.templates, *certificates, *([profile.seal] if profile.seal else [])]


def _hand_over(serial: str, known: CardRecord | None) -> HandOver:
    """Whose card it is.

    Raises
    ------
    MalformedCardData, CardBarred, CardPending
    """
    if not serial:
        raise MalformedCardData("the card tells no serial number, by which tries are counted; take another card")
    if known is not None and known.standing is CardStanding.SPOILED:
        raise CardBarred(f"Card {serial} was counted as spoiled ({known.reason}).", "Destroy it.")
    if known is not None and known.standing is CardStanding.BOUND:
        raise CardPending(serial, "its job is not done")
    return HandOver(serial, ELSEWHERE if known is None or not known.job_id else known.job_id)


def _transaction(hand_over: HandOver) -> str:
    """What a capture for this hand-over bears as its transaction."""
    return hand_over.card_serial if hand_over.job_id == ELSEWHERE else hand_over.job_id


def _approval(request: pb.VerifyHolderRequest) -> SupervisedApproval:
    supervised = request.supervised
    try:
        reason = card_messages.supervised_reason(supervised.reason)
        return SupervisedApproval(request.operator, reason, supervised.paper)
    except ValueError as error:
        raise BadArgumentError("operator", str(error)) from None


def _told(card: _Card, tries_left: int, scanner_id: str) -> pb.VerifyHolderResponse:
    hand_over = card.hand_over
    return pb.VerifyHolderResponse(
        card=pb.HolderCardRead(
            serial=hand_over.card_serial,
            job_id=_transaction(hand_over),
            fingers=[int(each) for each in card.positions],  # type: ignore[misc]
            tries_left=tries_left,
            scanner_id=scanner_id,
        )
    )
