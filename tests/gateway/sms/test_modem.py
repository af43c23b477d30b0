"""The modem over a pseudo terminal: what it sends, what it hears, and what it makes of every fault."""

from collections.abc import Iterator

import pytest

from gateway.sms import (
    Accepted,
    Delivery,
    Modem,
    ModemSettings,
    SmsMessage,
    SmsRefused,
    SmsUnavailable,
    SmsUncertain,
)
from gateway.sms.serial_port import SerialPort
from tests.gateway.sms.modem_simulator import ModemSimulator, status_report

PHONE = "+6281234567890"
QUICK = ModemSettings(answer_s=0.6, prompt_s=0.6, network_s=0.6, restart_s=1.5)


def message(text: str = "Layanan sudah buka.") -> SmsMessage:
    return SmsMessage("m-1", PHONE, text)


@pytest.fixture
def simulator() -> Iterator[ModemSimulator]:
    simulator = ModemSimulator()
    yield simulator
    simulator.close()


@pytest.fixture
def modem(simulator: ModemSimulator) -> Iterator[Modem]:
    modem = Modem(SerialPort(simulator.path), QUICK)
    yield modem
    modem.close()


@pytest.mark.parametrize("byte_by_byte", [False, True])
def test_a_message_leaves_and_is_numbered(modem: Modem, simulator: ModemSimulator, byte_by_byte: bool) -> None:
    simulator.faults.byte_by_byte = byte_by_byte
    assert modem.send(message()) == Accepted(("251",), 1)
    assert [(part.phone, part.text) for part in simulator.sent] == [(PHONE, "Layanan sudah buka.")]
    assert modem.send(message("Kartu siap €")).references == ("252",)


def test_echo_that_cannot_be_switched_off_is_dropped(modem: Modem, simulator: ModemSimulator) -> None:
    simulator.faults.plain_error_on = "AT+CMEE"
    simulator._echo_off = lambda _: simulator._answer()  # type: ignore[method-assign] # a fault of the simulator
    assert modem.send(message()).references == ("251",)


def test_a_long_message_is_joined(modem: Modem, simulator: ModemSimulator) -> None:
    text = "Kartu KTP-el dapat diambil. " * 12
    accepted = modem.send(message(text))
    assert accepted == Accepted(("251", "252", "253"), 3)
    assert "".join(part.text for part in simulator.sent) == text
    assert len({part.reference for part in simulator.sent}) == 1


def test_a_report_between_commands_is_heard(modem: Modem, simulator: ModemSimulator) -> None:
    modem.send(message())
    simulator.tell("RING")
    simulator.report(251, PHONE)
    modem.send(message())
    simulator.report(252, PHONE, 0x46)
    heard = {report.reference: report.delivery for report in _heard(modem, 2)}
    assert heard == {"251": Delivery.DELIVERED, "252": Delivery.FAILED}
    assert modem.reports() == []


@pytest.fixture
def keeping() -> Iterator[ModemSimulator]:
    simulator = ModemSimulator(memories=("SM", "ME", "SR"))
    yield simulator
    simulator.close()


def test_a_report_that_the_modem_keeps_is_fetched_and_deleted_once_it_is_noted(keeping: ModemSimulator) -> None:
    modem = Modem(SerialPort(keeping.path), QUICK)
    modem.send(message())
    assert keeping.report_mode == 2
    keeping.report(251, PHONE)
    (report,) = _heard(modem, 1)
    assert (report.reference, report.delivery) == ("251", Delivery.DELIVERED)
    assert len(keeping.stored) == 1, "a power cut here loses nothing"
    modem.reports_noted()
    assert keeping.stored == {}
    modem.close()


def test_reports_that_came_while_nobody_listened_are_taken_at_the_start(keeping: ModemSimulator) -> None:
    modem = Modem(SerialPort(keeping.path), QUICK)
    modem.send(message())
    modem.close()
    keeping.report(251, PHONE, heard=False)
    keeping.report(252, PHONE, 0x46, heard=False)
    for _ in range(2):  # the first is cut off before it could note them
        modem = Modem(SerialPort(keeping.path), QUICK)
        heard = {report.reference: report.delivery for report in modem.reports()}
        assert heard == {"251": Delivery.DELIVERED, "252": Delivery.FAILED}
        assert len(keeping.stored) == 2
        modem.close()
    assert len(modem.reports()) == 2
    modem.reports_noted()
    assert (keeping.stored, keeping.lost) == ({}, [])
    modem.close()


def test_a_full_memory_of_reports_is_read_to_its_end() -> None:
    simulator = ModemSimulator(memories=("SR", "SM"), kept_most=255)
    simulator.stored = {number: status_report(number, PHONE, 0) for number in range(1, 256)}
    modem = Modem(SerialPort(simulator.path), QUICK)
    try:
        assert len(modem.reports()) == 255
    finally:
        modem.close()
        simulator.close()


def test_a_modem_without_a_memory_of_reports_tells_them(modem: Modem, simulator: ModemSimulator) -> None:
    modem.send(message())
    assert simulator.report_mode == 1
    assert "AT+CMGL=4" not in simulator.commands
    modem.close()
    simulator.report(251, PHONE, heard=False)
    assert modem.reports() == []
    assert len(simulator.lost) == 1


def test_one_that_tells_none_and_names_no_memory_keeps_them_where_it_will(
    modem: Modem, simulator: ModemSimulator
) -> None:
    simulator.faults.refuse_direct_reports = True
    modem.send(message())
    assert simulator.report_mode == 2


@pytest.mark.parametrize("command", ["AT+CPMS=?", 'AT+CPMS="SR"', "AT+CMGL"])
def test_a_modem_that_hangs_over_its_memory_is_reset_and_tells_reports(keeping: ModemSimulator, command: str) -> None:
    modem = Modem(SerialPort(keeping.path), QUICK)
    keeping.faults.silent_on = command
    with pytest.raises(SmsUnavailable, match="hangs"):
        modem.send(message())
    assert keeping.sent == []
    modem.send(message())
    assert (keeping.resets, keeping.report_mode, len(keeping.sent)) == (1, 1, 1)
    modem.close()


def test_a_modem_that_refuses_every_kind_of_report_sends_all_the_same(modem: Modem, simulator: ModemSimulator) -> None:
    simulator.faults.plain_error_on = "AT+CNMI"
    assert modem.send(message()).segments == 1


def test_a_port_that_went_away_between_messages_is_opened_again(simulator: ModemSimulator) -> None:
    port = SerialPort(simulator.path)
    modem = Modem(port, QUICK)
    modem.send(message())
    port.close()  # as when a read finds it gone
    with pytest.raises(SmsUnavailable, match="not open"):
        modem.reports()
    assert modem.reports() == []
    simulator.report(251, PHONE)
    assert len(_heard(modem, 1)) == 1
    modem.close()


def test_an_unreadable_report_is_passed_over(modem: Modem, simulator: ModemSimulator) -> None:
    modem.send(message())
    simulator.tell("+CDS: 3\r\nZZZZ")
    simulator.report(251, PHONE)
    assert len(_heard(modem, 1)) == 1


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (1, SmsRefused),
        (38, SmsUnavailable),
        (42, SmsUnavailable),
        (99, SmsUnavailable),
        (195, SmsRefused),
        (200, SmsRefused),
        (331, SmsUnavailable),
        (332, SmsUncertain),
        (500, SmsUncertain),
        (512, SmsUncertain),
    ],
)
def test_what_an_error_says_of_the_message(
    modem: Modem, simulator: ModemSimulator, number: int, kind: type[Exception]
) -> None:
    simulator.faults.cms_error = [number]
    with pytest.raises(kind, match=f"CMS {number}") as error:
        modem.send(message())
    assert PHONE not in str(error.value)
    assert simulator.sent == []
    modem.send(message())
    assert len(simulator.sent) == 1


def test_a_refusal_before_the_message_is_handed_over_is_no_loss(modem: Modem, simulator: ModemSimulator) -> None:
    modem.send(message())
    simulator.faults.plain_error_on = "AT+CMGS"
    with pytest.raises(SmsUnavailable, match="answered with an error"):
        modem.send(message())
    simulator.faults.plain_error_on, simulator.registration = "", 2
    with pytest.raises(SmsUnavailable, match="no network yet"):  # looked at again before the next
        modem.send(message())
    simulator.registration = 1
    assert modem.send(message()).references == ("252",)
    assert len(simulator.sent) == 2


def test_half_a_long_message_is_uncertain(modem: Modem, simulator: ModemSimulator) -> None:
    simulator.faults.cms_error = [0, 42]
    with pytest.raises(SmsUncertain, match="1 of 3 parts"):
        modem.send(message("Kartu KTP-el dapat diambil. " * 12))


def test_silence_before_the_prompt_is_no_loss_and_is_reset(modem: Modem, simulator: ModemSimulator) -> None:
    simulator.faults.no_prompt = 1
    with pytest.raises(SmsUnavailable, match="hangs"):
        modem.send(message())
    assert simulator.sent == []
    modem.send(message())
    assert simulator.resets == 1
    assert len(simulator.sent) == 1


def test_silence_after_the_message_is_uncertain(modem: Modem, simulator: ModemSimulator) -> None:
    simulator.faults.silent_after_pdu = 1
    with pytest.raises(SmsUncertain, match="fell silent"):
        modem.send(message())
    assert len(simulator.sent) == 1


def test_a_modem_pulled_out_while_the_message_leaves_is_uncertain(modem: Modem, simulator: ModemSimulator) -> None:
    simulator.faults.unplug_after_pdu = True
    with pytest.raises(SmsUncertain):
        modem.send(message())
    with pytest.raises(SmsUnavailable):
        modem.send(message())


def test_a_reference_that_is_missing_is_uncertain(modem: Modem, simulator: ModemSimulator) -> None:
    simulator.faults.no_reference = True
    with pytest.raises(SmsUncertain, match="without a reference"):
        modem.send(message())


def test_a_modem_that_hangs_is_reset(modem: Modem, simulator: ModemSimulator) -> None:
    simulator.faults.hang_until_reset = True
    assert modem.send(message()).segments == 1
    assert simulator.resets == 1


def test_one_that_stays_dead_says_so(modem: Modem, simulator: ModemSimulator) -> None:
    simulator.faults.hang_for_good = True
    with pytest.raises(SmsUnavailable, match="not even after a reset"):
        modem.send(message())
    assert simulator.sent == []


def test_a_modem_that_is_not_there_says_so() -> None:
    with pytest.raises(SmsUnavailable, match="cannot be opened"):
        Modem(SerialPort("/dev/serial/by-id/none"), QUICK).send(message())


def test_without_a_network_nothing_is_handed_over(modem: Modem, simulator: ModemSimulator) -> None:
    simulator.registration = 2
    with pytest.raises(SmsUnavailable, match="no network"):
        modem.send(message())
    simulator.registration = 3
    with pytest.raises(SmsUnavailable, match="denies"):
        modem.send(message())
    simulator.registration = 5
    modem.send(message())


def test_the_pin_opens_the_card() -> None:
    simulator = ModemSimulator(pin="1234")
    modem = Modem(SerialPort(simulator.path), ModemSettings(pin="1234", answer_s=0.6))
    try:
        assert modem.send(message()).segments == 1
        status = modem.status()
    finally:
        modem.close()
        simulator.close()
    assert (status.sim, status.registered, status.signal_dbm) == ("READY", True, -79)


def test_a_wrong_pin_is_tried_once() -> None:
    simulator = ModemSimulator(pin="1234")
    modem = Modem(SerialPort(simulator.path), ModemSettings(pin="9999", answer_s=0.6))
    try:
        with pytest.raises(SmsUnavailable, match="PIN is wrong"):
            modem.send(message())
        with pytest.raises(SmsUnavailable, match="lest the card locks"):
            modem.send(message())
    finally:
        modem.close()
        simulator.close()
    assert simulator.pin_tries == 1


def test_an_invalid_number_never_reaches_the_modem(modem: Modem, simulator: ModemSimulator) -> None:
    with pytest.raises(SmsRefused):
        modem.send(SmsMessage("m-1", "0812", "a"))
    assert simulator.commands == []


def test_noise_on_the_port_is_bounded(modem: Modem, simulator: ModemSimulator) -> None:
    modem.send(message())
    simulator._write("x" * 3000)
    with pytest.raises(SmsUnavailable, match="no modem"):
        _heard(modem, 1)


def _heard(modem: Modem, count: int) -> list:  # type: ignore[type-arg]
    found: list = []  # type: ignore[type-arg]
    for _ in range(50):
        found += modem.reports()
        if len(found) >= count:
            break
    return found
