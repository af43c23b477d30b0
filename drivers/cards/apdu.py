"""Command and response APDUs as bytes, and what a status word says (ISO/IEC 7816-3:2006, 12.1; 7816-4:2013, 5.1)."""

from dataclasses import dataclass

MAX_SHORT_DATA = 255
MAX_SHORT_NE = 256
MAX_EXTENDED_DATA = 65535
MAX_EXTENDED_NE = 65536

SUCCESS = 0x9000


class ApduError(ValueError):
    """These bytes are no APDU, or these values make none; the message never shows data."""


@dataclass(frozen=True, repr=False)
class CommandApdu:
    """One command for a card; its text form shows the header and lengths, never the data.

    Parameters
    ----------
    cla, ins, p1, p2 : int
        The header. Class FF is let through: PC/SC readers answer it themselves (PC/SC part 3, 3.2.2.1).
    data : bytes
        Command data field, at most 65535 bytes.
    ne : int
        The most response bytes to expect: 0 for none; 256 (short) and 65536 (extended) ask for all there is.

    Raises
    ------
    ApduError
        A value out of range, or an instruction 6X or 9X, which no card can have (7816-3, 10.3.2).
    """

    cla: int
    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = b""
    ne: int = 0

    def __post_init__(self) -> None:
        for name in ("cla", "ins", "p1", "p2"):
            if not 0 <= getattr(self, name) <= 0xFF:
                raise ApduError(f"{name} must be one byte")
        if self.ins >> 4 in (6, 9):
            raise ApduError(f"instruction {self.ins:02X} cannot be told from a status word")
        if len(self.data) > MAX_EXTENDED_DATA:
            raise ApduError(f"{len(self.data)} bytes of data; a command holds at most {MAX_EXTENDED_DATA}")
        if not 0 <= self.ne <= MAX_EXTENDED_NE:
            raise ApduError(f"ne is 0 to {MAX_EXTENDED_NE}, not {self.ne}")

    @property
    def case(self) -> int:
        """1: neither data nor response, 2: response, 3: data, 4: both."""
        return 1 + (self.ne > 0) + 2 * (len(self.data) > 0)

    @property
    def is_short(self) -> bool:
        """Whether the short length form holds it."""
        return len(self.data) <= MAX_SHORT_DATA and self.ne <= MAX_SHORT_NE

    @property
    def header(self) -> bytes:
        """CLA INS P1 P2."""
        return bytes((self.cla, self.ins, self.p1, self.p2))

    def encode(self, *, extended: bool | None = None) -> bytes:
        """The command as sent: in the short form where that holds it, or in the form asked for.

        Raises
        ------
        ApduError
            The short form is asked for and does not hold it.
        """
        if extended is None:
            extended = not self.is_short
        if extended:
            return self._extended()
        if not self.is_short:
            raise ApduError(f"{len(self.data)} bytes of data and ne {self.ne} do not fit the short form")
        lc = bytes((len(self.data),)) + self.data if self.data else b""
        le = bytes((self.ne & 0xFF,)) if self.ne else b""
        return self.header + lc + le

    def _extended(self) -> bytes:
        if self.case == 1:
            return self.header
        lc = len(self.data).to_bytes(2, "big") + self.data if self.data else b""
        le = (self.ne & 0xFFFF).to_bytes(2, "big") if self.ne else b""
        return self.header + b"\x00" + lc + le

    def __repr__(self) -> str:
        return f"<command {self.header.hex(' ').upper()}, {len(self.data)} bytes, ne {self.ne}>"


@dataclass(frozen=True, repr=False)
class ResponseApdu:
    """What a card answered; its text form shows the length and the status word, never the data."""

    data: bytes
    sw: int
    """SW1 and SW2 as one number, e.g. 0x9000."""

    @property
    def ok(self) -> bool:
        """Whether the command was carried out without a warning."""
        return self.sw == SUCCESS

    def encode(self) -> bytes:
        """The response as a card sends it."""
        return self.data + self.sw.to_bytes(2, "big")

    def __repr__(self) -> str:
        return f"<response {self.sw:04X}, {len(self.data)} bytes>"


def decode_command(raw: bytes) -> CommandApdu:
    """Read a command APDU in any of its seven forms (7816-3, table 13: cases 1, 2S to 4S, 2E to 4E).

    Raises
    ------
    ApduError
        The lengths do not fit the bytes there are.
    """
    if len(raw) < 4:
        raise ApduError(f"a command has at least 4 bytes, not {len(raw)}")
    (cla, ins, p1, p2), body = raw[:4], raw[4:]
    if not body:
        return CommandApdu(cla, ins, p1, p2)
    if len(body) == 1:
        return CommandApdu(cla, ins, p1, p2, ne=body[0] or MAX_SHORT_NE)
    if body[0]:
        data, ne = _short_body(body)
    else:
        data, ne = _extended_body(body)
    return CommandApdu(cla, ins, p1, p2, data=data, ne=ne)


def decode_response(raw: bytes) -> ResponseApdu:
    """Read a response APDU.

    Raises
    ------
    ApduError
        Shorter than a status word, longer than any response, or SW1 is none (7816-4, 5.1.3: 61 to 6F, 90 to 9F).
    """
    if len(raw) < 2:
        raise ApduError(f"a response has at least 2 bytes, not {len(raw)}")
    if len(raw) - 2 > MAX_EXTENDED_NE:
        raise ApduError(f"a response holds at most {MAX_EXTENDED_NE} bytes, not {len(raw) - 2}")
    sw = int.from_bytes(raw[-2:], "big")
    if not (0x6100 <= sw <= 0x6FFF or 0x9000 <= sw <= 0x9FFF):
        raise ApduError(f"{sw:04X} is no status word")
    return ResponseApdu(raw[:-2], sw)


def _short_body(body: bytes) -> tuple[bytes, int]:
    lc = body[0]
    left = len(body) - 1 - lc
    if left not in (0, 1):
        raise ApduError(f"Lc says {lc} bytes of data, {len(body) - 1} follow")
    return body[1 : 1 + lc], (body[-1] or MAX_SHORT_NE) if left else 0


def _extended_body(body: bytes) -> tuple[bytes, int]:
    if len(body) < 3:
        raise ApduError("an extended length needs 3 bytes")
    length = int.from_bytes(body[1:3], "big")
    if len(body) == 3:
        return b"", length or MAX_EXTENDED_NE
    if length == 0:
        raise ApduError("an extended Lc of 0")
    left = len(body) - 3 - length
    if left not in (0, 2):
        raise ApduError(f"Lc says {length} bytes of data, {len(body) - 3} follow")
    ne = int.from_bytes(body[-2:], "big") or MAX_EXTENDED_NE
    return body[3 : 3 + length], ne if left else 0


def tries_left(sw: int) -> int | None:
    """How many tries a 63CX leaves; 0 for 6983 (blocked), None where `sw` is not about tries."""
    if sw == 0x6983:
        return 0
    return sw & 0xF if sw & 0xFFF0 == 0x63C0 else None


def status_text(sw: int) -> str:
    """What a status word means, in plain words (7816-4:2013, tables 5 and 6)."""
    if sw in _TEXTS:
        return _TEXTS[sw]
    tries = tries_left(sw)
    if tries is not None:
        return f"not verified; {tries} {'try' if tries == 1 else 'tries'} left"
    sw1, sw2 = divmod(sw, 0x100)
    if sw1 == 0x61:
        return f"{sw2 or 'at least 256'} more bytes to fetch"
    if sw1 == 0x6C:
        return f"wrong length asked; exactly {sw2 or 256} bytes are there"
    return _CLASSES.get(sw1, "a status word of this card's own")


_TEXTS = {
    0x9000: "done",
    0x6200: "warning; nothing was changed",
    0x6281: "part of the data may be corrupt",
    0x6282: "the file or record ended before the length asked",
    0x6283: "the file is deactivated",
    0x6284: "the file control information is not in its standard form",
    0x6285: "the file is terminated",
    0x6286: "no sensor data",
    0x6300: "not verified",
    0x6381: "the file was filled up by this write",
    0x6400: "execution failed; nothing was changed",
    0x6401: "the card needs an immediate answer",
    0x6500: "execution failed; the memory was changed",
    0x6581: "memory failure; the chip may be worn out",
    0x6700: "wrong length",
    0x6800: "a function of the class byte is not supported",
    0x6881: "the logical channel is not supported",
    0x6882: "secure messaging is not supported",
    0x6883: "the last command of the chain was expected",
    0x6884: "command chaining is not supported",
    0x6900: "the command is not allowed",
    0x6981: "the command does not fit this kind of file",
    0x6982: "security status not satisfied; a PIN or a key must be verified first",
    0x6983: "blocked; no tries are left",
    0x6984: "the reference data cannot be used",
    0x6985: "conditions of use not satisfied",
    0x6986: "no file is selected",
    0x6987: "a secure messaging object is missing; the session is dead",
    0x6988: "a secure messaging object is wrong; the session is dead",
    0x6A80: "wrong values in the command's data",
    0x6A81: "the function is not supported",
    0x6A82: "no such file or application",
    0x6A83: "no such record",
    0x6A84: "not enough room in the file or on the chip",
    0x6A85: "the lengths inside the command do not agree",
    0x6A86: "wrong P1 or P2",
    0x6A87: "Lc does not fit P1 and P2",
    0x6A88: "no such reference data",
    0x6A89: "the file exists already",
    0x6A8A: "the application's name exists already",
    0x6B00: "the offset lies outside the file",
    0x6D00: "the instruction is not supported",
    0x6E00: "the class is not supported",
    0x6F00: "the card failed without saying why",
}
_CLASSES = {
    0x62: "a warning; nothing was changed",
    0x63: "a warning; the memory was changed",
    0x64: "execution failed; nothing was changed",
    0x65: "execution failed; the memory was changed",
    0x66: "a security matter of this card's own",
    0x67: "wrong length",
    0x68: "a function of the class byte is not supported",
    0x69: "the command is not allowed",
    0x6A: "wrong parameters",
    0x6B: "wrong P1 or P2",
    0x6D: "the instruction is not supported",
    0x6E: "the class is not supported",
    0x6F: "the card failed without saying why",
}
