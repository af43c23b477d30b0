"""The daily look at idle devices: self-test and what they see of nobody, held against how they were; a drift makes
them due. A device that was attached or switched on is tested by itself as soon as it is free."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from threading import Event
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from calibration.camera.idle_place import idle_place_figures, place_drift, place_reference
from calibration.idle_look import drift, idle_figures, reference_of
from calibration.record import Evidence
from drivers import CaptureCancelled, DeviceError, DeviceKind
from gateway.calibration.book import CalibrationBook
from gateway.calibration.errors import CalibrationError
from gateway.calibration.frames import FIRST_S, SILENCE_S
from gateway.calibration.store import AHEAD_MS, CalibrationStore
from gateway.devices.device import OPEN_S, Device
from gateway.devices.state import DeviceState
from gateway.devices.worker import Watch
from gateway.trust import KeyProblem, SignedTime, time_now
from gateway.trust.clock import is_plausible

log = structlog.get_logger(__name__)

FRAMES = 6
SPACING_S = 0.35
"""Between the frames of a camera, so that somebody who is there has moved meanwhile."""
STEP_S = 30.0
RETRY = timedelta(hours=1)
"""After a look that found the glass in use, or the device lost."""

Free = Callable[[str], bool]
"""Whether nobody holds a device."""
Figures = Mapping[str, float]


@dataclass(frozen=True)
class IdleView:
    """What is looked for in the frames of one kind of device.

    Parameters
    ----------
    figures : callable
        Of frames; None where somebody is there.
    drift : callable
        Of all looks since the calibration came into use, and of this one.
    spacing_s : float
        Between the frames.
    """

    figures: Callable[[Sequence[NDArray[np.uint8]]], dict[str, float] | None]
    drift: Callable[[Sequence[Figures], Figures], tuple[Evidence, ...]]
    spacing_s: float = 0.0


def _glass_drift(earlier: Sequence[Figures], now: Figures) -> tuple[Evidence, ...]:
    return drift(reference_of(earlier), now)


def _place_drift(earlier: Sequence[Figures], now: Figures) -> tuple[Evidence, ...]:
    return place_drift(place_reference(earlier), now, earlier[-1])


_GLASS, _PLACE = IdleView(idle_figures, _glass_drift), IdleView(idle_place_figures, _place_drift, SPACING_S)
VIEWS: Mapping[DeviceKind, IdleView | None] = {
    DeviceKind.FINGERPRINT_SCANNER: _GLASS,
    DeviceKind.SLAP_SCANNER: _GLASS,
    DeviceKind.IRIS_CAMERA: _PLACE,
    DeviceKind.PORTRAIT_CAMERA: _PLACE,
    DeviceKind.CARD_WRITER: None,  # it sees nothing; it is tested
}
_OF_CARDS = ("card", "command")
"""Steps of a card writer's self-test that are about the card that happens to lie in it."""


class DailyLook:
    """Looks at each idle device once a day, and when it was attached; belongs to the event loop's thread.

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
        self._tested_since: dict[str, datetime | None] = {}
        """When each device was attached that has been tested since."""

    async def look(self) -> None:
        """Look at whatever is due; a device that cannot be looked at now is tried again in an hour."""
        if self._at is None:
            return
        now = self._clock().wall
        for device in list(self._devices()):
            device_id = device.address.device_id
            # One farther off was set by a wrong clock.
            waits = now < self._not_before.get(device_id, now) <= now + RETRY
            if waits or not self._can_look(device):
                continue
            try:
                if await asyncio.to_thread(self._is_due, device, now):
                    self._not_before[device_id] = now + RETRY
                    await self.look_at(device)
                elif self._tested_since.get(device_id) != device.snapshot.health.attached_since:
                    await self.test(device)
            except (DeviceError, CalibrationError, KeyProblem) as error:
                log.warning("daily_look_failed", device=device_id, error=str(error))

    async def look_at(self, device: Device) -> tuple[Evidence, ...]:
        """Look at one device now: what has drifted, noted as due where a calibration is in use.

        Raises
        ------
        DeviceError, CalibrationError, KeyProblem
        """
        device_id, view = device.address.device_id, VIEWS[device.snapshot.kind]
        attached = device.snapshot.health.attached_since
        job = partial(_job, device.snapshot.kind, None if view is None else view.spacing_s)
        failed, frames = await device.run(job, within_s=OPEN_S)
        self._tested_since[device_id] = attached
        figures = None
        if view is None:
            figures = {"self_test_failed": float(len(failed))}
        elif frames:
            figures = await asyncio.to_thread(view.figures, frames)
        found = tuple(Evidence(f"self-test {name}", 1.0, 0.0, "1") for name in failed)
        if figures is None:
            log.info("daily_look_put_off", device=device_id)
        else:
            now = self._clock().wall
            earlier = await asyncio.to_thread(self._looks_since_accepted, device_id, now)
            if is_plausible(now):  # else nobody could tell later when it was
                await asyncio.to_thread(self._store.keep_look, device_id, _ms(now), figures)
            found = (view.drift(earlier, figures) if view is not None and earlier else ()) + found
        log.info("daily_look", device=device_id, drifted=[each.name for each in found])
        return await self._note(device_id, found, "drift seen by the daily look")

    async def test(self, device: Device) -> tuple[Evidence, ...]:
        """Run the self-test of a device that was attached or switched on: what failed twice, noted as due.

        Raises
        ------
        DeviceError, CalibrationError, KeyProblem
        """
        device_id, attached = device.address.device_id, device.snapshot.health.attached_since
        failed, _ = await device.run(partial(_job, device.snapshot.kind, None), within_s=OPEN_S)
        self._tested_since[device_id] = attached
        log.info("power_on_test", device=device_id, failed=failed)
        found = tuple(Evidence(f"self-test {name}", 1.0, 0.0, "1") for name in failed)
        return await self._note(device_id, found, "the self-test after it was attached")

    async def _note(self, device_id: str, found: tuple[Evidence, ...], what: str) -> tuple[Evidence, ...]:
        if found:
            reason = f"{what}: {', '.join(each.name for each in found)}"
            await asyncio.to_thread(self._book.open_due, device_id, reason, found)
        return found

    def _can_look(self, device: Device) -> bool:
        snapshot = device.snapshot
        return (
            snapshot.kind in VIEWS
            and (snapshot.live_preview or VIEWS[snapshot.kind] is None)
            and snapshot.state is DeviceState.IDLE
            and not device.busy
            and self._is_free(device.address.device_id)
        )

    def _is_due(self, device: Device, now: datetime) -> bool:
        """Whether its time of day has come since the last look; never by a clock that is plainly wrong."""
        assert self._at is not None
        if not is_plausible(now):
            return False
        local = now.astimezone()
        latest = datetime.combine(local.date(), self._at).astimezone()
        if latest > local:
            latest = datetime.combine(local.date() - timedelta(days=1), self._at).astimezone()
        looks = self._looks(device.address.device_id, now)
        return not looks or looks[-1][0] < _ms(latest)

    def _looks(self, device_id: str, now: datetime) -> list[tuple[int, dict[str, float]]]:
        """Those so far, the oldest first; what a wrong clock put into the future is not among them."""
        until = _ms(now) + AHEAD_MS
        return [(at, figures) for at, figures in self._store.looks(device_id) if at <= until]

    def _looks_since_accepted(self, device_id: str, now: datetime) -> list[dict[str, float]]:
        standing = self._book.standing(device_id)
        entries = self._book.entries(device_id)
        since = [each.time.wall for each in entries if getattr(each, "action", None) in ("accept", "rollback")]
        if standing.in_use is None or not since:
            return []
        begin = _ms(since[-1])
        return [figures for at, figures in self._looks(device_id, now) if at >= begin]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _job(
    kind: DeviceKind, spacing_s: float | None, driver: Any, watch: Watch
) -> tuple[list[str], list[NDArray[np.uint8]]]:
    """In the device's thread: the steps of its self-test that did not pass, and frames of what it sees of nobody.

    Parameters
    ----------
    spacing_s : float or None
        Between the frames; None: none are taken.
    """
    stop = Event()
    try:
        failed = _failed_steps(kind, driver, watch, stop)
        if failed:  # a computer that was busy just then fails a test of speed: what fails twice is the device's
            again = _failed_steps(kind, driver, watch, stop)
            failed = [name for name in failed if name in again]
    except CaptureCancelled:
        return [], []
    frames: list[NDArray[np.uint8]] = []
    if spacing_s is None:
        return failed, frames
    watch.expect(FIRST_S)
    due = 0.0
    for frame in driver.frames(stop):
        watch.expect(SILENCE_S)
        if frame.captured_at < due:
            continue
        due = frame.captured_at + spacing_s
        frames.append(frame.pixels)
        if len(frames) >= FRAMES:
            break
    return failed, frames


def _failed_steps(kind: DeviceKind, driver: Any, watch: Watch, stop: Event) -> list[str]:
    watch.expect(STEP_S)
    failed = []
    for step in driver.self_test(stop):
        watch.expect(STEP_S)
        if not step.passed and not (kind is DeviceKind.CARD_WRITER and step.name in _OF_CARDS):
            failed.append(step.name)
    return failed
