"""Who may use which device, until when, and who comes next."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class LeaseState(StrEnum):
    """Where a lease stands."""

    QUEUED = "queued"
    HELD = "held"
    RELEASED = "released"
    EXPIRED = "expired"
    STOLEN = "stolen"


@dataclass(frozen=True)
class Lease:
    """A claim on devices for a term. Times are `time.monotonic()` seconds."""

    lease_id: str
    device_ids: tuple[str, ...]
    holder: str
    reason: str
    ttl_s: float
    state: LeaseState
    queue_place: int
    """1 is next; 0 when held or over."""
    acquired_at: float
    expires_at: float
    owner: str = ""
    """Of the client that took it, as its door knows it; empty where the gateway did."""


class LeaseHeldError(Exception):
    """A device is taken; `holder` has it until `remaining_s` from now at the latest."""

    def __init__(self, device_id: str, holder: str, remaining_s: float) -> None:
        super().__init__(f"{device_id} is held by {holder} for another {remaining_s:.1f} s")
        self.device_id = device_id
        self.holder = holder
        self.remaining_s = remaining_s


class LeaseLostError(Exception):
    """The lease named is over, or never was."""

    def __init__(self, lease_id: str, state: LeaseState | None) -> None:
        super().__init__(f"lease {lease_id} is {state.value if state else 'unknown'}")
        self.lease_id = lease_id
        self.state = state


@dataclass
class _Claim:
    lease: Lease
    granted: asyncio.Future[None]
    timer: asyncio.TimerHandle | None = None


class LeaseBook:
    """All leases of the gateway; belongs to the event loop's thread.

    Claims are granted strictly in the order they came: a claim waits while any of its devices is held, or is
    wanted by a claim before it. A term is enforced by a timer here, never by the state of a connection.
    """

    def __init__(self, protected_s: float, on_change: Callable[[Lease], None]) -> None:
        self._protected_s = protected_s
        self._on_change = on_change
        self._held: dict[str, _Claim] = {}
        self._queue: list[_Claim] = []
        self._over: dict[str, Lease] = {}
        self._on_end: dict[str, list[Callable[[Lease], None]]] = {}

    async def acquire(
        self,
        device_ids: Iterable[str],
        *,
        ttl_s: float,
        holder: str,
        reason: str = "",
        wait_s: float = 0.0,
        owner: str = "",
    ) -> Lease:
        """Take devices, queueing for at most `wait_s`.

        Raises
        ------
        LeaseHeldError
            A device was not free in that time.
        LeaseLostError
            The claim was released, or the gateway stopped, while it queued.
        """
        claim = self._claim(device_ids, ttl_s, holder, reason, owner)
        if wait_s <= 0 and not self._is_free(claim.lease):
            raise self._held_error(claim.lease)
        self._queue.append(claim)
        self._grant()
        if not claim.granted.done():
            self._announce_queue()
            try:
                async with asyncio.timeout(wait_s):
                    await claim.granted
            except TimeoutError:
                if claim in self._queue:  # else it was granted at the last moment
                    error = self._held_error(claim.lease)
                    self._leave_queue(claim)
                    raise error from None
            except asyncio.CancelledError:
                # The asker went away: neither its place in the queue nor its lease may stay behind.
                if claim in self._queue:
                    self._leave_queue(claim)
                elif claim.lease.state is LeaseState.HELD:
                    self._end(claim, LeaseState.RELEASED)
                raise
            if claim.lease.state is LeaseState.RELEASED:
                raise LeaseLostError(claim.lease.lease_id, claim.lease.state)
        return claim.lease

    def renew(self, lease_id: str, ttl_s: float | None = None) -> Lease:
        """Start the term of a held lease anew.

        Raises
        ------
        LeaseLostError
            It is no longer held.
        """
        claim = self._held_claim(lease_id)
        term = claim.lease.ttl_s if ttl_s is None else ttl_s
        claim.lease = replace(claim.lease, ttl_s=term, expires_at=time.monotonic() + term)
        self._start_timer(claim)
        self._on_change(claim.lease)
        return claim.lease

    def release(self, lease_id: str) -> Lease:
        """Give the devices back, or leave the queue; of a lease that is over, just say how it ended."""
        for claim in self._queue:
            if claim.lease.lease_id == lease_id:
                self._leave_queue(claim)
                return claim.lease
        if lease_id in self._over:
            return self._over[lease_id]
        claim = self._held_claim(lease_id)
        self._end(claim, LeaseState.RELEASED)
        return claim.lease

    def steal(self, device_ids: Iterable[str], *, ttl_s: float, holder: str, reason: str, owner: str = "") -> Lease:
        """Take devices at once from whoever holds them.

        Raises
        ------
        LeaseHeldError
            A holder is still within its protected period.
        """
        claim = self._claim(device_ids, ttl_s, holder, reason, owner)
        holders = {id(c): c for d in claim.lease.device_ids if (c := self._held.get(d)) is not None}
        for other in holders.values():
            protected = other.lease.acquired_at + self._protected_s - time.monotonic()
            if protected > 0:
                raise LeaseHeldError(other.lease.device_ids[0], other.lease.holder, protected)
        self._queue.insert(0, claim)
        for other in holders.values():
            self._end(other, LeaseState.STOLEN)
        self._grant()
        return claim.lease

    def get(self, lease_id: str) -> Lease:
        """The lease as it stands; `LeaseLostError` when it never was, or is long over."""
        for claim in (*self._queue, *self._held.values()):
            if claim.lease.lease_id == lease_id:
                return claim.lease
        if lease_id in self._over:
            return self._over[lease_id]
        raise LeaseLostError(lease_id, None)

    def held(self, lease_id: str) -> Lease:
        """The lease, which must be held now."""
        return self._held_claim(lease_id).lease

    def holder_of(self, device_id: str) -> Lease | None:
        """The lease under which a device is held."""
        claim = self._held.get(device_id)
        return claim.lease if claim else None

    def leases(self) -> list[Lease]:
        """Every lease that is held or queued."""
        return [claim.lease for claim in {id(c): c for c in (*self._held.values(), *self._queue)}.values()]

    def on_end(self, lease_id: str, callback: Callable[[Lease], None]) -> Callable[[], None]:
        """Call `callback` once when the lease ends, at once where it already has; what is returned takes it back."""
        if lease_id in self._over:
            callback(self._over[lease_id])
        else:
            self._on_end.setdefault(lease_id, []).append(callback)

        def take_back() -> None:
            callbacks = self._on_end.get(lease_id)
            if callbacks is not None:
                self._on_end[lease_id] = [other for other in callbacks if other is not callback]

        return take_back

    def close(self) -> None:
        """End everything; timers too."""
        for claim in list(self._queue):
            self._leave_queue(claim)
        for claim in list({id(c): c for c in self._held.values()}.values()):
            self._end(claim, LeaseState.RELEASED)

    def _claim(self, device_ids: Iterable[str], ttl_s: float, holder: str, reason: str, owner: str) -> _Claim:
        lease = Lease(
            lease_id=f"lease-{secrets.token_hex(8)}",
            device_ids=tuple(device_ids),
            holder=holder,
            reason=reason,
            ttl_s=ttl_s,
            state=LeaseState.QUEUED,
            queue_place=0,
            acquired_at=0.0,
            expires_at=0.0,
            owner=owner,
        )
        return _Claim(lease, asyncio.get_running_loop().create_future())

    def _held_claim(self, lease_id: str) -> _Claim:
        for claim in self._held.values():
            if claim.lease.lease_id == lease_id:
                return claim
        over = self._over.get(lease_id)
        raise LeaseLostError(lease_id, over.state if over else None)

    def _is_free(self, lease: Lease) -> bool:
        wanted = {device_id for claim in self._queue for device_id in claim.lease.device_ids}
        return not set(lease.device_ids) & (self._held.keys() | wanted)

    def _held_error(self, lease: Lease) -> LeaseHeldError:
        now = time.monotonic()
        for device_id in lease.device_ids:
            claim = self._held.get(device_id)
            if claim is not None:
                return LeaseHeldError(device_id, claim.lease.holder, max(0.0, claim.lease.expires_at - now))
        # Free, but promised to an earlier claim that waits for another device as well.
        first = next(c for c in self._queue if set(c.lease.device_ids) & set(lease.device_ids))
        return LeaseHeldError(lease.device_ids[0], first.lease.holder, first.lease.ttl_s)

    def _grant(self) -> None:
        wanted: set[str] = set()
        for claim in list(self._queue):
            devices = set(claim.lease.device_ids)
            if not devices & (self._held.keys() | wanted):
                self._queue.remove(claim)
                now = time.monotonic()
                claim.lease = replace(
                    claim.lease,
                    state=LeaseState.HELD,
                    queue_place=0,
                    acquired_at=now,
                    expires_at=now + claim.lease.ttl_s,
                )
                self._held.update(dict.fromkeys(devices, claim))
                self._start_timer(claim)
                if not claim.granted.done():
                    claim.granted.set_result(None)
                self._on_change(claim.lease)
            wanted |= devices

    def _start_timer(self, claim: _Claim) -> None:
        if claim.timer:
            claim.timer.cancel()
        loop = asyncio.get_running_loop()
        claim.timer = loop.call_later(claim.lease.ttl_s, self._end, claim, LeaseState.EXPIRED)

    def _end(self, claim: _Claim, state: LeaseState) -> None:
        if claim.timer:
            claim.timer.cancel()
        for device_id in claim.lease.device_ids:
            if self._held.get(device_id) is claim:
                del self._held[device_id]
        self._finish(claim, state)
        self._grant()
        self._announce_queue()

    def _leave_queue(self, claim: _Claim) -> None:
        if claim in self._queue:
            self._queue.remove(claim)
        if not claim.granted.done():
            claim.granted.set_result(None)  # whoever waits for it looks at its state
        self._finish(claim, LeaseState.RELEASED)
        self._grant()
        self._announce_queue()

    def _finish(self, claim: _Claim, state: LeaseState) -> None:
        claim.lease = replace(claim.lease, state=state, queue_place=0)
        self._over[claim.lease.lease_id] = claim.lease
        while len(self._over) > _ENDED_LEASES_KEPT:
            del self._over[next(iter(self._over))]
        for callback in self._on_end.pop(claim.lease.lease_id, ()):
            callback(claim.lease)
        self._on_change(claim.lease)

    def _announce_queue(self) -> None:
        for place, claim in enumerate(self._queue, 1):
            if claim.lease.queue_place != place:
                claim.lease = replace(claim.lease, queue_place=place)
                self._on_change(claim.lease)


_ENDED_LEASES_KEPT = 1000
"""So that a late caller still learns how its lease ended."""
