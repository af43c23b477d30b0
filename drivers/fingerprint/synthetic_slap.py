"""A scanner of slaps without hardware: it draws whole hands, lays them on a large glass and lifts them again."""

import time
from collections import Counter
from collections.abc import Collection, Iterator
from math import inf
from threading import Event
from typing import Self
from zlib import crc32

from drivers.errors import CaptureCancelled, CaptureTimeout, DeviceError, DeviceHung, DeviceLost
from drivers.fingerprint.synthesis.drawn_fingerprint import check_frame, check_seeds
from drivers.fingerprint.synthesis.hand import Chosen, Hand, Placement
from drivers.fingerprint.synthesis.platen import Platen, seen_frame
from drivers.fingerprint.synthesis.slap import LaidSlap, SlapHand, drawn_slap, lay_slap, slap_platen
from drivers.fingerprint.synthesis.slap_condition import SLAP_CONDITIONS, slap_condition_named
from drivers.fingerprint.synthesis.touch import Touch
from drivers.frame import Frame
from drivers.person.part import FINGERS, SLAPS, PersonPart
from drivers.person.person import any_placement, synthetic_person
from drivers.protocols import DeviceIdentity, SelfTestStep

__all__ = ["HANDS", "SLAP_CONDITIONS", "SLAP_FAULTS", "SyntheticSlapScanner", "drawn_slap"]

HANDS = {"right": SlapHand.RIGHT_FOUR, "left": SlapHand.LEFT_FOUR, "thumbs": SlapHand.TWO_THUMBS}
SLAP_FAULTS = {
    "unplug": "the cable is pulled; opening it again finds it plugged in",
    "hang": "it stops answering, deaf to `cancel`, until `reset`",
    "no_finger": "nobody ever lays a hand on it",
}
_POLL_S = 0.01
_PARTS = {PersonPart.RIGHT_FOUR: "right", PersonPart.LEFT_FOUR: "left", PersonPart.TWO_THUMBS: "thumbs"}
_POSITIONS = {part: code for code, part in enumerate(FINGERS, 1)}
"""Finger position codes."""

_FAULTS_MET: Counter[str] = Counter()


class SyntheticSlapScanner:
    """A scanner of four fingers or two thumbs at once, for demonstrations, training and tests.

    While somebody watches (`frames`, `capture`), a hand comes, settles, rests, is lifted and comes again as its next
    impression. Every option is a plain value, so that a configuration file can set it.

    Parameters
    ----------
    person : int
        Whose hands.
    hand : str
        `right`, `left` or `thumbs`.
    impression : int, optional
        Always this impression; by default the first, the second, ... one at each placement.
    condition : str
        How it is laid: one of `SLAP_CONDITIONS`.
    width, height : int
        Frame size in pixels; by default 81 x 76 mm, as of a ten-finger scanner (FAP 60).
    ppi : float
        Pixels per inch.
    serial : str
        Serial number; it also decides the glass's own pattern.
    frame_rate : float
        Frames per second; one of the default size takes about 60 ms of a processor.
    finger_delay_s, settle_s, hold_s : float
        Seconds from being watched to the first touch, from there to rest, from there to lifting.
    fault : str, optional
        One of `SLAP_FAULTS`.
    fault_after_frames : int
        Frames that are delivered well after opening or a reset before it unplugs or hangs.
    fault_count : int
        How many times it unplugs or hangs, before it stays well.
    faults_by_serial : bool
        Count faults by serial number over all openings of this process, as for one real device. Else each opening has
        its own count.

    Raises
    ------
    ValueError
        An option out of range; an unknown hand, condition or fault is answered with the names there are.
    """

    def __init__(
        self,
        *,
        person: int = 1,
        hand: str = "right",
        impression: int | None = None,
        condition: str = "clean",
        width: int = 1600,
        height: int = 1500,
        ppi: float = 500.0,
        serial: str = "SYN-SLAP-0001",
        frame_rate: float = 8.0,
        settle_s: float = 0.6,
        finger_delay_s: float = 0.3,
        hold_s: float = 4.0,
        fault: str | None = None,
        fault_after_frames: int = 0,
        fault_count: int = 1,
        faults_by_serial: bool = False,
    ) -> None:
        check_seeds(person, impression)
        check_frame(width, height, ppi)
        slap_condition_named(condition)
        _check_hand(hand)
        if fault is not None and fault not in SLAP_FAULTS:
            raise ValueError(f"no fault {fault!r}; there are {', '.join(SLAP_FAULTS)}")
        if not 0 < frame_rate <= 1000:
            raise ValueError(f"frame_rate must lie in 0 to 1000 per second, not {frame_rate}")
        if not all(0 <= seconds < inf for seconds in (settle_s, finger_delay_s, hold_s)):
            raise ValueError("settle_s, finger_delay_s and hold_s must be finite and not negative")
        if fault_after_frames < 0 or fault_count < 1:
            raise ValueError("fault_after_frames must not be negative, and fault_count at least 1")
        self._hand_name = hand
        self._first = Chosen(person, 1 if impression is None else impression, condition)
        self._repeat_impression = impression is not None
        self._width, self._height, self._ppi = width, height, float(ppi)
        self._serial, self._frame_rate = serial, float(frame_rate)
        self._delay_s, self._settle_s, self._hold_s = float(finger_delay_s), float(settle_s), float(hold_s)
        self._without: frozenset[int] = frozenset()
        self._to_scale = False
        """Somebody was presented by number, whose fingers other scanners show, too."""
        self._fault, self._fault_after, self._fault_count = fault, fault_after_frames, fault_count
        self._faults_met = _FAULTS_MET if faults_by_serial else Counter[str]()
        self._delivered = self._tick = 0
        self._plugged = True
        self._answers = Event()
        self._answers.set()
        self._platens: dict[str, Platen] = {}
        self._hand: Hand[LaidSlap] | None = None

    @property
    def identity(self) -> DeviceIdentity:
        """Who it is."""
        return DeviceIdentity(
            "synthetic-slap", "Rekam", "Synthetic slap", self._serial, "1", self._ppi, self._width, self._height
        )

    def __enter__(self) -> Self:
        if self._hand is not None:
            raise DeviceError("this synthetic scanner is open already; close it first")
        self._plugged, self._delivered = True, 0
        self._platen("clean")
        self._hand = Hand(
            self._lay,
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

    def present(
        self, person: int, hand: str | None = None, impression: int | None = None, condition: str | None = None
    ) -> None:
        """Choose whose hand is laid next, and how; one that rests there is lifted first. Errors as of the options.

        May be called from another thread, and before opening.
        """
        check_seeds(person, impression)
        if condition is not None:
            slap_condition_named(condition)
        if hand is not None:
            _check_hand(hand)
            self._hand_name = hand
        first = Chosen(person, 1 if impression is None else impression, condition or self._first.condition)
        self._first, self._repeat_impression = first, impression is not None
        self._without, self._to_scale = frozenset(), False
        if self._hand is not None:
            self._hand.choose(person, impression, condition, time.monotonic())

    def present_person(self, person: int, part: PersonPart, placement: int | None = None) -> None:
        """Choose whose hand is laid on the glass next, in the condition as before; as `PresentsPersons` says."""
        self.present_hand(person, part, placement)

    def present_hand(
        self, person: int, part: PersonPart, placement: int | None = None, without: Collection[PersonPart] = ()
    ) -> None:
        """Choose whose hand is laid on the glass next, and which of its fingers are not there; as `PresentsHands`."""
        number = synthetic_person(person).number
        if part not in SLAPS:
            raise ValueError(f"this scanner takes slaps: {', '.join(SLAPS)}, not {part}")
        if not set(without) < set(SLAPS[part]):
            raise ValueError(f"{part} is {', '.join(SLAPS[part])}: leave out some of them, not {', '.join(without)}")
        check_seeds(number, placement)
        self._hand_name = _PARTS[part]
        self._without, self._to_scale = frozenset(_POSITIONS[finger] for finger in without), True
        self._first = Chosen(number, any_placement() if placement is None else placement, self._first.condition)
        self._repeat_impression = placement is not None
        if self._hand is not None:
            self._hand.bring(self._first, time.monotonic(), repeat=self._repeat_impression)

    def frames(self, cancel: Event) -> Iterator[Frame]:
        """Yield the glass as it is, at the frame rate, until `cancel` is set or the scanner is closed."""
        hand = self._open_hand()
        due = time.monotonic()
        hand.attend(due)
        while not cancel.is_set() and self._hand is hand:
            self._meet_fault()
            yield self._frame(self._lying(hand))
            due = max(due + 1 / self._frame_rate, time.monotonic())
            while not cancel.is_set() and time.monotonic() < due:
                cancel.wait(min(0.1, max(0.0, due - time.monotonic())))

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        """Wait until a hand rests, and deliver its frame; errors as the protocol says."""
        hand = self._open_hand()
        started = time.monotonic()
        hand.attend(started)
        while True:
            self._meet_fault()
            if cancel.is_set():
                raise CaptureCancelled("the capture was cancelled")
            placement, now = self._lying(hand), time.monotonic()
            if placement is not None and placement.settled_at <= now < placement.lifted_at:
                return self._frame(placement)
            self._wait(hand, cancel, started + timeout_s, "no hand was laid on the glass")

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """Ask for the hand to be lifted and wait until it is; errors as the protocol says."""
        hand = self._open_hand()
        deadline = time.monotonic() + timeout_s
        hand.lift(time.monotonic())
        while True:
            self._meet_fault()
            if cancel.is_set():
                raise CaptureCancelled("the wait for the hand to be lifted was cancelled")
            if self._lying(hand) is None:
                return
            self._wait(hand, cancel, deadline, "the hand was not lifted")

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        """Look at the empty glass: its light, and how much one frame differs from the next."""
        self._open_hand()
        self._meet_fault()
        one, two = (self._frame(None).pixels.astype("float32") for _ in range(2))
        light, noise = float(one.mean()), float((one - two).std()) / 2**0.5
        for step in (
            SelfTestStep("light", 200 <= light <= 252, f"the empty glass has grey {light:.0f}, 200 to 252 is well"),
            SelfTestStep("noise", noise <= 5, f"frames differ by {noise:.1f} grey levels, at most 5 is well"),
        ):
            if cancel.is_set():
                raise CaptureCancelled("the self test was cancelled")
            yield step

    def reset(self) -> None:
        """Free a scanner that hangs; from another thread, too."""
        if not self._plugged:
            raise DeviceLost("the synthetic slap scanner is unplugged; open it again")
        self._delivered = 0
        self._answers.set()

    def _open_hand(self) -> Hand[LaidSlap]:
        if not self._plugged:
            raise DeviceLost("the synthetic slap scanner is unplugged; open it again")
        if self._hand is None:
            raise DeviceError("the synthetic slap scanner is not open; use it in a with block")
        return self._hand

    def _meet_fault(self) -> None:
        """Unplug or hang, if this is the moment."""
        if not self._plugged:
            raise DeviceLost("the synthetic slap scanner is unplugged; open it again")
        if self._faults_met[self._serial] >= self._fault_count or self._delivered < self._fault_after:
            return
        if self._fault == "unplug":
            self._faults_met[self._serial] += 1
            self._plugged = False
            raise DeviceLost("the synthetic slap scanner was unplugged; open it again")
        if self._fault == "hang":
            self._faults_met[self._serial] += 1
            self._answers.clear()
            self._answers.wait()
            raise DeviceHung("the synthetic slap scanner hung and was reset; capture again")

    def _wait(self, hand: Hand[LaidSlap], cancel: Event, deadline: float, complaint: str) -> None:
        if self._hand is not hand:
            raise DeviceLost("the synthetic slap scanner was closed meanwhile")
        left = deadline - time.monotonic()
        if left <= 0:
            raise CaptureTimeout(f"{complaint} in the time given")
        cancel.wait(min(_POLL_S, left))

    def _lying(self, hand: Hand[LaidSlap]) -> Placement[LaidSlap] | None:
        return None if self._fault == "no_finger" else hand.at(time.monotonic())

    def _frame(self, placement: Placement[LaidSlap] | None) -> Frame:
        condition = placement.chosen.condition if placement is not None else self._first.condition
        platen = self._platen(condition)
        self._tick += 1
        self._delivered += 1
        if placement is None:
            pixels = seen_frame(platen, None, Touch(0), self._tick)
        else:
            touch = placement.touch(time.monotonic(), (0.0, 0.0)).at_scale(self._ppi / 500)
            pixels = seen_frame(platen, placement.drawn.impression, touch, self._tick)
        return Frame(pixels, self._ppi, time.monotonic())

    def _platen(self, condition: str) -> Platen:
        """The glass, drawn once: only a residue or a darker ground makes another of it."""
        state = slap_condition_named(condition)
        name = condition if state.residue or any(state.ground) else "clean"
        if name not in self._platens:
            self._platens[name] = slap_platen(
                crc32(self._serial.encode()), name, width=self._width, height=self._height, ppi=self._ppi
            )
        return self._platens[name]

    def _lay(self, chosen: Chosen) -> LaidSlap:
        return lay_slap(
            chosen.finger,
            HANDS[self._hand_name],
            chosen.impression,
            chosen.condition,
            width=self._width,
            height=self._height,
            ppi=self._ppi,
            without=self._without,
            to_scale=self._to_scale,
        )


def _check_hand(hand: str) -> None:
    if hand not in HANDS:
        raise ValueError(f"no hand {hand!r}; there are {', '.join(HANDS)}")
