"""The part of Linux' video4linux2 interface that a camera needs: its structures, ioctl numbers and flags.

Facts from `linux/videodev2.h` (uapi of Linux 6.1) on 64-bit Linux, where x86-64 and aarch64 have the same layout.
"""

import ctypes
from typing import Final

U32 = ctypes.c_uint32


class Capability(ctypes.Structure):
    """`struct v4l2_capability`."""

    _fields_ = (
        ("driver", ctypes.c_char * 16),
        ("card", ctypes.c_char * 32),
        ("bus_info", ctypes.c_char * 32),
        ("version", U32),
        ("capabilities", U32),
        ("device_caps", U32),
        ("reserved", U32 * 3),
    )


class FormatDescription(ctypes.Structure):
    """`struct v4l2_fmtdesc`."""

    _fields_ = (
        ("index", U32),
        ("type", U32),
        ("flags", U32),
        ("description", ctypes.c_char * 32),
        ("pixelformat", U32),
        ("mbus_code", U32),
        ("reserved", U32 * 3),
    )


class FrameSize(ctypes.Structure):
    """`struct v4l2_frmsizeenum`; `sizes` is width, height, or the ends and the steps of both."""

    _fields_ = (
        ("index", U32),
        ("pixel_format", U32),
        ("type", U32),
        ("sizes", U32 * 6),
        ("reserved", U32 * 2),
    )


class FrameInterval(ctypes.Structure):
    """`struct v4l2_frmivalenum`; `fractions` is numerator, denominator, or three of them: least, most, step."""

    _fields_ = (
        ("index", U32),
        ("pixel_format", U32),
        ("width", U32),
        ("height", U32),
        ("type", U32),
        ("fractions", U32 * 6),
        ("reserved", U32 * 2),
    )


class Format(ctypes.Structure):
    """`struct v4l2_format` with its `struct v4l2_pix_format`; the union begins at a multiple of eight."""

    _fields_ = (
        ("type", U32),
        ("padding", U32),
        ("width", U32),
        ("height", U32),
        ("pixelformat", U32),
        ("field", U32),
        ("bytesperline", U32),
        ("sizeimage", U32),
        ("rest", U32 * 44),
    )


class StreamParameters(ctypes.Structure):
    """`struct v4l2_streamparm` with its `struct v4l2_captureparm`."""

    _fields_ = (
        ("type", U32),
        ("capability", U32),
        ("capturemode", U32),
        ("numerator", U32),
        ("denominator", U32),
        ("rest", U32 * 46),
    )


class RequestBuffers(ctypes.Structure):
    """`struct v4l2_requestbuffers`."""

    _fields_ = (("count", U32), ("type", U32), ("memory", U32), ("capabilities", U32), ("flags", U32))


class Buffer(ctypes.Structure):
    """`struct v4l2_buffer`."""

    _fields_ = (
        ("index", U32),
        ("type", U32),
        ("bytesused", U32),
        ("flags", U32),
        ("field", U32),
        ("seconds", ctypes.c_int64),
        ("microseconds", ctypes.c_int64),
        ("timecode", U32 * 4),
        ("sequence", U32),
        ("memory", U32),
        ("offset", ctypes.c_uint64),
        ("length", U32),
        ("reserved2", U32),
        ("request_fd", U32),
    )


class ControlDescription(ctypes.Structure):
    """`struct v4l2_queryctrl`."""

    _fields_ = (
        ("id", U32),
        ("type", U32),
        ("name", ctypes.c_char * 32),
        ("minimum", ctypes.c_int32),
        ("maximum", ctypes.c_int32),
        ("step", ctypes.c_int32),
        ("default_value", ctypes.c_int32),
        ("flags", U32),
        ("reserved", U32 * 2),
    )


class ControlValue(ctypes.Structure):
    """`struct v4l2_control`."""

    _fields_ = (("id", U32), ("value", ctypes.c_int32))


class EventSubscription(ctypes.Structure):
    """`struct v4l2_event_subscription`."""

    _fields_ = (("type", U32), ("id", U32), ("flags", U32), ("reserved", U32 * 5))


class PendingEvent(ctypes.Structure):
    """`struct v4l2_event`; `payload` begins with the changes of a source change."""

    _fields_ = (
        ("type", U32),
        ("padding", U32),
        ("payload", U32 * 16),
        ("pending", U32),
        ("sequence", U32),
        ("seconds", ctypes.c_int64),
        ("nanoseconds", ctypes.c_int64),
        ("id", U32),
        ("reserved", U32 * 8),
    )


_READS, _WRITES = 2, 1


def _request(number: int, argument: type[ctypes.Structure] | type[ctypes.c_int], way: int) -> int:
    """`_IOC` of `asm-generic/ioctl.h` for the type letter V."""
    return way << 30 | ctypes.sizeof(argument) << 16 | ord("V") << 8 | number


QUERYCAP: Final = _request(0, Capability, _READS)
ENUM_FMT: Final = _request(2, FormatDescription, _READS | _WRITES)
G_FMT: Final = _request(4, Format, _READS | _WRITES)
S_FMT: Final = _request(5, Format, _READS | _WRITES)
REQBUFS: Final = _request(8, RequestBuffers, _READS | _WRITES)
QUERYBUF: Final = _request(9, Buffer, _READS | _WRITES)
QBUF: Final = _request(15, Buffer, _READS | _WRITES)
DQBUF: Final = _request(17, Buffer, _READS | _WRITES)
STREAMON: Final = _request(18, ctypes.c_int, _WRITES)
STREAMOFF: Final = _request(19, ctypes.c_int, _WRITES)
S_PARM: Final = _request(22, StreamParameters, _READS | _WRITES)
G_CTRL: Final = _request(27, ControlValue, _READS | _WRITES)
S_CTRL: Final = _request(28, ControlValue, _READS | _WRITES)
QUERYCTRL: Final = _request(36, ControlDescription, _READS | _WRITES)
ENUM_FRAMESIZES: Final = _request(74, FrameSize, _READS | _WRITES)
ENUM_FRAMEINTERVALS: Final = _request(75, FrameInterval, _READS | _WRITES)
DQEVENT: Final = _request(89, PendingEvent, _READS)
SUBSCRIBE_EVENT: Final = _request(90, EventSubscription, _WRITES)
USBDEVFS_RESET: Final = ord("U") << 8 | 20
"""`linux/usbdevice_fs.h`."""

VIDEO_CAPTURE: Final = 1
"""Buffer type, and the capability bit of nodes that have it."""
MEMORY_MMAP: Final = 1
CAP_STREAMING: Final = 0x04000000
CAP_DEVICE_CAPS: Final = 0x80000000
PARM_TIME_PER_FRAME: Final = 0x1000
FIELD_ANY, FIELD_NONE = 0, 1
DISCRETE: Final = 1

BUF_ERROR: Final = 0x40
BUF_CLOCK_MASK: Final = 0xE000
BUF_CLOCK_MONOTONIC: Final = 0x2000
BUF_SOURCE_MASK: Final = 0x70000
BUF_START_OF_EXPOSURE: Final = 0x10000

EVENT_SOURCE_CHANGE: Final = 5
CHANGED_RESOLUTION: Final = 1

CONTROL_DISABLED: Final = 0x1
CONTROL_READ_ONLY: Final = 0x4
CONTROL_WRITE_ONLY: Final = 0x40
EXPOSURE_IS_MANUAL: Final = 1
"""Value of `EXPOSURE_AUTO`: exposure and aperture are both set by hand."""

BRIGHTNESS: Final = 0x00980900
AUTO_WHITE_BALANCE: Final = 0x0098090C
GAIN: Final = 0x00980913
AUTO_GAIN: Final = 0x00980912
WHITE_BALANCE_TEMPERATURE: Final = 0x0098091A
ILLUMINATORS_1: Final = 0x00980925
EXPOSURE_AUTO: Final = 0x009A0901
EXPOSURE_ABSOLUTE: Final = 0x009A0902
"""In units of 100 us."""
FOCUS_ABSOLUTE: Final = 0x009A090A
FOCUS_AUTO: Final = 0x009A090C

CONTROL_NAMES: Final = {
    BRIGHTNESS: "brightness",
    AUTO_WHITE_BALANCE: "automatic white balance",
    GAIN: "gain",
    AUTO_GAIN: "automatic gain",
    WHITE_BALANCE_TEMPERATURE: "white balance",
    ILLUMINATORS_1: "lamp",
    EXPOSURE_AUTO: "automatic exposure",
    EXPOSURE_ABSOLUTE: "exposure",
    FOCUS_ABSOLUTE: "focus",
    FOCUS_AUTO: "automatic focus",
}
"""Those that the drivers know, for people."""


def fourcc(code: int) -> str:
    """The four letters of a pixel format; letters beyond ASCII as question marks, blanks at the end cut off."""
    return code.to_bytes(4, "little").decode("ascii", "replace").replace("\ufffd", "?").rstrip(" \0")


def fourcc_code(letters: str) -> int:
    """The number of a pixel format."""
    return int.from_bytes(letters.ljust(4).encode("ascii"), "little")
