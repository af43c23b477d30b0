"""How a card is opened for reading: plainly, by PIN, over the issuer's channel, by basic access control or by PACE."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from drivers import CardRefused, CardWriter, CommandApdu, InsertedCard, tries_left
from gateway.card import (
    CardAccessNumber,
    KeySource,
    MalformedCardData,
    MrzPassword,
    PaceOffer,
    PasswordRefused,
    SecureMessaging,
    SecureSession,
    Transmit,
    UnsupportedByCard,
    open_bac,
    open_pace,
    open_scp03,
    pace_offers,
)
from gateway.card_profile import Application, CardProfile, Condition, Operation
from gateway.card_reading import travel_document
from gateway.card_reading.errors import CardNotRecognised, Credential, CredentialNeeded
from gateway.card_reading.file_reader import EXTENDED_BLOCK, SHORT_BLOCK, FileReader, FileShape

_SECURITY_STATUS = (0x6982, 0x6985)
"""How chips refuse what needs a session first; 9303-11, 4.2, wants the former."""
_MASTER = CommandApdu(0x00, 0xA4, 0x00, 0x0C, b"\x3f\x00")
PIN_REFERENCE = 0x01


class AccessWay(StrEnum):
    """How a card was opened."""

    PLAIN = "plain"
    PIN = "pin"
    CHANNEL = "channel"
    """SCP03 with the issuer's keys, with or without the PIN."""
    BAC = "bac"
    PACE = "pace"


@dataclass(frozen=True)
class CardCredentials:
    """What whoever reads may open the card with; its text form shows nothing."""

    mrz: MrzPassword | None = field(default=None, repr=False)
    can: CardAccessNumber | None = field(default=None, repr=False)
    pin: bytes | None = field(default=None, repr=False)
    """As the card takes it, e.g. ASCII digits."""
    keys: KeySource | None = field(default=None, repr=False)
    """The issuer's: for files that are given over its channel alone, e.g. templates for the holder check."""

    @property
    def printed(self) -> MrzPassword | CardAccessNumber | None:
        """What PACE takes: the access number, which is quicker to type, before the machine readable zone."""
        return self.can or self.mrz


class Opening:
    """One try at opening the card that a reader holds, from its reset on.

    Parameters
    ----------
    writer : CardWriter
        Holds a card of which nothing is selected.
    profiles : sequence of CardProfile
    credentials : CardCredentials
    """

    def __init__(self, writer: CardWriter, profiles: Sequence[CardProfile], credentials: CardCredentials) -> None:
        self._writer, self._profiles, self._credentials = writer, profiles, credentials
        self.counts = False
        """Whether a password is under way that the card counts the tries of: such a try is never repeated unasked."""

    def opened(self) -> "OpenedCard":
        """Recognise the application and open it.

        Raises
        ------
        CardNotRecognised
            It has none of the profiles' applications.
        CredentialNeeded
            It opens to a credential that was not given.
        PasswordRefused, CardNotTrusted, MalformedCardData
            As `open_bac` and `open_pace` say; and the PIN is wrong.
        CardRefused, CardLost, CardUnusable, DeviceLost
            As `CardWriter.transmit` says, and where the card refuses a step.
        """
        plain = self._writer.transmit
        plain(_MASTER)  # where the card has no such file, or has it selected already, nothing is lost
        offer = self._offer() if any(_is_document(profile) for profile in self._profiles) else None
        printed = self._credentials.printed
        if offer is not None and printed is not None:
            session = self._pace(offer, printed)
            profile = self._recognised(session.transmit)
            if profile is None:
                raise CardNotRecognised([each.name for each in self._profiles])
            return OpenedCard(profile, AccessWay.PACE, session.transmit, session.max_block, session)
        profile = self._recognised(plain)
        if profile is None:
            if offer is not None:
                raise CredentialNeeded((Credential.CAN, Credential.MRZ))
            raise CardNotRecognised([each.name for each in self._profiles])
        if _is_document(profile):
            return self._document(profile, offer)
        channel = self._channel(profile)
        if channel is not None:
            try:
                verified = self._verify_pin(profile, channel.transmit)
            except BaseException:
                channel.close()
                raise
            return OpenedCard(profile, AccessWay.CHANNEL, channel.transmit, channel.max_block, channel, verified)
        verified = self._verify_pin(profile, plain)
        way = AccessWay.PIN if verified else AccessWay.PLAIN
        return OpenedCard(profile, way, plain, _plain_block(self._held), pin_verified=verified)

    def _offer(self) -> PaceOffer | None:
        """The best way of PACE; None where the chip has none that is spoken here."""
        reader = FileReader(self._writer.transmit, SHORT_BLOCK, control_parameters=False)
        try:
            octets = reader.read(travel_document.CARD_ACCESS_FID, "EF.CardAccess", FileShape.DATA_OBJECT)
            return pace_offers(octets)[0]
        except (CardRefused, MalformedCardData, UnsupportedByCard):
            return None

    def _pace(self, offer: PaceOffer, printed: MrzPassword | CardAccessNumber) -> SecureMessaging:
        with self._counted():
            return open_pace(self._writer.transmit, offer, printed)

    def _document(self, profile: CardProfile, offer: PaceOffer | None) -> "OpenedCard":
        """A travel document whose application is selected plainly: does it open so, or to BAC?"""
        plain = self._writer.transmit
        try:
            FileReader(plain, SHORT_BLOCK, control_parameters=False).read(
                travel_document.COM_FID, "EF.COM", FileShape.DATA_OBJECT
            )
        except CardRefused as refused:
            if refused.sw in _SECURITY_STATUS:
                return self._basic(profile, offer)
        except MalformedCardData:
            pass  # it may be read, which is what was asked; what it holds is judged later
        return OpenedCard(profile, AccessWay.PLAIN, plain, _plain_block(self._held))

    def _basic(self, profile: CardProfile, offer: PaceOffer | None) -> "OpenedCard":
        """By what is printed; by the issuer's keys where only these were given, as while it is personalised."""
        if self._credentials.mrz is None:
            channel = self._channel(profile)
            if channel is not None:
                return OpenedCard(profile, AccessWay.CHANNEL, channel.transmit, channel.max_block, channel)
            raise CredentialNeeded((Credential.MRZ,) if offer is None else (Credential.CAN, Credential.MRZ))
        session = open_bac(self._writer.transmit, self._credentials.mrz)
        return OpenedCard(profile, AccessWay.BAC, session.transmit, session.max_block, session)

    def _recognised(self, transmit: Transmit) -> CardProfile | None:
        """The first profile of whose applications one is on the card; it is selected then."""
        for profile in self._profiles:
            for application in profile.applications:
                if application.is_master:
                    continue
                sw = select_application(transmit, application)
                if sw == 0x9000:
                    return profile
                if sw not in (*_SECURITY_STATUS, *NOT_THERE):
                    raise CardRefused(sw, f"to select the application of {profile.name}")
        return None

    def _channel(self, profile: CardProfile) -> SecureSession | None:
        """The issuer's channel, where its keys were given and a file is read over it."""
        keys, channel = self._credentials.keys, profile.channel
        if keys is None or channel is None or not _reads(profile, Condition.CHANNEL):
            return None
        return open_scp03(
            self._writer.transmit,
            keys,
            channel.level,
            key_version=channel.key_version,
            mac_length=channel.mac_length,
        )

    def _verify_pin(self, profile: CardProfile, transmit: Transmit) -> bool:
        """Verify the PIN where it was given and a file is read with it."""
        pin = self._credentials.pin
        if pin is None or not _reads(profile, Condition.PIN):
            return False
        with self._counted():
            response = transmit(CommandApdu(0x00, 0x20, 0x00, PIN_REFERENCE, pin))
        left = tries_left(response.sw)
        if response.sw in (0x6300, 0x6700) or left is not None:
            raise PasswordRefused("the PIN", _PIN_REMEDY if left != 0 else _BLOCKED_REMEDY, left)
        if response.sw != 0x9000:
            raise CardRefused(response.sw, "to verify the PIN")
        return True

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.counts = True
        yield
        self.counts = False

    @property
    def _held(self) -> InsertedCard | None:
        return self._writer.card


@dataclass(frozen=True)
class OpenedCard:
    """A card that may be read now."""

    profile: CardProfile
    way: AccessWay
    transmit: Transmit
    block: int
    """The most bytes to ask for at once."""
    session: SecureSession | None = None
    pin_verified: bool = False

    @property
    def is_document(self) -> bool:
        """Whether its application is that of travel documents."""
        return _is_document(self.profile)

    def close(self) -> None:
        """End the session, if there is one, and forget its keys."""
        if self.session is not None:
            self.session.close()


def select_application(transmit: Transmit, application: Application) -> int:
    """Select an application, the master file where it is that; 9000, or the status word of the refusal."""
    command = _MASTER if application.is_master else CommandApdu(0x00, 0xA4, 0x04, 0x0C, application.aid)
    response = transmit(command)
    if response.sw == 0x6A86 and not application.is_master:
        # Some cards select an application only with its control information told.
        response = transmit(CommandApdu(0x00, 0xA4, 0x04, 0x00, application.aid, SHORT_BLOCK))
    return 0x9000 if response.sw in _WARNINGS else response.sw


def _is_document(profile: CardProfile) -> bool:
    return any(application.aid == travel_document.AID for application in profile.applications)


def _reads(profile: CardProfile, condition: Condition) -> bool:
    files = (file for application in profile.applications for file in application.files)
    return any(file.access.get(Operation.READ) is condition for file in files)


def _plain_block(card: InsertedCard | None) -> int:
    return EXTENDED_BLOCK if card is not None and card.extended_length else SHORT_BLOCK


NOT_THERE = (0x6A82, 0x6A81, 0x6A87, 0x6D00, 0x6E00, 0x6700)
"""How cards say that they have no such application, or know no names of applications at all."""
_WARNINGS = (0x6283, 0x6285)
"""Deactivated and terminated: it is there, and its files will say the same."""
_PIN_REMEDY = "ask the holder for it and enter it again"
_BLOCKED_REMEDY = "only the issuer's unblocking code frees it"
