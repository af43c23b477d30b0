"""The records of captured eyes: their images in one iris image record, and their codes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gateway.capture.judged_eyes import JudgedEye, JudgedEyes
from gateway.eye import EyePosition
from gateway.iris import IrisCode, IrisGeometry, encode_code
from gateway.records import iir, iris_view
from gateway.records.iris_image import UNDEFINED_EXTENT
from gateway.spool import Blob

IMAGE_NAME, IMAGE_TYPE = "image.iir", "application/vnd.rekam.iso19794-6-2011"
CODE_TYPE = "application/vnd.rekam.iris-code"
CODE_NAME = "iris.ric"
CODE_NAMES = {EyePosition.RIGHT: "iris-right.ric", EyePosition.LEFT: "iris-left.ric"}
"""Where both eyes were asked for."""

_CAMERA = iir.IrisDevice(iir.IrisTechnology.CMOS_OR_CCD)


def iris_blobs(asked: EyePosition, judged: JudgedEyes, captured_at: datetime) -> tuple[Blob, ...]:
    """The image record, and the code of each eye that has one.

    Parameters
    ----------
    asked : EyePosition
        Names the codes: one of its own, or one of each eye.
    captured_at : datetime
        With a time zone.
    """
    image = iir.encode_images([iris_image(each, captured_at) for each in judged.eyes])
    codes = [
        Blob.of(CODE_NAMES[eye] if asked is EyePosition.BOTH else CODE_NAME, CODE_TYPE, encode_code(code))
        for eye, code in iris_codes(judged.eyes).items()
    ]
    return (Blob.of(IMAGE_NAME, IMAGE_TYPE, image), *codes)


def iris_codes(eyes: Sequence[JudgedEye]) -> dict[EyePosition, IrisCode]:
    """The codes of those that have one."""
    return {each.eye: each.analysis.template for each in eyes if each.analysis.template is not None}


def iris_image(judged: JudgedEye, captured_at: datetime) -> iir.IrisImage:
    """The image of one eye as a representation, without loss."""
    analysis = judged.analysis
    score = None if analysis.quality is None else analysis.quality.score
    label = iir.EyeLabel(judged.eye)
    view = None if analysis.geometry is None else _placed(judged, analysis.geometry)
    if view is not None:
        return iir.code_view(view, label, score, captured_at, device=_CAMERA)
    height, width = judged.pixels.shape
    whole = iir.IrisView(judged.pixels, iir.ImageKind.UNCROPPED, ((width - 1) / 2, (height - 1) / 2), 1.0)
    return replace(iir.code_view(whole, label, score, captured_at, device=_CAMERA), extent=UNDEFINED_EXTENT)


def _placed(judged: JudgedEye, geometry: IrisGeometry) -> iir.IrisView | None:
    """The image about an iris whose place is known; None where it is not wholly in the image.

    640 x 480 pixels where the image has these at its own scale with the margins that the kind demands; else the iris
    and its margins, continued where the image ends within them.
    """
    pixels, centre, radius = judged.pixels, geometry.limbus.centre, geometry.limbus.radius
    try:
        view = iris_view.vga(pixels, centre, radius)
    except ValueError:
        view = None
    if view is not None and view.radius == radius:
        return view
    try:
        return iris_view.cropped(pixels, centre, radius, extend=True)
    except ValueError:
        return None
