"""Large blocks go back to the system when they are freed, in every thread."""

import subprocess
import sys

SCRIPT = """
import threading, numpy as np
from gateway.allocator import give_memory_back

def resident() -> int:
    return int(open("/proc/self/statm").read().split()[1]) * 4096

assert give_memory_back()
before = resident()
def work() -> None:
    kept = [np.ones(600_000, np.uint8) for _ in range(100)]
    del kept[::2], kept
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(resident() - before)
"""


def test_freed_images_go_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    assert int(done.stdout) < 5_000_000  # 17 MB stay without it
