"""The office's time zone, by its name."""

from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Indonesia has no daylight saving time (Keppres 41/1987): where the machine has no zone files, these do.
_FIXED = {
    **dict.fromkeys(("Asia/Jakarta", "Asia/Pontianak", "WIB"), 7),
    **dict.fromkeys(("Asia/Makassar", "WITA"), 8),
    **dict.fromkeys(("Asia/Jayapura", "WIT"), 9),
}


def office_zone(name: str) -> tzinfo:
    """The zone of a name: `Asia/Jakarta`, `WITA`, or any other of the IANA data base.

    Raises
    ------
    ValueError
        There is none of that name.
    """
    if name in _FIXED:
        return timezone(timedelta(hours=_FIXED[name]), name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}; WIB, WITA, WIT or a name as Asia/Jakarta is due") from error
