"""What a packet says of the enrolment that it holds: the person, the parts, what is missing and who answers for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.enrolment.reference import PersonReference
from gateway.trust import SignedTime
from gateway.trust.stated_values import time_as_json

FORMAT, VERSION = "rekam-enrolment", 1


@dataclass(frozen=True)
class PartDigest:
    """A part that travels in the packet."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class StatedTry:
    """One try, kept or not."""

    capture_id: str
    manifest_sha256: str
    scores: Mapping[str, int]
    kept: bool
    removed: str
    """Why it was removed; empty where it was not."""


@dataclass(frozen=True)
class StatedPart:
    """One part of the profile.

    Parameters
    ----------
    key : str
    capture_id : str or None
        None of a portrait and a signature.
    passed : bool
        It reaches every threshold; else the best of its tries is there.
    accepted_by : str
        Who approved a part below its threshold; empty where nobody had to.
    device_id, calibration_id : str or None
        What it came from.
    files : tuple of str
        Names of the `PartDigest`s that belong to it.
    tries : tuple of StatedTry
    """

    key: str
    capture_id: str | None
    passed: bool
    accepted_by: str
    device_id: str | None
    calibration_id: str | None
    files: tuple[str, ...]
    tries: tuple[StatedTry, ...]


@dataclass(frozen=True)
class StatedException:
    """A finger, an eye, a portrait or a signature that is missing."""

    unit: str
    reason: str
    detail: str
    by: str
    approved_by: str
    capture_id: str
    photo: str
    """Name of its file; empty where there is none."""


@dataclass(frozen=True)
class EarlierRecording:
    """Who recorded somebody that looks like this person, when and where; as of `DuplicateHit`."""

    gateway_id: str
    recorded_at: str
    operator: str
    strength: str
    """In English."""
    exchanged: bool


@dataclass(frozen=True)
class StatedWarning:
    """Something that was noticed, and who settled it; `score` and `fmr` as of `MixUpWarning`."""

    code: str
    units: tuple[str, ...]
    captures: tuple[str, ...]
    score: float | None
    fmr: float | None
    approved_by: str
    earlier: EarlierRecording | None = None
    """Of a duplicate alone."""


@dataclass(frozen=True)
class ClockNote:
    """The wall clock moved against the clock that counts since boot; order comes from `event`, never from time."""

    event: int
    """Number of the journal's entry after the jump."""
    jump_s: float
    """Negative: set back. Across a restart only a step back can be told, and `restart` is set."""
    restart: bool


@dataclass(frozen=True)
class StatedNotChecked:
    """Nobody could be compared with this person: why, in English, and who approved that it was sealed so."""

    reason: str
    approved_by: str


@dataclass(frozen=True)
class EnrolmentStatement:
    """The whole statement; `as_json` is its form in the packet."""

    packet_id: str
    enrolment_id: str
    reference: PersonReference | None
    """None in a supplement that leaves it to the packet that it supplements."""
    reference_remarks: tuple[str, ...]
    profile_id: str
    profile_version: int
    files: tuple[PartDigest, ...]
    parts: tuple[StatedPart, ...]
    exceptions: tuple[StatedException, ...]
    warnings: tuple[StatedWarning, ...]
    operator: str
    """Who began it."""
    sealed_by: str
    supervisors: tuple[str, ...]
    """Who approved something."""
    started: SignedTime
    sealed: SignedTime
    duplicates_checked: SignedTime | None
    """When everybody recorded here was searched for what the packet holds; None where that was not done."""
    boot_ids: tuple[str, ...]
    """Boots of the machine during it, in order."""
    clock_notes: tuple[ClockNote, ...]
    supplements_packet: str | None
    supplements_sha256: str | None
    duplicates_not_checked: StatedNotChecked | None = None

    def as_json(self) -> dict[str, Any]:
        """Objects, lists, texts, numbers and null alone, each field under its own name."""
        reference = self.reference
        return {
            "format": FORMAT,
            "version": VERSION,
            "packet_id": self.packet_id,
            "enrolment_id": self.enrolment_id,
            "reference": None if reference is None else {"kind": reference.kind.value, "value": reference.value},
            "reference_remarks": list(self.reference_remarks),
            "profile": {"id": self.profile_id, "version": self.profile_version},
            "files": [dict(vars(each)) for each in self.files],
            "parts": [_part_as_json(each) for each in self.parts],
            "exceptions": [dict(vars(each)) for each in self.exceptions],
            "warnings": [
                {
                    **vars(each),
                    "units": list(each.units),
                    "captures": list(each.captures),
                    "earlier": None if each.earlier is None else dict(vars(each.earlier)),
                }
                for each in self.warnings
            ],
            "operator": self.operator,
            "sealed_by": self.sealed_by,
            "supervisors": list(self.supervisors),
            "started": time_as_json(self.started),
            "sealed": time_as_json(self.sealed),
            "duplicates_checked": None if self.duplicates_checked is None else time_as_json(self.duplicates_checked),
            "duplicates_not_checked": None
            if self.duplicates_not_checked is None
            else dict(vars(self.duplicates_not_checked)),
            "boot_ids": list(self.boot_ids),
            "clock_notes": [dict(vars(each)) for each in self.clock_notes],
            "supplements": None
            if self.supplements_packet is None
            else {"packet_id": self.supplements_packet, "sha256": self.supplements_sha256},
        }


def _part_as_json(part: StatedPart) -> dict[str, Any]:
    tries = [{**vars(each), "scores": dict(each.scores)} for each in part.tries]
    return {**vars(part), "files": list(part.files), "tries": tries}
