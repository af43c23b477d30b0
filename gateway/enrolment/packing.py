"""What goes into a packet: the statement, and where each file of it comes from."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.enrolment.captured import content_of, stored_parts
from gateway.enrolment.errors import EnrolmentError, Lack, SealingRefused
from gateway.enrolment.event import CaptureAdded, Sealing
from gateway.enrolment.part import PARTS
from gateway.enrolment.ports import DuplicateHit, PacketPart, StoredCaptures
from gateway.enrolment.progress import Best, progress, tries_of
from gateway.enrolment.record import Record
from gateway.enrolment.statement import (
    EarlierRecording,
    EnrolmentStatement,
    PartDigest,
    StatedException,
    StatedNotChecked,
    StatedPart,
    StatedTry,
    StatedWarning,
)
from gateway.enrolment.store import EnrolmentStore
from gateway.guidance import LocalizedText
from gateway.trust import SignedTime, payload_digest

MANIFEST_NAME, MANIFEST_TYPE = "manifest.jws", "application/rekam-manifest+jws"
_PHOTO_ENDS = {"image/jpeg": "jpg", "image/png": "png"}


@dataclass
class _Files:
    """The files of a packet as they are gathered."""

    captures: StoredCaptures
    digests: dict[str, PartDigest]
    sources: dict[str, tuple[str, str]]
    lacks: list[Lack]
    of_capture: dict[str, tuple[str, ...]]

    def add_capture(self, capture: CaptureAdded, prefix: str) -> tuple[str, ...]:
        """The files of a capture, once; a capture that cannot be read any more is a lack."""
        if capture.capture_id in self.of_capture:
            return self.of_capture[capture.capture_id]
        try:
            stored = stored_parts(self.captures, capture.capture_id, capture.manifest_digest)
        except EnrolmentError as error:
            self.lacks.append(_unreadable(capture, error))
            return ()
        prefix = self._free(prefix)
        names = [self._add(f"{prefix}.{MANIFEST_NAME}", MANIFEST_TYPE, stored.jws, capture, MANIFEST_NAME)]
        names += [
            self._add(f"{prefix}.{blob.name}", blob.media_type, blob.content, capture, blob.name)
            for blob in stored.blobs
        ]
        self.of_capture[capture.capture_id] = tuple(names)
        return tuple(names)

    def add_own(self, name: str, media_type: str, size: int, sha256: str, content: str) -> str:
        """A file that the journal keeps itself."""
        self.digests[name] = PartDigest(name, media_type, size, sha256)
        self.sources[name] = ("", content)
        return name

    def _add(self, name: str, media_type: str, content: bytes, capture: CaptureAdded, inner: str) -> str:
        self.digests[name] = PartDigest(name, media_type, len(content), payload_digest(content))
        self.sources[name] = (capture.capture_id, inner)
        return name

    def _free(self, prefix: str) -> str:
        taken = {name.split(".")[0] for name in self.digests}
        return next(each for each in (prefix, *(f"{prefix}-{n}" for n in range(2, 99))) if each not in taken)


def packing_of(record: Record, captures: StoredCaptures, packet_id: str, operator: str, sealed: SignedTime) -> Sealing:
    """The event before a seal: everything that the packet will hold.

    Raises
    ------
    SealingRefused
        A capture cannot be read any more; each is named.
    """
    files = _Files(captures, {}, {}, [], {})
    parts = tuple(
        _stated_part(record, key, best, files) for step in progress(record) for key, best in step.chosen.items()
    )
    exceptions = _stated_exceptions(record, files)
    if files.lacks:
        raise SealingRefused(tuple(files.lacks))
    created = record.created
    warnings = _stated_warnings(record)
    checked, not_checked = _stated_search(record)
    approvers = (
        *(part.accepted_by for part in parts),
        *(each.approved_by for each in exceptions),
        *(each.approved_by for each in warnings),
        "" if not_checked is None else not_checked.approved_by,
    )
    statement = EnrolmentStatement(
        packet_id=packet_id,
        enrolment_id=record.enrolment_id,
        reference=created.reference,
        reference_remarks=tuple(remark.value for remark in created.remarks),
        profile_id=created.profile.id,
        profile_version=created.profile.version,
        files=tuple(files.digests.values()),
        parts=parts,
        exceptions=exceptions,
        warnings=warnings,
        operator=created.actor,
        sealed_by=operator,
        supervisors=tuple(dict.fromkeys(filter(None, approvers))),
        started=record.started,
        sealed=sealed,
        duplicates_checked=checked,
        duplicates_not_checked=not_checked,
        boot_ids=record.boot_ids,
        clock_notes=record.clock_notes,
        supplements_packet=created.supplements_packet or None,
        supplements_sha256=created.supplements_sha256 or None,
    )
    return Sealing(actor=operator, statement=statement, sources=files.sources)


def packet_parts(intent: Sealing, captures: StoredCaptures, store: EnrolmentStore) -> tuple[PacketPart, ...]:
    """The files of a packet, each read when it is written."""
    enrolment_id = intent.statement.enrolment_id

    def part(digest: PartDigest) -> PacketPart:
        capture_id, inner = intent.sources[digest.name]

        def read() -> bytes:
            if capture_id:
                return content_of(captures, capture_id, inner, digest.sha256)
            return store.content(enrolment_id, inner)

        return PacketPart(digest.name, digest.media_type, digest.size, digest.sha256, read)

    return tuple(part(digest) for digest in intent.statement.files)


def _stated_part(record: Record, key: str, best: Best, files: _Files) -> StatedPart:
    capture = best.capture
    if capture is None:
        names = tuple(files.add_own(*each, f"{key}/{each[0]}") for each in record.images[key].files)
        return StatedPart(key, None, True, "", None, None, names, ())
    part = PARTS[key]
    gone = [(each, why) for each, why in record.removed.values() if not each.scores.keys().isdisjoint(part.units)]
    tries = (
        *(_stated_try(each, part.units, each is capture, "") for each in tries_of(record, part)),
        *(_stated_try(each, part.units, False, why) for each, why in gone),
    )
    return StatedPart(
        key=key,
        capture_id=capture.capture_id,
        passed=best.passed,
        accepted_by=best.accepted_by,
        device_id=capture.device_id,
        calibration_id=capture.calibration_id,
        files=files.add_capture(capture, capture.part),
        tries=tries,
    )


def _stated_try(capture: CaptureAdded, units: Iterable[str], kept: bool, removed: str) -> StatedTry:
    scores = {unit: capture.scores[unit] for unit in units if unit in capture.scores}
    return StatedTry(capture.capture_id, capture.manifest_digest, scores, kept, removed)


def _stated_exceptions(record: Record, files: _Files) -> tuple[StatedException, ...]:
    found = []
    for unit, why in record.missing.items():
        capture = record.capture(why.capture_id) if why.capture_id else None
        if capture is not None:
            files.add_capture(capture, f"missing-{capture.part}")
        photo = ""
        if why.photo:
            photo = f"missing-{unit}-photo.{_PHOTO_ENDS[why.photo]}"
            files.add_own(photo, why.photo, why.photo_size, why.photo_sha256, f"photo/{why.photo_sha256}")
        found.append(
            StatedException(unit, why.reason.value, why.detail, why.by, why.approved_by, why.capture_id, photo)
        )
    return tuple(found)


def _stated_warnings(record: Record) -> tuple[StatedWarning, ...]:
    mixed = (
        StatedWarning(each.code.value, each.units, each.captures, each.score, each.fmr, record.settled.get(each.id, ""))
        for each in record.warnings
    )
    searched = record.searched
    hits = () if searched is None else searched.event.hits
    by = "" if searched is None else searched.approved_by
    return (*mixed, *(_stated_duplicate(hit, by) for hit in hits))


def _stated_duplicate(hit: DuplicateHit, approved_by: str) -> StatedWarning:
    strength = "" if hit.strength is None else hit.strength.en
    earlier = EarlierRecording(hit.gateway_id, hit.recorded_at, hit.operator, strength, hit.exchanged)
    return StatedWarning("duplicate", (), (hit.enrolment_id,), hit.score, hit.fmr, approved_by, earlier)


def _stated_search(record: Record) -> tuple[SignedTime | None, StatedNotChecked | None]:
    """When everybody was searched for what the packet holds; why that could not be."""
    searched = record.searched
    if searched is None or not searched.current:
        return None, None
    if searched.event.not_checked is None:
        return searched.time, None
    return None, StatedNotChecked(searched.event.not_checked.en, searched.approved_by)


def _unreadable(capture: CaptureAdded, error: EnrolmentError) -> Lack:
    return Lack(
        capture.part,
        "CAPTURE_UNREADABLE",
        LocalizedText(id=f"Perekaman {capture.capture_id} tidak dapat dibaca lagi.", en=error.cause),
        LocalizedText(
            id="Hapus perekaman itu dan rekam lagi.", en="Remove that capture from the enrolment and capture again."
        ),
    )
