"""The reference receiver for a centre: takes sealed packets, holds them, answers; the face of the room.

The gateway never imports it: it runs at the other end of the line, by `rekam central serve`. The server itself is in
`gateway.central.server`, so that commands on the folder do without gRPC.
"""

from gateway.central.admission import AdmissionLimits
from gateway.central.certificates import AUTHORITY_FILE, Authority
from gateway.central.chain_forks import ChainFork
from gateway.central.duplicate_search import AFTER_SEARCH, DuplicateSearch, SearchFinding, StubSearch
from gateway.central.errors import (
    CentralError,
    CentreServed,
    CertificateRefused,
    GatewayRefused,
    PacketNotHere,
    StateUnusable,
    StatusRefused,
    StoreError,
    StoreFull,
    StoreUnavailable,
    StoreWentBack,
)
from gateway.central.importing import hold_file
from gateway.central.open_centre import OpenCentre
from gateway.central.setting_up import CentreOffer, checked_bundle, set_up
from gateway.central.store import CentreStore, RegisteredGateway, StoredPacket

__all__ = [
    "AFTER_SEARCH",
    "AUTHORITY_FILE",
    "AdmissionLimits",
    "Authority",
    "CentralError",
    "CentreOffer",
    "CentreServed",
    "CentreStore",
    "CertificateRefused",
    "ChainFork",
    "DuplicateSearch",
    "GatewayRefused",
    "OpenCentre",
    "PacketNotHere",
    "RegisteredGateway",
    "SearchFinding",
    "StateUnusable",
    "StatusRefused",
    "StoreError",
    "StoreFull",
    "StoreUnavailable",
    "StoreWentBack",
    "StoredPacket",
    "StubSearch",
    "checked_bundle",
    "hold_file",
    "set_up",
]
