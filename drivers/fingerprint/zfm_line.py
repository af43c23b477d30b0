"""Commands to one ZFM family module and its replies, over a line that loses, garbles and delays bytes."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from drivers.errors import DeviceAccessDenied, DeviceHung, DeviceUnsupported
from drivers.fingerprint.zfm_packet import Packet, PacketDecoder, PacketKind, encode_packet
from drivers.transports.serial import SLICE_S, SerialLink, drain

REPLY_TIMEOUT_S = 1.5
"""Taking an image is the slowest command; the data sheets promise less than a second for it."""
PROBE_TIMEOUT_S = 0.3
"""A module checks a password at once."""
QUIET_S = 0.2
"""Nothing came for so long: the module has stopped sending."""
PAUSE_IN_IMAGE_S = 1.0
"""Nothing came for so long in the middle of an image: the rest does not come."""
SWITCH_S = 0.05
"""From the reply to a change of rate until the module listens at the new one."""
ATTEMPTS: Final = 3
PROBES: Final = 2
"""Attempts at what may well remain without an answer."""
LARGEST_IMAGE_BYTES: Final = 2 * 36864
"""Given up beyond, where the size is not known: twice the largest image of the family."""
SHORTEST_REPLY: Final = 12
BAUD_STEP: Final = 9600
RATES: Final = (57600, 115200, 9600, 38400, 19200)
"""Those that every module has (R503 manual 1.4.1: N is 1, 2, 4, 6 or 12), the usual ones first."""

Check = Callable[[], None]
"""Called in every wait, at least every 50 ms; what it raises ends the wait."""

_log = logging.getLogger(__name__)


class Instruction(IntEnum):
    """The commands that a scanner needs."""

    GET_IMAGE = 0x01
    UPLOAD_IMAGE = 0x0A
    SET_PARAMETER = 0x0E
    READ_PARAMETERS = 0x0F
    VERIFY_PASSWORD = 0x13
    FIRMWARE_VERSION = 0x3A
    PRODUCT_INFORMATION = 0x3C


OK: Final = 0x00
RECEIVED_WRONG: Final = 0x01
NO_FINGER: Final = 0x02
NOT_IMAGED: Final = 0x03
WRONG_PASSWORD: Final = 0x13
PASSWORD_NEEDED: Final = 0x21

_BAUD: Final = 4
PACKET_SIZE: Final = 6
"""Parameters that can be set."""
NO_DATA: Final = range(1)
PARAMETER_DATA: Final = range(16, 17)
VERSION_DATA: Final = range(1, 65)
PRODUCT_DATA: Final = range(46, 51)
"""46 bytes by the length in the R503 manual, 50 by its table."""


@dataclass(frozen=True)
class Reply:
    """An acknowledgement: its confirmation code, and the data after it."""

    code: int
    data: bytes


@dataclass(frozen=True)
class Upload:
    """The data packets of an image."""

    code: int
    """Confirmation code; no data where it is not 0."""
    data: bytes
    complete: bool
    """The last packet came."""
    broken: int = 0
    """Packets that came damaged, or what looked like one."""


class ZfmLine:
    """The module's end of a serial port, asked one command at a time.

    Replies carry no number, so that a late one looks like the next one's. After anything went wrong the line is
    therefore emptied until it is quiet, and brought into step by a command whose reply has a length of its own.

    Parameters
    ----------
    link : SerialLink
        To its port.
    address : int
        Of the module, 32 bits; packets of others are passed over.
    password : int
        32 bits.
    """

    def __init__(self, link: SerialLink, address: int, password: int) -> None:
        self._link = link
        self._address = address
        self._password = password.to_bytes(4, "big")
        self._decoder = PacketDecoder()
        self._packets: deque[Packet] = deque()
        self._in_step = True
        self._knows_parameters = False
        self._other_address: int | None = None
        self._heard_bytes = 0

    @property
    def port(self) -> str:
        """Where it is."""
        return self._link.port

    @property
    def baud(self) -> int:
        """The rate of the port."""
        return self._link.baud

    def open(self, baud: int) -> None:
        """Open the port; says nothing yet."""
        self._link.open(baud)
        self._in_step = True
        self._knows_parameters = False
        self._heard_bytes = 0
        self._other_address = None

    def close(self) -> None:
        """Give the port back."""
        self._link.close()

    def transfer_s(self, byte_count: int) -> float:
        """Seconds that an image of `byte_count` bytes takes: 10 bits a byte, 11 bytes more a packet of 128."""
        return byte_count * (1 + 11 / 128) * 10 / self.baud

    def find_rate(self, rates: Iterable[int], check: Check) -> int:
        """Set the first of `rates` at which the module answers, and verify its password.

        Raises
        ------
        DeviceAccessDenied
            It has another password.
        DeviceHung
            It answers at none.
        """
        asked = list(dict.fromkeys(rates))
        for baud in asked:
            try:
                self._link.set_baud(baud)
            except DeviceUnsupported as error:
                _log.info("zfm %s: %s", self.port, error)
                continue
            if self._answers(check):
                return baud
        raise DeviceHung(self._silence(f"at {', '.join(map(str, asked))} baud"))

    def change_rate(self, baud: int, check: Check) -> bool:
        """Move module and port to another rate; False where that does not work, and all is as it was.

        Raises
        ------
        DeviceHung
            The module answers at neither rate any more.
        """
        before = self.baud
        if baud == before:
            return True
        try:  # before the module is asked to follow
            self._link.set_baud(baud)
        except DeviceUnsupported:
            return False
        self._link.set_baud(before)
        for _ in range(ATTEMPTS):
            reply = self._exchange(Instruction.SET_PARAMETER, _rate(baud), NO_DATA, REPLY_TIMEOUT_S, check)
            if reply is not None and reply.code == RECEIVED_WRONG:
                continue
            if reply is not None and reply.code != OK:
                return False
            self._wait(SWITCH_S, check)
            if self._answers_at(baud, check):
                return True
            if not self._answers_at(before, check):
                return self._come_back(before, baud, check)
            if reply is not None:
                # R503 manual 1.4.1, chapter III: a new rate may wait for the next power-up. It shall not.
                self.ask(Instruction.SET_PARAMETER, _rate(before), check=check)
                return False
        return False

    def _come_back(self, before: int, baud: int, check: Check) -> bool:
        """The module went to `baud`, and the line does not carry its answers: send it back, unheard. Always False."""
        self._link.set_baud(baud)
        for _ in range(ATTEMPTS):
            self._link.write(self._command(Instruction.SET_PARAMETER, _rate(before)))
            self._wait(SWITCH_S, check)
        if self._answers_at(before, check):
            return False
        raise DeviceHung(self._silence(f"after its rate was changed from {before} to {baud} baud"))

    def read_parameters(self, check: Check) -> Reply | None:
        """The module's parameters, 16 bytes; None where it does not know the command (R308)."""
        reply = self.ask_if_known(Instruction.READ_PARAMETERS, PARAMETER_DATA, check)
        self._knows_parameters = reply is not None
        return reply

    def ask_if_known(self, instruction: Instruction, data_bytes: range, check: Check) -> Reply | None:
        """The reply to a command that not every module has; None where it refuses it, or does not answer."""
        for _ in range(PROBES):
            reply = self._exchange(instruction, b"", data_bytes, PROBE_TIMEOUT_S, check)
            if reply is not None and reply.code != RECEIVED_WRONG:
                return reply if reply.code == OK else None
        return None

    def ask(
        self, instruction: Instruction, parameters: bytes = b"", data_bytes: range = NO_DATA, *, check: Check
    ) -> Reply:
        """The reply to a command, asked again where it is lost or garbled.

        Parameters
        ----------
        instruction, parameters
            The command.
        data_bytes : range
            How many bytes a reply of code 0 carries after it; a reply with others belongs to another command.

        Raises
        ------
        DeviceHung
            The module does not answer, or hears only garbled commands.
        """
        for _ in range(ATTEMPTS):
            reply = self._exchange(instruction, parameters, data_bytes, REPLY_TIMEOUT_S, check)
            if reply is not None and reply.code != RECEIVED_WRONG:
                return reply
        raise DeviceHung(self._silence(f"to command {instruction:#04x}"))

    def distrust(self) -> None:
        """Something may still come that belongs to no later command: empty the line before the next one."""
        self._in_step = False

    def upload_image(self, expected_bytes: int | None, check: Check, received: Callable[[int], None]) -> Upload:
        """Have the image in the module's buffer sent.

        Parameters
        ----------
        expected_bytes : int, optional
            Of the image; what goes beyond is not taken.
        check, received
            Called in every wait; `received` with the bytes of image that came so far.

        Raises
        ------
        DeviceHung
            The module does not answer.
        """
        for _ in range(ATTEMPTS):
            self._begin(Instruction.UPLOAD_IMAGE, b"", check)
            upload = self._data(expected_bytes or LARGEST_IMAGE_BYTES, check, received)
            if upload is not None and upload.code != RECEIVED_WRONG:
                return upload
        raise DeviceHung(self._silence("with an image"))

    def _data(self, most_bytes: int, check: Check, received: Callable[[int], None]) -> Upload | None:
        """All data packets up to the last; None where the module says nothing at all."""
        parts: list[bytes] = []
        count = 0
        limit = time.monotonic() + 1.5 * self.transfer_s(most_bytes) + REPLY_TIMEOUT_S
        while time.monotonic() < limit:
            packet = self._next(PAUSE_IN_IMAGE_S if parts else REPLY_TIMEOUT_S, check)
            if packet is None:
                break
            if packet.kind is PacketKind.ACKNOWLEDGE:
                if len(packet.payload) != 1:
                    continue  # the reply to a command before
                if packet.payload[0] != OK:
                    self._in_step = True
                    return Upload(packet.payload[0], b"", complete=False)
                parts.clear()  # of an image before
                count = 0
                continue
            parts.append(packet.payload)
            count += len(packet.payload)
            received(count)
            if packet.kind is PacketKind.LAST_DATA:
                self._in_step = True
                return Upload(OK, b"".join(parts), complete=True, broken=self._decoder.broken)
            if count > most_bytes:
                break
        return Upload(OK, b"".join(parts), complete=False) if parts else None

    def _exchange(
        self, instruction: Instruction, parameters: bytes, data_bytes: range, timeout_s: float, check: Check
    ) -> Reply | None:
        """Send a command and take its reply; None where none comes."""
        self._begin(instruction, parameters, check)
        return self._reply(data_bytes, timeout_s, check)

    def _begin(self, instruction: Instruction, parameters: bytes, check: Check) -> None:
        check()
        if not self._in_step:
            self._step_in(check)
        self._send(instruction, parameters)

    def _send(self, instruction: Instruction, parameters: bytes = b"") -> None:
        self._link.discard_input()
        self._decoder.clear()
        self._packets.clear()
        self._in_step = False
        self._link.write(self._command(instruction, parameters))

    def _reply(self, data_bytes: range, timeout_s: float, check: Check, accepts_refusal: bool = True) -> Reply | None:
        deadline = time.monotonic() + timeout_s
        while (packet := self._next(deadline - time.monotonic(), check)) is not None:
            if packet.kind is PacketKind.ACKNOWLEDGE and packet.payload:  # all else is of an image that was given up
                reply = Reply(packet.payload[0], packet.payload[1:])
                if (reply.code != OK and accepts_refusal) or len(reply.data) in data_bytes:
                    self._in_step = True
                    return reply
            if time.monotonic() > deadline + timeout_s:
                return None
        return None

    def _step_in(self, check: Check) -> None:
        """Wait until nothing comes any more, and make sure that the next reply belongs to the next command."""
        most_s = 0.75 * self.transfer_s(LARGEST_IMAGE_BYTES) + REPLY_TIMEOUT_S  # one image and a half
        deadline = time.monotonic() + most_s
        silences = 0
        while silences < ATTEMPTS:
            if not drain(self._link, QUIET_S, most_s, check):
                raise DeviceHung(f"the module on {self.port} does not stop sending; unplug it and plug it in again")
            if not self._knows_parameters:
                self._in_step = True
                return
            heard = self._heard_bytes
            self._send(Instruction.READ_PARAMETERS)
            if self._reply(PARAMETER_DATA, PROBE_TIMEOUT_S, check, accepts_refusal=False):
                return
            # It may only have paused, and goes on with its image before it listens.
            if self._heard_bytes == heard or time.monotonic() > deadline:
                silences += 1
        raise DeviceHung(self._silence("any more"))

    def _next(self, timeout_s: float, check: Check) -> Packet | None:
        """The next packet of this module; None where none came in time."""
        deadline = time.monotonic() + timeout_s
        while True:
            while self._packets:
                packet = self._packets.popleft()
                if packet.address == self._address:
                    return packet
                self._other_address = packet.address
            check()
            came = self._link.read()
            self._heard_bytes += len(came)
            if came:
                self._packets.extend(self._decoder.feed(came))
            elif time.monotonic() >= deadline:
                self._packets.extend(self._decoder.give_up())
                if not self._packets:
                    return None
            # Bytes that never make a packet do not stretch the wait for ever.
            if not self._packets and time.monotonic() >= deadline + timeout_s + SLICE_S:
                return None

    def _answers_at(self, baud: int, check: Check) -> bool:
        self._link.set_baud(baud)
        return self._answers(check)

    def _answers(self, check: Check) -> bool:
        """Whether the module answers at this rate; its password is verified."""
        for _ in range(PROBES):
            drain(self._link, SLICE_S, QUIET_S, check)
            self._send(Instruction.VERIFY_PASSWORD, self._password)
            reply = self._reply(NO_DATA, PROBE_TIMEOUT_S, check)
            if reply is None or reply.code == RECEIVED_WRONG:
                continue
            if reply.code in (WRONG_PASSWORD, PASSWORD_NEEDED):
                raise DeviceAccessDenied(
                    f"the module on {self.port} has another password; set 'password' in its part of the configuration"
                )
            return True
        return False

    def _command(self, instruction: Instruction, parameters: bytes) -> bytes:
        return encode_packet(Packet(self._address, PacketKind.COMMAND, bytes((instruction,)) + parameters))

    def _wait(self, seconds: float, check: Check) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            check()
            self._link.read()  # waits

    def _silence(self, when: str) -> str:
        if self._other_address is not None:
            return (
                f"the module on {self.port} has the address {self._other_address:#010x} and not {self._address:#010x}; "
                "set 'address' in its part of the configuration"
            )
        if self._heard_bytes >= SHORTEST_REPLY:  # an R503 says one byte, 0x55, at power-up
            return (
                f"what comes from {self.port} is no answer of a fingerprint module {when}; check that it is the right "
                "port, and shorten or replace the cable"
            )
        return (
            f"no fingerprint module answers on {self.port} {when}; check its power, that its TX goes to RX and its RX "
            "to TX, and the port; then reset it, or plug it in again"
        )


def _rate(baud: int) -> bytes:
    return bytes((_BAUD, baud // BAUD_STEP))
