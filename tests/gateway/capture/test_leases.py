"""Leases: first come first served, ended by their term, by their holder or by a supervisor."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from gateway.capture import leases
from gateway.capture.leases import Lease, LeaseBook, LeaseHeldError, LeaseLostError, LeaseState

HELD, QUEUED, RELEASED = LeaseState.HELD, LeaseState.QUEUED, LeaseState.RELEASED


@pytest.fixture
async def changes():
    return []


@pytest.fixture
async def book(changes: list[Lease]):
    book = LeaseBook(protected_s=0.0, on_change=changes.append)
    yield book
    book.close()


def queue(book: LeaseBook, *device_ids: str, holder: str = "h", wait_s: float = 30.0) -> "asyncio.Task[Lease]":
    return asyncio.create_task(book.acquire(device_ids, ttl_s=60, holder=holder, wait_s=wait_s))


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_three_that_wait_get_the_device_in_their_order(book):
    holding = await book.acquire(["a"], ttl_s=60, holder="first")
    waiting = []
    for name in ("second", "third", "fourth"):
        waiting.append(queue(book, "a", holder=name))
        await settled()
    places = {lease.holder: lease.queue_place for lease in book.leases() if lease.state is QUEUED}
    assert places == {"second": 1, "third": 2, "fourth": 3}
    order = []
    lease = holding
    for task in waiting:
        book.release(lease.lease_id)
        lease = await task
        order.append(lease.holder)
        assert [other.done() for other in waiting].count(True) == len(order)
    assert order == ["second", "third", "fourth"]


async def test_a_claim_of_two_devices_is_not_starved_by_claims_of_one(book):
    a = await book.acquire(["a"], ttl_s=60, holder="a")
    b = await book.acquire(["b"], ttl_s=60, holder="b")
    both = queue(book, "a", "b", holder="both")
    await settled()
    late = queue(book, "a", holder="late")
    await settled()
    book.release(a.lease_id)
    await settled()
    assert not late.done()  # free, but promised
    with pytest.raises(LeaseHeldError) as error:
        await book.acquire(["a"], ttl_s=60, holder="pushy")
    assert error.value.holder == "both"
    assert book.holder_of("a") is None
    book.release(b.lease_id)
    assert set((await both).device_ids) == {"a", "b"}
    book.release((await both).lease_id)
    assert (await late).state is HELD


async def test_a_refused_claim_leaves_no_trace(book, changes):
    await book.acquire(["a"], ttl_s=60, holder="one")
    heard = len(changes)
    with pytest.raises(LeaseHeldError) as error:
        await book.acquire(["a"], ttl_s=60, holder="two")
    assert (error.value.device_id, error.value.holder) == ("a", "one")
    assert 59 < error.value.remaining_s <= 60
    assert len(changes) == heard
    assert [lease.holder for lease in book.leases()] == ["one"]


async def test_a_term_ends_by_itself_and_the_next_one_is_served(book):
    lease = await book.acquire(["a"], ttl_s=0.05, holder="one")
    ended = asyncio.get_running_loop().create_future()
    book.on_end(lease.lease_id, ended.set_result)
    waiting = queue(book, "a", holder="two")
    assert (await ended).state is LeaseState.EXPIRED
    assert (await waiting).holder == "two"
    for call in (book.renew, book.held):
        with pytest.raises(LeaseLostError) as error:
            call(lease.lease_id)
        assert error.value.state is LeaseState.EXPIRED
    assert book.get(lease.lease_id).state is LeaseState.EXPIRED
    assert book.release(lease.lease_id).state is LeaseState.EXPIRED


async def test_renewal_starts_the_term_anew(book):
    lease = await book.acquire(["a"], ttl_s=0.2, holder="one")
    renewed = book.renew(lease.lease_id, 60.0)
    assert renewed.expires_at > lease.expires_at + 50
    assert book.renew(lease.lease_id).ttl_s == 60.0
    await asyncio.sleep(0.25)  # past the first term
    assert book.held(lease.lease_id).state is HELD


async def test_waiting_ends_at_its_time(book):
    await book.acquire(["a"], ttl_s=60, holder="one")
    with pytest.raises(LeaseHeldError):
        await book.acquire(["a"], ttl_s=60, holder="two", wait_s=0.01)
    assert [lease.holder for lease in book.leases()] == ["one"]


async def test_an_asker_that_goes_away_leaves_the_queue(book):
    holding = await book.acquire(["a"], ttl_s=60, holder="one")
    gone, staying = queue(book, "a", holder="gone"), queue(book, "a", holder="staying")
    await settled()
    gone.cancel()
    await settled()
    assert [lease.holder for lease in book.leases()] == ["one", "staying"]
    assert book.leases()[1].queue_place == 1
    book.release(holding.lease_id)
    assert (await staying).state is HELD


async def test_an_asker_that_goes_away_just_when_it_is_served_keeps_nothing(book):
    holding = await book.acquire(["a"], ttl_s=60, holder="one")
    gone = queue(book, "a", holder="gone")
    await settled()
    book.release(holding.lease_id)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert book.leases() == []
    assert book.holder_of("a") is None


async def test_a_claim_released_in_the_queue_ends_its_wait_at_once(book):
    await book.acquire(["a"], ttl_s=60, holder="one")
    waiting = queue(book, "a", holder="two", wait_s=3600)
    await settled()
    (claim,) = [lease for lease in book.leases() if lease.state is QUEUED]
    assert book.release(claim.lease_id).state is RELEASED
    with pytest.raises(LeaseLostError) as error:
        await waiting
    assert error.value.state is RELEASED


async def test_the_end_of_the_book_ends_every_wait(book):
    await book.acquire(["a"], ttl_s=60, holder="one")
    waiting = queue(book, "a", holder="two", wait_s=3600)
    await settled()
    book.close()
    with pytest.raises(LeaseLostError):
        await waiting
    assert book.leases() == []


async def test_a_lease_is_stolen_after_its_protected_period_only(changes, monkeypatch):
    ahead = 0.0
    monkeypatch.setattr(leases, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + ahead))
    book = LeaseBook(protected_s=60.0, on_change=changes.append)
    lease = await book.acquire(["a", "b"], ttl_s=60, holder="one")
    waiting = queue(book, "a", holder="patient")
    await settled()
    with pytest.raises(LeaseHeldError) as error:
        book.steal(["b"], ttl_s=60, holder="head", reason="urgent")
    assert 0 < error.value.remaining_s <= 60.0
    book.renew(lease.lease_id)  # does not protect it again
    ahead = 60.0
    ended = []
    book.on_end(lease.lease_id, ended.append)
    stolen = book.steal(["b"], ttl_s=60, holder="head", reason="urgent")
    assert (stolen.state, stolen.device_ids, stolen.reason) == (HELD, ("b",), "urgent")
    assert [lease.state for lease in ended] == [LeaseState.STOLEN]
    assert (await waiting).holder == "patient"  # what the thief left is free
    with pytest.raises(LeaseLostError) as lost:
        book.held(lease.lease_id)
    assert lost.value.state is LeaseState.STOLEN
    book.close()


async def test_a_thief_comes_before_the_queue(book):
    await book.acquire(["a"], ttl_s=60, holder="one")
    waiting = queue(book, "a", holder="two")
    await settled()
    stolen = book.steal(["a"], ttl_s=60, holder="head", reason="urgent")
    await settled()
    assert stolen.state is HELD
    assert not waiting.done()
    book.release(stolen.lease_id)
    assert (await waiting).holder == "two"


async def test_whoever_asks_after_the_end_is_told_at_once(book):
    lease = await book.acquire(["a"], ttl_s=60, holder="one")
    book.release(lease.lease_id)
    told = []
    book.on_end(lease.lease_id, told.append)
    assert [each.state for each in told] == [RELEASED]


async def test_whoever_asked_and_took_it_back_is_not_told(book):
    lease = await book.acquire(["a"], ttl_s=60, holder="one")
    told = []
    takers = [book.on_end(lease.lease_id, lambda _, name=name: told.append(name)) for name in ("x", "y", "z")]
    takers[0]()
    takers[0]()
    book.on_end(lease.lease_id, lambda _: takers[1]())  # in the midst of the telling
    book.on_end(lease.lease_id, lambda _: told.append("last"))
    book.release(lease.lease_id)
    takers[2]()
    assert told == ["y", "z", "last"]


async def test_a_lease_that_never_was_is_unknown(book):
    for call in (book.get, book.held, book.renew, book.release):
        with pytest.raises(LeaseLostError) as error:
            call("lease-0")
        assert error.value.state is None


async def test_ended_leases_are_remembered_but_not_without_end(book):
    first = await book.acquire(["a"], ttl_s=60, holder="one")
    book.release(first.lease_id)
    for _ in range(1000):
        book.release((await book.acquire(["a"], ttl_s=60, holder="one")).lease_id)
    with pytest.raises(LeaseLostError) as error:
        book.get(first.lease_id)
    assert error.value.state is None
