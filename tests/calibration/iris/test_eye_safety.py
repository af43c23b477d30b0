"""Configured values against a vendor's certified table, and tables with mistakes."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from calibration.errors import NotInTable, TargetExpired, TargetUnreadable
from calibration.iris.eye_safety import ConfiguredLight, check, read_vendor_table

TABLE = """
model = "Iris 7"
certificate = "LED-2026-118"
laboratory = "A laboratory"
standard = "IEC 62471:2006, exempt group"
valid_until = 2028-06-30

[[row]]
nearest_mm = 200
longest_s = 60
highest_drive = 0.30
lamps = 8

[[row]]
nearest_mm = 120
longest_s = 60
highest_drive = 0.12
lamps = 8
"""
SET = ConfiguredLight(current=0.5, duty=0.4, lamps=8, nearest_mm=220, longest_s=20)
TODAY = date(2026, 11, 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "vendor.toml"
    found.write_text(TABLE, "utf-8")
    return found


def test_values_within_the_table_are_worded_as_configured_values(path: Path) -> None:
    measured = check(SET, read_vendor_table(path), "Iris 7", TODAY)
    (value,) = measured.values
    assert value.value == pytest.approx(100 * 0.2 / 0.3)
    assert (
        "the configured values lie within the vendor's certified table; irradiance was not measured" in measured.remarks
    )
    assert "iradiansi tidak diukur" in measured.remarks[1]
    assert "LED-2026-118" in measured.remarks[2]


@pytest.mark.parametrize(("current", "nearest", "percent"), [(1.0, 220, 133.3), (0.5, 150, 166.7)])
def test_values_beyond_it_say_so(path: Path, current: float, nearest: float, percent: float) -> None:
    measured = check(replace(SET, current=current, nearest_mm=nearest), read_vendor_table(path), "Iris 7", TODAY)
    assert measured.values[0].value == pytest.approx(percent, abs=0.1)
    assert "exceed the vendor's certified table" in measured.remarks[0]


@pytest.mark.parametrize("changed", [{"nearest_mm": 100}, {"longest_s": 61}, {"lamps": 9}])
def test_nothing_is_interpolated_or_extrapolated(path: Path, changed: dict[str, float]) -> None:
    with pytest.raises(NotInTable, match="no row of certificate LED-2026-118 covers"):
        check(replace(SET, **changed), read_vendor_table(path), "Iris 7", TODAY)  # type: ignore[arg-type]


def test_another_model_and_an_old_certificate_are_refused(path: Path) -> None:
    table = read_vendor_table(path)
    with pytest.raises(NotInTable, match="Iris 7"):
        check(SET, table, "Iris 8", TODAY)
    with pytest.raises(TargetExpired, match="2028-06-30"):
        check(SET, table, "Iris 7", date(2028, 7, 1))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("longest_s = 60", "longest = 60", r"row 1: unknown key 'longest'; did you mean 'longest_s'\?"),
        ("lamps = 8", "lamps = 8.5", "'lamps' a whole number"),
        ("highest_drive = 0.30", "highest_drive = 30", "share of 0 to 1"),
        ("highest_drive = 0.30", "highest_drive = -1", "has to be a positive number"),
        ("highest_drive = 0.30\n", "", "key 'highest_drive' is missing"),
        ("2028-06-30", '"2028-06-30"', "has to be a date"),
        ('"Iris 7"', "7", "key 'model' has to be text"),
        ("[[row]]", "[[rows]]", "unknown key 'rows'"),
    ],
)
def test_a_mistake_in_the_table_is_named(path: Path, before: str, after: str, told: str) -> None:
    path.write_text(TABLE.replace(before, after, 1), "utf-8")
    with pytest.raises(TargetUnreadable, match=told):
        read_vendor_table(path)


@pytest.mark.parametrize("changed", [{"current": 1.2}, {"duty": -0.1}, {"lamps": -1}, {"nearest_mm": 0}])
def test_impossible_settings_are_no_values(changed: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        replace(SET, **changed)  # type: ignore[arg-type]
