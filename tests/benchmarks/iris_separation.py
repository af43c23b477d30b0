"""How well the synthetic irises tell mates from strangers, in two lines."""

from pathlib import Path

from tests.benchmarks.figure import Figure
from tests.benchmarks.synthetic_iris_separation import measure_separation


def figures(_scratch: Path, quick: bool) -> list[Figure]:
    """By a public iris code, with the drawing's own outlines."""
    eyes, impressions = (12, 3) if quick else (30, 3)
    found = measure_separation(range(1, eyes + 1), range(1, impressions + 1))
    told = f"synthetic irises, {eyes} eyes x {impressions}"
    return [
        Figure(f"{told}: equal error rate", [found.eer_percent], "%", goal=0.5),
        Figure("  d'", [found.decidability], "", goal=4, better="higher"),
    ]
