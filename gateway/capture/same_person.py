"""Fingers that were captured in one transaction: is this one of them again, or not the one that it is said to be?"""

from collections import OrderedDict
from threading import Lock

from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import PreviousScore, compare, previous_capture_guidance
from gateway.guidance import Guidance

TRANSACTIONS_KEPT = 50
"""Of a desk's devices and their retakes, not of a day; in memory alone, so that no template lies in the clear."""
CAPTURES_KEPT = 24
"""Of one transaction: ten fingers, and some of them again."""


class SamePerson:
    """Remembers the templates of the last transactions of this run; any thread may call."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._captured: OrderedDict[str, list[tuple[FingerPosition, FingerTemplate]]] = OrderedDict()

    def remarks(self, transaction_id: str, position: FingerPosition, template: FingerTemplate) -> tuple[Guidance, ...]:
        """What the earlier captures of the transaction say about this one; nothing without a transaction."""
        with self._lock:
            earlier = list(self._captured.get(transaction_id, ())) if transaction_id else []
        scores = [
            PreviousScore(known, compare(template, other), min(len(template), len(other))) for known, other in earlier
        ]
        return previous_capture_guidance(position, scores)

    def remember(self, transaction_id: str, position: FingerPosition, template: FingerTemplate) -> None:
        """One more finger of the transaction was recorded."""
        if not transaction_id:
            return
        with self._lock:
            captures = self._captured.setdefault(transaction_id, [])
            captures.append((position, template))
            del captures[:-CAPTURES_KEPT]
            self._captured.move_to_end(transaction_id)
            while len(self._captured) > TRANSACTIONS_KEPT:
                self._captured.popitem(last=False)
