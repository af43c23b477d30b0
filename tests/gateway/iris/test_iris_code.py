"""Codes: their binary form, comparison, turns, and galleries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.iris import CODE_BYTES, Gallery, IrisCode, compare, decode_code, distance_at_fmr, encode_code
from gateway.iris.code import COLUMNS, PARTS, ROWS, packed, unpacked


def random_code(seed: int, counted: float = 0.7) -> IrisCode:
    rng = np.random.default_rng(seed)
    mask = rng.random((PARTS, ROWS, COLUMNS)) < counted
    return IrisCode(packed((rng.random(mask.shape) < 0.5) & mask), packed(mask))


def noisy(code: IrisCode, share: float, seed: int) -> IrisCode:
    flip = packed(np.random.default_rng(seed).random((PARTS, ROWS, COLUMNS)) < share)
    return IrisCode((code.bits ^ flip) & code.mask, code.mask)


def turned(code: IrisCode, columns: int) -> IrisCode:
    bits, mask = (packed(np.roll(unpacked(words), columns, axis=-1)) for words in (code.bits, code.mask))
    return IrisCode(bits, mask)


def test_a_code_is_0_from_itself_however_little_of_it_counts() -> None:
    for counted in (0.02, 0.3, 0.9):
        code = random_code(1, counted)
        assert compare(code, code) == 0.0
        assert compare(code, decode_code(encode_code(code))) == 0.0


def test_codes_of_which_nothing_counts_are_no_match() -> None:
    one, other = random_code(1), random_code(2)
    nothing = np.zeros_like(one.mask)
    assert compare(IrisCode(one.bits, nothing), IrisCode(one.bits, nothing)) == 0.5
    single = nothing.copy()
    single.reshape(-1)[7] = 1
    assert compare(IrisCode(other.bits, single), IrisCode(other.bits, single)) == 0.5


def test_order_does_not_matter() -> None:
    for seed in range(8):
        a, b = random_code(seed), noisy(turned(random_code(seed), seed - 4), 0.2, seed + 50)
        assert compare(a, b) == compare(b, a)
        c = random_code(seed + 100, 0.4)
        assert compare(a, c) == compare(c, a)


@pytest.mark.parametrize("columns", [-14, -9, -1, 0, 1, 5, 14])
def test_turns_of_20_degrees_are_followed(columns: int) -> None:
    code = random_code(3)
    assert compare(code, turned(code, columns)) < 1e-9
    assert compare(code, noisy(turned(code, columns), 0.2, 9)) == pytest.approx(0.2, abs=0.01)


def test_turns_beyond_are_not() -> None:
    code = random_code(3)
    assert compare(code, turned(code, 40)) > 0.45


def test_the_distance_is_that_of_the_bits_one_by_one() -> None:
    a, b = random_code(5), noisy(turned(random_code(5), 3), 0.3, 6)
    bits, mask, other, other_mask = (unpacked(words) for words in (a.bits, a.mask, b.bits, b.mask))
    least = 1.0
    for shift in range(-16, 17):
        common = np.roll(mask, shift, -1) & other_mask
        least = min(least, float((np.roll(bits, shift, -1) ^ other)[common].mean()))
    assert compare(a, b) == pytest.approx(least, abs=1e-9)


def test_strangers_are_near_a_half_and_few_common_bits_draw_there() -> None:
    assert 0.4 < compare(random_code(1), random_code(2)) <= 0.5
    one = random_code(1, 0.9)
    little = IrisCode(one.bits & random_code(2, 0.1).mask, one.mask & random_code(2, 0.1).mask)
    few = noisy(little, 0.2, 3)
    assert compare(noisy(one, 0.2, 3), one) < compare(few, one) < 0.5
    nothing = IrisCode(np.zeros_like(one.bits), np.zeros_like(one.mask))
    assert compare(one, nothing) == 0.5


def test_versions_do_not_mix() -> None:
    code = random_code(1)
    other = IrisCode(code.bits, code.mask, 2)
    with pytest.raises(ValueError, match="versions"):
        compare(code, other)
    with pytest.raises(ValueError, match="version"):
        Gallery([("a", code)]).add("b", other)
    with pytest.raises(ValueError, match="version"):
        Gallery([("a", code)]).search(other)


def test_wrong_arrays_are_refused() -> None:
    code = random_code(1)
    with pytest.raises(ValueError, match="uint64"):
        IrisCode(code.bits.astype(np.int64), code.mask)
    with pytest.raises(ValueError, match="bits"):
        IrisCode(code.bits[0], code.mask)


def test_thresholds_grow_with_the_rate() -> None:
    limits = [distance_at_fmr(rate) for rate in (0.0001, 0.0003, 0.001, 0.01, 0.1)]
    assert limits == sorted(limits)
    assert 0.25 < limits[0] < limits[-1] < 0.5
    for wrong in (0.0, 0.5, float("nan")):
        with pytest.raises(ValueError, match="rate"):
            distance_at_fmr(wrong)


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_the_binary_form_gives_the_code_again(seed: int, counted: float) -> None:
    code = random_code(seed, counted)
    octets = encode_code(code)
    again = decode_code(octets)
    assert len(octets) == CODE_BYTES
    assert np.array_equal(again.bits, code.bits)
    assert np.array_equal(again.mask, code.mask)
    assert encode_code(again) == octets


@given(st.integers(0, CODE_BYTES - 1), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_any_changed_byte_is_noticed(position: int, change: int) -> None:
    octets = bytearray(encode_code(random_code(4)))
    octets[position] ^= change
    with pytest.raises(ValueError, match=r"."):
        decode_code(bytes(octets))


@given(st.binary(max_size=64))
@settings(max_examples=40, deadline=None)
def test_other_bytes_are_refused(octets: bytes) -> None:
    with pytest.raises(ValueError, match="bytes"):
        decode_code(octets)


def test_the_first_column_is_the_lowest_bit_of_the_first_byte() -> None:
    flags = np.zeros((PARTS, ROWS, COLUMNS), bool)
    flags[0, 0, [0, 9]] = True
    octets = encode_code(IrisCode(packed(flags), packed(flags)))
    assert octets[14:17] == bytes([1, 2, 0])
    assert octets[14 + 4096 : 17 + 4096] == bytes([1, 2, 0])


def test_a_gallery_finds_the_mate_among_many() -> None:
    gallery = Gallery((f"person {seed}", random_code(seed)) for seed in range(600))
    assert len(gallery) == 600
    for seed in (0, 17, 599):
        probe = noisy(turned(random_code(seed), 7), 0.3, 1)
        first, second, *_ = gallery.search(probe)
        assert first.label == f"person {seed}"
        assert first.distance == compare(probe, random_code(seed))
        assert second.distance > first.distance + 0.05


def test_a_small_gallery_answers_as_comparing_with_all() -> None:
    codes = [random_code(seed) for seed in range(30)]
    found = Gallery((str(seed), code) for seed, code in enumerate(codes)).search(codes[4], most=30)
    assert [candidate.distance for candidate in found] == sorted(compare(codes[4], code) for code in codes)
    assert found[0].label == "4"
    assert Gallery().search(codes[0]) == ()
