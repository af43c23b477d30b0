"""Calibration of synthetic cameras and a reader over the API: guided, measured, accepted, in use in captures."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rekam.v1 import calibration_pb2 as pb
from rekam.v1 import capture_pb2, common_pb2

from calibration.portrait.colour_card import linear_light
from drivers.iris.synthesis.camera_truth import CameraTruth
from drivers.portrait.synthesis.colour_card import PortraitTruth
from gateway.trust import read_signature
from tests.gateway.client import Client, eventually
from tests.gateway.running import desk, synthetic_iris
from tests.gateway.test_gateway_portrait import FACE, picture, portrait_camera

TRUTH = {"px_per_mm_x": 19.1, "px_per_mm_y": 19.8, "lens_blur_px": 0.9, "focus_mm": 250.0}


async def start(client: Client, device_id: str, *procedures: str, **fields: Any) -> str:
    request = pb.StartCalibrationRequest(
        **{"device_id": device_id, "operator": "Sri", "unattended": True, "procedures": procedures, **fields}
    )
    return (await client.ask("CalibrationService", request, pb.StartCalibrationResponse)).run.run_id


async def runs(client: Client, run_id: str) -> list[pb.CalibrationRun]:
    watch = client.stream("CalibrationService", "WatchCalibration", pb.WatchCalibrationRequest(run_id=run_id))
    return [event.run async for event in watch if event.HasField("run")]


async def done(client: Client, device_id: str, *procedures: str, **fields: Any) -> pb.CalibrationRun:
    run = (await runs(client, await start(client, device_id, *procedures, **fields)))[-1]
    assert run.state == pb.CALIBRATION_RUN_STATE_DONE, run
    return run


async def record_of(client: Client, device_id: str) -> pb.CalibrationRecordSummary:
    request = pb.GetCalibrationHistoryRequest(device_id=device_id)
    history = await client.ask("CalibrationService", request, pb.GetCalibrationHistoryResponse)
    return next(each.record for each in history.entries if each.HasField("record"))


async def accept(client: Client, calibration_id: str, **fields: Any) -> None:
    request = pb.AcceptCalibrationRequest(calibration_id=calibration_id, operator="Sri", **fields)
    await client.ask("CalibrationService", request, pb.AcceptCalibrationResponse)


async def calibration_of(client: Client, capture: capture_pb2.Capture) -> str | None:
    jws = await client.download(capture.capture_id, capture_pb2.CAPTURE_PART_MANIFEST)
    content: dict[str, str | None] = json.loads(read_signature(jws).payload)
    return content["calibration_id"]


def values(run: pb.CalibrationRun) -> dict[str, float]:
    return {each.name: each.value for each in run.values}


async def test_an_iris_camera_is_measured_judged_and_named_in_its_captures(tmp_path: Path) -> None:
    async with desk(tmp_path / "state", synthetic_iris(1, frame_rate=200.0, truth=TRUTH)) as client:
        device = "synthetic-iris:I-1"
        run = await done(client, device, "resolution", "mtf_edge", "eye_safety")
        found, truth = values(run), CameraTruth.of_options(TRUTH)
        assert found["px_per_mm_x"] == pytest.approx(19.1, rel=0.001)
        assert found["px_per_mm_y"] == pytest.approx(19.8, rel=0.001)
        assert found["modulation_2"] == pytest.approx(truth.modulation(2, 250), abs=0.03)
        assert found["configured_drive"] == pytest.approx(62.5)
        record = await record_of(client, device)
        outcomes = {each.limit: each.outcome for each in record.verdicts}
        assert outcomes["modulation_2"] == outcomes["configured_drive"] == pb.CALIBRATION_VERDICT_OUTCOME_PASS
        assert outcomes["snr"] == pb.CALIBRATION_VERDICT_OUTCOME_NOT_MEASURED
        await accept(client, run.calibration_id)
        capture = await client.capture_iris(common_pb2.EYE_POSITION_RIGHT)  # the target was taken away again
        assert capture.outcome == capture_pb2.CAPTURE_OUTCOME_CAPTURED
        assert await calibration_of(client, capture) == run.calibration_id


async def is_free(client: Client, device_id: str) -> bool:
    return not (await client.device(device_id)).lease_holder


async def test_the_exposure_is_stepped_by_the_run_itself_and_given_back(tmp_path: Path) -> None:
    camera = synthetic_iris(1, frame_rate=500.0, width=320, height=240, truth={"black": 7.0})
    async with desk(tmp_path / "state", camera) as client:
        shown = await runs(client, await start(client, "synthetic-iris:I-1", "exposure"))
        assert shown[-1].state == pb.CALIBRATION_RUN_STATE_DONE, shown[-1]
        asked = {each.instruction.en for each in shown if "exposes for" in each.instruction.en}
        assert len(asked) == 3
        assert values(shown[-1])["black"] == pytest.approx(7, abs=1)
        assert values(shown[-1])["exposure"] == 8
        assert await eventually(lambda: is_free(client, "synthetic-iris:I-1"))
        assert (await done(client, "synthetic-iris:I-1", "exposure")).values  # from the full exposure again


async def test_a_soft_iris_camera_fails_by_name(tmp_path: Path) -> None:
    async with desk(tmp_path / "state", synthetic_iris(1, frame_rate=200.0, truth={"lens_blur_px": 2.2})) as client:
        await done(client, "synthetic-iris:I-1", "mtf_edge")
        outcomes = {each.limit: each.outcome for each in (await record_of(client, "synthetic-iris:I-1")).verdicts}
        assert outcomes["modulation_2"] == pb.CALIBRATION_VERDICT_OUTCOME_FAIL


async def test_the_colours_of_a_portrait_are_corrected_once_that_is_accepted(tmp_path: Path) -> None:
    truth = {"light_k": 4300.0, "exposure_stops": -0.3}
    device = "synthetic-portrait:P-1"
    async with desk(tmp_path / "state", portrait_camera(frame_rate=100.0, truth=truth)) as client:

        async def colour() -> tuple[np.ndarray, str | None]:
            """Of the wall above the head, in linear light, and the calibration."""
            capture = await client.end((await client.start(**FACE)).capture_id)
            shown = linear_light(np.asarray((await picture(client, capture))[:12], np.uint8))
            return shown.mean(axis=(0, 1)), await calibration_of(client, capture)

        before, nothing = await colour()
        run = await done(client, device, "exposure", "white_balance", "distance")
        red, _, blue = PortraitTruth(light_k=4300.0).gains()
        assert values(run)["red_over_green"] == pytest.approx(red, rel=0.01)
        await accept(client, run.calibration_id)
        after, named = await colour()
        assert (nothing, named) == (None, run.calibration_id)
        assert after[0] / after[1] == pytest.approx(before[0] / before[1] / red, rel=0.03)
        assert after[2] / after[1] == pytest.approx(before[2] / before[1] / blue, rel=0.03)
        # Green is as it was; the strip of wall above a head that sways is not quite the same one.
        assert after[1] == pytest.approx(before[1], rel=0.12)
        record = await record_of(client, device)
        assert {each.limit for each in record.verdicts} >= {"exposure_error", "eyes_px", "red_over_green"}


async def test_a_technician_is_led_from_spacer_to_spacer(tmp_path: Path) -> None:
    card = {"driver": "synthetic-card", "serial": "C-1", "protocol": "T=CL", "card_delay_s": 0.0}
    truth = {"reach_mm": 10.0, "reach_softness_mm": 0.1}
    async with desk(tmp_path / "state", {**card, "truth": truth}) as client:
        run_id = await start(client, "synthetic-card:C-1", "atr", "field", unattended=False)
        go = pb.CommandCalibrationRequest(run_id=run_id, command=pb.CALIBRATION_COMMAND_GO_ON)
        told = []
        watch = client.stream("CalibrationService", "WatchCalibration", pb.WatchCalibrationRequest(run_id=run_id))
        async for event in watch:
            if event.run.HasField("instruction"):
                told.append((event.run.instruction.en, event.run.instruction.id))
                await client.ask("CalibrationService", go, pb.CommandCalibrationResponse)
            last = event.run
        assert last.state == pb.CALIBRATION_RUN_STATE_DONE, last
        english = [each[:30] for each, _ in told]
        assert english == [
            "Put a blank test card into the",  # once for both procedures
            "Put spacers of 4 mm between th",
            "Put spacers of 8 mm between th",
            "Put spacers of 12 mm between t",
            "Put spacers of 10 mm between t",
        ]
        assert all("pengganjal" in indonesian for _, indonesian in told[1:])
        assert values(last)["reach"] == pytest.approx(10, abs=2.01)


async def test_a_run_at_a_reader_can_be_cancelled_while_it_waits_for_the_card(tmp_path: Path) -> None:
    card = {"driver": "synthetic-card", "serial": "C-1", "card_delay_s": 0.0}
    async with desk(tmp_path / "state", card) as client:
        run_id = await start(client, "synthetic-card:C-1", "atr", unattended=False)
        stop = pb.CommandCalibrationRequest(run_id=run_id, command=pb.CALIBRATION_COMMAND_CANCEL)
        await client.ask("CalibrationService", stop, pb.CommandCalibrationResponse)
        assert (await runs(client, run_id))[-1].state == pb.CALIBRATION_RUN_STATE_CANCELLED


async def test_a_reader_without_a_card_says_so_in_both_languages(tmp_path: Path) -> None:
    card = {"driver": "synthetic-card", "serial": "C-1", "fault": "no_card"}
    async with desk(tmp_path / "state", card) as client:
        last = (await runs(client, await start(client, "synthetic-card:C-1", "atr")))[-1]
        assert (last.state, last.reason) == (pb.CALIBRATION_RUN_STATE_FAILED, "MEASUREMENT_REFUSED")
        assert "no card is in the reader" in last.fault.en
        assert last.fault.id.startswith("Target tidak terlihat")
