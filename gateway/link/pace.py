"""How long to wait until the next look: short while things change, longer while they do not, never in step."""

from dataclasses import dataclass

from gateway.link.judgement import Judgement, LinkState

SETTLING = frozenset({LinkState.UNKNOWN, LinkState.RECOVERING})


@dataclass(frozen=True)
class PaceLimits:
    """Seconds between looks.

    A look that finds the centre is one small request on an open connection. At 300 bytes, headers counted, `slow_s`
    makes 0.4 MB of it in a day, which a line of 1 MB a day still bears. While packets leave one is made
    every ten minutes.
    """

    fast_s: float = 3.0
    slow_s: float = 60.0
    growth: float = 1.5
    """By which the pause grows from look to look while nothing changes."""
    jitter: float = 0.3
    """Share of a pause by which it is shorter or longer at random: offices that fell silent together look apart."""


def pause_s(judgement: Judgement, previous_s: float, limits: PaceLimits, random: float) -> float:
    """Seconds until the next look.

    Parameters
    ----------
    judgement : Judgement
    previous_s : float
        The pause before, without its jitter; 0 after a change.
    limits : PaceLimits
    random : float
        From 0 to 1, evenly.

    Returns
    -------
    float
        With jitter.
    """
    return steady_pause_s(judgement, previous_s, limits) * (1 + limits.jitter * (2 * random - 1))


def steady_pause_s(judgement: Judgement, previous_s: float, limits: PaceLimits) -> float:
    """Seconds until the next look, without jitter."""
    window = judgement.window
    doubtful = bool(window) and window[-1].failed is not (judgement.state is LinkState.OFFLINE)
    if judgement.state in SETTLING or doubtful or previous_s <= 0:
        return limits.fast_s
    return min(limits.slow_s, max(limits.fast_s, previous_s * limits.growth))
