"""A chip as a security module: AES-CMACs under keys that it never gives out (ISO/IEC 7816-8:2004, 11.4)."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from drivers.cards.apdu import CommandApdu
from drivers.cards.chip.data_objects import data_objects
from drivers.cards.chip.refusal import Refused

SET_CHECKSUM_KEY, COMPUTE_CHECKSUM = (0x41, 0xB4), (0x8E, 0x80)
_MECHANISM, _SECRET_KEY = 0x80, 0x83
PIN = 1
"""Verified before any of it."""


class KeyedChecksums:
    """The keys of a module by their references; the one in use is forgotten with the power.

    Parameters
    ----------
    keys : mapping of int to bytes
        16, 24 or 32 bytes each; empty for a chip that is no module.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._keys = dict(keys)
        self.forget()

    @property
    def known(self) -> bool:
        """Whether the chip is a module."""
        return bool(self._keys)

    def forget(self) -> None:
        """What a loss of power or a reset does."""
        self._current: bytes | None = None

    def choose(self, command: CommandApdu) -> None:
        """MANAGE SECURITY ENVIRONMENT, SET: which key is used from here on."""
        if (command.p1, command.p2) != SET_CHECKSUM_KEY:
            raise Refused(0x6A86)
        found = data_objects(command.data)
        if not found.keys() <= {_MECHANISM, _SECRET_KEY}:
            raise Refused(0x6A80)
        key = self._keys.get(int.from_bytes(found.get(_SECRET_KEY, b""), "big"))
        if key is None:
            raise Refused(0x6A88)
        self._current = key

    def compute(self, command: CommandApdu) -> bytes:
        """PERFORM SECURITY OPERATION: the checksum of the command's data."""
        if (command.p1, command.p2) != COMPUTE_CHECKSUM:
            raise Refused(0x6A86)
        if self._current is None:
            raise Refused(0x6985)
        if not command.data:
            raise Refused(0x6700)
        cmac = CMAC(AES(self._current))
        cmac.update(command.data)
        return cmac.finalize()
