"""Keys, signing, verification and the clock's quality; the face of the room."""

from gateway.trust.chain import ChainFault, ChainFinding, ChainReport, verify_chain
from gateway.trust.clock import Clock, ClockJump, ClockQuality, SignedTime, boot_id, machine_clock, time_now
from gateway.trust.clock_drift import ClockMemory, read_clock_memory, write_clock_memory
from gateway.trust.clock_source import TimeSource, time_source
from gateway.trust.expiry import ExpiryNotice, expiry_notice
from gateway.trust.key_index import KeyRecord, KeyState
from gateway.trust.key_places import KeyPlaces
from gateway.trust.key_problem import (
    CertificateUnfit,
    KeyChangeRefused,
    KeyExpired,
    KeyExposed,
    KeyModuleGone,
    KeyOfAnotherGateway,
    KeyPassphraseWrong,
    KeyPinWrong,
    KeyProblem,
    KeyRevoked,
    KeyUnreadable,
)
from gateway.trust.key_store import KeyStore
from gateway.trust.key_wrap import KeyWrap, PassphraseWrap, TokenWrap
from gateway.trust.keys import SigningKey, open_signing_key, read_passphrase, read_pin, variable_of
from gateway.trust.local_key import LocalKey, open_local_key, rewrap_local_key
from gateway.trust.manifest import (
    BiometricException,
    BlobDigest,
    Manifest,
    SigningDevice,
    StatedCue,
    StatedLiveness,
    StatedQuality,
    payload_digest,
)
from gateway.trust.manifest_field import ManifestError
from gateway.trust.pkcs11_key import Pkcs11Key
from gateway.trust.pkcs11_token import Pkcs11Token, TokenPlace
from gateway.trust.revocation import ChainPlace, Revocation, RevocationReason
from gateway.trust.signature import (
    SignatureFormError,
    SignedManifest,
    UnverifiedSignature,
    holds_under_named_key,
    read_signature,
    sign_manifest,
    sign_payload,
    signature_holds,
)
from gateway.trust.signer import Signer
from gateway.trust.stated_values import NamedCode
from gateway.trust.succession import Succession, read_succession
from gateway.trust.trust_anchors import TrustAnchors
from gateway.trust.trust_bundle import PublishedKey, TrustBundle
from gateway.trust.verification import Check, CheckStatus, VerificationReport, verify_capture

__all__ = [
    "BiometricException",
    "BlobDigest",
    "CertificateUnfit",
    "ChainFault",
    "ChainFinding",
    "ChainPlace",
    "ChainReport",
    "Check",
    "CheckStatus",
    "Clock",
    "ClockJump",
    "ClockMemory",
    "ClockQuality",
    "ExpiryNotice",
    "KeyChangeRefused",
    "KeyExpired",
    "KeyExposed",
    "KeyModuleGone",
    "KeyOfAnotherGateway",
    "KeyPassphraseWrong",
    "KeyPinWrong",
    "KeyPlaces",
    "KeyProblem",
    "KeyRecord",
    "KeyRevoked",
    "KeyState",
    "KeyStore",
    "KeyUnreadable",
    "KeyWrap",
    "LocalKey",
    "Manifest",
    "ManifestError",
    "NamedCode",
    "PassphraseWrap",
    "Pkcs11Key",
    "Pkcs11Token",
    "PublishedKey",
    "Revocation",
    "RevocationReason",
    "SignatureFormError",
    "SignedManifest",
    "SignedTime",
    "Signer",
    "SigningDevice",
    "SigningKey",
    "StatedCue",
    "StatedLiveness",
    "StatedQuality",
    "Succession",
    "TimeSource",
    "TokenPlace",
    "TokenWrap",
    "TrustAnchors",
    "TrustBundle",
    "UnverifiedSignature",
    "VerificationReport",
    "boot_id",
    "expiry_notice",
    "holds_under_named_key",
    "machine_clock",
    "open_local_key",
    "open_signing_key",
    "payload_digest",
    "read_clock_memory",
    "read_passphrase",
    "read_pin",
    "read_signature",
    "read_succession",
    "rewrap_local_key",
    "sign_manifest",
    "sign_payload",
    "signature_holds",
    "time_now",
    "time_source",
    "variable_of",
    "verify_capture",
    "verify_chain",
    "write_clock_memory",
]
