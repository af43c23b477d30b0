"""SIGKILL at any instant loses no entry that was acknowledged, and the chain is whole."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_a_killed_gateway_loses_no_entry(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "tests.gateway.audit.killed_auditor", tmp_path / "state", "10", "20130318"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    result = json.loads(run.stdout)
    assert result["faults"] == []
    assert result["acknowledged"] > 0
    assert result["stored"] >= result["acknowledged"]
    assert result["heads"] > 0
    assert result["missing"] == 0
