"""A state folder whose last run ended in the middle of an outage."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.link import LinkCause, LinkLedger, LinkState, LinkStore, NoticedBy, Tally
from gateway.trust import ClockQuality, SignedTime


def moment(wall: datetime, since_boot_s: float) -> SignedTime:
    return SignedTime(wall.replace(microsecond=0), since_boot_s, ClockQuality.TRUSTED, 0.1)


def left_outage(folder: Path, ago: timedelta = timedelta(hours=5), ended: int = 2) -> None:
    """`ended` outages that are over, and one that is not; of a boot that is not this one."""
    folder.mkdir(parents=True, exist_ok=True)
    begin = datetime.now(UTC) - ago
    store = LinkStore.open(folder)
    ledger = LinkLedger(store.known(), "an-earlier-boot", moment(begin, 1000.0))
    for number in range(ended + 1):
        at_s = 1000.0 + 600 * number
        wall = begin + timedelta(seconds=at_s - 1000.0)
        ledger.watched(LinkState.ONLINE, moment(wall, at_s), Tally(5, 1))
        down_s, down = at_s + 60, wall + timedelta(seconds=60)
        ledger.watched(LinkState.ONLINE, moment(down, down_s), Tally(5, 1))
        ledger.went_offline(down_s - 5, moment(down, down_s), NoticedBy.LOOK, LinkCause.REFUSED, Tally(5, 1))
        ledger.watched(LinkState.OFFLINE, moment(down, down_s), Tally(5, 1))
        later_s, later = down_s + 120, down + timedelta(seconds=120)
        ledger.watched(LinkState.OFFLINE, moment(later, later_s), Tally(9, 2))
        if number < ended:
            ledger.recovered(LinkState.ONLINE, moment(later, later_s), Tally(9, 2))
    store.write(ledger.take_changes())
    store.close()
