"""The chip of a travel document: BAC, PACE by generic mapping, and secure messaging, the card's side."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from drivers import CommandApdu, ResponseApdu
from gateway.card.card_access import PaceOffer
from gateway.card.curve_points import decoded_point, encoded_point, generator_times, random_scalar, shared_x, times
from gateway.card.message_ciphers import MessageCipher, aes_cbc_encrypted
from gateway.card.pace import authentication_token, mapped_generator
from gateway.card.padding import padded, unpadded
from gateway.card.printed_password import CardAccessNumber, MrzPassword
from gateway.card.session_keys import AUTHENTICATION, PASSWORD, KeyKind, derived_key, message_cipher
from gateway.card.tlv import data_object, objects_by_tag, only_object

Password = MrzPassword | CardAccessNumber


class Refusal(Exception):
    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


@dataclass
class Channel:
    """Secure messaging as the card sees it."""

    cipher: MessageCipher
    counter: int

    def next(self) -> bytes:
        self.counter += 1
        return self.counter.to_bytes(self.cipher.block, "big")

    def plain(self, command: CommandApdu) -> CommandApdu:
        counter, block = self.next(), self.cipher.block
        items = objects_by_tag(command.data)
        said = b"".join(data_object(tag, value) for tag, value in items.items() if tag != 0x8E)
        message = counter + padded(command.header, block)
        if 0x8E not in items:
            raise Refusal(0x6987)
        if self.cipher.mac(padded(message + said, block) if said else message) != items[0x8E]:
            raise Refusal(0x6988)
        data = b""
        if 0x87 in items:
            data = unpadded(self.cipher.decrypted(counter, items[0x87][1:]), block)
        elif 0x85 in items:
            data = unpadded(self.cipher.decrypted(counter, items[0x85]), block)
        le = items.get(0x97)
        ne = 0 if le is None else int.from_bytes(le, "big") or (65536 if len(le) == 2 else 256)
        return replace(command, cla=command.cla & ~0x0C, data=data, ne=ne)

    def secured(self, response: ResponseApdu, odd: bool) -> ResponseApdu:
        counter, block = self.next(), self.cipher.block
        said = b""
        if response.data:
            cryptogram = self.cipher.encrypted(counter, padded(response.data, block))
            said = data_object(0x85, cryptogram) if odd else data_object(0x87, b"\x01" + cryptogram)
        said += data_object(0x99, response.sw.to_bytes(2, "big"))
        mac = self.cipher.mac(padded(counter + said, block))
        return ResponseApdu(said + data_object(0x8E, mac), response.sw)


class DocumentChip:
    """A chip with files by identifier, a password, and faults that tests choose."""

    def __init__(
        self,
        password: Password,
        files: Mapping[int, bytes] | None = None,
        offer: PaceOffer | None = None,
        tries: int | None = None,
    ) -> None:
        self.password, self.files, self.offer, self.tries = password, dict(files or {}), offer, tries
        self.channel: Channel | None = None
        self.sent: list[CommandApdu] = []
        self.challenge_in_proof: bytes | None = None
        self.points: dict[int, bytes] = {}
        """By tag, 82 or 84: what it gives in place of its key; b"mirror" gives the reader's own."""
        self.token: bytes | None = None
        self._current = b""
        self._challenge = b""
        self._steps: dict[str, object] = {}

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        self.sent.append(command)
        if command.cla & 0x0C:
            if self.channel is None:
                return ResponseApdu(b"", 0x6882)
            try:
                plain = self.channel.plain(command)
            except (Refusal, ValueError) as error:
                self.channel = None
                return ResponseApdu(b"", error.sw if isinstance(error, Refusal) else 0x6988)
            return self.channel.secured(self._answer(plain), bool(plain.ins & 1))
        self.channel = None
        return self._answer(command)

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        handler = {
            0x84: self._get_challenge,
            0x82: self._external_authenticate,
            0x22: self._set_at,
            0x86: self._general_authenticate,
            0xA4: self._select,
            0xB0: self._read,
            0xB1: self._read_odd,
            0xD6: self._update,
        }.get(command.ins)
        if handler is None:
            return ResponseApdu(b"", 0x6D00)
        try:
            return ResponseApdu(handler(command), 0x9000)
        except Refusal as refusal:
            return ResponseApdu(b"", refusal.sw)

    def _get_challenge(self, command: CommandApdu) -> bytes:
        self._challenge = secrets.token_bytes(8)
        return self._challenge

    def _external_authenticate(self, command: CommandApdu) -> bytes:
        cipher = message_cipher(self.password.secret[:16], KeyKind.TRIPLE_DES)
        cryptogram, mac = command.data[:32], command.data[32:]
        plain = cipher.decrypted(b"", cryptogram)
        if cipher.mac(padded(cryptogram, 8)) != mac or plain[8:16] != self._challenge:
            raise Refusal(0x6300)
        keying, its, its_keying = secrets.token_bytes(16), plain[:8], plain[16:]
        answer = cipher.encrypted(b"", self._challenge + (self.challenge_in_proof or its) + keying)
        seed = bytes(a ^ b for a, b in zip(keying, its_keying, strict=True))
        counter = int.from_bytes(self._challenge[4:] + its[4:], "big")
        self.channel = Channel(message_cipher(seed, KeyKind.TRIPLE_DES), counter)
        return answer + cipher.mac(padded(answer, 8))

    def _set_at(self, command: CommandApdu) -> bytes:
        named = objects_by_tag(command.data)
        if self.offer is None or named[0x80] != self.offer.identifier:
            raise Refusal(0x6A80)
        if named[0x83] != bytes((self.password.reference,)):
            raise Refusal(0x6A88)
        if 0x84 in named and named[0x84] != bytes((self.offer.curve.parameter_id,)):
            raise Refusal(0x6A80)
        self._steps = {}
        if self.tries is not None and self.tries < 3:
            raise Refusal(0x63C0 | self.tries)
        return b""

    def _general_authenticate(self, command: CommandApdu) -> bytes:
        content = objects_by_tag(only_object(command.data, 0x7C))
        offer, steps = self.offer, self._steps
        assert offer is not None
        curve = offer.curve
        if not content:
            nonce = secrets.token_bytes(16 if offer.kind is KeyKind.AES_128 else 32)
            steps["nonce"] = nonce
            key = derived_key(self.password.secret, PASSWORD, offer.kind)
            answer = data_object(0x80, aes_cbc_encrypted(key, bytes(16), nonce))
        elif 0x81 in content:
            private = random_scalar(curve)
            nonce = steps["nonce"]
            assert isinstance(nonce, bytes)
            steps["generator"] = mapped_generator(curve, nonce, private, decoded_point(curve, content[0x81]))
            answer = self._point(0x82, encoded_point(generator_times(curve, private)), content[0x81])
        elif 0x83 in content:
            private = random_scalar(curve)
            ours = encoded_point(times(curve, private, steps["generator"]))
            steps["points"] = ours, content[0x83]
            steps["secret"] = shared_x(curve, private, decoded_point(curve, content[0x83]))
            answer = self._point(0x84, ours, content[0x83])
        else:
            answer = self._proof(content[0x85])
        return data_object(0x7C, answer)

    def _point(self, tag: int, ours: bytes, its: bytes) -> bytes:
        given = self.points.get(tag, ours)
        return data_object(tag, its if given == b"mirror" else given)

    def _proof(self, token: bytes) -> bytes:
        offer, secret, points = self.offer, self._steps["secret"], self._steps["points"]
        assert offer is not None
        assert isinstance(secret, bytes)
        assert isinstance(points, tuple)
        mac_key = derived_key(secret, AUTHENTICATION, offer.kind)
        if token != authentication_token(mac_key, offer, points[0]):
            if self.tries is not None:
                self.tries -= 1
                raise Refusal(0x63C0 | self.tries)
            raise Refusal(0x6300)
        self.channel = Channel(message_cipher(secret, offer.kind), 0)
        return data_object(0x86, self.token or authentication_token(mac_key, offer, points[1]))

    def _select(self, command: CommandApdu) -> bytes:
        found = self.files.get(int.from_bytes(command.data, "big"))
        if found is None:
            raise Refusal(0x6A82)
        self._current = found
        return b""

    def _read(self, command: CommandApdu) -> bytes:
        return self._current[command.p1 << 8 | command.p2 :][: command.ne]

    def _read_odd(self, command: CommandApdu) -> bytes:
        offset = int.from_bytes(only_object(command.data, 0x54), "big")
        return data_object(0x53, self._current[offset : offset + command.ne - 4])

    def _update(self, command: CommandApdu) -> bytes:
        offset = command.p1 << 8 | command.p2
        self._current = self._current[:offset] + command.data + self._current[offset + len(command.data) :]
        return b""
