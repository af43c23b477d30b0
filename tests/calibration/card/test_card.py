"""A conversation with a test card, what is measured of it, and cards that may not be written."""

from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.card import atr, conversation, field, timing, write_read_cycle
from calibration.card.conversation import FILE_ID, MARK, CardExercise, Cycle, PowerUp
from calibration.card.error_bound import upper_bound
from calibration.errors import CardUnfit, TooFewFrames
from calibration.limits import limits_of
from calibration.verdict import Decision, verdicts
from drivers import CaptureCancelled, CardProtocol, CommandApdu, DeviceLost
from drivers.cards.chip.smart_card import SmartCard
from drivers.cards.line import CardLine, LineTruth
from drivers.cards.synthetic import SyntheticCardWriter
from tests.calibration.iris.shots import values
from tests.drivers.synthetic_cards import Terminal

PROTOCOLS = ["T=0", "T=1", "T=CL"]


def exercised(truth: LineTruth, cycles: int = 100, protocol: str = "T=1") -> CardExercise:
    line = CardLine(truth)
    with SyntheticCardWriter(card_delay_s=0, line=line, protocol=protocol) as writer:
        return conversation.exercise(writer, cycles, Event(), clock=line.now)


def has_file(card: SmartCard) -> bool:
    return Terminal(card).select(FILE_ID) == 0x9000


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_good_card_keeps_every_limit_and_is_left_as_it_was(protocol: str) -> None:
    line = CardLine(LineTruth())
    with SyntheticCardWriter(card_delay_s=0, line=line, protocol=protocol) as writer:
        told: list[float] = []
        exercise = conversation.exercise(writer, 100, Event(), clock=line.now, told=told.append)
        resets = conversation.power_ups(writer, 40, Event(), clock=line.now)
        card = writer.inserted
    measured = [
        write_read_cycle.measure(exercise),
        timing.measure(exercise, resets),
        atr.measure(resets),
        field.measure([field.FieldTrial(0, resets)]),
    ]
    found = verdicts(limits_of("card"), measured)
    assert {verdict.decision for verdict in found} == {Decision.PASS}
    assert len(found) == len(limits_of("card").limits)
    assert values(measured[0])["bit_error_bound"] == pytest.approx(3 / (100 * 112 * 8))
    assert told[-1] == 1.0
    assert exercise.protocol is CardProtocol(protocol)
    assert not has_file(card)


def test_wrong_bits_are_counted_and_bounded() -> None:
    truth = LineTruth(bit_error_rate=3e-4, seed=2)
    measured = write_read_cycle.measure(exercised(truth))
    found = values(measured)
    assert found["bit_errors"] == pytest.approx(3e-4 * found["bits"], rel=0.6)
    assert 3e-4 * 0.7 < found["bit_error_bound"] < 3e-4 * 2.2
    failed = {v.limit.name for v in verdicts(limits_of("card"), [measured]) if v.decision is Decision.FAIL}
    assert failed == {"read_back_wrong", "bit_error_bound"}


def test_refusals_are_retried_counted_and_named() -> None:
    measured = write_read_cycle.measure(exercised(LineTruth(refused=0.05, seed=3)))
    found = values(measured)
    assert found["retry_share"] == pytest.approx(5, abs=2.5)
    assert found["cycles_failed"] == 0
    assert "x 6F00" in measured.remarks[0]


def test_a_card_that_is_lost_now_and_then_is_found_again() -> None:
    exercise = exercised(LineTruth(lost=0.02, seed=4))
    found = values(write_read_cycle.measure(exercise))
    assert found["cycles"] == 100
    assert found["cycles_failed"] == 0
    assert found["retry_share"] > 0.5
    assert not exercise.left_behind


def test_a_card_that_is_pulled_in_a_write_ends_well() -> None:
    with SyntheticCardWriter(
        card_delay_s=0, fault="pull_card", fault_after_commands=30, fault_after_writes=2, torn_writes=True
    ) as writer:
        exercise = conversation.exercise(writer, 30, Event())
        assert not has_file(writer.inserted)
    assert values(write_read_cycle.measure(exercise))["read_back_wrong"] == 0
    assert sum(cycle.retries for cycle in exercise.cycles) >= 1


@pytest.mark.parametrize("steps", range(0, 24, 3))
def test_power_that_fails_anywhere_leaves_nothing_that_the_next_run_cannot_take_over(steps: int) -> None:
    card = SmartCard()
    with (
        SyntheticCardWriter(card=card, card_delay_s=0, fault="unplug", fault_after_commands=steps) as writer,
        pytest.raises(DeviceLost),
    ):
        conversation.exercise(writer, 5, Event())
    with SyntheticCardWriter(card=card, card_delay_s=0) as writer:
        exercise = conversation.exercise(writer, 5, Event())
        assert values(write_read_cycle.measure(exercise))["read_back_wrong"] == 0
        assert not has_file(card)


@pytest.mark.parametrize("cut", [0, 1, 7, 16])
def test_a_mark_that_was_cut_off_is_taken_over(cut: int) -> None:
    card = SmartCard()
    terminal = Terminal(card)
    assert terminal.create(FILE_ID, size=128) == 0x9000
    assert cut == 0 or terminal.update(MARK[:cut]) == 0x9000
    with SyntheticCardWriter(card=card, card_delay_s=0) as writer:
        exercise = conversation.exercise(writer, 3, Event())
    assert values(write_read_cycle.measure(exercise))["cycles_failed"] == 0
    assert not has_file(card)


@pytest.mark.parametrize("commands", [2, 3, 4])
@pytest.mark.parametrize("steps", range(0, 6, 2))
def test_a_card_pulled_while_the_file_is_made_is_no_unfit_card(commands: int, steps: int) -> None:
    with SyntheticCardWriter(
        card_delay_s=0, torn_writes=True, fault="pull_card", fault_after_commands=commands, fault_after_writes=steps
    ) as writer:
        exercise = conversation.exercise(writer, 3, Event())
        assert values(write_read_cycle.measure(exercise))["cycles_failed"] == 0
        assert not has_file(writer.inserted)


def test_a_file_of_somebody_else_is_never_written() -> None:
    card = SmartCard()
    terminal = Terminal(card)
    assert terminal.create(FILE_ID, size=128) == 0x9000
    assert terminal.update(b"a person's data") == 0x9000
    with SyntheticCardWriter(card=card, card_delay_s=0) as writer, pytest.raises(CardUnfit, match="not a test's"):
        conversation.exercise(writer, 5, Event())
    terminal.power_up()
    assert terminal.select(FILE_ID) == 0x9000
    assert terminal.read(15) == b"a person's data"


def test_a_card_without_room_is_unfit() -> None:
    with SyntheticCardWriter(card_delay_s=0, capacity=256) as writer:
        writer.await_card(1.0, Event())
        for fid in range(0x2001, 0x2006):
            writer.transmit(
                CommandApdu(0, 0xE0, data=bytes.fromhex("620b80020030820101") + b"\x83\x02" + fid.to_bytes(2, "big"))
            )
        with pytest.raises(CardUnfit, match="no test file can be made"):
            conversation.exercise(writer, 5, Event())


def test_a_dead_card_stops_early_and_says_so() -> None:
    line = CardLine(LineTruth())
    with SyntheticCardWriter(
        card_delay_s=0, line=line, fault="status_word", fault_after_commands=20, fault_count=10_000
    ) as writer:
        exercise = conversation.exercise(writer, 100, Event(), clock=line.now)
    measured = write_read_cycle.measure(exercise)
    assert len(exercise.cycles) < 100
    assert "cycles in a row failed" in exercise.stopped
    assert FILE_ID == 0x7E57
    assert "7E57 is still on the card" in exercise.left_behind
    assert {exercise.stopped, exercise.left_behind} <= set(measured.remarks)


def test_cancelling_deletes_the_file() -> None:
    cancel = Event()
    with SyntheticCardWriter(card_delay_s=0) as writer:
        with pytest.raises(CaptureCancelled):
            conversation.exercise(writer, 50, cancel, told=lambda share: cancel.set() if share > 0.1 else None)
        card = writer.inserted
    assert not has_file(card)
    with SyntheticCardWriter(card_delay_s=0) as writer, pytest.raises(CaptureCancelled):
        conversation.power_ups(writer, 3, cancel)


def test_times_are_those_of_the_line() -> None:
    truth = LineTruth(command_s=0.01, byte_s=2e-4, power_up_s=0.2, spread=0.0)
    line = CardLine(truth)
    with SyntheticCardWriter(card_delay_s=0, line=line) as writer:
        exercise = conversation.exercise(writer, 30, Event(), clock=line.now)
        resets = conversation.power_ups(writer, 30, Event(), clock=line.now)
    found = values(timing.measure(exercise, resets))
    write = 0.01 + 2e-4 * (5 + 112 + 2)
    assert found["write_p50"] == pytest.approx(1000 * write, rel=1e-6)
    assert found["read_p99"] == pytest.approx(1000 * (0.01 + 2e-4 * (5 + 112 + 2)), rel=1e-6)
    assert found["power_up_p99"] == pytest.approx(200)
    assert found["write_rate"] == pytest.approx(112 / write, rel=1e-6)
    with pytest.raises(TooFewFrames, match="power_up"):
        timing.measure(exercise, resets[:5])


def test_the_reach_of_a_field_is_where_every_reset_is_answered() -> None:
    line = CardLine(LineTruth(reach_mm=26.0, reach_softness_mm=0.2))
    trials = []
    with SyntheticCardWriter(card_delay_s=0, line=line, protocol="T=CL") as writer:
        for mm in range(0, 40, 4):
            line.distance_mm = mm
            trials.append(field.FieldTrial(mm, conversation.power_ups(writer, 30, Event(), clock=line.now)))
    measured = field.measure(trials[::-1])
    assert values(measured)["reach"] == 24
    assert values(measured)["power_ups_failed"] == 0
    assert "A/m" in measured.remarks[0]
    assert any("farthest distance too" in remark for remark in field.measure(trials[:4]).remarks)
    assert values(field.measure(trials[-2:]))["reach"] == 0
    with pytest.raises(TooFewFrames):
        field.measure([field.FieldTrial(0, trials[0].resets[:5])])


def test_an_answer_to_reset_that_changes_or_is_garbled_is_told() -> None:
    good = PowerUp(0.1, bytes.fromhex("3b8501807 3f641c0".replace(" ", "") + "f6"))
    t0 = PowerUp(0.1, bytes.fromhex("3b00"))
    measured = atr.measure([t0] * 9 + [PowerUp(0.1, b"\x3b\xff\x11")])
    assert values(measured) == {"atr_valid": 90, "atr_same": 90, "atr_length": 2}
    assert measured.remarks[0].startswith("1 x ")
    with pytest.raises(TooFewFrames, match="mute"):
        atr.measure([good] * 5 + [PowerUp(0.1, b"", "mute")] * 20)


def test_a_wrong_check_byte_is_no_valid_answer() -> None:
    whole = SmartCard().atr
    wrong = whole[:-1] + bytes((whole[-1] ^ 1,))
    assert values(atr.measure([PowerUp(0.1, whole)] * 10))["atr_valid"] == 100
    assert values(atr.measure([PowerUp(0.1, wrong)] * 10))["atr_valid"] == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 40), st.integers(1000, 10**7))
def test_the_bound_holds_in_95_of_100(errors: int, trials: int) -> None:
    from scipy.stats import poisson

    assert poisson.cdf(errors, upper_bound(errors, trials) * trials) == pytest.approx(0.05, abs=0.0005)


def test_a_bound_needs_trials() -> None:
    assert upper_bound(0, 2) == 1.0
    with pytest.raises(ValueError):
        upper_bound(0, 0)
    with pytest.raises(ValueError):
        upper_bound(3, 2)


def test_without_a_comparison_nothing_is_measured() -> None:
    failed = Cycle(3, (), (), (), 0, 0, 0, "the card is mute")
    with pytest.raises(TooFewFrames, match="none was made"):
        write_read_cycle.measure(CardExercise(CardProtocol.T1, (failed,)))
    with pytest.raises(ValueError, match="at least one"):
        conversation.exercise(SyntheticCardWriter(), 0, Event())
    assert len(MARK) == 16
    assert np.isfinite(upper_bound(1, 10))
