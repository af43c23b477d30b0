"""The files of cards for cameras, and of a vendor's table of certified light, as a technician gives them."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.resources import files
from math import inf
from typing import Any

from calibration.camera.target import IRIS_SQUARE, PORTRAIT_CARD, CameraTarget, CameraTargetKind
from calibration.errors import TargetUnreadable
from calibration.iris.eye_safety import EyeSafetyFile, eye_safety_file
from calibration.record import UsedTarget

SQUARE, GREY_CARD, PORTRAIT, EYE_SAFETY = "iris-square", "grey-card", "portrait-card", "eye-safety"
KINDS = (SQUARE, GREY_CARD, PORTRAIT, EYE_SAFETY)
"""What `kind` may be in such a file; all others are targets of scanners."""

_NOMINAL = {
    SQUARE: IRIS_SQUARE,
    GREY_CARD: CameraTarget(CameraTargetKind.GREY),
    PORTRAIT: PORTRAIT_CARD,
}
_SIDES = ("side_mm", "side_uncertainty_mm")
_OWN_KEYS = {
    SQUARE: (*_SIDES, "distance_mm"),
    GREY_CARD: ("unevenness", "distance_mm"),
    PORTRAIT: (*_SIDES, "distance_mm"),
    EYE_SAFETY: ("configured", "table"),
}
_CERTIFICATE = ("number", "issued", "expires")

CameraFile = tuple[CameraTarget | EyeSafetyFile, UsedTarget]


def read_camera_target(content: bytes) -> CameraFile | None:
    """A card or a vendor's table, as procedures read it and as a record states it; None for a scanner's target.

    Parameters
    ----------
    content : bytes
        TOML; of a card: `id`, `kind`, `title`, what differs from the nominal card, and its `[certificate]`.

    Raises
    ------
    TargetUnreadable
        The message names the key.
    """
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None  # the reader of scanners' targets says what is wrong with it
    kind = table.get("kind")
    if kind not in KINDS:
        return None
    sha256 = hashlib.sha256(content).hexdigest()
    where = f"the target {table.get('id', kind)!r}"
    _check_keys(where, table, ("id", "kind", "title", "certificate", *_OWN_KEYS[kind]))
    name = table.get("id")
    if not isinstance(name, str) or not name.strip():
        raise TargetUnreadable(f"{where}: key 'id' has to be text, the name of this very target")
    if kind == EYE_SAFETY:
        found = eye_safety_file(where, table)
        certificate, until = found.table.certificate, found.table.valid_until
        return found, UsedTarget(name, kind, certificate, until, sha256)
    number, issued, expires = _certificate(where, table.get("certificate", {}))
    numbers: dict[str, Any] = {key: _positive(where, key, table[key]) for key in _OWN_KEYS[kind] if key in table}
    nominal = _NOMINAL[kind]
    if "side_mm" in numbers:  # all of a card is printed at one scale
        numbers |= _scaled(nominal, numbers["side_mm"])
    try:
        target = replace(nominal, serial=name, valid_from=issued, valid_until=expires, **numbers)
    except ValueError as error:
        raise TargetUnreadable(f"{where}: {error}") from error
    return target, UsedTarget(name, kind, number, expires, sha256)


@cache
def nominal_camera_targets() -> Mapping[str, CameraFile]:
    """Those that come with Rekam, by id; nominal values, without certificate."""
    found = {}
    for entry in files("calibration.camera.targets").iterdir():
        if entry.name.endswith(".toml"):
            read = read_camera_target(entry.read_bytes())
            assert read is not None
            found[read[1].id] = read
    return found


def _scaled(nominal: CameraTarget, side_mm: float) -> dict[str, Any]:
    share = side_mm / nominal.side_mm
    return {
        "dot_mm": (share * nominal.dot_mm[0], share * nominal.dot_mm[1]),
        "dot_radius_mm": share * nominal.dot_radius_mm,
        "plain_mm": share * nominal.plain_mm,
    }


def _certificate(where: str, table: object) -> tuple[str, date | None, date | None]:
    if not isinstance(table, dict):
        raise TargetUnreadable(f"{where}: certificate has to be a table: write [certificate]")
    _check_keys(f"{where}, certificate", table, _CERTIFICATE)
    days = []
    for key in _CERTIFICATE[1:]:
        day = table.get(key)
        if day is not None and type(day) is not date:
            raise TargetUnreadable(f"{where}: certificate.{key} has to be a day, as 2027-12-31 without quotes")
        days.append(day)
    issued, expires = days
    if issued and expires and expires < issued:
        raise TargetUnreadable(f"{where}: certificate.expires {expires} lies before certificate.issued {issued}")
    return str(table.get("number", "")), issued, expires


def _positive(where: str, key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
        raise TargetUnreadable(f"{where}: key {key!r} has to be a positive number, not {value!r}")
    return float(value)


def _check_keys(where: str, table: Mapping[str, object], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise TargetUnreadable(f"{where}: no key {key!r}; there are {', '.join(known)}")
