"""A certificate's end is announced 30, 7 and 1 days before, in both languages, and not a second earlier."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.trust import expiry_notice

END = datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("before", "days"),
    [
        (timedelta(days=365), None),
        (timedelta(days=30) + SECOND, None),
        (timedelta(days=30), 30),
        (timedelta(days=7) + SECOND, 30),
        (timedelta(days=7), 7),
        (timedelta(days=1) + SECOND, 7),
        (timedelta(days=1), 1),
        (SECOND, 1),
        (timedelta(0), 1),
        (-SECOND, 0),
        (timedelta(days=-400), 0),
    ],
)
def test_the_nearest_announced_day_that_was_reached(before, days):
    notice = expiry_notice(END, END - before)
    assert (notice.days if notice else None) == days
    if notice:
        assert notice.remaining == before


def test_a_clock_that_is_plainly_wrong_announces_nothing():
    assert expiry_notice(END, datetime(1970, 1, 1, tzinfo=UTC)) is None


def test_the_words_say_when_and_what_to_do_in_both_languages():
    month, last_day, over = (expiry_notice(END, END - timedelta(days=left)).words for left in (20, 0.5, -1))
    assert "in 20 days" in month.en
    assert "20 hari lagi" in month.id
    assert "less than a day" in last_day.en
    assert "kurang dari satu hari" in last_day.id
    assert "refused" in over.en
    assert "ditolak" in over.id
    for words in (month, last_day, over):
        for text in (words.id, words.en):
            assert "2028-02-29" in text
            assert "rekam keys rotate" in text


@given(st.timedeltas(timedelta(days=-500), timedelta(days=500)))
def test_a_notice_never_becomes_less_urgent_as_time_goes_by(left):
    urgency = {None: 4, 30: 3, 7: 2, 1: 1, 0: 0}
    earlier, later = (expiry_notice(END, END - left + step) for step in (timedelta(0), timedelta(hours=7)))
    assert urgency[later.days if later else None] <= urgency[earlier.days if earlier else None]
