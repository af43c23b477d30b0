"""Calibration of a synthetic scanner with a truth, over the API: run, refused, accepted, in use, rolled back."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from rekam.v1 import calibration_pb2 as pb
from rekam.v1 import capture_pb2

from gateway.calibration.verification import verify_entry
from gateway.records import fir
from gateway.trust import read_signature
from tests.gateway.client import Client, refused
from tests.gateway.running import desk, synthetic

DEVICE = "synthetic:T-1"
TRUTH = {"seed": 5, "ppi_x": 503.0, "ppi_y": 498.0, "gain_spread": 0.04, "hot_share": 0.0005, "dead_share": 0.0005}
FAST = ("dark", "flat_field", "bad_pixels", "resolution")


def scanner(**options: Any) -> dict[str, Any]:
    truth = {**TRUTH, **options.pop("truth", {})}
    return synthetic(1, width=500, height=500, frame_rate=200.0, truth=truth, **options)


async def start(client: Client, *procedures: str, **fields: Any) -> pb.CalibrationRun:
    asked = {"device_id": DEVICE, "operator": "Sri", "unattended": True, "temperature_celsius": 24.5, **fields}
    request = pb.StartCalibrationRequest(procedures=procedures, **asked)
    return (await client.ask("CalibrationService", request, pb.StartCalibrationResponse)).run


async def ended(client: Client, run_id: str) -> pb.CalibrationRun:
    last = pb.CalibrationRun()
    async for event in client.stream(
        "CalibrationService", "WatchCalibration", pb.WatchCalibrationRequest(run_id=run_id)
    ):
        if event.HasField("run"):
            last = event.run
    return last


async def calibrated(client: Client, *procedures: str, **fields: Any) -> pb.CalibrationRun:
    run = await ended(client, (await start(client, *procedures, **fields)).run_id)
    assert run.state == pb.CALIBRATION_RUN_STATE_DONE, run
    return run


async def accept(client: Client, calibration_id: str, **fields: Any) -> pb.AcceptCalibrationResponse:
    request = pb.AcceptCalibrationRequest(calibration_id=calibration_id, operator="Sri", **fields)
    return await client.ask("CalibrationService", request, pb.AcceptCalibrationResponse)


async def standing(client: Client) -> pb.CalibrationStanding:
    answer = await client.ask("CalibrationService", pb.ListCalibrationsRequest(), pb.ListCalibrationsResponse)
    return next(each for each in answer.standings if each.device_id == DEVICE)


async def download(client: Client, calibration_id: str, part: int) -> bytes:
    request = pb.DownloadCalibrationRequest(calibration_id=calibration_id, part=part, language="en")
    return b"".join([each.data async for each in client.stream("CalibrationService", "DownloadCalibration", request)])


async def manifest_of(client: Client, capture: capture_pb2.Capture) -> dict[str, Any]:
    jws = await client.download(capture.capture_id, capture_pb2.CAPTURE_PART_MANIFEST)
    content: dict[str, Any] = json.loads(read_signature(jws).payload)
    return content


def value_of(run: pb.CalibrationRun, name: str) -> float:
    return next(each.value for each in run.values if each.name == name)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with desk(tmp_path / "state", scanner()) as client:
        yield client


async def test_what_is_accepted_corrects_and_scales_the_next_capture_and_is_named_in_its_manifest(
    client: Client,
) -> None:
    before = await client.capture()
    assert (await manifest_of(client, before))["calibration_id"] is None
    run = await calibrated(client, *FAST)
    assert abs(value_of(run, "ppi_x") / TRUTH["ppi_x"] - 1) < 0.001
    assert abs(value_of(run, "ppi_y") / TRUTH["ppi_y"] - 1) < 0.001
    assert (await standing(client)).state == pb.CALIBRATION_STATE_NEVER  # measured, not accepted
    answer = await accept(client, run.calibration_id)
    assert answer.standing.state == pb.CALIBRATION_STATE_VALID
    assert (await client.device(DEVICE)).calibration_id == run.calibration_id

    after = await client.capture()
    assert (await manifest_of(client, after))["calibration_id"] == run.calibration_id
    images = [
        fir.decode(await client.download(each.capture_id, capture_pb2.CAPTURE_PART_IMAGE)).representations[0]
        for each in (before, after)
    ]
    assert images[0].image_ppi == (500, 500)
    expected = (TRUTH["ppi_x"] * TRUTH["ppi_y"]) ** 0.5
    assert all(abs(ppi - expected) <= 0.51 for ppi in images[1].image_ppi)  # a record has whole numbers
    pixels = [fir.decode_pixels(each) for each in images]
    assert (pixels[0] != pixels[1]).mean() > 0.2


async def test_report_entries_and_history_tell_of_the_run(client: Client) -> None:
    run = await calibrated(client, *FAST)
    page = (await download(client, run.calibration_id, pb.CALIBRATION_PART_REPORT_HTML)).decode()
    assert "<svg" in page
    assert "ppi_x" in page
    assert "Sri" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert (await download(client, run.calibration_id, pb.CALIBRATION_PART_REPORT_PDF)).startswith(b"%PDF")
    content = await download(client, run.calibration_id, pb.CALIBRATION_PART_ENTRIES)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".jws"))
        series = {each[7:-2]: archive.read(each) for each in archive.namelist() if each.startswith("series/")}
        report = verify_entry(archive.read(name), None, series)
    assert report.ok
    names = {check.name for check in report.checks if check.name.startswith("series:")}
    assert {"series:dark.dark", "series:flat_field.gain", "series:bad_pixels.bad"} <= names
    assert 0 < len(series) <= len(names)  # what is the same is there once
    request = pb.GetCalibrationHistoryRequest(device_id=DEVICE)
    history = await client.ask("CalibrationService", request, pb.GetCalibrationHistoryResponse)
    (entry,) = history.entries
    assert entry.record.calibration_id == run.calibration_id
    outcomes = {each.limit: each.outcome for each in entry.record.verdicts}
    assert outcomes["ppi_x"] == outcomes["ppi_y"] == pb.CALIBRATION_VERDICT_OUTCOME_PASS
    assert outcomes["snr_white"] == pb.CALIBRATION_VERDICT_OUTCOME_NOT_MEASURED


async def test_two_technicians_at_once_are_refused(client: Client) -> None:
    await start(client, "dark", unattended=False)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await start(client, "dark", operator="Budi")
    told = refused(error.value)
    assert told.reason == "LEASE_HELD"
    assert told.metadata["holder"] == "Sri"
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.start()
    assert refused(error.value).reason == "LEASE_HELD"


async def test_an_attended_run_guides_with_pictures_until_it_is_told_to_go_on(client: Client) -> None:
    run = await start(client, "dark", unattended=False)
    request = pb.NextCalibrationPictureRequest(run_id=run.run_id, max_width=200)
    picture = await client.ask("CalibrationService", request, pb.NextCalibrationPictureResponse)
    assert picture.jpeg.startswith(b"\xff\xd8")
    assert picture.width == 200
    command = pb.CommandCalibrationRequest(run_id=run.run_id, command=pb.CALIBRATION_COMMAND_GO_ON)
    instructions = []
    watch = client.stream("CalibrationService", "WatchCalibration", pb.WatchCalibrationRequest(run_id=run.run_id))
    async for event in watch:
        if event.run.HasField("instruction"):
            instructions.append(event.run.instruction.en)
            await client.ask("CalibrationService", command, pb.CommandCalibrationResponse)
        last = event.run
    assert "black cloth" in instructions[0]
    assert last.state == pb.CALIBRATION_RUN_STATE_DONE


async def test_a_cancelled_run_is_resumed_with_what_it_had(client: Client) -> None:
    run = await start(client, "dark", "resolution", unattended=False)
    watch = client.stream("CalibrationService", "WatchCalibration", pb.WatchCalibrationRequest(run_id=run.run_id))
    go = pb.CommandCalibrationRequest(run_id=run.run_id, command=pb.CALIBRATION_COMMAND_GO_ON)
    stop = pb.CommandCalibrationRequest(run_id=run.run_id, command=pb.CALIBRATION_COMMAND_CANCEL)
    async for event in watch:
        if event.run.HasField("instruction"):
            command = go if event.run.procedure == "dark" else stop
            await client.ask("CalibrationService", command, pb.CommandCalibrationResponse)
        last = event.run
    assert last.state == pb.CALIBRATION_RUN_STATE_CANCELLED
    plan = pb.PlanCalibrationRequest(device_id=DEVICE, procedures=["dark", "resolution"], resume_run_id=run.run_id)
    steps = (await client.ask("CalibrationService", plan, pb.PlanCalibrationResponse)).steps
    assert [each.procedure for each in steps] == ["resolution"]
    again = await calibrated(client, "dark", "resolution", resume_run_id=run.run_id)
    assert {each.procedure for each in again.values} == {"dark", "resolution"}


async def test_an_unplug_in_the_middle_keeps_what_was_measured(tmp_path: Path) -> None:
    faulty = scanner(fault="unplug", fault_after_frames=72, faults_by_serial=True, serial="T-unplugged-1")
    async with desk(tmp_path / "state", {**faulty, "id": DEVICE}) as client:
        run = await ended(client, (await start(client, "dark", "resolution")).run_id)
        assert (run.state, run.reason) == (pb.CALIBRATION_RUN_STATE_FAILED, "DEVICE_LOST")
        assert {each.procedure for each in run.values} == {"dark"}
        again = await calibrated(client, "dark", "resolution", resume_run_id=run.run_id)
        assert {each.procedure for each in again.values} == {"dark", "resolution"}


async def test_a_device_that_changes_its_gain_meanwhile_is_refused(tmp_path: Path) -> None:
    async with desk(tmp_path / "state", scanner(truth={"gain_step": 1.3, "gain_step_frame": 10})) as client:
        run = await ended(client, (await start(client, "repeatability")).run_id)
        assert (run.state, run.reason) == (pb.CALIBRATION_RUN_STATE_FAILED, "MEASUREMENT_REFUSED")
        assert "gain" in run.fault.en
        assert (await standing(client)).latest_id == ""


async def test_one_that_fails_needs_a_supervisor_with_a_reason_and_can_be_rolled_back(tmp_path: Path) -> None:
    roles = ["technician"]
    state = tmp_path / "state"
    async with desk(state, scanner()) as client:
        good = await calibrated(client, *FAST)
        await accept(client, good.calibration_id)
    async with desk(state, scanner(truth={"ppi_x": 515.0}), roles=roles) as client:
        bad = await calibrated(client, *FAST)
        assert (await standing(client)).state == pb.CALIBRATION_STATE_FAILED
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await accept(client, bad.calibration_id, reason="it is fine")
        told = refused(error.value)
        assert told.reason == "CALIBRATION_OBJECTED"
        assert any("ppi_x" in text for text in told.metadata.values())
        captured = await client.capture()
        assert "calibration_failed" in [each.code for each in captured.guidance]
        assert (await manifest_of(client, captured))["calibration_id"] == good.calibration_id
    async with desk(state, scanner(truth={"ppi_x": 515.0})) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await accept(client, bad.calibration_id)
        assert refused(error.value).reason == "CALIBRATION_OBJECTED"
        answer = await accept(client, bad.calibration_id, reason="no other scanner until Monday")
        assert answer.standing.calibration_id == bad.calibration_id
        assert answer.standing.state == pb.CALIBRATION_STATE_FAILED
        request = pb.RollbackCalibrationRequest(device_id=DEVICE, operator="Sri", reason="the target was another")
        back = await client.ask("CalibrationService", request, pb.RollbackCalibrationResponse)
        assert back.standing.calibration_id == good.calibration_id
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.ask("CalibrationService", request, pb.RollbackCalibrationResponse)
        assert refused(error.value).reason == "CALIBRATION_REFUSED"


async def test_policy_refuses_a_capture_on_a_device_that_fails(tmp_path: Path) -> None:
    policy = {"missing": "refuse", "failed": "refuse"}
    async with desk(tmp_path / "state", scanner(truth={"ppi_x": 515.0}), calibration=policy) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start()
        assert refused(error.value).reason == "CALIBRATION_MISSING"
        await calibrated(client, "resolution")
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start()
        assert refused(error.value).reason == "CALIBRATION_FAILED"


async def test_operators_do_not_calibrate(tmp_path: Path) -> None:
    async with desk(tmp_path / "state", scanner(), roles=["operator"]) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await start(client, "dark")
        assert refused(error.value).reason == "ROLE_DENIED"


@pytest.mark.parametrize(
    ("procedures", "reason"), [(("no_such",), "MEASUREMENT_REFUSED"), (("focus",), "MEASUREMENT_REFUSED")]
)
async def test_procedures_of_no_or_other_devices_are_named(
    client: Client, procedures: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await start(client, *procedures)
    assert refused(error.value).reason == reason
    assert procedures[0] in refused(error.value).words["en"]
