"""Power lost and cards pulled at every command and every programming step of a personalisation.

Afterwards a card is exactly one of: finished and verified, or put out of use and counted; a blank that was not written
to stays one.
"""

import pytest

from drivers import CardLost
from gateway.personalisation import CardBarred, CardPending, CardStanding, JobState, WrongCard
from tests.gateway.personalisation.card_desk import Line, chip, commands_of, contents, reader, serial_of
from tests.gateway.personalisation.card_ends import files_on, is_a_card


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("fault", ["pull_card", "card_reset"])
def test_a_card_that_loses_its_power_at_any_command_is_finished_all_the_same(desk, fault, times):
    for number in range(commands_of(desk)):
        card, job_id = chip(f"card {number}"), desk.take(f"job-{number}")
        writer = reader(card, fault=fault, fault_after_commands=number, fault_count=times)
        outcome = desk.personalise(writer, job_id)
        assert outcome.state is JobState.DONE, number
        assert files_on(card) == contents()
        assert is_a_card(card)
        assert desk.journal.card(serial_of(card)).standing is CardStanding.FINISHED
    assert desk.journal.stock.level().spoiled == 0


@pytest.mark.parametrize("torn", [False, True])
def test_a_card_that_loses_its_power_in_any_programming_step_is_finished_all_the_same(desk, torn):
    whole = chip()
    before = whole.cells.steps
    desk.take("counted")
    desk.personalise(reader(whole), "counted")
    steps = whole.cells.steps - before
    assert steps > 100
    for number in range(steps):
        card, job_id = chip(f"card {number}", torn_writes=torn), desk.take(f"job-{number}")
        card.lose_power(after_steps=number)
        outcome = desk.personalise(reader(card), job_id)
        assert outcome.state is JobState.DONE, number
        assert files_on(card) == contents(), number
        assert is_a_card(card)


def test_a_card_that_is_pulled_at_any_command_and_swapped_is_never_doubled(desk):
    for number in range(commands_of(desk)):
        first, second = chip(f"first {number}"), chip(f"second {number}")
        job_id = desk.take(f"job-{number}")
        writer = reader(first)

        def pulled(at, command, writer=writer, second=second, number=number):
            if at == number:
                writer.insert(second)
                raise CardLost("the card was pulled; put it in again")
            return command

        try:
            outcome = desk.personalise(Line(writer, before=pulled), job_id)
        except WrongCard:
            assert desk.journal.record(job_id).state.is_pending
            assert not any(is_a_card(each) for each in (second,)), number
            written_off = desk.personaliser.write_off(job_id, "CARD_GONE")
            assert (written_off.serial, written_off.terminated) == (serial_of(first), False)
            outcome = desk.personalise(reader(second), job_id)
            desk.take(f"another-{number}")
            with pytest.raises(CardBarred, match="out of use"):
                desk.personalise(reader(first), f"another-{number}")
            assert not is_a_card(first), number
            assert desk.journal.card(serial_of(first)).terminated
        else:
            assert not first.files.children(first.files.root), "a card that is let go of is a blank still"
        assert (outcome.state, outcome.serial) == (JobState.DONE, serial_of(second))
        assert is_a_card(second)
        cards = desk.journal.record(job_id).cards
        assert [each.serial for each in cards if each.standing is not CardStanding.SPOILED] == [serial_of(second)]
    level = desk.journal.stock.level()
    assert level.spoiled == len(desk.journal.stock.spoiled()) > 0
    assert level.in_hand == 0


def test_a_card_that_is_lost_again_and_again_waits_in_the_journal(desk):
    desk.take()
    card = chip()
    with pytest.raises(CardPending, match=serial_of(card)) as pending:
        desk.personalise(reader(card, fault="card_reset", fault_after_commands=12, fault_count=10))
    assert isinstance(pending.value.__cause__, CardLost)
    assert [each.job.job_id for each in desk.journal.pending()] == ["job-1"]
    assert not is_a_card(card)
    assert desk.journal.stock.level().in_hand == 1
    assert desk.personalise(reader(card)).state is JobState.DONE
    assert desk.journal.pending() == ()
