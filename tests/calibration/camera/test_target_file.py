"""Files of cards and of a vendor's table."""

from datetime import date
from importlib.resources import files

import pytest

from calibration.camera.target import CameraTarget, CameraTargetKind
from calibration.camera.target_file import KINDS, nominal_camera_targets, read_camera_target
from calibration.errors import TargetUnreadable
from calibration.installed import read_target_file
from calibration.iris.eye_safety import EyeSafetyFile

SQUARE = """id = "S-12"
kind = "iris-square"
side_mm = 24.0
distance_mm = 350
[certificate]
number = "KAN 7"
issued = 2026-01-02
expires = 2027-01-01
"""
SAFETY = (files("calibration.camera.targets") / "synthetic-eye-safety.toml").read_text("utf-8")


def test_the_nominal_ones_are_of_every_kind() -> None:
    assert {used.kind for _, used in nominal_camera_targets().values()} == set(KINDS)
    for name, (_, used) in nominal_camera_targets().items():
        assert (used.id, len(used.sha256)) == (name, 64)


def test_a_card_is_as_its_file_says_and_all_of_it_is_scaled() -> None:
    read = read_camera_target(SQUARE.encode())
    assert read is not None
    target, used = read
    assert isinstance(target, CameraTarget)
    assert (target.kind, target.side_mm, target.distance_mm) == (CameraTargetKind.SQUARE, 24.0, 350.0)
    assert target.dot_mm == (0.0, pytest.approx(-15.2))
    assert (target.valid_from, used.expires, used.certificate) == (date(2026, 1, 2), date(2027, 1, 1), "KAN 7")


def test_a_scanners_target_is_left_to_its_own_reader() -> None:
    assert read_camera_target(b'kind = "ladder"') is None
    assert read_camera_target(b"\xff\x00") is None
    with pytest.raises(TargetUnreadable):
        read_target_file(b"kind = ")


def test_a_vendors_table_is_a_target_with_its_certificate() -> None:
    found, used = read_target_file(SAFETY.encode())
    assert isinstance(found, EyeSafetyFile)
    assert (used.kind, used.certificate, used.expires) == ("eye-safety", "EXAMPLE-0", date(2099, 12, 31))
    assert found.configured.nearest_mm == 150


@pytest.mark.parametrize(
    ("text", "old", "new", "told"),
    [
        (SQUARE, "side_mm", "size_mm", "no key 'size_mm'; there are id"),
        (SQUARE, "24.0", "-1", "'side_mm' has to be a positive number"),
        (SQUARE, "24.0", "true", "'side_mm' has to be a positive number"),
        (SQUARE, "24.0", "2000.0", "no target"),
        (SQUARE, 'id = "S-12"', "", "'id' has to be text"),
        (SQUARE, "2027-01-01", '"2027"', "expires has to be a day"),
        (SQUARE, "2027-01-01", "2025-01-01", "lies before"),
        (SAFETY, "duty = 1.0", "duty = 1.5", "shares of 0 to 1"),
        (SAFETY, "duty = 1.0", "dutty = 1.0", "'dutty'; did you mean 'duty'"),
        (SAFETY, "lamps = 2", "lamps = 2.5", "whole number"),
        (SAFETY, "[configured]", "[set]", "no key 'set'"),
        (SAFETY, "lamps = 4", "lamps = 0", "row 1: key 'lamps'"),
    ],
)
def test_a_typo_is_named(text: str, old: str, new: str, told: str) -> None:
    assert old in text
    with pytest.raises(TargetUnreadable, match=told):
        read_camera_target(text.replace(old, new, 1).encode())
