"""The daily look at idle scanners: self-test and empty glass, held against how they were; a drift makes them due."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from threading import Event
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from calibration.idle_look import drift, idle_figures, reference_of
from calibration.record import Evidence
from drivers import CaptureCancelled, DeviceError, DeviceKind
from gateway.calibration.book import CalibrationBook
from gateway.calibration.errors import CalibrationError
from gateway.calibration.store import CalibrationStore
from gateway.devices.device import OPEN_S, Device
from gateway.devices.state import DeviceState
from gateway.devices.worker import Watch
from gateway.trust import KeyProblem, SignedTime, time_now

log = structlog.get_logger(__name__)

FRAMES = 6
STEP_S = 30.0
SILENCE_S = 2.0
RETRY = timedelta(hours=1)
"""After a look that found the glass in use, or the device lost."""

Free = Callable[[str], bool]
"""Whether nobody holds a device."""


class DailyLook:
    """Looks at each idle scanner once a day; belongs to the event loop's thread.

    Parameters
    ----------
    devices : callable
        All devices, now.
    is_free : callable
    book : CalibrationBook
    store : CalibrationStore
    at : time or None
        The time of day, by the machine's time zone; None: never.
    clock : callable
    """

    def __init__(
        self,
        devices: Callable[[], Sequence[Device]],
        is_free: Free,
        book: CalibrationBook,
        store: CalibrationStore,
        at: time | None,
        clock: Callable[[], SignedTime] = time_now,
    ) -> None:
        self._devices = devices
        self._is_free = is_free
        self._book = book
        self._store = store
        self._at = at
        self._clock = clock
        self._not_before: dict[str, datetime] = {}

    async def look(self) -> None:
        """Look at whatever is due; a device that cannot be looked at now is tried again in an hour."""
        if self._at is None:
            return
        now = self._clock().wall
        for device in list(self._devices()):
            device_id = device.address.device_id
            if not self._can_look(device) or now < self._not_before.get(device_id, now):
                continue
            try:
                if await asyncio.to_thread(self._is_due, device_id, now):
                    self._not_before[device_id] = now + RETRY
                    await self.look_at(device)
            except (DeviceError, CalibrationError, KeyProblem) as error:
                log.warning("daily_look_failed", device=device_id, error=str(error))

    async def look_at(self, device: Device) -> tuple[Evidence, ...]:
        """Look at one device now: what has drifted, noted as due where a calibration is in use.

        Raises
        ------
        DeviceError, CalibrationError, KeyProblem
        """
        device_id = device.address.device_id
        failed, frames = await device.run(_job, within_s=OPEN_S)
        figures = await asyncio.to_thread(idle_figures, frames) if frames else None
        if figures is None:
            log.info("daily_look_put_off", device=device_id)
            return ()
        now_ms = int(self._clock().wall.timestamp() * 1000)
        earlier = await asyncio.to_thread(self._looks_since_accepted, device_id)
        await asyncio.to_thread(self._store.keep_look, device_id, now_ms, figures)
        found = drift(reference_of(earlier), figures) if earlier else ()
        found += tuple(Evidence(f"self-test {name}", 1.0, 0.0, "1") for name in failed)
        log.info("daily_look", device=device_id, drifted=[each.name for each in found])
        if found:
            names = ", ".join(each.name for each in found)
            reason = f"drift seen by the daily look: {names}"
            await asyncio.to_thread(self._book.open_due, device_id, reason, found)
        return found

    def _can_look(self, device: Device) -> bool:
        snapshot = device.snapshot
        return (
            snapshot.kind is DeviceKind.FINGERPRINT_SCANNER
            and snapshot.live_preview
            and snapshot.state is DeviceState.IDLE
            and not device.busy
            and self._is_free(device.address.device_id)
        )

    def _is_due(self, device_id: str, now: datetime) -> bool:
        """Whether its time of day has come since the last look."""
        assert self._at is not None
        local = now.astimezone()
        latest = datetime.combine(local.date(), self._at).astimezone()
        if latest > local:
            latest = datetime.combine(local.date() - timedelta(days=1), self._at).astimezone()
        looks = self._store.looks(device_id)
        return not looks or looks[-1][0] < latest.timestamp() * 1000

    def _looks_since_accepted(self, device_id: str) -> list[dict[str, float]]:
        standing = self._book.standing(device_id)
        entries = self._book.entries(device_id)
        since = [each.time.wall for each in entries if getattr(each, "action", None) in ("accept", "rollback")]
        if standing.in_use is None or not since:
            return []
        begin = since[-1].timestamp() * 1000
        return [figures for at, figures in self._store.looks(device_id) if at >= begin]


def _job(driver: Any, watch: Watch) -> tuple[list[str], list[NDArray[np.uint8]]]:
    """In the device's thread: the steps of its self-test that did not pass, and frames of its empty glass."""
    stop = Event()
    try:
        failed = _failed_steps(driver, watch, stop)
        if failed:  # a computer that was busy just then fails a test of speed: what fails twice is the device's
            again = _failed_steps(driver, watch, stop)
            failed = [name for name in failed if name in again]
    except CaptureCancelled:
        return [], []
    frames: list[NDArray[np.uint8]] = []
    watch.expect(SILENCE_S)
    for frame in driver.frames(stop):
        watch.expect(SILENCE_S)
        frames.append(frame.pixels)
        if len(frames) >= FRAMES:
            break
    return failed, frames


def _failed_steps(driver: Any, watch: Watch, stop: Event) -> list[str]:
    watch.expect(STEP_S)
    failed = []
    for step in driver.self_test(stop):
        watch.expect(STEP_S)
        if not step.passed:
            failed.append(step.name)
    return failed
