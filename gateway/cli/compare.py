"""`rekam compare`: two images or records to a score and a decision; needs no gateway."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.capture_folder import TEMPLATE
from gateway.cli.exits import ExitStatus, bad_file, bad_usage
from gateway.cli.output import finish, reporting

if TYPE_CHECKING:
    from gateway.finger import FingerTemplate


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="An image, .fmr, .fir, or the folder of a capture.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    fmr: Annotated[float, typer.Option("--fmr", help="Rate of false matches that is borne, 0.0005 to 0.1.")] = 0.001,
    ppi: Annotated[float, typer.Option("--ppi", min=250, max=1000, help="Pixels per inch of images.")] = 500.0,
    as_json: options.Json = False,
) -> None:
    """Say whether two prints are of one finger: a score, and a decision at a stated false match rate.

    Exit status 3 where they do not match.
    """
    with reporting(as_json=as_json) as output:
        from gateway.fingerprint import compare as compare_templates
        from gateway.fingerprint import score_at_fmr

        try:
            threshold = score_at_fmr(fmr)
        except ValueError as error:
            raise bad_usage(f"--fmr: {error}.") from error
        one, other = _template(a, ppi), _template(b, ppi)
        score = compare_templates(one, other)
        match = score >= threshold
        output.document(
            {
                "a": str(a),
                "b": str(b),
                "score": score,
                "threshold": threshold,
                "fmr": fmr,
                "match": match,
                "minutia_counts": [len(one), len(other)],
            }
        )
        if not output.as_json:
            decision = "Match" if match else "No match"
            output.say(f"{decision}: score {score:.3f}, {threshold:.3f} is needed at a false match rate of {fmr:g}.")
            for path, template in ((a, one), (b, other)):
                if len(template) < FEW_MINUTIAE:
                    output.say(f"  {path} has only {len(template)} minutiae: too few to say much.")
        finish(ExitStatus.DONE if match else ExitStatus.OUTCOME)


FEW_MINUTIAE = 10


def _template(path: Path, ppi: float) -> "FingerTemplate":
    from gateway.cli.image_file import decode_image, read_file
    from gateway.fingerprint import analyze
    from gateway.records import RecordError, fir, fmr

    if (path / TEMPLATE).is_file():
        path /= TEMPLATE
    data = read_file(path)
    try:
        if data.startswith(b"FMR\0"):
            return fmr.decode(data).views[0].template
        if data.startswith(b"FIR\0"):
            image = fir.decode(data).representations[0]
            return analyze(fir.decode_pixels(image), image.image_ppi[0]).template
        return analyze(decode_image(data, path), ppi).template
    except RecordError as error:
        raise bad_file(f"{path} is no good record: {error}. Copy it again from where it came.") from error
    except ValueError as error:
        raise bad_file(f"{path}: {error}.") from error
