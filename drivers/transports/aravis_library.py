"""Aravis' C functions that GigE Vision cameras need, loaded where they are first used."""

import ctypes
from ctypes import (
    POINTER,
    byref,
    c_char_p,
    c_double,
    c_int,
    c_size_t,
    c_uint,
    c_uint32,
    c_uint64,
    c_void_p,
)
from functools import cache
from typing import Any

from drivers.errors import DeviceError

LIBRARIES = ("libaravis-0.8.so.0", "libgobject-2.0.so.0", "libgio-2.0.so.0", "libglib-2.0.so.0")
CONTINUOUS = 0
"""ARV_ACQUISITION_MODE_CONTINUOUS."""
AUTO_OFF = 0
"""ARV_AUTO_OFF."""
ERROR_TIMEOUT, ERROR_NOT_CONTROLLER, ERROR_ACCESS_DENIED = 5, 10, 17
"""Of ArvDeviceError."""
BUFFER_WHOLE, BUFFER_SIZE_MISMATCH = 0, 5
"""ARV_BUFFER_STATUS_SUCCESS and ..._SIZE_MISMATCH."""
NO_PACKET_SOCKET = 1
"""ARV_GV_STREAM_OPTION_PACKET_SOCKET_DISABLED: raw sockets are for root alone."""
PACKET_SIZE_NEVER, PACKET_SIZE_ONCE = 0, 2
"""Of ArvGvPacketSizeAdjustment: leave it alone, or find the largest that arrives when the stream is made."""
RESEND_NEVER, RESEND_ALWAYS = 0, 1
"""Of ArvGvStreamPacketResend."""
SOCKET_BUFFER_FIXED = 0
"""ARV_GV_STREAM_SOCKET_BUFFER_FIXED: a kernel buffer of the size that is set, if the kernel allows it."""
_TYPE_UINT, _TYPE_INT = 7 << 2, 6 << 2  # G_TYPE_MAKE_FUNDAMENTAL
_OBJECT = c_void_p
_INTS, _DOUBLES, _COUNTS = POINTER(c_int), POINTER(c_double), POINTER(c_uint64)
_Prototype = tuple[Any, tuple[Any, ...]]

_FALLIBLE: dict[str, _Prototype] = {
    "arv_gv_device_new": (_OBJECT, (_OBJECT, _OBJECT)),
    "arv_camera_new_with_device": (_OBJECT, (_OBJECT,)),
    "arv_camera_get_region": (None, (_OBJECT, *(_INTS,) * 4)),
    "arv_camera_set_region": (None, (_OBJECT, c_int, c_int, c_int, c_int)),
    "arv_camera_get_width_bounds": (None, (_OBJECT, *(_INTS,) * 2)),
    "arv_camera_get_height_bounds": (None, (_OBJECT, *(_INTS,) * 2)),
    "arv_camera_get_width_increment": (c_int, (_OBJECT,)),
    "arv_camera_get_height_increment": (c_int, (_OBJECT,)),
    "arv_camera_get_sensor_size": (None, (_OBJECT, *(_INTS,) * 2)),
    "arv_camera_is_region_offset_available": (c_int, (_OBJECT,)),
    "arv_camera_get_pixel_format": (c_uint32, (_OBJECT,)),
    "arv_camera_set_pixel_format_from_string": (None, (_OBJECT, c_char_p)),
    "arv_camera_get_pixel_format_as_string": (c_char_p, (_OBJECT,)),
    "arv_camera_set_acquisition_mode": (None, (_OBJECT, c_int)),
    "arv_camera_clear_triggers": (None, (_OBJECT,)),
    "arv_camera_is_frame_rate_available": (c_int, (_OBJECT,)),
    "arv_camera_get_frame_rate": (c_double, (_OBJECT,)),
    "arv_camera_set_frame_rate": (None, (_OBJECT, c_double)),
    "arv_camera_get_frame_rate_bounds": (None, (_OBJECT, *(_DOUBLES,) * 2)),
    "arv_camera_is_exposure_time_available": (c_int, (_OBJECT,)),
    "arv_camera_is_exposure_auto_available": (c_int, (_OBJECT,)),
    "arv_camera_set_exposure_time_auto": (None, (_OBJECT, c_int)),
    "arv_camera_get_exposure_time": (c_double, (_OBJECT,)),
    "arv_camera_set_exposure_time": (None, (_OBJECT, c_double)),
    "arv_camera_get_exposure_time_bounds": (None, (_OBJECT, *(_DOUBLES,) * 2)),
    "arv_camera_is_gain_available": (c_int, (_OBJECT,)),
    "arv_camera_is_gain_auto_available": (c_int, (_OBJECT,)),
    "arv_camera_set_gain_auto": (None, (_OBJECT, c_int)),
    "arv_camera_get_gain": (c_double, (_OBJECT,)),
    "arv_camera_set_gain": (None, (_OBJECT, c_double)),
    "arv_camera_get_gain_bounds": (None, (_OBJECT, *(_DOUBLES,) * 2)),
    "arv_camera_get_payload": (c_uint, (_OBJECT,)),
    "arv_camera_gv_get_packet_size": (c_uint, (_OBJECT,)),
    "arv_camera_gv_set_packet_size": (None, (_OBJECT, c_int)),
    "arv_camera_create_stream": (_OBJECT, (_OBJECT, c_void_p, c_void_p)),
    "arv_camera_start_acquisition": (None, (_OBJECT,)),
    "arv_camera_stop_acquisition": (None, (_OBJECT,)),
    "arv_camera_get_vendor_name": (c_char_p, (_OBJECT,)),
    "arv_camera_get_model_name": (c_char_p, (_OBJECT,)),
    "arv_camera_get_device_serial_number": (c_char_p, (_OBJECT,)),
    "arv_camera_get_string": (c_char_p, (_OBJECT, c_char_p)),
    "arv_camera_is_feature_available": (c_int, (_OBJECT, c_char_p)),
}
"""Result and arguments; a GError** comes last."""
_INFALLIBLE: dict[str, _Prototype] = {
    "arv_get_major_version": (c_uint, ()),
    "arv_get_minor_version": (c_uint, ()),
    "arv_get_micro_version": (c_uint, ()),
    "arv_gv_device_is_controller": (c_int, (_OBJECT,)),
    "arv_gv_device_set_stream_options": (None, (_OBJECT, c_int)),
    "arv_gv_device_set_packet_size_adjustment": (None, (_OBJECT, c_int)),
    "arv_gv_stream_get_statistics": (None, (_OBJECT, *(_COUNTS,) * 2)),
    "arv_gv_stream_packet_resend_get_type": (c_size_t, ()),
    "arv_gv_stream_socket_buffer_get_type": (c_size_t, ()),
    "arv_stream_get_statistics": (None, (_OBJECT, *(_COUNTS,) * 3)),
    "arv_stream_push_buffer": (None, (_OBJECT, _OBJECT)),
    "arv_stream_try_pop_buffer": (_OBJECT, (_OBJECT,)),
    "arv_stream_timeout_pop_buffer": (_OBJECT, (_OBJECT, c_uint64)),
    "arv_buffer_new_allocate": (_OBJECT, (c_size_t,)),
    "arv_buffer_get_status": (c_int, (_OBJECT,)),
    "arv_buffer_get_payload_type": (c_int, (_OBJECT,)),
    "arv_buffer_get_data": (c_void_p, (_OBJECT, POINTER(c_size_t))),
    "arv_buffer_get_frame_id": (c_uint64, (_OBJECT,)),
    "arv_buffer_get_timestamp": (c_uint64, (_OBJECT,)),
    "arv_buffer_get_system_timestamp": (c_uint64, (_OBJECT,)),
    "arv_buffer_get_image_width": (c_int, (_OBJECT,)),
    "arv_buffer_get_image_height": (c_int, (_OBJECT,)),
    "arv_buffer_get_image_pixel_format": (c_uint32, (_OBJECT,)),
    "arv_buffer_get_image_padding": (None, (_OBJECT, *(_INTS,) * 2)),
}
_GLIB: dict[str, _Prototype] = {
    "g_object_unref": (None, (_OBJECT,)),
    "g_object_set_property": (None, (_OBJECT, c_char_p, c_void_p)),
    "g_value_init": (c_void_p, (c_void_p, c_size_t)),
    "g_value_unset": (None, (c_void_p,)),
    "g_value_set_uint": (None, (c_void_p, c_uint)),
    "g_value_set_int": (None, (c_void_p, c_int)),
    "g_value_set_enum": (None, (c_void_p, c_int)),
    "g_inet_address_new_from_string": (_OBJECT, (c_char_p,)),
    "g_error_free": (None, (c_void_p,)),
    "g_quark_to_string": (c_char_p, (c_uint32,)),
}


class _GError(ctypes.Structure):
    _fields_ = (("domain", c_uint32), ("code", c_int), ("message", c_char_p))


class AravisError(Exception):
    """Aravis refused or failed; `code` is one of `ArvDeviceError`, or -1 for an error of another domain."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Aravis:
    """Aravis' functions with their types.

    Objects are plain addresses; whoever got one gives it back by `unref` once. Every call lets other threads run.
    """

    def __init__(self) -> None:
        self.functions = {}
        arv, gobject, gio, glib = (ctypes.CDLL(name) for name in LIBRARIES)
        for name, (result, arguments) in _FALLIBLE.items():
            self.functions[name] = _typed(arv, name, result, (*arguments, POINTER(POINTER(_GError))))
        for name, (result, arguments) in _INFALLIBLE.items():
            self.functions[name] = _typed(arv, name, result, arguments)
        for name, (result, arguments) in _GLIB.items():
            library = (
                gio if name.startswith("g_inet") else glib if name in ("g_error_free", "g_quark_to_string") else gobject
            )
            self.functions[name] = _typed(library, name, result, arguments)

    @property
    def version(self) -> str:
        """Of the library, e.g. `0.8.26`."""
        return ".".join(str(self.plain(f"arv_get_{part}_version")) for part in ("major", "minor", "micro"))

    def plain(self, name: str, *arguments: Any) -> Any:
        """Call a function that cannot fail."""
        return self.functions[name](*arguments)

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a function that tells failures by a GError.

        Raises
        ------
        AravisError
            It failed, or gave no object where one was due.
        """
        error = POINTER(_GError)()
        result = self.functions[name](*arguments, byref(error))
        if bool(error):
            domain = self.plain("g_quark_to_string", error.contents.domain) or b""
            text = (error.contents.message or b"").decode("utf-8", "replace")
            code = error.contents.code if domain == b"arv-device-error-quark" else -1
            self.plain("g_error_free", error)
            raise AravisError(text, code)
        if result is None and _FALLIBLE[name][0] is _OBJECT:
            raise AravisError(f"{name} gave nothing", -1)
        return result

    def text(self, name: str, *arguments: Any) -> str:
        """Call a function that gives a string, which stays the library's; `""` where the camera has none."""
        try:
            found = self.call(name, *arguments)
        except AravisError as error:
            if error.code == ERROR_TIMEOUT:
                raise
            return ""
        return (found or b"").decode("utf-8", "replace").strip("\0 ")

    def numbers(self, name: str, target: int, count: int, kind: Any = c_int) -> list[Any]:
        """Call a function that writes `count` numbers of a C type, e.g. bounds."""
        places = [kind() for _ in range(count)]
        self.call(name, target, *(byref(place) for place in places))
        return [place.value for place in places]

    def unref(self, target: int) -> None:
        """Give an object back."""
        self.plain("g_object_unref", target)

    def inet_address(self, address: str) -> int:
        """A new GInetAddress of an IPv4 address in its usual form."""
        return int(self.plain("g_inet_address_new_from_string", address.encode()))

    def set_property(self, target: int, name: str, value: int, kind: str = "uint") -> None:
        """Set a property of a GObject: an `int`, a `uint`, or an enumeration given by its type function."""
        number = {"uint": _TYPE_UINT, "int": _TYPE_INT}.get(kind)
        space = (c_uint64 * 3)()  # a GValue: its type and two words
        self.plain("g_value_init", space, self.plain(kind) if number is None else number)
        self.plain(f"g_value_set_{kind if number is not None else 'enum'}", space, value)
        self.plain("g_object_set_property", target, name.encode(), space)
        self.plain("g_value_unset", space)


@cache
def load_aravis() -> Aravis:
    """Aravis, loaded once.

    Raises
    ------
    DeviceError
        It is missing; the message says what to install.
    """
    try:
        return Aravis()
    except (OSError, AttributeError) as error:
        raise DeviceError(
            f"Aravis, which GigE Vision cameras need, cannot be loaded ({error}); install it: "
            "sudo apt-get install libaravis-0.8-0"
        ) from error


def _typed(library: ctypes.CDLL, name: str, result: Any, arguments: tuple[Any, ...]) -> Any:
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments
    return function
