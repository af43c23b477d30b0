"""Readers at work: one task at a time in the device's own thread, under a lease that lasts as long as the task."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import structlog

from drivers import CardWriter, DeviceError, DeviceKind, DeviceLost, DeviceNotFound
from gateway.capture.leases import LeaseBook, LeaseLostError
from gateway.devices.device import Device
from gateway.devices.registry import DeviceRegistry
from gateway.devices.state import DeviceState
from gateway.devices.worker import Watch
from gateway.service.errors import BadArgumentError, DeviceNotReadyError
from gateway.service.watched_writer import WatchedWriter

T = TypeVar("T")

log = structlog.get_logger(__name__)

START_S = 30.0
"""Opening the reader anew; the task says afterwards how long it may be silent."""
LEASE_S = 60.0
RENEW_S = 10.0
UNUSABLE = (DeviceState.FAILED, DeviceState.ABSENT)
_SYNTHETIC_DRIVER = "synthetic-card"


class CardReaders:
    """Finds, holds and uses devices for tasks with cards; belongs to the event loop's thread.

    Parameters
    ----------
    registry : DeviceRegistry
    leases : LeaseBook
    module : str, optional
        Id of the reader that holds a security module, and no cards.
    """

    def __init__(self, registry: DeviceRegistry, leases: LeaseBook, module: str = "") -> None:
        self._registry = registry
        self.leases = leases
        self._module = module
        self._recoveries: set[asyncio.Task[bool]] = set()

    def readers(self) -> list[Device]:
        """Every reader of cards that is, or was, attached."""
        return self._of_kind(DeviceKind.CARD_WRITER)

    def reader(self, device_id: str) -> Device:
        """The reader that was named, or one that is free.

        Raises
        ------
        DeviceNotFound, DeviceNotReadyError, BadArgumentError
        """
        return self.device(device_id, DeviceKind.CARD_WRITER, "device_id")

    def device(self, device_id: str, kind: DeviceKind, field: str) -> Device:
        """The device of a kind that was named in a field of a request, or one that is free; errors as of `reader`."""
        if device_id:
            if device_id == self._module:
                raise BadArgumentError(field, f"{device_id} holds the security module, and no cards; name another")
            return self._usable(device_id, kind, field)
        usable = [each for each in self._of_kind(kind) if each.snapshot.state not in UNUSABLE]
        if not usable:
            raise DeviceNotFound(f"no {kind.words} is ready; plug one in, or see `rekam devices`")
        free = [each for each in usable if self.leases.holder_of(each.address.device_id) is None]
        return (free or usable)[0]

    def module(self) -> Device:
        """The reader of the security module.

        Raises
        ------
        DeviceNotFound, DeviceNotReadyError, BadArgumentError
        """
        return self._usable(self._module, DeviceKind.CARD_WRITER, "card.module")

    def _usable(self, device_id: str, kind: DeviceKind, field: str) -> Device:
        device = self._registry.known(device_id)
        if device.snapshot.kind is not kind:
            raise BadArgumentError(field, f"{device_id} is no {kind.words}, but a {device.snapshot.kind.words}")
        if device.snapshot.state in UNUSABLE:
            raise DeviceNotReadyError(device_id, why_unusable(device))
        return device

    def _of_kind(self, kind: DeviceKind) -> list[Device]:
        """Devices of a kind, without the security module's."""
        devices = (each for each in self._registry.devices() if each.address.device_id != self._module)
        return [each for each in devices if each.snapshot.kind is kind]

    @asynccontextmanager
    async def held(
        self, devices: Sequence[Device], holder: str, reason: str, lost: Callable[[], None], wait_s: float = 0.0
    ) -> AsyncIterator[None]:
        """Hold devices for the length of the block.

        Parameters
        ----------
        lost : callable
            Told, once, when somebody took them away.
        wait_s : float
            For those that are in use.

        Raises
        ------
        LeaseHeldError
            One is in use.
        LeaseLostError
            The gateway stopped meanwhile.
        """
        lease = await self.leases.acquire(
            [each.address.device_id for each in devices], ttl_s=LEASE_S, holder=holder, reason=reason, wait_s=wait_s
        )
        done = False

        def ended(_: object) -> None:
            if not done:
                lost()

        self.leases.on_end(lease.lease_id, ended)
        renewing = asyncio.create_task(self._renew(lease.lease_id), name=f"lease of {reason}")
        try:
            yield
        finally:
            done = True
            renewing.cancel()
            with contextlib.suppress(LeaseLostError):
                self.leases.release(lease.lease_id)

    async def run(self, device: Device, task: Callable[[CardWriter], T]) -> T:
        """Run a task with a reader in its thread; the card is powered down and let go of after it.

        Raises
        ------
        Exception
            What the task raised. A reader that was lost meanwhile is brought back by itself.
        """
        told: list[Exception] = []

        def job(driver: CardWriter, watch: Watch) -> T:
            writer = WatchedWriter(driver, watch)
            try:
                return task(writer)
            except DeviceError:
                raise
            except Exception as error:
                # What the task made of a lost reader is what its asker is told; the device is to know of the loss.
                if isinstance(error.__cause__, DeviceLost):
                    told.append(error)
                    raise error.__cause__ from None
                raise
            finally:
                with contextlib.suppress(DeviceError):
                    writer.release_card()

        try:
            return await device.run(job, within_s=START_S)
        except DeviceLost as lost:
            recovery = asyncio.create_task(device.recover(0), name=f"recover {device.address.device_id}")
            self._recoveries.add(recovery)
            recovery.add_done_callback(self._recoveries.discard)
            if told:
                raise told[0] from lost
            raise

    async def stop(self) -> None:
        """Wait for readers that are being brought back."""
        if self._recoveries:
            await asyncio.wait(self._recoveries, timeout=START_S)

    async def _renew(self, lease_id: str) -> None:
        with contextlib.suppress(LeaseLostError):
            while True:
                await asyncio.sleep(RENEW_S)
                self.leases.renew(lease_id)


def is_synthetic(device: Device) -> bool:
    """Whether the cards of this reader are drawn: for demonstrations and training."""
    return device.snapshot.identity.driver == _SYNTHETIC_DRIVER


def why_unusable(device: Device) -> str:
    """In English, for an error."""
    return device.snapshot.problem.en if device.snapshot.problem else "it is not attached"
