"""The page in Chromium when something goes beside the plan: codes, tabs, focus, a queue, and a restarted gateway."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from rekam.v1 import enrolment_pb2, gateway_pb2

from tests.free_ports import free_port
from tests.gateway.page.browser import driven, needs_browser
from tests.gateway.running import connected, running, synthetic
from tests.gateway.service.enrolment_desk import centre
from tests.gateway.web.page import shown_code, web_gateway

NOT_LOADED = ["Failed to load resource"]
"""What the browser writes of a call that was refused, or that nobody answered."""


@needs_browser
async def test_tabs_share_a_token_that_was_taken_back_and_given_anew(tmp_path: Path, capfd: Any) -> None:
    async with web_gateway(tmp_path, synthetic(1)) as gateway:

        async def revoke() -> str:
            async with connected(gateway) as client:
                listed = await client.ask(
                    "GatewayService", gateway_pb2.ListPairingsRequest(), gateway_pb2.ListPairingsResponse
                )
                for each in listed.pairings:
                    taken = gateway_pb2.RevokePairingRequest(pairing_id=each.pairing_id)
                    await client.ask("GatewayService", taken, gateway_pb2.RevokePairingResponse)
            return "revoked"

        answers = {"code": lambda: shown_code(capfd), "revoke": revoke}
        told = await driven(gateway, "mishaps.mjs", answers, scenario="tabs", expected=NOT_LOADED)
    assert told["wrongCode"] == ""
    assert told["together"]


@needs_browser
async def test_what_is_shown_stays_true_and_what_was_recorded_stays_known(
    tmp_path: Path, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = AsyncExitStack(), AsyncExitStack()
    async with first, second:
        web = f"127.0.0.1:{free_port()}"
        gateway = await first.enter_async_context(web_gateway(tmp_path, synthetic(1), synthetic(2), web_listen=web))

        async def stop() -> str:
            await first.aclose()
            return "stopped"

        async def start() -> str:
            monkeypatch.setattr("gateway.service.gateway.__version__", "99.0")
            await second.enter_async_context(running(tmp_path, synthetic(1), synthetic(2), web_listen=web))
            return "started"

        answers = {"code": lambda: shown_code(capfd), "stop": stop, "start": start}
        told = await driven(gateway, "mishaps.mjs", answers, scenario="capture", expected=NOT_LOADED)
    assert not [name for name in told["devices"] if "dipakai" in name]  # the captures have ended
    assert told["picturesOfAnother"] == 0
    assert (told["afterDialog"], told["afterQuestion"]) == (True, True)
    assert "99.0" in told["outdated"]
    assert (told["kept"], told["takenAgain"]) == (True, True)


@needs_browser
async def test_whoever_was_put_aside_first_is_reached_too(tmp_path: Path, capfd: Any) -> None:
    settings = {"recipients": [centre(tmp_path)]}
    async with web_gateway(tmp_path / "state", synthetic(1), enrolment=settings) as gateway:
        async with connected(gateway) as client:
            for number in range(1, 15):
                begun = enrolment_pb2.CreateEnrolmentRequest(
                    profile_id="two-fingers",
                    nik=f"317405650585{number:04d}",
                    operator="D" * 100,
                    idempotency_key=uuid4().hex,
                )
                await client.ask("EnrolmentService", begun, enrolment_pb2.CreateEnrolmentResponse)
        told = await driven(gateway, "mishaps.mjs", {"code": lambda: shown_code(capfd)}, scenario="queue")
    assert len(set(told["shown"])) == 14
    assert told["wide"] == []
