"""Whether an entry of a device's calibrations is what a gateway signed, said check by check."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from calibration.canonical import FormError
from calibration.record import TYPE, CalibrationRecord, Entry, device_of, entry_digest, read_entry
from calibration.series import SeriesDamaged, unpacked
from gateway.trust import (
    Check,
    CheckStatus,
    ClockQuality,
    SignatureFormError,
    SignedTime,
    TrustAnchors,
    UnverifiedSignature,
    read_signature,
    signature_holds,
)
from gateway.trust.verification import Checks, check_signer, time_check, trusted_key_check


@dataclass(frozen=True)
class EntryReport(Checks):
    """All checks of one entry.

    Parameters
    ----------
    entry : Entry or None
        To be believed only where `ok`; all but its time where `as_signed`.
    payload : bytes
        What was signed; empty where there is none.
    """

    entry: Entry | None
    payload: bytes

    @property
    def as_signed(self) -> bool:
        """Whether it is what a gateway signed; its time is let be, since the clock may be wrong that judges it."""
        return all(each.name == "time" for each in self.failures)


def verify_entry(
    jws: bytes,
    trust_anchors: TrustAnchors | None = None,
    series: Mapping[str, bytes] | None = None,
    now: datetime | None = None,
) -> EntryReport:
    """Check a signed entry.

    Parameters
    ----------
    jws : bytes
        Exactly as it was signed: a line break at its end is a change.
    trust_anchors : TrustAnchors, optional
        The gateways that are known; a warning without them.
    series : mapping of bytes, optional
        Packed curves and maps by SHA-256; None: they are elsewhere.
    now : datetime, optional
        The verifier's time, UTC.
    """
    try:
        signature = read_signature(jws, TYPE)
    except SignatureFormError as error:
        return EntryReport((Check("form", CheckStatus.FAILED, str(error)),), None, b"")
    checks = [Check("form", CheckStatus.PASSED, "a JWS in compact form, each byte in its one spelling")]
    holds = signature_holds(signature)
    told = f"ES256 by key {signature.key_id}" if holds else "header or record were changed after signing"
    checks.append(Check("signature", CheckStatus.PASSED if holds else CheckStatus.FAILED, told))
    entry: Entry | None = None
    try:
        entry = read_entry(signature.payload)
        checks.append(Check("record", CheckStatus.PASSED, "canonical, every field in its form"))
    except FormError as error:
        checks.append(Check("record", CheckStatus.FAILED, str(error)))
    if holds and entry is not None:
        checks += _of_signer(signature, entry, trust_anchors)
        checks.append(time_check(signed_time(entry), now or datetime.now(UTC)))
        if series is not None and isinstance(entry, CalibrationRecord):
            checks += _of_series(entry, series)
    return EntryReport(tuple(checks), entry, signature.payload)


def signed_time(entry: Entry) -> SignedTime:
    """When an entry says that it was made."""
    time = entry.time
    try:
        return SignedTime(time.wall, time.since_boot_s, ClockQuality(time.quality), time.uncertainty_s)
    except ValueError:  # a quality or an uncertainty that contradict each other: nothing is believed
        return SignedTime(time.wall, max(0.0, time.since_boot_s), ClockQuality.UNTRUSTED, None)


def payload_of(jws: bytes) -> bytes:
    """The canonical bytes within a signature that was checked before."""
    return read_signature(jws, TYPE).payload


def _of_signer(signature: UnverifiedSignature, entry: Entry, trust_anchors: TrustAnchors | None) -> list[Check]:
    try:
        check_signer(signature, entry.gateway_id, entry.time.wall)
        certificate = Check("certificate", CheckStatus.PASSED, f"of gateway {entry.gateway_id}, valid at that time")
    except ValueError as error:
        certificate = Check("certificate", CheckStatus.FAILED, str(error))
    # The chain of a device is not that of the captures: a revocation is held against its time alone.
    place = (f"calibration:{device_of(entry)}", entry.sequence, signed_time(entry))
    return [certificate, trusted_key_check(signature, place, trust_anchors)]


def _of_series(record: CalibrationRecord, series: Mapping[str, bytes]) -> list[Check]:
    checks = []
    for measurement in record.measurements:
        for digest in measurement.series:
            name = f"series:{measurement.procedure}.{digest.name}"
            content = series.get(digest.sha256)
            if content is None:
                checks.append(Check(name, CheckStatus.FAILED, "missing"))
                continue
            try:
                unpacked(content, digest)
                checks.append(Check(name, CheckStatus.PASSED, "SHA-256 as signed"))
            except SeriesDamaged as error:
                checks.append(Check(name, CheckStatus.FAILED, str(error)))
    return checks


__all__ = ["EntryReport", "entry_digest", "payload_of", "signed_time", "verify_entry"]
