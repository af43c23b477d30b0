"""What was captured in one transaction: is this one of them again, or not the one that it is said to be?"""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Generic, TypeVar

from gateway.eye import EyePosition
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import PreviousScore, compare, previous_capture_guidance
from gateway.guidance import Guidance, GuidanceCode, guidance
from gateway.iris import IrisCode, distance_at_fmr
from gateway.iris import compare as iris_distance

TRANSACTIONS_KEPT = 50
"""Of a desk's devices and their retakes, not of a day; in memory alone, so that no template lies in the clear."""
CAPTURES_KEPT = 24
"""Of one transaction and modality: ten fingers, and some of them again."""
IRIS_FMR = 0.0001
LEAST_IRIS_BITS = 9_000
"""Bits that count in a code: with less than half of the usual 20,000, one that does not match proves nothing."""

P = TypeVar("P")
T = TypeVar("T")


class _Earlier(Generic[P, T]):
    """The samples of the last transactions; any thread may call."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._captured: OrderedDict[str, list[tuple[P, T]]] = OrderedDict()

    def of(self, transaction_id: str) -> list[tuple[P, T]]:
        """What was captured in a transaction; nothing without one."""
        with self._lock:
            return list(self._captured.get(transaction_id, ())) if transaction_id else []

    def add(self, transaction_id: str, position: P, sample: T) -> None:
        """One more of the transaction was recorded."""
        if not transaction_id:
            return
        with self._lock:
            captures = self._captured.setdefault(transaction_id, [])
            captures.append((position, sample))
            del captures[:-CAPTURES_KEPT]
            self._captured.move_to_end(transaction_id)
            while len(self._captured) > TRANSACTIONS_KEPT:
                self._captured.popitem(last=False)


class SamePerson:
    """Remembers the templates and codes of the last transactions of this run; any thread may call."""

    def __init__(self) -> None:
        self._fingers: _Earlier[FingerPosition, FingerTemplate] = _Earlier()
        self._eyes: _Earlier[EyePosition, IrisCode] = _Earlier()

    def remarks(self, transaction_id: str, position: FingerPosition, template: FingerTemplate) -> tuple[Guidance, ...]:
        """What the earlier captures of the transaction say about this finger."""
        scores = [
            PreviousScore(known, compare(template, other), min(len(template), len(other)))
            for known, other in self._fingers.of(transaction_id)
        ]
        return previous_capture_guidance(position, scores)

    def remember(self, transaction_id: str, position: FingerPosition, template: FingerTemplate) -> None:
        """One more finger of the transaction was recorded."""
        self._fingers.add(transaction_id, position, template)

    def eye_remarks(self, transaction_id: str, codes: Mapping[EyePosition, IrisCode]) -> tuple[Guidance, ...]:
        """What the earlier captures of the transaction say about these eyes, each under its own label.

        The same eye twice: one matches what was captured as the other eye. The wrong eye: one matches nothing that was
        captured under its label, though the codes are rich.
        """
        earlier = self._eyes.of(transaction_id)
        threshold = distance_at_fmr(IRIS_FMR)
        found = []
        for eye, code in codes.items():
            if any(iris_distance(code, other) <= threshold for known, other in earlier if known is not eye):
                found.append(GuidanceCode.SAME_EYE_TWICE)
            mates = [other for known, other in earlier if known is eye and other.counted >= LEAST_IRIS_BITS]
            rich = mates and code.counted >= LEAST_IRIS_BITS
            if rich and min(iris_distance(code, mate) for mate in mates) > threshold:
                found.append(GuidanceCode.WRONG_EYE)
        return tuple(map(guidance, dict.fromkeys(found)))

    def remember_eyes(self, transaction_id: str, codes: Mapping[EyePosition, IrisCode]) -> None:
        """One more eye of the transaction was recorded, or two."""
        for eye, code in codes.items():
            self._eyes.add(transaction_id, eye, code)
