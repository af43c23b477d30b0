"""The records of a slap: its image, and the image and the minutiae of each finger."""

from datetime import datetime

from gateway.capture.judged_slap import JudgedFinger, JudgedSlap
from gateway.capture.values import CapturedFinger, CaptureRequest
from gateway.finger import FingerPosition, SlapHand
from gateway.metrics import timed
from gateway.records import fir, fmr
from gateway.spool import Blob

IMAGE_NAME, IMAGE_TYPE = "image.fir", "application/vnd.rekam.iso19794-4-2011"
TEMPLATE_NAME, TEMPLATE_TYPE = "template.fmr", "application/vnd.rekam.iso19794-2-2005"


def finger_name(position: FingerPosition) -> str:
    """As in the names of its blobs: `right-index`."""
    return position.name.lower().replace("_", "-")


def finger_blob_name(position: FingerPosition, name: str) -> str:
    """The name of one finger's blob: `right-index.image.fir`."""
    return f"{finger_name(position)}.{name}"


FINGER_BLOBS = {
    finger_blob_name(position, name): (position, name)
    for position in FingerPosition
    if position
    for name in (IMAGE_NAME, TEMPLATE_NAME)
}
"""Finger and plain name of each blob that belongs to one finger of a slap, by its name."""


def slap_blobs(hand: SlapHand, judged: JudgedSlap, captured_at: datetime) -> tuple[Blob, ...]:
    """The blobs of a slap: `image.fir` with its position code, and two for each finger, from left to right.

    Parameters
    ----------
    captured_at : datetime
        With a time zone.

    References
    ----------
    ISO/IEC 19794-4:2011 table 6: 13 to 15 are the codes of plain slaps.
    """
    frame = judged.frame
    with timed("records"):
        # ISO images have dark ridges, whatever the scanner delivers.
        pixels = 255 - frame.pixels if judged.inverted else frame.pixels
        whole = fir.encode_image(pixels, frame.ppi, hand, judged.score, captured_at)
        blobs = [Blob.of(IMAGE_NAME, IMAGE_TYPE, whole)]
        for finger in judged.fingers:
            blobs += _finger_blobs(finger, frame.ppi, captured_at)
    return tuple(blobs)


def _finger_blobs(finger: JudgedFinger, ppi: float, captured_at: datetime) -> tuple[Blob, Blob]:
    position, analysis = finger.position, finger.analysis
    pixels = 255 - finger.pixels if analysis.inverted else finger.pixels
    image = fir.encode_image(pixels, ppi, position, finger.score, captured_at)
    template = fmr.encode_template(analysis.template, position, finger.score)
    return (
        Blob.of(finger_blob_name(position, IMAGE_NAME), IMAGE_TYPE, image),
        Blob.of(finger_blob_name(position, TEMPLATE_NAME), TEMPLATE_TYPE, template),
    )


def captured_fingers(request: CaptureRequest, hand: SlapHand, judged: JudgedSlap) -> tuple[CapturedFinger, ...]:
    """Each finger of the hand, as they lie from left to right: judged, said to be missing, or not seen."""
    found = {finger.position: finger.analysis for finger in judged.fingers}
    reasons = dict(request.missing)
    return tuple(
        CapturedFinger(position, found[position].quality, len(found[position].template), found[position].guidance)
        if position in found
        else CapturedFinger(position, missing_reason=reasons.get(position))
        for position in hand.positions
    )
