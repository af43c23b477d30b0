"""Guidance from a sequence of frames: what one frame cannot tell."""

import math
from dataclasses import dataclass

from gateway.fingerprint.preview import PreviewQuality
from gateway.guidance import Guidance, GuidanceCode, guidance


@dataclass(frozen=True)
class SequenceLimits:
    """When a course of frames becomes a remark."""

    max_speed_mm_per_s: float = 4.0
    """A finger this fast smears by a third of a ridge within 40 ms of exposure."""
    min_rest_s: float = 0.25
    """Shorter than a finger takes to settle: it was lifted before it could be taken."""
    residue_frames: int = 3
    """So many empty frames in a row with residue, so that a finger that comes or goes is none."""
    shown_s: float = 1.5
    """How long a finger that was lifted too early is spoken of."""


DEFAULT_SEQUENCE_LIMITS = SequenceLimits()


class PlacementAdvice:
    """Follows the frames of one placement, from the empty glass on."""

    def __init__(self, limits: SequenceLimits = DEFAULT_SEQUENCE_LIMITS) -> None:
        self._limits = limits
        self._touched_at: float | None = None
        self._rest_s = 0.0
        self._lifted_at: float | None = None
        self._last_at: float | None = None
        self._dirty_frames = 0
        self._taken = False

    def taken(self) -> None:
        """A frame was taken: from now on the finger may be lifted."""
        self._taken = True

    def look(self, preview: PreviewQuality, displacement_mm: float, at_s: float) -> tuple[Guidance, ...]:
        """Remarks on the next frame, the most important first.

        Parameters
        ----------
        preview : PreviewQuality
        displacement_mm : float
            Since the frame before; infinity where the frames have nothing in common, as `displacement` gives it.
        at_s : float
            When the frame was captured; later than the one before.

        Raises
        ------
        ValueError
            Time does not advance.
        """
        if self._last_at is not None and at_s <= self._last_at:
            raise ValueError(f"frames come one after the other: {at_s} is not later than {self._last_at}")
        elapsed_s = math.inf if self._last_at is None else at_s - self._last_at
        self._last_at = at_s
        if preview.finger_present:
            codes = self._with_finger(displacement_mm, elapsed_s, at_s)
        else:
            codes = self._empty(preview, at_s)
        hidden = set(codes)
        if not preview.finger_present and self._dirty_frames < self._limits.residue_frames:
            # A finger that comes or goes looks like residue for a frame or two.
            hidden |= _RESIDUE
        return (*map(guidance, codes), *(remark for remark in preview.guidance if remark.code not in hidden))

    def _with_finger(self, displacement_mm: float, elapsed_s: float, at_s: float) -> list[GuidanceCode]:
        self._dirty_frames = 0
        self._lifted_at = None
        if self._touched_at is None:
            self._touched_at, self._rest_s = at_s, 0.0
            return []
        if displacement_mm > self._limits.max_speed_mm_per_s * elapsed_s:
            self._rest_s = 0.0
            return [GuidanceCode.MOVED]
        self._rest_s += elapsed_s
        return []

    def _empty(self, preview: PreviewQuality, at_s: float) -> list[GuidanceCode]:
        if self._touched_at is not None:
            if not self._taken and self._rest_s < self._limits.min_rest_s:
                self._lifted_at = at_s
            self._touched_at = None
        marks = {remark.code for remark in preview.guidance}
        self._dirty_frames = self._dirty_frames + 1 if marks & _RESIDUE else 0
        if self._lifted_at is not None and at_s - self._lifted_at <= self._limits.shown_s:
            return [GuidanceCode.LIFTED_EARLY]
        return []


_RESIDUE = {GuidanceCode.DIRTY_PLATEN, GuidanceCode.LATENT_ONLY}
