"""Appends to the spool beside a bare write-and-fsync loop on the same disk."""

import tempfile
from pathlib import Path

from tests.benchmarks.figure import Figure
from tests.benchmarks.spool_appends import APPENDS, GOAL_PER_S, bare_loop, local_key, spool_loop


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """All in turn, so that a busy neighbour on the disk meets all."""
    bare, clear, spool = [], [], []
    for _ in range(2 if quick else 5):
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            bare.append(APPENDS / sum(bare_loop(Path(folder) / "bare")))
            clear.append(APPENDS / sum(spool_loop(Path(folder) / "clear")))
            spool.append(APPENDS / sum(spool_loop(Path(folder) / "spool", local_key)))
    allowed = sorted(bare)[len(bare) // 2] >= GOAL_PER_S
    excuse = "" if allowed else "the disk does not allow it"
    return [
        Figure("spool appends of 500 KB, encrypted", spool, "/s", goal=GOAL_PER_S, better="higher", excuse=excuse),
        Figure("  the same in the clear", clear, "/s"),
        Figure("  bare write and fsync on that disk", bare, "/s"),
    ]
