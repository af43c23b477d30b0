"""Every reason that a cue can give has a code of its own."""

from gateway.guidance import LocalizedText
from gateway.iris.liveness import glint_pattern, lens_ring, printed_dots, pupil_response, sameness
from gateway.iris.liveness.reasons import REASONS, UNNAMED, reason_code


def test_every_reason_of_every_cue_has_a_code() -> None:
    for module in (glint_pattern, lens_ring, printed_dots, pupil_response, sameness):
        words = [value for value in vars(module).values() if isinstance(value, LocalizedText)]
        assert len(words) >= 3
        for each in words:
            assert REASONS[reason_code(each)] == each


def test_codes_and_words_stand_for_each_other() -> None:
    assert [reason_code(words) for words in REASONS.values()] == list(REASONS)
    assert reason_code(LocalizedText("lain", "other")) == UNNAMED
    assert UNNAMED not in REASONS
