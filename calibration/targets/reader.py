"""Targets read from TOML: fields, reflectances, certificate and expiry; a mistake is named with its file and key."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from calibration.errors import TargetExpired, TargetUnreadable
from drivers.fingerprint.synthesis.target_element import ElementKind, TargetElement

_HERE = Path(__file__).parent
_MAX_BYTES = 200_000
_TOP = {"id", "kind", "title", "size_mm", "ground", "certificate", "note", "fields"}
_CERTIFICATE = {"number", "issuer", "issued", "expires", "reflectance_uncertainty"}
_FIELD = {"kind", "centre_mm", "size_mm", "light", "dark", "frequency", "turn_deg"}
KINDS = ("uniform", "ladder", "steps", "bars", "sine", "edge")


REFLECTANCE_UNCERTAINTY = 0.01
"""Standard, as a share of each reflectance, where a certificate does not tell it: of densities, 0.0043. Rekam's own
assumption of what a densitometer tells; uniform limits of 0.0075 in density have that deviation."""


@dataclass(frozen=True)
class Target:
    """A calibration target.

    Parameters
    ----------
    id : str
        Name of this very target, as on its label.
    kind : str
        One of `KINDS`: what it serves.
    title : str
    size_mm : (float, float)
    ground : float
        Reflectance beside the fields.
    fields : tuple of TargetElement
    certificate : str
        Number of its certificate; empty where it has none.
    issued, expires : date or None
        First and last day of the certificate.
    sha256 : str
        Of the file that describes it.
    reflectance_uncertainty : float
        Standard, as a share of each reflectance; of its certificate.
    """

    id: str
    kind: str
    title: str
    size_mm: tuple[float, float]
    ground: float
    fields: tuple[TargetElement, ...]
    certificate: str = ""
    issued: date | None = None
    expires: date | None = None
    sha256: str = ""
    reflectance_uncertainty: float = REFLECTANCE_UNCERTAINTY

    def of_kind(self, kind: ElementKind) -> tuple[TargetElement, ...]:
        """Its fields of one kind, in the order of the file."""
        return tuple(element for element in self.fields if element.kind is kind)

    def check_valid(self, on: date) -> None:
        """TargetExpired unless its certificate is valid on that day; one without certificate never expires."""
        if self.issued is not None and on < self.issued:
            raise TargetExpired(
                f"the certificate {self.certificate} of target {self.id} begins on {self.issued}, and it is {on};"
                " set the clock right, or use another target"
            )
        if self.expires is not None and on > self.expires:
            raise TargetExpired(
                f"the certificate {self.certificate} of target {self.id} ended on {self.expires};"
                " have it measured again and enter the new certificate, or use another target"
            )


def read_target(path: Path) -> Target:
    """Read a target's description.

    Raises
    ------
    TargetUnreadable
        No such file, no TOML, an unknown or missing key, a value out of range; the message names file and key.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TargetUnreadable(
            f"{path}: {error.strerror or error}; see `rekam calibrate targets` for those there are"
        ) from (error)
    if len(data) > _MAX_BYTES:
        raise TargetUnreadable(f"{path}: {len(data)} bytes are no description of a target")
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TargetUnreadable(f"{path}: this is no TOML: {error}") from error
    try:
        return replace(_target(table), sha256=hashlib.sha256(data).hexdigest())
    except (ValueError, TypeError, KeyError) as error:
        told = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise TargetUnreadable(f"{path}: {told}; mend the file") from error


@cache
def bundled_targets() -> Mapping[str, Target]:
    """Those that come with Rekam, by id; nominal values, without certificate."""
    return {target.id: target for target in map(read_target, sorted(_HERE.glob("*.toml")))}


def _target(table: Mapping[str, Any]) -> Target:
    _check_keys(table, _TOP, "")
    if table["kind"] not in KINDS:
        raise ValueError(f"kind {table['kind']!r} is none of {', '.join(KINDS)}")
    certificate = table.get("certificate", {})
    _check_keys(certificate, _CERTIFICATE, "certificate.")
    issued, expires = (_day(certificate, key) for key in ("issued", "expires"))
    if issued and expires and expires < issued:
        raise ValueError(f"certificate.expires {expires} lies before certificate.issued {issued}")
    uncertainty = _number(certificate, "reflectance_uncertainty", REFLECTANCE_UNCERTAINTY)
    if not 0 <= uncertainty <= 0.1:
        raise ValueError(f"certificate.reflectance_uncertainty is a share of 0 to 0.1, not {uncertainty}")
    fields = tuple(_field(entry, number) for number, entry in enumerate(table["fields"], 1))
    if not fields:
        raise ValueError("fields: a target shows at least one")
    return Target(
        id=_text(table, "id"),
        kind=table["kind"],
        title=_text(table, "title"),
        size_mm=_pair(table, "size_mm"),
        ground=_number(table, "ground", 0.5),
        fields=fields,
        certificate=str(certificate.get("number", "")),
        issued=issued,
        expires=expires,
        reflectance_uncertainty=uncertainty,
    )


def _field(entry: Mapping[str, Any], number: int) -> TargetElement:
    where = f"fields[{number}]."
    _check_keys(entry, _FIELD, where)
    try:
        return TargetElement(
            kind=ElementKind(entry["kind"]),
            centre_mm=_pair(entry, "centre_mm"),
            size_mm=_pair(entry, "size_mm"),
            light=_number(entry, "light", 1.0),
            dark=_number(entry, "dark", 0.0),
            frequency=_number(entry, "frequency", 0.0),
            turn_deg=_number(entry, "turn_deg", 0.0),
        )
    except KeyError as error:
        raise ValueError(f"{where}{error.args[0]} is missing") from error
    except (ValueError, TypeError) as error:
        raise ValueError(f"{where} {error}") from error


def _check_keys(table: Mapping[str, Any], known: set[str], where: str) -> None:
    if not isinstance(table, Mapping):
        raise TypeError(f"{where.rstrip('.')} must be a table")
    for key in table:
        if key not in known:
            raise ValueError(f"no key {where}{key}; there are {', '.join(sorted(known))}")


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} must be a text")
    return value


def _number(table: Mapping[str, Any], key: str, default: float) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e6:
        raise ValueError(f"{key} must be a number, not {value!r}")
    return float(value)


def _pair(table: Mapping[str, Any], key: str) -> tuple[float, float]:
    value = table[key]
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"{key} must be two numbers, not {value!r}")
    first, second = (_number({key: item}, key, 0.0) for item in value)
    return first, second


def _day(table: Mapping[str, Any], key: str) -> date | None:
    value = table.get(key)
    if value is not None and (not isinstance(value, date) or hasattr(value, "hour")):
        raise ValueError(f"certificate.{key} must be a day such as 2027-06-30, not {value!r}")
    return value
