"""What became of notices: reports in time, late, twice, lost; and what nobody reports."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.callback import CallbackError, CallbackStore, NoticeDelivery, NoticeState, Outbox
from gateway.sms import Delivery, DeliveryReport, Modem, SmsUnavailable, SmsUncertain
from gateway.sms.serial_port import SerialPort
from gateway.trust import ClockQuality
from tests.gateway.callback.carrier import (
    KEEP,
    NOON,
    RULES,
    Carrier,
    after,
    at,
    delivery,
    fill,
    queue,
    states,
)
from tests.gateway.callback.carrier import wish as wished
from tests.gateway.sms.modem_simulator import ModemSimulator

HOUR = timedelta(hours=1)


def test_a_report_says_that_it_arrived(store: CallbackStore) -> None:
    fill(store, 2)
    carrier = Carrier()
    out = delivery(store, carrier)
    out.step(at())
    ok = DeliveryReport("1", "081200000001", Delivery.DELIVERED, NOON, 0)
    later = DeliveryReport("2", "+6281200000002", Delivery.TRYING, NOON, 0x20)
    strange = DeliveryReport("1", "+6281299999999", Delivery.DELIVERED, NOON, 0)
    carrier.waiting = [ok, later, strange, replace(ok, phone="ABC"), replace(ok, reference="99")]
    assert out.step(at(NOON + HOUR)).reports == 2
    assert states(store) == [NoticeState.DELIVERED, NoticeState.SENT]
    carrier.waiting = [replace(later, delivery=Delivery.FAILED, status=0x46)]
    assert out.step(at(NOON + 2 * HOUR)).reports == 1
    assert states(store) == [NoticeState.DELIVERED, NoticeState.FAILED]


def test_a_delivery_that_nobody_reports_is_unknown_until_a_late_report_comes(store: CallbackStore) -> None:
    fill(store, 4)
    carrier = Carrier()
    out = delivery(store, carrier)
    out.step(at())
    trying = DeliveryReport("2", "+6281200000002", Delivery.TRYING, NOON, 0x20)
    carrier.waiting = [DeliveryReport("1", "+6281200000001", Delivery.DELIVERED, NOON, 0), trying]
    out.step(at(NOON + timedelta(hours=24, minutes=59)))
    assert states(store) == [NoticeState.DELIVERED, *[NoticeState.SENT] * 3]
    # No clock, no verdict.
    out.step(at(NOON + timedelta(days=400), ClockQuality.UNTRUSTED))
    assert states(store)[1:] == [NoticeState.SENT] * 3
    carrier.gone = SmsUnavailable("it is gone.", "plug it in.")
    out.step(at(NOON + timedelta(hours=25)))
    assert states(store) == [NoticeState.DELIVERED, *[NoticeState.UNREPORTED] * 3]
    assert {notice.reason for notice in Outbox(store).notices()} == {"NO_REPORT", ""}
    carrier.gone = None
    carrier.waiting = [
        replace(trying, delivery=Delivery.FAILED),
        replace(trying, phone="+6281200000003", reference="3"),
        replace(trying, phone="+6281200000004", reference="4", delivery=Delivery.DELIVERED),
    ]
    out.step(at(NOON + timedelta(hours=26), since_boot_s=1000.0))
    assert states(store) == [
        NoticeState.DELIVERED,
        NoticeState.FAILED,
        NoticeState.UNREPORTED,
        NoticeState.DELIVERED,
    ]
    # Nor is it told again by the next return, nor kept longer than one that was sent.
    assert queue(store, after(18), NOON + timedelta(hours=26)) == 1
    assert store.purge(NOON + timedelta(hours=47), KEEP) == 2
    assert store.purge(NOON + timedelta(hours=49), KEEP) == 1


def test_a_report_that_is_given_twice_settles_nothing_else(store: CallbackStore) -> None:
    fill(store, 1)
    carrier = Carrier()
    out = delivery(store, carrier)
    out.step(at())
    store.add(wished(1), NOON, KEEP)
    queue(store, after(18))
    carrier.answers = [SmsUncertain("silent.", "ask.")]
    out.step(at(NOON + timedelta(minutes=1)))
    assert states(store) == [NoticeState.SENT, NoticeState.UNCERTAIN]
    report = DeliveryReport("1", "+6281200000001", Delivery.DELIVERED, NOON + timedelta(minutes=1), 0)
    carrier.waiting = [report, report]
    assert out.step(at(NOON + HOUR)).reports == 1
    carrier.waiting = [report]
    assert out.step(at(NOON + HOUR)).reports == 0
    assert states(store) == [NoticeState.DELIVERED, NoticeState.UNCERTAIN]


def test_a_report_that_cannot_be_written_down_is_not_forgotten(store: CallbackStore) -> None:
    fill(store, 2)
    carrier = Carrier()
    out = delivery(store, carrier)
    out.step(at())
    noted = carrier.noted
    carrier.waiting = [DeliveryReport(str(n), f"+628120000000{n}", Delivery.DELIVERED, NOON, 0) for n in (1, 2)]
    with store.using() as connection:
        connection.execute("PRAGMA query_only = ON")
        with pytest.raises(CallbackError):
            out.step(at(NOON + HOUR))
        connection.execute("PRAGMA query_only = OFF")
    assert (carrier.noted, carrier.waiting) == (noted, [])
    assert out.step(at(NOON + HOUR)).reports == 2
    assert carrier.noted == noted + 1
    assert states(store) == [NoticeState.DELIVERED] * 2


@pytest.mark.parametrize(
    ("memories", "state"), [(("SM", "SR"), NoticeState.DELIVERED), (("SM",), NoticeState.UNREPORTED)]
)
def test_what_a_modem_heard_while_the_gateway_was_down(
    store: CallbackStore, memories: tuple[str, ...], state: NoticeState
) -> None:
    fill(store, 1)
    simulator = ModemSimulator(memories=memories)
    try:
        modem = Modem(SerialPort(simulator.path))
        assert NoticeDelivery(Outbox(store), modem, RULES).step(at()).sent == 1
        modem.close()
        simulator.report(251, "+6281200000001", heard=False)
        modem = Modem(SerialPort(simulator.path))
        NoticeDelivery(Outbox(store), modem, RULES).step(at(NOON + 26 * HOUR))
        modem.close()
    finally:
        simulator.close()
    assert states(store) == [state]
    assert simulator.stored == {}


def test_references_that_come_round_again_are_not_mixed_up(store: CallbackStore) -> None:
    fill(store, 1)
    carrier = Carrier()
    out = delivery(store, carrier)
    out.step(at())
    old = DeliveryReport("1", "+6281200000001", Delivery.DELIVERED, NOON, 0)
    assert not Outbox(store).reported(old, NOON + timedelta(days=4))
    assert states(store) == [NoticeState.SENT]
