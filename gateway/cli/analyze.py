"""`rekam analyze`: images from disk to quality, guidance and standard records; needs no gateway."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.exits import CommandFailure, ExitStatus, bad_file, bad_usage
from gateway.cli.output import Output, finish, in_words, reporting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gateway.finger import FingerPosition
    from gateway.fingerprint import FingerAnalysis, SingularKind, SingularPoints


def analyze(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="8-bit grey PNG, PGM, BMP, TIFF or JPEG.")],
    modality: Annotated[options.Modality, typer.Option("--modality", help="What they show.")] = options.Modality.FINGER,
    ppi: Annotated[float, typer.Option("--ppi", min=250, max=1000, help="Pixels per inch of the images.")] = 500.0,
    position: Annotated[
        options.Position | None, typer.Option("--position", help="Which finger; goes into the records.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for NAME.fmr, NAME.fir, NAME.annotated.png.")
    ] = None,
    annotate: Annotated[
        bool,
        typer.Option("--annotate/--no-annotate", help="Draw minutiae, orientation, ridges and quality map as one PNG."),
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there already.")] = False,
    as_json: options.Json = False,
) -> None:
    """Judge images from disk and write their records.

    A poor image is an answer, not a failure. A file that cannot be read is named, and the others are still done; the
    exit status is 2 then. With --json a line for each file.
    """
    with reporting(as_json=as_json) as output:
        if out is not None:
            _make_folder(out)
        status = ExitStatus.DONE
        taken: set[str] = set()
        for path in files:
            try:
                _analyze_file(
                    path, ppi, options.finger_position(position), out, _name(path, taken), annotate, force, output
                )
            except CommandFailure as failure:
                status = failure.status
                output.note(f"rekam: {in_words(failure.words)}")
                output.document({"file": str(path), "error": {"reason": failure.reason, "message": failure.words.en}})
        finish(status)


def _analyze_file(
    path: Path,
    ppi: float,
    position: "FingerPosition",
    out: Path | None,
    name: str,
    annotate: bool,
    force: bool,
    output: Output,
) -> None:
    from gateway.cli.image_file import decode_image, read_file
    from gateway.fingerprint import analyze as analyze_finger

    pixels = decode_image(read_file(path), path)
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
        written = _write(out, name, contents, force)
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
    path: Path, pixels: "NDArray[np.uint8]", ppi: float, position: "FingerPosition", analysis: "FingerAnalysis"
) -> dict[str, bytes]:
    from gateway.finger import ImpressionType
    from gateway.records import fir, fmr

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


def _annotated_png(pixels: "NDArray[np.uint8]", analysis: "FingerAnalysis", traced: "dict[str, NDArray[Any]]") -> bytes:
    import cv2

    from gateway.fingerprint.annotated import analysis_sheet

    _, png = cv2.imencode(".png", analysis_sheet(pixels, analysis.template, traced, analysis.singular_points))
    return png.tobytes()


def _document(
    path: Path, shape: tuple[int, ...], ppi: float, analysis: "FingerAnalysis", written: dict[str, str]
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


def _singular(points: "SingularPoints") -> "list[tuple[SingularKind, float, float, float]]":
    from gateway.fingerprint import SingularKind

    columns = (points.x.tolist(), points.y.tolist(), points.certainty.tolist())
    return [(SingularKind(kind), *values) for kind, *values in zip(points.kind.tolist(), *columns, strict=True)]


def _name(path: Path, taken: set[str]) -> str:
    """The file's name without its ending; numbered where two files have the same one."""
    name, number = path.stem, 2
    while name in taken:
        name, number = f"{path.stem}-{number}", number + 1
    taken.add(name)
    return name


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise bad_usage(f"The folder {out} cannot be made: {error.strerror}. Name another with --out.") from error


def _write(out: Path, name: str, contents: dict[str, bytes], force: bool) -> dict[str, str]:
    paths = {kind: out / f"{name}.{kind}" for kind in contents}
    there = [path for path in paths.values() if path.exists()]
    if there and not force:
        raise bad_usage(f"{there[0]} is there already. Name another folder with --out, or replace it with --force.")
    try:
        for kind, path in paths.items():
            part = path.with_name(f".{path.name}.part")
            with part.open("wb") as file:
                file.write(contents[kind])
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
    except OSError as error:
        raise bad_usage(f"{path} cannot be written: {error.strerror}. Name another folder with --out.") from error
    return {kind: str(path) for kind, path in paths.items()}
