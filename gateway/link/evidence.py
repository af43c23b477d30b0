"""What one look at the way to the centre saw: values, each of one probe, none of them a judgement."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.centre import CentreCondition, CentreState, UnreachableCause

AskCentre = Callable[[], Awaitable[CentreState]]
"""`WayOut.centre`, or what does the same."""


@dataclass(frozen=True)
class LinkTarget:
    """Where the centre is, as far as a look needs to know."""

    host: str
    port: int
    authority_pem: str | None = None
    """Certificates of the authorities whose word on the centre's name counts; None: those of the system."""
    certificate_pem: str | None = None
    """The office's own certificate, where it has to show one."""


@dataclass(frozen=True)
class RouteSeen:
    """What the kernel says of the ways out of this machine; nothing is sent for it."""

    carrier: bool | None
    """Whether any network interface has a signal (a cable, an access point); None where the kernel does not tell."""
    default_route: bool | None
    """Whether the main table has a default route of IPv4 or IPv6; None where the kernel does not tell."""
    reaches: bool | None = None
    """Whether any route, of whatever table, leads to an address of the centre; None while none is known."""


class NameFault(StrEnum):
    """Why a name gave no address."""

    NOT_FOUND = "not_found"
    """The name servers say that there is no such name."""
    NO_ANSWER = "no_answer"
    """They do not answer, or fail."""
    TIMEOUT = "timeout"
    UNLIKELY = "unlikely"
    """It resolves to this machine itself, or to no host at all: somebody's filter answers."""


@dataclass(frozen=True)
class NameSeen:
    """Whether the centre's name resolves."""

    addresses: tuple[str, ...]
    fault: NameFault | None
    took_s: float


class ConnectOutcome(StrEnum):
    """How a TCP connection to the centre's port went."""

    CONNECTED = "connected"
    REFUSED = "refused"
    NO_ROUTE = "no_route"
    TIMEOUT = "timeout"
    FAILED = "failed"


@dataclass(frozen=True)
class ConnectSeen:
    """Of the last address that was tried."""

    address: str
    outcome: ConnectOutcome
    took_s: float
    detail: str = ""


class TlsOutcome(StrEnum):
    """What answered on the port."""

    GENUINE = "genuine"
    """By the authority, of the centre's name, within its time."""
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    OTHER_NAME = "other_name"
    """By the authority, of another name."""
    OTHER_AUTHORITY = "other_authority"
    """Of the centre's name, by somebody whom the authority does not vouch for."""
    STRANGER = "stranger"
    """Neither the name nor the authority, as a captive portal's."""
    PLAIN_HTTP = "plain_http"
    """No TLS at all, but a web server's answer, as a captive portal's."""
    NOT_TLS = "not_tls"
    """Something else that is not TLS."""
    ALERT = "alert"
    """It speaks TLS, and refuses this client."""
    CUT = "cut"
    TIMEOUT = "timeout"


@dataclass(frozen=True)
class CertificateSeen:
    """A certificate that was shown, whoever showed it."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True)
class TlsSeen:
    """What the handshake showed; believed for a cause alone, never for what is sent."""

    outcome: TlsOutcome
    took_s: float
    certificate: CertificateSeen | None = None
    detail: str = ""


@dataclass(frozen=True)
class OwnCertificateSeen:
    """The office's own certificate, as it lies on the disk."""

    not_before: datetime | None
    not_after: datetime | None
    expired: bool
    problem: str = ""
    """Why it cannot be read."""


@dataclass(frozen=True)
class CentreSeen:
    """The centre's own word, or that there was none."""

    condition: CentreCondition | None
    """None: it did not answer."""
    round_trip_s: float | None
    cause: UnreachableCause | None = None
    detail: str = ""
    retry_after_s: float | None = None
    centre_id: str = ""
    announcements: tuple[bytes, ...] | None = None
    """JWS, those in force; None where it did not say which are."""
    silent: bool = False
    """The hub between answered, and has heard nothing of the centre for a while."""

    @property
    def reached(self) -> bool:
        """Whether the centre answered, or the hub for it, whatever it said."""
        return self.condition is not None


@dataclass(frozen=True)
class Look:
    """One look. What was not looked at is None: where the centre answers, nothing else is asked."""

    at_s: float
    """Seconds of the boot clock, at its end."""
    centre: CentreSeen | None = None
    route: RouteSeen | None = None
    name: NameSeen | None = None
    connect: ConnectSeen | None = None
    tls: TlsSeen | None = None
    own_certificate: OwnCertificateSeen | None = None

    @property
    def reached(self) -> bool:
        """Whether the centre answered; with no way to ask it, whether what answers on its port is genuine."""
        if self.centre is not None:
            return self.centre.reached
        return self.tls is not None and self.tls.outcome is TlsOutcome.GENUINE
