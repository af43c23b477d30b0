"""A centre whose disk is full in the middle: nothing is lost, offices are asked to wait, and it goes on by itself."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.centre import CentreBusy, PacketStanding, StandingState
from gateway.ways import IngestWay
from tests.gateway.central.centres import Packet, all_answers, made_centre, packet, place, sent, served, way


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


async def test_a_disk_that_fills_up_takes_what_it_can_and_goes_on_with_room(small_disk: Path, tmp_path: Path) -> None:
    state = made_centre(small_disk / "centre")
    made = [packet(tmp_path, number, 900_000) for number in range(1, 8)]
    async with served(state) as centre, way(place(state, centre.address)) as out:
        first = [await _sent(out, each) for each in made]
        held = [each for each in first if each is not None and each.state is StandingState.RECEIVED]
        waiting = [each for each in first if each is None or each.state is StandingState.NOT_NOW]
        assert held
        assert waiting
        assert len(held) + len(waiting) == len(made)
        assert {each.reason for each in waiting if each is not None} <= {"STORE_FULL"}
        await asyncio.to_thread(_grow, small_disk)
        for each in made:
            while (standing := await sent(out, each)).state is StandingState.NOT_NOW:
                assert standing.reason == "STORE_FULL"  # the look at the room is half a second old at most
            assert standing.state is StandingState.RECEIVED
        assert len(await all_answers(out, state)) == 2 * len(made)


def _grow(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=30m", disk], check=True)


async def _sent(out: IngestWay, made: Packet) -> PacketStanding | None:
    try:
        return await sent(out, made)
    except CentreBusy:
        return None


APPEND_UNDER_A_LIMIT = """
import resource, sys
from pathlib import Path
from gateway.central.errors import StoreFull
from gateway.central.parts import PacketFolders, PartFile
from gateway.centre import PacketNotice
folders = PacketFolders(Path(sys.argv[1]) / "parts", Path(sys.argv[1]) / "packets")
part = PartFile(folders, "kedoya-1", PacketNotice("packet-1", "a" * 64, 100_000, "b" * 32, 1))
part.append(bytes(range(250)) * 100, last=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
try:
    part.append(bytes(30_000), last=False)
except StoreFull as error:
    print(error.words.en, "|", part.size, part.path.stat().st_size, part.path.read_bytes() == bytes(range(250)) * 100)
"""


def test_a_write_that_the_disk_ends_in_the_middle_leaves_what_was_there(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", APPEND_UNDER_A_LIMIT, str(tmp_path)], capture_output=True, text=True, check=True
    )
    words, _, found = done.stdout.strip().partition(" | ")
    assert "disk is full" in words
    assert found == "25000 25000 True"
