"""How keys are shown: as text for people, as JSON for programs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.output import Output, in_words
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp
    from rekam.v1 import gateway_pb2, key_pb2


def bundle_document(bundle: "gateway_pb2.GetTrustBundleResponse", listed: "key_pb2.ListKeysResponse") -> dict[str, Any]:
    """The trust bundle and the keys as JSON."""
    return {
        "gateway_id": bundle.gateway_id,
        "active_key_id": bundle.active_key_id,
        "certificates": _certificates(bundle.certificates_pem),
        "certificates_pem": bundle.certificates_pem,
        "jwks": json.loads(bundle.jwks),
        "keys": [key_document(key) for key in listed.keys],
        "warnings": [{"id": each.id, "en": each.en} for each in listed.warnings],
    }


def key_document(key: "key_pb2.Key") -> dict[str, Any]:
    """One key as JSON."""
    from rekam.v1 import common_pb2, key_pb2

    revocation = key.revocation
    return {
        "key_id": key.key_id,
        "state": _name(key_pb2.KeyState.Name(key.state), "KEY_STATE_"),
        "store": _name(key_pb2.KeyStoreKind.Name(key.store), "KEY_STORE_KIND_"),
        "not_before": _iso(key.not_before),
        "not_after": _iso(key.not_after),
        "created_at": _iso(key.created_at),
        "retired_at": _iso(key.retired_at) if key.HasField("retired_at") else None,
        "vouched_for": key.vouched_for,
        "certificates": _certificates(key.certificates_pem),
        "revocation": {
            "reason": _name(key_pb2.RevocationReason.Name(revocation.reason), "REVOCATION_REASON_"),
            "note": revocation.note,
            "revoked_at": _iso(revocation.revoked_at),
            "clock": _name(common_pb2.ClockQuality.Name(revocation.clock_quality), "CLOCK_QUALITY_"),
            "chain_id": revocation.chain_id or None,
            "last_sequence": revocation.last_sequence,
        }
        if key.HasField("revocation")
        else None,
    }


def tell_bundle(bundle: "gateway_pb2.GetTrustBundleResponse", output: Output) -> None:
    """Whose keys these are."""
    output.say(f"Gateway  {bundle.gateway_id}")
    output.say(f"Key      {bundle.active_key_id}")


def tell_keys(listed: "key_pb2.ListKeysResponse", output: Output) -> None:
    """Every key, then what needs a person."""
    for key in reversed(listed.keys):
        output.say()
        tell_key(key, output)
    output.say()
    for warning in listed.warnings:
        output.say(in_words(LocalizedText(id=warning.id, en=warning.en)))
    output.say("Give `rekam keys export --pem --out bundle.pem` to whoever verifies captures.")


def tell_key(key: "key_pb2.Key", output: Output) -> None:
    """One key."""
    told = key_document(key)
    output.say(f"{told['key_id']}  {told['state']}, {_STORES[told['store']]}")
    output.say(f"  Valid    {told['not_before'][:10]} to {told['not_after'][:10]}")
    for certificate in told["certificates"]:
        output.say(f"  SHA-256  {certificate['sha256']}  {certificate['subject']}")
    if told["retired_at"]:
        output.say(f"  Retired  {told['retired_at'][:16].replace('T', ' ')} UTC")
    revocation = told["revocation"]
    if revocation:
        words = revocation["reason"].replace("_", " ") + (f": {revocation['note']}" if revocation["note"] else "")
        last = f", after number {revocation['last_sequence']}" if revocation["chain_id"] else ""
        output.say(f"  REVOKED  {revocation['revoked_at'][:16].replace('T', ' ')} UTC{last} ({words})")


def written(path: Path, text: str) -> None:
    """Write a file that is public.

    Raises
    ------
    CommandFailure
        It cannot be written.
    """
    try:
        path.write_text(text.rstrip("\n") + "\n", encoding="ascii")
    except OSError as error:
        raise CommandFailure(
            ExitStatus.USAGE, "BAD_FILE", f"{path} cannot be written: {error.strerror}. Name another place with --out."
        ) from error


_STORES = {"file": "in a file", "pkcs11": "in the security module"}


def _certificates(pem: str) -> list[dict[str, str]]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    return [
        {
            "subject": certificate.subject.rfc4514_string(),
            "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
            "not_before": certificate.not_valid_before_utc.isoformat(),
            "not_after": certificate.not_valid_after_utc.isoformat(),
        }
        for certificate in x509.load_pem_x509_certificates(pem.encode())
    ]


def _name(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower()


def _iso(moment: "Timestamp") -> str:
    return datetime.fromtimestamp(moment.seconds, UTC).isoformat()
