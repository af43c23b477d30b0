"""Messages over the hub: written and read they are the same, and nothing that is wrong is taken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.centre import CentreCondition, PacketNotice, PacketStanding, StandingState
from gateway.hub import (
    CentreWord,
    MessageWrong,
    OfficeSubjects,
    answer_messages,
    name_of,
    notices_from_bytes,
    notices_to_bytes,
    segment_from_message,
    segment_headers,
    token,
)
from gateway.hub.accounts import gateway_permissions, user_entry
from gateway.hub.messages import (
    busy_message,
    last_from_bytes,
    last_to_bytes,
    mark_from_bytes,
    mark_to_bytes,
    read_offer_answer,
)

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", fullmatch=True)
digests = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
ids = st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
notices = st.builds(PacketNotice, names, digests, st.integers(1, 1_100_000_000), ids, st.integers(1, (1 << 53) - 1))
standings = st.builds(
    PacketStanding,
    *(names, st.sampled_from(StandingState), st.integers(0, 1_100_000_000)),
    *(st.text("abc.-_", max_size=3_000).map(str.encode), st.text(max_size=30), st.text(max_size=200)),
)


@given(names)
def test_a_name_is_one_token(name: str) -> None:
    assert name_of(token(name)) == name
    assert len(OfficeSubjects(name).segment(name).split(".")) == 5


@given(notices, st.integers(0, 100), st.binary(min_size=1, max_size=50))
def test_a_segment_is_read_as_it_was_written(notice: PacketNotice, offset: int, data: bytes) -> None:
    headers = segment_headers(notice, offset)
    if offset + len(data) > notice.size:
        with pytest.raises(MessageWrong):
            segment_from_message(headers, data)
    else:
        segment = segment_from_message(headers, data)
        assert (segment.notice, segment.offset, segment.data) == (notice, offset, data)


@given(st.lists(notices, min_size=1, max_size=20))
def test_notices_are_read_as_they_were_written(some: list[PacketNotice]) -> None:
    assert notices_from_bytes(notices_to_bytes(some)) == some


@given(st.lists(standings, max_size=200))
def test_an_answer_is_read_as_it_was_written_in_parts_that_a_hub_takes(some: list[PacketStanding]) -> None:
    parts = list(answer_messages(some))
    assert all(len(data) < 900_000 for data, _ in parts)
    read = [read_offer_answer(headers, data) for data, headers in parts]
    assert [each.rest for each in read] == list(range(len(parts)))[::-1]
    assert [standing for each in read for standing in each.standings] == some


def test_a_busy_centre_is_read_as_it_was_written() -> None:
    data, headers = busy_message("Come again.", 12.5)
    answer = read_offer_answer(headers, data)
    assert (answer.busy, answer.retry_after_s, answer.standings, answer.rest) == ("Come again.", 12.5, (), 0)


@given(ids, digests, st.integers(0, 1_000_000))
def test_marks_and_numbers_are_read_as_they_were_written(ledger_id: str, sha256: str, number: int) -> None:
    assert last_from_bytes(last_to_bytes(ledger_id, number)) == (ledger_id, number)
    assert mark_from_bytes(mark_to_bytes(sha256, number)) == (sha256, number)


def test_a_centres_word_is_read_as_it_was_written() -> None:
    word = CentreWord("pusat-1", "a" * 32, CentreCondition.BUSY, 3.5, (b"e30.e30.c2ln",))
    assert CentreWord.from_bytes(word.to_bytes()) == word
    for change in ({"condition": "well"}, {"ledger_id": "x"}, {"announcements": 7}, {"retry_after_s": "soon"}):
        with pytest.raises(MessageWrong):
            CentreWord.from_bytes(json.dumps({**json.loads(word.to_bytes()), **change}).encode())


@pytest.mark.parametrize("asked", ["Infinity", "-Infinity", "NaN", "1e999", "-3", "1" + 400 * "0"])
def test_a_wish_for_time_that_is_none_was_not_made(asked: str) -> None:
    word = CentreWord("pusat-1", "a" * 32, CentreCondition.BUSY, 3.5, ())
    data, headers = busy_message("Come again.", 3.5)
    assert CentreWord.from_bytes(word.to_bytes().replace(b"3.5", asked.encode())).retry_after_s is None
    assert read_offer_answer(headers, data.replace(b"3.5", asked.encode())).retry_after_s is None


@given(st.binary(max_size=200))
def test_bytes_of_somebody_else_are_refused(data: bytes) -> None:
    for read in (CentreWord.from_bytes, notices_from_bytes, last_from_bytes, mark_from_bytes):
        with pytest.raises(MessageWrong):
            read(data)
    with pytest.raises(MessageWrong):
        read_offer_answer({}, data)
    with pytest.raises(MessageWrong):
        segment_from_message({"Rekam-Notice": data.hex(), "Rekam-Offset": "0"}, b"x")


def test_an_office_is_let_to_its_own_subjects_alone() -> None:
    publish, subscribe = gateway_permissions("palmerah.2")
    assert all("palmerah=2" in each or "rekam.centre." in each for each in [*publish, *subscribe])
    assert all(each.startswith(("rekam.", "$JS.")) for each in publish)
    for wrong in ("SU" + "A" * 56, "U", "U" + "A" * 55 + '" }'):
        with pytest.raises(ValueError, match="public nkey"):
            user_entry(wrong, "kedoya-1")
    with pytest.raises(ValueError, match="name"):
        user_entry("U" + "A" * 55, 'a", "b')
