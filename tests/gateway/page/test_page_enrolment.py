"""Enrolments on the page in Chromium: by mouse, by keyboard, put aside, given up, and while the gateway restarts."""

import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

from rekam.v1 import capture_pb2, common_pb2, device_pb2
from rekam.v1 import enrolment_pb2 as pb

from gateway.main import Gateway
from tests.free_ports import free_port
from tests.gateway.cli.enrolled import opened
from tests.gateway.client import Client
from tests.gateway.page.browser import driven, needs_browser
from tests.gateway.running import connected, running, synthetic, synthetic_iris
from tests.gateway.service.enrolment_desk import centre
from tests.gateway.slap_desk import slaps
from tests.gateway.test_gateway_portrait import portrait_camera
from tests.gateway.web.page import shown_code, web_gateway

DESK_PROFILE = """
id = "meja"
version = 1
[name]
id = "Meja uji"
en = "Test desk"
[thresholds]
index = 20
[[step]]
parts = ["portrait"]
[[step]]
parts = ["signature"]
missing = "reason"
[[step]]
parts = ["right-index", "left-index"]
missing = "supervisor"
"""
PREVIEWED = {"finger_delay_s": 0.1, "settle_s": 3.0, "hold_s": 1000.0, "frame_rate": 25.0}
"""A finger that slides over the glass for so long that there is a preview to see."""
FACED = {"settle_s": 3.0, "frame_rate": 20.0}


async def _open(client: Client) -> pb.EnrolmentSummary:
    """The enrolment that is open."""
    listing = pb.ListEnrolmentsRequest(states=[pb.ENROLMENT_STATE_OPEN])
    (line,) = (await client.ask("EnrolmentService", listing, pb.ListEnrolmentsResponse)).enrolments
    return line


async def _mix_up(gateway: Gateway) -> str:
    """Another front end captures the right index finger as the left one."""
    async with connected(gateway) as client:
        line = await _open(client)
        shown = device_pb2.PresentSyntheticRequest(
            device_id="synthetic:T-1", person=42, placement=12, position=common_pb2.FINGER_POSITION_RIGHT_INDEX
        )
        await client.ask("DeviceService", shown, device_pb2.PresentSyntheticResponse)
        left = common_pb2.FINGER_POSITION_LEFT_INDEX
        capture = await client.capture(position=left, transaction_id=line.enrolment_id, operator="Dewi", timeout=60.0)
        added = pb.AddCaptureRequest(
            enrolment_id=line.enrolment_id, capture_id=capture.capture_id, operator="Dewi", idempotency_key=uuid4().hex
        )
        await client.ask("EnrolmentService", added, pb.AddCaptureResponse)
    return "mixed"


async def _except(gateway: Gateway) -> str:
    """Another front end says that the signature is missing, in the enrolment that is open."""
    async with connected(gateway) as client:
        line = await _open(client)
        missing = pb.AddExceptionRequest(
            enrolment_id=line.enrolment_id,
            part="signature",
            reason=capture_pb2.MISSING_REASON_REFUSED,
            operator="Dewi",
            seen_version=line.version,
            idempotency_key=uuid4().hex,
        )
        await client.ask("EnrolmentService", missing, pb.AddExceptionResponse)
    return "excepted"


@needs_browser
async def test_persons_are_enrolled_with_the_mouse_and_with_the_keyboard(tmp_path: Path, capfd: Any) -> None:
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    (profiles / "meja.toml").write_text(DESK_PROFILE)
    settings = {"recipients": [centre(tmp_path)], "profiles": profiles}
    devices = (synthetic(1, **PREVIEWED), portrait_camera(**FACED))
    lease = {"abandoned_s": 60.0}  # a capture outlives the reload, however slow the machine
    async with web_gateway(tmp_path / "state", *devices, enrolment=settings, lease=lease) as gateway:
        answers = {"code": lambda: shown_code(capfd), "except": lambda: _except(gateway)}
        told = await driven(gateway, "enrolment.mjs", answers, scenario="desk", profile="meja")
        packets = _packets(gateway)

    assert "0000" in told["fault"]
    assert (told["beginBefore"], told["ownApproval"], told["sealBefore"]) == (True, True, True)
    assert told["chosenStill"] == ""
    assert "foto" not in told["unseen"].lower()
    assert told["slipAt"] == "blob:"
    assert (told["slip"], told["slipName"]) == ("%PDF-", f"{told['slipNumber']}.pdf")
    assert (told["duplicateOf"], told["duplicateBy"]) == (told["enrolment"], "Sari")
    assert "salah orang" in told["abandoned"]
    assert {told["packet"], told["secondPacket"]} <= packets.keys()
    _check_packet(packets[told["packet"]], tmp_path)
    assert told["serious"] == []
    assert told["overflow"] == 0


@needs_browser
async def test_a_whole_person_is_enrolled_with_a_click_for_each_part(tmp_path: Path, capfd: Any) -> None:
    devices = (synthetic(1), slaps(), synthetic_iris(1), portrait_camera())
    settings = {"recipients": [centre(tmp_path)]}
    async with web_gateway(tmp_path / "state", *devices, enrolment=settings) as gateway:
        answers = {"code": lambda: shown_code(capfd)}
        told = await driven(gateway, "enrolment.mjs", answers, scenario="whole", profile="ktp-el")
        packets = _packets(gateway)
    print(f"captured again: {told['retaken']}")
    parts = ["portrait", "signature", "right-four", "left-four", "two-thumbs", "right-iris", "left-iris"]
    assert told["done"] == parts
    inside = opened(packets[told["packet"]], tmp_path / "centre.pem", tmp_path / "opened")
    fingers = {name for name in inside.files if name.endswith(".fmr")}
    assert len(fingers) == 10
    assert told["serious"] == []


@needs_browser
async def test_an_enrolment_goes_on_after_the_gateway_was_restarted(tmp_path: Path, capfd: Any) -> None:
    settings = {"recipients": [centre(tmp_path)]}
    state = tmp_path / "state"
    again: list[Gateway] = []
    first, second = AsyncExitStack(), AsyncExitStack()
    async with first, second:
        web = f"127.0.0.1:{free_port()}"
        gateway = await first.enter_async_context(web_gateway(state, synthetic(1), enrolment=settings, web_listen=web))

        async def stop() -> str:
            await first.aclose()
            return "stopped"

        async def start() -> str:
            next_run = running(state, synthetic(1), web_listen=web, enrolment=settings)
            again.append(await second.enter_async_context(next_run))
            return "started"

        answers = {"code": lambda: shown_code(capfd), "stop": stop, "start": start, "mix": lambda: _mix_up(again[0])}
        expected = ["Failed to load resource"]
        told = await driven(gateway, "enrolment.mjs", answers, scenario="restart", expected=expected)
        packets = _packets(gateway)
    assert "tidak menjawab" in told["told"]
    assert told["mixUp"] == "wrong_hand"
    assert told["serious"] == []
    assert list(packets) == [told["packet"]]


def _packets(gateway: Gateway) -> dict[str, Path]:
    """The files of sealed packets by their ids."""
    return {path.stem: path for path in (gateway.state / "packets").glob("*.rekam")}


def _check_packet(packet: Path, folder: Path) -> None:
    """The packet holds what was brought at the page: the pen's pressure, two tries of a finger, why one is missing."""
    inside = opened(packet, folder / "centre.pem", folder / "opened")
    names = list(inside.files)
    (strokes,) = (json.loads(inside.files[name])["strokes"] for name in names if name.endswith("signature.json"))
    assert len(strokes) == 2
    pressures = [point[3] for point in strokes[0]]
    assert pressures[0] < 0.3 < 0.6 < max(pressures)
    times = [point[2] for stroke in strokes for point in stroke]
    assert times == sorted(times)
    assert [name for name in names if name.endswith(".fac")]
    assert [name for name in names if "right-index" in name and name.endswith(".fmr")]
    said = json.dumps(inside.statement)
    assert "bandaged" in said
    assert "Ibu Kepala" in said
    assert "3174056505850001" in said
