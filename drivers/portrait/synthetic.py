"""A portrait camera without hardware: it draws figures that come before it, and fails when asked to."""

import time
from collections.abc import Iterator
from dataclasses import replace
from math import inf
from threading import Event
from typing import Self
from zlib import crc32

import numpy as np

from drivers.errors import CaptureCancelled, CaptureTimeout, DeviceError, DeviceHung, DeviceLost
from drivers.frame import PortraitFrame
from drivers.person.part import PersonPart
from drivers.person.person import synthetic_person
from drivers.portrait.synthesis.colour_card import CardPlacement, PortraitTruth, card_frame
from drivers.portrait.synthesis.condition import CONDITIONS, Condition, condition_named
from drivers.portrait.synthesis.drawn_truth import truth_of
from drivers.portrait.synthesis.light import CameraSetting, automatic
from drivers.portrait.synthesis.picture import EMPTY, Studio
from drivers.portrait.synthesis.visit import Visit, Visits
from drivers.protocols import DeviceIdentity, SelfTestStep
from drivers.stuck_pixels import with_stuck_pixels

__all__ = ["CONDITIONS", "FAULTS", "SyntheticPortraitCamera"]

FAULTS = {
    "unplug": "the cable is pulled; opening it again finds it plugged in",
    "hang": "it stops answering, deaf to `cancel`, until `reset`",
    "slow": "frames come five times slower, and a capture takes a second and a half more",
    "drops": "two frames of every three are lost on the wire",
    "no_person": "nobody ever comes before it",
}
_DAYLIGHT_K = 5000.0
_SIDES = (120, 4096)
_SLOW_FRAMES = 5.0
_SLOW_CAPTURE_S = 1.5
_LOST_PER_FRAME = 2
_POLL_S = 0.01
_STEP_S = 0.005


class SyntheticPortraitCamera:
    """A camera for demonstrations, training and tests.

    What it shows is a drawing, plainly so: flat shapes with outlines. While somebody watches (`frames`, `capture`), a
    person comes from the side and from afar, looking about, settles, blinks now and then, leaves and comes again.
    Every option is a plain value, so that a configuration file can set it.

    Parameters
    ----------
    face : int
        Which figure.
    condition : str
        How it is seen: one of `CONDITIONS`.
    width, height : int
        Frame size in pixels.
    serial : str
        Serial number; it also decides the sensor's own pattern, and the wall behind.
    frame_rate : float
        Frames per second.
    white_balance_k : float
        Colour temperature in kelvin that the camera is set for.
    delay_s, approach_s, settle_s, hold_s : float
        Seconds from being watched until somebody appears, from there to arriving, to stillness, to leaving.
    fault : str, optional
        One of `FAULTS`.
    fault_after_frames : int
        Frames that are delivered well after opening or a reset before the fault shows; `no_person` shows at once.
    fault_count : int
        How many times it unplugs or hangs, before it stays well.
    truth : PortraitTruth, dict or str, optional
        What is true of camera and room, for a technician's measurements, by the names of `PortraitTruth`'s fields;
        `"drawn"`: drawn for the serial number. Persons are drawn in its light, with its exposure, white balance and
        stuck pixels; by default all is well.

    Raises
    ------
    ValueError
        An option out of range; an unknown condition or fault is answered with the names there are.
    """

    def __init__(
        self,
        *,
        face: int = 1,
        condition: str = "clean",
        width: int = 640,
        height: int = 480,
        serial: str = "SYN-0001",
        frame_rate: float = 30.0,
        white_balance_k: float = _DAYLIGHT_K,
        delay_s: float = 0.3,
        approach_s: float = 1.2,
        settle_s: float = 0.6,
        hold_s: float = 8.0,
        fault: str | None = None,
        fault_after_frames: int = 0,
        fault_count: int = 1,
        truth: PortraitTruth | dict[str, float] | str | None = None,
    ) -> None:
        if face < 0:
            raise ValueError(f"face must not be negative, not {face}")
        condition_named(condition)
        if fault is not None and fault not in FAULTS:
            raise ValueError(f"no fault {fault!r}; there are {', '.join(FAULTS)}")
        if not all(_SIDES[0] <= side <= _SIDES[1] for side in (width, height)):
            raise ValueError(f"width and height must lie in {_SIDES[0]} to {_SIDES[1]} pixels, not {width}, {height}")
        if not 0 < frame_rate <= 1000:
            raise ValueError(f"frame_rate must lie in 0 to 1000 per second, not {frame_rate}")
        if not 1000 <= white_balance_k <= 25000:
            raise ValueError(f"white_balance_k must lie in 1000 to 25000 kelvin, not {white_balance_k}")
        if not all(0 <= seconds < inf for seconds in (delay_s, approach_s, settle_s, hold_s)):
            raise ValueError("delay_s, approach_s, settle_s and hold_s must be finite and not negative")
        if fault_after_frames < 0 or fault_count < 1:
            raise ValueError("fault_after_frames must not be negative, and fault_count at least 1")
        self._face, self._condition = face, condition
        self._width, self._height, self._serial = width, height, serial
        self._frame_rate, self._white_balance_k = float(frame_rate), float(white_balance_k)
        self._times = (float(delay_s), float(approach_s), float(settle_s), float(hold_s))
        self._fault, self._fault_after, self._faults_left = fault, fault_after_frames, fault_count
        self._delivered = self._tick = self._watch = 0
        self._plugged = True
        self._answers = Event()
        self._answers.set()
        self._studio: Studio | None = None
        self._visits: Visits | None = None
        self._card: tuple[CardPlacement, PortraitTruth] | None = None
        self._truth = None if truth is None else truth_of(truth, crc32(serial.encode()))
        if self._truth is not None:
            self._white_balance_k = self._truth.white_balance_k

    @property
    def truth(self) -> PortraitTruth | None:
        """What is true of it; None where it was made without."""
        return self._truth

    @property
    def identity(self) -> DeviceIdentity:
        """Who it is."""
        return DeviceIdentity(
            "synthetic-portrait",
            "Rekam",
            "Synthetic portrait",
            self._serial,
            "1",
            width=self._width,
            height=self._height,
        )

    def __enter__(self) -> Self:
        if self._visits is not None:
            raise DeviceError("this synthetic camera is open already; close it first")
        self._plugged, self._delivered = True, 0
        if self._studio is None:
            self._studio = Studio(crc32(self._serial.encode()), self._width, self._height)
        delay_s, approach_s, settle_s, hold_s = self._times
        self._visits = Visits(
            self._face,
            self._condition,
            delay_s=delay_s,
            approach_s=approach_s,
            settle_s=settle_s,
            hold_s=hold_s,
        )
        return self

    def __exit__(self, *exc: object) -> None:
        self._visits = None
        self._answers.set()

    def present(self, face: int, condition: str | None = None) -> None:
        """Choose who comes next; whoever is before the camera leaves first.

        May be called from another thread, and before opening. Raises `ValueError` for a negative seed or a condition
        that there is not.
        """
        if face < 0:
            raise ValueError(f"face must not be negative, not {face}")
        if condition is not None:
            condition_named(condition)
            self._condition = condition
        self._face = face
        if self._visits is not None:
            self._visits.choose(face, condition)

    def show_target(self, card: CardPlacement | None, truth: PortraitTruth | None = None) -> None:
        """Put a technician's colour card before the camera in place of persons; None takes it away.

        May be called from another thread, and before opening.

        Parameters
        ----------
        card : CardPlacement or None
        truth : PortraitTruth, optional
            What is true of camera and room while the card is shown; by default its own, else good ones.
        """
        self._card = None if card is None else (card, truth or self._truth or PortraitTruth())

    def present_person(self, person: int, part: PersonPart, placement: int | None = None) -> None:
        """Choose whose face comes next; as `PresentsPersons` says, save that every visit is alike."""
        if part is not PersonPart.FACE:
            raise ValueError(f"a portrait camera sees the face, not {part}")
        if placement is not None and placement < 0:
            raise ValueError(f"placement must not be negative, not {placement}")
        self._face = synthetic_person(person).face_seed
        if self._visits is not None:
            self._visits.bring(self._face)

    def frames(self, cancel: Event) -> Iterator[PortraitFrame]:
        """Yield what is before the camera, at the frame rate, until `cancel` is set or it is closed."""
        visits = self._open_visits()
        self._watch += 1
        watch, due, dropped = self._watch, time.monotonic(), 0
        while not cancel.is_set() and self._visits is visits and self._watch == watch:
            self._meet_fault()
            yield self._frame(self._visit(visits), dropped)
            interval = (_SLOW_FRAMES if self._failing("slow") else 1.0) / self._frame_rate
            due += interval
            missed = max(0, int((time.monotonic() - due) / interval))
            due += missed * interval
            dropped = missed + (_LOST_PER_FRAME if self._failing("drops") else 0)
            cancel.wait(max(0.0, due - time.monotonic()))

    def capture(self, timeout_s: float, cancel: Event) -> PortraitFrame:
        """Wait until a person has settled with open eyes, and deliver the frame; errors as the protocol says."""
        visits = self._open_visits()
        self._watch += 1
        started = time.monotonic()
        ready_at = started + (_SLOW_CAPTURE_S if self._failing("slow") else 0.0)
        while True:
            self._meet_fault()
            if cancel.is_set():
                raise CaptureCancelled("the capture was cancelled")
            visit, now = self._visit(visits), time.monotonic()
            if now >= ready_at and (self._card is not None or (visit is not None and visit.at_rest(now))):
                return self._frame(visit, 0)
            if self._visits is not visits:
                raise DeviceLost("the synthetic camera was closed meanwhile")
            if (left := started + timeout_s - now) <= 0:
                raise CaptureTimeout("nobody held still before the camera in the time given")
            cancel.wait(min(_POLL_S, left))

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Look at the empty wall: its light, the noise, and whether frames come at their rate."""
        self._open_visits()
        self._meet_fault()
        began = time.monotonic()
        empty = np.stack([self._frame(None, 0).pixels for _ in range(6)]).astype(np.float32)
        rate = len(empty) / max(time.monotonic() - began, 1e-6)
        mean = empty.mean(axis=0)
        light, noise = float(mean.mean()), float((empty - mean).std())
        slow, drops = self._failing("slow"), self._failing("drops")
        told = min(rate, self._frame_rate / (_SLOW_FRAMES if slow else 1)) / (1 + _LOST_PER_FRAME if drops else 1)
        steps = (
            SelfTestStep("light", 60 <= light <= 250, f"the empty wall has level {light:.0f}, 60 to 250 is well"),
            SelfTestStep("noise", noise <= 4, f"frames differ by {noise:.1f} levels, at most 4 is well"),
            SelfTestStep(
                "rate",
                not slow and not drops,
                f"{told:.0f} frames per second of {self._frame_rate:.0f}"
                + ("; reset the camera" if slow else "; plug it into a port of its own" if drops else ""),
            ),
        )
        for step in steps:
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

    def _failing(self, fault: str) -> bool:
        return self._fault == fault and self._delivered >= self._fault_after

    def _open_visits(self) -> Visits:
        if not self._plugged:
            raise DeviceLost("the synthetic camera is unplugged; open it again")
        if self._visits is None:
            raise DeviceError("the synthetic camera is not open; use it in a with block")
        return self._visits

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

    def _visit(self, visits: Visits) -> Visit | None:
        if self._fault == "no_person" or self._card is not None:
            return None
        return visits.at(time.monotonic())

    def _frame(self, visit: Visit | None, dropped: int) -> PortraitFrame:
        if self._studio is None:
            raise DeviceError("the synthetic camera is not open; use it in a with block")
        self._tick += 1
        self._delivered += 1
        now, kelvin = time.monotonic(), self._white_balance_k
        if (shown := self._card) is not None:
            size, serial = (self._height, self._width), crc32(self._serial.encode())
            drawn = card_frame(*shown, size, serial=serial, tick=self._tick)
            return PortraitFrame(drawn, now, EMPTY.exposure_ms, 0.0, shown[1].white_balance_k, dropped)
        if visit is None:
            condition, setting = self._in_room(CONDITIONS["clean"], EMPTY)
            pixels = self._studio.frame(None, None, condition, setting, kelvin, self._tick)
        else:
            condition, pose, before = CONDITIONS[visit.condition], visit.pose(now), visit.pose(now - _STEP_S)
            condition, setting = self._in_room(condition, automatic(condition.light))
            speed = abs(pose.x_mm - before.x_mm) / _STEP_S
            pixels = self._studio.frame(visit.figure, pose, condition, setting, kelvin, self._tick, speed)
        if self._truth is not None:
            pixels = with_stuck_pixels(pixels, self._truth.stuck_share, crc32(self._serial.encode()))
        return PortraitFrame(pixels, time.monotonic(), setting.exposure_ms, setting.gain_db, kelvin, dropped)

    def _in_room(self, condition: Condition, setting: CameraSetting) -> tuple[Condition, CameraSetting]:
        """In the light that is true of the room, exposed as the camera truly does."""
        truth = self._truth
        if truth is None:
            return condition, setting
        lit = replace(condition, light_k=truth.light_k)
        return lit, replace(setting, level=setting.level * 2**truth.exposure_stops)
