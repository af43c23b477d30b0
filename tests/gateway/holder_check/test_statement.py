"""The signed statement: read back as it was made, and nothing else passes for it."""

import json
from dataclasses import replace

import pytest

from gateway.elapsed import Moment, moment_now
from gateway.finger import FingerPosition
from gateway.holder_check import (
    ComparisonPlace,
    HandOver,
    HolderDecision,
    HolderOutcome,
    StatementRefused,
    SupervisedApproval,
    SupervisedReason,
    read_statement,
    sign_decision,
)
from gateway.holder_check.statement import TYPE, HolderStatement
from gateway.trust import KeyExpired, NamedCode, StatedCue, StatedLiveness, open_signing_key, sign_payload
from gateway.trust.clock import ClockQuality, SignedTime

HAND_OVER = HandOver("0102030405060708", "job-1")
LIVENESS = (
    StatedLiveness(
        NamedCode(2, "right-index"),
        "not_assessed",
        (StatedCue("sameness", "not_assessed", None, ""), StatedCue("residue", "bona_fide", 71, "none_seen")),
        "rekam-finger-liveness",
        "1",
    ),
)
DECISIONS = (
    HolderDecision(
        HAND_OVER,
        HolderOutcome.MATCHED,
        4,
        ComparisonPlace.GATEWAY,
        FingerPosition.RIGHT_INDEX,
        1e-4,
        capture_id="c-9",
        liveness=LIVENESS,
    ),
    HolderDecision(
        HAND_OVER,
        HolderOutcome.NOT_MATCHED,
        2,
        ComparisonPlace.CARD,
        FingerPosition.LEFT_INDEX,
        card_tries_left=3,
    ),
    HolderDecision(HAND_OVER, HolderOutcome.NO_TEMPLATE, 4),
    HolderDecision(
        HAND_OVER,
        HolderOutcome.SUPERVISED,
        0,
        approval=SupervisedApproval("Siti Aminah", SupervisedReason.FINGERS_NOT_USABLE, "BA-17/2026"),
    ),
)


@pytest.fixture
def key(tmp_path):
    return open_signing_key(tmp_path / "keys", "desk-7")


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_statement_is_read_as_it_was_signed(key, decision):
    signed = sign_decision(decision, key, moment_now())
    read = read_statement(signed.jws)
    assert read.statement == signed.statement
    assert read.statement.decision == decision
    assert (read.statement.gateway_id, read.key_id) == ("desk-7", key.key_id)
    assert read.certificates == key.certificates


def test_it_says_in_plain_words_what_liveness_heuristics_are(key):
    payload = json.loads(sign_decision(DECISIONS[0], key, moment_now()).statement.to_bytes())
    assert payload["liveness_note"] == "heuristics, not evaluated under ISO/IEC 30107-3"
    assert payload["liveness"][0]["verdict"] == "not_assessed"


def test_a_changed_statement_does_not_hold(key):
    header, payload, signature = sign_decision(DECISIONS[1], key, moment_now()).jws.split(b".")
    other = sign_decision(DECISIONS[0], key, moment_now()).jws.split(b".")[1]
    for changed in (
        b".".join((header, other, signature)),
        b".".join((header, payload, signature[::-1])),
        b".".join((header, payload)),
        b"",
    ):
        with pytest.raises(StatementRefused):
            read_statement(changed)


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "sure"},
        {"version": 2},
        {"tries_left": -1},
        {"finger": 11},
        {"fmr_ppb": 0},
        {"card_serial": "a b"},
        {"liveness_note": "liveness guaranteed"},
        {"place": "elsewhere"},
        {"more": 1},
        {"approval": {"supervisor": "", "reason": "device_failed", "paper": ""}},
        {"liveness": [{"position": {"code": 2, "name": "x"}}]},
    ],
)
def test_a_statement_of_another_form_is_refused_though_its_signature_holds(key, change):
    payload = json.loads(sign_decision(DECISIONS[0], key, moment_now()).statement.to_bytes())
    forged = json.dumps({**payload, **change}, separators=(",", ":"), sort_keys=True).encode()
    with pytest.raises(StatementRefused):
        read_statement(sign_payload(forged, key, TYPE))


def test_another_spelling_and_another_kind_are_refused(key):
    statement = HolderStatement("desk-7", DECISIONS[2], moment_now())
    spaced = json.dumps(json.loads(statement.to_bytes())).encode()
    with pytest.raises(StatementRefused, match="canonical"):
        read_statement(sign_payload(spaced, key, TYPE))
    with pytest.raises(StatementRefused):
        read_statement(sign_payload(statement.to_bytes(), key, "rekam-manifest+jws"))


def test_a_key_out_of_date_signs_nothing(key):
    now = moment_now()
    far = now.time.wall.replace(year=now.time.wall.year + 5, month=1, day=1)
    late = Moment(SignedTime(far, now.time.since_boot_s, ClockQuality.UNTRUSTED, None), now.boot_id)
    with pytest.raises(KeyExpired):
        sign_decision(DECISIONS[0], key, late)


def test_a_match_without_a_finger_reads_back_too(key):
    decision = replace(DECISIONS[0], finger=None, liveness=())
    assert read_statement(sign_decision(decision, key, moment_now()).jws).statement.decision == decision
