"""The limits that measured values are held against, read strictly from one file per standard."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from itertools import pairwise
from math import isfinite
from pathlib import Path

from calibration.errors import LimitsUnreadable
from gateway.guidance import LocalizedText

FOLDER = Path(__file__).parent / "limits"
MIN_TERMS, MAX_TERMS = 2, 6
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_STANDARD = re.compile(r"[a-z][a-z0-9-]*")
_AT_FREQUENCY = re.compile(r"([a-z][a-z0-9_]*)_(\d+(?:\.\d+)?)")


class Grade(StrEnum):
    """How well a limit is known."""

    READ = "S"
    """Read in a public text that `source` names."""
    KNOWN = "K"
    """Known of the specification and not read again, or chosen by this programme: nominal."""


@dataclass(frozen=True)
class Limit:
    """One limit on one value.

    Parameters
    ----------
    name : str
        Of the limit; the same as `of` unless a value has several.
    of : str
        Name of the measured value, or of the series of cases.
    unit : str
        Of the value and the bounds.
    at_least, at_most : float, optional
        One of them, or both.
    share : float, optional
        Of the cases that have to keep within the bounds, e.g. 0.99; None: every one, or there is only one.
    source, clause : str
        Where the figure stands.
    grade : Grade
    """

    name: str
    of: str
    unit: str
    at_least: float | None
    at_most: float | None
    share: float | None
    source: str
    clause: str
    grade: Grade


@dataclass(frozen=True)
class LimitCurve:
    """The least modulation by frequency: a polynomial, valid between two frequencies and nowhere else.

    Parameters
    ----------
    name : str
        Of the values: `ctf` stands for `ctf_1`, `ctf_5`, `ctf_9.8`, ... at so many cycles per millimetre.
    coefficients : tuple of float
        Of rising powers of the frequency.
    lowest, highest : float
        Cycles per millimetre.
    at_most : float
        What modulation may not exceed at any frequency: more of it is sharpening.
    unit, source, clause, grade
        As of `Limit`.
    """

    name: str
    coefficients: tuple[float, ...]
    lowest: float
    highest: float
    at_most: float
    unit: str
    source: str
    clause: str
    grade: Grade

    def at_least(self, cycles_per_mm: float) -> float:
        """The least modulation at one frequency.

        Raises
        ------
        ValueError
            The curve says nothing of that frequency; nothing is extrapolated.
        """
        if not self.lowest <= cycles_per_mm <= self.highest:
            raise ValueError(
                f"{self.name} has limits from {self.lowest:g} to {self.highest:g} cycles/mm, not at {cycles_per_mm:g}"
            )
        return sum(c * cycles_per_mm**power for power, c in enumerate(self.coefficients))

    def limit_at(self, cycles_per_mm: float) -> Limit:
        """The limit at one frequency; `ValueError` as `at_least`."""
        name = f"{self.name}_{cycles_per_mm:g}"
        least = self.at_least(cycles_per_mm)
        return Limit(name, name, self.unit, least, self.at_most, None, self.source, self.clause, self.grade)


@dataclass(frozen=True)
class LimitSet:
    """All limits of one standard.

    Parameters
    ----------
    standard : str
        As the file is named.
    title : LocalizedText
    wording : LocalizedText
        What may be said of a device that keeps them: a self-test within nominal limits, which is no certificate.
    limits : tuple of Limit
    curves : tuple of LimitCurve
    """

    standard: str
    title: LocalizedText
    wording: LocalizedText
    limits: tuple[Limit, ...]
    curves: tuple[LimitCurve, ...]

    def on(self, value: str) -> tuple[Limit, ...]:
        """The limits on a measured value; none where the standard says nothing of it."""
        named = tuple(limit for limit in self.limits if limit.of == value)
        match = _AT_FREQUENCY.fullmatch(value)
        if match is None:
            return named
        frequency = float(match[2])
        curves = (c for c in self.curves if c.name == match[1] and c.lowest <= frequency <= c.highest)
        return named + tuple(curve.limit_at(frequency) for curve in curves)


def standards() -> tuple[str, ...]:
    """Names of the standards that there are limits of."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def limits_of(standard: str) -> LimitSet:
    """The limits of one standard that comes with the gateway.

    Raises
    ------
    LimitsUnreadable
        No such standard, or a mistake in its file.
    """
    if standard not in standards():
        raise LimitsUnreadable(f"no limits are named {standard!r}; there are {', '.join(standards())}")
    return read_limits(FOLDER / f"{standard}.toml")


def read_limits(path: Path) -> LimitSet:
    """Read a file of limits; every key has to be known, and nothing is filled in.

    Raises
    ------
    LimitsUnreadable
        The message names the file, the entry and the key, and what was expected.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LimitsUnreadable(f"{path.name}: {error}") from error
    whole = _Entry(
        path.name, "", document, ("standard", "title_en", "title_id", "wording_en", "wording_id"), ("limit", "curve")
    )
    standard = whole.text("standard")
    if not _STANDARD.fullmatch(standard) or standard != path.stem:
        raise LimitsUnreadable(
            f"{path.name}: standard is {standard!r}; it has to be the file's own name, {path.stem!r}"
        )
    wording = LocalizedText(whole.text("wording_id"), whole.text("wording_en"))
    if "certif" in wording.en.lower() or "sertifi" in wording.id.lower():
        raise LimitsUnreadable(f"{path.name}: wording_en and wording_id may not speak of a certificate; say self-test")
    limits = tuple(_limit(entry) for entry in whole.entries("limit", _LIMIT_KEYS, _LIMIT_OPTIONS))
    curves = tuple(_curve(entry) for entry in whole.entries("curve", _CURVE_KEYS, ()))
    if not limits and not curves:
        raise LimitsUnreadable(f"{path.name}: it has no limit; add [[limit]] or [[curve]] entries")
    _refuse_doubles(path.name, [limit.name for limit in limits] + [curve.name for curve in curves])
    return LimitSet(standard, LocalizedText(whole.text("title_id"), whole.text("title_en")), wording, limits, curves)


_LIMIT_KEYS = ("name", "unit", "source", "clause", "grade")
_LIMIT_OPTIONS = ("of", "at_least", "at_most", "share")
_CURVE_KEYS = ("name", "coefficients", "lowest", "highest", "at_most", "unit", "source", "clause", "grade")


@dataclass(frozen=True)
class _Entry:
    """One table of a file, whose keys are all known."""

    file: str
    place: str
    table: Mapping[str, object]
    needed: tuple[str, ...]
    optional: tuple[str, ...]

    def __post_init__(self) -> None:
        known = self.needed + self.optional
        for key in self.table:
            if key not in known:
                near = get_close_matches(key, known, 1)
                meant = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
                raise self.mistake(f"unknown key {key!r}; {meant}")
        for key in self.needed:
            if key not in self.table:
                raise self.mistake(f"key {key!r} is missing")

    def mistake(self, what: str) -> LimitsUnreadable:
        return LimitsUnreadable(f"{self.file}: {self.place + ': ' if self.place else ''}{what}")

    def text(self, key: str) -> str:
        value = self.table[key]
        if not isinstance(value, str) or not value.strip():
            raise self.mistake(f"key {key!r} has to be text, not {value!r}")
        return value

    def number(self, key: str) -> float | None:
        value = self.table.get(key)
        return None if key not in self.table else self.finite(key, value)

    def finite(self, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise self.mistake(f"key {key!r} has to be a number, not {value!r}")
        return float(value)

    def grade(self) -> Grade:
        if (value := self.text("grade")) not in tuple(Grade):
            raise self.mistake(f"key 'grade' is {', '.join(Grade)}, not {value!r}")
        return Grade(value)

    def entries(self, key: str, needed: tuple[str, ...], optional: tuple[str, ...]) -> Iterator["_Entry"]:
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
            raise self.mistake(f"key {key!r} has to be a list of tables: write [[{key}]]")
        for index, table in enumerate(value, 1):
            name = table.get("name")
            told = f"{key} {index}" + (f" ({name})" if isinstance(name, str) else "")
            yield _Entry(self.file, told, table, needed, optional)


def _limit(entry: _Entry) -> Limit:
    name = _value_name(entry, "name")
    of = _value_name(entry, "of") if "of" in entry.table else name
    least, most, share = entry.number("at_least"), entry.number("at_most"), entry.number("share")
    if least is None and most is None:
        raise entry.mistake("one of the keys 'at_least' and 'at_most' is missing")
    if least is not None and most is not None and not least < most:
        raise entry.mistake(f"key 'at_least' ({least:g}) has to be below 'at_most' ({most:g})")
    if share is not None and not 0 < share < 1:
        raise entry.mistake(f"key 'share' lies between 0 and 1, as 0.99, not {share:g}")
    texts = (entry.text("source"), entry.text("clause"))
    return Limit(name, of, entry.text("unit"), least, most, share, *texts, entry.grade())


def _curve(entry: _Entry) -> LimitCurve:
    listed = entry.table["coefficients"]
    if not isinstance(listed, list) or not MIN_TERMS <= len(listed) <= MAX_TERMS:
        raise entry.mistake(f"key 'coefficients' has to be a list of {MIN_TERMS} to {MAX_TERMS} numbers")
    coefficients = tuple(entry.finite("coefficients", value) for value in listed)
    lowest, highest, most = (entry.finite(key, entry.table[key]) for key in ("lowest", "highest", "at_most"))
    if not 0 < lowest < highest:
        raise entry.mistake(f"keys 'lowest' ({lowest:g}) and 'highest' ({highest:g}) have to rise from above 0")
    texts = (entry.text("unit"), entry.text("source"), entry.text("clause"))
    curve = LimitCurve(_value_name(entry, "name"), coefficients, lowest, highest, most, *texts, entry.grade())
    # A digit gone from a coefficient shows: a least modulation falls, and stays between none and all.
    steps = [curve.at_least(lowest + (highest - lowest) * step / 50) for step in range(51)]
    falls = all(after < before for before, after in pairwise(steps))
    if not falls or not 0 < steps[-1] < steps[0] < most:
        raise entry.mistake("key 'coefficients' gives no modulation that falls between 1 and 0; a figure is mistyped")
    return curve


def _value_name(entry: _Entry, key: str) -> str:
    if not _NAME.fullmatch(value := entry.text(key)):
        raise entry.mistake(f"key {key!r} has small letters, digits and underscores, not {value!r}")
    return value


def _refuse_doubles(file: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise LimitsUnreadable(f"{file}: two limits are named {name!r}; rename one, and say what it is 'of'")
