"""The picture in an image transfer: against a plain model of the register, and against any bytes."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.fingerprint.uareu4000_image import BadImageError, blank_image, decode_image
from tests.drivers.uareu4000_simulator import KEYS, expected_picture, image_transfer, ridges

FLAGS = st.sampled_from([0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x12, 0x80, 0x82])


def picture_of(transfer: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return decode_image(transfer, lambda number: KEYS[number])


@given(
    blocks=st.lists(st.tuples(FLAGS, st.integers(1, 5)), min_size=1, max_size=15).filter(
        lambda blocks: sum(flags >> 7 for flags, _ in blocks) <= 2
    ),
)
@settings(max_examples=40, deadline=None)
@example(blocks=[(1, 1), (2, 2), (1, 1)])
@example(blocks=[(0x83, 2), (2, 2), (1, 9)])
def test_any_blocks_decode_as_the_register_goes(blocks: list[tuple[int, int]]) -> None:
    sent = sum(rows for flags, rows in blocks if not flags & 1)
    rows = np.random.default_rng(sent).integers(0, 256, (sent, 384), np.uint8)
    transfer = image_transfer(rows, blocks)
    if sent < 2:
        with pytest.raises(BadImageError):
            picture_of(transfer)
        return
    np.testing.assert_array_equal(picture_of(transfer), expected_picture(rows, blocks))


@pytest.mark.parametrize("key", [0, 1, 0x80000000, 0xFFFFFFFF])
def test_extreme_keys(key: int) -> None:
    rows = np.random.default_rng(3).integers(0, 256, (4, 384), np.uint8)
    transfer = image_transfer(rows, [(2, 4)], keys={7: key})
    np.testing.assert_array_equal(decode_image(transfer, lambda _: key), expected_picture(rows, [(2, 4)]))


def test_keys_are_asked_for_by_number_and_wrap() -> None:
    asked: list[int] = []

    def key(number: int) -> int:
        asked.append(number)
        return KEYS[7]

    rows = np.random.default_rng(3).integers(0, 256, (4, 384), np.uint8)
    decode_image(image_transfer(rows, [(2, 2), (0x82, 2)], 255, {255: 5, 256: 6}), key)
    assert asked == [255, 0]


def test_clear_image_asks_for_no_key() -> None:
    rows = ridges(50)
    picture = decode_image(image_transfer(rows, [(0, 50)], scrambled=False), lambda _: pytest.fail("asked for a key"))
    np.testing.assert_array_equal(picture[:50], rows)


def test_wide_gap_stays_empty() -> None:
    rows = ridges(20)
    picture = picture_of(image_transfer(rows, [(0, 10), (1, 3), (0, 10)], scrambled=False))
    assert not picture[10:13].any()
    np.testing.assert_array_equal(picture[13:23], rows[10:])


@given(st.binary(max_size=4000), st.integers(0, 0xFFFFFFFF))
@settings(deadline=None)
def test_any_bytes_are_a_picture_or_bad(transfer: bytes, key: int) -> None:
    try:
        picture = decode_image(transfer, lambda _: key)
    except BadImageError:
        return
    assert picture.shape == (290, 384)


@given(
    table=st.binary(min_size=58, max_size=58),
    rows=st.integers(0, 300),
    body=st.integers(0, 300 * 384),
    noise=st.booleans(),
)
@settings(deadline=None)
def test_lying_headers_are_a_picture_or_bad(table: bytes, rows: int, body: int, noise: bool) -> None:
    payload = np.random.default_rng(body).bytes(body) if noise else bytes(body)
    transfer = table[:4] + rows.to_bytes(2, "little") + table[4:] + payload
    try:
        picture = decode_image(transfer, lambda _: 1)
    except BadImageError:
        return
    assert picture.shape == (290, 384)


@given(st.binary(max_size=2000))
def test_blanking_takes_any_bytes(transfer: bytes) -> None:
    blank = blank_image(transfer)
    assert len(blank) == len(transfer)
    assert blank[:64] == transfer[:64]
    assert set(blank[64:]) <= {0, 255}
