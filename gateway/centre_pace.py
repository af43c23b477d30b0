"""How quickly an office looks at its way to the centre, calls, and tries again."""

from dataclasses import dataclass, field, replace

from gateway.forwarding import ForwardingPolicy
from gateway.forwarding.backoff import Backoff
from gateway.link import JudgementLimits, PaceLimits


@dataclass(frozen=True)
class CentrePace:
    """The defaults are those of an office on a bad line; a rehearsal of a week's outage in a minute has shorter ones.

    What is not given is as the rooms have it themselves.
    """

    looks: PaceLimits = field(default_factory=PaceLimits)
    judgement: JudgementLimits = field(default_factory=JudgementLimits)
    centre_backoff: Backoff | None = None
    packet_backoff: Backoff | None = None
    answers_s: tuple[float, float] | None = None
    """Between looks for answers: at first, and at the longest."""
    spread_s: tuple[float, float] | None = None
    """Over which the first call after a start is drawn, and one after the link's return."""
    notices_s: float | None = None
    """Between looks at what may be told to people."""

    def of(self, policy: ForwardingPolicy) -> ForwardingPolicy:
        """A policy at this pace."""
        if self.centre_backoff is not None:
            policy = replace(policy, centre_backoff=self.centre_backoff)
        if self.packet_backoff is not None:
            policy = replace(policy, patience=replace(policy.patience, backoff=self.packet_backoff))
        if self.answers_s is not None:
            policy = replace(policy, answers_s=self.answers_s[0], longest_answers_s=self.answers_s[1])
        if self.spread_s is not None:
            policy = replace(policy, first_spread_s=self.spread_s[0], return_spread_s=self.spread_s[1])
        return policy
