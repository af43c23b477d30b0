"""Answers as they are given out: signed when they leave, after what they say is durable."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from gateway.central.ledger import Ledger
from gateway.central.store import StoredAnswer, StoredPacket
from gateway.centre import Announcement, AnnouncementKind, Receipt, StatusAnswer, sign_answer
from gateway.trust import KeyExpired, Signer, time_now
from gateway.trust.signer import last_valid

RETURN_TOLD = timedelta(days=14)
"""How long a return is told; an office that was away longer finds the centre there anyway."""
OVERDUE_TOLD = timedelta(days=1)
"""How long an outage or maintenance is told beyond its expected end."""
ANNOUNCEMENTS_TOLD = 10
_ANNOUNCEMENTS_KEPT = 100


class AnswerSigner:
    """Signs what the store knows, under the ledger of now; safe in any thread.

    A receipt is not kept as it was signed: the same words are signed anew whenever they are asked for, by the key of
    now and under the ledger of now, which after a restoration is what they have to be.

    Parameters
    ----------
    centre_id : str
    key : Signer
    ledger : Ledger
    """

    def __init__(self, centre_id: str, key: Signer, ledger: Ledger) -> None:
        self.centre_id = centre_id
        self._key = key
        self._ledger = ledger
        self._announced: dict[Announcement, bytes] = {}

    @property
    def valid_until(self) -> datetime:
        """When the key's certificate ends, UTC."""
        return last_valid(self._key.certificates)

    def receipt(self, packet: StoredPacket) -> bytes:
        """The receipt of a packet that is held.

        Raises
        ------
        KeyProblem, StateUnusable
        """
        self._ledger.reached(packet.ordinal)
        return self._signed(
            Receipt(
                *(self.centre_id, self._ledger.ledger_id, packet.receipt_sequence, packet.gateway_id),
                *(packet.packet_id, packet.sha256, packet.size, packet.received),
            )
        )

    def answer(self, answer: StoredAnswer, ledger_id: str) -> bytes:
        """A receipt or a status.

        Raises
        ------
        KeyProblem
        """
        place = self.centre_id, ledger_id, answer.sequence, answer.gateway_id, answer.packet_id
        if answer.status is None:
            return self._signed(Receipt(*place, answer.sha256, answer.size, answer.at))
        return self._signed(StatusAnswer(*place, answer.status, answer.at, answer.words))

    def announcement(self, announcement: Announcement) -> bytes:
        """An announcement.

        Raises
        ------
        KeyProblem
        """
        jws = self._announced.get(announcement)
        if jws is None:
            jws = self._signed(announcement)
            if len(self._announced) >= _ANNOUNCEMENTS_KEPT:
                self._announced.clear()
            self._announced[announcement] = jws  # every office asks for it every minute
        return jws

    def _signed(self, answer: Receipt | StatusAnswer | Announcement) -> bytes:
        try:
            self._key.check_validity(time_now())
        except KeyExpired as error:
            raise KeyExpired(
                "The certificate of the centre's signing key is not valid by this machine's clock.",
                "Set the clock if it is wrong; else run `rekam central init --renew-signing`, start the centre again, "
                "and give centre.pem to all offices.",
            ) from error
        return sign_answer(answer, self._key)


def in_force(announcements: Sequence[Announcement], now: datetime) -> list[Announcement]:
    """Those that still count.

    Parameters
    ----------
    announcements : sequence of Announcement
        Newest first.
    now : datetime
        UTC.
    """
    counted: list[Announcement] = []
    for each in announcements:
        if each.kind is AnnouncementKind.RETURN:
            if now - each.issued <= RETURN_TOLD:
                counted.append(each)
            break  # it ends what was announced before
        if each.expected_return is None or now - each.expected_return <= OVERDUE_TOLD:
            counted.append(each)
    return counted[:ANNOUNCEMENTS_TOLD]


def whole_milliseconds(now: datetime | None = None) -> datetime:
    """The time in UTC, as answers state it."""
    now = now or datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
