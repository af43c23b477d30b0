"""Writes `fingerprint_scores.csv`: quality score and minutiae of the public prints that the golden test looks at.

`python -m tests.golden.fingerprint_scores` rewrites it for the prints it names; the diff is for the reviewer to read.
"""

import csv
from pathlib import Path

from gateway.fingerprint import analyze
from tests.gateway.fingerprint.prints import PRINTS, read

GOLDEN = Path(__file__).with_suffix(".csv")


def main() -> None:
    """Analyse every print of the file again."""
    with GOLDEN.open() as lines:
        names = [row["print"] for row in csv.DictReader(lines)]
    with GOLDEN.open("w", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(["print", "score", "minutiae"])
        for name in names:
            quality = analyze(*read(PRINTS / name)).quality
            writer.writerow([name, quality.score, quality.minutia_count])


if __name__ == "__main__":
    main()
