"""A near-infrared GigE Vision camera as an `IrisCamera`, by way of Aravis."""

import contextlib
import time
from collections.abc import Callable, Iterator
from ipaddress import AddressValueError, IPv4Address
from math import inf, isfinite
from threading import Event
from typing import Self

from drivers.errors import CaptureCancelled, CaptureTimeout, DeviceError, DeviceHung, DeviceLost, DeviceNotFound
from drivers.frame import Eyes, Illumination, IrisFrame
from drivers.iris.gige_self_test import loss_step, rate_step
from drivers.protocols import DeviceCondition, DeviceIdentity, SelfTestStep
from drivers.transports.gige_control import ANSWER_TIMEOUT_S, ControlChannel
from drivers.transports.gige_features import GigeSettings
from drivers.transports.gige_pixels import PIXEL_FORMATS
from drivers.transports.gige_vision import GigeCamera, GigeFrame, StreamStatistics, release_control

DRIVER = "gige"
NO_WHOLE_FRAME_S = 10.0
"""A camera of whose frames none is whole for so long cannot serve."""
_SLICE_S = 0.05
_REST_TIMEOUT_S = 0.1
_TEST_FRAMES = 10
_TEST_PATIENCE_S = 5.0


class GigeIrisCamera:
    """A GigE Vision camera with a grey sensor and infrared light, free-running, at a known address.

    It is opened by its address alone, and nothing is broadcast. Whoever watches has it send frames; after that it is
    still. A camera that was lost or hangs is opened anew by the next call.

    Parameters
    ----------
    camera : str
        Its IPv4 address.
    serial : str
        Its serial number; another camera at that address is refused. By default any.
    eyes : {"unknown", "right", "left", "both"}
        What its frames show.
    width, height, offset_x, offset_y : int, optional
        Part of the sensor, in pixels; by default as the camera has it.
    pixel_format : str, optional
        One of `Mono8`, `Mono10`, `Mono10Packed`, `Mono10p`, `Mono12`, `Mono12Packed`, `Mono12p`, `Mono14`, `Mono16`,
        by default as the camera has it; frames have its upper 8 bits.
    exposure_ms, gain_db, frame_rate : float, optional
        By default as the camera has them.
    packet_size : int, optional
        Bytes of a packet with its IP and UDP headers, 576 to 16404; by default the largest that arrives, where the
        camera can try, else as it has it.
    resend : bool
        Whether lost packets are asked for again, where the camera can send them again.
    packet_timeout_ms, frame_retention_ms : float
        How late a packet is asked for again, and a frame without a further packet is given up.
    silence_ms, answer_timeout_ms : float
        A camera that sent no part of a frame for `silence_ms` is asked whether it is there, and has
        `answer_timeout_ms` to answer: a loss or a hang is told within their sum, 1.6 s by default. One that answers,
        but sends nothing for three times `silence_ms` and for four frames' time, hangs too.
    px_per_mm : float
        Sampling of an eye at the working distance, for `identity.ppi`; 0 where it is not known.
    focus_distance_mm : float, optional
        The working distance of its lens.
    wavelength_nm : float, optional
        Of its lamps, which are taken to burn at their rated current.

    Raises
    ------
    ValueError
        An option out of range.
    """

    def __init__(
        self,
        camera: str,
        *,
        serial: str = "",
        eyes: str = "unknown",
        width: int | None = None,
        height: int | None = None,
        offset_x: int | None = None,
        offset_y: int | None = None,
        pixel_format: str | None = None,
        exposure_ms: float | None = None,
        gain_db: float | None = None,
        frame_rate: float | None = None,
        packet_size: int | None = None,
        resend: bool = True,
        packet_timeout_ms: float = 20.0,
        frame_retention_ms: float = 100.0,
        silence_ms: float = 1000.0,
        answer_timeout_ms: float = ANSWER_TIMEOUT_S * 1000,
        px_per_mm: float = 0.0,
        focus_distance_mm: float | None = None,
        wavelength_nm: float | None = None,
    ) -> None:
        _check_address(camera)
        _check_numbers(
            positive={
                "width": width,
                "height": height,
                "exposure_ms": exposure_ms,
                "frame_rate": frame_rate,
                "packet_timeout_ms": packet_timeout_ms,
                "frame_retention_ms": frame_retention_ms,
                "silence_ms": silence_ms,
                "answer_timeout_ms": answer_timeout_ms,
                "focus_distance_mm": focus_distance_mm,
                "wavelength_nm": wavelength_nm,
            },
            not_negative={"offset_x": offset_x, "offset_y": offset_y, "px_per_mm": px_per_mm},
        )
        if gain_db is not None and not isfinite(gain_db):
            raise ValueError(f"gain_db must be finite, not {gain_db}")
        if packet_size is not None and not 576 <= packet_size <= 16404:
            raise ValueError(f"packet_size must lie in 576 to 16404, not {packet_size}")
        names = [name for name, _, _ in PIXEL_FORMATS.values()]
        if pixel_format is not None and pixel_format not in names:
            raise ValueError(f"pixel_format must be one of {', '.join(names)}, not {pixel_format!r}")
        self._settings = GigeSettings(
            camera=camera,
            serial=serial,
            width=width,
            height=height,
            offset_x=offset_x,
            offset_y=offset_y,
            pixel_format=pixel_format,
            exposure_ms=exposure_ms,
            gain_db=gain_db,
            frame_rate=frame_rate,
            packet_size=packet_size,
            resend=resend,
            packet_timeout_ms=packet_timeout_ms,
            frame_retention_ms=frame_retention_ms,
            answer_timeout_s=answer_timeout_ms / 1000,
        )
        self._silence_s = silence_ms / 1000
        self._eyes, self._ppi = Eyes(eyes), px_per_mm * 25.4
        self._focus_mm = focus_distance_mm
        self._light = None if wavelength_nm is None else Illumination(wavelength_nm, 1.0)
        self._open = False
        self._link: GigeCamera | None = None
        self._former: ControlChannel | None = None
        self._identity: DeviceIdentity | None = None
        self._user: object = None
        self._resets = 0

    @property
    def condition(self) -> DeviceCondition:
        """Frames that came in parts only since it was opened."""
        return DeviceCondition(bad_frames=self._link.incomplete if self._link else 0)

    @property
    def identity(self) -> DeviceIdentity:
        """What the camera told of itself when it was opened."""
        if self._identity is None:
            raise DeviceLost("the camera is not open; use it in a with block")
        return self._identity

    def __enter__(self) -> Self:
        if self._open:
            raise DeviceError("this camera is open already; close it first")
        try:
            self._connect()
        except DeviceLost as error:
            raise DeviceNotFound(str(error)) from error
        self._open = True
        return self

    def __exit__(self, *exc: object) -> None:
        self._open, self._user = False, None
        self._disconnect()
        former, self._former = self._former, None
        if former is not None:
            with former:
                _try_release(former)

    def frames(self, cancel: Event) -> Iterator[IrisFrame]:
        """Yield the newest whole frame, time after time, until `cancel` is set or it is closed; errors as the protocol.

        Frames that lost packets for good are not shown, and are counted in the next one's `dropped`.
        """
        try:
            link = self._live(cancel)
        except CaptureCancelled:
            return
        user = self._user = object()
        try:
            while (found := self._next(link, user, cancel, inf)) is not None:
                yield self._iris_frame(link, found, found.lost)
        finally:
            if self._user is user:
                self._user = None
                self._rest(link)

    def capture(self, timeout_s: float, cancel: Event) -> IrisFrame:
        """Deliver the first whole frame whose exposure began after the call; errors as the protocol says."""
        began = time.monotonic()
        if cancel.is_set():
            raise CaptureCancelled("the capture was cancelled")
        link = self._live(cancel)
        user = self._user = object()
        exposure_s = (link.features.exposure_ms or 0.0) / 1000
        lost = 0
        try:
            while True:
                found = self._next(link, user, cancel, began + timeout_s)
                if found is None:
                    raise CaptureCancelled("the capture was cancelled")
                lost += found.lost
                if found.captured_at - exposure_s >= began:
                    return self._iris_frame(link, found, lost)
        finally:
            self._user = None
            self._rest(link)

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Ask a register, and look at ten frames: whether they come, at their rate, and whole."""
        _refuse_cancelled(cancel)
        link = self._live(cancel)
        began = time.monotonic()
        link.check_alive(cancel)
        took_ms = (time.monotonic() - began) * 1000
        yield SelfTestStep("control", True, f"the camera at {self._settings.camera} answers in {took_ms:.1f} ms")
        _refuse_cancelled(cancel)
        before = link.incomplete
        times: list[float] = []
        lost = 0
        user = self._user = object()
        try:
            deadline = time.monotonic() + _TEST_PATIENCE_S + 3 * self._interval_s(link)
            while len(times) < _TEST_FRAMES:
                found = self._next(link, user, cancel, deadline)
                _refuse_cancelled(cancel)
                if found is None:
                    raise CaptureCancelled("the self test was ended by another use of the camera")
                times.append(found.captured_at)
                lost += found.lost
        except CaptureTimeout:
            pass
        finally:
            self._user = None
            self._rest(link)
        yield rate_step(times, link.features)
        yield loss_step(len(times), lost, link.incomplete - before, link.features)

    def stream_statistics(self) -> StreamStatistics:
        """Frames and packets since the camera was opened, or opened anew."""
        return self._live(Event()).statistics()

    def reset(self) -> None:
        """End what is under way with `DeviceHung`, from any thread; the next call opens the camera anew."""
        self._resets += 1
        link = self._link
        if link is not None:
            link.cut()

    def _connect(self, stop: Callable[[], bool] = bool) -> GigeCamera:
        if self._former is not None:
            # A camera that was cut off takes us for another program until it is let go of, or its 3 s are over.
            if not release_control(self._former, stop):
                raise CaptureCancelled("opening the camera was cancelled")
            self._former = None
        link = self._link = GigeCamera(self._settings)
        try:
            link.open(stop)
        except BaseException:
            self._disconnect()
            raise
        told = link.features
        self._identity = DeviceIdentity(
            DRIVER, told.vendor, told.model, told.serial, told.firmware, self._ppi, told.width, told.height
        )
        return link

    def _disconnect(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            former = link.close()
            if former is not None:
                if self._former is not None:
                    self._former.close()
                self._former = former

    def _live(self, cancel: Event) -> GigeCamera:
        """The open camera, opened anew where it was lost or reset."""
        if not self._open:
            raise DeviceLost("the camera is not open; use it in a with block")
        if self._link is not None and not self._link.was_cut:
            return self._link
        self._disconnect()
        return self._connect(cancel.is_set)

    def _next(self, link: GigeCamera, user: object, cancel: Event, deadline: float) -> GigeFrame | None:
        """The next frame; None where `cancel` was set, another call took over, or the camera was closed."""
        resets = self._resets
        began = looked_at = time.monotonic()
        quiet_s = max(3 * self._silence_s, 4 * self._interval_s(link))
        try:
            while not cancel.is_set() and self._user is user:
                now = time.monotonic()
                if now >= deadline:
                    raise CaptureTimeout(f"no frame came from the camera at {self._settings.camera} in the time given")
                if self._resets != resets:
                    raise DeviceHung(f"the camera at {self._settings.camera} was reset while it was in use; try again")
                if not link.acquiring:
                    # Aravis would try to start a camera that is silent for 2.5 s, deaf to anything else.
                    link.check_alive(cancel)
                    if cancel.is_set():
                        break
                    link.start()
                found = link.newest(min(_SLICE_S, deadline - now))
                if found is not None:
                    return found
                now = time.monotonic()
                looked_at = max(looked_at, link.sign_at)
                if now - looked_at > self._silence_s:
                    link.check_alive(cancel)
                    looked_at = time.monotonic()
                self._refuse_silence(now - max(began, link.sign_at), now - began, quiet_s)
        except DeviceLost:
            link.cut()
            raise
        return None

    def _refuse_silence(self, silent_s: float, without_s: float, quiet_s: float) -> None:
        camera = self._settings.camera
        if silent_s >= quiet_s:
            raise DeviceHung(
                f"the camera at {camera} answers, but sends no frames; reset it, or allow UDP from it in the firewall"
            )
        if without_s >= max(NO_WHOLE_FRAME_S, 3 * quiet_s):
            raise DeviceHung(
                f"no frame of the camera at {camera} arrived whole for {without_s:.0f} s: packets are lost; check "
                "cable and switch, lower its frame rate, or set packet_size to 1500"
            )

    def _rest(self, link: GigeCamera) -> None:
        """Stop the frames after use; a camera that does not answer at once is cut off, as stopping it takes seconds."""
        if link.was_cut or not link.acquiring or link is not self._link:
            return
        try:
            link.check_alive(Event(), _REST_TIMEOUT_S)
            link.stop()
        except DeviceError:
            link.cut()  # the next call finds out what is wrong, and says so

    def _iris_frame(self, link: GigeCamera, found: GigeFrame, lost: int) -> IrisFrame:
        told = link.features
        return IrisFrame(
            found.pixels,
            found.captured_at,
            self._eyes,
            told.exposure_ms,
            told.gain_db,
            self._light,
            self._focus_mm,
            lost,
        )

    def _interval_s(self, link: GigeCamera) -> float:
        told = link.features
        return max(1 / told.frame_rate if told.frame_rate else 0.0, (told.exposure_ms or 0.0) / 1000)


def _try_release(former: ControlChannel) -> None:
    with contextlib.suppress(DeviceError):  # it is gone, or lets go by itself after its heartbeat's 3 s
        release_control(former)


def _refuse_cancelled(cancel: Event) -> None:
    if cancel.is_set():
        raise CaptureCancelled("the self test was cancelled")


def _check_address(camera: str) -> None:
    try:
        address = IPv4Address(camera)
    except AddressValueError as error:
        raise ValueError(f"camera must be an IPv4 address, not {camera!r}") from error
    if address.is_multicast or address.is_unspecified or address == IPv4Address("255.255.255.255"):
        raise ValueError(f"camera must be the address of one camera, not {camera}")


def _check_numbers(positive: dict[str, float | None], not_negative: dict[str, float | None]) -> None:
    for name, value in positive.items():
        if value is not None and not 0 < value < inf:
            raise ValueError(f"{name} must be positive, not {value}")
    for name, value in not_negative.items():
        if value is not None and not 0 <= value < inf:
            raise ValueError(f"{name} must not be negative, not {value}")
