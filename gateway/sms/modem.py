"""A GSM modem that sends messages and hears what became of them (3GPP TS 27.005 in PDU mode, 27.007)."""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from gateway.sms.at_channel import MAX_LINES, AtChannel, AtError, ModemSilent, Unasked
from gateway.sms.errors import SmsRefused, SmsUnavailable, SmsUncertain
from gateway.sms.modem_errors import message_error, modem_error
from gateway.sms.serial_port import Port
from gateway.sms.status_report import read_status_report
from gateway.sms.submit import submit_pdus
from gateway.sms.values import Accepted, DeliveryReport, SmsMessage

log = structlog.get_logger(__name__)

_REGISTERED = (1, 5)
"""Home and roaming (3GPP TS 27.007 clause 7.2)."""
# 3GPP TS 27.005 clause 3.4.1, `<ds>`: 1 tells a report as it comes (+CDS), and one that nobody hears is gone; 2 keeps
# it in the modem, and tells where (+CDSI). `<mt>` 1 keeps what people answer, which is not read here.
_REPORTS_DIRECT = "AT+CNMI=2,1,0,1,0"
_REPORTS_STORED = "AT+CNMI=2,1,0,2,0"
_REPORT_MEMORY = "SR"
"""Of status reports (clause 3.1)."""
_MAX_KEPT = 1000
"""Lines of the list of kept reports, two for each; the memories of SIM cards and modems hold some tens to hundreds."""
_PDU = r"(?:[0-9A-Fa-f]{2}){8,}"
_ASK = "Ask the person whether the message came."


@dataclass(frozen=True)
class ModemSettings:
    """How long a modem may take, in seconds, and its PIN.

    Parameters
    ----------
    pin : str or None
        Of the SIM card; tried once in the life of the process, as a card locks after three wrong ones.
    answer_s : float
        For commands that the modem answers by itself.
    prompt_s, network_s : float
        For the prompt of a message, and for the network to take it; networks may take a minute.
    restart_s : float
        For a modem that was reset to answer again.
    """

    pin: str | None = None
    answer_s: float = 5.0
    prompt_s: float = 5.0
    network_s: float = 90.0
    restart_s: float = 45.0


@dataclass(frozen=True)
class ModemStatus:
    """How the modem stands."""

    sim: str
    """`READY`, or what it wants."""
    registered: bool
    signal_dbm: int | None
    """None where it is not known."""


class Modem:
    """A `MessageSender` by a modem; used by one thread at a time.

    Nothing says afterwards whether a message left whose answer was lost, so that it is not `repeatable`; a delivery
    report may settle it later.

    Parameters
    ----------
    port : Port
    settings : ModemSettings
    clock : callable
        Seconds, monotonic.
    """

    repeatable = False

    def __init__(
        self, port: Port, settings: ModemSettings | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._port = port
        self._settings = settings or ModemSettings()
        self._clock = clock
        self._at = AtChannel(port, clock)
        self._ready = False
        self._hung = False
        self._pin_tried = False
        self._memory_hangs = False
        """The modem fell silent over its kept reports: it is not asked for them again in this run."""
        self._given: list[tuple[str, str]] = []
        """Memory and place of reports that were given, and may be deleted once they are noted."""
        self._joined = int(clock() * 1000) & 0xFF
        self._reports: list[DeliveryReport] = []

    def send(self, message: SmsMessage) -> Accepted:
        """See `MessageSender`."""
        try:
            pdus = submit_pdus(message.phone, message.text, self._next_joined())
        except ValueError as error:
            raise SmsRefused(f"The message cannot be sent: {error}.", "Mend the number or the template.") from error
        self._connect()
        references: list[str] = []
        for pdu in pdus:
            try:
                references.append(self._submit(pdu.hexadecimal, pdu.tpdu_octets))
            except (SmsUnavailable, SmsRefused) as error:
                if not references:
                    raise
                raise SmsUncertain(f"Only {len(references)} of {len(pdus)} parts left: {error.cause}", _ASK) from error
        return Accepted(tuple(references), len(pdus))

    def reports(self) -> list[DeliveryReport]:
        """See `MessageSender`."""
        self._connect()
        try:
            for each in self._at.unasked():
                self._hear(each)
        except SmsUnavailable:
            self._ready = False  # a port that went away is opened again
            raise
        found, self._reports = self._reports, []
        return found

    def reports_noted(self) -> None:
        """See `MessageSender`. What cannot be deleted now is given again later."""
        with suppress(SmsUnavailable):
            while self._given and not self._reports and self._ready:
                memory, place = self._given.pop()
                self._ask(f'AT+CPMS="{memory}"')
                self._ask(f"AT+CMGD={place}")

    def status(self) -> ModemStatus:
        """SIM card, registration and signal, now.

        Raises
        ------
        SmsUnavailable
        """
        self._open()
        return ModemStatus(self._sim(), self._registration() in _REGISTERED, self._signal())

    def close(self) -> None:
        """See `MessageSender`."""
        self._ready = False
        self._port.close()

    def _next_joined(self) -> int:
        self._joined = (self._joined + 1) & 0xFF
        return self._joined

    def _submit(self, pdu: str, octets: int) -> str:
        settings = self._settings
        try:
            lines = self._at.submit(f"AT+CMGS={octets}", pdu, settings.prompt_s, settings.network_s)
        except AtError as error:
            told = message_error(error.number) if error.name == "CMS" and error.number is not None else None
            if told is not None and (error.handed_over or not isinstance(told, SmsUncertain)):
                raise told from error
            if not error.handed_over:
                self._ready = False  # its SIM card and its network are looked at before it is tried again
                raise modem_error(error.name, error.number) from error
            raise SmsUncertain(f"The modem said {error} to a message.", _ASK) from error
        except ModemSilent as error:
            self._give_up()
            if error.doing == "prompt":
                raise SmsUnavailable("The modem hangs.", "It is reset and tried again by itself.") from error
            raise SmsUncertain("The modem fell silent while the message left.", _ASK) from error
        except SmsUnavailable:
            self._ready = False
            raise
        for line in lines:
            reference = re.match(r"\+CMGS: ?(\d{1,3})", line)
            if reference:
                return reference[1]
        raise SmsUncertain("The modem took the message without a reference.", _ASK)

    def _connect(self) -> None:
        """Make the modem ready to send, unless it is."""
        if self._ready:
            return
        self._open()
        self._unlock()
        registration = self._registration()
        if registration not in _REGISTERED:
            cause = "The network denies this SIM card." if registration == 3 else "The modem has no network yet."
            remedy = "Look at the antenna and the SIM card's credit, or move the modem to a window."
            raise SmsUnavailable(cause, remedy)
        self._ask("AT+CMGF=0")
        self._ask_for_reports()
        self._ready = True

    def _ask_for_reports(self) -> None:
        """Have reports kept by the modem where it can, so that those are not lost that come while nobody listens."""
        if self._keeps_reports():
            return
        for command in (_REPORTS_DIRECT, _REPORTS_STORED):
            try:
                self._ask(command)
                return
            except SmsUnavailable as error:
                if not _is_refusal(error):
                    raise
        log.warning("delivery_reports_not_told")  # it sends all the same

    def _keeps_reports(self) -> bool:
        """Whether the modem has a memory of reports, and now keeps them there; what it kept is taken.

        A modem that hangs over it is reset, and not asked again.
        """
        if self._memory_hangs:
            return False
        self._memory_hangs = True
        try:
            kept = _REPORT_MEMORY in _first_memories(self._ask("AT+CPMS=?"))
            if kept:
                self._ask(_REPORTS_STORED)
                self._take_kept()
        except SmsUnavailable as error:
            self._memory_hangs = self._hung
            if not _is_refusal(error):
                raise
            kept = False
        self._memory_hangs = False
        return kept

    def _open(self) -> None:
        self._port.open()
        if self._hung:
            self._reset()
        if self._ready:
            return
        self._at.drop()
        try:
            self._at.interrupt()
            self._greet(2)
        except ModemSilent:
            self._reset()
        self._ask("ATE0")
        with suppress(SmsUnavailable):
            self._ask("AT+CMEE=1")

    def _greet(self, tries: int) -> None:
        """AT until it is answered: the first may end a line that another program left half written."""
        for left in reversed(range(tries)):
            try:
                self._at.command("AT", self._settings.answer_s / tries)
                return
            except (ModemSilent, AtError) as error:
                if left == 0:
                    raise ModemSilent("greeting") from error

    def _reset(self) -> None:
        """Restart a modem that hangs (3GPP TS 27.007 clause 8.2); its port may go away and come back meanwhile."""
        log.warning("modem_reset")
        self._ready = False
        with suppress(ModemSilent, AtError, SmsUnavailable):
            self._at.interrupt()
            self._at.command("AT+CFUN=1,1", self._settings.answer_s)
        deadline = self._clock() + self._settings.restart_s
        while True:
            try:
                self._port.close()
                self._port.open()
                self._at.drop()
                self._greet(1)
            except (ModemSilent, SmsUnavailable) as error:
                if self._clock() >= deadline:
                    self._hung = True
                    raise SmsUnavailable(
                        "The modem does not answer, not even after a reset.", "Unplug it and plug it in again."
                    ) from error
                with suppress(SmsUnavailable):
                    self._port.read()  # waits for a slice
                continue
            self._hung = False
            return

    def _unlock(self) -> None:
        sim = self._sim()
        if sim == "READY":
            return
        if sim != "SIM PIN":
            raise SmsUnavailable(f"The SIM card wants {sim}.", "Unlock it in a telephone.")
        pin = self._settings.pin
        if pin is None:
            raise SmsUnavailable(
                "The SIM card wants its PIN.", "Give it as the credential named in [sms] pin, or switch its PIN off."
            )
        if self._pin_tried:
            raise SmsUnavailable(
                "The SIM card did not take its PIN, which is not tried again lest the card locks.",
                "Mend the credential named in [sms] pin and start the gateway again.",
            )
        if not re.fullmatch(r"[0-9]{4,8}", pin):
            raise SmsUnavailable("The SIM card's PIN is not of 4 to 8 digits.", "Mend the credential of [sms] pin.")
        self._pin_tried = True
        self._ask(f'AT+CPIN="{pin}"', self._settings.answer_s * 4)
        if self._sim() != "READY":
            raise SmsUnavailable("The SIM card is not ready yet.", "It is tried again by itself.")

    def _sim(self) -> str:
        for line in self._ask("AT+CPIN?", self._settings.answer_s * 2):
            if line.startswith("+CPIN:"):
                return line.removeprefix("+CPIN:").strip()
        raise SmsUnavailable("The modem does not say how its SIM card stands.", "Take the card out and put it back.")

    def _registration(self) -> int:
        for line in self._ask("AT+CREG?"):
            found = re.match(r"\+CREG: ?\d+,(\d+)", line)
            if found:
                return int(found[1])
        return 0

    def _signal(self) -> int | None:
        for line in self._ask("AT+CSQ"):
            found = re.match(r"\+CSQ: ?(\d+)", line)
            if found and int(found[1]) <= 31:
                return -113 + 2 * int(found[1])  # 3GPP TS 27.007 clause 8.5
        return None

    def _ask(self, command: str, within_s: float | None = None, most_lines: int = MAX_LINES) -> list[str]:
        try:
            return self._at.command(command, within_s or self._settings.answer_s, most_lines)
        except AtError as error:
            raise modem_error(error.name, error.number) from error
        except ModemSilent as error:
            self._give_up()
            raise SmsUnavailable("The modem hangs.", "It is reset and tried again by itself.") from error

    def _give_up(self) -> None:
        self._ready = False
        self._hung = True

    def _hear(self, unasked: Unasked) -> None:
        stored = re.match(r'\+CDSI: ?"(\w{2})",(\d{1,5})$', unasked.line)
        pdu = self._stored_report(stored[1], int(stored[2])) if stored else ""
        if unasked.line.startswith("+CDS:"):
            pdu = unasked.pdu
        if pdu:
            self._read_report(pdu)

    def _read_report(self, pdu: str) -> None:
        try:
            self._reports.append(read_status_report(bytes.fromhex(pdu)))
        except ValueError as error:
            log.warning("delivery_report_unreadable", error=str(error))

    def _take_kept(self) -> None:
        """Reports that the modem kept while nobody listened (3GPP TS 27.005 clause 3.4.2)."""
        index = ""
        self._given = []  # all of them are listed
        self._ask(f'AT+CPMS="{_REPORT_MEMORY}"')
        for line in self._ask("AT+CMGL=4", most_lines=_MAX_KEPT):
            listed = re.match(r"\+CMGL: ?(\d{1,5}),", line)
            if listed:
                index = listed[1]
            elif index and re.fullmatch(_PDU, line):
                self._read_report(line)
                self._given.append((_REPORT_MEMORY, index))
                index = ""

    def _stored_report(self, memory: str, index: int) -> str:
        """A report that the modem keeps until it is noted."""
        with suppress(SmsUnavailable):
            self._ask(f'AT+CPMS="{memory}"')
            for line in self._ask(f"AT+CMGR={index}"):
                if re.fullmatch(_PDU, line):
                    self._given.append((memory, str(index)))
                    return line
        return ""


def _is_refusal(error: SmsUnavailable) -> bool:
    """Whether the modem answered, and would not: it neither hangs nor is gone."""
    return isinstance(error.__cause__, AtError)


def _first_memories(answer: list[str]) -> list[str]:
    """Memories from which messages are read, of the answer to `AT+CPMS=?` (3GPP TS 27.005 clause 3.2.2)."""
    for line in answer:
        found = re.match(r"\+CPMS: ?\(([^)]*)\)", line)
        if found:
            return re.findall(r'"(\w{2})"', found[1])
    return []
