"""Appends to the spool beside a bare write-and-fsync loop on the same disk."""

import tempfile
from pathlib import Path

from tests.benchmarks.figure import Figure
from tests.benchmarks.spool_appends import APPENDS, GOAL_PER_S, bare_loop, spool_loop


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """Both in turn, so that a busy neighbour on the disk meets both."""
    bare, spool = [], []
    for _ in range(2 if quick else 5):
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            bare.append(APPENDS / sum(bare_loop(Path(folder) / "bare")))
            spool.append(APPENDS / sum(spool_loop(Path(folder) / "spool")))
    allowed = sorted(bare)[len(bare) // 2] >= GOAL_PER_S
    excuse = "" if allowed else "the disk does not allow it"
    return [
        Figure("spool appends of 500 KB", spool, "/s", goal=GOAL_PER_S, better="higher", excuse=excuse),
        Figure("  bare write and fsync on that disk", bare, "/s"),
    ]
