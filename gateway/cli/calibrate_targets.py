"""`rekam calibrate targets`: pages to print, and files that describe bought targets; needs no gateway."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.calibrate_report import written
from gateway.cli.exits import bad_usage
from gateway.cli.output import in_words, reporting
from gateway.guidance import LocalizedText


def targets(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write pages to print and targets' files there.")
    ] = None,
    language: Annotated[str, typer.Option("--language", help="Of the pages: id or en.")] = "id",
    as_json: options.Json = False,
) -> None:
    """The targets that procedures ask for: those that a printer can serve as PDF in true size, the others to be bought.

    Each has a file (TOML): copy it, enter your own target's name, certificate and measured values, and give it to
    `run --target`.
    """
    with reporting(as_json=as_json) as output:
        from calibration.target_sheets import sheet_pdf, sheets
        from calibration.targets import bundled_targets

        if language not in ("id", "en"):
            raise bad_usage(LocalizedText("--language: id atau en.", "--language is id or en."))
        printed = {each.name: each for each in sheets()}
        known: list[dict[str, Any]] = [
            {"id": each.id, "kind": each.kind, "title": each.title, "printable": each.id in printed}
            for each in bundled_targets().values()
        ]
        known += [
            {"id": each.name, "kind": "card", "title": each.title.en, "printable": True}
            for each in printed.values()
            if each.name not in bundled_targets()
        ]
        paths: list[Path] = []
        if out is not None:
            contents = {f"{name}.pdf": sheet_pdf(sheet, language) for name, sheet in printed.items()}
            for file in files("calibration.targets").iterdir():
                if file.name.endswith(".toml"):
                    contents[file.name] = file.read_bytes()
            paths = written(contents, out)
        output.document({"targets": known, "files": [str(each) for each in paths]})
        if not as_json:
            for each in known:
                way = in_words(_PRINT if each["printable"] else _BUY)
                output.say(f"{each['id']:18} {each['kind']:9} {way:12} {each['title']}")
            for path in paths:
                output.say(str(path))


_PRINT = LocalizedText("cetak", "print")
_BUY = LocalizedText("beli", "buy")
