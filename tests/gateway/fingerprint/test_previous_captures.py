"""Same finger again, wrong finger."""

import pytest

from gateway.finger import FingerPosition as F
from gateway.fingerprint import analyze, compare, score_at_fmr
from gateway.fingerprint.previous_captures import PreviousScore, previous_capture_guidance
from gateway.guidance import GuidanceCode
from tests.gateway.fingerprint.prints import drawn


def said(position: F, *previous: PreviousScore) -> list[GuidanceCode]:
    return [remark.code for remark in previous_capture_guidance(position, previous)]


def test_drawn_fingers_are_told_apart() -> None:
    first, again, other = (analyze(drawn(f, i), 500.0).template for f, i in ((3, 0), (3, 1), (4, 0)))

    def seen(position: F, one: object, two: object) -> PreviousScore:
        return PreviousScore(position, compare(one, two), min(len(one), len(two)))  # type: ignore[arg-type]

    mate, stranger = seen(F.RIGHT_INDEX, again, first), seen(F.RIGHT_INDEX, other, first)
    assert said(F.RIGHT_MIDDLE, mate) == [GuidanceCode.SAME_FINGER_AGAIN]
    assert said(F.RIGHT_MIDDLE, stranger) == []
    assert said(F.RIGHT_INDEX, mate) == []
    assert said(F.RIGHT_INDEX, stranger) == [GuidanceCode.WRONG_FINGER]


def test_thresholds_are_shared_by_all_comparisons() -> None:
    edge = score_at_fmr(0.001) + 1e-4
    one = PreviousScore(F.RIGHT_INDEX, edge, 40)
    low = [PreviousScore(F(code), 0.0, 40) for code in range(3, 11)]
    assert said(F.RIGHT_THUMB, one) == [GuidanceCode.SAME_FINGER_AGAIN]
    assert said(F.RIGHT_THUMB, one, *low) == []


def test_a_poor_print_does_not_prove_another_finger() -> None:
    assert said(F.RIGHT_INDEX, PreviousScore(F.RIGHT_INDEX, 0.0, 10)) == []
    assert said(F.RIGHT_INDEX, PreviousScore(F.RIGHT_INDEX, 0.0, 30)) == [GuidanceCode.WRONG_FINGER]
    assert said(F.RIGHT_INDEX) == []


def test_a_rate_that_was_not_measured_is_refused() -> None:
    with pytest.raises(ValueError, match="false match rate"):
        previous_capture_guidance(F.RIGHT_INDEX, [], fmr=0.5)
