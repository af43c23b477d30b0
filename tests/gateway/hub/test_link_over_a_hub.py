"""The link of an office whose way is a hub: why it is not reached is told as it is, by a real hub over TLS."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rekam.v1 import link_pb2 as pb

from drivers import Discovery
from gateway.central import Authority
from gateway.hub import HubPlace
from gateway.main import Gateway, ServeOptions
from tests.gateway.central.centres import GATEWAY, until
from tests.gateway.client import Client
from tests.gateway.hub.hubs import hub_at, new_key
from tests.gateway.outage_gateway import QUICK_PACE
from tests.gateway.running import connected, quick_config


async def seen(state: Path, place: HubPlace) -> tuple[int, str]:
    """Cause of an outage, and what the handshake of the newest look came to."""
    centre = {
        "way": "jetstream",
        "url": f"tls://{place.host}:{place.port}",
        "key": str(place.seed),
        "authority": str(place.authority),
    }
    options = ServeOptions(state=state, listen="127.0.0.1:0", metrics="", web="")
    config = quick_config(gateway_id=GATEWAY, centre=centre)
    gateway = Gateway(config, options, lambda: Discovery(()), pace=QUICK_PACE)
    await gateway.start()
    try:
        async with connected(gateway) as client:
            return await _seen(client)
    finally:
        await gateway.stop()


async def _seen(client: Client) -> tuple[int, str]:
    found = pb.Link()

    async def is_looked_into() -> bool:
        answer = await client.ask("LinkService", pb.GetLinkRequest(), pb.GetLinkResponse)
        found.CopyFrom(answer.link)
        return found.state == pb.LINK_STATE_OFFLINE and bool(_handshakes(found))

    await until(is_looked_into, within_s=60.0)
    return found.problem.cause, _handshakes(found)[0]


def _handshakes(link: pb.Link) -> list[str]:
    return [each.code for each in link.findings if each.probe == "tls"]


@pytest.mark.parametrize("what", ["stranger's nkey", "stranger's authority"])
async def test_a_hub_that_is_there_is_spoken_to_in_its_own_way(tmp_path: Path, what: str) -> None:
    async with hub_at(tmp_path / "hub", GATEWAY) as hub:
        place = hub.place(GATEWAY)
        if what == "stranger's nkey":
            seed = tmp_path / "stranger.nk"
            seed.write_bytes(new_key().seed)
            place, expected = replace(place, seed=seed), (pb.LINK_CAUSE_OWN_CERTIFICATE, "genuine")
        else:
            other = tmp_path / "other.pem"
            other.write_bytes(Authority.made("portal", datetime.now(UTC)).certificate_pem)
            place, expected = replace(place, authority=other), (pb.LINK_CAUSE_CENTRE_CERTIFICATE, "other_authority")
        assert await seen(tmp_path / "state", place) == expected
