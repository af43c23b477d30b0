"""What is done through the doors stands in the trail: who, what, on which device, with what outcome, and no more."""

import contextlib
import json
from typing import Any

import grpc
import pytest
from rekam.v1 import audit_pb2 as pb
from rekam.v1 import capture_pb2, gateway_pb2
from rekam.v1 import lease_pb2 as lpb

from gateway.audit import AuditEntry, verify_audit
from gateway.service.access import METHOD_ROLES, READ_ONLY
from gateway.service.audit_trail import peer_name
from gateway.trust import Clock, TrustAnchors, boot_id, read_clock_memory
from gateway.upkeep import jump_in_words
from tests.gateway.client import Client, eventually, refused
from tests.gateway.running import connected, desk, running, synthetic
from tests.gateway.trust.made_clock import MadeClock

NIK = "3171234567890001"


async def entries(client: Client, **asked: Any) -> list[pb.AuditEntry]:
    found: list[pb.AuditEntry] = []
    async for answer in client.stream("AuditService", "QueryAudit", pb.QueryAuditRequest(**asked)):
        found += answer.entries
    return found


async def entry_of(client: Client, event: str, **asked: Any) -> pb.AuditEntry:
    """The newest entry of an event; one that nobody waited for may come a moment later."""

    async def newest() -> pb.AuditEntry | None:
        found = await entries(client, event=event, newest_first=True, limit=1, **asked)
        return found[0] if found else None

    return await eventually(newest)


def test_what_only_looks_is_a_method_that_there_is():
    assert METHOD_ROLES.keys() > READ_ONLY


async def test_a_call_that_changes_something_is_in_the_trail_when_it_is_answered(client):
    capture = await client.start(operator="Budi-2", manual=True)
    (started,) = await entries(client, event="CaptureService.StartCapture")
    assert (started.outcome, started.reason, started.operator) == ("OK", "", "Budi-2")
    assert (started.object_kind, started.object_id) == ("capture", capture.capture_id)
    assert started.device_id == capture.device_id
    assert started.peer == "this machine"
    assert list(started.roles) == ["auditor", "operator", "supervisor", "technician"]
    await client.command(capture.capture_id, capture_pb2.CAPTURE_ACTION_CANCEL)
    (commanded,) = await entries(client, event="CaptureService.CommandCapture")
    assert commanded.object_id == capture.capture_id
    await client.end(capture.capture_id)
    ended = await entry_of(client, "capture.ended")
    assert (ended.outcome, ended.peer, ended.operator) == ("CANCELLED", "gateway", "Budi-2")


async def test_a_recorded_capture_is_in_the_trail_with_its_outcome(client):
    capture = await client.capture(operator="Budi-2")
    recorded = await entry_of(client, "capture.recorded")
    assert (recorded.object_id, recorded.outcome) == (capture.capture_id, "CAPTURED")
    assert recorded.device_id == capture.device_id
    assert len(await entries(client, object_id=capture.capture_id)) == 2
    await client.download(capture.capture_id, capture_pb2.CAPTURE_PART_TEMPLATE)
    assert (await entry_of(client, "CaptureService.DownloadCapture")).object_id == capture.capture_id


async def test_what_only_looks_is_in_the_trail_where_it_is_refused_and_what_repeats_is_counted(tmp_path):
    async with running(tmp_path, synthetic()) as gateway, connected(gateway) as client:
        await client.info()
        await client.devices()
        for _ in range(5):
            with pytest.raises(grpc.aio.AioRpcError):
                await client.get_capture("cap-20260504T013000-00000000000a")
        await entry_of(client, "CaptureService.GetCapture")
        gateway._kept.audit.close()  # as at the end: what was counted is written

        async def both() -> list[pb.AuditEntry]:
            looked = await entries(client, event="CaptureService.GetCapture")
            return looked if len(looked) > 1 else []

        found = await eventually(both)
        assert [(each.outcome, each.reason, each.count) for each in found] == [
            ("NOT_FOUND", "NOT_FOUND", 0),
            ("REPEATED", "NOT_FOUND", 4),
        ]
        looked = {each.event for each in await entries(client)} & {
            "GatewayService.GetInfo",
            "DeviceService.ListDevices",
        }
        assert looked == set()


async def test_every_refusal_of_a_change_is_in_the_trail(tmp_path):
    async with desk(tmp_path, synthetic(), roles=["operator", "auditor"]) as client:
        await client.acquire("synthetic:T-1")
        for call in (
            client.steal("synthetic:T-1"),
            client.start(device_id="synthetic:T-1"),
            client.start(device_id=NIK),
        ):
            with pytest.raises(grpc.aio.AioRpcError):
                await call
        with pytest.raises(grpc.aio.AioRpcError):
            await client.channel.unary_unary("/rekam.v1.LeaseService/ReleaseLease")(b"\xff" * 20)
        found = {(each.event, each.outcome, each.reason) for each in await entries(client)}
        assert found >= {
            ("LeaseService.AcquireLease", "OK", ""),
            ("LeaseService.StealLease", "PERMISSION_DENIED", "ROLE_DENIED"),
            ("CaptureService.StartCapture", "ABORTED", "LEASE_HELD"),
            ("CaptureService.StartCapture", "NOT_FOUND", "DEVICE_NOT_FOUND"),
            ("LeaseService.ReleaseLease", "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
        }


async def test_nothing_that_a_client_typed_stands_in_the_trail(tmp_path):
    said = {
        "operator": f"Siti {NIK}",
        "transaction_id": NIK,
        "holder": "Holder-Melati-77",
        "nonce": b"\xc0\xff\xee" * 4,
    }
    async with desk(tmp_path, synthetic()) as client:
        await client.capture(**said, idempotency_key=NIK)
        for call in (
            client.start(**said, device_id=f"x:{NIK}"),
            client.get_capture(f"cap-{NIK}"),
            client.command(NIK, capture_pb2.CAPTURE_ACTION_CANCEL),
            client.unary("LeaseService", "ReleaseLease", lpb.ReleaseLeaseRequest(lease_id=f"lease-{NIK}")),
            client.unary("GatewayService", "Pair", gateway_pb2.PairRequest(origin=f"https://{NIK}.id", name="Siti")),
            client.acquire(f"synthetic:{NIK}"),
        ):
            with contextlib.suppress(grpc.aio.AioRpcError):
                await call
        assert await entries(client, event="GatewayService.Pair")
        assert await entries(client, actor=f"Siti {NIK}")  # found by its keyed hash
        assert await entries(client, person=NIK) == []
    written = b"".join(path.read_bytes() for path in tmp_path.glob("audit*"))
    assert b"CaptureService.StartCapture" in written
    for secret in (NIK.encode(), b"Siti", b"Melati", bytes(said["nonce"]), bytes(said["nonce"]).hex().encode()):
        assert secret not in written


async def test_the_trail_says_when_the_gateway_began_and_ended(tmp_path):
    async with desk(tmp_path, synthetic()):
        pass
    async with desk(tmp_path, synthetic()) as client:
        own = [(each.event, each.reason) for each in await entries(client, actor="gateway")]
        assert own == [("gateway.started", ""), ("gateway.stopped", ""), ("gateway.started", "")]
        assert read_clock_memory(tmp_path / "clock.json").boot_id == boot_id()


async def test_a_gateway_that_was_killed_says_so_at_its_next_start(tmp_path):
    async with desk(tmp_path, synthetic()):
        (tmp_path / "kept").write_bytes((tmp_path / "audit-mark.json").read_bytes())
    (tmp_path / "kept").replace(tmp_path / "audit-mark.json")  # as it was while it ran
    async with desk(tmp_path, synthetic()) as client:
        assert [each.reason for each in await entries(client, event="gateway.started")] == ["", "AFTER_CRASH"]


async def test_a_device_that_is_lost_is_in_the_trail(tmp_path):
    async with desk(tmp_path, synthetic(1, fault="unplug", fault_after_frames=2)) as client:
        capture = await client.capture(manual=True)
        lost = await entry_of(client, "device.lost")
        assert (lost.device_id, lost.outcome, lost.peer) == (capture.device_id, "LOST", "gateway")


async def test_the_head_fixes_the_trail_and_the_range_is_whole(client):
    for _ in range(3):
        lease = await client.acquire("synthetic:T-1")
        await client.unary("LeaseService", "ReleaseLease", lpb.ReleaseLeaseRequest(lease_id=lease.lease_id))
    head = await client.unary("AuditService", "GetHead", pb.GetHeadRequest())
    bodies, heads = [], []
    asked = pb.QueryAuditRequest(to_sequence=head.sequence, with_heads=True)
    async for answer in client.stream("AuditService", "QueryAudit", asked):
        bodies += [entry.canonical for entry in answer.entries]
        heads += answer.heads
    assert head.head in heads
    bundle = await client.unary("GatewayService", "GetTrustBundle", gateway_pb2.GetTrustBundleRequest())
    report = verify_audit(bodies, heads, TrustAnchors.from_pem(bundle.certificates_pem))
    assert (report.ok, report.sealed, report.unsealed) == (True, head.sequence, 0)
    for low, high in ((0, 0), (1, 3), (3, 0), (2, 2), (1000, 2000)):
        answer = await client.unary(
            "AuditService", "VerifyRange", pb.VerifyRangeRequest(from_sequence=low, to_sequence=high)
        )
        assert answer.ok, answer.findings


async def test_a_change_on_the_disk_is_named_by_the_range(gateway, client):
    await client.acquire("synthetic:T-1")
    await client.capture(device_id="synthetic:T-2")
    await entry_of(client, "capture.recorded")
    connection = gateway._kept.trail._file.connection
    (body,) = connection.execute("SELECT body FROM entries WHERE sequence = 2").fetchone()
    content = json.loads(body)
    content["outcome"] = "CANCELLED"
    forged = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    assert AuditEntry.from_bytes(forged)
    connection.execute("UPDATE entries SET body = ? WHERE sequence = 2", (forged,))
    answer = await client.unary("AuditService", "VerifyRange", pb.VerifyRangeRequest())
    assert not answer.ok
    assert (answer.findings[0].fault, answer.findings[0].sequence) == ("changed", 2)


async def test_only_auditors_and_supervisors_read_the_trail(tmp_path):
    async with desk(tmp_path, synthetic(), roles=["operator", "technician"]) as client:
        for method, request in (("GetHead", pb.GetHeadRequest()), ("VerifyRange", pb.VerifyRangeRequest())):
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await client.unary("AuditService", method, request)
            assert refused(error.value).reason == "ROLE_DENIED"
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await entries(client)
        assert refused(error.value).reason == "ROLE_DENIED"


async def test_batches_join_and_limits_hold(client, gateway):
    from gateway.audit import AuditEvent

    for _ in range(450):
        written = gateway._kept.trail.submit(AuditEvent("gateway.tested"))
    written.result()
    found = [each.sequence for each in await entries(client, event="gateway.tested")]
    assert len(found) == 450
    assert found == sorted(found)
    newest = [each.sequence for each in await entries(client, event="gateway.tested", newest_first=True, limit=333)]
    assert newest == found[::-1][:333]
    both = pb.QueryAuditRequest(person=NIK, object_id="ab" * 16)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.stream("AuditService", "QueryAudit", both).read()
    assert refused(error.value).reason == "INVALID_ARGUMENT"


async def test_a_clock_that_is_set_is_in_the_trail_and_told_in_words(gateway, client):
    machine = MadeClock()
    clock = Clock(machine.read, "boot-1")
    clock.subscribe(gateway._kept.audit.clock_jumped)
    clock.now()
    machine.step_s(-3600)
    clock.now()
    jumped = await entry_of(client, "clock.jumped")
    assert (jumped.shift_ms, jumped.outcome) == (-3_600_000, "UNTRUSTED")
    words = jump_in_words(clock.jump)
    assert "3,600.0 s back" in words.en
    assert "ke belakang" in words.id


def test_peers_stand_by_their_address_without_the_port():
    for peer, name in (
        ("this machine", "this machine"),
        ("ipv4:10.0.0.7:53412", "ip:10.0.0.7"),
        ("ipv6:%5Bfe80::1%5D:53412", "ip:fe80::1"),
        ("ipv6:[2001:db8::7]:1", "ip:2001:db8::7"),
        ("https://desk.example", "browser"),
        (NIK, "browser"),
        ("", "browser"),
    ):
        assert peer_name(peer) == name


def test_desks_stand_by_their_certificate_and_users_of_the_group_by_its_way():
    serial = "3174" * 9 + "a"
    assert peer_name("desk Budi Santoso", serial) == f"desk:{serial}"
    for typed in ("", NIK, "Budi", "317" + "0" * 60):
        assert peer_name("desk Budi Santoso", typed) == "desk"
    assert peer_name(f"this machine, group {NIK}") == "group"
