"""`[office]`, `[sms]` and `[callbacks]`: what residents are told, and how."""

from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from gateway.config.table import Table
from gateway.office_zone import office_zone

Credential = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
"""Name of a systemd credential, or in capitals and with `_` for `-` of an environment variable."""


class OfficeSettings(Table):
    """`[office]`: as it stands on papers and in messages."""

    name: str = Field("", max_length=100)
    phone: str = Field("", max_length=40)
    address: str = Field("", max_length=200)
    time_zone: str = "Asia/Jakarta"
    font: Path | None = None
    """A TrueType font for papers, where names have letters that Latin-1 has not."""
    letters: Path | None = None
    """The office's own words of the letters."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        office_zone(name)
        return name


class SmsHttpSettings(Table):
    """`[sms.http]`: a provider that takes messages over HTTPS; see `gateway.sms.HttpProviderSettings`."""

    url: str
    method: Literal["POST", "PUT", "GET"] = "POST"
    encoding: Literal["json", "form", "query"] = "json"
    headers: dict[str, str] = Field(default_factory=dict)
    fields: dict[str, str]
    secrets: dict[str, Credential] = Field(default_factory=dict)
    """By the name that headers and fields use: the credential that holds it."""
    reference: str = ""
    repeatable: bool = False
    authority: Path | None = None
    timeout_s: float = Field(20.0, ge=1, le=120)


class SmsSettings(Table):
    """`[sms]`: how messages leave; by a modem at `port`, by `[sms.http]`, or not at all."""

    port: str = ""
    baud: int = Field(115_200, ge=1200, le=3_000_000)
    pin: Credential | None = None
    """Of the SIM card."""
    messages_per_day: int = Field(100, ge=0, le=100_000)
    """The most that a day may cost, in single messages."""
    http: SmsHttpSettings | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "SmsSettings":
        if self.port and self.http is not None:
            raise ValueError("messages leave one way: give `port` or `[sms.http]`, not both")
        return self


class CallbackSettings(Table):
    """`[callbacks]`."""

    keep_days: int = Field(90, ge=1, le=730)
    """A line is erased after so many days, or once it was served."""
    quiet_from: time = time(20)
    quiet_until: time = time(8)
    """Nothing leaves from the one to the other, by the office's time zone."""
    give_up_hours: int = Field(72, ge=1, le=720)
    """A notice that waits longer is old news."""
    templates: Path | None = None
    """The office's own words of the notices."""
