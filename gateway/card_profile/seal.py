"""The seal of a card: a signature over what stands in all other files, on which chip, by which profile."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from gateway.card import MalformedCardData, data_object, data_objects, only_object
from gateway.card_profile.content_kind import ContentKind, Making, Stage, not_fitting
from gateway.card_profile.errors import MalformedContent
from gateway.card_profile.profile import CardFile, CardProfile
from gateway.guidance import LocalizedText

_SEAL, _STATEMENT, _KEY_ID, _SIGNATURE = 0xE1, 0xE0, 0x86, 0x87
_VERSION, _PROFILE, _PROFILE_VERSION, _CHIP, _TIME, _FILE = 0x80, 0x81, 0x82, 0x83, 0x84, 0xA5
_NAME, _DIGEST = 0x80, 0x81
_FORMAT = b"\x01"
_CONTEXT = b"rekam-card-seal\x00"
"""Before what is signed. A zero byte is in no JWS, so that no signature of another kind is taken for a seal."""
_TIME_FORM = re.compile(rb"[0-9]{14}")
_SIGNATURE_BYTES = 64
_KEY_ID_BYTES = 32


@dataclass(frozen=True)
class SealStatement:
    """What a seal says; nothing of it is believed before the signature is checked."""

    profile: str
    profile_version: int
    chip_serial: bytes
    """As the chip tells it; empty where it was not asked."""
    at: datetime
    """When it was signed, UTC, whole seconds."""
    digests: Mapping[str, bytes]
    """SHA-256 by name of the file."""
    key_id: str
    """RFC 7638 thumbprint of the key, as in the signatures of packets."""
    signed: bytes = field(repr=False)
    """What the signature is over."""
    signature: bytes = field(repr=False)


def encode_seal(profile: CardProfile, contents: Mapping[str, bytes], making: Making) -> bytes:
    """A seal over these files.

    Raises
    ------
    KeyProblem
        There is no signature.
    ValueError
        There is no signer, or no time.
    """
    if making.signer is None or making.at is None or making.at.tzinfo is None:
        raise ValueError(f"profile {profile.name} has a seal: a signer and a time with its time zone are due")
    signer = making.signer.current()
    at = making.at.astimezone(UTC)
    files = b"".join(
        data_object(_FILE, data_object(_NAME, name.encode("ascii")) + data_object(_DIGEST, sha256(content).digest()))
        for name, content in sorted(contents.items())
    )
    statement = data_object(
        _STATEMENT,
        data_object(_VERSION, _FORMAT)
        + data_object(_PROFILE, profile.name.encode("ascii"))
        + data_object(_PROFILE_VERSION, profile.version.to_bytes(2, "big"))
        + data_object(_CHIP, making.chip_serial)
        + data_object(_TIME, f"{at:%Y%m%d%H%M%S}".encode("ascii"))
        + files,
    )
    key_id = base64.urlsafe_b64decode(signer.key_id + "=")
    signature = signer.sign(_CONTEXT + statement)
    return data_object(_SEAL, statement + data_object(_KEY_ID, key_id) + data_object(_SIGNATURE, signature))


def seal_size(profile: CardProfile, chip_serial_bytes: int) -> int:
    """Bytes of a seal over every file of a profile, without a signature."""
    files = sum(
        len(data_object(_FILE, data_object(_NAME, file.name.encode()) + data_object(_DIGEST, bytes(32))))
        for file in profile.files
        if file.name != profile.seal
    )
    fixed = (
        (_VERSION, 1),
        (_PROFILE, len(profile.name)),
        (_PROFILE_VERSION, 2),
        (_CHIP, chip_serial_bytes),
        (_TIME, 14),
    )
    statement = data_object(_STATEMENT, bytes(files + sum(len(data_object(tag, bytes(size))) for tag, size in fixed)))
    return len(data_object(_SEAL, statement + bytes(2 + _KEY_ID_BYTES) + bytes(2 + _SIGNATURE_BYTES)))


def decode_seal(octets: bytes) -> SealStatement:
    """Take a seal apart, strictly: one spelling of each.

    Raises
    ------
    MalformedContent
        It is none; says in what.
    """
    try:
        return _taken_apart(octets)
    except MalformedCardData as error:
        raise MalformedContent(str(error)) from error


def _taken_apart(octets: bytes) -> SealStatement:
    parts = data_objects(only_object(octets, _SEAL))
    if [part.tag for part in parts] != [_STATEMENT, _KEY_ID, _SIGNATURE]:
        raise MalformedContent("the seal is not a statement, a key's id and a signature")
    if len(parts[1].value) != _KEY_ID_BYTES or len(parts[2].value) != _SIGNATURE_BYTES:
        raise MalformedContent("the seal's key id or signature has a wrong length")
    said = data_objects(parts[0].value)
    if [item.tag for item in said[:5]] != [_VERSION, _PROFILE, _PROFILE_VERSION, _CHIP, _TIME]:
        raise MalformedContent("the seal's statement does not begin with version, profile, chip and time")
    version, profile, profile_version, chip, time = (item.value for item in said[:5])
    if version != _FORMAT:
        raise MalformedContent(f"the seal is of version {version.hex()}, {_FORMAT.hex()} is read here")
    if len(profile_version) != 2:
        raise MalformedContent("the profile's version has not two bytes")
    digests: dict[str, bytes] = {}
    for item in said[5:]:
        inside = data_objects(item.value) if item.tag == _FILE else []
        if [part.tag for part in inside] != [_NAME, _DIGEST] or len(inside[1].value) != sha256().digest_size:
            raise MalformedContent("a file of the seal is not a name and a digest")
        name = _ascii(inside[0].value)
        if digests and name <= max(digests):
            raise MalformedContent("the files of the seal do not rise by name")
        digests[name] = inside[1].value
    # `only_object` takes lengths in any form; a canonical one is written again and compared.
    statement = data_object(_STATEMENT, parts[0].value)
    if data_object(_SEAL, b"".join(data_object(part.tag, part.value) for part in parts)) != octets:
        raise MalformedContent("the seal is not in its one spelling")
    return SealStatement(
        _ascii(profile),
        int.from_bytes(profile_version, "big"),
        chip,
        _time(time),
        digests,
        base64.urlsafe_b64encode(parts[1].value).rstrip(b"=").decode("ascii"),
        _CONTEXT + statement,
        parts[2].value,
    )


def _ascii(octets: bytes) -> str:
    try:
        return octets.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedContent("a name in the seal is not ASCII") from error


def _time(octets: bytes) -> datetime:
    if not _TIME_FORM.fullmatch(octets):
        raise MalformedContent("the seal's time is not fourteen digits")
    digits = octets.decode("ascii")
    try:
        year, rest = int(digits[:4]), [int(digits[at : at + 2]) for at in range(4, 14, 2)]
        return datetime(year, *rest, tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError as error:
        raise MalformedContent("the seal's time is no time") from error


def _make(file: CardFile, making: Making) -> bytes:
    others = {name: content for name, content in making.made.items() if name != file.name}
    try:
        seal = encode_seal(making.profile, others, making)
    except binascii.Error as error:
        raise ValueError(f"the signer's key id is no RFC 7638 thumbprint: {error}") from error
    if len(seal) > file.limit:
        raise not_fitting(
            file,
            LocalizedText(
                id=f"Segel berukuran {len(seal)} bita, batasnya {file.limit}.",
                en=f"The seal has {len(seal)} bytes, the file at most {file.limit}.",
            ),
        )
    return seal


def _read(profile: CardProfile, file: CardFile, content: bytes) -> SealStatement:
    return decode_seal(content)


SEAL = ContentKind("seal", _make, _read, personal=False, stage=Stage.SEAL, seals=True)
