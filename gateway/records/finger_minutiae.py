"""The values of a finger minutiae record, as `fmr` reads and writes them."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from gateway.finger import FingerPosition, FingerTemplate, ImpressionType
from gateway.records.minutiae_block import ExtendedArea
from gateway.records.representation import (
    UNREPORTED_DEVICE,
    CertificationBlock,
    Device,
    Edition,
    QualityBlock,
    TimeUnit,
)


class RidgeEndings(IntEnum):
    """Where a ridge ending is located (ISO/IEC 19794-2:2011, ridge ending type)."""

    VALLEY_SKELETON_BIFURCATION = 0
    RIDGE_SKELETON_END_POINT = 1


@dataclass(frozen=True)
class FingerView:
    """One finger view (2005) or representation (2011).

    Parameters
    ----------
    position, impression
        Which finger, and how it was taken.
    template : FingerTemplate
        Pixels, ppi, radians.
    quality_blocks
        Scores of the finger image. The 2005 edition holds exactly one, without vendor and algorithm.
    number : int
        Counts the views of one position from 0, in the order of the record.
    device, captured_at, certifications, ridge_endings
        Only the 2011 edition holds them, save for the device's type id. `captured_at` needs a time zone; its parts
        finer than `capture_precision` are unknown. The 2005 edition is read as `VALLEY_SKELETON_BIFURCATION`,
        which is what that edition asks for.
    extended
        Extended data that was read.
    """

    position: FingerPosition
    impression: ImpressionType
    template: FingerTemplate
    quality_blocks: tuple[QualityBlock, ...]
    number: int = 0
    device: Device = UNREPORTED_DEVICE
    captured_at: datetime | None = None
    capture_precision: TimeUnit = TimeUnit.MILLISECOND
    certifications: tuple[CertificationBlock, ...] = ()
    ridge_endings: RidgeEndings = RidgeEndings.RIDGE_SKELETON_END_POINT
    extended: tuple[ExtendedArea, ...] = ()

    @property
    def quality(self) -> int | None:
        """The first score, 0 to 100; None where there is none or its calculation failed."""
        return self.quality_blocks[0].score if self.quality_blocks else None


@dataclass(frozen=True)
class FingerMinutiaeRecord:
    """A finger minutiae record; `appendix_f` says that the 2005 edition's equipment met EFTS/F Appendix F."""

    edition: Edition
    views: tuple[FingerView, ...]
    appendix_f: bool = False
