"""`rekam compare`: two images or records to a score and a decision; needs no gateway."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.capture_folder import IMAGE, TEMPLATE
from gateway.cli.exits import ExitStatus, bad_file, bad_usage
from gateway.cli.output import finish, reporting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gateway.finger import FingerTemplate
    from gateway.fingerprint import MatchedPairs


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="An image, .fmr, .fir, or the folder of a capture.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    fmr: Annotated[float, typer.Option("--fmr", help="Rate of false matches that is borne, 0.000001 to 0.1.")] = 0.001,
    ppi: Annotated[float, typer.Option("--ppi", min=250, max=1000, help="Pixels per inch of images.")] = 500.0,
    annotate: Annotated[
        Path | None, typer.Option("--annotate", metavar="FILE", help="PNG of both prints, matched minutiae joined.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Say whether two prints are of one finger: a score, and a decision at a stated false match rate.

    Exit status 3 where they do not match.
    """
    with reporting(as_json=as_json) as output:
        from gateway.fingerprint import MEASURED_FMR, fmr_at_score, matched_pairs, score_at_fmr

        try:
            threshold = score_at_fmr(fmr)
        except ValueError as error:
            raise bad_usage(f"--fmr: {error}.") from error
        (one, one_pixels), (other, other_pixels) = _print(a, ppi), _print(b, ppi)
        pairs = matched_pairs(one, other)
        score = pairs.score
        match = score >= threshold
        output.document(
            {
                "a": str(a),
                "b": str(b),
                "score": score,
                "threshold": threshold,
                "fmr": fmr,
                "match": match,
                "fmr_of_score": fmr_at_score(score),
                "minutia_counts": [len(one), len(other)],
                "matched": len(pairs.indices),
                "annotated": str(annotate) if annotate else None,
            }
        )
        if annotate is not None:
            _annotate(annotate, (one, one_pixels), (other, other_pixels), pairs)
        if not output.as_json:
            decision = "Match" if match else "No match"
            output.say(f"{decision}: score {score:.3f}, {threshold:.3f} is needed at a false match rate of {fmr:g}.")
            output.say(f"  {len(pairs.indices)} minutiae match, of {len(one)} and {len(other)}.")
            if fmr < MEASURED_FMR:
                output.say(f"  Rates below {MEASURED_FMR:g} are extrapolated, not measured.")
            for path, template in ((a, one), (b, other)):
                if len(template) < FEW_MINUTIAE:
                    output.say(f"  {path} has only {len(template)} minutiae: too few to say much.")
        finish(ExitStatus.DONE if match else ExitStatus.OUTCOME)


FEW_MINUTIAE = 10


def _annotate(
    path: Path,
    one: "tuple[FingerTemplate, NDArray[np.uint8] | None]",
    other: "tuple[FingerTemplate, NDArray[np.uint8] | None]",
    pairs: "MatchedPairs",
) -> None:
    import cv2

    from gateway.fingerprint.annotated import annotated_pairs

    (a, a_pixels), (b, b_pixels) = one, other
    picture = annotated_pairs(_ground(a, a_pixels), a, _ground(b, b_pixels), b, pairs.indices)
    try:
        path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    except OSError as error:
        raise bad_usage(f"{path} cannot be written: {error.strerror}. Name another file with --annotate.") from error


def _ground(template: "FingerTemplate", pixels: "NDArray[np.uint8] | None") -> "NDArray[np.uint8]":
    """The print, or a blank sheet of its size where there is only a template."""
    import numpy as np

    return np.full((template.height, template.width), 255, np.uint8) if pixels is None else pixels


def _print(path: Path, ppi: float) -> "tuple[FingerTemplate, NDArray[np.uint8] | None]":
    """The template, and the image where there is one."""
    from gateway.cli.image_file import decode_image, read_file
    from gateway.fingerprint import analyze
    from gateway.records import RecordError, fir, fmr

    image_of_capture = path / IMAGE
    if (path / TEMPLATE).is_file():
        path /= TEMPLATE
    data = read_file(path)
    try:
        if data.startswith(b"FMR\0"):
            template = fmr.decode(data).views[0].template
            whole = image_of_capture.is_file()
            representation = fir.decode(read_file(image_of_capture)).representations[0] if whole else None
            return template, fir.decode_pixels(representation) if representation else None
        if data.startswith(b"FIR\0"):
            image = fir.decode(data).representations[0]
            pixels = fir.decode_pixels(image)
            return analyze(pixels, image.image_ppi[0]).template, pixels
        pixels = decode_image(data, path)
        return analyze(pixels, ppi).template, pixels
    except RecordError as error:
        raise bad_file(f"{path} is no good record: {error}. Copy it again from where it came.") from error
    except ValueError as error:
        raise bad_file(f"{path}: {error}.") from error
