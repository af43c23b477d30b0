"""Whether a capture is what the gateway signed, said check by check."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from gateway.trust.clock import ClockQuality, is_plausible
from gateway.trust.keys import gateway_of
from gateway.trust.manifest import Manifest, payload_digest
from gateway.trust.manifest_field import ManifestError
from gateway.trust.signature import (
    SignatureFormError,
    UnverifiedSignature,
    key_id_of,
    read_signature,
    signature_holds,
)

_AHEAD = timedelta(days=1)
"""A trusted time may lie this far after the verifier's own clock, which may run behind."""


class CheckStatus(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    """It could not be decided; the detail says what that leaves open."""


@dataclass(frozen=True)
class Check:
    """One check of a capture.

    Parameters
    ----------
    name : str
        `form`, `certificate`, `signature`, `trusted_key`, `manifest`, `blob:NAME`, `chain` or `time`.
    status : CheckStatus
    detail : str
        What was seen.
    """

    name: str
    status: CheckStatus
    detail: str


@dataclass(frozen=True)
class VerificationReport:
    """All checks of one capture, in the order in which they were made."""

    checks: tuple[Check, ...]
    manifest: Manifest | None
    """What is said of the capture; to be believed only where `ok`."""
    digest: str | None
    """SHA-256 of the signed payload in hexadecimal."""

    @property
    def ok(self) -> bool:
        """Whether no check failed; look at `warnings` too."""
        return not self.failures

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if check.status is CheckStatus.FAILED)

    @property
    def warnings(self) -> tuple[Check, ...]:
        """The checks that could not be decided."""
        return tuple(check for check in self.checks if check.status is CheckStatus.WARNING)


@dataclass(frozen=True)
class TrustAnchors:
    """The certificates of the gateways that a verifier knows, pinned by their SHA-256 fingerprints."""

    fingerprints: frozenset[bytes]

    @classmethod
    def from_pem(cls, *bundles: str) -> Self:
        """Pin every certificate in PEM trust bundles.

        Raises
        ------
        ValueError
            A bundle holds no certificate, or a damaged one.
        """
        return cls(
            frozenset(
                certificate.fingerprint(hashes.SHA256())
                for bundle in bundles
                for certificate in x509.load_pem_x509_certificates(bundle.encode())
            )
        )

    def hold(self, certificate: x509.Certificate) -> bool:
        """Whether this very certificate is pinned."""
        return certificate.fingerprint(hashes.SHA256()) in self.fingerprints


def verify_capture(
    jws: bytes,
    blobs: Mapping[str, bytes],
    trust_anchors: TrustAnchors | None = None,
    previous: bytes | None = None,
    now: datetime | None = None,
) -> VerificationReport:
    """Check a signed manifest and the blobs that travel beside it.

    Without `trust_anchors` the signature is checked against the certificate that it brings along: that shows any
    change made after signing, but not who signed, and `trusted_key` is a warning that says so.

    Parameters
    ----------
    jws : bytes
        `manifest.jws`, exactly as it was signed: a line break at its end is a change.
    blobs : mapping of str to bytes
        Content by name; a missing and a surplus one both fail.
    trust_anchors : TrustAnchors, optional
        The gateways that are known.
    previous : bytes, optional
        The JWS before this one in the chain; its own signature is not checked here, see `gateway.trust.chain`.
    now : datetime, optional
        The verifier's time, UTC; the machine's by default.
    """
    checks: list[Check] = []
    try:
        signature = read_signature(jws)
    except SignatureFormError as error:
        return VerificationReport((_failed("form", str(error)),), None, None)
    checks.append(_passed("form", "a JWS in compact form, each byte in its one spelling"))
    checks.append(_check_signature(signature))
    manifest, manifest_check = _read_manifest(signature.payload)
    checks.append(manifest_check)
    if checks[1].status is CheckStatus.PASSED:  # else the certificate is but a part of what was changed
        checks.append(_check_certificate(signature, manifest))
        checks.append(_check_trust(signature, trust_anchors))
    if manifest is not None:
        if checks[1].status is CheckStatus.PASSED:  # else the digests may be what was changed
            checks.extend(_check_blobs(manifest, blobs))
        if previous is not None:
            checks.append(_check_link(manifest, previous))
        checks.append(_check_time(manifest, now or datetime.now(UTC)))
    return VerificationReport(tuple(checks), manifest, payload_digest(signature.payload))


def _passed(name: str, detail: str) -> Check:
    return Check(name, CheckStatus.PASSED, detail)


def _failed(name: str, detail: str) -> Check:
    return Check(name, CheckStatus.FAILED, detail)


def _warning(name: str, detail: str) -> Check:
    return Check(name, CheckStatus.WARNING, detail)


def _check_signature(signature: UnverifiedSignature) -> Check:
    if signature_holds(signature):
        return _passed("signature", f"ES256 by key {signature.key_id}")
    return _failed("signature", "header or manifest were changed after signing, or the signature was")


def _read_manifest(payload: bytes) -> tuple[Manifest | None, Check]:
    try:
        manifest = Manifest.from_bytes(payload)
    except ManifestError as error:
        return None, _failed("manifest", str(error))
    return manifest, _passed("manifest", "canonical, every field in its form")


def _check_certificate(signature: UnverifiedSignature, manifest: Manifest | None) -> Check:
    try:
        gateway_id = _signing_gateway(signature)
    except ValueError as error:
        return _failed("certificate", str(error))
    if manifest is None:
        return _warning("certificate", "whole, but there is no manifest to hold its dates and gateway against")
    if gateway_id != manifest.gateway_id:
        return _failed("certificate", f"it is that of gateway {gateway_id}, the manifest names {manifest.gateway_id}")
    wall, certificate = manifest.time.wall, signature.certificate
    if is_plausible(wall) and not certificate.not_valid_before_utc <= wall <= certificate.not_valid_after_utc:
        return _failed("certificate", f"it was not valid at the time of the capture, {wall:%Y-%m-%d}")
    return _passed("certificate", f"of gateway {gateway_id}, valid at the time of the capture")


def _signing_gateway(signature: UnverifiedSignature) -> str:
    """The gateway that the certificate names; ValueError where the certificate may not vouch for it."""
    certificate = signature.certificate
    try:
        # Self-signed: the office has no authority to ask, the verifier pins the certificate itself.
        certificate.verify_directly_issued_by(certificate)
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except InvalidSignature as error:
        raise ValueError("it is damaged: it does not verify under its own key") from error
    except (x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise ValueError("it does not say, once, what its key may be used for") from error
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"its key is of no kind that can be checked: {error}") from error
    if not usage.digital_signature:
        raise ValueError("its key may not sign")
    key_id = key_id_of(certificate)
    if key_id != signature.key_id:
        raise ValueError(f"its key is {key_id}, but the header names {signature.key_id}")
    return gateway_of(certificate)


def _check_trust(signature: UnverifiedSignature, trust_anchors: TrustAnchors | None) -> Check:
    if trust_anchors is None:
        return _warning(
            "trusted_key",
            f"signed by unknown key {signature.key_id}: no trust bundle was given, so who signed is not known",
        )
    if trust_anchors.hold(signature.certificate):
        return _passed("trusted_key", f"key {signature.key_id} is in the trust bundle")
    return _failed("trusted_key", f"signed by unknown key {signature.key_id}: it is not in the trust bundle")


def _check_blobs(manifest: Manifest, blobs: Mapping[str, bytes]) -> list[Check]:
    checks = []
    for stated in manifest.blobs:
        name, content = f"blob:{stated.name}", blobs.get(stated.name)
        if content is None:
            checks.append(_failed(name, "missing"))
        elif len(content) != stated.size:
            checks.append(_failed(name, f"{len(content)} bytes, {stated.size} were signed"))
        elif payload_digest(content) != stated.sha256:
            checks.append(_failed(name, "changed after signing: its SHA-256 is another"))
        else:
            checks.append(_passed(name, f"{stated.size} bytes, SHA-256 as signed"))
    stated_names = {stated.name for stated in manifest.blobs}
    checks += [_failed(f"blob:{name}", "not part of the capture") for name in sorted(blobs.keys() - stated_names)]
    return checks


def _check_link(manifest: Manifest, previous: bytes) -> Check:
    try:
        payload = read_signature(previous).payload
        before = Manifest.from_bytes(payload)
    except (SignatureFormError, ManifestError) as error:
        return _failed("chain", f"the manifest before it cannot be read: {error}")
    if before.chain_id != manifest.chain_id or before.sequence + 1 != manifest.sequence:
        return _failed(
            "chain", f"number {manifest.sequence} does not follow number {before.sequence} of chain {before.chain_id}"
        )
    if manifest.previous != payload_digest(payload):
        return _failed("chain", f"number {before.sequence} is not the manifest that number {manifest.sequence} names")
    return _passed("chain", f"number {manifest.sequence}, follows number {before.sequence}")


def _check_time(manifest: Manifest, now: datetime) -> Check:
    time = manifest.time
    stated = f"{time.wall:%Y-%m-%d %H:%M:%S} UTC"
    if time.quality is ClockQuality.UNTRUSTED:
        return _warning("time", f"{stated} by a clock that nothing confirmed")
    if not is_plausible(time.wall):
        return _failed("time", f"{stated}, but called {time.quality}: before this software existed")
    if time.wall > now + _AHEAD:
        if is_plausible(now):
            return _failed("time", f"{stated}, but called {time.quality}: it lies in the future")
        return _warning("time", f"{stated}; this machine's own clock is wrong and cannot judge it")
    return _passed("time", f"{stated}, {time.quality}, within {time.uncertainty_s} s")
