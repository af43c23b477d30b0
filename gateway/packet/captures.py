"""Whether the captures in a packet are what their own signed manifests say."""

from collections.abc import Callable, Sequence

from gateway.packet.errors import CaptureChanged
from gateway.packet.statement import EnrolledCapture, EnrolmentStatement, StatedPart
from gateway.trust import (
    CheckStatus,
    Manifest,
    ManifestError,
    SignatureFormError,
    TrustAnchors,
    read_signature,
    signature_holds,
)
from gateway.trust.signature import MAX_JWS_BYTES
from gateway.trust.verification import check_signer, trusted_key_check

_REMEDY = "Take the capture out of the enrolment and capture it again."


def check_captures(
    statement: EnrolmentStatement,
    parts: Sequence[StatedPart],
    content: Callable[[str], bytes],
    trust_anchors: TrustAnchors | None = None,
) -> None:
    """Check each capture's signature, and that the parts beside it are the blobs that it signs.

    Parameters
    ----------
    statement : EnrolmentStatement
    parts : sequence of StatedPart
        The statement's; their own digests are checked elsewhere.
    content : callable
        Gives the bytes of the part of that name, a capture's manifest.
    trust_anchors : TrustAnchors, optional
        The gateways that may have signed the captures; any where left out.

    Raises
    ------
    CaptureChanged
        Names the capture.
    """
    by_name = {part.name: part for part in parts}
    for capture in statement.captures:
        try:
            _check_capture(capture, statement.gateway_id, by_name, content, trust_anchors)
        except (SignatureFormError, ManifestError) as error:
            raise CaptureChanged(f"The manifest of capture {capture.capture_id}: {error}.", _REMEDY) from error


def _check_capture(
    capture: EnrolledCapture,
    gateway_id: str,
    parts: dict[str, StatedPart],
    content: Callable[[str], bytes],
    trust_anchors: TrustAnchors | None,
) -> None:
    def changed(what: str) -> CaptureChanged:
        return CaptureChanged(f"Capture {capture.capture_id} {what}.", _REMEDY)

    if parts[capture.manifest].size > MAX_JWS_BYTES:
        raise changed("has a manifest that is larger than any is")
    signature = read_signature(content(capture.manifest))
    if not signature_holds(signature):
        raise changed("was changed after it was signed")
    manifest = Manifest.from_bytes(signature.payload)
    trust = trusted_key_check(signature, (manifest.chain_id, manifest.sequence, manifest.time), trust_anchors)
    if trust.status is CheckStatus.FAILED:
        raise changed(f"cannot be believed: {trust.detail}")
    if manifest.capture_id != capture.capture_id:
        raise changed(f"has the manifest of capture {manifest.capture_id}")
    if manifest.gateway_id != gateway_id:
        raise changed(f"was made at the gateway {manifest.gateway_id}, not at {gateway_id}")
    try:
        # An earlier key of the gateway may have signed it.
        check_signer(signature, manifest.gateway_id, manifest.time.wall)
    except ValueError as error:
        raise changed(f"has a certificate that cannot vouch for it: {error}") from error
    signed = {blob.name: blob for blob in manifest.blobs}
    held = {blob.blob: parts[blob.part] for blob in capture.blobs}
    if signed.keys() != held.keys():
        odd = min(signed.keys() ^ held.keys())
        raise changed(f"signs {odd}, which is not in the packet" if odd in signed else f"does not sign {odd}")
    for name, blob in signed.items():
        if (blob.size, blob.sha256) != (held[name].size, held[name].sha256):
            raise changed(f"signs another {name} than the packet holds")
