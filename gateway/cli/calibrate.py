"""`rekam calibrate`: what a technician measures on devices, and what of it is in use."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.calibrate_targets import targets
from gateway.cli.calibrate_verify import verify
from gateway.cli.connection import GatewayClient, connect
from gateway.cli.exits import bad_file, bad_usage
from gateway.cli.output import Output, finish, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import calibration_pb2 as pb

DECIDE_S = 60.0

Operator = Annotated[str, typer.Option("--operator", metavar="NAME", help="Who does it; stands in the record.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; stands in the record.")]
DeviceId = Annotated[
    str,
    typer.Argument(
        metavar="DEVICE",
        help="As `rekam devices` names it, or its driver's name for the first of them; `synthetic-scanner` likewise.",
    ),
]
Procedures = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PROCEDURE...]", help="These alone, as `plan` names them, e.g. dark flat_field; else all."),
]
CalibrationId = Annotated[str, typer.Argument(metavar="CALIBRATION", help="As `history` names it: cal-…")]

calibrate = typer.Typer(
    help="Measure devices against published limits, put the factors into use, report. For technicians.",
    no_args_is_help=True,
)


@calibrate.command("list")
def list_(as_json: options.Json = False, gateway: options.GatewayAddress = None, state: options.State = None) -> None:
    """How every device stands: valid, due soon, overdue, failed."""
    with reporting(as_json=as_json) as output, connect(gateway, state) as client:
        from rekam.v1 import calibration_pb2 as pb

        from gateway.cli.calibrate_words import standing_document, tell_standings

        request = pb.ListCalibrationsRequest()
        answer = client.call("CalibrationService/ListCalibrations", request, pb.ListCalibrationsResponse)
        output.document({"calibrations": [standing_document(each) for each in answer.standings]})
        if not as_json:
            tell_standings(answer.standings, output)
            if not answer.standings:
                output.say("No device is attached, and none was calibrated here.")


@calibrate.command()
def plan(
    device: DeviceId,
    procedures: Procedures = None,
    resume: Annotated[str, typer.Option("--resume", metavar="RUN", help="Leave out what that run has.")] = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """The procedures for a device in their order, with the targets that they need."""
    with reporting(as_json=as_json) as output, connect(gateway, state) as client:
        from rekam.v1 import calibration_pb2 as pb

        from gateway.cli.documents import localized

        device = named_device(client, device)
        request = pb.PlanCalibrationRequest(device_id=device, procedures=procedures or [], resume_run_id=resume)
        answer = client.call("CalibrationService/PlanCalibration", request, pb.PlanCalibrationResponse)
        output.document(
            {
                "device_id": device,
                "standard": answer.standard or None,
                "steps": [
                    {
                        "procedure": step.procedure,
                        "views": [
                            {
                                "name": view.name,
                                "target": view.target or None,
                                "frames": view.frames,
                                "instruction": {"id": view.instruction.id, "en": view.instruction.en},
                            }
                            for view in step.views
                        ],
                    }
                    for step in answer.steps
                ],
            }
        )
        if not as_json:
            seen: set[str] = set()
            for number, step in enumerate(answer.steps, 1):
                output.say(f"{number:2}. {step.procedure}")
                for view in step.views:
                    again = f" ({in_words(_TAKEN)})" if view.name in seen else ""
                    output.say(f"      {in_words(localized(view.instruction))}{again}")
                    seen.add(view.name)
            output.say(f"{in_words(_LIMITS)}: {answer.standard or '-'}")


@calibrate.command()
def run(
    device: DeviceId,
    procedures: Procedures = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target", metavar="FILE.toml", help="A target's own file, or the name of a bundled nominal one."
        ),
    ] = None,
    operator: Operator = "",
    temperature: Annotated[
        float | None, typer.Option("--temperature", metavar="CELSIUS", min=-40, max=85, help="Of the room.")
    ] = None,
    unattended: Annotated[
        bool, typer.Option("--unattended", help="Go on by itself as soon as each target is seen.")
    ] = False,
    resume: Annotated[str, typer.Option("--resume", metavar="RUN", help="Go on where that run ended.")] = "",
    frames: Annotated[
        Path | None, typer.Option("--frames", metavar="DIR", help="Measure saved frames; needs no gateway, no device.")
    ] = None,
    ppi: Annotated[
        float, typer.Option("--ppi", min=50, max=5000, help="Of saved frames, as the device states it.")
    ] = 500.0,
    kind: Annotated[
        str, typer.Option("--kind", help="Of saved frames' device: fingerprint_scanner, iris_camera.")
    ] = "fingerprint_scanner",
    standard: Annotated[str, typer.Option("--standard", help="Limits for saved frames.")] = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Measure: all procedures in their order, or those that are named. Nothing is in use by that: see `accept`.

    Each step says what to lay, shows the live picture, and waits for Enter. Ctrl-C ends the run; what was measured is
    kept for a week, and `--resume RUN` goes on. Exit status 3 where a limit is not kept.
    """
    with reporting(as_json=as_json) as output:
        if frames is not None:
            from gateway.cli.calibrate_files import measure_files

            finish(measure_files(frames, kind, procedures or [], target or [], ppi, standard, output))
            return
        if not operator:
            raise bad_usage(
                LocalizedText(
                    "Sebutkan nama petugas dengan --operator; nama itu masuk ke catatan.",
                    "Say who measures, with --operator; it stands in the record.",
                )
            )
        from rekam.v1 import calibration_pb2 as pb

        from gateway.cli.calibrate_run import run_on_device

        request = pb.StartCalibrationRequest(
            device_id=device,
            procedures=procedures or [],
            targets=[target_bytes(each) for each in target or []],
            operator=operator,
            temperature_celsius=temperature,
            unattended=unattended,
            resume_run_id=resume,
        )
        with connect(gateway, state) as client:
            request.device_id = named_device(client, device)
            finish(run_on_device(client, request, output))


@calibrate.command()
def accept(
    calibration: CalibrationId,
    operator: Operator = "",
    reason: Reason = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Put a calibration into use from the next capture on.

    One that fails a limit, is worse than the one in use, or implausible needs a supervisor and --reason.
    """
    with reporting(as_json=as_json) as output, connect(gateway, state) as client:
        from rekam.v1 import calibration_pb2 as pb

        request = pb.AcceptCalibrationRequest(calibration_id=calibration, operator=operator, reason=reason)
        answer = client.call(
            "CalibrationService/AcceptCalibration", request, pb.AcceptCalibrationResponse, timeout_s=DECIDE_S
        )
        _tell_decision(answer.standing, list(answer.objections), output)


@calibrate.command()
def rollback(
    device: DeviceId,
    reason: Reason,
    operator: Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Go back to the calibration that was in use before the present one."""
    with reporting(as_json=as_json) as output, connect(gateway, state) as client:
        from rekam.v1 import calibration_pb2 as pb

        request = pb.RollbackCalibrationRequest(
            device_id=named_device(client, device), operator=operator, reason=reason
        )
        answer = client.call(
            "CalibrationService/RollbackCalibration", request, pb.RollbackCalibrationResponse, timeout_s=DECIDE_S
        )
        _tell_decision(answer.standing, [], output)


@calibrate.command()
def history(
    device: DeviceId,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 50,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Every calibration of a device and every decision about one, the newest first."""
    with reporting(as_json=as_json) as output, connect(gateway, state) as client:
        from gateway.cli.calibrate_words import entry_document, standing_document, tell_standings

        answer = _history(client, named_device(client, device), limit)
        entries = [entry_document(each) for each in answer.entries]
        output.document({"standing": standing_document(answer.standing), "entries": entries})
        if not as_json:
            tell_standings([answer.standing], output)
            for each in entries:
                output.say(
                    f"{each['time'][:16]}  {each['kind']:8} {each['calibration_id'] or ''}  {_remark(each)}".rstrip()
                )


@calibrate.command()
def compare(
    device: DeviceId,
    first: Annotated[str, typer.Argument(metavar="[CALIBRATION]", help="Else the one in use.")] = "",
    second: Annotated[str, typer.Argument(metavar="[CALIBRATION]", help="Else the latest.")] = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Two calibrations of a device, value by value, each change in units of its uncertainty."""
    with reporting(as_json=as_json) as output, connect(gateway, state) as client:
        from gateway.cli.calibrate_compare import tell_comparison

        answer = _history(client, named_device(client, device), 1000)
        tell_comparison(answer, first or answer.standing.calibration_id, second or answer.standing.latest_id, output)


@calibrate.command()
def report(
    calibration: CalibrationId,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for report.html, report.pdf and entries.")],
    language: Annotated[str, typer.Option("--language", help="id or en.")] = "id",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Write the report as page and PDF, and the signed entries with their curves and maps, which `verify` checks."""
    with reporting(as_json=as_json) as output, connect(gateway, state) as client:
        from gateway.cli.calibrate_report import written_report

        if language not in ("id", "en"):
            raise bad_usage(LocalizedText("--language: id atau en.", "--language is id or en."))
        files = written_report(client, calibration, out, language)
        output.document({"files": [str(each) for each in files]})
        if not as_json:
            for each in files:
                output.say(str(each))


calibrate.command()(verify)
calibrate.command()(targets)


def target_bytes(name: str) -> bytes:
    """The file of a target: its path, or the name of a bundled one.

    Raises
    ------
    CommandFailure
        There is neither.
    """
    from importlib.resources import files

    path = Path(name)
    folders = [files("calibration.targets"), files("calibration.camera.targets")]
    bundled = next((each for folder in folders if (each := folder / f"{path.name}.toml").is_file()), None)
    if not path.exists() and path.name == name and bundled is not None:
        return bundled.read_bytes()
    try:
        return path.read_bytes()
    except OSError as error:
        known = ", ".join(
            sorted(each.name[:-5] for folder in folders for each in folder.iterdir() if each.name.endswith(".toml"))
        )
        raise bad_file(
            f"{name} cannot be read: {error.strerror}. Name a target's file, or a bundled one: {known}."
        ) from error


def named_device(client: GatewayClient, name: str) -> str:
    """The id of a device: itself, or of the first that a driver of this name drives; what nobody knows stays as it is.

    `synthetic-scanner` is the driver `synthetic`.
    """
    from rekam.v1 import calibration_pb2 as pb

    answer = client.call(
        "CalibrationService/ListCalibrations", pb.ListCalibrationsRequest(), pb.ListCalibrationsResponse
    )
    ids = [each.device_id for each in sorted(answer.standings, key=lambda each: not each.attached)]
    driver = "synthetic" if name == "synthetic-scanner" else name
    return name if name in ids else next((each for each in ids if each.partition(":")[0] == driver), name)


def _history(client: GatewayClient, device: str, limit: int) -> "pb.GetCalibrationHistoryResponse":
    from rekam.v1 import calibration_pb2 as pb

    request = pb.GetCalibrationHistoryRequest(device_id=device, limit=limit)
    return client.call(
        "CalibrationService/GetCalibrationHistory", request, pb.GetCalibrationHistoryResponse, timeout_s=DECIDE_S
    )


def _tell_decision(standing: "pb.CalibrationStanding", objections: list[str], output: Output) -> None:
    from gateway.cli.calibrate_words import standing_document, tell_standings

    output.document({"standing": standing_document(standing), "overruled": objections})
    if not output.as_json:
        tell_standings([standing], output)
        for each in objections:
            output.say(f"    {in_words(_OVERRULED)}: {each}")


def _remark(entry: dict[str, object]) -> str:
    if entry["kind"] == "record":
        failed = [each["limit"] for each in entry["verdicts"] if each["outcome"] == "fail"]  # type: ignore[attr-defined]
        return f"{entry['operator']}" + (f"  FAIL: {', '.join(failed)}" if failed else "")
    parts = [entry["operator"], entry["reason"], *(entry["objections"] or [])]  # type: ignore[misc]
    return "; ".join(str(part) for part in parts if part)


_TAKEN = LocalizedText("sudah diambil", "taken before")
_LIMITS = LocalizedText("Batas", "Limits")
_OVERRULED = LocalizedText("dikesampingkan", "overruled")
