"""Whatever an office, its centre and the way between them do, in whichever order: nothing is lost, nothing doubled."""

import shutil
import tempfile
from pathlib import Path
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.centre import EnrolmentStatus
from gateway.forwarding import AnswerWay, PacketState
from gateway.forwarding.standing import Patience, retried
from gateway.trust import SigningKey, TrustAnchors, open_signing_key
from tests.gateway.forwarding.outbox import Outbox
from tests.gateway.forwarding.scripted_centre import Kept, ScriptedCentre, cuts

DAY_S = 86_400.0
_KEYS: list[SigningKey] = []


def key() -> SigningKey:
    if not _KEYS:
        folder = Path(tempfile.mkdtemp())
        _KEYS.append(open_signing_key(folder, "centre-1"))
        shutil.rmtree(folder)
    return _KEYS[0]


class OutboxAndCentre(RuleBasedStateMachine):
    """An office with a grace of two days, and a centre whose backups are younger than that."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.centre = ScriptedCentre(key())
        anchors = TrustAnchors.from_pem(key().trust_bundle().certificates_pem)
        self.outbox = Outbox(
            self.folder, self.centre, anchors, grace_s=2 * DAY_S, patience=Patience(quarantine_after=1000)
        )
        self.notices: dict[str, object] = {}
        self.backup: tuple[float, Kept] | None = None
        self.old_answers: list[bytes] = []

    @rule(size=st.integers(1, 6000), early=st.integers(0, 3000))
    def seal(self, size: int, early: int) -> None:
        notice = self.outbox.put(len(self.notices) + 1, size, early)
        self.notices[notice.packet_id] = notice

    @rule(seed=st.integers(0, 2**16), share=st.sampled_from([0.0, 0.1, 0.4, 1.0]))
    def weather(self, seed: int, share: float) -> None:
        self.centre.cut = cuts(Random(seed), share)

    @rule(hours=st.floats(0.01, 3))
    def time_passes(self, hours: float) -> None:
        self.outbox.run(hours * 3600)

    @rule(off_s=st.sampled_from([0.0, 600.0, -86_400.0]))
    def power_cut(self, off_s: float) -> None:
        self.outbox.time.reboot(off_s)
        self.outbox.restart()

    @rule()
    def back_up(self) -> None:
        self.backup = self.outbox.queue.clock(), self.centre.kept.copy()

    @rule()
    def put_back(self) -> None:
        # Within the grace: what the backup lacks was received no longer ago than that, and is here still.
        if self.backup is not None and self.outbox.queue.clock() - self.backup[0] < DAY_S:
            self.old_answers += self.centre.kept.answers
            self.centre.restore(self.backup[1])

    @rule(signs=st.booleans())
    def receipts_are_lost(self, signs: bool) -> None:
        self.centre.signs = signs

    @rule(data=st.data())
    def old_answers_come_by_stick(self, data: st.DataObject) -> None:
        known = self.old_answers + self.centre.kept.answers
        if known:
            self.outbox.desk.take(data.draw(st.sampled_from(known)), AnswerWay.STICK)

    @rule(data=st.data())
    def the_centre_says_something(self, data: st.DataObject) -> None:
        if self.centre.kept.whole:
            name = data.draw(st.sampled_from(sorted(self.centre.kept.whole)))
            self.centre.say(name, EnrolmentStatus.PRINT_READY_RECORD)

    @rule(data=st.data())
    def somebody_retries(self, data: st.DataObject) -> None:
        if self.notices:
            self.outbox.queue.change(data.draw(st.sampled_from(sorted(self.notices))), retried)

    @invariant()
    def nothing_is_lost(self) -> None:
        for name, notice in self.notices.items():
            there = self.centre.kept.whole.get(name) == notice.sha256  # type: ignore[attr-defined]
            assert there or self.outbox.path(name).exists(), name

    def teardown(self) -> None:
        self.centre.cut = lambda _: None
        self.centre.signs = True
        for name, notice in self.notices.items():
            if name in self.centre.kept.whole and name not in self.centre.kept.receipts:
                self.centre.sign(notice)  # type: ignore[arg-type]
        self.outbox.run(9 * 3600)
        assert self.centre.kept.whole == {
            name: notice.sha256  # type: ignore[attr-defined]
            for name, notice in self.notices.items()
        }
        assert set(self.outbox.states().values()) <= {PacketState.RECEIVED, PacketState.ERASED}
        told = [each for each in self.outbox.incidents() if each != "centre_restored"]
        assert told == []
        self.outbox.close()
        shutil.rmtree(self.folder)


TestOutboxAndCentre = OutboxAndCentre.TestCase
TestOutboxAndCentre.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
