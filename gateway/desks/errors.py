"""What can be wrong with the certificates of desks."""

from gateway.guidance import LocalizedText


class DeskTrustError(Exception):
    """The authority or the roll of desks cannot be used; the message names cause and remedy."""


class CertificateRefused(Exception):
    """A desk's certificate is of our authority, and yet does not let it in.

    Parameters
    ----------
    cause : {"revoked", "expired", "unknown", "without_role", "roll_unusable"}
        For programs.
    words : LocalizedText
        Cause and remedy.
    """

    def __init__(self, cause: str, words: LocalizedText) -> None:
        super().__init__(words.en)
        self.cause = cause
        self.words_id, self.words_en = words.id, words.en
