"""All that is to stand on a card, made of a person by a profile; and what was read from one, taken apart again."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from cryptography import x509

from gateway.card_profile.content_kind import Making, Reduce, Stage
from gateway.card_profile.contents import CONTENTS
from gateway.card_profile.errors import ContentFaultCode, ContentProblem, MalformedContent
from gateway.card_profile.finger_template import CardFinger
from gateway.card_profile.person import CardPerson
from gateway.card_profile.profile import CardFile, CardImage, CardProfile
from gateway.guidance import LocalizedText
from gateway.trust import Signer

_NOTHING: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True)
class ContentFault:
    """One thing that is wrong with what was read."""

    file: str
    code: ContentFaultCode
    problem: str
    """In English; never with the person's data."""

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


@dataclass(frozen=True, repr=False)
class CardContents:
    """What was read from a card, as values."""

    values: Mapping[str, object]
    """By the name of the file: Biodata, CardPicture, CardFinger, SealStatement and so on; only what could be read."""
    faults: tuple[ContentFault, ...]

    def __repr__(self) -> str:
        return f"<card contents: {', '.join(self.values)}; {len(self.faults)} faults>"


def card_image(
    profile: CardProfile,
    person: CardPerson,
    signer: Signer | None,
    *,
    at: datetime,
    reduced: Reduce,
    chip_serial: bytes = b"",
    handed: Mapping[str, bytes] = _NOTHING,
    anchors: Sequence[x509.Certificate] | None = None,
    made: Mapping[str, bytes] = _NOTHING,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> CardImage:
    """Make every file of a card.

    Parameters
    ----------
    signer : Signer, optional
        Makes the seal; None where the profile has none of ours.
    at : datetime
        When, with its time zone: the seal states it, and the issuer's signature has to be valid then.
    reduced : callable
        Takes a template and the most minutiae, and gives a template of those to keep.
    chip_serial : bytes
        As the chip tells it: the seal binds to it what stands on the card. At most 64 bytes.
    handed : mapping
        What the issuer brings, by the name of the file; `mrz` for a machine readable zone.
    anchors : sequence of Certificate, optional
        Authorities that the signer of a handed-in security object must be issued by; None: whoever signed may have.
    made : mapping
        Contents that are made already, by `personal_contents`.

    Raises
    ------
    ContentProblem
        A file cannot be made, is too long, or is not what the issuer signed; nothing was written.
    KeyProblem
        There is no signature.
    ValueError
        The signer is missing where a seal is due, `at` has no time zone, or something is handed in for no file.
    """
    if at.tzinfo is None or len(chip_serial) > 64:
        raise ValueError("a time with its time zone, and a chip's serial number of at most 64 bytes, are due")
    _check_handed(profile, handed)
    making = Making(profile, person, reduced, random, handed, at, chip_serial, signer, anchors)
    _take_over(making, made)
    for stage in Stage:
        _make(making, stage)
    contents = {file.name: making.made[file.name] for file in profile.files if file.name in making.made}
    _check_room(profile, contents)
    return CardImage(profile, MappingProxyType(contents))


def personal_contents(
    profile: CardProfile,
    person: CardPerson,
    *,
    reduced: Reduce,
    handed: Mapping[str, bytes] = _NOTHING,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> dict[str, bytes]:
    """The files that depend neither on the chip nor on a key: what takes time, to be done while a card is awaited.

    Raises
    ------
    ContentProblem
        A file cannot be made.
    ValueError
        Something is handed in for no file.
    """
    _check_handed(profile, handed)
    making = Making(profile, person, reduced, random, handed)
    _make(making, Stage.PERSON)
    return making.made


def read_contents(profile: CardProfile, contents: Mapping[str, bytes], *, whole: bool = True) -> CardContents:
    """Take apart what was read from a card; what is wrong is named and hinders nothing else.

    Signatures are not looked at: see `check_seal`, and `authenticate_passively` for a state's document.

    Parameters
    ----------
    contents : mapping
        By the name of the file.
    whole : bool
        Whether all files were read, so that a required one that is not there is a fault.
    """
    files = {file.name: file for file in profile.files}
    values: dict[str, object] = {}
    faults = []
    for name, content in contents.items():
        file = files.get(name)
        if file is None:
            faults.append(ContentFault(name, ContentFaultCode.UNKNOWN_FILE, "the profile has no such file"))
            continue
        if len(content) > file.limit:
            problem = f"it has {len(content)} bytes, the profile allows {file.limit}"
            faults.append(ContentFault(name, ContentFaultCode.TOO_LONG, problem))
        try:
            values[name] = CONTENTS[file.content].read(profile, file, content)
        except MalformedContent as error:
            faults.append(ContentFault(name, ContentFaultCode.MALFORMED, str(error)))
    if whole:
        absent = [file.name for file in profile.files if file.required and file.name not in contents]
        faults += [ContentFault(name, ContentFaultCode.MISSING, "it is not there") for name in absent]
    faults += _twice(values)
    return CardContents(MappingProxyType(values), tuple(faults))


def _twice(values: Mapping[str, object]) -> list[ContentFault]:
    """One finger in two files: who copied it would have one finger count for two."""
    seen: dict[object, str] = {}
    faults = []
    for name, value in values.items():
        if not isinstance(value, CardFinger):
            continue
        if value.position in seen:
            problem = f"it is of the same finger as {seen[value.position]}"
            faults.append(ContentFault(name, ContentFaultCode.CONTRADICTS, problem))
        seen.setdefault(value.position, name)
    return faults


def template_of(profile: CardProfile, contents: Mapping[str, bytes], name: str) -> CardFinger:
    """A finger template of a card, to compare with a live finger.

    Raises
    ------
    KeyError
        The profile has no such file, or it was not read.
    MalformedContent
        It is no template.
    """
    file = profile.file(name)
    found = CONTENTS[file.content].read(profile, file, contents[name])
    if not isinstance(found, CardFinger):
        raise MalformedContent(f"{name} is no finger template")
    return found


def _check_handed(profile: CardProfile, handed: Mapping[str, bytes]) -> None:
    """A name that is misspelt would leave an optional file out without a word."""
    known = {file.name for file in profile.files if CONTENTS[file.content].handed}
    known |= {name for file in profile.files for name in CONTENTS[file.content].handed_parts}
    if strange := sorted(handed.keys() - known):
        raise ValueError(
            f"nothing is handed in as {', '.join(strange)}; there are {', '.join(sorted(known)) or 'none'}"
        )


def _take_over(making: Making, made: Mapping[str, bytes]) -> None:
    for name, content in made.items():
        file = making.profile.file(name)
        _check_length(file, content)
        making.made[name] = content
        if CONTENTS[file.content].finger_template:
            making.fingers_taken.add(template_of(making.profile, made, name).position)


def _make(making: Making, stage: Stage) -> None:
    for file in making.profile.files:
        kind = CONTENTS[file.content]
        if kind.stage is not stage or file.name in making.made:
            continue
        content = kind.make(file, making)
        if content is not None:
            _check_length(file, content)
            making.made[file.name] = content


def _check_room(profile: CardProfile, contents: Mapping[str, bytes]) -> None:
    needed = profile.needed(contents)
    if needed > profile.capacity:
        raise ContentProblem(
            profile.files[-1].name,
            ContentFaultCode.NOT_FITTING,
            LocalizedText(
                id=f"Semua berkas butuh {needed} bita pada chip, profil memberi {profile.capacity}.",
                en=f"All files need {needed} bytes of the chip, the profile has {profile.capacity}.",
            ),
            LocalizedText(id="Kecilkan limit di profil.", en="Lower the limits in the profile."),
        )


def _check_length(file: CardFile, content: bytes) -> None:
    if len(content) > file.limit:
        raise ContentProblem(
            file.name,
            ContentFaultCode.TOO_LONG,
            LocalizedText(
                id=f"Isinya {len(content)} bita, batasnya {file.limit}.",
                en=f"It has {len(content)} bytes, at most {file.limit} are allowed.",
            ),
            LocalizedText(id="Perbesar limit di profil.", en="Raise the limit in the profile."),
        )
