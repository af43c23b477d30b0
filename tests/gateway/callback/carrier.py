"""Somebody who carries messages, and does with them what a test says; a list and its key."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path

from gateway.callback import (
    CallbackStore,
    Consent,
    NoticeDelivery,
    NoticeState,
    Occasion,
    Outbox,
    Purpose,
    SendingRules,
    Wish,
    read_templates,
)
from gateway.enrolment.local_cipher import LocalCipher
from gateway.sms import Accepted, DeliveryReport, SmsMessage, segments_of
from gateway.trust import ClockQuality, SignedTime

WIB = timezone(timedelta(hours=7))
NOON = datetime(2026, 11, 26, 12, 0, tzinfo=WIB).astimezone(UTC)
OFFICE = {"office": "Kelurahan Kedoya Selatan", "office_phone": "021-5801234"}
BACK = Occasion(Purpose.SERVICE_BACK, "outage-17")
KEEP = timedelta(days=30)
RULES = SendingRules(WIB, time(20), time(8), 100, timedelta(hours=72))


class Carrier:
    """Takes messages, unless `answers` holds what it does instead, in order."""

    def __init__(self, *, repeatable: bool = False) -> None:
        self.repeatable = repeatable
        self.taken: list[SmsMessage] = []
        self.answers: list[Exception | None] = []
        self.waiting: list[DeliveryReport] = []
        self.asked = self.noted = 0
        self.gone: Exception | None = None
        self.on_take: Callable[[SmsMessage], None] = lambda _: None

    def send(self, message: SmsMessage) -> Accepted:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.taken.append(message)
        self.on_take(message)
        parts = len(segments_of(message.text).parts)
        return Accepted(tuple(str((len(self.taken) + part) & 0xFF) for part in range(parts)), parts)

    def reports(self) -> list[DeliveryReport]:
        self.asked += 1
        if self.gone is not None:
            raise self.gone
        found, self.waiting = self.waiting, []
        return found

    def reports_noted(self) -> None:
        self.noted += 1

    def close(self) -> None:
        pass


def opened(folder: Path, clock_holds: Callable[[], bool] = lambda: True) -> CallbackStore:
    cipher = LocalCipher.open(folder / "keys", needed=(folder / "callbacks.sqlite3").exists(), name="callbacks.key")
    return CallbackStore.open(folder, cipher, NOON, clock_holds)


def wish(number: int = 1, *, consent: bool = True, purpose: Purpose = Purpose.SERVICE_BACK, **more: object) -> Wish:
    asked = Consent(NOON, "siti") if consent else None
    return Wish(f"Ibu {number}", f"0812-0000-{number:04}", purpose, str(more.get("reference", "")), asked)


def at(time: datetime = NOON, quality: ClockQuality = ClockQuality.TRUSTED, *, since_boot_s: float = 1.0) -> SignedTime:
    return SignedTime(time, since_boot_s, quality, None if quality is ClockQuality.UNTRUSTED else 0.01)


def delivery(store: CallbackStore, carrier: Carrier | None, rules: SendingRules = RULES) -> NoticeDelivery:
    return NoticeDelivery(Outbox(store), carrier, rules, lambda: 1.0)


def queue(store: CallbackStore, occasion: Occasion = BACK, now: datetime = NOON) -> int:
    return Outbox(store).queue(occasion, read_templates(None), OFFICE, now).queued


def fill(store: CallbackStore, count: int = 3) -> None:
    for number in range(1, count + 1):
        store.add(wish(number), NOON, KEEP)
    assert queue(store) == count


def states(store: CallbackStore) -> list[NoticeState]:
    return [notice.state for notice in reversed(Outbox(store).notices())]


def after(outage: int) -> Occasion:
    return Occasion(Purpose.SERVICE_BACK, f"outage-{outage}")
