"""SIGKILL at any instant loses nothing that was acknowledged, and leaves nothing half-written."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_a_killed_gateway_loses_nothing(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "tests.gateway.spool.killed_appender", tmp_path, "40", "20130318"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    result = json.loads(run.stdout)
    assert result["faults"] == []
    assert result["acknowledged"] > 0
    assert result["stored"] >= result["acknowledged"]
