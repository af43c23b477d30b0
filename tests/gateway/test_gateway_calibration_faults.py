"""What goes wrong about a calibration, over the API: targets, glass, and devices whose time is over."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from rekam.v1 import calibration_pb2 as pb

from calibration.record import Evidence
from calibration.standing import CalibrationState
from calibration.targets import __file__ as targets_room
from gateway.calibration import run as run_module
from gateway.trust import time_now
from tests.gateway.client import Client, refused
from tests.gateway.running import connected, desk, running
from tests.gateway.test_gateway_calibration import DEVICE, accept, calibrated, ended, scanner, start


def ladder(**days: int) -> bytes:
    """A ladder of one's own, whose certificate begins and ends so many days from now."""
    today = time_now().wall.date()
    nominal = (Path(targets_room).parent / "ronchi-1.toml").read_text("utf-8")
    dates = "\n".join(f"{name} = {today + timedelta(days=off)}" for name, off in days.items())
    return f'{nominal}\n[certificate]\nnumber = "T-7"\n{dates}\n'.encode()


@pytest.mark.parametrize(
    ("days", "words"),
    [({"issued": -800, "expires": -3}, "ended on"), ({"issued": 20, "expires": 400}, "begins on")],
)
async def test_a_target_past_its_certificate_is_refused(tmp_path: Path, days: dict[str, int], words: str) -> None:
    async with desk(tmp_path / "state", scanner()) as client:
        run = await ended(client, (await start(client, "resolution", targets=[ladder(**days)])).run_id)
        assert (run.state, run.reason) == (pb.CALIBRATION_RUN_STATE_FAILED, "MEASUREMENT_REFUSED")
        assert words in run.fault.en
        good = await calibrated(client, "resolution", targets=[ladder(issued=-30, expires=0)])
        assert good.calibration_id


async def test_a_record_names_every_target_that_was_laid(tmp_path: Path) -> None:
    async with running(tmp_path / "state", scanner()) as gateway, connected(gateway) as client:
        run = await calibrated(client, "dark", "snr")
        record = gateway._calibration.book.record(run.calibration_id)
        assert {each.id for each in record.targets} == {"uniform-light", "uniform-dark", "uniform-grey"}


async def test_targets_from_before_a_run_was_resumed_keep_their_certificates(tmp_path: Path) -> None:
    async with running(tmp_path / "state", scanner()) as gateway, connected(gateway) as client:
        names, go = ("resolution", "repeatability"), pb.CALIBRATION_COMMAND_GO_ON
        run = await start(client, *names, unattended=False, targets=[ladder(issued=-30, expires=9)])
        watch = client.stream("CalibrationService", "WatchCalibration", pb.WatchCalibrationRequest(run_id=run.run_id))
        async for event in watch:
            if event.run.HasField("instruction"):
                does = go if event.run.procedure == "resolution" else pb.CALIBRATION_COMMAND_CANCEL
                command = pb.CommandCalibrationRequest(run_id=run.run_id, command=does)
                await client.ask("CalibrationService", command, pb.CommandCalibrationResponse)
        again = await calibrated(client, *names, resume_run_id=run.run_id)
        record = gateway._calibration.book.record(again.calibration_id)
        (certified,) = (each for each in record.targets if each.kind == "ladder")
        assert (certified.certificate, certified.expires) == ("T-7", time_now().wall.date() + timedelta(days=9))
        assert len(certified.sha256) == 64
        assert {each.id for each in record.targets} == {certified.id, "uniform-light"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fault": "dirty_platen"}, "wipe"),
        ({"truth": {"white": 900.0}}, "exposure"),
        ({"truth": {"white": 30.0}}, "lamp"),
        ({"truth": {"dark": 60.0}}, "lid"),
    ],
)
async def test_a_glass_that_cannot_be_measured_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], words: str
) -> None:
    """Nobody is there to wipe it: an unattended run ends, with the reason, and has not measured."""
    monkeypatch.setattr(run_module, "UNATTENDED_S", 0.5)
    procedure = "dark" if "dark" in options.get("truth", {}) else "repeatability"
    async with desk(tmp_path / "state", scanner(**options)) as client:
        run = await ended(client, (await start(client, procedure)).run_id)
        assert run.state == pb.CALIBRATION_RUN_STATE_FAILED
        assert run.reason in ("TARGET_NOT_SEEN", "MEASUREMENT_REFUSED")
        assert words in run.fault.en
        assert not run.values


async def test_what_rests_on_something_is_not_measured_without_it(tmp_path: Path) -> None:
    async with desk(tmp_path / "state", scanner()) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await start(client, "mtf_sine")
        assert refused(error.value).reason == "MEASUREMENT_REFUSED"
        assert "flat_field" in refused(error.value).words["en"]


async def made_overdue(client: Client, gateway: Any) -> str:
    run = await calibrated(client, "resolution")
    await accept(client, run.calibration_id)
    gateway._calibration.book.open_due(DEVICE, "drift seen", [Evidence("light", 180.0, 200.0, "grey")])
    assert gateway._calibration.book.standing(DEVICE).state is CalibrationState.OVERDUE
    return run.calibration_id


async def test_an_overdue_device_warns_in_each_capture(tmp_path: Path) -> None:
    async with running(tmp_path / "state", scanner()) as gateway, connected(gateway) as client:
        calibration_id = await made_overdue(client, gateway)
        captured = await client.capture()
        assert "calibration_overdue" in [each.code for each in captured.guidance]
        assert (await client.device(DEVICE)).calibration_id == calibration_id


async def test_an_overdue_device_blocks_where_the_policy_says_so(tmp_path: Path) -> None:
    policy = {"fingerprint_scanner": {"overdue": "refuse"}}
    async with running(tmp_path / "state", scanner(), calibration=policy) as gateway, connected(gateway) as client:
        await made_overdue(client, gateway)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start()
        assert refused(error.value).reason == "CALIBRATION_OVERDUE"
        # Measured and accepted anew, it is free.
        await accept(client, (await calibrated(client, "resolution")).calibration_id)
        assert (await client.capture()).capture_id
