"""The figures of `make accuracy` are what they are called: rates, thresholds, verdicts."""

import numpy as np
import pytest

from drivers.iris.synthesis.eye import Ellipse
from gateway.iris import Contour
from tests.benchmarks.iris_drawn import square_distance
from tests.benchmarks.iris_figure import POOLED, IrisFigure, table
from tests.benchmarks.iris_sets import CodedSet, PairDistances, error_rates, without_the_worst


def test_rates_of_pairs_that_are_apart_are_0() -> None:
    eer, fnmr, limit = error_rates(np.array([0.1, 0.2]), np.array([0.4, 0.45]))
    assert (eer, fnmr) == (0, 0)
    assert limit == 0.2


def test_rates_of_pairs_that_overlap() -> None:
    genuine = np.r_[np.full(80, 0.1), np.full(20, 0.43)]
    impostor = np.r_[np.full(10, 0.3), np.full(990, 0.45)]
    eer, fnmr, limit = error_rates(genuine, impostor)
    # At 0.43 nothing is missed and 1 % accepted, at 0.1 a fifth missed and nothing accepted.
    assert eer == pytest.approx(0.5)
    assert fnmr == pytest.approx(20)
    assert limit == 0.1


def test_one_impostor_of_a_thousand_may_be_accepted() -> None:
    impostor = np.r_[0.2, np.full(999, 0.45)]
    assert error_rates(np.array([0.1, 0.3]), impostor)[1] == 0
    assert error_rates(np.array([0.1, 0.3]), impostor[:-1])[1] == 50


def test_a_mated_pair_without_a_code_is_missed_at_every_threshold() -> None:
    eer, fnmr, limit = error_rates(np.array([0.1, 0.1, 0.1, np.inf]), np.array([0.4, 0.45]))
    assert fnmr == 25
    assert eer > 0
    assert np.isfinite(limit)


def test_the_worst_tenth_by_score_is_left_out() -> None:
    scores = (5, 90, 80, 70, 60, 50, 45, 44, 43, 42)
    blank = tuple("abcdefghij")
    coded = CodedSet("drawn", blank, blank, (None,) * 10, scores)
    mates = np.array([[0, 1], [2, 3], [4, 5], [6, 7]])
    pairs = PairDistances(np.array([0.44, 0.1, 0.44, 0.1]), np.full(1000, 0.43), mates)
    of_all, left = without_the_worst(coded, pairs)
    assert of_all == 50
    assert left == pytest.approx(100 / 3)


def test_verdicts_are_of_the_worst_value() -> None:
    assert IrisFigure("EER", {"A": 0.1, "B": 0.5}, "%", 1, 0.5).verdict == "reached"
    assert IrisFigure("EER", {"A": 0.1, "B": 0.6}, "%", 1, 0.5).verdict == "met"
    assert IrisFigure("EER", {"A": 0.1, "B": 1.1}, "%", 1, 0.5).verdict == "MISSED"
    assert IrisFigure("right", {POOLED: 91.0}, "%", 90, 98, "higher").verdict == "met"
    assert IrisFigure("right", {POOLED: 89.0}, "%", 90, 98, "higher").verdict == "MISSED"
    assert IrisFigure("found", {POOLED: float("nan")}, "%", 99, None, "higher").verdict == "MISSED"
    assert IrisFigure("told", {POOLED: 3.0}, "ms").verdict == ""


def test_the_table_has_a_column_for_every_set() -> None:
    rows = table([IrisFigure("EER", {"B": 0.25}, "%", 1), IrisFigure("points", {"A": -0.5, POOLED: 0.126}, "")])
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in rows.splitlines()]
    assert cells[0] == ["Figure", "Must", "Reach", "A", "B", "pooled", "Verdict", "Of"]
    assert cells[2] == ["EER", "≤ 1 %", "", "", "0.25", "", "met", ""]
    assert cells[3] == ["points", "", "", "-0.5", "", "0.13", "", ""]


def test_an_outline_strays_by_what_it_was_moved_and_grown() -> None:
    truth = Ellipse(50.0, 40.0, 30.0, 20.0, 0.4)
    angles = np.arange(256) * (2 * np.pi / 256)
    cos, sin = np.cos(truth.angle), np.sin(truth.angle)

    def outline(grown: float) -> Contour:
        along, across = 30 * grown * np.cos(angles), 20 * grown * np.sin(angles)
        points = np.stack([50 + along * cos - across * sin, 40 + along * sin + across * cos], axis=1)
        return Contour(points.astype(np.float32))

    assert square_distance(outline(1.0), truth) == pytest.approx(0, abs=1e-8)
    # 10 % of radii between 20 and 30: half of the sum of both squares.
    assert square_distance(outline(1.1), truth) == pytest.approx((3.0**2 + 2.0**2) / 2, rel=1e-3)
