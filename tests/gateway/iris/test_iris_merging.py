"""Merged codes: what a vote leaves, turns and order, strangers refused, and mates that come nearer."""

from collections import defaultdict
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.iris import IrisCode, analyze, compare, decode_code, encode_code
from gateway.iris.code import COLUMNS, PARTS, ROWS, packed, unpacked
from gateway.iris.merging import merged

SHARED = Path(__file__).resolve().parents[4] / "shared"
IRISES = SHARED / "data" / "iris"


def random_code(seed: int, counted: float = 0.7) -> IrisCode:
    rng = np.random.default_rng(seed)
    mask = rng.random((PARTS, ROWS, COLUMNS)) < counted
    return IrisCode(packed((rng.random(mask.shape) < 0.5) & mask), packed(mask))


def seen_again(code: IrisCode, seed: int, *, columns: int = 0, flipped: float = 0.15, hidden: float = 0.2) -> IrisCode:
    """Another image of an eye: turned, some bits wrong, others hidden."""
    rng = np.random.default_rng(seed)
    bits, mask = (np.roll(unpacked(words), columns, axis=-1) for words in (code.bits, code.mask))
    mask = mask & (rng.random(mask.shape) >= hidden)
    return IrisCode(packed((bits ^ (rng.random(bits.shape) < flipped)) & mask), packed(mask))


def same(a: IrisCode, b: IrisCode) -> bool:
    return np.array_equal(a.bits, b.bits) and np.array_equal(a.mask, b.mask)


def turned(code: IrisCode, columns: int) -> IrisCode:
    return seen_again(code, 0, columns=columns, flipped=0, hidden=0)


@lru_cache(maxsize=32)
def drawn_code(eye: int, impression: int, condition: str = "clean") -> IrisCode:
    code = analyze(drawn_eye(eye, impression, condition).pixels).template
    assert code is not None
    return code


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 1), st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_a_code_merged_with_itself_is_itself(seed: int, counted: float, count: int) -> None:
    code = random_code(seed, counted)
    assert same(merged([code] * count), code)


@given(st.integers(0, 2**32 - 1), st.permutations(range(4)), st.lists(st.integers(-8, 8), min_size=4, max_size=4))
@settings(max_examples=20, deadline=None)
def test_order_changes_nothing_but_the_turn(seed: int, order: list[int], turns: list[int]) -> None:
    eye = random_code(seed)
    codes = [seen_again(eye, seed + n, columns=turn) for n, turn in enumerate(turns)]
    one, other = merged(codes), merged([codes[index] for index in order])
    assert same(turned(one, turns[order[0]] - turns[0]), other)


def test_the_result_is_turned_as_the_first_is() -> None:
    eye = random_code(1)
    result = merged([seen_again(eye, 1, columns=7), seen_again(eye, 2, columns=-6), seen_again(eye, 3, columns=0)])
    bits, mask = (unpacked(words) for words in (result.bits, result.mask))
    true = np.roll(unpacked(eye.bits), 7, axis=-1)
    assert (bits ^ true)[mask].mean() < 0.08  # 0.5 at any other turn


def test_a_bit_counts_where_the_codes_that_see_it_agree() -> None:
    eye = random_code(4, 1.0)
    bits, mask = unpacked(eye.bits), unpacked(eye.mask)
    against, hidden = bits.copy(), mask.copy()
    against[0, 0, :10] ^= True
    hidden[0, 0, 20:30] = False
    one, two = IrisCode(packed(against), eye.mask), IrisCode(packed(bits & hidden), packed(hidden))
    pair = merged([eye, one])
    assert not unpacked(pair.mask)[0, 0, :10].any()
    assert pair.counted == eye.counted - 10
    three = merged([eye, one, eye])
    assert same(three, eye)
    assert same(merged([eye, two]), eye)
    # One of four is too few to be believed.
    rest = merged([two, eye, two, two])
    assert rest.counted == eye.counted - 10


def test_the_result_has_the_form_of_any_code() -> None:
    result = merged([seen_again(random_code(5), n) for n in range(3)])
    assert same(decode_code(encode_code(result)), result)
    assert not (result.bits & ~result.mask).any()


def test_a_stranger_is_named() -> None:
    eye = random_code(6)
    codes = [seen_again(eye, 1), seen_again(eye, 2), random_code(7), seen_again(eye, 3)]
    with pytest.raises(ValueError, match=r"not of one eye: code 2 \(distance 0\.4"):
        merged(codes)
    with pytest.raises(ValueError, match="not of one eye"):
        merged([eye, random_code(8)])


def test_nothing_and_mixed_versions_are_refused() -> None:
    with pytest.raises(ValueError, match="no code"):
        merged([])
    code = random_code(9)
    with pytest.raises(ValueError, match="versions"):
        merged([code, IrisCode(code.bits, code.mask, 2)])


def test_merged_codes_are_nearer_to_mates_that_were_held_out() -> None:
    alone, together, strangers = [], [], []
    eyes = range(940, 944)
    for eye in eyes:
        entry, probe = merged([drawn_code(eye, n) for n in (1, 2, 3)]), drawn_code(eye, 4)
        together.append(compare(entry, probe))
        alone.append(np.mean([compare(drawn_code(eye, n), probe) for n in (1, 2, 3)]))
        strangers.append(compare(entry, drawn_code(eyes[0] if eye != eyes[0] else eyes[1], 4)))
    assert np.mean(together) < np.mean(alone)
    assert min(strangers) > 0.36


def test_two_drawn_eyes_do_not_merge() -> None:
    with pytest.raises(ValueError, match="not of one eye: code"):
        merged([drawn_code(940, 1), drawn_code(940, 2), drawn_code(941, 1)])


@pytest.mark.shared
@pytest.mark.skipif(not IRISES.is_dir(), reason="the public irises are not beside the checkout")
@pytest.mark.parametrize("name", ["CASIA1_A", "MMU1"])
def test_public_codes_merged_are_nearer_to_mates_and_no_nearer_to_strangers(name: str) -> None:
    codes: dict[str, list[IrisCode]] = defaultdict(list)
    for path in sorted((IRISES / name).glob("*_[1-5].png")):
        if int(path.stem[:3]) % 5 == 2:
            pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            assert pixels is not None
            code = analyze(np.asarray(pixels, np.uint8)).template
            assert code is not None
            codes[path.stem[:-2]].append(code)
    alone: list[float] = []
    together: list[float] = []
    strangers: list[float] = []
    merged_strangers: list[float] = []
    for eye, own in codes.items():
        try:
            entry = merged(own[:3])
        except ValueError:
            continue
        for other, probes in codes.items():
            for probe in probes[3:]:
                single, joint = compare(own[0], probe), compare(entry, probe)
                (alone if other == eye else strangers).append(single)
                (together if other == eye else merged_strangers).append(joint)
    assert len(together) > 0.8 * 2 * len(codes)
    assert np.median(together) < np.median(alone) + 0.01
    assert np.mean(together) < np.mean(alone)
    assert np.mean(merged_strangers) >= np.mean(strangers)
    assert np.std(merged_strangers) <= 1.05 * np.std(strangers)
