"""The settings of a V4L2 camera: which it has, within which limits, and what they are."""

import contextlib
import errno
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.errors import DeviceUnsupported
from drivers.transports import v4l2_abi as abi
from drivers.transports.v4l2_calls import V4l2Calls

_AUTOMATIC = {
    abi.EXPOSURE_ABSOLUTE: (abi.EXPOSURE_AUTO, abi.EXPOSURE_IS_MANUAL),
    abi.GAIN: (abi.AUTO_GAIN, 0),
    abi.FOCUS_ABSOLUTE: (abi.FOCUS_AUTO, 0),
    abi.WHITE_BALANCE_TEMPERATURE: (abi.AUTO_WHITE_BALANCE, 0),
}
"""What governs a setting by itself, and its value that leaves the setting to us."""


@dataclass(frozen=True)
class Control:
    """One setting that a camera has."""

    control_id: int
    minimum: int
    maximum: int
    step: int
    default: int
    flags: int


def known_controls(calls: V4l2Calls, descriptor: int) -> dict[int, Control]:
    """Those of `abi.CONTROL_NAMES` that the open node has, by id."""
    found = {}
    for control_id in abi.CONTROL_NAMES:
        told = abi.ControlDescription(id=control_id)
        try:
            calls.ioctl(descriptor, abi.QUERYCTRL, told)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTTY):
                continue
            raise
        if not told.flags & abi.CONTROL_DISABLED:
            found[control_id] = Control(
                control_id, told.minimum, told.maximum, told.step, told.default_value, told.flags
            )
    return found


def apply_settings(
    calls: V4l2Calls, descriptor: int, controls: Mapping[int, Control], settings: Mapping[int, int]
) -> None:
    """Set what is asked for; automatics that are not overruled go back to the driver's default.

    A camera keeps what the program before has set, so that without this a forgotten exposure of an hour ago spoils
    every image.

    Raises
    ------
    DeviceUnsupported
        The camera has no such setting, or not that value.
    OSError
        The node's own.
    """
    by_hand = dict(_AUTOMATIC[wanted] for wanted in settings if wanted in _AUTOMATIC)
    for automatic in (pair[0] for pair in _AUTOMATIC.values()):
        control = controls.get(automatic)
        if control is None or control.flags & abi.CONTROL_READ_ONLY:
            continue
        if automatic in by_hand:
            set_control(calls, descriptor, automatic, by_hand[automatic])
        elif automatic not in settings:
            with contextlib.suppress(OSError):  # a nicety, which some firmware refuses
                set_control(calls, descriptor, automatic, control.default)
    for wanted, value in settings.items():
        name, control = abi.CONTROL_NAMES[wanted], controls.get(wanted)
        if control is None or control.flags & abi.CONTROL_READ_ONLY:
            raise DeviceUnsupported(f"the camera does not let its {name} be set; remove it from the configuration")
        if not control.minimum <= value <= control.maximum:
            raise DeviceUnsupported(
                f"the camera's {name} goes from {control.minimum} to {control.maximum} in its own units, so {value} "
                "cannot be set; correct the configuration"
            )
        set_control(calls, descriptor, wanted, value)


def set_control(calls: V4l2Calls, descriptor: int, control_id: int, value: int) -> None:
    """Set one value; `OSError` as the node gives it."""
    calls.ioctl(descriptor, abi.S_CTRL, abi.ControlValue(id=control_id, value=value))


def control_value(calls: V4l2Calls, descriptor: int, controls: Mapping[int, Control], control_id: int) -> int | None:
    """What a setting is now; None where the camera does not tell."""
    control = controls.get(control_id)
    if control is None or control.flags & abi.CONTROL_WRITE_ONLY:
        return None
    told = abi.ControlValue(id=control_id)
    try:
        calls.ioctl(descriptor, abi.G_CTRL, told)
    except OSError as error:
        if error.errno == errno.ENODEV:
            raise
        return None
    return int(told.value)
