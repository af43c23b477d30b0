"""A stable code for each reason that a cue can give: records hold the code, people are shown the words."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.guidance import LocalizedText
from gateway.iris.liveness import glint_pattern, lens_ring, printed_dots, pupil_response, sameness

REASONS: Mapping[str, LocalizedText] = MappingProxyType(
    {
        "pupil_answers": pupil_response._ANSWERS,
        "pupil_does_not_answer": pupil_response._NO_ANSWER,
        "pupil_wanders": pupil_response._WANDERS,
        "pupil_still": pupil_response._STILL,
        "pupil_too_few_frames": pupil_response._TOO_SHORT,
        "pupil_unclear": pupil_response._UNCLEAR,
        "pupil_small_already": pupil_response._SMALL_ALREADY,
        "glints_mirrored": glint_pattern._MIRRORED,
        "glints_dull": glint_pattern._DULL_SPOTS,
        "glints_fixed": glint_pattern._FIXED_SPOTS,
        "glints_missing": glint_pattern._NONE,
        "glints_missing_lamps_unknown": glint_pattern._NONE_KNOWN,
        "glints_too_few_frames": glint_pattern._TOO_FEW,
        "glints_painted_over": glint_pattern._PAINTED_OVER,
        "glints_too_bright": glint_pattern._TOO_BRIGHT,
        "glints_blurred": glint_pattern._BLURRED,
        "dots_none": printed_dots._NO_DOTS,
        "dots_of_print": printed_dots._DOTS,
        "dots_too_coarse": printed_dots._TOO_COARSE,
        "lens_none": lens_ring._NO_RING,
        "lens_dots": lens_ring._DOTS,
        "lens_does_not_stretch": lens_ring._KEEPS,
        "lens_too_coarse": lens_ring._TOO_COARSE,
        "frames_differ": sameness._DIFFERENT,
        "frames_repeated": sameness._REPEATED,
        "frames_without_noise": sameness._NO_NOISE,
        "frames_still": sameness._NO_MOVE,
        "frames_too_few": sameness._TOO_FEW,
    }
)
"""By code. A code is never given another meaning: signed manifests hold it."""
UNNAMED = "unnamed"
"""What stands for words that have no code."""
_CODES = {words: code for code, words in REASONS.items()}


def reason_code(words: LocalizedText) -> str:
    """The code of a cue's reason."""
    return _CODES.get(words, UNNAMED)
