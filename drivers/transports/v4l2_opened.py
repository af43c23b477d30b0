"""An open camera node and what was agreed on with its driver: picture, rate, settings, buffers."""

import contextlib
import errno
from collections.abc import Mapping, Sequence

from drivers.errors import DeviceUnsupported
from drivers.transports import v4l2_abi as abi
from drivers.transports.v4l2_buffers import BufferRing
from drivers.transports.v4l2_calls import V4l2Calls
from drivers.transports.v4l2_controls import apply_settings, control_value, known_controls, set_control
from drivers.transports.v4l2_errors import opening_error, using_error
from drivers.transports.v4l2_modes import Mode, Wish, chosen_mode
from drivers.transports.v4l2_nodes import VideoNode, is_camera
from drivers.transports.v4l2_pixels import checked_layout

_UNTOLD_INTERVAL_S = 1 / 30


class OpenedCamera:
    """A node from its opening to its closing; `V4l2Camera` says when and how often.

    Raises
    ------
    DeviceError
        By the constructor, as `V4l2Camera.open` says; nothing is left open then. The methods raise `OSError` as the
        node gives it.
    """

    def __init__(
        self,
        calls: V4l2Calls,
        node: VideoNode,
        order: Sequence[str],
        wish: Wish,
        settings: Mapping[int, int],
    ) -> None:
        self._calls, self._order, self._wish = calls, order, wish
        self.node = node
        self.delivered = False
        """Whether a frame came since the stream was started."""
        try:
            self.descriptor = calls.open(node.path)
        except OSError as error:
            raise opening_error(error, node.path) from error
        self.ring = BufferRing(calls, self.descriptor)
        try:
            self._begin(settings)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise using_error(error, node.path, "setting it up") from error
            raise

    def close(self) -> None:
        """Stop, and give buffers and node back; safe to call once only."""
        self.stop()
        self.ring.free()
        with contextlib.suppress(OSError):
            self._calls.close(self.descriptor)

    def start(self) -> None:
        """Lamps on where they can be switched, and let frames come."""
        self._switch_lamp(on=True)
        self.delivered = False
        self.ring.start()

    def stop(self) -> None:
        """Let no more frames come; lamps off."""
        if self.ring.running:
            self.ring.stop()
            self._switch_lamp(on=False)

    def value(self, control_id: int) -> int | None:
        """What a control is now; None where the camera does not tell."""
        return control_value(self._calls, self.descriptor, self.controls, control_id)

    def source_changed(self) -> bool:
        """Take the waiting events; whether one says that the picture has another size now."""
        changed = False
        for _ in range(16):
            event = abi.PendingEvent()
            try:
                self._calls.ioctl(self.descriptor, abi.DQEVENT, event)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ENOTTY, errno.EINVAL):
                    break
                raise
            changed |= event.type == abi.EVENT_SOURCE_CHANGE and bool(event.payload[0] & abi.CHANGED_RESOLUTION)
        return changed

    def agree_again(self) -> None:
        """After a change of the picture: the same wish once more, with new buffers; the stream goes on."""
        self.ring.free()
        self._agree(chosen_mode(self._calls, self.descriptor, self._wish, self._order))
        self.ring.start()

    def _begin(self, settings: Mapping[int, int]) -> None:
        told = abi.Capability()
        try:
            camera = is_camera(self._calls, self.descriptor)
            self._calls.ioctl(self.descriptor, abi.QUERYCAP, told)
        except OSError as error:
            if error.errno not in (errno.ENOTTY, errno.EINVAL):
                raise
            camera = False
        if not camera:
            raise DeviceUnsupported(f"{self.node.path} is no camera that streams; name another 'node'")
        self.kernel_driver, self.card = _text(told.driver), _text(told.card)
        self.controls = known_controls(self._calls, self.descriptor)
        with contextlib.suppress(OSError):  # few drivers tell; the others have nothing to tell
            wanted = abi.EventSubscription(type=abi.EVENT_SOURCE_CHANGE)
            self._calls.ioctl(self.descriptor, abi.SUBSCRIBE_EVENT, wanted)
        self._agree(chosen_mode(self._calls, self.descriptor, self._wish, self._order))
        apply_settings(self._calls, self.descriptor, self.controls, settings)

    def _agree(self, mode: Mode) -> None:
        """Set format and rate, believe what the driver makes of it if that can be, and have buffers of that size."""
        asked = abi.Format(
            type=abi.VIDEO_CAPTURE,
            width=mode.width,
            height=mode.height,
            pixelformat=abi.fourcc_code(mode.pixel_format),
            field=abi.FIELD_NONE,
        )
        self._calls.ioctl(self.descriptor, abi.S_FMT, asked)
        given = abi.fourcc(asked.pixelformat)
        if given not in self._order:
            raise DeviceUnsupported(f"the camera delivers {given!r} where it was asked for {mode.pixel_format!r}")
        if asked.field not in (abi.FIELD_ANY, abi.FIELD_NONE):
            raise DeviceUnsupported("the camera delivers interlaced frames, which tear when a person moves")
        layout = checked_layout(given, asked.width, asked.height, asked.bytesperline, asked.sizeimage)
        for name, wished, got in (
            ("width", self._wish.width, layout.width),
            ("height", self._wish.height, layout.height),
        ):
            if wished not in (None, got):
                raise DeviceUnsupported(f"the camera makes {got} of a {name} of {wished}; correct the configuration")
        self.layout = layout
        self.interval_s = self._agree_on_rate(mode)
        self.ring.allocate(layout.size)

    def _agree_on_rate(self, mode: Mode) -> float:
        """Seconds from a frame to the next, by the driver; a rate that it does not have becomes its nearest."""
        parameters = abi.StreamParameters(type=abi.VIDEO_CAPTURE)
        wished = self._wish.frame_rate or max((rate for rate in mode.rates if rate <= 60), default=None)
        if wished is not None:
            parameters.numerator, parameters.denominator = 1000, round(1000 * wished)
        try:
            self._calls.ioctl(self.descriptor, abi.S_PARM, parameters)
        except OSError as error:
            if error.errno not in (errno.ENOTTY, errno.EINVAL):
                raise
            return _UNTOLD_INTERVAL_S
        if not parameters.numerator or not parameters.denominator:
            return _UNTOLD_INTERVAL_S
        return min(max(float(parameters.numerator / parameters.denominator), 1e-3), 60.0)

    def _switch_lamp(self, *, on: bool) -> None:
        if abi.ILLUMINATORS_1 in self.controls:
            with contextlib.suppress(OSError):
                set_control(self._calls, self.descriptor, abi.ILLUMINATORS_1, int(on))


def _text(told: bytes) -> str:
    return told.decode("utf-8", "replace").strip()
