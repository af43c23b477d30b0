"""The purge of jobs whose term is over: what nobody began goes, and no card that is being made is forgotten by it."""

from datetime import timedelta

import pytest

from drivers import CardLost
from gateway.personalisation import CardPending, CardStanding, JobClosed, JobState
from gateway.service.card_office import CardJobPurger
from tests.gateway.personalisation.card_desk import Line, chip, reader, serial_of
from tests.gateway.personalisation.card_ends import end_of, is_blank


def purged(desk, *, dry_run: bool = False) -> tuple[str, ...]:
    found = CardJobPurger(desk.personaliser).purge(desk.clock.wall, dry_run=dry_run)
    assert found.count == len(found.ids)
    return found.ids


def once_at(state: JobState, act):
    """A progress that acts when the state is first told."""
    acted = []

    def progress(told) -> None:
        if told.state is state and not acted:
            acted.append(state)
            act()

    return progress


def term_ends(desk) -> None:
    """The term ends, and the purge comes, while the operator stands at the reader."""
    desk.clock.wall += timedelta(days=8)
    assert purged(desk) == ()


@pytest.mark.parametrize(
    "state", [JobState.CHECKING, JobState.AUTHENTICATING, JobState.WRITING, JobState.READING_BACK, JobState.ACTIVATING]
)
def test_a_card_that_is_being_made_is_finished_and_known(desk, state):
    desk.take()
    card = chip()
    assert desk.personalise(reader(card), progress=once_at(state, lambda: term_ends(desk))).state is JobState.DONE
    assert end_of(desk, card, "job-1") == "done"
    assert purged(desk) == ()


def test_a_card_that_is_pulled_after_the_term_waits_for_its_job(desk):
    desk.take()
    card = chip()

    def pulled(_, command):
        if desk.journal.record("job-1").state is JobState.WRITING:
            raise CardLost("pulled")
        return command

    with pytest.raises(CardPending):
        desk.personalise(
            Line(reader(card), pulled), progress=once_at(JobState.CHECKING, lambda: term_ends(desk)), wait_s=1.0
        )
    assert purged(desk) == ()
    assert not desk.journal.record("job-1").closed
    assert desk.journal.card(serial_of(card)).standing is CardStanding.BOUND
    assert desk.personalise(reader(card)).state is JobState.DONE


def test_what_nobody_began_is_told_and_then_given_up(desk):
    desk.take()
    assert purged(desk) == ()
    desk.clock.wall += timedelta(days=8)
    desk.take("later")
    assert purged(desk, dry_run=True) == ("job-1",)
    assert not desk.journal.record("job-1").closed
    assert purged(desk) == ("job-1",)
    assert (desk.journal.record("job-1").closed, desk.journal.record("later").closed) == (True, False)
    assert purged(desk) == purged(desk, dry_run=True) == ()


@pytest.mark.parametrize("state", [JobState.CHECKING, JobState.AUTHENTICATING])
def test_no_card_goes_on_for_a_job_that_was_given_up_beside_its_turn(desk, state):
    desk.take()
    card = chip()
    with pytest.raises(JobClosed):
        desk.personalise(reader(card), progress=once_at(state, lambda: desk.journal.abandon("job-1")))
    assert is_blank(card)
    assert desk.journal.card(serial_of(card)) is None
    assert desk.journal.record("job-1").closed


def test_the_journal_neither_binds_nor_moves_a_job_that_was_given_up(desk):
    desk.take()
    desk.journal.abandon("job-1")
    before = desk.journal.steps("job-1")
    with pytest.raises(JobClosed):
        desk.journal.bind("job-1", "AB12", desk.image())
    with pytest.raises(JobClosed):
        desk.journal.step("job-1", JobState.WRITING, "biodata")
    assert desk.journal.card("AB12") is None
    assert desk.journal.steps("job-1") == before
