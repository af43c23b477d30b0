"""The page's other views in Chromium, with real data behind them: an outage, a packet that is held, people to call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from rekam.v1 import calibration_pb2, callback_pb2, outbox_pb2

from gateway.centre import Announcement, AnnouncementKind, sign_answer
from gateway.forwarding.standing import Patience, refused
from gateway.guidance import LocalizedText
from gateway.main import Gateway
from gateway.trust import open_signing_key
from tests.gateway.client import Client
from tests.gateway.link.left_outage import left_outage
from tests.gateway.link.servers import free_port
from tests.gateway.page.browser import driven, needs_browser
from tests.gateway.running import connected, synthetic
from tests.gateway.service.enrolment_desk import FrontEnd, centre
from tests.gateway.web.page import FOREIGN, Page, shown_code, web_gateway

OFFICE = {"name": "Kelurahan Kedoya Selatan", "phone": "021-5801234"}
WORKSHOP = {"width": 500, "height": 500, "frame_rate": 200.0, "truth": {"seed": 5, "ppi_x": 515.0, "ppi_y": 498.0}}
"""A scanner of which the truth is known, and outside a limit; it sees the targets that the gateway lays on it."""


@dataclass(frozen=True)
class Scene:
    """A gateway on a bad day."""

    gateway: Gateway
    client: Client
    packet_id: str
    announcement: Path


@asynccontextmanager
async def bad_day(folder: Path, **tables: Any) -> AsyncIterator[Scene]:
    """An outage that goes on, one enrolment that its centre refused, and somebody to be called back."""
    state = folder / "state"
    left_outage(state)
    key = open_signing_key(folder / "centre-keys", "centre-1")
    anchors = folder / "anchors.pem"
    anchors.write_text(key.trust_bundle().certificates_pem)
    announcement = folder / "announcement.jws"
    now = datetime.now(UTC).replace(microsecond=0)
    hour = timedelta(hours=1)
    words = LocalizedText(id="Listrik pusat padam", en="Power is out at the centre")
    told = Announcement("centre-1", "a-1", AnnouncementKind.OUTAGE, now, now - hour, now + hour, words)
    announcement.write_bytes(sign_answer(told, key))
    devices = (synthetic(1, finger=1, impression=1), synthetic(2, finger=2, impression=1))
    async with (
        web_gateway(
            state,
            *devices,
            enrolment={"recipients": [centre(folder)]},
            centre={"url": f"grpcs://127.0.0.1:{free_port()}", "anchors": anchors},
            office=OFFICE,
            **tables,
        ) as gateway,
        connected(gateway) as client,
    ):
        desk = FrontEnd(client, gateway)
        await desk.create()
        await desk.add_fingers()
        packet = await desk.seal()
        gateway._centre.outbox.queue.change(
            packet.packet_id,
            partial(
                refused,
                reason="SIGNER_UNKNOWN",
                words="Nobody here knows the key.",
                now_s=0.0,
                patience=Patience(quarantine_after=1),
                random=Random(1),
            ),
        )
        await client.unary(
            "CallbackService",
            "AddCallback",
            callback_pb2.AddCallbackRequest(
                name="Ibu Ratna",
                phone="0812-0000-0001",
                purpose=callback_pb2.CALLBACK_PURPOSE_SERVICE_BACK,
                consent=True,
                operator="siti",
            ),
        )
        yield Scene(gateway, client, packet.packet_id, announcement)


@needs_browser
async def test_every_view_is_walked_through_and_does_what_it_says(tmp_path: Path, capfd: Any) -> None:
    async with bad_day(tmp_path) as scene:
        other = await Page(scene.gateway, FOREIGN).pair(capfd)
        assert (await other.call("GatewayService.ListPairings")).status == 200
        told = await driven(
            scene.gateway,
            "desk_views.mjs",
            {"code": lambda: shown_code(capfd)},
            walk="views",
            announcement=str(scene.announcement),
            packet=scene.packet_id,
            device="synthetic:T-1",
            foreign=FOREIGN,
        )
        listed = await scene.client.unary("OutboxService", "ListPackets", outbox_pb2.ListPacketsRequest())
        people = await scene.client.unary("CallbackService", "ListCallbacks", callback_pb2.ListCallbacksRequest())
        assert (await other.call("GatewayService.ListPairings")).reason == "PAIRING_REQUIRED"
    assert told["link"] == "OFFLINE"
    assert told["outages"] == 3
    assert [each.state for each in listed.packets] == [outbox_pb2.PACKET_STATE_WAITING]
    assert [each.name for each in people.callbacks] == ["Pak Budi"]
    assert people.callbacks[0].HasField("consented_at")
    assert "Listrik pusat padam" in told["imported"]
    assert told["selfTest"] >= 1
    assert told["captures"] == "1"
    assert told["onlyResets"] == ["DeviceService.ResetDevice"]
    assert told["verdict"] == "true"
    assert told["large"] == "20px"
    assert told["english"] == ["Link", "Devices", "Audit", "Settings"]
    assert told["forgotten"] == 1
    assert told["serious"] == []
    assert told["overflow"] == []


@needs_browser
async def test_a_technician_calibrates_a_scanner_from_the_page(tmp_path: Path, capfd: Any) -> None:
    async with web_gateway(tmp_path, synthetic(3, **WORKSHOP)) as gateway, connected(gateway) as client:
        told = await driven(
            gateway,
            "desk_views.mjs",
            {"code": lambda: shown_code(capfd)},
            walk="technician",
            bench="synthetic:T-3",
            expected=["status of 400"],  # what stands against a calibration is told as a refusal
        )
        request = calibration_pb2.ListCalibrationsRequest()
        (standing,) = (await client.unary("CalibrationService", "ListCalibrations", request)).standings
    assert told["guided"]
    assert told["first"] == "FAIL"
    assert told["curves"] >= 1
    assert any("ppi_x" in each for each in told["objections"])
    assert told["report"] == ["application/pdf", "%PDF-"]
    assert told["saved"].endswith("-report.html")
    assert standing.calibration_id == standing.latest_id != ""
    assert told["serious"] == []
    assert told["overflow"] == []


async def calibrated(client: Client) -> str:
    """Measure the scanner's resolution and put that into use; gives the record's id."""
    start = calibration_pb2.StartCalibrationRequest(
        device_id="synthetic:T-3", procedures=["resolution"], operator="Sri", unattended=True
    )
    begun = (await client.unary("CalibrationService", "StartCalibration", start)).run
    watch = calibration_pb2.WatchCalibrationRequest(run_id=begun.run_id)
    events = [each async for each in client.stream("CalibrationService", "WatchCalibration", watch)]
    found: str = events[-1].run.calibration_id
    accept = calibration_pb2.AcceptCalibrationRequest(calibration_id=found, operator="Sri", reason="for the test")
    await client.unary("CalibrationService", "AcceptCalibration", accept)
    return found


@needs_browser
async def test_a_technician_sees_the_trend_and_goes_back(tmp_path: Path, capfd: Any) -> None:
    async with web_gateway(tmp_path, synthetic(3, **WORKSHOP)) as gateway, connected(gateway) as client:
        first, _ = await calibrated(client), await calibrated(client)
        answers: dict[str, Any] = {"code": lambda: shown_code(capfd)}
        told = await driven(gateway, "desk_views.mjs", answers, walk="rollback", bench="synthetic:T-3")
        request = calibration_pb2.ListCalibrationsRequest()
        (standing,) = (await client.unary("CalibrationService", "ListCalibrations", request)).standings
    assert told["records"] == 2
    assert told["trends"] == 2
    assert standing.calibration_id == first
    assert told["serious"] == []
    assert told["overflow"] == []


@needs_browser
async def test_a_calibration_that_was_cancelled_goes_on_where_it_stood(tmp_path: Path, capfd: Any) -> None:
    async with web_gateway(tmp_path, synthetic(3, **WORKSHOP)) as gateway, connected(gateway) as client:
        answers: dict[str, Any] = {"code": lambda: shown_code(capfd)}
        told = await driven(gateway, "desk_views.mjs", answers, walk="resumption", bench="synthetic:T-3")
        request = calibration_pb2.GetCalibrationHistoryRequest(device_id="synthetic:T-3")
        (entry,) = (await client.unary("CalibrationService", "GetCalibrationHistory", request)).entries
    assert told["resumed"] == "DONE"
    assert list(entry.record.procedures) == ["dark", "resolution"]


@needs_browser
@pytest.mark.parametrize(
    ("role", "views", "people", "deeds"),
    [
        ("operator", ["capture", "enrolment", "cards", "link", "devices", "settings"], 1, 1),
        ("auditor", ["link", "devices", "audit", "settings"], 0, 0),
    ],
)
async def test_a_page_shows_what_its_role_allows_and_no_more(
    role: str, views: list[str], people: int, deeds: int, tmp_path: Path, capfd: Any
) -> None:
    async with web_gateway(tmp_path, synthetic(1), roles=[role]) as gateway:
        told = await driven(gateway, "desk_views.mjs", {"code": lambda: shown_code(capfd)}, walk="roles")
    assert told["views"] == [f"#/{each}" for each in views]
    assert told["viewKeys"] == f"1 – {len(views)}"
    assert (told["people"], told["selfTest"], told["revoke"]) == (people, deeds, 0)
