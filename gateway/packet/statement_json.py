"""The enrolment's statement as JSON, and back, strictly: every field there, none unknown, each within its bounds."""

import re
from collections.abc import Mapping
from typing import Any

import rfc8785

from gateway.packet.fields import check_format, finite_number, long_list
from gateway.packet.statement import (
    AuditHead,
    CaptureBlob,
    DuplicateWarning,
    EarlierPacket,
    EnrolledCapture,
    EnrolmentDevice,
    EnrolmentException,
    EnrolmentStatement,
    PersonReference,
    ReferenceKind,
    StatedPart,
)
from gateway.trust import ManifestError
from gateway.trust.manifest_field import Field, parse_json
from gateway.trust.stated_values import (
    HEX_DIGEST,
    NAME,
    named_code_as_json,
    read_named_code,
    read_time,
    read_wall_time,
    time_as_json,
    wall_time_as_json,
)

FORMAT = "rekam-enrolment"
VERSION = 1
MAX_STATEMENT_BYTES = 72 << 10
"""Of the canonical form; a third more in base64url, it leaves room for certificates within `MAX_JWS_BYTES`."""
MAX_PARTS = 256
MAX_ITEMS = 256
_MAX_DEPTH = 8
_MAX_DETAIL = 8192
"""Characters of a text among the details."""
MAX_PART_BYTES = 1 << 30

_PART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,3}")
_NIK = re.compile(r"[0-9]{16}")


def write_statement(statement: EnrolmentStatement, parts: tuple[StatedPart, ...]) -> bytes:
    """The canonical form (RFC 8785) with the parts: the payload that is signed.

    Raises
    ------
    ManifestError
        A field is not what docs/packet-format.md says; names it.
    """
    value = _as_json(statement, parts)
    _read(Field("statement", value))
    data = rfc8785.dumps(value)
    if len(data) > MAX_STATEMENT_BYTES:
        raise ManifestError(f"statement: {len(data)} bytes, over the {MAX_STATEMENT_BYTES} that it may have")
    return data


def read_statement(data: bytes) -> tuple[EnrolmentStatement, tuple[StatedPart, ...]]:
    """Read a statement strictly: every field there, none unknown, canonical to the byte.

    Raises
    ------
    ManifestError
        Names the field.
    """
    if len(data) > MAX_STATEMENT_BYTES:
        raise ManifestError(f"statement: {len(data)} bytes, over the {MAX_STATEMENT_BYTES} that it may have")
    statement, parts = _read(Field("statement", parse_json(data)))
    if rfc8785.dumps(_as_json(statement, parts)) != data:
        raise ManifestError("statement: not in canonical form (RFC 8785)")
    return statement, parts


def _as_json(statement: EnrolmentStatement, parts: tuple[StatedPart, ...]) -> dict[str, Any]:
    head, earlier = statement.audit_head, statement.supplement_of
    return {
        "format": FORMAT,
        "version": VERSION,
        "packet_id": statement.packet_id,
        "enrolment_id": statement.enrolment_id,
        "person": None
        if statement.person is None
        else {"kind": str(statement.person.kind), "value": statement.person.value},
        "profile_id": statement.profile_id,
        "captures": [
            {
                "capture_id": each.capture_id,
                "manifest": each.manifest,
                "blobs": [{"blob": blob.blob, "part": blob.part} for blob in each.blobs],
            }
            for each in statement.captures
        ],
        "exceptions": [
            {
                "modality": each.modality,
                "position": None if each.position is None else named_code_as_json(each.position),
                "reason": each.reason,
                "approver": each.approver,
                "remark": each.remark,
            }
            for each in statement.exceptions
        ],
        "operator": statement.operator,
        "supervisors": list(statement.supervisors),
        "devices": [
            {
                "device_id": each.device_id,
                "model": each.model,
                "serial": each.serial,
                "calibration_id": each.calibration_id,
            }
            for each in statement.devices
        ],
        "time": time_as_json(statement.time),
        "boot_id": statement.boot_id,
        "audit_head": None
        if head is None
        else {"chain_id": head.chain_id, "sequence": head.sequence, "digest": head.digest},
        "duplicate_warnings": [
            {
                "enrolment_id": each.enrolment_id,
                "gateway_id": each.gateway_id,
                "operator": each.operator,
                "enrolled_at": None if each.enrolled_at is None else wall_time_as_json(each.enrolled_at),
                "score": each.score,
                "fmr": each.fmr,
                "approver": each.approver,
            }
            for each in statement.duplicate_warnings
        ],
        "supplement_of": None if earlier is None else {"packet_id": earlier.packet_id, "sha256": earlier.sha256},
        "gateway_id": statement.gateway_id,
        "software": statement.software,
        "details": dict(statement.details),
        "parts": [
            {"name": part.name, "media_type": part.media_type, "size": part.size, "sha256": part.sha256}
            for part in parts
        ],
    }


def _read(field: Field) -> tuple[EnrolmentStatement, tuple[StatedPart, ...]]:
    names = (
        *("format", "version", "packet_id", "enrolment_id", "person", "profile_id", "captures", "exceptions"),
        *("operator", "supervisors", "devices", "time", "boot_id", "audit_head", "duplicate_warnings"),
        *("supplement_of", "gateway_id", "software", "details", "parts"),
    )
    of = dict(zip(names, field.members(*names), strict=True))
    check_format(of, FORMAT, VERSION)
    parts = long_list(of["parts"], _read_part, MAX_PARTS)
    _check_part_names(of["parts"], parts)
    captures = long_list(of["captures"], _read_capture, MAX_ITEMS)
    _check_captures(of["captures"], captures, parts)
    statement = EnrolmentStatement(
        packet_id=of["packet_id"].text(NAME),
        enrolment_id=of["enrolment_id"].text(NAME),
        person=of["person"].or_none(_read_person),
        profile_id=of["profile_id"].text(),
        captures=captures,
        exceptions=long_list(of["exceptions"], _read_exception, MAX_ITEMS),
        operator=of["operator"].text(),
        supervisors=of["supervisors"].items(Field.text),
        devices=long_list(of["devices"], _read_device, MAX_ITEMS),
        time=read_time(of["time"]),
        boot_id=of["boot_id"].text(),
        audit_head=of["audit_head"].or_none(_read_audit_head),
        duplicate_warnings=long_list(of["duplicate_warnings"], _read_duplicate_warning, MAX_ITEMS),
        supplement_of=of["supplement_of"].or_none(_read_earlier_packet),
        gateway_id=of["gateway_id"].text(NAME),
        software=of["software"].text(empty=True),
        details=_read_details(of["details"]),
    )
    if statement.person is None and statement.supplement_of is None:
        of["person"].fail("null belongs to a supplement alone")
    if statement.supplement_of is not None and statement.supplement_of.packet_id == statement.packet_id:
        of["supplement_of"].fail("a packet cannot add to itself")
    return statement, parts


def _check_part_names(field: Field, parts: tuple[StatedPart, ...]) -> None:
    # Unfolded on a disk that does not tell capitals apart, no two may meet, nor a file and a folder.
    names = [part.name.lower() for part in parts]
    if len(set(names)) != len(names):
        field.fail("two parts of one name")
    folders = {name[:at] for name in names for at, character in enumerate(name) if character == "/"}
    if both := folders & set(names):
        field.fail(f"{min(both)} is a part and a folder of parts")


def _check_captures(field: Field, captures: tuple[EnrolledCapture, ...], parts: tuple[StatedPart, ...]) -> None:
    if len({each.capture_id for each in captures}) != len(captures):
        field.fail("two captures of one id")
    known = {part.name for part in parts}
    named = [name for each in captures for name in (each.manifest, *(blob.part for blob in each.blobs))]
    for name in named:
        if name not in known:
            field.fail(f"{name} is not among the parts")
    if len(set(named)) != len(named):
        field.fail("a part that belongs to two places")


def _read_part(field: Field) -> StatedPart:
    name, media_type, size, sha256 = field.members("name", "media_type", "size", "sha256")
    return StatedPart(
        name.text(_PART_NAME), media_type.text(), size.integer(0, MAX_PART_BYTES), sha256.text(HEX_DIGEST)
    )


def _read_person(field: Field) -> PersonReference:
    kind, value = field.members("kind", "value")
    if kind.value not in tuple(ReferenceKind):
        kind.fail("neither nik nor application")
    reference = ReferenceKind(kind.text())
    return PersonReference(reference, value.text(_NIK if reference is ReferenceKind.NIK else None))


def _read_capture(field: Field) -> EnrolledCapture:
    capture_id, manifest, blobs = field.members("capture_id", "manifest", "blobs")

    def read_blob(item: Field) -> CaptureBlob:
        blob, part = item.members("blob", "part")
        return CaptureBlob(blob.text(NAME), part.text(_PART_NAME))

    return EnrolledCapture(capture_id.text(NAME), manifest.text(_PART_NAME), blobs.items(read_blob))


def _read_exception(field: Field) -> EnrolmentException:
    modality, position, reason, approver, remark = field.members("modality", "position", "reason", "approver", "remark")
    return EnrolmentException(
        modality.text(),
        position.or_none(read_named_code),
        reason.text(),
        approver.text(empty=True),
        remark.text(empty=True),
    )


def _read_device(field: Field) -> EnrolmentDevice:
    device_id, model, serial, calibration_id = field.members("device_id", "model", "serial", "calibration_id")
    return EnrolmentDevice(
        device_id.text(), model.text(empty=True), serial.text(empty=True), calibration_id.or_none(Field.text)
    )


def _read_audit_head(field: Field) -> AuditHead:
    chain_id, sequence, digest = field.members("chain_id", "sequence", "digest")
    return AuditHead(chain_id.text(NAME), sequence.integer(1), digest.text(HEX_DIGEST))


def _read_duplicate_warning(field: Field) -> DuplicateWarning:
    enrolment_id, gateway_id, operator, enrolled_at, score, fmr, approver = field.members(
        "enrolment_id", "gateway_id", "operator", "enrolled_at", "score", "fmr", "approver"
    )
    return DuplicateWarning(
        enrolment_id.text(NAME),
        gateway_id.or_none(lambda value: value.text(NAME)),
        operator.text(empty=True),
        enrolled_at.or_none(read_wall_time),
        finite_number(score),
        fmr.or_none(finite_number),
        approver.text(empty=True),
    )


def _read_earlier_packet(field: Field) -> EarlierPacket:
    packet_id, sha256 = field.members("packet_id", "sha256")
    return EarlierPacket(packet_id.text(NAME), sha256.text(HEX_DIGEST))


def _read_details(field: Field) -> Mapping[str, Any]:
    if not isinstance(field.value, dict):
        field.fail("not an object")
    _check_json(field, 0)
    return field.value


def _check_json(field: Field, depth: int) -> None:
    """Any JSON, of texts and numbers that every reader takes for the same."""
    value = field.value
    if depth > _MAX_DEPTH:
        field.fail(f"deeper than {_MAX_DEPTH}")
    if isinstance(value, dict):
        for key, item in value.items():
            Field(f"{field.path}: a member's name", key).text()
            _check_json(Field(f"{field.path}.{key}", item), depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_json(Field(f"{field.path}[{index}]", item), depth + 1)
    elif isinstance(value, str):
        if len(value) > _MAX_DETAIL:
            field.fail(f"a text of more than {_MAX_DETAIL} characters")
        for start in range(0, len(value), 512):  # the bound that fields have is not that of free text
            Field(field.path, value[start : start + 512]).text(empty=True)
    elif value is not None and not isinstance(value, bool):
        finite_number(field)
