"""What the empty glass tells day by day."""

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.idle_look import drift, idle_figures, reference_of

SHAPE = (200, 240)


def glass(
    seed: int, level: float = 230.0, noise: float = 1.0, stain: float = 0.0, stuck: int = 0
) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(seed)
    scene = np.full(SHAPE, float(level))
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    scene -= stain * (1 + np.sin(columns / 1.6)) * ((rows > 40) & (rows < 160))
    places = np.random.default_rng(7).choice(scene.size, stuck, replace=False)
    scene.reshape(-1)[places] = 30
    return [np.clip(np.rint(scene + noise * rng.normal(size=SHAPE)), 0, 255).astype(np.uint8) for _ in range(6)]


def figures(**changes: float) -> dict[str, float]:
    found = idle_figures(glass(1, **changes))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_figures_are_those_of_the_scene() -> None:
    found = figures(level=220, noise=1.5)
    assert found["light"] == pytest.approx(220, abs=0.2)
    assert found["noise"] == pytest.approx(1.5, abs=0.1)
    assert found["stray_pixels"] == 0
    assert figures(stuck=40)["stray_pixels"] == pytest.approx(40, abs=3)


def test_a_day_like_others_is_no_drift() -> None:
    reference = reference_of([figures() for _ in range(3)])
    assert drift(reference, figures(level=226)) == ()


@pytest.mark.parametrize(
    ("change", "name"),
    [({"level": 190}, "light"), ({"noise": 2.5}, "noise"), ({"stain": 4}, "residue"), ({"stuck": 60}, "stray_pixels")],
)
def test_each_drift_is_named_with_its_bound(change: dict[str, float], name: str) -> None:
    reference = reference_of([figures()])
    found = {each.name: each for each in drift(reference, figures(**change))}
    assert name in found
    assert abs(found[name].value - reference[name]) > abs(found[name].bound - reference[name])


def test_a_glass_in_use_says_nothing() -> None:
    assert idle_figures(glass(1, stain=60)) is None


def test_too_few_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="frames"):
        idle_figures(glass(1)[:2])
