"""How a card may end, and that it ended so: for the tests that let anything go wrong anywhere."""

from drivers.cards.chip.header import LifeCycle
from drivers.cards.synthetic import SmartCard
from gateway.personalisation import CardOutcome, CardStanding, JobState, read_result
from tests.gateway.personalisation.card_desk import AID, FILES, CardDesk, anchors, contents, serial_of


def files_on(card: SmartCard) -> dict[str, bytes]:
    """The contents as the chip itself has them, by the names of the profile; no access rule stands before them."""
    names = {file.fid: file.name for file in FILES}
    (application,) = (each for each in card.files.children(card.files.root) if each.name == AID)
    return {names[each.fid]: card.files.read(each) for each in card.files.children(application)}


def is_a_card(card: SmartCard) -> bool:
    """Whether a reader would take it for one: its application is activated, and the chip in use."""
    found = [each for each in card.files.children(card.files.root) if each.name == AID]
    in_use = card.files.root.life is not LifeCycle.TERMINATED
    return in_use and any(each.life is LifeCycle.ACTIVATED for each in found)


def is_blank(card: SmartCard) -> bool:
    """Whether nothing was ever made on it."""
    return not card.files.children(card.files.root) and card.files.root.life is not LifeCycle.TERMINATED


def end_of(desk: CardDesk, card: SmartCard, job_id: str) -> str:
    """`done`, `spoiled`, `waits` or `blank`, once the card, the journal, the stock and the signed result agree."""
    record, known = desk.journal.record(job_id), desk.journal.card(serial_of(card))
    assert len([each for each in record.cards if each.standing is not CardStanding.SPOILED]) <= 1
    if record.state is JobState.DONE:
        assert (files_on(card), is_a_card(card)) == (contents(desk.sizes), True)
        assert known is not None
        assert known.standing is CardStanding.FINISHED
        assert read_result(known.result, anchors(desk.signer)).outcome is CardOutcome.PERSONALISED
        assert record.closed
        return "done"
    if record.state.is_pending:
        assert known is not None
        assert (known.standing, known.job_id) == (CardStanding.BOUND, job_id)
        assert not is_a_card(card) or record.state is JobState.ACTIVATING
        return "waits"
    if record.state is JobState.INVALIDATED:
        assert known is not None
        assert known.standing is CardStanding.SPOILED
        assert known.serial in {each.serial for each in desk.journal.stock.spoiled()}
        assert not (known.terminated and is_a_card(card))
        result = read_result(known.result, anchors(desk.signer))
        assert (result.outcome, result.terminated) == (CardOutcome.INVALIDATED, known.terminated)
        return "spoiled"
    assert record.state is JobState.FAILED_CLEAN
    assert known is None
    assert is_blank(card)
    return "blank"
