"""What Prometheus may see of a centre: counts, times and room, never a packet's content nor a person."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

CALLS = Counter(
    "rekam_central_calls", "Calls of gateways by method and status.", ["method", "status"], registry=REGISTRY
)
PACKETS = Counter(
    "rekam_central_packets", "Packets that came whole, by what became of them.", ["outcome"], registry=REGISTRY
)
RECEIVED_BYTES = Counter("rekam_central_received_bytes", "Bytes of packets that were made durable.", registry=REGISTRY)
UPLOADS = Gauge("rekam_central_uploads", "Uploads under way.", registry=REGISTRY)
VERIFYING = Gauge("rekam_central_verifying", "Packets that are verified, or wait for it.", registry=REGISTRY)
TURNED_AWAY = Counter(
    "rekam_central_turned_away", "Uploads that were asked to come later, by reason.", ["reason"], registry=REGISTRY
)
FREE_BYTES = Gauge("rekam_central_free_bytes", "Room on the disk of packets.", registry=REGISTRY)
CONDITION = Gauge("rekam_central_condition", "1 for what the centre says of itself.", ["condition"], registry=REGISTRY)
STORED_PACKETS = Gauge(
    "rekam_central_stored_packets", "Packets that are held, by status.", ["status"], registry=REGISTRY
)
CHAIN_FORKS = Gauge(
    "rekam_central_chain_forks",
    "Places of gateways' chains that more than one packet claims: 0, or a gateway was cloned or put back.",
    registry=REGISTRY,
)
BATCH_PACKETS = Histogram(
    "rekam_central_batch_packets",
    "Packets that share one transaction.",
    buckets=(1, 2, 4, 8, 16, 32, 64),
    registry=REGISTRY,
)
RECEPTION_SECONDS = Histogram(
    "rekam_central_reception_seconds",
    "From a packet's last byte until its receipt may be given.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0),
    registry=REGISTRY,
)
