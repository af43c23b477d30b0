"""Pictures are kept small, and good enough for any card."""

import cv2
import numpy as np
import pytest

from gateway.card_holders.pictures import PORTRAIT_HEIGHT, SIGNATURE_WIDTH, kept_portrait, kept_signature
from tests.gateway.card_holders.people import portrait, signature


def pixels(content: bytes, flags: int = cv2.IMREAD_COLOR) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), flags))


@pytest.mark.parametrize("kind", [".jpg", ".png"])
def test_a_portrait_is_scaled_down_and_stays_what_it_was(kind):
    kept = kept_portrait(portrait(kind=kind))
    assert len(kept) < 100_000
    shown = pixels(kept)
    assert shown.shape == (PORTRAIT_HEIGHT, 480, 3)
    original = cv2.resize(pixels(portrait(kind=kind)), (480, PORTRAIT_HEIGHT), interpolation=cv2.INTER_AREA)
    assert np.abs(shown.astype(int) - original).mean() < 2


def test_a_small_portrait_is_not_enlarged():
    assert pixels(kept_portrait(portrait(width=240, height=320))).shape == (320, 240, 3)


def test_a_signature_is_cut_to_its_ink_in_one_bit():
    kept = kept_signature(signature())
    assert len(kept) < 10_000
    shown = pixels(kept, cv2.IMREAD_GRAYSCALE)
    assert shown.shape[1] == SIGNATURE_WIDTH
    assert set(np.unique(shown)) == {0, 255}
    assert 0.01 < (shown == 0).mean() < 0.5


@pytest.mark.parametrize("content", [b"", b"no picture", portrait()[:900], signature()[:60]])
def test_what_is_no_picture_is_refused(content):
    for make in (kept_portrait, kept_signature):
        with pytest.raises(ValueError):
            make(content)


def test_paper_without_ink_is_no_signature():
    blank = bytes(cv2.imencode(".png", np.full((100, 300), 250, np.uint8))[1])
    with pytest.raises(ValueError, match="no ink"):
        kept_signature(blank)
