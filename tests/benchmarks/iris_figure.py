"""One figure of the irises beside what it must be and what it should reach, per set; and the table of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.benchmarks.figure import markdown

POOLED = "pooled"
"""Column of a figure over all sets, or of one that has none."""


@dataclass(frozen=True)
class IrisFigure:
    """What was measured, per set.

    Parameters
    ----------
    name : str
        What it is.
    values : mapping of str to float
        By set, or `POOLED`; each of them is held against the goals.
    unit : str
        Of the values and the goals.
    must, reach : float, optional
        What is asked at least, and what is hoped for; without either the figure is only told.
    better : {"lower", "higher"}
        On which side of a goal it is met.
    note : str
        What the value rests on.
    """

    name: str
    values: Mapping[str, float]
    unit: str
    must: float | None = None
    reach: float | None = None
    better: Literal["lower", "higher"] = "lower"
    note: str = ""

    @property
    def worst(self) -> float:
        """The value that is held against the goals; nan, which meets none, where anything was not measured."""
        values = list(self.values.values())
        if any(value != value for value in values):
            return float("nan")
        return max(values) if self.better == "lower" else min(values)

    @property
    def verdict(self) -> str:
        """`reached`, `met`, `MISSED`, or nothing where there is no goal."""
        if self.must is None:
            return ""
        if self.reach is not None and self._within(self.reach):
            return "reached"
        return "met" if self._within(self.must) else "MISSED"

    def _within(self, goal: float) -> bool:
        return self.worst <= goal if self.better == "lower" else self.worst >= goal

    def row(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Name, goals, the values of `columns`, verdict and note, as text."""
        sign = "≤" if self.better == "lower" else "≥"
        goals = ("" if goal is None else f"{sign} {_plain(goal)} {self.unit}".rstrip() for goal in self.goals)
        values = (_plain(self.values[column]) if column in self.values else "" for column in columns)
        return self.name, *goals, *values, self.verdict, self.note

    @property
    def goals(self) -> tuple[float | None, float | None]:
        """What it must be, and what it should reach."""
        return self.must, self.reach


def table(figures: Sequence[IrisFigure]) -> str:
    """The figures as a Markdown table that also reads well on a terminal; a column per set that any of them has."""
    named = sorted({name for figure in figures for name in figure.values} - {POOLED})
    columns = [*named, *([POOLED] if any(POOLED in figure.values for figure in figures) else [])]
    head = ("Figure", "Must", "Reach", *(("Value",) if columns == [POOLED] else columns), "Verdict", "Of")
    return markdown([head, *(figure.row(columns) for figure in figures)])


def _plain(value: float) -> str:
    """Three significant digits, two decimals at most, without an exponent."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1 else f"{value:.2f}".rstrip("0").rstrip(".")
