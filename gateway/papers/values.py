"""Who hands the papers out, and dates as people write them."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

Language = Literal["id", "en"]

_MONTHS: dict[Language, tuple[str, ...]] = {
    "id": (
        *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
        *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


@dataclass(frozen=True)
class Office:
    """The office, as it stands on its papers.

    Parameters
    ----------
    name, phone, address : str
    font : Path, optional
        A TrueType font for names that Latin-1 has no letters for.
    """

    name: str
    phone: str
    address: str = ""
    font: Path | None = None


def date_in_words(day: datetime, language: Language) -> str:
    """`26 November 2026`."""
    return f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"
