"""A modem at the other end of a pseudo terminal, written from 3GPP TS 27.005 and 27.007; faults on demand."""

import os
import select
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.sms.submit import SubmittedPart, read_submit


def swapped(digits: str) -> str:
    padded = digits + "F" * (len(digits) % 2)
    return "".join(padded[place + 1] + padded[place] for place in range(0, len(padded), 2))


def status_report(reference: int, phone: str, status: int, stamp: str = "62116212000082") -> str:
    """A report in hexadecimal; 2026-11-26 21:00:00 at +07:00 where nothing else is said."""
    digits = phone.removeprefix("+")
    kind = "91" if phone.startswith("+") else "81"
    return f"0006{reference:02X}{len(digits):02X}{kind}{swapped(digits)}{stamp}{stamp}{status:02X}"


@dataclass
class Faults:
    """What goes wrong; each is used up once where it is a number."""

    mute: int = 0
    """So many commands get no answer at all."""
    hang_until_reset: bool = False
    hang_for_good: bool = False
    no_prompt: int = 0
    silent_after_pdu: int = 0
    cms_error: list[int] = field(default_factory=list)
    plain_error_on: str = ""
    byte_by_byte: bool = False
    unplug_after_pdu: bool = False
    no_reference: bool = False
    refuse_direct_reports: bool = False
    silent_on: str = ""
    """Commands that begin so get no answer, after a reset neither."""


class ModemSimulator:
    """Answers at `path` until it is closed.

    `sent` holds every part that the network took, in order.
    """

    def __init__(
        self,
        *,
        echo: bool = True,
        pin: str = "",
        registration: int = 1,
        memories: tuple[str, ...] = ("SM", "ME"),
        kept_most: int = 50,
    ) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave = slave  # held open, so that the modem lives on while nobody has its port
        self.echo = echo
        self.pin = pin
        self.locked = bool(pin)
        self.pin_tries = 0
        self.registration = registration
        self.faults = Faults()
        self.sent: list[SubmittedPart] = []
        self.commands: list[str] = []
        self.resets = 0
        self.memories = memories
        self.kept_most = kept_most
        self.stored: dict[int, str] = {}
        """Reports that are kept, by place."""
        self.lost: list[str] = []
        """Reports that nobody heard."""
        self.report_mode = 0
        """`<ds>` of AT+CNMI: 0 keeps none, 1 tells them, 2 keeps them."""
        self._memory = memories[0]
        self.reference = 250
        self._hanging = False
        self._pdu_due = 0
        self._input = b""
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="modem")
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join(60)
        self.unplug()

    def unplug(self) -> None:
        with self._lock:
            for descriptor in (self.master, self._slave):
                if descriptor >= 0:
                    os.close(descriptor)
            self.master = self._slave = -1

    def tell(self, text: str) -> None:
        """Say something unasked."""
        self._write(f"\r\n{text}\r\n")

    def report(self, reference: int, phone: str, status: int = 0, *, heard: bool = True, **stamp: str) -> None:
        """The network reports; `heard` is whether anybody has the port open, and so what is told arrives."""
        pdu = status_report(reference, phone, status, **stamp)
        if self.report_mode == 2 and len(self.stored) < self.kept_most:
            place = next(number for number in range(1, self.kept_most + 1) if number not in self.stored)
            self.stored[place] = pdu
            if heard:
                self.tell(f'+CDSI: "SR",{place}')
        elif self.report_mode == 1 and heard:
            self.tell(f"+CDS: {len(pdu) // 2 - 1}\r\n{pdu}")
        else:
            self.lost.append(pdu)

    def _run(self) -> None:
        while not self._closed.is_set():
            with self._lock:
                if self.master < 0:
                    return
                descriptor = self.master
                ready, _, _ = select.select([descriptor], [], [], 0.02)
                data = b""
                if ready:
                    with suppress(OSError):
                        data = os.read(descriptor, 4096)
            self._take(data)

    def _take(self, data: bytes) -> None:
        for byte in data:
            char = bytes((byte,))
            if char == b"\x1b":
                self._pdu_due, self._input = 0, b""
            elif self._pdu_due and char == b"\x1a":
                pdu, self._input = self._input.decode(), b""
                self._submit(pdu)
            elif char == b"\r" and not self._pdu_due:
                command, self._input = self._input.decode(), b""
                if command:
                    self._command(command)
            else:
                self._input += char

    def _write(self, text: str) -> None:
        data = text.encode("ascii")
        pieces = [data[place : place + 1] for place in range(len(data))] if self.faults.byte_by_byte else [data]
        with self._lock, suppress(OSError):
            for piece in pieces:
                if self.master >= 0:
                    os.write(self.master, piece)

    def _answer(self, *lines: str, final: str = "OK") -> None:
        self._write("".join(f"\r\n{line}\r\n" for line in (*lines, final)))

    def _command(self, command: str) -> None:
        self.commands.append(command)
        if self.faults.hang_for_good:
            return
        if command.startswith("AT+CFUN=1,1"):
            self.resets += 1
            self._hanging = self.faults.hang_until_reset = False
            self.echo, self.locked = True, bool(self.pin)
            self._answer()
            return
        if self.faults.hang_until_reset or (self.faults.silent_on and command.startswith(self.faults.silent_on)):
            return
        if self.faults.mute:
            self.faults.mute -= 1
            return
        if self.echo:
            self._write(f"{command}\r")
        if self.faults.plain_error_on and command.startswith(self.faults.plain_error_on):
            self._answer(final="ERROR")
            return
        name = command.removeprefix("AT").partition("=")[0].partition("?")[0]
        answers: dict[str, Callable[[str], None]] = {
            "": lambda _: self._answer(),
            "E0": self._echo_off,
            "+CMEE": lambda _: self._answer(),
            "+CMGF": lambda _: self._answer(),
            "+CPIN": self._sim,
            "+CREG": lambda _: self._answer(f"+CREG: 0,{self.registration}"),
            "+CSQ": lambda _: self._answer("+CSQ: 17,99"),
            "+CNMI": self._reports,
            "+CMGS": self._ask_pdu,
            "+CPMS": self._memories,
            "+CMGR": self._read,
            "+CMGL": self._list,
            "+CMGD": self._delete,
        }
        answers.get(name, lambda _: self._answer(final="ERROR"))(command)

    def _echo_off(self, _: str) -> None:
        self.echo = False
        self._answer()

    def _reports(self, command: str) -> None:
        mode = int(command.partition("=")[2].split(",")[3])
        if self.faults.refuse_direct_reports and mode == 1:
            self._answer(final="+CMS ERROR: 303")
            return
        self.report_mode = mode
        self._answer()

    def _memories(self, command: str) -> None:
        asked = command.partition("=")[2]
        if asked == "?":
            first = ",".join(f'"{each}"' for each in self.memories)
            self._answer(f'+CPMS: ({first}),("SM","ME"),("SM","ME")')
        elif asked.strip('"') in self.memories:
            self._memory = asked.strip('"')
            self._answer("+CPMS: 1,10,0,10,0,10")
        else:
            self._answer(final="+CMS ERROR: 302")

    def _sim(self, command: str) -> None:
        if command == "AT+CPIN?":
            self._answer(f"+CPIN: {'SIM PIN' if self.locked else 'READY'}")
            return
        self.pin_tries += 1
        self.locked = command != f'AT+CPIN="{self.pin}"'
        self._answer(final="+CME ERROR: 16" if self.locked else "OK")

    def _ask_pdu(self, command: str) -> None:
        if self.faults.no_prompt:
            self.faults.no_prompt -= 1
            return
        self._pdu_due = int(command.partition("=")[2])
        self._write("\r\n> ")

    def _submit(self, pdu: str) -> None:
        octets, self._pdu_due = self._pdu_due, 0
        if self.echo:
            self._write(pdu)
        if self.faults.cms_error:
            number = self.faults.cms_error.pop(0)
            if number:
                self._answer(final=f"+CMS ERROR: {number}")
                return
        if len(pdu) // 2 != octets + 1:
            self._answer(final="+CMS ERROR: 304")
            return
        self.sent.append(read_submit(bytes.fromhex(pdu)))
        self.reference = (self.reference + 1) & 0xFF
        if self.faults.unplug_after_pdu:
            self.unplug()
            return
        if self.faults.silent_after_pdu:
            self.faults.silent_after_pdu -= 1
            return
        self._answer(*(() if self.faults.no_reference else (f"+CMGS: {self.reference}",)))

    def _read(self, command: str) -> None:
        pdu = self.stored.get(int(command.partition("=")[2])) if self._memory == "SR" else None
        if pdu is None:
            self._answer(final="+CMS ERROR: 321")
            return
        self._answer(f"+CMGR: 0,,{len(pdu) // 2 - 1}\r\n{pdu}")

    def _list(self, _: str) -> None:
        kept = sorted(self.stored.items()) if self._memory == "SR" else []
        self._answer(*(f"+CMGL: {at},1,,{len(pdu) // 2 - 1}\r\n{pdu}" for at, pdu in kept))

    def _delete(self, command: str) -> None:
        if self._memory == "SR":
            self.stored.pop(int(command.partition("=")[2]), None)
        self._answer()
