"""A gateway that starts: seals that were cut off are ended, what is past its days goes, a demonstration opens."""

import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import grpc
import pytest
from rekam.v1 import audit_pb2
from rekam.v1 import enrolment_pb2 as pb

import gateway.service.purge
import gateway.upkeep
from drivers import Discovery
from gateway.audit import Actor, AuditQuery
from gateway.audit.entry import AuditEntry
from gateway.enrolment import Enrolments, EnrolmentStore, SpoolCaptures, read_profiles
from gateway.enrolment.local_cipher import LocalCipher
from gateway.main import Gateway, ServeOptions
from gateway.service.enrolment_office import EnrolmentOffice
from gateway.trust import KeyPlaces, KeyStore, TrustAnchors
from gateway.trust.clock import Clock
from tests.gateway.client import eventually, refused
from tests.gateway.enrolment.office import FileAudit
from tests.gateway.left_spool import left_spool
from tests.gateway.running import connected, quick_config, synthetic
from tests.gateway.service.enrolment_desk import NIK, OPERATOR, QUICK, FrontEnd, office
from tests.gateway.trust.made_clock import MadeClock

QUICK_FOR_NO_DAY = QUICK.replace('"quick"', '"no-day"').replace("most_tries = 1", "most_tries = 1\nretention_days = 0")
OPEN_PACKET = Path(__file__).parents[3] / "examples" / "open_packet.py"


class PowerCut(BaseException):
    """Nothing that runs after it in this process counts."""


class CutOffSealer:
    """The power fails while the packet is written."""

    def seal(self, packet_id, statement, parts):
        raise PowerCut

    def find(self, packet_id):
        return None


def cut_off_seal(state: Path, seen: pb.Enrolment) -> None:
    """Begin to seal an enrolment as the gateway would, and get no further."""
    with left_spool(state) as spool:
        key = KeyStore.open(state / "keys", None, KeyPlaces(), lambda: None)
        with EnrolmentStore.open(state, LocalCipher.open(state / "keys", needed=True)) as store:
            enrolments = Enrolments(
                store,
                read_profiles(),
                SpoolCaptures(spool),
                lambda: TrustAnchors.from_pem(key.trust_bundle().certificates_pem),
                CutOffSealer(),
                FileAudit(state / "audit.jsonl"),
            )
            with pytest.raises(PowerCut):
                enrolments.seal(seen.enrolment_id, OPERATOR, seen.version)
            assert enrolments.get(seen.enrolment_id).sealing
        key.close()


async def test_a_seal_that_was_cut_off_is_ended_by_the_next_start(tmp_path):
    async with office(tmp_path) as desk:
        await desk.create()
        begun = await desk.add_fingers()
    cut_off_seal(tmp_path / "state", begun)
    async with office(tmp_path, enrolment={"recipients": []}) as desk:
        # Nobody to seal for: the gateway serves all the same, says so, and loses nothing.
        (warning,) = [each for each in (await desk.client.info()).warnings if begun.enrolment_id in each.en]
        assert begun.enrolment_id in warning.id
        assert (await desk.get(begun.enrolment_id)).state == pb.ENROLMENT_STATE_OPEN
    cut_off_seal(tmp_path / "state", desk.seen)
    async with office(tmp_path) as desk:
        sealed = await desk.get(begun.enrolment_id)
        assert (sealed.state, sealed.sealing) == (pb.ENROLMENT_STATE_SEALED, False)
        assert len(await desk.download(sealed.packet.packet_id)) == sealed.packet.size
        assert not [each for each in (await desk.client.info()).warnings if begun.enrolment_id in each.en]


async def test_a_day_at_the_desk_stands_in_the_audit_trail_without_the_person(tmp_path):
    async with office(tmp_path) as desk:
        await desk.create()
        await desk.add_fingers()
        await desk.call("ShowReference", **desk.filled("ShowReference"))
        await desk.get()
        await desk.seal()
        query = desk.client.stream("AuditService", "QueryAudit", audit_pb2.QueryAuditRequest())
        entries = [entry async for answer in query for entry in answer.entries]
        events = [each.event for each in entries if each.object_id == desk.seen.enrolment_id]
        journal = ["created", "capture_added", "capture_added", "duplicates_checked", "sealing", "sealed"]
        assert [each for each in events if each.startswith("enrolment.")] == [f"enrolment.{name}" for name in journal]
        # Who looked at the number is told; who looked at the enrolment alone is not.
        assert "EnrolmentService.ShowReference" in events
        assert "EnrolmentService.GetEnrolment" not in events
        assert not any(NIK.encode() in each.canonical for each in entries)


async def test_what_is_left_of_an_enrolment_goes_with_its_days_while_the_gateway_serves(tmp_path, monkeypatch):
    async with office(tmp_path, QUICK, QUICK_FOR_NO_DAY) as desk:
        kept = await desk.create("quick")
        await desk.change("AbandonEnrolment", reason="went away")
        await desk.create("no-day")
        await desk.change("AbandonEnrolment", reason="went away")
    monkeypatch.setattr(gateway.upkeep, "PURGE_PERIOD_S", 0.05)
    machine = MadeClock(datetime.now(UTC))
    monkeypatch.setattr(gateway.service.purge, "time_now", Clock(machine.read).now)
    async with office(tmp_path) as desk:

        async def warned() -> bool:
            return any("past its term is not erased" in each.en for each in (await desk.client.info()).warnings)

        async def gone() -> bool:
            return [each.enrolment_id for each in await desk.listed()] == [kept.enrolment_id]

        assert await eventually(warned)
        assert len(await desk.listed()) == 2
        machine.pass_s(2)
        machine.synchronise(0.01)
        assert await eventually(gone)
        (begun,) = entries(desk.gateway, "purge.begun")
        assert begun.event.actor == Actor("gateway")
        (told,) = await eventually(partial(told_of, desk.gateway, "purge.enrolments"))
        assert (told.event.count, told.event.outcome) == (1, "OK")

        async def kept_in_mind() -> bool:
            return (tmp_path / "state" / "purge.json").exists() and not await warned()

        assert await eventually(kept_in_mind)
    async with office(tmp_path) as desk:  # not due before its time of day has come again
        for _ in range(3):
            await desk.gateway._upkeep._purges.look()
        assert len(entries(desk.gateway, "purge.begun")) == 1


async def told_of(own: Gateway, event: str) -> list[AuditEntry]:
    return entries(own, event)


def entries(own: Gateway, event: str) -> list[AuditEntry]:
    return [AuditEntry.from_bytes(each.body) for each in own._kept.trail.entries(AuditQuery(event=event))]


async def test_a_seal_that_was_cut_off_is_ended_while_the_gateway_serves(tmp_path, monkeypatch):
    async with office(tmp_path) as desk:
        await desk.create()
        begun = await desk.add_fingers()
    cut_off_seal(tmp_path / "state", begun)
    monkeypatch.setattr(gateway.upkeep, "ENROLMENTS_PERIOD_S", 0.05)
    recover, blocked = EnrolmentOffice.recover, [True]

    def held_back(self: EnrolmentOffice) -> None:
        # The start comes to nothing, as with a disk that comes later; the clock's turn is the one that counts.
        if not blocked[0]:
            recover(self)

    monkeypatch.setattr(EnrolmentOffice, "recover", held_back)
    async with office(tmp_path) as desk:
        assert (await desk.get(begun.enrolment_id)).sealing
        blocked[0] = False

        async def sealed() -> bool:
            return (await desk.get()).state == pb.ENROLMENT_STATE_SEALED

        assert await eventually(sealed)


def opened_statement(packet: Path, key: Path, out: Path) -> str:
    """What a stranger's program reads in a packet."""
    command = [sys.executable, OPEN_PACKET, packet, "--key", key, "--out", out]
    opened = subprocess.run(command, capture_output=True, text=True, check=False)
    assert opened.returncode == 0, opened.stderr
    return (out / "statement.json").read_text()


async def test_a_demonstration_seals_for_a_centre_of_its_own_that_opens_the_packet(tmp_path):
    state, out = tmp_path / "state", tmp_path / "out"
    config = quick_config(synthetic(1, finger=1), synthetic(2, finger=2))
    options = ServeOptions(synthetic=True, state=state, listen="127.0.0.1:0", metrics="", web="")
    own = Gateway(config, options, lambda: Discovery(()))
    await own.start()
    try:
        async with connected(own) as client:
            desk = FrontEnd(client, own)
            assert any("demo-centre.pem" in each.en for each in (await client.info()).warnings)
            await desk.create()
            await desk.add_fingers()
            packet = await desk.seal()
            path = tmp_path / "person.rekam"
            path.write_bytes(await desk.download(packet.packet_id))
    finally:
        await own.stop()
    assert (state / "duplicates.sqlite3").exists()  # drawn persons are remembered without a passphrase too
    key = state / "demo-centre.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    assert NIK in opened_statement(path, key, out)
    async with office(tmp_path, enrolment={"recipients": []}) as desk:
        # Without --synthetic the key is not used: it lies where whoever has the machine can take it.
        await desk.create()
        await desk.add_fingers()
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await desk.seal()
        assert refused(error.value).reason == "NO_RECIPIENT"
