"""How much a centre takes at once, and when those whom it turns away shall come again."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.central.intake import IntakeMeter, UploadIntake
from gateway.central.metrics import CONDITION, FREE_BYTES, TURNED_AWAY, UPLOADS
from gateway.central.open_centre import LARGEST_PACKET_BYTES
from gateway.central.turns import Intake, Turns
from gateway.centre import CentreCondition

_BUSY_ABOVE = 0.75
"""Share of the verifications that may be under way."""
_ROOM_LOOKED_AT_S = 0.5
CLOSED_WAIT_S = 300.0


@dataclass(frozen=True)
class AdmissionLimits:
    """Bounds of what is taken."""

    uploads: int = 128
    """At once."""
    bytes_per_s: float | None = None
    """What the centre takes durably. With it the lines decide how many send at once; without it they are counted."""
    uploads_per_gateway: int = 16
    """Of them; more would take from the others."""
    offers: int = 64
    """Of up to 500 packets each, answered at once: for each packet that is held, a receipt is signed."""
    verifications: int = 64
    """Packets that came whole and wait for a verdict; beyond it no upload begins."""
    packet_bytes: int = LARGEST_PACKET_BYTES
    """Of a packet; the format has no larger."""
    kept_free_bytes: int = 1 << 30
    """On the disk of packets: below it nothing is taken, so that what is on its way, the store's log and the machine
    have room."""


class TurnedAway(Exception):
    """Not now; asks for time."""

    def __init__(self, reason: str, words: str, retry_after_s: float) -> None:
        super().__init__(words)
        self.reason = reason
        self.words = words
        self.retry_after_s = retry_after_s


class Admission:
    """Who may send now; used by one event loop.

    Parameters
    ----------
    limits : AdmissionLimits
    disk : Path
        A folder on the disk of packets.
    """

    def __init__(self, limits: AdmissionLimits, disk: Path) -> None:
        self.limits = limits
        self.is_closed = False
        """By its people, or because it is stopping."""
        self._disk = disk
        self._by_gateway: Counter[str] = Counter()
        self._promised = 0
        self._verifying = 0
        self._offers = 0
        self._turns = Turns(limits.bytes_per_s or float(limits.uploads), random.Random())  # noqa: S311 - no secret
        self._meter = IntakeMeter()
        self._waiting: dict[str, int] = {}
        """Bytes that a gateway offered last and has not sent."""
        self._free = (0.0, 0)

    @contextmanager
    def upload(self, gateway_id: str, due_bytes: int) -> Iterator[UploadIntake]:
        """Room for one upload of that many bytes; add what comes to its `received`.

        Raises
        ------
        TurnedAway
        """
        self._check_upload(gateway_id, due_bytes)
        self._by_gateway[gateway_id] += 1
        self._promised += due_bytes
        UPLOADS.inc()
        intake = self._meter.begin(time.monotonic())
        try:
            yield intake
        finally:
            UPLOADS.dec()
            self._meter.end(intake, time.monotonic())
            self._promised -= due_bytes
            self._by_gateway[gateway_id] -= 1
            if not self._by_gateway[gateway_id]:
                del self._by_gateway[gateway_id]
            self._note_sent(gateway_id, intake.received)

    def offered(self, gateway_id: str, waiting_bytes: int) -> None:
        """So much of what a gateway has just offered is still to come."""
        self._waiting[gateway_id] = max(waiting_bytes, self._waiting.get(gateway_id, 0))

    def _check_upload(self, gateway_id: str, due_bytes: int) -> None:
        if self.is_closed:
            raise self._turn_away(gateway_id, "CLOSED", "The centre takes nothing now.")
        under_way = self._by_gateway.total()
        if under_way >= self.limits.uploads or self._verifying >= self.limits.verifications:
            raise self._turn_away(gateway_id, "BUSY", f"The centre has {under_way} uploads under way; come again.")
        if self._by_gateway[gateway_id] >= self.limits.uploads_per_gateway:
            words = f"This gateway has {self._by_gateway[gateway_id]} uploads under way already; end one first."
            raise self._turn_away(gateway_id, "GATEWAY_BUSY", words)
        waiting = max(due_bytes, self._waiting.get(gateway_id, 0))
        if not self._turns.admits(gateway_id, waiting, time.monotonic(), self._intake()):
            raise self._turn_away(gateway_id, "TURN", "Others wait to send, too; come again.")

    def _note_sent(self, gateway_id: str, size: int) -> None:
        self._turns.sent(gateway_id, size)
        waiting = self._waiting.get(gateway_id, 0) - size
        if waiting > 0:
            self._waiting[gateway_id] = waiting
        elif not self._by_gateway[gateway_id]:
            self._waiting.pop(gateway_id, None)
            self._turns.leaves(gateway_id)

    def _intake(self) -> Intake:
        if self.limits.bytes_per_s is None:
            return Intake(float(self._by_gateway.total()), 1.0)
        return self._meter.intake(time.monotonic())

    @contextmanager
    def offer(self, gateway_id: str) -> Iterator[None]:
        """One offer of packets that is answered.

        Raises
        ------
        TurnedAway
        """
        if self._offers >= self.limits.offers:
            raise self._turn_away(gateway_id, "BUSY", f"The centre answers {self._offers} offers already; come again.")
        self._offers += 1
        try:
            yield
        finally:
            self._offers -= 1

    @contextmanager
    def verification(self) -> Iterator[None]:
        """One packet that waits for its verdict or gets it."""
        self._verifying += 1
        try:
            yield
        finally:
            self._verifying -= 1
            self._turns.whole(time.monotonic())

    def has_room(self, due_bytes: int) -> bool:
        """Whether so many bytes have room beside what was promised already; looked at before any is taken."""
        return self._free_bytes() - self._promised - due_bytes >= self.limits.kept_free_bytes

    def condition(self, gateway_id: str) -> tuple[CentreCondition, float | None]:
        """How the centre does, and when a gateway shall come again, in seconds, where it takes little or nothing."""
        found: tuple[CentreCondition, float | None]
        if self.is_closed or not self.has_room(0):
            found = CentreCondition.CLOSED, CLOSED_WAIT_S * _jitter()
        elif self._verifying >= _BUSY_ABOVE * self.limits.verifications or self._turns.is_busy(
            gateway_id, time.monotonic(), self._intake()
        ):
            found = CentreCondition.BUSY, self.wait_s(gateway_id)
        else:
            found = CentreCondition.ACCEPTING, None
        for each in CentreCondition:
            CONDITION.labels(each).set(float(each is found[0]))
        return found

    def wait_s(self, gateway_id: str) -> float:
        """Seconds until a gateway that is turned away shall come again."""
        return self._turns.turned_away(gateway_id, time.monotonic())

    def _turn_away(self, gateway_id: str, reason: str, words: str) -> TurnedAway:
        TURNED_AWAY.labels(reason).inc()
        return TurnedAway(reason, words, self.wait_s(gateway_id))

    def _free_bytes(self) -> int:
        now = time.monotonic()
        if now - self._free[0] > _ROOM_LOOKED_AT_S:
            status = os.statvfs(self._disk)
            self._free = now, status.f_bavail * status.f_frsize
            FREE_BYTES.set(self._free[1])
        return self._free[1]


def _jitter() -> float:
    return random.uniform(0.5, 1.5)  # noqa: S311
