"""What a gateway looks after while it serves: spool, keys, clock, enrolments; and what needs a person, said."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import structlog

from gateway.allocator import give_memory_back
from gateway.audit import AuditLog
from gateway.enrolment.local_cipher import LocalCipher
from gateway.events import EventLog
from gateway.going_on import going_on
from gateway.guidance import LocalizedText
from gateway.metrics import LOOP_STALL_SECONDS, SPOOL_BYTES, SPOOL_CAPTURES
from gateway.service.daily_purge import DailyPurge
from gateway.service.enrolment_office import EnrolmentOffice
from gateway.service.gateway import GatewayCore, GatewayEvent
from gateway.service.key import KeyWatch
from gateway.spool import Spool, SpoolError, SpoolIncident
from gateway.trust import ClockJump, machine_clock, read_clock_memory, write_clock_memory
from gateway.trust.clock_drift import MEMORY_FILE

log = structlog.get_logger(__name__)

STALL_PERIOD_S = 0.05
SPOOL_PERIOD_S = 60.0
KEYS_PERIOD_S = 60.0
ENROLMENTS_PERIOD_S = 3600.0
PURGE_PERIOD_S = 60.0
"""From the start on: what a start has to do comes first, and so does a clock that is being synchronised."""
CLOCK_PERIOD_S = 1.0
"""A clock that was set is noticed so soon, though nobody asks the time."""
CLOCK_KEPT_S = 60.0
MEMORY_PERIOD_S = 10.0
SPOOL_KEY_IN_CLEAR = LocalizedText(
    id="Kunci rekaman tersimpan di komputer ini tanpa kata sandi: siapa pun yang mengambil disknya dapat membaca "
    "rekaman. Tetapkan kata sandi (kredensial rekam-key-passphrase atau REKAM_KEY_PASSPHRASE) lalu mulai ulang "
    "gateway; kunci itu kemudian disimpan terenkripsi.",
    en="The key of the captures lies on this computer without a passphrase: whoever takes its disk can read them. Set "
    "a passphrase (the credential rekam-key-passphrase or REKAM_KEY_PASSPHRASE) and start the gateway again; the key "
    "is kept encrypted then.",
)


class Upkeep:
    """The watches of a gateway; belongs to the event loop's thread, but for `recorded`.

    Parameters
    ----------
    state : Path
    spool : Spool
    spool_key : LocalCipher
        What it lies under.
    incidents : sequence of SpoolIncident
        What happened to the spool so far, and what will.
    gateway : GatewayCore
        Whose view of the spool is kept fresh.
    keys : KeyWatch
    office : EnrolmentOffice
    purges : DailyPurge
    trail : AuditLog
    events : EventLog of GatewayEvent
    """

    def __init__(
        self,
        state: Path,
        spool: Spool,
        spool_key: LocalCipher,
        incidents: Sequence[SpoolIncident],
        gateway: GatewayCore,
        keys: KeyWatch,
        office: EnrolmentOffice,
        purges: DailyPurge,
        trail: AuditLog,
        events: EventLog[GatewayEvent],
    ) -> None:
        self._state = state
        self._spool = spool
        self._spool_key = spool_key
        self._incidents = incidents
        self._gateway = gateway
        self._keys = keys
        self._office = office
        self._purges = purges
        self._trail = trail
        self._events = events
        self._loop = asyncio.get_running_loop()
        self._spool_warnings: tuple[str, ...] = ()
        self._spool_changed = asyncio.Event()

    async def look(self) -> None:
        """Look at everything once, before the gateway serves; enrolments that were cut off are brought to their end.

        Raises
        ------
        SpoolError
        """
        await self._show_spool()
        await asyncio.to_thread(self._keys.look)
        await asyncio.to_thread(self._office.recover)

    def start(self, stack: contextlib.AsyncExitStack) -> None:
        """Look again and again, each in its own time, until the stack is closed."""
        for watch in (
            self._watch_loop(),
            self._watch_spool(),
            self._watch_keys(),
            self._watch_clock(),
            self._watch_enrolments(),
            self._watch_purges(),
            self._watch_memory(),
        ):
            stack.callback(asyncio.create_task(watch).cancel)

    def recorded(self) -> None:
        """Called in a device's thread: what waits in the spool has changed."""
        self._loop.call_soon_threadsafe(self._spool_changed.set)

    def warnings(self) -> list[LocalizedText]:
        """What needs a person, now."""
        found = [f"{incident.cause} {incident.remedy}" for incident in self._incidents]
        told = [LocalizedText(id=text, en=text) for text in (*found, *self._spool_warnings, *self._trail.troubles())]
        told += [*self._keys.warnings(), *self._office.warnings(), *self._purges.warnings()]
        if self._spool_key.warning is not None:
            told.append(SPOOL_KEY_IN_CLEAR)
        jump = machine_clock().jump
        return [*told, jump_in_words(jump)] if jump else told

    async def _watch_loop(self) -> None:
        while True:
            due = self._loop.time() + STALL_PERIOD_S
            await asyncio.sleep(STALL_PERIOD_S)
            LOOP_STALL_SECONDS.observe(max(0.0, self._loop.time() - due))

    async def _watch_spool(self) -> None:
        while True:
            # Others fill the disk too, and captures grow old: look now and then without a cause.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SPOOL_PERIOD_S):
                    await self._spool_changed.wait()
            self._spool_changed.clear()
            with going_on("upkeep_failed", what="spool"), contextlib.suppress(SpoolError):
                await self._show_spool()

    async def _watch_keys(self) -> None:
        while True:
            await asyncio.sleep(KEYS_PERIOD_S)
            with going_on("upkeep_failed", what="keys"):
                await asyncio.to_thread(self._keys.look)

    async def _watch_clock(self) -> None:
        kept_at = self._loop.time()
        while True:
            await asyncio.sleep(CLOCK_PERIOD_S)
            machine_clock().now()
            if self._loop.time() - kept_at >= CLOCK_KEPT_S:
                kept_at = self._loop.time()
                with going_on("upkeep_failed", what="clock"):
                    await asyncio.to_thread(keep_clock_memory, self._state)

    async def _watch_enrolments(self) -> None:
        while True:
            await asyncio.sleep(ENROLMENTS_PERIOD_S)
            with going_on("upkeep_failed", what="enrolments"):
                await asyncio.to_thread(self._office.recover)

    async def _watch_purges(self) -> None:
        while True:
            await asyncio.sleep(PURGE_PERIOD_S)
            with going_on("upkeep_failed", what="purges"):
                await self._purges.look()

    async def _watch_memory(self) -> None:
        while True:
            await asyncio.sleep(MEMORY_PERIOD_S)
            await asyncio.to_thread(give_memory_back)

    async def _show_spool(self) -> None:
        info, self._spool_warnings = await asyncio.to_thread(
            lambda: (self._gateway.read_spool(), self._spool.warnings())
        )
        self._gateway.spool_info = info
        SPOOL_CAPTURES.set(info.captures)
        SPOOL_BYTES.set(info.bytes)
        self._events.append(info)


def recall_clock_memory(state: Path) -> None:
    """Go on with what the last run on a state folder knew of the clock."""
    machine_clock().recall(read_clock_memory(state / MEMORY_FILE))


def keep_clock_memory(state: Path) -> None:
    """Hand on what this run found out of the clock; a disk that does not take it stops nothing."""
    try:
        write_clock_memory(state / MEMORY_FILE, machine_clock().memory())
    except OSError as error:
        log.warning("clock_memory_not_kept", error=error.strerror)


def jump_in_words(jump: ClockJump) -> LocalizedText:
    """That the machine's clock was set, for an administrator."""
    forward = jump.by_s > 0
    amount = f"{abs(jump.by_s):,.1f}"
    return LocalizedText(
        id=f"Jam komputer ini diubah {amount} detik ke {'depan' if forward else 'belakang'}; waktu yang ditandatangani "
        "dinyatakan tidak tepercaya sampai jam disinkronkan lagi. Periksa siapa yang mengubahnya, dan jalankan "
        "`timedatectl`.",
        en=f"This machine's clock was set {amount} s {'forward' if forward else 'back'}; times are signed as untrusted "
        "until it is synchronised again. Find out who set it, and look at `timedatectl`.",
    )
