"""What a capture is asked, how it looks on the way, and how it ends."""

from dataclasses import dataclass, field
from enum import StrEnum

from drivers import DeviceKind
from gateway.calibration.in_use import UNCALIBRATED, CaptureCalibration
from gateway.eye import EyePosition
from gateway.face import FacePosition
from gateway.finger import FingerPosition, SlapHand
from gateway.fingerprint import FingerQuality
from gateway.guidance import Guidance, LocalizedText
from gateway.iris.quality import IrisQuality
from gateway.portrait import PortraitQuality
from gateway.trust import StatedLiveness

Position = FingerPosition | SlapHand | EyePosition | FacePosition
"""What a capture is of, in the table of its modality."""


class Modality(StrEnum):
    """What part of a person is captured."""

    FINGER = "finger"
    IRIS = "iris"
    FACE = "face"

    @property
    def device_kind(self) -> DeviceKind:
        """What captures it."""
        return _KINDS[self]


_KINDS = {
    Modality.FINGER: DeviceKind.FINGERPRINT_SCANNER,
    Modality.IRIS: DeviceKind.IRIS_CAMERA,
    Modality.FACE: DeviceKind.PORTRAIT_CAMERA,
}


class CaptureState(StrEnum):
    """Where a capture stands."""

    QUEUED = "queued"
    AWAITING_FINGER = "awaiting_finger"
    AWAITING_EYE = "awaiting_eye"
    AWAITING_FACE = "awaiting_face"
    CAPTURING = "capturing"
    PROCESSING = "processing"
    RECOVERING = "recovering"
    DONE = "done"


class Outcome(StrEnum):
    """How a capture ended; none of these is an error."""

    CAPTURED = "captured"
    BELOW_QUALITY = "below_quality"
    NO_FINGER = "no_finger"
    NO_EYE = "no_eye"
    NO_FACE = "no_face"
    MARKED_MISSING = "marked_missing"
    CANCELLED = "cancelled"
    DEVICE_LOST = "device_lost"
    FAILED = "failed"


class MissingReason(StrEnum):
    """Why a finger, an eye or a face could not be captured."""

    AMPUTATED = "amputated"
    BANDAGED = "bandaged"
    REFUSED = "refused"
    DEVICE_BROKEN = "device_broken"
    OTHER = "other"
    CANNOT_OPEN = "cannot_open"
    """Of eyes alone."""


class Action(StrEnum):
    """What a client may do to a capture."""

    TRIGGER = "trigger"
    RETAKE = "retake"
    MARK_MISSING = "mark_missing"
    CANCEL = "cancel"


@dataclass(frozen=True)
class CaptureRequest:
    """What is to be captured, for whom, and how well."""

    capture_id: str
    device_id: str
    position: Position
    timeout_s: float
    min_quality: int
    """Score, 0 to 100, that the image must reach."""
    transaction_id: str = ""
    nonce: str = ""
    """Hexadecimal."""
    operator: str = ""
    manual: bool = False
    """Take the image by TRIGGER alone, or the best one at the timeout."""
    retake_of: str = ""
    holder: str = ""
    """Who asks, shown to whoever finds the device taken."""
    missing: tuple[tuple[FingerPosition, MissingReason], ...] = ()
    """Of a slap: fingers of the hand that are not there, and why."""
    thresholds: tuple[tuple[FingerPosition, int], ...] = ()
    """Of a slap: the score that each finger must reach, in the place of `min_quality`."""

    def threshold(self, finger: FingerPosition) -> int:
        """Score, 0 to 100, that this finger of the slap must reach."""
        return dict(self.thresholds).get(finger, self.min_quality)

    calibration: CaptureCalibration = field(default=UNCALIBRATED, compare=False)
    """What its frames are corrected by, and its manifest names."""

    @property
    def modality(self) -> Modality:
        """Told by the position."""
        return _MODALITIES[type(self.position)]


_MODALITIES: dict[type[Position], Modality] = {
    FingerPosition: Modality.FINGER,
    SlapHand: Modality.FINGER,
    EyePosition: Modality.IRIS,
    FacePosition: Modality.FACE,
}


@dataclass(frozen=True)
class LiveFinger:
    """How one finger of the slap looks just now."""

    position: FingerPosition
    present: bool
    score: int = 0
    """0 to 100; a fast estimate, as that of the whole."""


@dataclass(frozen=True)
class LiveQuality:
    """How the finger on the glass, or the eye or the face before the camera, looks just now."""

    finger_present: bool = False
    score: int = 0
    """0 to 100; a fast estimate, not comparable with a recorded score."""
    still: bool = False
    guidance: tuple[Guidance, ...] = ()
    eye_present: bool = False
    """Every eye that was asked for is seen."""
    face_present: bool = False
    """A head is seen."""
    fingers: tuple[LiveFinger, ...] = ()
    """Of a slap: each that was asked for, as they lie from left to right."""

    @property
    def told(self) -> tuple[object, ...]:
        """What a person is told by it: a change of these is news, of the score alone is not."""
        seen = tuple(finger.position for finger in self.fingers if finger.present)
        return self.finger_present, self.eye_present, self.face_present, self.guidance, seen


@dataclass(frozen=True)
class ImageTransfer:
    """An image on its way from a device that needs seconds to send it."""

    share: float
    """How much of it has arrived, 0 to 1."""


@dataclass(frozen=True)
class StoredPart:
    """One blob of a recorded capture."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Recorded:
    """A capture that is in the spool."""

    sequence: int
    manifest_sha256: str
    parts: tuple[StoredPart, ...]


@dataclass(frozen=True)
class Problem:
    """Why a capture could not be made: a reason of the error table and words for people."""

    reason: str
    message: LocalizedText


@dataclass(frozen=True)
class CapturedFinger:
    """One finger of a slap that was recorded."""

    position: FingerPosition
    quality: FingerQuality | None = None
    """None where it is not seen."""
    minutia_count: int = 0
    guidance: tuple[Guidance, ...] = ()
    missing_reason: MissingReason | None = None
    """Where it was said to be missing."""


@dataclass(frozen=True)
class Ended:
    """How a capture ended and what is left of it."""

    outcome: Outcome
    quality: FingerQuality | IrisQuality | PortraitQuality | None = None
    guidance: tuple[Guidance, ...] = ()
    minutia_count: int = 0
    recorded: Recorded | None = None
    missing_reason: MissingReason | None = None
    problem: Problem | None = None
    liveness: tuple[StatedLiveness, ...] = ()
    """Of each eye that was recorded, where it was looked for."""
    fingers: tuple[CapturedFinger, ...] = ()
    """Of a slap: each finger of the hand, as they lie from left to right."""


@dataclass(frozen=True)
class CaptureSnapshot:
    """A capture as it stands."""

    request: CaptureRequest
    state: CaptureState = CaptureState.QUEUED
    ended: Ended | None = field(default=None)
