"""A running centre: its objects built from its folder, what is looked after meanwhile, and its end."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import prometheus_client
import structlog

from gateway.central.admission import Admission, AdmissionLimits
from gateway.central.door import IngestDoor
from gateway.central.duplicate_search import DuplicateSearch, StubSearch, search_waiting
from gateway.central.errors import CentralError
from gateway.central.ingest import Ingest
from gateway.central.jetstream import HubLink, JetstreamSettings
from gateway.central.metrics import CHAIN_FORKS, REGISTRY, STORED_PACKETS
from gateway.central.open_centre import OpenCentre
from gateway.central.reception import Receiver
from gateway.central.state import served_alone, told
from gateway.central.upload import UploadPorts
from gateway.centre import EnrolmentStatus

log = structlog.get_logger(__name__)

DEFAULT_LISTEN = "127.0.0.1:7421"
_DISK_THREADS = 16
_STOP_GRACE_S = 5.0
_COUNT_EVERY_S = 30.0
_CLEAR_EVERY_S = 3600.0
_LOOK_BACK_EVERY_S = 5.0
_EXPIRY_TOLD = timedelta(days=90)


@dataclass(frozen=True)
class CentreSettings:
    """How a centre serves."""

    listen: str = DEFAULT_LISTEN
    """`HOST:PORT`; port 0 takes a free one."""
    metrics: str = ""
    """`HOST:PORT` for Prometheus; empty for none."""
    jetstream: JetstreamSettings | None = None
    """A hub by which offices are reached as well."""
    limits: AdmissionLimits = field(default_factory=AdmissionLimits)
    parts_kept_days: float = 30.0
    """A part that nothing was added to for so long is removed; the office sends it from the start."""
    search: DuplicateSearch = field(default_factory=StubSearch)
    search_every_s: float = 5.0


class CentreServer:
    """Serves a centre: made by `start`, ended by `stop`.

    Parameters
    ----------
    state : Path
    settings : CentreSettings
    """

    def __init__(self, state: Path, settings: CentreSettings) -> None:
        self.state, self.settings = state, settings
        self.address = self.metrics_address = self.hub_address = ""

    async def start(self) -> None:
        """Open the folder, look at what a kill or a restoration left, serve.

        Raises
        ------
        CentralError, KeyProblem, OSError
            It cannot serve; what was opened is closed again.
        """
        async with contextlib.AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()

    async def stop(self) -> None:
        """Take nothing more, keep what came, leave the folder whole."""
        await self._stack.aclose()

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        settings = self.settings
        stack.enter_context(served_alone(self.state))
        centre = stack.enter_context(OpenCentre(self.state))
        self._centre = centre
        with told(self.state):
            for folder in (centre.places.packets, centre.places.parts):
                folder.mkdir(mode=0o700, exist_ok=True)
        await asyncio.to_thread(centre.follow_store)
        self._ledger_id = centre.ledger.ledger_id
        disk = stack.enter_context(ThreadPoolExecutor(_DISK_THREADS, "disk"))
        verdicts = stack.enter_context(ThreadPoolExecutor(os.cpu_count() or 1, "verdict"))
        receiving = stack.enter_context(ThreadPoolExecutor(1, "receiver"))
        admission = Admission(settings.limits, centre.places.packets)
        receiver = Receiver(centre.store, centre.ledger, centre.folders, receiving)
        standings = centre.standings(settings.limits.packet_bytes)
        ports = UploadPorts(centre.folders, standings, receiver, admission, disk, verdicts)
        ingest = Ingest(centre.identity.centre_id, centre.store, centre.ledger, centre.signer, ports)
        door = IngestDoor(ingest, centre.places.tls)
        host, _, _ = settings.listen.rpartition(":")
        port = door.listen(settings.listen)
        self.address = f"{host}:{port}"
        self._serve_metrics(stack)
        await door.start()
        stack.push_async_callback(ingest.settled)
        stack.push_async_callback(door.stop, _STOP_GRACE_S)
        stack.callback(ingest.stop)
        if settings.jetstream is not None:
            hub = HubLink(settings.jetstream, ingest, centre.store.gateways)
            self.hub_address = f"{settings.jetstream.place.host}:{settings.jetstream.place.port}"
            hub.start()
            stack.push_async_callback(hub.stop)
        self._look_after(stack)
        addresses = {"grpc": self.address, "metrics": self.metrics_address}
        with told(self.state):
            centre.places.addresses.write_text(json.dumps(addresses, indent=2) + "\n", encoding="utf-8")
        stack.callback(centre.places.addresses.unlink, missing_ok=True)
        left = centre.signer.valid_until - datetime.now(UTC)
        if left < _EXPIRY_TOLD:
            log.warning("signing_certificate_ends_soon", days=left.days, remedy="rekam central init --renew-signing")
        log.info("centre_serves", centre=centre.identity.centre_id, ledger=centre.ledger.ledger_id, **addresses)

    def _serve_metrics(self, stack: contextlib.AsyncExitStack) -> None:
        if not self.settings.metrics:
            return
        host, _, port = self.settings.metrics.rpartition(":")
        try:
            server, thread = prometheus_client.start_http_server(int(port), host, REGISTRY)
        except OSError as error:
            raise OSError(f"{host}:{port} for metrics cannot be bound: {error.strerror}") from error
        self.metrics_address = f"{host}:{server.server_port}"

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        stack.callback(stop)

    def _look_after(self, stack: contextlib.AsyncExitStack) -> None:
        chores: list[tuple[float, Callable[[], object]]] = [
            (_COUNT_EVERY_S, self._count),
            (_CLEAR_EVERY_S, self._clear_stale),
            (_LOOK_BACK_EVERY_S, self._take_up),
        ]
        search = self.settings.search
        if not isinstance(search, StubSearch) or search.answers:
            chores.append((self.settings.search_every_s, self._search))
        tasks = [asyncio.create_task(_again_and_again(every_s, chore)) for every_s, chore in chores]

        async def end() -> None:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        stack.push_async_callback(end)

    def _count(self) -> None:
        counts = self._centre.store.counts()
        for status in EnrolmentStatus:
            STORED_PACKETS.labels(status).set(counts.get(status, 0))
        CHAIN_FORKS.set(self._centre.store.count_forks())

    def _take_up(self) -> None:
        """Where a store was put back while this runs, hold again what it forgot of the files that are there."""
        ledger_id = self._centre.ledger.ledger_id
        if ledger_id != self._ledger_id:
            adopted = self._centre.take_up()
            self._ledger_id = ledger_id
            log.warning("store_went_back", ledger_id=ledger_id, packets_held_again=adopted)

    def _clear_stale(self) -> None:
        for path in self._centre.folders.clear_stale(self.settings.parts_kept_days * 86_400):
            log.info("part_cleared", gateway=path.parent.name, days=self.settings.parts_kept_days)

    def _search(self) -> None:
        moved = search_waiting(
            self._centre.store, self._centre.ledger, self.settings.search, self._centre.places.packets
        )
        if moved:
            log.info("packets_searched", moved=moved)


async def _again_and_again(every_s: float, chore: Callable[[], object]) -> None:
    while True:
        work = asyncio.ensure_future(asyncio.to_thread(chore))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait({work})  # the store is closed only after it
            work.exception()
            raise
        except (CentralError, OSError) as error:
            log.warning("chore_hindered", cause=str(error))
        await asyncio.sleep(every_s)


async def serve_centre(state: Path, settings: CentreSettings, ready: Callable[[CentreServer], Awaitable[None]]) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises
    ------
    CentralError, KeyProblem, OSError
    """
    server = CentreServer(state, settings)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await server.start()
    try:
        await ready(server)
        await ended.wait()
    finally:
        await server.stop()
