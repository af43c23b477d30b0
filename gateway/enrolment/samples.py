"""The samples of the enrolments that are under way, decoded once and kept in memory alone."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

from gateway.enrolment.captured import Captured, read_captured
from gateway.enrolment.errors import EnrolmentError
from gateway.enrolment.mix_ups import Comparisons, MixUpWarning, Sample, mix_ups
from gateway.enrolment.part import EYE_POSITIONS, FINGER_POSITIONS
from gateway.enrolment.ports import StoredCaptures
from gateway.eye import EyePosition
from gateway.finger import FingerPosition, FingerTemplate
from gateway.iris import IrisCode
from gateway.trust import TrustAnchors

ENROLMENTS_KEPT = 16


class Samples:
    """Reads captures; any thread may call, for one enrolment one at a time.

    Parameters
    ----------
    captures : StoredCaptures
    anchors : callable
        The gateways whose captures are taken: this one, with the keys that it had and has.
    """

    def __init__(self, captures: StoredCaptures, anchors: Callable[[], TrustAnchors]) -> None:
        self.captures = captures
        self._anchors = anchors
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[dict[str, tuple[Sample, ...]], Comparisons]] = OrderedDict()

    def read(self, enrolment_id: str, capture_id: str) -> Captured:
        """A capture, verified and decoded; errors as `read_captured`."""
        captured = read_captured(self.captures, capture_id, enrolment_id, self._anchors)
        known, _ = self._of(enrolment_id)
        known[capture_id] = _samples(capture_id, captured)
        return captured

    def warnings(self, enrolment_id: str, capture_ids: Iterable[str]) -> tuple[MixUpWarning, ...]:
        """The mix-ups among some captures; one that cannot be read any more is left out, and named by the seal."""
        known, comparisons = self._of(enrolment_id)
        found: list[Sample] = []
        for capture_id in capture_ids:
            if capture_id not in known:
                try:
                    self.read(enrolment_id, capture_id)
                except EnrolmentError:
                    continue
            found += known[capture_id]
        return mix_ups(found, comparisons)

    def of_parts(
        self, enrolment_id: str, units_by_capture: Iterable[tuple[str, Iterable[str]]]
    ) -> tuple[Mapping[FingerPosition, FingerTemplate], Mapping[EyePosition, IrisCode]]:
        """Templates and codes of some units of some captures, by position; what cannot be read is left out."""
        fingers: dict[FingerPosition, FingerTemplate] = {}
        eyes: dict[EyePosition, IrisCode] = {}
        for capture_id, units in units_by_capture:
            known, _ = self._of(enrolment_id)
            if capture_id not in known:
                try:
                    self.read(enrolment_id, capture_id)
                except EnrolmentError:
                    continue
            wanted = set(units)
            for sample in known[capture_id]:
                if sample.unit not in wanted:
                    continue
                if isinstance(sample.content, FingerTemplate):
                    fingers[FINGER_POSITIONS[sample.unit]] = sample.content
                else:
                    eyes[EYE_POSITIONS[sample.unit]] = sample.content
        return fingers, eyes

    def forget(self, enrolment_id: str) -> None:
        """The enrolment is over."""
        with self._lock:
            self._known.pop(enrolment_id, None)

    def _of(self, enrolment_id: str) -> tuple[dict[str, tuple[Sample, ...]], Comparisons]:
        with self._lock:
            known = self._known.setdefault(enrolment_id, ({}, Comparisons()))
            self._known.move_to_end(enrolment_id)
            while len(self._known) > ENROLMENTS_KEPT:
                self._known.popitem(last=False)
        return known


def _samples(capture_id: str, captured: Captured) -> tuple[Sample, ...]:
    fingers = (Sample(capture_id, unit, template) for unit, template in captured.fingers.items())
    return (*fingers, *(Sample(capture_id, unit, code) for unit, code in captured.eyes.items()))
