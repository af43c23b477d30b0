"""A centre lets go of its hub at once, though the client it uses loses a cancellation now and then."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from nats.js.client import JetStreamContext

from tests.gateway.ways.ways_scenes import hub_scene


async def test_a_centre_stops_though_its_client_loses_every_cancellation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = JetStreamContext.publish
    lost = 0

    async def deaf(*arguments: Any, **named: Any) -> Any:
        nonlocal lost
        calling = asyncio.ensure_future(publish(*arguments, **named))
        while not calling.done():
            try:
                await asyncio.wait({calling})
                await asyncio.sleep(0.2)
            except asyncio.CancelledError:
                lost += 1
        return calling.result()

    async with hub_scene(tmp_path) as scene:
        monkeypatch.setattr(JetStreamContext, "publish", deaf)
        await asyncio.sleep(0.5)  # in the middle of what it says of itself
        async with asyncio.timeout(60):
            await scene.stop_unnoticed()
    assert lost
