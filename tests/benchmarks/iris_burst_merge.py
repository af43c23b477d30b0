"""What merging the frames of one capture would pay: their merged code, and the best frame's, against other sittings.

`python -m tests.benchmarks.iris_burst_merge` lets drawn eyes come before the synthetic camera, takes the frames that
auto-capture judges in full, as a capture does, and compares codes of the same eye across sittings, and of different
eyes: single codes with single ones, merged with single ones (as those that were stored before), and merged with merged.
"""

import argparse
from collections.abc import Callable, Sequence
from itertools import combinations
from threading import Event

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthetic import SyntheticIrisCamera
from gateway.capture.iris_auto_capture import IrisAutoCapture, IrisAutoCaptureSettings
from gateway.capture.judged_eyes import JudgedEyes, judged_eyes
from gateway.eye import EyePosition
from gateway.iris import IrisCode, compare
from gateway.iris.merging import merged

RIGHT = EyePosition.RIGHT
CONDITIONS = ("clean", "noisy", "lashes", "spectacles", "gaze_off")
LONGEST_S = 8.0
Burst = tuple[IrisCode, ...]
"""Codes of the frames of one capture, the best frame's first."""


def burst(eye: int, impression: int, condition: str, frames: int) -> Burst:
    """The codes of a capture's frames; empty where none has one."""
    settings = IrisAutoCaptureSettings(kept_frames=frames)
    options = {"delay_s": 0.0, "approach_s": 0.3, "settle_s": 0.2, "hold_s": 1000.0}
    with SyntheticIrisCamera(eye=eye, impression=impression, condition=condition, **options) as camera:  # type: ignore[arg-type]
        auto, began = IrisAutoCapture(settings, RIGHT), None
        for frame in camera.frames(Event()):
            look = auto.look(frame)
            if look.live.eye_present:
                began = began or frame.captured_at
            taken = look.take and len(auto.recent()) == frames
            if taken or (began is not None and frame.captured_at - began > LONGEST_S):
                break
        judged = [judged_eyes(each, RIGHT) for each in auto.recent() or auto.sharpest()]
    return tuple(code for each in sorted(judged, key=_rank, reverse=True) if (code := _code(each)) is not None)


def _rank(judged: JudgedEyes) -> tuple[float, ...]:
    return judged.rank


def _code(judged: JudgedEyes) -> IrisCode | None:
    return judged.eyes[0].analysis.template


def best_code(codes: Burst) -> IrisCode:
    """What a capture stores."""
    return codes[0]


def merged_code(codes: Burst) -> IrisCode:
    """What it could store; the best frame's where they do not merge."""
    try:
        return merged(codes)
    except ValueError:
        return codes[0]


Entry = Callable[[Burst], IrisCode]


def distances(
    sittings: Sequence[Sequence[Burst]], one: Entry, other: Entry
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of mates across sittings, and of strangers."""
    mates = [compare(one(a), other(b)) for eye in sittings for a, b in combinations(eye, 2)]
    strangers = [
        compare(one(a), other(b)) for first, second in combinations(sittings, 2) for a in first[:1] for b in second[:2]
    ]
    return np.array(mates), np.array(strangers)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eyes", type=int, default=12, metavar="N")
    parser.add_argument("--first", type=int, default=5000, metavar="SEED")
    parser.add_argument("--frames", type=int, default=3, metavar="N", help="of a burst")
    options = parser.parse_args()
    sittings = []
    for eye in range(options.first, options.first + options.eyes):
        # Sittings under different conditions, another pair of them for each eye.
        turn = eye % len(CONDITIONS)
        shown = ("clean", CONDITIONS[turn], CONDITIONS[(turn + 2) % len(CONDITIONS)])
        own = [burst(eye, number, name, options.frames) for number, name in enumerate(shown, 1)]
        sittings.append([codes for codes in own if len(codes) > 1])
    rows = (
        ("best : best", best_code, best_code),
        ("merged : best", merged_code, best_code),
        ("merged : merged", merged_code, merged_code),
    )
    print(f"{sum(map(len, sittings))} bursts of {len(sittings)} eyes")
    print(f"{'codes':16} {'mates':>5} {'median':>7} {'95 %':>6} {'strangers':>9} {'least':>6} {'d-prime':>8}")
    for name, one, other in rows:
        mates, strangers = distances(sittings, one, other)
        apart = (strangers.mean() - mates.mean()) / np.sqrt((mates.var() + strangers.var()) / 2)
        print(
            f"{name:16} {len(mates):5} {np.median(mates):7.4f} {np.quantile(mates, 0.95):6.3f} "
            f"{len(strangers):9} {strangers.min():6.3f} {apart:8.2f}"
        )


if __name__ == "__main__":
    main()
