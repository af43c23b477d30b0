"""The card's side of SCP03 (GlobalPlatform Amendment D 1.1.2): one channel, while there is power."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hmac import compare_digest

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from drivers.cards.apdu import MAX_SHORT_NE, CommandApdu, ResponseApdu
from drivers.cards.chip.refusal import Refused

INITIALIZE_UPDATE, EXTERNAL_AUTHENTICATE = 0x50, 0x82
READ_BINARY = 0xB0
LEVELS = (0x01, 0x03, 0x11, 0x13, 0x33)
SECURED = 0x04
_C_ENC, _R_MAC, _R_ENC = 0x02, 0x10, 0x20
_BLOCK = 16


@dataclass(frozen=True)
class ChannelKeys:
    """A card's static keys; their text form shows none."""

    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    version: int = 0x30
    mac_length: int = 8
    """8 for S8 mode, 16 for S16 mode."""


def public_test_keys() -> ChannelKeys:
    """The keys that everybody knows and new cards come with: 40 to 4F (GlobalPlatform Card Specification)."""
    return ChannelKeys(bytes(range(0x40, 0x50)), bytes(range(0x40, 0x50)))


class SecureChannel:
    """What the chip knows of its channel; any fault closes it, and only INITIALIZE UPDATE begins another.

    Parameters
    ----------
    keys : ChannelKeys
    serial : bytes
        Eight bytes, told as diversification data with two zeros after them.
    random : callable
        Gives so many random bytes.
    """

    def __init__(self, keys: ChannelKeys, serial: bytes, random: Callable[[int], bytes]) -> None:
        self._static, self._serial, self._random = keys, serial, random
        self.close()

    def close(self) -> None:
        """Forget the channel."""
        self._context: bytes | None = None
        self._level = 0
        self._enc = self._mac = self._rmac = b""
        self._chaining = bytes(_BLOCK)
        self._counter = 0

    @property
    def open(self) -> bool:
        """Whether both sides are authenticated."""
        return self._level != 0

    def initialize_update(self, command: CommandApdu) -> bytes:
        """Key information, a challenge, and the proof of the keys; an open channel is closed by it."""
        self.close()
        keys = self._static
        if command.p1 not in (0, keys.version) or command.p2:
            raise Refused(0x6A88)
        if len(command.data) != keys.mac_length:
            raise Refused(0x6700)
        challenge = self._random(keys.mac_length)
        self._context = command.data + challenge
        self._enc = self._derived(keys.enc, 0x04, len(keys.enc))
        self._mac = self._derived(keys.mac, 0x06, len(keys.mac))
        self._rmac = self._derived(keys.mac, 0x07, len(keys.mac))
        # Answers can be secured, the challenge is random: 60, and 61 in S16 mode.
        information = bytes((keys.version, 0x03, 0x60 | (keys.mac_length == 16)))
        cryptogram = self._derived(self._mac, 0x00, keys.mac_length)
        return self._serial + bytes(2) + information + challenge + cryptogram

    def external_authenticate(self, command: CommandApdu) -> None:
        """Open the channel to a host that knows the keys."""
        if self._context is None or self.open:
            self.close()
            raise Refused(0x6985)
        proof = self._derived(self._mac, 0x01, self._static.mac_length)
        try:
            data = self._authentic(command)
        except Refused:
            self.close()
            raise Refused(0x6300) from None
        if command.p1 not in LEVELS or command.p2:
            self.close()
            raise Refused(0x6A86)
        if not compare_digest(data, proof):
            self.close()
            raise Refused(0x6300)
        self._context, self._level = None, command.p1

    def plain(self, command: CommandApdu) -> CommandApdu:
        """The command that was secured.

        Raises
        ------
        Refused
            6982: no channel is open, or it is not authentic; the channel is closed.
        """
        if not self.open:
            raise Refused(0x6982)
        self._counter += 1
        try:
            data = self._authentic(command)
            if data and self._level & _C_ENC:
                data = self._decrypted(data)
        except Refused:
            self.close()
            raise
        ne = MAX_SHORT_NE if self._level & _R_MAC else command.ne
        return replace(command, cla=command.cla & ~SECURED, data=data, ne=ne)

    def secured(self, response: ResponseApdu, command: CommandApdu) -> ResponseApdu:
        """The response as it goes out; failed commands answer with their status word alone (Amendment D, 6.2.5)."""
        if not self._level & _R_MAC or (response.sw != 0x9000 and response.sw >> 8 not in (0x62, 0x63)):
            return response
        room = MAX_SHORT_NE - self._static.mac_length
        if self._level & _R_ENC:
            room = room // _BLOCK * _BLOCK - 1
        data = response.data
        if len(data) > room:
            if command.ins != READ_BINARY:
                return ResponseApdu(b"", 0x6700)
            data = data[:room]
        if data and self._level & _R_ENC:
            data = self._cipher(self._vector(0x80), data + b"\x80" + bytes(-(len(data) + 1) % _BLOCK))
        code = _cmac(self._rmac, self._chaining + data + response.sw.to_bytes(2, "big"))
        return ResponseApdu(data + code[: self._static.mac_length], response.sw)

    def _authentic(self, command: CommandApdu) -> bytes:
        """The data without their code, which is right."""
        length = self._static.mac_length
        if not length <= len(command.data) <= 255:
            raise Refused(0x6982)
        data, given = command.data[:-length], command.data[-length:]
        code = _cmac(self._mac, self._chaining + command.header + bytes((len(command.data),)) + data)
        if not compare_digest(code[:length], given):
            raise Refused(0x6982)
        self._chaining = code
        return data

    def _decrypted(self, data: bytes) -> bytes:
        if len(data) % _BLOCK:
            raise Refused(0x6982)
        decryptor = Cipher(AES(self._enc), modes.CBC(self._vector(0x00))).decryptor()
        stripped = decryptor.update(data).rstrip(b"\x00")
        if stripped[-1:] != b"\x80" or len(data) - len(stripped) >= _BLOCK:
            raise Refused(0x6982)
        return stripped[:-1]

    def _vector(self, first: int) -> bytes:
        block = bytes((first,)) + self._counter.to_bytes(_BLOCK - 1, "big")
        return self._cipher(bytes(_BLOCK), block)

    def _cipher(self, vector: bytes, blocks: bytes) -> bytes:
        encryptor: CipherContext = Cipher(AES(self._enc), modes.CBC(vector)).encryptor()
        return encryptor.update(blocks)

    def _derived(self, key: bytes, constant: int, length: int) -> bytes:
        assert self._context is not None
        bits = (8 * length).to_bytes(2, "big")
        blocks = (
            _cmac(key, bytes(11) + bytes((constant, 0)) + bits + bytes((count,)) + self._context) for count in (1, 2)
        )
        return b"".join(blocks)[:length]


def _cmac(key: bytes, octets: bytes) -> bytes:
    cmac = CMAC(AES(key))
    cmac.update(octets)
    return cmac.finalize()
