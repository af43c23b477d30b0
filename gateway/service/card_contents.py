"""What was read from a card, as the API shows it: values, pictures that any browser shows, each failure by name."""

from collections.abc import Sequence

import cv2
from rekam.v1 import card_pb2 as pb

from gateway.card import PassiveFailure
from gateway.card_profile import (
    Biodata,
    CardFinger,
    CardPicture,
    CardProfile,
    MalformedContent,
    SealFailure,
    SealVerdict,
    read_contents,
)
from gateway.card_profile.picture import pixels_of
from gateway.card_reading import AccessWay, CardReading, FileDone, FileOutcome, MachineReadableZone
from gateway.service import card_messages, convert

MOST_BYTES = 1 << 20
"""Of a picture in one answer."""
_SHOWN = ("image/jpeg", "image/png")
_QUALITIES = (92, 80, 60, 40)


def access_way(way: AccessWay) -> int:
    """The API's number for a way."""
    return convert.enum_number(way, "CARD_ACCESS_WAY", pb.CardAccessWay)


def file_read(done: FileDone) -> pb.CardFileRead:
    """What became of one file."""
    file = done.file
    return pb.CardFileRead(
        name=file.name,
        outcome=_file_outcome(file.outcome),  # type: ignore[arg-type]
        bytes=file.octets,
        status_word="" if file.sw is None else f"{file.sw:04X}",
        index=done.index,
        total=done.total,
    )


def _file_outcome(outcome: FileOutcome) -> int:
    return convert.enum_number(outcome, "CARD_FILE_OUTCOME", pb.CardFileOutcome)


def genuineness(genuine: bool | None) -> int:
    """The API's number."""
    if genuine is None:
        return pb.CARD_GENUINENESS_NOT_CHECKED
    return pb.CARD_GENUINENESS_GENUINE if genuine else pb.CARD_GENUINENESS_NOT_GENUINE


def failures(reading: CardReading) -> list[pb.CardFailure]:
    """Each thing that is wrong with the issuer's signature and what it covers."""
    found: Sequence[object] = reading.passive.failures if reading.passive is not None else ()
    if reading.passive is None and reading.seal is not None:
        found = reading.seal.failures
    return [_failure(each) for each in found]


def reading(value: CardReading, profile: CardProfile) -> pb.CardReading:
    """The whole card; slow where its pictures have to be made anew."""
    message = pb.CardReading(
        profile=value.profile,
        way=access_way(value.way),  # type: ignore[arg-type]
        genuineness=genuineness(value.genuine),  # type: ignore[arg-type]
        failures=failures(value),
        findings=[pb.CardFailure(code=each.fault.name, words=str(each)) for each in value.findings],
        unread=_unread(value),
    )
    message.findings.extend(
        pb.CardFailure(code="UNDECODED", file=name, words=words) for name, words in value.undecoded.items()
    )
    if value.mrz is not None:
        message.mrz.CopyFrom(_mrz(value.mrz))
    _add_values(message, value, profile)
    if value.portrait is not None:
        _add_picture(message, message.portrait, "portrait", value.portrait.data, value.portrait.media_type)
    return message


def reference_of(message: pb.CardReading) -> str:
    """Whose card it is, for the audit trail alone; empty where that was not seen."""
    return message.biodata.reference or message.mrz.document_number


def _add_values(message: pb.CardReading, value: CardReading, profile: CardProfile) -> None:
    own = {file.name for file in profile.files}
    contents = {name: content for name, content in value.contents.items() if name in own}
    found = read_contents(profile, contents, whole=False)
    for fault in found.faults:
        if fault.file not in value.undecoded:
            message.findings.add(code=fault.code.name, file=fault.file, words=str(fault))
    for name, each in found.values.items():
        if isinstance(each, Biodata):
            message.biodata.CopyFrom(card_messages.biodata(each))
        elif isinstance(each, CardPicture) and profile.file(name).content == "signature":
            _add_picture(message, message.signature, name, each.content, each.media_type)
        elif isinstance(each, CardFinger):
            message.fingers.append(int(each.position))  # type: ignore[arg-type]


def _add_picture(message: pb.CardReading, picture: pb.CardPicture, name: str, data: bytes, media_type: str) -> None:
    try:
        pixels = pixels_of(data)
    except (MalformedContent, ValueError) as error:
        message.findings.add(code="UNDECODED", file=name, words=f"{name}: {error}")
        return
    picture.height, picture.width = pixels.shape[:2]
    picture.media_type_on_card = media_type
    if media_type in _SHOWN and len(data) <= MOST_BYTES:
        picture.media_type, picture.data = media_type, data
        return
    picture.media_type = "image/jpeg"
    for quality in _QUALITIES:
        _, encoded = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture.data = encoded.tobytes()
        if len(picture.data) <= MOST_BYTES:
            return
    picture.Clear()
    message.findings.add(code="PICTURE_TOO_LARGE", file=name, words=f"{name}: it is too large to be shown")


def _failure(failure: object) -> pb.CardFailure:
    if isinstance(failure, SealFailure):
        return pb.CardFailure(code=failure.fault.name, file=failure.file or "", words=str(failure))
    if isinstance(failure, PassiveFailure):
        group = "" if failure.group is None else f"DG{failure.group}"
        return pb.CardFailure(code=failure.fault.name, file=group, words=str(failure))
    return pb.CardFailure(code="OTHER", words=str(failure))


def _unread(value: CardReading) -> list[str]:
    if value.passive is not None:
        return [f"DG{group}" for group in value.passive.unread]
    return list(value.seal.unread) if isinstance(value.seal, SealVerdict) else []


def _mrz(zone: MachineReadableZone) -> pb.CardMrz:
    return pb.CardMrz(
        layout=zone.layout.name,
        document_code=zone.document_code,
        issuer=zone.issuer,
        document_number=zone.document_number,
        nationality=zone.nationality,
        birth=zone.birth,
        sex=zone.sex,
        expiry=zone.expiry,
        primary_name=zone.primary_name,
        secondary_name=zone.secondary_name,
        optional_data=zone.optional_data,
        wrong_checks=[each.name for each in zone.wrong_checks],
    )
