"""The drawn fingers: patterns in their proportions, ridges that follow them, conditions that look like themselves."""

import math
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.condition import CONDITIONS
from drivers.fingerprint.synthesis.master_minutiae import BIFURCATION, ENDING, master_minutiae
from drivers.fingerprint.synthesis.master_print import SHAPE, master_print
from drivers.fingerprint.synthesis.orientation_field import (
    PATTERN_PROPORTIONS,
    FingerPattern,
    RidgeFlow,
    ridge_flow,
    ridge_orientation,
    ridge_period,
)
from drivers.fingerprint.synthesis.ridges import grow_ridges
from drivers.fingerprint.synthesis.texture import smooth_noise
from drivers.fingerprint.synthetic import draw_fingerprint, drawn_minutiae
from tests.benchmarks.synthetic_separation import measure_separation, referee_minutiae

FINGERS = (2, 17, 23)


def flow_of(pattern: FingerPattern) -> RidgeFlow:
    return next(
        flow for flow in (ridge_flow(np.random.default_rng(seed)) for seed in range(1000)) if flow.pattern is pattern
    )


def winding(orientation: NDArray[np.float32], centre: tuple[float, float], radius: float) -> float:
    """Turns of the orientation along a circle: a half for a core, minus a half for a delta."""
    bearing = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    x = np.round(centre[0] + radius * np.cos(bearing)).astype(int)
    y = np.round(centre[1] - radius * np.sin(bearing)).astype(int)
    doubled = np.unwrap(2 * orientation[y, x], period=2 * np.pi)
    closing = (2 * orientation[y[0], x[0]] - doubled[-1] + np.pi) % (2 * np.pi) - np.pi
    return float((doubled[-1] - doubled[0] + closing) / (4 * np.pi))


class TestPatterns:
    def test_proportions(self) -> None:
        rng = np.random.default_rng(5)
        drawn = [ridge_flow(rng).pattern for _ in range(3000)]
        for pattern, share in PATTERN_PROPORTIONS.items():
            assert drawn.count(pattern) / len(drawn) == pytest.approx(share, abs=0.03)

    @pytest.mark.parametrize("pattern", list(FingerPattern))
    def test_singular_points_are_in_the_field(self, pattern: FingerPattern) -> None:
        flow = flow_of(pattern)
        orientation = ridge_orientation(flow, SHAPE, np.random.default_rng(1))
        for points, turns in ((flow.cores, 0.5), (flow.deltas, -0.5)):
            for point in points:
                centre = ((SHAPE[1] - 1) / 2 + point.real, (SHAPE[0] - 1) / 2 - point.imag)
                assert winding(orientation, centre, 6) == pytest.approx(turns, abs=0.01)
        # As many cores as deltas: the flow comes in on one side and leaves on the other.
        assert winding(orientation, (SHAPE[1] / 2, SHAPE[0] / 2), 210) == pytest.approx(0, abs=0.01)

    def test_loops_open_to_the_side_they_are_named_after(self) -> None:
        left, right = flow_of(FingerPattern.LEFT_LOOP), flow_of(FingerPattern.RIGHT_LOOP)
        assert left.deltas[0].real > left.cores[0].real
        assert right.deltas[0].real < right.cores[0].real


class TestRidges:
    @pytest.mark.parametrize("finger", FINGERS)
    def test_ridges_follow_the_orientation(self, finger: int) -> None:
        rng = np.random.default_rng(finger)
        orientation = ridge_orientation(ridge_flow(rng), SHAPE, rng)
        ridges = grow_ridges(orientation, ridge_period(SHAPE, rng), rng)
        gx, gy = cv2.Sobel(ridges, cv2.CV_32F, 1, 0), -cv2.Sobel(ridges, cv2.CV_32F, 0, 1)
        xx, yy, xy = (cv2.GaussianBlur(product, (0, 0), 6) for product in (gx * gx, gy * gy, gx * gy))
        seen = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
        apart = np.abs((seen - orientation + np.pi / 2) % np.pi - np.pi / 2)
        assert np.degrees(np.median(apart)) < 4
        assert np.degrees(np.percentile(apart[40:-40, 40:-40], 95)) < 20

    @pytest.mark.parametrize("period_px", [8.0, 9.0, 10.0])
    def test_ridges_have_the_period(self, period_px: float) -> None:
        shape = (256, 256)
        ridges = grow_ridges(
            np.full(shape, 0.4, np.float32), np.full(shape, period_px, np.float32), np.random.default_rng(1)
        )
        window = np.hanning(256)[:, None] * np.hanning(256)[None, :]
        power = np.abs(np.fft.fft2(ridges * window)) ** 2
        frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256)[None, :])
        assert 1 / (np.sum(power * frequency) / np.sum(power)) == pytest.approx(period_px, rel=0.05)

    def test_master_is_cached_and_read_only(self) -> None:
        master = master_print(3)
        assert master_print(3) is master
        with pytest.raises(ValueError, match="read-only"):
            master.relief[0, 0] = 0

    @pytest.mark.parametrize("grain_px", [0.9, 2.2, 14.0, 55.0])
    def test_noise_has_unit_deviation(self, grain_px: float) -> None:
        noise = smooth_noise((800, 800), grain_px, np.random.default_rng(2))
        assert noise.shape == (800, 800)
        assert noise.std() == pytest.approx(1, abs=0.3)


class TestMinutiae:
    @pytest.mark.parametrize(("sign", "angle"), [(1, np.pi), (-1, 0.0)])
    @pytest.mark.parametrize(("offset", "kind"), [(0.0, ENDING), (np.pi, BIFURCATION)])
    def test_a_spiral_of_the_phase_is_a_minutia(self, sign: int, angle: float, offset: float, kind: int) -> None:
        rows, columns = np.mgrid[0:128, 0:128].astype(np.float32)
        x, y = columns - 63.4, 64.6 - rows
        # One ridge more on the side towards which the minutia points; there its own ridge, or the valley, has phase 0.
        spiral = sign * np.arctan2(y, x) + (0 if sign < 0 else np.pi)
        ridges = np.cos(-2 * np.pi * y / 9 + spiral + offset).astype(np.float32)
        found = master_minutiae(ridges, np.zeros((128, 128), np.float32), np.full((128, 128), 9, np.float32))
        inner = (np.abs(found.x - 64) < 40) & (np.abs(found.y - 64) < 40)
        assert np.count_nonzero(inner) == 1
        assert found.x[inner][0] == pytest.approx(63.4, abs=3)
        assert found.y[inner][0] == pytest.approx(64.6, abs=3)
        assert np.cos(found.angle[inner][0] - angle) > 0.99
        assert found.kind[inner][0] == kind

    def test_referee_finds_what_was_drawn(self) -> None:
        found_share, apart_rad = [], []
        for finger in FINGERS:
            truth = drawn_minutiae(finger, 1)
            seen = referee_minutiae(drawn(finger, "clean"))
            distance = np.hypot(truth.x[:, None] - seen[None, :, 0], truth.y[:, None] - seen[None, :, 1])
            hit = distance.min(axis=1) < 9
            found_share.append(hit.mean())
            turn = seen[distance.argmin(axis=1), 2] - truth.angle
            apart_rad.extend(np.abs((turn + np.pi) % (2 * np.pi) - np.pi)[hit])
        assert np.mean(found_share) > 0.75
        assert np.degrees(np.median(apart_rad)) < 10

    def test_minutiae_scale_with_the_image(self) -> None:
        usual, fine = drawn_minutiae(4, 1), drawn_minutiae(4, 1, width=776, height=748, ppi=1000)
        assert len(fine) == pytest.approx(len(usual), abs=6)


def mean_over_fingers(measure: str, condition: str) -> float:
    return float(np.mean([MEASURES[measure](drawn(finger, condition)) for finger in FINGERS]))


@cache
def drawn(finger: int, condition: str) -> NDArray[np.uint8]:
    return draw_fingerprint(finger, 1, condition)


def touched_area(pixels: NDArray[np.uint8]) -> float:
    """Share of the frame that ridges and the valleys between them cover."""
    closed = cv2.morphologyEx((pixels < 170).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    return float(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((25, 25), np.uint8)).mean())


def dark_share(pixels: NDArray[np.uint8]) -> float:
    return float(np.mean(pixels < 150))


def fragments(pixels: NDArray[np.uint8]) -> float:
    return float(cv2.connectedComponents((pixels < 150).astype(np.uint8))[0] / dark_share(pixels))


def off_middle(pixels: NDArray[np.uint8]) -> float:
    rows, columns = np.nonzero(pixels < 150)
    return math.hypot(rows.mean() - pixels.shape[0] / 2, columns.mean() - pixels.shape[1] / 2)


def merged_share(pixels: NDArray[np.uint8]) -> float:
    """Share of the frame in dark blotches wider than a ridge."""
    return float(cv2.erode((pixels < 110).astype(np.uint8), np.ones((11, 11), np.uint8)).mean())


def sharpness(pixels: NDArray[np.uint8]) -> float:
    return float(cv2.Laplacian(cv2.GaussianBlur(pixels, (0, 0), 1.0), cv2.CV_32F).std())


def ground_unevenness(pixels: NDArray[np.uint8]) -> float:
    finger = cv2.morphologyEx((pixels < 130).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    return float(pixels[cv2.dilate(finger, np.ones((9, 9), np.uint8)) == 0].std())


MEASURES = {
    "touched_area": touched_area,
    "dark_share": dark_share,
    "fragments": fragments,
    "off_middle": off_middle,
    "merged_share": merged_share,
    "sharpness": sharpness,
    "ground_unevenness": ground_unevenness,
}


class TestConditions:
    @pytest.mark.parametrize(
        ("measure", "less", "more", "factor"),
        [
            ("touched_area", "light", "clean", 1.3),
            ("touched_area", "partial", "clean", 1.8),
            ("touched_area", "clean", "hard", 1.1),
            ("dark_share", "dry", "clean", 1.3),
            ("dark_share", "light", "clean", 2.0),
            ("dark_share", "clean", "hard", 1.4),
            ("dark_share", "clean", "wet", 1.3),
            ("fragments", "clean", "dry", 2.0),
            ("merged_share", "clean", "wet", 4.0),
            ("off_middle", "clean", "off_centre", 3.0),
            ("sharpness", "moved", "clean", 1.15),
            ("ground_unevenness", "clean", "dirty_platen", 1.4),
        ],
    )
    def test_looks_like_what_it_is(self, measure: str, less: str, more: str, factor: float) -> None:
        assert mean_over_fingers(measure, more) > factor * mean_over_fingers(measure, less)

    @pytest.mark.parametrize("condition", list(CONDITIONS))
    def test_light_ground(self, condition: str) -> None:
        pixels = draw_fingerprint(9, 2, condition)
        assert pixels.shape == (374, 388)
        assert pixels.dtype == np.uint8
        assert 220 <= np.percentile(pixels, 90) <= 250


class TestDrawing:
    def test_seeds_decide(self) -> None:
        first = draw_fingerprint(17, 3, "dry")
        assert np.array_equal(first, draw_fingerprint(17, 3, "dry"))
        assert not np.array_equal(first, draw_fingerprint(17, 4, "dry"))
        assert not np.array_equal(first, draw_fingerprint(18, 3, "dry"))

    def test_scale_changes_pixels_not_millimetres(self) -> None:
        usual = touched_area(draw_fingerprint(4, 1))
        fine = draw_fingerprint(4, 1, width=776, height=748, ppi=1000)
        assert fine.shape == (748, 776)
        halved = np.asarray(cv2.resize(fine, (388, 374), interpolation=cv2.INTER_AREA), np.uint8)
        assert touched_area(halved) == pytest.approx(usual, abs=0.06)

    @pytest.mark.parametrize(
        "arguments", [{"finger": -1}, {"impression": -1}, {"condition": "soapy"}, {"width": 3}, {"ppi": 0}]
    )
    def test_refusals(self, arguments: dict[str, object]) -> None:
        with pytest.raises(ValueError):
            draw_fingerprint(**{"finger": 1, "impression": 1, **arguments})  # type: ignore[arg-type]


def test_referee_finds_minutiae_and_tells_fingers_apart() -> None:
    found = measure_separation(range(1, 8), (1, 2))
    assert min(found.minutiae) >= 25
    assert max(found.minutiae) <= 80
    assert min(found.genuine) > 40
    assert np.median(found.impostor) < 20
    assert found.eer_percent <= 2
