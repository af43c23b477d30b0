"""Freed memory goes back to the system, in every thread: large blocks at once, the rest when it is asked for."""

import subprocess
import sys

import pytest

SCRIPT = """
import threading, sys, numpy as np
from gateway.allocator import give_memory_back, keep_memory_low

def resident() -> int:
    return int(open("/proc/self/statm").read().split()[1]) * 4096

assert keep_memory_low()
size, count = map(int, sys.argv[1:3])
before = resident()
def work() -> None:
    kept.append([np.ones(size, np.uint8) for _ in range(count)])
    del kept[-1][::2]
kept = []
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
held = sum(each.nbytes for part in kept for each in part)
if sys.argv[3:]:
    give_memory_back()
print(resident() - before - held)
"""


@pytest.mark.parametrize(
    ("size", "count", "asked"),
    [
        (1_300_000, 24, []),  # images, given back as they are freed
        (120_000, 240, ["asked"]),  # what a frame of a preview takes, with as much in use between
    ],
)
def test_freed_memory_goes_back_to_the_system(size: int, count: int, asked: list[str]) -> None:
    command = [sys.executable, "-c", SCRIPT, str(size), str(count), *asked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert int(done.stdout) < 12_000_000  # of 115 MB that were freed
