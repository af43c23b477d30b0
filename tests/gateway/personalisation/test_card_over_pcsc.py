"""Cards personalised through pcscd and vsmartcard's virtual reader, and pulled out of it at every command."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest

from drivers.cards.pcsc_iso7816 import PcscCardWriter
from drivers.cards.synthetic import SmartCard
from gateway.personalisation import JobState
from tests.drivers.pcsc_peer import SLOTS, Pcscd, VirtualCard, empty_for_one_look, missing
from tests.drivers.test_pcsc import await_readers
from tests.gateway.personalisation.card_desk import FILES, chip, profile
from tests.gateway.personalisation.card_ends import end_of

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
PATIENCE_S = 60.0
SIZES = {"seal": 240}
"""One file, of two blocks: each pull costs the time in which pcscd looks into the slot twice, 0.4 s apart."""


@pytest.fixture(scope="module")
def daemon() -> Iterator[Pcscd]:
    running = Pcscd()
    running.start()
    await_readers(1)
    yield running
    running.close()


class Hand:
    """A hand at one slot: it holds a card in, pulls it at a command, and puts the same card in again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._chip = chip()
        self._pull_at = self._seen = 0
        self._carried_out = False
        self._out, self._over = Event(), Event()
        self._card = VirtualCard(port, self._chip, script=self._answer)
        self._thread = threading.Thread(target=self._put_in_again, name="hand")
        self._thread.start()

    def take_up(self, card: SmartCard, pull_at: int, *, carried_out: bool) -> None:
        """Another card lies there from now on; it is pulled at its command of that number, from 1; 0 for never."""
        card.power_up()
        self._pull_at, self._seen, self._carried_out = pull_at, 0, carried_out
        self._chip = self._card.card = card

    @property
    def commands(self) -> int:
        return self._seen

    def close(self) -> None:
        self._over.set()
        self._out.set()
        self._thread.join(PATIENCE_S)
        self._card.pull()

    def _answer(self, _: int, raw: bytes) -> bytes | None:
        self._seen += 1
        if self._seen != self._pull_at:
            return self._chip.process(raw)
        if self._carried_out:
            self._chip.process(raw)
        self._out.set()
        return None

    def _put_in_again(self) -> None:
        while self._out.wait(PATIENCE_S) and not self._over.is_set():
            self._out.clear()
            self._card.pull()
            self._chip.power_down()
            # Twice: the first question may be what is left of the command that failed, and no look into the slot.
            empty_for_one_look(self._port)
            self._card = VirtualCard(self._port, self._chip, script=self._answer, after_another=True)


def test_a_card_pulled_from_a_reader_at_any_command_is_finished(daemon, desk):
    files = tuple(each for each in FILES if each.name in SIZES)
    desk.profile = profile(applications=(replace(profile().applications[0], files=files),))
    desk.sizes = SIZES
    hands = [Hand(port) for port in daemon.ports]
    try:

        def personalise(slot: int, number: int) -> None:
            card, job_id = chip(f"card {number}"), desk.take(f"job-{number}")
            hands[slot].take_up(card, number, carried_out=number % 4 < 2)
            with PcscCardWriter(SLOTS[slot]) as writer:
                outcome = desk.personaliser.personalise(job_id, writer, Event(), wait_s=PATIENCE_S)
            assert outcome.state is JobState.DONE, number
            assert end_of(desk, card, job_id) == "done"

        personalise(0, 0)
        total = hands[0].commands
        assert total > 20

        def every_other(slot: int) -> None:
            for number in range(1 + slot, total + 1, len(hands)):
                personalise(slot, number)

        with ThreadPoolExecutor(len(hands)) as both:
            list(both.map(every_other, range(len(hands))))
        assert desk.journal.stock.level().used == total + 1
    finally:
        for hand in hands:
            hand.close()
