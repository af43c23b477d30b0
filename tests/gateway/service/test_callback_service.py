"""CallbackService over a real gateway, with a modem at the other end of a pseudo terminal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from rekam.v1 import audit_pb2 as apb
from rekam.v1 import callback_pb2 as pb
from rekam.v1 import gateway_pb2 as gpb
from rekam.v1 import purge_pb2 as ppb

from gateway.main import Gateway
from gateway.reference_number import reference_number
from tests.gateway.client import Client, Refused, refused
from tests.gateway.running import connected, desk, running
from tests.gateway.sms.http_peer import Provider, served
from tests.gateway.sms.modem_simulator import ModemSimulator

OFFICE = {"name": "Kelurahan Kedoya Selatan", "phone": "021-5801234"}
NEVER_QUIET = {"quiet_from": "00:00", "quiet_until": "00:00"}
NUMBER = "7K2QD-4MZ0X"


@pytest.fixture
def simulator() -> Iterator[ModemSimulator]:
    simulator = ModemSimulator()
    yield simulator
    simulator.close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    yield from served(Provider())


def tables(simulator: ModemSimulator, **sms: Any) -> dict[str, Any]:
    return {"office": OFFICE, "callbacks": NEVER_QUIET, "sms": {"port": simulator.path, **sms}}


async def call(client: Client, method: str, **fields: Any) -> Any:
    return await client.unary("CallbackService", method, getattr(pb, f"{method}Request")(**fields))


async def refusal(client: Client, method: str, **fields: Any) -> Refused:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call(client, method, **fields)
    return refused(error.value)


async def add(client: Client, number: int = 1, **fields: Any) -> str:
    given = {
        "name": f"Ibu {number}",
        "phone": f"0812-0000-{number:04}",
        "purpose": pb.CALLBACK_PURPOSE_SERVICE_BACK,
        "consent": True,
        "operator": "siti",
        **fields,
    }
    return str((await call(client, "AddCallback", **given)).callback_id)


async def back(client: Client, outage: str = "outage-17") -> pb.QueueNoticesResponse:
    answer: pb.QueueNoticesResponse = await call(
        client, "QueueNotices", purpose=pb.CALLBACK_PURPOSE_SERVICE_BACK, occasion=outage
    )
    return answer


async def send_all(client: Client) -> pb.SendNoticesResponse:
    answer: pb.SendNoticesResponse = await call(client, "SendNotices", clock_is_right=True)
    return answer


async def test_three_people_are_told_once_over_a_restart(tmp_path: Path, simulator: ModemSimulator) -> None:
    async with desk(tmp_path, **tables(simulator)) as client:
        for number in (1, 2, 3):
            await add(client, number)
        await add(client, 4, consent=False)
        queued = await back(client)
        assert (queued.queued, queued.without_consent) == (3, 1)
        done = await send_all(client)
        states = [each.state for each in (await call(client, "ListNotices")).notices]
        # The gateway's own look may have been first.
        assert states == [pb.NOTICE_STATE_SENT] * 3, done
    async with desk(tmp_path, **tables(simulator)) as client:
        again = await back(client)
        assert (again.queued, again.already) == (0, 3)
        assert (await send_all(client)).sent == 0
        # The second message's report; references begin at 251.
        simulator.report(252, simulator.sent[1].phone)
        for _ in range(40):
            await send_all(client)
            states = [each.state for each in (await call(client, "ListNotices")).notices]
            if pb.NOTICE_STATE_DELIVERED in states:
                break
        assert sorted(states) == [pb.NOTICE_STATE_SENT, pb.NOTICE_STATE_SENT, pb.NOTICE_STATE_DELIVERED]
    assert sorted(part.phone for part in simulator.sent) == [f"+628120000000{number}" for number in (1, 2, 3)]
    assert all(OFFICE["name"] in part.text for part in simulator.sent)


async def test_the_list_hides_numbers_unless_they_are_asked_for(tmp_path: Path, simulator: ModemSimulator) -> None:
    async with desk(tmp_path, **tables(simulator)) as client:
        callback_id = await add(client, purpose=pb.CALLBACK_PURPOSE_CARD_READY, reference="7k2qd4mzox", language="en")
        (line,) = (await call(client, "ListCallbacks")).callbacks
        assert (line.phone, line.reference, line.language) == ("+62…001", NUMBER, "en")
        assert line.consent_asked_by == "siti"
        (line,) = (await call(client, "ListCallbacks", full_numbers=True)).callbacks
        assert line.phone == "+6281200000001"
        assert not (await call(client, "ListCallbacks", purpose=pb.CALLBACK_PURPOSE_SERVICE_BACK)).callbacks
        await call(client, "RemoveCallback", callback_id=callback_id)
        assert not (await call(client, "ListCallbacks")).callbacks
        found = await refusal(client, "RemoveCallback", callback_id=callback_id)
        assert (found.code, found.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")


async def test_what_cannot_be_used_is_refused(tmp_path: Path, simulator: ModemSimulator) -> None:
    async with desk(tmp_path, **tables(simulator)) as client:
        wrong = {"name": "A", "phone": "12", "purpose": pb.CALLBACK_PURPOSE_SERVICE_BACK, "operator": "siti"}
        found = await refusal(client, "AddCallback", **wrong)
        assert (found.code, found.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["phone"])
        found = await refusal(
            client, "QueueNotices", purpose=pb.CALLBACK_PURPOSE_CARD_READY, occasion="3174012345678901"
        )
        assert found.fields == ["occasion"]
        assert (await refusal(client, "RetryNotice", notice_id="notice-0")).reason == "NOT_FOUND"
        assert (await refusal(client, "AddCallback", **{**wrong, "language": "fr"})).fields == ["language"]


async def test_one_key_is_one_line_and_its_answer_holds_nothing_of_the_person(
    tmp_path: Path, simulator: ModemSimulator
) -> None:
    async with desk(tmp_path, **tables(simulator)) as client:
        first = await add(client, idempotency_key="k-1")
        assert await add(client, idempotency_key="k-1") == first
        found = await refusal(
            client,
            "AddCallback",
            name="B",
            phone="0812-0000-0002",
            purpose=pb.CALLBACK_PURPOSE_SERVICE_BACK,
            operator="siti",
            idempotency_key="k-1",
        )
        assert found.reason == "INVALID_ARGUMENT"


async def test_words_that_cannot_be_used_are_told_and_a_mended_file_is_taken_at_once(
    tmp_path: Path, simulator: ModemSimulator
) -> None:
    words = tmp_path / "words.toml"
    words.write_text("[service_back]\nid = 'Buka {nik}'\n")
    settings = tables(simulator)
    settings["callbacks"] = {**NEVER_QUIET, "templates": str(words)}
    async with desk(tmp_path / "state", **settings) as client:
        await add(client)
        found = await refusal(client, "QueueNotices", purpose=pb.CALLBACK_PURPOSE_SERVICE_BACK, occasion="outage-17")
        assert (found.code, found.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TEMPLATES_UNUSABLE")
        assert "{nik}" in found.words["en"]
        info = await client.unary("GatewayService", "GetInfo", gpb.GetInfoRequest())
        assert any("words.toml" in each.en for each in info.warnings)
        both = "id = 'Buka lagi.'\nen = 'Open again.'\n"
        words.write_text(f"[service_back]\n{both}[card_ready]\n{both}")
        assert (await back(client)).queued == 1
        await send_all(client)
    assert [part.text for part in simulator.sent] == ["Buka lagi."]


async def test_without_a_way_out_it_says_so_and_waits(tmp_path: Path) -> None:
    async with desk(tmp_path, office=OFFICE) as client:
        await add(client)
        assert (await back(client)).queued == 1
        done = await send_all(client)
        assert (done.sent, done.held) == (0, "NO_WAY_OUT")
        assert "print the list" in done.held_words.en


async def test_a_provider_that_cannot_be_used_does_not_stop_the_gateway(tmp_path: Path) -> None:
    http = {"url": "http://provider.example/", "fields": {"to": "{phone}", "text": "{text}"}}
    async with desk(tmp_path, office=OFFICE, sms={"http": http}) as client:
        info = await client.unary("GatewayService", "GetInfo", gpb.GetInfoRequest())
        assert any("https alone" in each.en for each in info.warnings)


async def test_a_provider_is_spoken_to_with_the_secret_of_a_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider
) -> None:
    http = {
        "url": provider.url,
        "headers": {"Authorization": "Bearer {token}"},
        "fields": {"to": "{phone}", "text": "{text}", "id": "{message_id}"},
        "secrets": {"token": "sms-token"},
        "repeatable": True,
    }
    settings = {"office": OFFICE, "callbacks": NEVER_QUIET, "sms": {"http": http}}
    async with desk(tmp_path / "without", **settings) as client:
        info = await client.unary("GatewayService", "GetInfo", gpb.GetInfoRequest())
        assert any("sms-token" in each.en for each in info.warnings)
        assert (await call(client, "GetWayOut")).kind == "none"
    monkeypatch.setenv("SMS_TOKEN", "s3cret")
    async with desk(tmp_path / "with", **settings) as client:
        await add(client)
        await back(client)
        await send_all(client)
        way = await call(client, "GetWayOut")
        assert (way.kind, way.spent_today, way.HasField("problem")) == ("http", 1, False)
    ((_, _, headers, body),) = provider.asked
    assert headers["Authorization"] == "Bearer s3cret"
    assert b"+6281200000001" in body


async def test_a_modem_that_is_gone_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path, office=OFFICE, callbacks=NEVER_QUIET, sms={"port": "/dev/serial/none"}) as client:
        await add(client)
        await back(client)
        done = await send_all(client)
        assert (done.held, done.sent) == ("UNAVAILABLE", 0)
        assert "cannot be opened" in done.held_words.en
        info = await client.unary("GatewayService", "GetInfo", gpb.GetInfoRequest())
        assert any("tried again by themselves" in each.en for each in info.warnings)


async def test_neither_the_log_nor_the_trail_nor_the_disk_has_a_number(
    tmp_path: Path, simulator: ModemSimulator, capfd: pytest.CaptureFixture[str]
) -> None:
    simulator.faults.cms_error = [500]
    async with desk(tmp_path, **tables(simulator)) as client:
        await add(client, 1, name="Rahmawati")
        await back(client)
        await send_all(client)
        entries = [each async for each in client.stream("AuditService", "QueryAudit", apb.QueryAuditRequest())]
        assert b"CallbackService.AddCallback" in b"".join(each.SerializeToString() for each in entries)
        trail = b"".join(each.SerializeToString() for each in entries)
    out, err = capfd.readouterr()
    disk = _all_bytes(tmp_path)
    for secret in ("Rahmawati", "81200000001"):
        assert secret not in out + err
        assert secret.encode() not in trail
        assert secret.encode() not in disk


async def test_the_purge_tells_of_the_list(tmp_path: Path) -> None:
    async with desk(tmp_path, office=OFFICE) as client:
        await add(client)
        request = ppb.PurgeRequest(dry_run=True)
        kinds = {
            each.kind.name: each.kind.count
            async for each in client.stream("PurgeService", "Purge", request)
            if each.HasField("kind")
        }
        assert kinds["callbacks"] == 0


async def test_an_ended_outage_and_a_ready_card_are_one_call(tmp_path: Path, simulator: ModemSimulator) -> None:
    async with running(tmp_path, **tables(simulator)) as gateway, connected(gateway) as client:
        people = _people(gateway)
        await add(client, 1)
        await add(client, 2, purpose=pb.CALLBACK_PURPOSE_CARD_READY, reference=reference_number("e" * 32))
        assert people.service_is_back("outage-3").queued == 1
        assert people.card_is_ready("e" * 32).queued == 1
        assert people.card_is_ready("e" * 32).queued == 0
        await send_all(client)
    assert len(simulator.sent) == 2


def _all_bytes(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


def _people(gateway: Gateway):  # type: ignore[no-untyped-def]
    return gateway._centre.people
