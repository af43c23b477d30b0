import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.centre import (
    Announcement,
    AnnouncementKind,
    Answer,
    AnswerInvalid,
    EnrolmentStatus,
    Receipt,
    StatusAnswer,
    read_answer,
    sign_answer,
)
from gateway.guidance import LocalizedText
from gateway.trust import SigningKey, TrustAnchors, open_signing_key, sign_payload

AT = datetime(2026, 3, 4, 5, 6, 7, 89_000, tzinfo=UTC)
LEDGER = "0123456789abcdef" * 2
RECEIPT = Receipt("centre-1", LEDGER, 7, "gateway-1", "packet-1", "ab" * 32, 3_000_000, AT)
STATUS = StatusAnswer("centre-1", LEDGER, 8, "gateway-1", "packet-1", EnrolmentStatus.PRINT_READY_RECORD, AT)
ANNOUNCEMENT = Announcement(
    "centre-1", "a-1", AnnouncementKind.OUTAGE, AT, AT, None, LocalizedText(id="Pusat data padam", en="Power is out")
)
ANSWERS: list[Answer] = [
    RECEIPT,
    STATUS,
    replace(STATUS, words=LocalizedText(id="ada", en="there")),
    ANNOUNCEMENT,
    replace(ANNOUNCEMENT, expected_return=AT),
]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return open_signing_key(tmp_path_factory.mktemp("keys"), "centre-1")


@pytest.fixture(scope="module")
def anchors(key: SigningKey) -> TrustAnchors:
    return TrustAnchors.from_pem(key.trust_bundle().certificates_pem)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_read_as_it_was_signed(answer: Answer, key: SigningKey, anchors: TrustAnchors) -> None:
    assert read_answer(sign_answer(answer, key), anchors) == answer


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (replace(RECEIPT, sequence=0), "sequence"),
        (replace(RECEIPT, size=0), "size"),
        (replace(RECEIPT, sha256="AB" * 32), "sha256"),
        (replace(RECEIPT, ledger_id="1"), "ledger_id"),
        (replace(RECEIPT, packet_id="../x"), "packet_id"),
        (replace(RECEIPT, received=AT.replace(microsecond=1)), "milliseconds"),
        (replace(STATUS, status=EnrolmentStatus.BIO_CAPTURED), "a centre gives"),
        (replace(ANNOUNCEMENT, words=LocalizedText(id="x" * 501, en="")), "500"),
    ],
)
def test_an_answer_out_of_its_bounds_is_not_signed(answer: Answer, named: str, key: SigningKey) -> None:
    with pytest.raises(AnswerInvalid, match=named):
        sign_answer(answer, key)


def test_nobody_elses_answer_counts(tmp_path: Path, anchors: TrustAnchors) -> None:
    forger = open_signing_key(tmp_path, "centre-1")
    with pytest.raises(AnswerInvalid, match="install the centre's certificate"):
        read_answer(sign_answer(RECEIPT, forger), anchors)


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_changed_answer_is_none(answer: Answer, key: SigningKey, anchors: TrustAnchors) -> None:
    jws = sign_answer(answer, key)

    @given(st.integers(0, len(jws) - 1), st.integers(1, 255))
    def check(index: int, change: int) -> None:
        changed = bytearray(jws)
        changed[index] ^= change
        with pytest.raises(AnswerInvalid):
            read_answer(bytes(changed), anchors)

    check()


def test_one_kind_is_not_taken_for_another(key: SigningKey, anchors: TrustAnchors) -> None:
    payload = base64.urlsafe_b64decode(sign_answer(STATUS, key).split(b".")[1] + b"==")
    with pytest.raises(AnswerInvalid, match=r"missing|does not know|version"):
        read_answer(sign_payload(payload, key, "rekam-receipt+jws"), anchors)
    with pytest.raises(AnswerInvalid, match="neither"):
        read_answer(sign_payload(payload, key, "rekam-manifest+jws"), anchors)


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value | {"version": 2},
        lambda value: value | {"more": 1},
        lambda value: value | {"received": "2026-02-30T00:00:00.000Z"},
        lambda value: {name: member for name, member in value.items() if name != "size"},
        lambda value: [value],
    ],
)
def test_a_payload_of_another_form_is_refused_though_it_is_signed(
    change: Callable[[object], object], key: SigningKey, anchors: TrustAnchors
) -> None:
    value = json.loads(base64.urlsafe_b64decode(sign_answer(RECEIPT, key).split(b".")[1] + b"=="))
    payload = json.dumps(change(value)).encode()
    with pytest.raises(AnswerInvalid):
        read_answer(sign_payload(payload, key, "rekam-receipt+jws"), anchors)
