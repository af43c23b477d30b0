"""kill -9 while notices leave: nobody is told twice, nobody is forgotten without a word."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

from gateway.callback import NoticeState, Outbox
from tests.gateway.callback.carrier import KEEP, NOON, RULES, opened, queue, wish

PEOPLE, KILLS = 80, 20
ROOT = Path(__file__).parents[3]


def test_a_kill_at_any_instant_tells_nobody_twice(tmp_path: Path) -> None:
    assert RULES.messages_per_day >= PEOPLE
    with opened(tmp_path) as store:
        for number in range(PEOPLE):
            store.add(wish(number), NOON, KEEP)
        assert queue(store) == PEOPLE
    subprocess.run(
        [sys.executable, "-m", "tests.gateway.callback.killed_sender", str(tmp_path), str(KILLS)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        timeout=60,
        check=True,
    )
    killed = int((tmp_path / "killed").read_text())
    assert killed >= 3
    taken = Counter((tmp_path / "taken").read_text().split())
    assert set(taken.values()) == {1}
    with opened(tmp_path) as store:
        found = Counter(notice.state for notice in Outbox(store).notices())
    assert set(found) <= {NoticeState.SENT, NoticeState.UNCERTAIN}
    assert found.total() == PEOPLE
    # Only what was under way when a kill came may be uncertain; everybody else was told.
    assert found[NoticeState.UNCERTAIN] <= killed
    assert len(taken) >= PEOPLE - found[NoticeState.UNCERTAIN]
