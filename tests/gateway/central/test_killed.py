"""A centre that is killed at random instants loses and doubles nothing."""

from pathlib import Path

from tests.gateway.central.killed_centre import run
from tests.gateway.central.postgres_cluster import Cluster


async def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    tally = await run(tmp_path / "centre", kills=2, count=15)
    assert tally.ok, tally


async def test_nor_with_postgresql(tmp_path: Path, postgres: Cluster) -> None:
    tally = await run(tmp_path / "centre", kills=2, count=15, store=postgres.database())
    assert tally.ok, tally
