"""The duplicate book: everybody recorded at this gateway, and on neighbours' lists, to be asked who was here before."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.duplicates.errors import ListRefused
from gateway.duplicates.fusion import FALSE_ALARM_RATE, fitted, strength
from gateway.duplicates.keeping import BookIncident, Keeping
from gateway.duplicates.neighbour_list import open_list, pack_list
from gateway.duplicates.people import Key, People
from gateway.duplicates.person_record import milliseconds, moment, person_surroundings
from gateway.duplicates.search import Finding, Found, search, usable
from gateway.duplicates.store import StoredSource
from gateway.duplicates.values import (
    Biometrics,
    CheckOutcome,
    CheckRemark,
    DuplicateAnswer,
    DuplicateCandidate,
    RecordedPerson,
)
from gateway.guidance import LocalizedText
from gateway.trust import KeyWrap, SignedTime, TrustAnchors
from gateway.trust.clock import EARLIEST_PLAUSIBLE, is_plausible
from gateway.trust.signer import Signer

_LITTLE_SEEN = 30
"""Minutiae of all fingers together under which a mate is easily missed."""

MEMORY_ALONE = LocalizedText(
    "Daftar duplikat hanya ada di memori: setelah gateway dimulai ulang, orang yang terekam sebelumnya tidak "
    "ditemukan. Berikan kata sandi kunci agar daftar disimpan terenkripsi.",
    "The duplicate list is in memory alone: after a restart nobody recorded before is found. Give the key's "
    "passphrase, so that the list is kept, encrypted.",
)


@dataclass(frozen=True)
class Erasure:
    """What was erased.

    Parameters
    ----------
    enrolment_ids : tuple of str
        Of this gateway.
    neighbours : dict
        How many people of each neighbour's list.
    files : tuple of str
        Damaged files that had been set aside.
    searched_for : int
        Of how many the stored bytes were looked for in the file and its log afterwards, and not found.
    """

    enrolment_ids: tuple[str, ...]
    neighbours: dict[str, int]
    files: tuple[str, ...]
    searched_for: int


@dataclass(frozen=True)
class NeighbourSource:
    """A neighbour's list that takes part in searches until it ends."""

    gateway_id: str
    list_id: str
    made_at: datetime
    expires_at: datetime
    people: int


class DuplicateBook:
    """Everybody recorded here; any thread may call, and searches go on beside additions.

    Calls block, some for a second: they are meant for a thread, not for an event loop.
    """

    def __init__(self, gateway_id: str, keeping: Keeping | None = None) -> None:
        self.gateway_id = gateway_id
        self._keeping = keeping
        self._people = People()
        self._sources: dict[str, StoredSource] = {}
        self._write_lock = Lock()
        if keeping is not None:
            for read in keeping.people():
                self._people.add(read.person, read.surroundings, foreign_codes=read.foreign_codes)
            self._sources = {source.gateway_id: source for source in keeping.sources()}

    @classmethod
    def open(
        cls,
        directory: Path,
        gateway_id: str,
        wraps: Sequence[KeyWrap] | None,
        *,
        on_incident: Callable[[BookIncident], None] | None = None,
    ) -> Self:
        """The book that is kept in `directory`, or a new one; with `wraps` None, one in memory alone.

        The caller holds the state folder's lock. Everybody is read: a second for 5,000 people.

        Parameters
        ----------
        directory : Path
        gateway_id : str
        wraps : sequence of KeyWrap or None
            What closes the local key (`gateway.trust.open_local_key`), the preferred one first; with an empty one the
            key lies on the disk in clear, which is for drawn persons alone. None is refused where a kept book is there:
            it is neither opened nor replaced.
        on_incident : callable, optional
            Told when a damaged file was set aside.

        Raises
        ------
        LocalKeyLocked, KeyProblem, BookTooNew, BookFull, BookUnwritable
        """
        keeping = Keeping.open(directory, wraps, on_incident)
        try:
            return cls(gateway_id, keeping)
        except BaseException:
            if keeping is not None:
                keeping.close()
            raise

    def __len__(self) -> int:
        return len(self._people)

    def holds(self, enrolment_id: str) -> bool:
        """Whether somebody of this gateway is searched under that id."""
        return (self.gateway_id, enrolment_id) in self._people

    @property
    def kept(self) -> bool:
        """Whether people are on the disk and found again after a restart."""
        return self._keeping is not None

    @property
    def incidents(self) -> tuple[BookIncident, ...]:
        """What happened to the file since it was opened."""
        return () if self._keeping is None else tuple(self._keeping.incidents)

    def warnings(self) -> tuple[LocalizedText, ...]:
        """What the operator and the technician should know of the book; empty where all is well."""
        if self._keeping is None:
            return (MEMORY_ALONE,)
        unreadable = self._keeping.unreadable
        if not unreadable:
            return ()
        return (
            LocalizedText(
                f"{len(unreadable)} orang yang terekam tidak dapat dibaca dan tidak ikut diperiksa. {unreadable[0]}",
                f"{len(unreadable)} recorded people cannot be read and are left out. {unreadable[0]}",
            ),
        )

    def add(self, person: RecordedPerson) -> bool:
        """Record somebody of this gateway, durably; the same enrolment id again takes the place of the earlier one.

        Returns
        -------
        bool
            Whether the enrolment id is new.

        Raises
        ------
        ValueError
            Another gateway's person; a place or a direction of a minutia is not a finite number.
        BookFull, BookUnwritable
            Nobody was added; the others are as they were.
        """
        if person.gateway_id != self.gateway_id:
            raise ValueError(f"a person of {person.gateway_id} comes with that gateway's list, not one by one")
        surroundings = person_surroundings(person)
        with self._write_lock:
            new = (person.gateway_id, person.enrolment_id) not in self._people
            if self._keeping is not None:
                self._keeping.put([person])
            self._people.add(person, surroundings)
        return new

    def search(
        self,
        biometrics: Biometrics,
        *,
        exclude: str | None = None,
        cancelled: Callable[[], bool] | None = None,
        false_alarm_rate: float = FALSE_ALARM_RATE,
        now: datetime | None = None,
    ) -> DuplicateAnswer:
        """Who of all that were recorded is probably this person.

        Fingers are searched first and fused, then irises where present.

        Parameters
        ----------
        biometrics : Biometrics
        exclude : str, optional
            The enrolment id that is being worked on: its own earlier tries are no duplicate.
        cancelled : callable, optional
            `threading.Event.is_set`, for instance; asked every few milliseconds.
        false_alarm_rate : float
            Of the whole search.
        now : datetime, optional
            UTC, by which neighbours' lists end; the machine's by default.

        Raises
        ------
        SearchCancelled
        ValueError
            A place or a direction of a minutia is not a finite number; the rate is not within 0 and 1.
        """
        probe = usable(biometrics)
        foreign = len(probe.irises) < len(biometrics.irises)
        remarks = [CheckRemark.IRISES_OF_ANOTHER_VERSION] if foreign else []
        if not probe.fingers and not probe.irises:
            nothing = (CheckRemark.NOTHING_USABLE, *remarks)
            return DuplicateAnswer(CheckOutcome.NOT_CHECKED, (), nothing, len(self), 0, false_alarm_rate)
        closed = self._out_of_date(now or datetime.now(UTC))
        roll = self._people.roll(set() if exclude is None else {(self.gateway_id, exclude)}, closed)
        finding = search(self._people, roll, probe, fitted(), cancelled or _never)
        threshold = fitted().least_surprise(max(1, finding.compared), false_alarm_rate)
        candidates = tuple(_candidate(found, threshold) for found in finding.found if found.fused >= threshold)
        # Of several remarks the one that leaves most open comes first.
        if self._keeping is not None and self._keeping.unreadable:
            remarks.insert(0, CheckRemark.NOT_LOADED)
        if roll.foreign_codes:
            remarks.append(CheckRemark.IRISES_OF_ANOTHER_VERSION)
        if closed:
            remarks.append(CheckRemark.LIST_OUT_OF_DATE)
        outcome = CheckOutcome.DUPLICATE if candidates else CheckOutcome.NO_DUPLICATE
        if finding.people and not finding.compared:
            outcome = CheckOutcome.NOT_CHECKED
            remarks.insert(0, CheckRemark.NOTHING_IN_COMMON)
        elif not finding.people and remarks[:1] == [CheckRemark.NOT_LOADED]:
            outcome = CheckOutcome.NOT_CHECKED
        elif not candidates:
            remarks += _weaknesses(finding, probe)
        return DuplicateAnswer(
            outcome, candidates, tuple(dict.fromkeys(remarks)), finding.people, finding.compared, false_alarm_rate
        )

    def forget(self, *enrolment_ids: str) -> Erasure:
        """Erase people of this gateway, as the central's receipt for each asks for; who is not there is passed over.

        Many at once cost little more than one.

        Raises
        ------
        BookFull, BookUnwritable
        """
        with self._write_lock:
            return self._erase([(self.gateway_id, enrolment_id) for enrolment_id in enrolment_ids])

    def purge(self, now: datetime, keep: timedelta) -> Erasure:
        """Erase who was recorded here longer ago than `keep`, neighbours' lists that have ended, damaged files as old.

        Parameters
        ----------
        now : datetime
            UTC. A clock that is plainly wrong (1970) erases nobody. Who was recorded by such a one counts from the
            first time on that is not.
        keep : timedelta

        Raises
        ------
        BookFull, BookUnwritable
        """
        with self._write_lock:
            old = self.older_than(now - keep)
            if is_plausible(now):
                self._date_undated(now)
            files = () if self._keeping is None else self._keeping.erase_set_aside(now - keep)
            ended = self._out_of_date(now)
            return self._erase([(self.gateway_id, enrolment_id) for enrolment_id in old], ended, files)

    def older_than(self, recorded_before: datetime) -> list[str]:
        """Enrolment ids of who was recorded here before a time, UTC; not who was by a clock that was plainly wrong."""
        undated = set(self._undated())
        return [each for each in self._recorded_before(recorded_before) if each not in undated]

    def _recorded_before(self, recorded_before: datetime) -> list[str]:
        if self._keeping is not None:
            return self._keeping.older_than(self.gateway_id, recorded_before)
        return self._people.older_than(self.gateway_id, recorded_before)

    def export_list(
        self, recipient: ec.EllipticCurvePublicKey, key: Signer, now: SignedTime, valid: timedelta
    ) -> bytes:
        """Everybody recorded at this gateway, for one neighbour: signed, and encrypted to its public key (P-256).

        Raises
        ------
        KeyExpired
            The signing key's certificate is not valid now.
        ListTooLarge
        """
        key.check_validity(now)
        people = [person for key_ in self._people.keys_of(self.gateway_id) if (person := self._people.recorded(key_))]
        return pack_list(people, recipient, key, now.wall, now.wall + valid)

    def import_list(
        self,
        data: bytes,
        private_key: ec.EllipticCurvePrivateKey,
        anchors: TrustAnchors,
        now: datetime | None = None,
    ) -> NeighbourSource:
        """Take in a neighbour's list; it replaces an older one of the same gateway as a whole.

        Raises
        ------
        ListRefused
            It is damaged, not signed by a known gateway, not for us, out of date, or older than the one that is there.
        BookFull, BookUnwritable
            The one that was there goes on.
        """
        opened = open_list(data, private_key, anchors, self.gateway_id, now or datetime.now(UTC))
        stated = opened.statement
        source = StoredSource(
            stated.gateway_id, stated.list_id, milliseconds(stated.made_at), milliseconds(stated.expires_at)
        )
        with self._write_lock:
            there = self._sources.get(source.gateway_id)
            if there is not None and there.list_id != source.list_id and there.made_at_ms >= source.made_at_ms:
                raise ListRefused(
                    f"A list of gateway {source.gateway_id} that is as new or newer is there already.",
                    "Forget that source first, if this one is to take its place.",
                )
            if self._keeping is not None:
                self._keeping.put([read.person for read in opened.people], source)
            self._sources[source.gateway_id] = source  # first: people without a list are left out
            gone = set(self._people.keys_of(source.gateway_id))
            for read in opened.people:
                self._people.add(read.person, read.surroundings, foreign_codes=read.foreign_codes)
                gone.discard((read.person.gateway_id, read.person.enrolment_id))
            self._people.remove(gone)
            if self._keeping is not None:
                self._keeping.erase(())  # those of the list before are zeros in the file, and no longer in its log
        return self._source(source)

    def sources(self) -> tuple[NeighbourSource, ...]:
        """The neighbours' lists that are there, also those that have ended."""
        return tuple(self._source(source) for _, source in sorted(self._sources.items()))

    def forget_source(self, gateway_id: str) -> Erasure:
        """Erase a neighbour's list and everybody in it; a gateway without a list is passed over.

        Raises
        ------
        BookFull, BookUnwritable
        """
        if gateway_id == self.gateway_id:
            raise ValueError(f"{gateway_id} is this gateway itself, not a neighbour")
        with self._write_lock:
            return self._erase([], {gateway_id})

    def rewrap(self, wraps: Sequence[KeyWrap]) -> None:
        """Close the local key by another passphrase or token from now on; nothing in memory alone.

        Raises
        ------
        KeyProblem, BookFull, BookUnwritable
        """
        with self._write_lock:
            if self._keeping is not None:
                self._keeping.rewrap(wraps)

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        with self._write_lock:
            if self._keeping is not None:
                self._keeping.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _undated(self) -> list[str]:
        """Who was recorded here at nobody knows what time, as far as they can be read."""
        return [each for each in self._recorded_before(EARLIEST_PLAUSIBLE) if self.holds(each)]

    def _date_undated(self, now: datetime) -> None:
        found = (self._people.recorded((self.gateway_id, each)) for each in self._undated())
        for person in [replace(each, recorded_at=moment(milliseconds(now))) for each in found if each is not None]:
            if self._keeping is not None:
                self._keeping.put([person])
            self._people.add(person, person_surroundings(person))

    def _erase(self, keys: list[Key], sources: Iterable[str] = (), files: tuple[str, ...] = ()) -> Erasure:
        closed = set(sources)
        known = [key for gateway_id in closed for key in self._people.keys_of(gateway_id)]
        if self._keeping is not None:
            erased, searched_for = self._keeping.erase(keys, closed)
        else:
            erased, searched_for = [key for key in [*keys, *known] if key in self._people], 0
        self._people.remove([*keys, *known])
        for gateway_id in closed:
            self._sources.pop(gateway_id, None)
        return Erasure(
            tuple(enrolment_id for gateway_id, enrolment_id in erased if gateway_id == self.gateway_id),
            {one: count for one in sorted(closed) if (count := sum(key[0] == one for key in erased))},
            files,
            searched_for,
        )

    def _out_of_date(self, now: datetime) -> set[str]:
        """Neighbours whose lists have ended; also those whose list was lost in damage, as nobody knows its end."""
        if not is_plausible(now):
            return set()
        known = self._people.gateways()  # first: a list that is taken in meanwhile is then among the sources
        sources = self._sources.copy()
        ended = {one for one, source in sources.items() if moment(source.expires_at_ms) <= now}
        return ended | (known - sources.keys() - {self.gateway_id})

    def _source(self, source: StoredSource) -> NeighbourSource:
        return NeighbourSource(
            source.gateway_id,
            source.list_id,
            moment(source.made_at_ms),
            moment(source.expires_at_ms),
            len(self._people.keys_of(source.gateway_id)),
        )


def _weaknesses(finding: Finding, probe: Biometrics) -> list[CheckRemark]:
    """Why somebody who was recorded before may be missed."""
    found = []
    if finding.people > finding.compared:
        found.append(CheckRemark.SOME_NOT_COMPARED)
    if finding.compared and finding.most == 1:
        found.append(CheckRemark.ONE_SAMPLE)
    if not probe.irises and sum(len(sample.template) for sample in probe.fingers) < _LITTLE_SEEN:
        found.append(CheckRemark.FEW_MINUTIAE)
    return found


def _candidate(found: Found, threshold: float) -> DuplicateCandidate:
    return DuplicateCandidate(
        found.person.enrolment_id,
        found.person.gateway_id,
        found.person.recorded_at,
        found.person.operator,
        found.fingers,
        found.irises,
        found.swapped,
        fitted().rate(found.fused),
        strength(found.fused, threshold),
    )


def _never() -> bool:
    return False
