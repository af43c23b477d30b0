"""The call-back list and its notices, put together: what they lie under, how they leave, when they are looked after."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

import structlog

from gateway.callback import (
    CallbackError,
    CallbackPurger,
    CallbackStore,
    Held,
    NoticeDelivery,
    NoticeTemplates,
    Occasion,
    Outbox,
    Pass,
    Purpose,
    SendingRules,
    read_templates,
)
from gateway.callback.database import FILE_NAME
from gateway.callback.outbox import Queued
from gateway.callback.templates import TemplatesUnusable
from gateway.config import CallbackSettings, Config, OfficeSettings, SmsSettings
from gateway.enrolment.local_cipher import LocalCipher
from gateway.guidance import LocalizedText
from gateway.office_zone import office_zone
from gateway.papers import Office
from gateway.purge import Purger
from gateway.reference_number import reference_number
from gateway.service.errors import TemplatesUnusableError
from gateway.sms import (
    HttpProvider,
    HttpProviderSettings,
    MessageSender,
    Modem,
    ModemSettings,
    ModemStatus,
    SmsUnavailable,
)
from gateway.sms.serial_port import SerialPort
from gateway.trust import ClockQuality, KeyPinWrong, KeyPlaces, KeyProblem, read_pin, time_now

log = structlog.get_logger(__name__)

KEY_NAME = "callbacks.key"
PERIOD_S = 30.0
"""Between two looks at what may leave."""
CLOSE_S = 10.0


@dataclass(frozen=True)
class WayOut:
    """How messages leave."""

    kind: str
    """`modem`, `http` or `none`."""
    modem: ModemStatus | None
    problem: LocalizedText | None
    spent_today: int


class PeopleOffice:
    """The list of this gateway; made by `open`, ended by `close`; any thread may call."""

    def __init__(
        self,
        store: CallbackStore,
        settings: CallbackSettings,
        office: OfficeSettings,
        messages_per_day: int,
        sender: MessageSender | None,
        problem: LocalizedText | None,
    ) -> None:
        self.store = store
        self.outbox = Outbox(store)
        self.keep = timedelta(days=settings.keep_days)
        self.zone = office_zone(office.time_zone)
        self.zone_name = office.time_zone
        self.office = Office(office.name, office.phone, office.address, office.font)
        self.letters = office.letters
        self._templates = settings.templates
        self._problem = problem
        self._trouble: LocalizedText | None = None
        self._words: LocalizedText | None = None
        self._words_problem()
        self._turn = threading.Lock()
        self.rules = rules = SendingRules(
            self.zone,
            settings.quiet_from,
            settings.quiet_until,
            messages_per_day,
            timedelta(hours=settings.give_up_hours),
        )
        self._delivery = NoticeDelivery(self.outbox, sender, rules)
        self._sender = sender

    @classmethod
    def open(cls, state: Path, config: Config, places: KeyPlaces) -> Self:
        """Open the list, and the way out that is configured; nothing is said to a modem yet.

        Parameters
        ----------
        state : Path
            The state folder, whose lock the spool holds.
        config : Config
        places : KeyPlaces
            What the local key is closed with.

        Raises
        ------
        CallbackError, KeyProblem
        """
        needed = (state / FILE_NAME).exists()
        cipher = LocalCipher.open(state / "keys", places.passphrase, places.token, needed=needed, name=KEY_NAME)
        store = CallbackStore.open(state, cipher, time_now().wall, _clock_holds)
        if store.incident is not None:
            log.error("callbacks_incident", cause=store.incident.cause, remedy=store.incident.remedy)
        sender, problem = way_out(config.sms)
        return cls(store, config.callbacks, config.office, config.sms.messages_per_day, sender, problem)

    def close(self) -> None:
        """Let go of the modem and the list; a message that is just being handed over gets a while for its answer."""
        self._delivery.stop()
        waited = self._turn.acquire(timeout=CLOSE_S)
        try:
            # A modem that still does not answer is cut off: what it was given is uncertain then, and written down so.
            self._delivery.close()
        finally:
            if waited:
                self._turn.release()
        self.store.close()

    def purgers(self) -> tuple[Purger, ...]:
        """What erases here what is past its days."""
        return (CallbackPurger(self.store, self.keep),)

    def service_is_back(self, outage_id: str) -> Queued:
        """Write notices for everybody who waits for the service.

        The outage's id keeps them from being told twice of it, and having been told of an earlier one from being told
        again as the line comes and goes.

        Raises
        ------
        TemplatesUnusableError, CallbackError, KeyProblem
        """
        return self.queue(Occasion(Purpose.SERVICE_BACK, outage_id))

    def service_is_away(self) -> int:
        """Take back what waits to say that the service is back: it is not, and people would come in vain.

        Raises
        ------
        CallbackError
        """
        return self.outbox.withdraw(Purpose.SERVICE_BACK)

    def card_is_ready(self, enrolment_id: str) -> Queued:
        """Write notices for everybody who waits for the card of an enrolment.

        Raises
        ------
        TemplatesUnusableError, CallbackError, KeyProblem
        """
        return self.queue(Occasion(Purpose.CARD_READY, reference_number(enrolment_id)))

    def make_good_cards(self, ready: Callable[[], Iterable[str]]) -> int:
        """Write the notices of cards that became ready while none could be written: a crash or a fault came between.

        Parameters
        ----------
        ready : callable
            Gives the enrolments whose card is ready; asked where somebody waits for a card.

        Returns
        -------
        int
            How many were written; who was told before is not told again.

        Raises
        ------
        TemplatesUnusableError, CallbackError, KeyProblem
        """
        waited_for = {
            line.wish.reference
            for line in self.store.lines(Purpose.CARD_READY)
            if line.notice is None and line.wish.consent is not None
        }
        if not waited_for:
            return 0
        return sum(self.card_is_ready(each).queued for each in ready() if reference_number(each) in waited_for)

    def queue(self, occasion: Occasion) -> Queued:
        """Write notices for an occasion.

        Raises
        ------
        TemplatesUnusableError, CallbackError, KeyProblem, ValueError
        """
        fields = {"office": self.office.name, "office_phone": self.office.phone}
        return self.outbox.queue(occasion, self.templates(), fields, time_now().wall)

    def templates(self) -> NoticeTemplates:
        """The words as the file has them now.

        Raises
        ------
        TemplatesUnusableError
        """
        problem, words = self._words_problem()
        if words is None:
            raise TemplatesUnusableError(problem)
        return words

    def _words_problem(self) -> tuple[str, NoticeTemplates | None]:
        try:
            words = read_templates(self._templates)
        except TemplatesUnusable as error:
            text = str(error)
            self._words = LocalizedText(
                id=f"Templat pesan tidak dapat dipakai: {text}", en=f"The words of notices cannot be used: {text}"
            )
            return text, None
        self._words = None
        return "", words

    def step(self, *, clock_is_right: bool = False, at_once: bool = False) -> Pass:
        """Hand over what may leave now. Blocking: a modem takes its time.

        Raises
        ------
        CallbackError, KeyProblem
        """
        with self._turn:
            done = self._delivery.step(time_now(), clock_is_right=clock_is_right, at_once=at_once)
        self._told_trouble(str(done.problem) if done.held is Held.UNAVAILABLE and done.problem is not None else "")
        return done

    def way_out(self) -> WayOut:
        """How messages leave, and how the modem stands. Blocking.

        Raises
        ------
        CallbackError
        """
        sender = self._sender
        kind = "modem" if isinstance(sender, Modem) else "none" if sender is None else "http"
        status, problem = None, self._problem
        if isinstance(sender, Modem):
            try:
                with self._turn:
                    status = sender.status()
            except SmsUnavailable as error:
                problem = LocalizedText(id=str(error), en=str(error))
        return WayOut(kind, status, problem, self.outbox.spent(self.rules.day_of(time_now().wall)))

    async def watch(self, period_s: float = PERIOD_S) -> None:
        """Send what is due and erase what is past its days, again and again, until it is cancelled."""
        while True:
            try:
                await asyncio.to_thread(self._look)
            except (CallbackError, KeyProblem) as error:
                self._told_trouble(str(error))
            except Exception as error:
                # A bug must not end the watch; its words, which may quote a message, stay out of the log.
                log.error("notices_failed", kind=type(error).__name__)
            await asyncio.sleep(period_s)

    def warnings(self) -> list[LocalizedText]:
        """What needs a person, now."""
        found = [each for each in (self._problem, self._trouble) if each is not None]
        if self.store.incident is not None:
            text = str(self.store.incident)
            found.append(LocalizedText(id=text, en=text))
        if self._words is not None:
            found.append(self._words)
        return found

    def _told_trouble(self, why: str) -> None:
        self._trouble = (
            LocalizedText(
                id=f"Pesan tidak dapat dikirim sekarang, dan dicoba lagi sendiri: {why}",
                en=f"Messages cannot leave now, and are tried again by themselves: {why}",
            )
            if why
            else None
        )

    def _look(self) -> None:
        self._words_problem()
        now = time_now()
        if now.quality is not ClockQuality.UNTRUSTED:
            # By a wrong clock everybody's days are over.
            self.store.purge(now.wall, self.keep)
        if self._sender is not None:
            self.step()


def _clock_holds() -> bool:
    return time_now().quality is not ClockQuality.UNTRUSTED


def way_out(settings: SmsSettings) -> tuple[MessageSender | None, LocalizedText | None]:
    """How messages leave; None with the reason where what is configured cannot be used, as captures go on then."""
    try:
        if settings.port:
            pin = read_pin(settings.pin) if settings.pin is not None else None
            return Modem(SerialPort(settings.port, settings.baud), ModemSettings(pin=pin)), None
        if settings.http is not None:
            http = settings.http
            secrets = {name: _secret(credential) for name, credential in http.secrets.items()}
            return HttpProvider(HttpProviderSettings(**{**http.model_dump(), "secrets": secrets})), None
    except KeyPinWrong as error:
        return None, _unusable(error.cause)
    except (ValueError, OSError) as error:
        return None, _unusable(str(error))
    return None, None


def _secret(credential: str) -> str:
    found = read_pin(credential)
    if found is None:
        raise ValueError(f"secrets: neither the credential {credential} nor a variable of that name is there")
    return found


def _unusable(why: str) -> LocalizedText:
    log.error("sms_unusable", cause=why)
    return LocalizedText(
        id=f"Pesan tidak dapat dikirim, karena [sms] tidak dapat dipakai: {why}",
        en=f"Messages cannot leave, as [sms] cannot be used: {why}",
    )
