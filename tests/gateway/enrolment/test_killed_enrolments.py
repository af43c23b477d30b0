"""SIGKILL at random instants: each enrolment goes on where it stood, or is whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
KILLS = int(os.environ.get("REKAM_ENROLMENT_KILLS", "15"))
"""100 for a thorough run."""


@pytest.mark.timeout(60 + 5 * KILLS)
def test_killed_enrolments_go_on_or_are_whole(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "tests.gateway.enrolment.killed_office", tmp_path / "state", str(KILLS), "20130907"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    result = json.loads(run.stdout)
    assert result["faults"] == []
    assert result["acknowledged"] > 2 * KILLS
    assert result["gone_on"] > 0
    assert result["sealed"] > 0
