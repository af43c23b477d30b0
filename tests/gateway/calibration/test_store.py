"""Unfinished runs and looks on the disk: how long they count, and what they leave behind."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from calibration.measurement import Measurement
from calibration.record import UsedTarget
from gateway.calibration import store as store_module
from gateway.calibration.database import FILE_NAME
from gateway.calibration.store import CalibrationStore, RunPart
from gateway.trust import SigningKey, open_signing_key
from tests.gateway.calibration.test_book import Desk

DAY_MS = 86_400_000
NOW_MS = 20_000 * DAY_MS
DEVICE = "synthetic:A"
TARGETS = (
    UsedTarget("light-3", "uniform-light", "CERT-3", date(2027, 1, 1), "3" * 64),
    UsedTarget("dark-4", "uniform-dark", "", None, "4" * 64),
)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return open_signing_key(tmp_path_factory.mktemp("keys"), "gateway-1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CalibrationStore]:
    made = CalibrationStore.open(tmp_path)
    yield made
    made.close()


def part(seed: int = 1, procedure: str = "flat_field") -> RunPart:
    gain = np.random.default_rng(seed).random((40, 40)).astype(np.float32)
    return RunPart(Measurement(procedure, "1", (), {"gain": gain}), TARGETS)


def series_count(folder: Path) -> int:
    with sqlite3.connect(folder / FILE_NAME) as connection:
        (count,) = connection.execute("SELECT count(*) FROM series").fetchone()
    connection.close()
    return int(count)


def test_a_part_comes_back_with_all_its_targets(store: CalibrationStore) -> None:
    store.keep_part("run-1", DEVICE, part(), NOW_MS)
    device_id, (found,) = store.parts("run-1", NOW_MS)
    assert (device_id, found.target_id, found.targets) == (DEVICE, "light-3", TARGETS)
    assert np.array_equal(found.measurement.series["gain"], part().measurement.series["gain"])


@pytest.mark.parametrize(
    ("age_days", "counts"), [(0.0, True), (6.9, True), (7.1, False), (400.0, False), (-0.5, True), (-2_000.0, False)]
)
def test_a_run_is_resumed_within_a_week_and_not_from_the_future(
    store: CalibrationStore, age_days: float, counts: bool
) -> None:
    store.keep_part("run-1", DEVICE, part(), NOW_MS - int(age_days * DAY_MS))
    device_id, found = store.parts("run-1", NOW_MS)
    assert (device_id, len(found)) == ((DEVICE, 1) if counts else ("", 0))


def test_maps_go_with_the_parts_that_named_them_and_with_nothing_else(tmp_path: Path, key: SigningKey) -> None:
    desk = Desk(tmp_path, key)
    record = desk.measure()
    maps_of_record = desk.book.packed_series(record)
    assert series_count(tmp_path) == len(maps_of_record) == 2
    (flat_field, *_) = desk.book.measurements(record)
    desk.store.keep_part("run-0", DEVICE, RunPart(flat_field), NOW_MS - 400 * DAY_MS)  # names what the record names
    desk.store.keep_part("run-1", DEVICE, part(1), NOW_MS - 400 * DAY_MS)
    desk.store.keep_part("run-2", DEVICE, part(2), NOW_MS - DAY_MS)
    assert series_count(tmp_path) == 3, "the record's, and those of the one part that is still young"
    assert desk.book.packed_series(record) == maps_of_record
    assert len(desk.store.parts("run-2", NOW_MS)[1]) == 1
    desk.store.close()


def test_no_map_goes_while_an_entry_cannot_be_read(tmp_path: Path, key: SigningKey) -> None:
    desk = Desk(tmp_path, key)
    desk.measure()
    desk.store.keep_part("run-1", DEVICE, part(1), NOW_MS - 400 * DAY_MS)
    before = series_count(tmp_path)
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("DROP TRIGGER entries_are_final")
        connection.execute("UPDATE entries SET jws = CAST(replace(CAST(jws AS TEXT), 'a', 'b') AS BLOB)")
    connection.close()
    desk.store.keep_part("run-2", DEVICE, part(2), NOW_MS)
    assert series_count(tmp_path) == before + 1
    desk.store.close()


def test_looks_of_the_future_do_not_push_out_those_of_today(
    store: CalibrationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LOOKS_KEPT", 3)
    days = [*range(100, 103), *range(-5, 1)]
    for day in days:
        store.keep_look(DEVICE, NOW_MS + day * DAY_MS, {"light": float(day)})
    assert [figures["light"] for _, figures in store.looks(DEVICE)] == [-2, -1, 0, 100, 101, 102]
