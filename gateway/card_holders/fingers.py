"""Which fingers a card gets: right and left index, others where these are no good, none where none is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.card_profile.finger_template import LEAST_MINUTIAE
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import FAILED
from gateway.fingerprint.reduced import CARD_MINUTIAE, reduced

FINGERS_KEPT = 2
"""What an identity card's chip holds (BPPT on the KTP-el, 2010: two fingers, right and left index by default)."""
GOOD_SCORE = 20
"""From which an index finger stands by default: what the shipped profile for a comparison asks of it."""
_DEFAULT = (FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX)
_IN_ORDER = (
    *_DEFAULT,
    FingerPosition.RIGHT_THUMB,
    FingerPosition.LEFT_THUMB,
    FingerPosition.RIGHT_MIDDLE,
    FingerPosition.LEFT_MIDDLE,
    FingerPosition.RIGHT_RING,
    FingerPosition.LEFT_RING,
    FingerPosition.RIGHT_LITTLE,
    FingerPosition.LEFT_LITTLE,
)
"""Of equal quality the earlier."""


@dataclass(frozen=True, eq=False, repr=False)
class RatedFinger:
    """The template of a finger, and how good its image was.

    Parameters
    ----------
    template : FingerTemplate
    score : int
        0 to 100, or `FAILED`.
    """

    template: FingerTemplate
    score: int

    @property
    def usable(self) -> bool:
        """Whether a live finger could be told by it."""
        return self.score != FAILED and len(self.template) >= LEAST_MINUTIAE


def fingers_for_card(fingers: Mapping[FingerPosition, RatedFinger]) -> Mapping[FingerPosition, RatedFinger]:
    """The fingers that a card gets, each with as many minutiae as a card holds.

    The index fingers, where their images are good; in the place of one that is missing or poor the finger of the best
    image. An empty answer is right for people without usable fingers: no card gets an empty template.

    Parameters
    ----------
    fingers : mapping
        All that were recorded, by position.

    Returns
    -------
    mapping
        At most `FINGERS_KEPT`, in the order of preference.
    """
    usable = {position: fingers[position] for position in _IN_ORDER if position in fingers and fingers[position].usable}
    by_default = [each for each in _DEFAULT if each in usable and usable[each].score >= GOOD_SCORE]
    others = sorted(usable.keys() - set(by_default), key=lambda each: (-usable[each].score, _IN_ORDER.index(each)))
    return MappingProxyType(
        {
            position: RatedFinger(reduced(usable[position].template, CARD_MINUTIAE), usable[position].score)
            for position in _first([*by_default, *others], FINGERS_KEPT)
        }
    )


def _first(positions: Iterable[FingerPosition], count: int) -> list[FingerPosition]:
    return sorted(list(positions)[:count], key=_IN_ORDER.index)
