"""Messages as bytes, read back by another decoder and by ours."""

import re
from datetime import UTC, datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smspdudecoder.fields import SMSSubmit

from gateway.sms.gsm7 import pack, septets_of, text_of, unpack
from gateway.sms.segments import Coding, segments_of, units_of
from gateway.sms.status_report import delivery_of, read_status_report
from gateway.sms.submit import read_submit, submit_pdus
from gateway.sms.values import Delivery
from tests.gateway.sms.modem_simulator import status_report

PHONE = "+6281234567890"
GSM = "".join(chr(code) for code in range(0x3000) if septets_of(chr(code)) is not None)
gsm_texts = st.text(st.sampled_from(GSM), min_size=1, max_size=700)
any_texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=300)
phones = st.from_regex(r"\+62[0-9]{8,12}", fullmatch=True)


def test_the_alphabet_has_its_137_characters() -> None:
    # 128 codes without the escape, and ten of the extension table (3GPP TS 23.038 clauses 6.2.1 and 6.2.1.1).
    assert len(GSM) == 127 + 10
    assert len({septets_of(char) for char in GSM}) == len(GSM)


def test_the_example_of_the_handbooks() -> None:
    # "hellohello" in eight octets and a half, as every description of the packing shows it.
    assert pack([ord(char) for char in "hellohello"]).hex().upper() == "E8329BFD4697D9EC37"


@given(st.lists(st.integers(0, 127), max_size=300), st.integers(0, 6))
def test_septets_come_back(septets: list[int], fill_bits: int) -> None:
    packed = pack(septets, fill_bits)
    assert len(packed) == (len(septets) * 7 + fill_bits + 7) // 8
    assert unpack(packed, len(septets), fill_bits) == septets


@given(gsm_texts)
def test_characters_come_back(text: str) -> None:
    assert text_of([code for char in text for code in septets_of(char) or ()]) == text


def test_an_escape_at_the_end_is_refused() -> None:
    with pytest.raises(ValueError, match="escape"):
        text_of([0x41, 0x1B])


@pytest.mark.parametrize(
    ("text", "coding", "parts"),
    [
        ("a" * 160, Coding.GSM7, 1),
        ("a" * 161, Coding.GSM7, 2),
        ("a" * 306, Coding.GSM7, 2),
        ("a" * 307, Coding.GSM7, 3),
        ("€" * 80, Coding.GSM7, 1),
        ("€" * 81, Coding.GSM7, 2),
        ("ş" * 70, Coding.UCS2, 1),
        ("ş" * 71, Coding.UCS2, 2),
        ("ş" * 134, Coding.UCS2, 2),
        ("ş" * 135, Coding.UCS2, 3),
    ],
)
def test_what_a_text_costs(text: str, coding: Coding, parts: int) -> None:
    cut = segments_of(text)
    assert (cut.coding, len(cut.parts)) == (coding, parts)


@given(any_texts)
def test_no_character_is_cut_and_no_part_too_long(text: str) -> None:
    cut = segments_of(text)
    assert "".join(cut.parts) == text
    limit = {Coding.GSM7: (160, 153), Coding.UCS2: (70, 67)}[cut.coding][len(cut.parts) > 1]
    assert all(sum(units_of(char, cut.coding) for char in part) <= limit for part in cut.parts)
    assert all(septets_of(char) is None for char in cut.odd_characters)


@given(phones, any_texts | gsm_texts, st.integers(0, 255))
def test_our_own_decoder_reads_it_back(phone: str, text: str, reference: int) -> None:
    parts = [read_submit(bytes.fromhex(pdu.hexadecimal)) for pdu in submit_pdus(phone, text, reference)]
    assert "".join(part.text for part in parts) == text
    assert [(part.part, part.parts) for part in parts] == [(n, len(parts)) for n in range(1, len(parts) + 1)]
    assert {part.phone for part in parts} == {phone}
    assert {part.reference for part in parts} == {reference if len(parts) > 1 else None}
    assert all(part.report_requested for part in parts)


# The other decoder strips a trailing "@" and CR as padding, and knows no line or page feed inside.
peer_texts = st.text(
    st.sampled_from("".join(char for char in GSM if char not in "@\r\n\f\x1b")), min_size=1, max_size=400
)


@given(
    phones, peer_texts | st.text(st.characters(codec="utf-8", min_codepoint=0x400, max_codepoint=0x2FFF), min_size=1)
)
def test_another_decoder_reads_it_back(phone: str, text: str) -> None:
    pdus = submit_pdus(phone, text, 7)
    read = [SMSSubmit.decode(StringIO(pdu.hexadecimal)) for pdu in pdus]
    # It counts characters where the standard counts septets: after one of two septets padding may look like "@".
    assert "".join(each["user_data"]["data"].rstrip("@") for each in read) == text
    for number, (pdu, each) in enumerate(zip(pdus, read, strict=True), 1):
        assert pdu.tpdu_octets == len(pdu.hexadecimal) // 2 - 1 <= 164
        assert "+" + each["recipient"]["number"] == phone
        assert each["header"]["srr"]
        if len(pdus) > 1:
            (element,) = each["user_data"]["header"]["elements"]
            assert element["iei"] == 0
            assert element["data"] == {"reference": 7, "parts_count": len(pdus), "part_number": number}


@pytest.mark.parametrize("phone", ["081234567890", "+0812345678", "+62 812", "+621", "", "+62812345678901234"])
def test_a_number_that_is_none_is_refused(phone: str) -> None:
    with pytest.raises(ValueError, match=re.escape("E.164")):
        submit_pdus(phone, "a", 0)


@pytest.mark.parametrize("text", ["", "a" * (153 * 255 + 1), "\ud800"])
def test_a_text_that_cannot_be_sent_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        submit_pdus(PHONE, text, 0)


@given(st.binary(max_size=180))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (read_submit, read_status_report):
        try:
            read(data)
        except ValueError:
            continue


def test_a_report_is_read() -> None:
    report = read_status_report(bytes.fromhex(status_report(42, PHONE, 0)))
    assert (report.reference, report.phone, report.delivery) == ("42", PHONE, Delivery.DELIVERED)
    assert report.submitted == datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
    # Semi-octets 62 11 62 21 00 00 8A: the sign is bit 3 of the first digit of the zone, here minus seven hours.
    west = read_status_report(bytes.fromhex(status_report(42, PHONE, 0, "6211621200008A")))
    assert west.submitted == datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
    assert PHONE not in repr(report)


def test_a_report_without_a_date_is_read_all_the_same() -> None:
    assert read_status_report(bytes.fromhex(status_report(1, "08123", 0x46, "00000000000000"))).submitted is None


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        (0x00, Delivery.DELIVERED),
        (0x02, Delivery.DELIVERED),
        (0x20, Delivery.TRYING),
        (0x30, Delivery.TRYING),
        (0x40, Delivery.FAILED),
        (0x46, Delivery.FAILED),
        (0x63, Delivery.FAILED),
    ],
)
def test_a_status_is_understood(status: int, delivery: Delivery) -> None:
    assert delivery_of(status) is delivery
