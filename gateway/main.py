"""Builds the gateway's objects and serves; the only place that knows everyone."""

import asyncio
import contextlib
import gc
import importlib
import secrets
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import prometheus_client
import structlog
from rekam.v1 import audit_pb2, capture_pb2, device_pb2, enrolment_pb2, gateway_pb2, key_pb2, lease_pb2, purge_pb2

from drivers import DeviceError, Discovery, discover, installed_drivers
from gateway.allocator import give_memory_back
from gateway.audit import AuditLog, HeadInterval, PersonTokens, sign_audit_head
from gateway.capture.auto_capture import AutoCaptureSettings
from gateway.capture.captures import CaptureBook
from gateway.capture.iris_auto_capture import IrisAutoCaptureSettings
from gateway.capture.leases import Lease, LeaseBook
from gateway.capture.modality import ModalitySettings
from gateway.capture.recorder import Recorder
from gateway.capture.session import SessionSettings
from gateway.capture.values import CaptureSnapshot
from gateway.config import Config, ConfigError, KeySettings
from gateway.devices.history import DeviceHistory
from gateway.devices.registry import DeviceRegistry, DeviceSettings
from gateway.devices.state import DeviceSnapshot, DeviceState
from gateway.enrolment import EnrolmentSummary
from gateway.enrolment.audit_trail import EnrolmentTrail
from gateway.enrolment.local_cipher import LocalCipher
from gateway.events import EventLog
from gateway.guidance import LocalizedText
from gateway.metrics import DEVICE_RESETS, DEVICE_STATE, LOOP_STALL_SECONDS, REGISTRY, SPOOL_BYTES, SPOOL_CAPTURES
from gateway.service.audit import AuditCore
from gateway.service.audit_trail import AuditTrail
from gateway.service.capture import CaptureCore
from gateway.service.device import DeviceCore
from gateway.service.enrolment import EnrolmentCore
from gateway.service.enrolment_office import EnrolmentOffice
from gateway.service.enrolment_pages import under_way
from gateway.service.gateway import GatewayCore, GatewayEvent
from gateway.service.idempotency import Idempotency
from gateway.service.key import KeyCore, KeyWatch
from gateway.service.lease import LeaseCore
from gateway.service.native_door import NativeDoor
from gateway.service.pairing import Pairings
from gateway.service.purge import PurgeCore
from gateway.service.stored import StoredCaptures
from gateway.spool import AnswerPurger, CapturePurger, Spool, SpoolEraser, SpoolError, SpoolIncident, SpoolLimits
from gateway.state_folder import (
    Addresses,
    default_state_folder,
    remove_addresses,
    socket_path,
    write_addresses,
)
from gateway.trust import (
    ChainPlace,
    ClockJump,
    KeyPlaces,
    KeyStore,
    Pkcs11Token,
    TokenPlace,
    TrustAnchors,
    machine_clock,
    read_clock_memory,
    read_passphrase,
    read_pin,
    write_clock_memory,
)
from gateway.trust.clock_drift import MEMORY_FILE

log = structlog.get_logger(__name__)

EVENTS_KEPT = 2_000
CHANGES_KEPT = 500
"""Of devices and of leases: these are watched from now on, not resumed."""
STOP_GRACE_S = 2.0
STALL_PERIOD_S = 0.05
LOAD_AFTER_S = 0.3
SPOOL_PERIOD_S = 60.0
KEYS_PERIOD_S = 60.0
ENROLMENTS_PERIOD_S = 3600.0
CLOCK_PERIOD_S = 1.0
"""A clock that was set is noticed so soon, though nobody asks the time."""
CLOCK_KEPT_S = 60.0
SPOOL_KEY = "spool.key"
SPOOL_KEY_IN_CLEAR = LocalizedText(
    id="Kunci rekaman tersimpan di komputer ini tanpa kata sandi: siapa pun yang mengambil disknya dapat membaca "
    "rekaman. Tetapkan kata sandi (kredensial rekam-key-passphrase atau REKAM_KEY_PASSPHRASE) lalu mulai ulang "
    "gateway; kunci itu kemudian disimpan terenkripsi.",
    en="The key of the captures lies on this computer without a passphrase: whoever takes its disk can read them. Set "
    "a passphrase (the credential rekam-key-passphrase or REKAM_KEY_PASSPHRASE) and start the gateway again; the key "
    "is kept encrypted then.",
)
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

SYNTHETIC = (
    DeviceSettings("synthetic", "synthetic:SYN-0001", attach=True, options={"finger": 17, "serial": "SYN-0001"}),
    DeviceSettings("synthetic", "synthetic:SYN-0002", attach=True, options={"finger": 42, "serial": "SYN-0002"}),
    DeviceSettings("synthetic-iris", "synthetic-iris:SYN-0003", attach=True, options={"eye": 17, "serial": "SYN-0003"}),
    DeviceSettings(
        "synthetic-portrait", "synthetic-portrait:SYN-0005", attach=True, options={"face": 17, "serial": "SYN-0005"}
    ),
    DeviceSettings("synthetic-card", "synthetic-card:SYN-0004", attach=True, options={"serial": "SYN-0004"}),
)
"""The devices of `--synthetic`, with the options of the driver's constructor."""


@dataclass(frozen=True)
class ServeOptions:
    """What the command line adds to the configuration."""

    synthetic: bool = False
    state: Path | None = None
    listen: str | None = None
    metrics: str | None = None


class Gateway:
    """A running gateway: made by `start`, ended by `stop`."""

    def __init__(self, config: Config, options: ServeOptions, look: Callable[[], Discovery] = discover) -> None:
        self.config = config
        self.state = options.state or config.state or default_state_folder()
        self._listen = _loopback(options.listen or config.listen)
        metrics = options.metrics if options.metrics is not None else config.metrics
        self._metrics_address = _host_and_port("metrics", metrics) if metrics else None
        self._look = look
        self._devices = device_settings(config) + (SYNTHETIC if options.synthetic else ())
        self._synthetic = options.synthetic
        self._run_id = f"run-{secrets.token_hex(8)}"
        self.addresses = Addresses()

    async def start(self) -> None:
        """Open the state, bind the doors, open the devices, serve.

        Raises
        ------
        SpoolError, AuditError, KeyProblem, EnrolmentError, OSError, ConfigError
            It cannot serve; what was opened is closed again.
        """
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
        self._events: EventLog[GatewayEvent] = EventLog(EVENTS_KEPT)
        self._device_changes: EventLog[DeviceSnapshot] = EventLog(CHANGES_KEPT)
        self._lease_changes: EventLog[Lease] = EventLog(CHANGES_KEPT)
        self._keep_clock(stack)
        tokens, trail = self._open_audit(key, stack)
        recorder = Recorder(spool, key, self._recorded)
        history = DeviceHistory(self.state)
        stack.callback(history.close)
        self._registry = DeviceRegistry(self._devices, self._device_changed, config.rescan_s, self._look, history)
        self._leases = LeaseBook(config.lease.protected_s, self._lease_changed)
        captures = CaptureBook(
            self._leases, recorder, _session_settings(config), config.lease.abandoned_s, self._capture_changed
        )
        idempotency = Idempotency(spool)
        pairings = Pairings(self.state / "pairings.json", _show_pairing_code)
        stored = StoredCaptures(spool, key)
        enrolment = self._open_enrolments(spool, key, EnrolmentTrail(trail, tokens), stack)
        self._gateway = GatewayCore(
            key,
            spool,
            self._registry,
            self._leases,
            captures,
            self._events,
            pairings,
            self._run_id,
            self._warnings,
            lambda: under_way(self._office.enrolments),
        )
        capture = CaptureCore(captures, self._registry, self._leases, recorder, stored, config.capture, idempotency)
        spared = partial(_of_open_enrolment, stored, self._office)
        self._purge = PurgeCore(
            [
                CapturePurger(spool, config.spool.keep_days, spared, self._recorded),
                *self._office.purgers(),
                AnswerPurger(spool),
            ],
            self._trail,
            tokens,
        )
        stack.push_async_callback(self._purge.stop)
        devices = DeviceCore(self._registry, self._leases, self._device_changes, idempotency, history)
        cores: list[tuple[object, object]] = [
            (gateway_pb2, self._gateway),
            (device_pb2, devices),
            (lease_pb2, LeaseCore(self._leases, self._registry, lambda: self._lease_changes, idempotency)),
            (capture_pb2, capture),
            (enrolment_pb2, enrolment),
            (key_pb2, KeyCore(key, self._key_watch, idempotency)),
            (purge_pb2, self._purge),
            (audit_pb2, AuditCore(trail, tokens, lambda: _own_anchors(key))),
        ]
        door = NativeDoor(
            [(next(iter(module.DESCRIPTOR.services_by_name.values())), core) for module, core in cores],  # type: ignore[attr-defined]
            config.roles,
            self._audit,
        )
        self._bind(door, stack)
        self._spool_warnings: tuple[str, ...] = ()
        self._spool_changed = asyncio.Event()
        await self._show_spool()
        await asyncio.to_thread(self._key_watch.look)
        await asyncio.to_thread(self._office.recover)
        await self._registry.start()
        stack.push_async_callback(self._registry.stop)
        stack.push_async_callback(devices.stop)
        await door.start()
        stack.push_async_callback(door.stop, STOP_GRACE_S)
        stack.push_async_callback(captures.close)
        stack.callback(self._leases.close)
        for changes in (self._events, self._device_changes, self._lease_changes, self._enrolment_changes):
            stack.callback(changes.close)
        self._serving = True
        await self._audit.started(orderly=trail.ended_orderly)
        write_addresses(self.state, self.addresses)
        stack.callback(remove_addresses, self.state)
        for watch in (
            self._watch_loop(),
            self._watch_spool(),
            self._watch_keys(),
            self._watch_clock(),
            self._watch_enrolments(),
        ):
            stack.callback(asyncio.create_task(watch).cancel)
        stack.callback(asyncio.create_task(_load_what_captures_need()).cancel)
        log.info("serving", state=str(self.state), grpc=self.addresses.grpc, gateway=key.gateway_id)

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

    def _keep_clock(self, stack: contextlib.AsyncExitStack) -> None:
        """Go on with what the last run knew of the clock, and hand on what this one finds out."""
        path = self.state / MEMORY_FILE
        machine_clock().recall(read_clock_memory(path))
        stack.callback(_keep_clock_memory, path)

    def _open_keys(self, spool: Spool, stack: contextlib.AsyncExitStack) -> KeyStore:
        key = KeyStore.open(
            self.state / "keys", self.config.gateway_id or None, self._places, lambda: _chain_end(spool)
        )
        stack.callback(key.close)
        self._key_watch = KeyWatch(key)
        return key

    def _open_enrolments(
        self, spool: Spool, key: KeyStore, trail: EnrolmentTrail, stack: contextlib.AsyncExitStack
    ) -> EnrolmentCore:
        self._enrolment_changes: EventLog[EnrolmentSummary] = EventLog(EVENTS_KEPT)
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
        )
        stack.callback(self._office.close)
        core = EnrolmentCore(
            self._office.enrolments,
            self._enrolment_changes,
            Idempotency(self._office.answers),
            self._office.packet_path,
            self._run_id,
        )
        stack.push_async_callback(core.stop)
        return core

    def _bind(self, door: NativeDoor, stack: contextlib.ExitStack | contextlib.AsyncExitStack) -> None:
        host = self._listen.rpartition(":")[0]
        self.addresses = Addresses(grpc=f"{host}:{door.listen(self._listen)}")
        socket = socket_path(self.state)
        if socket is not None:
            socket.unlink(missing_ok=True)  # ours: the lock of the state folder is held
            door.listen(f"unix:{socket}")
            socket.chmod(0o600)
            stack.callback(socket.unlink, missing_ok=True)
            self.addresses = replace(self.addresses, unix=f"unix:{socket}")
        if self._metrics_address:
            metrics_host, port = self._metrics_address
            try:
                server, thread = prometheus_client.start_http_server(port, metrics_host, REGISTRY)
            except OSError as error:
                raise OSError(f"{metrics_host}:{port} for metrics cannot be bound: {error.strerror}") from error
            stack.callback(thread.join)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            self.addresses = replace(self.addresses, metrics=f"{metrics_host}:{server.server_port}")

    def _device_changed(self, snapshot: DeviceSnapshot) -> None:
        for state in DeviceState:
            DEVICE_STATE.labels(snapshot.device_id, state.value).set(snapshot.state is state)
        DEVICE_RESETS.labels(snapshot.device_id).set(snapshot.health.resets)
        self._device_changes.append(snapshot)
        self._events.append(snapshot)
        self._audit.device_changed(snapshot)

    def _lease_changed(self, lease: Lease) -> None:
        self._lease_changes.append(lease)
        self._events.append(lease)

    def _capture_changed(self, snapshot: CaptureSnapshot) -> None:
        self._events.append(snapshot)
        self._audit.capture_changed(snapshot)

    def _recorded(self) -> None:
        """Called in a device's thread: what waits in the spool has changed."""
        self._loop.call_soon_threadsafe(self._spool_changed.set)

    def _enrolment_changed(self, line: EnrolmentSummary) -> None:
        """Called in the thread that changed it."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: the gateway has stopped meanwhile
            self._loop.call_soon_threadsafe(self._tell_enrolment, line)

    def _tell_enrolment(self, line: EnrolmentSummary) -> None:
        self._enrolment_changes.append(line)
        self._events.append(line)

    async def _watch_enrolments(self) -> None:
        while True:
            await asyncio.sleep(ENROLMENTS_PERIOD_S)
            await asyncio.to_thread(self._office.recover)

    async def _watch_spool(self) -> None:
        while True:
            # Others fill the disk too, and captures grow old: look now and then without a cause.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SPOOL_PERIOD_S):
                    await self._spool_changed.wait()
            self._spool_changed.clear()
            with contextlib.suppress(SpoolError):
                await self._show_spool()

    async def _watch_keys(self) -> None:
        while True:
            await asyncio.sleep(KEYS_PERIOD_S)
            await asyncio.to_thread(self._key_watch.look)

    async def _show_spool(self) -> None:
        info, self._spool_warnings = await asyncio.to_thread(
            lambda: (self._gateway.read_spool(), self._spool.warnings())
        )
        self._gateway.spool_info = info
        SPOOL_CAPTURES.set(info.captures)
        SPOOL_BYTES.set(info.bytes)
        self._events.append(info)

    def _note_incident(self, incident: SpoolIncident) -> None:
        if incident not in self._incidents:
            self._incidents.append(incident)
            log.error("spool_incident", file=incident.path.name, cause=incident.cause, remedy=incident.remedy)

    def _warnings(self) -> list[LocalizedText]:
        found = [f"{incident.cause} {incident.remedy}" for incident in self._incidents]
        told = [LocalizedText(id=text, en=text) for text in (*found, *self._spool_warnings, *self._trail.troubles())]
        told += [*self._key_watch.warnings(), *self._office.warnings()]
        if self._spool_key.warning is not None:
            told.append(SPOOL_KEY_IN_CLEAR)
        jump = machine_clock().jump
        return [*told, _jump_in_words(jump)] if jump else told

    async def _watch_clock(self) -> None:
        kept_at = self._loop.time()
        while True:
            await asyncio.sleep(CLOCK_PERIOD_S)
            machine_clock().now()
            if self._loop.time() - kept_at >= CLOCK_KEPT_S:
                kept_at = self._loop.time()
                await asyncio.to_thread(_keep_clock_memory, self.state / MEMORY_FILE)

    async def _watch_loop(self) -> None:
        while True:
            due = self._loop.time() + STALL_PERIOD_S
            await asyncio.sleep(STALL_PERIOD_S)
            LOOP_STALL_SECONDS.observe(max(0.0, self._loop.time() - due))


async def serve(config: Config, options: ServeOptions, on_ready: Callable[[Gateway], None]) -> None:
    """Serve until SIGINT or SIGTERM."""
    give_memory_back()
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


def key_places(settings: KeySettings) -> KeyPlaces:
    """Where the signing keys are, opened with the secrets of this process's surroundings; `KeyProblem` without."""
    token = None
    if settings.module:
        place = TokenPlace(settings.module, settings.token, settings.pin)
        token = Pkcs11Token(place, read_pin(settings.pin))
    return KeyPlaces(read_passphrase(), token, makes_in_token=settings.store == "pkcs11")


def _chain_end(spool: Spool) -> ChainPlace:
    head = spool.head()
    return ChainPlace(head.chain_id, head.sequence)


def _keep_clock_memory(path: Path) -> None:
    try:
        write_clock_memory(path, machine_clock().memory())
    except OSError as error:
        log.warning("clock_memory_not_kept", error=error.strerror)


def _of_open_enrolment(stored: StoredCaptures, office: EnrolmentOffice, capture_id: str) -> bool:
    return office.is_open(stored.transaction_of(capture_id))


def _own_anchors(key: KeyStore) -> TrustAnchors:
    return TrustAnchors.from_pem(key.trust_bundle().certificates_pem)


def _jump_in_words(jump: ClockJump) -> LocalizedText:
    forward = jump.by_s > 0
    amount = f"{abs(jump.by_s):,.1f}"
    return LocalizedText(
        id=f"Jam komputer ini diubah {amount} detik ke {'depan' if forward else 'belakang'}; waktu yang ditandatangani "
        "dinyatakan tidak tepercaya sampai jam disinkronkan lagi. Periksa siapa yang mengubahnya, dan jalankan "
        "`timedatectl`.",
        en=f"This machine's clock was set {amount} s {'forward' if forward else 'back'}; times are signed as untrusted "
        "until it is synchronised again. Find out who set it, and look at `timedatectl`.",
    )


def device_settings(config: Config) -> tuple[DeviceSettings, ...]:
    """The `[[device]]` tables; a driver that finds no device by itself makes one under its table's `id`."""
    settings: list[DeviceSettings] = []
    for number, table in enumerate(config.device, 1):
        driver = installed_drivers().get(table.driver)
        if driver is None:
            known = ", ".join(installed_drivers())
            raise ConfigError(f"device: there is no driver {table.driver!r}; installed are {known}")
        try:
            # One that looks itself may not see all that it can drive: what is named is made, seen or not.
            attach = not driver.discoverable or (driver.looks_itself and bool(table.id))
            driver.check_options(table.options)
        except ValueError as error:
            raise ConfigError(f"device: {error}") from error
        except DeviceError:
            attach = True  # it cannot be loaded: listed as FAILED, with the reason
        name = table.id or (f"{table.driver}:{table.options.get('serial', number)}" if attach else "")
        if attach and any(name == other.device_id for other in settings):
            raise ConfigError(f"device: two tables make {name!r}; give one another `id`")
        settings.append(DeviceSettings(table.driver, name, attach, table.options))
    return tuple(settings)


def _session_settings(config: Config) -> SessionSettings:
    capture = config.capture
    finger = AutoCaptureSettings(
        min_preview_score=capture.min_preview_score,
        still_frames=capture.still_frames,
        max_displacement_mm=capture.max_displacement_mm,
    )
    iris = IrisAutoCaptureSettings(
        min_clarity=capture.iris.min_preview_score,
        still_frames=capture.iris.still_frames,
        max_displacement=capture.iris.max_displacement,
    )
    modalities = ModalitySettings(finger, iris, capture.removal_s, capture.iris.liveness)
    return SessionSettings(modalities, capture.recovery_s)


def _loopback(listen: str) -> str:
    host, _ = _host_and_port("listen", listen)
    if host not in LOOPBACK:
        raise ConfigError(
            f"listen: {host} is not this machine's loopback interface; beyond it nothing is served yet, as clients "
            "could not be told apart. Use 127.0.0.1"
        )
    return listen


def _host_and_port(name: str, address: str) -> tuple[str, int]:
    host, separator, port = address.rpartition(":")
    if not separator or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"{name}: {address!r} is not HOST:PORT")
    return host, int(port)


def _show_pairing_code(origin: str, name: str, code: str) -> None:
    # To the terminal alone: a log would carry the code to whoever reads logs.
    who, where = (ascii(text)[1:-1] for text in (name or "a page", origin))  # no control characters to a terminal
    print(f"Pairing code for {who} at {where}: {code[:4]} {code[4:]}", file=sys.stderr, flush=True)
