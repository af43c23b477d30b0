"""Colour USB video cameras, and any other on V4L2, as a `PortraitCamera`."""

import time
from collections.abc import Iterator
from contextlib import closing
from threading import Event
from typing import Self

import cv2
import numpy as np

from drivers.frame import PortraitFrame
from drivers.protocols import DeviceAddress, DeviceCondition, DeviceIdentity, SelfTestStep
from drivers.transports import v4l2_abi as abi
from drivers.transports.v4l2 import V4l2Camera, V4l2Frame
from drivers.transports.v4l2_calls import V4l2Calls
from drivers.transports.v4l2_modes import Wish
from drivers.transports.v4l2_nodes import KINDS, addresses, video_nodes, wanted_node
from drivers.transports.v4l2_pixels import COLOUR_ORDER, colour
from drivers.transports.v4l2_self_test import delivery_steps

DRIVER = "uvc-portrait"
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_SETTINGS_ASKED_EVERY_S = 1.0
"""Reading a setting is a USB transfer; automatics do not change faster than anyone cares."""


class UvcPortraitCamera:
    """A camera that delivers its picture by V4L2.

    Discovery claims the cameras whose formats have colours. It streams only while somebody watches; the first frames
    of a stream may be dark, or of a wrong tint, until its automatics have settled.

    Parameters
    ----------
    node : str
        A path as `/dev/video0` or `/dev/v4l/by-id/...`, or a USB port as `1-10` or `1-10:1.2`; by default the only
        colour camera there is.
    serial : str
        Serial number of its USB device, in place of `node`.
    width, height : int, optional
        Of its picture before it is turned; by default the largest of at most 1920x1200 that comes fluently.
    frame_rate : float, optional
        Frames per second; by default the highest up to 60.
    exposure_ms : float, optional
        Exposure time; by default its own automatic.
    gain, focus, brightness : int, optional
        In the camera's own units (UVC has no others); by default its own automatic.
    white_balance_k : int, optional
        Colour temperature in kelvin of the light; by default its own automatic.
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
        width: int | None = None,
        height: int | None = None,
        frame_rate: float | None = None,
        exposure_ms: float | None = None,
        gain: int | None = None,
        focus: int | None = None,
        brightness: int | None = None,
        white_balance_k: int | None = None,
        mirrored: bool = False,
        rotated: int = 0,
        calls: V4l2Calls | None = None,
    ) -> None:
        if rotated not in (0, *_TURNS):
            raise ValueError(f"rotated must be 0, 90, 180 or 270 degrees, not {rotated}")
        if exposure_ms is not None and not 0 < exposure_ms < 1e5:
            raise ValueError(f"exposure_ms must be positive, not {exposure_ms}")
        if white_balance_k is not None and not 1000 <= white_balance_k <= 25000:
            raise ValueError(f"white_balance_k must lie in 1000 to 25000 kelvin, not {white_balance_k}")
        settings = {
            abi.GAIN: gain,
            abi.FOCUS_ABSOLUTE: focus,
            abi.BRIGHTNESS: brightness,
            abi.WHITE_BALANCE_TEMPERATURE: white_balance_k,
        }
        settings[abi.EXPOSURE_ABSOLUTE] = None if exposure_ms is None else max(1, round(10 * exposure_ms))
        wanted = serial or node
        self._camera = V4l2Camera(
            lambda: wanted_node(wanted, KINDS, monochrome=False),
            COLOUR_ORDER,
            colour,
            Wish(width, height, frame_rate),
            {control: value for control, value in settings.items() if value is not None},
            calls,
        )
        self._mirrored, self._rotated = mirrored, rotated
        self._exposure_ms: float | None = None
        self._white_balance_k: float | None = None
        self._settings_asked_at = float("-inf")

    @staticmethod
    def attached() -> list[DeviceAddress]:
        """The colour cameras; a node is opened once each time that it is plugged in, to ask for its formats."""
        return addresses(DRIVER, KINDS.cameras(video_nodes(), monochrome=False))

    @classmethod
    def at(
        cls,
        address: DeviceAddress,
        *,
        node: str = "",
        serial: str = "",
        width: int | None = None,
        height: int | None = None,
        frame_rate: float | None = None,
        exposure_ms: float | None = None,
        gain: int | None = None,
        focus: int | None = None,
        brightness: int | None = None,
        white_balance_k: int | None = None,
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
            width=width,
            height=height,
            frame_rate=frame_rate,
            exposure_ms=exposure_ms,
            gain=gain,
            focus=focus,
            brightness=brightness,
            white_balance_k=white_balance_k,
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
            width=width,
            height=height,
        )

    def __enter__(self) -> Self:
        self._camera.open()
        self._settings_asked_at = float("-inf")
        return self

    def __exit__(self, *exc: object) -> None:
        self._camera.close()

    def frames(self, cancel: Event) -> Iterator[PortraitFrame]:
        """Yield the newest frame as they come; the end and the errors as the protocol says."""
        with closing(self._camera.frames(cancel)) as frames:  # so that the stream ends with this iterator
            for frame in frames:
                yield self._portrait_frame(frame)

    def capture(self, timeout_s: float, cancel: Event) -> PortraitFrame:
        """Deliver the next frame that is exposed after the call; errors as the protocol says."""
        return self._portrait_frame(self._camera.capture(timeout_s, cancel))

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Watch some frames: picture, rate, damage."""
        return delivery_steps(self._camera, cancel)

    def reset(self) -> None:
        """Close and open it; when that was not enough, reset its USB port. May be called from another thread."""
        self._camera.reset()

    def _portrait_frame(self, frame: V4l2Frame) -> PortraitFrame:
        pixels = frame.pixels
        if self._rotated:
            pixels = np.asarray(cv2.rotate(pixels, _TURNS[self._rotated]), np.uint8)
        if self._mirrored:
            pixels = np.asarray(cv2.flip(pixels, 1), np.uint8)
        self._ask_settings()
        return PortraitFrame(pixels, frame.captured_at, self._exposure_ms, None, self._white_balance_k, frame.dropped)

    def _ask_settings(self) -> None:
        now = time.monotonic()
        if now - self._settings_asked_at < _SETTINGS_ASKED_EVERY_S:
            return
        self._settings_asked_at = now
        exposure = self._camera.value(abi.EXPOSURE_ABSOLUTE)
        self._exposure_ms = exposure / 10 if exposure is not None and exposure > 0 else None
        # While the automatic governs it, the value is that of the last time by hand.
        by_hand = self._camera.value(abi.AUTO_WHITE_BALANCE) in (None, 0)
        kelvin = self._camera.value(abi.WHITE_BALANCE_TEMPERATURE) if by_hand else None
        self._white_balance_k = float(kelvin) if kelvin is not None and kelvin > 0 else None
