"""Leases over the API: who holds what, who comes next, and what becomes of a client that leaves."""

import time
from types import SimpleNamespace

import grpc
import pytest
from rekam.v1 import capture_pb2, gateway_pb2
from rekam.v1 import lease_pb2 as pb

from gateway.capture import leases
from tests.gateway.client import Client, eventually, first, refused
from tests.gateway.running import connected, desk, running, synthetic

ONE, TWO = "synthetic:T-1", "synthetic:T-2"


async def queued(client: Client, place: int) -> None:
    """Wait until the claim at that place of the queue is there."""
    watch = client.watch(topics=[gateway_pb2.TOPIC_LEASES])
    await first(watch, lambda event: event.lease.queue_place == place)
    watch.cancel()


async def test_a_taken_device_is_refused_with_its_holder_and_the_time_to_wait(client):
    lease = await client.acquire(ONE, ttl_s=300, holder="Ani", reason="thumbs")
    assert (lease.state, list(lease.device_ids), lease.reason) == (pb.LEASE_STATE_HELD, [ONE], "thumbs")
    assert 240 < lease.remaining.ToNanoseconds() / 1e9 <= 300
    assert (await client.device(ONE)).lease_holder == "Ani"
    for call in (client.acquire(ONE, TWO), client.start(device_id=ONE)):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call
        found = refused(error.value)
        assert (found.code, found.reason) == (grpc.StatusCode.ABORTED, "LEASE_HELD")
        assert (found.metadata["holder"], found.metadata["device_id"]) == ("Ani", ONE)
        assert found.retry_s is not None
        assert 240 < found.retry_s <= 300
        assert "Ani" in found.words["id"]
        assert "Ani" in found.words["en"]
    assert (await client.acquire(TWO)).state == pb.LEASE_STATE_HELD


async def test_three_clients_that_wait_are_served_in_their_order(gateway, client):
    held = await client.acquire(ONE)
    calls = []
    for place, name in enumerate(("Budi", "Citra", "Dewi"), 1):
        calls.append(client.acquire_call(ONE, holder=name, wait_s=30))
        await queued(client, place)
    lease_id, served = held.lease_id, []
    for call in calls:
        await client.release(lease_id)
        lease = (await call).lease
        lease_id = lease.lease_id
        served.append(lease.holder)
        assert (await client.device(ONE)).lease_holder == lease.holder
    assert served == ["Budi", "Citra", "Dewi"]


@pytest.mark.parametrize("how", ["cancel", "disconnect"])
async def test_a_client_that_leaves_while_it_queues_is_forgotten(gateway, client, how):
    held = await client.acquire(ONE)
    async with connected(gateway) as leaving:
        call = leaving.acquire_call(ONE, holder="leaving", wait_s=600)
        capture = leaving.unary("CaptureService", "StartCapture", leaving.start_request(device_id=ONE, wait=600))
        await capture
        await queued(client, 2)
        if how == "cancel":
            call.cancel()
    watch = client.watch(topics=[gateway_pb2.TOPIC_LEASES])
    gone = set()
    async for event in watch:
        if event.lease.state == pb.LEASE_STATE_RELEASED:
            gone.add(event.lease.holder)
        if event.HasField("heartbeat") or len(gone) == 2:
            break
    await client.release(held.lease_id)

    async def free() -> bool:
        return not (await client.device(ONE)).lease_holder

    await eventually(free)  # the capture's own claim goes once nobody has cared for it for a second
    assert (await client.acquire(ONE)).state == pb.LEASE_STATE_HELD


async def test_a_lease_is_watched_from_the_queue_to_its_end(client):
    held = await client.acquire(ONE, holder="Ani")
    call = client.acquire_call(ONE, holder="Budi", wait_s=30, ttl_s=1.0)
    claim = (await first(client.watch(), lambda event: event.lease.holder == "Budi")).lease
    states = []
    watching = client.watch_lease(claim.lease_id)
    async for answer in watching:
        states.append(answer.lease.state)
        if len(states) == 1:
            await client.release(held.lease_id)
            await call
    assert states == [pb.LEASE_STATE_QUEUED, pb.LEASE_STATE_HELD, pb.LEASE_STATE_EXPIRED]
    assert [answer.lease.state async for answer in client.watch_lease(claim.lease_id)] == [pb.LEASE_STATE_EXPIRED]
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.renew(claim.lease_id)
    assert refused(error.value).metadata == {"lease_id": claim.lease_id, "state": "expired"}


async def test_release_twice_is_no_fault_and_says_how_it_ended(client):
    lease = await client.acquire(ONE)
    assert [(await client.release(lease.lease_id)).state for _ in range(2)] == [pb.LEASE_STATE_RELEASED] * 2


async def test_a_claim_released_from_the_queue_tells_its_asker(client):
    await client.acquire(ONE)
    call = client.acquire_call(ONE, holder="Budi", wait_s=600)
    claim = (await first(client.watch(), lambda event: event.lease.holder == "Budi")).lease
    assert (await client.release(claim.lease_id)).state == pb.LEASE_STATE_RELEASED
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    assert refused(error.value).reason == "LEASE_LOST"


async def test_a_supervisor_takes_a_device_after_the_protected_period(tmp_path, monkeypatch):
    ahead = 0.0
    monkeypatch.setattr(leases, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + ahead))
    async with desk(tmp_path, synthetic(1), lease={"protected_s": 60.0}) as client:
        lease = await client.acquire(ONE, holder="Ani")
        capture = await client.start(lease_id=lease.lease_id, manual=True, timeout=60)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.steal(ONE)
        found = refused(error.value)
        assert (found.reason, found.metadata["holder"]) == ("LEASE_HELD", "Ani")
        assert found.retry_s is not None
        ahead = found.retry_s + 0.01  # as the refusal advises
        stolen = await client.steal(ONE, holder="head")
        assert stolen.state == pb.LEASE_STATE_HELD
        ended = await client.end(capture.capture_id)
        assert ended.outcome == capture_pb2.CAPTURE_OUTCOME_CANCELLED
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.renew(lease.lease_id)
        assert refused(error.value).metadata["state"] == "stolen"
        again = await client.capture(lease_id=stolen.lease_id)
        assert again.outcome == capture_pb2.CAPTURE_OUTCOME_CAPTURED


async def test_acquiring_with_a_key_again_gives_the_same_lease(client):
    lease = await client.acquire(ONE, idempotency_key="one")
    assert (await client.acquire(ONE, idempotency_key="one")).lease_id == lease.lease_id
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.acquire(TWO, idempotency_key="one")
    assert refused(error.value).fields == ["idempotency_key"]


async def test_a_refused_request_may_be_tried_again_with_its_key(client):
    held = await client.acquire(ONE)
    with pytest.raises(grpc.aio.AioRpcError):
        await client.acquire(ONE, idempotency_key="retry", holder="Budi")
    await client.release(held.lease_id)
    assert (await client.acquire(ONE, idempotency_key="retry", holder="Budi")).holder == "Budi"


async def test_no_lease_outlives_its_term_though_its_client_lives(tmp_path):
    async with running(tmp_path, synthetic(1)) as gateway, connected(gateway) as client:
        lease = await client.acquire(ONE, ttl_s=1.0)
        capture = await client.start(lease_id=lease.lease_id, manual=True, timeout=60)
        assert (await client.end(capture.capture_id)).outcome == capture_pb2.CAPTURE_OUTCOME_CANCELLED
        assert (await client.device(ONE)).lease_holder == ""
