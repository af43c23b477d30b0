"""A gateway that is killed at any moment of a personalisation, and started again on what lies on its disk."""

from threading import Event

import pytest

from gateway.personalisation import CardStanding, JobState, WrongCard
from tests.gateway.personalisation.card_desk import (
    Line,
    chip,
    commands_of,
    contents,
    copy_left_by_a_kill,
    reader,
    serial_of,
)
from tests.gateway.personalisation.card_ends import files_on, is_a_card


class Killed(BaseException):
    """SIGKILL, as far as a test can: the files are copied before anything could tidy up."""


def killed(desk, card, target, number, *, carried_out):
    """Personalise until the command of that number, which the card carries out or not; give the files that are left."""

    def kill(at, what):
        if at == number:
            copy_left_by_a_kill(desk.folder, target)
            raise Killed
        return what

    line = Line(reader(card), **({"after": kill} if carried_out else {"before": kill}))
    with pytest.raises(Killed):
        desk.personalise(line)
    card.power_down()
    return desk.restarted_from(target)


@pytest.mark.parametrize("carried_out", [False, True])
def test_killed_at_any_command_the_card_is_finished_after_the_start(desk, folder, carried_out):
    total = commands_of(desk)
    for number in range(total):
        desk.close()
        desk.folder = folder / f"state-{number}"
        desk.take()
        card, other = chip(f"card {number}"), chip(f"other {number}")
        started = killed(desk, card, folder / f"left-{number}", number, carried_out=carried_out)
        record = started.journal.record("job-1")
        assert record.state is not JobState.DONE
        assert not is_a_card(card) or record.state is JobState.ACTIVATING
        if record.state.is_pending:
            assert record.card.serial == serial_of(card)
            with pytest.raises(WrongCard):
                started.personalise(reader(other))
            assert not other.files.children(other.files.root)
        else:
            assert not card.files.children(card.files.root), "nothing was written before the journal said so"
        outcome = started.personalise(reader(card))
        assert (outcome.state, outcome.serial) == (JobState.DONE, serial_of(card)), number
        assert files_on(card) == contents()
        assert is_a_card(card)
        started.close()


def test_killed_and_the_card_gone_it_is_written_off_and_another_is_made(desk, folder):
    desk.take()
    card, second = chip("gone"), chip("second")
    started = killed(desk, card, folder / "left", 15, carried_out=True)
    assert started.personaliser.write_off("job-1", "CARD_GONE").state is JobState.INVALIDATED
    assert started.personalise(reader(second)).serial == serial_of(second)
    standings = {each.serial: each.standing for each in started.journal.record("job-1").cards}
    assert standings == {serial_of(card): CardStanding.SPOILED, serial_of(second): CardStanding.FINISHED}
    started.close()


def test_killed_while_a_card_is_given_up_it_is_given_up_after_the_start(desk, folder):
    for number in range(100):
        desk.close()
        desk.folder, card = folder / f"state-{number}", chip()
        desk.take()
        waiting = killed(desk, card, folder / f"waiting-{number}", 15, carried_out=True)
        target = folder / f"given-up-{number}"

        def kill(at, command, number=number, waiting=waiting, target=target):
            if at == number:
                copy_left_by_a_kill(waiting.folder, target)
                raise Killed
            return command

        line = Line(reader(card), before=kill)
        try:
            with line:
                waiting.personaliser.invalidate("job-1", line, Event(), "OPERATOR", wait_s=5)
        except Killed:
            started = waiting.restarted_from(target)
            outcome = started.personalise(reader(card))
            assert (outcome.state, outcome.terminated, outcome.reason) == (JobState.INVALIDATED, True, "OPERATOR")
            assert not is_a_card(card)
            started.close()
        else:
            break
        finally:
            waiting.close()
    assert number > 1, "it takes a few commands to give a card up"
