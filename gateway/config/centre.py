"""`[centre]` and `[forwarding]`: where packets go, and how fast."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from gateway.config.table import Table


class CentreSettings(Table):
    """`[centre]`: where packets go. Without a `url` nothing leaves by itself, and nothing is watched."""

    url: str = Field("", pattern=r"^(|(grpcs|tls|nats)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5})$")
    """`grpcs://HOST:PORT` of an ingest service; `tls://HOST:PORT` or `nats://HOST:PORT` of a JetStream hub."""
    way: Literal["ingest", "jetstream"] = "ingest"
    certificate: Path | None = None
    """PEM: this office's own, which it shows the centre."""
    key: Path | None = None
    """PEM: of that certificate; of a hub the file with this office's nkey seed."""
    authority: Path | None = None
    """PEM: who vouches for the centre's TLS certificate; without it the authorities of the system."""
    anchors: Path | None = None
    """PEM: the centre's signing certificates, or their authority: whose receipts and announcements are believed."""

    @property
    def host(self) -> str:
        """Name or address; an IPv6 address without its brackets."""
        return self.url.partition("://")[2].rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """Its port."""
        return int(self.url.rpartition(":")[2])

    @model_validator(mode="after")
    def _complete(self) -> "CentreSettings":
        if not self.url:
            given = [name for name in ("certificate", "key", "authority") if getattr(self, name) is not None]
            if given:
                raise ValueError(f"`{given[0]}` is for a `url`, and there is none; give grpcs://HOST:PORT")
            return self
        if not 0 < self.port < 65536:
            raise ValueError(f"`url`: {self.port} is no port")
        if self.way == "ingest" and (self.certificate is None) != (self.key is None):
            raise ValueError("`certificate` and `key` go together")
        if self.way == "jetstream" and self.certificate is not None:
            raise ValueError("`certificate` is for an ingest service; a hub knows this office by its nkey, in `key`")
        if self.url.startswith("grpcs://") != (self.way == "ingest"):
            raise ValueError(
                f"`way` {self.way} does not go with {self.url}; ingest needs grpcs://HOST:PORT, jetstream needs "
                "tls://HOST:PORT or nats://HOST:PORT"
            )
        return self


class ForwardingSettings(Table):
    """`[forwarding]`: sealed packets on their way to the centre; docs/forwarding.md."""

    bytes_per_hour: int = Field(0, ge=0)
    """Quota of the line, both ways together; 0: none, else 50,000 at least."""
    bytes_per_day: int = Field(0, ge=0)
    grace_days: float = Field(3.0, ge=0.25, le=365)
    """A packet is kept so long after its receipt."""
    quarantine_after: int = Field(5, ge=1, le=1000)
    """Refusals."""
    limit_mb: int = Field(20_000, ge=0)
    """No enrolment begins while the packets here take so much; 0: no limit."""
    limit_days: float = Field(0.0, ge=0)
    """No enrolment begins while the oldest has waited so long; 0: no limit."""
    warn_age_days: float = Field(7.0, gt=0)

    @field_validator("bytes_per_hour", "bytes_per_day")
    @classmethod
    def _workable(cls, quota: int) -> int:
        if 0 < quota < 50_000:
            raise ValueError("less than 50,000 bytes moves nothing but the calls themselves; 0 is without a quota")
        return quota
