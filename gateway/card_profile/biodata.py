"""Biodata on a card: a template of data objects, one for each field that is known."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date

from gateway.card import MalformedCardData, data_object, data_objects, only_object
from gateway.card_profile.errors import MalformedContent
from gateway.card_profile.person import Biodata, Sex

TEMPLATE = 0xE2
"""Of the private class: tags inside are ours, not the interindustry ones of ISO/IEC 7816-6."""
SALT_TAG = 0x9E
SALT_BYTES = 8
"""Nobody who sees the digest of a file can find out by trying whose it is (the seal may be read by all)."""
TAGS = {
    "reference": 0x80,
    "name": 0x81,
    "birth_place": 0x82,
    "birth_date": 0x83,
    "sex": 0x84,
    "blood_type": 0x85,
    "address": 0x86,
    "rt_rw": 0x87,
    "village": 0x88,
    "district": 0x89,
    "regency": 0x8A,
    "province": 0x8B,
    "religion": 0x8C,
    "marital_status": 0x8D,
    "occupation": 0x8E,
    "citizenship": 0x8F,
    "valid_until": 0x90,
    "issue_place": 0x91,
    "issue_date": 0x92,
    "issuer": 0x93,
    "card_number": 0x94,
}
"""By field of `Biodata`, rising."""
_DATES = ("birth_date", "valid_until", "issue_date")
_SEXES = {Sex.MALE: b"M", Sex.FEMALE: b"F", Sex.UNSPECIFIED: b"X"}


def encode_biodata(biodata: Biodata, random: Callable[[int], bytes]) -> bytes:
    """The bytes of the file.

    Parameters
    ----------
    random : callable
        Gives so many random bytes.
    """
    objects = []
    for each in fields(biodata):
        value = getattr(biodata, each.name)
        if value is None or value == "":
            continue
        objects.append(data_object(TAGS[each.name], _octets(value)))
    return data_object(TEMPLATE, b"".join(objects) + data_object(SALT_TAG, random(SALT_BYTES)))


def decode_biodata(octets: bytes) -> Biodata:
    """Read the file.

    Raises
    ------
    MalformedContent
        It is none; names the field, never its value.
    """
    try:
        found = data_objects(only_object(octets, TEMPLATE))
    except MalformedCardData as error:
        raise MalformedContent(str(error)) from error
    tags = [item.tag for item in found]
    if tags != sorted(set(tags)):
        raise MalformedContent("its fields do not rise, or one comes twice")
    names = {tag: name for name, tag in TAGS.items()}
    if not tags or tags[-1] != SALT_TAG or len(found[-1].value) != SALT_BYTES:
        raise MalformedContent(f"it does not end with {SALT_BYTES} bytes of data object {SALT_TAG:02X}")
    values: dict[str, object] = {}
    for item in found[:-1]:
        if item.tag not in names:
            raise MalformedContent(f"data object {item.tag:02X} is no field of biodata")
        name = names[item.tag]
        values[name] = _value(name, item.value)
    if "reference" not in values:
        raise MalformedContent("the reference is missing")
    try:
        return Biodata(**values)  # type: ignore[arg-type]
    except ValueError as error:
        raise MalformedContent(str(error)) from None


def _octets(value: object) -> bytes:
    if isinstance(value, Sex):
        return _SEXES[value]
    if isinstance(value, date):
        return f"{value.year:04d}{value.month:02d}{value.day:02d}".encode("ascii")
    return str(value).encode("utf-8")


def _value(name: str, octets: bytes) -> object:
    if not octets:
        raise MalformedContent(f"{name} is there and empty")
    if name == "sex":
        sexes = {code: sex for sex, code in _SEXES.items()}
        if octets not in sexes:
            raise MalformedContent("sex is none of M, F and X")
        return sexes[octets]
    if name in _DATES:
        return read_date(name, octets)
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedContent(f"{name} is not UTF-8") from None  # the error would hold the bytes


def read_date(name: str, octets: bytes) -> date:
    """A date of eight digits, YYYYMMDD; `MalformedContent` naming the field where it is none."""
    if len(octets) != 8 or not octets.isdigit():
        raise MalformedContent(f"{name} is not eight digits")
    text = octets.decode("ascii")
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise MalformedContent(f"{name} is no day of the calendar") from None
