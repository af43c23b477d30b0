"""An iris camera without hardware: it draws the eyes that come before it, and fails when asked to."""

import time
from collections.abc import Iterator
from dataclasses import replace
from math import inf
from threading import Event
from typing import Self
from zlib import crc32

from drivers.errors import CaptureCancelled, CaptureTimeout, DeviceError, DeviceHung, DeviceLost
from drivers.frame import Eyes, Illumination, IrisFrame
from drivers.iris.synthesis.anatomy import PX_PER_MM, WORKING_DISTANCE_MM
from drivers.iris.synthesis.artefact import ARTEFACTS, artefact_named
from drivers.iris.synthesis.camera_truth import NOMINAL_LEVEL, CameraTruth, TargetPlacement
from drivers.iris.synthesis.condition import CONDITIONS, condition_named
from drivers.iris.synthesis.drawn_eye import (
    ROOM_LUX,
    SINGLE_SHAPE,
    TWIN_SHAPE,
    DrawnEye,
    check_seeds,
    drawn_eye,
    drawn_eyes,
    frame_scale,
    seen_frame,
)
from drivers.iris.synthesis.drawn_truth import truth_of
from drivers.iris.synthesis.glints import LAMPS_MM
from drivers.iris.synthesis.optics import EXPOSURE_LIMITS_MS, GAIN_DB, Sensor, exposure_ms, sensor_of
from drivers.iris.synthesis.person import Person, chosen_of, drawn_person
from drivers.iris.synthesis.pose import Pose
from drivers.iris.synthesis.scene import Stance
from drivers.iris.synthesis.self_test import empty_place_steps
from drivers.iris.synthesis.sitter import Chosen, Sitter, Visit
from drivers.iris.synthesis.target_frame import target_frame
from drivers.person.part import PersonPart
from drivers.person.person import any_placement
from drivers.protocols import DeviceCondition, DeviceIdentity, LightChange, SelfTestStep
from drivers.stuck_pixels import with_stuck_pixels

__all__ = ["ARTEFACTS", "CONDITIONS", "FAULTS", "DrawnEye", "SyntheticIrisCamera", "drawn_eye", "drawn_eyes"]

FAULTS = {
    "unplug": "the cable is pulled; opening it again finds it plugged in",
    "hang": "it stops answering, deaf to `cancel`, until `reset`",
    "slow": "frames come five times slower, and a capture takes a second and a half more",
    "drops": "two frames of every three are lost on the wire",
    "lamps_off": "its lamps fail, so that the image is nearly black",
    "no_eye": "nobody ever comes before it",
}
FLASH_LUX = 1500.0
"""At the eye: a white lamp of a few watts at half a metre."""
WAVELENGTH_NM = 850.0
_SLOW_FRAMES = 5.0
_SLOW_CAPTURE_S = 1.5
_LOST_PER_FRAME = 2
_FAILED_LAMPS = 0.03
_POLL_S = 0.01


class SyntheticIrisCamera:
    """A camera for demonstrations, training and tests.

    While somebody watches (`frames`, `capture`), a person comes: from the side and from afar, looking about, settles,
    blinks now and then, leaves and comes again as the next impression. Every option is a plain value, so that a
    configuration file can set it.

    Parameters
    ----------
    eye : int
        Which eye; where both are shown, the right one.
    other_eye : int, optional
        The left eye where both are shown; by default the seed after `eye`.
    eyes : {"right", "left", "both"}
        What the frame shows.
    impression : int, optional
        Always this impression; by default the first, the second, ... one at each visit.
    condition : str
        How the eye is seen: one of `CONDITIONS`.
    width, height : int, optional
        Frame size in pixels; by default 640x480, or 1920x480 for both eyes.
    serial : str
        Serial number; it also decides the sensor's own pattern.
    frame_rate : float
        Frames per second.
    room_lux : float
        Visible light, which pupils follow.
    artefact : str, optional
        One of `ARTEFACTS`, presented in place of the bare eye or over it.
    light_step_s : float, optional
        Seconds after each person has settled when the visible light becomes `light_step_lux`, until the next comes.
    light_step_lux : float
        As a flash or a bright lamp gives.
    delay_s, approach_s, settle_s, hold_s : float
        Seconds from being watched until somebody appears, from there to arriving, to stillness, to leaving.
    fault : str, optional
        One of `FAULTS`.
    fault_after_frames : int
        Frames that are delivered well after opening or a reset before the fault shows; `no_eye` shows at once.
    fault_count : int
        How many times it unplugs or hangs, before it stays well.
    truth : CameraTruth, dict or str, optional
        What is true of it, for a technician's measurements, by the names of `CameraTruth`'s fields; `"drawn"`: drawn
        for the serial number. Persons are drawn with its lamps (`level`) and its stuck pixels alone; by default it is a
        good camera.

    Raises
    ------
    ValueError
        An option out of range; an unknown condition, artefact or fault is answered with the names there are.
    """

    def __init__(
        self,
        *,
        eye: int = 1,
        other_eye: int | None = None,
        eyes: str = "right",
        impression: int | None = None,
        condition: str = "clean",
        width: int | None = None,
        height: int | None = None,
        serial: str = "SYN-0001",
        frame_rate: float = 30.0,
        room_lux: float = ROOM_LUX,
        artefact: str | None = None,
        light_step_s: float | None = None,
        light_step_lux: float = FLASH_LUX,
        delay_s: float = 0.3,
        approach_s: float = 0.9,
        settle_s: float = 0.5,
        hold_s: float = 8.0,
        fault: str | None = None,
        fault_after_frames: int = 0,
        fault_count: int = 1,
        truth: CameraTruth | dict[str, float] | str | None = None,
    ) -> None:
        check_seeds(eye, other_eye, impression)
        condition_named(condition)
        artefact_named(artefact)
        if eyes not in ("right", "left", "both"):
            raise ValueError(f"eyes must be right, left or both, not {eyes!r}")
        self._eyes = Eyes(eyes)
        nominal = TWIN_SHAPE if self._twin else SINGLE_SHAPE
        self._shape = (nominal[0] if height is None else height, nominal[1] if width is None else width)
        self._scale = frame_scale(self._shape[1], self._shape[0], twin=self._twin)
        if fault is not None and fault not in FAULTS:
            raise ValueError(f"no fault {fault!r}; there are {', '.join(FAULTS)}")
        if not 0 < frame_rate <= 1000:
            raise ValueError(f"frame_rate must lie in 0 to 1000 per second, not {frame_rate}")
        times = (delay_s, approach_s, settle_s, hold_s)
        if not all(0 <= value < inf for value in (room_lux, light_step_lux, light_step_s or 0.0, *times)):
            raise ValueError("lux, light_step_s, delay_s, approach_s, settle_s, hold_s must be finite and not negative")
        if fault_after_frames < 0 or fault_count < 1:
            raise ValueError("fault_after_frames must not be negative, and fault_count at least 1")
        self._first = self._chosen(eye, other_eye, 1 if impression is None else impression, condition, artefact)
        self._repeat_impression = impression is not None
        self._serial, self._frame_rate, self._lux = serial, float(frame_rate), float(room_lux)
        self._step = None if light_step_s is None else (float(light_step_s), float(light_step_lux))
        self._stepped_for: float | None = None  # when the person came whom the step has met
        self._light_change: LightChange | None = None
        self._times = times
        self._fault, self._fault_after, self._faults_left = fault, fault_after_frames, fault_count
        self._delivered = self._tick = self._lost = 0
        self._plugged = True
        self._answers = Event()
        self._answers.set()
        self._sensor: Sensor | None = None
        self._sitter: Sitter[Person] | None = None
        self._target: tuple[TargetPlacement, CameraTruth] | None = None
        self._truth = None if truth is None else truth_of(truth, crc32(serial.encode()))
        self._exposure_share = 1.0

    @property
    def truth(self) -> CameraTruth | None:
        """What is true of it; None where it was made without."""
        return self._truth

    @property
    def identity(self) -> DeviceIdentity:
        """Who it is."""
        height, width = self._shape
        ppi = PX_PER_MM * self._scale * 25.4
        return DeviceIdentity("synthetic-iris", "Rekam", "Synthetic iris", self._serial, "1", ppi, width, height)

    def __enter__(self) -> Self:
        if self._sitter is not None:
            raise DeviceError("this synthetic camera is open already; close it first")
        self._plugged, self._delivered = True, 0
        if self._sensor is None:
            self._sensor = sensor_of(crc32(self._serial.encode()), self._shape)
        delay_s, approach_s, settle_s, hold_s = self._times
        self._sitter = Sitter(
            self._draw,
            self._first,
            repeat_impression=self._repeat_impression,
            delay_s=delay_s,
            approach_s=approach_s,
            settle_s=settle_s,
            hold_s=hold_s,
        )
        return self

    def __exit__(self, *exc: object) -> None:
        sitter, self._sitter = self._sitter, None
        self._answers.set()
        if sitter is not None:
            sitter.close()

    def present(
        self,
        eye_seed: int,
        impression: int | None = None,
        condition: str | None = None,
        *,
        other_eye_seed: int | None = None,
        artefact: str | None = None,
    ) -> None:
        """Choose who comes next; whoever is before the camera leaves first.

        May be called from another thread, and before opening.

        Parameters
        ----------
        eye_seed : int
            Which eye; where both are shown, the right one.
        impression : int, optional
            Always this impression; by default the eye's next one at each visit.
        condition : str, optional
            By default as before.
        other_eye_seed : int, optional
            The left eye where both are shown; by default the seed after `eye_seed`.
        artefact : str, optional
            By default as before; "none" for a bare eye.

        Raises
        ------
        ValueError
            No such condition or artefact, or a negative seed.
        """
        check_seeds(eye_seed, other_eye_seed, impression)
        if condition is not None:
            condition_named(condition)
        artefact_named(artefact)
        before, nth = self._first, 1 if impression is None else impression
        first = self._chosen(eye_seed, other_eye_seed, nth, condition or before.condition, artefact or before.artefact)
        self._first, self._repeat_impression = first, impression is not None
        if self._sitter is not None:
            self._sitter.choose(first.eye, first.other_eye, impression, condition, time.monotonic(), artefact)

    def show_target(self, target: TargetPlacement | None, truth: CameraTruth | None = None) -> None:
        """Put a technician's target before the camera in place of persons; None takes it away.

        May be called from another thread, and before opening.

        Parameters
        ----------
        target : TargetPlacement or None
        truth : CameraTruth, optional
            What is true of the camera while targets are shown; by default its own, else that of a good one.
        """
        self._target = None if target is None else (target, truth or self._truth or CameraTruth())

    def scale_exposure(self, share: float) -> None:
        """Expose for that share of what is configured, as `SetsExposure` says."""
        if not 0 < share <= 4:
            raise ValueError(f"an exposure is scaled by 0 to 4, not {share}")
        self._exposure_share = float(share)

    def present_person(self, person: int, part: PersonPart, placement: int | None = None) -> None:
        """Choose whose eye comes next, in condition and artefact as before; as `PresentsPersons` says.

        A camera of one eye is turned to the one that is presented, and labels its frames so.
        """
        nth = any_placement() if placement is None else placement
        self._first = chosen_of(person, part, nth, self._first, twin=self._twin)
        self._repeat_impression = placement is not None
        if self._sitter is not None:
            self._sitter.bring(self._first, time.monotonic(), repeat=self._repeat_impression)

    def light_room(self, lux: float) -> None:
        """Change the visible light; pupils follow after their latency. May be called from another thread."""
        if not 0 <= lux < inf:
            raise ValueError(f"lux must be finite and not negative, not {lux}")
        now = time.monotonic()
        visit = None if self._sitter is None else self._sitter.at(now)
        self._lux, self._light_change = float(lux), LightChange(now, brighter=lux > self._lux)
        if visit is not None:
            visit.drawn.light(lux, now)

    @property
    def light_change(self) -> LightChange | None:
        """When the visible light changed last, by `light_room` or its step."""
        return self._light_change

    def frames(self, cancel: Event) -> Iterator[IrisFrame]:
        """Yield what is before the camera, at the frame rate, until `cancel` is set or it is closed."""
        sitter = self._open_sitter()
        due = time.monotonic()
        sitter.attend(due)
        dropped = 0
        while not cancel.is_set() and self._sitter is sitter:
            self._meet_fault()
            yield self._frame(self._visit(sitter), dropped)
            interval = self._frame_interval_s
            due += interval
            late = time.monotonic() - due
            missed = max(0, int(late / interval))
            due += missed * interval
            dropped = missed + (_LOST_PER_FRAME if self._failing("drops") else 0)
            self._lost += dropped - missed
            cancel.wait(max(0.0, due - time.monotonic()))

    def capture(self, timeout_s: float, cancel: Event) -> IrisFrame:
        """Wait until a person has settled with open eyes, and deliver the frame; errors as the protocol says."""
        sitter = self._open_sitter()
        started = time.monotonic()
        sitter.attend(started)
        ready_at = started + (_SLOW_CAPTURE_S if self._failing("slow") else 0.0)
        while True:
            self._meet_fault()
            if cancel.is_set():
                raise CaptureCancelled("the capture was cancelled")
            visit, now = self._visit(sitter), time.monotonic()
            if now >= ready_at and (self._target is not None or (visit is not None and visit.at_rest(now))):
                return self._frame(visit, 0)
            self._wait(sitter, cancel, started + timeout_s)

    @property
    def condition(self) -> DeviceCondition:
        """Frames that were lost on the wire since it was opened."""
        return DeviceCondition(bad_frames=self._lost)

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Look at the empty place: noise, the lamps' light on what is behind, and whether frames come at their rate."""
        self._open_sitter()
        self._meet_fault()
        began = time.monotonic()
        empty = [self._frame(None, 0).pixels for _ in range(8)]
        rate = len(empty) / max(time.monotonic() - began, 1e-6)
        slow, drops = self._failing("slow"), self._failing("drops")
        told = min(rate, self._frame_rate / (_SLOW_FRAMES if slow else 1)) / (1 + _LOST_PER_FRAME if drops else 1)
        at_rate = SelfTestStep(
            "rate",
            rate >= self._frame_rate and not slow and not drops,
            f"{told:.0f} frames per second of {self._frame_rate:.0f}"
            + ("; reset the camera" if slow else "; plug it into a port of its own" if drops else ""),
        )
        for step in (*empty_place_steps(empty), at_rate):
            if cancel.is_set():
                raise CaptureCancelled("the self test was cancelled")
            yield step

    @property
    def hangs(self) -> bool:
        """Whether it is deaf at this moment; may be asked from another thread."""
        return not self._answers.is_set()

    def reset(self) -> None:
        """Free a camera that hangs; from another thread, too."""
        if not self._plugged:
            raise DeviceLost("the synthetic camera is unplugged; open it again")
        self._delivered = 0
        self._answers.set()

    @property
    def _twin(self) -> bool:
        return self._eyes is Eyes.BOTH

    @property
    def _frame_interval_s(self) -> float:
        return (_SLOW_FRAMES if self._failing("slow") else 1.0) / self._frame_rate

    def _failing(self, fault: str) -> bool:
        return self._fault == fault and self._delivered >= self._fault_after

    def _chosen(self, eye: int, other_eye: int | None, impression: int, condition: str, artefact: str | None) -> Chosen:
        other = None if not self._twin else eye + 1 if other_eye is None else other_eye
        return Chosen(eye, other, impression, condition, artefact)

    def _open_sitter(self) -> Sitter[Person]:
        if not self._plugged:
            raise DeviceLost("the synthetic camera is unplugged; open it again")
        if self._sitter is None:
            raise DeviceError("the synthetic camera is not open; use it in a with block")
        return self._sitter

    def _meet_fault(self) -> None:
        """Unplug or hang, if this is the moment."""
        if not self._plugged:
            raise DeviceLost("the synthetic camera is unplugged; open it again")
        if self._faults_left == 0 or self._delivered < self._fault_after:
            return
        if self._fault == "unplug":
            self._faults_left -= 1
            self._plugged = False
            raise DeviceLost("the synthetic camera was unplugged; open it again")
        if self._fault == "hang":
            self._faults_left -= 1
            self._answers.clear()
            self._answers.wait()
            raise DeviceHung("the synthetic camera hung and was reset; capture again")

    def _wait(self, sitter: Sitter[Person], cancel: Event, deadline: float) -> None:
        if self._sitter is not sitter:
            raise DeviceLost("the synthetic camera was closed meanwhile")
        left = deadline - time.monotonic()
        if left <= 0:
            raise CaptureTimeout("no eye was held still before the camera in the time given")
        cancel.wait(min(_POLL_S, left))

    def _visit(self, sitter: Sitter[Person]) -> Visit[Person] | None:
        if self._fault == "no_eye" or self._target is not None:
            return None
        now = time.monotonic()
        visit = sitter.at(now)
        if self._step is not None and visit is not None and visit.came_at != self._stepped_for:
            at = visit.settled_at + self._step[0]
            if now >= at:
                self._stepped_for, lux = visit.came_at, self._step[1]
                self._light_change = LightChange(at, brighter=lux > self._lux)
                visit.drawn.light(lux, at)
        return visit

    def _frame(self, visit: Visit[Person] | None, dropped: int) -> IrisFrame:
        if self._sensor is None:
            raise DeviceError("the synthetic camera is not open; use it in a with block")
        lamps = (_FAILED_LAMPS if self._failing("lamps_off") else 1.0) * self._exposure_share
        if self._truth is not None:
            lamps *= self._truth.level / NOMINAL_LEVEL
        self._tick += 1
        self._delivered += 1
        if (target := self._target) is not None:
            return self._target_frame(*target, dropped)
        level, gain_db, exposure = lamps, GAIN_DB, EXPOSURE_LIMITS_MS[1]
        eyes = (self._first if visit is None else visit.chosen).eyes or self._eyes
        if visit is None:
            pixels = seen_frame((), Pose(), (), self._sensor, self._tick, lamps=lamps)
        else:
            now = time.monotonic()
            pose, condition = visit.pose(now), CONDITIONS[visit.chosen.condition]
            ratios = visit.drawn.pupil_ratios(now)
            pixels = seen_frame(visit.drawn.scenes, pose, ratios, self._sensor, self._tick, lamps=lamps)
            level, gain_db = condition.lamp_level * lamps, condition.gain_db
            exposure = exposure_ms(level, pose.distance_mm)
        if self._truth is not None:
            pixels = with_stuck_pixels(pixels, self._truth.stuck_share, crc32(self._serial.encode()))
        # What the lamps are driven with is not what arrives: a failed lamp or a blocked one goes unnoticed here.
        light = Illumination(WAVELENGTH_NM, 0.5, (True,) * len(LAMPS_MM))
        told_ms = exposure * self._exposure_share
        return IrisFrame(pixels, time.monotonic(), eyes, told_ms, gain_db, light, WORKING_DISTANCE_MM, dropped)

    def _target_frame(self, target: TargetPlacement, truth: CameraTruth, dropped: int) -> IrisFrame:
        now, serial = time.monotonic(), crc32(self._serial.encode())
        truth = replace(truth, exposure_ms=truth.exposure_ms * self._exposure_share)
        seconds = now - truth.exposure_ms / 2000
        pixels = target_frame(
            target, truth, self._shape, serial=serial, tick=self._tick, seconds=seconds, scale=self._scale
        )
        light = Illumination(WAVELENGTH_NM, 0.5, (True,) * len(LAMPS_MM))
        told = (truth.exposure_ms, truth.gain_db, light, truth.focus_mm)
        return IrisFrame(pixels, now, self._eyes, *told, dropped)

    def _draw(self, chosen: Chosen) -> tuple[Person, Stance]:
        eyes = chosen.eyes or self._eyes
        return drawn_person(chosen, nose_right=eyes is not Eyes.LEFT, scale=self._scale, lux=self._lux)
