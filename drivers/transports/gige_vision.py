"""One GigE Vision camera through Aravis, opened by its address alone: nothing is ever broadcast."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from ctypes import c_int, c_size_t, c_uint8, c_uint64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.errors import CaptureCancelled, DeviceBusy, DeviceError, DeviceHung, DeviceLost
from drivers.transports import aravis_library as arv
from drivers.transports.aravis_library import AravisError, load_aravis
from drivers.transports.gige_control import CONTROL_PRIVILEGE, CONTROLLED, ControlChannel
from drivers.transports.gige_features import GigeSettings, configure
from drivers.transports.gige_pixels import PIXEL_FORMATS, grey_pixels, payload_bytes
from drivers.transports.gige_sockets import silenced, udp_sockets
from drivers.transports.gige_time import CameraClock, WallClock, frames_lost

BUFFERS = 6
_MISMATCHES_ENDURED = 3
_IMAGE, _IMAGE_WITH_CHUNKS = 1, 0x4001

_opening = threading.Lock()
"""Held while Aravis opens a socket, so that it is told from others by being new."""


@dataclass(frozen=True, eq=False)
class GigeFrame:
    """One whole frame."""

    pixels: NDArray[np.uint8]
    """(height, width)"""
    captured_at: float
    """`time.monotonic()` at which the camera had it ready to send, by its own clock."""
    lost: int
    """Frames between the one before and this that were lost, incomplete, or not taken."""


@dataclass(frozen=True)
class StreamStatistics:
    """What Aravis counted since the camera was opened."""

    whole: int
    incomplete: int
    unbuffered: int
    """Frames for which no buffer was free, as nobody took those before."""
    resent_packets: int
    missing_packets: int


class GigeCamera:
    """An open camera under our control. One thread at a time uses it; `cut` may be called from any.

    Parameters
    ----------
    settings : GigeSettings

    Raises
    ------
    DeviceError
        Aravis is missing.
    """

    def __init__(self, settings: GigeSettings) -> None:
        self._aravis = load_aravis()
        self._settings, self._address = settings, settings.camera
        self._lock = threading.Lock()
        self._device = self._camera = self._stream = 0
        self._control_fd: int | None = None
        self._saved: socket.socket | None = None
        self.was_cut = False
        self.acquiring = False
        self.incomplete = 0
        """Frames that came in parts only, since the camera was opened."""
        self._mismatches = 0
        self._last_id: int | None = None
        self._clock, self._wall = CameraClock(), WallClock()
        self.sign_at = time.monotonic()
        """When the camera last sent a frame, whole or not, or was told to."""

    def open(self, stop: Callable[[], bool] = bool) -> None:
        """Take control of the camera and set it up.

        Raises
        ------
        DeviceError
            The camera cannot do what the settings ask.
        DeviceBusy
            Another program controls it.
        DeviceLost
            Nobody answers at the address (`DeviceHung` where there is silence only).
        CaptureCancelled
            `stop`, asked every 100 ms while the camera is silent, said so.
        """
        with ControlChannel(self._address, timeout_s=self._settings.answer_timeout_s) as control:
            privilege = control.read(CONTROL_PRIVILEGE, stop)
            interface = control.interface
        if privilege is None:
            raise CaptureCancelled("opening the camera was cancelled")
        if privilege & CONTROLLED:
            raise self._busy()
        try:
            self._open_device(interface)
            self.features = configure(self._aravis, self._camera, self._settings)
            self._open_stream(self._settings)
        except AravisError as error:
            raise self._refusal(error, "opening it") from error

    def start(self) -> None:
        """Have the camera send frames; those that lie about from before are forgotten."""
        if self.acquiring:
            return
        self._forget_waiting()
        self._last_id, self._mismatches = None, 0
        self._call("starting it", "arv_camera_start_acquisition", self._camera)
        self.acquiring, self.sign_at = True, time.monotonic()

    def stop(self) -> None:
        """Have the camera send no more frames."""
        if self.acquiring and not self.was_cut:
            self.acquiring = False
            self._call("stopping it", "arv_camera_stop_acquisition", self._camera)

    def newest(self, timeout_s: float) -> GigeFrame | None:
        """The newest whole frame that nobody was given, or the next one; None where none comes within `timeout_s`.

        Raises
        ------
        DeviceLost
            The camera was cut off, lost to another program, or its pictures changed their size (`DeviceHung`: reset).
        DeviceError
            It sends what is no grey picture.
        """
        aravis = self._aravis
        self._refuse_cut()
        newest, taken = 0, 0
        while buffer := aravis.plain("arv_stream_try_pop_buffer", self._stream):
            taken += 1
            newest = self._newer(newest, buffer)
        if newest and taken >= BUFFERS - 1:
            # All buffers were full, so that the frames after these found none: the newest here is an old one.
            self._give_back(newest)
            newest = 0
        if not newest:
            buffer = aravis.plain("arv_stream_timeout_pop_buffer", self._stream, round(timeout_s * 1e6))
            newest = self._newer(0, buffer) if buffer else 0
        if not newest:
            self._refuse_cut()
            return None
        try:
            return self._frame(newest)
        finally:
            self._give_back(newest)

    def check_alive(self, stop: threading.Event, timeout_s: float | None = None) -> None:
        """Ask the camera whether it is there and ours; silent after `stop` was set.

        Parameters
        ----------
        stop : Event
            Looked at every 100 ms.
        timeout_s : float, optional
            How long it may take to answer; by default as its settings say.

        Raises
        ------
        DeviceLost
            It is gone, or under another program's control; or it does not answer (`DeviceHung`).
        """
        try:
            with ControlChannel(self._address, timeout_s=timeout_s or self._settings.answer_timeout_s) as control:
                privilege = control.read(CONTROL_PRIVILEGE, lambda: stop.is_set() or self.was_cut)
        except DeviceBusy as error:
            raise DeviceLost(f"another program took the camera at {self._address}; close it") from error
        self._refuse_cut()
        if privilege is None:
            return
        if not privilege & CONTROLLED or not self._aravis.plain("arv_gv_device_is_controller", self._device):
            raise DeviceLost(
                f"the camera at {self._address} is no longer under our control: it was started anew, or its network "
                "was away for seconds; it is opened again at the next try"
            )

    def statistics(self) -> StreamStatistics:
        """What Aravis counted since the camera was opened."""
        counts = [c_uint64() for _ in range(5)]
        self._aravis.plain("arv_stream_get_statistics", self._stream, *counts[:3])
        self._aravis.plain("arv_gv_stream_get_statistics", self._stream, *counts[3:])
        return StreamStatistics(*(count.value for count in counts))

    def cut(self) -> None:
        """Fail all that is under way with the camera, now and from now on; from any thread.

        Aravis waits 2.5 s for an answer of a camera that is silent, at each of several registers, and cannot be told
        not to. Its socket is replaced by one that refuses to send, so that it gives up within its 0.5 s for one try.
        The socket itself is kept: a camera knows its controller by it.
        """
        with self._lock:
            if self.was_cut:
                return
            self.was_cut = True
            if self._control_fd is not None:
                self._saved = silenced(self._control_fd)

    def close(self) -> ControlChannel | None:
        """Let go of the camera; quick where it was cut off.

        Returns
        -------
        ControlChannel or None
            For a camera that was cut off: what must be released by `release_control` before it is opened again.
        """
        if self._stream and not self.was_cut:
            try:
                self.check_alive(threading.Event())
                self.stop()
            except DeviceError:
                self.cut()
        with self._lock:
            self._control_fd = None  # from here on its number may be given to another
            objects, self._stream, self._camera, self._device = (self._stream, self._camera, self._device), 0, 0, 0
            self.was_cut = True
            saved, self._saved = self._saved, None
        for target in objects:
            if target:
                self._aravis.unref(target)
        if saved is None:
            return None
        try:
            return ControlChannel(self._address, saved, timeout_s=self._settings.answer_timeout_s)
        except DeviceLost:
            return None  # there is no way to the camera: it lets go by itself when it hears nothing

    def _open_device(self, interface: str) -> None:
        aravis = self._aravis
        ends = [aravis.inet_address(interface), aravis.inet_address(self._address)]
        try:
            with _opening:
                before = udp_sockets(interface)
                # Aravis' usual way, by name or serial number, asks all networks who is there.
                self._device = aravis.call("arv_gv_device_new", *ends)
                ours = udp_sockets(interface) - before
        finally:
            for end in ends:
                aravis.unref(end)
        if len(ours) == 1:
            self._control_fd = ours.pop()[0]
        if not aravis.plain("arv_gv_device_is_controller", self._device):
            raise self._busy()
        self._camera = aravis.call("arv_camera_new_with_device", self._device)

    def _open_stream(self, settings: GigeSettings) -> None:
        aravis = self._aravis
        aravis.plain("arv_gv_device_set_stream_options", self._device, arv.NO_PACKET_SOCKET)
        adjustment = arv.PACKET_SIZE_ONCE if settings.packet_size is None else arv.PACKET_SIZE_NEVER
        aravis.plain("arv_gv_device_set_packet_size_adjustment", self._device, adjustment)
        self._stream = stream = aravis.call("arv_camera_create_stream", self._camera, None, None)
        if not settings.resend:
            resend = "arv_gv_stream_packet_resend_get_type"
            aravis.set_property(stream, "packet-resend", arv.RESEND_NEVER, resend)
        sizes = "arv_gv_stream_socket_buffer_get_type"
        aravis.set_property(stream, "socket-buffer", arv.SOCKET_BUFFER_FIXED, sizes)
        aravis.set_property(stream, "socket-buffer-size", _socket_buffer_bytes(self.features.payload), "int")
        aravis.set_property(stream, "packet-timeout", round(settings.packet_timeout_ms * 1000))
        aravis.set_property(stream, "frame-retention", round(settings.frame_retention_ms * 1000))
        for _ in range(BUFFERS):
            buffer = aravis.plain("arv_buffer_new_allocate", self.features.payload)
            aravis.plain("arv_stream_push_buffer", stream, buffer)

    def _newer(self, newest: int, buffer: int) -> int:
        """The later of a whole frame and what came after it; the other goes back to be filled."""
        self.sign_at = time.monotonic()
        status = self._aravis.plain("arv_buffer_get_status", buffer)
        if status != arv.BUFFER_WHOLE:
            self.incomplete += 1
            self._give_back(buffer)
            self._mismatches = self._mismatches + 1 if status == arv.BUFFER_SIZE_MISMATCH else 0
            if self._mismatches >= _MISMATCHES_ENDURED:
                if newest:
                    self._give_back(newest)
                raise self._changed("frames of another size")
            return newest
        self._mismatches = 0
        if newest:
            self._give_back(newest)
        return buffer

    def _give_back(self, buffer: int) -> None:
        self._aravis.plain("arv_stream_push_buffer", self._stream, buffer)

    def _forget_waiting(self) -> None:
        while buffer := self._aravis.plain("arv_stream_try_pop_buffer", self._stream):
            self._give_back(buffer)

    def _frame(self, buffer: int) -> GigeFrame:
        aravis, features = self._aravis, self.features
        if aravis.plain("arv_buffer_get_payload_type", buffer) not in (_IMAGE, _IMAGE_WITH_CHUNKS):
            raise DeviceError(f"the camera at {self._address} sends no plain pictures; set its output to raw images")
        width = aravis.plain("arv_buffer_get_image_width", buffer)
        height = aravis.plain("arv_buffer_get_image_height", buffer)
        pixel_format = aravis.plain("arv_buffer_get_image_pixel_format", buffer)
        if (width, height, pixel_format) != (features.width, features.height, features.pixel_format):
            raise self._changed(f"frames of {width} x {height} in format {pixel_format:#010x}")
        padding = c_int(), c_int()
        aravis.plain("arv_buffer_get_image_padding", buffer, *padding)
        size = c_size_t()
        data = aravis.plain("arv_buffer_get_data", buffer, size)
        if padding[0].value or size.value < payload_bytes(width, height, pixel_format):
            raise DeviceError(
                f"the camera at {self._address} sends rows with padding, or too few bytes; "
                "set its width to a multiple of 4"
            )
        payload = np.frombuffer(memoryview((c_uint8 * size.value).from_address(data)), np.uint8)
        pixels = grey_pixels(payload, width, height, pixel_format)
        frame_id = aravis.plain("arv_buffer_get_frame_id", buffer)
        lost = 0 if self._last_id is None else frames_lost(self._last_id, frame_id)
        self._last_id = frame_id
        arrived = self._wall.monotonic_s(aravis.plain("arv_buffer_get_system_timestamp", buffer))
        tick_ns = aravis.plain("arv_buffer_get_timestamp", buffer)
        return GigeFrame(pixels, self._clock.host_s(tick_ns, arrived), lost)

    def _call(self, doing: str, name: str, *arguments: object) -> None:
        self._refuse_cut()
        try:
            self._aravis.call(name, *arguments)
        except AravisError as error:
            raise self._refusal(error, doing) from error

    def _refuse_cut(self) -> None:
        if self.was_cut:
            raise DeviceHung(f"the camera at {self._address} was reset while it was in use; try again")

    def _refusal(self, error: AravisError, doing: str) -> DeviceError:
        """What an error of Aravis means."""
        if self.was_cut:
            return DeviceHung(f"the camera at {self._address} was reset while it was in use ({doing})")
        if error.code == arv.ERROR_TIMEOUT:
            return DeviceHung(f"the camera at {self._address} does not answer ({doing}: {error}); reset it")
        if error.code in (arv.ERROR_NOT_CONTROLLER, arv.ERROR_ACCESS_DENIED):
            return self._busy()
        return DeviceError(f"the camera at {self._address} refused ({doing}: {error})")

    def _busy(self) -> DeviceBusy:
        return DeviceBusy(
            f"another program controls the camera at {self._address}; close it (the vendor's viewer and arv-viewer are "
            "usual ones), or wait three seconds if it has just died, and try again"
        )

    def _changed(self, what: str) -> DeviceLost:
        features = self.features
        return DeviceLost(
            f"the camera at {self._address} sends {what} where {features.width} x {features.height} "
            f"{PIXEL_FORMATS[features.pixel_format][0]} was set; another program changed it. It is set again at the "
            "next try"
        )


def release_control(control: ControlChannel, stop: Callable[[], bool] = bool) -> bool:
    """Let go of a camera that was cut off, by the socket by which it knows us, and close that.

    Returns
    -------
    bool
        Whether it was done; otherwise `stop`, asked every 100 ms while the camera is silent, said so.

    Raises
    ------
    DeviceLost
        It is gone, or still does not answer (`DeviceHung`); try again with the same channel later.
    """
    # Where another program has it by now, our writing is refused, or not answered; so it is asked first.
    if control.read(CONTROL_PRIVILEGE, stop) is None:
        return False
    with contextlib.suppress(DeviceBusy, DeviceHung):
        control.write(CONTROL_PRIVILEGE, 0, stop)
    control.close()
    return True


def _socket_buffer_bytes(payload: int) -> int:
    """Room for two frames: the kernel counts up to twice a packet's size, and gives no more than rmem_max."""
    return min(4 * payload, 1 << 28)
