"""What a content is to a profile: a name, options, and how its bytes are made and read."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType

from cryptography import x509

from gateway.card_profile.errors import ContentFaultCode, ContentProblem
from gateway.card_profile.person import CardPerson
from gateway.card_profile.profile import CardFile, CardProfile, OptionValue
from gateway.finger import FingerPosition, FingerTemplate
from gateway.guidance import LocalizedText
from gateway.trust import Signer

Reduce = Callable[[FingerTemplate, int], FingerTemplate]
"""A template with at most so many minutiae, those furthest from the centroid dropped first."""


class Stage(IntEnum):
    """When a content is made: each is made of what came before it."""

    PERSON = 0
    """Of the person and of what the issuer hands in alone."""
    CHIP = 1
    """Of this chip and of the key that signs."""
    LIST = 2
    """Of which other files there are."""
    SEAL = 3
    """Over all other files."""


@dataclass(frozen=True)
class Option:
    """One option of a content; its type is that of its default."""

    default: OptionValue
    allowed: Collection[str] | range | None = None
    """The words or numbers that it may be, or that each of its words may be; None for any."""


@dataclass(repr=False, eq=False)
class Making:
    """What the contents of one card are made of, and those that are made already."""

    profile: CardProfile
    person: CardPerson
    reduced: Reduce
    random: Callable[[int], bytes]
    handed: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    """By the name of the file, or of what it is made of."""
    at: datetime | None = None
    chip_serial: bytes = b""
    signer: Signer | None = None
    anchors: Sequence[x509.Certificate] | None = None
    made: dict[str, bytes] = field(default_factory=dict)
    """By the name of the file."""
    fingers_taken: set[FingerPosition] = field(default_factory=set)


@dataclass(frozen=True)
class ContentKind:
    """One content that a profile may ask for by name."""

    name: str
    make: Callable[[CardFile, Making], bytes | None]
    """None where this person has none and the file is not required; otherwise `ContentProblem`."""
    read: Callable[[CardProfile, CardFile, bytes], object]
    """Raises `MalformedContent`."""
    personal: bool
    """Whether it says something of the person that not everybody needs to know."""
    stage: Stage = Stage.PERSON
    options: Mapping[str, Option] = field(default_factory=lambda: MappingProxyType({}))
    handed: bool = False
    """Whether the issuer may, or has to, bring it by the file's name."""
    handed_parts: tuple[str, ...] = ()
    """What it may be made of and the issuer brings, by names of their own."""
    seals: bool = False
    """Whether it signs other files, so that it may be the seal of a profile."""
    finger_template: bool = False
    """Whether the holder can be checked against it."""
    master: bool | None = None
    """Whether it belongs into the master file, or must not lie there; None for either."""


def words_option(file: CardFile, kind: ContentKind, name: str) -> tuple[str, ...]:
    """An option that is a list of words."""
    value = file.options.get(name, kind.options[name].default)
    assert isinstance(value, tuple)
    return value


def text_option(file: CardFile, kind: ContentKind, name: str) -> str:
    """An option that is a word or text."""
    value = file.options.get(name, kind.options[name].default)
    assert isinstance(value, str)
    return value


def number_option(file: CardFile, kind: ContentKind, name: str) -> int:
    """An option that is a number; 0 and 1 for one that is true or false."""
    value = file.options.get(name, kind.options[name].default)
    assert isinstance(value, int)
    return value


def missing(file: CardFile, what: LocalizedText, remedy: LocalizedText) -> None:
    """Nothing, where the card may be without this file.

    Raises
    ------
    ContentProblem
        It may not.
    """
    if file.required:
        raise ContentProblem(file.name, ContentFaultCode.NO_SOURCE, what, remedy)


def not_fitting(file: CardFile, cause: LocalizedText) -> ContentProblem:
    """Content that cannot be made small enough for its file."""
    return ContentProblem(
        file.name,
        ContentFaultCode.NOT_FITTING,
        cause,
        LocalizedText(
            id="Perbesar limit berkas itu di profil, atau ubah opsinya.",
            en="Raise that file's limit in the profile, or change its options.",
        ),
    )
