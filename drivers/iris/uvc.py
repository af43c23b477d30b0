"""Near-infrared USB video cameras, and any other on V4L2, as an `IrisCamera`."""

import time
from collections.abc import Iterator
from contextlib import closing
from threading import Event
from typing import Self

import cv2
import numpy as np

from drivers.frame import Eyes, Illumination, IrisFrame
from drivers.protocols import DeviceAddress, DeviceCondition, DeviceIdentity, SelfTestStep
from drivers.transports import v4l2_abi as abi
from drivers.transports.v4l2 import V4l2Camera, V4l2Frame
from drivers.transports.v4l2_calls import V4l2Calls
from drivers.transports.v4l2_modes import Wish
from drivers.transports.v4l2_nodes import KINDS, addresses, video_nodes, wanted_node
from drivers.transports.v4l2_pixels import GREY_ORDER, grey
from drivers.transports.v4l2_self_test import delivery_steps

DRIVER = "uvc"
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_EXPOSURE_ASKED_EVERY_S = 1.0
"""Reading a setting is a USB transfer; an automatic exposure does not change faster than anyone cares."""


class UvcIrisCamera:
    """A camera that delivers its near-infrared image by V4L2.

    Discovery claims those whose formats are monochrome. One that sends its near-infrared image as YUYV or MJPG is
    named in the configuration, e.g. as `uvc:SERIAL` or by `node`. It streams, and lights what lamps it lets us
    switch, only while somebody watches. The first frames of a stream may be dark until its exposure has settled; a
    camera whose lamps flash with every other frame, as those for Windows Hello do, delivers dark ones in between, and
    they are handed on as they are.

    Parameters
    ----------
    node : str
        A path as `/dev/video0` or `/dev/v4l/by-id/...`, or a USB port as `1-10` or `1-10:1.2`; by default the only
        near-infrared camera there is.
    serial : str
        Serial number of its USB device, in place of `node`.
    eyes : {"unknown", "right", "left", "both"}
        What it looks at.
    width, height : int, optional
        Of its picture before it is turned; by default the largest of at most 1920x1200 that comes fluently.
    frame_rate : float, optional
        Frames per second; by default the highest up to 60.
    exposure_ms : float, optional
        Exposure time; by default its own automatic.
    gain, focus : int, optional
        In the camera's own units (UVC has no others); by default its own automatic.
    focus_distance_mm : float, optional
        What its lens is focused on, as its maker says; told with each frame.
    px_per_mm : float, optional
        Sampling of an eye at that distance; `identity.ppi` follows from it.
    wavelength_nm : float, optional
        Of its lamps, as their maker says; told with each frame.
    mirrored : bool
        True where it shows a mirror image, which is turned back.
    rotated : {0, 90, 180, 270}
        Degrees clockwise by which its picture is turned to be upright.
    calls : V4l2Calls, optional
        In place of this machine's kernel.

    Raises
    ------
    ValueError
        An option out of range.
    """

    def __init__(
        self,
        node: str = "",
        *,
        serial: str = "",
        eyes: str = "unknown",
        width: int | None = None,
        height: int | None = None,
        frame_rate: float | None = None,
        exposure_ms: float | None = None,
        gain: int | None = None,
        focus: int | None = None,
        focus_distance_mm: float | None = None,
        px_per_mm: float | None = None,
        wavelength_nm: float | None = None,
        mirrored: bool = False,
        rotated: int = 0,
        calls: V4l2Calls | None = None,
    ) -> None:
        if eyes not in list(Eyes):
            raise ValueError(f"eyes must be one of {', '.join(Eyes)}, not {eyes!r}")
        if rotated not in (0, *_TURNS):
            raise ValueError(f"rotated must be 0, 90, 180 or 270 degrees, not {rotated}")
        lengths = {"exposure_ms": exposure_ms, "focus_distance_mm": focus_distance_mm, "px_per_mm": px_per_mm}
        for name, value in lengths.items():
            if value is not None and not 0 < value < 1e5:
                raise ValueError(f"{name} must be positive, not {value}")
        if wavelength_nm is not None and not 400 <= wavelength_nm <= 1100:
            raise ValueError(f"wavelength_nm must lie in 400 to 1100, not {wavelength_nm}")
        settings = {abi.GAIN: gain, abi.FOCUS_ABSOLUTE: focus}
        settings[abi.EXPOSURE_ABSOLUTE] = None if exposure_ms is None else max(1, round(10 * exposure_ms))
        wanted = serial or node
        self._camera = V4l2Camera(
            lambda: wanted_node(wanted, KINDS, monochrome=True),
            GREY_ORDER,
            grey,
            Wish(width, height, frame_rate),
            {control: value for control, value in settings.items() if value is not None},
            calls,
        )
        self._eyes, self._mirrored, self._rotated = Eyes(eyes), mirrored, rotated
        self._px_per_mm, self._focus_distance_mm = px_per_mm, focus_distance_mm
        self._light = None if wavelength_nm is None else Illumination(wavelength_nm, 1.0)
        self._exposure_ms: float | None = None
        self._exposure_asked_at = float("-inf")

    @staticmethod
    def attached() -> list[DeviceAddress]:
        """The monochrome cameras; a node is opened once each time that it is plugged in, to ask for its formats."""
        return addresses(DRIVER, KINDS.cameras(video_nodes(), monochrome=True))

    @classmethod
    def at(
        cls,
        address: DeviceAddress,
        *,
        node: str = "",
        serial: str = "",
        eyes: str = "unknown",
        width: int | None = None,
        height: int | None = None,
        frame_rate: float | None = None,
        exposure_ms: float | None = None,
        gain: int | None = None,
        focus: int | None = None,
        focus_distance_mm: float | None = None,
        px_per_mm: float | None = None,
        wavelength_nm: float | None = None,
        mirrored: bool = False,
        rotated: int = 0,
    ) -> Self:
        """The camera at an address that `attached` gave, or at one made by hand; options as of the constructor.

        By hand the part of the `device_id` after the colon is a serial number, a USB port or a node, of any camera;
        `node` and `serial` say it in its place.
        """
        return cls(
            node or address.location or address.device_id.partition(":")[2],
            serial=serial,
            eyes=eyes,
            width=width,
            height=height,
            frame_rate=frame_rate,
            exposure_ms=exposure_ms,
            gain=gain,
            focus=focus,
            focus_distance_mm=focus_distance_mm,
            px_per_mm=px_per_mm,
            wavelength_nm=wavelength_nm,
            mirrored=mirrored,
            rotated=rotated,
        )

    @property
    def condition(self) -> DeviceCondition:
        """Frames that came damaged since it was opened."""
        return DeviceCondition(bad_frames=self._camera.damaged_frames)

    @property
    def identity(self) -> DeviceIdentity:
        """Who the camera is; its size is that of the frames, after they were turned."""
        opened = self._camera.opened
        height, width = opened.layout.height, opened.layout.width
        if self._rotated in (90, 270):
            height, width = width, height
        return DeviceIdentity(
            DRIVER,
            opened.node.manufacturer or opened.kernel_driver,
            opened.card or opened.node.label,
            opened.node.serial,
            opened.node.release,
            25.4 * (self._px_per_mm or 0.0),
            width,
            height,
        )

    def __enter__(self) -> Self:
        self._camera.open()
        self._exposure_asked_at = float("-inf")
        return self

    def __exit__(self, *exc: object) -> None:
        self._camera.close()

    def frames(self, cancel: Event) -> Iterator[IrisFrame]:
        """Yield the newest frame as they come; the end and the errors as the protocol says."""
        with closing(self._camera.frames(cancel)) as frames:  # so that the stream ends with this iterator
            for frame in frames:
                yield self._iris_frame(frame)

    def capture(self, timeout_s: float, cancel: Event) -> IrisFrame:
        """Deliver the next frame that is exposed after the call; errors as the protocol says."""
        return self._iris_frame(self._camera.capture(timeout_s, cancel))

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Watch some frames: picture, rate, damage."""
        return delivery_steps(self._camera, cancel)

    def reset(self) -> None:
        """Close and open it; when that was not enough, reset its USB port. May be called from another thread."""
        self._camera.reset()

    def _iris_frame(self, frame: V4l2Frame) -> IrisFrame:
        pixels = frame.pixels
        if self._rotated:
            pixels = np.asarray(cv2.rotate(pixels, _TURNS[self._rotated]), np.uint8)
        if self._mirrored:
            pixels = np.asarray(cv2.flip(pixels, 1), np.uint8)
        return IrisFrame(
            pixels,
            frame.captured_at,
            self._eyes,
            self._exposure(),
            None,
            self._light,
            self._focus_distance_mm,
            frame.dropped,
        )

    def _exposure(self) -> float | None:
        now = time.monotonic()
        if now - self._exposure_asked_at >= _EXPOSURE_ASKED_EVERY_S:
            self._exposure_asked_at = now
            told = self._camera.value(abi.EXPOSURE_ABSOLUTE)
            self._exposure_ms = told / 10 if told is not None and told > 0 else None
        return self._exposure_ms
