"""One measured figure beside its goal, and the table of them."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """What was measured, several times over.

    Parameters
    ----------
    name : str
        What it is.
    values : sequence of float
        One value per run.
    unit : str
        Of the values and the goal.
    goal : float, optional
        What is promised; without one the figure is only told.
    better : {"lower", "higher"}
        On which side of the goal it is met.
    judged : {"median", "worst"}
        Which of the values is held against the goal.
    excuse : str
        Why the goal does not apply to this machine; empty where it does.
    """

    name: str
    values: Sequence[float]
    unit: str
    goal: float | None = None
    better: Literal["lower", "higher"] = "lower"
    judged: Literal["median", "worst"] = "median"
    excuse: str = ""

    @property
    def value(self) -> float:
        """The value that is held against the goal."""
        if self.judged == "median":
            return statistics.median(self.values)
        return max(self.values) if self.better == "lower" else min(self.values)

    @property
    def verdict(self) -> str:
        """`met`, `MISSED`, what excuses it, or nothing where there is no goal."""
        if self.goal is None:
            return ""
        met = self.value <= self.goal if self.better == "lower" else self.value >= self.goal
        return "met" if met else self.excuse or "MISSED"

    @property
    def row(self) -> tuple[str, str, str, str, str]:
        """Name, goal, value, spread and verdict, as text."""
        sign = "≤" if self.better == "lower" else "≥"
        goal = "" if self.goal is None else f"{sign} {_plain(self.goal)} {self.unit}"
        several = len(self.values) > 1
        spread = f"{_plain(min(self.values))} - {_plain(max(self.values))}" if several else ""
        return self.name, goal, f"{_plain(self.value)} {self.unit}", spread, self.verdict


HEAD = ("Figure", "Goal", "Value", "Min - max", "Verdict")


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table that also reads well on a terminal."""
    return markdown([HEAD, *(figure.row for figure in figures)])


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text, the head first, as a table with columns of even width."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _plain(value: float) -> str:
    """Three significant digits, without an exponent."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
