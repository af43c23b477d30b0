"""`rekam analyze`: images from disk to quality, guidance and standard records; needs no gateway."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import options
from gateway.cli.analyze_files import make_folder, unused_name
from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage
from gateway.cli.output import Output, finish, in_words, reporting


def analyze(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Grey PNG, PGM, BMP, TIFF or JPEG, of 8 bits; of irises 16 bits too, .iir, or a capture's folder.",
        ),
    ],
    modality: Annotated[options.Modality, typer.Option("--modality", help="What they show.")] = options.Modality.FINGER,
    ppi: Annotated[
        float | None, typer.Option("--ppi", min=250, max=1000, help="Pixels per inch of prints; 500 if not given.")
    ] = None,
    position: Annotated[
        options.Position | None, typer.Option("--position", help="Which finger; goes into the records.")
    ] = None,
    eye: Annotated[
        options.Eye | None,
        typer.Option(
            "--eye",
            help="Which eye; goes into the records. Of an .iir, the one that is analysed. both: look for both in an "
            "image of two eyes or a face, the person's right eye on its left.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Folder for NAME.annotated.png and NAME.fmr, NAME.fir or NAME.iir, NAME.ric."
        ),
    ] = None,
    annotate: Annotated[
        bool, typer.Option("--annotate/--no-annotate", help="Draw what was found and how good it is as one PNG.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there already.")] = False,
    as_json: options.Json = False,
) -> None:
    """Judge images of fingers or irises from disk and write their records.

    A poor image is an answer, not a failure. A file that cannot be read is named, and the others are still done; the
    exit status is 2 then. With --json a line for each image.
    """
    with reporting(as_json=as_json) as output:
        judge = _judge(modality, ppi, position, eye, out, annotate, force)
        if out is not None:
            make_folder(out)
        status = ExitStatus.DONE
        taken: set[str] = set()
        for path in files:
            name = path.resolve().name if path.is_dir() else path.stem
            try:
                judge(path, unused_name(name, taken), output)
            except CommandFailure as failure:
                status = failure.status
                output.note(f"rekam: {in_words(failure.words)}")
                output.document({"file": str(path), "error": {"reason": failure.reason, "message": failure.words.en}})
        finish(status)


def _judge(
    modality: options.Modality,
    ppi: float | None,
    position: str | None,
    eye: options.Eye | None,
    out: Path | None,
    annotate: bool,
    force: bool,
) -> Callable[[Path, str, Output], None]:
    """What is done with each file and the name of what comes of it."""
    if modality is options.Modality.IRIS:
        if position is not None or ppi is not None:
            raise bad_usage("--position and --ppi are for fingers. Leave them out, or say --modality finger.")
        from gateway.cli.analyze_iris import analyze_iris_file

        return partial(analyze_iris_file, eye=eye, out=out, annotate=annotate, force=force)
    if eye is not None:
        raise bad_usage("--eye is for irises. Say --modality iris, or leave it out.")
    from gateway.cli.analyze_finger import analyze_finger_file

    return partial(
        analyze_finger_file,
        ppi=500.0 if ppi is None else ppi,
        position=options.finger_position(position),
        out=out,
        annotate=annotate,
        force=force,
    )
