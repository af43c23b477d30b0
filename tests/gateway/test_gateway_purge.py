"""A gateway that erases: what is past its term and no more, told, audited and signed; what is erased says so."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import grpc
import pytest
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import purge_pb2

from gateway.audit import AuditQuery
from gateway.audit.entry import AuditEntry
from gateway.audit.head import read_audit_head
from gateway.main import Gateway
from gateway.purge import Purged, ids_digest
from gateway.service.stored import StoredCaptures
from gateway.spool import CapturePurger
from tests.gateway.client import Client, refused
from tests.gateway.running import connected, desk, running, synthetic

KEEPING = {"spool": {"reserve_mb": 1, "keep_days": 30}}


def grow_old(state: Path, *capture_ids: str, days: float = 31) -> None:
    connection = sqlite3.connect(state / "spool.sqlite3", isolation_level=None, timeout=60)
    for capture_id in capture_ids:
        connection.execute(
            "UPDATE captures SET created_at_ms = created_at_ms - ? WHERE capture_id = ?",
            (int(days * 86_400_000), capture_id),
        )
    connection.close()


async def purge(client: Client, **fields: object) -> tuple[dict[str, list[purge_pb2.PurgedKind]], purge_pb2.PurgeProof]:
    kinds: dict[str, list[purge_pb2.PurgedKind]] = {}
    proof = purge_pb2.PurgeProof()
    request = purge_pb2.PurgeRequest(**{"clock_is_right": True, "operator": "Siti", **fields})
    async for answer in client.stream("PurgeService", "Purge", request):
        if answer.HasField("proof"):
            proof = answer.proof
        else:
            kinds.setdefault(answer.kind.name, []).append(answer.kind)
    return kinds, proof


def entries(gateway: Gateway, event: str) -> list[AuditEntry]:
    return [AuditEntry.from_bytes(each.body) for each in gateway._kept.trail.entries(AuditQuery(event=event))]


async def refusal_of(call: object) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    found = refused(error.value)
    if found.reason == "ERASED":
        assert "erased on 20" in found.words["en"]
        assert "telah dihapus" in found.words["id"]
        assert found.code is grpc.StatusCode.NOT_FOUND
        assert found.metadata["erased_at"].endswith("+00:00")
    return found.reason


async def test_what_is_past_its_term_is_erased_told_and_audited(tmp_path):
    async with running(tmp_path, synthetic(), **KEEPING) as gateway, connected(gateway) as client:
        ids = [(await client.capture()).capture_id for _ in range(3)]
        grow_old(tmp_path, *ids[:2])
        trial, unproved = await purge(client, dry_run=True)
        assert list(trial) == ["captures", "duplicates", "enrolments", "callbacks", "card_jobs", "idempotency_answers"]
        assert list(trial["captures"][0].ids) == ids[:2]
        assert trial["captures"][0].bytes > 10_000
        assert (unproved.sequence, trial["captures"][0].audit_sequence) == (0, 0)
        assert await client.download(ids[0], pb.CAPTURE_PART_IMAGE)
        assert entries(gateway, "purge.begun") == []

        kinds, proof = await purge(client)
        (captures,) = kinds["captures"]
        assert (list(captures.ids), captures.count, captures.complete) == (ids[:2], 2, True)
        assert captures.bytes == trial["captures"][0].bytes
        assert captures.ids_sha256 == ids_digest(ids[:2])
        (entry,) = entries(gateway, "purge.captures")
        assert (entry.sequence, entry.event.count, entry.event.object_id) == (
            captures.audit_sequence,
            2,
            captures.ids_sha256,
        )
        assert (entry.event.object_kind, entry.event.outcome, entry.event.actor.operator) == ("capture", "OK", "Siti")
        assert len(entries(gateway, "purge.begun")) == 1
        assert proof.sequence >= kinds["idempotency_answers"][0].audit_sequence > captures.audit_sequence
        assert read_audit_head(proof.audit_head).head.sequence == proof.sequence

        for capture_id in ids[:2]:
            for part in (pb.CAPTURE_PART_IMAGE, pb.CAPTURE_PART_TEMPLATE, pb.CAPTURE_PART_PREVIEW):
                assert await refusal_of(client.download(capture_id, part)) == "ERASED"
            assert await refusal_of(client.get_capture(capture_id)) == "ERASED"
            assert await refusal_of(client.verify(capture_id)) == "ERASED"
            assert await refusal_of(client.preview(capture_id)) == "ERASED"
            assert await client.download(capture_id, pb.CAPTURE_PART_MANIFEST)
        report = await client.verify(ids[2])
        assert report.ok, report
        again, _ = await purge(client)
        assert (again["captures"][0].count, list(again["captures"][0].ids)) == (0, [])
        assert (await client.info()).spool.captures == 1
    async with desk(tmp_path, synthetic(), **KEEPING) as client:
        assert await refusal_of(client.get_capture(ids[0])) == "ERASED"
        assert (await client.verify(ids[2])).ok
        assert (await client.verify((await client.capture()).capture_id)).ok


async def test_without_a_term_nothing_is_erased_by_its_age(tmp_path):
    async with desk(tmp_path, synthetic()) as client:
        capture = await client.capture()
        grow_old(tmp_path, capture.capture_id, days=4000)
        kinds, _ = await purge(client)
        assert kinds["captures"][0].count == 0
        assert "keep_days" in kinds["captures"][0].remarks[0].id
        assert await client.download(capture.capture_id, pb.CAPTURE_PART_IMAGE)


async def test_captures_of_what_is_open_are_spared(tmp_path):
    async with running(tmp_path, synthetic(), **KEEPING) as gateway, connected(gateway) as client:
        stored = StoredCaptures(gateway._kept.spool, gateway._gateway._key)
        spared = CapturePurger(
            gateway._kept.spool, 30, lambda each: stored.transaction_of(each) == "enr-open", lambda: None
        )
        gateway._purge._purgers = (spared,)
        ids = [(await client.capture(transaction_id=name)).capture_id for name in ("enr-open", "enr-sealed", "")]
        grow_old(tmp_path, *ids)
        kinds, _ = await purge(client)
        assert list(kinds["captures"][0].ids) == ids[1:]
        assert (await client.verify(ids[0])).ok


async def test_what_was_begun_ends_though_the_caller_leaves(tmp_path):
    async with running(tmp_path, synthetic(), **KEEPING) as gateway, connected(gateway) as client:
        waiting = Waiting()
        gateway._purge._purgers = (waiting, *gateway._purge._purgers)
        capture = await client.capture()
        grow_old(tmp_path, capture.capture_id)
        call = client.stream("PurgeService", "Purge", purge_pb2.PurgeRequest(clock_is_right=True))
        reading = asyncio.ensure_future(call.read())
        await asyncio.to_thread(waiting.begun.wait, 60)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        waiting.go_on.set()
        await asyncio.wait_for(gateway._purge.stop(), 60)
        assert entries(gateway, "purge.captures")[0].event.count == 1
        assert await refusal_of(client.download(capture.capture_id, pb.CAPTURE_PART_IMAGE)) == "ERASED"


async def test_an_operator_does_not_purge(tmp_path):
    async with desk(tmp_path, synthetic(), roles=["operator", "technician", "auditor"]) as client:
        assert await refusal_of(purge(client)) == "ROLE_DENIED"


async def test_a_clock_that_cannot_be_trusted_ages_nothing(tmp_path, monkeypatch):
    from gateway.service import purge as service
    from gateway.trust import ClockQuality, SignedTime, time_now

    now = time_now()
    monkeypatch.setattr(service, "time_now", lambda: SignedTime(now.wall, 1.0, ClockQuality.UNTRUSTED, None))
    async with running(tmp_path, synthetic(), **KEEPING) as gateway, connected(gateway) as client:
        capture = await client.capture()
        grow_old(tmp_path, capture.capture_id)
        assert await refusal_of(purge(client, clock_is_right=False)) == "CLOCK_UNTRUSTED"
        assert entries(gateway, "purge.begun") == []
        kinds, _ = await purge(client, clock_is_right=False, dry_run=True)
        assert kinds["captures"][0].count == 1
        kinds, _ = await purge(client)
        assert kinds["captures"][0].count == 1


class Waiting:
    """A purger of a slow disk."""

    name = "slow_things"
    object_kind = ""

    def __init__(self):
        self.begun, self.go_on = threading.Event(), threading.Event()

    def purge(self, now, *, dry_run):
        self.begun.set()
        assert self.go_on.wait(60)
        return Purged()


class Broken:
    """A purger of a room whose disk is gone."""

    name = "other_things"
    object_kind = ""

    def purge(self, now, *, dry_run):
        raise OSError("secret text of a disk")


class Many:
    """A purger of more things than one message takes."""

    name = "many_things"
    object_kind = "enrolment"

    def purge(self, now, *, dry_run):
        return Purged(tuple(f"enr-{number:016x}" for number in range(2500)), 2500, 7)


async def test_one_kind_that_fails_is_told_and_the_others_are_erased(tmp_path):
    async with running(tmp_path, synthetic(), **KEEPING) as gateway, connected(gateway) as client:
        core = gateway._purge
        core._purgers = (Broken(), *core._purgers, Many())
        capture = await client.capture()
        grow_old(tmp_path, capture.capture_id)
        kinds, proof = await purge(client)
        (broken,) = kinds["other_things"]
        assert not broken.complete
        assert "secret" not in broken.remarks[0].en
        (entry,) = entries(gateway, "purge.other_things")
        assert (entry.event.outcome, entry.event.reason) == ("INCOMPLETE", "INTERNAL")
        assert kinds["captures"][0].count == 1
        assert [len(message.ids) for message in kinds["many_things"]] == [1000, 1000, 500]
        assert {message.count for message in kinds["many_things"]} == {2500}
        assert proof.sequence
