"""The settings of a gateway: read once, frozen, unknown keys refused."""

import re
import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gateway.office_zone import office_zone
from gateway.roles import ROLES


class ConfigError(ValueError):
    """The configuration cannot be used; the message names file, key and remedy."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Score = Annotated[int, Field(ge=0, le=100)]


def _known(roles: frozenset[str]) -> frozenset[str]:
    unknown = roles - ROLES
    if unknown:
        raise ValueError(f"no such role: {', '.join(sorted(unknown))}")
    return roles


class FingerThresholds(_Table):
    """Score that an image must reach, per finger, where the client asks for none.

    The order of fingers follows BSI TR-03121-3 (plain enrolment: thumb 30, index 30, middle 20, ring 10, little 10).
    Those figures are NFIQ 2's; ours is another score, so they are a starting point, not a conformance claim.
    """

    thumb: Score = 30
    index: Score = 30
    middle: Score = 20
    ring: Score = 10
    little: Score = 10


class IrisCaptureSettings(_Table):
    """`[capture.iris]`."""

    timeout_s: float = Field(30.0, ge=0.1, le=300)
    min_quality: Score = 66
    """Drawn eyes that are well presented have 74, out of focus 61, half closed 20; CASIA1's have 72, MMU1's, of 55
    pixels radius where 80 is usual, 58."""
    min_preview_score: Score = 40
    still_frames: int = Field(3, ge=1, le=100)
    max_displacement: float = Field(0.06, gt=0, le=1)
    """Iris radii that an eye may move from frame to frame."""
    liveness: bool = True
    """Look for signs of a presentation attack, and state them; they decide nothing."""


class PortraitCaptureSettings(_Table):
    """`[capture.portrait]`."""

    timeout_s: float = Field(60.0, ge=0.1, le=300)
    min_quality: Score = 50
    """Drawn figures that sit well have 75 and more, too far or too near 40, out of focus 10 and less."""
    still_frames: int = Field(8, ge=1, le=100)
    max_displacement: float = Field(0.04, gt=0, le=1)
    """Head widths that a head may move from frame to frame."""


class CaptureSettings(_Table):
    """`[capture]`."""

    timeout_s: float = Field(30.0, ge=0.1, le=300)
    min_quality: FingerThresholds = FingerThresholds()
    recovery_s: float = Field(10.0, ge=0, le=120)
    """How long a capture waits for a device that went away or is being reset."""
    removal_s: float = Field(10.0, ge=0, le=120)
    """How long the finger may stay on the glass after a capture before the next one is taken all the same."""
    min_preview_score: Score = 40
    still_frames: int = Field(4, ge=1, le=100)
    max_displacement_mm: float = Field(0.15, gt=0, le=10)
    iris: IrisCaptureSettings = IrisCaptureSettings()
    portrait: PortraitCaptureSettings = PortraitCaptureSettings()


class LeaseSettings(_Table):
    """`[lease]`."""

    protected_s: float = Field(30.0, ge=0, le=3600)
    """A supervisor cannot take a device from a lease younger than this."""
    abandoned_s: float = Field(5.0, ge=0.5, le=600)
    """A capture without a lease of its own is cancelled when all that watched it are gone for so long."""


class SpoolSettings(_Table):
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


class PurgeSettings(_Table):
    """`[purge]`."""

    at: str = Field("02:00", pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$")
    """What is past its term is erased daily at that time of this machine's time zone; empty: only by `rekam purge`."""

    @property
    def time_of_day(self) -> time | None:
        """The same; None for never."""
        return time.fromisoformat(self.at) if self.at else None


class KeySettings(_Table):
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


class AuditSettings(_Table):
    """`[audit]`."""

    head_entries: int = Field(1000, ge=1)
    """The end of the trail is signed after so many entries."""
    head_s: float = Field(600.0, ge=1, le=86_400)
    """And so many seconds after the first entry that is not signed yet."""


class EnrolmentSettings(_Table):
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


KeyReference = Annotated[int, Field(ge=1, le=255)]


class CardModuleSettings(_Table):
    """`[card.module]`: a security module (SAM) in a reader of its own that holds the issuer's keys; docs/cards.md."""

    reader: str = Field(min_length=1, max_length=100)
    """Id of that reader, as `rekam devices` tells it; no card is made, read or looked for in it."""
    application: str = Field(pattern=r"^([0-9A-Fa-f]{2}){5,16}$")
    """Name of the module's application (AID), in hexadecimal."""
    pin: str = Field("rekam-card-module-pin", pattern=r"^[a-z0-9-]{1,64}$")
    """systemd credential with the module's PIN; `REKAM_CARD_MODULE_PIN` stands for it elsewhere."""
    pin_reference: int = Field(1, ge=1, le=31)
    key_master: KeyReference | None = None
    """Reference of the issuer's master key, for profiles with `diversification = "kdf3"`."""
    key_enc: KeyReference | None = None
    """References of the cards' own keys, for profiles with `diversification = "none"`."""
    key_mac: KeyReference | None = None
    key_bits: Literal[128, 192, 256] = 128
    mechanism: int | None = Field(None, ge=0, le=255)
    """What the module calls AES-CMAC, where it has to be told."""

    @model_validator(mode="after")
    def _has_keys(self) -> "CardModuleSettings":
        if (self.key_enc is None) != (self.key_mac is None):
            raise ValueError("key_enc and key_mac belong together: give both")
        if self.key_master is None and self.key_enc is None:
            raise ValueError("no key is named: give key_master, or key_enc and key_mac")
        return self


class CardSettings(_Table):
    """`[card]`: cards that are made here; docs/card-holders.md."""

    profile: str = Field("", max_length=400)
    """Name of a built-in card profile, or the path of one; empty: this office makes no cards, and keeps nobody for
    one. It stands here and not in enrolment profiles, as those are handed to offices without a writer, too."""
    enrolments: tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")], ...] = Field(
        ("ktp-el",), max_length=64
    )
    """Ids of the enrolment profiles whose people get one."""
    keep_days: int = Field(180, ge=1, le=3650)
    """What a card needs of a person is erased after so many days, made or not; once it is made, at once."""
    profiles: Path | None = None
    """Folder with the office's own card profiles, `*.toml`; docs/card-profiles.md."""
    needs_print_ready: bool | None = None
    """Make a card only for whom the centre called unique; it is so, save with `--synthetic`."""
    keys: Literal["test", "pkcs11", "module"] = "test"
    """The issuer's keys for cards: those that every new card has and everybody knows, in the token of `[key]`, or in
    the security module of `[card.module]`."""
    key_label: str = Field("rekam-cards", pattern=r"^[A-Za-z0-9._-]{1,64}$")
    """Label of those keys in the token; docs/cards.md."""
    allow_test_keys: bool = False
    """Take keys that everybody knows for real chips too, where a profile says that they will do: for training."""
    anchors: Path | None = None
    """PEM: authorities (CSCA) whose documents are genuine, and who may have signed what is handed in."""
    issuers: Path | None = None
    """PEM, `rekam keys export --pem`: other gateways whose seals are genuine; this one's always are."""
    job_days: int = Field(14, ge=1, le=365)
    """A job that nobody began is given up after so many, and what was to stand on its card erased."""
    module: CardModuleSettings | None = None

    @model_validator(mode="after")
    def _names_its_module(self) -> "CardSettings":
        if (self.keys == "module") != (self.module is not None):
            raise ValueError('keys = "module" and the section [card.module] belong together: give both, or neither')
        return self


class CentreSettings(_Table):
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


Credential = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
"""Name of a systemd credential, or in capitals and with `_` for `-` of an environment variable."""


class OfficeSettings(_Table):
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


class SmsHttpSettings(_Table):
    """`[sms.http]`: a provider that takes messages over HTTPS; see `gateway.sms.HttpProviderSettings`."""

    url: str
    method: Literal["POST", "PUT", "GET"] = "POST"
    encoding: Literal["json", "form", "query"] = "json"
    headers: dict[str, str] = {}
    fields: dict[str, str]
    secrets: dict[str, Credential] = {}
    """By the name that headers and fields use: the credential that holds it."""
    reference: str = ""
    repeatable: bool = False
    authority: Path | None = None
    timeout_s: float = Field(20.0, ge=1, le=120)


class SmsSettings(_Table):
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


class CallbackSettings(_Table):
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


class ForwardingSettings(_Table):
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


CalibrationPolicy = Literal["ignore", "warn", "refuse"]
"""What a capture does: nothing, record and say so, or not begin."""


class CalibrationKindSettings(_Table):
    """`[calibration.fingerprint_scanner]` and its like: what differs for one kind of device."""

    overdue: CalibrationPolicy | None = None
    failed: CalibrationPolicy | None = None
    missing: CalibrationPolicy | None = None
    changed: CalibrationPolicy | None = None
    interval_days: int | None = Field(None, ge=1, le=3650)
    standard: str | None = Field(None, pattern=r"^[a-z][a-z0-9-]{0,63}$")


class CalibrationSettings(_Table):
    """`[calibration]`: when devices are due, and what captures do then; docs/calibration.md."""

    overdue: CalibrationPolicy = "warn"
    """Its term is over, or a drift was seen."""
    failed: CalibrationPolicy = "warn"
    """It was measured, and does not keep its limits."""
    missing: CalibrationPolicy = "ignore"
    """It was never calibrated."""
    changed: CalibrationPolicy = "warn"
    """Another serial number or firmware than was measured."""
    interval_days: int = Field(90, ge=1, le=3650)
    daily_at: str = Field("05:30", pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$")
    """Idle devices are looked at by themselves at that time of this machine's time zone; empty: never."""
    fingerprint_scanner: CalibrationKindSettings = CalibrationKindSettings()
    slap_scanner: CalibrationKindSettings = CalibrationKindSettings()
    iris_camera: CalibrationKindSettings = CalibrationKindSettings()
    portrait_camera: CalibrationKindSettings = CalibrationKindSettings()
    card_writer: CalibrationKindSettings = CalibrationKindSettings()


_ORIGIN = re.compile(r"https://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?")
_LOCAL_ORIGIN = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:[1-9][0-9]{0,4})?")


class WebSettings(_Table):
    """`[web]`: the door for browsers."""

    listen: str = "127.0.0.1:7412"
    """Empty: none."""
    origins: tuple[str, ...] = Field((), max_length=64)
    """Of other pages that may pair; the gateway's own may."""
    roles: frozenset[str] = frozenset({"operator"})
    """Of those pages, once paired. The gateway's own has the roles of this machine's clients."""

    @field_validator("origins")
    @classmethod
    def _browsers_spelling(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not (_ORIGIN.fullmatch(origin) or _LOCAL_ORIGIN.fullmatch(origin)):
                raise ValueError(
                    f"{origin!r} is no origin: https://HOST or https://HOST:PORT in lower case, without a path and "
                    "without wildcards; http for localhost alone"
                )
            if origin.endswith(":443" if origin.startswith("https") else ":80"):
                raise ValueError(f"{origin!r}: browsers leave the default port out; so must this")
        return origins

    @field_validator("roles")
    @classmethod
    def _known_roles(cls, roles: frozenset[str]) -> frozenset[str]:
        return _known(roles)


_EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound


class GrpcSettings(_Table):
    """`[grpc]`: native clients beside this user's own: other users of this machine, and other machines."""

    listen: str = ""
    """`HOST:PORT` for desks on other machines, which show a certificate of `rekam trust issue-desk`; empty: none."""
    names: tuple[str, ...] = Field((), max_length=16)
    """Host names and addresses by which desks reach it; the host of `listen` where that is one of them."""
    socket: Path | None = None
    """A unix socket for the users of `group`, in a folder that lets no others in."""
    group: str = Field("", pattern=r"^([a-z_][a-z0-9_-]{0,31})?$")
    group_roles: frozenset[str] = frozenset({"operator"})

    @field_validator("group_roles")
    @classmethod
    def _known_roles(cls, roles: frozenset[str]) -> frozenset[str]:
        return _known(roles)

    @model_validator(mode="after")
    def _complete(self) -> "GrpcSettings":
        if (self.socket is None) != (not self.group):
            raise ValueError("`socket` and `group` go together: the group's users alone may open it")
        if self.socket is not None and not self.socket.is_absolute():
            raise ValueError(f"`socket`: give the whole path, not {self.socket}")
        if self.listen and not self.reached_by:
            raise ValueError(
                f"`listen`: {self.listen} is every address of this machine; give those of desks in `names`"
            )
        return self

    @property
    def reached_by(self) -> tuple[str, ...]:
        """The names that stand in the certificate which desks are shown."""
        host = self.listen.rpartition(":")[0].strip("[]")
        own = () if host in _EVERY_ADDRESS else (host,)
        return tuple(dict.fromkeys((*own, *self.names)))


class DeviceTable(BaseModel):
    """`[[device]]`: `driver`, perhaps `id`, and whatever the driver's constructor takes."""

    model_config = ConfigDict(frozen=True, extra="allow")

    driver: str = Field(min_length=1)
    id: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """What the driver's constructor is given."""
        return dict(self.model_extra or {})


class Config(_Table):
    """The whole file. Command-line options override its addresses and its state folder."""

    state: Path | None = None
    listen: str = "127.0.0.1:7411"
    """Empty: no port; clients of this machine then come by the unix socket, which its owner alone can open."""
    metrics: str = "127.0.0.1:7413"
    gateway_id: str = Field("", pattern=r"^[A-Za-z0-9._-]{0,64}$")
    """Empty: one is made at the first start and kept."""
    rescan_s: float = Field(0.25, ge=0.05, le=60)
    roles: frozenset[str] = ROLES
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

    @field_validator("roles")
    @classmethod
    def _known_roles(cls, roles: frozenset[str]) -> frozenset[str]:
        return _known(roles)


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
        return Config.model_validate(tomllib.loads(text))
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
