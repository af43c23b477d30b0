"""Ways from the office to its centre; the face of the room. Each is a `gateway.centre.WayOut`."""

from gateway.ways.ingest import IngestPlace, IngestWay

__all__ = ["IngestPlace", "IngestWay"]
