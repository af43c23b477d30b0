"""One stream of everything: a snapshot, then each change; resumed without loss, bounded, never silent."""

import asyncio

import grpc
import pytest
from rekam.v1 import capture_pb2
from rekam.v1 import gateway_pb2 as pb

import gateway.changes
from tests.gateway.client import eventually, first, refused
from tests.gateway.running import connected, desk, running, synthetic

KINDS = {"device": pb.TOPIC_DEVICES, "lease": pb.TOPIC_LEASES, "capture": pb.TOPIC_CAPTURES, "spool": pb.TOPIC_SPOOL}


async def snapshot(watch) -> tuple[list[pb.WatchResponse], pb.WatchResponse]:
    """What comes before the heartbeat that ends the snapshot, and that heartbeat."""
    found = []
    async for event in watch:
        if event.HasField("heartbeat"):
            return found, event
        found.append(event)
    raise AssertionError("the snapshot has no end")


async def test_a_watch_begins_with_everything_as_it_stands(client):
    lease = await client.acquire("synthetic:T-2", holder="Ani")
    capture = await client.start(device_id="synthetic:T-1", manual=True)
    found, end = await snapshot(client.watch())
    kinds = [event.WhichOneof("event") for event in found]
    assert kinds.count("device") == 2
    assert [event.lease.lease_id for event in found if event.lease.holder == "Ani"] == [lease.lease_id]
    assert [event.capture.capture_id for event in found if event.HasField("capture")] == [capture.capture_id]
    assert kinds[-1] == "spool"
    assert {event.seq for event in found} == {end.seq}
    assert end.run_id == (await client.info()).run_id


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_a_watch_of_one_topic_hears_of_no_other(client, kind, monkeypatch):
    monkeypatch.setattr("gateway.service.gateway.HEARTBEAT_S", 0.05)
    watch = client.watch(topics=[KINDS[kind]])
    seen = set()
    done = asyncio.create_task(client.capture())
    async for event in watch:
        seen.add(event.WhichOneof("event"))
        if done.done() and event.seq >= 8:
            break
    assert seen == {kind, "heartbeat"}


async def test_a_watch_resumes_where_it_was_without_loss(client):
    whole = client.watch()
    events, head = [], None
    _, head = await snapshot(whole)
    await client.capture()
    async for event in whole:
        events.append(event)
        if event.spool.captures == 1:
            break
    assert [event.seq for event in events] == list(range(head.seq + 1, head.seq + 1 + len(events)))
    for place in (head.seq, events[2].seq, events[-2].seq):
        resumed, again = client.watch(from_seq=place, run_id=head.run_id), []
        async for event in resumed:
            again.append(event)
            if event.seq == events[-1].seq:
                break
        assert [(event.seq, event.WhichOneof("event")) for event in again] == [
            (event.seq, event.WhichOneof("event")) for event in events if event.seq > place
        ]


async def test_after_a_restart_a_watch_begins_anew(tmp_path):
    async with desk(tmp_path, synthetic()) as client:
        _, end = await snapshot(client.watch())
        old_run = end.run_id
    async with desk(tmp_path, synthetic()) as client:
        for fields in ({"run_id": old_run}, {}):
            found, end = await snapshot(client.watch(from_seq=1, **fields))
            assert found[0].HasField("device")
            assert end.run_id != old_run


async def test_a_watch_that_is_behind_what_is_kept_is_told_to_begin_again(tmp_path, monkeypatch):
    monkeypatch.setattr(gateway.changes, "EVENTS_KEPT", 5)
    async with desk(tmp_path, synthetic()) as client:
        run_id = (await client.info()).run_id
        await client.capture()

        async def resumed() -> bool:
            """Events go on while one asks, so that the oldest may have gone again."""
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await first(client.watch(from_seq=0, run_id=run_id), lambda _: False)
            found = refused(error.value)
            assert (found.code, found.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SLOW_READER")
            oldest = int(found.metadata["oldest_seq"])
            try:
                return (await first(client.watch(from_seq=oldest - 1, run_id=run_id), lambda _: True)).seq == oldest
            except grpc.aio.AioRpcError:
                return False

        assert await eventually(resumed)
        assert (await snapshot(client.watch()))[0]


async def test_every_watch_has_a_heart(tmp_path, monkeypatch):
    for module in ("capture", "device", "gateway", "lease"):
        monkeypatch.setattr(f"gateway.service.{module}.HEARTBEAT_S", 0.05)
    async with desk(tmp_path, synthetic(1), synthetic(2)) as client:
        lease = await client.acquire("synthetic:T-2")
        queued = await client.start(device_id="synthetic:T-2", wait=30)
        capture = await client.start(device_id="synthetic:T-1", manual=True, timeout=60)
        await first(client.watch_capture(queued.capture_id), lambda event: event.HasField("heartbeat"))
        await first(client.watch_devices(), lambda answer: not answer.HasField("device"))
        await first(client.watch_lease(lease.lease_id), lambda answer: not answer.HasField("lease"))
        beat = await first(client.watch(topics=[pb.TOPIC_LEASES]), lambda event: event.HasField("heartbeat"))
        await client.command(capture.capture_id, capture_pb2.CAPTURE_ACTION_CANCEL)
        assert beat.time.quality


async def test_the_watch_names_the_holder_of_a_device(client):
    watch = client.watch(topics=[pb.TOPIC_CAPTURES, pb.TOPIC_DEVICES])
    await client.capture(device_id="synthetic:T-1", holder="Budi")
    found = await first(watch, lambda event: event.device.lease_holder == "Budi")
    assert found.device.device_id == "synthetic:T-1"


async def test_the_spool_is_told_of_after_each_capture(client):
    watch = client.watch(topics=[pb.TOPIC_SPOOL])
    for number in (1, 2):
        capture = await client.capture()
        spool = (await first(watch, lambda event, number=number: event.spool.captures == number)).spool
        assert spool.head_sequence == capture.sequence
        assert spool.bytes > 10_000
        assert spool.oldest.seconds


async def test_what_the_gateway_says_of_itself(gateway, client):
    info = await client.info()
    assert (info.devices_ready, info.devices_total) == (2, 2)
    assert info.started_at.ToNanoseconds() <= info.now.wall.ToNanoseconds()
    assert info.spool.limit_bytes == 20_000_000_000
    bundle = await client.unary("GatewayService", "GetTrustBundle", pb.GetTrustBundleRequest())
    assert bundle.gateway_id == info.gateway_id
    assert bundle.certificates_pem.startswith("-----BEGIN CERTIFICATE-----")
    assert bundle.active_key_id in bundle.jwks


async def test_pairing_trades_the_code_on_the_terminal_for_a_token(tmp_path, capfd):
    async with running(tmp_path, synthetic()) as gateway, connected(gateway) as client:

        async def pair(**fields: str) -> pb.PairResponse:
            return await client.unary("GatewayService", "Pair", pb.PairRequest(origin="https://desk.example", **fields))

        answer = await pair(name="Loket 1\x1b[2J")
        assert not answer.token
        shown = capfd.readouterr().err
        assert "\x1b" not in shown
        code = "".join(shown.rsplit(": ", 1)[1].split())
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await pair(code=f"{(int(code) + 1) % 10**8:08d}")
        assert refused(error.value).fields == ["code"]
        token = (await pair(code=code)).token
        assert len(token) >= 32
        assert token not in (tmp_path / "pairings.json").read_text()
        with pytest.raises(grpc.aio.AioRpcError):
            await pair(code=code)  # once
        await pair()
        code = "".join(capfd.readouterr().err.rsplit(": ", 1)[1].split())
        for _ in range(10):
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await pair(code=f"{(int(code) + 1) % 10**8:08d}")
        assert refused(error.value).reason == "TOO_MANY_TRIES"
        assert refused(error.value).retry_s is not None
