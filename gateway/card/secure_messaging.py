"""Secure messaging of travel documents, after BAC with 3DES or PACE with AES (ICAO Doc 9303-11, 9.8)."""

from hmac import compare_digest

from drivers import CommandApdu, ResponseApdu
from gateway.card.errors import MalformedCardData
from gateway.card.message_ciphers import MAC_LENGTH, MessageCipher
from gateway.card.padding import padded, unpadded
from gateway.card.secure_session import MAX_SHORT_BLOCK, SessionLife, Transmit
from gateway.card.tlv import DataObject, data_object, data_objects

MAX_EXTENDED_BLOCK = 0x7FFF
_SECURED = 0x0C
"""Class bits: secure messaging, the command header authenticated (7816-4:2013, table 2)."""
_CRYPTOGRAM, _CRYPTOGRAM_ODD, _LE, _STATUS, _MAC = 0x87, 0x85, 0x97, 0x99, 0x8E


class SecureMessaging:
    """A `SecureSession` by data objects 87, 85, 97, 99 and 8E.

    Parameters
    ----------
    transmit : callable
        Carries plain APDUs to the card.
    cipher : MessageCipher
        With the session's keys; it belongs to this session and is forgotten with it.
    counter : bytes
        The send sequence counter before the first command, as long as a block of the cipher.
    extended_length : bool
        Whether the card takes extended lengths; else a block of data is at most DF bytes.
    """

    def __init__(
        self, transmit: Transmit, cipher: MessageCipher, counter: bytes, *, extended_length: bool = False
    ) -> None:
        if len(counter) != cipher.block:
            raise ValueError(f"the counter has {cipher.block} bytes, not {len(counter)}")
        self._transmit, self._cipher = transmit, cipher
        self._counter = int.from_bytes(counter, "big")
        self._extended = extended_length
        self._life = SessionLife(cipher.forget)

    @property
    def alive(self) -> bool:
        """Whether it may still be used."""
        return self._life.alive

    @property
    def max_block(self) -> int:
        """The most bytes of data, either way, of one command."""
        return MAX_EXTENDED_BLOCK if self._extended else MAX_SHORT_BLOCK

    def close(self) -> None:
        """End it, and forget its keys."""
        self._life.end("it was closed")

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command secured, and give the answer that was checked; errors as `SecureSession` says.

        A command that asks for 256 bytes or more without extended length is sent as one that asks for DF: a file is
        read on by the next READ BINARY.
        """
        if command.cla & ~0x03:
            raise ValueError(f"class {command.cla:02X} cannot be secured here; 00 to 03 can")
        if len(command.data) > self.max_block:
            raise ValueError(f"{len(command.data)} bytes of data; this session takes {self.max_block} in one command")
        return self._life.turn(self._exchange, command)

    def _exchange(self, command: CommandApdu) -> ResponseApdu:
        secured = self._secured(command)
        response = self._transmit(secured)
        return self._checked(response, odd=bool(command.ins & 1))

    def _secured(self, command: CommandApdu) -> CommandApdu:
        counter = self._next_counter()
        header = bytes((command.cla | _SECURED, command.ins, command.p1, command.p2))
        objects = b""
        if command.data:
            cryptogram = self._cipher.encrypted(counter, padded(command.data, self._cipher.block))
            # An odd instruction's data are themselves data objects, which 85 holds without padding indicator.
            objects = (
                data_object(_CRYPTOGRAM_ODD, cryptogram)
                if command.ins & 1
                else data_object(_CRYPTOGRAM, b"\x01" + cryptogram)
            )
        ne = min(command.ne, self.max_block) if command.ne else 0
        if ne:
            objects += data_object(_LE, (ne & 0xFFFF).to_bytes(2, "big") if ne > 256 else bytes((ne & 0xFF,)))
        message = counter + padded(header, self._cipher.block)
        mac = self._cipher.mac(padded(message + objects, self._cipher.block) if objects else message)
        data = objects + data_object(_MAC, mac)
        # The answer holds at least a status and a MAC; all there is is asked for (9303-11, 9.8.4).
        long = self._extended and (ne > MAX_SHORT_BLOCK or len(data) > 255)
        return CommandApdu(header[0], command.ins, command.p1, command.p2, data, 65536 if long else 256)

    def _checked(self, response: ResponseApdu, *, odd: bool) -> ResponseApdu:
        counter = self._next_counter()
        if not response.data:
            self._life.fail(f"the card answered {response.sw:04X} unsecured")
        try:
            objects = data_objects(response.data)
        except MalformedCardData:
            self._life.fail("an answer is cut off or garbled")
        if [item.tag for item in objects] not in _ORDERS:
            self._life.fail("an answer is not made of the data objects that are due")
        *said, given = objects
        authentic = self._cipher.mac(padded(counter + b"".join(item.raw for item in said), self._cipher.block))
        if len(given.value) != MAC_LENGTH or not compare_digest(authentic, given.value):
            self._life.fail("the authentication code of an answer is wrong")
        if said[-1].value != response.sw.to_bytes(2, "big"):
            self._life.fail("the status word of an answer is not the one that was authenticated")
        data = self._decrypted(counter, said[0], odd=odd) if len(said) > 1 else b""
        return ResponseApdu(data, response.sw)

    def _decrypted(self, counter: bytes, item: DataObject, *, odd: bool) -> bytes:
        if odd != (item.tag == _CRYPTOGRAM_ODD):
            self._life.fail("an answer's data are in the object of another kind of command")
        blocks = item.value if odd else item.value[1:]
        if (not odd and item.value[:1] != b"\x01") or not blocks or len(blocks) % self._cipher.block:
            self._life.fail("an answer's encrypted data are no whole blocks")
        try:
            return unpadded(self._cipher.decrypted(counter, blocks), self._cipher.block)
        except MalformedCardData:
            self._life.fail("an answer's padding is wrong")

    def _next_counter(self) -> bytes:
        # Counted before anything is made with it: what fails afterwards has used it up.
        self._counter += 1
        if self._counter >> (8 * self._cipher.block):
            self._life.fail("its counter is used up")
        return self._counter.to_bytes(self._cipher.block, "big")


_ORDERS = ([_STATUS, _MAC], [_CRYPTOGRAM, _STATUS, _MAC], [_CRYPTOGRAM_ODD, _STATUS, _MAC])
"""What an answer may hold, in its order (9303-11, 9.8.4); 99 must be there, or the status word is anybody's."""
