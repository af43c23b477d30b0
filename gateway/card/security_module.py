"""A security module (SAM): a chip that holds an issuer's keys and computes AES-CMACs under them.

Makers' modules have languages of their own, under contract. What is spoken here is ISO/IEC 7816: SELECT and VERIFY
(7816-4:2013, 11.1.1 and 11.5.6), MANAGE SECURITY ENVIRONMENT (11.5.11) and PERFORM SECURITY OPERATION, compute
cryptographic checksum (7816-8:2004, 11.4), the checksum being AES-CMAC.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers import CommandApdu, accepted, tries_left
from gateway.card.cmac_keys import BLOCK
from gateway.card.errors import MalformedCardData, ModulePinRefused, UnsupportedByCard
from gateway.card.secure_session import Transmit

_MECHANISM, _SECRET_KEY = 0x80, 0x83
"""Tags of a control reference template (7816-4:2013, table 55)."""
_FEWEST_TRIES = 2


@dataclass(frozen=True)
class ModuleAccess:
    """How a module is opened.

    Parameters
    ----------
    application : bytes
        Its application's name (AID).
    pin : bytes
        As it is sent; the text form does not show it.
    pin_reference : int
        1 to 31, specific to the application.
    mechanism : int, optional
        What it calls AES-CMAC, where it has to be told.
    """

    application: bytes
    pin: bytes = field(repr=False)
    pin_reference: int = 1
    mechanism: int | None = None


def module_cmacs(transmit: Transmit, access: ModuleAccess, asked: Sequence[tuple[int, bytes]]) -> list[bytes]:
    """AES-CMAC of each message under the key of that reference, 16 bytes each, in a session that begins afresh.

    A try of the PIN is never the last, as a module that is blocked stops every desk that shares its keys: one that does
    not tell how many are left (VERIFY without data) is not tried.

    Raises
    ------
    ModulePinRefused
        It does not take the PIN, or has one try left or none.
    UnsupportedByCard
        It does not tell its tries.
    MalformedCardData
        An answer is no CMAC.
    CardRefused
        It has no such application or key, or refuses for another reason.
    DeviceError
    """
    accepted(transmit(CommandApdu(0x00, 0xA4, 0x04, 0x0C, access.application)), "its application (SELECT)")
    _verify(transmit, access)
    made, current = [], None
    for reference, message in asked:
        if reference != current:
            _choose_key(transmit, access.mechanism, reference)
            current = reference
        answer = transmit(CommandApdu(0x00, 0x2A, 0x8E, 0x80, message, BLOCK))
        cmac = accepted(answer, f"a checksum under key {reference:02X} (PERFORM SECURITY OPERATION)")
        if len(cmac) != BLOCK:
            raise MalformedCardData(f"the security module's checksum has {len(cmac)} bytes; AES-CMAC has {BLOCK}")
        made.append(cmac)
    return made


def _choose_key(transmit: Transmit, mechanism: int | None, reference: int) -> None:
    template = bytes((_SECRET_KEY, 1, reference))
    if mechanism is not None:
        template = bytes((_MECHANISM, 1, mechanism)) + template
    command = CommandApdu(0x00, 0x22, 0x41, 0xB4, template)
    accepted(transmit(command), f"key {reference:02X} (MANAGE SECURITY ENVIRONMENT)")


def _verify(transmit: Transmit, access: ModuleAccess) -> None:
    where = 0x80 | access.pin_reference
    asked = transmit(CommandApdu(0x00, 0x20, 0x00, where))
    if asked.ok:
        return
    left = tries_left(asked.sw)
    if left is None:
        raise UnsupportedByCard(f"the security module does not tell how many tries its PIN has left ({asked.sw:04X})")
    if left < _FEWEST_TRIES:
        raise ModulePinRefused(left)
    answer = transmit(CommandApdu(0x00, 0x20, 0x00, where, access.pin))
    if not answer.ok:
        raise ModulePinRefused(tries_left(answer.sw))
