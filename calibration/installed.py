"""What this installation can measure: every procedure with the views that it needs, and the bundled targets."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calibration.camera.laying import lay_before
from calibration.camera.target import CameraTarget
from calibration.camera.target_file import nominal_camera_targets, read_camera_target
from calibration.errors import MeasurementRefused
from calibration.installed_others import other_procedures
from calibration.installed_scanner import scanner_procedures
from calibration.iris.eye_safety import EyeSafetyFile
from calibration.procedures import Registry, View, registry
from calibration.record import UsedTarget
from calibration.targets import Target, read_target
from calibration.targets import bundled_targets as nominal_targets
from drivers import DeviceKind, PresentsHands
from drivers.fingerprint.synthesis.target_element import EMPTY_GLASS, LaidTarget
from drivers.fingerprint.synthesis.true_sensor import Lamp

_FIRST_FINGER = 1_000
"""Of those that a synthetic scanner is shown for the grey range."""
_ASKEW_DEG = 1.0
"""Nobody lays a target quite straight; bars along the pixels would be a case of their own."""


def installed_procedures() -> Registry:
    """All procedures, by kind of device and name, in the order in which a plan has them."""
    return registry((*scanner_procedures(), *scanner_procedures(DeviceKind.SLAP_SCANNER), *other_procedures()))


def read_target_file(content: bytes) -> tuple[Target | CameraTarget | EyeSafetyFile, UsedTarget]:
    """A target's own file, as procedures read it and as a record states it.

    Parameters
    ----------
    content : bytes
        TOML.

    Raises
    ------
    TargetUnreadable
    """
    camera = read_camera_target(content)
    if camera is not None:
        return camera
    with tempfile.NamedTemporaryFile(prefix="target-", suffix=".toml") as file:  # its reader takes a path
        file.write(content)
        file.flush()
        target = read_target(Path(file.name))
    return target, used(target)


def bundled_targets() -> Mapping[str, tuple[Target | CameraTarget | EyeSafetyFile, UsedTarget]]:
    """The nominal targets, by id and by kind: for devices that draw what they see."""
    by_id: dict[str, tuple[Target | CameraTarget | EyeSafetyFile, UsedTarget]] = {
        name: (target, used(target)) for name, target in nominal_targets().items()
    }
    by_id |= nominal_camera_targets()
    return {stated.kind: (target, stated) for target, stated in by_id.values()} | by_id


def used(target: Target) -> UsedTarget:
    """A target as a record states it."""
    return UsedTarget(target.id, target.kind, target.certificate, target.expires, target.sha256)


def lay_synthetic(driver: Any, view: View | None, target: Any, number: int = 0) -> None:
    """Lay a view's target on a device that draws what it sees, and set its lamp; with no view take all away.

    A device that is not synthetic is left alone, save that a camera which can set its exposure is told to.

    Parameters
    ----------
    driver : object
    view : View or None
    target : Target or None
    number : int
        Of the print, where the view is of fingers.

    Raises
    ------
    MeasurementRefused
        A synthetic scanner without a truth has no optics to see a target with; that of slaps never has.
    """
    if isinstance(driver, PresentsHands) and view is not None:
        raise MeasurementRefused(
            "the synthetic slap scanner draws hands alone and sees no target; practise on the synthetic scanner of"
            " single fingers, or measure saved frames with --frames"
        )
    if lay_before(driver, view, target) or not hasattr(driver, "lay_target"):
        return
    if driver.truth is None:
        if view is None:
            return
        raise MeasurementRefused(
            "this synthetic scanner was made without a truth and sees no target; give it one in the configuration: "
            '`truth = "drawn"`, or `truth = {}` for a perfect sensor'
        )
    driver.set_lamp(Lamp(level=1.0 if view is None or view.lit else 0.0))
    driver.lay_print(_FIRST_FINGER + number if view is not None and view.prints else None)
    if isinstance(target, Target) and view is not None:
        turn = 90.0 * view.quarter_turns + _ASKEW_DEG
        driver.lay_target(LaidTarget(target.fields, target.size_mm, target.ground, turn_deg=turn))
    else:
        driver.lay_target(None if view is None or view.prints else EMPTY_GLASS)
