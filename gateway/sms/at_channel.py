"""AT commands and their answers over a port: lines put together, echoes dropped, what comes unasked kept apart."""

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from gateway.sms.errors import SmsUnavailable
from gateway.sms.serial_port import Port

MAX_LINE = 1024
"""Bytes: the longest line is a PDU of 176 octets in hexadecimal."""
MAX_LINES = 200
MAX_UNASKED = 500
CTRL_Z, ESCAPE = b"\x1a", b"\x1b"
_ERROR = re.compile(r"\+(CM[SE]) ERROR: ?(\d+)|ERROR|COMMAND NOT SUPPORT|NO CARRIER")
# 3GPP TS 27.005 clause 3.4: new messages and reports; 27.007: registration, ringing. A line of the same name that
# answers our own query is told apart by the command that is under way.
_UNASKED = re.compile(
    r"\+(CDS|CDSI|CMT|CMTI|CBM|CBMI|CRING|CUSD|CREG|CGREG|CEREG|CLIP)\b|RING$|\^|\*|SMS READY|CALL READY|RDY$", re.I
)
_WITH_PDU = re.compile(r"\+(CDS|CMT|CBM): ?")
"""These go on with a line that holds a PDU."""


class ModemSilent(Exception):
    """Nothing more came in time.

    Parameters
    ----------
    doing : str
        What was waited for.
    """

    def __init__(self, doing: str) -> None:
        super().__init__(f"the modem did not answer in time ({doing})")
        self.doing = doing


class AtError(Exception):
    """The modem answered with an error.

    Parameters
    ----------
    name : str
        `CMS`, `CME`, or empty.
    number : int or None
    """

    handed_over = False
    """A message was, before the modem said it."""

    def __init__(self, name: str, number: int | None) -> None:
        super().__init__(f"{name or 'ERROR'} {'' if number is None else number}".strip())
        self.name = name
        self.number = number


@dataclass(frozen=True)
class Unasked:
    """A line that came by itself, and the PDU line after it where there is one."""

    line: str
    pdu: str = ""


class AtChannel:
    """One conversation with a modem; used by one thread at a time.

    Parameters
    ----------
    port : Port
    clock : callable
        Seconds, monotonic.
    """

    def __init__(self, port: Port, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = port
        self._clock = clock
        self._buffer = b""
        self._lines: deque[str] = deque()
        self._announced = ""
        self._unasked: deque[Unasked] = deque(maxlen=MAX_UNASKED)

    def command(self, text: str, within_s: float, most_lines: int = MAX_LINES) -> list[str]:
        """Send a command; the lines before its `OK`.

        Parameters
        ----------
        text : str
        within_s : float
        most_lines : int
            That an answer may have.

        Raises
        ------
        AtError
            The modem refused it.
        ModemSilent
            No final line came in time.
        SmsUnavailable
            The port went away, or what comes is no modem's.
        """
        self._forget()
        self._port.write(text.encode("ascii") + b"\r")
        return self._answer(text, self._clock() + within_s, most_lines)

    def submit(self, command: str, pdu: str, prompt_s: float, network_s: float) -> list[str]:
        """Send a command that asks for a PDU, wait for its prompt, send the PDU; the lines before `OK`.

        Raises
        ------
        ModemSilent
            `doing` is `prompt` where nothing was handed over yet, `network` where it was.
        AtError, SmsUnavailable
        """
        self._forget()
        self._port.write(command.encode("ascii") + b"\r")
        self._await_prompt(command, self._clock() + prompt_s)
        try:
            self._port.write(pdu.encode("ascii") + CTRL_Z)
            return self._answer(pdu, self._clock() + network_s)
        except (ModemSilent, SmsUnavailable) as error:
            # The last byte may have arrived: only the network knows.
            raise ModemSilent("network") from error
        except AtError as error:
            error.handed_over = True
            raise

    def interrupt(self) -> None:
        """Leave a prompt that waits for a PDU; harmless elsewhere.

        Raises
        ------
        SmsUnavailable
        """
        self._port.write(ESCAPE + b"\r")

    def unasked(self) -> list[Unasked]:
        """What came by itself since the last call; also what waits at the port.

        Raises
        ------
        SmsUnavailable
        """
        while self._receive():
            pass
        while self._lines:
            self._sort(self._lines.popleft())
        found = list(self._unasked)
        self._unasked.clear()
        return found

    def drop(self) -> None:
        """Forget what was half read; after the port was opened anew."""
        self._buffer, self._announced = b"", ""
        self._lines.clear()

    def _forget(self) -> None:
        """Before a command: what came so far is no answer to it."""
        while self._receive():
            pass
        while self._lines:
            self._sort(self._lines.popleft())
        self._buffer = b""

    def _await_prompt(self, command: str, deadline: float) -> None:
        while True:
            while self._lines:
                line = self._lines.popleft()
                self._raise_error(line)
                if line != command:
                    self._sort(line)
            if self._buffer.lstrip().startswith(b">"):
                self._buffer = b""
                return
            self._wait(deadline, "prompt")

    def _answer(self, sent: str, deadline: float, most_lines: int = MAX_LINES) -> list[str]:
        found: list[str] = []
        asked = re.match(r"AT\+(\w+)", sent)
        own = f"+{asked[1]}" if asked else ""
        while True:
            while self._lines:
                line = self._lines.popleft()
                if line == "OK":
                    return found
                if line == sent or line.strip("> \x1a") == sent:
                    continue  # its echo
                self._raise_error(line)
                if self._announced or (_UNASKED.match(line) and not (own and line.startswith(f"{own}:"))):
                    self._sort(line)
                elif len(found) < most_lines:
                    found.append(line)
                else:
                    raise SmsUnavailable("What answers at the modem's port is no modem.", "Mend [sms] port.")
            self._wait(deadline, "answer")

    def _raise_error(self, line: str) -> None:
        error = _ERROR.fullmatch(line)
        if error is not None:
            raise AtError(error[1] or "", int(error[2]) if error[2] else None)

    def _sort(self, line: str) -> None:
        if self._announced:
            self._unasked.append(Unasked(self._announced, line))
            self._announced = ""
        elif _WITH_PDU.match(line):
            self._announced = line
        elif _UNASKED.match(line):
            self._unasked.append(Unasked(line))
        # Anything else answers a command that was given up.

    def _wait(self, deadline: float, doing: str) -> None:
        if not self._receive() and self._clock() >= deadline:
            raise ModemSilent(doing)

    def _receive(self) -> bool:
        """Take what has come into whole lines; whether anything came."""
        came = self._port.read()
        self._buffer += came
        *whole, self._buffer = re.split(rb"[\r\n]+", self._buffer)
        self._lines.extend(text for line in whole if (text := line.decode("ascii", "replace").strip()))
        if len(self._buffer) > MAX_LINE or len(self._lines) > MAX_LINES:
            self.drop()
            raise SmsUnavailable("What comes from the modem's port is no modem's.", "Mend [sms] port and [sms] baud.")
        return bool(came)
