"""Whether patterns written to a card come back as they were, over a hundred cycles or more.

Needs: a blank test card in the reader; what is personalised is never written.
"""

from collections import Counter

from calibration.card.conversation import CardExercise
from calibration.card.error_bound import upper_bound
from calibration.errors import TooFewFrames
from calibration.measurement import Measured, Measurement
from drivers import status_text

PROCEDURE, VERSION = "write_read_cycle", "1"


def measure(exercise: CardExercise) -> Measurement:
    """`cycles`, `cycles_failed`, `read_back_wrong` (cycles), `retry_share` (%), `bit_errors`, `bit_error_bound`.

    `bit_error_bound` is the rate of wrong bits that is not exceeded, with 95 % confidence: 3/n after n bits without
    one. It is an upper bound already, and carries no uncertainty of its own.

    Raises
    ------
    TooFewFrames
        No cycle came to a comparison.
    """
    cycles = exercise.cycles
    bits = sum(cycle.bits_compared for cycle in cycles)
    if not bits:
        told = exercise.stopped or "none was made"
        raise TooFewFrames(f"no cycle was compared: {told}; clean the card's contacts, or take another card")
    wrong = sum(cycle.bits_wrong for cycle in cycles if not cycle.failure)
    exchanges = sum(len(cycle.select_s) + len(cycle.write_s) + len(cycle.read_s) for cycle in cycles)
    retries = sum(cycle.retries for cycle in cycles)
    tried = max(exchanges + retries, 1)
    share = retries / tried
    values = (
        Measured("cycles", float(len(cycles)), 0.0, "1"),
        Measured("cycles_failed", float(sum(bool(cycle.failure) for cycle in cycles)), 0.0, "1"),
        Measured("read_back_wrong", float(sum(not c.failure and c.bits_wrong > 0 for c in cycles)), 0.0, "1"),
        Measured("retry_share", 100 * share, 100 * (share * (1 - share) / tried) ** 0.5, "%"),
        Measured("bits", float(bits), 0.0, "1"),
        Measured("bit_errors", float(wrong), 0.0, "1"),
        Measured("bit_error_bound", upper_bound(wrong, bits), 0.0, "1"),
    )
    refusals = Counter(sw for cycle in cycles for sw in cycle.refusals)
    remarks = [f"{count} x {sw:04X}: {status_text(sw)}" for sw, count in refusals.most_common()]
    remarks += [text for text in (exercise.stopped, exercise.left_behind) if text]
    return Measurement(PROCEDURE, VERSION, values, {}, (), tuple(remarks))
