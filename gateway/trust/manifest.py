"""The manifest of a capture: what is signed, as a value and as canonical JSON (RFC 8785)."""

import hashlib
from dataclasses import dataclass
from typing import Any

import rfc8785

from gateway.trust.clock import SignedTime
from gateway.trust.manifest_field import Field, ManifestError, parse_json
from gateway.trust.stated_values import (
    HEX_DIGEST,
    NAME,
    NamedCode,
    named_code_as_json,
    read_named_code,
    read_time,
    time_as_json,
)

FORMAT = "rekam-manifest"
VERSION = 1
MAX_BYTES = 65_536
"""Largest canonical form that is read or made; a manifest holds digests, never images."""


@dataclass(frozen=True)
class SigningDevice:
    """The device that the capture came from."""

    id: str
    driver: str
    vendor: str
    model: str
    serial: str
    firmware: str


@dataclass(frozen=True)
class StatedQuality:
    """A score and the algorithm that gave it; scores of different algorithms are not comparable."""

    score: int
    """0 to 100."""
    algorithm: str
    version: str


@dataclass(frozen=True)
class StatedCue:
    """What one cue of liveness came to."""

    name: str
    status: str
    score: int | None
    """0, as the attack looks, to 100; suspected below 50, no probability. None where it could not look."""
    reason: str
    """A code."""


@dataclass(frozen=True)
class StatedLiveness:
    """What heuristics say of signs of a presentation attack on one eye; not evaluated under ISO/IEC 30107-3."""

    position: NamedCode
    verdict: str
    cues: tuple[StatedCue, ...]
    algorithm: str
    version: str


@dataclass(frozen=True)
class BiometricException:
    """Something that could not be captured, and why, e.g. a missing finger."""

    position: NamedCode
    reason: str


@dataclass(frozen=True)
class BlobDigest:
    """A blob that travels beside the manifest."""

    name: str
    """File name, without a folder."""
    media_type: str
    size: int
    """Bytes."""
    sha256: str
    """64 lower-case hexadecimal digits."""


@dataclass(frozen=True)
class Manifest:
    """What the gateway signs about one capture; docs/manifest.md describes each field.

    The place in the chain (`chain_id`, `sequence`, `previous`) is part of it, so that a dropped, moved or inserted
    capture is noticed. The values are checked when bytes are made of them.
    """

    capture_id: str
    transaction_id: str
    nonce: str
    device: SigningDevice | None
    calibration_id: str | None
    modality: str
    position: NamedCode
    impression: NamedCode | None
    outcome: str
    quality: StatedQuality | None
    guidance: tuple[str, ...]
    exceptions: tuple[BiometricException, ...]
    operator: str
    blobs: tuple[BlobDigest, ...]
    time: SignedTime
    boot_id: str
    chain_id: str
    sequence: int
    """From 1, without a gap within a chain."""
    previous: str | None
    """`digest()` of the manifest before it in the chain; None for sequence 1."""
    gateway_id: str
    software: str
    retake_of: str | None = None
    """The capture that this one was made to replace."""
    liveness: tuple[StatedLiveness, ...] = ()
    """Empty where it was not looked for: then the member is left out, as in manifests from before there was one."""

    def to_bytes(self) -> bytes:
        """The canonical form (RFC 8785): the payload that is signed.

        Raises
        ------
        ManifestError
            A field is not what docs/manifest.md says, or the whole is over `MAX_BYTES`.
        """
        value = _as_json(self)
        _read_manifest(Field("manifest", value))
        data = rfc8785.dumps(value)
        if len(data) > MAX_BYTES:
            raise ManifestError(f"manifest: {len(data)} bytes, over the {MAX_BYTES} that a manifest may have")
        return data

    def digest(self) -> str:
        """SHA-256 of the canonical form in lower-case hexadecimal, what the next manifest calls `previous`."""
        return payload_digest(self.to_bytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> "Manifest":
        """Read a manifest strictly: every field there, none unknown, and in canonical form to the byte.

        Raises
        ------
        ManifestError
            Names the field, or says that the form is not canonical.
        """
        if len(data) > MAX_BYTES:
            raise ManifestError(f"manifest: {len(data)} bytes, over the {MAX_BYTES} that a manifest may have")
        manifest = _read_manifest(Field("manifest", parse_json(data)))
        if rfc8785.dumps(_as_json(manifest)) != data:
            raise ManifestError("manifest: not in canonical form (RFC 8785)")
        return manifest


def payload_digest(payload: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(payload).hexdigest()


def _as_json(manifest: Manifest) -> dict[str, Any]:
    # By hand rather than dataclasses.asdict: ten times faster, and the format does not follow a renamed attribute.
    device, impression, quality = manifest.device, manifest.impression, manifest.quality
    liveness = {"liveness": [_liveness_as_json(each) for each in manifest.liveness]} if manifest.liveness else {}
    return {
        **liveness,
        "format": FORMAT,
        "version": VERSION,
        "capture_id": manifest.capture_id,
        "transaction_id": manifest.transaction_id,
        "nonce": manifest.nonce,
        "retake_of": manifest.retake_of,
        "device": None
        if device is None
        else {
            "id": device.id,
            "driver": device.driver,
            "vendor": device.vendor,
            "model": device.model,
            "serial": device.serial,
            "firmware": device.firmware,
        },
        "calibration_id": manifest.calibration_id,
        "modality": manifest.modality,
        "position": named_code_as_json(manifest.position),
        "impression": None if impression is None else named_code_as_json(impression),
        "outcome": manifest.outcome,
        "quality": None
        if quality is None
        else {"score": quality.score, "algorithm": quality.algorithm, "version": quality.version},
        "guidance": list(manifest.guidance),
        "exceptions": [
            {"position": named_code_as_json(each.position), "reason": each.reason} for each in manifest.exceptions
        ],
        "operator": manifest.operator,
        "blobs": [
            {"name": blob.name, "media_type": blob.media_type, "size": blob.size, "sha256": blob.sha256}
            for blob in manifest.blobs
        ],
        "time": time_as_json(manifest.time),
        "boot_id": manifest.boot_id,
        "chain_id": manifest.chain_id,
        "sequence": manifest.sequence,
        "previous": manifest.previous,
        "gateway_id": manifest.gateway_id,
        "software": manifest.software,
    }


def _liveness_as_json(stated: StatedLiveness) -> dict[str, Any]:
    return {
        "position": named_code_as_json(stated.position),
        "verdict": stated.verdict,
        "cues": [
            {"name": cue.name, "status": cue.status, "score": cue.score, "reason": cue.reason} for cue in stated.cues
        ],
        "algorithm": stated.algorithm,
        "version": stated.version,
    }


def _read_device(field: Field) -> SigningDevice:
    first, *others = field.members("id", "driver", "vendor", "model", "serial", "firmware")
    return SigningDevice(first.text(), *(other.text(empty=True) for other in others))


def _read_quality(field: Field) -> StatedQuality:
    score, algorithm, version = field.members("score", "algorithm", "version")
    return StatedQuality(score.integer(0, 100), algorithm.text(), version.text())


def _read_liveness(field: Field) -> StatedLiveness:
    position, verdict, cues, algorithm, version = field.members("position", "verdict", "cues", "algorithm", "version")
    return StatedLiveness(
        read_named_code(position), verdict.text(), cues.items(_read_cue), algorithm.text(), version.text()
    )


def _read_cue(field: Field) -> StatedCue:
    name, status, score, reason = field.members("name", "status", "score", "reason")
    return StatedCue(name.text(), status.text(), score.or_none(lambda value: value.integer(0, 100)), reason.text())


def _read_exception(field: Field) -> BiometricException:
    position, reason = field.members("position", "reason")
    return BiometricException(read_named_code(position), reason.text())


def _read_blob(field: Field) -> BlobDigest:
    name, media_type, size, sha256 = field.members("name", "media_type", "size", "sha256")
    return BlobDigest(name.text(NAME), media_type.text(), size.integer(0), sha256.text(HEX_DIGEST))


def _read_manifest(field: Field) -> Manifest:
    names = (
        *("format", "version", "capture_id", "transaction_id", "nonce", "device", "calibration_id", "modality"),
        *("position", "impression", "outcome", "quality", "guidance", "exceptions", "operator", "blobs", "time"),
        *("boot_id", "chain_id", "sequence", "previous", "gateway_id", "software", "retake_of"),
    )
    field, liveness = field.without("liveness")
    of = dict(zip(names, field.members(*names), strict=True))
    if liveness is not None and liveness.value == []:
        liveness.fail("left out where there is nothing to say")
    if of["format"].text() != FORMAT:
        of["format"].fail(f"not {FORMAT}")
    of["version"].integer(VERSION, VERSION)
    blobs = of["blobs"].items(_read_blob)
    if len({blob.name for blob in blobs}) != len(blobs):
        of["blobs"].fail("two blobs of one name")
    sequence = of["sequence"].integer(1)
    previous = of["previous"].or_none(lambda value: value.text(HEX_DIGEST))
    if (previous is None) != (sequence == 1):
        of["previous"].fail("null belongs to sequence 1, and to no other")
    return Manifest(
        capture_id=of["capture_id"].text(NAME),
        transaction_id=of["transaction_id"].text(empty=True),
        nonce=of["nonce"].text(empty=True),
        device=of["device"].or_none(_read_device),
        calibration_id=of["calibration_id"].or_none(Field.text),
        modality=of["modality"].text(),
        position=read_named_code(of["position"]),
        impression=of["impression"].or_none(read_named_code),
        outcome=of["outcome"].text(),
        quality=of["quality"].or_none(_read_quality),
        guidance=of["guidance"].items(Field.text),
        exceptions=of["exceptions"].items(_read_exception),
        operator=of["operator"].text(empty=True),
        blobs=blobs,
        time=read_time(of["time"]),
        boot_id=of["boot_id"].text(),
        chain_id=of["chain_id"].text(NAME),
        sequence=sequence,
        previous=previous,
        gateway_id=of["gateway_id"].text(NAME),
        software=of["software"].text(empty=True),
        retake_of=of["retake_of"].or_none(lambda value: value.text(NAME)),
        liveness=() if liveness is None else liveness.items(_read_liveness),
    )
