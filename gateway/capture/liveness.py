"""Signs of an attack, and of life, in the frames about the one that is recorded: heuristics that decide nothing."""

import time
from collections.abc import Sequence

import structlog

from drivers import IrisFrame, LightChange
from gateway.capture.judged_eyes import JudgedEyes, judged_eyes
from gateway.capture.observed_frames import Observed
from gateway.eye import EyePosition
from gateway.iris.liveness import (
    LightStep,
    LivenessAssessment,
    LivenessCue,
    LivenessVerdict,
    ObservedFrame,
    assess_liveness,
)
from gateway.iris.liveness.glint_pattern import FEWEST
from gateway.iris.liveness.reasons import reason_code
from gateway.metrics import timed
from gateway.trust import NamedCode, StatedCue, StatedLiveness

log = structlog.get_logger(__name__)

ANALYSIS_S = 0.3
"""For frames that were not judged yet: some fifteen of them. The cues of an eye take 0.2 s more."""
FEWEST_FRAMES, MOST_FRAMES = FEWEST, 48
"""The fewest that show the mirrored lamps, and dots though one of them is blurred: they are looked at however long a
busy machine takes, which must not make a print pass."""
_BEFORE_LIGHT_S, _AFTER_LIGHT_S = 0.4, 1.2
"""About a step of the light: where the pupil began, and where it has come to."""


def stated_liveness(
    capture_id: str, asked: EyePosition, observed: Sequence[Observed], light: LightChange | None
) -> tuple[StatedLiveness, ...]:
    """What the heuristics say of each eye that was asked for; nothing where they fail.

    Analyses take 0.3 s and that of the last one at most, or what five frames take; the cues of each eye 0.2 s.

    Parameters
    ----------
    capture_id : str
        For the log, which is told of a suspicion but never of a frame.
    asked : EyePosition
    observed : sequence of Observed
        One or more, in the order of their times.
    light : LightChange or None
        When the camera's visible light changed last.
    """
    try:
        with timed("liveness"):
            found = assessed_eyes(asked, observed, light, time.monotonic() + ANALYSIS_S)
    except Exception:
        # A fault of ours, which is no reason to lose the capture of somebody who may be gone.
        log.exception("liveness_failed", capture=capture_id)
        return ()
    for eye, assessment in found.items():
        if assessment.verdict is LivenessVerdict.ATTACK_SUSPECTED:
            log.warning("attack_suspected", capture=capture_id, eye=eye.name.lower(), cues=_suspecting(assessment))
    return tuple(_stated(eye, assessment) for eye, assessment in found.items())


def assessed_eyes(
    asked: EyePosition, observed: Sequence[Observed], light: LightChange | None, until: float
) -> dict[EyePosition, LivenessAssessment]:
    """Analyse frames until `until` (`time.monotonic()` seconds), five at least, and assess each eye in them."""
    judged = _analysed(asked, observed, light, until)
    sequences: dict[EyePosition, list[ObservedFrame]] = {}
    for each in judged:
        for eye in each.eyes:
            seen = ObservedFrame(each.frame.captured_at, eye.pixels, eye.analysis)
            sequences.setdefault(eye.eye, []).append(seen)
    step = None if light is None else LightStep(light.at, light.brighter)
    lamps = lit_lamps([each.frame for each in judged])
    return {eye: assess_liveness(sequence, light=step, lamps=lamps) for eye, sequence in sequences.items()}


def lit_lamps(frames: Sequence[IrisFrame]) -> int | None:
    """How many lamps were lit in all of them; None where the camera does not tell, or it changed."""
    lights = [frame.illumination for frame in frames]
    counts = {None if light is None or not light.lamps else sum(light.lamps) for light in lights}
    return counts.pop() if len(counts) == 1 else None


def _analysed(
    asked: EyePosition, observed: Sequence[Observed], light: LightChange | None, until: float
) -> list[JudgedEyes]:
    """Those that were judged before, and as many of the others as there is time for; `FEWEST_FRAMES` in any case.

    The newest come first, and before them those that show the pupil's answer to the light.
    """

    def urgency(each: Observed) -> tuple[bool, float]:
        at = each.frame.captured_at
        answers = light is not None and light.at - _BEFORE_LIGHT_S <= at <= light.at + _AFTER_LIGHT_S
        return answers, at

    found = [each.judged for each in observed if each.judged is not None]
    for each in sorted((each for each in observed if each.judged is None), key=urgency, reverse=True):
        if len(found) >= MOST_FRAMES or (len(found) >= FEWEST_FRAMES and time.monotonic() >= until):
            break
        found.append(judged_eyes(each.frame, asked))
    return sorted(found, key=lambda judged: judged.frame.captured_at)


def _stated(eye: EyePosition, assessment: LivenessAssessment) -> StatedLiveness:
    return StatedLiveness(
        position=NamedCode(int(eye), eye.name.lower()),
        verdict=assessment.verdict.value,
        cues=tuple(map(_stated_cue, assessment.cues)),
        algorithm=assessment.algorithm,
        version=str(assessment.version),
    )


def _stated_cue(cue: LivenessCue) -> StatedCue:
    # Rounded down, so that whatever lies below the limit says so.
    score = None if cue.score is None else int(100 * cue.score)
    return StatedCue(cue.name, cue.status.value, score, reason_code(cue.reason))


def _suspecting(assessment: LivenessAssessment) -> list[str]:
    return [reason_code(cue.reason) for cue in assessment.cues if cue.reason in assessment.reasons]
