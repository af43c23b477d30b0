"""A connection over which a card is personalised: by SCP03, or plain after the PIN, as its profile asks."""

from dataclasses import dataclass, field

from drivers import CardRefused, CommandApdu, accepted, tries_left
from gateway.card import KeySource, Scp03Session, Transmit, open_scp03
from gateway.card_profile import CardProfile
from gateway.personalisation.errors import CardKeysMissing, PinBlocked, PinRefused, TestKeysRefused

PLAIN_WRITE, PLAIN_READ = 255, 256
"""Bytes that the short form carries; longer ones would tear larger blocks and not every reader takes them."""
_PIN = 0x81
"""PIN 1, of the current application or card (ISO/IEC 7816-4:2013, 11.5.2)."""


@dataclass(frozen=True)
class CardSecrets:
    """What a chip is opened with; its text form shows none of it.

    Parameters
    ----------
    keys : KeySource, optional
        For profiles with a channel.
    pin : bytes, optional
        For profiles without one, where the chip asks for it.
    allow_test_keys : bool
        Let keys through that everybody knows: for demonstrations with synthetic cards.
    """

    keys: KeySource | None = field(default=None, repr=False)
    pin: bytes | None = field(default=None, repr=False)
    allow_test_keys: bool = False

    def keys_for(self, profile: CardProfile) -> KeySource | None:
        """The keys of a profile; None where it has no channel.

        Raises
        ------
        CardKeysMissing
        TestKeysRefused
            Everybody knows them.
        """
        if profile.channel is None:
            return None
        if self.keys is None:
            raise CardKeysMissing(
                f"Profile {profile.name} is written over a secured channel, and no keys are set up for it.",
                "Configure the token or security module that holds the issuer's keys.",
            )
        if self.keys.for_tests and not self.allow_test_keys:
            raise TestKeysRefused(
                "The keys for cards are those that everybody knows: whoever holds such a card could write it anew.",
                "Configure the issuer's keys; test keys are for synthetic cards alone.",
            )
        return self.keys


@dataclass(frozen=True, repr=False)
class Connection:
    """A way to the card, from a reset to the next; nothing of it outlives a fault."""

    transmit: Transmit
    write_block: int
    """The most bytes of data in one command."""
    read_block: int
    session: Scp03Session | None = None

    @property
    def secured(self) -> bool:
        """Whether commands go over the channel."""
        return self.session is not None

    def close(self) -> None:
        """Forget its keys."""
        if self.session is not None:
            self.session.close()


def opened_connection(transmit: Transmit, profile: CardProfile, secrets: CardSecrets) -> Connection:
    """Authenticate as the profile asks. One try: a card counts those that fail.

    Raises
    ------
    CardKeysMissing, TestKeysRefused, PinBlocked, PinRefused
    CardNotTrusted, PasswordRefused, UnsupportedByCard, MalformedCardData, LookupError
        As `open_scp03`.
    CardRefused, DeviceError
    """
    keys, channel = secrets.keys_for(profile), profile.channel
    if keys is None or channel is None:
        if secrets.pin is not None:
            _verify_pin(transmit, secrets.pin)
        return Connection(transmit, PLAIN_WRITE, PLAIN_READ)
    session = open_scp03(transmit, keys, channel.level, key_version=channel.key_version, mac_length=channel.mac_length)
    return Connection(session.transmit, session.max_block, session.max_block, session)


def _verify_pin(transmit: Transmit, pin: bytes) -> None:
    left = tries_left(transmit(CommandApdu(0x00, 0x20, 0x00, _PIN)).sw)
    if left == 0:
        raise PinBlocked("The chip's PIN is blocked: it has no tries left.", "Unblock it, or take another blank.")
    if left == 1:
        raise PinRefused(
            "The chip's PIN has one try left, which is not risked here.",
            "Check which PIN this batch of blanks came with, and verify it by hand; or take another blank.",
        )
    try:
        accepted(transmit(CommandApdu(0x00, 0x20, 0x00, _PIN, pin)), "its PIN (VERIFY)")
    except CardRefused as error:
        if error.tries_left is None:
            raise
        raise PinRefused(
            f"The chip does not accept the PIN of its batch; {error.tries_left} tries are left.",
            "Check which PIN this batch of blanks came with before another try.",
        ) from error
