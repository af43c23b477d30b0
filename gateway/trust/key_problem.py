"""Why a signing key cannot be used or changed; each says the cause and the remedy."""


class KeyProblem(Exception):
    """The signing key cannot be used; the message says why and what to do.

    Parameters
    ----------
    cause, remedy : str
        In plain words.
    """

    reason = "KEY_UNUSABLE"

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class KeyUnreadable(KeyProblem):
    """A file of the keys is missing a part, is damaged, or the operating system does not let us at it."""


class KeyPassphraseWrong(KeyProblem):
    """The key is encrypted, and the passphrase is missing or does not fit."""


class KeyExposed(KeyProblem):
    """Others than the owner may read the key file."""


class KeyOfAnotherGateway(KeyProblem):
    """The certificate names another gateway than the one that is configured."""


class KeyExpired(KeyProblem):
    """The certificate is out of date, or not yet valid, by the gateway's clock."""

    reason = "KEY_EXPIRED"


class KeyRevoked(KeyProblem):
    """The key was revoked and signs no more."""

    reason = "KEY_REVOKED"


class KeyModuleGone(KeyProblem):
    """The security module that holds the key does not answer; the key works again once it is back."""

    reason = "KEY_UNAVAILABLE"


class KeyPinWrong(KeyProblem):
    """The module refuses the PIN. It is not tried again: after a few tries a module locks itself."""


class KeyChangeRefused(KeyProblem):
    """The keys stand otherwise than the change that was asked for supposes."""

    reason = "KEY_CHANGE_REFUSED"


class CertificateUnfit(KeyProblem):
    """A certificate chain cannot be installed for the key."""

    reason = "CERTIFICATE_UNFIT"
