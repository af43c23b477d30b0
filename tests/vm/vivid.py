"""The kernel's virtual camera (vivid): found, told to fail, pulled out and plugged in."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drivers.transports import v4l2_abi as abi
from tests.vm.desk import until

BOUND = Path("/sys/bus/platform/drivers/vivid")
CAMERA = "vivid.0"
DISCONNECT = "Disconnect"
"""A button: every call on its node fails, until all have closed it."""
DAMAGE = "Inject V4L2_BUF_FLAG_ERROR"
"""A button: one frame is marked as damaged."""
LOST_PERCENT = "Percentage of Dropped Buffers"
TEXT = "OSD Text Mode"
NO_TEXT = 2
_NEXT = 0x80000000
"""V4L2_CTRL_FLAG_NEXT_CTRL."""


def plugged_camera() -> str:
    """Path of its node; its driver is bound to it if it was not."""
    if not (BOUND / CAMERA).exists():
        (BOUND / "bind").write_text(CAMERA)
    folder = until(lambda: next(iter((BOUND / CAMERA / "video4linux").glob("video*")), None), "vivid made no node")
    node = Path("/dev") / folder.name
    until(node.exists, f"there is no {node}")
    return str(node)


def pull_camera() -> None:
    """Unbind its driver, as the USB core does with that of a camera whose cable is pulled."""
    if (BOUND / CAMERA).exists():
        (BOUND / "unbind").write_text(CAMERA)


def set_control(node: str, name: str, value: int) -> None:
    """Set a control, by the name that `v4l2-ctl --list-ctrls` shows."""
    with _opened(node) as descriptor:
        fcntl.ioctl(descriptor, abi.S_CTRL, abi.ControlValue(_numbers(descriptor)[name], value), True)


def control(node: str, name: str) -> int:
    """What a control is."""
    with _opened(node) as descriptor:
        told = abi.ControlValue(_numbers(descriptor)[name], 0)
        fcntl.ioctl(descriptor, abi.G_CTRL, told, True)
        return int(told.value)


@contextmanager
def _opened(node: str) -> Iterator[int]:
    descriptor = os.open(node, os.O_RDWR)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _numbers(descriptor: int) -> dict[str, int]:
    numbers: dict[str, int] = {}
    described = abi.ControlDescription(id=_NEXT)
    while True:
        try:
            fcntl.ioctl(descriptor, abi.QUERYCTRL, described, True)
        except OSError:
            return numbers
        numbers[described.name.decode()] = described.id
        described.id |= _NEXT
