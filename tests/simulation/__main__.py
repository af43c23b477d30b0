"""`make simulate`: a country's gateways after a week's outage, before a centre of a given capacity."""

import argparse
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.figure import Figure, table
from tests.simulation.plots import draw
from tests.simulation.run import WAYS, Outcome, run
from tests.simulation.scenario import Scenario

MOST_LOAD, MOST_TIME = 1.2, 1.3


def figures(outcome: Outcome) -> list[Figure]:
    """What is promised of the gateway's way, or told of another."""
    promised = outcome.way == "gateway"
    name = f"{outcome.way}: "
    load, hours = outcome.load, outcome.seconds / 3_600
    told = [
        Figure(name + "largest load of a minute", [max(load)], "of capacity", MOST_LOAD if promised else None),
        Figure(name + "mean load", [sum(load) / len(load)], "of capacity"),
        Figure(name + "packets that waited", [outcome.backlog_packets], ""),
        Figure(name + "of these never received", [outcome.observation.backlog], "", 0 if promised else None),
        Figure(name + "watched" if not outcome.drained else name + "last packet after", [hours], "h"),
        Figure(name + "ideal", [outcome.ideal_s / 3_600], "h"),
        Figure(name + "received for nothing", [outcome.observation.wasted / 1e9], "GB"),
        Figure(name + "calls turned away", [outcome.observation.refusals], ""),
    ]
    if outcome.drained:
        ratio = [outcome.seconds / outcome.ideal_s]
        told.insert(5, Figure(name + "last packet / ideal", ratio, "x", MOST_TIME if promised else None))
    return told


def main() -> None:
    """Run, print the table, draw."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    scenario = Scenario()
    parser.add_argument("--offices", type=int, default=scenario.offices)
    parser.add_argument("--centre-mb-per-s", type=float, default=scenario.centre_bytes_per_s / 1e6)
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plots", type=Path, help="folder to draw into, e.g. docs/images")
    arguments = parser.parse_args()
    scenario = replace(scenario, offices=arguments.offices, centre_bytes_per_s=arguments.centre_mb_per_s * 1e6)
    print(
        f"{scenario.offices:,} offices, {scenario.backlog:.0f} packets of "
        f"{scenario.packet_bytes / 1e6:.1f} MB in each; a centre that takes "
        f"{scenario.centre_bytes_per_s / 1e6:.1f} MB/s"
    )
    outcomes = [run(scenario, way, arguments.seed) for way in arguments.ways]
    print(table([figure for outcome in outcomes for figure in figures(outcome)]))
    if arguments.plots:
        for path in draw(outcomes, arguments.plots):
            print(path)


if __name__ == "__main__":
    main()
