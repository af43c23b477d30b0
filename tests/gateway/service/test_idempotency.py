"""One key, one deed, one answer: whatever becomes of the disk, the token, or the client that asked."""

import asyncio
import threading

import pytest
from rekam.v1 import lease_pb2 as pb

from gateway.service.errors import BadArgumentError
from gateway.service.idempotency import Idempotency
from gateway.spool import KeptResponse, SpoolFull
from gateway.trust import KeyModuleGone


class DeafStore:
    """Takes no answer."""

    def __init__(self, problem: Exception) -> None:
        self._problem = problem

    def remember(self, method: str, key: str, request_digest: bytes, response: bytes) -> KeptResponse:
        raise self._problem

    def recall(self, method: str, key: str) -> KeptResponse | None:
        return None


FULL = SpoolFull("The disk is full.", "Free space on it.")
TOKEN_AWAY = KeyModuleGone("The token is away.", "Plug it in.")


@pytest.mark.parametrize("problem", [FULL, TOKEN_AWAY], ids=["full", "token-away"])
async def test_a_deed_that_is_done_is_answered_though_its_answer_is_not_kept(problem: Exception) -> None:
    idempotency, deeds = Idempotency(DeafStore(problem)), []
    request = pb.AcquireLeaseRequest(holder="desk", idempotency_key="k")

    async def acquire() -> pb.AcquireLeaseResponse:
        deeds.append(1)
        return pb.AcquireLeaseResponse(lease=pb.Lease(lease_id=f"lease-{len(deeds)}"))

    first = await idempotency.once("AcquireLease", request, pb.AcquireLeaseResponse, acquire)
    again = await idempotency.once("AcquireLease", request, pb.AcquireLeaseResponse, acquire)
    assert first == again
    assert len(deeds) == 1
    other = pb.AcquireLeaseRequest(holder="another", idempotency_key="k")
    with pytest.raises(BadArgumentError, match="another request"):
        await idempotency.once("AcquireLease", other, pb.AcquireLeaseResponse, acquire)


class SlowStore:
    """Takes an answer once it may; what it has taken stays."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], KeptResponse] = {}
        self.asked, self.may = threading.Event(), threading.Event()

    def remember(self, method: str, key: str, request_digest: bytes, response: bytes) -> KeptResponse:
        self.asked.set()
        assert self.may.wait(60)
        return self.kept.setdefault((method, key), KeptResponse(request_digest, response))

    def recall(self, method: str, key: str) -> KeptResponse | None:
        return self.kept.get((method, key))


REQUEST = pb.AcquireLeaseRequest(holder="desk", idempotency_key="k")


class Deeds:
    """What was done, and how far it came."""

    def __init__(self, store: SlowStore) -> None:
        self.idempotency = Idempotency(store)
        self.begun, self.done, self.may = 0, 0, threading.Event()
        self.started = asyncio.Event()

    def begin(self) -> None:
        self.begun += 1
        self.started.set()

    async def in_a_thread(self) -> pb.AcquireLeaseResponse:
        self.begin()
        assert await asyncio.to_thread(self.may.wait, 60)
        self.done += 1
        return pb.AcquireLeaseResponse(lease=pb.Lease(lease_id=f"lease-{self.done}"))

    async def at_once(self) -> pb.AcquireLeaseResponse:
        self.begin()
        self.done += 1
        return pb.AcquireLeaseResponse(lease=pb.Lease(lease_id=f"lease-{self.done}"))

    async def queueing(self) -> pb.AcquireLeaseResponse:
        self.begin()
        await asyncio.Event().wait()
        raise AssertionError

    def asked(self, do, request=REQUEST, **how) -> "asyncio.Task[pb.AcquireLeaseResponse]":
        return asyncio.create_task(self.idempotency.once("AcquireLease", request, pb.AcquireLeaseResponse, do, **how))


async def gone(asker: "asyncio.Task[pb.AcquireLeaseResponse]") -> None:
    asker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asker


@pytest.mark.parametrize("waits", [False, True], ids=["deed", "wait"])
async def test_a_deed_whose_asker_left_before_its_answer_was_kept_is_not_done_again(waits: bool) -> None:
    store = SlowStore()
    deeds = Deeds(store)
    asker = deeds.asked(deeds.at_once, waits=waits)
    assert await asyncio.to_thread(store.asked.wait, 60)
    await gone(asker)
    again = deeds.asked(deeds.at_once, waits=waits)  # it joins, as nothing is kept yet
    store.may.set()
    answers = [await again, await deeds.asked(deeds.at_once)]
    assert [answer.lease.lease_id for answer in answers] == ["lease-1"] * 2
    assert deeds.done == 1


@pytest.mark.parametrize("key", ["k", ""], ids=["key", "no-key"])
async def test_a_deed_in_a_thread_goes_on_to_its_end_without_its_asker(key: str) -> None:
    store = SlowStore()
    store.may.set()
    deeds = Deeds(store)
    request = pb.AcquireLeaseRequest(holder="desk", idempotency_key=key)
    asker = deeds.asked(deeds.in_a_thread, request)
    await asyncio.wait_for(deeds.started.wait(), 60)
    await gone(asker)
    deeds.may.set()
    await deeds.idempotency.stop()
    assert (deeds.begun, deeds.done) == (1, 1)
    if key:
        assert (await deeds.asked(deeds.in_a_thread, request)).lease.lease_id == "lease-1"
        assert deeds.begun == 1


async def test_what_merely_waits_is_given_up_with_the_last_of_its_askers() -> None:
    deeds = Deeds(SlowStore())
    first, second = deeds.asked(deeds.queueing, waits=True), deeds.asked(deeds.queueing, waits=True)
    await asyncio.wait_for(deeds.started.wait(), 60)
    await gone(first)
    assert not second.done()
    await gone(second)
    await deeds.idempotency.stop()  # nothing is left to be waited for
    deeds.started.clear()
    third = deeds.asked(deeds.queueing, waits=True)
    await asyncio.wait_for(deeds.started.wait(), 60)  # anew
    await gone(third)


async def test_the_answer_that_the_store_kept_is_the_answer() -> None:
    store = SlowStore()
    store.may.set()
    one, other = Deeds(store), Deeds(store)  # two that know nothing of each other, over one spool
    began, kept = asyncio.Event(), asyncio.Event()

    async def late() -> pb.AcquireLeaseResponse:
        began.set()
        await kept.wait()
        return pb.AcquireLeaseResponse(lease=pb.Lease(lease_id="late"))

    slower = other.asked(late)
    await began.wait()
    assert (await one.asked(one.at_once)).lease.lease_id == "lease-1"
    kept.set()
    assert (await slower).lease.lease_id == "lease-1"


async def test_a_deed_that_fails_without_its_asker_may_be_tried_again() -> None:
    store = SlowStore()
    store.may.set()
    deeds = Deeds(store)

    async def failing() -> pb.AcquireLeaseResponse:
        await deeds.in_a_thread()
        raise BadArgumentError("device_ids", "there is none")

    asker = deeds.asked(failing)
    await asyncio.wait_for(deeds.started.wait(), 60)
    await gone(asker)
    deeds.may.set()
    await deeds.idempotency.stop()
    assert (await deeds.asked(deeds.in_a_thread)).lease.lease_id == "lease-2"
