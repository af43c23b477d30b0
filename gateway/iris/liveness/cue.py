"""What one cue, and all together, say of a sequence of frames."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.guidance import LocalizedText


class CueStatus(StrEnum):
    """What a cue came to."""

    NONE_SEEN = "none_seen"
    """The cue could look, and saw no sign of an attack."""
    ATTACK_SUSPECTED = "attack_suspected"
    NOT_ASSESSED = "not_assessed"
    """These frames do not let it look, or it could not decide."""


@dataclass(frozen=True)
class LivenessCue:
    """One cue.

    Parameters
    ----------
    name : str
    score : float or None
        0 as the attack looks, 1 as an eye without it does, suspected below 0.5; None where not assessed. It is no
        probability.
    status : CueStatus
    reason : LocalizedText
    """

    name: str
    score: float | None
    status: CueStatus
    reason: LocalizedText


def not_assessed(name: str, reason: LocalizedText) -> LivenessCue:
    """A cue that could not look."""
    return LivenessCue(name, None, CueStatus.NOT_ASSESSED, reason)


def judged(name: str, score: float, suspected: LocalizedText, none_seen: LocalizedText) -> LivenessCue:
    """A cue with a score: below 0.5 an attack is suspected."""
    if score < 0.5:
        return LivenessCue(name, max(score, 0.0), CueStatus.ATTACK_SUSPECTED, suspected)
    return LivenessCue(name, min(score, 1.0), CueStatus.NONE_SEEN, none_seen)


def graded(value: float, as_attack: float, limit: float, as_eye: float) -> float:
    """Score of a measure: 0 at `as_attack`, 0.5 at `limit`, 1 at `as_eye`, straight between, held beyond."""
    ends = sorted([(as_attack, 0.0), (limit, 0.5), (as_eye, 1.0)])
    (low, at_low), (middle, at_middle), (high, at_high) = ends
    if value <= middle:
        share = (value - low) / max(middle - low, 1e-9)
        return at_low + max(share, 0.0) * (at_middle - at_low)
    share = (value - middle) / max(high - middle, 1e-9)
    return at_middle + min(share, 1.0) * (at_high - at_middle)
