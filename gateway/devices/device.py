"""One device of the desk: opened, used, lost, brought back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import structlog

from drivers import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceAddress,
    DeviceBusy,
    DeviceCondition,
    DeviceDriver,
    DeviceError,
    DeviceHung,
    DeviceIdentity,
    DeviceKind,
    DeviceLost,
    DeviceUnsupported,
    LiveFingerprintScanner,
    PersonPart,
    PresentsHands,
    PresentsPersons,
    ReportsCondition,
    open_device,
)
from gateway.devices.history import COUNTS, DeviceHistory, Happened, IncidentKind
from gateway.devices.state import DeviceHealth, DeviceSnapshot, DeviceState
from gateway.devices.worker import DeviceWorker, Job, Watch
from gateway.guidance import LocalizedText

T = TypeVar("T")

log = structlog.get_logger(__name__)

OPEN_S = 15.0
"""A U.are.U 4000 may need three power-ups of 300 ms and a hundred polls each; nothing known needs more than 5 s."""

REOPEN_PAUSE_S = 0.3

PRESENT_WAIT_S = 5.0
"""A finger needs half a second to leave the glass after its capture; whoever waits for longer is better told why."""

FIRST_RETRY_PAUSE_S = 0.25
"""A device may be seen a moment before udev has given us the right to open it."""

MAX_RETRY_PAUSE_S = 30.0
"""A device that needs a person is tried this often; one that was just unplugged comes back by discovery."""


MAX_DOUBLINGS = 10
"""Of the pause: a device that is out of order for a day fails some thousand times, and 2 to that power is no number."""


class Device:
    """Keeps one device usable; belongs to the event loop's thread.

    `run` is the only way to its handle. Whoever runs a job holds the lease; this class does not ask.
    """

    def __init__(
        self,
        address: DeviceAddress,
        options: Mapping[str, object],
        on_change: Callable[[DeviceSnapshot], None],
        kind: DeviceKind = DeviceKind.FINGERPRINT_SCANNER,
        history: DeviceHistory | None = None,
        calibration_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._calibration_of = calibration_of
        self.address = address
        self.configured = False
        """Named in the configuration: stays listed, and is opened again, whatever the ports say."""
        self._options = dict(options)
        self._on_change = on_change
        self._history = history
        self._up_since: float | None = None
        self._condition = DeviceCondition()
        """As last told since the driver was entered."""
        self._worker: DeviceWorker | None = None
        self._lock = asyncio.Lock()
        self._failures = 0
        self._retry_at = 0.0
        self._stopped = False
        self.snapshot = DeviceSnapshot(
            device_id=address.device_id,
            label=address.label,
            kind=kind,
            identity=DeviceIdentity(address.driver, "", address.label, ""),
            state=DeviceState.ABSENT,
            health=history.total(address.device_id) if history else DeviceHealth(),
        )

    async def start(self) -> None:
        """Open the device unless it is open and well; a failure leaves it FAILED with its cause, and is not raised."""
        async with self._lock:
            if self.snapshot.state is DeviceState.IDLE:  # brought back by another while this waited
                return
            self._stopped = False
            health = replace(self.snapshot.health, attached_since=datetime.now(UTC))
            self._change(DeviceState.RECOVERING, health=health)
            await self._drop_worker()
            error = await self._try_open()
            if error is not None:
                self._fail(error)

    @property
    def busy(self) -> bool:
        """Whether a job or a recovery is under way."""
        return self._lock.locked()

    @property
    def due_for_retry(self) -> bool:
        """Out of order, and long enough ago to try again; the pause doubles with each failure.

        RECOVERING while nothing is under way: it was lost by a job that did not bring it back itself.
        """
        out_of_order = self.snapshot.state in (DeviceState.FAILED, DeviceState.RECOVERING)
        return out_of_order and not self.busy and time.monotonic() >= self._retry_at

    async def stop(self) -> None:
        """Close the device and its thread; it is ABSENT until `start`, and no recovery opens it again."""
        self._stopped = True
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.close()
        self._change(DeviceState.ABSENT)

    async def run(self, job: Job[T], *, within_s: float) -> T:
        """Run a job on the device, after whatever runs on it now.

        Raises
        ------
        DeviceError
            What the job raised; `DeviceHung` when the watchdog had to step in.
        """
        told: list[DeviceCondition] = []

        def observed(driver: DeviceDriver, watch: Watch) -> T:
            try:
                return job(driver, watch)
            finally:
                if isinstance(driver, ReportsCondition):
                    told.append(driver.condition)

        async with self._lock:
            try:
                return await self._live_worker().run(observed, within_s=within_s)
            except (CaptureTimeout, CaptureCancelled):
                raise
            except DeviceLost as error:
                self._note_loss(error)
                raise
            finally:
                if told:
                    self._note_condition(told[0])
                if self.snapshot.state not in (DeviceState.RECOVERING, DeviceState.FAILED, DeviceState.ABSENT):
                    self.show(DeviceState.IDLE)

    async def present(
        self, person: int, part: PersonPart, placement: int | None, without: Collection[PersonPart] = ()
    ) -> None:
        """Bring a synthetic person before a synthetic device, after whatever it does now.

        Parameters
        ----------
        placement : int or None
            As of `PresentsPersons.present_person`.
        without : collection of PersonPart
            Fingers of a slap that are not there.

        Raises
        ------
        DeviceBusy
            A capture goes on for longer than `PRESENT_WAIT_S`.
        DeviceUnsupported
            It is no synthetic scanner or camera.
        ValueError
            No such person, or a part that the device does not see.
        DeviceError
            As of `run`.
        """

        def job(driver: DeviceDriver, watch: Watch) -> None:
            if not isinstance(driver, PresentsPersons):
                raise DeviceUnsupported(_draws_nobody(self.address.device_id))
            if not without:
                driver.present_person(person, part, placement)
            elif isinstance(driver, PresentsHands):
                driver.present_hand(person, part, placement, without)
            else:
                raise ValueError(f"{self.address.device_id} takes no slaps, of which fingers could be missing")

        if not self.snapshot.synthetic and self.snapshot.state not in _OUT_OF_ORDER:
            raise DeviceUnsupported(_draws_nobody(self.address.device_id))
        try:
            async with asyncio.timeout(PRESENT_WAIT_S):
                await self.run(job, within_s=OPEN_S)
        except TimeoutError as error:
            raise DeviceBusy(
                f"{self.address.device_id} is in use; end its capture, or present the person before it"
            ) from error

    async def recover(self, timeout_s: float) -> bool:
        """Bring a lost or hung device back, trying again until `timeout_s` is over; True when it is ready."""
        async with self._lock:
            deadline = time.monotonic() + timeout_s
            while not self._stopped:
                self._change(DeviceState.RECOVERING, problem=_RECOVERING)
                await self._drop_worker()
                error = await self._try_open()
                if error is None:
                    return True
                if self._stopped:
                    break
                if time.monotonic() + REOPEN_PAUSE_S >= deadline or not isinstance(error, DeviceError):
                    self._fail(error)
                    return False
                await asyncio.sleep(REOPEN_PAUSE_S)
            return False

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Mapping[str, object]]:
        """Close the device for the block, in which another opens it with the options given; then open it again.

        Neither a job nor a recovery touches it meanwhile.
        """
        try:
            async with self._lock:
                await self._drop_worker()
                yield self._options
        finally:
            await self.recover(0)

    async def reset(self) -> None:
        """Reset the device now, whatever it is doing.

        Raises
        ------
        DeviceLost
            The reset failed; the device is FAILED.
        """
        if self._stopped:
            raise DeviceLost(f"{self.address.device_id} is not attached")
        self._count(Happened(resets=1))
        worker = self._live_worker()
        busy = self._lock.locked()
        try:
            await worker.reset()
        except DeviceHung as error:
            self._fail(error)
            raise
        if not busy and not await self.recover(OPEN_S):
            raise DeviceLost(self.snapshot.health.last_error)

    def show(self, state: DeviceState) -> None:
        """Say what the device is doing, as its job sees it."""
        if state is not self.snapshot.state:
            self._change(state)

    def note_calibration(self) -> None:
        """Another calibration is in use."""
        self.snapshot = replace(self.snapshot, calibration_id=self._calibration_of(self.address.device_id))
        self._on_change(self.snapshot)

    def count_capture(self) -> None:
        """One more capture was recorded."""
        self._count(Happened(captures=1))

    def count_timeout(self) -> None:
        """One more capture ended without a finger."""
        self._count(Happened(timeouts=1))

    def count_uptime(self) -> None:
        """Add the time since it was last counted, if the device is up; called now and then, and at each change."""
        now = time.monotonic()
        if self._up_since is not None:
            self._count(Happened(uptime_s=now - self._up_since))
        self._up_since = now if self.snapshot.state in _UP else None

    def _live_worker(self) -> DeviceWorker:
        if self._stopped:
            raise DeviceLost(f"{self.address.device_id} is not attached")
        if self._worker is None or self._worker.dead:
            self._worker = DeviceWorker(self.address.device_id, lambda: open_device(self.address, self._options))
        return self._worker

    async def _drop_worker(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.close()

    async def _try_open(self) -> Exception | None:
        try:
            identity, live, synthetic = await self._live_worker().run(_identify, within_s=OPEN_S)
        except Exception as error:  # a driver with a bug is out of order; the other devices and the gateway are not
            return error
        calibration_id = self._calibration_of(self.address.device_id)
        self.snapshot = replace(
            self.snapshot, identity=identity, live_preview=live, synthetic=synthetic, calibration_id=calibration_id
        )
        self._failures = 0
        self._condition = DeviceCondition()
        self._change(DeviceState.IDLE)
        return None

    def _note_condition(self, told: DeviceCondition) -> None:
        bad_frames = max(0, told.bad_frames - self._condition.bad_frames)
        if bad_frames or told.temperature_c != self._condition.temperature_c:
            self._count(Happened(bad_frames=bad_frames, temperature_c=told.temperature_c))
        self._condition = told

    def _note_loss(self, error: DeviceLost) -> None:
        if isinstance(error, DeviceHung):
            self._count(Happened(resets=1), IncidentKind.RESET, str(error))
        else:
            self._count(Happened(losses=1), IncidentKind.LOSS, str(error))
        self._change(DeviceState.RECOVERING, problem=_RECOVERING)

    def _fail(self, error: Exception) -> None:
        words = str(error) or repr(error)
        log.warning("device_failed", device=self.address.device_id, error=words)
        if self._failures == 0 or words != self.snapshot.health.last_error:  # else the same one, tried again
            self._count(Happened(failures=1), IncidentKind.FAILURE, words)
            if not isinstance(error, DeviceError | ValueError):
                log.error("driver_failed", device=self.address.device_id, exc_info=error)
        self._failures += 1
        pause_s = FIRST_RETRY_PAUSE_S * 2 ** min(self._failures, MAX_DOUBLINGS)
        self._retry_at = time.monotonic() + min(pause_s, MAX_RETRY_PAUSE_S)
        problem = LocalizedText(id=f"Alat tidak dapat dipakai: {words}", en=f"The device cannot be used: {words}")
        self._change(DeviceState.FAILED, problem=problem)

    def _count(self, happened: Happened, incident: IncidentKind | None = None, detail: str = "") -> None:
        """Add to what has happened to the device, here and in the state folder."""
        health = self.snapshot.health
        counts = {name: getattr(health, name) + getattr(happened, name) for name in (*COUNTS, "uptime_s")}
        if happened.temperature_c is not None:
            counts["temperature_c"] = happened.temperature_c
        health = replace(health, **counts)
        if incident is not None:
            health = replace(health, last_error=detail, last_error_at=datetime.now(UTC))
        self.snapshot = replace(self.snapshot, health=health)
        if self._history is not None:
            self._history.note(self.address.device_id, happened, incident, detail)

    def _change(
        self,
        state: DeviceState,
        problem: LocalizedText | None = None,
        health: DeviceHealth | None = None,
    ) -> None:
        self.snapshot = replace(self.snapshot, state=state, problem=problem, health=health or self.snapshot.health)
        if (self._up_since is not None) is not (state in _UP):
            self.count_uptime()
        self._on_change(self.snapshot)


def _identify(driver: DeviceDriver, watch: Watch) -> tuple[DeviceIdentity, bool, bool]:
    return driver.identity, isinstance(driver, LiveFingerprintScanner), isinstance(driver, PresentsPersons)


def _draws_nobody(device_id: str) -> str:
    return f"{device_id} is no synthetic scanner or camera: it sees whoever is before it. Name one that is synthetic"


_OUT_OF_ORDER = frozenset({DeviceState.ABSENT, DeviceState.RECOVERING, DeviceState.FAILED})
_UP = frozenset(DeviceState) - _OUT_OF_ORDER
"""The states that count as uptime."""

_RECOVERING = LocalizedText(
    id="Alat tidak menjawab dan sedang dipulihkan; tunggu sebentar.",
    en="The device does not answer and is being brought back; wait a moment.",
)
