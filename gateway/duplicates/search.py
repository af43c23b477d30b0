"""A search: a first look at everybody by the best fingers and by each iris, then the likeliest compared and fused."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.duplicates.errors import SearchCancelled
from gateway.duplicates.fusion import DuplicateFit, fused_surprise
from gateway.duplicates.pairing import Paired, Position, exchanged, paired
from gateway.duplicates.people import LEAST_MINUTIAE, SAMPLES, KnownPerson, People, Roll
from gateway.duplicates.values import Biometrics, FingerSample, IrisSample
from gateway.finger import FingerPosition
from gateway.fingerprint import prepare
from gateway.fingerprint.matching.comparison import evidence_of
from gateway.fingerprint.matching.likelihood import fitted as fitted_matcher
from gateway.fingerprint.matching.likelihood import log_odds
from gateway.iris import CODE_VERSION

_LOOKS = 2
"""Fingers of the first look that everybody is to be seen by, where there are as many in common."""
_SHORTLIST, _SHORTLIST_SHARE = 80, 0.01
"""Of the first look, by all its fingers together; a quarter of it more by each alone. Of 400 drawn persons the mate
came first by two fingers together, by one alone 83rd at worst."""
_FINALISTS = 12
_LEAST_IRIS_SURPRISE = 4.0
"""An iris that only one stranger in 55 comes as near to makes a finalist."""
_WAYS = (False, True)
"""As the positions say, and with right and left exchanged."""

Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Found:
    """Somebody who was compared in full."""

    person: KnownPerson
    fused: float
    fingers: int
    irises: int
    swapped: bool


@dataclass(frozen=True)
class Finding:
    """What a search found.

    Parameters
    ----------
    people, compared : int
        In the roll, and those of them that have something in common with the probe.
    most : int
        Samples in common with whoever has most.
    found : tuple of Found
        Most alike first.
    """

    people: int
    compared: int
    most: int
    found: tuple[Found, ...]


def usable(biometrics: Biometrics) -> Biometrics:
    """The samples that can be compared: enough minutiae, iris codes of this version; most minutiae first.

    Raises
    ------
    ValueError
        A place or a direction is not a finite number.
    """
    fingers = [sample for sample in biometrics.fingers if len(sample.template) >= LEAST_MINUTIAE]
    fingers.sort(key=lambda sample: -len(sample.template))
    return Biometrics(tuple(fingers), tuple(iris for iris in biometrics.irises if iris.code.version == CODE_VERSION))


def search(people: People, roll: Roll, probe: Biometrics, fit: DuplicateFit, cancelled: Cancelled) -> Finding:
    """Compare `probe`, which is all usable, with everybody in `roll`.

    Raises
    ------
    SearchCancelled
        `cancelled` said so; it is asked every few milliseconds.
    """
    comparison = _Comparison(people, probe, fit, cancelled)
    fingers = _in_common(roll.fingers, [sample.position for sample in probe.fingers])
    eyes = _in_common(roll.eyes, [sample.eye for sample in probe.irises])
    in_common = fingers.sum(axis=0) + eyes.sum(axis=0)
    looks = _looks(fingers)
    finalists: dict[int, float] = {}
    for serial, ways in _shortlist(comparison, roll, looks).items():
        person = people.known(serial)
        if person is not None:
            finalists[serial] = max(comparison.by_fingers(person, looks, way)[0] for way in ways)
    best = set(sorted(finalists, key=lambda serial: -finalists[serial])[:_FINALISTS])
    best |= comparison.by_irises() & set(roll.serials.tolist())
    found = [comparison.fused(person) for serial in best if (person := people.known(serial)) is not None]
    found.sort(key=lambda one: -one.fused)
    comparison.check()
    return Finding(len(roll.serials), int((in_common > 0).sum()), int(in_common.max(initial=0)), tuple(found))


class _Comparison:
    """One probe against whoever is asked about; what was compared once is kept."""

    def __init__(self, people: People, probe: Biometrics, fit: DuplicateFit, cancelled: Cancelled) -> None:
        self._people = people
        self._fit = fit
        self._cancelled = cancelled
        self._samples: Sequence[FingerSample] = probe.fingers
        self._irises: Sequence[IrisSample] = probe.irises
        self._prepared = [prepare(sample.template) for sample in probe.fingers]
        self._surprises: dict[tuple[int, int], float] = {}
        self._distances: list[dict[int, float]] = []

    def check(self) -> None:
        """Raise where nobody waits for the answer any more."""
        if self._cancelled():
            raise SearchCancelled

    def likeness(self, probe: int, position: FingerPosition) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Serials of one gallery, and how far above the middle of them each is, in deviations."""
        seen = self._people.galleries[position].likeness(self._prepared[probe], self._cancelled)
        self.check()
        entries = np.array([-1 if entry is None else entry for entry in seen.ids], np.int64)
        there = (entries >= 0) & np.isfinite(seen.values)
        values = seen.values[there]
        if len(values):
            values = (values - np.median(values)) / max(float(values.std()), 1e-6)
        return entries[there] // SAMPLES, values

    def position(self, probe: int) -> FingerPosition:
        """Of a finger of the probe."""
        return self._samples[probe].position

    def by_fingers(self, person: KnownPerson, probes: Collection[int], swapped: bool) -> tuple[float, Paired]:
        """Fused surprise of some of the probe's fingers."""
        laid = paired(
            [(self._samples[probe].position, probe) for probe in probes], person.fingers, swapped, self._finger_surprise
        )
        return fused_surprise(laid.surprises, laid.hypotheses), laid

    def by_irises(self) -> set[int]:
        """Serials of those who have an iris much like one of the probe's."""
        for sample in self._irises:
            self._distances.append(self._people.irises.distances(sample.code, self._cancelled))
            self.check()
        return {
            entry // SAMPLES
            for distances in self._distances
            for entry, distance in distances.items()
            if self._fit.iris.surprise(-distance) >= _LEAST_IRIS_SURPRISE
        }

    def fused(self, person: KnownPerson) -> Found:
        """All fingers and irises of the probe with those of `person`, in the way that fits best."""
        every = range(len(self._samples))
        _, fingers, swapped = max(
            ((*self.by_fingers(person, every, way), way) for way in _WAYS), key=lambda laid: laid[0]
        )
        eyes = [(sample.eye, number) for number, sample in enumerate(self._irises)]
        laid = [(paired(eyes, person.irises, way, self._iris_surprise), way) for way in _WAYS]
        irises, exchanged_eyes = max(laid, key=lambda one: fused_surprise(one[0].surprises, one[0].hypotheses))
        hypotheses = fingers.hypotheses * irises.hypotheses
        hypotheses *= len(_WAYS) ** (bool(fingers.surprises) + bool(irises.surprises))
        return Found(
            person,
            fused_surprise(fingers.surprises + irises.surprises, hypotheses),
            len(fingers.surprises),
            len(irises.surprises),
            (swapped and bool(fingers.surprises)) or (exchanged_eyes and bool(irises.surprises)),
        )

    def _finger_surprise(self, probe: int, entry: int) -> float:
        known = self._surprises.get((probe, entry))
        if known is None:
            self.check()
            known = self._surprises[probe, entry] = self._compared(probe, entry)
        return known

    def _compared(self, probe: int, entry: int) -> float:
        person = self._people.known(entry // SAMPLES)
        position = None if person is None else next((own for own, other in person.fingers if other == entry), None)
        try:
            template = None if position is None else self._people.galleries[position].template(entry)
        except KeyError:
            template = None  # forgotten since the search began
        if template is None:
            return 0.0
        evidence = evidence_of(self._prepared[probe], prepare(template))
        return 0.0 if evidence is None else self._fit.finger.surprise(log_odds(evidence, fitted_matcher()))

    def _iris_surprise(self, probe: int, entry: int) -> float:
        # Who is not among the most alike is as good as anybody.
        distance = self._distances[probe].get(entry)
        return 0.0 if distance is None else self._fit.iris.surprise(-distance)


def _in_common(bits: NDArray[np.int64], positions: Sequence[Position]) -> NDArray[np.bool_]:
    """(positions, n) who has a finger, or an eye, that one of each position may be laid on; of several samples of one
    known position only the first has anybody."""
    found = np.zeros((len(positions), len(bits)), np.bool_)
    for row, position in enumerate(positions):
        if position != 0 and position in positions[:row]:
            continue
        wanted = -1 if position == 0 else 1 << position | 1 << exchanged(position) | 1
        found[row] = (bits & wanted) != 0
    return found


def _looks(common: NDArray[np.bool_]) -> list[int]:
    """Fingers of the probe, by which everybody is seen `_LOOKS` times, or as often as there is something in common.

    The finger that most of those have who are not yet seen often enough comes next; of equal ones the richer, which is
    the earlier.
    """
    due = np.minimum(common.sum(axis=0), _LOOKS)
    looks: list[int] = []
    while due.any():
        rest = [row for row in range(len(common)) if row not in looks]
        chosen = max(rest, key=lambda row: int((common[row] & (due > 0)).sum()))
        due = due - (common[chosen] & (due > 0))
        looks.append(chosen)
    return looks


def _shortlist(comparison: _Comparison, roll: Roll, looks: Sequence[int]) -> dict[int, set[bool]]:
    """Serials worth a full comparison, and in which ways."""
    size = _SHORTLIST + int(_SHORTLIST_SHARE * len(roll.serials))
    if not looks:
        return {}
    if len(roll.serials) <= size:
        return {int(serial): set(_WAYS) for serial in roll.serials}
    seen: dict[tuple[int, FingerPosition], tuple[NDArray[np.int64], NDArray[np.float32]]] = {}
    chosen: dict[int, set[bool]] = defaultdict(set)
    scores = np.zeros((len(_WAYS), len(looks), len(roll.serials)), np.float32)
    for number, way in enumerate(_WAYS):
        for row, probe in enumerate(looks):
            position = comparison.position(probe)
            wanted = exchanged(position) if way else position
            for gallery in FingerPosition:
                if wanted in (gallery, 0) or gallery is FingerPosition.UNKNOWN:
                    if (probe, gallery) not in seen:
                        seen[probe, gallery] = comparison.likeness(probe, gallery)
                    _raise(scores[number, row], roll.serials, *seen[probe, gallery])
    # By all fingers together, then by each alone.
    for together, most in ((scores.sum(axis=1), size), *((scores[:, row], size // 4) for row in range(len(looks)))):
        for place in np.argpartition(-together.reshape(-1), most)[:most]:
            number, column = divmod(int(place), len(roll.serials))
            chosen[int(roll.serials[column])].add(_WAYS[number])
    return chosen


def _raise(
    scores: NDArray[np.float32], serials: NDArray[np.int64], of: NDArray[np.int64], values: NDArray[np.float32]
) -> None:
    """Let the scores of `serials` be at least the values of those in `of` that are among them."""
    places = np.minimum(np.searchsorted(serials, of), len(serials) - 1)
    there = serials[places] == of
    np.maximum.at(scores, places[there], values[there])
