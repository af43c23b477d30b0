"""The values of a finger image record, as `fir` reads and writes them."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from gateway.finger import FingerPosition, ImpressionType, SlapHand
from gateway.records.image_data import Compression
from gateway.records.representation import (
    CM_PER_INCH,
    UNREPORTED_DEVICE,
    CertificationBlock,
    Device,
    Edition,
    QualityBlock,
    TimeUnit,
)


class ScaleUnits(IntEnum):
    """What a record's resolutions count."""

    PIXELS_PER_INCH = 1
    PIXELS_PER_CM = 2

    @property
    def per_inch(self) -> float:
        """Pixels per inch for one unit."""
        return 1.0 if self is ScaleUnits.PIXELS_PER_INCH else CM_PER_INCH


@dataclass(frozen=True)
class FingerImage:
    """One representation: an image of a finger, as it is coded in the record.

    Parameters
    ----------
    position, impression
        Which finger or slap, and how it was taken.
    width, height : int
        Pixels.
    scan_ppi, image_ppi : (float, float)
        Horizontal and vertical pixels per inch at which the finger was scanned, and of this image.
    compression, data
        The coded image; `decode_pixels` gives its pixels.
    quality_blocks
        Scores; the 2005 edition has exactly one, without vendor and algorithm.
    number : int
        Counts the representations of one position from 0, in the order of the record.
    captured_at, capture_precision
        UTC; parts finer than `capture_precision` are unknown.
    extended : bytes
        Segmentation, annotation, comment and vendor blocks, as they are in the record.
    """

    position: FingerPosition | SlapHand
    impression: ImpressionType
    width: int
    height: int
    scan_ppi: tuple[float, float]
    image_ppi: tuple[float, float]
    compression: Compression
    data: bytes
    quality_blocks: tuple[QualityBlock, ...]
    number: int = 0
    scale_units: ScaleUnits = ScaleUnits.PIXELS_PER_INCH
    device: Device = UNREPORTED_DEVICE
    captured_at: datetime | None = None
    capture_precision: TimeUnit = TimeUnit.MILLISECOND
    certifications: tuple[CertificationBlock, ...] = ()
    extended: bytes = b""

    @property
    def quality(self) -> int | None:
        """The first score, 0 to 100; None where there is none or its calculation failed."""
        return self.quality_blocks[0].score if self.quality_blocks else None


@dataclass(frozen=True)
class FingerImageRecord:
    """A finger image record; only the 2005 edition has an `acquisition_level` (10 to 41)."""

    representations: tuple[FingerImage, ...]
    edition: Edition = Edition.ISO_2011
    acquisition_level: int | None = None
