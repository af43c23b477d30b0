"""A fingerprint scanner without hardware: it draws the fingers that are laid on it, and fails when asked to."""

import time
from collections import Counter
from collections.abc import Iterator
from math import inf
from threading import Event
from typing import Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from drivers.errors import CaptureCancelled, CaptureTimeout, DeviceError, DeviceHung, DeviceLost
from drivers.fingerprint.synthesis.condition import CONDITIONS, condition_named
from drivers.fingerprint.synthesis.drawn_fingerprint import check_frame, check_seeds, draw_fingerprint, drawn_minutiae
from drivers.fingerprint.synthesis.hand import Chosen, Hand, Placement
from drivers.fingerprint.synthesis.impression import Impression, lay_finger
from drivers.fingerprint.synthesis.master_print import master_print
from drivers.fingerprint.synthesis.platen import Platen, clean_platen, dirty_platen, seen_frame
from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth
from drivers.fingerprint.synthesis.target_element import LaidTarget
from drivers.fingerprint.synthesis.touch import Touch
from drivers.fingerprint.synthesis.true_sensor import Lamp, TrueSensor, truth_of
from drivers.frame import Frame
from drivers.person.part import PersonPart
from drivers.person.person import any_placement, synthetic_person
from drivers.protocols import DeviceIdentity, SelfTestStep

__all__ = ["CONDITIONS", "FAULTS", "SyntheticFingerprintScanner", "draw_fingerprint", "drawn_minutiae"]

FAULTS = {
    "unplug": "the cable is pulled; opening it again finds it plugged in",
    "hang": "it stops answering, deaf to `cancel`, until `reset`",
    "slow": "frames come five times slower, and a capture takes a second and a half more",
    "dirty_platen": "the glass carries a former print, a smear and dust",
    "no_finger": "nobody ever lays a finger on it",
}
_SLOW_FRAMES = 5.0
_SLOW_CAPTURE_S = 1.5
_POLL_S = 0.01
_TARGET_RATE = 60.0
"""Frames per second of what lies still: a technician who practises does not wait for the noise to be averaged."""


_FAULTS_MET: Counter[str] = Counter()


class SyntheticFingerprintScanner:
    """A scanner for demonstrations, training and tests.

    While somebody watches (`frames`, `capture`), a finger comes: it slides and presses, settles, rests, is lifted and
    comes again as its next impression. Every option is a plain value, so that a configuration file can set it.

    Parameters
    ----------
    finger : int
        Which finger.
    impression : int, optional
        Always this impression of it; by default the first, the second, ... one at each placement.
    condition : str
        How it is laid: one of `CONDITIONS`.
    width, height : int
        Frame size in pixels.
    ppi : float
        Pixels per inch.
    serial : str
        Serial number; it also decides the glass's own pattern.
    frame_rate : float
        Frames per second.
    finger_delay_s, settle_s, hold_s : float
        Seconds from being watched to the first touch, from there to rest, from there to lifting.
    fault : str, optional
        One of `FAULTS`.
    fault_after_frames : int
        Frames that are delivered well after opening or a reset before it unplugs, hangs or turns slow.
    fault_count : int
        How many times it unplugs or hangs, before it stays well.
    faults_by_serial : bool
        Count faults by serial number over all openings of this process, as for one real device: whoever recovers from
        a fault by opening the scanner anew finds it well. Else each opening has its own count.
    truth : ScannerTruth, dict or str, optional
        What the scanner truly is, for calibration to find out: gain, bad pixels, real ppi, optics, noise and more, as
        an object, as plain values by name, or `drawn`: good, and with small faults that the serial number decides. By
        default it is as good as it says, and frames are as they ever were.

    Raises
    ------
    ValueError
        An option out of range; an unknown condition or fault is answered with the names there are.
    """

    def __init__(
        self,
        *,
        finger: int = 1,
        impression: int | None = None,
        condition: str = "clean",
        width: int = 388,
        height: int = 374,
        ppi: float = 500.0,
        serial: str = "SYN-0001",
        frame_rate: float = 25.0,
        settle_s: float = 0.6,
        finger_delay_s: float = 0.3,
        hold_s: float = 3.0,
        fault: str | None = None,
        fault_after_frames: int = 0,
        fault_count: int = 1,
        faults_by_serial: bool = False,
        truth: ScannerTruth | dict[str, float] | str | None = None,
    ) -> None:
        check_seeds(finger, impression)
        check_frame(width, height, ppi)
        condition_named(condition)
        if fault is not None and fault not in FAULTS:
            raise ValueError(f"no fault {fault!r}; there are {', '.join(FAULTS)}")
        if not 0 < frame_rate <= 1000:
            raise ValueError(f"frame_rate must lie in 0 to 1000 per second, not {frame_rate}")
        if not all(0 <= seconds < inf for seconds in (settle_s, finger_delay_s, hold_s)):
            raise ValueError("settle_s, finger_delay_s and hold_s must be finite and not negative")
        if fault_after_frames < 0 or fault_count < 1:
            raise ValueError("fault_after_frames must not be negative, and fault_count at least 1")
        self._first = Chosen(finger, 1 if impression is None else impression, condition)
        self._repeat_impression = impression is not None
        self._shape, self._ppi = (height, width), float(ppi)
        self._serial, self._frame_rate = serial, float(frame_rate)
        self._delay_s, self._settle_s, self._hold_s = float(finger_delay_s), float(settle_s), float(hold_s)
        self._fault, self._fault_after, self._fault_count = fault, fault_after_frames, fault_count
        self._faults_met = _FAULTS_MET if faults_by_serial else Counter[str]()
        self._delivered = self._tick = 0
        self._plugged = True
        self._answers = Event()
        self._answers.set()
        self._clean: Platen | None = None
        self._dirty: Platen | None = None
        self._hand: Hand[Impression] | None = None
        self._sensor: TrueSensor | None = None
        if truth is not None:
            self._sensor = TrueSensor(truth_of(truth, self._glass_seed, self._ppi), self._shape, self._ppi)

    @property
    def identity(self) -> DeviceIdentity:
        """Who it is."""
        height, width = self._shape
        return DeviceIdentity("synthetic", "Rekam", "Synthetic finger", self._serial, "1", self._ppi, width, height)

    def __enter__(self) -> Self:
        if self._hand is not None:
            raise DeviceError("this synthetic scanner is open already; close it first")
        self._plugged, self._delivered = True, 0
        if self._clean is None:
            self._clean = clean_platen(self._glass_seed, self._shape, self._ppi)
        self._hand = Hand(
            self._draw,
            self._first,
            repeat_impression=self._repeat_impression,
            delay_s=self._delay_s,
            settle_s=self._settle_s,
            hold_s=self._hold_s,
        )
        return self

    def __exit__(self, *exc: object) -> None:
        hand, self._hand = self._hand, None
        self._answers.set()
        if hand is not None:
            hand.close()

    def present(self, finger_seed: int, impression: int | None = None, condition: str | None = None) -> None:
        """Choose what is laid on the glass next; a finger that rests there is lifted first.

        May be called from another thread, and before opening.

        Parameters
        ----------
        finger_seed : int
            Which finger.
        impression : int, optional
            Always this impression; by default the finger's next one at each placement.
        condition : str, optional
            By default as before.

        Raises
        ------
        ValueError
            No such condition, or a negative seed.
        """
        check_seeds(finger_seed, impression)
        if condition is not None:
            condition_named(condition)
        first = Chosen(finger_seed, 1 if impression is None else impression, condition or self._first.condition)
        self._first, self._repeat_impression = first, impression is not None
        if self._hand is not None:
            self._hand.choose(finger_seed, impression, condition, time.monotonic())

    def present_person(self, person: int, part: PersonPart, placement: int | None = None) -> None:
        """Choose whose finger is laid on the glass next, in the condition as before; as `PresentsPersons` says."""
        finger = synthetic_person(person).finger_seed(part)
        check_seeds(finger, placement)
        self._first = Chosen(finger, any_placement() if placement is None else placement, self._first.condition)
        self._repeat_impression = placement is not None
        if self._hand is not None:
            self._hand.bring(self._first, time.monotonic(), repeat=self._repeat_impression)

    @property
    def truth(self) -> ScannerTruth | None:
        """What it truly is; None for one that is as good as it says."""
        return None if self._sensor is None else self._sensor.truth

    def lay_target(self, target: LaidTarget | None) -> None:
        """Lay a calibration target on the glass instead of fingers; None takes it away.

        With `EMPTY_GLASS` nobody lays anything there.

        May be called from another thread, and before opening.

        Raises
        ------
        DeviceError
            The scanner was made without a truth, so that it has no optics to see a target with.
        """
        self._true_sensor().lay(target)

    def lay_print(self, finger_seed: int | None) -> None:
        """Lay a finger at once, until None takes it away; whoever was presented comes again after it.

        May be called from another thread; errors as `lay_target`, and `ValueError` for a negative seed.
        """
        sensor = self._true_sensor()
        if finger_seed is not None:
            check_seeds(finger_seed, 1)
        sensor.lay_print(None if finger_seed is None else self._draw(Chosen(finger_seed, 1, self._first.condition)))

    def set_lamp(self, lamp: Lamp) -> None:
        """Switch its lamp, for dark frames and faults of exposure; errors as `lay_target`."""
        self._true_sensor().light(lamp)

    def frames(self, cancel: Event) -> Iterator[Frame]:
        """Yield the glass as it is, at the frame rate, until `cancel` is set or the scanner is closed."""
        hand = self._open_hand()
        due = time.monotonic()
        hand.attend(due)
        while not cancel.is_set() and self._hand is hand:
            self._meet_fault()
            yield self._frame(self._lying(hand))
            due = max(due + self._frame_interval_s, time.monotonic())
            cancel.wait(max(0.0, due - time.monotonic()))

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        """Wait until a finger rests, and deliver its frame; errors as the protocol says."""
        hand = self._open_hand()
        started = time.monotonic()
        hand.attend(started)
        ready_at = started + (_SLOW_CAPTURE_S if self._slow else 0.0)
        while True:
            self._meet_fault()
            if cancel.is_set():
                raise CaptureCancelled("the capture was cancelled")
            placement, now = self._lying(hand), time.monotonic()
            if self._laid and now >= ready_at:
                return self._frame(None)
            if placement is not None and now >= ready_at and placement.settled_at <= now < placement.lifted_at:
                return self._frame(placement)
            self._wait(hand, cancel, started + timeout_s, "no finger was laid on the glass")

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """Ask for the finger to be lifted and wait until it is; errors as the protocol says."""
        hand = self._open_hand()
        deadline, lay = time.monotonic() + timeout_s, self._lying(hand)
        hand.lift(time.monotonic())
        while True:
            self._meet_fault()
            if cancel.is_set():
                raise CaptureCancelled("the wait for the finger to be lifted was cancelled")
            lies = self._lying(hand)
            # One that comes again at once was lifted all the same, though nobody looked in between.
            if self._laid or lies is None or (lay is not None and lies.touched_at != lay.touched_at):
                return
            self._wait(hand, cancel, deadline, "the finger was not lifted")

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Look at the empty glass: light, noise, cleanness, and whether frames come at their rate."""
        self._open_hand()
        self._meet_fault()
        began = time.monotonic()
        empty = np.stack([self._frame(None).pixels for _ in range(8)]).astype(np.float32)
        rate = len(empty) / max(time.monotonic() - began, 1e-6)
        mean = empty.mean(axis=0)
        blocks = _block_means(mean, 16)
        texture = float(np.abs(mean - mean.mean()).mean())
        noise = float((empty - mean).std())
        light = float(blocks.mean())
        steps = (
            SelfTestStep("light", 200 <= light <= 252, f"the empty glass has grey {light:.0f}, 200 to 252 is well"),
            SelfTestStep("noise", noise <= 5, f"frames differ by {noise:.1f} grey levels, at most 5 is well"),
            SelfTestStep(
                "glass",
                texture <= 4,
                f"the empty glass strays by {texture:.1f} grey levels, at most 4 is well"
                + ("" if texture <= 4 else "; wipe it with a dry cloth"),
            ),
            SelfTestStep(
                "rate",
                rate >= self._frame_rate and not self._slow,
                f"{min(rate, self._frame_rate / (_SLOW_FRAMES if self._slow else 1)):.0f} frames per second"
                f" of {self._frame_rate:.0f}" + ("; reset the scanner" if self._slow else ""),
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
        """Free a scanner that hangs; from another thread, too."""
        if not self._plugged:
            raise DeviceLost("the synthetic scanner is unplugged; open it again")
        self._delivered = 0
        self._answers.set()

    def _true_sensor(self) -> TrueSensor:
        if self._sensor is None:
            raise DeviceError("this synthetic scanner has no truth; give it one, such as truth={} for a perfect sensor")
        return self._sensor

    @property
    def _glass_seed(self) -> int:
        return crc32(self._serial.encode())

    @property
    def _slow(self) -> bool:
        return self._fault == "slow" and self._delivered >= self._fault_after

    @property
    def _frame_interval_s(self) -> float:
        rate = max(self._frame_rate, _TARGET_RATE) if self._laid else self._frame_rate
        return (_SLOW_FRAMES if self._slow else 1.0) / rate

    @property
    def _laid(self) -> bool:
        """Whether something lies on the glass that no hand brings."""
        return self._sensor is not None and self._sensor.occupied

    def _open_hand(self) -> Hand[Impression]:
        if not self._plugged:
            raise DeviceLost("the synthetic scanner is unplugged; open it again")
        if self._hand is None:
            raise DeviceError("the synthetic scanner is not open; use it in a with block")
        return self._hand

    def _meet_fault(self) -> None:
        """Unplug or hang, if this is the moment."""
        if not self._plugged:
            raise DeviceLost("the synthetic scanner is unplugged; open it again")
        if self._faults_met[self._serial] >= self._fault_count or self._delivered < self._fault_after:
            return
        if self._fault == "unplug":
            self._faults_met[self._serial] += 1
            self._plugged = False
            raise DeviceLost("the synthetic scanner was unplugged; open it again")
        if self._fault == "hang":
            self._faults_met[self._serial] += 1
            self._answers.clear()
            self._answers.wait()
            raise DeviceHung("the synthetic scanner hung and was reset; capture again")

    def _wait(self, hand: Hand[Impression], cancel: Event, deadline: float, complaint: str) -> None:
        if self._hand is not hand:
            raise DeviceLost("the synthetic scanner was closed meanwhile")
        left = deadline - time.monotonic()
        if left <= 0:
            raise CaptureTimeout(f"{complaint} in the time given")
        cancel.wait(min(_POLL_S, left))

    def _lying(self, hand: Hand[Impression]) -> Placement[Impression] | None:
        return None if self._fault == "no_finger" else hand.at(time.monotonic())

    def _frame(self, placement: Placement[Impression] | None) -> Frame:
        condition = placement.chosen.condition if placement is not None else self._first.condition
        residue = 1.0 if self._fault == "dirty_platen" else CONDITIONS[condition].residue
        platen = self._glass(residue)
        self._tick += 1
        self._delivered += 1
        if self._sensor is not None:
            return Frame(self._truly_seen(placement, platen), self._ppi, time.monotonic())
        if placement is None:
            pixels = seen_frame(platen, None, Touch(0), self._tick)
        else:
            touch = placement.touch(time.monotonic(), placement.drawn.drift_px_per_s).at_scale(self._ppi / 500)
            pixels = seen_frame(platen, placement.drawn, touch, self._tick)
        return Frame(pixels, self._ppi, time.monotonic())

    def _truly_seen(self, placement: Placement[Impression] | None, platen: Platen) -> NDArray[np.uint8]:
        sensor, clean = self._true_sensor(), self._clean
        grease = None
        if clean is not None and platen is not clean:
            grease = np.asarray(platen.light / np.maximum(clean.light, 1), np.float32)
        if placement is None:
            return sensor.frame(grease=grease)
        touch = placement.touch(time.monotonic(), placement.drawn.drift_px_per_s).at_scale(self._ppi / 500)
        return sensor.frame(placement.drawn, touch, grease)

    def _glass(self, residue: float) -> Platen:
        if self._clean is None:
            raise DeviceError("the synthetic scanner is not open; use it in a with block")
        if not residue:
            return self._clean
        if self._dirty is None:
            self._dirty = dirty_platen(self._clean, self._glass_seed, self._ppi, residue)
        return self._dirty

    def _draw(self, chosen: Chosen) -> Impression:
        return lay_finger(
            master_print(chosen.finger),
            (chosen.finger, chosen.impression),
            CONDITIONS[chosen.condition],
            self._shape,
            self._ppi,
        )


def _block_means(pixels: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    height, width = (length // side * side for length in pixels.shape)
    blocks = pixels[:height, :width].reshape(height // side, side, width // side, side)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)
