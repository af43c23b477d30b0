"""What can be wrong with a packet, by name; each says the cause and what to do."""


class PacketError(ValueError):
    """A packet cannot be made, believed or opened.

    Parameters
    ----------
    cause, remedy : str
        In plain words, without anything of the person's.
    """

    reason = "PACKET_INVALID"

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


_FETCH_AGAIN = "Ask the gateway for the packet again; what it keeps is complete."
_MAKE_ANEW = "Do not use the packet. Tell the office that made it."


class PacketFormError(PacketError):
    """The front of the file is not that of a packet."""

    def __init__(self, cause: str, remedy: str = _FETCH_AGAIN) -> None:
        super().__init__(cause, remedy)


class NotAPacket(PacketFormError):
    """The file does not begin as packets do."""


class UnknownPacketVersion(PacketFormError):
    """Another version of the format than the one that is read here."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"The packet has version {version} of the format; version 1 is read here.", "Update this program."
        )


class PacketFrontTooLarge(PacketFormError):
    """The file claims a header or a seal larger than any packet has; nothing of it was read."""


class PacketSizeWrong(PacketFormError):
    """The file is longer or shorter than its header says."""


class SealBroken(PacketError):
    """The gateway's signature does not hold, or holds of another header."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause, _FETCH_AGAIN)


class SignerUnknown(PacketError):
    """The seal holds, but by a key outside of the trust bundle."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"The packet is sealed by the key {key_id}, which is not in the trust bundle.",
            "Get the gateway's trust bundle from those who run it, not from where the packet came.",
        )


class SignerRevoked(PacketError):
    """The seal holds, but its key was revoked, and nothing shows that it sealed before."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            cause,
            "Do not use it before the office says that it made it; whoever has the key may have made it as well.",
        )


class ChunkFault(PacketError):
    """A piece of the ciphertext is not what was sealed.

    Attributes
    ----------
    index : int
        From 0, where the first fault shows.
    """

    def __init__(self, index: int, cause: str) -> None:
        super().__init__(cause, _FETCH_AGAIN)
        self.index = index


class ChunkChanged(ChunkFault):
    """Its bytes are other bytes."""


class ChunkMissing(ChunkFault):
    """It was cut out, or the file was cut off."""


class ChunkSwapped(ChunkFault):
    """Another of the packet's chunks stands in its place."""


class ChunkDoubled(ChunkFault):
    """A chunk stands there that stood earlier already."""


class ChunkSurplus(ChunkFault):
    """Something follows after the last one."""


class ChunkUnreadable(ChunkFault):
    """It is as it was sealed, but the content key does not open it."""

    def __init__(self, index: int) -> None:
        PacketError.__init__(
            self, f"Chunk {index} is as it was sealed, but does not decrypt: it was sealed wrongly.", _MAKE_ANEW
        )
        self.index = index


class RecipientKeyUnusable(PacketError):
    """A key that was given for a recipient cannot be one."""

    reason = "RECIPIENT_KEY_UNUSABLE"


class NotARecipient(PacketError):
    """The packet is not encrypted to this private key."""

    def __init__(self, key_id: str, recipients: tuple[str, ...]) -> None:
        super().__init__(
            f"The packet is not encrypted to the key {key_id}, but to {', '.join(recipients)}.",
            "Use the private key that belongs to one of those.",
        )


class ContentKeyDamaged(PacketError):
    """The recipient's wrapped key does not open, or opens to another key than the chunks were encrypted under."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause, _MAKE_ANEW)


class StatementWrong(PacketError):
    """What is inside does not agree with itself, or with the outside."""

    def __init__(self, cause: str, remedy: str = _MAKE_ANEW) -> None:
        super().__init__(cause, remedy)


class PartChanged(PacketError):
    """A part is not of the size and digest that are stated of it."""


class CaptureChanged(PacketError):
    """A capture's manifest does not hold, or names other records than those beside it."""


class PacketUnwritable(PacketError):
    """The packet cannot be written; nothing of it is left behind."""

    reason = "PACKET_UNWRITABLE"


class DiskFull(PacketUnwritable):
    """There is no room for the packet."""

    reason = "SPOOL_FULL"


class PacketExists(PacketUnwritable):
    """A file of that name is there already, and stays as it is."""
