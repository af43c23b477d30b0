"""What an enrolment states, in the words of a sealed packet."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from gateway import __version__
from gateway.enrolment.errors import SealingFailed
from gateway.enrolment.packing import MANIFEST_NAME, MANIFEST_TYPE
from gateway.enrolment.part import EYE_POSITIONS, FINGER_POSITIONS, PARTS, PartKind
from gateway.enrolment.ports import PacketPart
from gateway.enrolment.reference import PersonReference
from gateway.enrolment.statement import EnrolmentStatement, StatedException, StatedWarning
from gateway.packet import (
    AuditHead,
    CaptureBlob,
    DuplicateWarning,
    EarlierPacket,
    EnrolledCapture,
    EnrolmentDevice,
    EnrolmentException,
    ReferenceKind,
)
from gateway.packet import EnrolmentStatement as PacketStatement
from gateway.packet import PersonReference as PacketReference
from gateway.trust import Manifest, ManifestError, NamedCode, SignatureFormError, SignedTime, read_signature

_LONGEST_REMARK = 512
"""Of a packet's texts; the whole of a longer one is among the details."""
_DUPLICATE = "duplicate"
_FIELDS = {
    *("format", "version", "packet_id", "enrolment_id", "reference", "profile", "files", "operator"),
    *("supervisors", "supplements"),
}
"""What the packet's own fields say of the enrolment, and `details` therefore does not."""


def capture_manifests(parts: Sequence[PacketPart]) -> Mapping[str, Manifest]:
    """The manifests among the parts, by the name that the files of their capture begin with.

    Their signatures are checked when the packet is sealed.

    Raises
    ------
    SealingFailed
        One cannot be read; names it.
    EnrolmentError
        A part cannot be read any more.
    """
    found = {}
    for part in parts:
        if part.media_type != MANIFEST_TYPE:
            continue
        try:
            manifest = Manifest.from_bytes(read_signature(part.read()).payload)
        except (SignatureFormError, ManifestError) as error:
            raise SealingFailed(
                f"{part.name} is no manifest: {error}.", "Remove that capture and capture again."
            ) from error
        found[part.name.removesuffix(f".{MANIFEST_NAME}")] = manifest
    return found


def packet_statement(
    statement: EnrolmentStatement,
    manifests: Mapping[str, Manifest],
    gateway_id: str,
    time: SignedTime,
    boot_id: str,
    audit_head: AuditHead | None,
) -> PacketStatement:
    """An enrolment's statement as a packet has it; what a packet has no field for is in its details.

    Parameters
    ----------
    statement : EnrolmentStatement
    manifests : mapping of str to Manifest
        As of `capture_manifests`.
    gateway_id : str
    time : SignedTime
        When the packet is sealed; when the operator sealed the enrolment is among the details, as `sealed`.
    boot_id : str
        Of that time.
    audit_head : AuditHead or None
    """
    supplements = statement.supplements_packet
    return PacketStatement(
        packet_id=statement.packet_id,
        enrolment_id=statement.enrolment_id,
        person=None if statement.reference is None else _reference(statement.reference),
        profile_id=statement.profile_id,
        captures=tuple(_capture(prefix, manifest) for prefix, manifest in manifests.items()),
        exceptions=tuple(_exception(each) for each in statement.exceptions),
        operator=statement.operator,
        supervisors=statement.supervisors,
        devices=_devices(manifests.values()),
        time=time,
        boot_id=boot_id,
        audit_head=audit_head,
        duplicate_warnings=tuple(
            _duplicate(each, each.score)
            for each in statement.warnings
            if each.code == _DUPLICATE and each.score is not None
        ),
        supplement_of=None if supplements is None else EarlierPacket(supplements, statement.supplements_sha256 or ""),
        gateway_id=gateway_id,
        software=f"rekam {__version__}",
        details=_details(statement),
    )


def _details(statement: EnrolmentStatement) -> dict[str, object]:
    told = statement.as_json()
    details = {name: value for name, value in told.items() if name not in _FIELDS}
    return {**details, "profile_version": statement.profile_version}


def _reference(reference: PersonReference) -> PacketReference:
    return PacketReference(ReferenceKind(reference.kind.value), reference.value)


def _capture(prefix: str, manifest: Manifest) -> EnrolledCapture:
    blobs = tuple(CaptureBlob(blob.name, f"{prefix}.{blob.name}") for blob in manifest.blobs)
    return EnrolledCapture(manifest.capture_id, f"{prefix}.{MANIFEST_NAME}", blobs)


def _exception(stated: StatedException) -> EnrolmentException:
    unit, kind = stated.unit, PARTS[stated.unit].kind
    code = FINGER_POSITIONS.get(unit) or EYE_POSITIONS.get(unit)
    position = None if code is None else NamedCode(int(code), code.name.lower().replace("_", "-"))
    modality = unit if kind in (PartKind.PORTRAIT, PartKind.SIGNATURE) else kind.value
    remark = stated.detail
    if len(remark) > _LONGEST_REMARK:
        remark = remark[: _LONGEST_REMARK - 1] + "…"
    return EnrolmentException(modality, position, stated.reason, stated.approved_by, remark)


def _devices(manifests: Iterable[Manifest]) -> tuple[EnrolmentDevice, ...]:
    found = (
        EnrolmentDevice(manifest.device.id, manifest.device.model, manifest.device.serial, manifest.calibration_id)
        for manifest in manifests
        if manifest.device is not None
    )
    return tuple(dict.fromkeys(found))


def _duplicate(warning: StatedWarning, score: float) -> DuplicateWarning:
    where, operator, when = None, "", None
    if warning.earlier is not None:
        where, operator = warning.earlier.gateway_id or None, warning.earlier.operator
        when = datetime.fromisoformat(warning.earlier.recorded_at)
    return DuplicateWarning(warning.captures[0], where, operator, when, score, warning.fmr, warning.approved_by)
