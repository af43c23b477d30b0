"""Captures on the page in Chromium: by mouse alone, by keyboard alone, and how old the preview is on the screen."""

from pathlib import Path
from typing import Any

from tests.gateway.page.browser import driven, needs_browser
from tests.gateway.running import connected, synthetic, synthetic_iris
from tests.gateway.web.page import shown_code, web_gateway

PREVIEWED = {"finger_delay_s": 0.1, "settle_s": 3.0, "hold_s": 1000.0, "frame_rate": 25.0}
"""A finger that slides over the glass for so long that there is a preview to see."""


@needs_browser
async def test_a_person_is_captured_by_mouse_and_by_keyboard(tmp_path: Path, capfd: Any) -> None:
    devices = (synthetic(1, **PREVIEWED), synthetic_iris(1))
    async with web_gateway(tmp_path, *devices, capture={"iris": {"min_quality": 0}}) as gateway:
        told = await driven(gateway, "capture.mjs", {"code": lambda: shown_code(capfd)})
        async with connected(gateway) as client:
            recorded = (await client.info()).spool.head_sequence
    latencies = sorted(told["latencies"])
    print(f"preview to screen, of {len(latencies)}: median {latencies[len(latencies) // 2]:.0f} ms,", end=" ")
    print(f"95 % {latencies[len(latencies) * 95 // 100]:.0f} ms, and {told['transitMs']:.1f} ms on the way;", end=" ")
    print(f"interactive after {told['interactiveS']:.2f} s")
    assert len(latencies) >= 5
    assert (told["finger"], told["byKeyboard"], told["missing"], told["eye"]) == ("good", "good", "missing", "good")
    assert recorded == 4
    assert told["serious"] == []
    assert told["overflow"] == 0
