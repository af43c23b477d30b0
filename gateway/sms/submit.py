"""SMS-SUBMIT: the bytes of a message on its way to the service centre (3GPP TS 23.040 clause 9.2.2.2)."""

import re
from dataclasses import dataclass

from gateway.sms.gsm7 import pack, septets_of, text_of, unpack
from gateway.sms.segments import Coding, segments_of

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")

# First octet, clause 9.2.3: type SUBMIT, relative validity period, and the two that are switched on where they are due.
_SUBMIT, _TYPE_MASK = 0x01, 0x03
_RELATIVE_VALIDITY = 0x10
_VALIDITY_MASK = 0x18
_HEADER_INDICATOR = 0x40
_STATUS_REPORT_REQUEST = 0x20

INTERNATIONAL = 0x91
"""Type of address: international number, ISDN numbering plan (clause 9.1.2.5)."""
VALIDITY_24H = 0xA7
"""TP-Validity-Period: (167 - 143) x 30 min + 12 h = 24 h (clause 9.2.3.12.1). Older news is no use to anybody."""
_CONCATENATED = 0x00
"""Information element: concatenated messages, 8-bit reference (clause 9.2.3.24.1)."""
_HEADER_OCTETS = 6
_HEADER_SEPTETS = 7
_FILL_BITS = 1  # 6 octets are 48 bits; the text begins on the next septet boundary, 49


@dataclass(frozen=True)
class SubmitPdu:
    """One part as a modem takes it."""

    hexadecimal: str
    """With the service centre in front: none, so that the SIM's is taken."""
    tpdu_octets: int
    """Octets behind the service centre: what `AT+CMGS=` asks for (3GPP TS 27.005 clause 4.3)."""


@dataclass(frozen=True)
class SubmittedPart:
    """A part, read."""

    phone: str
    text: str
    coding: Coding
    reference: int | None
    """Of the joined message; None where the part is the whole."""
    part: int
    parts: int
    report_requested: bool


def submit_pdus(phone: str, text: str, reference: int) -> list[SubmitPdu]:
    """A message as PDUs, each of which asks for a status report.

    Parameters
    ----------
    phone : str
        E.164 with its plus sign.
    text : str
    reference : int
        0 to 255; joins the parts of a long message, and differs from that of the message before to the same telephone.

    Raises
    ------
    ValueError
        The number is none, the text is empty or too long, or the reference is none.
    """
    if not _PHONE.fullmatch(phone):
        raise ValueError("the number is not in the form +COUNTRY NUMBER of E.164")
    if not 0 <= reference <= 0xFF:
        raise ValueError(f"{reference} does not fit into an octet")
    cut = segments_of(text)
    joined = len(cut.parts) > 1
    first = _SUBMIT | _RELATIVE_VALIDITY | _STATUS_REPORT_REQUEST | (_HEADER_INDICATOR if joined else 0)
    pdus = []
    for number, part in enumerate(cut.parts, 1):
        header = bytes((5, _CONCATENATED, 3, reference, len(cut.parts), number)) if joined else b""
        # TP-MR 0: the modem counts itself, and says the number that it gave.
        fixed = bytes((first, 0)) + address(phone) + bytes((0, cut.coding, VALIDITY_24H))
        tpdu = fixed + _user_data(part, cut.coding, header)
        pdus.append(SubmitPdu(("00" + tpdu.hex()).upper(), len(tpdu)))
    return pdus


def address(phone: str) -> bytes:
    """TP-Destination-Address: digits, type, the number in swapped semi-octets, filled up with F (clause 9.1.2.5)."""
    digits = phone.removeprefix("+")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[place + 1] + padded[place] for place in range(0, len(padded), 2))
    return bytes((len(digits), INTERNATIONAL)) + bytes.fromhex(swapped)


def read_submit(pdu: bytes) -> SubmittedPart:
    """Read a PDU of `submit_pdus`, the service centre in front included.

    Raises
    ------
    ValueError
        It is none of ours: cut short, of another type, or with what we never write.
    """
    try:
        return _read_submit(pdu)
    except IndexError:
        raise ValueError("the PDU is cut short") from None


def read_address(data: bytes) -> tuple[str, int]:
    """A number, with its plus where it is international, and the octets that it took.

    Raises
    ------
    ValueError, IndexError
    """
    digits, kind = data[0], data[1]
    octets = (digits + 1) // 2
    if len(data) < 2 + octets:
        raise ValueError("the number is cut short")
    number = "".join(f"{octet & 0x0F:x}{octet >> 4:x}" for octet in data[2 : 2 + octets])[:digits]
    if not number.isdecimal():
        raise ValueError("the number is not of digits alone")
    return ("+" if kind & 0x70 == 0x10 else "") + number, 2 + octets


def _read_submit(pdu: bytes) -> SubmittedPart:
    tpdu = pdu[1 + pdu[0] :]
    first = tpdu[0]
    if first & _TYPE_MASK != _SUBMIT or first & _VALIDITY_MASK != _RELATIVE_VALIDITY:
        raise ValueError(f"first octet {first:02X}: not a SUBMIT with a relative validity period")
    phone, taken = read_address(tpdu[2:])
    place = 2 + taken
    coding, length = Coding(tpdu[place + 1]), tpdu[place + 3]
    data = tpdu[place + 4 :]
    reference, parts, part, header = None, 1, 1, b""
    if first & _HEADER_INDICATOR:
        header = data[: 1 + data[0]]
        if len(header) != _HEADER_OCTETS or header[1] != _CONCATENATED:
            raise ValueError("the header is not that of joined messages")
        reference, parts, part = header[3], header[4], header[5]
    if coding is Coding.GSM7:
        skipped = _HEADER_SEPTETS if header else 0
        septets = unpack(data[len(header) :], length - skipped, _FILL_BITS if header else 0)
        text = text_of(septets)
    else:
        if len(data) != length:
            raise ValueError(f"{length} octets of text are due, not {len(data)}")
        text = data[len(header) :].decode("utf-16-be")
    return SubmittedPart(phone, text, coding, reference, part, parts, bool(first & _STATUS_REPORT_REQUEST))


def _user_data(part: str, coding: Coding, header: bytes) -> bytes:
    """TP-User-Data-Length and TP-User-Data (clause 9.2.3.16): septets are counted, the header's among them."""
    if coding is Coding.UCS2:
        data = header + part.encode("utf-16-be")
        return bytes((len(data),)) + data
    septets = [septet for char in part for septet in septets_of(char) or ()]
    count = len(septets) + (_HEADER_SEPTETS if header else 0)
    return bytes((count,)) + header + pack(septets, _FILL_BITS if header else 0)
