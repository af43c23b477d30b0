"""The issuer's keys of this office, and where keys that everybody knows will do."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from gateway.card import KeySource, public_test_keys
from gateway.card_profile import CardProfile, Diversification
from gateway.personalisation import CardSecrets
from gateway.service.card_token import TokenCardKeys
from gateway.trust import Pkcs11Token

_SYNTHETIC: ContextVar[bool] = ContextVar("synthetic_card", default=False)
"""Whether the reader that this thread works with has drawn cards."""


class CardKeys:
    """Gives the secrets of a profile to whoever works with a card.

    Parameters
    ----------
    token : Pkcs11Token, optional
        Holds the issuer's keys; without it there are the keys of new cards, which everybody knows.
    label : str
        Of the issuer's keys in the token.
    allow_test_keys : bool
        Take the keys of new cards for real chips too, where the profile says that they will do: an office for training.
    """

    def __init__(self, token: Pkcs11Token | None = None, label: str = "", *, allow_test_keys: bool = False) -> None:
        self._sources: dict[Diversification, KeySource] = {}
        self._token, self._label, self._allow_test_keys = token, label, allow_test_keys

    @contextmanager
    def at(self, *, synthetic: bool) -> Iterator[None]:
        """Work with a reader in this thread for the length of the block."""
        before = _SYNTHETIC.set(synthetic)
        try:
            yield
        finally:
            _SYNTHETIC.reset(before)

    def secrets(self, profile: CardProfile) -> CardSecrets:
        """What the chips of a profile are opened with, at the reader of this thread."""
        if profile.channel is None:
            return CardSecrets()
        drawn = _SYNTHETIC.get()
        allowed = profile.channel.test_keys and (drawn or self._allow_test_keys)
        if self._token is None or (drawn and profile.channel.test_keys):  # drawn chips have no other keys
            return CardSecrets(keys=public_test_keys(), allow_test_keys=allowed)
        return CardSecrets(keys=self._source(self._token, profile.channel.diversification), allow_test_keys=allowed)

    def _source(self, token: Pkcs11Token, diversification: Diversification) -> KeySource:
        if diversification not in self._sources:
            self._sources[diversification] = TokenCardKeys(token, self._label, diversification)
        return self._sources[diversification]
