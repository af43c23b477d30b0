"""Values that several signed documents state, and their JSON: times, codes with names, names, digests."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.trust.clock import ClockQuality, SignedTime
from gateway.trust.manifest_field import Field, ManifestError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_RFC3339_MS = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")


@dataclass(frozen=True)
class NamedCode:
    """A code of a standard's table with its name, e.g. finger position 2, `right-index`."""

    code: int
    name: str


def named_code_as_json(named: NamedCode) -> dict[str, Any]:
    """A code and its name."""
    return {"code": named.code, "name": named.name}


def read_named_code(field: Field) -> NamedCode:
    """A code and its name; ManifestError where it is none."""
    code, name = field.members("code", "name")
    return NamedCode(code.integer(0), name.text())


def wall_time_as_json(wall: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return wall.strftime("%Y-%m-%dT%H:%M:%S.") + f"{wall.microsecond // 1000:03}Z"


def read_wall_time(field: Field) -> datetime:
    """A time in UTC, in whole milliseconds; ManifestError where it is none."""
    text = field.text(_RFC3339_MS)
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        field.fail("no date and time")


def time_as_json(time: SignedTime) -> dict[str, Any]:
    """A time with how far it can be believed, as docs/manifest.md has it."""
    return {
        "wall": wall_time_as_json(time.wall),
        "since_boot_s": time.since_boot_s,
        "quality": str(time.quality),
        "uncertainty_s": time.uncertainty_s,
    }


def read_time(field: Field) -> SignedTime:
    """What `time_as_json` made; ManifestError where it is none."""
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
