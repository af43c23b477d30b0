"""What happens to enrolments stands in the audit trail once, in order, without a name or a number of the person."""

from functools import partial
from pathlib import Path

import pytest

from gateway.audit import AuditEntry as TrailEntry
from gateway.audit import AuditError, AuditLog, AuditQuery, PersonTokens, sign_audit_head, verify_audit
from gateway.enrolment.audit_trail import EnrolmentTrail
from gateway.enrolment.ports import AuditEntry
from gateway.trust import TrustAnchors, open_signing_key
from tests.gateway.enrolment.office import NIK, OPERATOR, Office, portrait

ENROLMENT = "0123456789abcdef0123456789abcdef"


def opened(folder: Path) -> AuditLog:
    key = open_signing_key(folder / "audit-keys")
    return AuditLog.open(folder, key.gateway_id, partial(sign_audit_head, key=key))


def told(log: AuditLog) -> list[TrailEntry]:
    return [TrailEntry.from_bytes(each.body) for each in log.entries(AuditQuery())]


def entry(version: int, action: str = "enrolment.capture_added", actor: str = "Sari") -> AuditEntry:
    return AuditEntry(f"{ENROLMENT}/{version}", action, ENROLMENT, actor, {"part": "right-index"})


def test_an_enrolment_is_told_from_its_beginning_to_its_seal(tmp_path):
    with opened(tmp_path) as log:
        trail = EnrolmentTrail(log, PersonTokens.open(tmp_path))
        with Office(tmp_path / "state", audit=trail) as office:
            seen = office.create()
            it = seen.enrolment_id
            seen = office.add(seen, office.finger(it, "right-index", 1), office.finger(it, "right-middle", 2))
            seen = office.enrolments.add_portrait(it, portrait(), OPERATOR, seen.version)
            office.enrolments.seal(it, "Ibu Kepala 3602041211870001", seen.version)
        found = told(log)
        names = ["created", "capture_added", "capture_added", "image_added", "sealing", "sealed"]
        assert [each.event.event for each in found] == [f"enrolment.{name}" for name in names]
        assert [each.event.count for each in found] == [1, 2, 3, 4, 5, 6]
        assert {(each.event.object_kind, each.event.object_id) for each in found} == {("enrolment", it)}
        assert found[0].event.actor.operator == OPERATOR
        # A name that holds a number is no name.
        assert found[-1].event.actor.operator.startswith("hmac-")
        assert NIK not in "".join(each.to_bytes().decode() for each in found)


def test_what_was_told_before_a_crash_is_told_once(tmp_path):
    with opened(tmp_path) as log:
        trail = EnrolmentTrail(log, PersonTokens.open(tmp_path))
        for version in (1, 2, 3):
            trail.append(entry(version))
    with opened(tmp_path) as log:
        trail = EnrolmentTrail(log, PersonTokens.open(tmp_path))
        for version in (2, 3, 4, 5):
            trail.append(entry(version))
        assert [each.event.count for each in told(log)] == [1, 2, 3, 4, 5]


def test_an_entry_that_the_disk_did_not_take_is_an_error_and_can_be_told_again(tmp_path):
    log = opened(tmp_path)
    trail = EnrolmentTrail(log, PersonTokens.open(tmp_path))
    trail.append(entry(1))
    log.close()
    with pytest.raises(AuditError):
        trail.append(entry(2))
    with opened(tmp_path) as log:
        trail = EnrolmentTrail(log, PersonTokens.open(tmp_path))
        for version in (1, 2):
            trail.append(entry(version))
        assert [each.event.count for each in told(log)] == [1, 2]


def test_the_head_for_a_packet_fixes_all_that_was_told(tmp_path):
    with opened(tmp_path) as log:
        trail = EnrolmentTrail(log, PersonTokens.open(tmp_path))
        trail.append(entry(1, "enrolment.created"))
        trail.append(entry(2, "enrolment.sealing"))
        head = trail.head()
        last = told(log)[-1]
        assert (head.chain_id, head.sequence) == (last.chain_id, last.sequence)
        (kept,) = log.heads()
        assert kept.sequence == head.sequence
        key = open_signing_key(tmp_path / "audit-keys")
        anchors = TrustAnchors.from_pem(key.trust_bundle().certificates_pem)
        entries = [each.body for each in log.entries(AuditQuery())]
        assert verify_audit(entries, [kept.jws], anchors).ok
