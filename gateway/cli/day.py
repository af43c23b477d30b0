"""`rekam day`: a day in numbers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.connection import connect
from gateway.cli.documents import enum_word
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.output import in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import report_pb2

COUNT_S = 60.0


def day(
    of: Annotated[str, typer.Argument(metavar="[DATE]", help="2026-05-04 by the office's calendar; else today.")] = "",
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the figures there.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page there.")] = None,
    language: Annotated[str, typer.Option("--language", help="Of the page: id or en.")] = "id",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """What was done on a day: people, minutes, tries, exceptions, packets; by operator and by device.

    Nobody's name or number is in it but the operators'. For supervisors and auditors.
    """
    with reporting(as_json=as_json) as output:
        from rekam.v1 import report_pb2

        request = report_pb2.GetDayRequest(day=of, language=language)
        with connect(gateway, state) as client:
            answer = client.call("ReportService/GetDay", request, report_pb2.GetDayResponse, timeout_s=COUNT_S)
        for path, content in ((csv, answer.csv), (html, answer.html)):
            if path is not None:
                _write(path, content)
        output.document(_document(answer))
        if not as_json:
            output.say(f"{answer.day} ({answer.zone}){'' if answer.whole else f'  {in_words(_RUNNING)}'}")
            for figure in answer.figures:
                value = f"{figure.value:g}" if figure.HasField("value") else in_words(_UNKNOWN)
                output.say(f"{figure.of:10} {figure.name:24} {figure.figure:18} {value:>8}")
        quality = _document(answer)["clock_quality"]
        if quality in ("holdover", "untrusted"):
            output.note(in_words(_CLOCK))


def _document(answer: "report_pb2.GetDayResponse") -> dict[str, Any]:
    from rekam.v1 import common_pb2

    return {
        "day": answer.day,
        "zone": answer.zone,
        "whole": answer.whole,
        "clock_quality": enum_word(answer.clock_quality, "CLOCK_QUALITY", common_pb2.ClockQuality) or None,
        "figures": [
            {
                "of": each.of,
                "name": each.name,
                "figure": each.figure,
                "value": each.value if each.HasField("value") else None,
            }
            for each in answer.figures
        ],
    }


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CommandFailure(
            ExitStatus.USAGE, "BAD_FILE", f"{path} cannot be written: {error.strerror}. Name another place."
        ) from error


_RUNNING = LocalizedText(id="hari belum berakhir", en="the day is not over")
_UNKNOWN = LocalizedText(id="tidak diketahui", en="not known")
_CLOCK = LocalizedText(
    id="Jam komputer tidak tersinkron pada sebagian hari itu; waktu dan harinya dapat meleset.",
    en="The computer's clock was not synchronised for a part of the day; times and days may be off.",
)
