"""JSON of the packet's documents that several of them have: times, names, digests, long lists."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from gateway.trust import ClockQuality, ManifestError, NamedCode, SignedTime
from gateway.trust.manifest_field import Field

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
KEY_ID = re.compile(r"[A-Za-z0-9_-]{43}")
"""A SHA-256 thumbprint of RFC 7638 in base64url."""
_LARGEST_NUMBER = 2**53 - 1  # RFC 8785 clause 3.2.2.3, I-JSON
_RFC3339_MS = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")

_T = TypeVar("_T")


def long_list(field: Field, read: Callable[[Field], _T], most: int) -> tuple[_T, ...]:
    """What `read` makes of each item of a list that may be longer than a manifest's."""
    if not isinstance(field.value, list):
        field.fail("not a list")
    if len(field.value) > most:
        field.fail(f"more than {most} items")
    return tuple(read(Field(f"{field.path}[{index}]", item)) for index, item in enumerate(field.value))


def finite_number(field: Field) -> float:
    """A number that a double holds: RFC 8785 writes it as one."""
    if not isinstance(field.value, int | float) or isinstance(field.value, bool):
        field.fail("not a number")
    if not abs(field.value) <= _LARGEST_NUMBER:
        field.fail("larger than every reader can hold")
    return field.value


def wall_time_as_json(wall: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return wall.strftime("%Y-%m-%dT%H:%M:%S.") + f"{wall.microsecond // 1000:03}Z"


def read_wall_time(field: Field) -> datetime:
    """A time in UTC, in whole milliseconds."""
    text = field.text(_RFC3339_MS)
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        field.fail("no date and time")


def time_as_json(time: SignedTime) -> dict[str, Any]:
    """A signed time in the form that manifests have."""
    return {
        "wall": wall_time_as_json(time.wall),
        "since_boot_s": time.since_boot_s,
        "quality": str(time.quality),
        "uncertainty_s": time.uncertainty_s,
    }


def read_time(field: Field) -> SignedTime:
    """A signed time; see docs/manifest.md."""
    wall, since_boot_s, quality, uncertainty_s = field.members("wall", "since_boot_s", "quality", "uncertainty_s")
    try:
        return SignedTime(
            wall=read_wall_time(wall),
            since_boot_s=since_boot_s.seconds(),
            quality=ClockQuality(quality.text()),
            uncertainty_s=uncertainty_s.or_none(Field.seconds),
        )
    except ManifestError:
        raise
    except ValueError as error:
        field.fail(str(error))


def named_code_as_json(named: NamedCode) -> dict[str, Any]:
    """A code and its name."""
    return {"code": named.code, "name": named.name}


def read_named_code(field: Field) -> NamedCode:
    """A code and its name."""
    code, name = field.members("code", "name")
    return NamedCode(code.integer(0), name.text())


def check_format(of: dict[str, Field], name: str, version: int) -> None:
    """Refuse a document of another kind or version."""
    if of["format"].text() != name:
        of["format"].fail(f"not {name}")
    of["version"].integer(version, version)
