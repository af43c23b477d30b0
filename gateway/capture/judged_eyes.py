"""The eyes of a frame: cut out where it shows both, and judged in full."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers import Eyes, IrisFrame
from gateway.eye import EyePosition
from gateway.guidance import Guidance, GuidanceCode, guidance
from gateway.iris import IrisAnalysis, analyze
from gateway.iris.quality import IrisQuality

_LABELS = {Eyes.RIGHT: EyePosition.RIGHT, Eyes.LEFT: EyePosition.LEFT}


class OneEyeCameraError(Exception):
    """Both eyes are asked of a camera whose frames show one."""


@dataclass(frozen=True, eq=False)
class EyeImage:
    """The part of a frame that shows one eye: (height, width) uint8."""

    eye: EyePosition
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class JudgedEye:
    """One eye, judged in full."""

    eye: EyePosition
    pixels: NDArray[np.uint8]
    analysis: IrisAnalysis


@dataclass(frozen=True, eq=False)
class JudgedEyes:
    """The eyes that were asked for, of one frame; the right one before the left."""

    frame: IrisFrame
    eyes: tuple[JudgedEye, ...]
    wrong_eye: bool
    """The camera says that it is the other eye."""
    looks_wrong: bool = False
    """The camera does not say which eye it is, and it looks like the other one."""

    @property
    def quality(self) -> IrisQuality | None:
        """Of the worse eye; None where the outlines of one were not found."""
        measured = [each.analysis.quality for each in self.eyes if each.analysis.quality is not None]
        return min(measured, key=lambda quality: quality.score) if len(measured) == len(self.eyes) else None

    @property
    def coded(self) -> bool:
        """Every eye has a code."""
        return all(each.analysis.template is not None for each in self.eyes)

    @property
    def seen(self) -> bool:
        """An eye was outlined, and it is not the wrong one."""
        return not self.wrong_eye and any(each.analysis.geometry is not None for each in self.eyes)

    @property
    def rank(self) -> tuple[float, ...]:
        """By the right eye, then by how many have codes, then by the worse eye's score and the sum of them."""
        scores = [each.analysis.quality.score if each.analysis.quality else -1 for each in self.eyes]
        codes = sum(each.analysis.template is not None for each in self.eyes)
        return (not self.wrong_eye, codes, min(scores), sum(scores))

    @property
    def guidance(self) -> tuple[Guidance, ...]:
        """Remarks on all of them, each once."""
        codes = [GuidanceCode.WRONG_EYE] if self.wrong_eye or self.looks_wrong else []
        codes += [remark.code for each in self.eyes for remark in each.analysis.guidance]
        return tuple(map(guidance, dict.fromkeys(codes)))


def shows_other_eye(frame: IrisFrame, asked: EyePosition) -> bool:
    """Whether the camera calls it the eye that was not asked for."""
    return frame.eyes in _LABELS and asked is not EyePosition.BOTH and _LABELS[frame.eyes] is not asked


def eye_images(frame: IrisFrame, asked: EyePosition) -> tuple[EyeImage, ...]:
    """The eyes asked for: of a frame that shows both, the halves; the right eye is on the left, as one faces a person.

    Raises
    ------
    OneEyeCameraError
        Both are asked for, and the frame shows one.
    """
    if frame.eyes is not Eyes.BOTH:
        if asked is EyePosition.BOTH:
            raise OneEyeCameraError
        return (EyeImage(asked, frame.pixels),)
    middle = frame.pixels.shape[1] // 2
    halves = {EyePosition.RIGHT: frame.pixels[:, :middle], EyePosition.LEFT: frame.pixels[:, middle:]}
    return tuple(EyeImage(eye, np.ascontiguousarray(halves[eye])) for eye in asked.eyes)


def judged_eyes(frame: IrisFrame, asked: EyePosition) -> JudgedEyes:
    """Judge the eyes asked for in full; raises as `eye_images`."""
    eyes = tuple(JudgedEye(image.eye, image.pixels, analyze(image.pixels)) for image in eye_images(frame, asked))
    looks_wrong = frame.eyes is Eyes.UNKNOWN and any(map(_looks_like_other, eyes))
    return JudgedEyes(frame, eyes, shows_other_eye(frame, asked), looks_wrong)


def _looks_like_other(judged: JudgedEye) -> bool:
    """Whether it is certainly not the eye that it is said to be."""
    side = judged.analysis.side
    return side is not None and side.side != "unknown" and side.side != judged.eye.name.lower()
