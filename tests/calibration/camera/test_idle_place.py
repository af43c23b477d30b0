"""What a camera's view of the empty place tells day by day."""

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.camera.idle_place import idle_place_figures, place_drift, place_reference
from drivers.stuck_pixels import with_stuck_pixels

SHAPE = (240, 320)


def place(
    seed: int = 1,
    level: float = 60.0,
    noise: float = 1.0,
    shade: float = 0.0,
    stuck: float = 0.0,
    moved: float = 0.0,
    colour: tuple[float, float, float] | None = None,
) -> list[NDArray[np.uint8]]:
    """Frames of a wall with a dark board on it, which is the room's own."""
    rng = np.random.default_rng(seed)
    scene = np.full(SHAPE, float(level))
    scene[40:100, 60:140] *= 0.8
    scene *= 1 - shade * (np.arange(SHAPE[1]) / SHAPE[1])[None, :]
    frames = []
    for number in range(6):
        seen = scene.copy()
        seen[100:200, 100:200] += moved * (number % 2)
        shown = seen if colour is None else seen[..., None] * np.array(colour)
        drawn = np.clip(np.rint(shown + noise * rng.normal(size=shown.shape)), 0, 255).astype(np.uint8)
        frames.append(with_stuck_pixels(drawn, stuck, 7))
    return frames


def figures(**changes: object) -> dict[str, float]:
    found = idle_place_figures(place(**changes))  # type: ignore[arg-type]
    assert found is not None
    return found


REFERENCE = place_reference([figures(seed=seed) for seed in range(3)])


def test_figures_are_those_of_the_place() -> None:
    assert REFERENCE["light"] == pytest.approx(60 * (1 - 0.2 * 4800 / 76800), abs=0.2)
    assert REFERENCE["noise"] == pytest.approx(1.0, abs=0.1)
    assert sum(name.startswith("place_") for name in REFERENCE) == 48
    assert figures(stuck=0.0005)["stray_pixels"] == pytest.approx(38, abs=3)
    assert "red_over_green" not in REFERENCE


def test_a_day_like_others_is_no_drift() -> None:
    assert place_drift(REFERENCE, figures(seed=9, level=64), figures(seed=8, level=64)) == ()


@pytest.mark.parametrize(("change", "name"), [({"noise": 2.5}, "noise"), ({"stuck": 0.0005}, "stray_pixels")])
def test_what_is_the_cameras_counts_at_once(change: dict[str, float], name: str) -> None:
    (found,) = place_drift(REFERENCE, figures(**change), None)
    assert found.name == name
    assert found.value > found.bound


@pytest.mark.parametrize(("change", "name"), [({"level": 40.0}, "light"), ({"shade": 0.5}, "illumination_shape")])
def test_what_may_be_the_rooms_counts_when_it_stays(change: dict[str, float], name: str) -> None:
    now = figures(**change)
    assert place_drift(REFERENCE, now, None) == ()
    assert place_drift(REFERENCE, now, figures()) == ()
    assert name in {each.name for each in place_drift(REFERENCE, now, figures(seed=3, **change))}


def test_the_colour_of_a_portrait_cameras_place_is_looked_at() -> None:
    reference = place_reference([figures(colour=(1.0, 1.0, 1.0))])
    warm = figures(colour=(1.15, 1.0, 0.85))
    found = {each.name for each in place_drift(reference, warm, warm)}
    assert {"red_over_green", "blue_over_green"} <= found


@pytest.mark.parametrize("change", [{"moved": 12.0}, {"level": 8.0, "colour": (1.0, 1.0, 1.0)}])
def test_somebody_who_moves_and_a_dark_office_say_nothing(change: dict[str, object]) -> None:
    assert idle_place_figures(place(**change)) is None  # type: ignore[arg-type]


def test_too_few_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="frames"):
        idle_place_figures(place()[:2])
