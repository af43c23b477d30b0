"""What this installation can measure: every procedure with the views that it needs, and the bundled targets."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calibration.errors import MeasurementRefused
from calibration.installed_others import other_procedures
from calibration.installed_scanner import scanner_procedures
from calibration.procedures import Registry, View, registry
from calibration.record import UsedTarget
from calibration.targets import Target, read_target
from calibration.targets import bundled_targets as nominal_targets
from drivers.fingerprint.synthesis.target_element import LaidTarget
from drivers.fingerprint.synthesis.true_sensor import Lamp


def installed_procedures() -> Registry:
    """All procedures, by kind of device and name, in the order in which a plan has them."""
    return registry((*scanner_procedures(), *other_procedures()))


def read_target_file(content: bytes) -> tuple[Target, UsedTarget]:
    """A target's own file, as procedures read it and as a record states it.

    Parameters
    ----------
    content : bytes
        TOML.

    Raises
    ------
    TargetUnreadable
    """
    with tempfile.NamedTemporaryFile(prefix="target-", suffix=".toml") as file:  # its reader takes a path
        file.write(content)
        file.flush()
        target = read_target(Path(file.name))
    return target, used(target)


def bundled_targets() -> Mapping[str, tuple[Target, UsedTarget]]:
    """The nominal targets, by id and by kind: for devices that draw what they see."""
    by_id = {name: (target, used(target)) for name, target in nominal_targets().items()}
    return {target.kind: (target, stated) for target, stated in by_id.values()} | by_id


def used(target: Target) -> UsedTarget:
    """A target as a record states it."""
    return UsedTarget(target.id, target.kind, target.certificate, target.expires, target.sha256)


def lay_synthetic(driver: Any, view: View | None, target: Any) -> None:
    """Lay a view's target on a scanner that draws what it sees, and set its lamp; with no view take all away.

    A device that is no synthetic scanner is left alone.

    Raises
    ------
    MeasurementRefused
        A synthetic scanner without a truth has no optics to see a target with.
    """
    if not hasattr(driver, "lay_target"):
        return
    if driver.truth is None:
        if view is None:
            return
        raise MeasurementRefused(
            "this synthetic scanner was made without a truth and sees no target; give it one in the configuration, "
            "such as `truth = {}` for a perfect sensor"
        )
    driver.set_lamp(Lamp(level=1.0 if view is None or view.lit else 0.0))
    if view is None or not isinstance(target, Target):
        driver.lay_target(None)
        return
    turn = 90.0 * view.quarter_turns
    driver.lay_target(LaidTarget(target.fields, target.size_mm, target.ground, turn_deg=turn))
