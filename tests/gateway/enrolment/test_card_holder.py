"""What a card needs of a person is on the disk before the packet is, whatever is cut, full or refused on the way."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from gateway.card_holders import CardHolders, HolderUnknown
from gateway.card_holders.errors import full
from gateway.enrolment import EnrolmentState, ExceptionReason, SealingFailed, SealingFull
from gateway.finger import FingerPosition as F
from gateway.records import fac
from tests.gateway.card_holders.people import opened, signature
from tests.gateway.enrolment.office import (
    NIK,
    OPERATOR,
    QUICK,
    SUPERVISOR,
    FolderSealer,
    Office,
    portrait,
    print_of,
    strokes,
)
from tests.gateway.enrolment.test_captured_portrait import captured
from tests.gateway.enrolment.test_sealing import Failing, PowerCut, packets


@pytest.fixture
def holders(tmp_path: Path) -> Iterator[CardHolders]:
    with opened(tmp_path / "state") as found:
        yield found


def office(tmp_path: Path, holders: CardHolders, *profiles: str, **neighbours: object) -> Office:
    return Office(tmp_path / "state", *profiles, card_holders=holders, **neighbours)


def test_who_is_sealed_is_kept_with_the_best_fingers_and_the_portrait(tmp_path, holders):
    with office(tmp_path, holders) as own:
        snapshot = own.filled()
        it = snapshot.enrolment_id
        assert holders.count() == 0
        own.enrolments.seal(it, OPERATOR, snapshot.version)
        person = holders.person(it)
        assert person.biodata.reference == NIK
        assert set(person.fingers) == {F.RIGHT_INDEX, F.RIGHT_MIDDLE}
        assert np.array_equal(person.fingers[F.RIGHT_INDEX].x, np.floor(print_of(1, 1).x + 0.5))
        assert cv2.imdecode(np.frombuffer(person.portrait, np.uint8), cv2.IMREAD_COLOR).shape == (320, 240, 3)
        assert person.signature is None


def test_nobody_is_kept_of_another_profile_or_who_goes_home(tmp_path, holders):
    no_card = QUICK.replace('id = "quick"', 'id = "no-card"')
    with office(tmp_path, holders, no_card) as own:
        other = own.filled(profile="no-card")
        own.enrolments.seal(other.enrolment_id, OPERATOR, other.version)
        gone = own.filled(person=1)
        own.enrolments.abandon(gone.enrolment_id, "went home", OPERATOR, gone.version)
    assert holders.count() == 0


def test_a_captured_portrait_and_a_signature_with_strokes(tmp_path, holders):
    profile = QUICK.replace('["portrait"]', '["portrait", "signature"]')
    with office(tmp_path, holders, profile) as own:
        snapshot = own.create()
        it = snapshot.enrolment_id
        captures = (own.finger(it, "right-index", 1), own.finger(it, "right-middle", 2), captured(own, it))
        (face,) = (fac.decode(each.content) for each in own.spool.blobs(captures[2]) if each.name.endswith(".fac"))
        snapshot = own.add(snapshot, *captures)
        snapshot = own.enrolments.add_signature(it, strokes(), signature(), OPERATOR, snapshot.version)
        own.enrolments.seal(it, OPERATOR, snapshot.version)
        person = holders.person(it)
    taken, shown = (cv2.imdecode(np.frombuffer(each, np.uint8), 1) for each in (face.data, person.portrait))
    assert np.abs(shown.astype(int) - taken).mean() < 3
    assert cv2.imdecode(np.frombuffer(person.signature, np.uint8), cv2.IMREAD_GRAYSCALE).shape[1] == 640


@pytest.mark.parametrize("after", [False, True])
def test_a_power_cut_about_the_packet_ends_in_one_packet_and_one_holder(tmp_path, after):
    state = tmp_path / "state"
    with (
        opened(state) as holders,
        office(tmp_path, holders, sealer=Failing(state / "packets", PowerCut(), after=after)) as own,
    ):
        snapshot = own.filled()
        it = snapshot.enrolment_id
        with pytest.raises(PowerCut):
            own.enrolments.seal(it, OPERATOR, snapshot.version)
    with opened(state) as holders, office(tmp_path, holders) as own:
        assert holders.holds(it)
        assert own.enrolments.get(it).sealing
        assert own.enrolments.recover().sealed == (it,)
        assert len(packets(state)) == holders.count() == 1
        assert set(holders.person(it).fingers) == {F.RIGHT_INDEX, F.RIGHT_MIDDLE}


class KilledBeforeThePacket(FolderSealer):
    """The process is killed as the packet is begun."""

    def seal(self, packet_id, statement, parts):
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("killed")


def test_a_kill_between_keeping_and_the_packet_loses_neither(tmp_path):
    state = tmp_path / "state"
    with opened(state) as holders, office(tmp_path, holders) as own:
        snapshot = own.filled()
    it = snapshot.enrolment_id
    child = os.fork()
    if child == 0:
        try:
            with opened(state) as holders:
                own = office(tmp_path, holders, sealer=KilledBeforeThePacket(state / "packets"))
                own.enrolments.seal(it, OPERATOR, snapshot.version)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    with opened(state) as holders, office(tmp_path, holders) as own:
        assert (holders.enrolment_ids(), packets(state)) == ((it,), [])
        before = holders.person(it)
        assert own.enrolments.recover().sealed == (it,)
        assert own.enrolments.get(it).state is EnrolmentState.SEALED
        assert (holders.count(), len(packets(state))) == (1, 1)
        assert holders.person(it).portrait == before.portrait


def test_without_room_for_the_holder_there_is_no_packet_and_the_enrolment_stays_open(tmp_path, holders, monkeypatch):
    def no_room(*_: object) -> None:
        raise full(holders.path.parent)

    with office(tmp_path, holders) as own:
        snapshot = own.filled()
        it = snapshot.enrolment_id
        monkeypatch.setattr(holders, "_put", no_room)
        with pytest.raises(SealingFull, match="Free space"):
            own.enrolments.seal(it, OPERATOR, snapshot.version)
        monkeypatch.undo()
        open_still = own.enrolments.get(it)
        assert (open_still.state, open_still.sealing, packets(tmp_path / "state")) == (EnrolmentState.OPEN, False, [])
        holders.close()
        with pytest.raises(SealingFailed, match="closed"):
            own.enrolments.seal(it, OPERATOR, open_still.version)
    with opened(tmp_path / "state") as again, office(tmp_path, again) as own:
        own.enrolments.seal(it, OPERATOR, own.enrolments.get(it).version)
        assert again.enrolment_ids() == (it,)


def test_of_a_seal_that_came_to_nothing_what_was_kept_goes_with_the_enrolment(tmp_path, holders):
    state = tmp_path / "state"
    with office(tmp_path, holders, sealer=Failing(state / "packets", RuntimeError("no recipient"))) as own:
        snapshot = own.filled()
        it = snapshot.enrolment_id
        with pytest.raises(SealingFailed):
            own.enrolments.seal(it, OPERATOR, snapshot.version)
        assert holders.holds(it)
        own.enrolments.abandon(it, "went home", OPERATOR, own.enrolments.get(it).version)
        assert holders.count() == 0
        with pytest.raises(HolderUnknown):
            holders.person(it)


def test_what_a_broken_scanner_did_not_give_comes_with_the_supplement(tmp_path, holders):
    with office(tmp_path, holders) as own:
        snapshot = own.create("ktp-el")
        it, enrolments = snapshot.enrolment_id, own.enrolments
        snapshot = own.add(snapshot, own.slap(it, "right-four", (1, 2, 3, 4)))
        broken = ExceptionReason.DEVICE_BROKEN
        for part in ("left-four", "two-thumbs", "right-iris", "left-iris", "portrait", "signature"):
            snapshot = enrolments.add_exception(it, part, broken, OPERATOR, snapshot.version, approver=SUPERVISOR)
        enrolments.seal(it, OPERATOR, snapshot.version)
        assert set(holders.person(it).fingers) == {F.RIGHT_INDEX, F.RIGHT_MIDDLE}

        later = enrolments.supplement(it, OPERATOR)
        two = later.enrolment_id
        later = own.add(later, own.slap(two, "two-thumbs", (9, 10)), own.eyes(two, right=1, left=2))
        later = enrolments.add_portrait(two, portrait(), OPERATOR, later.version)
        for part in ("left-four", "signature"):
            later = enrolments.add_exception(two, part, broken, OPERATOR, later.version, approver=SUPERVISOR)
        enrolments.seal(two, OPERATOR, later.version)
        person = holders.person(it)
        assert set(person.fingers) == {F.RIGHT_INDEX, F.RIGHT_THUMB}
        assert person.portrait is not None

        last = enrolments.supplement(two, OPERATOR)
        three = last.enrolment_id
        last = own.add(last, own.slap(three, "left-four", (5, 6, 7, 8)))
        last = enrolments.add_signature(three, [], signature(), OPERATOR, last.version)
        enrolments.seal(three, OPERATOR, last.version)
        person = holders.person(it)
        assert set(person.fingers) == {F.RIGHT_INDEX, F.LEFT_INDEX}
        assert person.signature is not None
        assert (person.biodata.reference, holders.enrolment_ids()) == (NIK, (it,))
        assert holders.forget(it)
        assert holders.count() == 0


def test_who_has_no_fingers_is_kept_without(tmp_path, holders):
    with office(tmp_path, holders) as own:
        snapshot = own.create()
        it = snapshot.enrolment_id
        for part in ("right-index", "right-middle"):
            snapshot = own.enrolments.add_exception(
                it, part, ExceptionReason.AMPUTATED, OPERATOR, snapshot.version, approver=SUPERVISOR
            )
        snapshot = own.enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)
        own.enrolments.seal(it, OPERATOR, snapshot.version)
        assert dict(holders.person(it).fingers) == {}
