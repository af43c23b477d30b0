"""What Prometheus may see: times, counts and states, never a person."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

STAGE_SECONDS = Histogram(
    "rekam_capture_stage_seconds",
    "Time of each stage of a capture.",
    ["stage"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    registry=REGISTRY,
)
CAPTURES = Counter("rekam_captures", "Captures by outcome.", ["outcome"], registry=REGISTRY)
CARDS = Counter("rekam_cards", "Cards by how they ended.", ["outcome"], registry=REGISTRY)
HOLDER_CHECKS = Counter("rekam_holder_checks", "Holder checks by outcome.", ["outcome"], registry=REGISTRY)
DEVICE_STATE = Gauge(
    "rekam_device_state", "1 for the state that a device is in.", ["device", "state"], registry=REGISTRY
)
DEVICE_RESETS = Gauge("rekam_device_resets", "Resets of a device since the start.", ["device"], registry=REGISTRY)
SPOOL_CAPTURES = Gauge("rekam_spool_captures", "Captures that wait in the spool.", registry=REGISTRY)
SPOOL_BYTES = Gauge("rekam_spool_bytes", "Bytes that wait in the spool.", registry=REGISTRY)
LINK_STATE = Gauge(
    "rekam_link_state", "1 for the state that the way to the centre is in.", ["state"], registry=REGISTRY
)
REQUESTS = Counter("rekam_requests", "Requests by method and status.", ["method", "status"], registry=REGISTRY)
LOOP_STALL_SECONDS = Histogram(
    "rekam_event_loop_stall_seconds",
    "How late a timer of the event loop fired.",
    buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0),
    registry=REGISTRY,
)


@contextmanager
def timed(stage: str) -> Iterator[None]:
    """Record how long the block took as a stage of a capture."""
    start = time.perf_counter()
    try:
        yield
    finally:
        STAGE_SECONDS.labels(stage).observe(time.perf_counter() - start)
