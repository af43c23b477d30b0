"""Images and self-descriptions of the ZFM family."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.fingerprint.zfm_image import OPTICAL, ROUND, BadImageError, ImageSize, decode_image, size_of
from drivers.fingerprint.zfm_model import ZfmModel, with_parameters, with_product
from tests.drivers.zfm_module import packed, product, rings


@pytest.mark.parametrize("size", [OPTICAL, ROUND, ImageSize(160, 160), ImageSize(80, 208)], ids=str)
def test_high_nibble_is_the_left_pixel(size: ImageSize) -> None:
    picture = rings(size.width, size.height)
    pixels = decode_image(packed(picture), size)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, picture * 17)


@pytest.mark.parametrize(
    ("width", "height"), [(0, 0), (62, 100), (100, 63), (65535, 65535), (1026, 100), (101, 100), (-256, 288)]
)
def test_impossible_size_says_so(width: int, height: int) -> None:
    with pytest.raises(ValueError, match=f"{width} x {height}"):
        ImageSize(width, height)


def test_size_by_what_came() -> None:
    assert size_of(36864, None) == OPTICAL
    assert size_of(18432, None) == ROUND
    assert size_of(12800, ImageSize(160, 160)) == ImageSize(160, 160)


@given(st.integers(0, 1 << 20))
def test_other_counts_are_no_image(count: int) -> None:
    if count not in (36864, 18432):
        with pytest.raises(BadImageError, match="36864"):
            size_of(count, None)
    if count != ROUND.byte_count:
        with pytest.raises(BadImageError, match="192 x 192"):
            size_of(count, ROUND)


def test_image_that_is_short_is_not_decoded() -> None:
    with pytest.raises(BadImageError):
        decode_image(bytes(100), ROUND)


def test_product_of_an_r503() -> None:
    model = with_product(ZfmModel(), product(b"R503", b"SN-7", 192, 192), b"V1.2\0")
    assert (model.name, model.serial, model.firmware, model.size) == ("R503", "SN-7", "V1.2", ROUND)
    assert with_product(ZfmModel(), product(b"", b"", 0, 0)[:46], None) == ZfmModel(firmware="hardware 1.4")


@given(st.binary(min_size=46, max_size=50), st.binary(max_size=64))
def test_any_product_is_taken_or_refused_as_a_size(data: bytes, version: bytes) -> None:
    try:
        model = with_product(ZfmModel(), data, version)
    except ValueError:
        width, height = (int.from_bytes(data[at : at + 2], "big") for at in (38, 40))
        assert width % 2 or not (64 <= width <= 1024 and 64 <= height <= 1024)
    else:
        assert all(text.isprintable() for text in (model.name, model.serial, model.firmware))


def test_data_of_other_lengths_is_refused() -> None:
    with pytest.raises(ValueError, match="16"):
        with_parameters(ZfmModel(), bytes(15))
    with pytest.raises(ValueError, match="46"):
        with_product(ZfmModel(), bytes(45), None)
