"""What belongs to cards, opened together: their journals, their keys, their service, what needs a person."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

import structlog
from cryptography import x509
from rekam.v1 import card_pb2 as pb

from gateway.audit import AuditLog, PersonTokens
from gateway.capture.captures import CaptureBook
from gateway.capture.leases import LeaseBook
from gateway.capture.session import SessionSettings
from gateway.config import CaptureSettings, CardSettings, ConfigError
from gateway.devices.registry import DeviceRegistry
from gateway.enrolment.local_cipher import LocalCipher
from gateway.guidance import LocalizedText
from gateway.holder_check import TryJournal
from gateway.ledger import StatusLedger
from gateway.personalisation import (
    CardPending,
    JobBusy,
    JobRecord,
    JobState,
    Journal,
    JournalError,
    Personaliser,
)
from gateway.personalisation.database import FILE_NAME
from gateway.purge import Purged
from gateway.service import card_messages
from gateway.service.capture import Calibrations
from gateway.service.card import CardCore
from gateway.service.card_audit import CardAudit
from gateway.service.card_holder import CardHolders
from gateway.service.card_holder_office import CardHolderOffice
from gateway.service.card_jobs import CardJobs
from gateway.service.card_keys import CardKeys, names_in_token
from gateway.service.card_module import ModuleCmacs, names_in_module
from gateway.service.card_people import CardPeople, NobodyKept
from gateway.service.card_profiles import CardProfiles
from gateway.service.card_read import CardReads, CardTrust
from gateway.service.card_readers import CardReaders
from gateway.service.card_requests import CardRequests, OwnSeal, RequestRules
from gateway.service.card_stock import CardStock
from gateway.service.card_token import TokenCmacs
from gateway.service.card_watch import CardWatch
from gateway.service.card_work import CardWorks
from gateway.service.holder_finger import HolderFingers
from gateway.service.idempotency import Idempotency
from gateway.service.stored import StoredCaptures
from gateway.trust import KeyPlaces, KeyStore, TrustAnchors

log = structlog.get_logger(__name__)

KEY_NAME = "cards.key"
NOBODY = TrustAnchors(frozenset())


class _Link(Protocol):
    @property
    def anchors(self) -> TrustAnchors | None:
        """Whom this office knows as its centre."""
        ...


class _Outbox(Protocol):
    @property
    def ledger(self) -> StatusLedger:
        """Where each enrolment stands."""
        ...


class Centre(Protocol):
    """What cards need of all that stands between the office and its centre."""

    @property
    def link(self) -> _Link:
        """Knows the centre."""
        ...

    @property
    def outbox(self) -> _Outbox:
        """Knows what the centre said."""
        ...

    @property
    def card_holders(self) -> CardHolderOffice:
        """Keeps people until their card is made."""
        ...


@dataclass(frozen=True)
class Desk:
    """The desk at which cards are made: its devices, its captures, and who looks at what it does.

    Parameters
    ----------
    registry : DeviceRegistry
    leases : LeaseBook
    captures : CaptureBook
    stored : StoredCaptures
    capture : CaptureSettings
    session : SessionSettings
    calibrations : Calibrations
    idempotency : Idempotency
    trail : AuditLog
    tokens : PersonTokens
    abandoned_s : float
        As of captures: work that nobody follows for so long is told to stop.
    """

    registry: DeviceRegistry
    leases: LeaseBook
    captures: CaptureBook
    stored: StoredCaptures
    capture: CaptureSettings
    session: SessionSettings
    calibrations: Calibrations
    idempotency: Idempotency
    trail: AuditLog
    tokens: PersonTokens
    abandoned_s: float


class CardOffice:
    """The cards of one gateway; made by `open`, ended by the stack that `start` is given, and `close`."""

    def __init__(
        self,
        settings: CardSettings,
        key: KeyStore,
        journal: Journal,
        tries: TryJournal,
        cipher: LocalCipher,
        keys: CardKeys,
        module: ModuleCmacs | None,
        *,
        synthetic: bool,
    ) -> None:
        self.journal = journal
        self._needs_print_ready = not synthetic if settings.needs_print_ready is None else settings.needs_print_ready
        self._waiting: set[str] = set()
        """Jobs of which a card waits, and that nobody works on."""
        self._settings, self._key, self._tries, self._cipher = settings, key, tries, cipher
        self.profiles = CardProfiles(settings.profiles, settings.profile)
        self._authorities = _authorities(settings.anchors)
        self._issuers = tuple(_text("card.issuers", path) for path in (settings.issuers,) if path is not None)
        self.keys, self._module = keys, module
        self._personaliser = Personaliser(journal, self.profiles.of_job, self.keys.secrets, key, OwnSeal(key))

    @classmethod
    def open(cls, state: Path, settings: CardSettings, key: KeyStore, places: KeyPlaces, *, synthetic: bool) -> Self:
        """Open the journals in the state folder, whose lock the caller holds.

        Parameters
        ----------
        synthetic : bool
            Nobody real is enrolled here: a card may be made without the centre's word, unless the settings want it.

        Raises
        ------
        JournalError, HolderCheckError, KeyProblem, ConfigError
        """
        if settings.profiles is not None and not settings.profiles.is_dir():
            raise ConfigError(f"card.profiles: {settings.profiles} is no folder; make it, or mend its path")
        keys, module = _keys(settings, places)
        needed = (state / FILE_NAME).exists()
        cipher = LocalCipher.open(state / "keys", places.passphrase, places.token, needed=needed, name=KEY_NAME)
        with contextlib.ExitStack() as opened:
            journal = Journal.open(state, cipher)
            opened.callback(journal.close)
            tries = TryJournal.open(state)
            opened.callback(tries.close)
            office = cls(settings, key, journal, tries, cipher, keys, module, synthetic=synthetic)
            opened.pop_all()
        if tries.replaced is not None:
            log.error("holder_checks_damaged", file=tries.replaced.name)
        return office

    def core(
        self,
        desk: Desk,
        centre: Centre,
        changed: Callable[[pb.CardJob], object],
    ) -> CardCore:
        """The service; made once, before `start`.

        Parameters
        ----------
        desk : Desk
        centre : Centre
        changed : callable
            Told of every change of a job, in the event loop's thread.
        """
        people: CardPeople = centre.card_holders.holders or NobodyKept()
        centre.card_holders.has_card = self._has_card
        audit = CardAudit(desk.trail, desk.tokens)
        trust = CardTrust(self._key, self._issuers, self._authorities)
        rules = RequestRules(
            self._needs_print_ready,
            self._settings.job_days,
            centre.outbox.ledger.get,
            lambda: centre.link.anchors or NOBODY,
            self._authorities if self._settings.anchors is not None else None,
        )

        self._waiting = {each.job.job_id for each in self.journal.pending()}

        def told(record: JobRecord, device_id: str) -> None:
            job_id = record.job.job_id
            if record.state.is_pending and not device_id:
                self._waiting.add(job_id)
            else:
                self._waiting.discard(job_id)
            changed(card_messages.job(record, device_id))

        self._readers = CardReaders(desk.registry, desk.leases, "" if self._module is None else self._module.device_id)
        if self._module is not None:
            self._module.serve(self._readers)
        self._works = CardWorks(self._readers, self._personaliser, self.keys, audit, people, desk.abandoned_s, told)
        self._watch = CardWatch(self._readers, self._personaliser, self.profiles, self.keys)
        requests = CardRequests(self._personaliser, self.profiles, people, self._key, rules)
        jobs = CardJobs(
            self._readers, self._works, requests, self._personaliser, audit, desk.idempotency, self._cipher.digest
        )
        reads = CardReads(self._readers, self.profiles, self.keys, self.journal, trust, audit)
        fingers = HolderFingers(desk.captures, desk.stored, desk.capture, desk.session, desk.calibrations)
        holders = CardHolders(self._readers, reads, self.keys, self._tries, fingers, self._key, audit)
        stock = CardStock(self.journal, audit, desk.idempotency)
        return CardCore(self.profiles, self._watch, jobs, reads, holders, stock)

    def _has_card(self, enrolment_id: str) -> bool:
        """Whether a card of an enrolment was finished here; a journal that cannot say so is asked again later."""
        try:
            jobs = self.journal.of_enrolment(enrolment_id)
        except JournalError as error:
            log.warning("card_journal_not_read", error=str(error))
            return False
        return any(each.state is JobState.DONE and not each.signed_by for each in jobs)

    def start(self, stack: contextlib.AsyncExitStack) -> None:
        """Let what is begun on cards end with the stack, before the devices are closed."""
        stack.push_async_callback(self._readers.stop)
        stack.push_async_callback(self._works.stop)
        stack.callback(self._watch.close)

    def under_way(self) -> list[pb.CardJob]:
        """Jobs that are worked on, or whose card waits, for who begins to watch; blocking."""
        ids = dict.fromkeys([*(each.job.job_id for each in self.journal.pending()), *self._works.running()])
        return [card_messages.job(self.journal.record(each), self._works.device_of(each)) for each in ids]

    def warnings(self) -> list[LocalizedText]:
        """What needs a person, as it was when a job last changed."""
        refused = [] if self._module is None else self._module.warnings()
        return refused + [
            LocalizedText(
                id=f"Kartu untuk pekerjaan {job_id} belum selesai: jangan diserahkan. `rekam card resume {job_id}`.",
                en=f"The card of job {job_id} is not finished: do not hand it over. `rekam card resume {job_id}`.",
            )
            for job_id in sorted(self._waiting)
        ]

    def purgers(self) -> "tuple[CardJobPurger, ...]":
        """What erases here what is past its term."""
        return (CardJobPurger(self._personaliser),)

    def close(self) -> None:
        """Let go of the journals."""
        self.journal.close()
        self._tries.close()


class CardJobPurger:
    """Gives up jobs that nobody began within their term, and erases what was to stand on their cards.

    Parameters
    ----------
    personaliser : Personaliser
        Whose turns are taken: a job that is worked on at this moment stays for the next time.
    """

    name = "card_jobs"
    object_kind = "card"

    def __init__(self, personaliser: Personaliser) -> None:
        self._personaliser = personaliser

    def purge(self, now: datetime, *, dry_run: bool) -> Purged:
        """Erase; blocking."""
        gone = []
        for job_id in self._personaliser.journal.expired(now):
            if not dry_run:
                try:
                    self._personaliser.abandon(job_id)
                except (JobBusy, CardPending):  # it was begun in time, and its card is being made, or waits by now
                    continue
            gone.append(job_id)
        return Purged(ids=tuple(gone), count=len(gone))


def _keys(settings: CardSettings, places: KeyPlaces) -> tuple[CardKeys, ModuleCmacs | None]:
    """Whoever holds the issuer's keys, and the security module where it is that."""
    allowed = settings.allow_test_keys
    if settings.module is not None:
        module = ModuleCmacs(settings.module)
        return CardKeys(module, names_in_module(settings.module), allow_test_keys=allowed), module
    if settings.keys == "pkcs11":
        if places.token is None:
            raise ConfigError('card.keys: "pkcs11" needs `module` and `token` in the section [key]')
        return CardKeys(TokenCmacs(places.token), names_in_token(settings.key_label), allow_test_keys=allowed), None
    return CardKeys(allow_test_keys=allowed), None


def _authorities(path: Path | None) -> tuple[x509.Certificate, ...]:
    if path is None:
        return ()
    try:
        return tuple(x509.load_pem_x509_certificates(_text("card.anchors", path).encode()))
    except ValueError as error:
        raise ConfigError(f"card.anchors: {path} holds no certificates (PEM): {error}") from error


def _text(key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}: {path} cannot be read: {error}") from error
