"""The whole file of settings: read once, frozen, unknown keys refused."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.config.calibration import CalibrationSettings
from gateway.config.capture import CaptureSettings, LeaseSettings
from gateway.config.card import CardSettings
from gateway.config.centre import CentreSettings, ForwardingSettings
from gateway.config.doors import GrpcSettings, WebSettings
from gateway.config.enrolment import EnrolmentSettings
from gateway.config.keeping import AuditSettings, KeySettings, PurgeSettings, SpoolSettings
from gateway.config.office import CallbackSettings, OfficeSettings, SmsSettings
from gateway.config.table import Roles, Table
from gateway.roles import ROLES
from gateway.toml_text import toml_table


class ConfigError(ValueError):
    """The configuration cannot be used; the message names file, key and remedy."""


class DeviceTable(BaseModel):
    """`[[device]]`: `driver`, perhaps `id`, and whatever the driver's constructor takes."""

    model_config = ConfigDict(frozen=True, extra="allow")

    driver: str = Field(min_length=1)
    id: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """What the driver's constructor is given."""
        return dict(self.model_extra or {})


class Config(Table):
    """The whole file. Command-line options override its addresses and its state folder."""

    state: Path | None = None
    listen: str = "127.0.0.1:7411"
    """Empty: no port; clients of this machine then come by the unix socket, which its owner alone can open."""
    metrics: str = "127.0.0.1:7413"
    gateway_id: str = Field("", pattern=r"^[A-Za-z0-9._-]{0,64}$")
    """Empty: one is made at the first start and kept."""
    rescan_s: float = Field(0.25, ge=0.05, le=60)
    roles: Roles = ROLES
    """Roles of a client on this machine's loopback interface or unix socket."""
    capture: CaptureSettings = CaptureSettings()
    lease: LeaseSettings = LeaseSettings()
    calibration: CalibrationSettings = CalibrationSettings()
    spool: SpoolSettings = SpoolSettings()
    purge: PurgeSettings = PurgeSettings()
    key: KeySettings = KeySettings()
    audit: AuditSettings = AuditSettings()
    enrolment: EnrolmentSettings = EnrolmentSettings()
    card: CardSettings = CardSettings()
    centre: CentreSettings = CentreSettings()
    office: OfficeSettings = OfficeSettings()
    sms: SmsSettings = SmsSettings()
    callbacks: CallbackSettings = CallbackSettings()
    forwarding: ForwardingSettings = ForwardingSettings()
    grpc: GrpcSettings = GrpcSettings()
    web: WebSettings = WebSettings()
    device: tuple[DeviceTable, ...] = ()


def read_config(path: Path | None) -> Config:
    """Read a TOML file, or take the defaults where there is none.

    Raises
    ------
    ConfigError
        The file cannot be read, is no TOML, or has a key or a value that is not known.
    """
    if path is None:
        return Config()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration {path} cannot be read: {error}") from error
    try:
        return Config.model_validate(toml_table(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is no TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            lines.append(f"unknown key {key!r}; remove it or mend its spelling")
        else:
            lines.append(f"{key}: {item['msg']}")
    return "; ".join(lines)
