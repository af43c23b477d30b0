"""What the spool takes and gives: captures, blobs, limits, and what happened to it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Blob:
    """A record or image that travels beside a manifest."""

    name: str
    """Unique within a capture, e.g. `image.fir`."""
    media_type: str
    content: bytes
    sha256: str
    """SHA-256 of `content`, lower-case hexadecimal."""

    @classmethod
    def of(cls, name: str, media_type: str, content: bytes) -> "Blob":
        """A blob with its digest computed."""
        return cls(name, media_type, content, hashlib.sha256(content).hexdigest())


@dataclass(frozen=True)
class SignedCapture:
    """A capture to be stored, signed for the place in the chain that was offered."""

    capture_id: str
    jws: bytes
    manifest_digest: str
    """SHA-256 of the signed payload in hexadecimal: the `previous` of the next one."""
    blobs: tuple[Blob, ...]


@dataclass(frozen=True)
class StoredCapture:
    """A capture that is on the disk."""

    sequence: int
    capture_id: str
    chain_id: str
    manifest_digest: str
    jws: bytes
    jws_sha256: str
    """SHA-256 of `jws` when it was stored, hexadecimal."""
    size: int
    """Bytes of the signature and all blobs that are kept."""
    created_at: datetime
    """UTC by the machine's clock; the time that counts is in the manifest."""
    state: str
    """`WAITING`, or `ERASED`: only the manifest is kept."""
    erased_at: datetime | None = None
    """UTC by the machine's clock; None where the blobs are kept."""


@dataclass(frozen=True)
class KeptResponse:
    """The answer to a request that may come again."""

    request_digest: bytes
    response: bytes


@dataclass(frozen=True)
class SpoolLimits:
    """How much may wait, and when to warn."""

    max_bytes: int = 16 << 30
    """Bytes of stored captures above which no capture is begun."""
    reserve_bytes: int = 64 << 20
    """Free bytes that stay on the disk, but at most a twentieth of it."""
    warn_fraction: float = 0.8
    """Share of `max_bytes` from which a warning is given."""
    warn_age_days: float = 14.0
    """Age of the oldest capture from which a warning is given."""


@dataclass(frozen=True)
class SpoolDepth:
    """What waits."""

    count: int
    """Captures that are not erased."""
    bytes: int
    """Of them, and of the manifests of those that are."""
    oldest_at: datetime | None
    """UTC; None where nothing waits."""


@dataclass(frozen=True)
class SpoolIncident:
    """Something that happened to the spool and that somebody should look at."""

    at: datetime
    path: Path
    """The file it is about: for a damaged spool, where it was set aside."""
    cause: str
    remedy: str
    lost: bool
    """Whether captures that were acknowledged may be missing from the spool now in use."""
