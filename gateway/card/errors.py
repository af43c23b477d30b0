"""How a secured conversation with a card fails, named after what happened; no message ever shows a key, PIN or data."""

ASN1_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)
"""What asn1crypto raises where something is malformed: it parses what is asked for, when it is asked for, and has no
error class of its own."""


class CardSecurityError(Exception):
    """A card and this side do not trust each other, or no longer; the message says cause and remedy."""


class SessionDead(CardSecurityError):
    """The session is over and its keys are forgotten; only a new one, authenticated again, may follow.

    Parameters
    ----------
    cause : str
        What ended it, in plain words; never data.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(f"the secured session with the card is over: {cause}; begin again with the card")
        self.cause = cause


class PasswordRefused(CardSecurityError):
    """The card does not accept the password or key, or answered as one that knows another.

    Parameters
    ----------
    doing : str
        What was tried.
    remedy : str
        What to do.
    tries_left : int, optional
        As far as the card told.
    """

    def __init__(self, doing: str, remedy: str, tries_left: int | None = None) -> None:
        left = "" if tries_left is None else f" ({tries_left} {'try' if tries_left == 1 else 'tries'} left)"
        super().__init__(f"the card refused {doing}{left}; {remedy}")
        self.tries_left = tries_left


class ModulePinRefused(CardSecurityError):
    """A security module does not take its PIN, or has so few tries left that none is risked.

    Parameters
    ----------
    tries_left : int, optional
        As far as the module told.
    """

    def __init__(self, tries_left: int | None) -> None:
        known = {None: "was refused", 0: "is blocked", 1: "has 1 try left"}
        left = known.get(tries_left, f"has {tries_left} tries left")
        super().__init__(
            f"the security module's PIN {left}; no further try is made by itself: check the PIN, verify it once with "
            "the module's own tool, then start the gateway again"
        )
        self.tries_left = tries_left


class CardNotTrusted(CardSecurityError):
    """The card did not prove that it knows the keys, or broke the protocol: it may be another card."""


class MalformedCardData(CardSecurityError, ValueError):
    """What a card gave cannot be read; the message names what and where, never the data."""


class UnsupportedByCard(CardSecurityError):
    """The card offers no way of this protocol that is spoken here; the message says what it offers."""
