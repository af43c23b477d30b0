"""`rekam compare`: two images or records to a score and a decision; needs no gateway."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import options
from gateway.cli.exits import bad_usage
from gateway.cli.output import finish, reporting


def compare(
    a: Annotated[
        Path,
        typer.Argument(metavar="A", help="An image, .fmr or .fir, .iir or .ric, or the folder of a capture."),
    ],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    modality: Annotated[options.Modality, typer.Option("--modality", help="What they show.")] = options.Modality.FINGER,
    fmr: Annotated[
        float,
        typer.Option(
            "--fmr", help="Rate of false matches that is borne: 0.000001 to 0.1 for fingers, 0.0001 to 0.1 for irises."
        ),
    ] = 0.001,
    ppi: Annotated[
        float | None, typer.Option("--ppi", min=250, max=1000, help="Pixels per inch of prints; 500 if not given.")
    ] = None,
    eye: Annotated[
        options.Eye | None,
        typer.Option(
            "--eye",
            help="Which eye is compared, where there are both; both: images are of two eyes or a face, the person's "
            "right eye on their left.",
        ),
    ] = None,
    annotate: Annotated[
        Path | None,
        typer.Option("--annotate", metavar="FILE", help="PNG of both: matched minutiae joined, or bits that agree."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Say whether two prints are of one finger, or two images of one iris, at a stated false match rate.

    Prints have a score, the higher the more alike; irises a distance, the lower the more alike. Exit status 3 where
    they do not match, or an iris is not found.
    """
    with reporting(as_json=as_json) as output:
        if modality is options.Modality.IRIS:
            if ppi is not None:
                raise bad_usage("--ppi is for fingers. Leave it out, or say --modality finger.")
            from gateway.cli.compare_iris import compare_irises

            finish(compare_irises(a, b, fmr, eye, annotate, output))
            return
        if eye is not None:
            raise bad_usage("--eye is for irises. Say --modality iris, or leave it out.")
        from gateway.cli.compare_finger import compare_fingers

        finish(compare_fingers(a, b, fmr, 500.0 if ppi is None else ppi, annotate, output))
