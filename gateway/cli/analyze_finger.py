"""A print from disk to quality, guidance and standard records."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.cli.analyze_files import write_files
from gateway.cli.exits import bad_file
from gateway.cli.image_file import decode_image, read_file
from gateway.cli.output import Output, in_words
from gateway.finger import FingerPosition, ImpressionType
from gateway.fingerprint import FingerAnalysis, SingularKind, SingularPoints
from gateway.fingerprint import analyze as analyze_finger
from gateway.fingerprint.annotated import analysis_sheet
from gateway.records import fir, fmr


def analyze_finger_file(
    path: Path,
    name: str,
    output: Output,
    *,
    ppi: float,
    position: FingerPosition,
    out: Path | None,
    annotate: bool,
    force: bool,
) -> None:
    """Judge one print, write its files under `name` and say what was found.

    Raises
    ------
    CommandFailure
        It cannot be read, or its files cannot be written.
    """
    data = read_file(path)
    if data.startswith((b"IIR\0", b"RIC\0")):
        raise bad_file(f"{path} is of an iris. Say --modality iris.")
    pixels = decode_image(data, path)
    traced: dict[str, NDArray[Any]] = {}
    try:
        analysis = analyze_finger(pixels, ppi, trace=traced.__setitem__ if annotate and out is not None else None)
    except ValueError as error:
        raise bad_file(f"{path}: {error}.") from error
    written: dict[str, str] = {}
    if out is not None:
        contents = _records(path, pixels, ppi, position, analysis)
        if annotate:
            contents["annotated.png"] = _annotated_png(pixels, analysis, traced)
        written = write_files(out, name, contents, force=force, source=path)
    output.document(_document(path, pixels.shape, ppi, analysis, written))
    if not output.as_json:
        quality = analysis.quality
        height, width = pixels.shape
        output.say(f"{path}: quality {quality.score} of 100, {len(analysis.template)} minutiae, {width}x{height}")
        for each in analysis.guidance:
            output.say(f"  {in_words(each.fault)} {in_words(each.remedy)}")
        for each_path in written.values():
            output.say(f"  {each_path}")


def _records(
    path: Path, pixels: NDArray[np.uint8], ppi: float, position: FingerPosition, analysis: FingerAnalysis
) -> dict[str, bytes]:
    score = analysis.quality.score
    dark_ridges = 255 - pixels if analysis.inverted else pixels
    impression = ImpressionType.UNKNOWN
    try:
        return {
            "fmr": fmr.encode_template(analysis.template, position, score),
            "fir": fir.encode_image(dark_ridges, ppi, position, score, None, impression=impression),
        }
    except ValueError as error:
        raise bad_file(f"{path} does not fit into a record: {error}.") from error


def _annotated_png(pixels: NDArray[np.uint8], analysis: FingerAnalysis, traced: dict[str, NDArray[Any]]) -> bytes:
    _, png = cv2.imencode(".png", analysis_sheet(pixels, analysis.template, traced, analysis.singular_points))
    return png.tobytes()


def _document(
    path: Path, shape: tuple[int, ...], ppi: float, analysis: FingerAnalysis, written: dict[str, str]
) -> dict[str, Any]:
    quality = asdict(analysis.quality)
    return {
        "file": str(path),
        "width": shape[1],
        "height": shape[0],
        "ppi": ppi,
        "quality": {
            "score": quality.pop("score"),
            "algorithm": quality.pop("algorithm"),
            "version": str(quality.pop("version")),
            "measures": quality,
        },
        "minutia_count": len(analysis.template),
        "inverted": analysis.inverted,
        "pattern": analysis.singular_points.pattern.value,
        "singular_points": [
            {"kind": kind.name.lower(), "x": round(x, 1), "y": round(y, 1), "certainty": round(certainty, 2)}
            for kind, x, y, certainty in _singular(analysis.singular_points)
        ],
        "guidance": [
            {"code": each.code.value, "fault": asdict(each.fault), "remedy": asdict(each.remedy)}
            for each in analysis.guidance
        ],
        "written": written,
    }


def _singular(points: SingularPoints) -> list[tuple[SingularKind, float, float, float]]:
    columns = (points.x.tolist(), points.y.tolist(), points.certainty.tolist())
    return [(SingularKind(kind), *values) for kind, *values in zip(points.kind.tolist(), *columns, strict=True)]
