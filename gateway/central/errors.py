"""Why a centre cannot do what was asked; each says the cause and the remedy."""

from gateway.guidance import LocalizedText


class CentralError(Exception):
    """The centre cannot do that.

    Parameters
    ----------
    words : LocalizedText
        Cause and remedy.
    """

    reason = "CENTRE_UNUSABLE"

    def __init__(self, words: LocalizedText) -> None:
        super().__init__(words.en)
        self.words = words


class StateUnusable(CentralError):
    """The centre's folder is not one, is damaged, or cannot be read or written."""

    reason = "STATE_UNUSABLE"


class CentreServed(StateUnusable):
    """Another process serves the centre of this folder."""

    reason = "STATE_LOCKED"


class CertificateRefused(CentralError):
    """A certificate cannot be issued, or not for that."""

    reason = "CERTIFICATE_REFUSED"


class GatewayRefused(CentralError):
    """A gateway cannot be registered, or is not."""

    reason = "GATEWAY_REFUSED"


class PacketNotHere(CentralError):
    """No packet of that name is here, or several are."""

    reason = "PACKET_UNKNOWN"


class StatusRefused(CentralError):
    """A packet cannot have that status."""

    reason = "STATUS_REFUSED"


class StoreError(CentralError):
    """The store cannot be used."""

    reason = "STORE_UNUSABLE"


class StoreFull(StoreError):
    """There is no room; nothing of what was to be kept is there."""

    reason = "STORE_FULL"


class StoreUnavailable(StoreError):
    """The store does not answer now; whether the last change is in it shows when it is asked again."""

    reason = "STORE_UNAVAILABLE"


class StoreWentBack(StoreError):
    """The store lacks what receipts were given for: it was put back from a backup."""

    reason = "STORE_WENT_BACK"
