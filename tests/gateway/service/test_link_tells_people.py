"""Who waits for the service, over a line that comes and goes: a real gateway, and a way to its centre that is cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rekam.v1 import callback_pb2 as cpb
from rekam.v1 import link_pb2 as lpb

from drivers import Discovery
from gateway.centre import CentreCondition, CentreState, CentreUnreachable, UnreachableCause
from gateway.centre_pace import CentrePace
from gateway.config import CentreSettings
from gateway.link import JudgementLimits, PaceLimits
from gateway.main import Gateway, ServeOptions
from tests.gateway.client import Client, eventually, first
from tests.gateway.link.servers import free_port
from tests.gateway.running import connected, quick_config

PACE = CentrePace(
    looks=PaceLimits(fast_s=0.1, slow_s=0.1),
    judgement=JudgementLimits(spacing_s=0.05, dwell_s=0.1, offline_span_s=0.1, online_span_s=0.1),
)


class Line:
    """As much of a way out as the link asks for; `is_up` is what it finds."""

    is_up = True

    async def centre(self) -> CentreState:
        if not self.is_up:
            raise CentreUnreachable(UnreachableCause.REFUSED, "cut")
        return CentreState("centre-1", "ab" * 16, 0, CentreCondition.ACCEPTING, None, ())

    async def close(self) -> None:
        pass

    def made(self, settings: CentreSettings, gateway_id: str) -> "Line":
        return self


@asynccontextmanager
async def office(state: Path, line: Line) -> AsyncIterator[Client]:
    """One without a modem: what is told to people stays where it can be counted."""
    config = quick_config(centre={"url": f"grpcs://127.0.0.1:{free_port()}"})
    options = ServeOptions(state=state, listen="127.0.0.1:0", metrics="", web="")
    gateway = Gateway(config, options, lambda: Discovery(()), line.made, PACE)  # type: ignore[arg-type]
    await gateway.start()
    try:
        async with connected(gateway) as client:
            yield client
    finally:
        await gateway.stop()


async def comes_to(client: Client, state: int) -> None:
    stream = client.stream("LinkService", "WatchLink", lpb.WatchLinkRequest())
    await first(stream, lambda answer: answer.link.state == state)


async def test_a_line_that_comes_and_goes_leaves_one_notice_and_none_while_it_is_away(tmp_path: Path) -> None:
    line = Line()

    async with asyncio.timeout(120), office(tmp_path / "state", line) as client:

        async def notices(count: int) -> bool:
            listed = await client.unary("CallbackService", "ListNotices", cpb.ListNoticesRequest())
            return len(listed.notices) == count

        await comes_to(client, lpb.LINK_STATE_ONLINE)
        wish = cpb.AddCallbackRequest(name="Ibu 1", phone="0812-0000-0001", purpose=1, consent=True, operator="siti")
        await client.unary("CallbackService", "AddCallback", wish)
        outages: set[str] = set()
        for _ in range(3):
            line.is_up = False
            await comes_to(client, lpb.LINK_STATE_OFFLINE)
            assert await eventually(lambda: notices(0))
            line.is_up = True
            await comes_to(client, lpb.LINK_STATE_ONLINE)
            assert await eventually(lambda: notices(1))
            listed = await client.unary("LinkService", "ListOutages", lpb.ListOutagesRequest())
            outages |= {each.outage_id for each in listed.outages}
        assert len(outages) >= 3
