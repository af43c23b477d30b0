"""How often guidance is right on drawn eyes of each condition, and what a preview and the measures cost.

`python -m tests.benchmarks.iris_guidance` prints, per condition, the share of eyes whose first remark is one that fits,
of the image and of the preview; a clean or turned eye is right without a remark.
"""

import argparse
import time
from collections import Counter
from statistics import median

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.condition import CONDITIONS
from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.guidance import Guidance, GuidanceCode
from gateway.iris.advice import DEFAULT_LIMITS, sample_guidance
from gateway.iris.analysis import analyze
from gateway.iris.gaze import estimated_gaze
from gateway.iris.preview import assess_preview, missing_eye_guidance
from gateway.iris.quality import measured_quality

FITTING: dict[str, set[GuidanceCode]] = {
    "clean": set(),
    "rotated": set(),
    "defocused": {GuidanceCode.EYE_OUT_OF_FOCUS},
    "moved": {GuidanceCode.EYE_MOVED},
    "gaze_off": {GuidanceCode.LOOK_AT_CAMERA},
    "lids_low": {GuidanceCode.OPEN_WIDER},
    "lashes": {GuidanceCode.LASHES_OVER_IRIS, GuidanceCode.OPEN_WIDER},
    "spectacles": {GuidanceCode.SPECTACLES, GuidanceCode.REFLECTION},
    "dark": {GuidanceCode.EYE_TOO_DARK},
    "noisy": {GuidanceCode.EYE_TOO_DARK},
    "bright": {GuidanceCode.EYE_TOO_BRIGHT},
    "far": {GuidanceCode.EYE_TOO_FAR},
    "near": {GuidanceCode.EYE_TOO_NEAR},
    "off_centre": {GuidanceCode.EYE_OFF_CENTRE},
    "pupil_wide": {GuidanceCode.PUPIL_TOO_WIDE},
    "pupil_small": {GuidanceCode.PUPIL_TOO_SMALL},
}
"""Which first remark fits a condition; none where the set is empty."""


def image_guidance(pixels: NDArray[np.uint8]) -> tuple[Guidance, ...]:
    """What the measures of one image say."""
    found = analyze(pixels)
    if found.geometry is None:
        return missing_eye_guidance(pixels)
    gaze = estimated_gaze(pixels, found.geometry, lamps=DEFAULT_LIMITS.lamps)
    return sample_guidance(measured_quality(pixels, found.geometry), found.outcome, gaze=gaze)


def fits(condition: str, remarks: tuple[Guidance, ...]) -> bool:
    """Whether the first remark, or that there is none, is right."""
    fitting = FITTING[condition]
    return remarks[0].code in fitting if remarks and fitting else not remarks and not fitting


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eyes", type=int, default=100)
    parser.add_argument("--first", type=int, default=1001, help="seed of the first eye")
    parser.add_argument("conditions", nargs="*", default=list(CONDITIONS))
    options = parser.parse_args()
    took: list[float] = []
    for condition in options.conditions:
        right, preview_right, said = 0, 0, Counter[str]()
        for eye in range(options.first, options.first + options.eyes):
            pixels = drawn_eye(eye, 1, condition).pixels
            remarks = image_guidance(pixels)
            began = time.process_time()
            preview = assess_preview(pixels)
            took.append(1e3 * (time.process_time() - began))
            right += fits(condition, remarks)
            preview_right += fits(condition, preview.guidance)
            said[remarks[0].code.value if remarks else "none"] += 1
        share = f"{right / options.eyes:6.0%}  preview {preview_right / options.eyes:6.0%}"
        print(f"{condition:12}{share}   " + ", ".join(f"{code} {count}" for code, count in said.most_common(4)))
    print(f"preview {median(took):.1f} ms, goal <= 8 ms")


if __name__ == "__main__":
    main()
