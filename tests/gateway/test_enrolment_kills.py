"""SIGKILL during enrolments through the service; `python -m tests.enrolment_kills` does it a hundred times."""

import pytest

from tests.enrolment_kills import killed

KILLS = 5


@pytest.mark.timeout(600)
async def test_enrolments_outlive_a_gateway_that_is_killed(tmp_path):
    result = await killed(tmp_path, KILLS, seed=20130318)
    assert result.faults == []
    assert result.sealed == result.enrolments >= 2
    assert result.gone_on > 0
