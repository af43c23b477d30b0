"""How often each drawn artefact is suspected, and how often a bona fide eye is.

`python -m tests.benchmarks.iris_liveness` draws sequences of the synthetic camera: eyes in several conditions, and
each artefact, with a step of the room light and without one. Seeds from 1 on were tuned on, those from 1001 on were
not looked at. `--public` judges single public images, all of them bona fide, instead. An artefact in which no iris is
found gives no template either: that is counted apart, as a non-response (ISO/IEC 30107-3).

The figures are those of heuristics on drawn eyes, not an evaluation under ISO/IEC 30107-3.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.sequence import drawn_sequence
from gateway.iris import analyze
from gateway.iris.liveness import (
    CueStatus,
    LightStep,
    LivenessAssessment,
    LivenessVerdict,
    ObservedFrame,
    assess_liveness,
)
from tests.benchmarks.iris_accuracy import IRISES, public_eyes, public_sets

TUNED_ON, HELD_OUT = 1, 1001
CONDITIONS = ("clean", "lashes", "lids_low", "gaze_off", "rotated", "spectacles", "dark", "noisy", "defocused", "far")
REPLAY = "replayed_loop"
SPECIES = ("printed_eye", "printed_eye_with_hole", "patterned_lens", REPLAY)
LAMPS = 2
STEP_AT_S, STEP_LUX = 1.0, 1500.0


@dataclass(frozen=True)
class Presented:
    """What came of one sequence."""

    species: str
    eye: int
    assessment: LivenessAssessment
    found: int
    """Frames in which an iris was found."""


def observed(
    eye: int, condition: str, artefact: str | None, *, step: bool, seconds: float | None = None
) -> list[ObservedFrame]:
    """A drawn sequence with its analyses: 3 s about a step of the light, or 5 s of steady light."""
    frames = drawn_sequence(
        eye,
        1,
        condition,
        artefact=artefact,
        seconds=(3.0 if step else 5.0) if seconds is None else seconds,
        light_step=(STEP_AT_S, STEP_LUX) if step else None,
    )
    return [ObservedFrame(frame.time_s, frame.pixels, analyze(frame.pixels)) for frame in frames]


def presented(species: str, eye: int, sequence: Sequence[ObservedFrame], *, step: bool) -> Presented:
    """Judge a sequence."""
    light = LightStep(STEP_AT_S) if step else None
    found = sum(frame.geometry is not None for frame in sequence)
    return Presented(species, eye, assess_liveness(sequence, light=light, lamps=LAMPS), found)


def drawn_species(
    eyes: Sequence[int], conditions: Sequence[str], species: Sequence[str], *, step: bool
) -> Iterator[list[Presented]]:
    """Each condition of bona fide eyes, each artefact, and clean eyes replayed in a loop."""
    for condition in conditions:
        yield [presented(condition, eye, observed(eye, condition, None, step=step), step=step) for eye in eyes]
    for name in species:
        make = looped if name == REPLAY else partial(observed, condition="clean", artefact=name, step=step)
        yield [presented(name, eye, make(eye), step=step) for eye in eyes]


def looped(eye: int) -> list[ObservedFrame]:
    """A recording of 20 frames, played until 45 are seen."""
    sequence = observed(eye, "clean", None, step=False, seconds=20 / 15)
    return [ObservedFrame(at / 15, sequence[at % 20].pixels, sequence[at % 20].analysis) for at in range(45)]


def row(group: Sequence[Presented]) -> str:
    """One line of figures."""
    counts = Counter(one.assessment.verdict for one in group)
    answered = [one for one in group if one.found >= 5]
    suspected = sum(one.assessment.verdict is LivenessVerdict.ATTACK_SUSPECTED for one in answered)
    shares = [counts[verdict] / len(group) for verdict in LivenessVerdict]
    by_cue = Counter(
        cue.name for one in group for cue in one.assessment.cues if cue.status is CueStatus.ATTACK_SUSPECTED
    )
    cues = ", ".join(f"{name} {count}" for name, count in by_cue.most_common())
    silent = len(group) - len(answered)
    return (
        f"{group[0].species:22} {len(group):4} {shares[1]:9.1%} {shares[0]:9.1%} {shares[2]:9.1%}  "
        f"{silent:3} no iris, {suspected}/{len(answered)} of the rest  {cues}"
    )


def public_images(name: str, every: int, enlarge: int) -> tuple[int, Counter[str], Counter[str]]:
    """Images of a public set, how many each single-image cue could judge, and how many it suspects."""
    judged: Counter[str] = Counter()
    suspected: Counter[str] = Counter()
    images = list(public_eyes(name))[::every]
    for _, _, given in images:
        pixels = given if enlarge == 1 else enlarged(given, enlarge)
        assessment = assess_liveness([ObservedFrame(0.0, pixels, analyze(pixels))], lamps=LAMPS)
        for cue in assessment.cues:
            judged[cue.name] += cue.status is not CueStatus.NOT_ASSESSED
            suspected[cue.name] += cue.status is CueStatus.ATTACK_SUSPECTED
    return len(images), judged, suspected


def enlarged(pixels: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """Irises of 55 pixels radius are too coarse for dots: so that the cues look at all, and see the eyes' texture."""
    return np.asarray(cv2.resize(pixels, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC), np.uint8)


def public_glints(name: str, every: int) -> Counter[str]:
    """What the glint cue says of all images of an eye, taken as a sequence."""
    found: Counter[str] = Counter()
    eyes = [list(group) for _, group in groupby(public_eyes(name), key=lambda image: image[0])]
    for images in eyes[::every]:
        sequence = [ObservedFrame(float(at), pixels, analyze(pixels)) for at, (_, _, pixels) in enumerate(images)]
        found[assess_liveness(sequence, lamps=LAMPS).cue("glint_pattern").status] += 1
    return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eyes", type=int, default=40)
    parser.add_argument("--tuned", action="store_true", help="the seeds that were tuned on")
    parser.add_argument("--steady", action="store_true", help="steady room light in place of a step")
    parser.add_argument("--conditions", nargs="*", default=CONDITIONS)
    parser.add_argument("--species", nargs="*", default=SPECIES, choices=SPECIES)
    parser.add_argument("--public", action="store_true", help="single public images")
    parser.add_argument("--every", type=int, default=3, help="of the public images or eyes")
    parser.add_argument("--enlarge", type=int, default=1, metavar="N", help="single public images, N times")
    options = parser.parse_args()
    if options.public:
        if not IRISES.is_dir():
            sys.exit(f"the public irises are not there: {IRISES}")
        for name in public_sets():
            count, judged, suspected = public_images(name, options.every, options.enlarge)
            for cue in ("printed_dots", "lens_ring", "glint_pattern", "pupil_response", "sameness"):
                print(f"{name:10} {count:4} images  {cue:16} judged {judged[cue]:4}  suspected {suspected[cue]:3}")
            glints = dict(public_glints(name, 2 * options.every))
            print(f"{name:10} glint_pattern on an eye's images in sequence: {glints}")
        return
    first = TUNED_ON if options.tuned else HELD_OUT
    eyes = range(first, first + options.eyes)
    light = "steady light, 5 s" if options.steady else f"light steps to {STEP_LUX:.0f} lux, 3 s"
    print(f"{'tuned-on' if options.tuned else 'held-out'} seeds {eyes.start} to {eyes.stop - 1}; {light}")
    print(f"{'presented':22} {'n':>4} suspected live signs not assessed")
    for group in drawn_species(eyes, options.conditions, options.species, step=not options.steady):
        print(row(group), flush=True)


if __name__ == "__main__":
    main()
