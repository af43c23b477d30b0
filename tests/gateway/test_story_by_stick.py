"""The same where the line does not come back: somebody goes to the centre with a stick; then the line is there."""

from pathlib import Path

from tests.gateway.story.chapters import (
    all_three_are_told_once,
    each_is_at_the_centre_once,
    statuses_have_moved,
    the_line_is_cut_for_days,
    the_outage_is_recorded_once,
)
from tests.gateway.story.roads import StraightRoad
from tests.gateway.story.scene import told
from tests.gateway.story.stick import (
    everything_leaves_on_a_stick,
    the_line_comes_back_after_all,
    the_stick_goes_a_second_time,
)


async def test_nobody_goes_home_unrecorded_where_a_stick_is_the_way(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    async with told(tmp_path, StraightRoad) as scene:
        outage = await the_line_is_cut_for_days(scene)
        await everything_leaves_on_a_stick(scene, stick)
        await the_stick_goes_a_second_time(scene, stick)
        await the_line_comes_back_after_all(scene, stick)
        await statuses_have_moved(scene.office)
        await each_is_at_the_centre_once(scene)
        await the_outage_is_recorded_once(scene.office, outage)
        await all_three_are_told_once(scene)
