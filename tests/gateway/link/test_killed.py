"""SIGKILL at random instants: what was on the disk is there, one outage at most is open, and it goes on."""

import random
import subprocess
import sys
from pathlib import Path

from gateway.link import LinkStore

KILLS = 6


def test_no_outage_is_lost_or_doubled_by_a_kill(tmp_path: Path) -> None:
    chance = random.Random(7)
    began: set[str] = set()
    ended: set[str] = set()
    still_open = ""
    for number in range(KILLS):
        command = [sys.executable, "-m", "tests.gateway.link.killed_ledger", str(tmp_path), f"boot-{number}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            opened = process.stdout.readline().split()
            assert opened[0] == "open"
            assert opened[1:] == ([still_open] if still_open else [])
            for _ in range(chance.randrange(1, 40)):
                _told(process.stdout.readline(), began, ended)
            process.kill()
            for line in process.stdout:
                if line.endswith("\n"):
                    _told(line, began, ended)
        store = LinkStore.open(tmp_path)
        assert store.troubles == ()
        found = {each.outage.outage_id: each.outage.ended for each in store.outages(500)}
        left = store.known().open_outage
        store.close()
        assert began <= set(found)
        assert all(found[each] is not None for each in ended)
        open_now = [name for name, end in found.items() if end is None]
        assert open_now == ([left.outage_id] if left is not None else [])
        still_open = left.outage_id if left is not None else ""


def _told(line: str, began: set[str], ended: set[str]) -> None:
    what, name = line.split()
    (began if what == "began" else ended).add(name)
