"""Every fault of a bad month at once, until each has come and enough forwarders were killed."""

import asyncio
import contextlib
import signal
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random

from gateway.centre import EnrolmentStatus
from tests.gateway.central.centres import until
from tests.outage_proxy import CALM, CUT, Weather
from tests.soak_outage.doomed_centre import Instant
from tests.soak_outage.field import GRACE_S, Field, Office, faults_met
from tests.soak_outage.lying_centre import CALL_LOST, FORGED, LOST, OTHERS

DAY_S = 86_400.0
KILLED, KILLED_CENTRE = "forwarder killed at a random instant", "centre killed at a random instant"
RESTORED = "centre restored from a backup"
OFFICE_EXPIRED, CENTRE_EXPIRED = "office's certificate expired", "centre's certificate expired"
CLOCK_FAST, CLOCK_SLOW = "clock a day fast", "clock a day slow"
PORTAL = "name leads to a captive portal"
DISK_CENTRE, DISK_OFFICE = "disk full at the centre", "disk full at an office"
SILENT, NETWORK_CUT = "network silent", "network cut"
HALVED = "bandwidth halved"
OF_THE_LINE = frozenset(
    {
        *("cut at a random byte", "cut at a message's boundary", "garbage", "garbled", "delayed", "reordered"),
        *("detour", HALVED, LOST, CALL_LOST, FORGED, OTHERS),
    }
)
"""Those that the weather of every round brings."""
LINE_BYTES_PER_S = 1_000_000.0
SETTLES_S = 300.0
RESTORED_AGAIN_S = 60.0
"""Between two restorations, longer than the offices' grace: each has them ask for every answer anew."""
RESERVE = 0.3
"""Share of the packets that is kept for the faults that have yet to come: they need traffic."""


class Storm:
    """Breaks things in a field; what it did is in `faults`.

    Parameters
    ----------
    field : Field
    kills : int
        Of forwarders.
    seed : int
    """

    def __init__(self, field: Field, kills: int, seed: int) -> None:
        self._field = field
        self._kills = kills
        self._random = Random(seed)
        self._killed = 0
        self._weather_changes = 0
        self._restored_at = -RESTORED_AGAIN_S
        self._kept: set[str] = set()
        """Offices whose weather somebody else makes just now."""
        self.faults: Counter[str] = Counter()
        self.not_made: dict[str, str] = {}
        self._big: dict[str, Callable[[], Awaitable[bool]]] = {
            **{instant.value: self._doomed(instant) for instant in Instant},
            KILLED_CENTRE: self._kill_centre,
            RESTORED: self._restore,
            OFFICE_EXPIRED: self._expire_office,
            CENTRE_EXPIRED: self._expire_centre,
            CLOCK_FAST: self._clock(DAY_S),
            CLOCK_SLOW: self._clock(-DAY_S),
            PORTAL: self._portal,
            DISK_CENTRE: self._fill_centre,
            DISK_OFFICE: self._fill_office,
            SILENT: self._silence,
            NETWORK_CUT: self._cut,
        }
        for name, disk in ((DISK_CENTRE, field.centre_disk), (DISK_OFFICE, field.offices[0].disk)):
            if not disk.is_own:
                self.not_made[name] = "no file system may be mounted here"
                del self._big[name]

    @property
    def wanted(self) -> frozenset[str]:
        """All that has to have come."""
        return frozenset(self._big) | OF_THE_LINE | {KILLED, *self.not_made}

    async def rage(self) -> None:
        """Until each fault came and enough were killed; packets are sealed all the while."""
        field = self._field
        await field.start_centre()
        for office in field.offices:
            await office.start()
        works = (self._change_weather(), self._break_big_things(), self._kill_forwarders())
        weather, *ending = (asyncio.create_task(work) for work in works)
        try:
            await asyncio.gather(*ending)
        finally:
            for task in (weather, *ending):
                task.cancel()
            await asyncio.gather(weather, *ending, return_exceptions=True)
        for office in field.offices:
            office.seal(len(office.waiting))
        self.faults += faults_met(field)

    async def settle(self) -> None:
        """Calm weather, until all has left; then until the grace is over, which is short for that."""
        field = self._field
        for office in field.offices:
            office.proxy.set(CALM)
            field.certify(office)
        for grace_s, done in ((GRACE_S, "backlog"), (0.05, "erased")):
            for office in field.offices:
                await office.lives.end(signal.SIGTERM)
                await office.start(grace_s)
            offices = field.offices
            with contextlib.suppress(TimeoutError):
                await until(partial(self._are_done, offices, done), within_s=SETTLES_S)
        await field.close()

    def _are_done(self, offices: list[Office], done: str) -> bool:
        return all(self._is_done(office, done) for office in offices)

    def _is_done(self, office: Office, done: str) -> bool:
        depth = office.lives.said.get("depth", {})
        count = len(self._field.made[office.gateway_id])
        if done == "erased":
            # Answers are applied to the ledger behind the packets' own states, a hundred in a second.
            received = office.lives.said.get("statuses", {}).get(EnrolmentStatus.RECEIVED_AT_CENTRAL.value, 0)
            return bool(depth.get("erased", 0) == received == count)
        return office.known == count and office.backlog == 0

    async def _kill_forwarders(self) -> None:
        while self._killed < self._kills:
            await self._seal_more()
            await asyncio.sleep(self._random.uniform(0.0, 0.6))
            office = self._one()
            async with office.turn:
                await office.lives.end(signal.SIGKILL)
                self._killed += 1
                self.faults[KILLED] += 1
                await office.start()

    async def _seal_more(self) -> None:
        """As many as is due by how far the storm is; while much waits, that first."""
        total = sum(len(each) for each in self._field.made.values())
        with contextlib.suppress(TimeoutError):
            await until(lambda: self._backlog <= max(60, total // 20), within_s=10)
        share = (self._killed + 1) / self._kills
        if not self._all_came:
            share = min(share, 1 - RESERVE)
        for office in self._field.offices:
            made = len(self._field.made[office.gateway_id])
            office.seal(max(0, round(share * made) - (made - len(office.waiting))))

    @property
    def _backlog(self) -> int:
        return sum(office.backlog for office in self._field.offices)

    @property
    def _all_came(self) -> bool:
        return all(self.faults[name] for name in self._big) and faults_met(self._field).keys() >= OF_THE_LINE - {HALVED}

    async def _change_weather(self) -> None:
        while True:
            for office in self._field.offices:
                if office.gateway_id not in self._kept:
                    office.proxy.set(self._weather(office))
                    if self._random.random() < 0.5:
                        office.proxy.cut()  # what is old is out of this weather's reach
            await asyncio.sleep(self._random.uniform(0.3, 1.0))

    def _weather(self, office: Office) -> Weather:
        random, (plain, tls) = self._random, self._field.portals
        self._weather_changes += 1
        lot = self._weather_changes % 4
        halved = random.random() < 0.5
        self.faults[HALVED] += halved
        return Weather(
            bytes_per_s=LINE_BYTES_PER_S / (2 if halved else 1),
            delay_spread_s=0.002,
            reordered_s=0.05 if lot == 1 else 0.0,
            cut_share=0.5 if lot == 2 else 0.1,
            cut_bytes=(1, 200_000),
            cuts_at_records=lot == 3,
            garbage_share=0.05,
            detours=((0.25, office.liar_address), (0.03, plain), (0.03, tls), (0.02, "")),
        )

    async def _break_big_things(self) -> None:
        while self._killed < self._kills or not self._all_came:
            names = list(self._big)
            self._random.shuffle(names)
            # Those that have not come yet first: a short storm has each once.
            for name in sorted(names, key=lambda each: self.faults[each]):
                if name == RESTORED and self._is_soon_after_a_restoration:
                    continue
                self.faults[name] += await self._big[name]()
                await asyncio.sleep(self._random.uniform(0.0, 0.4))
                if self._killed >= self._kills and self._all_came:
                    return

    @property
    def _is_soon_after_a_restoration(self) -> bool:
        return asyncio.get_running_loop().time() - self._restored_at < RESTORED_AGAIN_S

    def _one(self) -> Office:
        return self._random.choice(self._field.offices)

    def _doomed(self, instant: Instant) -> Callable[[], Awaitable[bool]]:
        async def run() -> bool:
            field = self._field
            await field.centre.end(signal.SIGKILL)
            count = self._random.randint(1, 4)
            await field.start_centre(instant.value, count)
            self._one().seal(count)
            came = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(6):
                    came = await field.centre.until_ended() == -signal.SIGKILL
            await field.centre.end(signal.SIGKILL)
            await field.start_centre()
            return came

        return run

    async def _kill_centre(self) -> bool:
        await asyncio.sleep(self._random.uniform(0.0, 0.5))
        await self._field.centre.end(signal.SIGKILL)
        await self._field.start_centre()
        return True

    async def _restore(self) -> bool:
        field = self._field
        try:
            backup = await asyncio.to_thread(field.back_up)
        except sqlite3.Error:
            return False  # it is being made just now
        self._one().seal(3)
        await asyncio.sleep(self._random.uniform(1.0, 2.5))
        await field.centre.end(signal.SIGKILL)
        gone = await asyncio.to_thread(field.put_back, backup)
        self._restored_at = asyncio.get_running_loop().time()
        await field.start_centre()
        self.faults["packets that a restored centre had lost"] += gone
        if not gone:
            self._restored_at = -RESTORED_AGAIN_S  # nothing came since the backup: it is tried again
        return gone > 0

    async def _expire_office(self) -> bool:
        office = self._one()
        self._field.certify(office, expired=True)
        office.proxy.cut()
        met = await self._troubles([office], 0.8)
        self._field.certify(office)
        return met

    async def _expire_centre(self) -> bool:
        self._field.certify_centre(expired=True)
        for office in self._field.offices:
            office.proxy.cut()
        met = await self._troubles(self._field.offices, 0.8)
        self._field.certify_centre()
        return met

    async def _troubles(self, offices: list[Office], seconds: float) -> bool:
        """Let it last so long; whether any of them was kept from sending by it."""
        for office in offices:
            office.seal(1)
        met = False
        ends = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < ends:
            met = met or any(office.lives.said.get("problem") for office in offices)
            await asyncio.sleep(0.05)
        return met

    def _clock(self, off_s: float) -> Callable[[], Awaitable[bool]]:
        async def run() -> bool:
            office = self._one()
            async with office.turn:
                await office.lives.end(signal.SIGKILL)
                await office.start(clock_off_s=off_s)
                await asyncio.sleep(0.8)
                await office.lives.end(signal.SIGKILL)
                await office.start()
            return True

        return run

    async def _portal(self) -> bool:
        return await self._during(Weather(detours=((1.0, self._random.choice(self._field.portals)),)), 0.8)

    async def _silence(self) -> bool:
        await self._during(Weather(is_silent=True), 1.5)
        return True

    async def _cut(self) -> bool:
        return await self._during(CUT, 0.8)

    async def _during(self, weather: Weather, seconds: float) -> bool:
        office = self._one()
        if not weather.is_silent:
            office.proxy.cut()
        self._kept.add(office.gateway_id)
        office.proxy.set(weather)
        met = await self._troubles([office], seconds)
        self._kept.discard(office.gateway_id)
        office.proxy.set(CALM)
        office.proxy.cut()
        return met

    async def _fill_centre(self) -> bool:
        disk = self._field.centre_disk
        return await self._filled(self._one(), disk.fill, disk.grow)

    async def _fill_office(self) -> bool:
        office = self._one()
        return await self._filled(office, office.disk.fill, office.disk.grow)

    async def _filled(self, office: Office, fill: Callable[[], bool], grow: Callable[[], None]) -> bool:
        if not await asyncio.to_thread(fill):
            return False
        office.seal(3)
        try:
            await asyncio.sleep(1.0)
        finally:
            await asyncio.to_thread(grow)
        return True
