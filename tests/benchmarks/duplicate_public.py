"""The duplicate check on public prints: two fingers of one sensor stand for a person.

`python -m tests.benchmarks.duplicate_public` records the first impressions of pairs of fingers, fills the list with
mirrored and altered ones, and searches for the other impressions; the same ones mirrored are newcomers. The matcher
and its table were fitted on these prints, so that the figures flatter; conditions are harder than a desk's.
"""

import argparse
import sys
from itertools import cycle, islice

import numpy as np

from gateway.duplicates import Biometrics, DuplicateBook
from gateway.finger import FingerTemplate
from tests.benchmarks.duplicate_people import DrawnPerson
from tests.benchmarks.duplicate_search import HERE, Tried, missed, recorded, searched
from tests.benchmarks.finger_templates import PRINTS, extracted_prints


def people_of_prints() -> list[list[DrawnPerson]]:
    """Persons of two neighbouring fingers of one set, each in all their impressions."""
    fingers: dict[tuple[str, str], list[FingerTemplate]] = {}
    for item in extracted_prints():
        fingers.setdefault(item.owner, []).append(item.template)
    names = sorted(fingers)
    pairs = [pair for pair in zip(names[::2], names[1::2], strict=False) if pair[0][0] == pair[1][0]]
    return [[DrawnPerson((one, other)) for one, other in zip(fingers[a], fingers[b], strict=False)] for a, b in pairs]


def main() -> None:
    """Fill, search, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=5000)
    options = parser.parse_args()
    if not PRINTS.is_dir():
        sys.exit(f"the public prints are not there: {PRINTS}")
    people = people_of_prints()
    half = len(people) // 2
    book, rng = DuplicateBook(HERE), np.random.default_rng(37)
    for number, times in enumerate(people):
        book.add(recorded(HERE, number, times[0].samples()))
    strangers = [person.mirrored() for times in people[half:] for person in times]
    for number, person in enumerate(islice(cycle(strangers), options.people - len(people)), len(people)):
        book.add(recorded(HERE, number, (person if number < len(strangers) else person.altered(rng)).samples()))
    lost, tries = 0, 0
    for number, times in enumerate(people):
        tried = searched(book, [person.samples() for person in times[1:]])
        lost += sum(missed(Tried([answer], []), number) for answer in tried.answers)
        tries += len(times) - 1
    newcomers = [person.mirrored() for times in people[:half] for person in times]
    alarms = sum(bool(book.search(Biometrics(person.samples())).candidates) for person in newcomers)
    print(f"{len(people)} people of two fingers among {len(book):,}")
    print(f"mates missed: {lost} of {tries} ({100 * lost / tries:.1f} %)")
    print(f"warned wrongly: {alarms} of {len(newcomers)} newcomers (of {half} people)")


if __name__ == "__main__":
    main()
