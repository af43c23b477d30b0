"""Keys as messages of the API."""

from rekam.v1 import key_pb2

from gateway.service import convert
from gateway.trust import KeyRecord, RevocationReason

_STORES = {"file": key_pb2.KEY_STORE_KIND_FILE, "pkcs11": key_pb2.KEY_STORE_KIND_PKCS11}


def key(record: KeyRecord) -> key_pb2.Key:
    """One signing key, its public side."""
    public, certificate = record.public, record.public.chain[0]
    message = key_pb2.Key(
        key_id=record.key_id,
        state=convert.enum_number(record.state, "KEY_STATE", key_pb2.KeyState),  # type: ignore[arg-type]
        store=_STORES[record.store],
        certificates_pem=record.certificates_pem,
        not_before=convert.timestamp(certificate.not_valid_before_utc),
        not_after=convert.timestamp(record.not_after),
        created_at=convert.timestamp(record.made_at),
        vouched_for=bool(public.succession),
    )
    if record.retired_at is not None:
        message.retired_at.CopyFrom(convert.timestamp(record.retired_at))
    revocation = public.revocation
    if revocation is not None:
        place = revocation.place
        message.revocation.CopyFrom(
            key_pb2.KeyRevocation(
                reason=convert.enum_number(revocation.reason, "REVOCATION_REASON", key_pb2.RevocationReason),  # type: ignore[arg-type]
                note=revocation.note,
                revoked_at=convert.timestamp(revocation.wall),
                clock_quality=convert.clock_quality(revocation.quality),
                chain_id=place.chain_id if place else "",
                last_sequence=place.sequence if place else 0,
            )
        )
    return message


def revocation_reason(number: int) -> RevocationReason:
    """Why a key is revoked."""
    return convert.enum_value(number, "REVOCATION_REASON", key_pb2.RevocationReason, RevocationReason)
