"""`rekam devices`: what is attached, its state, calibration and health."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.connection import GatewayClient, connect
from gateway.cli.devices_history import history
from gateway.cli.devices_record import record
from gateway.cli.exits import bad_usage
from gateway.cli.output import Output, in_words, reporting

if TYPE_CHECKING:
    from rekam.v1 import device_pb2

_STATE_STYLES = {
    "idle": "green",
    "absent": "dim",
    "failed": "bold red",
    "recovering": "yellow",
}
_STATE_WORDS = {
    "idle": "ready",
    "absent": "unplugged",
    "awaiting_finger_on": "awaits a finger",
    "awaiting_finger_off": "awaits lifting",
    "awaiting_eye": "awaits an eye",
    "awaiting_face": "awaits a face",
}


devices = typer.Typer(help="What is attached: state, calibration, health.", invoke_without_command=True)
devices.command()(history)
devices.command()(record)


@devices.callback()
def show(
    context: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and show each change as it happens.")] = False,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show what is attached: state, calibration, health."""
    if context.invoked_subcommand is not None:
        with reporting(as_json=as_json):
            if watch or as_json or gateway is not None or state is not None:
                raise bad_usage(f"Options go behind `rekam devices {context.invoked_subcommand}`.")
        return
    with reporting(as_json=as_json) as output, connect(gateway, state) as client:
        if watch:
            _watch(client, output)
        else:
            _list(client, output)


def _list(client: GatewayClient, output: Output) -> None:
    from rekam.v1 import device_pb2

    from gateway.cli.documents import device_document

    answer = client.call("DeviceService/ListDevices", device_pb2.ListDevicesRequest(), device_pb2.ListDevicesResponse)
    output.document(
        {
            "devices": [device_document(device) for device in answer.devices],
            "problems": [{"driver": each.driver, "detail": each.detail} for each in answer.problems],
        }
    )
    if not output.as_json:
        for device in answer.devices:
            _print(device, output)
        if not answer.devices:
            output.say("No device is attached. Plug a scanner in; if it does not show up, see `rekam doctor`.")
        for problem in answer.problems:
            output.say(f"The driver {problem.driver} cannot be used: {problem.detail}")


def _watch(client: GatewayClient, output: Output) -> None:
    from rekam.v1 import device_pb2

    from gateway.cli.documents import device_document

    try:
        for answer in client.stream(
            "DeviceService/WatchDevices", device_pb2.WatchDevicesRequest(), device_pb2.WatchDevicesResponse
        ):
            if answer.HasField("device"):
                output.document({"time": answer.time.wall.ToJsonString(), "device": device_document(answer.device)})
                if not output.as_json:
                    _print(answer.device, output, time=f"{answer.time.wall.ToDatetime():%H:%M:%S}Z")
    except KeyboardInterrupt:
        pass  # that is how one stops watching


def _print(device: "device_pb2.Device", output: Output, time: str = "") -> None:
    """Two or three lines: who and how, then what a person should know."""
    from rekam.v1 import device_pb2
    from rich.text import Text

    from gateway.cli.documents import enum_word, localized

    state = enum_word(device.state, "DEVICE_STATE", device_pb2.DeviceState)
    console = output.console()
    line = Text(f"{time} " if time else "", style="dim")
    line.append(device.device_id, style="bold not dim")
    line.append("  ")
    words = _STATE_WORDS.get(state, state.replace("_", " "))
    line.append(words, style=f"{_STATE_STYLES.get(state, 'cyan')} not dim")
    if device.lease_holder:
        line.append(f", in use by {device.lease_holder}", style="not dim")
    console.print(line, soft_wrap=True)
    if device.HasField("problem"):
        console.print(Text(f"  {in_words(localized(device.problem))}"), soft_wrap=True)
    if time:
        return
    about = [f"{device.vendor} {device.model}".strip()]
    if device.width:
        about.append(f"{device.width}x{device.height}" + (f" at {device.ppi:g} ppi" if device.ppi else ""))
    if device.kind in (device_pb2.DEVICE_KIND_FINGERPRINT_SCANNER, device_pb2.DEVICE_KIND_IRIS_CAMERA):
        about.append(f"calibration {device.calibration_id}" if device.calibration_id else "not calibrated")
    health = device.health
    counts = [
        f"{count} {word}"
        for count, word in (
            (health.captures, "captures"),
            (health.timeouts, "timeouts"),
            (health.resets, "resets"),
            (health.losses, "losses"),
        )
        if count
    ]
    console.print(Text("  " + ", ".join([*about, *counts]), style="dim"), soft_wrap=True)
    if health.last_error:
        console.print(Text(f"  last error: {health.last_error}", style="dim"), soft_wrap=True)
