"""What every card writer does; a driver's test subclasses this and opens its reader in each scenario."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event, Timer
from typing import ClassVar

import pytest

from drivers.cards.apdu import CommandApdu
from drivers.cards.exchange import accepted
from drivers.errors import (
    CaptureCancelled,
    CardLost,
    CardRefused,
    CardTimeout,
    CardUnusable,
    CardWasReset,
    DeviceError,
    DeviceLost,
)
from drivers.protocols import CardWriter

SELECT_MF = CommandApdu(0x00, 0xA4, 0x00, 0x0C, b"\x3f\x00")
SELECT_NOTHING = CommandApdu(0x00, 0xA4, 0x00, 0x0C, b"\x44\x44")
GET_CHALLENGE = CommandApdu(0x00, 0x84, ne=8)


class CardWriterContract(ABC):
    """Subclass it as `TestSomeReader` and say what `writer` opens.

    Scenarios; "then" means after the first command to the card:

    - `card`: a card that knows SELECT MF and GET CHALLENGE is put in, and taken out when it is asked for.
    - `no-card`: nobody puts one in.
    - `pulled`: the card is pulled then, and another put in.
    - `card-reset`: the card loses its power then, and stays.
    - `unplugged`: the reader's cable is pulled then.
    - `hang`: the reader stops answering then; after a reset, and with a card put in anew, all is well.
    - `mute`: the first card does not answer a reset; the next one does.
    - `garbled`: the card answers a command with garbage then.
    - `endless`: the card promises more data for ever then.
    """

    scenarios: ClassVar[frozenset[str]] = frozenset(
        {"card", "no-card", "pulled", "card-reset", "unplugged", "hang", "mute", "garbled", "endless"}
    )
    """Those that can be played to this driver; tests of the others are skipped."""
    patience_s: ClassVar[float] = 60.0

    @abstractmethod
    def writer(self, scenario: str) -> CardWriter:
        """A card writer in that scenario, not yet entered."""

    def card_put_in(self) -> None:  # noqa: B027
        """Called where a card is put in anew, e.g. after a reset; nothing to do where it stays or comes by itself."""

    def card_taken(self) -> None:  # noqa: B027
        """Called while a removal is awaited, if the driver's test has to take the card itself."""

    def test_identity_names_driver_and_model(self) -> None:
        with self._writer("card") as writer:
            assert writer.identity.driver
            assert writer.identity.vendor
            assert writer.identity.model

    def test_card_is_held_and_answers(self) -> None:
        with self._writer("card") as writer:
            assert writer.card is None
            card = writer.await_card(self.patience_s, Event())
            assert writer.card == card
            assert card.atr[0] in (0x3B, 0x3F)
            assert accepted(writer.transmit(SELECT_MF), "the root file") == b""
            challenges = {accepted(writer.transmit(GET_CHALLENGE), "a challenge") for _ in range(3)}
            assert {len(challenge) for challenge in challenges} == {8}
            assert len(challenges) == 3

    def test_refusal_is_an_answer_and_an_error_on_demand(self) -> None:
        with self._writer("card") as writer:
            writer.await_card(self.patience_s, Event())
            response = writer.transmit(SELECT_NOTHING)
            assert response.sw == 0x6A82
            with pytest.raises(CardRefused, match="no such file") as refused:
                accepted(response, "the file")
            assert refused.value.sw == 0x6A82

    def test_reset_gives_a_fresh_connection(self) -> None:
        with self._writer("card") as writer:
            card = writer.await_card(self.patience_s, Event())
            assert writer.reset_card() == card
            assert writer.transmit(SELECT_MF).ok
            assert writer.await_card(self.patience_s, Event()) == card
            assert writer.transmit(SELECT_MF).ok

    def test_transaction_keeps_commands_together(self) -> None:
        with self._writer("card") as writer:
            writer.await_card(self.patience_s, Event())
            for _ in range(2):
                with writer.transaction():
                    assert writer.transmit(SELECT_MF).ok
                    assert writer.transmit(GET_CHALLENGE).ok
            with pytest.raises(KeyError), writer.transaction():
                raise KeyError
            assert writer.transmit(SELECT_MF).ok

    def test_released_card_is_not_used(self) -> None:
        with self._writer("card") as writer:
            writer.await_card(self.patience_s, Event())
            writer.release_card()
            writer.release_card()
            assert writer.card is None
            for use in (lambda: writer.transmit(SELECT_MF), writer.reset_card, writer.transaction().__enter__):
                with pytest.raises(CardLost):
                    use()
            writer.await_card(self.patience_s, Event())
            assert writer.transmit(SELECT_MF).ok

    def test_card_is_taken(self) -> None:
        with self._writer("card") as writer:
            writer.await_card(self.patience_s, Event())
            self.card_taken()
            writer.await_removal(self.patience_s, Event())
            assert writer.card is None

    def test_nobody_comes(self) -> None:
        with self._writer("no-card") as writer:
            for timeout_s in (0.2, 0.0):
                with pytest.raises(CardTimeout):
                    writer.await_card(timeout_s, Event())

    def test_cancel_ends_a_wait_and_leaves_the_reader_well(self) -> None:
        with self._writer("no-card") as writer:
            cancel = Event()
            timer = Timer(0.1, cancel.set)
            timer.start()
            with pytest.raises(CaptureCancelled):
                writer.await_card(self.patience_s, cancel)
            timer.join()
            with pytest.raises(CardTimeout):
                writer.await_card(0.1, Event())

    def test_cancel_that_came_before(self) -> None:
        cancel = Event()
        cancel.set()
        with self._writer("no-card") as writer:
            for wait_ in (writer.await_card, writer.await_removal):
                with pytest.raises(CaptureCancelled):
                    wait_(self.patience_s, cancel)

    def test_pulled_card(self) -> None:
        with self._writer("pulled") as writer:
            writer.await_card(self.patience_s, Event())
            with pytest.raises(CardLost), writer.transaction():
                until_it_fails(writer)
            assert writer.card is None
            with pytest.raises(CardLost):
                writer.transmit(SELECT_MF)
            self.card_put_in()
            writer.await_card(self.patience_s, Event())
            assert writer.transmit(SELECT_MF).ok

    def test_card_that_was_reset(self) -> None:
        with self._writer("card-reset") as writer:
            writer.await_card(self.patience_s, Event())
            with pytest.raises(CardWasReset):
                until_it_fails(writer)
            writer.await_card(self.patience_s, Event())
            assert writer.transmit(SELECT_MF).ok

    def test_pulled_cable(self) -> None:
        with self._writer("unplugged") as writer:
            writer.await_card(self.patience_s, Event())
            with pytest.raises(DeviceLost):
                until_it_fails(writer)
            for use in (lambda: writer.await_card(0.1, Event()), lambda: writer.await_removal(0.1, Event())):
                with pytest.raises(DeviceLost):
                    use()

    def test_hang_ends_with_a_reset(self) -> None:
        with self._writer("hang") as writer, ThreadPoolExecutor(1) as worker:
            writer.await_card(self.patience_s, Event())
            stuck = worker.submit(until_it_fails, writer)
            while not stuck.done():
                writer.reset()
                wait([stuck], 0.02)
            assert isinstance(stuck.exception(), DeviceLost)
            self.card_put_in()
            writer.await_card(self.patience_s, Event())
            assert writer.transmit(SELECT_MF).ok

    def test_mute_card(self) -> None:
        with self._writer("mute") as writer:
            with pytest.raises(CardUnusable):
                writer.await_card(self.patience_s, Event())
            self.card_put_in()
            writer.await_card(self.patience_s, Event())
            assert writer.transmit(SELECT_MF).ok

    @pytest.mark.parametrize("scenario", ["garbled", "endless"])
    def test_card_that_breaks_the_protocol(self, scenario: str) -> None:
        with self._writer(scenario) as writer:
            writer.await_card(self.patience_s, Event())
            with pytest.raises(CardUnusable):
                until_it_fails(writer)
            writer.await_card(self.patience_s, Event())
            assert writer.transmit(SELECT_MF).ok

    def test_closed_writer_refuses(self) -> None:
        writer = self._writer("card")
        with writer:
            pass
        uses: list[Callable[[], object]] = [
            lambda: writer.await_card(0.1, Event()),
            lambda: writer.await_removal(0.1, Event()),
            lambda: writer.transmit(SELECT_MF),
            writer.reset_card,
            lambda: list(writer.self_test(Event())),
        ]
        for use in uses:
            with pytest.raises(DeviceError):
                use()

    def test_self_test_passes(self) -> None:
        with self._writer("card") as writer:
            writer.await_card(self.patience_s, Event())
            steps = list(writer.self_test(Event()))
            assert [step.name for step in steps] == ["reader", "card", "command"]
            assert all(step.passed and step.detail for step in steps)
            assert writer.card is None

    def test_self_test_without_a_card(self) -> None:
        with self._writer("no-card") as writer:
            assert all(step.passed for step in writer.self_test(Event()))

    def _writer(self, scenario: str) -> CardWriter:
        if scenario not in self.scenarios:
            pytest.skip(f"this driver has no scenario {scenario!r}")
        return self.writer(scenario)


def until_it_fails(writer: CardWriter) -> None:
    """A few commands, one of which meets the scenario's fault."""
    for _ in range(5):
        writer.transmit(SELECT_MF)
