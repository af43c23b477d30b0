"""A forwarder that is killed at any instant loses nothing and doubles nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.mark.timeout(600)  # half a minute of work, on a machine that may be busy
def test_killed_at_random_instants(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "protos")])
    done = subprocess.run(
        [sys.executable, "-m", "tests.gateway.forwarding.killed_forwarder", str(tmp_path), "12", "1"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"faults": [], "taken": 20, "rounds": 12}
