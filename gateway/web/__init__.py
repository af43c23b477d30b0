"""Why a browser believes the gateway: an authority for loopback names alone, and where it is told of."""

from gateway.web.authority import DoorCertificate, LocalAuthority
from gateway.web.errors import WebTrustError

__all__ = ["DoorCertificate", "LocalAuthority", "WebTrustError"]
