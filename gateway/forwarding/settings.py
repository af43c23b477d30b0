"""How the forwarder works, as values."""

from dataclasses import dataclass, field

from gateway.forwarding.backoff import CENTRE_BACKOFF, RETURN_SPREAD_S, Backoff
from gateway.forwarding.budget import Quota
from gateway.forwarding.several_sends import MOST
from gateway.forwarding.standing import Patience

DAY_S = 86_400.0


@dataclass(frozen=True)
class ForwardingPolicy:
    """See docs/forwarding.md."""

    quota: Quota = field(default_factory=Quota)
    patience: Patience = field(default_factory=Patience)
    centre_backoff: Backoff = CENTRE_BACKOFF
    grace_s: float = 3 * DAY_S
    """A packet is kept so long after its receipt: a centre that is put back from a backup can have it again."""
    answers_s: float = 60.0
    """Between looks for answers; each look that finds none doubles it, up to `longest_answers_s`, and what is sent or
    comes begins anew. A look costs 1.5 KB: at the longest 150 KB a day, which a line of 1 MB a day bears."""
    longest_answers_s: float = 900.0
    sends_at_once: int = MOST
    """Without a quota."""
    first_spread_s: float = 20.0
    """The first call after a start is drawn from so many seconds: a district's power comes back in one second."""
    return_spread_s: float = RETURN_SPREAD_S
