"""LeaseService: devices handed out, first come first served."""

import time
from collections.abc import AsyncIterator, Callable, Iterable

from rekam.v1 import lease_pb2 as pb

from gateway.capture.leases import Lease, LeaseBook, LeaseState
from gateway.devices.registry import DeviceRegistry
from gateway.events import EventLog
from gateway.service import convert, device_messages
from gateway.service.access import Caller, check_own
from gateway.service.errors import StoppingError
from gateway.service.idempotency import Idempotency
from gateway.trust import time_now

HEARTBEAT_S = 4.0


class LeaseCore:
    """Acquires, renews, releases, steals and watches leases."""

    def __init__(
        self,
        leases: LeaseBook,
        registry: DeviceRegistry,
        changes: "Callable[[], EventLog[Lease]]",
        idempotency: Idempotency,
    ) -> None:
        self._leases = leases
        self._registry = registry
        self._changes = changes
        self._idempotency = idempotency

    async def acquire_lease(self, request: pb.AcquireLeaseRequest, caller: Caller) -> pb.AcquireLeaseResponse:
        """Take devices, or queue for them."""

        async def acquire() -> pb.AcquireLeaseResponse:
            self._check_devices(request.device_ids)
            lease = await self._leases.acquire(
                request.device_ids,
                ttl_s=convert.seconds(request.ttl),
                holder=request.holder,
                reason=request.reason,
                wait_s=convert.seconds(request.wait),
                owner=caller.identity,
            )
            return pb.AcquireLeaseResponse(lease=self._message(lease))

        return await self._idempotency.once("AcquireLease", request, pb.AcquireLeaseResponse, acquire, waits=True)

    async def renew_lease(self, request: pb.RenewLeaseRequest, caller: Caller) -> pb.RenewLeaseResponse:
        """Start the term anew."""
        self._check_own(request.lease_id, caller)
        ttl_s = convert.seconds(request.ttl) if request.HasField("ttl") else None
        return pb.RenewLeaseResponse(lease=self._message(self._leases.renew(request.lease_id, ttl_s)))

    async def release_lease(self, request: pb.ReleaseLeaseRequest, caller: Caller) -> pb.ReleaseLeaseResponse:
        """Give the devices back."""
        self._check_own(request.lease_id, caller)
        return pb.ReleaseLeaseResponse(lease=self._message(self._leases.release(request.lease_id)))

    async def steal_lease(self, request: pb.StealLeaseRequest, caller: Caller) -> pb.StealLeaseResponse:
        """Take devices from their holder."""

        async def steal() -> pb.StealLeaseResponse:
            self._check_devices(request.device_ids)
            lease = self._leases.steal(
                request.device_ids,
                ttl_s=convert.seconds(request.ttl),
                holder=request.holder,
                reason=request.reason,
                owner=caller.identity,
            )
            return pb.StealLeaseResponse(lease=self._message(lease))

        return await self._idempotency.once("StealLease", request, pb.StealLeaseResponse, steal)

    async def watch_lease(self, request: pb.WatchLeaseRequest, caller: Caller) -> AsyncIterator[pb.WatchLeaseResponse]:
        """The lease now, and at each change until it is over."""
        changes = self._changes()
        from_seq = changes.last_seq
        lease = self._leases.get(request.lease_id)
        seq = 1
        yield pb.WatchLeaseResponse(seq=seq, time=convert.event_time(time_now()), lease=self._message(lease))
        if lease.state not in (LeaseState.QUEUED, LeaseState.HELD):
            return
        async for event in changes.follow(from_seq, HEARTBEAT_S, lambda other: other.lease_id == request.lease_id):
            seq += 1
            if event is None:
                yield pb.WatchLeaseResponse(seq=seq, time=convert.event_time(time_now()))
            else:
                yield pb.WatchLeaseResponse(
                    seq=seq, time=convert.event_time(event.time), lease=self._message(event.payload)
                )
                if event.payload.state not in (LeaseState.QUEUED, LeaseState.HELD):
                    return
        raise StoppingError("the gateway is stopping")

    def _check_own(self, lease_id: str, caller: Caller) -> None:
        """Everybody is told the ids of leases; how one ended may be asked by anybody."""
        lease = self._leases.get(lease_id)
        if lease.state in (LeaseState.QUEUED, LeaseState.HELD):
            check_own(lease.owner, caller)

    def _check_devices(self, device_ids: Iterable[str]) -> None:
        for device_id in device_ids:
            self._registry.known(device_id)

    def _message(self, lease: Lease) -> pb.Lease:
        return device_messages.lease(lease, time.monotonic())
