"""One device of the desk: opened, used, lost, brought back."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import structlog

from drivers import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceAddress,
    DeviceError,
    DeviceHung,
    DeviceIdentity,
    DeviceLost,
    FingerprintScanner,
    LiveFingerprintScanner,
    open_device,
)
from gateway.devices.state import DeviceHealth, DeviceSnapshot, DeviceState
from gateway.devices.worker import DeviceWorker, Job, Watch
from gateway.guidance import LocalizedText

T = TypeVar("T")

log = structlog.get_logger(__name__)

OPEN_S = 15.0
"""A U.are.U 4000 may need three power-ups of 300 ms and a hundred polls each; nothing known needs more than 5 s."""

REOPEN_PAUSE_S = 0.3

FIRST_RETRY_PAUSE_S = 0.25
"""A device may be seen a moment before udev has given us the right to open it."""

MAX_RETRY_PAUSE_S = 30.0
"""A device that needs a person is tried this often; one that was just unplugged comes back by discovery."""


class Device:
    """Keeps one device usable; belongs to the event loop's thread.

    `run` is the only way to its handle. Whoever runs a job holds the lease; this class does not ask.
    """

    def __init__(
        self,
        address: DeviceAddress,
        options: Mapping[str, object],
        on_change: Callable[[DeviceSnapshot], None],
    ) -> None:
        self.address = address
        self.configured = False
        """Named in the configuration: stays listed, and is opened again, whatever the ports say."""
        self._options = dict(options)
        self._on_change = on_change
        self._worker: DeviceWorker | None = None
        self._lock = asyncio.Lock()
        self._failures = 0
        self._retry_at = 0.0
        self._stopped = False
        self.snapshot = DeviceSnapshot(
            device_id=address.device_id,
            label=address.label,
            identity=DeviceIdentity(address.driver, "", address.label, ""),
            state=DeviceState.ABSENT,
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
                self._failures += 1
                self._retry_at = time.monotonic() + min(FIRST_RETRY_PAUSE_S * 2**self._failures, MAX_RETRY_PAUSE_S)

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
        async with self._lock:
            try:
                return await self._live_worker().run(job, within_s=within_s)
            except (CaptureTimeout, CaptureCancelled):
                raise
            except DeviceLost as error:
                self._note_loss(error)
                raise
            finally:
                if self.snapshot.state not in (DeviceState.RECOVERING, DeviceState.FAILED, DeviceState.ABSENT):
                    self.show(DeviceState.IDLE)

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

    async def reset(self) -> None:
        """Reset the device now, whatever it is doing.

        Raises
        ------
        DeviceLost
            The reset failed; the device is FAILED.
        """
        if self._stopped:
            raise DeviceLost(f"{self.address.device_id} is not attached")
        self._count(replace(self.snapshot.health, resets=self.snapshot.health.resets + 1))
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

    def count_capture(self) -> None:
        """One more capture was recorded."""
        self._count(replace(self.snapshot.health, captures=self.snapshot.health.captures + 1))

    def count_timeout(self) -> None:
        """One more capture ended without a finger."""
        self._count(replace(self.snapshot.health, timeouts=self.snapshot.health.timeouts + 1))

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
            identity, live = await self._live_worker().run(_identify, within_s=OPEN_S)
        except (DeviceError, ValueError) as error:
            return error
        self.snapshot = replace(self.snapshot, identity=identity, live_preview=live)
        self._failures = 0
        self._change(DeviceState.IDLE)
        return None

    def _note_loss(self, error: DeviceLost) -> None:
        health, hung = self.snapshot.health, isinstance(error, DeviceHung)
        health = replace(
            health,
            resets=health.resets + hung,
            losses=health.losses + (not hung),
            last_error=str(error),
            last_error_at=datetime.now(UTC),
        )
        self._change(DeviceState.RECOVERING, problem=_RECOVERING, health=health)

    def _fail(self, error: Exception) -> None:
        log.warning("device_failed", device=self.address.device_id, error=str(error))
        health = replace(self.snapshot.health, last_error=str(error), last_error_at=datetime.now(UTC))
        problem = LocalizedText(id=f"Alat tidak dapat dipakai: {error}", en=f"The device cannot be used: {error}")
        self._change(DeviceState.FAILED, problem=problem, health=health)

    def _count(self, health: DeviceHealth) -> None:
        self.snapshot = replace(self.snapshot, health=health)

    def _change(
        self,
        state: DeviceState,
        problem: LocalizedText | None = None,
        health: DeviceHealth | None = None,
    ) -> None:
        self.snapshot = replace(self.snapshot, state=state, problem=problem, health=health or self.snapshot.health)
        self._on_change(self.snapshot)


def _identify(scanner: FingerprintScanner, watch: Watch) -> tuple[DeviceIdentity, bool]:
    return scanner.identity, isinstance(scanner, LiveFingerprintScanner)


_RECOVERING = LocalizedText(
    id="Alat tidak menjawab dan sedang dipulihkan; tunggu sebentar.",
    en="The device does not answer and is being brought back; wait a moment.",
)
