"""Manifests, keys and chains for the tests of trust and spool."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.trust import (
    BlobDigest,
    ClockQuality,
    Manifest,
    NamedCode,
    SignedManifest,
    SignedTime,
    SigningDevice,
    SigningKey,
    StatedQuality,
    sign_manifest,
)
from gateway.trust.keys import self_signed_certificate
from gateway.trust.manifest import payload_digest

NOON = datetime(2026, 3, 4, 12, 0, 0, 250_000, tzinfo=UTC)
BLOBS = {"image.fir": b"an image record" * 100, "template.fmr": b"a template record"}


def moment(wall: datetime = NOON, quality: ClockQuality = ClockQuality.TRUSTED) -> SignedTime:
    return SignedTime(wall, 1234.567, quality, None if quality is ClockQuality.UNTRUSTED else 0.025)


def new_key(gateway_id: str = "kedoya-1", made: datetime = NOON - timedelta(days=10)) -> SigningKey:
    private_key = ec.generate_private_key(ec.SECP256R1())
    return SigningKey(private_key, self_signed_certificate(private_key, gateway_id, made))


def manifest(sequence: int = 1, previous: str | None = None, **changes: object) -> Manifest:
    made = Manifest(
        capture_id=f"capture-{sequence}",
        transaction_id="transaction 7",
        nonce="n0nce",
        device=SigningDevice("uareu4000:A1", "uareu4000", "DigitalPersona", "U.are.U 4500", "A1", ""),
        calibration_id=None,
        modality="finger",
        position=NamedCode(2, "right-index"),
        impression=NamedCode(0, "live-scan-plain"),
        outcome="captured",
        quality=StatedQuality(71, "rekam-finger", "1"),
        guidance=("too_dry",),
        exceptions=(),
        operator="Ibu Sari ✓",
        blobs=tuple(
            BlobDigest(name, "application/octet-stream", len(data), payload_digest(data))
            for name, data in BLOBS.items()
        ),
        time=moment(),
        boot_id="f11642c4-5704-4b88-951f-15607893ee01",
        chain_id="c0ffee",
        sequence=sequence,
        previous=previous,
        gateway_id="kedoya-1",
        software="rekam 0.1.0",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def chain(key: SigningKey, length: int, chain_id: str = "c0ffee") -> list[SignedManifest]:
    made: list[SignedManifest] = []
    for sequence in range(1, length + 1):
        previous = made[-1].digest if made else None
        made.append(sign_manifest(manifest(sequence, previous, chain_id=chain_id), key))
    return made
