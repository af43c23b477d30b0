"""What is written on one card and in which order, from its profile and contents; and whether they fit each other."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from hashlib import sha256
from typing import Any

import rfc8785

from gateway.card_profile import Application, CardFile, CardImage, CardProfile
from gateway.personalisation.errors import ImageUnfit
from gateway.personalisation.file_control import dedicated_file, elementary_file

MAX_FILE = 0x7FFF
"""Bytes that READ and UPDATE BINARY reach with an offset in P1 and P2 (ISO/IEC 7816-4:2013, 11.2)."""
_REMEDY = "Make the card's contents anew for this profile."


@dataclass(frozen=True, repr=False)
class PlannedFile:
    """One file with all that it holds; its text form shows no content."""

    application: Application
    file: CardFile
    content: bytes

    @property
    def name(self) -> str:
        """As the profile has it."""
        return self.file.name


@dataclass(frozen=True, repr=False)
class CardPlan:
    """A card in the order of its writing."""

    profile: CardProfile
    files: tuple[PlannedFile, ...]
    """The seal comes last, wherever the profile has it: a card without it was torn."""

    @property
    def applications(self) -> tuple[Application, ...]:
        """Those that hold something, in the profile's order; the master file, if it is one, is there already."""
        return tuple(each for each in self.profile.applications if self.of(each))

    @property
    def size(self) -> int:
        """Bytes of content."""
        return sum(len(each.content) for each in self.files)

    def of(self, application: Application) -> tuple[PlannedFile, ...]:
        """The files of one application."""
        return tuple(each for each in self.files if each.application.name == application.name)


def planned(image: CardImage, *, seal_follows: bool = False) -> CardPlan:
    """The plan of a card.

    Parameters
    ----------
    image : CardImage
    seal_follows : bool
        The seal is made once the chip is known; all else is there.

    Raises
    ------
    ImageUnfit
        A file is missing that must be there, is empty, too long, or unknown to the profile; or the profile contradicts
        itself.
    """
    profile = image.profile
    files = [
        PlannedFile(application, file, bytes(image.contents[file.name]))
        for application in profile.applications
        for file in application.files
        if file.name in image.contents
    ]
    _check_contents(image, files, profile.seal if seal_follows else "")
    try:
        for each in files:
            dedicated_file(each.application)
            elementary_file(each.file, len(each.content))
    except (ValueError, OverflowError) as error:
        raise ImageUnfit(
            f"The profile {profile.name} cannot be put on a card: {error}.", "Mend the profile."
        ) from error
    files.sort(key=lambda each: each.name == profile.seal)  # stable: only the seal moves
    return CardPlan(profile, tuple(files))


def _check_contents(image: CardImage, files: list[PlannedFile], follows: str) -> None:
    profile = image.profile
    declared = [file for application in profile.applications for file in application.files]
    names = [file.name for file in declared]
    where = f"profile {profile.name} version {profile.version}"
    if len(set(names)) != len(names) or (profile.seal and profile.seal not in names):
        raise ImageUnfit(f"The {where} names a file twice, or a seal that it does not have.", "Mend the profile.")
    unknown = sorted(image.contents.keys() - set(names))
    if unknown:
        raise ImageUnfit(f"The {where} has no file {unknown[0]!r}.", _REMEDY)
    due = [file.name for file in declared if (file.required or file.name == profile.seal) and file.name != follows]
    missing = [name for name in due if name not in image.contents]
    if missing or not files:
        raise ImageUnfit(f"The card's contents lack {missing[0] if missing else 'any file'!r} of {where}.", _REMEDY)
    for each in files:
        limit = min(each.file.limit, MAX_FILE)
        if not 1 <= len(each.content) <= limit:
            raise ImageUnfit(f"{each.name} has {len(each.content)} bytes; {where} allows 1 to {limit}.", _REMEDY)


def profile_digest(profile: CardProfile) -> str:
    """SHA-256, hexadecimal, over all that a profile says: a profile that was changed under its old version shows.

    What is as by default is left out: a gateway whose profiles learnt to say more finishes the cards of an older one.
    """
    return sha256(rfc8785.dumps(_plain(profile))).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        said = {field.name: getattr(value, field.name) for field in fields(value)}
        return {field.name: _plain(said[field.name]) for field in fields(value) if said[field.name] != _default(field)}
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default  # MISSING, which nothing equals, where there is none
