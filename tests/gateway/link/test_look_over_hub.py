"""A look over a real hub: the hub and its centre are told apart, whichever of them goes away."""

import time
from datetime import UTC, datetime
from pathlib import Path

from gateway.link import LinkCause, LinkTarget, Look, LookBounds, Lookout
from gateway.link.cause import cause_of
from gateway.link.evidence import RouteSeen
from gateway.trust import ClockQuality
from tests.gateway.ways.ways_scenes import HubScene, hub_scene

BOUNDS = LookBounds(centre_s=30, name_s=30, connect_s=30, tls_s=30)


async def looked(scene: HubScene) -> tuple[Look, LinkCause | None]:
    host, _, port = scene.hub.address.rpartition(":")
    target = LinkTarget(host, int(port))
    lookout = Lookout(target, scene.another_way().centre, BOUNDS, lambda: RouteSeen(True, True))
    now = datetime.now(UTC)
    look = await lookout.look(now, time.monotonic)
    return look, cause_of(look, now, ClockQuality.TRUSTED)


async def test_a_centre_that_falls_silent_and_a_hub_that_goes_away(tmp_path: Path) -> None:
    async with hub_scene(tmp_path) as scene:
        look, cause = await looked(scene)
        assert look.centre is not None
        assert (look.centre.reached, look.centre.silent, cause) == (True, False, None)
        await scene.down()
        look, cause = await looked(scene)
        assert look.centre is not None
        assert (look.centre.reached, look.centre.silent, cause) == (True, True, None)
        assert look.connect is None, "a hub that answers is asked nothing else"
        await scene.hub.end()
        look, cause = await looked(scene)
        assert look.centre is not None
        assert (look.centre.reached, look.centre.silent, cause) == (False, False, LinkCause.REFUSED)
