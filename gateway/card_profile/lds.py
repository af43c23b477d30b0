"""Files of a travel document: made of the person's data, or handed in by the issuer (ICAO Doc 9303-10, LDS1)."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.card import MalformedCardData, data_object, objects_by_tag, only_object
from gateway.card_profile.biometric_template import (
    BiometricKind,
    BiometricTemplate,
    BlockFormat,
    decode_group,
    encode_group,
)
from gateway.card_profile.content_kind import (
    ContentKind,
    Making,
    Option,
    Stage,
    missing,
    not_fitting,
    number_option,
    text_option,
    words_option,
)
from gateway.card_profile.errors import ContentFaultCode, ContentProblem, MalformedContent
from gateway.card_profile.finger_scan import coded_scan
from gateway.card_profile.finger_template import FINGERS
from gateway.card_profile.mrz import Mrz, mrz_of, read_mrz
from gateway.card_profile.portrait import make_portrait
from gateway.card_profile.profile import CardFile, CardProfile
from gateway.finger import FingerPosition
from gateway.guidance import LocalizedText
from gateway.records import RecordError, fac, fir
from gateway.records.fac import FaceImageRecord
from gateway.records.finger_image import FingerImageRecord

GROUPS = {
    "lds-dg1": (1, 0x61),
    "lds-dg2": (2, 0x75),
    "lds-dg3": (3, 0x63),
    "lds-dg14": (14, 0x6E),
    "lds-dg15": (15, 0x6F),
}
"""Number and tag of the data group, by content."""
_COM, _LDS_VERSION, _UNICODE_VERSION, _TAG_LIST = 0x60, 0x5F01, 0x5F36, 0x5C
_MRZ = 0x5F1F
_VERSIONS = (b"0107", b"0108")
_UNICODE = b"040000"
_FACE_OVERHEAD = 96
"""Bytes about the JPEG in DG2, rounded up: record header 46, template 28, data objects 16."""
_HEIGHTS = (480, 160)
_SCAN_OVERHEAD = 96
"""Of each finger in DG3."""


@dataclass(frozen=True)
class CommonData:
    """EF.COM."""

    lds_version: str
    groups: tuple[int, ...]
    """Tags of the data groups that there are."""


@dataclass(frozen=True, eq=False, repr=False)
class DocumentFinger:
    """One finger of DG3."""

    position: FingerPosition
    record: FingerImageRecord


def data_groups(profile: CardProfile, contents: Mapping[str, bytes]) -> dict[int, bytes]:
    """The data groups among these contents, by number: what an issuer signs, and passive authentication compares."""
    return {
        GROUPS[file.content][0]: contents[file.name]
        for file in profile.files
        if file.content in GROUPS and file.name in contents
    }


def _make_com(file: CardFile, making: Making) -> bytes:
    application = making.profile.application_of(file.name)
    tags = [GROUPS[each.content][1] for each in application.files if each.content in GROUPS]
    present = [
        GROUPS[each.content][1] for each in application.files if each.content in GROUPS and each.name in making.made
    ]
    return data_object(
        _COM,
        data_object(_LDS_VERSION, _VERSIONS[0])
        + data_object(_UNICODE_VERSION, _UNICODE)
        + data_object(_TAG_LIST, bytes(tag for tag in tags if tag in present)),
    )


def _read_com(profile: CardProfile, file: CardFile, content: bytes) -> CommonData:
    objects = _objects(_only(content, _COM))
    if set(objects) != {_LDS_VERSION, _UNICODE_VERSION, _TAG_LIST}:
        raise MalformedContent("EF.COM is not two versions and a list of tags")
    if objects[_LDS_VERSION] not in _VERSIONS:
        raise MalformedContent("EF.COM is of another version than 0107 and 0108")
    return CommonData(objects[_LDS_VERSION].decode("ascii"), tuple(objects[_TAG_LIST]))


def _make_dg1(file: CardFile, making: Making) -> bytes:
    zone = making.handed.get("mrz")
    try:
        if zone is None:
            code, state = (text_option(file, DG1, name) for name in ("document_code", "state"))
            zone = mrz_of(making.person.biodata, code, state)
        read_mrz(zone)
    except ValueError as error:
        raise ContentProblem(
            file.name,
            ContentFaultCode.NO_SOURCE,
            LocalizedText(
                id=f"Zona terbaca mesin tidak dapat dibuat: {error}.",
                en=f"The machine readable zone cannot be made: {error}.",
            ),
            LocalizedText(
                id="Lengkapi biodata, atau serahkan zona itu (mrz).",
                en="Complete the biodata, or hand the zone in (mrz).",
            ),
        ) from error
    return data_object(0x61, data_object(_MRZ, zone))


def _read_dg1(profile: CardProfile, file: CardFile, content: bytes) -> Mrz:
    try:
        return read_mrz(_only(_only(content, 0x61), _MRZ))
    except MalformedContent:
        raise
    except ValueError as error:
        raise MalformedContent(str(error)) from error


def _make_dg2(file: CardFile, making: Making) -> bytes | None:
    if making.person.portrait is None:
        missing(
            file,
            LocalizedText(id="Tidak ada pas foto.", en="There is no portrait."),
            LocalizedText(id="Ambil pas foto lebih dulu.", en="Take a portrait first."),
        )
        return None
    # Records of faces are written as JPEG, which every inspection system reads.
    jpeg = make_portrait(file, making, file.limit - _FACE_OVERHEAD, "jpeg", _HEIGHTS)
    template = BiometricTemplate(BiometricKind.FACE, BlockFormat.FACE_IMAGE, fac.encode_portrait(jpeg))
    return data_object(0x75, encode_group([template]))


def _read_dg2(profile: CardProfile, file: CardFile, content: bytes) -> FaceImageRecord:
    group = decode_group(_only(content, 0x75))
    if len(group) != 1 or group[0].block_format is not BlockFormat.FACE_IMAGE:
        raise MalformedContent("the data group is not one face image")
    try:
        return fac.decode(group[0].block)
    except RecordError as error:
        raise MalformedContent(str(error)) from error


def _make_dg3(file: CardFile, making: Making) -> bytes | None:
    scans = making.person.finger_scans
    wanted = [FINGERS[name] for name in words_option(file, DG3, "fingers") if FINGERS[name] in scans]
    wanted = wanted[: number_option(file, DG3, "most_fingers")]
    if not wanted:
        missing(
            file,
            LocalizedText(
                id="Tidak ada citra jari yang diminta profil.", en="There is no image of a finger asked for."
            ),
            LocalizedText(
                id="Rekam jarinya, atau pakai profil yang mengizinkan kartu tanpa sidik jari.",
                en="Record the finger, or use a profile that allows a card without fingers.",
            ),
        )
        return None
    room = (file.limit - 16) // len(wanted) - _SCAN_OVERHEAD
    templates = []
    for position in wanted:
        try:
            block = coded_scan(scans[position], position, room)
        except ValueError as error:
            raise not_fitting(
                file,
                LocalizedText(
                    id=f"Citra jari tidak muat dalam {room} bita: {error}.",
                    en=f"The image of a finger does not fit into {room} bytes: {error}.",
                ),
            ) from error
        templates.append(BiometricTemplate(BiometricKind.FINGER, BlockFormat.FINGER_IMAGE, block, position=position))
    return data_object(0x63, encode_group(templates))


def _read_dg3(profile: CardProfile, file: CardFile, content: bytes) -> tuple[DocumentFinger, ...]:
    found = []
    for template in decode_group(_only(content, 0x63)):
        if template.block_format is not BlockFormat.FINGER_IMAGE or template.position is None:
            raise MalformedContent("a data block is no finger image")
        try:
            found.append(DocumentFinger(template.position, fir.decode(template.block)))
        except RecordError as error:
            raise MalformedContent(str(error)) from error
    return tuple(found)


def _only(octets: bytes, tag: int) -> bytes:
    try:
        return only_object(octets, tag)
    except MalformedCardData as error:
        raise MalformedContent(str(error)) from error


def _objects(octets: bytes) -> dict[int, bytes]:
    try:
        return objects_by_tag(octets)
    except MalformedCardData as error:
        raise MalformedContent(str(error)) from error


COM = ContentKind("lds-com", _make_com, _read_com, personal=False, stage=Stage.LIST, master=False)
DG1 = ContentKind(
    "lds-dg1",
    _make_dg1,
    _read_dg1,
    personal=True,
    options={"document_code": Option("ID"), "state": Option("UTO")},
    handed_parts=("mrz",),
    master=False,
)
DG2 = ContentKind("lds-dg2", _make_dg2, _read_dg2, personal=True, master=False)
DG3 = ContentKind(
    "lds-dg3",
    _make_dg3,
    _read_dg3,
    personal=True,
    options={
        "fingers": Option(("right-index", "left-index"), tuple(FINGERS)),
        "most_fingers": Option(2, range(1, 11)),
    },
    master=False,
)
