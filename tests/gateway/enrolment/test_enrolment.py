"""An enrolment from its beginning to its seal, from one front end and from another."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.capture.values import MissingReason
from gateway.enrolment import (
    ApprovalRefused,
    CaptureChanged,
    CapturedBytes,
    CaptureNotFound,
    CaptureOfAnother,
    CaptureUnfit,
    EnrolmentState,
    EnrolmentUnknown,
    ExceptionReason,
    ExceptionRefused,
    PartStatus,
    PartUnknown,
    SealingRefused,
    SpoolCaptures,
    SupplementRefused,
    VersionConflict,
    WrongState,
)
from gateway.enrolment.record import replayed
from gateway.enrolment.snapshot import snapshot_of
from gateway.spool import Blob
from gateway.trust import time_now
from tests.gateway.enrolment.office import NIK, OPERATOR, SUPERVISOR, Office, portrait, strokes


@pytest.fixture
def office(tmp_path):
    with Office(tmp_path / "state") as office:
        yield office


def statuses(snapshot) -> dict[str, str]:
    return {part.key: part.status.value for part in snapshot.parts}


def lacks(snapshot) -> list[tuple[str, str]]:
    return [(lack.part, lack.code) for lack in snapshot.open]


def test_a_whole_person_is_sealed_by_slaps_irises_portrait_and_signature(office):
    enrolments = office.enrolments
    snapshot = office.create("ktp-el")
    it = snapshot.enrolment_id
    assert (snapshot.next, snapshot.state) == ("portrait", EnrolmentState.OPEN)
    snapshot = enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)
    snapshot = enrolments.add_signature(it, strokes(), portrait(kind=".png"), OPERATOR, snapshot.version)
    assert snapshot.next == "right-four"
    snapshot = office.add(
        snapshot,
        office.slap(it, "right-four", (1, 2, 3, 4)),
        office.slap(it, "left-four", (5, 6, 7, 8)),
        office.slap(it, "two-thumbs", (9, 10)),
    )
    assert snapshot.next == "right-iris"
    assert statuses(snapshot)["right-index"] == PartStatus.NOT_NEEDED
    snapshot = office.add(snapshot, office.eyes(it, right=1, left=2))
    assert (snapshot.open, snapshot.next, snapshot.warnings) == ((), "", ())
    sealed = enrolments.seal(it, OPERATOR, snapshot.version)
    assert sealed.state is EnrolmentState.SEALED
    assert sealed.reference is None
    assert sealed.packet == office.sealer.find(sealed.packet.packet_id)
    (statement,) = office.sealer.statements()
    assert statement["reference"] == {"kind": "nik", "value": NIK}
    assert [part["key"] for part in statement["parts"]] == [
        *("portrait", "signature", "right-four", "left-four", "two-thumbs", "right-iris", "left-iris")
    ]
    names = {file["name"] for file in statement["files"]}
    assert {"portrait.jpg", "signature.png", "signature.json", "right-four.template.fmr"} <= names
    assert {"both-irises.manifest.jws", "both-irises.image.iir", "both-irises.iris-left.ric"} <= names
    assert len(names) == len(statement["files"])
    assert office.everybody.eyes == {it: 2}
    assert len(office.everybody.people[it]) == 10
    assert len(office.erased.ids) == 4


def test_one_hand_by_a_slap_and_the_other_finger_by_finger(office):
    snapshot = office.create("ktp-el")
    it = snapshot.enrolment_id
    snapshot = office.add(
        snapshot,
        office.slap(it, "right-four", (1, 2, 3, 4)),
        office.slap(it, "two-thumbs", (9, 10)),
        *(
            office.finger(it, f"left-{name}", 5 + number)
            for number, name in enumerate(("index", "middle", "ring", "little"))
        ),
    )
    shown = statuses(snapshot)
    assert shown["left-four"] == PartStatus.NOT_NEEDED
    assert {shown[key] for key in ("right-four", "two-thumbs", "left-index", "left-little")} == {PartStatus.DONE}
    assert {part for part, _ in lacks(snapshot)} == {"portrait", "signature", "right-iris", "left-iris"}


def test_sealing_with_mandatory_parts_missing_names_each(office):
    snapshot = office.create()
    it = snapshot.enrolment_id
    snapshot = office.add(snapshot, office.finger(it, "right-index", 1))
    with pytest.raises(SealingRefused, match="right middle finger") as refused:
        office.enrolments.seal(it, OPERATOR, snapshot.version)
    assert [(lack.part, lack.code) for lack in refused.value.lacks] == [
        ("right-middle", "MISSING"),
        ("portrait", "MISSING"),
    ]
    assert all(lack.remedy.id and lack.remedy.en for lack in refused.value.lacks)
    assert office.enrolments.get(it) == snapshot


def test_the_best_of_several_tries_is_sealed(office):
    snapshot = office.filled()
    it = snapshot.enrolment_id
    tries = [office.finger(it, "right-index", 1, seed=seed, score=score) for seed, score in ((2, 95), (3, 90))]
    snapshot = office.add(snapshot, *tries)
    (view,) = (part for part in snapshot.parts if part.key == "right-index")
    assert view.capture_id == tries[0]
    assert [each.scores["right-index"] for each in view.tries] == [80, 95, 90]
    office.enrolments.seal(it, OPERATOR, snapshot.version)
    (statement,) = office.sealer.statements()
    index = statement["parts"][0]
    assert (index["capture_id"], index["passed"]) == (tries[0], True)
    assert [each["kept"] for each in index["tries"]] == [False, True, False]


def test_below_the_threshold_it_is_tried_again_and_then_the_best_is_taken(office):
    snapshot = office.create()
    it = snapshot.enrolment_id
    snapshot = office.add(snapshot, office.finger(it, "right-index", 1, score=11))
    assert statuses(snapshot)["right-index"] == PartStatus.BELOW_THRESHOLD
    assert ("right-index", "BELOW_THRESHOLD") in lacks(snapshot)
    again = office.finger(it, "right-index", 1, seed=2, score=12)
    snapshot = office.add(snapshot, again)  # the profile's most tries are two
    assert statuses(snapshot)["right-index"] == PartStatus.DONE
    assert snapshot.parts[0].capture_id == again
    assert not any(each.passed for each in snapshot.parts[0].tries)


def test_a_supervisor_may_make_do_with_the_first_try(office):
    snapshot = office.create()
    it = snapshot.enrolment_id
    snapshot = office.add(snapshot, office.finger(it, "right-index", 1, score=11))
    with pytest.raises(ApprovalRefused, match="another person"):
        office.enrolments.approve(it, "right-index", OPERATOR, snapshot.version)
    snapshot = office.enrolments.approve(it, "right-index", SUPERVISOR, snapshot.version)
    assert statuses(snapshot)["right-index"] == PartStatus.DONE
    with pytest.raises(ApprovalRefused, match="waits"):
        office.enrolments.approve(it, "right-index", SUPERVISOR, snapshot.version)


def test_a_finger_that_a_slap_does_not_show_is_captured_alone_or_said_to_be_missing(office):
    snapshot = office.create("ktp-el")
    it = snapshot.enrolment_id
    for seed in (1, 2, 3):
        snapshot = office.add(snapshot, office.slap(it, "right-four", (1, 2, None, 4), seed=seed))
    assert ("right-four", "FINGER_NOT_SHOWN") in lacks(snapshot)
    alone = office.add(snapshot, office.finger(it, "right-ring", 3))
    assert "right-four" not in {part for part, _ in lacks(alone)}
    assert {statuses(alone)[key] for key in ("right-four", "right-ring")} == {PartStatus.DONE}
    other = office.create("ktp-el")
    it = other.enrolment_id
    other = office.enrolments.add_exception(it, "right-ring", ExceptionReason.AMPUTATED, OPERATOR, other.version)
    other = office.add(other, office.slap(it, "right-four", (1, 2, None, 4)))
    assert [each for each in lacks(other) if "right" in each[0] and "iris" not in each[0]] == [
        ("right-ring", "EXCEPTION_NOT_APPROVED")
    ]
    assert statuses(other)["right-ring"] == PartStatus.AWAITING_APPROVAL
    other = office.enrolments.approve(it, "right-ring", SUPERVISOR, other.version)
    assert statuses(other)["right-ring"] == PartStatus.EXCEPTED


def test_a_capture_of_another_enrolment_or_none_is_refused(office):
    one, other = office.create(), office.create()
    for transaction in (other.enrolment_id, "", "elsewhere"):
        capture = office.finger(transaction, "right-index", 1)
        with pytest.raises(CaptureOfAnother):
            office.add(one, capture)
    with pytest.raises(CaptureNotFound):
        office.add(one, "no-such-capture")
    with pytest.raises(CaptureUnfit, match="no left-little"):
        office.add(one, office.finger(one.enrolment_id, "left-little", 1))
    with pytest.raises(CaptureUnfit, match="modality"):
        office.add(one, office.signed(one.enrolment_id, modality="voice"))
    assert office.enrolments.get(one.enrolment_id) == one


def test_a_capture_changed_after_signing_is_refused(tmp_path):
    class Changing(SpoolCaptures):
        def get(self, capture_id: str) -> CapturedBytes | None:
            found = super().get(capture_id)
            if found is None:
                return None
            first, *others = found.blobs
            changed = Blob.of(first.name, first.media_type, first.content[:-1] + b"!")
            return CapturedBytes(capture_id, found.jws, (changed, *others))

    with Office(tmp_path / "state") as office:
        snapshot = office.create()
        capture = office.finger(snapshot.enrolment_id, "right-index", 1)
    captures = Changing(None)  # type: ignore[arg-type]
    with Office(tmp_path / "state", captures=captures) as office:
        captures.__init__(office.spool)
        with pytest.raises(CaptureChanged, match="not what was signed"):
            office.add(snapshot, capture)
    with Office(tmp_path / "state") as office:
        assert statuses(office.add(snapshot, capture))["right-index"] == PartStatus.DONE


def test_a_capture_signed_by_another_gateway_is_refused(tmp_path):
    with Office(tmp_path / "state") as office, Office(tmp_path / "elsewhere") as stranger:
        snapshot = office.create()
        foreign = stranger.finger(snapshot.enrolment_id, "right-index", 1)
        stored = stranger.spool.get(foreign)

        class Theirs:
            def get(self, capture_id: str) -> CapturedBytes:
                return CapturedBytes(foreign, stored.jws, stranger.spool.blobs(foreign))

        office.enrolments._samples.captures = Theirs()
        with pytest.raises(CaptureChanged, match="trusted_key"):
            office.add(snapshot, foreign)


def test_the_same_capture_twice_is_one(office):
    snapshot = office.create()
    capture = office.finger(snapshot.enrolment_id, "right-index", 1)
    once = office.add(snapshot, capture)
    assert office.add(once, capture) == once
    assert office.enrolments.add_capture(once.enrolment_id, capture, OPERATOR, snapshot.version) == once
    removed = office.enrolments.remove_capture(once.enrolment_id, capture, "moved", OPERATOR, once.version)
    assert removed.parts[0].tries == ()
    with pytest.raises(CaptureUnfit, match="was removed"):
        office.add(removed, capture)


def test_a_capture_that_is_marked_missing_is_an_exception(office):
    snapshot = office.create()
    it = snapshot.enrolment_id
    capture = office.missing(it, "right-middle", MissingReason.BANDAGED)
    snapshot = office.add(snapshot, capture, office.finger(it, "right-index", 1))
    (exception,) = snapshot.exceptions
    assert (exception.unit, exception.reason, exception.capture_id) == ("right-middle", "bandaged", capture)
    assert ("right-middle", "EXCEPTION_NOT_APPROVED") in lacks(snapshot)
    snapshot = office.enrolments.approve(it, "right-middle", SUPERVISOR, snapshot.version)
    snapshot = office.enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)
    office.enrolments.seal(it, OPERATOR, snapshot.version)
    (statement,) = office.sealer.statements()
    assert "missing-right-middle.manifest.jws" in {file["name"] for file in statement["files"]}
    assert statement["supervisors"] == [SUPERVISOR]


def test_exceptions_by_their_rules_with_a_photo(office):
    snapshot = office.create()
    it, enrolments = snapshot.enrolment_id, office.enrolments
    for part, reason in (("portrait", "amputated"), ("right-index", "cannot_open_eye")):
        with pytest.raises(ExceptionRefused, match="no reason"):
            enrolments.add_exception(it, part, ExceptionReason(reason), OPERATOR, snapshot.version)
    with pytest.raises(PartUnknown, match="left-iris"):
        enrolments.add_exception(it, "left-iris", ExceptionReason.REFUSED, OPERATOR, snapshot.version)
    with pytest.raises(ApprovalRefused):
        enrolments.add_exception(
            it, "right-index", ExceptionReason.REFUSED, OPERATOR, snapshot.version, approver=OPERATOR
        )
    snapshot = enrolments.add_exception(
        it,
        "right-index",
        ExceptionReason.OTHER,
        OPERATOR,
        snapshot.version,
        approver=SUPERVISOR,
        detail="henna",
        photo=portrait(),
    )
    assert statuses(snapshot)["right-index"] == PartStatus.EXCEPTED
    snapshot = enrolments.add_exception(it, "portrait", ExceptionReason.DEVICE_BROKEN, OPERATOR, snapshot.version)
    snapshot = office.add(snapshot, office.finger(it, "right-middle", 2))
    with pytest.raises(ExceptionRefused, match="is there"):
        enrolments.add_exception(it, "right-middle", ExceptionReason.REFUSED, OPERATOR, snapshot.version)
    assert snapshot.open == ()  # a missing portrait needs no more than a reason
    enrolments.seal(it, OPERATOR, snapshot.version)
    (statement,) = office.sealer.statements()
    photo = statement["exceptions"][0]["photo"]
    assert photo in {file["name"] for file in statement["files"]}
    assert (statement["exceptions"][0]["detail"], statement["exceptions"][0]["approved_by"]) == ("henna", SUPERVISOR)


def test_what_was_missing_and_is_captured_after_all_is_no_exception(office):
    snapshot = office.create()
    it, enrolments = snapshot.enrolment_id, office.enrolments
    snapshot = enrolments.add_exception(it, "right-index", ExceptionReason.DEVICE_BROKEN, OPERATOR, snapshot.version)
    snapshot = office.add(snapshot, office.finger(it, "right-index", 1))
    assert (snapshot.exceptions, statuses(snapshot)["right-index"]) == ((), PartStatus.DONE)
    snapshot = enrolments.add_exception(it, "portrait", ExceptionReason.REFUSED, OPERATOR, snapshot.version)
    snapshot = enrolments.withdraw_exception(it, "portrait", OPERATOR, snapshot.version)
    assert snapshot.exceptions == ()


def test_a_change_decided_on_an_older_version_is_refused(office):
    snapshot = office.create()
    it, enrolments = snapshot.enrolment_id, office.enrolments
    elsewhere = enrolments.add_exception(it, "portrait", ExceptionReason.REFUSED, "budi", snapshot.version)
    with pytest.raises(VersionConflict) as conflict:
        enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)
    assert conflict.value.current == elsewhere.version
    assert enrolments.get(it) == elsewhere
    with pytest.raises(VersionConflict):
        enrolments.seal(it, OPERATOR, snapshot.version)


def test_paused_it_takes_nothing_and_goes_on_after_a_restart(tmp_path):
    with Office(tmp_path / "state") as office:
        snapshot = office.filled()
        it = snapshot.enrolment_id
        paused = office.enrolments.pause(it, "lunch", OPERATOR, snapshot.version)
        with pytest.raises(WrongState, match="paused"):
            office.enrolments.seal(it, OPERATOR, paused.version)
        with pytest.raises(WrongState, match="paused"):
            office.add(paused, office.finger(it, "right-index", 1, seed=5))
    with Office(tmp_path / "state") as office:
        assert office.enrolments.recover().left == {}
        assert office.enrolments.get(it) == paused
        resumed = office.enrolments.resume(it, "budi", paused.version)
        assert resumed.state is EnrolmentState.OPEN
        assert office.enrolments.seal(it, "budi", resumed.version).state is EnrolmentState.SEALED
        (statement,) = office.sealer.statements()
        assert (statement["operator"], statement["sealed_by"]) == (OPERATOR, "budi")


def test_abandoned_it_leaves_nothing_but_that_it_was(office):
    snapshot = office.filled()
    it = snapshot.enrolment_id
    abandoned = office.enrolments.abandon(it, "went home", OPERATOR, snapshot.version)
    assert (abandoned.state, abandoned.abandoned_reason) == (EnrolmentState.ABANDONED, "went home")
    assert abandoned.reference is None
    assert len(office.erased.ids) == 2
    assert office.everybody.people == {}
    for call in (
        lambda: office.enrolments.content(it, "portrait/portrait.jpg"),
        lambda: office.store.entries(it),
    ):
        with pytest.raises(EnrolmentUnknown):
            call()
    with pytest.raises(WrongState, match="over"):
        office.enrolments.seal(it, OPERATOR, abandoned.version)
    assert office.enrolments.abandon(it, "again", OPERATOR, 0) == abandoned
    (line,) = office.enrolments.list([EnrolmentState.ABANDONED])
    assert line.enrolment_id == it
    assert office.enrolments.list([EnrolmentState.OPEN]) == []


def test_a_supplement_brings_what_a_broken_device_did_not(office):
    snapshot = office.create("ktp-el")
    it, enrolments = snapshot.enrolment_id, office.enrolments
    snapshot = office.add(
        snapshot,
        office.slap(it, "right-four", (1, 2, 3, 4)),
        office.slap(it, "left-four", (5, 6, 7, 8)),
        office.slap(it, "two-thumbs", (9, 10)),
    )
    for part, reason in (
        ("right-iris", ExceptionReason.DEVICE_BROKEN),
        ("left-iris", ExceptionReason.DEVICE_BROKEN),
        ("portrait", ExceptionReason.REFUSED),
        ("signature", ExceptionReason.REFUSED),
    ):
        snapshot = enrolments.add_exception(it, part, reason, OPERATOR, snapshot.version, approver=SUPERVISOR)
    with pytest.raises(SupplementRefused, match="not sealed"):
        enrolments.supplement(it, OPERATOR)
    first = enrolments.seal(it, OPERATOR, snapshot.version)
    assert set(first.can_be_supplemented) == {"right-iris", "left-iris"}
    later = enrolments.supplement(it, "budi")
    assert {part.key for part in later.parts} == {"right-iris", "left-iris"}
    assert later.supplements == it
    later = office.add(later, office.eyes(later.enrolment_id, right=1, left=2))
    second = enrolments.seal(later.enrolment_id, "budi", later.version)
    statement = next(each for each in office.sealer.statements() if each["enrolment_id"] == later.enrolment_id)
    assert statement["supplements"] == {"packet_id": first.packet.packet_id, "sha256": first.packet.sha256}
    assert statement["reference"] is None
    with pytest.raises(SupplementRefused, match="broken device"):
        enrolments.supplement(second.enrolment_id, OPERATOR)


def test_a_whole_slap_that_a_broken_device_did_not_give(office):
    snapshot = office.create("ktp-el")
    it = snapshot.enrolment_id
    snapshot = office.enrolments.add_exception(
        it, "left-four", ExceptionReason.DEVICE_BROKEN, OPERATOR, snapshot.version, approver=SUPERVISOR
    )
    assert statuses(snapshot)["left-four"] == PartStatus.EXCEPTED
    assert {each.unit for each in snapshot.exceptions} == {f"left-{n}" for n in ("index", "middle", "ring", "little")}
    snapshot = office.add(snapshot, office.slap(it, "left-four", (5, 6, 7, 8)))  # it was mended
    assert (snapshot.exceptions, statuses(snapshot)["left-four"]) == ((), PartStatus.DONE)


def test_what_is_in_memory_is_what_the_journal_tells(office):
    snapshot = office.create("ktp-el")
    it, enrolments = snapshot.enrolment_id, office.enrolments

    def told() -> bool:
        return snapshot_of(replayed(it, office.store.entries(it))) == enrolments.get(it) == snapshot

    assert told()
    wrong = office.slap(it, "right-four", (1, 2, 3, 3))
    for capture in (wrong, office.finger(it, "left-index", 1, seed=3), office.eyes(it, right=1, left=1)):
        snapshot = office.add(snapshot, capture)
        assert told()
    assert len(snapshot.warnings) == 3
    snapshot = enrolments.approve(it, "left-iris", SUPERVISOR, snapshot.version)
    snapshot = enrolments.remove_capture(it, wrong, "twice", OPERATOR, snapshot.version)
    assert told()
    snapshot = enrolments.add_exception(it, "right-four", ExceptionReason.OTHER, OPERATOR, snapshot.version, detail="?")
    snapshot = enrolments.check_duplicates(it, OPERATOR)
    snapshot = enrolments.pause(it, "lunch", OPERATOR, snapshot.version)
    assert told()


def test_somebody_recorded_before_is_noticed_and_a_profile_may_stop_there(tmp_path):
    strict = """
    id = "strict"
    version = 1
    duplicates = "supervisor"
    [name]
    id = "Ketat"
    en = "Strict"
    [[step]]
    parts = ["right-index"]
    """
    with Office(tmp_path / "state", strict) as office:
        first = office.create("strict")
        first = office.add(first, office.finger(first.enrolment_id, "right-index", 1))
        office.enrolments.seal(first.enrolment_id, OPERATOR, first.version)
        again, other = office.create("strict"), office.create("strict")
        other = office.add(other, office.finger(other.enrolment_id, "right-index", 9))
        assert office.enrolments.check_duplicates(other.enrolment_id, OPERATOR).duplicates.hits == ()
        again = office.add(again, office.finger(again.enrolment_id, "right-index", 1, seed=4))
        with pytest.raises(SealingRefused, match="recorded here before"):
            office.enrolments.seal(again.enrolment_id, OPERATOR, again.version)
        again = office.enrolments.get(again.enrolment_id)
        assert [hit.enrolment_id for hit in again.duplicates.hits] == [first.enrolment_id]
        again = office.enrolments.approve(again.enrolment_id, "duplicates", SUPERVISOR, again.version)
        office.enrolments.seal(again.enrolment_id, OPERATOR, again.version)
        statement = next(each for each in office.sealer.statements() if each["enrolment_id"] == again.enrolment_id)
        assert (statement["warnings"][0]["code"], statement["warnings"][0]["approved_by"]) == ("duplicate", SUPERVISOR)


def test_a_request_that_comes_again_begins_no_second_enrolment_until_a_day_has_gone(tmp_path):
    now, request = [time_now()], "5eed" * 8
    with Office(tmp_path / "state", clock=lambda: now[0]) as office:
        with office.enrolments.answering(request):
            first = office.create()
            assert office.create() == first
            assert first.enrolment_id == request
        assert office.create().enrolment_id != request
        now[0] = replace(now[0], wall=now[0].wall + timedelta(hours=25))
        with office.enrolments.answering(request):
            assert office.create().enrolment_id != request
        assert len(office.enrolments.list()) == 3
