"""Whether there is room for another capture, and what will become a trouble."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from gateway.spool.capture import SpoolDepth, SpoolLimits
from gateway.spool.errors import SpoolFull, from_os


def check_room(directory: Path, limits: SpoolLimits, depth: SpoolDepth, size: int) -> None:
    """Refuse a capture of `size` bytes that would not fit.

    Raises
    ------
    SpoolFull
        The limit is reached, or the disk is all but full.
    """
    if depth.bytes + size > limits.max_bytes:
        raise SpoolFull(
            f"The spool holds {_megabytes(depth.bytes)} of {_megabytes(limits.max_bytes)} that it may hold.",
            "Send what waits, or raise the limit; what is stored is safe.",
        )
    free, reserve = _disk(directory, limits)
    # Twice: a capture lies in the write-ahead log before it lies in the file.
    if free < reserve + 2 * size:
        raise SpoolFull(
            f"The disk that holds {directory} has {_megabytes(free)} left; {_megabytes(reserve + 2 * size)} are "
            f"needed, {_megabytes(reserve)} of them in reserve.",
            "Free space on it, or send what waits; what is stored is safe.",
        )


def room_warnings(directory: Path, limits: SpoolLimits, depth: SpoolDepth, now: datetime) -> tuple[str, ...]:
    """What will become a trouble if nobody acts, in plain words; empty where all is well."""
    found = []
    if depth.bytes > limits.warn_fraction * limits.max_bytes:
        found.append(f"The spool holds {_megabytes(depth.bytes)} of {_megabytes(limits.max_bytes)}.")
    free, reserve = _disk(directory, limits)
    if free < 4 * reserve:
        found.append(f"The disk that holds {directory} has {_megabytes(free)} left.")
    if depth.oldest_at is not None and now - depth.oldest_at > timedelta(days=limits.warn_age_days):
        found.append(f"The oldest capture has waited for {(now - depth.oldest_at).days} days.")
    return tuple(found)


def _disk(directory: Path, limits: SpoolLimits) -> tuple[int, int]:
    """Free bytes, and bytes to keep free."""
    try:
        status = os.statvfs(directory)
    except OSError as error:
        raise from_os(error, directory) from error
    free, total = status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize
    return free, min(limits.reserve_bytes, total // 20)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
