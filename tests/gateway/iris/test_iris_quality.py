"""Quality of drawn irises: each measure's range, what it follows, and the arrays that are refused."""

from dataclasses import astuple, replace
from math import pi

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.iris.analysis import analyze
from gateway.iris.contrast import GreyZones, iris_pupil_contrast, iris_sclera_contrast
from gateway.iris.geometry import Contour, IrisGeometry
from gateway.iris.quality import IrisQuality, measured_quality
from gateway.iris.shape import boundary_circularity, margin_adequacy
from gateway.iris.sharpness import edge_blur, interlace, iso_sharpness

EYE = 3


def seen(condition: str, eye: int = EYE) -> tuple[NDArray[np.uint8], IrisGeometry]:
    pixels = drawn_eye(eye, 1, condition).pixels
    geometry = analyze(pixels).geometry
    assert geometry is not None
    return pixels, geometry


@pytest.fixture(scope="module")
def clean() -> tuple[NDArray[np.uint8], IrisGeometry]:
    return seen("clean")


def ring(radius: float, x: float, y: float) -> Contour:
    angle = np.arange(256) * (2 * pi / 256)
    return Contour(np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1).astype(np.float32))


def drawn_disc(blur: tuple[float, float] = (1.0, 1.0)) -> NDArray[np.uint8]:
    """A pupil of 40 pixels in an iris of 100, blurred by deviations across and down."""
    image = np.full((300, 400), 180, np.uint8)
    cv2.circle(image, (200, 150), 100, 110, -1)
    cv2.circle(image, (200, 150), 40, 15, -1)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), blur[0], sigmaY=blur[1]), np.uint8)


def flat_geometry(x: float = 200.0, shape: tuple[int, int] = (300, 400)) -> IrisGeometry:
    y = 150.0
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    away = np.hypot(columns - x, rows - y)
    return IrisGeometry(
        pupil=ring(40, x, y),
        limbus=ring(100, x, y),
        mask=(away > 40) & (away < 100),
        upper_lid=None,
        lower_lid=None,
        glints=np.zeros(shape, bool),
        pupil_scatter=0.0,
        limbus_scatter=0.0,
        limbus_step=(20.0, 20.0),
    )


@pytest.mark.parametrize("condition", ["clean", "defocused", "dark", "spectacles"])
def test_every_measure_is_in_its_range(condition: str) -> None:
    quality = measured_quality(*seen(condition))
    assert 0 <= quality.score <= 100
    for name in (
        "usable_iris_area",
        "iris_sclera_contrast",
        "iris_pupil_contrast",
        "pupil_boundary_circularity",
        "pupil_to_iris_ratio",
        "iris_pupil_concentricity",
        "margin_adequacy",
        "sharpness",
        "interlace",
    ):
        assert 0 <= getattr(quality, name) <= 100, name
    assert 0 <= quality.grey_scale_utilisation <= 8
    assert quality.motion_blur >= 1
    assert all(0 <= part <= 100 for part in astuple(quality.parts))
    assert (quality.algorithm, quality.version) == ("rekam-iris", 1)


def test_contrasts_are_the_standards() -> None:
    zones = GreyZones(pupil=20.0, iris=100.0, sclera=160.0, saturated=0.0, noise=1.0)
    assert iris_sclera_contrast(zones) == pytest.approx(100 * 60 / 220)
    assert iris_pupil_contrast(zones) == pytest.approx(100 * 2 / 2.75)
    assert iris_sclera_contrast(replace(zones, sclera=90.0)) == 0
    assert iris_sclera_contrast(replace(zones, iris=20.0, sclera=20.0)) == 0
    assert iris_pupil_contrast(replace(zones, iris=10.0)) == 0


def test_zones_of_a_drawn_disc() -> None:
    quality = measured_quality(drawn_disc(), flat_geometry())
    assert (quality.zones.pupil, quality.zones.iris, quality.zones.sclera) == (15, 110, 180)
    assert quality.iris_radius == pytest.approx(100, abs=0.1)
    assert quality.pupil_to_iris_ratio == pytest.approx(40, abs=0.1)
    assert quality.iris_pupil_concentricity == pytest.approx(100, abs=0.1)
    assert quality.usable_iris_area == pytest.approx(100, abs=1)


def test_margins_bind_on_every_side() -> None:
    assert margin_adequacy(flat_geometry(200.0)) == 100
    near_left, near_right = margin_adequacy(flat_geometry(130.0)), margin_adequacy(flat_geometry(269.0))
    assert near_left == pytest.approx(50, abs=0.5)
    assert near_right == pytest.approx(near_left, abs=0.5)
    assert margin_adequacy(flat_geometry(90.0)) == 0


def test_circularity_falls_with_dents() -> None:
    round_one = ring(40, 200, 150)
    angle = np.arange(256) * (2 * pi / 256)
    radii = 40 * (1 + 0.2 * np.cos(3 * angle))
    dented = Contour(np.stack([200 + radii * np.cos(angle), 150 + radii * np.sin(angle)], axis=1).astype(np.float32))
    assert boundary_circularity(round_one) == pytest.approx(100, abs=1e-3)
    assert boundary_circularity(dented) == pytest.approx(100 - 64 * 0.2**2, abs=0.2)


@pytest.mark.parametrize("deviation", [1.5, 3.0, 5.0])
def test_edge_blur_is_that_of_the_lens(deviation: float) -> None:
    blur = edge_blur(drawn_disc((deviation, deviation)), ring(40, 200, 150))
    assert blur.width == pytest.approx(deviation, rel=0.15)
    assert blur.anisotropy < 1.3


def test_edge_blur_tells_the_direction_of_a_movement() -> None:
    across = edge_blur(drawn_disc((5.0, 1.0)), ring(40, 200, 150))
    down = edge_blur(drawn_disc((1.0, 5.0)), ring(40, 200, 150))
    assert min(across.anisotropy, down.anisotropy) > 2.2
    assert np.cos(2 * across.angle) > 0.95
    assert np.cos(2 * down.angle) < -0.95


def test_sharpness_falls_with_blur(clean: tuple[NDArray[np.uint8], IrisGeometry]) -> None:
    values = [iso_sharpness(np.asarray(cv2.GaussianBlur(clean[0], (0, 0), s), np.uint8)) for s in (0.5, 1.5, 3.0)]
    assert values[0] > values[1] > values[2]
    assert iso_sharpness(np.full((8, 8), 100, np.uint8)) == 0
    assert iso_sharpness(np.full((200, 200), 100, np.uint8)) == 0


def test_interlace_is_seen_in_shifted_rows(clean: tuple[NDArray[np.uint8], IrisGeometry]) -> None:
    pixels, geometry = clean
    split = pixels.copy()
    split[1::2] = np.roll(pixels[1::2], 12, axis=1)
    assert interlace(pixels, geometry.mask) < 5
    assert interlace(split, geometry.mask) > 20


def test_score_falls_with_faults(clean: tuple[NDArray[np.uint8], IrisGeometry]) -> None:
    best = measured_quality(*clean)
    for condition in ("defocused", "moved", "far"):
        assert measured_quality(*seen(condition)).score < best.score, condition


def test_pixels_stay_as_they_are(clean: tuple[NDArray[np.uint8], IrisGeometry]) -> None:
    pixels, geometry = clean
    before = pixels.copy()
    quality = measured_quality(pixels, geometry)
    assert np.array_equal(before, pixels)
    assert isinstance(quality, IrisQuality)


def test_sixteen_bits_measure_as_eight(clean: tuple[NDArray[np.uint8], IrisGeometry]) -> None:
    pixels, geometry = clean
    wide = pixels.astype(np.uint16) * 257
    assert measured_quality(wide, geometry).zones.iris == pytest.approx(
        measured_quality(pixels, geometry).zones.iris, abs=1
    )


@pytest.mark.parametrize(
    "pixels", [np.zeros((10, 10), np.float32), np.zeros((10, 10), np.uint8), np.zeros((0, 5), np.uint8)]
)
def test_wrong_arrays_are_refused(pixels: NDArray[np.uint8], clean: tuple[NDArray[np.uint8], IrisGeometry]) -> None:
    with pytest.raises(ValueError, match=r"sample|geometry"):
        measured_quality(pixels, clean[1])
