"""Whether a card's answer to reset is one by the standard, and always the same.

Needs: resets of one card, at least ten.
"""

from collections import Counter
from collections.abc import Sequence

from calibration.card.conversation import PowerUp
from calibration.errors import TooFewFrames
from calibration.measurement import Measured, Measurement
from drivers.cards.atr import decode_atr

PROCEDURE, VERSION = "atr", "1"
MIN_RESETS = 10


def measure(resets: Sequence[PowerUp]) -> Measurement:
    """`atr_valid` and `atr_same` in percent of the resets that were answered; `atr_length` in bytes.

    Valid: it begins with 3B or 3F, holds the bytes that it announces, and its check byte is there and right where any
    protocol but T=0 is offered (ISO/IEC 7816-3:2006, 8.2). When it came is the reader's to see: within how many clock
    cycles of the reset, no gateway can tell.

    Raises
    ------
    TooFewFrames
        Fewer than ten resets were answered.
    """
    answers = [reset.atr for reset in resets if not reset.failure]
    if len(answers) < MIN_RESETS:
        reasons = next((reset.failure for reset in resets if reset.failure), "none was tried")
        raise TooFewFrames(f"{MIN_RESETS} answers to reset are needed and {len(answers)} came: {reasons}")
    faults: Counter[str] = Counter()
    for atr in answers:
        try:
            decode_atr(atr)
        except ValueError as error:
            faults[str(error)] += 1
    usual, times = Counter(answers).most_common(1)[0]
    valid, same = 1 - sum(faults.values()) / len(answers), times / len(answers)
    values = (
        Measured("atr_valid", 100 * valid, 0.0, "%"),
        Measured("atr_same", 100 * same, 0.0, "%"),
        Measured("atr_length", float(len(usual)), 0.0, "bytes"),
    )
    return Measurement(PROCEDURE, VERSION, values, {}, (), tuple(f"{count} x {why}" for why, count in faults.items()))
