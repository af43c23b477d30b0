"""The duplicate check among 5,000 people: how long an answer takes, mates missed, false alarms, storage.

`python -m tests.benchmarks.duplicate_search` is the quick run (400 people, two minutes); `--full` enrols 5,000 and
takes some twenty minutes of one core. No person is one that the threshold was fitted on.

- **mates**: drawn persons, two fingers each, recorded clean; each comes again in another placement: clean, dry, wet,
  lightly or firmly pressed, turned, off centre, partial.
- **others on the list**: drawn persons and the same ones mirrored, then altered copies of these up to the number; they
  come as a neighbour's list.
- **newcomers**: drawn persons and the same ones mirrored, and the mates' second placements mirrored: fingers that are
  not on the list.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.duplicates import (
    Biometrics,
    CheckOutcome,
    DuplicateAnswer,
    DuplicateBook,
    FingerSample,
    IrisSample,
    RecordedPerson,
)
from gateway.iris import IrisCode
from gateway.iris.code import COLUMNS, PARTS, ROWS, packed
from gateway.trust import PassphraseWrap, TrustAnchors, open_signing_key, time_now
from tests.benchmarks.duplicate_people import (
    EYES,
    MATES,
    NEWCOMERS,
    OTHERS,
    POSITIONS,
    DrawnPerson,
    drawn_irises,
    drawn_people,
)
from tests.benchmarks.figure import Figure, table

HERE, NEXT_DOOR = "here", "next-door"
RECORDED_AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Size:
    """How many persons take part: drawn mates, drawn others, drawn newcomers, and all on the list."""

    people: int
    mates: int
    others: int
    newcomers: int
    eye_mates: int


QUICK = Size(400, 60, 40, 30, 8)
FULL = Size(5000, 500, 350, 250, 30)


@dataclass(frozen=True, eq=False)
class Tried:
    """Searches, and what each cost."""

    answers: list[DuplicateAnswer]
    cpu_s: list[float]


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """All figures; the goals are those of the full size, and hold for the quick one too."""
    size = QUICK if quick else FULL
    mates = list(drawn_people(MATES, size.mates, 2))
    newcomers = [person for (person,) in drawn_people(NEWCOMERS, size.newcomers)]
    newcomers += [person.mirrored() for person in newcomers]
    newcomers += [again.mirrored() for _, again in mates]
    others = [person for (person,) in drawn_people(OTHERS, size.others)]
    others += [person.mirrored() for person in others]
    found, book = filled_book(scratch, [first for first, _ in mates], others, size)
    with book:
        found += search_figures(book, [again for _, again in mates], newcomers, size)
    return found + storage_figures(scratch, size) + iris_figures(size)


def filled_book(
    scratch: Path, mates: Sequence[DrawnPerson], others: Sequence[DrawnPerson], size: Size
) -> tuple[list[Figure], DuplicateBook]:
    """The mates recorded here, the others taken in as a neighbour's list."""
    book = DuplicateBook.open(scratch / "book", HERE, [PassphraseWrap(b"benchmark")])
    adding = []
    for number, person in enumerate(mates):
        began = time.perf_counter()
        book.add(recorded(HERE, number, person.samples()))
        adding.append(1e3 * (time.perf_counter() - began))
    rng = np.random.default_rng(23)
    neighbour = DuplicateBook(NEXT_DOOR)
    for number, person in enumerate(islice(cycle(others), size.people - len(mates))):
        there = person if number < len(others) else person.altered(rng)
        neighbour.add(recorded(NEXT_DOOR, number, there.samples()))
    key, private_key = open_signing_key(scratch / "keys", NEXT_DOOR), ec.generate_private_key(ec.SECP256R1())
    began = time.process_time()
    data = neighbour.export_list(private_key.public_key(), key, time_now(), timedelta(days=30))
    exported = time.process_time() - began
    began = time.process_time()
    source = book.import_list(data, private_key, TrustAnchors.from_pem(key.trust_bundle().certificates_pem))
    imported = time.process_time() - began
    assert len(book) == size.people, len(book)
    return [
        Figure("a person added, durably (wall)", adding, "ms"),
        Figure(f"neighbour's list of {source.people:,} exported (CPU)", [exported], "s"),
        Figure(f"  its size: {source.people:,} people", [len(data) / 1e6], "MB"),
        Figure("  and imported (CPU)", [imported], "s"),
    ], book


def search_figures(
    book: DuplicateBook, again: Sequence[DrawnPerson], newcomers: Sequence[DrawnPerson], size: Size
) -> list[Figure]:
    """Time of an answer, mates missed, newcomers warned of, and hands exchanged."""
    tried = searched(book, [person.samples() for person in again])
    new = searched(book, [person.samples() for person in newcomers])
    swapped = [
        tuple(map(FingerSample, reversed(POSITIONS), person.fingers)) for person in again[: max(20, len(again) // 5)]
    ]
    exchanged = searched(book, swapped)
    one_finger = searched(book, [person.samples()[:1] for person in again[: max(20, len(again) // 5)]])
    alarms = sum(bool(answer.candidates) for answer in new.answers)
    beside = sum(
        any(candidate.enrolment_id != name_of(number) for candidate in answer.candidates)
        for number, answer in enumerate(tried.answers)
    )
    return [
        Figure(f"answer among {size.people:,}, two fingers (CPU)", tried.cpu_s + new.cpu_s, "s", 1.5, judged="worst"),
        Figure(f"mates missed of {len(again)}", [missed(tried)], "people", 0),
        Figure(
            f"warned wrongly of {len(newcomers):,} newcomers, per 1,000", [1000 * alarms / len(newcomers)], "people", 1
        ),
        Figure(f"mates' searches with somebody else in the answer, of {len(again)}", [beside], "people"),
        Figure(f"mates missed with hands exchanged, of {len(swapped)}", [missed(exchanged)], "people", 0),
        Figure(f"mates missed by the right finger alone, of {len(one_finger.answers)}", [missed(one_finger)], "people"),
        Figure("weakest mate beyond the threshold, rates under 1e-12 not told", [weakest(tried)], "decades"),
    ]


def searched(book: DuplicateBook, probes: Sequence[tuple[FingerSample, ...]]) -> Tried:
    """An answer for each."""
    answers, seconds = [], []
    for fingers in probes:
        began = time.process_time()
        answers.append(book.search(Biometrics(fingers)))
        seconds.append(time.process_time() - began)
        assert answers[-1].outcome is not CheckOutcome.NOT_CHECKED
    return Tried(answers, seconds)


def missed(tried: Tried, first: int = 0) -> int:
    """How many of the mates, in their order from number `first` on, are not in their answers."""
    return sum(
        all(candidate.enrolment_id != name_of(number) for candidate in answer.candidates)
        for number, answer in enumerate(tried.answers, first)
    )


def weakest(tried: Tried) -> float:
    """Decades between the weakest mate's rate and what the threshold asks for among so many."""
    return min(
        (
            np.log10(answer.false_alarm_rate / answer.compared) - np.log10(candidate.fmr)
            for number, answer in enumerate(tried.answers)
            for candidate in answer.candidates
            if candidate.enrolment_id == name_of(number)
        ),
        default=0.0,
    )


def storage_figures(scratch: Path, size: Size) -> list[Figure]:
    """What a restart costs, and what is on the disk."""
    began = time.process_time()
    with DuplicateBook.open(scratch / "book", HERE, [PassphraseWrap(b"benchmark")]) as book:
        loaded = time.process_time() - began
        assert len(book) == size.people
        began = time.perf_counter()
        erased = book.forget(*(name_of(number) for number in range(20)))
        seconds = time.perf_counter() - began
        assert len(erased.enrolment_ids) == erased.searched_for == 20
    files = (scratch / "book").glob("duplicates.sqlite3*")
    return [
        Figure(f"book of {size.people:,} opened, scrypt included (CPU)", [loaded], "s"),
        Figure("  on the disk", [sum(path.stat().st_size for path in files) / 1e6], "MB"),
        Figure("20 people erased, overwritten and looked for (wall)", [seconds], "s"),
    ]


def iris_figures(size: Size) -> list[Figure]:
    """Both irises and no finger, among people of two irises each; their codes are spliced of drawn ones."""
    drawn = [times for times in drawn_irises(MATES, size.eye_mates, 2) if all(len(eyes) == len(EYES) for eyes in times)]
    book = DuplicateBook(HERE)
    for number, (first, _) in enumerate(drawn):
        book.add(recorded(HERE, number, irises=first))
    parts = [iris.code for (eyes,) in drawn_irises(OTHERS, size.eye_mates) for iris in eyes]
    rng = np.random.default_rng(29)
    for number in range(len(drawn), size.people):
        book.add(recorded(HERE, number, irises=[IrisSample(eye, spliced(parts, rng)) for eye in EYES]))
    tried, new = Tried([], []), Tried([], [])
    newcomers = [eyes for (eyes,) in drawn_irises(NEWCOMERS, size.eye_mates)]
    for kind, probes in ((tried, [again for _, again in drawn]), (new, newcomers)):
        for irises in probes:
            began = time.process_time()
            kind.answers.append(book.search(Biometrics(irises=irises)))
            kind.cpu_s.append(time.process_time() - began)
    alarms = sum(bool(answer.candidates) for answer in new.answers)
    return [
        Figure(f"answer among {size.people:,}, two irises (CPU)", tried.cpu_s + new.cpu_s, "s", 1.5, judged="worst"),
        Figure(f"mates missed by irises, of {len(drawn)}", [missed(tried)], "people", 0),
        Figure(f"warned wrongly by irises, of {len(newcomers)}", [alarms], "people", 0),
    ]


def spliced(codes: Sequence[IrisCode], rng: np.random.Generator) -> IrisCode:
    """An eye that nobody has: a sector of one code in another, whose rows keep their places."""
    first, second = (codes[index] for index in rng.choice(len(codes), 2, replace=False))
    start, width = rng.integers(COLUMNS), rng.integers(COLUMNS // 4, 3 * COLUMNS // 4)
    columns = (np.arange(COLUMNS) - start) % COLUMNS < width
    sector = np.broadcast_to(packed(columns), (PARTS, ROWS, COLUMNS // 64))
    bits, mask = (
        (one & sector) | (other & ~sector) for one, other in ((first.bits, second.bits), (first.mask, second.mask))
    )
    return IrisCode(bits, mask, first.version)


def recorded(
    gateway_id: str, number: int, fingers: Sequence[FingerSample] = (), irises: Sequence[IrisSample] = ()
) -> RecordedPerson:
    """A person with a number for a name."""
    samples = Biometrics(tuple(fingers), tuple(irises))
    prefix = "" if gateway_id == HERE else f"{gateway_id} "
    return RecordedPerson(prefix + name_of(number), gateway_id, RECORDED_AT, "operator", samples)


def name_of(number: int) -> str:
    """The enrolment id of a person recorded here."""
    return f"E-{number:05d}"


def main() -> int:
    """Measure and print each figure beside its goal; 1 where one is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="5,000 people")
    options = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="rekam-duplicates-") as folder:
        found = figures(Path(folder), quick=not options.full)
    print(table(found))
    print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)
    return int(any(figure.verdict == "MISSED" for figure in found))


if __name__ == "__main__":
    sys.exit(main())
