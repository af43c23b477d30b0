"""Tokens of pages: kept as digests across restarts, listed, and taken back."""

import asyncio
import json

import grpc
import pytest
from rekam.v1 import gateway_pb2 as pb

from gateway.service.errors import BadArgumentError, TooManyTriesError
from gateway.service.pairing import TRIES, Pairings
from tests.gateway.client import first, refused
from tests.gateway.running import connected, synthetic
from tests.gateway.web.page import FOREIGN, Page, web_gateway
from tests.gateway.web.test_web_door import Stream

OTHER = "https://other.example"


async def test_a_pairing_lasts_over_a_restart_until_it_is_revoked(tmp_path, capfd):
    async with web_gateway(tmp_path, web={"roles": ["supervisor"]}) as gateway:
        page = await Page(gateway, FOREIGN).pair(capfd)
    kept = (tmp_path / "pairings.json").read_text()
    assert page.token not in kept
    assert (tmp_path / "pairings.json").stat().st_mode & 0o777 == 0o600
    async with web_gateway(tmp_path, web={"roles": ["supervisor"]}) as gateway:
        page.gateway = gateway
        (pairing,) = (await page.call("GatewayService.ListPairings")).json["pairings"]
        assert pairing["origin"] == FOREIGN
        assert pairing["pairedAt"]
        assert page.token not in str(pairing)
        revoked = await page.call("GatewayService.RevokePairing", pairingId=pairing["pairingId"])
        assert revoked.json["pairing"] == pairing
        after = await page.call("GatewayService.ListPairings")
        assert (after.status, after.reason) == (401, "PAIRING_REQUIRED")
    assert json.loads((tmp_path / "pairings.json").read_text()) == {}


async def test_a_page_that_lost_its_roles_or_its_leave_is_refused(tmp_path, capfd):
    async with web_gateway(tmp_path) as gateway:
        page = await Page(gateway, FOREIGN).pair(capfd)
    async with web_gateway(tmp_path, web={"roles": ["auditor"]}) as gateway:
        page.gateway = gateway
        request = {"modality": "MODALITY_FINGER", "position": "FINGER_POSITION_RIGHT_INDEX"}
        answer = await page.call("CaptureService.StartCapture", **request)
        assert (answer.status, answer.reason) == (403, "ROLE_DENIED")
    async with web_gateway(tmp_path, web={"origins": []}) as gateway:
        page.gateway = gateway
        assert (await page.call("GatewayService.GetInfo")).status == 403


def test_pairings_of_an_older_version_are_read(tmp_path):
    path = tmp_path / "pairings.json"
    path.write_text(json.dumps({"ab" * 32: FOREIGN}))
    pairings = Pairings(path, lambda *_: None)
    (pairing,) = pairings.pairings()
    assert (pairing.pairing_id, pairing.origin, pairing.paired_at) == ("ab" * 6, FOREIGN, None)
    pairings.request_code(OTHER, "")
    pairings.trade(OTHER, pairings._pending[OTHER].code)
    pairings.save()  # in the new form
    assert pairing in Pairings(path, lambda *_: None).pairings()


async def revoked(client):
    """The one pairing that there is, taken back by this machine's own user."""
    listed = await client.ask("GatewayService", pb.ListPairingsRequest(), pb.ListPairingsResponse)
    request = pb.RevokePairingRequest(pairing_id=listed.pairings[0].pairing_id)
    return await client.ask("GatewayService", request, pb.RevokePairingResponse)


async def end_of(stream):
    while (event := await stream.read())[0] != 2:
        pass
    return event[1]["error"]["code"]


async def test_what_a_revoked_token_is_used_for_ends_at_once(tmp_path, capfd):
    async with web_gateway(tmp_path, synthetic(1)) as gateway, connected(gateway) as client:
        page = await Page(gateway, FOREIGN).pair(capfd)
        await client.acquire("synthetic:T-1", holder="Ani")
        async with Stream(page, "GatewayService.Watch", {}) as watch:
            await watch.read()
            wanted = {"deviceIds": ["synthetic:T-1"], "ttl": "30s", "wait": "600s", "holder": "page"}
            waiting = asyncio.create_task(page.call("LeaseService.AcquireLease", idempotencyKey="k", **wanted))
            await first(client.watch(), lambda event: event.lease.queue_place == 1)
            await revoked(client)
            assert await end_of(watch) == "unauthenticated"
            answer = await waiting
            assert (answer.status, answer.reason) == (401, "PAIRING_REQUIRED")
        assert [lease.holder for lease in gateway._leases.leases()] == ["Ani"]


async def test_a_page_that_takes_its_own_token_back_is_told_and_its_streams_end(tmp_path, capfd):
    async with web_gateway(tmp_path, web={"roles": ["supervisor"]}) as gateway:
        page = await Page(gateway, FOREIGN).pair(capfd)
        (pairing,) = (await page.call("GatewayService.ListPairings")).json["pairings"]
        async with Stream(page, "GatewayService.Watch", {}) as watch:
            await watch.read()
            assert (await page.call("GatewayService.RevokePairing", pairingId=pairing["pairingId"])).status == 200
            assert await end_of(watch) == "unauthenticated"


async def test_no_stream_tells_anything_to_a_token_that_is_gone(tmp_path, capfd):
    async with web_gateway(tmp_path, synthetic(1)) as gateway, connected(gateway) as client:
        page = await Page(gateway, FOREIGN).pair(capfd)
        async with Stream(page, "GatewayService.Watch", {"topics": ["TOPIC_LEASES"]}) as watch:
            await watch.read()
            gateway._gateway._pairings._tokens.clear()  # whatever took it, and did not end the stream
            await client.acquire("synthetic:T-1")
            flags, event = await watch.read()
            assert (flags, event["error"]["code"]) == (2, "unauthenticated")


async def test_a_revocation_that_the_disk_did_not_take_is_written_before_it_is_told_of(tmp_path, capfd):
    path = tmp_path / "pairings.json"
    async with web_gateway(tmp_path) as gateway, connected(gateway) as client:
        await Page(gateway, FOREIGN).pair(capfd)
        (pairing,) = gateway._gateway._pairings.pairings()
        kept = path.read_text()
        path.unlink()
        path.mkdir()  # a file cannot take its place
        request = pb.RevokePairingRequest(pairing_id=pairing.pairing_id)
        for code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.INTERNAL, grpc.StatusCode.NOT_FOUND):
            if code is grpc.StatusCode.NOT_FOUND:
                path.rmdir()
                path.write_text(kept)
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await client.ask("GatewayService", request, pb.RevokePairingResponse)
            assert refused(error.value).code is code
        assert json.loads(path.read_text()) == {}


@pytest.fixture
def codes(tmp_path):
    """Pairings, and the codes that they showed."""
    shown = {}
    return Pairings(tmp_path / "pairings.json", lambda origin, _, code: shown.__setitem__(origin, code)), shown


def wrong(code):
    return f"{(int(code) + 1) % 10**8:08d}"


def test_wrong_codes_lock_the_origin_that_they_are_of_and_no_other(codes):
    pairings, shown = codes
    pairings.request_code(FOREIGN, "")
    pairings.request_code(OTHER, "")
    for _ in range(TRIES):
        with pytest.raises(BadArgumentError):
            pairings.trade(OTHER, wrong(shown[OTHER]))
    for call in (lambda: pairings.trade(OTHER, shown[OTHER]), lambda: pairings.request_code(OTHER, "")):
        with pytest.raises(TooManyTriesError):
            call()
    assert pairings.origin_of(pairings.trade(FOREIGN, shown[FOREIGN])) == FOREIGN


def test_codes_of_an_origin_that_never_asked_count_for_nothing(codes):
    pairings, shown = codes
    pairings.request_code(FOREIGN, "")
    for _ in range(3 * TRIES):
        with pytest.raises(BadArgumentError):
            pairings.trade(OTHER, "00000000")
    pairings.request_code(OTHER, "")
    for origin in (FOREIGN, OTHER):
        assert pairings.origin_of(pairings.trade(origin, shown[origin])) == origin


def test_a_new_code_gives_no_new_tries(codes):
    pairings, shown = codes
    for _ in range(TRIES):
        pairings.request_code(FOREIGN, "")
        with pytest.raises(BadArgumentError):
            pairings.trade(FOREIGN, wrong(shown[FOREIGN]))
    with pytest.raises(TooManyTriesError):
        pairings.request_code(FOREIGN, "")
