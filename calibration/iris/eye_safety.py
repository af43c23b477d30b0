"""A check of configured values against the vendor's certified table; irradiance is not measured.

What reaches an eye depends on current, duty, distance and time. The vendor had a laboratory certify combinations of
them (IEC 62471). A gateway knows what it has set; it has no radiometer, and says so.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from math import inf
from pathlib import Path

from calibration.errors import NotInTable, TargetExpired, TargetUnreadable
from calibration.measurement import Measured, Measurement
from gateway.guidance import LocalizedText

PROCEDURE, VERSION = "eye_safety", "1"
WITHIN = LocalizedText(
    "nilai yang disetel berada di dalam tabel tersertifikasi milik vendor; iradiansi tidak diukur",
    "the configured values lie within the vendor's certified table; irradiance was not measured",
)
BEYOND = LocalizedText(
    "nilai yang disetel melampaui tabel tersertifikasi milik vendor; turunkan arus atau waktu, atau jauhkan mata",
    "the configured values exceed the vendor's certified table; lower current or time, or move the eye farther away",
)


@dataclass(frozen=True)
class CertifiedRow:
    """One combination that was certified: no nearer, no longer, no more.

    Parameters
    ----------
    nearest_mm : float
    longest_s : float
        Time of an exposure of the eye without a pause.
    highest_drive : float
        Current as a share of the rated one times the share of time that the lamps are lit, 0 to 1.
    lamps : int
        As many at once.
    """

    nearest_mm: float
    longest_s: float
    highest_drive: float
    lamps: int


@dataclass(frozen=True)
class VendorTable:
    """What the vendor's certificate says.

    Parameters
    ----------
    model, certificate, laboratory, standard : str
    valid_until : date
    rows : tuple of CertifiedRow
    """

    model: str
    certificate: str
    laboratory: str
    standard: str
    valid_until: date
    rows: tuple[CertifiedRow, ...]

    def check_valid(self, on: date) -> None:
        """TargetExpired once its certificate ran out."""
        if on > self.valid_until:
            raise TargetExpired(
                f"certificate {self.certificate} ran out on {self.valid_until}; ask the vendor for a new one"
            )


@dataclass(frozen=True)
class ConfiguredLight:
    """What the camera is set to.

    Parameters
    ----------
    current : float
        Share of the rated current, 0 to 1.
    duty : float
        Share of the time that the lamps are lit, 0 to 1.
    lamps : int
        How many at once.
    nearest_mm : float
        The nearest that an eye can come.
    longest_s : float
        The longest that the lamps burn for one person.
    """

    current: float
    duty: float
    lamps: int
    nearest_mm: float
    longest_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.current <= 1 or not 0 <= self.duty <= 1 or self.lamps < 0:
            raise ValueError("current and duty are shares of 0 to 1, lamps are not negative")
        if not 0 < self.nearest_mm < inf or not 0 < self.longest_s < inf:
            raise ValueError("nearest_mm and longest_s must be positive and finite")


@dataclass(frozen=True)
class EyeSafetyFile:
    """What a technician gives for this check: how the camera is set, and the vendor's table."""

    configured: ConfiguredLight
    table: VendorTable

    def check_valid(self, on: date) -> None:
        """TargetExpired once the certificate of the table ran out."""
        self.table.check_valid(on)


def as_told(configured: ConfiguredLight, levels: Sequence[float], lamps: Sequence[int]) -> ConfiguredLight:
    """What is configured, and no less than what the camera tells of its own light.

    Parameters
    ----------
    configured : ConfiguredLight
        As the file states it.
    levels : sequence of float
        Drive of the lamps in each frame, 0 to 1.
    lamps : sequence of int
        How many were lit in each; 0 where the camera does not tell them apart.
    """
    return replace(
        configured,
        current=max(configured.current, *levels) if levels else configured.current,
        lamps=max(configured.lamps, *lamps) if lamps else configured.lamps,
    )


def check(configured: ConfiguredLight, table: VendorTable, model: str, today: date) -> Measurement:
    """`configured_drive` in percent of what the table allows there: at most 100 is within it.

    Rows are not interpolated: one counts where it was certified for an eye as near or nearer, a time as long or
    longer, and as many lamps or more; of those the one that allows most.

    Raises
    ------
    NotInTable
        Another model, or no row covers distance, time and lamps.
    TargetExpired
        The certificate ran out.
    """
    if model != table.model:
        raise NotInTable(
            f"the vendor's table is for {table.model!r}, this camera is {model!r}; get the one of this model"
        )
    table.check_valid(today)
    covering = [
        row
        for row in table.rows
        if row.nearest_mm <= configured.nearest_mm
        and row.longest_s >= configured.longest_s
        and row.lamps >= configured.lamps
    ]
    if not covering:
        raise NotInTable(
            f"no row of certificate {table.certificate} covers {configured.lamps} lamps,"
            f" {configured.nearest_mm:g} mm and {configured.longest_s:g} s; set what it covers, nothing is interpolated"
        )
    allowed = max(row.highest_drive for row in covering)
    percent = 100 * configured.current * configured.duty / allowed
    words = WITHIN if percent <= 100 else BEYOND
    told = f"certificate {table.certificate}, {table.laboratory}, {table.standard}, until {table.valid_until}"
    values = (Measured("configured_drive", percent, 0.0, "%"),)
    return Measurement(PROCEDURE, VERSION, values, {}, (), (words.en, words.id, told))


_TABLE_KEYS = ("model", "certificate", "laboratory", "standard", "valid_until", "row")
_ROW_KEYS = ("nearest_mm", "longest_s", "highest_drive", "lamps")
_CONFIGURED_KEYS = ("current", "duty", "lamps", "nearest_mm", "longest_s")


def read_vendor_table(path: Path) -> VendorTable:
    """Read a vendor's table; every key has to be known and there.

    Raises
    ------
    TargetUnreadable
        The message names the file, the row and the key.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TargetUnreadable(f"{path.name}: {error}") from error
    return _vendor_table(path.name, document)


def eye_safety_file(place: str, document: Mapping[str, object]) -> EyeSafetyFile:
    """`[configured]` and the vendor's `[table]` of a file; every key has to be known and there.

    Raises
    ------
    TargetUnreadable
        The message names `place` and the key.
    """
    tables: list[dict[str, object]] = []
    for key in ("configured", "table"):
        found = document.get(key)
        if not isinstance(found, dict):
            raise TargetUnreadable(f"{place}: the table [{key}] is missing")
        tables.append(found)
    configured, table = tables
    where = f"{place}, configured"
    _check_keys(where, configured, _CONFIGURED_KEYS)
    numbers = {key: _positive(where, key, configured[key]) for key in _CONFIGURED_KEYS}
    lamps = numbers.pop("lamps")
    if lamps != int(lamps):
        raise TargetUnreadable(f"{where}: key 'lamps' has to be a whole number, not {lamps:g}")
    try:
        light = ConfiguredLight(lamps=int(lamps), **numbers)
    except ValueError as error:
        raise TargetUnreadable(f"{where}: {error}") from error
    return EyeSafetyFile(light, _vendor_table(f"{place}, table", table))


def _vendor_table(place: str, document: dict[str, object]) -> VendorTable:
    _check_keys(place, document, _TABLE_KEYS)
    texts = []
    for key in _TABLE_KEYS[:4]:
        value = document[key]
        if not isinstance(value, str) or not value.strip():
            raise TargetUnreadable(f"{place}: key {key!r} has to be text")
        texts.append(value)
    until, listed = document["valid_until"], document["row"]
    if type(until) is not date:
        raise TargetUnreadable(f"{place}: key 'valid_until' has to be a date, as 2027-12-31 without quotes")
    if not isinstance(listed, list) or not listed or not all(isinstance(row, dict) for row in listed):
        raise TargetUnreadable(f"{place}: key 'row' has to be a list of tables: write [[row]]")
    rows = tuple(_row(f"{place}: row {number}", row) for number, row in enumerate(listed, 1))
    return VendorTable(texts[0], texts[1], texts[2], texts[3], until, rows)


def _row(place: str, table: dict[str, object]) -> CertifiedRow:
    _check_keys(place, table, _ROW_KEYS)
    numbers = [_positive(place, key, table[key]) for key in _ROW_KEYS]
    if numbers[2] > 1 or numbers[3] != int(numbers[3]):
        raise TargetUnreadable(f"{place}: key 'highest_drive' is a share of 0 to 1, and 'lamps' a whole number")
    return CertifiedRow(numbers[0], numbers[1], numbers[2], int(numbers[3]))


def _positive(place: str, key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
        raise TargetUnreadable(f"{place}: key {key!r} has to be a positive number, not {value!r}")
    return float(value)


def _check_keys(place: str, table: dict[str, object], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, 1)
            meant = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            raise TargetUnreadable(f"{place}: unknown key {key!r}; {meant}")
    for key in known:
        if key not in table:
            raise TargetUnreadable(f"{place}: key {key!r} is missing")
