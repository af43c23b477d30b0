"""Whatever is done to a trail is noticed, and the first place is named."""

import random
from dataclasses import replace

import pytest

from gateway.audit import (
    Actor,
    AuditEntry,
    AuditEvent,
    AuditFault,
    AuditHead,
    entry_digest,
    sign_audit_head,
    verify_audit,
)
from gateway.audit.head import TYPE
from gateway.trust import ClockQuality, RevocationReason, open_signing_key, sign_payload
from gateway.trust.revocation import Revocation
from tests.gateway.audit.made_trails import BOOT, CHAIN, anchors, chained_anew, entries, head, moment

COUNT = 40
SEALED = (10, 20, 30, 40)
TRAIL = entries(COUNT)


@pytest.fixture(scope="module")
def heads(key):
    return [head(TRAIL[sequence - 1], key) for sequence in SEALED]


def forged(body: bytes) -> bytes:
    entry = AuditEntry.from_bytes(body)
    event = replace(entry.event, actor=Actor("this machine", ("operator",), "Somebody"))
    return replace(entry, event=event).to_bytes()


def test_a_whole_trail_is_whole(key, heads):
    report = verify_audit(iter(TRAIL), iter(heads), anchors(key))
    assert report.ok
    assert report.first is None
    assert (report.length, report.last, report.sealed, report.heads, report.unsealed) == (COUNT, COUNT, COUNT, 4, 0)
    assert verify_audit([], []).ok


def test_a_part_of_a_trail_is_whole_as_a_part(key, heads):
    part = TRAIL[14:35]
    before = entry_digest(TRAIL[13])
    report = verify_audit(part, heads[:3], anchors(key), from_sequence=15, previous=before)
    assert report.ok
    assert (report.sealed, report.last, report.unsealed) == (30, 35, 5)
    assert verify_audit(part, heads[:3], anchors(key), from_sequence=None).ok
    assert verify_audit(part, heads[:3]).first.fault is AuditFault.REMOVED
    wrong = verify_audit(part, heads[:3], from_sequence=15, previous="0" * 64).first
    assert (wrong.fault, wrong.sequence) == (AuditFault.CHANGED, 15)


@pytest.mark.parametrize("sequence", range(1, COUNT))
def test_a_removed_entry_is_named(key, heads, sequence):
    report = verify_audit(TRAIL[: sequence - 1] + TRAIL[sequence:], heads, anchors(key))
    assert (report.first.fault, report.first.sequence) == (AuditFault.REMOVED, sequence)
    assert report.first.position == sequence - 1


@pytest.mark.parametrize("sequence", range(1, COUNT))
def test_a_changed_entry_is_named(key, heads, sequence):
    changed = [*TRAIL]
    changed[sequence - 1] = forged(TRAIL[sequence - 1])
    first = verify_audit(changed, heads, anchors(key)).first
    assert (first.fault, first.sequence) == (AuditFault.CHANGED, sequence)


@pytest.mark.parametrize("sequence", range(2, COUNT + 1))
def test_an_entry_that_names_another_before_it_is_named(key, heads, sequence):
    changed = [*TRAIL]
    changed[sequence - 1] = replace(AuditEntry.from_bytes(TRAIL[sequence - 1]), previous="0" * 64).to_bytes()
    first = verify_audit(changed, heads, anchors(key)).first
    assert (first.fault, first.sequence) == (AuditFault.CHANGED, sequence)


@pytest.mark.parametrize("sequence", range(1, COUNT + 1))
def test_bytes_that_are_no_entry_are_named_by_their_place_and_not_called_removed(key, heads, sequence):
    changed = [*TRAIL]
    changed[sequence - 1] = TRAIL[sequence - 1].replace(b"operator", b"Operator")
    report = verify_audit(changed, heads, anchors(key))
    assert (report.first.fault, report.first.position) == (AuditFault.CHANGED, sequence - 1)
    assert AuditFault.REMOVED not in {finding.fault for finding in report.findings}


@pytest.mark.parametrize("sequence", range(1, COUNT + 1))
@pytest.mark.parametrize("place", [0, 17, COUNT])
def test_an_inserted_entry_is_named(key, heads, sequence, place):
    copied = verify_audit([*TRAIL[:place], TRAIL[sequence - 1], *TRAIL[place:]], heads, anchors(key))
    assert AuditFault.INSERTED in {finding.fault for finding in copied.findings}
    invented = verify_audit([*TRAIL[:place], forged(TRAIL[sequence - 1]), *TRAIL[place:]], heads, anchors(key))
    inserted = [finding for finding in invented.findings if finding.fault is AuditFault.INSERTED]
    assert [finding.sequence for finding in inserted] == [sequence]


def test_an_entry_of_another_chain_is_named(key, heads):
    stranger = entries(3, chain_id="ab" * 16)
    inside = verify_audit([*TRAIL[:5], stranger[0], *TRAIL[5:]], heads, anchors(key)).first
    assert (inside.fault, inside.position) == (AuditFault.INSERTED, 5)
    after = verify_audit([*TRAIL, *stranger], heads, anchors(key)).first
    assert (after.fault, after.position) == (AuditFault.RESTARTED, COUNT)


@pytest.mark.parametrize("seed", range(20))
def test_entries_that_changed_places_are_named(key, heads, seed):
    one, other = sorted(random.Random(seed).sample(range(COUNT), 2))
    changed = [*TRAIL]
    changed[one], changed[other] = changed[other], changed[one]
    first = verify_audit(changed, heads, anchors(key)).first
    assert (first.fault, first.position) == (AuditFault.REORDERED, one)


@pytest.mark.parametrize("left", range(1, COUNT))
def test_a_trail_that_was_cut_is_noticed_by_a_later_head(key, heads, left):
    report = verify_audit(TRAIL[:left], heads, anchors(key))
    assert (report.first.fault, report.first.sequence) == (AuditFault.TRUNCATED, left + 1)
    assert str(COUNT) in report.first.detail
    assert verify_audit([], heads).first.fault is AuditFault.TRUNCATED


def test_a_cut_with_the_later_heads_looks_whole_and_the_report_says_what_is_sealed(key, heads):
    """What no verifier can see: both ends are cut alike. It takes a head that is known from elsewhere."""
    report = verify_audit(TRAIL[:25], heads[:2], anchors(key))
    assert report.ok
    assert (report.sealed, report.unsealed) == (20, 5)
    elsewhere = verify_audit(TRAIL[:25], [*heads[:2], heads[3]], anchors(key))
    assert elsewhere.first.fault is AuditFault.TRUNCATED


@pytest.mark.parametrize("sequence", range(1, COUNT + 1))
def test_a_chain_that_was_computed_anew_is_noticed_by_the_heads(key, heads, sequence):
    changed = chained_anew([*TRAIL[: sequence - 1], forged(TRAIL[sequence - 1]), *TRAIL[sequence:]], sequence)
    assert verify_audit(changed).ok  # without heads anyone can compute a chain
    first = verify_audit(changed, heads, anchors(key)).first
    assert first.fault is AuditFault.CHANGED
    last_good = max((sealed for sealed in SEALED if sealed < sequence), default=0)
    assert first.sequence == last_good + 1 <= sequence
    removed = chained_anew([*TRAIL[: sequence - 1], *TRAIL[sequence:]], sequence - 1)
    assert verify_audit(removed, heads, anchors(key)).first.fault in (AuditFault.CHANGED, AuditFault.TRUNCATED)


def test_a_head_of_another_key_or_a_damaged_one_is_no_head(key, other_key, heads):
    stranger = head(TRAIL[-1], other_key)
    report = verify_audit(TRAIL, [stranger], anchors(key))
    assert (report.first.fault, report.sealed) == (AuditFault.HEAD_UNTRUSTED, 0)
    assert verify_audit(TRAIL, [stranger], anchors(key, other_key)).sealed == COUNT
    damaged = verify_audit(TRAIL, [heads[0][:-4] + b"AAAA"], anchors(key))
    assert damaged.first.fault is AuditFault.HEAD_INVALID


def revoked(key, reason, number):
    """Anchors that know the key as revoked at that moment."""
    revocation = Revocation(key.key_id, reason, "", moment(number).wall, ClockQuality.TRUSTED, None)
    return replace(anchors(key), revocations={key.key_id: revocation})


@pytest.mark.parametrize("reason", RevocationReason)
def test_heads_of_a_revoked_key_seal_as_far_as_its_end_was_honest(key, heads, reason):
    honest = reason in (RevocationReason.SUPERSEDED, RevocationReason.CESSATION_OF_OPERATION)
    report = verify_audit(TRAIL, heads, revoked(key, reason, 25))
    assert {finding.fault for finding in report.findings} == {AuditFault.HEAD_UNTRUSTED}
    refused = [finding.sequence for finding in report.findings]
    assert (refused, report.sealed) == (([30, 40], 20) if honest else ([10, 20, 30, 40], 0))
    assert "was revoked on" in report.first.detail
    assert reason.value in report.first.detail
    assert verify_audit(TRAIL, heads, revoked(key, reason, COUNT + 1)).ok is honest


def test_a_later_head_of_a_good_key_seals_what_a_lost_key_did(key, heads, tmp_path):
    new_key = open_signing_key(tmp_path, key.gateway_id)
    later = head(TRAIL[-1], new_key)
    trust = replace(anchors(key, new_key), revocations=revoked(key, RevocationReason.KEY_COMPROMISE, 25).revocations)
    report = verify_audit(TRAIL, [*heads, later], trust)
    assert (report.ok, report.sealed, report.heads) == (True, COUNT, 1)


def test_a_head_that_names_another_gateway_than_its_key_is_no_head(key, other_key):
    entry = AuditEntry.from_bytes(TRAIL[-1])
    claimed = AuditHead(key.gateway_id, CHAIN, COUNT, entry_digest(TRAIL[-1]), entry.time, BOOT)
    forged_head = sign_audit_head(claimed, other_key).jws
    report = verify_audit(TRAIL, [forged_head], anchors(key, other_key))
    assert (report.first.fault, report.sealed, report.heads) == (AuditFault.HEAD_UNTRUSTED, 0, 0)
    assert "gateway-2" in report.first.detail


def test_a_head_of_when_its_certificate_was_not_valid_is_no_head(key):
    late = moment(4000 * 24 * 3600)
    claimed = AuditHead(key.gateway_id, CHAIN, COUNT, entry_digest(TRAIL[-1]), late, BOOT)
    report = verify_audit(TRAIL, [sign_payload(claimed.to_bytes(), key, TYPE)], anchors(key))
    assert (report.first.fault, report.sealed) == (AuditFault.HEAD_UNTRUSTED, 0)
    assert "was not valid" in report.first.detail


def test_what_the_gateway_says_is_missing_is_counted():
    gap = AuditEvent("audit.gap", "MISSING", "NOT_WRITTEN", count=7)
    body = AuditEntry(COUNT + 1, CHAIN, entry_digest(TRAIL[-1]), moment(99), BOOT, gap).to_bytes()
    report = verify_audit([*TRAIL, body])
    assert report.ok
    assert report.missing == 7


@pytest.mark.parametrize("seed", range(200))
def test_no_mutation_goes_unnoticed(key, heads, seed):
    chance = random.Random(seed)
    changed = [*TRAIL]
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(changed))
        deed = chance.randrange(5)
        if deed == 0 and len(changed) > 1:
            del changed[place]
        elif deed == 1:
            changed[place] = forged(TRAIL[place])
        elif deed == 2:
            changed.insert(place, forged(TRAIL[chance.randrange(len(TRAIL))]))
        elif deed == 3:
            body = bytearray(changed[place])
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
            changed[place] = bytes(body)
        else:
            changed = changed[: max(1, place)]
    if changed != TRAIL:
        report = verify_audit(changed, heads, anchors(key))
        same = next((i for i, (a, b) in enumerate(zip(changed, TRAIL, strict=False)) if a != b), len(changed))
        assert not report.ok
        assert report.first.position <= same + 1
