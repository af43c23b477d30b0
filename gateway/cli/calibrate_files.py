"""Procedures on saved frames: no gateway, no device, nothing signed."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.calibrate_words import tell_verdicts
from gateway.cli.exits import CommandFailure, ExitStatus, bad_file, bad_usage
from gateway.cli.output import Output

if TYPE_CHECKING:
    from calibration.measurement import Measurement
    from calibration.procedures import AnyFrame, Procedure, View
    from calibration.record import StatedVerdict

ENDINGS = (".png", ".bmp", ".tif", ".tiff", ".pgm")
"""Without loss; JPEG would be measured along."""


def measure_files(
    folder: Path,
    kind: str,
    names: Sequence[str],
    targets: Sequence[str],
    ppi: float,
    standard: str,
    output: Output,
) -> ExitStatus:
    """Measure frames of a folder; a procedure of several views finds each in a folder of its own name.

    Raises
    ------
    CommandFailure
        No such folder, procedure, target or standard, or frames that cannot be measured.
    """
    from calibration.errors import MeasurementRefused
    from calibration.installed import installed_procedures, read_target_file
    from calibration.judgement import STANDARDS, stated_verdicts
    from calibration.limits import limits_of
    from calibration.procedures import Sitting, plan
    from drivers import DeviceKind
    from gateway.cli.calibrate import target_bytes

    if not folder.is_dir():
        raise bad_file(f"{folder} is no folder. Name the one that holds the frames.")
    try:
        device_kind = DeviceKind(kind)
    except ValueError as error:
        raise bad_usage(f"--kind {kind}: there are {', '.join(each.value for each in DeviceKind)}.") from error
    if not names:
        raise bad_usage("Name the procedures that the frames are for: rekam calibrate run ID resolution --frames DIR.")
    try:
        given = [read_target_file(target_bytes(each)) for each in targets]
        for target, _ in given:
            target.check_valid(datetime.now(UTC).date())
        by_name = {used.kind: target for target, used in given} | {used.id: target for target, used in given}
        earlier: dict[str, Measurement] = {}
        for procedure in plan(installed_procedures(), device_kind, names):
            frames = frames_of(folder, procedure, ppi)
            wanted = {view.name: by_name.get(view.target) for view in procedure.views if view.target}
            missing = [
                view.target for view in procedure.views if view.name in frames and wanted.get(view.name, 1) is None
            ]
            if missing:
                raise bad_usage(f"{procedure.name} needs a target {missing[0]}; give its file with --target.")
            sitting = Sitting(frames, {key: each for key, each in wanted.items() if each is not None}, ppi, earlier)
            earlier[procedure.name] = procedure.measure(sitting)
        limits = standard or STANDARDS.get(device_kind, "")
        verdicts = stated_verdicts(limits_of(limits) if limits else None, earlier.values())
    except MeasurementRefused as error:
        raise CommandFailure(ExitStatus.OUTCOME, "MEASUREMENT_REFUSED", str(error)) from error
    _tell(list(earlier.values()), verdicts, limits, output)
    return ExitStatus.OUTCOME if any(each.outcome == "fail" for each in verdicts) else ExitStatus.DONE


def frames_of(folder: Path, procedure: "Procedure", ppi: float) -> dict[str, tuple["AnyFrame", ...]]:
    """The frames of each view: in the folder `ladder-turned` for the view `ladder, turned`, or all in the one folder.

    Raises
    ------
    CommandFailure
        There is no frame, or one cannot be read.
    """
    found = {}
    for view in procedure.views:
        inside = folder / folder_name(view)
        paths = _images(inside) if inside.is_dir() else []
        if paths:
            found[view.name] = tuple(_frame(path, ppi) for path in paths)
    if not found and (paths := _images(folder)):
        found[procedure.views[0].name] = tuple(_frame(path, ppi) for path in paths)
    if not found:
        where = ", ".join(str(folder / folder_name(view)) for view in procedure.views)
        raise bad_file(f"No frame for {procedure.name}: put {', '.join(ENDINGS)} into {folder} or {where}.")
    return found


def folder_name(view: "View") -> str:
    """The name of a view as that of a folder."""
    return view.name.replace(",", "").replace(" ", "-")


def _images(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.suffix.lower() in ENDINGS)


def _frame(path: Path, ppi: float) -> "AnyFrame":
    import cv2
    import numpy as np

    from drivers import Frame
    from gateway.cli.image_file import read_file

    image = cv2.imdecode(np.frombuffer(read_file(path), np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 2 or image.dtype != np.uint8:
        raise bad_file(f"{path} is no grey image of 8 bits. Save frames as they come from the device.")
    return Frame(np.asarray(image, np.uint8), ppi, time.monotonic())


def _tell(measured: "Sequence[Measurement]", verdicts: "Sequence[StatedVerdict]", limits: str, output: Output) -> None:
    stated: list[dict[str, Any]] = [
        {
            "limit": each.limit,
            "procedure": each.procedure,
            "unit": each.unit,
            "value": each.value,
            "uncertainty": each.uncertainty,
            "minimum": each.minimum,
            "maximum": each.maximum,
            "outcome": each.outcome.value,
            "source": each.source,
            "grade": each.grade,
        }
        for each in verdicts
    ]
    output.document(
        {
            "standard": limits or None,
            "values": [
                {
                    "procedure": m.procedure,
                    "name": v.name,
                    "value": v.value,
                    "uncertainty": v.uncertainty,
                    "unit": v.unit,
                }
                for m in measured
                for v in m.values
            ],
            "remarks": [f"{m.procedure}: {text}" for m in measured for text in m.remarks],
            "verdicts": stated,
        }
    )
    if output.as_json:
        return
    for m in measured:
        for v in m.values:
            unit = "" if v.unit == "1" else v.unit
            output.say(f"{m.procedure:16} {v.name:28} {v.value:12.6g} ± {2 * v.uncertainty:.2g} {unit}".rstrip())
        for text in m.remarks:
            output.note(f"  {text}")
    tell_verdicts(stated, output)
