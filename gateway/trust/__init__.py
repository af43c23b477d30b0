"""Keys, signing, verification and the clock's quality; the face of the room."""

from gateway.trust.chain import ChainFault, ChainFinding, ChainReport, verify_chain
from gateway.trust.clock import Clock, ClockQuality, SignedTime, boot_id, time_now
from gateway.trust.keys import (
    KeyExpired,
    KeyExposed,
    KeyOfAnotherGateway,
    KeyPassphraseWrong,
    KeyProblem,
    KeyUnreadable,
    SigningKey,
    TrustBundle,
    open_signing_key,
    read_passphrase,
)
from gateway.trust.manifest import (
    BiometricException,
    BlobDigest,
    Manifest,
    NamedCode,
    SigningDevice,
    StatedCue,
    StatedLiveness,
    StatedQuality,
    payload_digest,
)
from gateway.trust.manifest_field import ManifestError
from gateway.trust.signature import SignedManifest, read_signature, sign_manifest
from gateway.trust.verification import Check, CheckStatus, TrustAnchors, VerificationReport, verify_capture

__all__ = [
    "BiometricException",
    "BlobDigest",
    "ChainFault",
    "ChainFinding",
    "ChainReport",
    "Check",
    "CheckStatus",
    "Clock",
    "ClockQuality",
    "KeyExpired",
    "KeyExposed",
    "KeyOfAnotherGateway",
    "KeyPassphraseWrong",
    "KeyProblem",
    "KeyUnreadable",
    "Manifest",
    "ManifestError",
    "NamedCode",
    "SignedManifest",
    "SignedTime",
    "SigningDevice",
    "SigningKey",
    "StatedCue",
    "StatedLiveness",
    "StatedQuality",
    "TrustAnchors",
    "TrustBundle",
    "VerificationReport",
    "boot_id",
    "open_signing_key",
    "payload_digest",
    "read_passphrase",
    "read_signature",
    "sign_manifest",
    "time_now",
    "verify_capture",
    "verify_chain",
]
