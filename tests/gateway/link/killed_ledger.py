"""A process that keeps a record of outages as fast as it can, to be killed: says each outage once it is on the disk."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.link import LinkCause, LinkLedger, LinkState, LinkStore, NoticedBy, Tally
from gateway.trust import ClockQuality, SignedTime


def main() -> None:
    folder, boot = Path(sys.argv[1]), sys.argv[2]
    store = LinkStore.open(folder)
    at_s, begin = 100.0, datetime.now(UTC).replace(microsecond=0)

    def now() -> SignedTime:
        return SignedTime(begin + timedelta(seconds=at_s), at_s, ClockQuality.TRUSTED, 0.1)

    ledger = LinkLedger(store.known(), boot, now())
    print("open" if ledger.outage is None else f"open {ledger.outage.outage_id}", flush=True)
    while True:
        ledger.went_offline(at_s, now(), NoticedBy.LOOK, LinkCause.TIMEOUT, Tally())
        assert ledger.outage is not None
        name = ledger.outage.outage_id
        for _ in range(5):
            ledger.watched(LinkState.OFFLINE, now(), Tally())
            store.write(ledger.take_changes())
            at_s += 60
        print(f"began {name}", flush=True)
        ledger.recovered(LinkState.ONLINE, now(), Tally())
        ledger.watched(LinkState.ONLINE, now(), Tally())
        store.write(ledger.take_changes())
        print(f"ended {name}", flush=True)


if __name__ == "__main__":
    main()
