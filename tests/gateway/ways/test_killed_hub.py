"""SIGKILL of the hub and of the centre, and a line that is cut, while packets go: nothing is lost, nothing doubled."""

from pathlib import Path

from tests.gateway.ways.killed_hub import run


async def test_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    tally = await run(tmp_path, kills=6, count=8)
    assert tally.ok, tally
    assert (tally.hub_kills, tally.centre_kills, tally.cuts) == (2, 2, 2)
