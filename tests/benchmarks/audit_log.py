"""Entries per second into the audit trail, durable, and how long a trail takes to verify.

Run as `python -m tests.benchmarks.audit_log [DIRECTORY]`; the directory (default: the system's temporary one) says
which disk is measured. Exit status 1 where a goal is missed.
"""

import os
import platform
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from gateway.audit import AuditLog, AuditQuery, HeadInterval, sign_audit_head, verify_audit
from gateway.trust import TrustAnchors, open_signing_key
from tests.benchmarks.figure import Figure, table
from tests.gateway.audit.made_trails import event

APPEND_GOAL_PER_S = 2000.0
VERIFY_GOAL_S = 5.0
CALLERS = 16
"""Of the goal's "8 and more"; each waits for its own entry before it comes with the next."""
APPENDS = 8_000
VERIFIED = 100_000


def opened(state: Path) -> tuple[AuditLog, TrustAnchors]:
    state.mkdir()
    key = open_signing_key(state / "keys")
    anchors = TrustAnchors.from_pem(key.trust_bundle().certificates_pem)
    return AuditLog.open(state, key.gateway_id, partial(sign_audit_head, key=key), HeadInterval()), anchors


def appends_per_s(state: Path, callers: int = CALLERS) -> float:
    """Entries that concurrent callers have acknowledged, heads signed meanwhile."""
    trail, _ = opened(state)
    made = [event(number) for number in range(64)]

    def call(count: int) -> None:
        for number in range(count):
            trail.append(made[number % len(made)])

    with trail, ThreadPoolExecutor(callers) as pool:
        pool.submit(int).result()
        start = time.perf_counter()
        list(pool.map(call, [APPENDS // callers] * callers))
        return APPENDS // callers * callers / (time.perf_counter() - start)


def flushes_per_s(folder: Path) -> float:
    """What the disk itself allows: 4 KiB written and flushed, one after the other."""
    descriptor = os.open(folder / "flushed", os.O_WRONLY | os.O_CREAT, 0o600)
    start = time.perf_counter()
    for _ in range(300):
        os.write(descriptor, bytes(4096))
        os.fsync(descriptor)
    taken = time.perf_counter() - start
    os.close(descriptor)
    return 300 / taken


def verify_s(state: Path, count: int) -> tuple[float, float]:
    """Seconds to verify `count` entries and their heads, and to read them from the file."""
    trail, anchors = opened(state)
    made = [event(number) for number in range(64)]
    with trail:
        for start in range(0, count, 5_000):
            waits = [trail.submit(made[number % len(made)]) for number in range(start, start + 5_000)]
            waits[-1].result()
        trail.sign_head()
        began = time.perf_counter()
        bodies = [stored.body for stored in trail.entries(AuditQuery(), limit=count)]
        heads = [stored.jws for stored in trail.heads()]
        read = time.perf_counter() - began
        began = time.perf_counter()
        report = verify_audit(bodies, heads, anchors)
        taken = time.perf_counter() - began
    if not report.ok or report.sealed != count:
        raise RuntimeError(f"the trail is not whole: {report.first}")
    return taken, read


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """Both, several times over."""
    appends, flushes, verified, read = [], [], [], []
    for _ in range(2 if quick else 5):
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            flushes.append(flushes_per_s(Path(folder)))
            appends.append(appends_per_s(Path(folder) / "appended"))
    for _ in range(1 if quick else 3):
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            taken, reading = verify_s(Path(folder) / "verified", VERIFIED)
            verified.append(taken)
            read.append(reading)
    return [
        Figure(f"audit entries, durable, {CALLERS} callers", appends, "/s", goal=APPEND_GOAL_PER_S, better="higher"),
        Figure("  bare write of 4 KiB and fsync on that disk", flushes, "/s"),
        Figure(f"verify {VERIFIED:,} audit entries and their heads", verified, "s", goal=VERIFY_GOAL_S),
        Figure("  read them from the trail's file", read, "s"),
    ]


def main(parent: Path) -> int:
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, {parent}")
    measured = figures(parent, quick=False)
    print(table(measured))
    return int(any(figure.verdict == "MISSED" for figure in measured))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir())))
