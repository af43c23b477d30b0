"""Keys of cards that stay with whoever holds them: a session's are derived by AES-CMACs alone, wherever these are made.

SP 800-108 in counter mode over AES-CMAC is one CMAC for each block of the result. So whatever computes CMACs under a
key that it never gives out, a token or a security module, derives what SCP03 needs.
"""

from collections.abc import Sequence
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from gateway.card.scp03_keys import (
    PUBLIC_TEST_KEY,
    PURPOSES,
    SESSION_ENC,
    SESSION_MAC,
    SESSION_RMAC,
    CardKeys,
    Scp03Keys,
    diversification_label,
    session_keys,
    session_label,
)

BLOCK = 16
_PROBE = b"rekam: is this the key that everybody knows"

Asked = tuple[str, bytes]
"""The name of a key, and a message."""


class CmacMaker(Protocol):
    """Holds AES keys by name and computes CMACs under them; any thread may call."""

    def cmacs(self, asked: Sequence[Asked]) -> list[bytes]:
        """AES-CMAC of each message under the key of that name, 16 bytes each; called once for a derivation.

        Raises
        ------
        Exception
            Errors of its own, where a key is missing or it cannot be reached.
        """
        ...

    def key_length(self, key: str) -> int:
        """Bytes of a key."""
        ...


class CmacKeys:
    """A `KeySource` over whoever makes CMACs; any thread may call.

    Parameters
    ----------
    maker : CmacMaker
    keys : str
        Two names: the cards' own keys for encryption and for authentication, which never leave the maker. One: the
        issuer's master key, which never leaves it, but the keys of the one card that is opened are in this process's
        memory until its session keys are derived (KDF3, see `diversified_keys`).

    Raises
    ------
    ValueError
        Neither one name nor two.
    """

    def __init__(self, maker: CmacMaker, *keys: str) -> None:
        if len(keys) not in (1, 2):
            raise ValueError(f"one master key, or one for encryption and one for authentication, not {len(keys)}")
        self._maker, self._keys = maker, keys
        self._public: bool | None = None

    @property
    def for_tests(self) -> bool:
        """Whether one of them is the public test key; asked of the maker, then known. Raises what it raises."""
        if self._public is None:
            reference = CMAC(AES(PUBLIC_TEST_KEY))
            reference.update(_PROBE)
            self._public = reference.finalize() in self._maker.cmacs([(key, _PROBE) for key in self._keys])
        return self._public

    def derive_session_keys(self, card: CardKeys, host_challenge: bytes, card_challenge: bytes) -> Scp03Keys:
        """The session keys for these two challenges. Raises what the maker raises."""
        context = host_challenge + card_challenge
        length = self._maker.key_length(self._keys[0])
        if len(self._keys) == 1:
            (master,) = self._keys
            enc, mac = self._derived(
                [[(master, _kdf3_block(n, purpose, card)) for n in _counters(length)] for purpose in PURPOSES], length
            )
            return session_keys(enc, mac, context)
        own_enc, own_mac = self._keys
        wanted = ((own_enc, SESSION_ENC), (own_mac, SESSION_MAC), (own_mac, SESSION_RMAC))
        blocks = [
            [(key, _session_block(n, constant, length, context)) for n in _counters(length)] for key, constant in wanted
        ]
        return Scp03Keys(*self._derived(blocks, length))

    def _derived(self, keys: Sequence[Sequence[Asked]], length: int) -> list[bytes]:
        """Each key by the CMACs of its blocks, all asked at once."""
        made = iter(self._maker.cmacs([block for blocks in keys for block in blocks]))
        return [b"".join(next(made) for _ in blocks)[:length] for blocks in keys]


def _counters(length: int) -> range:
    return range(1, -(-length // BLOCK) + 1)


def _session_block(number: int, constant: int, length: int, context: bytes) -> bytes:
    """A block of `gateway.card.scp03_keys.derived`."""
    return session_label(constant, length) + bytes((number,)) + context


def _kdf3_block(number: int, purpose: int, card: CardKeys) -> bytes:
    """A block of `gateway.card.diversified_keys`."""
    return bytes((number,)) + diversification_label(purpose, card.diversification)
