"""Tokens of pages: kept as digests across restarts, listed, and taken back."""

import json

from gateway.service.pairing import Pairings
from tests.gateway.web.page import FOREIGN, Page, web_gateway


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
    pairings.save()
    assert Pairings(path, lambda *_: None).pairings() == [pairing]
