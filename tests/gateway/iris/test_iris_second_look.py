"""Frames that hide their eye at the first look: between black bars."""

import numpy as np
import pytest

from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.iris import IrisOutcome, analyze
from gateway.iris.sample import barless_sample, evened_sample


@pytest.mark.parametrize("seed", [452, 455, 456])
def test_an_eye_between_wide_black_bars_is_found(seed: int) -> None:
    drawn = drawn_eye(seed, 1)
    bar = np.repeat(np.random.default_rng(3).integers(0, 9, (1, drawn.pixels.shape[1])), 400, 0).astype(np.uint8)
    analysis = analyze(np.vstack([bar, drawn.pixels, bar]))
    assert analysis.outcome is IrisOutcome.FOUND
    assert analysis.geometry is not None
    x, y = analysis.geometry.limbus.centre
    assert np.hypot(x - drawn.truth.iris.x, y - 400 - drawn.truth.iris.y) < 4
    assert analysis.geometry.limbus.radius == pytest.approx(drawn.truth.iris.semi_major, rel=0.03)


def test_black_bars_are_filled_and_nothing_else() -> None:
    frame = np.zeros((300, 400), np.uint8)
    frame[50:250, 30:] = np.random.default_rng(4).integers(100, 110, (200, 370))
    filled = barless_sample(frame)
    assert np.array_equal(filled[50:250, 30:], frame[50:250, 30:])
    assert set(np.unique(filled[:50])) == {np.median(frame[50:250, 30:])}
    assert barless_sample(filled) is filled


def test_contrast_is_evened() -> None:
    frame = np.random.default_rng(5).integers(100, 110, (200, 400)).astype(np.uint8)
    frame[:, 200:] //= 4
    even = evened_sample(frame)
    assert even[:, 20:180].std() > 1.5 * frame[:, 20:180].std()
    assert even[:, 220:380].std() > 3 * frame[:, 220:380].std()


@pytest.mark.parametrize("grey", [0, 16, 255])
def test_even_frames_stay_even(grey: int) -> None:
    frame = np.full((120, 160), grey, np.uint8)
    assert evened_sample(frame).std() == 0
    assert barless_sample(frame) is frame
