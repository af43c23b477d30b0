"""Liveness in captures: what is said of bare eyes and of artefacts, and how much longer a capture takes by it.

`python -m tests.benchmarks.iris_capture_liveness` captures held-out drawn eyes from the synthetic camera as the gateway
does, without recording them. The times are of the assessment alone: by the clock, which counts what else the machine
does, and of the process.
"""

import argparse
import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from drivers import DeviceIdentity
from drivers.iris.synthetic import SyntheticIrisCamera
from gateway.capture import iris
from gateway.capture.iris import IrisCapture
from gateway.capture.iris_auto_capture import IrisAutoCaptureSettings
from gateway.capture.job import Command
from gateway.capture.judged_eyes import JudgedEyes
from gateway.capture.liveness import stated_liveness
from gateway.capture.values import CaptureRequest, CaptureState, Ended, LiveQuality, Outcome
from gateway.devices.state import DeviceState
from gateway.eye import EyePosition
from gateway.trust import StatedLiveness

RIGHT, BOTH = EyePosition.RIGHT, EyePosition.BOTH


@dataclass(frozen=True)
class Row:
    """What is presented, how many times, and what is asked."""

    name: str
    count: int
    options: dict[str, Any]
    asked: EyePosition = RIGHT
    min_quality: int = 66
    timeout_s: float = 12.0


@dataclass
class Times:
    """Seconds of each assessment, by the clock and of the process."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def stated(self, *arguments: Any) -> tuple[StatedLiveness, ...]:
        """`stated_liveness`, timed."""
        wall, cpu = time.perf_counter(), time.process_time()
        found = stated_liveness(*arguments)
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)
        return found


class Unwatched:
    """A view and a watchdog that nobody looks at."""

    def __init__(self) -> None:
        self.interrupt, self.leaving = Event(), Event()

    def expect(self, within_s: float) -> None:
        """Nothing."""

    def command(self) -> Command:
        """None ever comes."""
        return Command()

    def show_state(self, state: CaptureState) -> None:
        """Nothing."""

    def show_frame(self, frame: object, live: LiveQuality) -> None:
        """Nothing."""

    def show_transfer(self, share: float) -> None:
        """Nothing."""

    def show_device(self, state: DeviceState) -> None:
        """Nothing."""


class Told:
    """In the recorder's place: gives back what would be recorded."""

    def record_iris(
        self,
        request: CaptureRequest,
        identity: DeviceIdentity,
        judged: JudgedEyes,
        liveness: tuple[StatedLiveness, ...],
    ) -> Ended:
        """Keep nothing."""
        return Ended(Outcome.CAPTURED, judged.quality, judged.guidance, liveness=liveness)


def captured(row: Row, eye: int) -> Ended:
    """One capture."""
    view = Unwatched()
    request = CaptureRequest("benchmark", "synthetic-iris", row.asked, row.timeout_s, row.min_quality)
    with SyntheticIrisCamera(eye=eye, **row.options) as camera:
        capture = IrisCapture(request, row.asked, IrisAutoCaptureSettings(), liveness=True)
        return capture.on_device(camera, Told(), view, view, time.monotonic() + row.timeout_s)  # type: ignore[arg-type]


def rows(count: int) -> tuple[Row, ...]:
    """Bare eyes, and each artefact."""
    # Nothing is good enough, so that these are watched until the pupil has answered.
    held = {"min_quality": 100, "timeout_s": 4.5}
    return (
        Row("clean", count, {}),
        Row("lashes", count, {"condition": "lashes"}),
        Row("spectacles", count, {"condition": "spectacles"}),
        Row("both eyes", count // 2, {"eyes": "both"}, BOTH),
        Row("light steps, held", count, {"room_lux": 50.0, "light_step_s": 0.5}, **held),  # type: ignore[arg-type]
        Row("printed_eye", count, {"artefact": "printed_eye"}),
        Row("printed_eye_with_hole", count, {"artefact": "printed_eye_with_hole"}),
        Row("patterned_lens", count, {"artefact": "patterned_lens"}),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eyes", type=int, default=8, metavar="N", help="of each row")
    parser.add_argument("--first", type=int, default=3000, metavar="SEED")
    options = parser.parse_args()
    print(f"{'presented':22} {'verdicts of eyes':60} {'clock, s: median, most':>24} {'process, s: most':>17}")
    for row in rows(options.eyes):
        times, verdicts, suspecting, pupil = Times(), Counter[str](), Counter[str](), Counter[str]()
        iris.stated_liveness = times.stated
        for eye in range(options.first, options.first + row.count):
            ended = captured(row, eye)
            verdicts.update([each.verdict for each in ended.liveness] or [ended.outcome.value])
            cues = [cue for each in ended.liveness for cue in each.cues]
            suspecting.update(cue.reason for cue in cues if cue.status == "attack_suspected")
            pupil.update(cue.reason for cue in cues if cue.name == "pupil_response")
        wall = sorted(times.wall) or [0.0]
        told = ", ".join(f"{name} {count}" for name, count in verdicts.most_common())
        print(f"{row.name:22} {told:60} {wall[len(wall) // 2]:15.2f} {wall[-1]:8.2f} {max(times.cpu, default=0):17.2f}")
        print(f"{'':22} {dict(suspecting | pupil)}", flush=True)


if __name__ == "__main__":
    main()
