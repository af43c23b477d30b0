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
from gateway.audit import HeadInterval
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
from gateway.enrolment.packet_chain import packets_made
from gateway.guidance import LocalizedText
from gateway.link import Tally
from gateway.service.audit import AuditCore
from gateway.service.calibration_office import CalibrationOffice
from gateway.service.capture import CaptureCore
from gateway.service.card_office import CardOffice, Desk
from gateway.service.daily_purge import DailyPurge
from gateway.service.device import DeviceCore
from gateway.service.duplicates import DuplicatesCore
from gateway.service.enrolment import EnrolmentCore
from gateway.service.enrolment_office import EnrolmentOffice, packets_folder
from gateway.service.enrolment_pages import under_way
from gateway.service.gateway import GatewayCore
from gateway.service.idempotency import Idempotency
from gateway.service.key import KeyCore
from gateway.service.lease import LeaseCore
from gateway.service.pairing import Pairings
from gateway.service.profile_calibrations import ProfileCalibrations
from gateway.service.purge import PurgeCore
from gateway.service.state_office import StateOffice
from gateway.service.stored import StoredCaptures
from gateway.settings import (
    SYNTHETIC,
    demonstrating,
    device_settings,
    key_places,
    session_settings,
    way_to_centre,
)
from gateway.spool import AnswerPurger, CapturePurger, SpoolEraser
from gateway.state_folder import (
    Addresses,
    default_state_folder,
    remove_addresses,
    write_addresses,
)
from gateway.trust import KeyStore, TrustAnchors
from gateway.upkeep import Upkeep, keep_clock_memory, recall_clock_memory

log = structlog.get_logger(__name__)

LOAD_AFTER_S = 0.3


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
        self._open_state(stack)
        self._open_desk(stack)
        self._open_centre(stack)
        enrolments = self._open_enrolments(stack)
        self._open_upkeep(stack)
        self._open_doors(enrolments, stack)
        await self._upkeep.look()
        await asyncio.to_thread(self._centre.outbox.look, self._all_enrolments)
        await self._registry.start()
        stack.push_async_callback(self._registry.stop)
        stack.push_async_callback(self._device_core.stop)
        self._calibration.start(stack)
        self._cards.start(stack)
        stack.push_async_callback(self._idempotency.stop)
        await self.doors.serve(stack)
        stack.push_async_callback(self._captures.close)
        stack.callback(self._leases.close)
        await self._say_that_it_serves(stack)
        self._upkeep.start(stack)
        await self._centre.start(self._kept.key.gateway_id, self._office.received, self._all_enrolments, stack)
        stack.callback(asyncio.create_task(_load_what_captures_need()).cancel)
        log.info("serving", state=str(self.state), grpc=self.addresses.grpc, gateway=self._kept.key.gateway_id)

    def _open_state(self, stack: contextlib.AsyncExitStack) -> None:
        """Take the state folder, and what is told of it: from here on everything is written into the trail."""
        config = self.config
        self._places = key_places(config.key)
        kept = self._kept = StateOffice.open(self.state, config, self._places, stack)
        self._loop = asyncio.get_running_loop()
        recall_clock_memory(self.state)
        stack.callback(keep_clock_memory, self.state)
        interval = HeadInterval(config.audit.head_entries, config.audit.head_s)
        kept.open_trail(interval, lambda device_id: self._registry.get(device_id) is not None, stack)
        self._changes = Changes(kept.audit)
        self._idempotency = Idempotency(kept.spool)
        self._stored = StoredCaptures(kept.spool, kept.key)
        self._pairings = Pairings(self.state / "pairings.json", _show_pairing_code)

    def _open_desk(self, stack: contextlib.AsyncExitStack) -> None:
        """Devices, who holds them, what they capture; their calibrations and the cards' readers."""
        config, kept, changes = self.config, self._kept, self._changes
        self._recorder = Recorder(kept.spool, kept.key, self._recorded)
        history = DeviceHistory(self.state)
        stack.callback(history.close)
        self._calibration = CalibrationOffice.open(self.state, config.calibration, kept.key)
        stack.callback(self._calibration.close)
        self._cards = CardOffice.open(self.state, config.card, kept.key, self._places, synthetic=self._synthetic)
        stack.callback(self._cards.close)
        self._registry = DeviceRegistry(
            self._devices, changes.device, config.rescan_s, self._look, history, self._calibration.calibration_of
        )
        self._leases = LeaseBook(config.lease.protected_s, changes.lease)
        self._captures = CaptureBook(
            self._leases, self._recorder, session_settings(config), config.lease.abandoned_s, changes.capture
        )
        self._device_core = DeviceCore(self._registry, self._leases, changes.devices, self._idempotency, history)

    def _open_centre(self, stack: contextlib.AsyncExitStack) -> None:
        self._centre = CentreOffice.open(
            self.state,
            self.config,
            self._kept.key,
            self._places,
            self._idempotency,
            self._tally,
            self._changes.link,
            self._open_way,
            stack,
            self._pace,
        )

    def _open_enrolments(self, stack: contextlib.AsyncExitStack) -> EnrolmentCore:
        kept = self._kept
        trail = EnrolmentTrail(kept.trail, kept.tokens)
        self._office = EnrolmentOffice.open(
            self.state,
            self.config.enrolment,
            self._places,
            kept.spool,
            kept.key,
            trail,
            trail.head,
            SpoolEraser(kept.spool, self._recorded),
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
            self._idempotency,
            self._office.digest,
            self._office.packet_path,
            self._run_id,
            self._centre.outbox.check_room,
        )
        stack.push_async_callback(core.stop)
        return core

    def _open_upkeep(self, stack: contextlib.AsyncExitStack) -> None:
        """What the gateway tells of itself, what it erases, what it looks after while it serves."""
        config, kept = self.config, self._kept
        self._gateway = GatewayCore(
            kept.key,
            kept.spool,
            self._registry,
            self._leases,
            self._captures,
            self._changes.events,
            self._pairings,
            self._run_id,
            self._warnings,
            lambda: under_way(self._office.enrolments),
            self._centre.link.core.message,
            self._cards.under_way,
        )
        spared = partial(_of_open_enrolment, self._stored, self._office)
        purgers = [
            CapturePurger(kept.spool, config.spool.keep_days, spared, self._recorded),
            *self._office.purgers(),
            *self._centre.purgers(),
            *self._cards.purgers(),
            AnswerPurger(kept.spool),
        ]
        self._purge = PurgeCore(purgers, kept.trail, kept.tokens)
        stack.push_async_callback(self._purge.stop)
        self._upkeep = Upkeep(
            self.state,
            kept.spool,
            kept.spool_key,
            kept.incidents,
            self._gateway,
            kept.key_watch,
            self._office,
            DailyPurge(self.state, config.purge.time_of_day, self._purge.by_itself),
            kept.trail,
            self._changes.events,
        )

    def _open_doors(self, enrolments: EnrolmentCore, stack: contextlib.AsyncExitStack) -> None:
        """Who answers at the doors; nobody is let in yet."""
        config, kept, idempotency = self.config, self._kept, self._idempotency
        duplicates = DuplicatesCore(self._office.book, self._office.exchange, kept.key, kept.trail, kept.tokens)
        stack.push_async_callback(duplicates.stop)
        capture = CaptureCore(
            *(self._captures, self._registry, self._leases, self._recorder, self._stored, config.capture, idempotency),
            self._calibrations,
        )
        desk = Desk(
            *(self._registry, self._leases, self._captures, self._stored, config.capture, session_settings(config)),
            *(self._calibrations, idempotency, kept.trail, kept.tokens, config.lease.abandoned_s),
        )
        cores: list[tuple[object, object]] = [
            (gateway_pb2, self._gateway),
            (device_pb2, self._device_core),
            (lease_pb2, LeaseCore(self._leases, self._registry, lambda: self._changes.leases, idempotency)),
            (capture_pb2, capture),
            (calibration_pb2, self._calibration.core(self._registry, self._leases, idempotency)),
            (card_pb2, self._cards.core(desk, self._centre, self._changes.events.append)),
            (enrolment_pb2, enrolments),
            (duplicates_pb2, duplicates),
            (key_pb2, KeyCore(kept.key, kept.key_watch, idempotency)),
            (purge_pb2, self._purge),
            *self._centre.cores(self._office, kept.trail, idempotency, self._run_id),
            (audit_pb2, AuditCore(kept.trail, kept.tokens, lambda: _own_anchors(kept.key))),
        ]
        self.doors.open(_services(cores), self._pairings, kept.audit, stack)

    async def _say_that_it_serves(self, stack: contextlib.AsyncExitStack) -> None:
        self._changes.close_with(stack)
        stack.callback(self._centre.link.changes.close)
        await self._kept.note_serving()
        write_addresses(self.state, self.addresses)
        stack.callback(remove_addresses, self.state)

    def _tally(self) -> Tally:
        """Called in a thread: what was ever recorded here."""
        made = packets_made(packets_folder(self.state, self.config.enrolment))
        return Tally(captures=self._kept.spool.head().sequence, enrolments=made)

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


def _of_open_enrolment(stored: StoredCaptures, office: EnrolmentOffice, capture_id: str) -> bool:
    return office.is_open(stored.transaction_of(capture_id))


def _own_anchors(key: KeyStore) -> TrustAnchors:
    return TrustAnchors.from_pem(key.trust_bundle().certificates_pem)


def _show_pairing_code(origin: str, name: str, code: str) -> None:
    # To the terminal alone: a log would carry the code to whoever reads logs.
    who, where = (ascii(text)[1:-1] for text in (name or "a page", origin))  # no control characters to a terminal
    print(f"Pairing code for {who} at {where}: {code[:4]} {code[4:]}", file=sys.stderr, flush=True)
