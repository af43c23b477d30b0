"""What is told where the file behind a standard stream takes no more."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.exits import ExitStatus
from tests.gateway.bundle.offices import office

FULL = Path("/dev/full")
"""Refuses every write as a full disk does (full(4))."""

pytestmark = pytest.mark.skipif(not FULL.is_char_device(), reason="no /dev/full here")


def rekam(*arguments: object, full: str) -> tuple[int, str]:
    """A command with a full disk behind `stdout`, or behind both streams; its status, and what it said beside."""
    words = [sys.executable, "-m", "gateway.cli", *map(str, arguments)]
    with FULL.open("wb") as nowhere:
        done = subprocess.run(
            words,
            stdout=nowhere,
            stderr=nowhere if full == "both" else subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    return done.returncode, done.stderr or ""


@pytest.fixture
def volumes(tmp_path: Path) -> Path:
    from gateway.bundle import export_volumes

    with office(tmp_path / "office", 1) as made:
        export_volumes(tmp_path, made.desk)
    return tmp_path


@pytest.mark.parametrize("options", [("--json",), ()])
def test_a_result_that_cannot_be_written_is_told_in_one_line(volumes: Path, options: tuple[str, ...]) -> None:
    status, said = rekam("spool", "check", volumes, *options, full="stdout")
    assert status == ExitStatus.REFUSED
    assert said.count("\n") == 1
    assert said.startswith("rekam: ")
    assert "No space left" in said


def test_a_failure_is_told_all_the_same(tmp_path: Path) -> None:
    status, said = rekam("spool", "check", tmp_path, "--json", full="stdout")
    assert status == ExitStatus.REFUSED
    assert "There is no volume" in said
    assert "Traceback" not in said


def test_with_no_way_out_at_all_the_status_says_it(volumes: Path) -> None:
    assert rekam("spool", "check", volumes, "--json", full="both")[0] == ExitStatus.REFUSED
