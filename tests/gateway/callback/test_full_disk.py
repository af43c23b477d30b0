"""A disk that is full: nothing is handed over that cannot be written down, and nothing is lost."""

import sqlite3
from pathlib import Path

import pytest

from gateway.callback import CallbackError, CallbackStore, NoticeState, Outbox
from tests.gateway.callback.carrier import KEEP, NOON, Carrier, at, delivery, opened, queue, wish


def fill_up(store: CallbackStore, *, full: bool) -> None:
    """SQLite refuses to grow the file as it does on a full disk (SQLITE_FULL)."""
    with store.using() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages if full else 1_000_000}")


def test_what_cannot_be_written_down_is_not_added_or_sent(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.add(wish(0), NOON, KEEP)
        assert queue(store) == 1
        fill_up(store, full=True)
        told = [text for number in range(1, 200) if (text := _problem(store, number))]
        assert told
        assert all("full" in text for text in told)
        kept = len(store.lines())
        assert kept == 200 - len(told)
        fill_up(store, full=False)
        store.add(wish(300), NOON, KEEP)
    with opened(tmp_path) as store:
        assert len(store.lines()) == kept + 1


def _problem(store: CallbackStore, number: int) -> str:
    try:
        store.add(wish(number), NOON, KEEP)
    except CallbackError as error:
        return error.cause
    return ""


def test_an_answer_that_could_not_be_noted_is_settled_by_the_next_pass(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.add(wish(1), NOON, KEEP)
        store.add(wish(2), NOON, KEEP)
        queue(store)
        carrier = Carrier()
        out = delivery(store, carrier)

        def go_read_only(_: object) -> None:
            with store.using() as connection:
                connection.execute("PRAGMA query_only = ON")

        carrier.on_take = go_read_only
        with pytest.raises(CallbackError):
            out.step(at())
        with store.using() as connection:
            connection.execute("PRAGMA query_only = OFF")
        carrier.on_take = lambda _: None
        assert out.step(at()).sent == 1
        states = sorted(notice.state for notice in Outbox(store).notices())
        assert states == [NoticeState.SENT, NoticeState.UNCERTAIN]
        assert len({message.phone for message in carrier.taken}) == len(carrier.taken) == 2


def test_before_a_message_is_handed_over_it_is_on_the_disk(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.add(wish(1), NOON, KEEP)
        queue(store)
        carrier = Carrier()
        seen: list[tuple[str, int]] = []

        def look(_: object) -> None:
            other = sqlite3.connect(store.path)
            seen.append(other.execute("SELECT state, tries FROM notices").fetchone())
            other.close()

        carrier.on_take = look
        delivery(store, carrier).step(at())
        assert seen == [("sending", 1)]
