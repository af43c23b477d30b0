"""The issuer's keys of cards in a PKCS#11 token: session keys are derived inside it, by CMACs that it makes.

SP 800-108 in counter mode over AES-CMAC is a CMAC for each block of the result, so that a token that knows
CKM_AES_CMAC (PKCS#11 v3.1, 6.13.10) derives what SCP03 needs without giving its key out.
"""

import threading
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from gateway.card import CardKeys, Scp03Keys, session_keys
from gateway.card.scp03_keys import PUBLIC_TEST_KEY, SESSION_ENC, SESSION_MAC, SESSION_RMAC
from gateway.card_profile import Diversification
from gateway.personalisation import CardKeysMissing
from gateway.trust import Pkcs11Token

if TYPE_CHECKING:
    from pkcs11 import Session

BLOCK = 16
_PROBE = b"rekam: is this the key that everybody knows"


class TokenCardKeys:
    """A `KeySource` over a token; any thread may call.

    With `Diversification.NONE` the token holds the cards' own keys, labelled LABEL-enc and LABEL-mac: they never leave
    it. With `KDF3` it holds the issuer's master key, labelled LABEL: that never leaves it, but the keys of the one
    card that is opened are in this process's memory until its session keys are derived.

    Parameters
    ----------
    token : Pkcs11Token
    label : str
    diversification : Diversification
    """

    def __init__(self, token: Pkcs11Token, label: str, diversification: Diversification) -> None:
        self._token, self._label, self._diversification = token, label, diversification
        self._lock = threading.Lock()
        self._public: bool | None = None

    @property
    def for_tests(self) -> bool:
        """Whether one of them is the public test key.

        Raises
        ------
        CardKeysMissing, KeyProblem
        """
        with self._lock:
            if self._public is None:
                reference = CMAC(AES(PUBLIC_TEST_KEY))
                reference.update(_PROBE)
                public = reference.finalize()
                self._public = any(self._macs(label, [_PROBE])[0] == public for label in self._labels)
            return self._public

    def derive_session_keys(self, card: CardKeys, host_challenge: bytes, card_challenge: bytes) -> Scp03Keys:
        """The session keys for these two challenges.

        Raises
        ------
        CardKeysMissing, KeyProblem
        """
        context = host_challenge + card_challenge
        if self._diversification is Diversification.KDF3:
            master = self._labels[0]
            length = self._length(master)
            enc, mac = (
                self._derived(master, [_kdf3_block(number, purpose, card) for number in _counters(length)], length)
                for purpose in (1, 2)
            )
            return session_keys(enc, mac, context)
        own_enc, own_mac = self._labels
        length = self._length(own_enc)

        def key(label: str, constant: int) -> bytes:
            blocks = [_session_block(number, constant, length, context) for number in _counters(length)]
            return self._derived(label, blocks, length)

        return Scp03Keys(key(own_enc, SESSION_ENC), key(own_mac, SESSION_MAC), key(own_mac, SESSION_RMAC))

    @property
    def _labels(self) -> tuple[str, ...]:
        if self._diversification is Diversification.KDF3:
            return (self._label,)
        return f"{self._label}-enc", f"{self._label}-mac"

    def _derived(self, label: str, blocks: list[bytes], length: int) -> bytes:
        return b"".join(self._macs(label, blocks))[:length]

    def _macs(self, label: str, messages: list[bytes]) -> list[bytes]:
        from pkcs11 import Mechanism

        def work(session: "Session") -> list[bytes]:
            key = self._key(session, label)
            return [bytes(key.sign(message, mechanism=Mechanism.AES_CMAC)) for message in messages]

        return self._token.use(work)

    def _length(self, label: str) -> int:
        """Bytes of a key."""
        return self._token.use(lambda session: int(self._key(session, label).key_length) // 8)

    def _key(self, session: "Session", label: str) -> Any:
        from pkcs11 import KeyType, MultipleObjectsReturned, NoSuchKey, ObjectClass

        try:
            return session.get_key(object_class=ObjectClass.SECRET_KEY, key_type=KeyType.AES, label=label)
        except NoSuchKey as error:
            raise CardKeysMissing(
                f"The token {self._token.place.label} holds no AES key labelled {label}.",
                "Have the issuer's key brought in (docs/cards.md), or mend `[card] key_label`.",
            ) from error
        except MultipleObjectsReturned as error:
            raise CardKeysMissing(
                f"The token {self._token.place.label} holds several AES keys labelled {label}.",
                "Leave the one that the cards have.",
            ) from error


def _counters(length: int) -> range:
    return range(1, -(-length // BLOCK) + 1)


def _session_block(number: int, constant: int, length: int, context: bytes) -> bytes:
    """See `gateway.card.scp03_keys.derived` (Amendment D, 4.1.5)."""
    return bytes(11) + bytes((constant, 0)) + (8 * length).to_bytes(2, "big") + bytes((number,)) + context


def _kdf3_block(number: int, purpose: int, card: CardKeys) -> bytes:
    """See `gateway.card.diversified_keys`."""
    return bytes((number,)) + purpose.to_bytes(4, "big") + b"\x00" + card.diversification
