"""All cues of a sequence, and what they come to together.

These are heuristics: they look for what some known attacks show, and give scores and reasons. They were not evaluated
under ISO/IEC 30107-3, and an attack that shows none of these signs passes. A suspicion asks for a supervisor's look; it
refuses nobody, and poor quality is no suspicion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.guidance import LocalizedText
from gateway.iris.liveness.cue import CueStatus, LivenessCue
from gateway.iris.liveness.glint_pattern import NAME as GLINT_PATTERN
from gateway.iris.liveness.glint_pattern import glint_pattern
from gateway.iris.liveness.lens_ring import lens_ring
from gateway.iris.liveness.observation import LightStep, ObservedFrame, check_order
from gateway.iris.liveness.printed_dots import printed_dots
from gateway.iris.liveness.pupil_response import NAME as PUPIL_RESPONSE
from gateway.iris.liveness.pupil_response import pupil_response
from gateway.iris.liveness.sameness import sameness

ALGORITHM = "rekam-iris-liveness"
ALGORITHM_VERSION = 1
_SIGNS_OF_LIFE = (PUPIL_RESPONSE, GLINT_PATTERN)
"""Cues that see what a live eye does; the others only look for what an attack leaves."""


class LivenessVerdict(StrEnum):
    """What all cues come to."""

    BONA_FIDE_SIGNS = "bona_fide_signs"
    """A sign of a live eye was seen, and no sign of an attack. That no attack was made is not said."""
    ATTACK_SUSPECTED = "attack_suspected"
    """A person should look."""
    NOT_ASSESSED = "not_assessed"


@dataclass(frozen=True)
class LivenessAssessment:
    """What heuristics saw in a sequence; not evaluated under ISO/IEC 30107-3.

    Parameters
    ----------
    verdict : LivenessVerdict
    reasons : tuple of LocalizedText
        Of the verdict: of the cues that suspect an attack, the least score first; or of those that saw signs of life;
        or why nothing can be said.
    cues : tuple of LivenessCue
        All five, whatever they came to.
    algorithm : str
    version : int
    """

    verdict: LivenessVerdict
    reasons: tuple[LocalizedText, ...]
    cues: tuple[LivenessCue, ...]
    algorithm: str = ALGORITHM
    version: int = ALGORITHM_VERSION

    def cue(self, name: str) -> LivenessCue:
        """The cue of that name; KeyError if there is none."""
        return {cue.name: cue for cue in self.cues}[name]


def assess_liveness(
    sequence: Sequence[ObservedFrame], *, light: LightStep | None = None, lamps: int | None = None
) -> LivenessAssessment:
    """Look for signs of an attack, and of life, in the frames of one eye.

    One frame shows dots and rings alone; five show mirrored lamps. A pupil's answer takes 8 frames a second or more,
    from half a second before a step of the light to a second after it; its wander takes 4 s of steady light.

    Parameters
    ----------
    sequence : sequence of ObservedFrame
        Of one eye, in the order of their times; frames in which no iris was found may stay in.
    light : LightStep, optional
        When the visible light changed; without it the pupil is expected to wander only.
    lamps : int, optional
        How many near-infrared lamps the camera has lit: where it is not known, missing reflections mean nothing.

    Raises
    ------
    ValueError
        The frames are not in the order of their times, or `lamps` is negative.
    """
    check_order(sequence)
    if lamps is not None and lamps < 0:
        raise ValueError(f"lamps must not be negative, not {lamps}")
    cues = (
        pupil_response(sequence, light),
        glint_pattern(sequence, lamps),
        printed_dots(sequence),
        lens_ring(sequence),
        sameness(sequence),
    )
    suspecting = sorted(
        (cue for cue in cues if cue.status is CueStatus.ATTACK_SUSPECTED), key=lambda cue: cue.score or 0.0
    )
    if suspecting:
        return LivenessAssessment(LivenessVerdict.ATTACK_SUSPECTED, tuple(cue.reason for cue in suspecting), cues)
    alive = [cue for cue in cues if cue.name in _SIGNS_OF_LIFE and cue.status is CueStatus.NONE_SEEN]
    if alive:
        return LivenessAssessment(LivenessVerdict.BONA_FIDE_SIGNS, tuple(cue.reason for cue in alive), cues)
    silent = tuple(cue.reason for cue in cues if cue.name in _SIGNS_OF_LIFE)
    return LivenessAssessment(LivenessVerdict.NOT_ASSESSED, silent, cues)
