"""`rekam devices history`: what has happened to a device, day by day."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.connection import connect
from gateway.cli.output import Output, reporting

if TYPE_CHECKING:
    from rekam.v1 import device_pb2

_COLUMNS = ("captures", "timeouts", "resets", "losses", "failures", "bad_frames")
_INCIDENTS_SHOWN = 10


def history(
    device: Annotated[str, typer.Argument(metavar="ID", help="The device, as `rekam devices` names it.")],
    days: Annotated[int, typer.Option("--days", min=1, max=1000, help="How many days back, today included.")] = 31,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show what has happened to a device day by day, and its latest incidents."""
    from rekam.v1 import device_pb2

    with reporting(as_json=as_json) as output, connect(gateway, state) as client:
        answer = client.call(
            "DeviceService/GetDeviceHistory",
            device_pb2.GetDeviceHistoryRequest(device_id=device, days=days),
            device_pb2.GetDeviceHistoryResponse,
        )
        output.document(_document(device, answer))
        if not as_json:
            _print(answer, output)


def _document(device: str, answer: "device_pb2.GetDeviceHistoryResponse") -> dict[str, Any]:
    from rekam.v1 import device_pb2

    from gateway.cli.documents import enum_word

    return {
        "device_id": device,
        "days": [
            {
                "date": day.date,
                **{name: getattr(day, name) for name in _COLUMNS},
                "uptime_s": round(day.uptime.ToMilliseconds() / 1000, 1),
                "temperature_celsius": day.temperature_celsius if day.HasField("temperature_celsius") else None,
            }
            for day in answer.days
        ],
        "incidents": [
            {
                "time": each.time.ToJsonString(),
                "kind": enum_word(each.kind, "DEVICE_INCIDENT_KIND", device_pb2.DeviceIncidentKind),
                "detail": each.detail,
            }
            for each in answer.incidents
        ],
    }


def _print(answer: "device_pb2.GetDeviceHistoryResponse", output: Output) -> None:
    from rich.table import Table
    from rich.text import Text

    if not answer.days:
        output.say("Nothing has happened to it in that time.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("date", *(name.replace("_", " ") for name in _COLUMNS), "hours up"):
        table.add_column(heading, justify="left" if heading == "date" else "right")
    for day in answer.days:
        counts = (str(getattr(day, name)) for name in _COLUMNS)
        table.add_row(day.date, *counts, f"{day.uptime.ToMilliseconds() / 3_600_000:.1f}")
    console = output.console()
    console.print(table)
    for each in answer.incidents[:_INCIDENTS_SHOWN]:
        console.print(Text(f"{each.time.ToDatetime():%Y-%m-%d %H:%M}Z  {each.detail}", style="dim"), soft_wrap=True)
