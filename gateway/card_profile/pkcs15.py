"""Contents of a card that any PKCS #11 software can read: directories of certificates, data objects and the PIN."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gateway.card import MalformedCardData, data_object, objects_by_tag, only_object
from gateway.card_profile.content_kind import ContentKind, Making, Option, Stage, number_option, text_option
from gateway.card_profile.errors import MalformedContent
from gateway.card_profile.pkcs15_objects import (
    AuthenticationObject,
    CertificateObject,
    DataObjectRecord,
    Directory,
    TokenInfo,
    records,
)
from gateway.card_profile.profile import Application, CardFile, CardProfile, Condition, Operation

_MASTER = b"\x3f\x00"
_APPLICATION, _AID, _LABEL, _PATH = 0x61, 0x4F, 0x50, 0x51
_PIN_ID = b"\x01"
_DIRECTORIES = {
    "pkcs15-cdf": "certificates",
    "pkcs15-dodf": "data_objects",
    "pkcs15-aodf": "authentication_objects",
}
_OWN = frozenset({"pkcs15-odf", "pkcs15-token-info", *_DIRECTORIES})


@dataclass(frozen=True)
class DirectoryEntry:
    """EF.DIR: an application, its label and where it lies."""

    aid: bytes
    label: str
    path: bytes


@dataclass(frozen=True)
class ListedObject:
    """A certificate, data object, PIN or directory of objects, as a directory names it."""

    label: str
    path: bytes
    """From the master file; empty for a PIN."""
    private: bool = False
    """Whether the PIN is asked for."""


@dataclass(frozen=True)
class CardInfo:
    """EF.TokenInfo."""

    serial_number: bytes
    manufacturer: str
    label: str


def _make_dir(file: CardFile, making: Making) -> bytes:
    entries = [
        data_object(
            _APPLICATION,
            data_object(_AID, application.aid)
            + data_object(_LABEL, text_option(file, DIR, "label").encode("utf-8"))
            + data_object(_PATH, _MASTER + application.fid.to_bytes(2, "big")),
        )
        for application in making.profile.applications
        if not application.is_master
    ]
    return b"".join(entries)


def _read_dir(profile: CardProfile, file: CardFile, content: bytes) -> DirectoryEntry:
    try:
        objects = objects_by_tag(only_object(content, _APPLICATION))
        if set(objects) != {_AID, _LABEL, _PATH}:
            raise MalformedContent("EF.DIR is not an application's name, label and path")
        return DirectoryEntry(objects[_AID], objects[_LABEL].decode("utf-8"), objects[_PATH])
    except (MalformedCardData, UnicodeDecodeError) as error:
        raise MalformedContent(f"EF.DIR cannot be read: {error}") from error


def _make_odf(file: CardFile, making: Making) -> bytes:
    application = making.profile.application_of(file.name)
    return b"".join(
        Directory(name=_DIRECTORIES[each.content], value={"path": _path(application, each)}).dump()
        for each in application.files
        if each.content in _DIRECTORIES
    )


def _read_odf(profile: CardProfile, file: CardFile, content: bytes) -> tuple[ListedObject, ...]:
    return tuple(
        ListedObject(record.name.replace("_", " "), bytes(record.chosen["path"]))
        for record in _records(content, Directory)
    )


def _make_cdf(file: CardFile, making: Making) -> bytes:
    application = making.profile.application_of(file.name)
    return b"".join(
        CertificateObject(
            {
                "common": {"label": _label(each)},
                "class_attributes": {"id": sha256(making.made[each.name]).digest()[:8]},
                "type_attributes": {"value": {"path": _path(application, each)}},
            }
        ).dump()
        for each in application.files
        if each.content == "certificate" and each.name in making.made
    )


def _read_cdf(profile: CardProfile, file: CardFile, content: bytes) -> tuple[ListedObject, ...]:
    return tuple(
        ListedObject(record["common"]["label"].native or "", bytes(record["type_attributes"]["value"]["path"]))
        for record in _records(content, CertificateObject)
    )


def _make_dodf(file: CardFile, making: Making) -> bytes:
    application = making.profile.application_of(file.name)
    found = []
    for each in application.files:
        if each.content in _OWN or each.content == "certificate" or each.name not in making.made:
            continue
        with_pin = each.access.get(Operation.READ) is Condition.PIN
        common: dict[str, object] = {"label": _label(each)}
        if with_pin:
            common |= {"flags": {"private"}, "auth_id": _PIN_ID}
        found.append(
            DataObjectRecord(
                {
                    "common": common,
                    "class_attributes": {"application_name": text_option(file, DODF, "application")},
                    "type_attributes": {"path": _path(application, each)},
                }
            ).dump()
        )
    return b"".join(found)


def _read_dodf(profile: CardProfile, file: CardFile, content: bytes) -> tuple[ListedObject, ...]:
    return tuple(
        ListedObject(
            record["common"]["label"].native or "",
            bytes(record["type_attributes"]["path"]),
            "private" in (record["common"]["flags"].native or ()),
        )
        for record in _records(content, DataObjectRecord)
    )


def _make_aodf(file: CardFile, making: Making) -> bytes:
    least, most = (number_option(file, AODF, name) for name in ("pin_min", "pin_max"))
    record = AuthenticationObject(
        {
            "common": {"label": text_option(file, AODF, "label"), "flags": {"private"}},
            "class_attributes": {"auth_id": _PIN_ID},
            "type_attributes": {
                "flags": {"initialized"},
                "type": "ascii-numeric",
                "min_length": least,
                "stored_length": most,
                "max_length": most,
                "reference": 1,
            },
        }
    )
    return bytes(record.dump())


def _read_aodf(profile: CardProfile, file: CardFile, content: bytes) -> tuple[ListedObject, ...]:
    return tuple(
        ListedObject(record["common"]["label"].native or "", b"", private=True)
        for record in _records(content, AuthenticationObject)
    )


def _make_token_info(file: CardFile, making: Making) -> bytes:
    number = making.chip_serial or making.person.biodata.card_number.encode("ascii", "replace")
    info = TokenInfo(
        {
            "version": 0,
            "serial_number": number,
            "manufacturer": text_option(file, TOKEN_INFO, "manufacturer"),
            "label": text_option(file, TOKEN_INFO, "label"),
            "flags": {"readonly", "login-required"},
        }
    )
    return bytes(info.dump())


def _read_token_info(profile: CardProfile, file: CardFile, content: bytes) -> CardInfo:
    found = _records(content, TokenInfo)
    if len(found) != 1 or found[0]["version"].native != 0:
        raise MalformedContent("it is not one TokenInfo of version 1")
    info = found[0]
    return CardInfo(bytes(info["serial_number"]), info["manufacturer"].native or "", info["label"].native or "")


def _records(content: bytes, record: type) -> list[Any]:  # asn1crypto is untyped
    try:
        return records(content, record)
    except ValueError as error:
        raise MalformedContent(str(error)) from error


def _path(application: Application, file: CardFile) -> bytes:
    if application.is_master:
        return _MASTER + file.fid.to_bytes(2, "big")
    return _MASTER + application.fid.to_bytes(2, "big") + file.fid.to_bytes(2, "big")


def _label(file: CardFile) -> str:
    return file.name.replace("-", " ")


_TEXT = Option("Rekam")
DIR = ContentKind(
    "pkcs15-dir", _make_dir, _read_dir, personal=False, stage=Stage.LIST, options={"label": _TEXT}, master=True
)
ODF = ContentKind("pkcs15-odf", _make_odf, _read_odf, personal=False, stage=Stage.LIST, master=False)
CDF = ContentKind("pkcs15-cdf", _make_cdf, _read_cdf, personal=False, stage=Stage.LIST, master=False)
DODF = ContentKind(
    "pkcs15-dodf",
    _make_dodf,
    _read_dodf,
    personal=False,
    stage=Stage.LIST,
    options={"application": _TEXT},
    master=False,
)
AODF = ContentKind(
    "pkcs15-aodf",
    _make_aodf,
    _read_aodf,
    personal=False,
    stage=Stage.LIST,
    options={"label": Option("PIN"), "pin_min": Option(4, range(1, 17)), "pin_max": Option(8, range(1, 17))},
    master=False,
)
TOKEN_INFO = ContentKind(
    "pkcs15-token-info",
    _make_token_info,
    _read_token_info,
    personal=False,
    stage=Stage.CHIP,
    options={"label": _TEXT, "manufacturer": _TEXT},
    master=False,
)
