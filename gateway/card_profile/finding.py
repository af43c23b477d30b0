"""What the linter says of a profile."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.guidance import LocalizedText


class FindingLevel(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """No card can be made, or none that keeps what it promises."""
    WARNING = "warning"
    """It works; whether it is meant is the issuer's to say."""


@dataclass(frozen=True)
class Finding:
    """One remark.

    Parameters
    ----------
    level : FindingLevel
    rule : str
        Of docs/card-profiles.md, e.g. `file-id-unique`.
    place : str
        `profile`, an application's name, or a file's as `application/file`.
    text, remedy : LocalizedText
    """

    level: FindingLevel
    rule: str
    place: str
    text: LocalizedText
    remedy: LocalizedText

    def __str__(self) -> str:
        return f"{self.level.value} {self.rule}: {self.place}: {self.text.en}"


def error(rule: str, place: str, text: tuple[str, str], remedy: tuple[str, str]) -> Finding:
    """An error; texts in Indonesian, then in English."""
    return Finding(FindingLevel.ERROR, rule, place, LocalizedText(*text), LocalizedText(*remedy))


def warning(rule: str, place: str, text: tuple[str, str], remedy: tuple[str, str]) -> Finding:
    """A warning; texts in Indonesian, then in English."""
    return Finding(FindingLevel.WARNING, rule, place, LocalizedText(*text), LocalizedText(*remedy))
