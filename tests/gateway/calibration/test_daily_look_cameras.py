"""The daily look at idle cameras and readers, the test of what was just attached, and what of it makes a device due."""

from datetime import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from calibration.standing import CalibrationState
from gateway.devices.worker import Watch
from gateway.iris import assess_preview
from gateway.main import Gateway
from gateway.portrait import located_head
from tests.gateway.calibration.test_daily_look import daily
from tests.gateway.running import connected, running, synthetic_iris
from tests.gateway.test_gateway_calibration_cameras import accept, done
from tests.gateway.test_gateway_portrait import portrait_camera

IRIS, PORTRAIT, CARD = "synthetic-iris:I-1", "synthetic-portrait:P-1", "synthetic-card:C-1"


def iris(**truth: float) -> dict[str, Any]:
    return synthetic_iris(1, frame_rate=100.0, fault="no_eye", truth=truth)


def portrait(**truth: float) -> dict[str, Any]:
    return portrait_camera(frame_rate=100.0, fault="no_person", truth=truth)


async def names(gateway: Gateway, device_id: str) -> set[str]:
    """What a look found; one that was put off, as noise may look like an eye for once, is made again."""
    store = gateway._calibration.store
    before = len(store.looks(device_id))
    for _ in range(10):
        found = await daily(gateway).look_at(gateway._registry.known(device_id))
        if len(store.looks(device_id)) > before:
            return {each.name for each in found}
    raise AssertionError("ten looks were put off")


@pytest.mark.parametrize(
    ("device_id", "before", "after", "procedures", "at_once", "confirmed"),
    [
        (
            IRIS,
            iris(),
            iris(level=170.0, stuck_share=0.0005),
            ["resolution"],
            {"stray_pixels"},
            {"stray_pixels", "light"},
        ),
        (
            PORTRAIT,
            portrait(light_k=5000.0),
            portrait(light_k=3600.0, stuck_share=0.0005),
            ["exposure"],
            {"stray_pixels"},
            {"stray_pixels", "red_over_green", "blue_over_green"},
        ),
    ],
)
async def test_a_drift_makes_a_camera_due_and_what_may_be_the_room_only_when_it_stays(
    tmp_path: Path,
    device_id: str,
    before: dict[str, Any],
    after: dict[str, Any],
    procedures: list[str],
    at_once: set[str],
    confirmed: set[str],
) -> None:
    state = tmp_path / "state"
    async with running(state, before) as gateway, connected(gateway) as client:
        run = await done(client, device_id, *procedures)
        await accept(client, run.calibration_id)
        for _ in range(2):
            assert await names(gateway, device_id) == set()
        assert gateway._calibration.book.standing(device_id).state is CalibrationState.VALID
    async with running(state, after) as gateway:
        assert await names(gateway, device_id) == at_once
        assert await names(gateway, device_id) >= confirmed
        standing = gateway._calibration.book.standing(device_id)
        assert standing.state is CalibrationState.OVERDUE
        assert standing.due_opened is not None
        assert {each.name for each in standing.due_opened.evidence} >= (at_once or confirmed)


async def test_a_camera_with_somebody_before_it_says_nothing(tmp_path: Path) -> None:
    def until_somebody_is_drawn(driver: Any, watch: Watch) -> None:
        watch.expect(60.0)
        for frame in driver.frames(Event()):
            pixels = frame.pixels
            if located_head(pixels) is not None if pixels.ndim == 3 else assess_preview(pixels).eye_present:
                return

    async with running(tmp_path / "state", synthetic_iris(1), portrait_camera()) as gateway:
        for device_id in (IRIS, PORTRAIT):
            await gateway._registry.known(device_id).run(until_somebody_is_drawn, within_s=60.0)
            assert await daily(gateway).look_at(gateway._registry.known(device_id)) == ()
            assert gateway._calibration.store.looks(device_id) == []


async def test_a_device_is_tested_once_after_it_was_attached(tmp_path: Path) -> None:
    state, failing = tmp_path / "state", {**iris(), "fault": "lamps_off"}
    async with running(state, iris()) as gateway, connected(gateway) as client:
        await accept(client, (await done(client, IRIS, "resolution")).calibration_id)
        look = daily(gateway)
        look._at = time(0, 0)
        await look.look()
        assert len(gateway._calibration.store.looks(IRIS)) == 1
    async with running(state, failing) as gateway:
        look = daily(gateway)
        look._at = time(0, 0)
        await look.look()  # looked at today already: the test alone
        assert len(gateway._calibration.store.looks(IRIS)) == 1
        due = gateway._calibration.book.standing(IRIS).due_opened
        assert due is not None
        assert "attached" in due.reason
        assert [each.name for each in due.evidence] == ["self-test lamps"]
        known = dict(look._tested_since)
        await look.look()
        assert look._tested_since == known


async def test_a_card_writer_is_tested_and_not_for_the_card_in_it(tmp_path: Path) -> None:
    card = {"driver": "synthetic-card", "serial": "C-1", "card_delay_s": 0.0, "fault": "mute", "fault_count": 9}
    async with running(tmp_path / "state", card) as gateway:
        look = daily(gateway)
        look._at = time(0, 0)
        await look.look()
        ((_, figures),) = gateway._calibration.store.looks(CARD)
        assert figures == {"self_test_failed": 0.0}
