"""An office's forwarder in a process of its own, to be killed: its queue, its ledger of statuses, its way out.

Run by `Lives` as `python -m tests.soak_outage.office FOLDER ID HOST:PORT AUTHORITY ANCHORS`.
"""

import asyncio
import contextlib
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from gateway.elapsed import Moment, moment_now
from gateway.forwarding import AnswerDesk, Forwarder, ForwardingError, ForwardingPolicy, PacketQueue, look
from gateway.forwarding.backoff import Backoff
from gateway.forwarding.standing import Patience
from gateway.ledger import LedgerError, StatusLedger
from gateway.logs import configure_logs
from gateway.trust import SignedTime, TrustAnchors
from gateway.ways import IngestPlace, IngestWay
from tests.forked_lives import Options, Say, fork_lives

log = structlog.get_logger(__name__)

TOLD_EVERY_S = 0.1
LOOK_EVERY_S = 1.0
STALL_S = 3.0
QUICK = Backoff(0.02, 0.6)


def policy(grace_s: float, *, quick: bool) -> ForwardingPolicy:
    """As an office's; quick: with all waits shorter by the same measure, and refusals put no packet aside for good."""
    if not quick:
        return ForwardingPolicy(grace_s=grace_s, first_spread_s=0.05)
    return ForwardingPolicy(
        patience=Patience(quarantine_after=1000, backoff=QUICK),
        centre_backoff=QUICK,
        grace_s=grace_s,
        answers_s=0.3,
        longest_answers_s=1.0,
        first_spread_s=0.05,
        return_spread_s=0.05,
    )


class Clock:
    """This machine's, off by so many seconds."""

    def __init__(self, off_s: float) -> None:
        self._off = timedelta(seconds=off_s)

    def moment(self) -> Moment:
        now = moment_now()
        time = now.time
        return Moment(
            SignedTime(time.wall + self._off, time.since_boot_s, time.quality, time.uncertainty_s), now.boot_id
        )

    def now(self) -> datetime:
        return datetime.now(UTC) + self._off


def enrolment_of(packet_id: str) -> str:
    """Each packet is one enrolment."""
    return f"enrolment-{packet_id}"


def take_in(folder: Path, queue: PacketQueue, ledger: StatusLedger, known: set[str]) -> None:
    """What was sealed since; blocking."""
    here = {path.stem for path in (folder / "packets").glob("*.rekam")}
    if here <= known:
        return
    look(folder / "packets", queue)
    sealed = ledger.known()
    for packet_id in sorted(here - known):
        if enrolment_of(packet_id) not in sealed:
            ledger.sealed(enrolment_of(packet_id), packet_id)
    known |= here


async def live(
    folder: Path, gateway_id: str, place: IngestPlace, centres: TrustAnchors, options: Options, say: Say
) -> None:
    """One life: forward until it is ended or killed."""
    configure_logs(json_lines=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    clock = Clock(options.get("clock_off_s", 0.0))
    state = folder / "state"
    # A disk that is full at the start is looked at again, as the service manager would.
    while True:
        try:
            queue = PacketQueue.open(state, clock.moment)
            ledger = StatusLedger.open(state, clock.moment)
            break
        except (ForwardingError, LedgerError, OSError) as error:
            log.warning("not_opened", cause=str(error))
            say({"pid": os.getpid(), "waits": str(error)})
            await asyncio.sleep(0.2)
    way = IngestWay(place, clock.now, stall_s=STALL_S)  # a line that is silent need not be silent for minutes
    desk = AnswerDesk(queue, gateway_id, lambda: centres)
    forwarder = Forwarder(
        *(queue, way, desk, lambda packet_id: folder / "packets" / f"{packet_id}.rekam"),
        policy(options["grace_s"], quick=options.get("quick", True)),
        ledger,
    )
    running = asyncio.create_task(forwarder.run())
    telling = asyncio.create_task(_tell(folder, queue, ledger, forwarder, say))
    await ended.wait()
    for task in (running, telling):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await way.close()
    queue.close()
    ledger.close()


async def _tell(folder: Path, queue: PacketQueue, ledger: StatusLedger, forwarder: Forwarder, say: Say) -> None:
    """Take in what is new, and say how it stands."""
    known: set[str] = set()
    loop = asyncio.get_running_loop()
    looked_at = -LOOK_EVERY_S
    while True:
        try:
            if loop.time() - looked_at >= LOOK_EVERY_S:
                looked_at = loop.time()
                await asyncio.to_thread(take_in, folder, queue, ledger, known)
                forwarder.wake()
            depth = await asyncio.to_thread(queue.depth)
            statuses = await asyncio.to_thread(ledger.counts)
        except (ForwardingError, LedgerError, OSError) as error:
            log.warning("not_looked_at", cause=str(error))
        else:
            problem = str(forwarder.problem or "")
            said = {"depth": {k.value: v.packets for k, v in depth.items()}, "statuses": dict(statuses)}
            say({"pid": os.getpid(), **said, "problem": problem})
        await asyncio.sleep(TOLD_EVERY_S)


def main(folder: Path, gateway_id: str, address: str, authority: Path, anchors: Path) -> None:
    """Fork lives."""
    host, _, port = address.rpartition(":")
    place = IngestPlace(host, int(port), authority, folder / "gateway.pem", folder / "gateway.key")
    fork_lives(partial(live, folder, gateway_id, place, TrustAnchors.from_pem(anchors.read_text())))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]), Path(sys.argv[5]))
