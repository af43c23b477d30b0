"""Scanners that fail at random: a third party's driver around the synthetic one, for a gateway under soak.

It runs inside `rekam serve`, found by its entry point. `REKAM_SOAK_PLAN` names the file of a `Plan`; beside it the
driver writes the faults that were met to `faults.txt`, and behaves well while a file `calm` is there. A cable is also
out while the file of `pulled_name` is there.
"""

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from threading import Event, Lock
from typing import Any, Self

import numpy as np

from drivers import (
    DeviceAccessDenied,
    DeviceAddress,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceIdentity,
    DeviceLost,
    DeviceNotFound,
    Frame,
    SelfTestStep,
)
from drivers.fingerprint.synthetic import SyntheticFingerprintScanner, draw_fingerprint

DRIVER = "soak"
PLAN_VARIABLE = "REKAM_SOAK_PLAN"
NOTES_NAME = "faults.txt"
CALM_NAME = "calm"
BUG = "a bug of this driver"

CABLE_FAULTS = {"unplug": 5, "hang": 2, "stubborn hang": 1, "slow": 2, "garbage": 2, "other size": 2, "bug": 1}
"""What happens between two frames, by weight; `stubborn hang` is one that no reset ends, but time."""
FINGERS = {"": 20, "dirty_platen": 3, "no_finger": 1}
"""What lies on the glass for one look at it, as the synthetic scanner calls it, by weight."""
IDLE_UNPLUGS = 0.004
"""Probability, at each of four looks a second, that a cable is pulled."""
LONGEST_ABSENCE_S = 4.0
"""Longer than a capture waits for its device, so that some are lost."""

SYNTHETIC: dict[str, Any] = {
    "finger": 17,
    "impression": 1,
    "width": 280,
    "height": 300,
    "finger_delay_s": 0.0,
    "settle_s": 0.05,
    "hold_s": 1000.0,
    "frame_rate": 25.0,
}
"""A finger that lies on the glass as soon as somebody looks, and stays until it is asked to leave."""


@dataclass(frozen=True)
class Plan:
    """What is plugged in, and how often it fails."""

    seed: int
    serials: tuple[str, ...]
    frames_between_faults: float
    """On average, for each device."""

    def write(self, path: Path) -> None:
        """Keep it for the gateway's process."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def pulled_name(serial: str) -> str:
    """The file that pulls a scanner's cable."""
    return f"pulled-{serial}"


class Port:
    """One port with its scanner's cable and firmware; outlives the driver objects that open it."""

    def __init__(self, number: int, serial: str, plan: Plan, folder: Path) -> None:
        self.serial = serial
        self.address = DeviceAddress(f"{DRIVER}:{serial}", DRIVER, "Scanner under soak", f"port:{number}")
        self.scanners = {
            finger: SyntheticFingerprintScanner(serial=DRIVER, fault=finger or None, **SYNTHETIC) for finger in FINGERS
        }
        """By what lies on the glass."""
        self._folder = folder
        self._pulled = folder / pulled_name(serial)
        self._seen_first = False
        self._mean_frames = plan.frames_between_faults
        # One for each thread that draws: the device's, the one that looks at the ports, the one that resets.
        self._lots = random.Random(f"{plan.seed}:{serial}")
        self._look_lots = random.Random(f"{plan.seed}:{serial}:looks")
        self._reset_lots = random.Random(f"{plan.seed}:{serial}:resets")
        self._frames_left = self._draw_frames()
        self._absent_until = 0.0
        self._refusal: DeviceError | None = None
        self._refused_until = 0.0
        self.stubborn_until = 0.0
        self._slow_until = 0.0
        self._strange: Callable[[Frame], Frame] | None = None
        self._strange_until = 0.0

    @property
    def calm(self) -> bool:
        """Whether no new fault is to come."""
        return (self._folder / CALM_NAME).exists()

    def is_plugged(self) -> bool:
        """A look at the port; an idle cable may be pulled just then."""
        if self._absent_until <= time.monotonic() and not self.calm and self._look_lots.random() < IDLE_UNPLUGS:
            self._unplug(self._look_lots)
        return not self._is_out

    @property
    def _is_out(self) -> bool:
        return time.monotonic() < self._absent_until or self._pulled.exists()

    def open(self) -> None:
        """Raise as the cable and the operating system have it."""
        now = time.monotonic()
        if self._is_out:
            raise DeviceNotFound(f"port of {self.serial} is empty")
        if now < self.stubborn_until:
            raise DeviceHung(f"{self.serial} does not answer")
        if self._refusal is not None and now < self._refused_until:
            raise self._refusal

    def draw_glass(self) -> None:
        """Draw what frames show, once: dirt takes seconds on a busy machine, as no frame of a scanner does."""
        if self._seen_first:
            return
        with _DRAWING:
            draw_fingerprint(SYNTHETIC["finger"], SYNTHETIC["impression"])
            for scanner in self.scanners.values():
                next(scanner.frames(Event()))
        self._seen_first = True

    def draw_finger(self) -> str:
        """What is on the glass for the next look."""
        if self.calm:
            return ""
        finger = self._lots.choices(list(FINGERS), list(FINGERS.values()))[0]
        if finger:
            self._note(finger)
        return finger

    def draw_reset_s(self) -> float:
        """How long a reset takes."""
        return self._reset_lots.uniform(0.0, 0.3)

    def meet(self, freed: Event) -> None:
        """Fail where it is time to, and when the cable has gone meanwhile."""
        now = time.monotonic()
        if self._is_out:
            raise DeviceLost(f"the cable of {self.serial} was pulled")
        if now < self._slow_until:
            time.sleep(0.25)
        self._frames_left -= 1
        if self._frames_left > 0 or self.calm:
            return
        self._frames_left = self._draw_frames()
        fault = self._lots.choices(list(CABLE_FAULTS), list(CABLE_FAULTS.values()))[0]
        if fault != "unplug":
            self._note(fault)
        self._begin(fault, now, freed)

    def _begin(self, fault: str, now: float, freed: Event) -> None:
        lots = self._lots
        if fault == "unplug":
            self._unplug(lots)
            raise DeviceLost(f"the cable of {self.serial} was pulled")
        if fault == "bug":
            raise ZeroDivisionError(BUG)
        if fault == "hang":
            freed.clear()  # of a reset that nothing waited for
            freed.wait()
            raise DeviceHung(f"{self.serial} hung and was reset")
        if fault == "stubborn hang":
            stubborn_s = lots.uniform(2.5, 6.0)  # a silent scanner is noticed after 2 s
            self.stubborn_until = now + stubborn_s
            time.sleep(stubborn_s)
            raise DeviceLost(f"{self.serial} lost its power")
        if fault == "slow":
            self._slow_until = now + lots.uniform(0.5, 1.5)
        else:
            self._strange = _as_noise if fault == "garbage" else _of_other_size
            self._strange_until = now + lots.uniform(0.1, 1.0)

    def seen(self, frame: Frame) -> Frame:
        """The frame as it arrives."""
        if self._strange is not None and time.monotonic() < self._strange_until:
            return self._strange(frame)
        return frame

    def _unplug(self, lots: random.Random) -> None:
        self._note("unplug")
        gone_s = lots.uniform(0.05, 1.0) if lots.random() < 0.85 else lots.uniform(1.0, LONGEST_ABSENCE_S)
        back = time.monotonic() + gone_s
        refusals = (None, None, DeviceAccessDenied("udev has not come round yet"), DeviceBusy("the spooler has it"))
        self._refusal = lots.choice(refusals)
        self._refused_until = back + lots.uniform(0.1, 0.8)
        self._absent_until = back
        if self._refusal is not None:
            self._note(type(self._refusal).__name__)

    def _draw_frames(self) -> float:
        return 1 + self._mean_frames * self._lots.expovariate(1.0)

    def _note(self, fault: str) -> None:
        with _NOTES, (self._folder / NOTES_NAME).open("a", encoding="utf-8") as notes:
            notes.write(f"{self.serial}\t{fault}\n")


_NOTES = Lock()
_DRAWING = Lock()
"""What one scanner has drawn the others find drawn: the finger and the dirt are the same for all."""


@cache
def ports() -> dict[str, Port]:
    """The ports of the plan, by device."""
    path = Path(os.environ[PLAN_VARIABLE])
    read = json.loads(path.read_text(encoding="utf-8"))
    plan = Plan(read["seed"], tuple(read["serials"]), read["frames_between_faults"])
    made = [Port(number, serial, plan, path.parent) for number, serial in enumerate(plan.serials)]
    return {port.address.device_id: port for port in made}


class FaultyScanner:
    """A scanner at a `Port`; draws what the synthetic one draws."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._freed = Event()
        self._glass = port.scanners[""]
        self._opened = ExitStack()

    @staticmethod
    def attached() -> list[DeviceAddress]:
        """What is plugged in just now."""
        return [port.address for port in ports().values() if port.is_plugged()]

    @classmethod
    def at(cls, address: DeviceAddress) -> Self:
        """The scanner of that address."""
        return cls(ports()[address.device_id])

    @property
    def identity(self) -> DeviceIdentity:
        return replace(self._glass.identity, driver=DRIVER, model=self._port.address.label, serial=self._port.serial)

    def __enter__(self) -> Self:
        self._port.open()
        for scanner in self._port.scanners.values():
            self._opened.enter_context(scanner)
        self._port.draw_glass()
        return self

    def __exit__(self, *exc: object) -> None:
        self._opened.close()

    def frames(self, cancel: Event) -> Iterator[Frame]:
        self._glass = self._port.scanners[self._port.draw_finger()]
        for frame in self._glass.frames(cancel):
            self._port.meet(self._freed)
            yield self._port.seen(frame)

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        self._port.meet(self._freed)
        return self._port.seen(self._glass.capture(timeout_s, cancel))

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        self._port.meet(self._freed)
        self._glass.await_removal(timeout_s, cancel)

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        for step in self._glass.self_test(cancel):
            self._port.meet(self._freed)
            yield step

    def reset(self) -> None:
        time.sleep(self._port.draw_reset_s())
        if time.monotonic() < self._port.stubborn_until:
            raise DeviceHung(f"{self._port.serial} is beyond a reset")
        self._freed.set()


def _as_noise(frame: Frame) -> Frame:
    noise = np.random.default_rng(int(frame.captured_at * 1e3)).integers(0, 256, frame.pixels.shape, np.uint8)
    return replace(frame, pixels=noise)


def _of_other_size(frame: Frame) -> Frame:
    height, width = frame.pixels.shape
    return replace(frame, pixels=np.ascontiguousarray(frame.pixels[: height * 2 // 3, : width * 2 // 3]))
