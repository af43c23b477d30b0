"""The way of a notice from the outbox to the telephone: at a decent hour, within the day's cost, one try at a time."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum

import structlog

from gateway.callback.outbox import Begun, DayIsSpent, Outbox
from gateway.sms import (
    DeliveryReport,
    MessageSender,
    SmsError,
    SmsMessage,
    SmsRefused,
    SmsUnavailable,
    SmsUncertain,
)
from gateway.trust import ClockQuality, SignedTime

log = structlog.get_logger(__name__)

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)
LONGEST_REST_S = 900.0
"""After which a modem that does not answer is asked again; of the machine's own seconds, which nobody sets."""
IN_A_PASS = 20
"""Notices handed over in one pass; a modem takes some seconds for each."""


class Held(StrEnum):
    """Why nothing leaves now."""

    NO_WAY_OUT = "no_way_out"
    """Neither a modem nor a provider is configured."""
    CLOCK_UNTRUSTED = "clock_untrusted"
    """Nobody knows whether it is night."""
    QUIET_HOURS = "quiet_hours"
    DAY_IS_SPENT = "day_is_spent"
    UNAVAILABLE = "unavailable"
    """The modem or the provider does not take anything now."""


@dataclass(frozen=True)
class SendingRules:
    """When and how much.

    Parameters
    ----------
    zone : tzinfo
        Of the office.
    quiet_from, quiet_until : time
        By that zone; nothing leaves from the one to the other, over midnight too. Equal: no quiet hours.
    messages_per_day : int
        Single messages; a long notice counts as several.
    give_up_after : timedelta
        A notice that waits longer is old news, and fails.
    """

    zone: tzinfo
    quiet_from: time
    quiet_until: time
    messages_per_day: int
    give_up_after: timedelta

    def is_quiet(self, now: datetime) -> bool:
        """Whether nobody is to be disturbed at `now`."""
        at = now.astimezone(self.zone).time()
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= at < self.quiet_until
        return at >= self.quiet_from or at < self.quiet_until

    def day_of(self, now: datetime) -> datetime:
        """The instant at which the office's day began."""
        local = now.astimezone(self.zone)
        return datetime.combine(local.date(), time(), self.zone)


@dataclass(frozen=True)
class Pass:
    """What one pass did."""

    sent: int = 0
    waiting: int = 0
    """Tried in vain, to be tried again."""
    failed: int = 0
    uncertain: int = 0
    reports: int = 0
    held: Held | None = None
    problem: SmsError | None = None
    """Of the modem or the provider."""


class NoticeDelivery:
    """Hands notices over; blocking, one thread at a time.

    Parameters
    ----------
    outbox : Outbox
    sender : MessageSender or None
        None: notices wait, and are printed.
    rules : SendingRules
    jitter : callable
        A number from 0 to 1, so that offices that fail together do not come back together.
    """

    def __init__(
        self,
        outbox: Outbox,
        sender: MessageSender | None,
        rules: SendingRules,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._sender = sender
        self._rules = rules
        self._jitter = jitter
        self._settled = False
        self._stopping = threading.Event()
        self._problem: SmsError | None = None
        self._heard: list[DeliveryReport] = []
        """Reports that are not written down yet."""
        self._rests = 0
        self._rest_until_s = 0.0

    def step(self, now: SignedTime, *, clock_is_right: bool = False, at_once: bool = False) -> Pass:
        """Take in reports, then hand over what is due.

        Parameters
        ----------
        now : SignedTime
        clock_is_right : bool
            A person looked, though the clock is not synchronised.
        at_once : bool
            A person waits: a modem that did not answer is asked again now, not when its rest is over.

        Raises
        ------
        CallbackError, KeyProblem
            The list cannot be written: nothing is handed over that is not written down.
        """
        if self._sender is None:
            return Pass(held=Held.NO_WAY_OUT)
        if not self._settled:
            cut_off = self._outbox.recover(now.wall, repeatable=self._sender.repeatable)
            self._settled = True
            if cut_off:
                log.warning("notices_cut_off", count=cut_off, tried_again=self._sender.repeatable)
        problem = self._problem if now.since_boot_s < self._rest_until_s and not at_once else None
        reports = 0
        if problem is None:
            reports, problem = self._reports(self._sender, now)
        clock_holds = now.quality is not ClockQuality.UNTRUSTED or clock_is_right
        if clock_holds:
            self._outbox.redate(now.wall)
            self._outbox.let_reports_lapse(now.wall)
        if problem is not None:
            return Pass(held=Held.UNAVAILABLE, problem=problem)
        if not clock_holds:
            return Pass(reports=reports, held=Held.CLOCK_UNTRUSTED)
        self._outbox.give_up(now.wall - self._rules.give_up_after, now.wall)
        if self._rules.is_quiet(now.wall):
            return Pass(reports=reports, held=Held.QUIET_HOURS)
        try:
            return self._hand_over(self._sender, now.wall, reports)
        except BaseException:
            self._settled = False  # what was handed over, and could not be noted, is settled by the next pass
            raise

    def stop(self) -> None:
        """Begin no further message; may be called from any thread."""
        self._stopping.set()

    def close(self) -> None:
        """Let go of the modem."""
        if self._sender is not None:
            self._sender.close()

    def _reports(self, sender: MessageSender, now: SignedTime) -> tuple[int, SmsError | None]:
        if not self._outbox.due(now.wall, 1) and not self._outbox.awaits_reports(now.wall):
            return 0, None  # the modem is left alone while there is nothing for it to do
        try:
            self._heard += sender.reports()
        except SmsUnavailable as error:
            # Each try may take a modem's reset: less and less often, while nobody plugs it in.
            self._rests = min(self._rests + 1, 10)
            self._rest_until_s = now.since_boot_s + min(LONGEST_REST_S, 30.0 * 2**self._rests)
            if str(error) != str(self._problem):
                log.warning("sms_unavailable", cause=error.cause, remedy=error.remedy)
            self._problem = error
            return 0, error
        self._problem, self._rests, self._rest_until_s = None, 0, 0.0
        noted = 0
        while self._heard:
            noted += self._outbox.reported(self._heard[0], now.wall)
            del self._heard[0]
        sender.reports_noted()
        return noted, None

    def _hand_over(self, sender: MessageSender, now: datetime, reports: int) -> Pass:
        sent = failed = uncertain = 0
        day = self._rules.day_of(now)
        for notice in self._outbox.due(now, IN_A_PASS):
            if self._stopping.is_set():
                break
            try:
                begun = self._outbox.begin(notice.notice_id, now, day, self._rules.messages_per_day)
            except DayIsSpent:
                return Pass(sent, 0, failed, uncertain, reports, Held.DAY_IS_SPENT)
            if begun is None:
                continue
            try:
                accepted = sender.send(SmsMessage(begun.notice_id, begun.letter.phone, begun.letter.text))
            except SmsUnavailable as error:
                self._outbox.not_sent(begun, now + self._wait(begun, error), "UNAVAILABLE", now)
                log.warning("sms_unavailable", cause=error.cause, remedy=error.remedy)
                # The next one would fare no better.
                return Pass(sent, 1, failed, uncertain, reports, Held.UNAVAILABLE, error)
            except SmsRefused as error:
                self._outbox.failed(begun, "REFUSED", now)
                log.warning("notice_refused", notice=begun.notice_id, cause=error.cause, remedy=error.remedy)
                failed += 1
            except SmsUncertain as error:
                self._outbox.uncertain(begun, "NO_ANSWER", now)
                log.warning("notice_uncertain", notice=begun.notice_id, cause=error.cause, remedy=error.remedy)
                uncertain += 1
            except Exception:
                # A bug of ours: whether it left nobody knows, and what it held stays out of the log.
                self._outbox.uncertain(begun, "FAULT", now)
                raise
            else:
                self._outbox.sent(begun, accepted, now)
                sent += 1
        return Pass(sent, 0, failed, uncertain, reports)

    def _wait(self, begun: Begun, error: SmsUnavailable) -> timedelta:
        """Full jitter over a time that doubles, after the time that whoever refused has asked for."""
        longest = min(LONGEST_RETRY, FIRST_RETRY * (1 << min(begun.number - 1, 10)))
        return timedelta(seconds=error.retry_s or 0.0) + longest * self._jitter()
