"""What an error of the kernel about a camera means, with cause and remedy."""

import errno
import grp
from pathlib import Path

from drivers.errors import (
    DeviceAccessDenied,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
    DeviceUnsupported,
)
from drivers.transports.node_holders import PROC, holders_in_words

PROCESSES = PROC


def opening_error(error: OSError, path: str) -> DeviceError:
    """Why a node could not be opened."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return DeviceAccessDenied(
            f"this user may not open {path}; run 'usermod -aG {_group_of(path)} USER' with the name of the user that "
            "the gateway runs as and start it anew, or give the camera to that user by a udev rule: "
            'SUBSYSTEM=="video4linux", GROUP="USER", MODE="0660"'
        )
    if error.errno == errno.EBUSY:
        return busy(path)
    if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return DeviceNotFound(f"there is no camera at {path}; plug it in, or correct 'node' in the configuration")
    return DeviceUnsupported(f"{path} cannot be opened as a camera: {error.strerror or error}")


def using_error(error: OSError, path: str, doing: str) -> DeviceError:
    """Why an open node did not do what it was asked."""
    detail = error.strerror or str(error)
    if error.errno in (errno.ENODEV, errno.ENXIO, errno.ESHUTDOWN):
        return DeviceLost(f"the camera at {path} went away while {doing}; check the cable and plug it in again")
    if error.errno == errno.EBUSY:
        return busy(path)
    if error.errno == errno.ENOSPC:
        return DeviceBusy(
            f"the USB bus has no bandwidth left for {path} while {doing}; plug the camera into a port of another "
            "controller, stop other cameras, or lower 'width', 'height' and 'frame_rate'"
        )
    if error.errno in (errno.EIO, errno.EPROTO, errno.EPIPE, errno.ETIMEDOUT, errno.EILSEQ, errno.EREMOTEIO):
        return DeviceHung(f"the camera at {path} does not answer while {doing} ({detail}); reset it, or re-plug it")
    if error.errno in (errno.EACCES, errno.EPERM):
        return DeviceAccessDenied(f"this user may not use {path} ({doing}: {detail}); see its permissions")
    return DeviceUnsupported(f"the driver of {path} refuses {doing}: {detail}")


def busy(path: str) -> DeviceBusy:
    """Somebody else streams from the node; says who has it open, as far as this user may see."""
    who = holders_in_words(Path(path), PROCESSES)
    return DeviceBusy(f"{who} holds the camera at {path}; close it there and try again")


def _group_of(path: str) -> str:
    try:
        name = grp.getgrgid(Path(path).stat().st_gid).gr_name
    except (OSError, KeyError):
        return "video"
    return "video" if name == "root" else name
