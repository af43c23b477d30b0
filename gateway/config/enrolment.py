"""`[enrolment]`: whom sealed packets are for, and what is kept beside them."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from gateway.config.table import Table


class EnrolmentSettings(Table):
    """`[enrolment]`."""

    profiles: Path | None = None
    """Folder of an administrator's own profiles, which come before shipped ones of the same id."""
    recipients: tuple[Path, ...] = Field((), max_length=16)
    """Files of the centres' public keys or certificates, PEM or JWK: each of them can open every packet."""
    duplicates_until: Literal["receipt", "days"] = "receipt"
    """Templates for the search of duplicates go with the centre's receipt, whose own search begins then, or only after
    the days of the profile; never later than these."""
    packets: Path | None = None
    """Folder of sealed packets; without it `packets` in the state folder."""
