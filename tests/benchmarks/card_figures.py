"""A card of 6 KB on a chip in memory: the gateway's own time, and commands beside the least that there can be.

Run as `python -m tests.benchmarks.card_figures`. Exit status 1 where a goal is missed.

The time is the whole call, from the card that is put in to the signed result: SCP03 with everything encrypted and
authenticated, the journal, the signature, and also what the chip in memory needs itself. As our own time it is taken
with the journal in memory; it is told once more with the journal flushed to the disk at each of its eleven steps.

The least number of commands is counted from the job: each block of the session's size once out and once back, each file
made, activated and tried once, two authentications, and one look at the chip.
"""

import gc
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from gateway.card import MAX_SHORT_BLOCK, SecurityLevel
from gateway.card_profile import Application, CardFile, Channel, Diversification, Operation
from gateway.personalisation import JobState
from gateway.personalisation.plan import CardPlan, planned
from tests.benchmarks.figure import Figure, table
from tests.gateway.personalisation.card_desk import (
    AID,
    GUARDED,
    READABLE,
    CardDesk,
    Line,
    chip,
    profile,
    reader,
)

TIME_GOAL_MS, COMMANDS_GOAL = 150.0, 1.1
RUNS = 40
MEMORY = Path("/dev/shm")

SIZES = {"biodata": 900, "portrait": 3600, "signature": 550, "right-index": 400, "left-index": 400, "seal": 300}
"""Bytes, 6150 in all: an 8 KB chip with two compact templates."""
FILES = tuple(
    CardFile(name, 0x0101 + at, name, 4000, sfi=1 + at, access=READABLE if name in ("biodata", "seal") else GUARDED)
    for at, name in enumerate(SIZES)
)


def desk_in(folder: Path) -> CardDesk:
    """A desk for such cards, over the strictest channel."""
    application = Application("identity", 0x4F01, AID, FILES, {Operation.TERMINATE: GUARDED[Operation.READ]})
    made = profile(
        applications=(application,),
        channel=Channel(SecurityLevel.C_ENC_R_ENC, diversification=Diversification.NONE),
        capacity=7000,
    )
    return CardDesk(folder, profile=made, sizes=SIZES)


def least_commands(plan: CardPlan, block: int = MAX_SHORT_BLOCK) -> int:
    """The fewest commands that check, write, read back, activate and try this card."""
    files, applications = len(plan.files), len(plan.applications)
    blocks = sum(-(-len(each.content) // block) for each in plan.files)
    look = 3 + applications  # serial number, free memory, master file; no application there
    write = 2 + applications + files + blocks
    unnamed = sum(1 for each in plan.files if not each.file.sfi)
    read = 2 + applications + blocks + unnamed
    activate = applications + files
    tried = applications + 3 * files  # selected, read, written
    return look + write + read + activate + tried


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """Time and commands of a card."""
    runs = RUNS // 4 if quick else RUNS
    memory = MEMORY if os.access(MEMORY, os.W_OK) else scratch
    with tempfile.TemporaryDirectory(dir=memory) as own, tempfile.TemporaryDirectory(dir=scratch) as disk:
        taken, processor, ratios = cards(Path(own), runs)
        flushed, _, _ = cards(Path(disk), runs)
    return [
        Figure("card of 6 KB personalised, chip in memory", taken, "ms", TIME_GOAL_MS),
        Figure("the same (CPU)", processor, "ms"),
        Figure("the same, each step flushed to the disk", flushed, "ms"),
        Figure("commands to a card, of the least there can be", ratios, "×", COMMANDS_GOAL, judged="worst"),
    ]


def cards(folder: Path, runs: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds, those of the processor, and commands of the least, of each card."""
    taken: list[float] = []
    processor: list[float] = []
    ratios: list[float] = []
    desk = desk_in(folder)
    least = least_commands(planned(desk.image()))
    for number in range(runs + 1):
        job_id, line = desk.take(f"job-{number}"), Line(reader(chip(f"card {number}")))
        gc.collect()
        began, cpu = time.perf_counter(), time.process_time()
        outcome = desk.personalise(line, job_id)
        ended, cpu_ended = time.perf_counter(), time.process_time()
        assert outcome.state is JobState.DONE
        if number:  # the first one loads what the others find loaded
            taken.append(1000 * (ended - began))
            processor.append(1000 * (cpu_ended - cpu))
            ratios.append(len(line.sent) / least)
    desk.close()
    return taken, processor, ratios


def main() -> int:
    measured = figures(Path(tempfile.gettempdir()), quick=False)
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    print(table(measured))
    return int(any(figure.verdict == "MISSED" for figure in measured))


if __name__ == "__main__":
    sys.exit(main())
