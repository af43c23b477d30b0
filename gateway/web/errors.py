"""What can be wrong with the trust of browsers."""


class WebTrustError(Exception):
    """The authority or the certificate cannot be used; the message names cause and remedy."""
