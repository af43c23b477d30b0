"""From a judged frame to a capture that nobody can lose or change: records, manifest, signature, spool."""

from collections.abc import Callable
from dataclasses import dataclass

from drivers import DeviceIdentity, Frame
from gateway import __version__
from gateway.capture.iris_record import iris_blobs, iris_codes
from gateway.capture.judged_eyes import JudgedEyes
from gateway.capture.judged_slap import JudgedSlap
from gateway.capture.portrait_auto_capture import JudgedPortrait
from gateway.capture.portrait_record import portrait_blob
from gateway.capture.same_person import SamePerson
from gateway.capture.slap_record import (
    IMAGE_NAME,
    IMAGE_TYPE,
    TEMPLATE_NAME,
    TEMPLATE_TYPE,
    captured_fingers,
    slap_blobs,
)
from gateway.capture.values import (
    CaptureRequest,
    Ended,
    MissingReason,
    Outcome,
    Position,
    Recorded,
    StoredPart,
)
from gateway.eye import EyePosition
from gateway.face import FacePosition
from gateway.finger import FingerPosition, ImpressionType, SlapHand
from gateway.fingerprint import FingerAnalysis
from gateway.guidance import LocalizedText
from gateway.metrics import timed
from gateway.records import fir, fmr
from gateway.spool import Blob, ChainHead, SignedCapture, Spool, SpoolError, SpoolFull
from gateway.trust import (
    BiometricException,
    BlobDigest,
    KeyProblem,
    Manifest,
    NamedCode,
    SignedTime,
    Signer,
    SigningDevice,
    StatedLiveness,
    StatedQuality,
    boot_id,
    payload_digest,
    sign_manifest,
    time_now,
)

MANIFEST_NAME, MANIFEST_TYPE = "manifest.jws", "application/rekam-manifest+jws"

ROOM_FOR_ONE = 2 << 20
"""Bytes that a capture may need: a lossless print of 1000 ppi and its template, or two eyes and their codes."""
ROOM_FOR_SLAP = 8 << 20
"""The same for a slap: an image of 81 x 76 mm at 500 ppi takes 1.2 to 2 MB without loss, its fingers as much again."""
_PLAIN = NamedCode(ImpressionType.LIVE_SCAN_PLAIN, "live-scan-plain")


class RecordingError(Exception):
    """What was captured could not be recorded; `reason` is of the error table."""

    def __init__(self, reason: str, words: LocalizedText) -> None:
        super().__init__(words.en)
        self.reason = reason
        self.words = words


@dataclass(frozen=True)
class _Content:
    """What one capture adds to the manifest that all have in common."""

    outcome: Outcome
    blobs: tuple[Blob, ...] = ()
    quality: StatedQuality | None = None
    guidance: tuple[str, ...] = ()
    exceptions: tuple[BiometricException, ...] = ()
    impression: NamedCode | None = None
    liveness: tuple[StatedLiveness, ...] = ()


class Recorder:
    """Signs captures and appends them to the spool; may be called from any thread.

    On return the capture is on the disk. The place in the chain is taken, the manifest signed and the capture
    stored under one lock of the spool, so that the chain has neither gaps nor forks.
    """

    def __init__(self, spool: Spool, key: Signer, on_recorded: Callable[[], None]) -> None:
        self._spool = spool
        self._key = key
        self._on_recorded = on_recorded
        self._boot_id = boot_id()
        self._same_person = SamePerson()

    def check_ready(self, room: int = ROOM_FOR_ONE) -> None:
        """Refuse a capture before it begins where it could not be kept or signed.

        Parameters
        ----------
        room : int
            Bytes that it may need.

        Raises
        ------
        SpoolFull
            There is no room for another capture.
        KeyProblem
            The key must not sign now.
        """
        self._spool.ensure_room(room)
        self._key.check_ready(time_now())

    def record_finger(
        self, request: CaptureRequest, identity: DeviceIdentity, frame: Frame, analysis: FingerAnalysis
    ) -> Ended:
        """Record one finger as it was judged.

        Raises
        ------
        RecordingError
            It could not be signed or stored; nothing of it is left.
        """
        now = time_now()
        score, position = analysis.quality.score, FingerPosition(request.position)
        with timed("comparison"):
            remarks = self._same_person.remarks(request.transaction_id, position, analysis.template)
        remarks = (*request.calibration.remarks, *remarks, *analysis.guidance)
        with timed("records"):
            template = fmr.encode_template(analysis.template, position, score)
            # ISO images have dark ridges, whatever the scanner delivers.
            pixels = 255 - frame.pixels if analysis.inverted else frame.pixels
            image = fir.encode_image(pixels, frame.ppi, position, score, now.wall)
        content = _Content(
            outcome=Outcome.CAPTURED if score >= request.min_quality else Outcome.BELOW_QUALITY,
            blobs=(Blob.of(IMAGE_NAME, IMAGE_TYPE, image), Blob.of(TEMPLATE_NAME, TEMPLATE_TYPE, template)),
            quality=StatedQuality(score, analysis.quality.algorithm, str(analysis.quality.version)),
            guidance=tuple(remark.code.value for remark in remarks),
            impression=_PLAIN,
        )
        recorded = self._record(request, identity, content, now)
        self._same_person.remember(request.transaction_id, position, analysis.template)
        return Ended(
            outcome=content.outcome,
            quality=analysis.quality,
            guidance=remarks,
            minutia_count=len(analysis.template),
            recorded=recorded,
        )

    def record_slap(self, request: CaptureRequest, identity: DeviceIdentity, judged: JudgedSlap) -> Ended:
        """Record a slap as it was judged: one that lacks a finger, or shows one too many, is below any quality.

        Whether a finger was given before is not looked at: the enrolment that it is added to compares all of them.

        Raises
        ------
        RecordingError
            As for `record_finger`.
        """
        now, hand = time_now(), SlapHand(request.position)
        worst = min(judged.fingers, key=lambda finger: finger.score).analysis.quality
        content = _Content(
            outcome=Outcome.CAPTURED if judged.good else Outcome.BELOW_QUALITY,
            blobs=slap_blobs(hand, judged, now.wall),
            quality=StatedQuality(worst.score, worst.algorithm, str(worst.version)),
            guidance=tuple(remark.code.value for remark in judged.guidance),
            exceptions=tuple(BiometricException(_position(each), reason.value) for each, reason in request.missing),
            impression=_PLAIN,
        )
        recorded = self._record(request, identity, content, now)
        return Ended(
            outcome=content.outcome,
            quality=worst,
            guidance=judged.guidance,
            minutia_count=sum(len(finger.analysis.template) for finger in judged.fingers),
            recorded=recorded,
            fingers=captured_fingers(request, hand, judged),
        )

    def record_iris(
        self,
        request: CaptureRequest,
        identity: DeviceIdentity,
        judged: JudgedEyes,
        liveness: tuple[StatedLiveness, ...] = (),
    ) -> Ended:
        """Record one eye, or both of one frame, as they were judged; what has no code is below any quality.

        Parameters
        ----------
        liveness : tuple of StatedLiveness
            Told and signed with it; it changes nothing else, whatever is suspected.

        Raises
        ------
        RecordingError
            As for `record_finger`.
        """
        now = time_now()
        quality, codes = judged.quality, iris_codes(judged.eyes)
        with timed("comparison"):
            remarks = self._same_person.eye_remarks(request.transaction_id, codes)
        remarks = tuple(dict.fromkeys((*request.calibration.remarks, *remarks, *judged.guidance)))
        with timed("records"):
            blobs = iris_blobs(EyePosition(request.position), judged, now.wall)
        enough = judged.coded and quality is not None and quality.score >= request.min_quality
        content = _Content(
            outcome=Outcome.CAPTURED if enough else Outcome.BELOW_QUALITY,
            blobs=blobs,
            quality=None if quality is None else StatedQuality(quality.score, quality.algorithm, str(quality.version)),
            guidance=tuple(remark.code.value for remark in remarks),
            liveness=liveness,
        )
        recorded = self._record(request, identity, content, now)
        self._same_person.remember_eyes(request.transaction_id, codes)
        return Ended(outcome=content.outcome, quality=quality, guidance=remarks, recorded=recorded, liveness=liveness)

    def record_portrait(self, request: CaptureRequest, identity: DeviceIdentity, judged: JudgedPortrait) -> Ended:
        """Record the portrait as it was judged; one in which no face was seen is below any quality.

        Raises
        ------
        RecordingError
            As for `record_finger`.
        """
        now = time_now()
        quality, remarks = judged.analysis.quality, (*request.calibration.remarks, *judged.analysis.guidance)
        with timed("records"):
            blob = portrait_blob(judged.analysis.framing.cut(judged.frame.pixels))
        enough = quality is not None and quality.score >= request.min_quality
        content = _Content(
            outcome=Outcome.CAPTURED if enough else Outcome.BELOW_QUALITY,
            blobs=(blob,),
            quality=None if quality is None else StatedQuality(quality.score, quality.algorithm, str(quality.version)),
            guidance=tuple(remark.code.value for remark in remarks),
        )
        recorded = self._record(request, identity, content, now)
        return Ended(outcome=content.outcome, quality=quality, guidance=remarks, recorded=recorded)

    def record_missing(self, request: CaptureRequest, identity: DeviceIdentity, reason: MissingReason) -> Ended:
        """Record that the finger, the eye or the face cannot be had, and why; of both eyes or a slap, each.

        Raises
        ------
        RecordingError
            As for `record_finger`.
        """
        said = dict(request.missing)
        exceptions = tuple(
            BiometricException(
                _position(each), (said.get(each, reason) if isinstance(each, FingerPosition) else reason).value
            )
            for each in _single(request.position)
        )
        content = _Content(outcome=Outcome.MARKED_MISSING, exceptions=exceptions)
        recorded = self._record(request, identity, content, time_now())
        return Ended(outcome=Outcome.MARKED_MISSING, missing_reason=reason, recorded=recorded)

    def _record(
        self, request: CaptureRequest, identity: DeviceIdentity, content: _Content, now: SignedTime
    ) -> Recorded:
        signed: list[SignedCapture] = []

        def sign(head: ChainHead) -> SignedCapture:
            with timed("signature"):
                manifest = self._manifest(request, identity, content, now, head)
                signature = sign_manifest(manifest, self._key)
            signed.append(SignedCapture(request.capture_id, signature.jws, signature.digest, content.blobs))
            return signed[-1]

        try:
            with timed("spool"):
                stored = self._spool.append(sign)
        except KeyProblem as error:
            raise RecordingError(
                error.reason,
                LocalizedText(id=f"Kunci penanda tangan tidak dapat dipakai: {error}", en=str(error)),
            ) from error
        except SpoolError as error:
            reason = "SPOOL_FULL" if isinstance(error, SpoolFull) else "SPOOL_UNUSABLE"
            raise RecordingError(
                reason, LocalizedText(id=f"Perekaman tidak dapat disimpan: {error}", en=str(error))
            ) from error
        self._on_recorded()
        jws = signed[-1].jws
        manifest_part = StoredPart(MANIFEST_NAME, MANIFEST_TYPE, len(jws), payload_digest(jws))
        parts = (StoredPart(b.name, b.media_type, len(b.content), b.sha256) for b in content.blobs)
        return Recorded(stored.sequence, stored.manifest_digest, (manifest_part, *parts))

    def _manifest(
        self, request: CaptureRequest, identity: DeviceIdentity, content: _Content, now: SignedTime, head: ChainHead
    ) -> Manifest:
        return Manifest(
            capture_id=request.capture_id,
            transaction_id=request.transaction_id,
            retake_of=request.retake_of or None,
            nonce=request.nonce,
            device=SigningDevice(
                request.device_id,
                identity.driver,
                identity.vendor,
                identity.model,
                identity.serial,
                identity.firmware,
            ),
            calibration_id=request.calibration.calibration_id,
            modality=request.modality.value,
            position=_position(request.position),
            impression=content.impression,
            outcome=content.outcome.value,
            quality=content.quality,
            guidance=content.guidance,
            exceptions=content.exceptions,
            operator=request.operator,
            blobs=tuple(BlobDigest(b.name, b.media_type, len(b.content), b.sha256) for b in content.blobs),
            time=now,
            boot_id=self._boot_id,
            chain_id=head.chain_id,
            sequence=head.next_sequence,
            previous=head.previous,
            gateway_id=self._key.gateway_id,
            software=f"rekam {__version__}",
            liveness=content.liveness,
        )


def _single(position: Position) -> tuple[FingerPosition | EyePosition | FacePosition, ...]:
    """Each finger or eye of it."""
    if isinstance(position, EyePosition):
        return position.eyes
    return position.positions if isinstance(position, SlapHand) else (position,)


def _position(position: Position) -> NamedCode:
    return NamedCode(int(position), position.name.lower().replace("_", "-"))
