"""The gateway's own comparison: the holder passes with either finger, another person does not, four tries are all."""

import pytest

from gateway.finger import FingerPosition
from gateway.holder_check import (
    CardTemplate,
    ComparisonPlace,
    HandOver,
    HolderCheck,
    HolderOutcome,
    LiveFinger,
    SupervisedApproval,
    SupervisedReason,
    TryJournal,
    TryState,
)
from gateway.trust import NamedCode, StatedCue, StatedLiveness
from tests.gateway.holder_check.synthetic_holder import (
    HAND_OVER,
    HOLDER,
    LEFT,
    RIGHT,
    STRANGER,
    card_template,
    empty_template,
    live,
    nothing_seen,
    print_of,
)

OUTCOMES = (HolderOutcome.NOT_MATCHED,) * 4 + (HolderOutcome.NO_TRIES_LEFT,) * 2
SUSPECTED = StatedLiveness(
    NamedCode(2, "right-index"),
    "attack_suspected",
    (StatedCue("sameness", "suspected", 3, "frame_came_again"),),
    "rekam-finger-liveness",
    "1",
)


@pytest.fixture
def journal(tmp_path):
    with TryJournal.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def check(journal):
    return HolderCheck(journal)


def card() -> list[CardTemplate]:
    return [card_template(HOLDER, RIGHT), card_template(HOLDER, LEFT)]


@pytest.mark.parametrize("part", [RIGHT, LEFT])
def test_the_holder_passes_with_either_finger(check, part):
    decision = check.in_gateway(HAND_OVER, live(HOLDER, part), card())
    assert (decision.outcome, decision.place) == (HolderOutcome.MATCHED, ComparisonPlace.GATEWAY)
    assert decision.outcome.hands_over
    assert decision.finger is live(HOLDER, part).position
    assert (decision.tries_left, decision.fmr, decision.capture_id) == (4, 1e-4, "capture-1")


def test_another_person_does_not_and_the_fifth_try_is_refused(check, journal):
    found = []
    for impression in range(6):
        decision = check.in_gateway(HAND_OVER, live(STRANGER, RIGHT, impression), card())
        assert not decision.outcome.hands_over
        assert decision.finger is None
        found.append((decision.outcome, decision.tries_left))
    assert found == list(zip(OUTCOMES, (3, 2, 1, 0, 0, 0), strict=True))
    assert [each.state for each in journal.tries(HAND_OVER)] == [TryState.NOT_MATCHED] * 4
    assert check.in_gateway(HAND_OVER, live(HOLDER), card()).outcome is HolderOutcome.NO_TRIES_LEFT


def test_tries_are_counted_for_a_card_and_its_job(check):
    for _ in range(4):
        check.in_gateway(HAND_OVER, live(STRANGER), card())
    assert check.tries_left(HAND_OVER) == 0
    assert check.tries_left(HandOver(HAND_OVER.card_serial, "job-2")) == 4
    assert check.tries_left(HandOver("other", HAND_OVER.job_id)) == 4


def test_a_match_gives_the_tries_back(check):
    for _ in range(3):
        check.in_gateway(HAND_OVER, live(STRANGER), card())
    assert check.in_gateway(HAND_OVER, live(HOLDER), card()).outcome is HolderOutcome.MATCHED
    assert check.tries_left(HAND_OVER) == 4


def test_the_wrong_order_of_fingers_is_no_matter(check):
    left = live(HOLDER, LEFT)
    asked_for_right = LiveFinger(left.templates, FingerPosition.RIGHT_INDEX)
    decision = check.in_gateway(HAND_OVER, asked_for_right, card())
    assert (decision.outcome, decision.finger) == (HolderOutcome.MATCHED, FingerPosition.LEFT_INDEX)


def test_an_empty_first_template_leaves_the_second(check):
    templates = [empty_template(RIGHT), card_template(HOLDER, LEFT)]
    assert check.in_gateway(HAND_OVER, live(HOLDER, LEFT), templates).outcome is HolderOutcome.MATCHED
    assert check.in_gateway(HAND_OVER, live(HOLDER, RIGHT), templates).outcome is HolderOutcome.NOT_MATCHED


@pytest.mark.parametrize("templates", [[], [empty_template(RIGHT)], [empty_template(RIGHT), empty_template(LEFT)]])
def test_a_card_without_templates_takes_no_try(check, journal, templates):
    decision = check.in_gateway(HAND_OVER, live(HOLDER), templates)
    assert (decision.outcome, decision.tries_left) == (HolderOutcome.NO_TEMPLATE, 4)
    assert journal.tries(HAND_OVER) == ()


def test_a_finger_that_shows_nothing_takes_no_try(check, journal):
    decision = check.in_gateway(HAND_OVER, nothing_seen(), card())
    assert (decision.outcome, decision.tries_left) == (HolderOutcome.POOR_PROBE, 4)
    assert journal.tries(HAND_OVER) == ()


def test_of_several_frames_one_that_matches_is_enough_and_the_rate_is_shared(check):
    frames = (*live(STRANGER).templates, *nothing_seen().templates, *live(HOLDER).templates)
    decision = check.in_gateway(HAND_OVER, LiveFinger(frames), card())
    assert (decision.outcome, decision.fmr) == (HolderOutcome.MATCHED, 1e-4)


def test_an_unsound_template_is_refused_and_the_try_stays_counted(check, journal):
    broken = print_of(HOLDER, RIGHT, 1)
    x = broken.x.copy()
    x[0] = float("nan")
    broken = type(broken)(**{**vars(broken), "x": x})
    with pytest.raises(ValueError, match="finite"):
        check.in_gateway(HAND_OVER, LiveFinger((broken,)), card())
    assert [each.state for each in journal.tries(HAND_OVER)] == [TryState.BEGUN]
    assert check.tries_left(HAND_OVER) == 3


def test_a_suspicion_of_liveness_is_passed_on_and_decides_nothing(check):
    finger = live(HOLDER)
    suspected = LiveFinger(finger.templates, finger.position, "capture-1", (SUSPECTED,))
    decision = check.in_gateway(HAND_OVER, suspected, card())
    assert (decision.outcome, decision.liveness) == (HolderOutcome.MATCHED, (SUSPECTED,))


def test_a_supervisor_answers_for_people_without_usable_fingers(check, journal):
    for _ in range(4):
        check.in_gateway(HAND_OVER, live(STRANGER), card())
    approval = SupervisedApproval("siti", SupervisedReason.TRIES_USED_UP, "BA-17/2026")
    decision = check.supervised(HAND_OVER, approval)
    assert (decision.outcome, decision.tries_left) == (HolderOutcome.SUPERVISED, 0)
    assert decision.outcome.hands_over
    assert decision.approval == approval
    assert (decision.place, decision.finger, decision.fmr) == (None, None, None)
    assert journal.approvals(HAND_OVER) == (approval,)


@pytest.mark.parametrize("supervisor", ["", "a\nb", "x" * 129])
def test_an_approval_names_who_answers(supervisor):
    with pytest.raises(ValueError, match="supervisor"):
        SupervisedApproval(supervisor, SupervisedReason.DEVICE_FAILED)


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 129])
def test_cards_and_jobs_have_plain_names(name):
    with pytest.raises(ValueError, match="card_serial"):
        HandOver(name, "job")


def test_limits_out_of_range_are_refused(journal):
    with pytest.raises(ValueError, match="tries"):
        HolderCheck(journal, tries=16)
    with pytest.raises(ValueError, match="rate"):
        HolderCheck(journal, fmr=0.5)


def test_every_outcome_has_words():
    for outcome in HolderOutcome:
        assert outcome.text.id
        assert outcome.text.en


def test_no_text_form_shows_minutiae(check):
    finger = live(HOLDER)
    decision = check.in_gateway(HAND_OVER, finger, card())
    assert "array" not in repr((finger, decision))
