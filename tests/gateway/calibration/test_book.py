"""The book of calibrations: signed chains that only grow, rules of acceptance, files that are damaged."""

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from calibration.acceptance import ObjectionCode
from calibration.judgement import stated_verdicts
from calibration.limits import limits_of
from calibration.measurement import Measured, Measurement
from calibration.record import CalibratedDevice, CalibrationRecord, Evidence
from calibration.standing import CalibrationState
from drivers import DeviceIdentity, DeviceKind, Frame
from gateway.calibration.book import CalibrationBook
from gateway.calibration.database import FILE_NAME
from gateway.calibration.errors import (
    CalibrationObjected,
    CalibrationOverdue,
    CalibrationRefused,
    CalibrationUnknown,
    RecordsCorrupt,
    RecordsUnwritable,
)
from gateway.calibration.policy import KindPolicy, Policy
from gateway.calibration.store import CalibrationStore
from gateway.calibration.values import Conditions, Decider
from gateway.calibration.verification import verify_entry
from gateway.devices.state import DeviceSnapshot, DeviceState
from gateway.trust import ClockQuality, SignedTime, SigningKey, TrustAnchors, open_signing_key, time_now

KIND = DeviceKind.FINGERPRINT_SCANNER
DEVICE = CalibratedDevice("synthetic:A", KIND.value, "synthetic", "Rekam", "Synthetic", "A", "1", 500.0)
SHAPE = (64, 72)
IDENTITY = DeviceIdentity("synthetic", "Rekam", "Synthetic", "A", "1", 500.0, 72, 64)
SNAPSHOT = DeviceSnapshot("synthetic:A", "Synthetic", IDENTITY, DeviceState.IDLE)
TECHNICIAN = Decider("Sri", ("technician",), supervisor=False)
SUPERVISOR = Decider("Budi", ("supervisor",), supervisor=True)
POLICY: Policy = {KIND: KindPolicy({CalibrationState.OVERDUE: "refuse"}, 90, "appendix-f-500")}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return open_signing_key(tmp_path_factory.mktemp("keys"), "gateway-1")


class Desk:
    """A book on a folder, its clock in the test's hand."""

    def __init__(self, folder: Path, key: SigningKey) -> None:
        self.folder, self.key = folder, key
        self.wall: datetime | None = None
        self.open()

    def open(self) -> None:
        self.store = CalibrationStore.open(self.folder)
        self.book = CalibrationBook(self.store, self.key, POLICY, self.now)

    def again(self) -> None:
        self.store.close()
        self.open()

    def now(self) -> SignedTime:
        now = time_now()
        return now if self.wall is None else SignedTime(self.wall, now.since_boot_s, ClockQuality.UNTRUSTED, None)

    def measure(self, ppi: float = 500.0, gain: float = 1.25, **changes: str) -> CalibrationRecord:
        maps = {"gain": np.full(SHAPE, gain, np.float32), "offset": np.full(SHAPE, 8, np.float32)}
        scale = tuple(Measured(name, ppi, 0.05, "ppi") for name in ("ppi_x", "ppi_y"))
        made = [Measurement("flat_field", "1", (), maps), Measurement("resolution", "1", scale, {}, ("a" * 64,))]
        verdicts = stated_verdicts(limits_of("appendix-f-500"), made)
        device = replace(DEVICE, **changes)
        return self.book.add_record(device, KIND, [(each, "") for each in made], (), verdicts, Conditions("Sri", 24.5))


@pytest.fixture
def desk(tmp_path: Path, key: SigningKey) -> Iterator[Desk]:
    made = Desk(tmp_path, key)
    yield made
    made.store.close()


def frame(level: int = 108) -> Frame:
    return Frame(np.full(SHAPE, level, np.uint8), 500.0, 1.0)


def test_a_measurement_is_not_in_use_until_it_is_accepted_and_then_across_restarts(desk: Desk) -> None:
    one = desk.measure(501.0)
    assert desk.book.for_capture(SNAPSHOT).calibration_id is None
    desk.book.accept(one.calibration_id, TECHNICIAN)
    for _ in range(2):
        calibration = desk.book.for_capture(SNAPSHOT)
        corrected = calibration.correct(frame())
        assert calibration.calibration_id == one.calibration_id
        assert (corrected.pixels == 125).all()
        assert corrected.ppi == 501.0
        desk.again()


def test_a_frame_that_does_not_fit_is_taken_as_it_comes_and_names_no_calibration(desk: Desk) -> None:
    desk.book.accept(desk.measure().calibration_id, TECHNICIAN)
    calibration = desk.book.for_capture(SNAPSHOT)
    other = Frame(np.full((10, 10), 7, np.uint8), 500.0, 1.0)
    assert calibration.correct(other) is other
    assert calibration.calibration_id is None
    assert [each.code.value for each in calibration.remarks] == ["calibration_changed"]


@pytest.mark.parametrize("ppi", [530.0, 470.0])
def test_an_implausible_scale_needs_a_supervisor_and_a_reason(desk: Desk, ppi: float) -> None:
    one = desk.measure(ppi)
    assert ObjectionCode.IMPLAUSIBLE_PPI in {each.code for each in desk.book.objections(one)}
    for decider in (TECHNICIAN, replace(TECHNICIAN, reason="surely"), SUPERVISOR, replace(SUPERVISOR, reason="  ")):
        with pytest.raises(CalibrationObjected, match="ppi_x"):
            desk.book.accept(one.calibration_id, decider)
    decided = desk.book.accept(one.calibration_id, replace(SUPERVISOR, reason="a magnifying adapter"))
    assert decided.objections
    assert decided.reason == "a magnifying adapter"


def test_one_that_would_ruin_frames_is_nobodys(desk: Desk) -> None:
    one = desk.measure(gain=-1.0)
    with pytest.raises(CalibrationRefused, match="gain"):
        desk.book.accept(one.calibration_id, replace(SUPERVISOR, reason="please"))
    with pytest.raises(CalibrationUnknown):
        desk.book.accept("cal-nothing", SUPERVISOR)


def test_rollback_brings_the_former_factors_back(desk: Desk) -> None:
    first, second = desk.measure(501.0), desk.measure(502.0)
    desk.book.accept(first.calibration_id, TECHNICIAN)
    desk.book.accept(second.calibration_id, TECHNICIAN)
    with pytest.raises(CalibrationObjected, match="why"):
        desk.book.rollback(DEVICE.id, TECHNICIAN)
    desk.book.rollback(DEVICE.id, replace(TECHNICIAN, reason="the target was dirty"))
    assert desk.book.for_capture(SNAPSHOT).correct(frame()).ppi == 501.0
    with pytest.raises(CalibrationRefused):
        desk.book.rollback(DEVICE.id, replace(TECHNICIAN, reason="again"))


def test_overdue_is_refused_as_the_policy_says_and_a_drift_makes_overdue(desk: Desk) -> None:
    one = desk.measure()
    desk.book.accept(one.calibration_id, TECHNICIAN)
    evidence = (Evidence("light", 180.0, 210.0, "grey"),)
    assert desk.book.open_due(DEVICE.id, "drift seen", evidence) is not None
    assert desk.book.open_due(DEVICE.id, "drift seen", evidence) is None  # noted once
    with pytest.raises(CalibrationOverdue):
        desk.book.for_capture(SNAPSHOT)
    desk.book.accept(desk.measure().calibration_id, TECHNICIAN)
    assert desk.book.for_capture(SNAPSHOT).calibration_id is not None
    desk.wall = datetime(2200, 1, 1, tzinfo=UTC)
    assert desk.book.standing(DEVICE.id).state is CalibrationState.OVERDUE


def test_another_scanner_under_the_same_name_gets_none_of_its_factors(desk: Desk) -> None:
    desk.book.accept(desk.measure().calibration_id, TECHNICIAN)
    other = replace(SNAPSHOT, identity=replace(IDENTITY, serial="B"))
    calibration = desk.book.for_capture(other)
    assert calibration.calibration_id is None
    assert (calibration.correct(frame()).pixels == 108).all()


def test_every_entry_is_signed_and_names_the_one_before(desk: Desk) -> None:
    desk.book.accept(desk.measure().calibration_id, TECHNICIAN)
    anchors = TrustAnchors.from_pem(desk.key.trust_bundle().certificates_pem)
    for stored in desk.book.signed(DEVICE.id):
        report = verify_entry(stored.jws, anchors)
        assert report.ok, report.failures
        assert next(each for each in report.checks if each.name == "trusted_key").status == "passed"


def test_two_who_accept_at_once_make_one_chain(desk: Desk) -> None:
    records = [desk.measure(500.0 + number / 100) for number in range(8)]
    threads = [threading.Thread(target=desk.book.accept, args=(each.calibration_id, TECHNICIAN)) for each in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.sequence for each in desk.book.entries(DEVICE.id)] == list(range(1, 17))
    desk.again()
    assert len(desk.book.entries(DEVICE.id)) == 16
    assert desk.book.troubles == ()


def test_the_file_refuses_to_change_or_lose_an_entry(desk: Desk) -> None:
    desk.measure()
    desk.store.close()
    with sqlite3.connect(desk.folder / FILE_NAME) as connection:
        for statement in ("DELETE FROM entries", "UPDATE entries SET digest = 'x'"):
            with pytest.raises(sqlite3.IntegrityError, match="kept"):
                connection.execute(statement)
    connection.close()
    desk.open()


def test_a_digit_changed_in_the_file_is_found_and_what_was_before_is_used(desk: Desk) -> None:
    first = desk.measure(501.0)
    desk.book.accept(first.calibration_id, TECHNICIAN)
    second = desk.measure(502.0)
    desk.book.accept(second.calibration_id, TECHNICIAN)
    desk.store.close()
    connection = sqlite3.connect(desk.folder / FILE_NAME)
    connection.execute("DROP TRIGGER entries_are_final")
    (jws,) = connection.execute("SELECT jws FROM entries WHERE sequence = 3").fetchone()
    middle = len(jws) // 2
    changed = jws[:middle] + (b"A" if jws[middle : middle + 1] != b"A" else b"B") + jws[middle + 1 :]
    connection.execute("UPDATE entries SET jws = ? WHERE sequence = 3", (changed,))
    connection.commit()
    connection.close()
    desk.open()
    assert desk.book.standing(DEVICE.id).calibration_id == first.calibration_id
    assert any("damaged" in text for text in desk.book.troubles)
    with pytest.raises(RecordsCorrupt):
        desk.measure()


def test_a_damaged_file_is_set_aside_and_said(desk: Desk) -> None:
    desk.measure()
    desk.store.close()
    for suffix in ("-wal", "-shm"):
        (desk.folder / (FILE_NAME + suffix)).unlink(missing_ok=True)
    (desk.folder / FILE_NAME).write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    desk.open()
    assert desk.book.entries(DEVICE.id) == ()
    assert "set aside" in desk.book.troubles[0]
    assert list(desk.folder.glob("calibration.corrupt-*"))


def test_maps_that_are_lost_do_not_stop_captures(desk: Desk) -> None:
    desk.book.accept(desk.measure().calibration_id, TECHNICIAN)
    desk.store.close()
    connection = sqlite3.connect(desk.folder / FILE_NAME)
    connection.execute("DELETE FROM series")
    connection.commit()
    connection.close()
    desk.open()
    calibration = desk.book.for_capture(SNAPSHOT)
    assert calibration.calibration_id is None
    assert [each.code.value for each in calibration.remarks] == ["calibration_missing"]
    assert desk.book.troubles


def test_a_write_that_fails_changes_nothing(desk: Desk) -> None:
    one = desk.measure()
    desk.store._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(RecordsUnwritable):
        desk.book.accept(one.calibration_id, TECHNICIAN)
    assert desk.book.for_capture(SNAPSHOT).calibration_id is None
    desk.store._connection.execute("PRAGMA query_only = OFF")
    desk.book.accept(one.calibration_id, TECHNICIAN)
    desk.again()
    assert desk.book.standing(DEVICE.id).calibration_id == one.calibration_id
