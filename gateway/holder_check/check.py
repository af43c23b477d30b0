"""The check that a card goes to its holder: counted first, compared then, written down before it is told."""

from collections.abc import Sequence
from dataclasses import replace

from drivers import CardRefused
from gateway.card import Transmit
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import MIN_FMR, compare, score_at_fmr
from gateway.fingerprint.reduced import with_usual_quality
from gateway.holder_check.on_card import (
    OnCardFinger,
    compare_on_card,
    on_card_minutiae,
    on_card_tries,
)
from gateway.holder_check.try_journal import TryJournal, TryState
from gateway.holder_check.values import (
    CardTemplate,
    ComparisonPlace,
    HandOver,
    HolderDecision,
    HolderOutcome,
    LiveFinger,
    SupervisedApproval,
)

TRIES = 4
"""What readers of Indonesian cards were shown to give (BPPT's demonstration of 2013)."""
HOLDER_FMR = 1e-4
"""Of one try, over all its comparisons: one other person in 10,000 would pass it. Four tries make it four."""
FEWEST_MINUTIAE = 8
"""No two prints of which one has fewer reach any threshold that is used here: nothing is compared, no try lost."""


class HolderCheck:
    """Decides for any number of cards; safe in any thread as far as its journal is.

    Parameters
    ----------
    journal : TryJournal
    tries : int
        1 to 15, as the card's own counter.
    fmr : float
        See `HOLDER_FMR`; as `score_at_fmr` takes it. Under 1 in 10,000, which two templates on a card lead to, that
        table is extrapolated.

    Raises
    ------
    ValueError
        Out of range.
    """

    def __init__(self, journal: TryJournal, *, tries: int = TRIES, fmr: float = HOLDER_FMR) -> None:
        if not 1 <= tries <= 15:
            raise ValueError(f"a holder has 1 to 15 tries, not {tries}")
        score_at_fmr(fmr)  # refuses what was not measured
        self._journal, self._limit, self._fmr = journal, tries, fmr

    def tries_left(self, hand_over: HandOver) -> int:
        """Tries that the journal has left for a card and its job.

        Raises
        ------
        HolderCheckError
        """
        return self._journal.left(hand_over, self._limit)

    def in_gateway(self, hand_over: HandOver, finger: LiveFinger, templates: Sequence[CardTemplate]) -> HolderDecision:
        """Compare a live finger with all that the card has, by the gateway's own matcher.

        All templates count, whichever finger was asked for: who places the left index first is the same person. The
        rate `fmr` is shared over the comparisons.

        Raises
        ------
        HolderCheckError
            The try could not be counted, and was not made; or its end could not be written, and it counts as failed.
        ValueError
            A minutia's place or direction is not a finite number; the try counts.
        """
        usable = [each for each in templates if len(each.template) >= FEWEST_MINUTIAE]
        probes = _usable(finger)
        if not usable:
            return self._decided(hand_over, finger, HolderOutcome.NO_TEMPLATE)
        if not probes:
            return self._decided(hand_over, finger, HolderOutcome.POOR_PROBE)
        number = self._journal.begin(hand_over, ComparisonPlace.GATEWAY, self._limit)
        if number is None:
            return self._decided(hand_over, finger, HolderOutcome.NO_TRIES_LEFT)
        references = [(with_usual_quality(each.template), each.position) for each in usable]
        score, position = max(
            ((compare(probe, template), position) for template, position in references for probe in probes),
            key=lambda pair: pair[0],
        )
        rate = max(self._fmr / (len(usable) * len(probes)), MIN_FMR)
        matched = score >= score_at_fmr(rate)
        self._journal.end(number, TryState.MATCHED if matched else TryState.NOT_MATCHED)
        decision = self._decided(
            hand_over, finger, HolderOutcome.MATCHED if matched else HolderOutcome.NOT_MATCHED, ComparisonPlace.GATEWAY
        )
        return replace(decision, finger=position if matched else None, fmr=self._fmr)

    def on_card(
        self, hand_over: HandOver, finger: LiveFinger, card_fingers: Sequence[OnCardFinger], transmit: Transmit
    ) -> HolderDecision:
        """Let the card compare: one VERIFY, of the finger that was asked for, else of the first that is not blocked.

        Raises
        ------
        HolderCheckError
            As `in_gateway`.
        CardRefused
            The card did not compare; the try does not count.
        CardLost, DeviceLost, SessionDead
            As `transmit` says. The try counts, as it may on the card: begin again with the card.
        ValueError
            A minutia's place or direction is not a finite number; no try is taken.
        """
        chosen, blocked = self._chosen(finger.position, card_fingers, transmit)
        if chosen is None:
            nothing = HolderOutcome.NO_TRIES_LEFT if blocked else HolderOutcome.NO_TEMPLATE
            return replace(self._decided(hand_over, finger, nothing), card_tries_left=0 if blocked else None)
        probes = _usable(finger)
        minutiae = on_card_minutiae(chosen, probes[0]) if probes else None
        if minutiae is None:
            return self._decided(hand_over, finger, HolderOutcome.POOR_PROBE)
        number = self._journal.begin(hand_over, ComparisonPlace.CARD, self._limit)
        if number is None:
            return self._decided(hand_over, finger, HolderOutcome.NO_TRIES_LEFT)
        try:
            answer = compare_on_card(transmit, chosen, minutiae)
        except CardRefused:
            self._journal.end(number, TryState.NOT_COMPARED)
            raise
        if not answer.compared:
            self._journal.end(number, TryState.NOT_COMPARED)
            return replace(self._decided(hand_over, finger, HolderOutcome.NO_TRIES_LEFT), card_tries_left=0)
        self._journal.end(number, TryState.MATCHED if answer.matched else TryState.NOT_MATCHED)
        outcome = HolderOutcome.MATCHED if answer.matched else HolderOutcome.NOT_MATCHED
        decision = self._decided(hand_over, finger, outcome, ComparisonPlace.CARD)
        return replace(decision, finger=chosen.position, card_tries_left=answer.tries_left)

    def supervised(self, hand_over: HandOver, approval: SupervisedApproval) -> HolderDecision:
        """Write down that a supervisor answers for the hand-over; whether they may is the caller's to know.

        Raises
        ------
        HolderCheckError
            It could not be written down, and is not approved.
        """
        self._journal.approve(hand_over, approval)
        return HolderDecision(hand_over, HolderOutcome.SUPERVISED, self.tries_left(hand_over), approval=approval)

    def _chosen(
        self, position: FingerPosition, card_fingers: Sequence[OnCardFinger], transmit: Transmit
    ) -> tuple[OnCardFinger | None, bool]:
        """The card's finger to compare with, and whether there is one that is blocked."""
        blocked = False
        for each in card_fingers:
            if FingerPosition.UNKNOWN in (position, each.position) or position is each.position:
                if on_card_tries(transmit, each) != 0:
                    return each, blocked
                blocked = True
        return None, blocked

    def _decided(
        self, hand_over: HandOver, finger: LiveFinger, outcome: HolderOutcome, place: ComparisonPlace | None = None
    ) -> HolderDecision:
        left = self.tries_left(hand_over)
        return HolderDecision(hand_over, outcome, left, place, capture_id=finger.capture_id, liveness=finger.liveness)


def _usable(finger: LiveFinger) -> tuple[FingerTemplate, ...]:
    return tuple(template for template in finger.templates if len(template) >= FEWEST_MINUTIAE)
