"""How good the synthetic irises are, by a public iris code: Daugman's rubber sheet, Masek's log-Gabor phase.

`python -m tests.benchmarks.synthetic_iris_separation` prints each figure beside its goal. The outlines and masks are
the truth of the drawing, so that it is the irises that are judged, and no segmentation. Every genuine pair against
impostor pairs drawn with a fixed seed.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.condition import condition_named
from drivers.iris.synthesis.drawn_eye import drawn_eye, seen_frame, settled_pose
from drivers.iris.synthesis.eye import Ellipse, EyeTruth
from drivers.iris.synthesis.iris_texture import iris_texture
from drivers.iris.synthesis.optics import sensor_of
from drivers.iris.synthesis.scene import eye_scene, seat_person

ROWS, COLUMNS = 64, 512
WAVELENGTH = 18.0
"""Columns; Masek's own wavelength at the sheet's width here."""
SIGMA_ON_F = 0.5
MOST_SHIFT = 12
_EDGE_ROWS = 3  # left out at the pupil and at the limbus, where an outline that is a pixel off shows


@dataclass(frozen=True)
class Separation:
    """Hamming distances of mates and of non-mates, and the bits that each image gave."""

    usable: list[float]
    genuine: list[float]
    impostor: list[float]

    @property
    def eer_percent(self) -> float:
        """Equal error rate: where as many mates lie above the threshold as non-mates below it."""
        genuine, impostor = np.sort(self.genuine), np.sort(self.impostor)
        thresholds = np.unique(np.concatenate([genuine, impostor]))
        missed = 1 - np.searchsorted(genuine, thresholds, "right") / len(genuine)
        accepted = np.searchsorted(impostor, thresholds, "right") / len(impostor)
        nearest = int(np.argmin(np.abs(missed - accepted)))
        return float(50 * (missed[nearest] + accepted[nearest]))

    @property
    def decidability(self) -> float:
        """Daugman's d': the means' distance over the root of the mean variance."""
        genuine, impostor = np.array(self.genuine), np.array(self.impostor)
        return float(abs(impostor.mean() - genuine.mean()) / np.sqrt((genuine.var() + impostor.var()) / 2))


@dataclass(frozen=True, eq=False)
class IrisCode:
    """Phase bits and their mask, one packed row per shift of the sheet; the middle row is unshifted."""

    bits: NDArray[np.uint64]
    mask: NDArray[np.uint64]
    usable: float

    def distance(self, other: "IrisCode") -> float:
        """Least masked fractional Hamming distance over the shifts."""
        valid = self.mask[MOST_SHIFT] & other.mask
        differing = (self.bits[MOST_SHIFT] ^ other.bits) & valid
        counted = np.bitwise_count(valid).sum(axis=1, dtype=np.int64)
        return float((np.bitwise_count(differing).sum(axis=1, dtype=np.int64) / np.maximum(counted, 1)).min())


def rubber_sheet(pixels: NDArray[np.uint8], truth: EyeTruth) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The ring unrolled, 64x512 from the pupil to the limbus, and where it is to be seen.

    References
    ----------
    Daugman 1993; angles are of the image, so that a turned head is a shifted sheet.
    """
    angle = np.arange(COLUMNS, dtype=np.float64) * (2 * np.pi / COLUMNS)
    share = ((np.arange(ROWS) + 0.5) / ROWS)[:, None]
    inner, outer = _outline(truth.pupil, angle), _outline(truth.iris, angle)
    x, y = (((1 - share) * inner[axis] + share * outer[axis]).astype(np.float32) for axis in (0, 1))
    sheet = cv2.remap(pixels.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    hidden = cv2.dilate((truth.lids | truth.lashes | truth.glints).astype(np.uint8), np.ones((5, 5), np.uint8))
    covered = cv2.remap(hidden, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=1)
    return np.asarray(sheet, np.float32), np.asarray(covered == 0)


def iris_code(pixels: NDArray[np.uint8], truth: EyeTruth) -> IrisCode:
    """The signs of the real and the imaginary part of a log-Gabor filter along each row (Masek 2003)."""
    sheet, visible = rubber_sheet(pixels, truth)
    counts = np.maximum(visible.sum(axis=1, keepdims=True), 1)
    centred = np.where(visible, sheet - np.where(visible, sheet, 0).sum(axis=1, keepdims=True) / counts, 0)
    frequency = np.fft.fftfreq(COLUMNS)
    positive = frequency > 0
    response = np.zeros(COLUMNS)
    spread = 2 * np.log(SIGMA_ON_F) ** 2
    response[positive] = np.exp(-(np.log(frequency[positive] * WAVELENGTH) ** 2) / spread)
    filtered = np.fft.ifft(np.fft.fft(centred, axis=1) * response, axis=1)
    visible[:_EDGE_ROWS] = visible[-_EDGE_ROWS:] = False
    # A filter reaches about half a wavelength beyond what is hidden.
    near = cv2.erode(np.tile(visible.astype(np.uint8), 3), np.ones((1, 9), np.uint8))[:, COLUMNS : 2 * COLUMNS] > 0
    strength = np.abs(filtered)
    # The weakest fifth of the phases is decided by noise (Hollingsworth et al. 2009: fragile bits).
    sure = near & (strength > (np.quantile(strength[near], 0.2) if near.any() else 0))
    bits = np.concatenate([filtered.real > 0, filtered.imag > 0])
    mask = np.concatenate([sure, sure])
    shifts = range(-MOST_SHIFT, MOST_SHIFT + 1)
    packed = (np.stack([np.packbits(np.roll(part, shift, axis=1)) for shift in shifts]) for part in (bits, mask))
    packed_bits, packed_mask = (part.view(np.uint64) for part in packed)
    return IrisCode(packed_bits, packed_mask, float(near.mean()))


def measure_separation(
    eyes: Sequence[int],
    impressions: Sequence[int],
    condition: str = "clean",
    max_impostor_pairs: int = 5000,
    against: str | None = None,
) -> Separation:
    """Draw, encode and compare; `against` another condition, every mate pair is one of each."""
    owner: list[tuple[int, str]] = []
    codes: list[IrisCode] = []
    for name in [condition] if against is None else [condition, against]:
        for eye in eyes:
            for impression in impressions:
                drawn = drawn_eye(eye, impression, name)
                owner.append((eye, name))
                codes.append(iris_code(drawn.pixels, drawn.truth))
    pairs = [(a, b) for a, b in combinations(range(len(codes)), 2) if against is None or owner[a][1] != owner[b][1]]
    mates = [pair for pair in pairs if owner[pair[0]][0] == owner[pair[1]][0]]
    strangers = [pair for pair in pairs if owner[pair[0]][0] != owner[pair[1]][0]]
    random.Random(7).shuffle(strangers)

    def distances(chosen: list[tuple[int, int]]) -> list[float]:
        return [codes[a].distance(codes[b]) for a, b in chosen]

    return Separation([code.usable for code in codes], distances(mates), distances(strangers[:max_impostor_pairs]))


def _outline(ellipse: Ellipse, angle: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points of an ellipse that is a circle seen aslant, at angles of that circle."""
    cos, sin = np.cos(ellipse.angle), np.sin(ellipse.angle)
    along = np.cos(angle) * cos + np.sin(angle) * sin
    across = np.sin(angle) * cos - np.cos(angle) * sin
    along, across = ellipse.semi_major * along, ellipse.semi_minor * across
    return ellipse.x + along * cos - across * sin, ellipse.y + along * sin + across * cos


def median_cpu_ms(run: Callable[[int], object], count: int) -> float:
    """Median milliseconds of processor time, of all threads, of `run(0)`, `run(1)`, ..."""
    took = []
    for index in range(count):
        began = time.process_time()
        run(index)
        took.append(1e3 * (time.process_time() - began))
    return median(took)


def main() -> None:
    """Print each figure beside its goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eyes", type=int, default=50)
    parser.add_argument("--impressions", type=int, default=4)
    parser.add_argument("--condition", default="clean")
    parser.add_argument("--against", help="mates of --condition and this one instead of one condition's own")
    options = parser.parse_args()
    state = condition_named(options.condition)
    found = measure_separation(
        range(1, options.eyes + 1), range(1, options.impressions + 1), options.condition, against=options.against
    )
    genuine, impostor = np.array(found.genuine), np.array(found.impostor)
    freedom = impostor.mean() * (1 - impostor.mean()) / impostor.var()
    against = f" against {options.against}" if options.against else ""
    print(f"{options.eyes} eyes x {options.impressions} impressions, {options.condition}{against}")
    print(f"equal error rate    {found.eer_percent:.2f} %   goal <= 0.5 %")
    print(f"d'                  {found.decidability:.2f}   goal >= 4")
    print(f"  {len(genuine)} mates         mean {genuine.mean():.3f} sd {genuine.std():.3f} max {genuine.max():.3f}")
    print(f"  {len(impostor)} non-mates    mean {impostor.mean():.3f} sd {impostor.std():.3f} min {impostor.min():.3f}")
    print(f"  degrees of freedom  {freedom:.0f}   Daugman's own: 249")
    print(f"usable ring         min {min(found.usable):.0%} median {median(found.usable):.0%}")
    stance = seat_person(1, 1, state)
    scene = eye_scene(1, 1, state, stance, nose_right=True)
    sensor, pose = sensor_of(0, (480, 640)), settled_pose(stance)
    moving = replace(pose, velocity_mm_per_s=(150.0, 90.0), distance_mm=290.0)
    blinking = replace(pose, closing=0.5)
    texture_ms = median_cpu_ms(lambda n: iris_texture(2_000_000 + n, 1), 7)
    scene_ms = median_cpu_ms(lambda n: eye_scene(1, n, state, stance, nose_right=True), 7)
    print(f"iris texture        {texture_ms:.0f} ms   goal <= 500 ms with a sitting")
    print(f"sitting             {scene_ms:.0f} ms")
    for name, seen in (("settled", pose), ("approaching", moving), ("blinking", blinking)):
        frame_ms = median_cpu_ms(lambda n, seen=seen: seen_frame((scene,), seen, (0.4,), sensor, n), 41)  # type: ignore[misc]
        print(f"frame, {name:12} {frame_ms:.1f} ms   goal <= 15 ms")


if __name__ == "__main__":
    main()
