"""Two prints to a score and a decision."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.cli.capture_folder import IMAGE, IRIS_IMAGE, TEMPLATE
from gateway.cli.exits import ExitStatus, bad_file, bad_usage
from gateway.cli.image_file import decode_image, read_file
from gateway.cli.output import Output
from gateway.finger import FingerTemplate, SlapHand
from gateway.fingerprint import MEASURED_FMR, MatchedPairs, analyze, fmr_at_score, matched_pairs, score_at_fmr
from gateway.fingerprint.annotated import annotated_pairs
from gateway.records import RecordError, fir, fmr

FEW_MINUTIAE = 10


def compare_fingers(a: Path, b: Path, rate: float, ppi: float, annotate: Path | None, output: Output) -> ExitStatus:
    """Compare two prints, say what came of it, and draw it where `annotate` names a file.

    Raises
    ------
    CommandFailure
        One cannot be read, the rate is not supported, or the picture cannot be written.
    """
    try:
        threshold = score_at_fmr(rate)
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
            "fmr": rate,
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
        output.say(f"{decision}: score {score:.3f}, {threshold:.3f} is needed at a false match rate of {rate:g}.")
        output.say(f"  {len(pairs.indices)} minutiae match, of {len(one)} and {len(other)}.")
        if rate < MEASURED_FMR:
            output.say(f"  Rates below {MEASURED_FMR:g} are extrapolated, not measured.")
        for path, template in ((a, one), (b, other)):
            if len(template) < FEW_MINUTIAE:
                output.say(f"  {path} has only {len(template)} minutiae: too few to say much.")
    return ExitStatus.DONE if match else ExitStatus.OUTCOME


def _annotate(
    path: Path,
    one: tuple[FingerTemplate, NDArray[np.uint8] | None],
    other: tuple[FingerTemplate, NDArray[np.uint8] | None],
    pairs: MatchedPairs,
) -> None:
    (a, a_pixels), (b, b_pixels) = one, other
    picture = annotated_pairs(_ground(a, a_pixels), a, _ground(b, b_pixels), b, pairs.indices)
    try:
        path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    except OSError as error:
        raise bad_usage(f"{path} cannot be written: {error.strerror}. Name another file with --annotate.") from error


def _ground(template: FingerTemplate, pixels: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """The print, or a blank sheet of its size where there is only a template."""
    return np.full((template.height, template.width), 255, np.uint8) if pixels is None else pixels


def _print(path: Path, ppi: float) -> tuple[FingerTemplate, NDArray[np.uint8] | None]:
    """The template, and the image where there is one."""
    image_of_capture = path / IMAGE
    if (path / TEMPLATE).is_file():
        path /= TEMPLATE
    elif (path / IRIS_IMAGE).is_file():
        raise bad_file(f"{path} is the capture of an iris. Say --modality iris.")
    elif image_of_capture.is_file():
        raise bad_file(f"{path} is the capture of a slap. Name one finger in it, e.g. right-index.template.fmr.")
    data = read_file(path)
    try:
        if data.startswith(b"FMR\0"):
            template = fmr.decode(data).views[0].template
            whole = image_of_capture.is_file()
            representation = fir.decode(read_file(image_of_capture)).representations[0] if whole else None
            return template, fir.decode_pixels(representation) if representation else None
        if data.startswith(b"FIR\0"):
            image = fir.decode(data).representations[0]
            if isinstance(image.position, SlapHand):
                raise bad_file(f"{path} shows several fingers. Name the record of one, e.g. right-index.image.fir.")
            pixels = fir.decode_pixels(image)
            return analyze(pixels, image.image_ppi[0]).template, pixels
        if data.startswith((b"IIR\0", b"RIC\0")):
            raise bad_file(f"{path} is of an iris. Say --modality iris.")
        pixels = decode_image(data, path)
        return analyze(pixels, ppi).template, pixels
    except RecordError as error:
        raise bad_file(f"{path} is no good record: {error}. Copy it again from where it came.") from error
    except ValueError as error:
        raise bad_file(f"{path}: {error}.") from error
