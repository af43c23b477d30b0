"""The scene of the story: an office, its centre, the network between them, a modem for the messages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.trust import open_signing_key
from tests.forked_lives import Lives
from tests.gateway.sms.modem_simulator import ModemSimulator
from tests.gateway.story.office import GATEWAY, Office
from tests.gateway.story.roads import Road
from tests.outage_proxy import OutageProxy, Weather

HALF_BROKEN = Weather(
    bytes_per_s=125_000,
    delay_s=0.01,
    delay_spread_s=0.01,
    reordered_s=0.1,
    cut_share=1.0,
    cut_bytes=(6_000, 120_000),
    garbage_share=0.1,
)
"""Half of the 2 Mbit/s that the line had."""
WHOLE = Weather(bytes_per_s=250_000, delay_s=0.01)


@dataclass(frozen=True)
class Scene:
    """All that the story needs; the centre serves, the gateway has not begun."""

    office: Office
    road: Road
    line: OutageProxy
    modem: ModemSimulator


@asynccontextmanager
async def told(folder: Path, kind: type[Road]) -> AsyncIterator[Scene]:
    """Everything set up: the centre knows the gateway, and serves; the gateway has not begun."""
    state = folder / "state"
    state.mkdir(mode=0o700)
    log = folder / "gateway.log"
    gateways_ready = asyncio.create_task(Lives.ready("tests.gateway.outage_gateway", state, log=log))
    bundle = open_signing_key(state / "keys", GATEWAY).trust_bundle().certificates_pem
    road, modem = kind(folder, bundle), ModemSimulator()
    gateways = await gateways_ready
    await road.open()
    try:
        async with OutageProxy(road.address, WHOLE) as line:
            office = Office(folder, gateways, modem.path, road.table(line.address))
            try:
                yield Scene(office, road, line, modem)
                assert "Traceback" not in log.read_text(), gateways.errors()
            finally:
                await office.leave()
                await gateways.close()
    finally:
        await asyncio.to_thread(modem.close)
        await road.close()
