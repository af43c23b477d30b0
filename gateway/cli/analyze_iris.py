"""Eyes from disk to quality, guidance, an iris image record and a code."""

from dataclasses import asdict, fields, replace
from math import ceil, floor, inf, isfinite, sqrt
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.cli import options
from gateway.cli.analyze_files import unused_name, write_files
from gateway.cli.exits import CommandFailure, bad_file
from gateway.cli.iris_file import EyeImage, Pixels, eye_images, eye_word
from gateway.cli.output import Output, in_words
from gateway.guidance import LocalizedText
from gateway.iris import Contour, IrisAnalysis, IrisGeometry, analyze, encode_code
from gateway.iris.annotated import analysis_sheet
from gateway.iris.iso_metrics import ISO_METRICS, IsoMetric
from gateway.iris.outcome_words import OUTCOME_WORDS
from gateway.iris.quality import IrisQuality
from gateway.iris.sample import grey_sample
from gateway.records import iir, iris_view
from gateway.records.iir import EyeLabel
from gateway.records.image_data import MAX_PIXELS

_CUT = (1.65, 1.25)
"""Half width and height in iris radii: a little more than a record's margins, 1.6 and 1.2."""
_RECORD_SHARE = 0.95  # of the pixels that a record can hold, for rounding

SIDES = {
    EyeLabel.RIGHT: LocalizedText("mata kanan", "right eye"),
    EyeLabel.LEFT: LocalizedText("mata kiri", "left eye"),
}


def analyze_iris_file(
    path: Path,
    name: str,
    output: Output,
    *,
    eye: options.Eye | None,
    out: Path | None,
    annotate: bool,
    force: bool,
) -> None:
    """Judge the eyes of one file or capture, write their files and say what was found.

    The files of one eye bear `name`; of several, `name.right` and `name.left`.

    Raises
    ------
    CommandFailure
        It cannot be read, or its files cannot be written; where it holds several eyes the others are done before.
    """
    images = eye_images(path, eye, output.note)
    taken: set[str] = set()
    failures: list[CommandFailure] = []
    for image in images:
        side = f".{eye_word(image.eye)}" if len(images) > 1 and eye_word(image.eye) else ""
        own_name = unused_name(f"{name}{side}", taken)
        try:
            _analyze_eye(path, image, own_name, output, out=out, annotate=annotate, force=force)
        except CommandFailure as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


def analyzed(pixels: Pixels, path: Path, traced: dict[str, NDArray[Any]] | None = None) -> IrisAnalysis:
    """The analysis of an image; CommandFailure names the file where it cannot be one."""
    try:
        return analyze(pixels, trace=None if traced is None else traced.__setitem__)
    except ValueError as error:
        raise bad_file(f"{path}: {error}.") from error


def _analyze_eye(
    path: Path, image: EyeImage, name: str, output: Output, *, out: Path | None, annotate: bool, force: bool
) -> None:
    pixels = image.pixels()
    traced: dict[str, NDArray[Any]] | None = {} if annotate and out is not None else None
    analysis = analyzed(pixels, path, traced)
    written: dict[str, str] = {}
    if out is not None:
        contents = {}
        try:
            contents["iir"] = _image_record(pixels, analysis, image)
        except ValueError as error:
            output.note(f"{path} does not fit into a record, which is not written: {error}.")
        if analysis.template is not None:
            contents["ric"] = encode_code(analysis.template)
        if traced is not None:
            _, png = cv2.imencode(".png", analysis_sheet(pixels, analysis, traced, words=in_words))
            contents["annotated.png"] = png.tobytes()
        written = write_files(out, name, contents, force=force, source=image.source)
    output.document(_document(path, image, pixels.shape, analysis, written))
    if not output.as_json:
        _say(path, image.eye, pixels.shape, analysis, written, output)


def _image_record(pixels: Pixels, analysis: IrisAnalysis, image: EyeImage) -> bytes:
    """A record of the image, as 8-bit grey, with what an earlier one says of how it was taken.

    Nothing more is lost. ValueError where it is too large.
    """
    score = None if analysis.quality is None else analysis.quality.score
    grey = grey_sample(pixels)
    view = None if analysis.geometry is None else record_view(grey, analysis.geometry)
    if view is not None:
        coded = iir.code_view(view, image.eye, score, None)
    else:
        height, width = grey.shape
        whole = iir.IrisView(grey, iir.ImageKind.UNCROPPED, (width / 2, height / 2), 1.0)
        coded = replace(iir.code_view(whole, image.eye, score, None), extent=iir.IrisExtent())
    coded = replace(coded, history=image.history)
    if (before := image.recorded) is not None:
        coded = replace(
            coded,
            captured_at=before.captured_at,
            capture_precision=before.capture_precision,
            device=before.device,
            range_mm=before.range_mm,
        )
    return iir.encode_images([coded])


def record_view(grey: NDArray[np.uint8], geometry: IrisGeometry) -> iir.IrisView | None:
    """The image whole, where it has the margins of its kind and a record can hold it; else the iris and its margins,
    continued where the image ends within them.

    None where the frame cuts the iris off.
    """
    centre, radius = geometry.limbus.centre, geometry.limbus.radius
    try:
        return iris_view.uncropped(grey, centre, radius)
    except ValueError:
        pass  # a margin is missing, or it is too large
    if grey.size > MAX_PIXELS:
        grey, centre, radius = _about_iris(grey, centre, radius)
    try:
        return iris_view.cropped(grey, centre, radius, extend=True)
    except ValueError:
        return None


def _about_iris(
    grey: NDArray[np.uint8], centre: tuple[float, float], radius: float
) -> tuple[NDArray[np.uint8], tuple[float, float], float]:
    """The iris and its margins cut out of an image too large for a record, and reduced where even these are."""
    (x, y), across, along = centre, _CUT[0] * radius, _CUT[1] * radius
    left, top = max(0, floor(x - across)), max(0, floor(y - along))
    part = grey[top : max(top + 1, ceil(y + along)), left : max(left + 1, ceil(x + across))]
    scale = min(1.0, sqrt(_RECORD_SHARE * MAX_PIXELS / (4 * across * along)))
    x, y = x - left, y - top
    if scale < 1:
        part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        x, y = (x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5
    return part, (x, y), radius * scale


def _document(
    path: Path, image: EyeImage, shape: tuple[int, ...], analysis: IrisAnalysis, written: dict[str, str]
) -> dict[str, Any]:
    return {
        "file": str(path),
        "eye": eye_word(image.eye) or None,
        "origin": {"x": image.origin[0], "y": image.origin[1]},
        "width": shape[1],
        "height": shape[0],
        "outcome": analysis.outcome.value,
        "geometry": None if analysis.geometry is None else _geometry(analysis.geometry),
        "quality": None if analysis.quality is None else _quality(analysis.quality),
        "counted_bits": None if analysis.template is None else analysis.template.counted,
        "code_version": None if analysis.template is None else analysis.template.version,
        "scale": round(analysis.scale, 4),
        "guidance": [
            {"code": each.code.value, "fault": asdict(each.fault), "remedy": asdict(each.remedy)}
            for each in analysis.guidance
        ],
        "written": written,
    }


def _geometry(geometry: IrisGeometry) -> dict[str, Any]:
    """In pixels of the image; ratios are of radii."""
    return {
        "pupil": _outline(geometry.pupil),
        "iris": _outline(geometry.limbus),
        "pupil_to_iris_ratio": round(geometry.pupil_ratio, 4),
        "centre_distance_to_iris_radius": round(geometry.offset, 4),
        "usable_share": round(geometry.usable, 4),
    }


def _outline(contour: Contour) -> dict[str, Any]:
    (x, y), (major, minor, _) = contour.centre, contour.axes
    return {
        "x": round(x, 2),
        "y": round(y, 2),
        "radius": round(contour.radius, 2),
        "semi_major": round(major, 2),
        "semi_minor": round(minor, 2),
    }


def _quality(quality: IrisQuality) -> dict[str, Any]:
    named = {metric.field for metric in ISO_METRICS} | {"score", "algorithm", "version"}
    values = {field.name: getattr(quality, field.name) for field in fields(quality) if field.name not in named}
    return {
        "score": quality.score,
        "algorithm": quality.algorithm,
        "version": str(quality.version),
        "iso_29794_6": {metric.field: _measure(metric, quality) for metric in ISO_METRICS},
        "parts": {name: _number(value) for name, value in asdict(quality.parts).items()},
        "measures": {name: _number(value) for name, value in values.items() if isinstance(value, int | float)},
    }


def _measure(metric: IsoMetric, quality: IrisQuality) -> dict[str, Any]:
    value = metric.value(quality)
    low, high = metric.recommended or (-inf, inf)
    return {
        "name": metric.title,
        "value": _number(value),
        "unit": metric.unit or None,
        "recommended_from": _number(low),
        "recommended_to": _number(high),
        "within": metric.within(value),
    }


def _number(value: float) -> float | None:
    """JSON has no infinity."""
    if isinstance(value, int):
        return value
    return round(float(value), 4) if isfinite(value) else None


def _say(
    path: Path,
    eye: EyeLabel,
    shape: tuple[int, ...],
    analysis: IrisAnalysis,
    written: dict[str, str],
    output: Output,
) -> None:
    who = f"{path} ({in_words(SIDES[eye])})" if eye in SIDES else str(path)
    output.say(f"{who}: {in_words(OUTCOME_WORDS[analysis.outcome])}")
    if analysis.quality is not None and analysis.geometry is not None:
        score, size = analysis.quality.score, f"{shape[1]}x{shape[0]}"
        radius, ratio = round(analysis.geometry.limbus.radius), round(100 * analysis.geometry.pupil_ratio)
        words = LocalizedText(
            id=f"Mutu {score} dari 100, jari-jari iris {radius} piksel, pupil {ratio} % darinya, {size}.",
            en=f"Quality {score} of 100, iris radius {radius} pixels, pupil {ratio} % of it, {size}.",
        )
        output.say(f"  {in_words(words)}")
    for each in analysis.guidance:
        output.say(f"  {in_words(each.fault)} {in_words(each.remedy)}")
    for each_path in written.values():
        output.say(f"  {each_path}")
