"""Records and decisions: canonical bytes and back, and nothing else is read."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.canonical import FormError
from calibration.chain import check_chain
from calibration.measurement import Measured
from calibration.record import Action, entry_bytes, entry_digest, read_entry
from tests.calibration.records import decision, record

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


@settings(max_examples=40, deadline=None)
@given(value=NUMBERS, uncertainty=NUMBERS, name=TEXTS, operator=TEXTS)
def test_what_is_written_is_read_again(value: float, uncertainty: float, name: str, operator: str) -> None:
    one = record(operator=operator)
    measurement = replace(one.measurements[0], values=(Measured(name, value, uncertainty, "ppi"),))
    one = replace(one, measurements=(measurement,))
    assert read_entry(entry_bytes(one)) == one


def test_a_decision_is_read_again() -> None:
    one = decision(Action.ACCEPT, "cal-1", 2, objections=("ppi_x is 530",), reason="no other scanner")
    assert read_entry(entry_bytes(one)) == one


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_never_signed(value: float) -> None:
    bad = replace(record().measurements[0], values=(Measured("ppi_x", value, 0.1, "ppi"),))
    with pytest.raises(FormError, match=r"values\[0\]\.value"):
        entry_bytes(replace(record(), measurements=(bad,)))


def test_every_other_spelling_of_the_same_record_is_refused() -> None:
    data = entry_bytes(record())
    content = json.loads(data)
    for other in (
        json.dumps(content).encode(),
        data + b"\n",
        json.dumps({**content, "more": 1}, separators=(",", ":"), sort_keys=True).encode(),
        json.dumps({k: v for k, v in content.items() if k != "due"}, separators=(",", ":"), sort_keys=True).encode(),
        json.dumps({**content, "sequence": "1"}, separators=(",", ":"), sort_keys=True).encode(),
        json.dumps({**content, "format": "rekam-manifest"}, separators=(",", ":"), sort_keys=True).encode(),
        b"[]",
        b"\xff",
    ):
        with pytest.raises(FormError):
            read_entry(other)


@pytest.mark.parametrize(("sequence", "previous"), [(1, "c" * 64), (2, None), (0, None)])
def test_a_place_that_cannot_be_is_refused(sequence: int, previous: str | None) -> None:
    one = replace(record(), sequence=sequence, previous=previous)
    with pytest.raises(FormError, match="previous"):
        entry_bytes(one)


def test_a_frame_beyond_the_list_is_refused() -> None:
    bad = replace(record().measurements[0], frames=(7,))
    with pytest.raises(FormError, match="frame"):
        entry_bytes(replace(record(), measurements=(bad,)))


def chain() -> list[bytes]:
    first = record()
    payloads = [entry_bytes(first)]
    for sequence in (2, 3):
        entry = decision(Action.ACCEPT, "cal-1", sequence)
        payloads.append(entry_bytes(replace(entry, previous=entry_digest(payloads[-1]))))
    return payloads


def test_a_whole_chain_and_its_end_hold() -> None:
    assert check_chain(chain())[1] == ()
    assert check_chain(chain()[1:])[1] == ()


def test_a_dropped_a_changed_and_a_foreign_entry_are_found() -> None:
    first, second, third = chain()
    (finding,) = check_chain([first, third])[1]
    assert "missing" in finding.detail
    changed = entry_bytes(replace(record(), temperature_c=25.5))
    (finding,) = check_chain([changed, second, third])[1]
    assert finding.position == 1
    other = entry_bytes(
        replace(decision(Action.ACCEPT, "cal-1", 2), device_id="synthetic:B", previous=entry_digest(first))
    )
    assert "another device" in check_chain([first, other])[1][0].detail
    assert check_chain([b"{}", second])[1][0].position == 0
