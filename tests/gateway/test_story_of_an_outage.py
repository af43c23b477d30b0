"""The network is down for days: the office goes on recording, and when it is back all is at the centre, once.

Straight to the centre, and over a NATS JetStream hub: a real server, TLS and nkeys; the network is cut before the hub.
"""

from pathlib import Path

import pytest

from tests.gateway.story.chapters import (
    all_three_are_told_once,
    cards_are_made,
    each_is_at_the_centre_once,
    statuses_have_moved,
    the_line_comes_back,
    the_line_is_cut_for_days,
    the_outage_is_recorded_once,
)
from tests.gateway.story.roads import HubRoad, Road, StraightRoad
from tests.gateway.story.scene import told


@pytest.mark.timeout(600)  # half a minute of work, on a machine that may be busy
@pytest.mark.parametrize("road", [StraightRoad, HubRoad], ids=["straight", "hub"])
async def test_nobody_goes_home_unrecorded(tmp_path: Path, road: type[Road]) -> None:
    async with told(tmp_path, road) as scene:
        outage = await the_line_is_cut_for_days(scene)
        await the_line_comes_back(scene)
        await each_is_at_the_centre_once(scene)
        await the_outage_is_recorded_once(scene.office, outage)
        await cards_are_made(scene)
        await statuses_have_moved(scene.office)
        await all_three_are_told_once(scene)
