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
    lost, saying, freed = 0, asyncio.Event(), asyncio.Event()

    async def deaf(*arguments: Any, **named: Any) -> Any:
        nonlocal lost
        calling = asyncio.ensure_future(publish(*arguments, **named))
        while not calling.done():
            try:
                await asyncio.wait({calling})
                saying.set()
                await freed.wait()
            except asyncio.CancelledError:
                lost += 1
                freed.set()
        return calling.result()

    async with hub_scene(tmp_path) as scene:
        monkeypatch.setattr(JetStreamContext, "publish", deaf)
        async with asyncio.timeout(60):
            await saying.wait()  # in the middle of what it says of itself
            await scene.stop_unnoticed()
    assert lost
