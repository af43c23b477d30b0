"""A connection to the hub that ends: whoever waits on it learns so at once, whatever was still to be written."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.hub import IN_STREAM, HubConnection, OfficeSubjects, connect, connection, ensure_streams
from gateway.hub.accounts import CENTRE_INBOX
from tests.gateway.central.centres import GATEWAY, until
from tests.gateway.hub.hubs import hub_at
from tests.outage_proxy import OutageProxy, Weather

SEGMENT = bytes(500_000)


@asynccontextmanager
async def full_line(folder: Path) -> AsyncIterator[tuple[HubConnection, OutageProxy, list["asyncio.Task[object]"]]]:
    """A connection over a line that takes no more, with messages that the client has still to give to it."""
    left: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: left.append(context))
    async with hub_at(folder / "hub", GATEWAY) as hub, OutageProxy(hub.address) as line:
        made = await connect(hub.place("", line.address), CENTRE_INBOX)
        try:
            await ensure_streams(made.client, hub.settings().limits)
            line.set(Weather(bytes_per_s=1.0))
            subject = OfficeSubjects(GATEWAY).segment("packet-1")
            acks: list[asyncio.Task[object]] = []

            async def left_over() -> bool:
                acks.append(made.publish_ahead(IN_STREAM, subject, SEGMENT, within_s=600.0))
                await asyncio.sleep(0)
                return made.client.pending_data_size > 0 and len(acks) > 20

            await until(left_over)
            yield made, line, acks
            for each in acks:
                each.cancel()
            async with asyncio.timeout(60):  # none lies here for the ten minutes that it was given
                await asyncio.wait(acks)
        finally:
            await made.close()
    gc.collect()
    assert left == [], "what ended with the connection is told by whoever waited, not by tracebacks in the log"


async def test_a_cut_is_noticed_at_once_with_messages_still_to_be_written(tmp_path: Path) -> None:
    async with full_line(tmp_path) as (made, line, _):
        assert made.is_open
        line.cut()
        async with asyncio.timeout(60):  # an acknowledgement is waited for three minutes
            await made.closed.wait()
        assert not made.is_open


async def test_a_line_that_went_dark_is_noticed_though_it_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PING_S", 0.5)
    async with full_line(tmp_path) as (made, _, _):
        async with asyncio.timeout(60):
            await made.closed.wait()
        assert not made.is_open
