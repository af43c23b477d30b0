"""The machine that figures were measured on, in words."""

import os
import platform
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path


def machine_lines(disk: Path) -> list[str]:
    """Date, processor, memory, system, Python and how fast `disk` makes 500 KB durable."""
    return [
        f"date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"processor: {_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the first run",
        f"memory: {_memory_gib():.0f} GiB",
        f"system: {platform.system()} {platform.release()} {platform.machine()}",
        f"Python: {platform.python_version()}",
        f"disk: write and fsync of 500 KB takes {fsync_ms(disk):.1f} ms (median of 20)",
    ]


def fsync_ms(folder: Path) -> float:
    """Median milliseconds to write 500 KB to a new file and flush it."""
    content = os.urandom(500_000)
    took = []
    for number in range(20):
        path = folder / f"fsync-{number}"
        start = time.perf_counter()
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        took.append(1e3 * (time.perf_counter() - start))
        path.unlink()
    return statistics.median(took)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _memory_gib() -> float:
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) / 2**30
