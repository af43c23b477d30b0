"""Neighbours' lists in a damaged book: their people end with them, whatever could be read out."""

import sqlite3
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.duplicates import Biometrics, CheckRemark, DuplicateBook, neighbour_list
from gateway.duplicates.store import FILE, StoredSource, salvaged_sources
from gateway.trust import PassphraseWrap, TrustAnchors, open_signing_key, time_now
from tests.gateway.duplicates.recorded_people import HERE, fingers, ids, person

NEXT_DOOR = "desk-2"
VALID = timedelta(days=30)
LONG = timedelta(days=10_000)
THEIRS = range(10, 40)


def opened(directory):
    return DuplicateBook.open(directory, HERE, [PassphraseWrap(b"correct horse")])


@pytest.fixture
def source(tmp_path):
    """A kept book with two people of our own and a neighbour's list; what the list says of itself."""
    ours = ec.generate_private_key(ec.SECP256R1())
    theirs = open_signing_key(tmp_path / "theirs", NEXT_DOOR)
    now = time_now().wall
    people = [person(number, gateway_id=NEXT_DOOR) for number in THEIRS]
    data = neighbour_list.pack_list(people, ours.public_key(), theirs, now, now + VALID)
    with opened(tmp_path / "book") as book:
        book.add(person(1))
        source = book.import_list(data, ours, TrustAnchors.from_pem(theirs.trust_bundle().certificates_pem))
        book.add(person(2))
    return source


def damage(path, *, of=None):
    """Overwrite a page: the first of a table, or one in the middle of the file, which holds people."""
    connection = sqlite3.connect(path)
    (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_schema"))
    connection.close()
    page = roots[of] if of is not None else pages // 2
    with path.open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)


def test_a_list_outlives_the_damage_and_its_people_end_with_it(tmp_path, source):
    damage(tmp_path / "book" / FILE)
    with opened(tmp_path / "book") as book:
        assert len(book.incidents) == 1
    with opened(tmp_path / "book") as book:
        (found,) = book.sources()
        assert 0 < found.people < len(THEIRS)
        assert (found.list_id, found.made_at, found.expires_at) == (source.list_id, source.made_at, source.expires_at)
        assert ids(book.search(Biometrics(fingers(10, again=1)), now=source.made_at)) == ["E-10"]
        assert book.purge(source.expires_at, LONG).neighbours == {NEXT_DOOR: found.people}
        assert book.search(Biometrics(fingers(10, again=1)), now=source.made_at).candidates == ()


@pytest.mark.parametrize("lost", ["in damage", "in former damage"])
def test_people_whose_list_was_lost_count_as_ended(tmp_path, source, lost):
    path = tmp_path / "book" / FILE
    if lost == "in damage":
        damage(path, of="sources")
    else:
        connection = sqlite3.connect(path)
        connection.execute("DELETE FROM sources")
        connection.commit()
        connection.close()
    with opened(tmp_path / "book") as book:
        assert (len(book), book.sources()) == (len(THEIRS) + 2, ())
        answer = book.search(Biometrics(fingers(12, again=1)), now=source.made_at)
        assert (answer.candidates, answer.people) == ((), 2)
        assert CheckRemark.LIST_OUT_OF_DATE in answer.remarks
        assert ids(book.search(Biometrics(fingers(2, again=1)), now=source.made_at)) == ["E-2"]
        assert book.purge(source.made_at, LONG).neighbours == {NEXT_DOOR: len(THEIRS)}
    with opened(tmp_path / "book") as book:
        assert len(book) == 2


def test_what_a_damaged_page_says_of_a_list_must_make_sense(tmp_path):
    path = tmp_path / "aside.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE sources (gateway_id, list_id, made_at_ms, expires_at_ms)")
    rows = [("a", "1", 1, 2), (None, "1", 1, 2), (7, "1", 1, 2), ("b", b"1", 1, 2), ("c", "1", 1.5, 2)]
    rows += [("d", "1", 1, "2"), ("e", "1", 1, 1 << 62), ("f", "1", -(1 << 62), 2), ("g", "1", 3, 4)]
    connection.executemany("INSERT INTO sources VALUES (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    assert salvaged_sources(path) == [StoredSource("a", "1", 1, 2), StoredSource("g", "1", 3, 4)]
