"""Captures that are in the spool, as the API shows them."""

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import common_pb2

from gateway.capture import iris_record, portrait_record
from gateway.capture.previews import png
from gateway.capture.recorder import MANIFEST_NAME, MANIFEST_TYPE
from gateway.capture.slap_record import FINGER_BLOBS, IMAGE_NAME, TEMPLATE_NAME, finger_blob_name
from gateway.capture.values import MissingReason, Modality, Outcome, Position, StoredPart
from gateway.eye import EyePosition
from gateway.face import FacePosition
from gateway.finger import FingerPosition, SlapHand
from gateway.fingerprint.annotated import annotated
from gateway.guidance import GuidanceCode, guidance
from gateway.iris import analyze as analyze_iris
from gateway.iris.annotated import annotated_frame
from gateway.records import fac, fir, fmr, iir
from gateway.service import capture_messages, convert
from gateway.service.errors import NotFoundError
from gateway.spool import CaptureErased, Spool, StoredCapture
from gateway.trust import (
    Manifest,
    Signer,
    TrustAnchors,
    VerificationReport,
    payload_digest,
    read_signature,
    verify_capture,
)

_NAMES: dict[int, list[str]] = {}
for _name, _number in capture_messages.PARTS_BY_NAME.items():
    _NAMES.setdefault(_number, []).append(_name)
_POSITIONS: dict[Modality, Callable[[int], Position]] = {
    Modality.FINGER: capture_messages.finger_position,
    Modality.IRIS: EyePosition,
    Modality.FACE: FacePosition,
}


class StoredCaptures:
    """Reads the spool; blocking, for a thread."""

    def __init__(self, spool: Spool, key: Signer) -> None:
        self._spool = spool
        self._key = key

    def capture(self, capture_id: str) -> pb.Capture:
        """A recorded capture, from its manifest.

        Raises
        ------
        NotFoundError
            The spool has none of that id.
        CaptureErased
        """
        stored = self._stored(capture_id)
        if stored.erased_at is not None:
            raise CaptureErased(capture_id, stored.erased_at)
        manifest = Manifest.from_bytes(read_signature(stored.jws).payload)
        modality = Modality(manifest.modality)
        message = pb.Capture(
            capture_id=capture_id,
            device_id=manifest.device.id if manifest.device else "",
            modality=capture_messages.modality_number(modality),  # type: ignore[arg-type]
            state=pb.CAPTURE_STATE_DONE,
            outcome=convert.enum_number(Outcome(manifest.outcome), "CAPTURE_OUTCOME", pb.CaptureOutcome),  # type: ignore[arg-type]
            transaction_id=manifest.transaction_id,
            sequence=manifest.sequence,
            retake_of=manifest.retake_of or "",
            manifest_sha256=stored.manifest_digest,
            guidance=[convert.guidance(guidance(GuidanceCode(code))) for code in manifest.guidance],
            parts=[capture_messages.stored_part(part) for part in _parts(stored, manifest)],
            liveness=[capture_messages.liveness(each) for each in manifest.liveness],
        )
        position = _POSITIONS[modality](manifest.position.code)
        capture_messages.add_position(message, position)
        if manifest.quality is not None:
            message.quality.CopyFrom(
                common_pb2.Quality(
                    score=manifest.quality.score,
                    algorithm=manifest.quality.algorithm,
                    version=manifest.quality.version,
                )
            )
        if isinstance(position, SlapHand):
            self._add_fingers(message, position, manifest)
            return message
        for exception in manifest.exceptions:
            message.missing_reason = capture_messages.missing_number(MissingReason(exception.reason))  # type: ignore[assignment]
        if any(blob.name == TEMPLATE_NAME for blob in manifest.blobs):
            record = fmr.decode(self._spool.blob(capture_id, TEMPLATE_NAME).content)
            message.minutia_count = len(record.views[0].template)
        return message

    def part(self, capture_id: str, part: int, finger: int = 0) -> tuple[bytes, str]:
        """One part of a capture and its media type; of one that was erased, the manifest.

        Parameters
        ----------
        finger : int
            Position code of the finger of a slap that the part is of; 0 where it is of the whole.

        Raises
        ------
        NotFoundError
            The capture, or that part of it, is not there.
        CaptureErased
        """
        stored = self._stored(capture_id)
        if part == pb.CAPTURE_PART_MANIFEST:
            return stored.jws, MANIFEST_TYPE
        blobs = {blob.name: blob for blob in self._spool.blobs(capture_id)}
        if part == pb.CAPTURE_PART_PREVIEW and not FINGER_BLOBS.keys().isdisjoint(blobs):
            return png(_annotated_slap({name: blob.content for name, blob in blobs.items()})), "image/png"
        if part == pb.CAPTURE_PART_PREVIEW and IMAGE_NAME in blobs:
            return png(_annotated_print(blobs[IMAGE_NAME].content, blobs[TEMPLATE_NAME].content)), "image/png"
        if part == pb.CAPTURE_PART_PREVIEW and iris_record.IMAGE_NAME in blobs:
            return png(_outlined_eyes(blobs[iris_record.IMAGE_NAME].content)), "image/png"
        if part == pb.CAPTURE_PART_PREVIEW and portrait_record.IMAGE_NAME in blobs:
            return png(_portrait(blobs[portrait_record.IMAGE_NAME].content)), "image/png"
        names = [finger_blob_name(FingerPosition(finger), name) for name in _NAMES[part]] if finger else _NAMES[part]
        name = next((name for name in names if name in blobs), None)
        if name is None:
            raise NotFoundError("part of this capture", " or ".join(names))
        return blobs[name].content, blobs[name].media_type

    def manifest(self, capture_id: str) -> bytes:
        """JWS of a capture; errors as of `part`."""
        return self.part(capture_id, pb.CAPTURE_PART_MANIFEST)[0]

    def template(self, capture_id: str) -> bytes:
        """The finger minutiae record of a capture; errors as of `part`."""
        return self.part(capture_id, pb.CAPTURE_PART_TEMPLATE)[0]

    def _add_fingers(self, message: pb.Capture, hand: SlapHand, manifest: Manifest) -> None:
        """Of a slap each finger: of those that are seen their scores, of the others why they are missing."""
        held = {blob.name for blob in manifest.blobs}
        reasons = {exception.position.code: MissingReason(exception.reason) for exception in manifest.exceptions}
        if manifest.outcome == Outcome.MARKED_MISSING:
            message.missing_reason = capture_messages.missing_number(next(iter(reasons.values())))  # type: ignore[assignment]
            return
        for position in hand.positions:
            finger = message.fingers.add(position=int(position))
            name = finger_blob_name(position, TEMPLATE_NAME)
            if name in held:
                (view,) = fmr.decode(self._spool.blob(message.capture_id, name).content).views
                finger.minutia_count = len(view.template)
                finger.quality.score = view.quality or 0
                finger.quality.algorithm, finger.quality.version = message.quality.algorithm, message.quality.version
                message.minutia_count += finger.minutia_count
            elif position in reasons:
                finger.missing_reason = capture_messages.missing_number(reasons[position])  # type: ignore[assignment]

    def verify(self, capture_id: str) -> VerificationReport:
        """Check a capture against the bytes on the disk, its signer and the manifest before it.

        Raises
        ------
        NotFoundError
        CaptureErased
            There are no bytes to be checked; the manifest can be had, and verified by itself.
        """
        stored = self._stored(capture_id)
        before = self._spool.at(stored.sequence - 1)
        return verify_capture(
            stored.jws,
            {blob.name: blob.content for blob in self._spool.blobs(capture_id)},
            TrustAnchors.from_pem(self._key.trust_bundle().certificates_pem),
            previous=before.jws if before is not None and before.chain_id == stored.chain_id else None,
        )

    def transaction_of(self, capture_id: str) -> str:
        """Transaction that a capture was asked for under, of an enrolment its id; empty where it is not stored."""
        stored = self._spool.get(capture_id)
        return "" if stored is None else Manifest.from_bytes(read_signature(stored.jws).payload).transaction_id

    def refuse_erased(self, capture_id: str) -> None:
        """Raise `CaptureErased` where it was; one that is not in the spool was not."""
        stored = self._spool.get(capture_id)
        if stored is not None and stored.erased_at is not None:
            raise CaptureErased(capture_id, stored.erased_at)

    def _stored(self, capture_id: str) -> StoredCapture:
        stored = self._spool.get(capture_id)
        if stored is None:
            raise NotFoundError("capture", capture_id)
        return stored


def _parts(stored: StoredCapture, manifest: Manifest) -> list[StoredPart]:
    own = StoredPart(MANIFEST_NAME, MANIFEST_TYPE, len(stored.jws), payload_digest(stored.jws))
    return [own, *(StoredPart(b.name, b.media_type, b.size, b.sha256) for b in manifest.blobs)]


def _annotated_print(image: bytes, template: bytes) -> NDArray[np.uint8]:
    """The print of a finger image record with the minutiae of its template."""
    pixels = fir.decode_pixels(fir.decode(image).representations[0])
    return annotated(pixels, fmr.decode(template).views[0].template)


def _portrait(image: bytes) -> NDArray[np.uint8]:
    """The picture of a face image record, blue first."""
    jpeg = np.frombuffer(fac.decode(image).data, np.uint8)
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def _annotated_slap(blobs: Mapping[str, bytes]) -> NDArray[np.uint8]:
    """The fingers of a slap side by side, as they lie from left to right, each with its minutiae."""
    hand = capture_messages.finger_position(fir.decode(blobs[IMAGE_NAME]).representations[0].position)
    positions = hand.positions if isinstance(hand, SlapHand) else ()
    names = [tuple(finger_blob_name(each, name) for name in (IMAGE_NAME, TEMPLATE_NAME)) for each in positions]
    return _side_by_side([_annotated_print(blobs[image], blobs[other]) for image, other in names if image in blobs])


def _outlined_eyes(image: bytes) -> NDArray[np.uint8]:
    """The eyes of an iris image record with their outlines, which the record does not hold: they are found again."""
    eyes = [iir.decode_pixels(each) for each in iir.decode(image).representations]
    return _side_by_side([annotated_frame(pixels, analyze_iris(pixels)) for pixels in eyes])


def _side_by_side(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Coloured pictures in a row, white below the lower ones."""
    height = max(picture.shape[0] for picture in pictures)
    white = [np.pad(each, ((0, height - len(each)), (0, 0), (0, 0)), constant_values=255) for each in pictures]
    return np.concatenate(white, axis=1)
