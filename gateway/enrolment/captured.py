"""A capture of the spool as an enrolment sees it: verified, bound to the enrolment, its samples decoded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.enrolment.errors import CaptureChanged, CaptureNotFound, CaptureOfAnother, CaptureUnfit
from gateway.enrolment.part import EYE_UNITS, FACE_UNITS, FINGER_UNITS, SLAP_CODES
from gateway.enrolment.ports import CapturedBytes, StoredCaptures
from gateway.eye import EyePosition
from gateway.face import FacePosition
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import FAILED
from gateway.guidance import LocalizedText
from gateway.iris import IrisCode, decode_code
from gateway.records import RecordError, fac, fmr, iir
from gateway.trust import Manifest, TrustAnchors, payload_digest, verify_capture

_AGAIN = LocalizedText(id="Rekam lagi.", en="Capture again.")
TEMPLATE_TYPE = "application/vnd.rekam.iso19794-2-2005"
TEMPLATE_TYPES = (TEMPLATE_TYPE, "application/vnd.rekam.iso19794-2-2011")
EYE_IMAGE_TYPE = "application/vnd.rekam.iso19794-6-2011"
CODE_TYPE = "application/vnd.rekam.iris-code"
FACE_TYPE = "application/vnd.rekam.iso19794-5-2005"
_UNITS: Mapping[str, Mapping[FingerPosition, str] | Mapping[EyePosition, str] | Mapping[FacePosition, str]] = {
    "finger": FINGER_UNITS,
    "iris": EYE_UNITS,
    "face": FACE_UNITS,
}
_ONE_OF_BOTH = {"iris-right.ric": EyePosition.RIGHT, "iris-left.ric": EyePosition.LEFT}


@dataclass(frozen=True, eq=False)
class Captured:
    """What a capture gives.

    Parameters
    ----------
    manifest : Manifest
    manifest_digest : str
        SHA-256 of the signed payload, hexadecimal.
    part : str
        Key of the part that was captured; of a frame with both eyes `both-irises`, which is two parts.
    scores : mapping
        Score of each finger or eye in it, 0 to 100, or `FAILED`; of a portrait 0 where no face was seen in it.
    fingers, eyes : mapping
        Templates and codes by unit.
    missing : mapping
        Why each unit is missing, where the capture says so.
    portrait_px : (int, int), optional
        Width and height of a portrait; None of all else.
    """

    manifest: Manifest
    manifest_digest: str
    part: str
    scores: Mapping[str, int]
    fingers: Mapping[str, FingerTemplate]
    eyes: Mapping[str, IrisCode]
    missing: Mapping[str, str]
    portrait_px: tuple[int, int] | None = None

    @property
    def rolled(self) -> bool:
        """Whether it is a rolled print."""
        return self.manifest.impression is not None and "rolled" in self.manifest.impression.name


def read_captured(
    captures: StoredCaptures, capture_id: str, enrolment_id: str, anchors: Callable[[], TrustAnchors]
) -> Captured:
    """Read a capture, check its signature and every digest, and that it was made for this enrolment.

    Raises
    ------
    CaptureNotFound
        None of that id is stored, or the disk gives back other bytes than were stored.
    CaptureChanged
        It is not what this gateway signed.
    CaptureOfAnother
        Its transaction is not this enrolment.
    CaptureUnfit
        It is of nothing that an enrolment holds, or its records cannot be read.
    """
    stored = captures.get(capture_id)
    if stored is None:
        raise CaptureNotFound(
            LocalizedText(
                id=f"Hasil rekam {capture_id} tidak tersimpan utuh.", en=f"No capture {capture_id} is stored whole."
            ),
            _AGAIN,
        )
    report = verify_capture(stored.jws, {blob.name: blob.content for blob in stored.blobs}, anchors())
    if report.manifest is None or report.digest is None or not report.ok:
        found = "; ".join(f"{check.name}: {check.detail}" for check in report.failures)
        raise CaptureChanged(
            LocalizedText(
                id=f"Hasil rekam {capture_id} tidak sesuai tanda tangannya ({found}).",
                en=f"Capture {capture_id} is not what was signed: {found}.",
            ),
            _AGAIN,
        )
    manifest = report.manifest
    if manifest.capture_id != capture_id:
        raise CaptureChanged(
            LocalizedText(
                id=f"Yang tersimpan sebagai hasil rekam {capture_id} ditandatangani sebagai yang lain.",
                en=f"What is stored as capture {capture_id} was signed as another one.",
            ),
            _AGAIN,
        )
    if manifest.transaction_id != enrolment_id:
        raise CaptureOfAnother(
            LocalizedText(
                id=f"Hasil rekam {capture_id} tidak dibuat untuk perekaman orang ini.",
                en=f"Capture {capture_id} was not made for this enrolment.",
            ),
            LocalizedText(
                id="Rekam dengan id perekaman ini sebagai id transaksi; jari orang tidak diambil dari tempat lain.",
                en="Capture with the enrolment's id as the transaction id; nobody's finger is taken from elsewhere.",
            ),
        )
    try:
        return _decoded(manifest, report.digest, stored)
    except (RecordError, ValueError) as error:
        raise CaptureUnfit(
            LocalizedText(
                id=f"Isi hasil rekam {capture_id} tidak dapat dibaca ({error}).",
                en=f"A record of capture {capture_id} cannot be read: {error}.",
            ),
            _AGAIN,
        ) from error


def stored_parts(captures: StoredCaptures, capture_id: str, manifest_digest: str) -> CapturedBytes:
    """The bytes of a capture that was verified before, if its signed payload is the same still.

    Raises
    ------
    CaptureNotFound, CaptureChanged
    """
    stored = _added(captures, capture_id)
    report = verify_capture(stored.jws, {blob.name: blob.content for blob in stored.blobs})
    if not report.ok or report.digest != manifest_digest:
        raise CaptureChanged(
            LocalizedText(
                id=f"Hasil rekam {capture_id} tidak sama lagi dengan saat ditambahkan.",
                en=f"Capture {capture_id} is not what it was when it was added.",
            ),
            _AGAIN,
        )
    return stored


def content_of(captures: StoredCaptures, capture_id: str, name: str, sha256: str) -> bytes:
    """One blob of a capture, or its signature as `manifest.jws`, compared with its digest.

    Raises
    ------
    CaptureNotFound, CaptureChanged
    """
    stored = _added(captures, capture_id)
    contents = {"manifest.jws": stored.jws, **{blob.name: blob.content for blob in stored.blobs}}
    content = contents.get(name)
    if content is None or payload_digest(content) != sha256:
        raise CaptureChanged(
            LocalizedText(
                id=f"{name} dari hasil rekam {capture_id} tidak sama lagi dengan saat ditambahkan.",
                en=f"{name} of capture {capture_id} is not what it was when it was added.",
            ),
            _AGAIN,
        )
    return content


def _added(captures: StoredCaptures, capture_id: str) -> CapturedBytes:
    stored = captures.get(capture_id)
    if stored is None:
        raise CaptureNotFound(
            LocalizedText(
                id=f"Hasil rekam {capture_id} tidak dapat dibaca lagi.",
                en=f"Capture {capture_id} cannot be read any more.",
            ),
            LocalizedText(id="Hapus lalu rekam lagi.", en="Remove it and capture again."),
        )
    return stored


def _decoded(manifest: Manifest, digest: str, stored: CapturedBytes) -> Captured:
    fingers: dict[str, FingerTemplate] = {}
    eyes: dict[str, IrisCode] = {}
    portrait_px = None
    if manifest.modality == "finger":
        part = _finger_part(manifest)
        scores, fingers = _fingers(stored)
    elif manifest.modality == "iris":
        part = _eye_part(manifest)
        scores, eyes = _eyes(manifest, stored)
    elif manifest.modality == "face":
        part = _unit(manifest, manifest.position.code)
        portrait_px = _portrait_px(stored)
        scores = {} if portrait_px is None else {part: manifest.quality.score if manifest.quality else 0}
    else:
        raise CaptureUnfit(
            LocalizedText(
                id=f"Hasil rekam {manifest.capture_id} berjenis {manifest.modality!r}.",
                en=f"Capture {manifest.capture_id} is of modality {manifest.modality!r}.",
            ),
            LocalizedText(
                id="Tambahkan hasil rekam jari, iris dan wajah; tanda tangan ditambahkan tersendiri.",
                en="Add captures of fingers, irises and faces; a signature is added as such.",
            ),
        )
    missing = {_unit(manifest, each.position.code): each.reason for each in manifest.exceptions}
    if not scores and not missing:
        raise CaptureUnfit(
            LocalizedText(
                id=f"Hasil rekam {manifest.capture_id} tidak menunjukkan apa-apa dan tidak menyebut yang tidak ada.",
                en=f"Capture {manifest.capture_id} shows nothing and says nothing of what is missing.",
            ),
            _AGAIN,
        )
    return Captured(manifest, digest, part, scores, fingers, eyes, missing, portrait_px)


def _unit(manifest: Manifest, code: int) -> str:
    units = {int(position): unit for position, unit in _UNITS[manifest.modality].items()}
    if code not in units:
        raise ValueError(f"{manifest.modality} position {code} is no finger, no eye and no face")
    return units[code]


def _finger_part(manifest: Manifest) -> str:
    code = manifest.position.code
    return SLAP_CODES[code] if code in SLAP_CODES else _unit(manifest, code)


def _eye_part(manifest: Manifest) -> str:
    code = manifest.position.code
    if code == EyePosition.BOTH:
        return "both-irises"
    if code in (EyePosition.RIGHT, EyePosition.LEFT):
        return EYE_UNITS[EyePosition(code)]
    raise ValueError(f"eye position {code} says not which eye it is")


def _fingers(stored: CapturedBytes) -> tuple[dict[str, int], dict[str, FingerTemplate]]:
    scores: dict[str, int] = {}
    templates: dict[str, FingerTemplate] = {}
    for blob in stored.blobs:
        if blob.media_type not in TEMPLATE_TYPES:
            continue
        for view in fmr.decode(blob.content).views:
            unit = FINGER_UNITS.get(view.position)
            if unit is None or unit in scores:
                raise ValueError(f"{blob.name} holds finger position {view.position.name} twice, or one that is none")
            scores[unit] = FAILED if view.quality is None else view.quality
            templates[unit] = view.template
    return scores, templates


def _portrait_px(stored: CapturedBytes) -> tuple[int, int] | None:
    faces = [fac.decode(blob.content) for blob in stored.blobs if blob.media_type == FACE_TYPE]
    return (faces[0].width, faces[0].height) if faces else None


def _eyes(manifest: Manifest, stored: CapturedBytes) -> tuple[dict[str, int], dict[str, IrisCode]]:
    codes: dict[str, IrisCode] = {}
    scores: dict[str, int] = {}
    for blob in stored.blobs:
        if blob.media_type == CODE_TYPE:
            eye = _ONE_OF_BOTH.get(blob.name, EyePosition(manifest.position.code))
            codes[EYE_UNITS[eye]] = decode_code(blob.content)
        elif blob.media_type == EYE_IMAGE_TYPE:
            for image in iir.decode(blob.content).representations:
                unit = EYE_UNITS[EyePosition(image.eye)]
                scores[unit] = FAILED if image.quality is None else image.quality
    if not codes.keys() <= scores.keys():
        raise ValueError("there is a code of an eye that has no image")
    # An eye without a code cannot be compared: it is below any quality, however its image looks.
    return {unit: score if unit in codes else min(score, 0) for unit, score in scores.items()}, codes
