"""Clock, memory, shared memory and open files of this machine."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

from gateway.cli.checks.finding import Finding, ok, problem, warning

NEEDED_MB = 300
NEEDED_FILES = 256


def check_clock() -> Iterator[Finding]:
    """Whether the time that captures are signed with can be believed."""
    from gateway.trust import ClockQuality, time_now, time_source
    from gateway.trust.clock import is_plausible

    now = time_now()
    shown = f"{now.wall:%Y-%m-%d %H:%M:%S} UTC"
    if not is_plausible(now.wall):
        yield problem("clock", f"{shown}: that is plainly wrong", "sudo timedatectl set-ntp true, or set it by hand")
    elif now.quality is ClockQuality.UNTRUSTED:
        source = time_source()
        by = f"{source.name} runs, but has not synchronised it" if source else "synchronised with nothing"
        remedy = "sudo timedatectl set-ntp true; then wait for `timedatectl` to say that it is synchronised"
        yield warning("clock", f"{shown}, {by}; captures say so", remedy)
    else:
        source = time_source()
        by = f", kept by {source.name}" if source else ""
        yield ok("clock", f"{shown}, {now.quality}, within {now.uncertainty_s} s{by}")


def check_memory(meminfo: Path = Path("/proc/meminfo")) -> Iterator[Finding]:
    """Whether there is memory left for a gateway."""
    try:
        rows = dict(line.split(":", 1) for line in meminfo.read_text("ascii").splitlines() if ":" in line)
        available_mb = int(rows["MemAvailable"].split()[0]) // 1000
    except (OSError, KeyError, ValueError):
        return
    if available_mb < NEEDED_MB:
        yield warning("memory", f"{available_mb} MB left; {NEEDED_MB} should be", "Close other programs")
    else:
        yield ok("memory", f"{available_mb:,} MB left")


def check_shared_memory(folder: Path = Path("/dev/shm")) -> Iterator[Finding]:  # noqa: S108 - looked at, not written
    """Shared memory, which browsers on the desk and SQLite's readers on some systems need."""
    if not os.access(folder, os.W_OK):
        yield warning(
            "shared memory", f"{folder} cannot be written", f"sudo mount -t tmpfs -o mode=1777 tmpfs {folder}"
        )
        return
    free_mb = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize // 1_000_000
    if free_mb < 16:
        yield warning("shared memory", f"{folder} has {free_mb} MB left", f"sudo mount -o remount,size=256M {folder}")
    else:
        yield ok("shared memory", f"{folder} has {free_mb:,} MB left")


def check_open_files() -> Iterator[Finding]:
    """How many files and connections a process may have open."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != resource.RLIM_INFINITY and limit < NEEDED_FILES:
        yield warning("open files", f"a process may open {limit}", f"ulimit -n {NEEDED_FILES * 4}")
    else:
        yield ok("open files", f"a process may open {limit}")
