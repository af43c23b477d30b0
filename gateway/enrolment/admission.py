"""What may be added to an enrolment: requests checked against its profile, and made into events."""

from collections.abc import Mapping
from dataclasses import replace

from gateway.enrolment.captured import Captured
from gateway.enrolment.errors import (
    ApprovalRefused,
    CaptureNotFound,
    CaptureUnfit,
    ExceptionRefused,
    PartUnknown,
    ReferenceInvalid,
    SupplementRefused,
)
from gateway.enrolment.event import Approved, CaptureAdded, Created, ExceptionAdded, ImageAdded
from gateway.enrolment.images import CheckedImage
from gateway.enrolment.part import EYE_POSITIONS, PARTS, Part, PartKind
from gateway.enrolment.profile import Profile
from gateway.enrolment.progress import BOTH_IRISES, best_try, progress
from gateway.enrolment.record import Record
from gateway.enrolment.reference import PersonReference, ReferenceFault, application_number, nik
from gateway.enrolment.samples import Samples
from gateway.enrolment.values import EnrolmentSnapshot, ExceptionReason
from gateway.fingerprint import FAILED
from gateway.guidance import LocalizedText
from gateway.trust import payload_digest

_AGAIN = LocalizedText(id="Rekam lagi.", en="Capture again.")
DUPLICATES = "duplicates"
"""In the place of a part's key, where the duplicates are approved, or that nobody could be compared."""
_REASONS = {
    "amputated": ExceptionReason.AMPUTATED,
    "bandaged": ExceptionReason.BANDAGED,
    "refused": ExceptionReason.REFUSED,
    "device_broken": ExceptionReason.DEVICE_BROKEN,
    "cannot_open": ExceptionReason.CANNOT_OPEN_EYE,
}
"""Of captures that are marked missing; any other is `OTHER`."""
_OF_BODIES = {ExceptionReason.AMPUTATED, ExceptionReason.BANDAGED, ExceptionReason.CANNOT_OPEN_EYE}


def reference_of(profile: Profile, nik_text: str, application_text: str) -> PersonReference:
    """The one reference that was given, if the profile takes it.

    Raises
    ------
    ReferenceInvalid
    """
    kind = "nik" if nik_text else "application"
    if bool(nik_text) == bool(application_text):
        raise ReferenceInvalid(
            ReferenceFault.KIND, "Either a NIK or an application number is due.", "Give the one that is known."
        )
    if kind not in profile.reference:
        raise ReferenceInvalid(
            ReferenceFault.KIND, f"Profile {profile.id} takes no {kind}.", f"Give {' or '.join(profile.reference)}."
        )
    return nik(nik_text) if nik_text else application_number(application_text, profile.application_pattern)


def supplement_begun(first: EnrolmentSnapshot, profile: Profile, operator: str) -> Created:
    """The first event of a supplement; errors as of `Enrolments.supplement`."""
    if first.packet is None:
        raise SupplementRefused(
            LocalizedText(id="Perekaman itu belum tersegel.", en="The enrolment is not sealed."),
            LocalizedText(
                id="Tambahkan yang kurang pada perekaman itu sendiri.",
                en="Add to the enrolment itself what is missing.",
            ),
        )
    units = frozenset(first.can_be_supplemented) & profile.units.keys()
    if not units:
        raise SupplementRefused(
            LocalizedText(
                id="Tidak ada yang kurang karena alat rusak pada perekaman itu.",
                en="Nothing of the enrolment is missing for a broken device.",
            ),
            LocalizedText(id="Mulai perekaman baru orang itu.", en="Begin a new enrolment of the person."),
        )
    return Created(
        actor=operator,
        profile=profile.only(units),
        reference=None,
        remarks=(),
        supplements=first.enrolment_id,
        supplements_packet=first.packet.packet_id,
        supplements_sha256=first.packet.sha256,
    )


def images_added(part: str, files: Mapping[str, tuple[str, bytes]], operator: str) -> ImageAdded:
    """The event of a portrait or a signature: media type and content of each file, by name."""
    digests = tuple((name, kind, len(content), payload_digest(content)) for name, (kind, content) in files.items())
    return ImageAdded.model_validate({"actor": operator, "part": part, "files": digests})


def known_part(record: Record, key: str) -> Part:
    """A part that the profile asks for, or a unit that a part of it gives.

    Raises
    ------
    PartUnknown
    """
    profile = record.created.profile
    if key not in profile.parts and key not in profile.units:
        raise PartUnknown(
            LocalizedText(
                id=f"Profil {profile.id} tidak meminta {key!r}.", en=f"Profile {profile.id} asks for no {key!r}."
            ),
            LocalizedText(
                id=f"Ambil salah satu dari {', '.join(sorted(profile.parts))}.",
                en=f"Take one of {', '.join(sorted(profile.parts))}.",
            ),
        )
    return PARTS[key]


def check_counts(record: Record, capture_id: str) -> None:
    """Refuse a capture that does not count in the enrolment.

    Raises
    ------
    CaptureNotFound
    """
    if record.capture(capture_id) is None:
        raise CaptureNotFound(
            LocalizedText(
                id=f"Perekaman ini tidak memuat hasil rekam {capture_id}.",
                en=f"The enrolment holds no capture {capture_id}.",
            ),
            LocalizedText(id="Ambil salah satu yang ditampilkannya.", en="Take one of those that it shows."),
        )


def capture_added(record: Record, samples: Samples, capture_id: str, operator: str) -> CaptureAdded:
    """The event of a capture that was verified and fits; errors as of `Enrolments.add_capture`."""
    if capture_id in record.removed:
        raise CaptureUnfit(
            LocalizedText(
                id=f"Hasil rekam {capture_id} telah dihapus dari perekaman ini.",
                en=f"Capture {capture_id} was removed from this enrolment.",
            ),
            _AGAIN,
        )
    captured = samples.read(record.enrolment_id, capture_id)
    scores, missing = _wanted(record, captured)
    _check_portrait(record, captured)
    manifest = captured.manifest
    replaces = _replaced(record, manifest.retake_of or "")
    left = tuple(each for each in record.captures if each.capture_id != replaces)
    given = _given(replace(record, captures=left))
    for unit in missing:
        if unit in given:
            raise _is_there(PARTS[unit])
    kept = [each.capture_id for each in left]
    return CaptureAdded(
        actor=operator,
        capture_id=capture_id,
        part=captured.part,
        scores=scores,
        missing=missing,
        rolled=captured.rolled,
        manifest_digest=captured.manifest_digest,
        device_id=None if manifest.device is None else manifest.device.id,
        calibration_id=manifest.calibration_id,
        boot_id=manifest.boot_id,
        replaces=replaces,
        warnings=samples.warnings(record.enrolment_id, [*kept, capture_id]),
    )


def exception_added(
    record: Record,
    key: str,
    reason: ExceptionReason,
    operator: str,
    approver: str,
    detail: str,
    photo: CheckedImage | None,
) -> ExceptionAdded:
    """The event of a part that is missing; errors as of `Enrolments.add_exception`."""
    part = known_part(record, key)
    given = _given(record)
    units = tuple(unit for unit in part.units if unit not in given)
    if not units:
        raise _is_there(part)
    for unit in units:
        _check_may_be_missing(record, unit, reason)
    if approver:
        _check_supervisor(approver, {operator, record.created.actor})
    return ExceptionAdded(
        actor=operator,
        units=units,
        reason=reason,
        detail=detail,
        approver=approver,
        photo="" if photo is None else photo.media_type,
        photo_size=0 if photo is None else len(photo.content),
        photo_sha256="" if photo is None else payload_digest(photo.content),
    )


def approved(record: Record, key: str, supervisor: str) -> Approved:
    """The event of an approval of all that stands at a part; errors as of `Enrolments.approve`."""
    operators = {record.created.actor}
    if key == DUPLICATES:
        searched = record.searched
        if searched is None or not searched.waits:
            raise ApprovalRefused(
                LocalizedText(
                    id="Tidak ada data ganda yang menunggu persetujuan.", en="No duplicates wait for an approval."
                ),
                LocalizedText(id="Cari dahulu.", en="Search for them first."),
            )
        _check_supervisor(supervisor, operators)
        not_checked = searched.event.not_checked
        reason = "" if not_checked is None else not_checked.en
        return Approved(actor=supervisor, part=key, warnings=(), units=(), captures=(), duplicates=True, reason=reason)
    part = known_part(record, key)
    open_warnings = [
        each for each in record.warnings if each.id not in record.settled and not set(each.units).isdisjoint(part.units)
    ]
    if open_warnings and record.created.profile.warnings == "nobody":
        raise ApprovalRefused(
            LocalizedText(
                id="Menurut profilnya, jari atau mata yang tertukar tidak dapat disetujui siapa pun.",
                en="By its profile nobody may approve a mix-up.",
            ),
            LocalizedText(
                id="Hapus hasil rekam yang salah lalu rekam lagi.", en="Remove the wrong capture and capture again."
            ),
        )
    units = tuple(u for u in part.units if u in record.missing and not record.missing[u].approved_by)
    below = _below_threshold(record, part)
    if not (open_warnings or units or below):
        raise ApprovalRefused(
            LocalizedText(
                id=f"Tidak ada yang menunggu persetujuan pada {part.name.id}.",
                en=f"Nothing of the {part.name.en} waits for an approval.",
            ),
            LocalizedText(id="Lihat lagi perekamannya.", en="Look at the enrolment again."),
        )
    doubted = {capture for each in open_warnings for capture in each.captures} | {each.split("/")[0] for each in below}
    operators |= {each.actor for each in record.captures if each.capture_id in doubted}
    _check_supervisor(supervisor, operators | {record.missing[unit].by for unit in units})
    return Approved(
        actor=supervisor,
        part=key,
        warnings=tuple(each.id for each in open_warnings),
        units=units,
        captures=below,
        duplicates=False,
    )


def _wanted(record: Record, captured: Captured) -> tuple[dict[str, int], dict[str, ExceptionReason]]:
    """Scores of the units that the profile asks for, and what the capture says is missing."""
    profile, key = record.created.profile, captured.part
    of_part = EYE_POSITIONS.keys() if key == BOTH_IRISES else set(PARTS[key].units)
    if not (captured.scores.keys() | captured.missing.keys()) <= of_part:
        raise CaptureUnfit(
            LocalizedText(
                id=f"Hasil rekam {key} menunjukkan sesuatu yang lain.", en=f"A capture of {key} shows something else."
            ),
            _AGAIN,
        )
    takes = profile.units.keys() & of_part if key == BOTH_IRISES else profile.parts.keys() & {key}
    if not takes:
        raise CaptureUnfit(
            LocalizedText(
                id=f"Profil {profile.id} tidak meminta {key}.", en=f"Profile {profile.id} asks for no {key}."
            ),
            LocalizedText(
                id=f"Rekam salah satu dari {', '.join(sorted(profile.parts))}.",
                en=f"Capture one of {', '.join(sorted(profile.parts))}.",
            ),
        )
    scores = {unit: score for unit, score in captured.scores.items() if unit in profile.units}
    missing = {
        unit: _REASONS.get(reason, ExceptionReason.OTHER)
        for unit, reason in captured.missing.items()
        if unit in profile.units
    }
    for unit, reason in missing.items():
        _check_may_be_missing(record, unit, reason)
    return scores, missing


def _check_portrait(record: Record, captured: Captured) -> None:
    if captured.portrait_px is None:
        return
    least, given = record.created.profile.least_portrait_px, captured.portrait_px
    if given[0] < least[0] or given[1] < least[1]:
        raise CaptureUnfit(
            LocalizedText(
                id=f"Pas foto berukuran {given[0]} x {given[1]} piksel, paling sedikit {least[0]} x {least[1]}.",
                en=f"The portrait has {given[0]} x {given[1]} pixels, and at least {least[0]} x {least[1]} are due.",
            ),
            LocalizedText(
                id="Dekatkan orangnya, atau atur kamera ke gambar yang lebih besar, lalu rekam lagi.",
                en="Bring the person closer, or set the camera to a larger picture, and capture again.",
            ),
        )


def _replaced(record: Record, capture_id: str) -> str:
    """The capture that a retake takes the place of: one in a mix-up that nobody approved. Others stay, as tries."""
    doubted = {each for w in record.warnings if w.id not in record.settled for each in w.captures}
    return capture_id if record.capture(capture_id) is not None and capture_id in doubted else ""


def _given(record: Record) -> set[str]:
    """The units that are there: taken for the packet, or shown well enough by a capture that another unit holds up."""
    thresholds = record.created.profile.thresholds
    shown = {
        unit
        for each in record.captures
        for unit, score in each.scores.items()
        if FAILED != score >= thresholds.of(unit)
    }
    return shown | {unit for step in progress(record) for best in step.chosen.values() for unit in best.units}


def _is_there(part: Part) -> ExceptionRefused:
    return ExceptionRefused(
        LocalizedText(
            id=f"{part.name.id.capitalize()} sudah ada, jadi tidak dapat dicatat tidak ada.",
            en=f"The {part.name.en} is there, and cannot be missing.",
        ),
        LocalizedText(
            id="Hapus dahulu hasil rekamnya bila tidak benar.", en="Remove the capture first if it is not right."
        ),
    )


def _check_may_be_missing(record: Record, unit: str, reason: ExceptionReason) -> None:
    name = PARTS[unit].name
    if record.created.profile.units[unit].missing == "never":
        raise ExceptionRefused(
            LocalizedText(
                id=f"Menurut profilnya, {name.id} harus ada.", en=f"By its profile the {name.en} may not be missing."
            ),
            LocalizedText(id="Rekam bagian itu.", en="Capture it."),
        )
    kind = PARTS[unit].kind
    of_body = kind in (PartKind.FINGER, PartKind.IRIS)
    if (reason in _OF_BODIES and not of_body) or (
        reason is ExceptionReason.CANNOT_OPEN_EYE and kind is not PartKind.IRIS
    ):
        raise ExceptionRefused(
            LocalizedText(
                id=f"{reason.value} bukan alasan untuk {name.id} yang tidak ada.",
                en=f"{reason.value} is no reason for a missing {name.en}.",
            ),
            LocalizedText(id="Berikan alasan yang benar.", en="Give the reason that holds."),
        )


def _below_threshold(record: Record, part: Part) -> tuple[str, ...]:
    """The tries of a part, and of parts that give its units, that only a supervisor can make do with."""
    found = []
    for key, each in record.created.profile.parts.items():
        if set(each.units).isdisjoint(part.units):
            continue
        best = best_try(record, each)
        if best is not None and best.capture is not None and not best.accepted:
            found.append(f"{best.capture.capture_id}/{key}")
    return tuple(found)


def _check_supervisor(supervisor: str, operators: set[str]) -> None:
    if not _folded(supervisor) or _folded(supervisor) in map(_folded, operators):
        raise ApprovalRefused(
            LocalizedText(
                id="Persetujuan harus dari orang lain, bukan operatornya.",
                en="An approval is another person's than the operator's.",
            ),
            LocalizedText(id="Minta penyelia masuk dan menyetujui.", en="Have a supervisor sign in and approve."),
        )


def _folded(name: str) -> str:
    """A name as it is the same person's however it was typed: case and spaces aside."""
    return " ".join(name.split()).casefold()
