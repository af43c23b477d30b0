"""How well slaps are parted and named, on drawn slaps of every condition.

`python -m tests.benchmarks.slap_segmentation` prints, per condition, how many slaps have every box at an IoU of 0.7 or
more and every name right, how many other hands were noticed, and the processor time. `--first` chooses other people:
0 to 9 were looked at while the segmentation was made, 100 and on were not.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.slap import DrawnFinger, drawn_slap
from drivers.fingerprint.synthesis.slap import SlapHand as DrawnHand
from drivers.fingerprint.synthesis.slap_condition import SLAP_CONDITIONS
from gateway.fingerprint.slap.segmentation import SlapFinger, SlapHand, SlapSegmentation, segment_slap
from tests.benchmarks.figure import Figure, table

MIN_IOU = 0.7
LEAST_VISIBLE = 0.5
"""A finger that is cut by more than half need not be found; where it is found, its name must be right."""
_HANDS = (DrawnHand.RIGHT_FOUR, DrawnHand.LEFT_FOUR, DrawnHand.RIGHT_FOUR, DrawnHand.LEFT_FOUR, DrawnHand.TWO_THUMBS)


@dataclass(frozen=True)
class SlapVerdict:
    """One segmentation held against the truth."""

    boxes_right: bool
    names_right: bool
    missing_right: bool

    @property
    def right(self) -> bool:
        """Whether all is."""
        return self.boxes_right and self.names_right


def overlap(finger: SlapFinger, truth: DrawnFinger) -> float:
    """Intersection over union of two turned boxes."""
    one = ((finger.x, finger.y), (finger.width, finger.height), -finger.rotation_deg)
    two = ((truth.x, truth.y), (truth.width, truth.height), -truth.rotation_deg)
    _, corners = cv2.rotatedRectangleIntersection(one, two)
    if corners is None:
        return 0.0
    common = float(cv2.contourArea(cv2.convexHull(np.asarray(corners, np.float32))))
    return common / (finger.width * finger.height + truth.width * truth.height - common)


def judged(found: SlapSegmentation, truth: Sequence[DrawnFinger]) -> SlapVerdict:
    """Whether every finger that was asked for is boxed and named, and none is named that is not there."""
    asked = [finger for finger in truth if finger.position in found.hand.positions]
    by_name = {int(finger.position): finger for finger in found.fingers}
    boxes = names = True
    for finger in asked:
        named = by_name.get(finger.position)
        if not finger.present:
            names = names and named is None
            continue
        if named is not None:
            names = names and overlap(named, finger) >= 0.3
        if finger.visible >= LEAST_VISIBLE:
            names = names and named is not None
            boxes = boxes and max((overlap(f, finger) for f in (*found.fingers, *found.extra)), default=0) >= MIN_IOU
    gone = {finger.position for finger in asked if not finger.present}
    hardly = {finger.position for finger in asked if finger.present and finger.visible < LEAST_VISIBLE}
    return SlapVerdict(boxes, names, {int(p) for p in found.missing} - hardly == gone)


def slaps(first: int, persons: int) -> Iterator[tuple[str, DrawnHand, NDArray[np.uint8], tuple[DrawnFinger, ...]]]:
    """Condition, hand, pixels and truth: every condition once for each person, hands in turn."""
    for person in range(persons):
        for number, condition in enumerate(SLAP_CONDITIONS):
            hand = _HANDS[(person + number) % len(_HANDS)]
            slap = drawn_slap(first + person, hand, number + person, condition)
            yield condition, hand, slap.pixels, slap.fingers


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0, help="number of the first person; 100 and on are held out")
    parser.add_argument("--persons", type=int, default=10)
    options = parser.parse_args()
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    times = []
    for condition, drawn_hand, pixels, truth in slaps(options.first, options.persons):
        hand, row = SlapHand(drawn_hand), rows[condition]
        began = time.process_time()
        found = segment_slap(pixels, 500.0, hand)
        times.append(1000 * (time.process_time() - began))
        verdict = judged(found, truth)
        row.update(slaps=1, boxes=verdict.boxes_right, names=verdict.names_right, right=verdict.right)
        row.update(missing=verdict.missing_right, extra=bool(found.extra), false_alarms=found.wrong_hand)
        if hand is not SlapHand.TWO_THUMBS:
            other = SlapHand.LEFT_FOUR if hand is SlapHand.RIGHT_FOUR else SlapHand.RIGHT_FOUR
            row.update(hands=1, noticed=segment_slap(pixels, 500.0, other).wrong_hand)
    columns = ("slaps", "right", "boxes", "names", "missing", "extra", "hands", "noticed", "false_alarms")
    print(f"{'condition':16}" + "".join(f"{column:>13}" for column in columns))
    total = sum(rows.values(), Counter[str]())
    for condition, row in (*rows.items(), ("all", total)):
        print(f"{condition:16}" + "".join(f"{row[column]:>13}" for column in columns))
    figures = [
        Figure("all boxes and names right", [100 * total["right"] / total["slaps"]], "%", 95, "higher"),
        Figure("missing fingers named", [100 * total["missing"] / total["slaps"]], "%"),
        Figure("other hand noticed", [100 * total["noticed"] / max(total["hands"], 1)], "%"),
        Figure("CPU per slap of 1600x1500", [median(times)], "ms", 60),
    ]
    print(table(figures))


if __name__ == "__main__":
    main()
