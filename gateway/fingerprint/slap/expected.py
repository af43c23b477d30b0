"""What is seen of the fingers that are asked for: those that are said to be missing are not waited for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from gateway.finger import FingerPosition
from gateway.fingerprint.slap.segmentation import SlapFinger, SlapSegmentation
from gateway.guidance import Guidance, GuidanceCode, guidance


@dataclass(frozen=True)
class SeenFingers:
    """The fingers of a slap, held against those that are asked for.

    Parameters
    ----------
    fingers : tuple of SlapFinger
        From left to right, each one that is asked for.
    unseen : tuple of FingerPosition
        Those that are asked for and not seen.
    extra : tuple of SlapFinger
        Fingertips that nobody asked for, one that was said to be missing among them.
    wrong_hand : bool
        The fingers lie as those of the other hand do; they are named as the hand that is asked for all the same.
    guidance : tuple of Guidance
        Most important first; empty when all is well.
    """

    fingers: tuple[SlapFinger, ...]
    unseen: tuple[FingerPosition, ...]
    extra: tuple[SlapFinger, ...]
    wrong_hand: bool
    guidance: tuple[Guidance, ...]

    @property
    def complete(self) -> bool:
        """Whether all that is asked for is there, and nothing else."""
        return not (self.unseen or self.extra or self.wrong_hand)


def seen_fingers(slap: SlapSegmentation, missing: Collection[FingerPosition] = ()) -> SeenFingers:
    """Hold a slap against the fingers that are asked for.

    As many fingers as are asked for are those, from left to right: what was said of the person tells more than the
    shape of a hand that lacks a finger. Of fewer, each is the one that its place in the hand makes it.

    Parameters
    ----------
    slap : SlapSegmentation
        Of one hand or of two thumbs.
    missing : collection of FingerPosition
        Fingers of that hand that the person has not.

    Raises
    ------
    ValueError
        The slap is of either hand, all fingers are missing, or one of `missing` is none of the hand's.
    """
    positions = slap.hand.positions
    expected = tuple(position for position in positions if position not in missing)
    if not expected or not set(missing) <= set(positions):
        raise ValueError(f"{slap.hand.name} without {[int(each) for each in missing]} is no slap of one hand")
    named = _as_asked(slap)
    if len(named) <= len(expected):
        fingers = _among(named, expected)
        surplus: tuple[SlapFinger, ...] = ()
    else:
        fingers = tuple(finger for finger in named if finger.position in expected)
        surplus = tuple(finger for finger in named if finger.position not in expected)
    seen = {finger.position for finger in fingers}
    unseen = tuple(position for position in expected if position not in seen)
    extra = (*slap.extra, *surplus)
    codes = _codes(slap, unseen=bool(unseen), extra=bool(extra))
    return SeenFingers(fingers, unseen, extra, slap.wrong_hand, tuple(map(guidance, codes)))


def _as_asked(slap: SlapSegmentation) -> tuple[SlapFinger, ...]:
    """The fingers, those of the other hand under the names of the hand that is asked for, place by place."""
    if not slap.wrong_hand or slap.seen_hand is None:
        return slap.fingers
    names = dict(zip(slap.seen_hand.positions, slap.hand.positions, strict=True))
    return tuple(replace(finger, position=names[finger.position]) for finger in slap.fingers)


def _among(named: Sequence[SlapFinger], expected: Sequence[FingerPosition]) -> tuple[SlapFinger, ...]:
    """The fingers as some of `expected`, in their order, with as many names kept as can be."""

    def kept(names: tuple[FingerPosition, ...]) -> float:
        return sum(f.confidence for f, name in zip(named, names, strict=True) if f.position is name)

    names = max(combinations(expected, len(named)), key=kept)
    return tuple(replace(finger, position=name) for finger, name in zip(named, names, strict=True))


def _codes(slap: SlapSegmentation, *, unseen: bool, extra: bool) -> list[GuidanceCode]:
    """Its remarks, but for what is missing and what is too much, which the asker's own list decides."""
    told = [remark.code for remark in slap.guidance]
    if GuidanceCode.NO_FINGER in told:
        return told
    others = [code for code in told if code not in (GuidanceCode.EXTRA_FINGERS, GuidanceCode.FINGERS_MISSING)]
    counted = [
        code for code, holds in ((GuidanceCode.EXTRA_FINGERS, extra), (GuidanceCode.FINGERS_MISSING, unseen)) if holds
    ]
    first = 1 if others[:1] == [GuidanceCode.WRONG_HAND] else 0
    return [*others[:first], *counted, *others[first:]]
