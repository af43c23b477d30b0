"""One command out and one whole answer back, over whatever carries bytes to a card (ISO/IEC 7816-4:2013, 5.3)."""

from collections.abc import Callable
from dataclasses import replace

from drivers.cards.apdu import (
    MAX_EXTENDED_NE,
    MAX_SHORT_DATA,
    MAX_SHORT_NE,
    SUCCESS,
    ApduError,
    CommandApdu,
    ResponseApdu,
    decode_response,
)
from drivers.cards.atr import decode_atr
from drivers.errors import CardRefused, CardUnusable, DeviceUnsupported
from drivers.protocols import CardProtocol, InsertedCard

GET_RESPONSE = 0xC0
MAX_ROUNDS = 600
"""The longest answer there can be, 65536 bytes, takes 256 fetches; a card that needs more than twice that lies."""
_CHAINING_BIT = 0x10

Send = Callable[[bytes], bytes]


def inserted_card(raw_atr: bytes, t0: bool) -> InsertedCard:
    """What a card can do, from its answer to reset and the protocol that the reader chose.

    A card that does not say takes chains on T=0, where the extended form cannot travel, and either on T=1.

    Raises
    ------
    CardUnusable
        The answer to reset is garbage.
    """
    try:
        atr = decode_atr(raw_atr)
    except ValueError as error:
        raise CardUnusable(
            f"the card answers the reset with garbage ({error}); wipe its contacts, put it in again, "
            "and take another card if that does not help"
        ) from error
    contactless = CardProtocol.TCL if atr.contactless else CardProtocol.T1
    protocol = CardProtocol.T0 if t0 else contactless
    says = atr.chaining is not None
    return InsertedCard(
        raw_atr,
        protocol,
        chaining=bool(atr.chaining) if says else t0,
        extended_length=not t0 and (bool(atr.extended_length) if says else True),
    )


def exchange(send: Send, command: CommandApdu, card: InsertedCard) -> ResponseApdu:
    """Send `command` as the card can take it, and fetch all of its answer.

    On T=0 a command with data travels without Le, and its answer is fetched; a card that answers such a command with
    9000 at once has, by this function, nothing to give (7816-3, 12.2.1, would ask once more; cards in use tell 61XX).

    Parameters
    ----------
    send : callable
        Carries one command's bytes to the card and gives the response's; its errors pass through.
    command : CommandApdu
    card : InsertedCard
        How long a command it takes.

    Raises
    ------
    CardUnusable
        The answer is no response APDU, longer than asked, or never complete.
    DeviceUnsupported
        The card takes no command of this length.
    """
    extended = card.extended_length and not command.is_short
    if not extended and len(command.data) > MAX_SHORT_DATA:
        if not card.chaining:
            raise DeviceUnsupported(
                f"this card takes at most {MAX_SHORT_DATA} bytes of data in a command, not {len(command.data)}"
            )
        for block in _blocks(command):
            response = _ask(send, block, card, extended=False)
            if response.sw != SUCCESS:
                return response
        rest = len(command.data) % MAX_SHORT_DATA or MAX_SHORT_DATA
        command = replace(command, data=command.data[-rest:])
    response = _ask(send, command, card, extended=extended)
    if response.sw >> 8 == 0x6C:
        response = _ask(send, replace(command, ne=_count(response.sw)), card, extended=False)
        if response.sw >> 8 == 0x6C:
            raise CardUnusable("the card names a length and then refuses it; take another card if that repeats")
    return _fetched(send, command, response, card)


def accepted(response: ResponseApdu, doing: str, *also: int) -> bytes:
    """The data of a response that ends with 9000, or with a status word of `also`.

    Raises
    ------
    CardRefused
        It ends with any other.
    """
    if response.sw != SUCCESS and response.sw not in also:
        raise CardRefused(response.sw, doing)
    return response.data


def _blocks(command: CommandApdu) -> list[CommandApdu]:
    """All blocks of a chain but the last: no response, and the chaining bit (7816-4, 5.3.3)."""
    if command.cla & _CHAINING_BIT:
        raise DeviceUnsupported("a link of a chain that its sender made itself holds at most 255 bytes")
    starts = range(0, len(command.data) - MAX_SHORT_DATA, MAX_SHORT_DATA)
    return [
        replace(command, cla=command.cla | _CHAINING_BIT, data=command.data[start : start + MAX_SHORT_DATA], ne=0)
        for start in starts
    ]


def _ask(send: Send, command: CommandApdu, card: InsertedCard, *, extended: bool) -> ResponseApdu:
    limit = command.ne or MAX_SHORT_NE
    if not extended:
        command = replace(command, ne=min(command.ne, MAX_SHORT_NE))
        limit = command.ne or MAX_SHORT_NE
    if card.protocol is CardProtocol.T0:
        raw = (
            command.header + b"\x00"
            if command.case == 1
            else replace(command, ne=0 if command.data else command.ne).encode(extended=False)
        )
    else:
        raw = command.encode(extended=extended)
    try:
        response = decode_response(send(raw))
    except ApduError as error:
        raise CardUnusable(f"the card's answer is garbled ({error}); put it in again") from error
    if len(response.data) > limit:
        raise CardUnusable(f"the card gave {len(response.data)} bytes and {limit} at most were asked; put it in again")
    return response


def _fetched(send: Send, command: CommandApdu, response: ResponseApdu, card: InsertedCard) -> ResponseApdu:
    """Follow 61XX until the answer is whole, or holds what was asked."""
    # 256 and 65536, and no number at all, mean: all there is.
    bounded = 0 < command.ne < MAX_SHORT_NE or MAX_SHORT_NE < command.ne < MAX_EXTENDED_NE
    limit = command.ne if bounded else MAX_EXTENDED_NE
    data, rounds = bytearray(response.data), 0
    while response.sw >> 8 == 0x61 and len(data) < limit:
        rounds += 1
        ne = min(_count(response.sw), limit - len(data))
        fetch = CommandApdu(_fetching_class(command.cla), GET_RESPONSE, ne=ne)
        response = _ask(send, fetch, card, extended=False)
        if response.sw >> 8 == 0x6C:
            response = _ask(send, replace(fetch, ne=_count(response.sw)), card, extended=False)
        data += response.data
        if response.sw >> 8 == 0x61 and (not response.data or rounds >= MAX_ROUNDS):
            raise CardUnusable("the card promises more data and never ends; put it in again")
    if len(data) > limit:
        raise CardUnusable(f"the card gave {len(data)} bytes and {limit} at most were asked; put it in again")
    return ResponseApdu(bytes(data), response.sw)


def _count(sw: int) -> int:
    return sw & 0xFF or MAX_SHORT_NE


def _fetching_class(cla: int) -> int:
    """The class of GET RESPONSE: the command's logical channel, neither secured nor chained (7816-4:2013, 5.4.1)."""
    if cla & 0xC0 == 0x40:
        return cla & 0xCF
    return cla & 0x03
