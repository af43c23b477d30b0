"""The compact card format: figures of the standard, round trips, and what is refused where."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gateway.finger import FingerTemplate, MinutiaType
from gateway.records import RecordError
from gateway.records.compact_card import PPI, MinutiaOrder, decode, encode, within_reach

ORDERS = st.sampled_from(list(MinutiaOrder))
MINUTIAE = st.lists(
    st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 191)).map(bytes), max_size=255
).map(b"".join)
PX_PER_CM_197 = 197 * 2.54


def template(x, y, degrees, kind=None, ppi=PX_PER_CM_197, size=4000):
    count = len(x)
    return FingerTemplate(
        np.array(x, np.float32),
        np.array(y, np.float32),
        np.radians(np.array(degrees, np.float32)),
        np.array(kind or [1] * count, np.uint8),
        np.zeros(count, np.uint8),
        size,
        size,
        ppi,
    )


@st.composite
def templates(draw):
    count = draw(st.integers(0, 60))
    unit = hnp.arrays(np.float32, count, elements=st.floats(0, 1, width=32))
    return FingerTemplate(
        draw(unit) * np.float32(500),
        draw(unit) * np.float32(500),
        draw(unit) * np.float32(6.2831),
        draw(hnp.arrays(np.uint8, count, elements=st.integers(0, 2))),
        np.zeros(count, np.uint8),
        501,
        501,
        500.0,
    )


def test_the_figures_of_an_independent_converter():
    # NIST's converter has 184 px at 197 px/cm as 93, and 86 degrees as 15.
    assert encode(template([184], [184], [86])) == bytes((93, 93, MinutiaType.RIDGE_ENDING << 6 | 15))


def test_an_angle_just_below_a_turn_wraps_to_none():
    assert encode(template([0], [0], [359], [2])) == bytes((0, 0, 0x80))


@given(MINUTIAE)
def test_what_is_read_is_written_again(data):
    assert encode(decode(data)) == data


@given(templates(), ORDERS)
def test_a_round_trip_moves_and_turns_by_half_a_unit(original, order):
    read = decode(encode(original, order), order)
    assert len(read) == len(original)
    assert read.ppi == PPI
    x, y = original.x * PPI / 500, original.y * PPI / 500
    for at in range(len(original)):
        turn = np.abs((read.angle - original.angle[at] + np.pi) % (2 * np.pi) - np.pi)
        near = (np.abs(read.x - x[at]) < 0.502) & (np.abs(read.y - y[at]) < 0.502)
        assert np.any(near & (turn < np.pi / 64 + 1e-4) & (read.kind == original.kind[at]))


@given(templates(), ORDERS)
def test_an_order_does_not_hang_on_the_order_before(original, order):
    turned = FingerTemplate(
        *(getattr(original, name)[::-1].copy() for name in ("x", "y", "angle", "kind", "quality")), 501, 501, 500.0
    )
    if order is not MinutiaOrder.NONE:
        assert encode(original, order) == encode(turned, order)


@pytest.mark.parametrize("order", [order for order in MinutiaOrder if order is not MinutiaOrder.NONE])
def test_another_order_is_named(order):
    data = encode(template([10, 50, 90, 300], [20, 40, 95, 310], [10, 40, 90, 200]), order)
    backwards = b"".join(data[at : at + 3] for at in range(len(data) - 3, -1, -3))
    with pytest.raises(RecordError, match=f"1 is not in the order {order.value}") as caught:
        decode(backwards, order)
    assert caught.value.offset == 3


@given(st.binary(max_size=900), ORDERS)
def test_any_bytes_are_read_whole_or_refused(data, order):
    try:
        read = decode(data, order)
    except RecordError as error:
        offset = error.offset
    else:
        offset = 3 * len(read)
    assert 0 <= offset <= len(data)
    if order is MinutiaOrder.NONE and len(data) % 3 == 0 and len(data) <= 765:
        assert offset == len(data) or data[offset] >= 0xC0


@pytest.mark.parametrize(
    ("data", "offset", "complaint"),
    [
        (b"\x01\x02\x03\x04", 3, "only 1 are left"),
        (bytes(3 * 256), 765, "are 256"),
        (b"\x00\x00\x40\x01\x01\xc0", 5, "minutia 1 is 3"),
    ],
)
def test_what_is_refused_says_where(data, offset, complaint):
    with pytest.raises(RecordError, match=complaint) as caught:
        decode(data)
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (template([520], [0], [0]), "x lies beyond"),
        (template([0], [520], [0]), "y lies beyond"),
        (template([0], [0], [0], [3]), "type 3"),
        (template([0], [0], [float("nan")]), "not finite"),
        (template([0] * 256, [0] * 256, [0] * 256), "256 minutiae"),
    ],
)
def test_what_does_not_fit_is_not_written(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        encode(wrong)


def test_minutiae_beyond_reach_are_moved_together():
    far = template([1000, 1200], [10, 20], [0, 0])
    near = within_reach(far)
    assert list(near.x) == [0, 200]
    assert list(near.y) == [10, 20]
    assert within_reach(near) is near
    with pytest.raises(ValueError, match=r"span 30\.\d mm"):
        within_reach(template([0, 600], [0, 0], [0, 0]))
