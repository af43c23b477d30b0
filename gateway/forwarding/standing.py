"""What becomes of a packet by what the centre says of it: pure steps from one row of the queue to the next."""

from dataclasses import dataclass, replace
from random import Random

from gateway.centre import PacketStanding, StandingState
from gateway.forwarding.backoff import PACKET_BACKOFF, Backoff, wait_s
from gateway.forwarding.packet import UNDER_WAY, PacketState, QueuedPacket


@dataclass(frozen=True)
class Patience:
    """How often, and how long."""

    quarantine_after: int = 5
    """Refusals."""
    backoff: Backoff = PACKET_BACKOFF


def told(
    packet: QueuedPacket, standing: PacketStanding, now_s: float, patience: Patience, random: Random
) -> QueuedPacket:
    """The packet after the centre's word on it, a receipt's aside: that has to be verified first (`received`).

    A centre that has fewer bytes than it said before (put back from a backup) gets those again.
    """
    if packet.state not in UNDER_WAY and packet.state is not PacketState.RECEIVED:
        if packet.state is PacketState.ERASED and standing.state is StandingState.NOT_NOW:
            return _later(packet, now_s, patience, random)
        return replace(packet, offered=True)
    match standing.state:
        case StandingState.PARTIAL:
            return _partial(packet, min(max(0, standing.received), packet.notice.size), now_s, patience, random)
        case StandingState.REFUSED:
            return refused(packet, standing.reason, standing.words, now_s, patience, random)
        case StandingState.NOT_NOW:
            # Not the packet's fault: it may take weeks, and is no step towards quarantine.
            again = _later(packet, now_s, patience, random)
            return replace(again, offered=False, reason=standing.reason, words=standing.words)
        case StandingState.RECEIVED:
            # Its receipt was none to be believed, or is not there: ask again, later.
            return replace(_later(packet, now_s, patience, random), offered=False)


def received(packet: QueuedPacket, now_s: float, *, confirmed: bool) -> QueuedPacket:
    """The packet after a receipt that names it truly.

    Parameters
    ----------
    packet : QueuedPacket
    now_s : float
    confirmed : bool
        It is of the ledger that the centre works with now. One of another ledger may be older than the backup that the
        centre was put back from: the packet is offered once more, and not erased before that was answered.
    """
    if packet.state is PacketState.ERASED:
        return replace(packet, offered=packet.offered or confirmed)
    return replace(
        packet,
        state=PacketState.RECEIVED,
        offered=confirmed,
        acknowledged=packet.notice.size,
        attempts=0,
        not_before_s=0.0,
        reason="",
        words="",
        # A receipt that comes twice does not begin the grace anew; one after a restored backup does.
        received_s=now_s if packet.received_s is None or not packet.offered else packet.received_s,
    )


def refused(
    packet: QueuedPacket, reason: str, words: str, now_s: float, patience: Patience, random: Random
) -> QueuedPacket:
    """The packet after a refusal; the last one allowed puts it into quarantine."""
    refusals = packet.refusals + 1
    told_again = replace(
        packet, refusals=refusals, reason=reason, words=words, offered=False, acknowledged=0, received_s=None
    )
    if refusals >= patience.quarantine_after:
        return replace(told_again, state=PacketState.QUARANTINED)
    return replace(_later(told_again, now_s, patience, random), state=PacketState.WAITING)


def cut_off(packet: QueuedPacket, acknowledged: int, now_s: float, patience: Patience, random: Random) -> QueuedPacket:
    """The packet after a send that broke off, with what was acknowledged until then.

    Where that is nothing, the packet waits longer each time: it may be what breaks the way, and the others go on.
    """
    if packet.state not in UNDER_WAY:
        return packet
    progressed = acknowledged > packet.acknowledged
    after = replace(
        packet,
        acknowledged=max(packet.acknowledged, acknowledged),
        state=PacketState.PARTIAL if acknowledged or packet.acknowledged else packet.state,
    )
    return replace(after, attempts=0, not_before_s=0.0) if progressed else _later(after, now_s, patience, random)


def again(packet: QueuedPacket) -> QueuedPacket:
    """Offered anew, as the centre may have lost it; what was refused stays refused."""
    return replace(packet, offered=False, not_before_s=0.0)


def retried(packet: QueuedPacket) -> QueuedPacket:
    """After a person asked for another try: from quarantine, from release, or out of a wait."""
    if packet.state in (PacketState.QUARANTINED, PacketState.RELEASED, *UNDER_WAY):
        state = packet.state if packet.state in UNDER_WAY else PacketState.WAITING
        return replace(
            packet, state=state, offered=False, attempts=0, refusals=0, not_before_s=0.0, reason="", words=""
        )
    return packet


def released(packet: QueuedPacket) -> QueuedPacket:
    """After a person decided that it does not leave from here."""
    if packet.state in (PacketState.QUARANTINED, *UNDER_WAY):
        return replace(packet, state=PacketState.RELEASED)
    return packet


def _partial(packet: QueuedPacket, has: int, now_s: float, patience: Patience, random: Random) -> QueuedPacket:
    after = replace(
        packet,
        state=PacketState.PARTIAL if has else PacketState.WAITING,
        offered=True,
        acknowledged=has,
        received_s=None,
        reason="",
        words="",
    )
    if has >= packet.notice.size:
        # All is there, and no receipt yet: ask for it again, each time later.
        return _later(after, now_s, patience, random)
    if has > packet.acknowledged or not packet.offered:
        return replace(after, attempts=0, not_before_s=0.0)
    return _later(after, now_s, patience, random)


def _later(packet: QueuedPacket, now_s: float, patience: Patience, random: Random) -> QueuedPacket:
    attempts = packet.attempts + 1
    return replace(packet, attempts=attempts, not_before_s=now_s + wait_s(patience.backoff, attempts, random))
