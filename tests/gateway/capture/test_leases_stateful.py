"""Whatever clients do in whatever order, the lease book keeps its promises."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.capture.leases import Lease, LeaseBook, LeaseHeldError, LeaseLostError, LeaseState

R = TypeVar("R")
DEVICES = ("a", "b", "c")
SOME = st.sets(st.sampled_from(DEVICES), min_size=1).map(sorted)


class Claim:
    """What one client asked, as the model sees it."""

    def __init__(self, name: str, devices: list[str], task: "asyncio.Task[Lease] | None") -> None:
        self.name = name
        self.devices = set(devices)
        self.task = task


class LeaseBookMachine(RuleBasedStateMachine):
    """The model: claims held, and claims queued in the order they came; on a real event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.changes: list[Lease] = []
        self.held: list[Claim] = []
        self.queued: list[Claim] = []
        self.count = 0

    @initialize()
    def open_book(self) -> None:
        self.book = LeaseBook(0.0, self.changes.append)

    def do(self, deed: Callable[[], R]) -> R:
        """Do it within the loop, in one turn of it."""

        async def within() -> R:
            return deed()

        return self.loop.run_until_complete(within())

    def turn(self) -> None:
        async def settle() -> None:
            for _ in range(6):
                await asyncio.sleep(0)

        self.loop.run_until_complete(settle())

    def grant(self) -> None:
        """Serve the queue as it is promised: in order, and nobody before whoever wants the same."""
        wanted: set[str] = set()
        taken = {device for claim in self.held for device in claim.devices}
        for claim in list(self.queued):
            if not claim.devices & (wanted | taken):
                self.queued.remove(claim)
                self.held.append(claim)
                taken |= claim.devices
            wanted |= claim.devices

    def lease_of(self, claim: Claim) -> Lease:
        (lease,) = [lease for lease in self.book.leases() if lease.holder == claim.name]
        return lease

    def new_name(self) -> str:
        self.count += 1
        return f"client {self.count}"

    @rule(devices=SOME)
    def ask_at_once(self, devices: list[str]) -> None:
        busy = {device for claim in (*self.held, *self.queued) for device in claim.devices}
        name = self.new_name()
        asking = self.book.acquire(devices, ttl_s=3600, holder=name)
        if busy & set(devices):
            try:
                self.loop.run_until_complete(asking)
            except LeaseHeldError as error:
                refused = error.device_id
            else:
                refused = ""  # it was given what others hold or wait for
            assert refused in devices
            return
        lease = self.loop.run_until_complete(asking)
        assert lease.state is LeaseState.HELD
        self.held.append(Claim(name, devices, None))

    @rule(devices=SOME)
    def queue(self, devices: list[str]) -> None:
        name = self.new_name()
        task = self.loop.create_task(self.book.acquire(devices, ttl_s=3600, holder=name, wait_s=3600))
        self.queued.append(Claim(name, devices, task))
        self.turn()
        self.grant()

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release_held(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.held))
        lease_id = self.lease_of(claim).lease_id
        assert self.do(lambda: self.book.release(lease_id)).state is LeaseState.RELEASED
        self.held.remove(claim)
        self.grant()
        self.turn()

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.held))
        lease_id = self.lease_of(claim).lease_id
        ended = self.loop.create_future()
        self.book.on_end(lease_id, ended.set_result)
        self.do(lambda: self.book.renew(lease_id, 0.0))
        assert self.loop.run_until_complete(ended).state is LeaseState.EXPIRED
        self.held.remove(claim)
        self.grant()
        self.turn()

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.held))
        lease = self.lease_of(claim)
        assert self.do(lambda: self.book.renew(lease.lease_id)).expires_at >= lease.expires_at

    @precondition(lambda self: self.queued)
    @rule(data=st.data())
    def go_away(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.queued))
        assert claim.task is not None
        claim.task.cancel()
        self.queued.remove(claim)
        self.turn()
        assert claim.task.cancelled()
        self.grant()

    @precondition(lambda self: self.queued)
    @rule(data=st.data())
    def release_queued(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.queued))
        assert claim.task is not None
        lease_id = self.lease_of(claim).lease_id
        self.do(lambda: self.book.release(lease_id))
        self.queued.remove(claim)
        self.grant()
        self.turn()
        assert isinstance(claim.task.exception(), LeaseLostError)

    @precondition(lambda self: any(claim.task for claim in self.held))
    @rule(data=st.data(), leaves=st.booleans())
    def release_and_go_away(self, data: st.DataObject, leaves: bool) -> None:
        """The device comes free in the very turn in which the next in the queue gives up."""
        claim = data.draw(st.sampled_from(self.held))
        lease_id = self.lease_of(claim).lease_id
        self.held.remove(claim)
        waiting = list(self.queued)
        self.grant()
        served = [other for other in waiting if other not in self.queued]

        def release() -> None:
            self.book.release(lease_id)
            for other in served:
                assert other.task is not None
                if leaves:
                    other.task.cancel()

        self.do(release)
        if leaves:
            self.held = [other for other in self.held if other not in served]
        self.turn()
        self.grant()
        self.turn()

    @rule(devices=SOME)
    def steal(self, devices: list[str]) -> None:
        name = self.new_name()
        lease = self.do(lambda: self.book.steal(devices, ttl_s=3600, holder=name, reason="urgent"))
        assert lease.state is LeaseState.HELD
        self.held = [claim for claim in self.held if not claim.devices & set(devices)]
        self.held.append(Claim(name, devices, None))
        self.grant()
        self.turn()

    @invariant()
    def the_book_and_the_model_agree(self) -> None:
        if not hasattr(self, "book"):
            return
        leases = self.book.leases()
        held = [lease for lease in leases if lease.state is LeaseState.HELD]
        queued = [lease for lease in leases if lease.state is LeaseState.QUEUED]
        assert sorted(lease.holder for lease in held) == sorted(claim.name for claim in self.held)
        assert [lease.holder for lease in queued] == [claim.name for claim in self.queued]
        taken = [device for lease in held for device in lease.device_ids]
        assert len(taken) == len(set(taken))
        assert all(self.book.holder_of(device) in held for device in taken)
        assert all(self.book.holder_of(device) is None for device in set(DEVICES) - set(taken))
        assert [lease.queue_place for lease in queued] == list(range(1, len(queued) + 1))
        for claim in (*self.held, *self.queued):
            if claim.task is not None:
                assert claim.task.done() == (claim in self.held)

    @invariant()
    def every_end_is_announced_once(self) -> None:
        over = (LeaseState.RELEASED, LeaseState.EXPIRED, LeaseState.STOLEN)
        ends = [lease.lease_id for lease in self.changes if lease.state in over]
        assert len(ends) == len(set(ends))

    def teardown(self) -> None:
        if hasattr(self, "book"):
            self.do(self.book.close)
            self.turn()
            assert self.book.leases() == []
            for claim in self.queued:
                assert claim.task is not None
                assert isinstance(claim.task.exception(), LeaseLostError)
        self.loop.close()


TestLeaseBook = LeaseBookMachine.TestCase
TestLeaseBook.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
