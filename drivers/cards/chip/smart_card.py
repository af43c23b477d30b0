"""A smart card in memory: powered up and down, given commands, and cut off from its power at any point."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from drivers.cards.apdu import MAX_EXTENDED_NE, MAX_SHORT_NE, ApduError, CommandApdu, ResponseApdu, decode_command
from drivers.cards.chip.cells import Cells, PowerLostError
from drivers.cards.chip.commands import COMMANDS, Answer
from drivers.cards.chip.files import Files
from drivers.cards.chip.finger_references import FingerComparison, FingerReferences
from drivers.cards.chip.header import LifeCycle
from drivers.cards.chip.keyed_checksums import KeyedChecksums
from drivers.cards.chip.pins import Pins
from drivers.cards.chip.refusal import Refused
from drivers.cards.chip.secure_channel import (
    EXTERNAL_AUTHENTICATE,
    INITIALIZE_UPDATE,
    SECURED,
    ChannelKeys,
    SecureChannel,
)
from drivers.cards.chip.session import Session
from drivers.cards.exchange import GET_RESPONSE
from drivers.protocols import CardProtocol

MAX_CHAIN = 8192
_CHAINED = 0x10
_ALIVE_WHEN_TERMINATED = (0xA4, 0xCA)


@dataclass(frozen=True)
class CardOptions:
    """How the card was made."""

    protocol: CardProtocol = CardProtocol.T1
    chaining: bool = True
    extended_length: bool = True
    """Has no effect on T=0, which cannot carry it."""
    capacity: int = 8192
    """Bytes for files and their headers."""
    torn_writes: bool = False
    """Content writes are not atomic: power that fails leaves a file half old and half new."""
    pin: bytes = b"123456"
    """PIN 1."""
    unblocking: bytes = b"12345678"
    tries: int = 3
    serial: str = "SYN-CARD-0001"
    channel: ChannelKeys | None = None
    """Keys of SCP03; None for a card that does not know it."""
    compare_fingers: FingerComparison | None = None
    """On-card comparison; None for a card that does not know it."""
    finger_tries: int = 4
    module_keys: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    """Makes it a security module: AES-CMACs under these keys, by their references, once PIN 1 is verified."""


class SmartCard:
    """A card with a master file, PIN 1 and nothing else, in the state its maker leaves it: nothing is activated.

    It knows SELECT, READ, UPDATE and WRITE BINARY, READ, UPDATE, WRITE and APPEND RECORD, VERIFY, CHANGE REFERENCE
    DATA, RESET RETRY COUNTER, GET CHALLENGE, GET RESPONSE, GET DATA (0101 serial, 0102 free bytes, 7F61 and 7F60 its
    fingers), CREATE, DELETE, ACTIVATE and DEACTIVATE FILE, TERMINATE EF, DF and CARD USAGE. Where it was made to
    compare fingers: PUT DATA 3FFF with a finger (7F60 with 7F2E inside), and VERIFY with instruction 21. Where it was
    made a security module: MANAGE SECURITY ENVIRONMENT (41 B4) and PERFORM SECURITY OPERATION (8E 80). One logical
    channel. All of them travel over SCP03 (class 04 or 84) after INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, where it
    was made with keys for that; while that channel is open, a command outside of it closes it.
    """

    def __init__(self, options: CardOptions | None = None) -> None:
        self.options = options or CardOptions()
        self.cells = Cells()
        self.files = Files(self.cells, self.options.capacity, self.options.torn_writes)
        self.pins = Pins(self.cells)
        self.pins.install(1, self.options.pin, self.options.unblocking, self.options.tries)
        self.fingers = FingerReferences(self.cells, self.options.compare_fingers, self.options.finger_tries)
        self.checksums = KeyedChecksums(self.options.module_keys)
        self.serial = sha256(self.options.serial.encode()).digest()[:8]
        """What GET DATA 0101 tells."""
        self.commands = 0
        """Commands carried out, or begun, since it was made."""
        self._commands_left: int | None = None
        self._session: Session | None = None
        self._chain: CommandApdu | None = None
        self._pending = b""
        self._pending_sw = 0x9000
        keys = self.options.channel
        self._channel = None if keys is None else SecureChannel(keys, self.serial, self.challenge)

    @property
    def atr(self) -> bytes:
        """Its answer to reset, with card capabilities in the historical bytes."""
        t0 = self.options.protocol is CardProtocol.T0
        functions = (self.options.chaining and 0x80) | (self.options.extended_length and not t0 and 0x40)
        # F6: files by full and partial name, path, identifier, short identifier; records by number. 41: writes OR.
        historical = bytes((0x80, 0x73, 0xF6, 0x41, functions))
        if t0:
            return bytes((0x3B, len(historical))) + historical
        interface = (0x80, 0x01) if self.options.protocol is CardProtocol.TCL else (0x01,)
        body = bytes((0x80 | len(historical), *interface)) + historical
        check = 0
        for octet in body:
            check ^= octet
        return b"\x3b" + body + bytes((check,))

    def lose_power(self, *, after_commands: int | None = None, after_steps: int | None = None) -> None:
        """Choose when power fails next.

        Parameters
        ----------
        after_commands : int, optional
            Before the command that follows so many more is begun.
        after_steps : int, optional
            In the middle of the programming step of its memory that follows so many more, wherever that is; if they
            are reached in `power_up`, while an earlier change is undone, it fails there.
        """
        self._commands_left = after_commands
        self.cells.lose_power_after(after_steps)

    def power_up(self) -> bytes:
        """Give it power; what was cut short is undone first.

        Raises
        ------
        PowerLostError
            Power failed again.
        """
        self.power_down()
        self.cells.recover()
        self._session = Session(self.files, self.pins)
        return self.atr

    def power_down(self) -> None:
        """Take its power: all that was selected and verified is forgotten, all that was written stays."""
        self._session = self._chain = None
        self._pending = b""
        self.pins.forget()
        self.checksums.forget()
        if self._channel is not None:
            self._channel.close()

    def process(self, raw: bytes) -> bytes:
        """Carry out one command, as bytes, and answer, as bytes.

        Raises
        ------
        PowerLostError
            Power failed; it has none now.
        """
        session = self._session
        if session is None:
            raise PowerLostError
        if self._commands_left is not None:
            if self._commands_left == 0:
                self._commands_left = None
                self.power_down()
                raise PowerLostError
            self._commands_left -= 1
        self.commands += 1
        try:
            return self._answer(session, raw).encode()
        except PowerLostError:
            self.power_down()
            raise

    def _answer(self, session: Session, raw: bytes) -> ResponseApdu:
        pending, self._pending = self._pending, b""
        try:
            command = decode_command(raw)
            t0 = self.options.protocol is CardProtocol.T0
            if not command.is_short and (t0 or not self.options.extended_length):
                raise Refused(0x6700)
            if command.ins == GET_RESPONSE:
                return self._fetched(pending, command)
            if self._channel is not None:
                secured = self._over_channel(self._channel, session, command)
                if secured is not None:
                    return secured
            self._check_class(command)
            whole = self._chained(command)
            if whole is None:
                return ResponseApdu(b"", 0x9000)
            answer = self._carried_out(session, whole)
        except ApduError:
            return ResponseApdu(b"", 0x6700)
        except Refused as refused:
            return ResponseApdu(b"", refused.sw)
        if answer.sw >> 8 not in (0x90, 0x62):
            return ResponseApdu(b"", answer.sw)
        response = self._delivered(answer.data, whole)
        return response if response.sw != 0x9000 else replace(response, sw=answer.sw)

    def _carried_out(self, session: Session, command: CommandApdu) -> Answer:
        if session.files.root.life is LifeCycle.TERMINATED and command.ins not in _ALIVE_WHEN_TERMINATED:
            raise Refused(0x6985)
        handler: Callable[[SmartCard, Session, CommandApdu], Answer] | None = COMMANDS.get(command.ins)
        if handler is None:
            raise Refused(0x6D00)
        return handler(self, session, command)

    def _fetched(self, pending: bytes, command: CommandApdu) -> ResponseApdu:
        """GET RESPONSE: never secured itself, as it belongs to the transport."""
        self._check_class(command)
        if not pending:
            raise Refused(0x6985)
        response = self._delivered(pending, replace(command, data=b""))
        return response if response.sw != 0x9000 else replace(response, sw=self._pending_sw)

    def _over_channel(self, channel: SecureChannel, session: Session, command: CommandApdu) -> ResponseApdu | None:
        """The answer to what concerns the channel; None for a plain command outside of one."""
        self._pending_sw = 0x9000
        if command.cla == 0x80 and command.ins == INITIALIZE_UPDATE:
            return self._delivered(channel.initialize_update(command), command)
        if command.cla == 0x84 and command.ins == EXTERNAL_AUTHENTICATE:
            channel.external_authenticate(command)
            return ResponseApdu(b"", 0x9000)
        if command.cla not in (SECURED, 0x80 | SECURED):
            if channel.open:
                channel.close()
                raise Refused(0x6982)
            return None
        plain = channel.plain(command)
        self._check_class(plain)
        session.secured = True
        try:
            answer = self._carried_out(session, plain)
        except Refused as refused:
            answer = Answer(sw=refused.sw)
        finally:
            session.secured = False
        # On T=0 a command with data cannot say how much it asks for.
        asked = plain.ne or self.options.protocol is CardProtocol.T0
        response = channel.secured(ResponseApdu(answer.data if asked else b"", answer.sw), plain)
        self._pending_sw = response.sw
        delivered = self._delivered(response.data, command)
        return delivered if delivered.sw != 0x9000 else replace(delivered, sw=response.sw)

    def _check_class(self, command: CommandApdu) -> None:
        if command.cla & 0xE0:
            raise Refused(0x6E00)
        if command.cla & 0x0C:
            raise Refused(0x6882)
        if command.cla & 0x03:
            raise Refused(0x6881)

    def _chained(self, command: CommandApdu) -> CommandApdu | None:
        """The whole command once its last link is here (7816-4:2013, 5.3.3)."""
        chain, self._chain = self._chain, None
        if chain is not None:
            if chain.header[1:] != command.header[1:]:
                raise Refused(0x6883)
            if len(chain.data) + len(command.data) > MAX_CHAIN:
                raise Refused(0x6700)
            command = replace(command, data=chain.data + command.data)
        if not command.cla & _CHAINED:
            return command
        if not self.options.chaining:
            raise Refused(0x6884)
        self._chain = command
        return None

    def _delivered(self, data: bytes, command: CommandApdu) -> ResponseApdu:
        """As much of the data as was asked, the rest to be fetched: on T=0 by the rules of its transport."""
        ne = command.ne
        if self.options.protocol is CardProtocol.T0:
            if not data:
                return ResponseApdu(b"", 0x9000)
            if command.data or not ne:
                self._pending = data
                return ResponseApdu(b"", 0x6100 | (len(data) if len(data) < MAX_SHORT_NE else 0))
            if ne > len(data):
                self._pending = data if command.ins == GET_RESPONSE else b""
                return ResponseApdu(b"", 0x6C00 | len(data))
        if ne == 0:
            return ResponseApdu(b"", 0x9000)
        given, self._pending = data[:ne], data[ne:]
        if self._pending and ne < MAX_EXTENDED_NE:
            left = len(self._pending)
            return ResponseApdu(given, 0x6100 | (left if left < MAX_SHORT_NE else 0))
        return ResponseApdu(given, 0x9000)

    def challenge(self, length: int) -> bytes:
        """Random bytes."""
        return secrets.token_bytes(length)
