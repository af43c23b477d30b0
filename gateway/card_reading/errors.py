"""Why a card cannot be read at all; a single file that may not be seen is no error."""

from collections.abc import Sequence
from enum import StrEnum


class Credential(StrEnum):
    """What opens a card, and who reads it has to ask for."""

    MRZ = "mrz"
    """Document number, birth and expiry as printed in the machine readable zone."""
    CAN = "can"
    """The six digits on the front."""
    PIN = "pin"


class CardReadingError(Exception):
    """A card cannot be read; the message says cause and remedy, and nothing of what stands on it."""


class CardNotRecognised(CardReadingError):
    """None of the applications that are known here is on the card."""

    def __init__(self, names: Sequence[str]) -> None:
        known = ", ".join(names) or "none"
        super().__init__(
            f"the card has no application that is known here ({known}); put in the right card, or add its profile"
        )


class CredentialNeeded(CardReadingError):
    """The card wants a password first, and none of those that open it was given.

    Parameters
    ----------
    any_of : sequence of Credential
        Any of these opens it.
    """

    def __init__(self, any_of: Sequence[Credential]) -> None:
        names = " or ".join(_NAMES[each] for each in any_of)
        super().__init__(f"the card opens only to {names}; enter it and read again")
        self.any_of = tuple(any_of)


_NAMES = {
    Credential.MRZ: "what is printed in its machine readable zone",
    Credential.CAN: "its card access number",
    Credential.PIN: "its PIN",
}
