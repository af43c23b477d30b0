"""The issuer's keys of this office, and where keys that everybody knows will do."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from gateway.card import CmacKeys, CmacMaker, KeySource, public_test_keys
from gateway.card_profile import CardProfile, Diversification
from gateway.personalisation import CardSecrets

_SYNTHETIC: ContextVar[bool] = ContextVar("synthetic_card", default=False)
"""Whether the reader that this thread works with has drawn cards."""


class CardKeys:
    """Gives the secrets of a profile to whoever works with a card.

    Parameters
    ----------
    maker : CmacMaker, optional
        Holds the issuer's keys; without it there are the keys of new cards, which everybody knows.
    names : mapping of Diversification to tuple of str
        What `CmacKeys` calls the keys there.
    allow_test_keys : bool
        Take the keys of new cards for real chips too, where the profile says that they will do: an office for training.
    """

    def __init__(
        self,
        maker: CmacMaker | None = None,
        names: Mapping[Diversification, tuple[str, ...]] | None = None,
        *,
        allow_test_keys: bool = False,
    ) -> None:
        self._maker, self._allow_test_keys = maker, allow_test_keys
        self._sources: dict[Diversification, KeySource] = (
            {} if maker is None else {each: CmacKeys(maker, *keys) for each, keys in (names or {}).items()}
        )

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
        if self._maker is None or (drawn and profile.channel.test_keys):  # drawn chips have no other keys
            return CardSecrets(keys=public_test_keys(), allow_test_keys=allowed)
        return CardSecrets(keys=self._sources.get(profile.channel.diversification), allow_test_keys=allowed)


def names_in_token(label: str) -> dict[Diversification, tuple[str, ...]]:
    """Labels of the issuer's keys in a token, by how the cards' keys come of them."""
    return {Diversification.KDF3: (label,), Diversification.NONE: (f"{label}-enc", f"{label}-mac")}
