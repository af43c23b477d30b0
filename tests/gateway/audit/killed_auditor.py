"""Appends to an audit trail in a child process, kills it at random instants, and says what was found afterwards.

Run as `python -m tests.gateway.audit.killed_auditor DIRECTORY ROUNDS SEED`; prints one JSON object. A process of its
own, so that it may fork.
"""

import json
import os
import random
import select
import signal
import sys
import threading
import time
from pathlib import Path

from gateway.audit import AuditEntry, AuditQuery, HeadInterval, entry_digest, verify_audit
from gateway.trust import open_signing_key
from tests.gateway.audit.made_trails import anchors, event, opened

CALLERS = 6


def append_for_ever(directory: Path, acknowledgements: int) -> None:
    trail = opened(directory, HeadInterval(entries=20))

    def call(number: int) -> None:
        while True:
            entry = trail.append(event(number))
            line = f"{entry.sequence} {entry_digest(entry.to_bytes())}\n"
            os.write(acknowledgements, line.encode())  # below PIPE_BUF: lines do not mix

    callers = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()


def acknowledged_until_killed(directory: Path, delay_s: float) -> dict[int, str]:
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(readable)
        append_for_ever(directory, writable)
    os.close(writable)
    kill_at, said, alive = time.monotonic() + delay_s, b"", True
    while True:
        left = kill_at - time.monotonic()
        if alive and left <= 0:
            os.kill(child, signal.SIGKILL)
            alive = False
        ready, _, _ = select.select([readable], [], [], max(0.0, left) if alive else None)
        if ready:
            data = os.read(readable, 65536)
            if not data:
                break
            said += data
    os.close(readable)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError(f"the child ended by itself with status {status}")
    lines = said.decode().split("\n")[:-1]  # a line that was cut was not heard
    return {int(sequence): digest for sequence, digest in (line.split() for line in lines)}


def main(directory: Path, rounds: int, seed: int) -> None:
    instants = random.Random(seed)
    directory.mkdir()
    key = open_signing_key(directory / "keys")
    acknowledged: dict[int, str] = {}
    faults: list[str] = []
    for _ in range(rounds):
        heard = acknowledged_until_killed(directory, instants.uniform(0.005, 0.15))
        if acknowledged.keys() & heard.keys():
            faults.append("a sequence was given twice")
        acknowledged |= heard
        with opened(directory) as trail:
            faults += trail.troubles()
    with opened(directory) as trail:
        bodies = [stored.body for stored in trail.entries(AuditQuery(), limit=10**9)]
        heads = [stored.jws for stored in trail.heads(limit=10**9)]
    report = verify_audit(bodies, heads, anchors(key))
    faults += [str(finding) for finding in report.findings]
    stored = {AuditEntry.from_bytes(body).sequence: entry_digest(body) for body in bodies}
    faults += [
        f"{number} is gone or another" for number, digest in acknowledged.items() if stored.get(number) != digest
    ]
    said = {"acknowledged": len(acknowledged), "stored": len(stored), "heads": report.heads, "missing": report.missing}
    print(json.dumps({"faults": faults, **said}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
