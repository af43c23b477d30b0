"""Desks on other machines: certificates by which they are known, with the roles that stand in them."""

from gateway.desks.authority import DeskAuthority, ServerCertificate
from gateway.desks.errors import CertificateRefused, DeskTrustError
from gateway.desks.roll import Desk, DeskRoll

__all__ = ["CertificateRefused", "Desk", "DeskAuthority", "DeskRoll", "DeskTrustError", "ServerCertificate"]
