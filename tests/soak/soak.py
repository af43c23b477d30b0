"""A real gateway with six failing scanners and clients who behave at random: everything counted, everything checked."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from tests.benchmarks.gateway_process import ServingGateway, serving
from tests.benchmarks.gateway_soak import stalls_ms
from tests.gateway.client import Client
from tests.soak.clients import ABANDONED_S, Desk, all_idle, client_of, watch_devices
from tests.soak.faulty_scanner import BUG, DRIVER, NOTES_NAME, Plan
from tests.soak.installed_driver import calm_file, environment_with_driver
from tests.soak.spool_check import spool_problems
from tests.soak.tally import Resources, Tally

SEED = 20130318
CAPTURES = 2_000
WARM_UP = 400
"""Captures before memory is first looked at: 200 are kept to be watched again, and logs and caches are filled."""
SCANNERS = 6
DESKS_PER_SCANNER = 2
FRAMES_BETWEEN_FAULTS = 60.0
IDLE_S = 30.0
"""All devices are idle so long after the last fault began."""
SETTLE_S = 2.0
LOOK_EVERY = 200
"""Captures between two looks at what the gateway holds."""
GROWTH_SHARE = 0.05
"""Of resident memory, from the median of the first third of the looks to that of the last third: one look alone varies
by as much from minute to minute."""
THREADS_MORE = 4
"""The gateway's pools start threads until they have six; grpc has some of its own."""
FILES_MORE = 8
"""Connections of clients that are being closed, and the spool's readers."""

CONFIG = f"""
rescan_s = 0.25
[capture]
timeout_s = 3.0
still_frames = 2
min_preview_score = 10
recovery_s = 3.0
removal_s = 0.1
[lease]
abandoned_s = {ABANDONED_S}
protected_s = 0.2
[spool]
reserve_mb = 1
"""


def soak(folder: Path, *, seed: int = SEED, captures: int = CAPTURES, warm_up: int = WARM_UP) -> Tally:
    """Make `captures` captures under faults, and check what a gateway promises.

    Parameters
    ----------
    folder : Path
        An empty one; the gateway's log and state are left in it.
    seed : int
        Of the faults and of the clients; threads and clocks decide the rest.
    warm_up : int
        Captures after which memory is looked at for the first time; 0 does not judge it.
    """
    tally = Tally(seed)
    serials = tuple(f"S-{number}" for number in range(1, SCANNERS + 1))
    environment = environment_with_driver(folder, Plan(seed, serials, FRAMES_BETWEEN_FAULTS))
    with serving(folder / "state", CONFIG, environment=environment) as gateway:
        asyncio.run(_Soak(gateway, calm_file(folder), tally).run(captures, warm_up))
        status = gateway.stop()
    if status != 0:
        tally.problems.append(f"the gateway ended with the exit status {status}")
    tally.stored, problems = spool_problems(folder / "state", tally.recorded)
    tally.faults = _faults_met(folder / NOTES_NAME)
    log = (folder / "state.log").read_text(encoding="utf-8", errors="replace")
    tally.problems += [*problems, *log_problems(log)]
    return tally


class _Soak:
    """The way of a soak through its phases."""

    def __init__(self, gateway: ServingGateway, calm: Path, tally: Tally) -> None:
        self._gateway = gateway
        self._calm = calm
        self._tally = tally

    async def run(self, captures: int, warm_up: int) -> None:
        async with client_of(self._gateway.addresses.grpc) as client:
            self._calm.touch()
            await self._await_idle(client)
            watch = asyncio.create_task(watch_devices(client, self._tally))
            before = self._gateway.metrics()
            if warm_up:
                for until in range(warm_up, captures, LOOK_EVERY):
                    await self._capture(client, until)
                    await self._look(client, f"after {self._tally.captures} captures")
            await self._capture(client, captures)
            await self._last_captures(client)
            await self._look(client, "at the end")
            self._tally.stalls_ms = stalls_ms(before, self._gateway.metrics())
            if warm_up:
                self._judge_growth()
            watch.cancel()

    async def _capture(self, client: Client, until: int) -> None:
        """Capture under faults until so many were made; then every capture ends and every device recovers."""
        self._calm.unlink()
        began = time.monotonic()
        desks = []
        for number in range(SCANNERS * DESKS_PER_SCANNER):
            lots = random.Random(f"{self._tally.seed}:{until}:desk {number}")
            device_id = f"{DRIVER}:S-{number % SCANNERS + 1}"
            desks.append(Desk(self._gateway.addresses.grpc, client, device_id, lots, self._tally).work(until))
        await asyncio.gather(*desks)
        self._tally.duration_s += time.monotonic() - began
        self._calm.touch()
        await self._await_idle(client)

    async def _await_idle(self, client: Client) -> None:
        began = time.monotonic()
        for device in await all_idle(client, SCANNERS, IDLE_S):
            self._tally.problems.append(f"{device.device_id} is not idle {IDLE_S:.0f} s after the last fault: {device}")
        self._tally.calm_s = time.monotonic() - began

    async def _last_captures(self, client: Client) -> None:
        """Each device makes an ordinary capture again."""
        for number in range(1, SCANNERS + 1):
            device_id = f"{DRIVER}:S-{number}"
            desk = Desk(self._gateway.addresses.grpc, client, device_id, random.Random(number), self._tally)
            capture = await desk.capture_once()
            if capture is None or not capture.sequence:
                self._tally.problems.append(f"{device_id} does not capture after the last fault: {capture}")
        for capture_id, device_id in self._tally.open_captures.items():
            self._tally.problems.append(f"{device_id}: {capture_id} has no outcome")

    async def _look(self, client: Client, moment: str) -> None:
        """Note what the gateway holds once every device was opened anew, with no finger drawn nor a thread for it."""
        for number in range(1, SCANNERS + 1):
            await client.reset(f"{DRIVER}:S-{number}")
        await self._await_idle(client)
        await asyncio.sleep(SETTLE_S)
        gateway = self._gateway
        self._tally.resources[moment] = Resources(gateway.resident_mb(), gateway.threads(), gateway.open_files())

    def _judge_growth(self) -> None:
        looks = list(self._tally.resources.values())
        first, *_, last = looks
        third = max(1, len(looks) // 3)
        before, after = (median(look.resident_mb for look in part) for part in (looks[:third], looks[-third:]))
        self._tally.growth_mb = after - before
        if after > before * (1 + GROWTH_SHARE):
            self._tally.problems.append(f"memory grew from {before:.1f} to {after:.1f} MB")
        if last.threads > first.threads + THREADS_MORE:
            self._tally.problems.append(f"threads grew from {first.threads} to {last.threads}")
        if last.open_files > first.open_files + FILES_MORE:
            self._tally.problems.append(f"open files grew from {first.open_files} to {last.open_files}")


def log_problems(log: str) -> list[str]:
    """What a gateway's log tells of bugs of its own: any traceback but that of the driver's bug."""
    problems = [f"the log: {line}" for line in log.splitlines() if _NEVER.search(line)]
    for trace in _TRACE.findall(log):
        if BUG not in trace:
            problems.append(f"the log: {trace.strip().splitlines()[-1]}")
    return problems


_NEVER = re.compile(r"rescan_failed|request_failed|never retrieved|never awaited|was destroyed|device_close_failed")
_TRACE = re.compile(r"Traceback \(most recent call last\).*?\n(?=\d{4}-|\Z)", re.DOTALL)
"""Up to the next line that begins with a date."""


def _faults_met(notes: Path) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    lines: Iterable[str] = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else ()
    for line in lines:
        serial, _, fault = line.partition("\t")
        found.setdefault(f"{DRIVER}:{serial}", Counter())[fault] += 1
    return found
