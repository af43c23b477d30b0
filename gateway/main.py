"""Builds the gateway's objects and serves; the only place that knows everyone."""

import asyncio
import contextlib
import gc
import importlib
import secrets
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import structlog
from google.protobuf.descriptor import ServiceDescriptor
from rekam.v1 import (
    audit_pb2,
    calibration_pb2,
    capture_pb2,
    card_pb2,
    device_pb2,
    duplicates_pb2,
    enrolment_pb2,
    gateway_pb2,
    key_pb2,
    lease_pb2,
    purge_pb2,
)

from drivers import Discovery, discover
from gateway.allocator import keep_memory_low
from gateway.audit import AuditLog, HeadInterval, PersonTokens, sign_audit_head
from gateway.bundle import refuse_out_of_service
from gateway.capture.captures import CaptureBook
from gateway.capture.leases import LeaseBook
from gateway.capture.recorder import Recorder
from gateway.centre_office import CentreOffice, OpenWay
from gateway.centre_pace import CentrePace
from gateway.changes import Changes
from gateway.config import Config
from gateway.devices.history import DeviceHistory
from gateway.devices.registry import DeviceRegistry
from gateway.doors import Doors
from gateway.enrolment import EnrolmentSummary
from gateway.enrolment.audit_trail import EnrolmentTrail
from gateway.enrolment.local_cipher import LocalCipher
from gateway.enrolment.packet_chain import packets_made
from gateway.guidance import LocalizedText
from gateway.link import Tally
from gateway.service.audit import AuditCore
from gateway.service.audit_trail import AuditTrail
from gateway.service.calibration_office import CalibrationOffice
from gateway.service.capture import CaptureCore
from gateway.service.card import CardCore
from gateway.service.card_office import CardOffice, Desk
from gateway.service.daily_purge import DailyPurge
from gateway.service.device import DeviceCore
from gateway.service.duplicates import DuplicatesCore
from gateway.service.enrolment import EnrolmentCore
from gateway.service.enrolment_office import EnrolmentOffice, packets_folder
from gateway.service.enrolment_pages import under_way
from gateway.service.gateway import GatewayCore
from gateway.service.idempotency import Idempotency
from gateway.service.key import KeyCore, KeyWatch
from gateway.service.lease import LeaseCore
from gateway.service.pairing import Pairings
from gateway.service.profile_calibrations import ProfileCalibrations
from gateway.service.purge import PurgeCore
from gateway.service.stored import StoredCaptures
from gateway.settings import (
    SYNTHETIC,
    demonstrating,
    device_settings,
    key_places,
    session_settings,
    way_to_centre,
)
from gateway.spool import AnswerPurger, CapturePurger, Spool, SpoolEraser, SpoolIncident, SpoolLimits
from gateway.state_folder import (
    Addresses,
    default_state_folder,
    remove_addresses,
    write_addresses,
)
from gateway.trust import (
    ChainPlace,
    KeyPlaces,
    KeyStore,
    TrustAnchors,
    machine_clock,
)
from gateway.upkeep import Upkeep, keep_clock_memory, recall_clock_memory

log = structlog.get_logger(__name__)

LOAD_AFTER_S = 0.3
SPOOL_KEY = "spool.key"


@dataclass(frozen=True)
class ServeOptions:
    """What the command line adds to the configuration."""

    synthetic: bool = False
    state: Path | None = None
    listen: str | None = None
    metrics: str | None = None
    web: str | None = None


class Gateway:
    """A running gateway: made by `start`, ended by `stop`."""

    def __init__(
        self,
        config: Config,
        options: ServeOptions,
        look: Callable[[], Discovery] = discover,
        open_way: OpenWay = way_to_centre,
        pace: CentrePace | None = None,
    ) -> None:
        self.config = config = demonstrating(config) if options.synthetic else config
        self.state = options.state or config.state or default_state_folder()
        self.doors = Doors(self.state, config, options.listen, options.metrics, options.web)
        self._look = look
        self._open_way = open_way
        self._pace = pace
        self._devices = device_settings(config) + (SYNTHETIC if options.synthetic else ())
        self._synthetic = options.synthetic
        self._run_id = f"run-{secrets.token_hex(8)}"

    @property
    def addresses(self) -> Addresses:
        """Where it is reached; empty before `start`."""
        return self.doors.addresses

    async def start(self) -> None:
        """Open the state, bind the doors, open the devices, serve.

        Raises
        ------
        SpoolError, AuditError, BundleError, LinkError, KeyProblem, EnrolmentError, CallbackError, ForwardingError
        LedgerError, CalibrationError, DeskTrustError, HolderError, JournalError, HolderCheckError, OSError, ConfigError
            It cannot serve; what was opened is closed again.
        """
        refuse_out_of_service(self.state)
        async with contextlib.AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()

    async def stop(self) -> None:
        """End every watch and capture, close the devices, leave the state whole."""
        await self._stack.aclose()

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        config = self.config
        self._places = key_places(config.key)
        spool = self._open_spool(self._places, stack)
        key = self._open_keys(spool, stack)
        self._loop = asyncio.get_running_loop()
        recall_clock_memory(self.state)
        stack.callback(keep_clock_memory, self.state)
        tokens, trail = self._open_audit(key, stack)
        changes = self._changes = Changes(self._audit)
        recorder = Recorder(spool, key, self._recorded)
        history = DeviceHistory(self.state)
        stack.callback(history.close)
        self._open_calibrations(key, stack)
        self._open_cards(key, stack)
        self._registry = DeviceRegistry(
            self._devices,
            changes.device,
            config.rescan_s,
            self._look,
            history,
            self._calibration.calibration_of,
        )
        self._leases = LeaseBook(config.lease.protected_s, changes.lease)
        captures = CaptureBook(
            self._leases, recorder, session_settings(config), config.lease.abandoned_s, changes.capture
        )
        idempotency = Idempotency(spool)
        pairings = Pairings(self.state / "pairings.json", _show_pairing_code)
        stored = StoredCaptures(spool, key)
        self._centre = CentreOffice.open(
            self.state,
            config,
            key,
            self._places,
            idempotency,
            self._tally,
            changes.link,
            self._open_way,
            stack,
            self._pace,
        )
        enrolment = self._open_enrolments(spool, key, EnrolmentTrail(trail, tokens), idempotency, stack)
        self._gateway = GatewayCore(
            key,
            spool,
            self._registry,
            self._leases,
            captures,
            changes.events,
            pairings,
            self._run_id,
            self._warnings,
            lambda: under_way(self._office.enrolments),
            self._centre.link.core.message,
            self._cards.under_way,
        )
        spared = partial(_of_open_enrolment, stored, self._office)
        self._purge = PurgeCore(
            [
                CapturePurger(spool, config.spool.keep_days, spared, self._recorded),
                *self._office.purgers(),
                *self._centre.purgers(),
                *self._cards.purgers(),
                AnswerPurger(spool),
            ],
            self._trail,
            tokens,
        )
        stack.push_async_callback(self._purge.stop)
        self._upkeep = Upkeep(
            self.state,
            spool,
            self._spool_key,
            self._incidents,
            self._gateway,
            self._key_watch,
            self._office,
            DailyPurge(self.state, config.purge.time_of_day, self._purge.by_itself),
            self._trail,
            changes.events,
        )
        capture = CaptureCore(
            *(captures, self._registry, self._leases, recorder, stored, config.capture, idempotency),
            self._calibrations,
        )
        duplicates = DuplicatesCore(self._office.book, self._office.exchange, key, trail, tokens)
        stack.push_async_callback(duplicates.stop)
        devices = DeviceCore(self._registry, self._leases, changes.devices, idempotency, history)
        cores: list[tuple[object, object]] = [
            (gateway_pb2, self._gateway),
            (device_pb2, devices),
            (lease_pb2, LeaseCore(self._leases, self._registry, lambda: changes.leases, idempotency)),
            (capture_pb2, capture),
            (calibration_pb2, self._calibration.core(self._registry, self._leases, idempotency)),
            (card_pb2, self._card_core(captures, stored, idempotency, tokens)),
            (enrolment_pb2, enrolment),
            (duplicates_pb2, duplicates),
            (key_pb2, KeyCore(key, self._key_watch, idempotency)),
            (purge_pb2, self._purge),
            *self._centre.cores(self._office, trail, idempotency, self._run_id),
            (audit_pb2, AuditCore(trail, tokens, lambda: _own_anchors(key))),
        ]
        self.doors.open(_services(cores), pairings, self._audit, stack)
        await self._upkeep.look()
        await asyncio.to_thread(self._centre.outbox.look, self._all_enrolments)
        await self._registry.start()
        stack.push_async_callback(self._registry.stop)
        stack.push_async_callback(devices.stop)
        self._calibration.start(stack)
        self._cards.start(stack)
        stack.push_async_callback(idempotency.stop)
        await self.doors.serve(stack)
        stack.push_async_callback(captures.close)
        stack.callback(self._leases.close)
        await self._say_that_it_serves(trail, stack)
        self._upkeep.start(stack)
        await self._centre.start(key.gateway_id, self._office.received, self._all_enrolments, stack)
        stack.callback(asyncio.create_task(_load_what_captures_need()).cancel)
        log.info("serving", state=str(self.state), grpc=self.addresses.grpc, gateway=key.gateway_id)

    async def _say_that_it_serves(self, trail: AuditLog, stack: contextlib.AsyncExitStack) -> None:
        self._changes.close_with(stack)
        stack.callback(self._centre.link.changes.close)
        self._serving = True
        await self._audit.started(orderly=trail.ended_orderly)
        write_addresses(self.state, self.addresses)
        stack.callback(remove_addresses, self.state)

    def _open_spool(self, places: KeyPlaces, stack: contextlib.AsyncExitStack) -> Spool:
        """Take the state folder; what is stored from here on lies under a local key."""
        settings = self.config.spool
        self._incidents: list[SpoolIncident] = []
        self._spool = Spool.open(
            self.state,
            SpoolLimits(
                settings.limit_mb * 1_000_000, settings.reserve_mb * 1_000_000, warn_age_days=settings.warn_age_days
            ),
            self._note_incident,
            partial(self._open_spool_key, places),
        )
        stack.callback(self._spool.close)
        for incident in self._spool.incidents:
            self._note_incident(incident)
        return self._spool

    def _open_spool_key(self, places: KeyPlaces, needed: bool) -> LocalCipher:
        """Called by the spool once the state folder is taken."""
        self._spool_key = LocalCipher.open(
            self.state / "keys", places.passphrase, places.token, needed=needed, name=SPOOL_KEY
        )
        return self._spool_key

    def _open_audit(self, key: KeyStore, stack: contextlib.AsyncExitStack) -> tuple[PersonTokens, AuditLog]:
        """Open the trail; what happens from here on is written into it."""
        settings = self.config.audit
        tokens = PersonTokens.open(self.state)
        self._trail = AuditLog.open(
            self.state,
            key.gateway_id,
            partial(sign_audit_head, key=key),
            HeadInterval(settings.head_entries, settings.head_s),
        )
        stack.callback(self._trail.close)
        self._audit = AuditTrail(self._trail, tokens, lambda device_id: self._registry.get(device_id) is not None)
        self._serving = False
        stack.callback(self._note_stopped)
        stack.callback(self._audit.close)
        stack.callback(machine_clock().subscribe(self._audit.clock_jumped))
        return tokens, self._trail

    def _note_stopped(self) -> None:
        if self._serving:
            self._audit.stopped()

    def _open_keys(self, spool: Spool, stack: contextlib.AsyncExitStack) -> KeyStore:
        key = KeyStore.open(
            self.state / "keys", self.config.gateway_id or None, self._places, lambda: _chain_end(spool)
        )
        stack.callback(key.close)
        self._key_watch = KeyWatch(key)
        return key

    def _open_enrolments(
        self,
        spool: Spool,
        key: KeyStore,
        trail: EnrolmentTrail,
        idempotency: Idempotency,
        stack: contextlib.AsyncExitStack,
    ) -> EnrolmentCore:
        self._office = EnrolmentOffice.open(
            self.state,
            self.config.enrolment,
            self._places,
            spool,
            key,
            trail,
            trail.head,
            SpoolEraser(spool, self._recorded),
            self._enrolment_changed,
            synthetic=self._synthetic,
            on_sealed=self._centre.sealed,
            card_holders=self._centre.card_holders.holders,
        )
        stack.callback(self._office.close)
        self._calibrations = ProfileCalibrations(self._calibration.book, self._office.enrolments.profile)
        core = EnrolmentCore(
            self._office.enrolments,
            self._changes.enrolments,
            idempotency,
            self._office.digest,
            self._office.packet_path,
            self._run_id,
            self._centre.outbox.check_room,
        )
        stack.push_async_callback(core.stop)
        return core

    def _open_calibrations(self, key: KeyStore, stack: contextlib.AsyncExitStack) -> None:
        self._calibration = CalibrationOffice.open(self.state, self.config.calibration, key)
        stack.callback(self._calibration.close)

    def _open_cards(self, key: KeyStore, stack: contextlib.AsyncExitStack) -> None:
        self._cards = CardOffice.open(self.state, self.config.card, key, self._places, synthetic=self._synthetic)
        stack.callback(self._cards.close)

    def _card_core(
        self, captures: CaptureBook, stored: StoredCaptures, idempotency: Idempotency, tokens: PersonTokens
    ) -> CardCore:
        config = self.config
        desk = Desk(
            *(self._registry, self._leases, captures, stored, config.capture, session_settings(config)),
            *(self._calibrations, idempotency, self._trail, tokens, config.lease.abandoned_s),
        )
        return self._cards.core(desk, self._centre, self._changes.events.append)

    def _tally(self) -> Tally:
        """Called in a thread: what was ever recorded here."""
        made = packets_made(packets_folder(self.state, self.config.enrolment))
        return Tally(captures=self._spool.head().sequence, enrolments=made)

    def _recorded(self) -> None:
        """Called in a device's thread: what waits in the spool has changed."""
        self._upkeep.recorded()

    def _warnings(self) -> list[LocalizedText]:
        return [
            *self._upkeep.warnings(),
            *self._centre.warnings(),
            *self._calibration.warnings(),
            *self._cards.warnings(),
        ]

    def _enrolment_changed(self, line: EnrolmentSummary) -> None:
        """Called in the thread that changed it."""
        self._centre.outbox.enrolment_changed(line)
        with contextlib.suppress(RuntimeError):  # the loop is closed: the gateway has stopped meanwhile
            self._loop.call_soon_threadsafe(self._changes.enrolment, line)

    def _all_enrolments(self) -> list[EnrolmentSummary]:
        return self._office.enrolments.list(limit=1_000_000)

    def _note_incident(self, incident: SpoolIncident) -> None:
        if incident not in self._incidents:
            self._incidents.append(incident)
            log.error("spool_incident", file=incident.path.name, cause=incident.cause, remedy=incident.remedy)


async def serve(config: Config, options: ServeOptions, on_ready: Callable[[Gateway], None]) -> None:
    """Serve until SIGINT or SIGTERM."""
    keep_memory_low()
    # A second thread of OpenCV's saves an image of these sizes nothing: measured of prints, irises and portraits it
    # takes a quarter to two thirds more of the processor for the same milliseconds, at a desk that has two.
    cv2.setNumThreads(1)
    gateway = Gateway(config, options)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await gateway.start()
    # What the start has made lives as long as the process: no collection need walk it again (40 ms a time).
    gc.collect()
    gc.freeze()
    try:
        on_ready(gateway)
        await stopped.wait()
        log.info("stopping")
    finally:
        await gateway.stop()


async def _load_what_captures_need() -> None:
    """Load, once the gateway serves, what the first capture would wait for: 100 ms and 17 MB of libraries."""
    await asyncio.sleep(LOAD_AFTER_S)
    for name in ("scipy.fft", "imagecodecs"):
        await asyncio.to_thread(importlib.import_module, name)


def _services(cores: Iterable[tuple[object, object]]) -> list[tuple[ServiceDescriptor, object]]:
    """Each core with the service that it answers, the only one of its proto file."""
    return [
        (next(iter(module.DESCRIPTOR.services_by_name.values())), core)  # type: ignore[attr-defined]
        for module, core in cores
    ]


def _chain_end(spool: Spool) -> ChainPlace:
    head = spool.head()
    return ChainPlace(head.chain_id, head.sequence)


def _of_open_enrolment(stored: StoredCaptures, office: EnrolmentOffice, capture_id: str) -> bool:
    return office.is_open(stored.transaction_of(capture_id))


def _own_anchors(key: KeyStore) -> TrustAnchors:
    return TrustAnchors.from_pem(key.trust_bundle().certificates_pem)


def _show_pairing_code(origin: str, name: str, code: str) -> None:
    # To the terminal alone: a log would carry the code to whoever reads logs.
    who, where = (ascii(text)[1:-1] for text in (name or "a page", origin))  # no control characters to a terminal
    print(f"Pairing code for {who} at {where}: {code[:4]} {code[4:]}", file=sys.stderr, flush=True)
