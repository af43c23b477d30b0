"""Lists of neighbour gateways: taken in only from those who are known, for us, whole and in time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.duplicates import (
    Biometrics,
    CheckOutcome,
    CheckRemark,
    DuplicateBook,
    ListRefused,
    ListTooLarge,
    neighbour_list,
)
from gateway.duplicates.store import FILE
from gateway.eye import EyePosition
from gateway.trust import ClockQuality, KeyExpired, SignedTime, open_signing_key, time_now
from tests.gateway.duplicates.recorded_people import HERE, NEXT_DOOR, VALID, WRAPS, fingers, ids, irises, person


def neighbour(numbers, gateway_id=NEXT_DOOR):
    book = DuplicateBook(gateway_id)
    for number in numbers:
        book.add(person(number, gateway_id=gateway_id, operator="budi", with_irises=(EyePosition.LEFT,)))
    return book


def later(now, delta):
    return SignedTime(now.wall + delta, now.since_boot_s, ClockQuality.TRUSTED, 0.01)


def exported(numbers, our_key, their_key, made=timedelta(0)):
    return neighbour(numbers).export_list(our_key.public_key(), their_key, later(time_now(), made), VALID)


@pytest.fixture(scope="module")
def data(our_key, their_key):
    return exported(range(10, 16), our_key, their_key)


@pytest.mark.parametrize("kept", [True, False])
def test_a_neighbours_people_count_and_are_named_by_their_gateway(tmp_path, data, our_key, anchors, kept):
    with DuplicateBook.open(tmp_path, HERE, WRAPS if kept else None) as book:
        book.add(person(1))
        source = book.import_list(data, our_key, anchors)
        assert (source.gateway_id, source.people) == (NEXT_DOOR, 6)
        assert book.sources() == (source,)
        assert len(book) == 7
        (candidate,) = book.search(Biometrics(fingers(12, again=1), irises(12, again=1)[1:])).candidates
        assert (candidate.enrolment_id, candidate.gateway_id) == ("E-12", NEXT_DOOR)
        assert (candidate.operator, candidate.fingers, candidate.irises) == ("budi", 2, 1)
        # Ids are the gateways' own: the one that is excluded here is not the neighbour's.
        assert ids(book.search(Biometrics(fingers(12, again=1)), exclude="E-12")) == ["E-12"]
        assert book.import_list(data, our_key, anchors) == source
    with DuplicateBook.open(tmp_path, HERE, WRAPS) as book:
        assert len(book) == (7 if kept else 0)
        assert book.sources() == ((source,) if kept else ())


def test_a_newer_list_takes_the_place_of_the_older(tmp_path, data, our_key, their_key, anchors):
    newer = exported((14, 20), our_key, their_key, timedelta(hours=1))
    with DuplicateBook.open(tmp_path, HERE, WRAPS) as book:
        book.import_list(data, our_key, anchors)
        assert b"E-12" in (tmp_path / FILE).read_bytes() + (tmp_path / f"{FILE}-wal").read_bytes()
        assert book.import_list(newer, our_key, anchors).people == 2
        assert len(book) == 2
        assert b"E-12" not in (tmp_path / FILE).read_bytes() + (tmp_path / f"{FILE}-wal").read_bytes()
        assert book.search(Biometrics(fingers(12, again=1))).outcome is CheckOutcome.NO_DUPLICATE
        assert ids(book.search(Biometrics(fingers(20, again=1)))) == ["E-20"]
        with pytest.raises(ListRefused, match="as new or newer"):
            book.import_list(data, our_key, anchors)
    with DuplicateBook.open(tmp_path, HERE, WRAPS) as book:
        assert len(book) == 2


def test_a_source_is_forgotten_as_a_whole(tmp_path, data, our_key, anchors):
    with DuplicateBook.open(tmp_path, HERE, WRAPS) as book:
        book.add(person(1))
        book.import_list(data, our_key, anchors)
        erased = book.forget_source(NEXT_DOOR)
        assert (erased.neighbours, erased.enrolment_ids, erased.searched_for) == ({NEXT_DOOR: 6}, (), 6)
        assert (len(book), book.sources()) == (1, ())
        assert book.forget_source(NEXT_DOOR).neighbours == {}
        with pytest.raises(ValueError, match="not a neighbour"):
            book.forget_source(HERE)
        assert book.import_list(data, our_key, anchors).people == 6


def test_a_list_that_ends_is_left_out_said_and_purged(data, our_key, anchors):
    book = DuplicateBook(HERE)
    book.add(person(1))
    end = book.import_list(data, our_key, anchors).expires_at
    probe = Biometrics(fingers(12, again=1))
    assert ids(book.search(probe, now=end - timedelta(seconds=1))) == ["E-12"]
    answer = book.search(probe, now=end)
    assert (answer.outcome, answer.people) == (CheckOutcome.NO_DUPLICATE, 1)
    assert CheckRemark.LIST_OUT_OF_DATE in answer.remarks
    assert ids(book.search(probe, now=end.replace(year=1970))) == ["E-12"]
    assert book.purge(end, timedelta(days=10_000)).neighbours == {NEXT_DOOR: 6}
    assert len(book) == 1


def test_what_is_not_for_us_not_known_or_out_of_date_is_refused(tmp_path, data, our_key, their_key, anchors):
    book = DuplicateBook(HERE)
    other_key = ec.generate_private_key(ec.SECP256R1())
    stranger = open_signing_key(tmp_path, NEXT_DOOR)
    for refused, match in (
        (lambda: book.import_list(data, other_key, anchors), "encrypted to another"),
        (lambda: book.import_list(exported((1,), our_key, stranger), our_key, anchors), "not known here"),
        (lambda: book.import_list(data, our_key, anchors, time_now().wall + VALID * 2), "ended on"),
        (lambda: DuplicateBook(NEXT_DOOR).import_list(data, our_key, anchors), "own"),
    ):
        with pytest.raises(ListRefused, match=match):
            refused()
    foreign = neighbour((1,), "desk-3").export_list(our_key.public_key(), their_key, time_now(), VALID)
    with pytest.raises(ListRefused, match="desk-3"):
        book.import_list(foreign, our_key, anchors)
    with pytest.raises(KeyExpired):
        exported((1,), our_key, their_key, timedelta(days=4000))
    assert (len(book), book.sources()) == (0, ())


def test_no_changed_byte_is_taken_in(data, our_key, anchors):
    book = DuplicateBook(HERE)
    for at in [*range(0, 2000, 37), *range(2000, len(data), 211), len(data) - 1]:
        changed = data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
        with pytest.raises(ListRefused):
            book.import_list(changed, our_key, anchors)
    for length in (0, 3, 4, 7, 100, 1500, len(data) // 2, len(data) - 1):
        with pytest.raises(ListRefused):
            book.import_list(data[:length], our_key, anchors)
    with pytest.raises(ListRefused):
        book.import_list(data + b"\0", our_key, anchors)
    assert len(book) == 0


def test_nothing_of_the_people_is_in_a_list_in_clear(data):
    assert NEXT_DOOR.encode() not in data
    for marker in (b"E-12", b"budi", person(12).biometrics.fingers[0].template.x.astype(">f4").tobytes()[:16]):
        assert marker not in data


def test_a_list_of_a_clock_that_goes_before_ours_is_refused_at_once(our_key, their_key, anchors):
    book = DuplicateBook(HERE)
    ahead = exported((1,), our_key, their_key, timedelta(days=2))
    with pytest.raises(ListRefused, match="still to come"):
        book.import_list(ahead, our_key, anchors)
    # A clock of ours that is plainly wrong judges no date.
    assert book.import_list(ahead, our_key, anchors, time_now().wall.replace(year=1970)).people == 1


def test_more_people_than_a_list_takes_are_not_put_into_one(our_key, their_key, monkeypatch):
    monkeypatch.setattr(neighbour_list, "MOST_PEOPLE", 2)
    assert neighbour_list.statement_of(exported((1, 2), our_key, their_key)).people == 2
    with pytest.raises(ListTooLarge, match="3 people"):
        exported((1, 2, 3), our_key, their_key)


def test_who_is_revoked_is_not_known_any_more(data, our_key, their_key, anchors):
    revoked = replace(anchors, revocations={their_key.key_id: object()})
    with pytest.raises(ListRefused, match="not known here"):
        DuplicateBook(HERE).import_list(data, our_key, revoked)
