"""Whether another enrolment may begin: what waits has its limits, which are warned of early and reached before a person
is asked for anything, never after."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.forwarding.errors import OutboxFull
from gateway.forwarding.packet import HELD, PacketState
from gateway.forwarding.queue import Depth, PacketQueue
from gateway.guidance import LocalizedText

MB = 1_000_000
DAY_S = 86_400.0


@dataclass(frozen=True)
class OutboxLimits:
    """What the outbox may hold; 0 is without that limit."""

    max_bytes: int = 20_000 * MB
    """Of packets whose files are here."""
    max_age_s: float = 0.0
    """Of the oldest that has to leave."""
    warn_fraction: float = 0.8
    warn_age_s: float = 7 * DAY_S
    """Of the oldest, where there is no `max_age_s`, or that is longer."""


def check_room(queue: PacketQueue, limits: OutboxLimits) -> None:
    """Refuse before an enrolment begins what would not fit; blocking.

    Raises
    ------
    OutboxFull
    """
    held = held_bytes(queue.depth())
    if limits.max_bytes and held >= limits.max_bytes:
        raise OutboxFull(
            f"The packets that wait for the centre take {held / MB:,.0f} MB of {limits.max_bytes / MB:,.0f} MB.",
            "Carry them to the centre on a medium, or raise [forwarding] limit_mb; what is recorded is safe.",
        )
    oldest = queue.oldest_s()
    if limits.max_age_s and oldest is not None and oldest >= limits.max_age_s:
        raise OutboxFull(
            f"The oldest packet has waited for the centre for {oldest / DAY_S:,.0f} days of "
            f"{limits.max_age_s / DAY_S:,.0f} that are allowed.",
            "Carry what waits to the centre on a medium, or raise [forwarding] limit_days; what is recorded is safe.",
        )


def held_bytes(depth: Mapping[PacketState, Depth]) -> int:
    """Bytes of the packets whose files are here."""
    return sum(each.bytes for state, each in depth.items() if state in HELD)


def room_warnings(queue: PacketQueue, limits: OutboxLimits) -> tuple[LocalizedText, ...]:
    """What becomes a trouble if nobody acts; blocking."""
    found = []
    held = held_bytes(queue.depth())
    if limits.max_bytes and held >= limits.warn_fraction * limits.max_bytes:
        found.append(
            LocalizedText(
                id=f"Paket yang menunggu pusat sudah {held / MB:,.0f} MB dari {limits.max_bytes / MB:,.0f} MB. Bila "
                "penuh, perekaman baru ditolak: bawa paket ke pusat dengan media, atau naikkan [forwarding] limit_mb.",
                en=f"The packets that wait for the centre take {held / MB:,.0f} MB of {limits.max_bytes / MB:,.0f} MB. "
                "Once full, no enrolment can begin: carry them to the centre on a medium, or raise [forwarding] "
                "limit_mb.",
            )
        )
    oldest = queue.oldest_s()
    warn_age_s = limits.warn_age_s
    if limits.max_age_s:
        warn_age_s = min(warn_age_s, limits.warn_fraction * limits.max_age_s)
    if oldest is not None and oldest >= warn_age_s:
        found.append(
            LocalizedText(
                id=f"Paket tertua sudah menunggu pusat {oldest / DAY_S:,.1f} hari.",
                en=f"The oldest packet has waited for the centre for {oldest / DAY_S:,.1f} days.",
            )
        )
    return tuple(found)
