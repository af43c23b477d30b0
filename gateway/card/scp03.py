"""SCP03, the channel over which a card is personalised (GlobalPlatform Card Specification 2.3, Amendment D 1.1.2)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from hmac import compare_digest

from drivers import CommandApdu, ResponseApdu, accepted, tries_left
from gateway.card.errors import CardNotTrusted, MalformedCardData, PasswordRefused, UnsupportedByCard
from gateway.card.message_ciphers import aes_cbc_decrypted, aes_cbc_encrypted, aes_cmac
from gateway.card.padding import padded, unpadded
from gateway.card.scp03_keys import (
    CARD_CRYPTOGRAM,
    DIVERSIFICATION,
    HOST_CRYPTOGRAM,
    CardKeys,
    KeySource,
    Scp03Keys,
    derived,
)
from gateway.card.secure_session import MAX_SHORT_BLOCK, SessionLife, Transmit

_BLOCK = 16
_SECURED = 0x04
"""Class bit: GlobalPlatform's secure messaging (Card Specification 2.3, table 11-11)."""
_S16, _SHOWS_SEQUENCE, _RMAC_OFFERED, _RENC_OFFERED = 0x01, 0x10, 0x20, 0x40
"""Bits of the i parameter (Amendment D, table 5-1)."""
_BROKEN = (0x6982, 0x6987, 0x6988)
"""With these a card says that its security is not satisfied: it has closed the channel (Amendment D, 5.6)."""


class SecurityLevel(IntEnum):
    """What is secured: commands always; their encryption, and answers, by choice (Amendment D, table 7-6)."""

    C_MAC = 0x01
    C_ENC = 0x03
    R_MAC = 0x11
    C_ENC_R_MAC = 0x13
    C_ENC_R_ENC = 0x33

    @property
    def encrypts_commands(self) -> bool:
        """C-DECRYPTION."""
        return bool(self & 0x02)

    @property
    def authenticates_answers(self) -> bool:
        """R-MAC."""
        return bool(self & 0x10)

    @property
    def encrypts_answers(self) -> bool:
        """R-ENCRYPTION."""
        return bool(self & 0x20)


@dataclass(frozen=True)
class _CardChallenge:
    """The answer to INITIALIZE UPDATE (Amendment D, table 7-3)."""

    keys: CardKeys
    parameter: int
    challenge: bytes
    cryptogram: bytes


def open_scp03(
    transmit: Transmit,
    source: KeySource,
    level: SecurityLevel,
    *,
    key_version: int = 0,
    mac_length: int = 8,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> "Scp03Session":
    """Authenticate both sides, and open a session.

    The card is believed, or not, before anything is said to it that it could count as a failed try.

    Parameters
    ----------
    transmit : callable
        Carries plain APDUs to the card; its security domain, or application, is selected already.
    source : KeySource
        Derives the session keys.
    level : SecurityLevel
        What is to be secured.
    key_version : int
        Which keys of the card; 0 for its first.
    mac_length : int
        8 for S8 mode, 16 for S16 mode.
    random : callable
        Gives so many random bytes; test vectors give their own.

    Raises
    ------
    CardNotTrusted
        The card did not prove that it knows the keys.
    PasswordRefused
        The card does not accept our proof.
    UnsupportedByCard
        The card speaks another protocol or mode, or does not secure answers.
    MalformedCardData
        An answer cannot be read.
    LookupError
        The source holds no keys for this card.
    drivers.CardRefused
        The card refuses for another reason.
    """
    if mac_length not in (8, 16):
        raise ValueError("mac_length is 8 or 16")
    host_challenge = random(mac_length)
    initialize = CommandApdu(0x80, 0x50, key_version, 0x00, host_challenge, 256)
    answer = accepted(transmit(initialize), "to open a channel (INITIALIZE UPDATE)")
    card = _card_challenge(answer, mac_length)
    _check_offer(card.parameter, level)
    keys = source.derive_session_keys(card.keys, host_challenge, card.challenge)
    session: Scp03Session | None = None
    try:
        context = host_challenge + card.challenge
        if not compare_digest(derived(keys.mac, CARD_CRYPTOGRAM, context, mac_length), card.cryptogram):
            raise CardNotTrusted(
                f"the card does not prove its keys of version {card.keys.version:02X}: they are others than those held "
                "here; check which keys this batch of cards was made with before another try, as cards count failures"
            )
        session = Scp03Session(transmit, keys, level, mac_length)
        session.authenticate(derived(keys.mac, HOST_CRYPTOGRAM, context, mac_length))
    except BaseException:
        keys.forget()
        if session is not None:
            session.close()
        raise
    return session


class Scp03Session:
    """A `SecureSession` by SCP03; `open_scp03` makes it.

    Status words of failed commands come unauthenticated, as the protocol has it (Amendment D, 6.2.5): one that says
    "refused" may be somebody else's on the line, one that says "done" is not, where the level authenticates answers.
    """

    def __init__(self, transmit: Transmit, keys: Scp03Keys, level: SecurityLevel, mac_length: int) -> None:
        self._transmit, self._keys, self._mac_length = transmit, keys, mac_length
        self.level = level
        """What is secured."""
        self._chaining = bytes(_BLOCK)
        self._counter = 0
        self._life = SessionLife(self._forget)

    @property
    def alive(self) -> bool:
        """Whether it may still be used."""
        return self._life.alive

    @property
    def max_block(self) -> int:
        """The most bytes of data, either way, of one command: what the short form holds at any level."""
        return MAX_SHORT_BLOCK

    def close(self) -> None:
        """End it, and forget its keys."""
        self._life.end("it was closed")

    def authenticate(self, host_cryptogram: bytes) -> None:
        """EXTERNAL AUTHENTICATE: prove our keys, and begin; errors as `open_scp03` says."""
        command = CommandApdu(0x80, 0x82, self.level, 0x00, host_cryptogram)
        response = self._life.turn(lambda proof: self._transmit(self._authenticated(proof, 0)), command)
        left = tries_left(response.sw)
        if response.sw in (0x6300, 0x6982, 0x6988) or left is not None:
            raise PasswordRefused("our proof of its keys", "check which keys this batch of cards was made with", left)
        if accepted(response, "to open a channel (EXTERNAL AUTHENTICATE)"):
            raise MalformedCardData("the card answered EXTERNAL AUTHENTICATE with data")

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command secured, and give the answer that was checked; errors as `SecureSession` says.

        Where there is something to answer, all there is is asked for: the length asked for is not authenticated, counts
        the answer's code, and cannot travel beside data on T=0. What goes beyond `command.ne` is dropped here.
        """
        if command.cla & ~0x83 or command.cla & 0x03:
            raise ValueError(f"class {command.cla:02X} cannot be secured here; 00 and 80 can")
        if len(command.data) > self.max_block:
            raise ValueError(f"{len(command.data)} bytes of data; this session takes {self.max_block} in one command")
        return self._life.turn(self._exchange, command)

    def _exchange(self, command: CommandApdu) -> ResponseApdu:
        # Counted before anything is made with it: what fails afterwards has used it up.
        self._counter += 1
        data = command.data
        if data and self.level.encrypts_commands:
            vector = aes_cbc_encrypted(self._keys.enc, bytes(_BLOCK), self._counter.to_bytes(_BLOCK, "big"))
            data = aes_cbc_encrypted(self._keys.enc, vector, padded(data, _BLOCK))
        ne = 256 if command.ne or self.level.authenticates_answers else 0
        plain = CommandApdu(command.cla, command.ins, command.p1, command.p2, data)
        return self._checked(self._transmit(self._authenticated(plain, ne)), command.ne)

    def _authenticated(self, command: CommandApdu, ne: int) -> CommandApdu:
        """The command with its code, which is chained to those before it (Amendment D, 6.2.4)."""
        cla, length = command.cla | _SECURED, len(command.data) + self._mac_length
        header = bytes((cla, command.ins, command.p1, command.p2, length))
        self._chaining = aes_cmac(self._keys.mac, self._chaining + header + command.data)
        data = command.data + self._chaining[: self._mac_length]
        return CommandApdu(cla, command.ins, command.p1, command.p2, data, ne)

    def _checked(self, response: ResponseApdu, ne: int) -> ResponseApdu:
        if response.sw in _BROKEN:
            self._life.fail(f"the card answered {response.sw:04X}")
        if not self.level.authenticates_answers:
            return ResponseApdu(response.data[:ne], response.sw)
        if response.sw != 0x9000 and response.sw >> 8 not in (0x62, 0x63):
            if response.data:
                self._life.fail(f"the card answered {response.sw:04X} with data")
            return response
        said, given = response.data[: -self._mac_length], response.data[-self._mac_length :]
        due = aes_cmac(self._keys.rmac, self._chaining + said + response.sw.to_bytes(2, "big"))
        if not compare_digest(due[: self._mac_length], given):
            self._life.fail("the authentication code of an answer is wrong or missing")
        return ResponseApdu(self._decrypted(said)[:ne], response.sw)

    def _decrypted(self, said: bytes) -> bytes:
        if not said or not self.level.encrypts_answers:
            return said
        if len(said) % _BLOCK:
            self._life.fail("an answer's encrypted data are no whole blocks")
        # The command's counter with its first bit set (Amendment D, 6.2.7).
        counter = (1 << (8 * _BLOCK - 1) | self._counter).to_bytes(_BLOCK, "big")
        vector = aes_cbc_encrypted(self._keys.enc, bytes(_BLOCK), counter)
        try:
            return unpadded(aes_cbc_decrypted(self._keys.enc, vector, said), _BLOCK)
        except MalformedCardData:
            self._life.fail("an answer's padding is wrong")

    def _forget(self) -> None:
        self._keys.forget()
        self._chaining = bytes(_BLOCK)


def _card_challenge(answer: bytes, mac_length: int) -> _CardChallenge:
    if len(answer) < DIVERSIFICATION + 3:
        raise MalformedCardData(f"the card's answer to INITIALIZE UPDATE has {len(answer)} bytes; take another card")
    version, protocol, parameter = answer[DIVERSIFICATION : DIVERSIFICATION + 3]
    if protocol != 0x03:
        raise UnsupportedByCard(f"the card speaks SCP{protocol:02X}; SCP03 is spoken here")
    offered = 16 if parameter & _S16 else 8
    if offered != mac_length:
        raise UnsupportedByCard(f"the card speaks S{offered}, S{mac_length} was asked; set the profile's mac_length")
    start = DIVERSIFICATION + 3
    due = start + 2 * mac_length + (3 if parameter & _SHOWS_SEQUENCE else 0)
    if len(answer) != due:
        raise MalformedCardData(
            f"the card's answer to INITIALIZE UPDATE has {len(answer)} bytes, not {due}; take another card"
        )
    return _CardChallenge(
        CardKeys(version, answer[:DIVERSIFICATION]),
        parameter,
        answer[start : start + mac_length],
        answer[start + mac_length : start + 2 * mac_length],
    )


def _check_offer(parameter: int, level: SecurityLevel) -> None:
    if level.authenticates_answers and not parameter & _RMAC_OFFERED:
        raise UnsupportedByCard("the card does not authenticate its answers; choose security level 01 or 03")
    if level.encrypts_answers and not parameter & _RENC_OFFERED:
        raise UnsupportedByCard("the card does not encrypt its answers; choose security level 13 or below")
