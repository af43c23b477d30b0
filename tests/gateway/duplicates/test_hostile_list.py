"""A list that a known neighbour signed and that is none: refused, and no search suffers."""

import base64
import hashlib
import json

import numpy as np
import pytest
from structlog.testing import capture_logs

from gateway.duplicates import (
    Biometrics,
    CheckOutcome,
    CheckRemark,
    DuplicateBook,
    FingerSample,
    ListRefused,
    RecordedPerson,
    neighbour_list,
)
from gateway.duplicates.person_record import RecordUnreadable, decode_person, encode_person
from gateway.finger import FingerPosition
from gateway.trust import read_signature, sign_payload, time_now
from tests.gateway.duplicates.recorded_people import HERE, NEXT_DOOR, START, VALID, WRAPS, fingers, ids, person
from tests.gateway.fingerprint.synthetic_templates import changed, finger_template


def packed(people, our_key, their_key):
    now = time_now().wall
    return neighbour_list.pack_list(people, our_key.public_key(), their_key, now, now + VALID)


def part(data, at):
    end = at + 4 + int.from_bytes(data[at : at + 4], "big")
    return data[at + 4 : end], end


def with_length(data):
    return len(data).to_bytes(4, "big") + data


def resigned(data, their_key, change, body=None):
    """The list with another statement, and perhaps another body, as the neighbour signs them."""
    signature, end = part(data, 4)
    payload = change(json.loads(read_signature(signature, neighbour_list.TYPE).payload))
    if not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    signed = sign_payload(payload, their_key, neighbour_list.TYPE)
    return data[:4] + with_length(signed) + (data[end:] if body is None else body)


def somebody(gateway_id=NEXT_DOOR, count=40, **changes):
    """Recorded with one finger."""
    finger = FingerSample(FingerPosition.RIGHT_INDEX, changed(finger_template(5, count), **changes))
    return RecordedPerson("E-66", gateway_id, START, "", Biometrics((finger,)))


STATEMENTS = {
    "nested": lambda fields: b"[" * 50_000,
    "no object": lambda fields: [],
    "half a person": lambda fields: {**fields, "people": 1.5},
    "people as text": lambda fields: {**fields, "people": "1"},
    "an id that is none": lambda fields: {**fields, "list_id": "\ud800"},
    "an id of another kind": lambda fields: {**fields, "list_id": {}},
    "a date beyond all": lambda fields: {**fields, "expires_at_ms": 10**30},
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_a_statement_that_is_none_is_refused(our_key, their_key, anchors, case):
    data = resigned(packed([somebody()], our_key, their_key), their_key, STATEMENTS[case])
    with pytest.raises(ListRefused, match="statement cannot be read"):
        DuplicateBook(HERE).import_list(data, our_key, anchors)


@pytest.mark.parametrize("header", [{"epk": {"kty": "EC", "crv": "nope", "x": "AA", "y": "AA"}}, {"enc": {}}])
def test_a_content_key_of_an_odd_header_is_refused(our_key, their_key, anchors, header):
    data = packed([somebody()], our_key, their_key)
    wrapped, rest = part(data, part(data, 4)[1])
    first, remainder = wrapped.split(b".", 1)
    odd = json.dumps(json.loads(base64.urlsafe_b64decode(first + b"==")) | header).encode()
    body = with_length(base64.urlsafe_b64encode(odd).rstrip(b"=") + b"." + remainder) + data[rest:]
    digest = hashlib.sha256(body).hexdigest()
    data = resigned(data, their_key, lambda fields: {**fields, "sha256": digest}, body)
    with pytest.raises(ListRefused, match="cannot be decrypted"):
        DuplicateBook(HERE).import_list(data, our_key, anchors)


BEYOND = {
    "many minutiae": {"count": 256},
    "a tiny scale": {"ppi": 1e-300},
    "a huge scale": {"ppi": 1e300},
    "no scale": {"ppi": float("inf")},
    "a wide image": {"width": 16_385},
    "a high image": {"height": 10**9},
    "a broken width": {"width": 380.5},
    "a far place": {"x": np.full(40, 3e38, np.float32)},
    "a far place the other way": {"y": np.full(40, -16_385, np.float32)},
}


@pytest.mark.parametrize("case", BEYOND)
def test_a_finger_that_nobody_has_is_refused(our_key, their_key, anchors, case):
    book = DuplicateBook(HERE)
    book.add(person(1))
    data = packed([person(9, gateway_id=NEXT_DOOR), somebody(**BEYOND[case])], our_key, their_key)
    with pytest.raises(ListRefused, match="Person 2 in the list of gateway desk-2 cannot be read"):
        book.import_list(data, our_key, anchors)
    assert ids(book.search(Biometrics(fingers(1, again=1)))) == ["E-1"]
    assert len(book) == 1


def test_what_extraction_can_give_is_taken(our_key, their_key, anchors):
    book = DuplicateBook(HERE)
    for changes in ({"count": 255}, {"ppi": 250.0}, {"ppi": 1000.76, "width": 4000, "height": 4000}):
        assert book.import_list(packed([somebody(**changes)], our_key, their_key), our_key, anchors).people == 1


def test_a_nested_description_is_no_person():
    text = b"[" * 50_000
    with pytest.raises(RecordUnreadable, match="a field is wrong"):
        decode_person(b"RDP\x01" + len(text).to_bytes(4, "big") + text)


def test_whoever_is_kept_beyond_the_bounds_is_passed_over_and_told(tmp_path):
    with DuplicateBook.open(tmp_path, HERE, WRAPS) as book:
        book.add(person(1))
        book.add(somebody(HERE, ppi=5000.0))
    with capture_logs() as logged, DuplicateBook.open(tmp_path, HERE, WRAPS) as book:
        assert len(book) == 1
        (line,) = logged
        assert (line["event"], line["people"]) == ("recorded_people_unreadable", 1)
        assert "E-66" in line["first"]
        answer = book.search(Biometrics(fingers(1, again=1)))
        assert (ids(answer), answer.outcome) == (["E-1"], CheckOutcome.DUPLICATE)
        assert answer.remarks[0] is CheckRemark.NOT_LOADED


NOBODY = {
    "an id that no packet states": {"enrolment_id": "E 66/1"},
    "a long id": {"enrolment_id": "E" * 129},
    "an operator that no screen shows": {"operator": "si\tti"},
    "a day before all clocks": {"recorded_at_ms": -(10**13)},
    "a day without a place in the calendar": {"recorded_at_ms": -(10**15)},
}


@pytest.mark.parametrize("case", NOBODY)
def test_somebody_whom_no_packet_could_name_is_no_person(case):
    content = encode_person(somebody())
    end = 8 + int.from_bytes(content[4:8], "big")
    text = json.dumps(json.loads(content[8:end]) | NOBODY[case]).encode()
    assert decode_person(content).person.enrolment_id == "E-66"
    with pytest.raises(RecordUnreadable, match="a field is wrong"):
        decode_person(content[:4] + with_length(text) + content[end:])
