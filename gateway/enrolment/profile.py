"""Profiles: what an enrolment captures, how good it has to be, what may be missing and who says so."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gateway.enrolment.errors import ProfileProblem, ProfileUnknown
from gateway.enrolment.part import FINGER_POSITIONS, PARTS, Part
from gateway.guidance import LocalizedText
from gateway.toml_text import toml_table

Score = Annotated[int, Field(ge=0, le=100)]
Missing = Literal["never", "reason", "supervisor"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProfileName(_Table):
    """`[name]`: for people, in Indonesian and English."""

    id: str = Field(min_length=1, max_length=120)
    en: str = Field(min_length=1, max_length=120)


class Thresholds(_Table):
    """`[thresholds]`: score that a try must reach to pass.

    The order of fingers follows BSI TR-03121-3 (plain enrolment: thumb 30, index 30, middle 20, ring 10, little 10).
    Those figures are NFIQ 2's; ours is another score, so they are a starting point, not a conformance claim.
    """

    thumb: Score = 30
    index: Score = 30
    middle: Score = 20
    ring: Score = 10
    little: Score = 10
    iris: Score = 66
    units: dict[str, Score] = {}
    """`[thresholds.units]`: of one finger or eye, over what its kind has."""

    @field_validator("units")
    @classmethod
    def _known_units(cls, units: dict[str, int]) -> dict[str, int]:
        known = {*FINGER_POSITIONS, "left-iris", "right-iris"}
        if unknown := sorted(units.keys() - known):
            raise ValueError(f"no such finger or eye: {', '.join(unknown)}")
        return units

    def of(self, unit: str) -> int:
        """The threshold of a finger or an eye; 0 of a portrait, which the operator judges."""
        if unit == "portrait":
            return 0
        return self.units[unit] if unit in self.units else int(getattr(self, unit.split("-")[1]))


CalibrationAction = Literal["ignore", "warn", "refuse"]


class DeviceCalibration(_Table):
    """What a capture does where its device is not well calibrated; without a word of its own, as the office has it."""

    overdue: CalibrationAction | None = None
    """Its term is over, or a drift was seen."""
    failed: CalibrationAction | None = None
    """It was measured, and does not keep its limits."""
    missing: CalibrationAction | None = None
    """It was never calibrated."""
    changed: CalibrationAction | None = None
    """Another serial number or firmware than was measured."""

    @property
    def own(self) -> dict[str, CalibrationAction]:
        """What it says, by state."""
        named = ("overdue", "failed", "missing", "changed")
        return {name: action for name in named if (action := getattr(self, name)) is not None}


class ProfileCalibration(DeviceCalibration):
    """`[calibration]`: for all devices, and `[calibration.iris_camera]` and its like for one kind of them."""

    fingerprint_scanner: DeviceCalibration = DeviceCalibration()
    slap_scanner: DeviceCalibration = DeviceCalibration()
    iris_camera: DeviceCalibration = DeviceCalibration()
    portrait_camera: DeviceCalibration = DeviceCalibration()

    def of(self, kind: str) -> dict[str, CalibrationAction]:
        """What it says of a kind of device, by state: what is said of the kind alone comes first."""
        of_kind = getattr(self, kind, None)
        return {**self.own, **(of_kind.own if isinstance(of_kind, DeviceCalibration) else {})}


class Step(_Table):
    """`[[step]]`: parts that are captured one after another, or lists of parts of which any may be taken."""

    alternatives: tuple[tuple[str, ...], ...] = ()
    parts: tuple[str, ...] = ()
    required: bool = True
    missing: Missing = "supervisor"
    """Whether a unit of it may be missing: never, with a reason, or with one that a supervisor approves."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.alternatives) == bool(self.parts):
            raise ValueError("either parts or alternatives are due")
        for choice in self.choices:
            for key in choice:
                if key not in PARTS:
                    raise ValueError(f"no such part: {key}; there are {', '.join(PARTS)}")
            units = [unit for key in choice for unit in PARTS[key].units]
            if not units or len(set(units)) != len(units):
                raise ValueError("an alternative needs parts, each finger and eye once")
            if set(units) != self.units:
                raise ValueError("alternatives have to give the same fingers and eyes")
        return self

    @property
    def choices(self) -> tuple[tuple[str, ...], ...]:
        """The lists of parts of which one is enough."""
        return self.alternatives or (self.parts,)

    @property
    def units(self) -> frozenset[str]:
        """The fingers, eyes and so on that it gives."""
        return frozenset(unit for key in self.choices[0] for unit in PARTS[key].units)


class Profile(_Table):
    """One profile; docs/enrolment.md describes each field."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    version: int = Field(ge=1)
    name: ProfileName
    reference: tuple[Literal["nik", "application"], ...] = Field(("nik", "application"), min_length=1)
    application_pattern: str = r"[A-Z0-9][A-Z0-9/-]{3,39}"
    most_tries: int = Field(3, ge=1, le=20)
    below_threshold: Literal["after-tries", "supervisor"] = "after-tries"
    """What makes do with a part that never passed: its most tries, or those and a supervisor."""
    warnings: Literal["supervisor", "nobody"] = "supervisor"
    """Who may approve a mix-up that was noticed; nobody: only a retake clears it."""
    duplicates: Literal["none", "warn", "supervisor"] = "warn"
    retention_days: int = Field(30, ge=0, le=3650)
    least_portrait_px: tuple[int, int] = (240, 320)
    """Width and height."""
    thresholds: Thresholds = Thresholds()
    calibration: ProfileCalibration = ProfileCalibration()
    step: tuple[Step, ...] = Field(min_length=1)

    @field_validator("application_pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return pattern

    @model_validator(mode="after")
    def _each_unit_once(self) -> Self:
        units = [unit for step in self.step for unit in step.units]
        if len(set(units)) != len(units):
            raise ValueError("a finger or an eye stands in two steps")
        return self

    @property
    def parts(self) -> dict[str, Part]:
        """Every part that it may take, in its order."""
        return {key: PARTS[key] for step in self.step for choice in step.choices for key in choice}

    @property
    def units(self) -> dict[str, Step]:
        """Every unit that it asks for, with its step."""
        return {unit: step for step in self.step for unit in sorted(step.units)}

    def only(self, units: frozenset[str]) -> "Profile":
        """This profile for some of its units: what a supplement asks for."""
        steps = []
        for step in self.step:
            wanted = step.units & units
            if not wanted:
                continue
            single = tuple(unit for unit in PARTS if unit in wanted)
            kept = [tuple(key for key in choice if set(PARTS[key].units) <= wanted) for choice in step.choices]
            whole = [choice for choice in kept if {u for key in choice for u in PARTS[key].units} == wanted]
            steps.append(step.model_copy(update={"parts": (), "alternatives": tuple(dict.fromkeys([*whole, single]))}))
        return self.model_copy(update={"step": tuple(steps)})


@dataclass(frozen=True)
class Profiles:
    """The profiles that can be used, and the files that cannot."""

    found: Mapping[str, Profile]
    problems: Mapping[str, ProfileProblem] = field(default_factory=dict)
    """By the id that the file says, where that can be read, else by its name without its end."""

    def get(self, profile_id: str) -> Profile:
        """The profile of that id.

        Raises
        ------
        ProfileProblem
            A file of that name is there, but cannot be used.
        ProfileUnknown
        """
        # An administrator's file that is broken must not fall back to the shipped one of the same name.
        if profile_id in self.problems:
            problem = self.problems[profile_id]
            raise ProfileProblem(problem.cause, problem.remedy)
        if profile_id not in self.found:
            raise ProfileUnknown(
                LocalizedText(id=f"Tidak ada profil {profile_id!r}.", en=f"There is no profile {profile_id!r}."),
                LocalizedText(
                    id=f"Ambil salah satu dari {', '.join(sorted(self.found))}.",
                    en=f"Take one of {', '.join(sorted(self.found))}.",
                ),
            )
        return self.found[profile_id]


def read_profile(text: str, source: str) -> Profile:
    """One profile out of TOML.

    Parameters
    ----------
    source : str
        Names the file in messages.

    Raises
    ------
    ProfileProblem
        It is no TOML, or has a key or a value that is not known; names the line or the key.
    """
    try:
        return Profile.model_validate(toml_table(text))
    except tomllib.TOMLDecodeError as error:
        raise ProfileProblem(f"{source} is no TOML: {error}.", "Mend that line.") from error
    except ValidationError as error:
        raise ProfileProblem(
            f"{source}: {_explain(error, text)}.", "Mend that, by the example in docs/enrolment.md."
        ) from error


def shipped_profiles() -> dict[str, Profile]:
    """The profiles that come with the gateway."""
    folder = files("gateway.enrolment") / "profiles"
    found = (
        read_profile(entry.read_text(encoding="utf-8"), entry.name)
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )
    return {profile.id: profile for profile in found}


def read_profiles(folder: Path | None = None) -> Profiles:
    """The shipped profiles and those of a folder, which come before shipped ones of the same id.

    A file that cannot be used is named in `problems` and hides what it would have replaced; the others can be used.
    """
    found, problems = shipped_profiles(), {}
    own: dict[str, Path] = {}
    for path in sorted(folder.glob("*.toml")) if folder is not None else ():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems[path.stem] = ProfileProblem(f"{path} cannot be read: {error}.", "Save it as UTF-8 text.")
            continue
        try:
            profile = read_profile(text, str(path))
        except ProfileProblem as problem:
            problems[_stated_id(text) or path.stem] = problem
            continue
        if profile.id in own:
            problems[path.stem] = ProfileProblem(
                f"{path} and {own[profile.id].name} are both of id {profile.id!r}.", "Give one another id."
            )
            continue
        own[profile.id] = path
        found[profile.id] = profile
    return Profiles(found, problems)


def _stated_id(text: str) -> str:
    """The id in the head of a file that cannot be used, which may be no TOML; empty where there is none."""
    head = re.split(r"(?m)^\s*\[", text, maxsplit=1)[0]
    stated = re.search(r"(?m)^\s*id\s*=\s*[\"']([a-z0-9-]+)[\"']", head)
    return stated[1] if stated else ""


def _explain(error: ValidationError, text: str) -> str:
    found = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"]) or "the profile"
        line = _line_of(str(item["loc"][-1]), text) if item["loc"] else ""
        if item["type"] == "extra_forbidden":
            found.append(f"unknown key {key!r}{line}; remove it or mend its spelling")
        else:
            found.append(f"{key}{line}: {item['msg']}")
    return "; ".join(found)


def _line_of(key: str, text: str) -> str:
    """Where the key stands, if it stands in one line only."""
    pattern = re.compile(rf"\s*(\"?{re.escape(key)}\"?\s*=|\[+[\w.-]*\b{re.escape(key)}\]+)")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)]
    return f" (line {lines[0]})" if len(lines) == 1 else ""
