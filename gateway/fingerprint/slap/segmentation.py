"""Slaps: four fingers or two thumbs on one image, parted, named and cut out upright."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerPosition, SlapHand
from gateway.fingerprint.sample import check_sample
from gateway.fingerprint.slap.boxes import FingertipBox
from gateway.fingerprint.slap.contact import slap_contact
from gateway.fingerprint.slap.fingers import slap_fingers
from gateway.fingerprint.slap.fingertips import fingertip_candidates
from gateway.fingerprint.slap.positions import (
    PositionedFinger,
    PositionedHand,
    four_finger_positions,
    thumb_positions,
)
from gateway.guidance import Guidance, GuidanceCode, guidance

_MARGIN_MM = 1.0
"""Around a fingertip in its crop: extractors want a little ground beside the print."""
_CLOSE_MM = 0.4
_MAX_TURN_DEG = 35.0
_WHOLE = 0.8


@dataclass(frozen=True)
class SlapFinger:
    """One fingertip of a slap: the last phalanx, from its tip to the fold, in pixels of the slap's image.

    Parameters
    ----------
    position : FingerPosition
        UNKNOWN for an extra finger.
    x, y : float
        Middle of its box, x to the right, y down, (0, 0) the middle of the first pixel.
    width, height : float
        Of its box, across and along the finger.
    rotation_deg : float
        Which way it points: counter-clockwise from upright, as the image is seen.
    confidence : float
        That this is a fingertip, and this finger, 0 to 1.
    visible : float
        Share of it that lies on the glass, 0 to 1, by its breadth and the length that goes with it.
    """

    position: FingerPosition
    x: float
    y: float
    width: float
    height: float
    rotation_deg: float
    confidence: float
    visible: float

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """(x, y) at the tip's left, tip's right, fold's right and fold's left, as the finger points."""
        turn = np.radians(self.rotation_deg)
        cos, sin = float(np.cos(turn)), float(np.sin(turn))
        half_u, half_v = self.width / 2, self.height / 2
        return tuple(
            (self.x + cos * u - sin * v, self.y - sin * u - cos * v)
            for u, v in ((-half_u, half_v), (half_u, half_v), (half_u, -half_v), (-half_u, -half_v))
        )


@dataclass(frozen=True)
class SlapSegmentation:
    """What a slap shows.

    Parameters
    ----------
    hand : SlapHand
        That was asked for.
    seen_hand : SlapHand or None
        That is seen; None where nothing tells, e.g. by a single finger.
    fingers : tuple of SlapFinger
        From left to right, named as fingers of the hand that is seen.
    missing : tuple of FingerPosition
        Fingers of that hand that are not seen.
    extra : tuple of SlapFinger
        Fingertips that are no part of the hand.
    wrong_hand : bool
        The fingers lie as those of the other hand do.
    rotation_deg : float
        Of the hand, counter-clockwise from upright; 0 where no finger is seen.
    guidance : tuple of Guidance
        Most important first; empty when all is well.
    """

    hand: SlapHand
    seen_hand: SlapHand | None
    fingers: tuple[SlapFinger, ...]
    missing: tuple[FingerPosition, ...]
    extra: tuple[SlapFinger, ...]
    wrong_hand: bool
    rotation_deg: float
    guidance: tuple[Guidance, ...]


def segment_slap(pixels: NDArray[np.uint8], ppi: float, hand: SlapHand) -> SlapSegmentation:
    """Find and name the fingertips of a slap.

    Where skin touches is told from ridge contrast and darkness; a matched filter finds outlines of fingertips in each
    width and direction; sides, tip and fold of each are measured in its own direction; the shape of a hand names them.

    Parameters
    ----------
    pixels : (height, width) uint8
        Grey, fingertips up, within about 60 degrees. Ridges may be dark or light.
    ppi : float
        250 to 1000.
    hand : SlapHand
        What was asked for.

    Returns
    -------
    SlapSegmentation
        An empty glass is an outcome: no fingers, all missing.

    Raises
    ------
    ValueError
        As `analyze`.

    References
    ----------
    What a slap is and how it is judged: NISTIR 7209 (SlapSeg04) and NISTIR 7553 (SlapSegII): the last phalanx down to
    the fold, four fingers at most, position by hand.
    """
    check_sample(pixels, ppi)
    hand = SlapHand(hand)
    contact = slap_contact(pixels, ppi)
    boxes = [] if contact.blank else slap_fingers(contact, *fingertip_candidates(contact.contact))
    if hand is SlapHand.TWO_THUMBS:
        named = thumb_positions(boxes, pixels.shape[1] / ppi * 25.4)
    else:
        asked = {SlapHand.RIGHT_FOUR: True, SlapHand.LEFT_FOUR: False}.get(hand)
        named = four_finger_positions(boxes, asked)
    seen = _seen_hand(hand, named)
    fingers = tuple(_slap_finger(finger, ppi) for finger in named.fingers)
    extra = tuple(
        _slap_finger(PositionedFinger(box, FingerPosition.UNKNOWN, 1.0), ppi) for box in named.extra if box.score > 0.6
    )
    positions = (seen or hand).positions
    missing = tuple(p for p in positions if p not in {finger.position for finger in fingers})
    turn = float(np.median([finger.rotation_deg for finger in fingers])) if fingers else 0.0
    codes = _codes(named, missing, extra, turn)
    return SlapSegmentation(
        hand, seen, fingers, missing, extra, named.wrong, turn, tuple(guidance(code) for code in codes)
    )


def crop(pixels: NDArray[np.uint8], finger: SlapFinger, ppi: float) -> NDArray[np.uint8]:
    """One fingertip, upright, at the same sampling rate, with 1 mm around it; neighbours are left in.

    Parameters
    ----------
    pixels : (height, width) uint8
        The slap that `finger` was found in.
    finger : SlapFinger
    ppi : float
        Of `pixels`.

    Returns
    -------
    (height', width') uint8
        What would lie off the glass repeats the edge of the image's ground: its lightest common grey.

    Raises
    ------
    ValueError
        As `analyze`.
    """
    check_sample(pixels, ppi)
    margin = _MARGIN_MM / 25.4 * ppi
    width, height = max(1, round(finger.width + 2 * margin)), max(1, round(finger.height + 2 * margin))
    turn = np.radians(finger.rotation_deg)
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    u, v = (width - 1) / 2, (height - 1) / 2
    matrix = np.array([[cos, sin, finger.x - cos * u - sin * v], [-sin, cos, finger.y + sin * u - cos * v]], np.float64)
    ground = int(np.bincount(pixels[::8, ::8].ravel(), minlength=256).argmax())
    upright = cv2.warpAffine(
        np.ascontiguousarray(pixels),
        matrix,
        (width, height),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=ground,
    )
    return np.asarray(upright, np.uint8)


def _seen_hand(hand: SlapHand, named: PositionedHand) -> SlapHand | None:
    if not named.fingers:
        return None
    if hand is SlapHand.TWO_THUMBS:
        return SlapHand.TWO_THUMBS
    if named.right is None:
        return None
    return SlapHand.RIGHT_FOUR if named.right else SlapHand.LEFT_FOUR


def _slap_finger(finger: PositionedFinger, ppi: float) -> SlapFinger:
    box, scale = finger.box, ppi / 25.4
    shape = min(1.0, max(0.0, (box.score - 0.3) / 0.4))
    return SlapFinger(
        finger.position,
        box.x * scale - 0.5,
        box.y * scale - 0.5,
        box.width * scale,
        box.height * scale,
        box.rotation_deg,
        shape * finger.confidence * min(1.0, box.visible / _WHOLE),
        box.visible,
    )


def _codes(
    named: PositionedHand,
    missing: tuple[FingerPosition, ...],
    extra: tuple[SlapFinger, ...],
    turn_deg: float,
) -> list[GuidanceCode]:
    if not named.fingers:
        return [GuidanceCode.NO_FINGER]
    boxes = [finger.box for finger in named.fingers]
    found = {
        GuidanceCode.WRONG_HAND: named.wrong,
        GuidanceCode.EXTRA_FINGERS: bool(extra),
        GuidanceCode.FINGERS_MISSING: bool(missing),
        GuidanceCode.OFF_GLASS: any(box.visible < _WHOLE for box in boxes),
        GuidanceCode.HAND_TURNED: abs(turn_deg) > _MAX_TURN_DEG,
        GuidanceCode.FINGERS_TOO_CLOSE: any(_gap(a, b) < _CLOSE_MM for a, b in pairwise(boxes)),
    }
    return [code for code, holds in found.items() if holds]


def _gap(left: FingertipBox, right: FingertipBox) -> float:
    """Between two fingertips, across them, mm; large where they do not lie side by side."""
    across, along = left.within(right.x, right.y)
    if abs(along) > (left.height + right.height) / 2:
        return 1e3
    return abs(across) - (left.width + right.width) / 2
