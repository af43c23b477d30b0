"""Curves of the runs: what waits, what the centre is asked, what it knows."""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot
from matplotlib.axes import Axes

from tests.simulation.observation import BIN_S
from tests.simulation.run import Outcome

_COLOURS = {"gateway": "#1a6e5a", "naive": "#c0392b", "naive, resumed": "#d68910"}


def draw(outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """Write the plots; their paths."""
    mpl.use("Agg")
    made = []
    for name, plot in (("scale-backlog", _backlog), ("scale-load", _load), ("scale-known", _known)):
        figure, axes = pyplot.subplots(figsize=(7.2, 3.4), dpi=110, layout="constrained")
        plot(axes, outcomes)
        axes.set_xlabel("hours after the centre's return")
        axes.set_xlim(left=0)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
        path = folder / f"{name}.png"
        figure.savefig(path, metadata={"Software": None})
        pyplot.close(figure)
        made.append(path)
    return made


def _backlog(axes: Axes, outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        minutes = range(int(outcome.seconds // BIN_S) + 1)
        came = accumulate(outcome.observation.whole[minute] for minute in minutes)
        new = accumulate(outcome.observation.recorded[minute] for minute in minutes)
        left = [(outcome.backlog_packets + recorded - whole) / 1e3 for whole, recorded in zip(came, new, strict=True)]
        axes.plot(_hours(left), left, color=_COLOURS[outcome.way], label=outcome.way)
    axes.set_ylabel("packets waiting (thousands)")
    axes.set_ylim(bottom=0)


def _load(axes: Axes, outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        load = outcome.load
        axes.plot(_hours(load), load, color=_COLOURS[outcome.way], label=outcome.way, linewidth=0.9)
    axes.axhline(1.2, color="black", linewidth=0.8, linestyle=":", label="1.2 of capacity")
    axes.set_yscale("log")
    axes.set_ylabel("asked of the centre / capacity")


def _known(axes: Axes, outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        minutes = range(int(outcome.seconds // BIN_S) + 1)
        known = [each / 1e3 for each in accumulate(outcome.observation.known[minute] for minute in minutes)]
        axes.plot(_hours(known), known, color=_COLOURS[outcome.way], label=outcome.way)
    axes.set_ylabel("people the centre can search (thousands)")
    axes.set_ylim(bottom=0)


def _hours(values: Sequence[float]) -> list[float]:
    return [minute * BIN_S / 3_600 for minute in range(len(values))]
