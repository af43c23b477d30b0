"""Procedures sat through on a synthetic device without a gateway: views laid, looked at, taken; the next asked for."""

from collections.abc import Mapping
from threading import Event
from typing import Any

from calibration.installed import bundled_targets, installed_procedures, lay_synthetic
from calibration.measurement import Measurement
from calibration.procedures import AnyFrame, CardSitting, Procedure, Sitting, View
from drivers import DeviceKind


def sat_through(
    driver: Any, kind: DeviceKind, name: str, in_use: Mapping[str, Measurement] | None = None
) -> Measurement:
    """What a procedure measures of a device that is open, with the nominal targets laid before it."""
    procedure = installed_procedures()[kind, name]
    if kind is DeviceKind.CARD_WRITER:
        return _with_card(driver, procedure)
    frames: dict[str, tuple[AnyFrame, ...]] = {}
    views: dict[str, View] = {}
    targets: dict[str, Any] = {}

    def sitting() -> Sitting:
        return Sitting(frames, targets, driver.identity.ppi, {}, in_use or {}, driver.identity.model, views)

    waiting = list(procedure.views)
    for view in waiting:  # grows while it is gone through
        target = bundled_targets()[view.target][0] if view.target else None
        lay_synthetic(driver, view, target)
        views[view.name] = view
        if target is not None:
            targets[view.name] = target
        cancel, taken = Event(), list[AnyFrame]()
        for frame in driver.frames(cancel):
            taken.append(frame)
            if len(taken) == view.frames:
                break
        frames[view.name] = tuple(taken)
        if procedure.look is not None:
            procedure.look(view, sitting())
        if view is waiting[-1] and procedure.next_view is not None:
            wanted = procedure.next_view(sitting())
            waiting += [] if wanted is None else [wanted]
    lay_synthetic(driver, None, None)
    return procedure.measure(sitting())


def _with_card(writer: Any, procedure: Procedure) -> Measurement:
    gathered: dict[str, object] = {}
    sitting = CardSitting(writer, Event(), lambda share: None, gathered=gathered, attended=False)
    waiting = list(procedure.views)
    for view in waiting:
        lay_synthetic(writer, view, None)
        if procedure.look is not None:
            procedure.look(view, sitting)
        if procedure.gather is not None:
            gathered[view.name] = procedure.gather(view, sitting)
        if procedure.next_view is not None:
            wanted = procedure.next_view(sitting)
            waiting += [] if wanted is None else [wanted]
    return procedure.measure(sitting)


def values_of(measurement: Measurement) -> dict[str, float]:
    """Measured values by name."""
    return {value.name: value.value for value in measurement.values}
