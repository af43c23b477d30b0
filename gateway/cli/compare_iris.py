"""Two irises, or two pairs of them, to a distance and a decision."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from gateway.cli import options
from gateway.cli.analyze_iris import SIDES, analyzed
from gateway.cli.capture_folder import IRIS_IMAGE
from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage
from gateway.cli.iris_file import Pixels, eye_codes, eye_images, eye_word
from gateway.cli.output import Output, in_words
from gateway.guidance import LocalizedText
from gateway.iris import IrisAnalysis, IrisCode, IrisOutcome, distance_at_fmr
from gateway.iris.annotated import annotated_comparison, detail_words
from gateway.iris.comparison_detail import ComparisonDetail, compared
from gateway.iris.outcome_words import OUTCOME_WORDS
from gateway.iris.strip import STRIP_COLUMNS, STRIP_ROWS
from gateway.records.iir import EyeLabel

_TOO_FEW = LocalizedText(
    "Terlalu sedikit bit bersama untuk memutuskan: ambil lagi dengan mata lebih terbuka.",
    "Too few bits are common to decide: take it again with the eye open wider.",
)


@dataclass(frozen=True, eq=False)
class _Iris:
    """One eye of a file; `pixels` are None where there is only a code."""

    path: Path
    analysis: IrisAnalysis
    pixels: Pixels | None


@dataclass(frozen=True, eq=False)
class _Pair:
    eye: EyeLabel
    a: _Iris
    b: _Iris
    detail: ComparisonDetail
    match: bool


def compare_irises(
    a: Path, b: Path, rate: float, eye: options.Eye | None, annotate: Path | None, output: Output
) -> ExitStatus:
    """Compare the eyes that correspond, say what came of it, and draw it where `annotate` names a file.

    Two files match where each of the eyes that both hold does.

    Raises
    ------
    CommandFailure
        One cannot be read, holds no iris or none that the other holds, the rate is not supported, or the picture
        cannot be written.
    """
    try:
        threshold = distance_at_fmr(rate)
    except ValueError as error:
        raise bad_usage(f"--fmr: {error}.") from error
    ones, others = (_irises(path, eye, annotate is not None, output) for path in (a, b))
    pairs = [_compared(*each, threshold) for each in _corresponding(a, ones, b, others)]
    match = all(pair.match for pair in pairs)
    if annotate is not None:
        _annotate(annotate, pairs)
    output.document(
        {
            "a": str(a),
            "b": str(b),
            "distance": max(pair.detail.distance for pair in pairs),
            "threshold": threshold,
            "fmr": rate,
            "match": match,
            "eyes": [_document(pair) for pair in pairs],
            "annotated": str(annotate) if annotate else None,
        }
    )
    if not output.as_json:
        for pair in pairs:
            _say(pair, threshold, rate, output)
    return ExitStatus.DONE if match else ExitStatus.OUTCOME


def _irises(path: Path, asked: options.Eye | None, drawn: bool, output: Output) -> dict[EyeLabel, _Iris]:
    """The eyes of a file that have a code, the right one first; CommandFailure where none has."""
    eyes = _eyes(path, asked, drawn, output)
    coded = {eye: eyes[eye] for eye in sorted(eyes, key=_order) if eyes[eye].analysis.template is not None}
    if not coded:
        raise _not_found(next(iter(eyes.values())))
    for eye, iris in eyes.items():
        if eye not in coded:
            output.note(f"rekam: {in_words(_not_found(iris, eye).words)}")
    return coded


def _eyes(path: Path, asked: options.Eye | None, drawn: bool, output: Output) -> dict[EyeLabel, _Iris]:
    """The code, or else the best image, of each eye of a file; with the image of a code where it is to be drawn."""
    codes = eye_codes(path, asked)
    eyes = {eye: _Iris(path, _code_alone(code), None) for eye, code in codes.items()}
    if codes and not (path / IRIS_IMAGE).is_file():
        return eyes
    for image in eye_images(path, asked, output.note):
        if image.eye in codes and not drawn:
            continue
        pixels = image.pixels()
        analysis = analyzed(pixels, path)
        if image.eye in codes:
            if analysis.geometry is not None:
                eyes[image.eye] = _Iris(path, replace(analysis, template=codes[image.eye]), pixels)
        elif image.eye not in eyes or _worth(analysis) > _worth(eyes[image.eye].analysis):
            eyes[image.eye] = _Iris(path, analysis, pixels)
    return eyes


def _worth(analysis: IrisAnalysis) -> tuple[bool, int]:
    return analysis.template is not None, -1 if analysis.quality is None else analysis.quality.score


def _order(eye: EyeLabel) -> int:
    return (EyeLabel.RIGHT, EyeLabel.LEFT, EyeLabel.UNDEFINED).index(eye)


def _code_alone(code: IrisCode) -> IrisAnalysis:
    shape = (STRIP_ROWS, STRIP_COLUMNS)
    return IrisAnalysis(IrisOutcome.FOUND, None, code, np.zeros(shape, np.uint8), np.zeros(shape, bool), 1.0)


def _not_found(iris: _Iris, eye: EyeLabel = EyeLabel.UNDEFINED) -> CommandFailure:
    who = {language: f" ({getattr(SIDES[eye], language)})" if eye in SIDES else "" for language in ("id", "en")}
    outcome, remarks = OUTCOME_WORDS[iris.analysis.outcome], iris.analysis.guidance[:1]
    words = LocalizedText(
        id=" ".join([f"{iris.path}{who['id']}: {outcome.id}", *(each.remedy.id for each in remarks)]),
        en=" ".join([f"{iris.path}{who['en']}: {outcome.en}", *(each.remedy.en for each in remarks)]),
    )
    return CommandFailure(ExitStatus.OUTCOME, "IRIS_NOT_FOUND", words)


def _corresponding(
    a: Path, ones: dict[EyeLabel, _Iris], b: Path, others: dict[EyeLabel, _Iris]
) -> list[tuple[EyeLabel, _Iris, _Iris]]:
    """The eyes that both hold; an eye of which nobody says which it is corresponds to the only one of the other."""
    sided = [eye for eye in ones if eye in others and eye is not EyeLabel.UNDEFINED]
    if sided:
        return [(eye, ones[eye], others[eye]) for eye in sided]
    unknown = EyeLabel.UNDEFINED in ones or EyeLabel.UNDEFINED in others
    if unknown and len(ones) == len(others) == 1:
        eyes = {*ones, *others} - {EyeLabel.UNDEFINED}
        (one,), (other,) = ones.values(), others.values()
        return [(eyes.pop() if eyes else EyeLabel.UNDEFINED, one, other)]
    shown = [
        " and ".join(f"the {eye_word(eye)} eye" if eye in SIDES else "an eye that is not named" for eye in eyes)
        for eyes in (ones, others)
    ]
    remedy = "Say with --eye which one is meant." if unknown else "Compare the same eye of both."
    raise bad_usage(f"{a} shows {shown[0]}, {b} {shown[1]}: none corresponds. {remedy}")


def _compared(eye: EyeLabel, a: _Iris, b: _Iris, threshold: float) -> _Pair:
    one, other = a.analysis.template, b.analysis.template
    assert one is not None
    assert other is not None
    try:
        detail = compared(one, other)
    except ValueError as error:
        raise bad_usage(f"{a.path} and {b.path}: {error}. Compare their images.") from error
    return _Pair(eye, a, b, detail, detail.decidable and detail.distance <= threshold)


def _annotate(path: Path, pairs: list[_Pair]) -> None:
    pictures = [
        annotated_comparison(pair.a.pixels, pair.a.analysis, pair.b.pixels, pair.b.analysis, words=in_words)
        for pair in pairs
    ]
    try:
        path.write_bytes(cv2.imencode(".png", np.concatenate(pictures))[1].tobytes())
    except OSError as error:
        raise bad_usage(f"{path} cannot be written: {error.strerror}. Name another file with --annotate.") from error


def _document(pair: _Pair) -> dict[str, Any]:
    detail = pair.detail
    templates = (pair.a.analysis.template, pair.b.analysis.template)
    return {
        "eye": eye_word(pair.eye) or None,
        "distance": detail.distance,
        "match": pair.match,
        "decidable": detail.decidable,
        "common_bits": detail.common,
        "differing_bits": detail.differing,
        "counted_bits": [template.counted for template in templates if template is not None],
        "shift_columns": detail.shift,
        "shift_degrees": detail.shift_degrees,
    }


def _say(pair: _Pair, threshold: float, rate: float, output: Output) -> None:
    who = in_words(SIDES[pair.eye]).capitalize() + ": " if pair.eye in SIDES else ""
    decision = LocalizedText("Cocok", "Match") if pair.match else LocalizedText("Tidak cocok", "No match")
    distance, most = f"{pair.detail.distance:.3f}", f"{threshold:.3f}"
    words = LocalizedText(
        id=f"jarak {distance}, paling besar {most} pada tingkat kecocokan palsu {rate:g}.",
        en=f"distance {distance}, {most} at most is needed at a false match rate of {rate:g}.",
    )
    output.say(f"{who}{in_words(decision)}: {in_words(words)}")
    output.say(f"  {in_words(detail_words(pair.detail))}")
    if not pair.detail.decidable:
        output.say(f"  {in_words(_TOO_FEW)}")
