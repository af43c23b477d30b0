"""What a device tells of itself, as a part of its id."""

import re


def plain_name(told: str) -> str:
    """A serial number or a name without what a command line or a file name would trip over."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", told).strip("_")
