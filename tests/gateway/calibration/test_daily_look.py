"""The daily look at an idle scanner, with its evidence."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from calibration.standing import CalibrationState
from gateway.calibration.daily import DailyLook
from gateway.main import Gateway
from gateway.trust import ClockQuality, SignedTime, time_now
from tests.gateway.running import connected, running, synthetic
from tests.gateway.test_gateway_calibration import FAST, accept, calibrated

DEVICE = "synthetic:T-1"
TRUTH = {"seed": 5.0}


def scanner(**truth: float) -> dict[str, Any]:
    return synthetic(1, width=500, height=500, frame_rate=20.0, finger_delay_s=30.0, truth={**TRUTH, **truth})


def daily(gateway: Gateway) -> DailyLook:
    return gateway._calibration.daily


async def test_a_glass_that_is_as_it_was_makes_nothing_due_and_one_that_drifted_does(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with running(state, scanner()) as gateway, connected(gateway) as client:
        await accept(client, (await calibrated(client, *FAST)).calibration_id)
        device = gateway._registry.known(DEVICE)
        for _ in range(3):
            assert await daily(gateway).look_at(device) == ()
        assert gateway._calibration.book.standing(DEVICE).state is CalibrationState.VALID
    async with running(state, scanner(white=180.0)) as gateway, connected(gateway) as client:
        device = gateway._registry.known(DEVICE)
        found = await daily(gateway).look_at(device)
        assert "light" in {each.name for each in found}
        standing = gateway._calibration.book.standing(DEVICE)
        assert standing.state is CalibrationState.OVERDUE
        assert standing.due_opened is not None
        assert standing.due_opened.evidence == found
        captured = await client.info()
        assert any("overdue" in each.en for each in captured.warnings)


async def test_it_looks_once_a_day_and_not_at_a_device_in_use(tmp_path: Path) -> None:
    async with running(tmp_path / "state", scanner()) as gateway, connected(gateway) as client:
        look = daily(gateway)
        look._at = time(0, 0)
        store = gateway._calibration.store
        lease = await client.acquire(DEVICE)
        await look.look()
        assert store.looks(DEVICE) == []
        await client.release(lease.lease_id)
        await look.look()
        assert len(store.looks(DEVICE)) == 1
        look._not_before.clear()
        await look.look()
        assert len(store.looks(DEVICE)) == 1


@pytest.mark.parametrize("at", [None])
async def test_it_can_be_switched_off(tmp_path: Path, at: time | None) -> None:
    async with running(tmp_path / "state", scanner(), calibration={"daily_at": ""}) as gateway:
        assert daily(gateway)._at is at
        await daily(gateway).look()
        assert gateway._calibration.store.looks(DEVICE) == []


async def test_a_time_that_a_wrong_clock_wrote_stops_no_look(tmp_path: Path) -> None:
    async with running(tmp_path / "state", scanner()) as gateway, connected(gateway) as client:
        await accept(client, (await calibrated(client, *FAST)).calibration_id)
        look, store = daily(gateway), gateway._calibration.store
        look._at = time(0, 0)
        ten_years_on = time_now().wall + timedelta(days=3650)
        for day in range(3):
            store.keep_look(DEVICE, int((ten_years_on + timedelta(days=day)).timestamp() * 1000), {"light": 1.0})
        look._not_before[DEVICE] = ten_years_on
        await look.look()
        assert len(store.looks(DEVICE)) == 4
        device = gateway._registry.known(DEVICE)
        assert await look.look_at(device) == (), "held against looks of the future"
        assert [
            figures for figures in look._looks_since_accepted(DEVICE, time_now().wall) if figures["light"] == 1
        ] == []


async def test_a_clock_that_is_plainly_wrong_writes_no_look(tmp_path: Path) -> None:
    async with running(tmp_path / "state", scanner()) as gateway:
        look, store = daily(gateway), gateway._calibration.store
        look._at = time(0, 0)
        look._clock = lambda: SignedTime(datetime(1970, 1, 2, tzinfo=UTC), 60.0, ClockQuality.UNTRUSTED, None)
        await look.look()
        assert look._not_before == {}, "nothing was due"
        assert await look.look_at(gateway._registry.known(DEVICE)) == ()
        assert store.looks(DEVICE) == []
        look._clock = lambda: SignedTime(datetime(2026, 1, 2, tzinfo=UTC), 60.0, ClockQuality.UNTRUSTED, None)
        await look.look()
        assert len(store.looks(DEVICE)) == 1, "an office without a network has its looks"
