"""What waits leaves once, in good order, whatever is cut, and nothing is erased that the centre does not have."""

import errno
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from gateway.centre import (
    AnswerCursor,
    CentreBusy,
    CentreCondition,
    CentreUnreachable,
    EnrolmentStatus,
    PacketNotice,
    PacketStanding,
    Receipt,
    UnreachableCause,
    sign_answer,
)
from gateway.forwarding import AnswerWay, ForwardingError, NoWay, PacketState, Taken, folder, notebook
from gateway.forwarding.budget import Quota
from gateway.forwarding.incident import IncidentKind
from gateway.forwarding.standing import Patience, again, released, retried
from gateway.trust import open_signing_key
from tests.gateway.forwarding.outbox import Outbox
from tests.gateway.forwarding.scripted_centre import AT, GATEWAY, ScriptedCentre, cuts, ledger_name

Office = Callable[..., Outbox]


def test_everything_leaves_and_is_erased_after_its_grace(office: Office, centre: ScriptedCentre) -> None:
    outbox = office(sends_at_once=1)  # side by side they may overtake each other
    notices = [outbox.put(number) for number in range(1, 6)]
    outbox.run(3600)
    assert set(outbox.states().values()) == {PacketState.RECEIVED}
    assert centre.kept.whole == {notice.packet_id: notice.sha256 for notice in notices}
    assert all(outbox.path(notice.packet_id).exists() for notice in notices)
    assert sorted(outbox.forgotten) == sorted(notice.packet_id for notice in notices)
    outbox.run(2 * 3600)
    assert set(outbox.states().values()) == {PacketState.ERASED}
    assert not any(outbox.path(notice.packet_id).exists() for notice in notices)
    assert len(outbox.queue.answers.receipts("packet-1")) == 1
    assert outbox.incidents() == []
    # Each answer came twice, with the send and with the look for answers, and was told once.
    assert sorted(outbox.book.answers) == sorted((f"packet-{n}", n) for n in range(1, 6))


def test_what_is_small_of_all_goes_before_the_rest_of_any(office: Office, centre: ScriptedCentre) -> None:
    outbox = office(sends_at_once=1)  # side by side they may overtake each other
    for number in range(1, 5):
        outbox.put(number, size=4000, early=1200)
    outbox.run(600)
    assert centre.calls.index("offer") < centre.calls.index("send")
    assert centre.order == [
        *((f"packet-{n}", 0, 1200) for n in range(1, 5)),
        *((f"packet-{n}", 1200, 4000) for n in range(1, 5)),
    ]


def test_a_send_goes_on_at_the_byte_where_it_was_cut(office: Office, centre: ScriptedCentre) -> None:
    outbox = office()
    notice = outbox.put(1, size=10_000, early=0)
    left = 4

    def cut(step: str) -> None:
        nonlocal left
        left -= step == "kept"
        if left == 0 and step == "kept":
            raise CentreUnreachable(UnreachableCause.CUT, "cut")

    centre.cut = cut
    outbox.run(3600)
    assert outbox.states() == {"packet-1": PacketState.RECEIVED}
    # The last chunk before the cut was kept and not acknowledged: the centre says so, and it is not sent again.
    assert centre.bytes_read == notice.size


@pytest.mark.parametrize("seed", range(6))
def test_cut_at_every_boundary_nothing_is_lost_or_doubled(office: Office, centre: ScriptedCentre, seed: int) -> None:
    outbox = office(seed=seed)
    random = Random(seed)
    notices = [outbox.put(number, random.randrange(1, 9000), random.randrange(0, 3000)) for number in range(1, 9)]
    centre.cut = cuts(random, 0.2)
    for _ in range(4):
        outbox.run(1800)
        outbox.time.reboot(off_s=random.choice([0.0, 3600.0, -7200.0]))
        outbox.restart()
    centre.cut = lambda _: None
    outbox.run(2 * 3600)
    assert set(outbox.states().values()) <= {PacketState.RECEIVED, PacketState.ERASED}
    assert centre.kept.whole == {notice.packet_id: notice.sha256 for notice in notices}
    assert set(centre.kept.times_taken.values()) == {1}
    assert outbox.incidents() == []


def test_a_lost_receipt_is_asked_for_again(office: Office, centre: ScriptedCentre) -> None:
    outbox = office()
    notice = outbox.put(1)
    centre.signs = False
    outbox.run(2 * 3600)
    assert outbox.states() == {"packet-1": PacketState.PARTIAL}
    assert outbox.path("packet-1").exists()
    assert outbox.book.packets_sent == ["packet-1"]
    centre.sign(notice)
    outbox.run(5 * 3600)
    assert outbox.states() == {"packet-1": PacketState.ERASED}
    assert centre.kept.times_taken == {"packet-1": 1}


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda receipt: replace(receipt, sha256="ab" * 32), "receipt_wrong"),
        (lambda receipt: replace(receipt, size=receipt.size + 1), "receipt_wrong"),
        (lambda receipt: replace(receipt, packet_id="packet-2"), "receipt_wrong"),
        (lambda receipt: replace(receipt, gateway_id="kedoya-2"), "answer_invalid"),
        (lambda _: b"a.b.c", "answer_invalid"),
        (lambda _: b"", None),
    ],
)
def test_a_receipt_that_does_not_fit_erases_nothing(
    office: Office, centre: ScriptedCentre, change: Callable[[Receipt], Receipt | bytes], kind: str | None
) -> None:
    outbox = office()
    outbox.put(1)
    centre.changes_answer = change
    outbox.run(2 * 3600)
    assert outbox.states() == {"packet-1": PacketState.PARTIAL}
    assert outbox.path("packet-1").exists()
    if kind is not None:
        assert kind in outbox.incidents()


def test_a_receipt_by_a_forger_is_refused(office: Office, centre: ScriptedCentre, tmp_path: Path) -> None:
    outbox = office()
    outbox.put(1)
    forger = open_signing_key(tmp_path / "forger", "centre-1")
    centre.changes_answer = lambda receipt: sign_answer(receipt, forger)
    outbox.run(2 * 3600)
    assert outbox.states() == {"packet-1": PacketState.PARTIAL}
    assert outbox.incidents().count("answer_invalid") >= 1


def test_one_bad_answer_does_not_keep_the_next_from_being_taken(office: Office, centre: ScriptedCentre) -> None:
    outbox = office()
    outbox.put(1)
    outbox.run(600)
    centre.kept.answers.append(b"not an answer")
    centre.say("packet-1", EnrolmentStatus.PRINT_READY_RECORD)
    outbox.run(960)
    assert ("packet-1", 3) in outbox.book.answers
    assert outbox.queue.answers.cursor().sequence == 1
    # It is asked for again a few times, in case it was changed on the way, then passed over.
    outbox.run(6000)
    assert outbox.queue.answers.cursor().sequence == 3
    assert outbox.book.answers.count(("packet-1", 3)) == 1


def test_a_packet_that_is_refused_ends_in_quarantine_and_blocks_nobody(office: Office, centre: ScriptedCentre) -> None:
    outbox = office(patience=Patience(quarantine_after=3))
    centre.refuses["packet-1"] = "SEAL_BROKEN"
    outbox.put(1)
    outbox.put(2)
    outbox.run(60)
    assert outbox.states()["packet-2"] is PacketState.RECEIVED
    outbox.run(6 * 3600)
    packet = outbox.queue.get("packet-1")
    assert packet is not None
    assert (packet.state, packet.reason, packet.refusals) == (PacketState.QUARANTINED, "SEAL_BROKEN", 3)
    assert outbox.incidents() == ["quarantined"]
    assert outbox.path("packet-1").exists()
    centre.refuses.clear()
    outbox.run(6 * 3600)
    assert outbox.states()["packet-1"] is PacketState.QUARANTINED
    outbox.queue.change("packet-1", retried)
    outbox.run(600)
    assert outbox.states()["packet-1"] is PacketState.RECEIVED


def test_not_now_is_no_refusal(office: Office, centre: ScriptedCentre) -> None:
    outbox = office(patience=Patience(quarantine_after=1))
    centre.not_now = {"packet-1"}
    outbox.put(1)
    outbox.put(2)
    outbox.run(2 * 3600)
    assert outbox.states() == {"packet-1": PacketState.WAITING, "packet-2": PacketState.ERASED}
    centre.not_now.clear()
    outbox.run(5 * 3600)
    assert outbox.states()["packet-1"] is PacketState.ERASED


def test_a_packet_that_breaks_the_way_lets_the_others_pass(office: Office, centre: ScriptedCentre) -> None:
    outbox = office()
    outbox.put(1)
    outbox.put(2)

    def cut(step: str) -> None:
        if step == "chunk" and centre.order[-1][0] == "packet-1":
            raise CentreUnreachable(UnreachableCause.CUT, "cut")

    centre.cut = cut
    outbox.run(3600)
    assert outbox.states() == {"packet-1": PacketState.WAITING, "packet-2": PacketState.RECEIVED}


def test_a_busy_centre_is_left_alone_for_as_long_as_it_asks(office: Office, centre: ScriptedCentre) -> None:
    outbox = office()
    outbox.put(1)
    centre.condition, centre.retry_after_s = CentreCondition.BUSY, 1000.0
    outbox.run(900)
    assert centre.calls == ["centre"]
    centre.condition = CentreCondition.ACCEPTING
    outbox.run(650)
    assert outbox.states() == {"packet-1": PacketState.RECEIVED}


@pytest.mark.parametrize("asked", [315_576_000_000.0, float("inf"), float("nan"), -5.0])
def test_a_centre_that_asks_for_a_senseless_time_is_called_again(
    office: Office, centre: ScriptedCentre, asked: float
) -> None:
    outbox = office()
    outbox.put(1)
    centre.condition, centre.retry_after_s = CentreCondition.BUSY, asked
    outbox.run(60)
    centre.condition, centre.retry_after_s = CentreCondition.ACCEPTING, None
    outbox.run(2 * 3600)
    assert outbox.states()["packet-1"] in (PacketState.RECEIVED, PacketState.ERASED)


def test_busy_in_the_middle_of_a_packet_is_not_held_against_it(office: Office, centre: ScriptedCentre) -> None:
    outbox = office()
    outbox.put(1, size=5000, early=0)

    def cut(step: str) -> None:
        if step == "send":
            raise CentreBusy("busy", 5.0)

    centre.cut = cut
    outbox.run(600)
    packet = outbox.queue.get("packet-1")
    assert packet is not None
    assert packet.attempts == 0


@pytest.mark.parametrize("same_ledger", [False, True])
def test_a_centre_put_back_from_a_backup_gets_again_what_it_lost(
    office: Office, centre: ScriptedCentre, same_ledger: bool
) -> None:
    outbox = office(grace_s=86_400.0)
    outbox.put(1)
    outbox.run(600)
    backup = centre.kept.copy()
    outbox.put(2)
    outbox.put(3)
    outbox.run(600)
    centre.restore(backup, same_ledger=same_ledger)
    outbox.put(4)
    outbox.run(3600)
    assert set(outbox.states().values()) == {PacketState.RECEIVED}
    assert set(centre.kept.whole) == {f"packet-{n}" for n in range(1, 5)}
    assert "centre_restored" in outbox.incidents()
    assert same_ledger or outbox.incidents() == ["centre_restored"]
    outbox.run(25 * 3600)
    assert set(outbox.states().values()) == {PacketState.ERASED}


def test_what_was_erased_and_is_lost_at_the_centre_is_told(office: Office, centre: ScriptedCentre) -> None:
    outbox = office()
    backup = centre.kept.copy()
    outbox.put(1)
    outbox.run(2 * 3600)
    centre.restore(backup)
    outbox.run(3600)
    assert outbox.states() == {"packet-1": PacketState.ERASED}
    assert outbox.incidents() == ["centre_restored", "lost_at_centre"]


def test_a_receipt_from_before_the_backup_erases_nothing(office: Office, centre: ScriptedCentre) -> None:
    outbox = office(grace_s=86_400.0)
    outbox.put(1)
    backup = centre.kept.copy()
    outbox.run(600)
    old = centre.kept.receipts["packet-1"]
    centre.restore(backup)
    centre.not_now = {"packet-1"}
    outbox.run(3600)
    assert outbox.desk.take(old, AnswerWay.STICK) is Taken.KNOWN
    outbox.run(26 * 3600)
    assert outbox.path("packet-1").exists()
    centre.not_now.clear()
    outbox.run(2 * 3600)
    assert "packet-1" in centre.kept.whole
    outbox.run(25 * 3600)
    assert outbox.states() == {"packet-1": PacketState.ERASED}


def test_a_receipt_by_stick_counts_where_there_is_no_network(office: Office, centre: ScriptedCentre) -> None:
    outbox = office(way=NoWay())
    notice = outbox.put(1)
    outbox.run(3600)
    receipt = Receipt("centre-1", ledger_name(1), 1, GATEWAY, "packet-1", notice.sha256, notice.size, AT)
    assert outbox.desk.take(sign_answer(receipt, centre.key), AnswerWay.STICK) is Taken.KEPT
    assert outbox.desk.take(sign_answer(receipt, centre.key), AnswerWay.STICK) is Taken.KNOWN
    outbox.run(2 * 3600)
    assert outbox.states() == {"packet-1": PacketState.ERASED}
    assert outbox.book.answers == [("packet-1", 1)]


def test_a_changed_file_is_not_sent_over_and_over(office: Office, centre: ScriptedCentre) -> None:
    outbox = office()
    outbox.put(1)
    outbox.path("packet-1").write_bytes(bytes(3000))
    outbox.run(3600)
    packet = outbox.queue.get("packet-1")
    assert packet is not None
    assert (packet.state, packet.reason) == (PacketState.QUARANTINED, "FILE_CHANGED")
    assert "file_changed" in outbox.incidents()


def test_a_file_that_vanishes_is_told(office: Office) -> None:
    outbox = office()
    outbox.put(1)
    outbox.put(2)
    outbox.path("packet-1").unlink()
    outbox.run(3600)
    assert outbox.states() == {"packet-1": PacketState.MISSING, "packet-2": PacketState.RECEIVED}
    assert outbox.incidents() == ["file_missing"]


def test_a_released_packet_stays_and_is_not_sent(office: Office, centre: ScriptedCentre) -> None:
    outbox = office()
    outbox.put(1)
    outbox.queue.change("packet-1", released)
    outbox.run(2 * 3600)
    assert outbox.states() == {"packet-1": PacketState.RELEASED}
    assert outbox.path("packet-1").exists()
    assert centre.kept.whole == {}


def test_a_book_that_fails_does_not_stop_the_packets(office: Office) -> None:
    outbox = office()
    outbox.put(1)
    told = outbox.book.answered
    outbox.book.answered = lambda *_: (_ for _ in ()).throw(OSError("disk"))  # type: ignore[method-assign]
    outbox.run(600)
    assert outbox.states() == {"packet-1": PacketState.RECEIVED}
    outbox.book.answered = told  # type: ignore[method-assign]
    outbox.run(600)
    assert outbox.book.answers == [("packet-1", 1)]


def unreadable(monkeypatch: pytest.MonkeyPatch, name: str) -> list[bool]:
    """As a bad sector: whoever reads that packet's file is told so, until the list is emptied."""
    bad, read, digest = [True], folder.read_bytes, folder.file_sha256

    def refused(path: Path) -> None:
        if bad and path.name.startswith(name):
            raise OSError(errno.EIO, "Input/output error", str(path))

    def read_bytes(path: Path, begin: int, end: int) -> bytes:
        refused(path)
        return read(path, begin, end)

    def file_sha256(path: Path) -> str:
        refused(path)
        return digest(path)

    monkeypatch.setattr(folder, "read_bytes", read_bytes)
    monkeypatch.setattr(folder, "file_sha256", file_sha256)
    return bad


@pytest.mark.parametrize("quota", [Quota(), Quota(per_hour=10_000_000)])
def test_a_file_that_cannot_be_read_keeps_no_other_here(
    office: Office, monkeypatch: pytest.MonkeyPatch, quota: Quota
) -> None:
    outbox = office(quota=quota)
    for number in range(1, 7):
        outbox.put(number)
    bad = unreadable(monkeypatch, "packet-1.")
    outbox.run(6 * 3600)
    states = outbox.states()
    assert states.pop("packet-1") is PacketState.WAITING
    assert set(states.values()) <= {PacketState.RECEIVED, PacketState.ERASED}
    packet = outbox.queue.get("packet-1")
    assert packet is not None
    assert packet.attempts > 1
    assert outbox.incidents() == ["file_unreadable"]
    bad.clear()
    outbox.run(2 * 86_400)
    assert outbox.states()["packet-1"] is PacketState.ERASED
    assert outbox.incidents() == []


def test_one_bad_file_of_an_unknown_folder_keeps_no_other_out_of_the_queue(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = office()
    notices = [outbox.put(number) for number in range(1, 4)]
    outbox.restart_empty()

    def read_notice(path: Path) -> tuple[PacketNotice, int]:
        if bad and path.name.startswith("packet-2."):
            raise OSError(errno.EIO, "Input/output error", str(path))
        return next(each for each in notices if path.name.startswith(f"{each.packet_id}.")), 0

    bad = [True]
    monkeypatch.setattr(folder, "read_notice", read_notice)
    found = folder.look(outbox.folder, outbox.queue)
    assert (found.added, found.unfit) == (("packet-1", "packet-3"), ("packet-2.rekam",))
    assert outbox.incidents() == ["file_unreadable"]
    bad.clear()
    assert folder.look(outbox.folder, outbox.queue).added == ("packet-2",)
    assert outbox.incidents() == []


def test_an_answer_that_we_fail_at_keeps_no_packet_here(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = office()
    outbox.put(1)

    async def answers(cursor: AnswerCursor) -> AsyncIterator[tuple[AnswerCursor, bytes]]:
        yield cursor, b""
        raise OverflowError("too large for us")

    monkeypatch.setattr(outbox.way, "answers", answers)
    outbox.run(3600)
    assert outbox.states() == {"packet-1": PacketState.RECEIVED}
    assert isinstance(outbox.forwarder.problem, ForwardingError)
    assert "OverflowError" in str(outbox.forwarder.problem)


def test_receipts_that_answer_an_offer_count_for_the_quota(office: Office, centre: ScriptedCentre) -> None:
    outbox = office(quota=Quota(per_day=400_000), grace_s=1e9)
    for number in range(1, 401):
        notice = outbox.put(number, size=600, early=300)
        outbox.queue.change(notice.packet_id, lambda packet: replace(packet, acknowledged=packet.notice.size))
        centre.kept.bytes[notice.packet_id] = outbox.path(notice.packet_id).read_bytes()
        centre.kept.whole[notice.packet_id] = notice.sha256
        centre.sign(notice)
    centre.kept.answers.clear()
    went, offer = 0, centre.offer

    async def counted(notices: Sequence[PacketNotice]) -> Sequence[PacketStanding]:
        nonlocal went
        standings = await offer(notices)
        went += sum(len(each.receipt) for each in standings)
        return standings

    centre.offer = counted  # type: ignore[method-assign]
    outbox.run(3600)
    assert 100_000 < went <= 400_000


def test_a_receipt_that_is_doubted_meanwhile_erases_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = office()
    for number in (1, 2, 3):
        outbox.put(number)
    outbox.run(1800)
    outbox.time.pass_s(7200)
    erase = folder.erase

    def erase_and_doubt(path: Path) -> None:
        erase(path)
        outbox.queue.offer_all_again(again, AnswerCursor(ledger_name(2), 0))

    monkeypatch.setattr(folder, "erase", erase_and_doubt)
    outbox.forwarder._housekeeping.see_to_it()
    assert [outbox.path(f"packet-{number}").exists() for number in (1, 2, 3)] == [False, True, True]


def test_a_file_that_cannot_be_erased_keeps_no_other_from_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = office()
    for number in (1, 2, 3):
        outbox.put(number)
    erase = folder.erase

    def refused(path: Path) -> None:
        if path.name.startswith("packet-1."):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        erase(path)

    monkeypatch.setattr(folder, "erase", refused)
    outbox.run(3 * 3600)
    assert outbox.states() == {
        "packet-1": PacketState.RECEIVED,
        "packet-2": PacketState.ERASED,
        "packet-3": PacketState.ERASED,
    }


def test_incidents_have_a_bound(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "MOST_INCIDENTS", 3)
    notes = office().queue.notes
    told = [notes.note(IncidentKind.ANSWER_INVALID, "", f"answer {number}") for number in range(5)]
    assert told == [True] * 3 + [False] * 2
    assert notes.note(IncidentKind.QUARANTINED, "packet-1", "")
