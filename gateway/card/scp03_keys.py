"""Keys of SCP03: where they come from, and how a session's are derived (GlobalPlatform Amendment D)."""

from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, CounterLocation, Mode

CARD_CRYPTOGRAM, HOST_CRYPTOGRAM, SESSION_ENC, SESSION_MAC, SESSION_RMAC = 0x00, 0x01, 0x04, 0x06, 0x07
"""Data derivation constants (Amendment D 1.1.2, table 4-1)."""
DIVERSIFICATION = 10
"""Bytes of key diversification data that a card tells (Amendment D, table 7-3)."""
PURPOSES = (1, 2)
"""Of a card's keys, in KDF3: encryption, authentication."""
KEY_LENGTHS = (16, 24, 32)
PUBLIC_TEST_KEY = bytes(range(0x40, 0x50))
"""In every new card of most makers, and known to everybody (GlobalPlatform Card Specification, test keys)."""


@dataclass(frozen=True)
class CardKeys:
    """Which keys a card means; none of it is secret."""

    version: int
    """Key version number."""
    diversification: bytes
    """What the card tells of itself, so that its keys can be derived from an issuer's."""


class Scp03Keys:
    """The keys of one session; its text form shows none.

    Parameters
    ----------
    enc, mac, rmac : bytes
        S-ENC, S-MAC, S-RMAC: 16, 24 or 32 bytes, all alike.
    """

    def __init__(self, enc: bytes, mac: bytes, rmac: bytes) -> None:
        if len(enc) not in KEY_LENGTHS or not len(enc) == len(mac) == len(rmac):
            raise ValueError("three keys of 16, 24 or 32 bytes, all alike, are due")
        self._keys = bytearray(enc), bytearray(mac), bytearray(rmac)

    @property
    def enc(self) -> bytes:
        """For encryption."""
        return bytes(self._keys[0])

    @property
    def mac(self) -> bytes:
        """For commands' codes and both cryptograms."""
        return bytes(self._keys[1])

    @property
    def rmac(self) -> bytes:
        """For answers' codes."""
        return bytes(self._keys[2])

    def forget(self) -> None:
        """Overwrite them; as far as Python allows, as copies of the moment may linger until they are reused."""
        for key in self._keys:
            key[:] = bytes(len(key))


class KeySource(Protocol):
    """Who holds a card's static keys: a token, a security module, or a file in a test; only session keys leave it."""

    @property
    def for_tests(self) -> bool:
        """Whether anybody may know these keys, so that no card for a person must be written with them."""
        ...

    def derive_session_keys(self, card: CardKeys, host_challenge: bytes, card_challenge: bytes) -> Scp03Keys:
        """The session keys for these two challenges, by `session_keys` or the same done in hardware.

        Raises
        ------
        LookupError
            It holds no keys of this version, or for this card; the message says which.
        """
        ...


@dataclass(frozen=True)
class StaticKeys:
    """A card's own keys, in memory: a `KeySource` for tests, and for cards that are all alike.

    Raises
    ------
    ValueError
        The keys are not 16, 24 or 32 bytes, or not alike in length.
    """

    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    version: int = 0
    """The only key version they are for; 0 for any."""

    def __post_init__(self) -> None:
        _check_lengths(self.enc, self.mac)

    @property
    def for_tests(self) -> bool:
        """Whether one of them is the public test key."""
        return any(key[: len(PUBLIC_TEST_KEY)] == PUBLIC_TEST_KEY for key in (self.enc, self.mac))

    def derive_session_keys(self, card: CardKeys, host_challenge: bytes, card_challenge: bytes) -> Scp03Keys:
        """The session keys."""
        _check_version(self.version, card)
        return session_keys(self.enc, self.mac, host_challenge + card_challenge)


@dataclass(frozen=True)
class DiversifiedKeys:
    """An issuer's master key, in memory, from which each card's keys are derived: a `KeySource`.

    Raises
    ------
    ValueError
        The key is not 16, 24 or 32 bytes.
    """

    master: bytes = field(repr=False)
    version: int = 0

    def __post_init__(self) -> None:
        _check_lengths(self.master)

    @property
    def for_tests(self) -> bool:
        """Whether the master key is the public test key."""
        return self.master[: len(PUBLIC_TEST_KEY)] == PUBLIC_TEST_KEY

    def derive_session_keys(self, card: CardKeys, host_challenge: bytes, card_challenge: bytes) -> Scp03Keys:
        """The session keys of the card whose diversification data these are."""
        _check_version(self.version, card)
        keys = diversified_keys(self.master, card.diversification)
        return session_keys(keys.enc, keys.mac, host_challenge + card_challenge)


def public_test_keys() -> StaticKeys:
    """The keys that everybody knows, for synthetic and new cards."""
    return StaticKeys(PUBLIC_TEST_KEY, PUBLIC_TEST_KEY)


def session_keys(enc: bytes, mac: bytes, context: bytes) -> Scp03Keys:
    """S-ENC, S-MAC and S-RMAC from static keys (Amendment D, 6.2.1).

    Parameters
    ----------
    enc, mac : bytes
        The card's own, of equal length.
    context : bytes
        Host challenge, then card challenge.
    """
    return Scp03Keys(
        derived(enc, SESSION_ENC, context, len(enc)),
        derived(mac, SESSION_MAC, context, len(mac)),
        derived(mac, SESSION_RMAC, context, len(mac)),
    )


def derived(key: bytes, constant: int, context: bytes, length: int) -> bytes:
    """Key or cryptogram (Amendment D, 4.1.5): NIST SP 800-108 in counter mode over AES-CMAC.

    Each block is over 11 zeros, the constant, a zero, the length in bits as two bytes, the counter as one, the context.
    """
    before = session_label(constant, length)
    kdf = KBKDFCMAC(
        algorithm=AES,
        mode=Mode.CounterMode,
        length=length,
        rlen=1,
        llen=None,
        location=CounterLocation.MiddleFixed,
        break_location=len(before),
        label=None,
        context=None,
        fixed=before + context,
    )
    return kdf.derive(key)


def session_label(constant: int, length: int) -> bytes:
    """What stands before the counter in each block of a session's derivation (Amendment D, 4.1.5)."""
    return bytes(11) + bytes((constant, 0)) + (8 * length).to_bytes(2, "big")


def diversified_keys(master: bytes, diversification: bytes) -> StaticKeys:
    """A card's keys from an issuer's master key.

    The derivation that GlobalPlatform tools call KDF3: SP 800-108 in counter mode over AES-CMAC, each block over the
    counter (one byte), the purpose (four bytes: 1 encryption, 2 authentication), a zero, and the diversification data.

    Raises
    ------
    ValueError
        The data are not 10 bytes.
    """
    if len(diversification) != DIVERSIFICATION:
        raise ValueError(f"diversification data have {DIVERSIFICATION} bytes, not {len(diversification)}")
    enc, mac = (
        KBKDFCMAC(
            algorithm=AES,
            mode=Mode.CounterMode,
            length=len(master),
            rlen=1,
            llen=None,
            location=CounterLocation.BeforeFixed,
            label=None,
            context=None,
            fixed=diversification_label(purpose, diversification),
        ).derive(master)
        for purpose in PURPOSES
    )
    return StaticKeys(enc, mac)


def diversification_label(purpose: int, diversification: bytes) -> bytes:
    """What stands after the counter in each block of KDF3."""
    return purpose.to_bytes(4, "big") + b"\x00" + diversification


def _check_lengths(*keys: bytes) -> None:
    if len(keys[0]) not in KEY_LENGTHS or len({len(key) for key in keys}) != 1:
        raise ValueError("keys of 16, 24 or 32 bytes, all alike, are due")


def _check_version(version: int, card: CardKeys) -> None:
    if version and card.version != version:
        raise LookupError(f"the card means keys of version {card.version}, version {version} is held")
