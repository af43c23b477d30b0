"""Ways from the office to its centre; the face of the room. Each is a `gateway.centre.WayOut`."""

from gateway.hub import HubPlace
from gateway.ways.ingest import IngestPlace, IngestWay
from gateway.ways.jetstream import HubState, JetstreamWay

__all__ = ["HubPlace", "HubState", "IngestPlace", "IngestWay", "JetstreamWay"]
