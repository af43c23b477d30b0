"""Lists between two gateways: made for one neighbour, taken in by it alone, audited, forgotten."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from rekam.v1 import duplicates_pb2 as pb
from rekam.v1 import gateway_pb2

from gateway.audit import AuditQuery
from gateway.audit.entry import AuditEntry
from gateway.duplicates import Biometrics
from gateway.duplicates.exchange_key import KEY_NAME
from gateway.service import uploads
from tests.gateway.client import Refused, eventually, refused
from tests.gateway.duplicates.recorded_people import fingers, ids, person
from tests.gateway.running import connected, running

PASSPHRASE = "Kunci-Cempaka-1907"


@pytest.fixture(autouse=True)
def passphrase(monkeypatch):
    monkeypatch.setenv("REKAM_KEY_PASSPHRASE", PASSPHRASE)


class Desk:
    """A gateway with its client, as a supervisor uses it."""

    def __init__(self, gateway, client):
        self.gateway, self.client = gateway, client

    @property
    def book(self):
        return self.gateway._office.book()

    @property
    def gateway_id(self):
        return self.book.gateway_id

    def recorded(self, *numbers):
        for number in numbers:
            self.book.add(person(number, gateway_id=self.gateway_id))

    async def call(self, method, **fields):
        request = getattr(pb, f"{method}Request")(**fields)
        return await self.client.unary("DuplicatesService", method, request)

    async def key(self):
        return (await self.call("GetExchangeKey")).public_key_pem

    async def bundle(self):
        request = gateway_pb2.GetTrustBundleRequest()
        return (await self.client.unary("GatewayService", "GetTrustBundle", request)).certificates_pem

    async def export(self, recipient_pem, **fields):
        request = pb.ExportNeighbourListRequest(recipient_pem=recipient_pem, **fields)
        stated, data = None, b""
        async for answer in self.client.stream("DuplicatesService", "ExportNeighbourList", request):
            if answer.HasField("list"):
                stated = answer.list
            data += answer.data
        assert (stated.size, stated.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        return stated, data

    async def part(self, data, offset, length, **fields):
        return await self.call(
            "ImportNeighbourList",
            sha256=fields.pop("sha256", hashlib.sha256(data).hexdigest()),
            total_size=len(data),
            offset=offset,
            data=data[offset : offset + length],
            **fields,
        )

    async def import_(self, data, trust_pem, length=1 << 20, **fields):
        for offset in range(0, len(data), length):
            answer = await self.part(data, offset, length, trust_pem=trust_pem, **fields)
        return answer.neighbour

    async def neighbours(self):
        return list((await self.call("ListNeighbours")).neighbours)

    def entries(self, event):
        found = self.gateway._kept.trail.entries(AuditQuery(event=event))
        return [AuditEntry.from_bytes(each.body) for each in found]


class Two:
    """Two desks that know each other."""

    def __init__(self, here, there):
        self.here, self.there = here, there


@pytest.fixture
async def two(tmp_path):
    async with (
        running(tmp_path / "here") as one,
        connected(one) as client,
        running(tmp_path / "there") as other,
        connected(other) as its_client,
    ):
        yield Two(Desk(one, client), Desk(other, its_client))


async def refusal(call) -> Refused:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    found = refused(error.value)
    assert found.words["id"] != found.words["en"]
    return found


async def test_whom_a_neighbour_recorded_is_found_here_until_the_list_is_forgotten(two):
    here, there = two.here, two.there
    there.recorded(1, 2, 3)
    here.recorded(9)
    stated, data = await there.export(await here.key(), valid_days=5, operator="Siti")
    assert stated.people == 3
    assert stated.expires_at.ToDatetime() - stated.made_at.ToDatetime() == timedelta(days=5)
    assert stated.recipient == (await here.call("GetExchangeKey")).thumbprint
    neighbour = await here.import_(data, await there.bundle(), length=700, operator="Budi")
    assert (neighbour.gateway_id, neighbour.people, neighbour.ended) == (there.gateway_id, 3, False)
    assert await here.neighbours() == [neighbour]
    (found,) = here.book.search(Biometrics(fingers(2, again=1))).candidates
    assert (found.enrolment_id, found.gateway_id) == ("E-2", there.gateway_id)
    assert await here.import_(data, await there.bundle()) == neighbour  # the same again, as after a lost answer
    assert (await here.call("ForgetNeighbour", gateway_id=there.gateway_id, operator="Budi")).people == 3
    assert await here.neighbours() == []
    assert ids(here.book.search(Biometrics(fingers(2, again=1)))) == []
    assert (await refusal(here.call("ForgetNeighbour", gateway_id=there.gateway_id))).reason == "NOT_FOUND"
    (exported,) = there.entries("duplicates.exported")
    (imported, _) = here.entries("duplicates.imported")
    (forgotten,) = here.entries("duplicates.forgotten")
    for entry, operator in ((exported, "Siti"), (imported, "Budi"), (forgotten, "Budi")):
        assert (entry.event.object_kind, entry.event.object_id) == ("list", stated.list_id)
        assert (entry.event.count, entry.event.actor.operator) == (3, operator)
        assert "supervisor" in entry.event.actor.roles


async def test_the_key_stays_closed_and_goes_on_after_a_restart(tmp_path):
    async with running(tmp_path) as one, connected(one) as client:
        pem = await Desk(one, client).key()
        private = one._office.exchange.private_key()
    secret = private.private_numbers().private_value.to_bytes(32, "big")
    kept = tmp_path / "keys" / KEY_NAME
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.read_bytes().startswith(b"RKLOCAL\1\x0apassphrase")
    assert secret not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    async with running(tmp_path) as one, connected(one) as client:
        assert await Desk(one, client).key() == pem


async def test_without_a_passphrase_there_is_no_key_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.delenv("REKAM_KEY_PASSPHRASE")
    async with running(tmp_path) as one, connected(one) as client:
        desk = Desk(one, client)
        found = await refusal(desk.key())
        assert found.reason == "DUPLICATES_LOCKED"
        assert "REKAM_KEY_PASSPHRASE" in found.words["en"]
        assert not (tmp_path / "keys" / KEY_NAME).exists()
        # Who is in memory can be given all the same.
        desk.recorded(4)
        other = ec.generate_private_key(ec.SECP256R1()).public_key()
        stated, _ = await desk.export(pem_of(other))
        assert stated.people == 1


def pem_of(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


async def test_a_list_is_made_for_a_neighbours_key_alone(two):
    here, there = two.here, two.there
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for pem, says in (
        (await here.key(), "own key"),
        (private.decode(), "private key"),
        (await there.bundle(), "certificate"),
        ("hello", "no public key"),
        (pem_of(ec.generate_private_key(ec.SECP384R1()).public_key()), "P-256"),
    ):
        found = await refusal(here.export(pem))
        assert (found.reason, found.fields) == ("INVALID_ARGUMENT", ["recipient_pem"])
        assert says in found.words["en"]
    assert here.entries("duplicates.exported") == []


async def test_what_is_not_for_us_not_known_damaged_or_old_changes_nothing(two, tmp_path):
    here, there = two.here, two.there
    there.recorded(1, 2)
    bundle, key = await there.bundle(), await here.key()
    _, old = await there.export(key)
    _, data = await there.export(key)
    await here.import_(data, bundle)
    before = await here.neighbours()
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    _, for_another = await there.export(pem_of(other))
    async with running(tmp_path / "elsewhere") as third, connected(third) as client:
        elsewhere = Desk(third, client)
        elsewhere.recorded(3)
        _, unknown = await elsewhere.export(key)
        _, own = await here.export(await elsewhere.key())
    for content, says in (
        (for_another, "encrypted to another gateway"),
        (unknown, "not known here"),
        (own, "own"),
        (old, "as new or newer"),
        (data[:-1], "damaged"),
        (data[:40], "cut off"),
        (b"\0" * 3000, "no list"),
        (data[:-9] + b"\0" * 9, "damaged"),
    ):
        found = await refusal(here.import_(content, bundle))
        assert found.reason == "LIST_REFUSED"
        assert says in found.words["en"]
    assert await here.neighbours() == before
    assert len(here.entries("duplicates.imported")) == 1
    there.recorded(5)
    await here.import_((await there.export(key))[1], bundle)
    (after,) = await here.neighbours()
    assert after.people == 3


async def test_parts_come_in_order_once_or_again(two, monkeypatch):
    here, there = two.here, two.there
    there.recorded(1)
    bundle = await there.bundle()
    _, data = await there.export(await here.key())
    assert len(data) > 1500
    assert (await here.part(data, 0, 500)).received == 500
    assert (await here.part(data, 0, 500)).received == 500
    found = await refusal(here.part(data, 1000, 100))
    assert (found.reason, found.metadata["received"]) == ("UPLOAD_OUT_OF_STEP", "500")
    found = await refusal(here.part(data, 500, len(data)))
    assert (found.reason, found.fields) == ("INVALID_ARGUMENT", ["trust_pem"])
    # The rest is here already; with the bundle the last part again is enough.
    answer = await here.part(data, len(data) - 10, 10, trust_pem=bundle)
    assert answer.neighbour.people == 1
    assert (await refusal(here.part(data, 500, 10))).metadata["received"] == "0"
    found = await refusal(here.part(data, 0, 500, trust_pem="no certificates"))
    assert (found.reason, found.fields) == ("INVALID_ARGUMENT", ["trust_pem"])
    assert (await refusal(here.call("ImportNeighbourList", sha256="x", total_size=1, data=b"x"))).fields == ["sha256"]
    digest = hashlib.sha256(data).hexdigest()
    beyond = here.call("ImportNeighbourList", sha256=digest, total_size=5, offset=4, data=b"xx")
    assert (await refusal(beyond)).fields == ["data"]
    # Another content under the announced digest is no list that is read.
    wrong = here.part(data[:-1] + bytes([data[-1] ^ 1]), 0, len(data), sha256=digest, trust_pem=bundle)
    assert "on its way" in (await refusal(wrong)).words["en"]
    # Of more files than two the one that was left alone longest goes.
    files = [bytes([number]) * 1000 for number in range(3)]
    for content in files:
        await here.part(content, 0, 400)
    assert (await refusal(here.part(files[0], 400, 10))).metadata["received"] == "0"
    assert (await here.part(files[1], 400, 10)).received == 410


async def test_a_file_that_stays_unfinished_is_dropped(two, monkeypatch):
    monkeypatch.setattr(uploads, "IDLE_S", 0.0)
    content = b"a" * 1000
    assert (await two.here.part(content, 0, 400)).received == 400
    assert (await refusal(two.here.part(content, 400, 10))).metadata["received"] == "0"


async def test_supervisors_alone_give_take_in_and_forget(tmp_path):
    async with running(tmp_path, roles=["operator", "technician", "auditor"]) as one, connected(one) as client:
        desk = Desk(one, client)
        pem = await desk.key()
        assert await desk.neighbours() == []
        for call in (
            desk.export(pem),
            desk.part(b"abc", 0, 3),
            desk.call("ForgetNeighbour", gateway_id="next-door"),
        ):
            assert (await refusal(call)).reason == "ROLE_DENIED"


async def test_a_list_that_has_ended_is_shown_as_such(two):
    here, there = two.here, two.there
    there.recorded(1)
    _, data = await there.export(await here.key(), valid_days=1)
    neighbour = await here.import_(data, await there.bundle())
    assert neighbour.expires_at.ToDatetime(UTC) > datetime.now(UTC) + timedelta(hours=23)
    ended = neighbour.expires_at.ToDatetime(UTC)
    purger, _ = here.gateway._office.purgers()
    purged = purger.purge(ended, dry_run=False)
    assert (purged.count, purged.ids) == (1, ())
    assert there.gateway_id in purged.remarks[0].en
    assert await here.neighbours() == []


async def test_nothing_leaves_that_the_trail_cannot_tell(two):
    here, there = two.here, two.there
    there.recorded(1)
    key = await here.key()
    there.gateway._kept.trail.close()
    request = pb.ExportNeighbourListRequest(recipient_pem=key)
    call = there.client.stream("DuplicatesService", "ExportNeighbourList", request)
    answers = []

    async def gathered():
        async for answer in call:
            answers.append(answer)

    assert ((await refusal(gathered())).reason, answers) == ("AUDIT_UNUSABLE", [])


async def test_an_import_goes_to_its_end_though_its_client_leaves(two, monkeypatch):
    here, there = two.here, two.there
    there.recorded(*range(20))
    _, data = await there.export(await here.key())
    digest = hashlib.sha256(data).hexdigest()
    request = pb.ImportNeighbourListRequest(
        sha256=digest, total_size=len(data), data=data, trust_pem=await there.bundle()
    )
    begun, loop, exchange = asyncio.Event(), asyncio.get_running_loop(), here.gateway._office.exchange
    opened = exchange.private_key

    def told():  # the first that an import asks for, in its own thread
        loop.call_soon_threadsafe(begun.set)
        return opened()

    monkeypatch.setattr(exchange, "private_key", told)
    call = here.client.unary("DuplicatesService", "ImportNeighbourList", request)
    await begun.wait()
    call.cancel()

    async def taken_in():
        return here.entries("duplicates.imported")

    (entry,) = await eventually(taken_in)
    assert entry.event.count == 20
    assert [each.people for each in await here.neighbours()] == [20]
