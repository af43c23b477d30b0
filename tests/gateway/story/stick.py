"""The chapters of the story in which the line does not come back, and somebody goes to the centre with a stick."""

import asyncio
from pathlib import Path

from rekam.v1 import link_pb2, outbox_pb2

from gateway.centre import AnnouncementKind
from tests.gateway.service.enrolment_desk import OPERATOR
from tests.gateway.story.chapters import OFFLINE, ONLINE, PEOPLE, cards_are_made, statuses_have_moved, until_told
from tests.gateway.story.commands import rekam
from tests.gateway.story.scene import WHOLE, Scene


async def everything_leaves_on_a_stick(scene: Scene, stick: Path) -> None:
    """What waits goes to the centre by hand, and its receipts come back by hand."""
    exported = (await _exported(scene, stick))[-1]
    assert (exported["packets"], exported["left_packets"]) == (OFFLINE, 0)
    imported = await _imported(scene, stick)
    assert (imported["packets"], imported["new"], imported["ok"]) == (OFFLINE, OFFLINE, True)
    assert len(scene.road.files) == PEOPLE
    answers = await _answers_taken(scene, stick)
    # Those of the five who were received over the line are on the stick too.
    assert (answers["receipts"], answers["refused"]) == (OFFLINE, 0)
    await scene.office.until_status(outbox_pb2.ENROLMENT_STATUS_RECEIVED_AT_CENTRAL, PEOPLE)


async def the_stick_goes_a_second_time(scene: Scene, stick: Path) -> None:
    """Nothing new is on it, and it brings back what the centre has said of everybody since."""
    await cards_are_made(scene)
    assert (await _exported(scene, stick))[-1]["packets"] == 0
    imported = await _imported(scene, stick)
    assert (imported["packets"], imported["new"], imported["ok"]) == (OFFLINE, 0, True)
    answers = await _answers_taken(scene, stick)
    assert (answers["receipts"], answers["statuses"], answers["refused"]) == (0, PEOPLE + 1, 0)
    await statuses_have_moved(scene.office)
    await until_told(scene, 1)
    link = await scene.office.link()
    assert link.state == link_pb2.LINK_STATE_OFFLINE
    assert len(scene.modem.sent) == 1, "a card is ready, and the service is not back"


async def the_line_comes_back_after_all(scene: Scene, stick: Path) -> None:
    """Nothing leaves a second time, and answers that are known come again, by both ways."""
    await asyncio.to_thread(scene.road.announced, AnnouncementKind.RETURN, None)
    carried = scene.line.carried
    scene.line.set(WHOLE)
    await scene.office.until_link(link_pb2.LINK_STATE_ONLINE)
    await until_told(scene, 3)
    await _imported(scene, stick)
    answers = await _answers_taken(scene, stick)
    assert answers["receipts"] == answers["statuses"] == answers["refused"] == 0
    assert answers["known"] >= 2 * PEOPLE + 1
    packets = await scene.office.packets()
    assert scene.line.carried - carried < sum(each.size for each in packets[ONLINE:]) / 4


async def _exported(scene: Scene, stick: Path) -> list[dict[str, object]]:
    return await rekam("spool", "export", "--bundle", stick, "--operator", OPERATOR, "--state", scene.office.state)


async def _imported(scene: Scene, stick: Path) -> dict[str, object]:
    return (await rekam("central", "import", stick, "--state", scene.road.state))[-1]


async def _answers_taken(scene: Scene, stick: Path) -> dict[str, int]:
    told = await rekam("spool", "import-receipts", stick, "--operator", OPERATOR, "--state", scene.office.state)
    return told[-1]
