"""`[spool]`, `[purge]`, `[key]` and `[audit]`: what is kept, how long, and under which keys."""

from datetime import time
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from gateway.config.table import Table


class SpoolSettings(Table):
    """`[spool]`."""

    limit_mb: int = Field(20_000, ge=1)
    """Captures are refused once the spool holds so many megabytes."""
    reserve_mb: int = Field(200, ge=1)
    """Captures are refused when the disk has fewer megabytes left."""
    warn_age_days: float = Field(7.0, gt=0)
    mirror: Path | None = None
    """Folder on a second medium, where what waits is mirrored (docs/stick.md); none: no mirror."""
    keep_days: int = Field(0, ge=0, le=36_500)
    """`rekam purge` erases captures that are older and belong to no open enrolment, sent or not; 0: none."""


class PurgeSettings(Table):
    """`[purge]`."""

    at: str = Field("02:00", pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$")
    """What is past its term is erased daily at that time of this machine's time zone; empty: only by `rekam purge`."""

    @property
    def time_of_day(self) -> time | None:
        """The same; None for never."""
        return time.fromisoformat(self.at) if self.at else None


class KeySettings(Table):
    """`[key]`: where signing keys are."""

    store: Literal["file", "pkcs11"] = "file"
    """Where new keys are made; those that are there stay where they are until they are rotated."""
    module: str = ""
    """Path of the PKCS#11 module's shared library."""
    token: str = ""
    """Label of the token."""
    pin: str = Field("rekam-key-pin", pattern=r"^[a-z][a-z0-9-]{0,63}$")
    """Name of the systemd credential that holds the PIN, or of a variable of that name in capitals."""

    @model_validator(mode="after")
    def _complete(self) -> "KeySettings":
        if bool(self.module) != bool(self.token):
            raise ValueError("`module` and `token` go together")
        if self.store == "pkcs11" and not self.module:
            raise ValueError("a store of kind pkcs11 needs `module`, the path of its library, and `token`, its label")
        return self


class AuditSettings(Table):
    """`[audit]`."""

    head_entries: int = Field(1000, ge=1)
    """The end of the trail is signed after so many entries."""
    head_s: float = Field(600.0, ge=1, le=86_400)
    """And so many seconds after the first entry that is not signed yet."""
