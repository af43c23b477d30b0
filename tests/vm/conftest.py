"""Begins and ends the session in the virtual machine, and skips its tests anywhere else."""

import os

import pytest

from tests.vm.desk import IN_GUEST, Desk

DESK = pytest.StashKey[Desk]()


def pytest_configure(config: pytest.Config) -> None:
    if IN_GUEST:
        os.environ.pop("PCSCLITE_CSOCK_NAME", None)  # here pcscd is the machine's own
        config.stash[DESK] = Desk()
        config.stash[DESK].ask("begin")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if IN_GUEST:
        config.stash[DESK].close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    if not IN_GUEST:
        return
    outcomes = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
    counts = {outcome: len(terminalreporter.stats.get(outcome, ())) for outcome in outcomes}
    desk = config.stash[DESK]
    told = {outcome: count for outcome, count in counts.items() if count}
    desk.ask("end", status=int(exitstatus), counts=told, figures=desk.figures)


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> Desk:
    if not IN_GUEST:
        pytest.skip("runs in the virtual machine of make test-vm only")
    return request.config.stash[DESK]
