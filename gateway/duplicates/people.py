"""Everybody in memory: who was recorded, their templates by finger position, their iris codes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from gateway.duplicates.iris_rows import IrisRows
from gateway.duplicates.values import MOST_FINGERS, Biometrics, FingerSample, IrisSample, RecordedPerson
from gateway.eye import EyePosition
from gateway.finger import FingerPosition
from gateway.fingerprint import Gallery
from gateway.iris import CODE_VERSION

LEAST_MINUTIAE = 8
"""With fewer a print proves nothing: drawn mates of so few reach what strangers reach."""
SAMPLES = 64
"""Room for the samples of one person in the numbers of entries."""
Key = tuple[str, str]
"""The gateway and the enrolment id."""


@dataclass(frozen=True)
class KnownPerson:
    """Somebody in memory, without the templates.

    Parameters
    ----------
    serial : int
        Names the person in memory; entry number // 64 is the serial.
    fingers, irises : tuple of (position, entry)
    foreign_codes : bool
        Has iris codes of another version, which do not compare.
    """

    serial: int
    enrolment_id: str
    gateway_id: str
    recorded_at: datetime
    operator: str
    fingers: tuple[tuple[FingerPosition, int], ...]
    irises: tuple[tuple[EyePosition, int], ...]
    foreign_codes: bool

    @property
    def key(self) -> Key:
        """The person's name among all gateways."""
        return self.gateway_id, self.enrolment_id


@dataclass(frozen=True, eq=False)
class Roll:
    """Who may be found by one search.

    Parameters
    ----------
    serials : (n,) int64
        Rising.
    fingers, eyes : (n,) int64
        Bit p is set where the person has a finger, or an eye, of position code p.
    """

    serials: NDArray[np.int64]
    fingers: NDArray[np.int64]
    eyes: NDArray[np.int64]
    foreign_codes: int


class People:
    """Everybody, to be searched; threads may add and remove while others search."""

    def __init__(self) -> None:
        self._known: dict[int, KnownPerson] = {}
        self._serials: dict[Key, int] = {}
        self._numbers = count()
        self._lock = Lock()
        self.galleries: dict[FingerPosition, Gallery[int]] = {position: Gallery() for position in FingerPosition}
        self.irises = IrisRows()

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: object) -> bool:
        return key in self._serials

    def known(self, serial: int) -> KnownPerson | None:
        """Who has that serial; None where the person was forgotten."""
        return self._known.get(serial)

    def add(
        self,
        person: RecordedPerson,
        surroundings: Iterable[NDArray[np.int8]] | None = None,
        *,
        foreign_codes: bool = False,
    ) -> None:
        """Take somebody in; one of the same key gives way.

        Parameters
        ----------
        person : RecordedPerson
        surroundings : iterable of (n, 64) int8, optional
            Of each finger sample, as of `quantized_surroundings`.
        foreign_codes : bool
            There were iris codes of another version, which are left out of `person`.
        """
        number = next(self._numbers) * SAMPLES
        samples = person.biometrics
        ready = [None] * len(samples.fingers) if surroundings is None else list(surroundings)
        fingers = []
        for index, (sample, rows) in enumerate(zip(samples.fingers, ready, strict=True)):
            if len(sample.template) >= LEAST_MINUTIAE:
                self.galleries[sample.position].add(number + index, sample.template, rows)
                fingers.append((sample.position, number + index))
        irises = []
        for index, iris in enumerate(samples.irises, MOST_FINGERS):
            if iris.code.version == CODE_VERSION:
                self.irises.add(number + index, iris.code)
                irises.append((iris.eye, number + index))
        known = KnownPerson(
            number // SAMPLES,
            person.enrolment_id,
            person.gateway_id,
            person.recorded_at,
            person.operator,
            tuple(fingers),
            tuple(irises),
            foreign_codes or len(irises) < len(samples.irises),
        )
        with self._lock:
            before = self._serials.get(known.key)
            self._known[known.serial] = known
            self._serials[known.key] = known.serial
        if before is not None:
            self._drop(before)

    def remove(self, keys: Iterable[Key]) -> None:
        """Forget people; who is not known is passed over."""
        for key in keys:
            with self._lock:
                serial = self._serials.pop(key, None)
            if serial is not None:
                self._drop(serial)

    def keys_of(self, gateway_id: str) -> list[Key]:
        """Everybody recorded at a gateway."""
        with self._lock:
            return [key for key in self._serials if key[0] == gateway_id]

    def gateways(self) -> set[str]:
        """Those at which somebody was recorded."""
        with self._lock:
            return {key[0] for key in self._serials}

    def older_than(self, gateway_id: str, recorded_before: datetime) -> list[str]:
        """Enrolment ids of a gateway's people who were recorded before that time."""
        with self._lock:
            people = list(self._known.values())
        return [
            person.enrolment_id
            for person in people
            if person.gateway_id == gateway_id and person.recorded_at < recorded_before
        ]

    def recorded(self, key: Key) -> RecordedPerson | None:
        """Somebody with all that can be compared; None where the person was forgotten."""
        with self._lock:
            known = self._known.get(self._serials.get(key, -1))
        if known is None:
            return None
        try:
            fingers = [FingerSample(one, self.galleries[one].template(entry)) for one, entry in known.fingers]
            irises = [IrisSample(eye, self.irises.code(entry)) for eye, entry in known.irises]
        except KeyError:
            return None  # forgotten meanwhile
        samples = Biometrics(tuple(fingers), tuple(irises))
        return RecordedPerson(known.enrolment_id, known.gateway_id, known.recorded_at, known.operator, samples)

    def roll(self, without: set[Key], closed: set[str]) -> Roll:
        """Everybody but those of some keys and those of some gateways."""
        with self._lock:
            people = list(self._known.values())
        people = [person for person in people if person.key not in without and person.gateway_id not in closed]
        people.sort(key=lambda person: person.serial)
        return Roll(
            np.array([person.serial for person in people], np.int64),
            np.array([_bits(position for position, _ in person.fingers) for person in people], np.int64),
            np.array([_bits(eye for eye, _ in person.irises) for person in people], np.int64),
            sum(person.foreign_codes for person in people),
        )

    def _drop(self, serial: int) -> None:
        with self._lock:
            known = self._known.pop(serial)
        for position, entry in known.fingers:
            self.galleries[position].remove(entry)
        for _, entry in known.irises:
            self.irises.remove(entry)


def _bits(codes: Iterable[int]) -> int:
    bits = 0
    for code in codes:
        bits |= 1 << code
    return bits
