"""SMS-STATUS-REPORT: what became of a message (3GPP TS 23.040 clause 9.2.2.3)."""

from datetime import UTC, datetime, timedelta, timezone

from gateway.sms.submit import read_address
from gateway.sms.values import Delivery, DeliveryReport

_STATUS_REPORT, _TYPE_MASK = 0x02, 0x03
_TIME_OCTETS = 7
MAX_OCTETS = 12 + 164
"""Service centre and the longest TPDU."""


def read_status_report(pdu: bytes) -> DeliveryReport:
    """Read a report, the service centre in front included.

    Raises
    ------
    ValueError
        It is none, or cut short.
    """
    if len(pdu) > MAX_OCTETS:
        raise ValueError(f"{len(pdu)} octets are more than a report has")
    try:
        tpdu = pdu[1 + pdu[0] :]
        if tpdu[0] & _TYPE_MASK != _STATUS_REPORT:
            raise ValueError(f"first octet {tpdu[0]:02X}: not a status report")
        reference = tpdu[1]
        phone, taken = read_address(tpdu[2:])
        place = 2 + taken
        status = tpdu[place + 2 * _TIME_OCTETS]
    except IndexError:
        raise ValueError("the report is cut short") from None
    submitted = read_time(tpdu[place : place + _TIME_OCTETS])
    return DeliveryReport(str(reference), phone, delivery_of(status), submitted, status)


def delivery_of(status: int) -> Delivery:
    """What a TP-Status says (clause 9.2.3.15); values that are reserved for later are read as their group is."""
    if status < 0x20:
        return Delivery.DELIVERED
    return Delivery.TRYING if status < 0x40 else Delivery.FAILED


def read_time(octets: bytes) -> datetime | None:
    """TP-Service-Centre-Time-Stamp (clause 9.2.3.11) as UTC; None where it says no date, as some centres' do.

    Parameters
    ----------
    octets : bytes
        Seven: year to second and the zone in quarters of an hour, swapped semi-octets.
    """
    zone_octet = octets[6]
    numbers = [(octet & 0x0F) * 10 + (octet >> 4) for octet in octets[:6]]
    quarters = (zone_octet & 0x07) * 10 + (zone_octet >> 4)
    sign = -1 if zone_octet & 0x08 else 1
    try:
        zone = timezone(sign * timedelta(minutes=15 * quarters))
        year, month, day, hour, minute, second = numbers
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None
