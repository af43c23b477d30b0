"""Notices on their way: each once, at a decent hour, within the day's cost, whatever the carrier does."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.callback import (
    CallbackStore,
    CallbackUnknown,
    Held,
    Language,
    NoticeState,
    NoticeTemplates,
    Occasion,
    Outbox,
    Purpose,
    read_templates,
)
from gateway.sms import Delivery, DeliveryReport, SmsRefused, SmsUnavailable, SmsUncertain
from gateway.trust import ClockQuality
from tests.gateway.callback.carrier import (
    BACK,
    KEEP,
    NOON,
    OFFICE,
    RULES,
    WIB,
    Carrier,
    after,
    at,
    delivery,
    fill,
    opened,
    queue,
    states,
)
from tests.gateway.callback.carrier import wish as wished

HOUR = timedelta(hours=1)


def test_everybody_is_told_once(store: CallbackStore) -> None:
    store.add(wished(4, consent=False), NOON, KEEP)
    fill(store)
    assert queue(store) == 0
    carrier = Carrier()
    done = delivery(store, carrier).step(at())
    assert (done.sent, done.held) == (3, None)
    assert sorted(message.phone for message in carrier.taken) == [f"+628120000000{n}" for n in (1, 2, 3)]
    assert {message.text for message in carrier.taken} == {
        f"Layanan perekaman KTP-el di {OFFICE['office']} sudah buka kembali. Info: 021-5801234"
    }
    assert delivery(store, carrier).step(at(NOON + HOUR)).sent == 0
    assert queue(store) == 0
    assert len(carrier.taken) == 3


def test_a_line_that_comes_and_goes_tells_each_person_once(store: CallbackStore) -> None:
    fill(store, 5)
    carrier = Carrier()
    carrier.answers = [None, SmsUncertain("silent.", "ask."), SmsRefused("no such number.", "check."), None]
    out = delivery(store, carrier)
    assert out.step(at()).sent == 3
    assert Outbox(store).reported(DeliveryReport("1", "+6281200000001", Delivery.DELIVERED, NOON, 0), NOON)
    assert states(store) == [
        NoticeState.DELIVERED,
        NoticeState.UNCERTAIN,
        NoticeState.FAILED,
        NoticeState.SENT,
        NoticeState.SENT,
    ]
    # Back again: whom the first notice surely did not reach is told; whoever else was told, or may have been, is not.
    told = Outbox(store).queue(after(18), read_templates(None), OFFICE, NOON + HOUR)
    assert (told.queued, told.already) == (1, 4)
    assert out.step(at(NOON + HOUR)).sent == 1
    for outage in range(19, 60):
        assert queue(store, after(outage), NOON + HOUR) == 0
    assert len(carrier.taken) == 4


def test_at_night_a_line_that_comes_and_goes_leaves_one_notice_and_none_while_it_is_away(store: CallbackStore) -> None:
    fill(store, 2)
    carrier, outbox = Carrier(), Outbox(store)
    out = delivery(store, carrier)
    evening = NOON + 9 * HOUR
    assert out.step(at(evening)).held is Held.QUIET_HOURS
    for outage in range(18, 22):
        assert queue(store, after(outage), evening) == 0
    assert outbox.withdraw(Purpose.CARD_READY) == 0
    assert outbox.withdraw(Purpose.SERVICE_BACK) == 2
    assert out.step(at(evening + 12 * HOUR)).sent == 0, "the service is away: nobody comes in vain"
    assert queue(store, after(22), evening + 13 * HOUR) == 2
    assert out.step(at(evening + 13 * HOUR)).sent == 2
    assert len(carrier.taken) == 2


def test_who_was_told_and_asks_again_is_told_of_the_next_return_alone(store: CallbackStore) -> None:
    fill(store, 1)
    carrier = Carrier()
    out = delivery(store, carrier)
    out.step(at())
    (before,) = store.lines()
    again = store.add(wished(1), NOON + HOUR, KEEP)
    assert [line.callback_id for line in store.lines()] == [again.callback_id] != [before.callback_id]
    assert queue(store, BACK, NOON + HOUR) == 0
    assert queue(store, after(18), NOON + 2 * HOUR) == 1
    assert out.step(at(NOON + 2 * HOUR)).sent == 1
    # The notice before is no reason to erase the new line.
    assert store.purge(NOON + timedelta(hours=49), KEEP) == 0
    assert store.purge(NOON + timedelta(hours=51), KEEP) == 1


def test_a_card_is_told_to_who_waits_for_it(store: CallbackStore) -> None:
    store.add(wished(1, purpose=Purpose.CARD_READY, reference="7K2QD-4MZ0X"), NOON, KEEP)
    store.add(wished(2, purpose=Purpose.CARD_READY, reference="7K2QD-4MZ0Y"), NOON, KEEP)
    mine = replace(wished(3, purpose=Purpose.CARD_READY, reference="7K2QD-4MZ0X"), language=Language.EN)
    store.add(mine, NOON, KEEP)
    assert queue(store, Occasion(Purpose.CARD_READY, "7k2qd4mz0x")) == 2
    carrier = Carrier()
    delivery(store, carrier).step(at())
    first, third = carrier.taken
    assert first.text.startswith("KTP-el dengan nomor 7K2QD-4MZ0X")
    assert third.text.startswith("The identity card of number 7K2QD-4MZ0X")
    with pytest.raises(ValueError, match="reference number"):
        queue(store, Occasion(Purpose.CARD_READY, "3174012345678901"))
    with pytest.raises(ValueError, match="occasion"):
        queue(store, Occasion(Purpose.SERVICE_BACK, ""))


def test_a_message_that_may_not_be_said_is_not_queued(store: CallbackStore) -> None:
    line = store.add(wished(1), NOON, KEEP)
    words = NoticeTemplates({(Purpose.SERVICE_BACK, Language.ID): "{office} 3174 0123 4567 8901"})
    done = Outbox(store).queue(BACK, words, OFFICE, NOON)
    assert (done.queued, done.refused) == (0, (line.callback_id,))
    assert Outbox(store).notices() == []


def test_at_night_nobody_is_disturbed(store: CallbackStore) -> None:
    fill(store, 1)
    carrier = Carrier()
    out = delivery(store, carrier)
    for hour, held in ((20, Held.QUIET_HOURS), (23, Held.QUIET_HOURS), (7, Held.QUIET_HOURS), (8, None)):
        day = 26 if hour >= 20 else 27
        assert out.step(at(datetime(2026, 11, day, hour, 0, tzinfo=WIB).astimezone(UTC))).held is held
    assert len(carrier.taken) == 1


@given(st.times(), st.times(), st.times())
def test_quiet_hours_are_the_others_complement(start: time, end: time, now: time) -> None:
    moment = datetime.combine(NOON.date(), now, WIB)
    quiet = replace(RULES, quiet_from=start, quiet_until=end).is_quiet(moment)
    other = replace(RULES, quiet_from=end, quiet_until=start).is_quiet(moment)
    assert quiet != other or (start == end and not quiet)


def test_a_clock_that_cannot_be_trusted_holds_everything_until_a_person_looked(store: CallbackStore) -> None:
    fill(store, 1)
    carrier = Carrier()
    out = delivery(store, carrier)
    unsure = at(quality=ClockQuality.UNTRUSTED)
    assert out.step(unsure).held is Held.CLOCK_UNTRUSTED
    assert carrier.taken == []
    assert out.step(unsure, clock_is_right=True).sent == 1


def test_a_day_costs_no_more_than_it_may(store: CallbackStore) -> None:
    fill(store, 5)
    carrier = Carrier()
    carrier.answers = [SmsUnavailable("busy.", "wait."), None, SmsUncertain("silent.", "ask.")]
    out = delivery(store, carrier, replace(RULES, messages_per_day=3))
    assert out.step(at()).held is Held.UNAVAILABLE
    done = out.step(at(NOON + timedelta(minutes=2)))
    # One that surely did not leave cost nothing; one that may have left did.
    assert (done.sent, done.uncertain, done.held) == (2, 1, Held.DAY_IS_SPENT)
    assert out.step(at(NOON + 7 * HOUR)).held is Held.DAY_IS_SPENT
    assert out.step(at(NOON + 21 * HOUR)).sent == 2


def test_what_is_unavailable_is_tried_again_later_and_later(store: CallbackStore) -> None:
    fill(store, 2)
    carrier = Carrier()
    carrier.answers = [SmsUnavailable("no network.", "wait.")] * 3
    out = delivery(store, carrier)
    now, waits = NOON, []
    for _ in range(3):
        before = {notice.notice_id: notice.tries for notice in Outbox(store).notices()}
        done = out.step(at(now))
        assert (done.sent, done.waiting, done.held) == (0, 1, Held.UNAVAILABLE)
        assert done.problem is not None
        (tried,) = [n for n in Outbox(store).notices() if n.tries > before[n.notice_id]]
        waits.append(tried.due - now)
        now = max(notice.due for notice in Outbox(store).notices())
    assert waits == [timedelta(minutes=m) for m in (1, 1, 2)] or waits == [timedelta(minutes=m) for m in (1, 2, 4)]
    assert out.step(at(now + HOUR)).sent == 2
    assert len(carrier.taken) == 2


def test_whoever_asks_for_time_gets_it(store: CallbackStore) -> None:
    fill(store, 1)
    carrier = Carrier()
    carrier.answers = [SmsUnavailable("too many.", "wait.", retry_s=3600.0)]
    delivery(store, carrier).step(at())
    (notice,) = Outbox(store).notices()
    assert notice.due == NOON + HOUR + timedelta(minutes=1)


def test_old_news_is_given_up(store: CallbackStore) -> None:
    fill(store, 1)
    carrier = Carrier()
    delivery(store, carrier).step(at(NOON + timedelta(hours=73)))
    (notice,) = Outbox(store).notices()
    assert (notice.state, notice.reason, carrier.taken) == (NoticeState.FAILED, "TOO_LATE", [])


def test_refused_and_uncertain_are_not_sent_again_unless_a_person_says_so(store: CallbackStore) -> None:
    fill(store)
    carrier = Carrier()
    carrier.answers = [SmsRefused("no such number.", "check."), SmsUncertain("silent.", "ask.")]
    out = delivery(store, carrier)
    assert (out.step(at()).failed, out.step(at(NOON + HOUR)).sent) == (1, 0)
    assert states(store) == [NoticeState.FAILED, NoticeState.UNCERTAIN, NoticeState.SENT]
    outbox = Outbox(store)
    for notice in outbox.notices():
        if notice.state is NoticeState.SENT:
            with pytest.raises(CallbackUnknown):
                outbox.again(notice.notice_id, NOON)
        else:
            outbox.again(notice.notice_id, NOON + HOUR)
    assert out.step(at(NOON + HOUR)).sent == 2
    assert states(store) == [NoticeState.SENT] * 3


def test_a_hand_over_that_was_cut_off_is_uncertain_until_a_report_comes(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, 2)
        outbox = Outbox(store)
        first = outbox.due(NOON, 1)[0]
        assert outbox.begin(first.notice_id, NOON, NOON, 100) is not None
        # Here the power fails: nothing says whether it left.
    with opened(tmp_path) as store:
        carrier = Carrier()
        out = delivery(store, carrier)
        assert out.step(at(NOON + HOUR)).sent == 1
        assert states(store) == [NoticeState.UNCERTAIN, NoticeState.SENT]
        early = DeliveryReport("200", "+6281200000001", Delivery.DELIVERED, NOON - HOUR, 0)
        carrier.waiting = [early]
        out.step(at(NOON + HOUR))
        assert states(store) == [NoticeState.UNCERTAIN, NoticeState.SENT]
        carrier.waiting = [replace(early, submitted=NOON + timedelta(minutes=1))]
        out.step(at(NOON + HOUR))
        assert states(store) == [NoticeState.DELIVERED, NoticeState.SENT]
        assert len(carrier.taken) == 1


def test_where_the_carrier_tells_a_second_try_it_is_made(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        fill(store, 1)
        notice = Outbox(store).due(NOON, 1)[0]
        Outbox(store).begin(notice.notice_id, NOON, NOON, 100)
    with opened(tmp_path) as store:
        carrier = Carrier(repeatable=True)
        assert delivery(store, carrier).step(at()).sent == 1
        assert [message.message_id for message in carrier.taken] == [notice.notice_id]


def test_a_bug_in_the_carrier_is_uncertain_too(store: CallbackStore) -> None:
    fill(store, 2)
    carrier = Carrier()
    carrier.answers = [ZeroDivisionError()]
    out = delivery(store, carrier)
    with pytest.raises(ZeroDivisionError):
        out.step(at())
    assert states(store) == [NoticeState.UNCERTAIN, NoticeState.QUEUED]
    assert out.step(at()).sent == 1


def test_who_is_removed_while_the_message_leaves_is_not_told_again(store: CallbackStore) -> None:
    fill(store, 1)
    (line,) = store.lines()
    carrier = Carrier()
    carrier.on_take = lambda _: store.remove(line.callback_id)
    delivery(store, carrier).step(at())
    assert states(store) == [NoticeState.SENT]
    store.add(wished(1), NOON, KEEP)
    assert queue(store) == 0


def test_without_a_way_out_everything_waits(store: CallbackStore) -> None:
    fill(store, 1)
    assert delivery(store, None).step(at()).held is Held.NO_WAY_OUT
    assert states(store) == [NoticeState.QUEUED]


def test_a_modem_is_left_alone_while_there_is_nothing_for_it(store: CallbackStore) -> None:
    carrier = Carrier()
    out = delivery(store, carrier)
    out.step(at())
    assert carrier.asked == 0


def test_a_modem_that_does_not_answer_is_asked_less_and_less_often(store: CallbackStore) -> None:
    fill(store, 1)
    carrier = Carrier()
    out = delivery(store, carrier)
    carrier.gone = SmsUnavailable("it is gone.", "plug it in.")
    asked_at: list[float] = []
    for tick in range(0, 7200, 30):
        before = carrier.asked
        done = out.step(at(since_boot_s=float(tick)))
        assert (done.held, done.problem) == (Held.UNAVAILABLE, carrier.gone)
        if carrier.asked > before:
            asked_at.append(tick)
    assert asked_at[:6] == [0, 60, 180, 420, 900, 1800]
    assert all(later - earlier == 900 for earlier, later in pairwise(asked_at[5:]))
    (notice,) = Outbox(store).notices()
    assert (notice.state, notice.tries) == (NoticeState.QUEUED, 0)
    # A person who plugged it in need not wait.
    carrier.gone = None
    assert out.step(at(since_boot_s=7200.0), at_once=True).sent == 1


def test_nothing_more_is_begun_once_it_stops(store: CallbackStore) -> None:
    fill(store)
    carrier = Carrier()
    out = delivery(store, carrier)
    carrier.on_take = lambda _: out.stop()
    assert out.step(at()).sent == 1
    assert states(store) == [NoticeState.SENT, NoticeState.QUEUED, NoticeState.QUEUED]
