"""Guidance on drawn prints of every condition, on the empty glass, on courses of frames, and on public prints.

`python -m tests.benchmarks.finger_guidance` draws so many of each and prints how often the right remark comes, how
often it comes first, and what else does; `--public` adds how often each remark falls on public prints.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.condition import CONDITIONS
from drivers.fingerprint.synthesis.drawn_platen import draw_platen
from drivers.fingerprint.synthesis.impression import lay_finger
from drivers.fingerprint.synthesis.master_print import master_print
from drivers.fingerprint.synthesis.platen import clean_platen, seen_frame
from drivers.fingerprint.synthesis.touch import EXPOSURE_S, Touch
from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.fingerprint.analysis import analyze
from gateway.fingerprint.preview import assess_preview, displacement
from gateway.fingerprint.sequence_advice import PlacementAdvice
from gateway.guidance import Guidance, GuidanceCode
from tests.gateway.fingerprint.prints import PRINTS, public_paths, read

Codes = tuple[GuidanceCode, ...]
PPI = 500.0
SHAPE = (374, 388)
FIRST_FINGER = 9_000
RIGHT: dict[str, set[GuidanceCode]] = {
    "clean": set(),
    "dry": {GuidanceCode.TOO_DRY},
    "wet": {GuidanceCode.TOO_WET},
    "light": {GuidanceCode.TOO_LIGHT},
    "hard": {GuidanceCode.TOO_HARD},
    "off_centre": {GuidanceCode.OFF_CENTRE},
    "rotated": {GuidanceCode.ROTATED},
    "partial": {GuidanceCode.PARTIAL},
    "moved": {GuidanceCode.MOVED},
    "dirty_platen": {GuidanceCode.DIRTY_PLATEN},
    "empty": {GuidanceCode.NO_FINGER},
    "residue": {GuidanceCode.DIRTY_PLATEN},
    "latent": {GuidanceCode.LATENT_ONLY},
    "cloth": {GuidanceCode.NOT_A_FINGER},
    "leather": {GuidanceCode.NOT_A_FINGER},
    "card": {GuidanceCode.NOT_A_FINGER},
    "frames: at rest": set(),
    "frames: sliding": {GuidanceCode.MOVED},
    "frames: lifted early": {GuidanceCode.LIFTED_EARLY},
    "frames: residue, then a finger": {GuidanceCode.DIRTY_PLATEN},
}


def codes(remarks: Sequence[Guidance]) -> Codes:
    return tuple(remark.code for remark in remarks)


def drawn(name: str, number: int) -> NDArray[np.uint8]:
    if name in CONDITIONS:
        return draw_fingerprint(FIRST_FINGER + number, number % 4, name)
    return draw_platen(FIRST_FINGER + number, name)


def course(name: str, number: int) -> Iterator[NDArray[np.uint8]]:
    """The frames of one placement, 25 a second."""
    finger = FIRST_FINGER + number
    platen = clean_platen(finger, SHAPE, PPI)
    laid = lay_finger(master_print(finger), (finger, 0), CONDITIONS["clean"], SHAPE, PPI)
    residue = name == "frames: residue, then a finger"
    for tick in range(5):
        yield draw_platen(finger, "residue") if residue else seen_frame(platen, None, Touch(0), tick)
    if residue:
        return
    speed = 150.0 if name == "frames: sliding" else 0.0
    rests = 4 if name == "frames: lifted early" else 10
    for tick in range(rests):
        slide = (speed * EXPOSURE_S * tick - 12 * (speed > 0), 0.0)
        touch = Touch(min(1.0, 0.5 + 0.25 * tick), slide, (speed * EXPOSURE_S, 0.0))
        yield seen_frame(platen, laid, touch, tick)
    if name == "frames: lifted early":
        for tick in range(3):
            yield seen_frame(platen, None, Touch(0), tick)


def of_course(name: str, number: int) -> Codes:
    """Remarks on the last frame but those of a finger on its way down."""
    advice, previous, last = PlacementAdvice(), None, ()
    for at, frame in enumerate(course(name, number)):
        moved = 0.0 if previous is None else displacement(previous, frame, PPI)
        last = codes(advice.look(assess_preview(frame, PPI), moved, 0.04 * at))
        previous = frame
    return last


def table(count: int, full: bool) -> None:
    print(f"{'':32s} right  first  in {count}; what comes first")
    for name, right in RIGHT.items():
        ways: list[tuple[str, Callable[[int], Codes]]] = []
        if name.startswith("frames"):
            ways.append((name, lambda number, name=name: of_course(name, number)))
        else:
            ways.append((name, lambda number, name=name: codes(assess_preview(drawn(name, number), PPI).guidance)))
            if full:
                ways.append(
                    (f"{name}, analyze", lambda number, name=name: codes(analyze(drawn(name, number), PPI).guidance))
                )
        for label, judged in ways:
            told = [judged(number) for number in range(count)]
            good = [bool(right & set(said)) if right else not said for said in told]
            first = [bool(right & set(said[:1])) if right else not said for said in told]
            heads = Counter(said[0].value if said else "-" for said in told)
            print(f"{label:32s} {100 * np.mean(good):5.1f}  {100 * np.mean(first):5.1f}  {dict(heads.most_common(4))}")


def public_rates() -> None:
    for name in sorted(path.name for path in PRINTS.iterdir() if path.is_dir()):
        told = [codes(assess_preview(*read(path)).guidance) for path in public_paths() if path.parent.name == name]
        every = Counter(code.value for said in told for code in said)
        silent = sum(not said for said in told)
        shares = {code: f"{100 * n / len(told):.0f} %" for code, n in every.most_common(8)}
        print(f"{name:16s} no complaint {100 * silent / len(told):3.0f} %  {shares}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--full", action="store_true", help="analyze every print, too")
    parser.add_argument("--public", action="store_true")
    options = parser.parse_args()
    table(options.count, options.full)
    if options.public and PRINTS.is_dir():
        public_rates()


if __name__ == "__main__":
    main()
