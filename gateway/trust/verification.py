"""Whether a capture is what the gateway signed, said check by check."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from gateway.trust.certificate import check_issuance, gateway_of, key_id_of
from gateway.trust.clock import ClockQuality, SignedTime, is_plausible
from gateway.trust.manifest import Manifest, payload_digest
from gateway.trust.manifest_field import ManifestError
from gateway.trust.signature import (
    SignatureFormError,
    UnverifiedSignature,
    read_signature,
    signature_holds,
)
from gateway.trust.trust_anchors import TrustAnchors

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
class Checks:
    """All checks of one thing, in the order in which they were made."""

    checks: tuple[Check, ...]

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
class VerificationReport(Checks):
    """All checks of one capture."""

    manifest: Manifest | None
    """What is said of the capture; to be believed only where `ok`."""
    digest: str | None
    """SHA-256 of the signed payload in hexadecimal."""


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
        place = None if manifest is None else (manifest.chain_id, manifest.sequence, manifest.time)
        checks.append(trusted_key_check(signature, place, trust_anchors))
    if manifest is not None:
        if checks[1].status is CheckStatus.PASSED:  # else the digests may be what was changed
            checks.extend(_check_blobs(manifest, blobs))
        if previous is not None:
            checks.append(_check_link(manifest, previous))
        checks.append(time_check(manifest.time, now or datetime.now(UTC)))
    return VerificationReport(tuple(checks), manifest, payload_digest(signature.payload))


def check_signer(signature: UnverifiedSignature, gateway_id: str, wall: datetime) -> None:
    """Refuse certificates that cannot vouch for what a gateway signed at a time.

    Parameters
    ----------
    signature : UnverifiedSignature
        Whose signature holds; else its certificates may be what was changed.
    gateway_id : str
        As the signed document names it.
    wall : datetime
        As the signed document states it, UTC; one that is plainly wrong judges no dates.

    Raises
    ------
    ValueError
        Says what is wrong with them.
    """
    named = _signing_gateway(signature)
    if named != gateway_id:
        raise ValueError(f"it is that of gateway {named}, what it signed names {gateway_id}")
    for certificate in signature.certificates if is_plausible(wall) else ():
        if not certificate.not_valid_before_utc <= wall <= certificate.not_valid_after_utc:
            which = "it" if certificate is signature.certificate else "one of its issuers"
            raise ValueError(f"{which} was not valid at the time that was signed, {wall:%Y-%m-%d}")


def trusted_key_check(
    signature: UnverifiedSignature,
    place: tuple[str, int, SignedTime] | None,
    trust_anchors: TrustAnchors | None,
) -> Check:
    """Whether a known gateway's key signed, and before it was revoked if it was.

    Parameters
    ----------
    signature : UnverifiedSignature
    place : tuple of str, int, SignedTime, or None
        Chain id, number in that chain and time of what was signed; None where that cannot be read.
    trust_anchors : TrustAnchors, optional
        The gateways that are known; a warning without them.
    """
    name, key_id = "trusted_key", signature.key_id
    if trust_anchors is None:
        return _warning(name, f"signed by unknown key {key_id}: no trust bundle was given, so who signed is not known")
    if not trust_anchors.hold(signature.certificate, signature.certificates[1:]):
        return _failed(name, f"signed by unknown key {key_id}: it is not in the trust bundle")
    revocation = trust_anchors.revocations.get(key_id)
    if revocation is None:
        return _passed(name, f"key {key_id} is in the trust bundle")
    revoked = f"key {key_id} was revoked on {revocation.wall:%Y-%m-%d %H:%M} UTC ({revocation.reason.value})"
    if place is None or revocation.precedes(*place):
        return _failed(name, f"{revoked}, and nothing shows that it signed this before then")
    return _warning(name, f"{revoked}, after it had signed this")


def time_check(time: SignedTime, now: datetime) -> Check:
    """Whether a signed time can be right, by the verifier's own clock, `now` in UTC."""
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
        if manifest is None:
            _signing_gateway(signature)
            return _warning("certificate", "whole, but there is no manifest to hold its dates and gateway against")
        check_signer(signature, manifest.gateway_id, manifest.time.wall)
    except ValueError as error:
        return _failed("certificate", str(error))
    return _passed("certificate", f"of gateway {manifest.gateway_id}, valid at the time of the capture")


def _signing_gateway(signature: UnverifiedSignature) -> str:
    """The gateway that the certificate names; ValueError where the certificate may not vouch for it."""
    check_issuance(signature.certificates)
    key_id = key_id_of(signature.certificate)
    if key_id != signature.key_id:
        raise ValueError(f"its key is {key_id}, but the header names {signature.key_id}")
    return gateway_of(signature.certificate)


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
