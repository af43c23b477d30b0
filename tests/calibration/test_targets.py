"""Targets as data: those that come along, and mistakes told with file and key."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from calibration.errors import TargetExpired, TargetUnreadable
from calibration.targets import bundled_targets, read_target
from calibration.targets.reader import KINDS
from drivers.fingerprint.synthesis.target_element import ElementKind

GOOD = """
id = "bars-77"
kind = "ladder"
title = "Ladder"
size_mm = [40.0, 40.0]
ground = 0.9

[certificate]
number = "C-12"
issued = 2026-01-01
expires = 2027-06-30

[[fields]]
kind = "bars"
centre_mm = [0.0, 0.0]
size_mm = [40.0, 40.0]
light = 0.9
dark = 0.05
frequency = 1.0
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_kind_comes_along_and_its_file_names_it() -> None:
    targets = bundled_targets()
    assert {target.kind for target in targets.values()} == set(KINDS)
    assert all(len(target.sha256) == 64 for target in targets.values())
    assert [f.frequency for f in targets["bars-1-10"].of_kind(ElementKind.BARS)] == [float(n) for n in range(1, 11)]
    assert len(targets["step-tablet-12"].of_kind(ElementKind.UNIFORM)) == 12


def test_fields_lie_within_their_target_and_beside_each_other() -> None:
    for target in bundled_targets().values():
        for field in target.fields:
            if field.turn_deg == 0:
                for axis in (0, 1):
                    assert abs(field.centre_mm[axis]) + field.size_mm[axis] / 2 <= target.size_mm[axis] / 2 + 1e-9
        plain = [field for field in target.fields if field.turn_deg == 0]
        for index, one in enumerate(plain):
            for other in plain[index + 1 :]:
                apart = [
                    abs(one.centre_mm[k] - other.centre_mm[k]) - (one.size_mm[k] + other.size_mm[k]) / 2 for k in (0, 1)
                ]
                assert max(apart) > 0.1, (target.id, one, other)


def test_a_certificate_has_its_days(tmp_path: Path) -> None:
    target = read_target(written(tmp_path, GOOD))
    target.check_valid(date(2026, 1, 1))
    target.check_valid(date(2027, 6, 30))
    with pytest.raises(TargetExpired, match="ended on 2027-06-30"):
        target.check_valid(date(2027, 7, 1))
    with pytest.raises(TargetExpired, match="begins on"):
        target.check_valid(date(2025, 12, 31))
    replace(target, issued=None, expires=None).check_valid(date(1970, 1, 1))


@pytest.mark.parametrize(
    ("good", "bad", "named"),
    [
        ('kind = "ladder"', 'kind = "lader"', "lader"),
        ("ground = 0.9", "grund = 0.9", "grund"),
        ("frequency = 1.0", "frequenz = 1.0", r"fields\[1\].frequenz"),
        ("frequency = 1.0", "frequency = -1.0", r"fields\[1\]"),
        ("frequency = 1.0", 'frequency = "one"', r"fields\[1\]. frequency"),
        ("light = 0.9", "light = 9.0", "reflectances"),
        ("dark = 0.05", "dark = 0.95", "above the dark"),
        ("size_mm = [40.0, 40.0]\nground", "size_mm = 40.0\nground", "size_mm"),
        ("size_mm = [40.0, 40.0]\nlight", "size_mm = [40.0, 0.0]\nlight", "width and a height"),
        ("expires = 2027-06-30", 'expires = "soon"', "certificate.expires"),
        ("expires = 2027-06-30", "expires = 2025-06-30", "lies before"),
        ('id = "bars-77"', "", "id is missing"),
        ("centre_mm = [0.0, 0.0]", "", r"fields\[1\].centre_mm is missing"),
        ("[[fields]]", "[[fields]", "no TOML"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path: Path, good: str, bad: str, named: str) -> None:
    assert GOOD.count(good) == 1
    with pytest.raises(TargetUnreadable, match=named) as told:
        read_target(written(tmp_path, GOOD.replace(good, bad)))
    assert "mine.toml" in str(told.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TargetUnreadable, match="nowhere"):
        read_target(tmp_path / "nowhere.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TargetUnreadable, match="no TOML"):
        read_target(tmp_path / "bytes.toml")
