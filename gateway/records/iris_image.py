"""The values of an iris image record, as `iir` reads and writes them."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum

from gateway.records.representation import Edition, QualityBlock, TimeUnit


class EyeLabel(IntEnum):
    """Which eye of the subject an image shows."""

    UNDEFINED = 0
    RIGHT = 1
    LEFT = 2


class EyeCount(IntEnum):
    """How many eyes a record says it holds."""

    UNKNOWN = 0
    ONE = 1
    BOTH = 2


class ImageKind(IntEnum):
    """How much of the eye's surroundings an image keeps (2011; `iris_view` makes each)."""

    UNCROPPED = 1
    VGA = 2
    CROPPED = 3
    CROPPED_AND_MASKED = 7


class ImageFormat(Enum):
    """How an image is coded, always grey of 8 bits; the editions have different numbers for these."""

    RAW = "raw"
    PNG = "PNG"
    JPEG2000 = "JPEG 2000"
    JPEG = "JPEG"
    """Of the 2005 edition alone."""


class Orientation(IntEnum):
    """Whether an image is as one faces a person, or mirrored."""

    UNDEFINED = 0
    BASE = 1
    FLIPPED = 2


class CompressionHistory(IntEnum):
    """Whether anything was lost by compression, in this image or before it came to be."""

    UNDEFINED = 0
    LOSSLESS = 1
    LOSSY = 2


class RangeCode(IntEnum):
    """What stands in for a distance in mm."""

    UNASSIGNED = 0
    FAILED = 1
    OVERFLOW = 0xFFFF


class IrisTechnology(IntEnum):
    """Capture device technology codes (ISO/IEC 19794-6:2011)."""

    UNKNOWN = 0
    CMOS_OR_CCD = 1


@dataclass(frozen=True)
class IrisDevice:
    """The camera as a record names it: an IBIA registered organisation and its own number; 0 is "unreported"."""

    technology: IrisTechnology = IrisTechnology.UNKNOWN
    vendor: int = 0
    type_id: int = 0


UNREPORTED_IRIS_DEVICE = IrisDevice()


@dataclass(frozen=True)
class IrisExtent:
    """Where the iris lies, each value between a smallest and a largest one in whole pixels; 0 is undefined.

    Centres count from the top left pixel, x to the right and y down.
    """

    centre_x: tuple[int, int] = (0, 0)
    centre_y: tuple[int, int] = (0, 0)
    diameter: tuple[int, int] = (0, 0)


UNDEFINED_EXTENT = IrisExtent()


@dataclass(frozen=True)
class IrisImage:
    """One representation: an image of an eye, as it is coded in the record.

    Parameters
    ----------
    eye : EyeLabel
    kind : ImageKind or None
        None in the 2005 edition, which has no kinds.
    width, height : int
        Pixels.
    format, data
        The coded image; `iir.decode_pixels` gives its pixels.
    quality_blocks
        Scores; the 2005 edition has exactly one, without vendor and algorithm.
    number : int
        Counts the representations of an eye, or all of the record, from 1.
    history : CompressionHistory
        A JPEG 2000 image by the irreversible wavelet is never `LOSSLESS`; one by the reversible wavelet may be `LOSSY`,
        as something may have been lost earlier.
    horizontal, vertical : Orientation
    range_mm : int
        From the camera to the subject, 2 to 65534, or a `RangeCode`.
    roll, roll_uncertainty : float or None
        Radians, 0 to 2 pi. The standard's turn of the eye in the image plane; its sense was not checked here.
    extent : IrisExtent
    captured_at, capture_precision
        UTC; parts finer than `capture_precision` are unknown.
    """

    eye: EyeLabel
    kind: ImageKind | None
    width: int
    height: int
    format: ImageFormat
    data: bytes
    quality_blocks: tuple[QualityBlock, ...] = ()
    number: int = 1
    history: CompressionHistory = CompressionHistory.UNDEFINED
    horizontal: Orientation = Orientation.UNDEFINED
    vertical: Orientation = Orientation.UNDEFINED
    range_mm: int = RangeCode.UNASSIGNED
    roll: float | None = None
    roll_uncertainty: float | None = None
    extent: IrisExtent = UNDEFINED_EXTENT
    device: IrisDevice = UNREPORTED_IRIS_DEVICE
    captured_at: datetime | None = None
    capture_precision: TimeUnit = TimeUnit.MILLISECOND

    @property
    def quality(self) -> int | None:
        """The first score, 0 to 100; None where there is none or its calculation failed."""
        return self.quality_blocks[0].score if self.quality_blocks else None


@dataclass(frozen=True)
class IrisHeader2005:
    """What the 2005 edition says once for all images.

    `properties` are its bits as they stand (orientation, scan, masks), `iris_diameter` in pixels, 0 for unknown,
    `unique_id` the camera's 16 bytes.
    """

    device_id: int
    properties: int
    iris_diameter: int
    unique_id: bytes


@dataclass(frozen=True)
class IrisImageRecord:
    """An iris image record; only the 2005 edition has a `header_2005`."""

    representations: tuple[IrisImage, ...]
    eyes: EyeCount = EyeCount.UNKNOWN
    edition: Edition = Edition.ISO_2011
    header_2005: IrisHeader2005 | None = None
