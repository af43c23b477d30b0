"""Commands to a card in memory, as tests write them."""

from threading import Event

from drivers.cards.apdu import CommandApdu, ResponseApdu, decode_response
from drivers.cards.chip.smart_card import SmartCard
from drivers.cards.exchange import exchange, inserted_card
from drivers.cards.synthetic import SyntheticCardWriter
from drivers.protocols import CardProtocol

TRANSPARENT, LINEAR_FIXED, LINEAR_VARIABLE, CYCLIC, DEDICATED = 0x01, 0x02, 0x04, 0x06, 0x38


class Terminal:
    """What an application does to a card: commands by name, with the exchange of the real drivers."""

    def __init__(self, card: SmartCard) -> None:
        self.chip = card
        self.power_up()

    def power_up(self) -> None:
        t0 = self.chip.options.protocol is CardProtocol.T0
        self.card = inserted_card(self.chip.power_up(), t0)

    def send(self, ins: int, p1: int = 0, p2: int = 0, data: bytes = b"", ne: int = 0) -> ResponseApdu:
        return exchange(self.chip.process, CommandApdu(0, ins, p1, p2, data, ne), self.card)

    def raw(self, text: str) -> ResponseApdu:
        return decode_response(self.chip.process(bytes.fromhex(text)))

    def select(self, fid: int, how: int = 0) -> int:
        return self.send(0xA4, how, 0x0C, fid.to_bytes(2, "big")).sw

    def create(self, fid: int, kind: int = TRANSPARENT, **options: bytes | int) -> int:
        return self.send(0xE0, data=control_parameters(fid, kind, **options)).sw

    def update(self, data: bytes, offset: int = 0, ins: int = 0xD6) -> int:
        return self.send(ins, offset >> 8, offset & 0xFF, data).sw

    def read(self, ne: int = 256, offset: int = 0) -> bytes:
        return self.send(0xB0, offset >> 8, offset & 0xFF, ne=ne).data

    def verify(self, pin: bytes) -> int:
        return self.send(0x20, 0, 0x81, pin).sw


def control_parameters(fid: int, kind: int = TRANSPARENT, **options: bytes | int) -> bytes:
    """A FCP template; options: size, length and records of a record file, sfi, name, life, access."""
    descriptor = bytes((kind,))
    if "records" in options:
        length, records = options["length"], options["records"]
        assert isinstance(length, int)
        assert isinstance(records, int)
        descriptor += b"\x41" + length.to_bytes(2, "big") + bytes((records,))
    values: list[tuple[int, bytes]] = [(0x82, descriptor), (0x83, fid.to_bytes(2, "big"))]
    size, sfi, life = options.get("size"), options.get("sfi"), options.get("life")
    if isinstance(size, int):
        values.append((0x80, size.to_bytes(2, "big")))
    if isinstance(sfi, int):
        values.append((0x88, bytes((sfi << 3,)) if sfi else b""))
    if isinstance(life, int):
        values.append((0x8A, bytes((life,))))
    for tag, name in ((0x84, "name"), (0x8C, "access")):
        value = options.get(name)
        if isinstance(value, bytes):
            values.append((tag, value))
    body = b"".join(bytes((tag, len(value))) + value for tag, value in values)
    return bytes((0x62, len(body))) + body


def held(writer: SyntheticCardWriter) -> SyntheticCardWriter:
    """The writer, with a card in its hand."""
    writer.await_card(5.0, Event())
    return writer
