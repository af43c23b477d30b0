"""`pytest tests/device --device ID`: the contract on a bench, here with synthetic devices on it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "tests/device", "-p", "no:xdist", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=100)


@pytest.mark.parametrize(
    ("device", "options", "passed"),
    [
        ("synthetic:SYN-0001", ("finger_delay_s=0.6", "hold_s=0.3", "settle_s=0.1", "frame_rate=5.0"), 11),
        ("synthetic-iris:SYN-0001", ("approach_s=0.0", "delay_s=0.0", "settle_s=0.0", "frame_rate=5.0"), 9),
        ("synthetic-portrait:SYN-0001", ("approach_s=0.0", "delay_s=0.0", "settle_s=0.0"), 8),
        ("synthetic-card:SYN-0001", ("card_delay_s=0.6",), 13),
    ],
)
def test_a_device_on_the_bench_passes_what_a_person_can_play(
    device: str, options: tuple[str, ...], passed: int
) -> None:
    run = bench("--device", device, *(f"--device-option={option}" for option in options), "-rA")
    assert run.returncode == 0, run.stdout
    assert len(re.findall("^PASSED", run.stdout, re.MULTILINE)) >= passed, run.stdout
    cameras = ("synthetic-iris", "synthetic-portrait")
    assert device.startswith(cameras) or "test_nobody_comes: " in run.stdout, "the person is told what to do"


def test_a_wrong_option_is_told_by_name() -> None:
    run = bench("--device", "synthetic:SYN-0001", "--device-option", "colour=red", "-k", "self_test")
    assert run.returncode == 1
    assert "no option 'colour'" in run.stdout


def test_without_a_device_nothing_is_collected() -> None:
    assert bench().returncode == pytest.ExitCode.NO_TESTS_COLLECTED
