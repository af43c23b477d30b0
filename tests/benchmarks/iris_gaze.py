"""How well the gaze of drawn eyes is known, and what it would do for guidance.

`python -m tests.benchmarks.iris_gaze` prints per state the rms error in degrees (both axes, and of the angle), what the
estimate itself states, and how often `aside` and `gaze_evidence` are wrong about 10 degrees; then, where MMU1 is there,
what real eyes read that look into the lens, its lamps' place measured on other persons.
"""

import argparse
from dataclasses import dataclass
from math import cos, degrees, hypot, radians, sin

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.condition import CONDITIONS, Condition
from drivers.iris.synthesis.drawn_eye import seen_frame, settled_pose, still_pupil_ratio
from drivers.iris.synthesis.optics import sensor_of
from drivers.iris.synthesis.pose import Pose
from drivers.iris.synthesis.scene import eye_scene, seat_person
from gateway.iris import IrisAnalysis, analyze
from gateway.iris.advice import gaze_evidence
from gateway.iris.gaze import ASIDE_DEG, GazeEstimate, estimated_gaze, lamp_offset
from tests.benchmarks.iris_accuracy import IRISES, public_eyes

STATES = {
    **{name: CONDITIONS[name] for name in ("clean", "rotated", "gaze_off", "lashes", "spectacles")},
    "5 to 16 deg": Condition(gaze_deg=(5.0, 16.0)),
    "the same, turned": Condition(gaze_deg=(5.0, 16.0), roll_deg=(10.0, 24.0)),
    "the same, glasses": Condition(gaze_deg=(5.0, 16.0), spectacles=True),
}
SHAPE = (480, 640)


@dataclass(frozen=True)
class GazeError:
    """One eye's truth and errors, degrees; nan where the estimate tells no direction."""

    truth: float
    angle: float
    both_axes: float
    stated: float
    aside_wrong: bool
    evidence_wrong: bool


def drawn_gaze(eye: int, state: Condition) -> tuple[NDArray[np.uint8], tuple[float, float]]:
    """A drawn eye, and the sine of its gaze along the image's axes."""
    stance = seat_person(eye, 1, state)
    scene = eye_scene(eye, 1, state, stance, nose_right=eye % 2 == 0)
    pose = settled_pose(stance)
    return seen_frame((scene,), pose, [still_pupil_ratio(scene, 50.0)], sensor_of(0, SHAPE), 1), image_gaze(pose)


def image_gaze(pose: Pose) -> tuple[float, float]:
    """Sine of a pose's gaze to the right and down in the image."""
    across, down = sin(radians(pose.yaw_deg)) * cos(radians(pose.pitch_deg)), sin(radians(pose.pitch_deg))
    roll = radians(pose.roll_deg)
    return across * cos(roll) - down * sin(roll), across * sin(roll) + down * cos(roll)


def gaze_error(found: GazeEstimate, analysis: IrisAnalysis, truth: tuple[float, float]) -> GazeError:
    """Estimate against truth."""
    angle, apart = degrees(np.arcsin(hypot(*truth))), float("nan")
    if found.yaw_deg is not None and found.pitch_deg is not None:
        across = sin(radians(found.yaw_deg)) * cos(radians(found.pitch_deg))
        apart = degrees(hypot(across - truth[0], sin(radians(found.pitch_deg)) - truth[1]))
    assert analysis.quality is not None
    aside = angle >= ASIDE_DEG
    return GazeError(
        truth=angle,
        angle=found.angle_deg - angle,
        both_axes=apart,
        stated=found.uncertainty_deg,
        aside_wrong=(found.aside > 0.5) != aside,
        evidence_wrong=(gaze_evidence(analysis.quality) > 1) != aside,
    )


def rms(values: list[float]) -> float:
    """Root mean square of those that are numbers."""
    return float(np.sqrt(np.nanmean(np.square(values))))


def drawn_table(eyes: int) -> None:
    """Print the table of drawn eyes."""
    print(f"{'':18} truth  rms deg  largest  of angle  stated   aside wrong  gaze_evidence wrong")
    for name, state in STATES.items():
        errors = []
        for eye in range(1000, 1000 + eyes):
            pixels, truth = drawn_gaze(eye, state)
            analysis = analyze(pixels)
            if analysis.geometry is not None:
                errors.append(gaze_error(estimated_gaze(pixels, analysis.geometry), analysis, truth))
        both = [error.both_axes for error in errors]
        print(
            f"{name:18} {np.mean([error.truth for error in errors]):5.1f}  {rms(both):7.2f}  {np.nanmax(both):7.2f}"
            f"  {rms([error.angle for error in errors]):8.2f}  {rms([error.stated for error in errors]):6.2f}"
            f"  {np.mean([error.aside_wrong for error in errors]):11.0%}"
            f"  {np.mean([error.evidence_wrong for error in errors]):19.0%}"
        )


def public_figures() -> None:
    """Print what MMU1's eyes read: lamps of the odd persons, gaze of the even ones."""
    offsets: list[tuple[float, float]] = []
    looked: list[tuple[NDArray[np.uint8], IrisAnalysis]] = []
    for eye, impression, pixels in public_eyes("MMU1"):
        if impression in ("1", "4"):
            analysis = analyze(pixels)
            if analysis.geometry is None:
                continue
            if int(eye[:3]) % 2:
                offset = lamp_offset(pixels, analysis.geometry)
                offsets += [offset] if offset is not None else []
            else:
                looked.append((pixels, analysis))
    x, y = np.median(offsets, axis=0)
    found = [estimated_gaze(pixels, seen.geometry, lamps=(x, y)) for pixels, seen in looked if seen.geometry]
    angles = [gaze.angle_deg for gaze in found]
    evidence = [gaze_evidence(seen.quality) > 1 for _, seen in looked if seen.quality is not None]
    print(f"MMU1: lamps at {x:.3f}, {y:.3f}; {len(found)} eyes that look into the lens:")
    print(f"  angle median {np.median(angles):.1f}, 90 % under {np.quantile(angles, 0.9):.1f} degrees")
    print(
        f"  called aside {np.mean([gaze.aside > 0.5 for gaze in found]):.0%}, by gaze_evidence {np.mean(evidence):.0%}"
    )


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eyes", type=int, default=16)
    drawn_table(parser.parse_args().eyes)
    if IRISES.is_dir():
        public_figures()


if __name__ == "__main__":
    main()
