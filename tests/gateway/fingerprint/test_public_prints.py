"""Prints of five public sensors: a sample of them, against expected scores."""

import csv
from pathlib import Path

import numpy as np
import pytest

from gateway.finger import FingerPosition
from gateway.fingerprint import analyze, compare, score_at_fmr
from gateway.records import fmr
from tests.gateway.fingerprint.prints import PRINTS, needs_prints, public_paths, read

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "fingerprint_scores.csv"
pytestmark = [pytest.mark.shared, needs_prints]


def test_scores_and_counts_are_the_expected_ones() -> None:
    with GOLDEN.open() as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) >= 50
    for row in rows:
        analysis = analyze(*read(PRINTS / row["print"]))
        # Rounding differs between builds of OpenCV and numpy: a minutia at a limit comes or goes.
        assert abs(analysis.quality.score - int(row["score"])) <= 2, row
        assert abs(analysis.quality.minutia_count - int(row["minutiae"])) <= 2, row
        assert not analysis.inverted, row


def test_every_sensor_gives_a_record() -> None:
    for path in public_paths()[3::40]:
        pixels, ppi = read(path)
        template = analyze(pixels, ppi).template
        record = fmr.decode(fmr.encode_template(template, FingerPosition.UNKNOWN, 50))
        assert len(record.views[0].template) == len(template) > 0


def test_negatives_are_recognised() -> None:
    for path in public_paths()[::40]:
        pixels, ppi = read(path)
        ground = ~analyze(pixels, ppi).segmentation
        if ground.mean() > 0.1:
            assert analyze(np.asarray(255 - pixels, np.uint8), ppi).inverted, path


def test_mates_of_a_public_set_match() -> None:
    templates = [
        analyze(*read(PRINTS / "UPEK" / f"{finger}_{take}.png")).template for finger in (1, 2) for take in (1, 2)
    ]
    threshold = score_at_fmr(0.001)
    assert compare(templates[0], templates[1]) > threshold
    assert compare(templates[2], templates[3]) > threshold
    assert compare(templates[0], templates[2]) < threshold
