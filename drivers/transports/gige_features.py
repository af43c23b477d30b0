"""What a GigE Vision camera is set to, and what it then says that it is."""

from ctypes import c_double
from dataclasses import dataclass

from drivers.errors import DeviceError, DeviceNotFound, DeviceUnsupported
from drivers.transports import aravis_library as arv
from drivers.transports.aravis_library import Aravis
from drivers.transports.gige_control import ANSWER_TIMEOUT_S
from drivers.transports.gige_pixels import PIXEL_FORMATS, payload_bytes

MAX_PIXELS = 64_000_000
_MAX_EXTRA_BYTES = 1 << 20


@dataclass(frozen=True)
class GigeSettings:
    """What is asked of a camera; None leaves a thing as the camera has it."""

    camera: str
    """IPv4 address."""
    serial: str = ""
    """Its serial number, where that must be right."""
    width: int | None = None
    height: int | None = None
    offset_x: int | None = None
    offset_y: int | None = None
    pixel_format: str | None = None
    """One of `PIXEL_FORMATS`, by name."""
    exposure_ms: float | None = None
    gain_db: float | None = None
    frame_rate: float | None = None
    packet_size: int | None = None
    """Bytes with IP and UDP headers; None finds the largest that arrives, where the camera can send test packets."""
    resend: bool = True
    packet_timeout_ms: float = 20.0
    """A packet that is this late is asked for again."""
    frame_retention_ms: float = 100.0
    """A frame that gets no packet for so long is given up."""
    answer_timeout_s: float = ANSWER_TIMEOUT_S
    """A register whose answer takes longer is taken for a hang."""


@dataclass(frozen=True)
class GigeFeatures:
    """What an open camera says of itself once it was set."""

    vendor: str
    model: str
    serial: str
    firmware: str
    width: int
    height: int
    pixel_format: int
    payload: int
    """Bytes of a frame."""
    packet_size: int
    exposure_ms: float | None
    gain_db: float | None
    frame_rate: float | None


def configure(aravis: Aravis, camera: int, settings: GigeSettings) -> GigeFeatures:
    """Set a camera up and read back what it made of it.

    Raises
    ------
    AravisError
        It refused, or does not answer.
    DeviceNotFound
        It is another camera than the settings name.
    DeviceError
        It cannot do what the settings ask, or tells impossible things (`DeviceUnsupported` where it has no such thing).
    """
    serial = aravis.text("arv_camera_get_device_serial_number", camera)
    if settings.serial and settings.serial != serial:
        raise DeviceNotFound(
            f"the camera at {settings.camera} is {serial or 'without a serial number'}, not {settings.serial}; "
            "correct the address, or the serial number"
        )
    _set_mode(aravis, camera, settings)
    _set_picture(aravis, camera, settings)
    exposure_ms = _set_exposure(aravis, camera, settings)
    gain_db = _set_gain(aravis, camera, settings)
    frame_rate = _set_frame_rate(aravis, camera, settings)
    if settings.packet_size is not None:
        aravis.call("arv_camera_gv_set_packet_size", camera, settings.packet_size)
    _, _, width, height = aravis.numbers("arv_camera_get_region", camera, 4)
    pixel_format = aravis.call("arv_camera_get_pixel_format", camera)
    payload = aravis.call("arv_camera_get_payload", camera)
    check_picture(settings.camera, width, height, pixel_format, payload)
    return GigeFeatures(
        aravis.text("arv_camera_get_vendor_name", camera),
        aravis.text("arv_camera_get_model_name", camera),
        serial,
        aravis.text("arv_camera_get_string", camera, b"DeviceFirmwareVersion")
        or aravis.text("arv_camera_get_string", camera, b"DeviceVersion"),
        width,
        height,
        pixel_format,
        payload,
        aravis.call("arv_camera_gv_get_packet_size", camera),
        exposure_ms,
        gain_db,
        frame_rate,
    )


def check_picture(camera: str, width: int, height: int, pixel_format: int, payload: int) -> None:
    """Refuse a picture that cannot be.

    Raises
    ------
    DeviceUnsupported
        The pixel format is not grey.
    DeviceError
        No pixels, more than 64 million, or a payload that does not hold them.
    """
    if pixel_format not in PIXEL_FORMATS:
        raise DeviceUnsupported(
            f"the camera at {camera} sends pixel format {pixel_format:#010x}, which is not grey or not known; "
            "set pixel_format to one of " + ", ".join(name for name, _, _ in PIXEL_FORMATS.values())
        )
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise DeviceError(f"the camera at {camera} tells an impossible size of {width} x {height}; restart it")
    expected = payload_bytes(width, height, pixel_format)
    if not expected <= payload <= expected + _MAX_EXTRA_BYTES:
        raise DeviceError(
            f"the camera at {camera} tells {payload} bytes for {width} x {height} "
            f"{PIXEL_FORMATS[pixel_format][0]}, which has {expected}; restart it"
        )


def _set_mode(aravis: Aravis, camera: int, settings: GigeSettings) -> None:
    """Free-running: one frame after the other, without a trigger."""
    # Who controlled it before may have died while frames came; a camera that sends takes no new size.
    aravis.call("arv_camera_stop_acquisition", camera)
    aravis.call("arv_camera_set_acquisition_mode", camera, arv.CONTINUOUS)
    if _has(aravis, camera, "TriggerSelector"):
        aravis.call("arv_camera_clear_triggers", camera)
    if settings.pixel_format is not None:
        aravis.call("arv_camera_set_pixel_format_from_string", camera, settings.pixel_format.encode())


def _set_picture(aravis: Aravis, camera: int, settings: GigeSettings) -> None:
    """Set size and place; Aravis itself sends any number, and a camera may take it."""
    x, y, width, height = aravis.numbers("arv_camera_get_region", camera, 4)
    asked = (settings.offset_x, settings.offset_y, settings.width, settings.height)
    if asked == (None,) * 4:
        return
    wanted = [now if new is None else new for now, new in zip((x, y, width, height), asked, strict=True)]
    sensor = aravis.numbers("arv_camera_get_sensor_size", camera, 2)
    for axis, name in enumerate(("width", "height")):
        low, high = aravis.numbers(f"arv_camera_get_{name}_bounds", camera, 2)
        step = max(1, aravis.call(f"arv_camera_get_{name}_increment", camera))
        high = max(high, sensor[axis])
        offset, size = wanted[axis], wanted[axis + 2]
        if not low <= size <= high - offset or (size - low) % step or offset < 0:
            raise DeviceError(
                f"the camera at {settings.camera} cannot have {name} {size} at {offset}: "
                f"{low} to {high} in steps of {step} fit its sensor; correct the configuration"
            )
    aravis.call("arv_camera_set_region", camera, *wanted)


def _set_exposure(aravis: Aravis, camera: int, settings: GigeSettings) -> float | None:
    if not aravis.call("arv_camera_is_exposure_time_available", camera):
        _refuse(settings, "exposure_ms", settings.exposure_ms)
        return None
    if settings.exposure_ms is not None:
        if aravis.call("arv_camera_is_exposure_auto_available", camera):
            aravis.call("arv_camera_set_exposure_time_auto", camera, arv.AUTO_OFF)
        exposure_us = settings.exposure_ms * 1000
        _check(aravis, camera, settings, "exposure_time", exposure_us, "exposure in microseconds")
        aravis.call("arv_camera_set_exposure_time", camera, exposure_us)
    exposure_us = float(aravis.call("arv_camera_get_exposure_time", camera))
    return exposure_us / 1000 if exposure_us > 0 else None


def _set_gain(aravis: Aravis, camera: int, settings: GigeSettings) -> float | None:
    # Where there is GainRaw only, its numbers are the vendor's own, not decibels.
    if not _has(aravis, camera, "Gain"):
        _refuse(settings, "gain_db", settings.gain_db)
        return None
    if settings.gain_db is not None:
        if aravis.call("arv_camera_is_gain_auto_available", camera):
            aravis.call("arv_camera_set_gain_auto", camera, arv.AUTO_OFF)
        _check(aravis, camera, settings, "gain", settings.gain_db, "gain in dB")
        aravis.call("arv_camera_set_gain", camera, settings.gain_db)
    return float(aravis.call("arv_camera_get_gain", camera))


def _set_frame_rate(aravis: Aravis, camera: int, settings: GigeSettings) -> float | None:
    if not aravis.call("arv_camera_is_frame_rate_available", camera):
        _refuse(settings, "frame_rate", settings.frame_rate)
        return None
    if settings.frame_rate is not None:
        _check(aravis, camera, settings, "frame_rate", settings.frame_rate, "frame rate")
        aravis.call("arv_camera_set_frame_rate", camera, settings.frame_rate)
    frame_rate = float(aravis.call("arv_camera_get_frame_rate", camera))
    return frame_rate if frame_rate > 0 else None


def _check(aravis: Aravis, camera: int, settings: GigeSettings, feature: str, value: float, name: str) -> None:
    low, high = aravis.numbers(f"arv_camera_get_{feature}_bounds", camera, 2, c_double)
    if not low <= value <= high:
        raise DeviceError(
            f"the camera at {settings.camera} cannot have {name} {value:g}, only {low:g} to {high:g}; "
            "correct the configuration"
        )


def _refuse(settings: GigeSettings, name: str, value: float | None) -> None:
    if value is not None:
        raise DeviceUnsupported(f"the camera at {settings.camera} cannot set {name}; leave it out of the configuration")


def _has(aravis: Aravis, camera: int, feature: str) -> bool:
    return bool(aravis.call("arv_camera_is_feature_available", camera, feature.encode()))
