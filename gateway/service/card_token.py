"""The issuer's keys of cards in a PKCS#11 token that knows CKM_AES_CMAC (PKCS#11 v3.1, 6.13.10)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gateway.card import Asked
from gateway.personalisation import CardKeysMissing
from gateway.trust import Pkcs11Token

if TYPE_CHECKING:
    from pkcs11 import Session


class TokenCmacs:
    """A `CmacMaker` over a token, whose AES keys are named by their labels; any thread may call."""

    def __init__(self, token: Pkcs11Token) -> None:
        self._token = token

    def cmacs(self, asked: Sequence[Asked]) -> list[bytes]:
        """AES-CMAC of each message under the key of that label.

        Raises
        ------
        CardKeysMissing, KeyProblem
        """
        from pkcs11 import Mechanism

        def work(session: "Session") -> list[bytes]:
            keys = {label: self._key(session, label) for label, _ in asked}
            return [bytes(keys[label].sign(message, mechanism=Mechanism.AES_CMAC)) for label, message in asked]

        return self._token.use(work)

    def key_length(self, key: str) -> int:
        """Bytes of a key; errors as of `cmacs`."""
        return self._token.use(lambda session: int(self._key(session, key).key_length) // 8)

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
