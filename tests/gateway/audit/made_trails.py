"""Trails of made-up events, signed by keys that the tests make."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.audit import (
    Actor,
    AuditEntry,
    AuditEvent,
    AuditHead,
    AuditLog,
    HeadInterval,
    SignedHead,
    entry_digest,
    sign_audit_head,
)
from gateway.trust import ClockQuality, KeyExpired, SignedTime, SigningKey, TrustAnchors, open_signing_key

START = datetime.now(UTC).replace(microsecond=0)
"""Now: the certificates of the keys that the tests make begin today."""
CHAIN = "0123456789abcdef0123456789abcdef"
BOOT = "11111111-2222-4333-8444-555555555555"
DESK = Actor("this machine", ("operator",), "Budi-2")


def moment(number: int) -> SignedTime:
    return SignedTime(START + timedelta(seconds=number), 100.5 + number, ClockQuality.TRUSTED, 0.012)


def event(number: int) -> AuditEvent:
    capture_id = f"cap-20260504T013000-{number:012x}"
    return AuditEvent(
        "CaptureService.StartCapture",
        actor=DESK,
        device="synthetic:SYN-0001",
        object_kind="capture",
        object_id=capture_id,
    )


def entries(count: int, *, first: int = 1, previous: str | None = None, chain_id: str = CHAIN) -> list[bytes]:
    """A run of entries of one chain."""
    made: list[bytes] = []
    for sequence in range(first, first + count):
        entry = AuditEntry(sequence, chain_id, previous, moment(sequence), BOOT, event(sequence))
        made.append(entry.to_bytes())
        previous = entry_digest(made[-1])
    return made


def chained_anew(bodies: list[bytes], place: int) -> list[bytes]:
    """The entries from `place` on, each naming the one before it as it is now: what a forger computes."""
    made = bodies[:place]
    for body in bodies[place:]:
        entry = AuditEntry.from_bytes(body)
        previous = entry_digest(made[-1]) if made else None
        made.append(replace(entry, sequence=len(made) + 1, previous=previous).to_bytes())
    return made


def head(body: bytes, key: SigningKey) -> bytes:
    entry = AuditEntry.from_bytes(body)
    made = AuditHead(key.gateway_id, entry.chain_id, entry.sequence, entry_digest(body), entry.time, BOOT)
    return sign_audit_head(made, key).jws


def anchors(*keys: SigningKey) -> TrustAnchors:
    return TrustAnchors.from_pem(*(key.trust_bundle().certificates_pem for key in keys))


class Signer:
    """Signs heads with a key, unless it was told to refuse; says what it signed."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key
        self.refuses = False
        self.signed: list[int] = []
        self.was_asked = threading.Event()

    def __call__(self, head: AuditHead) -> SignedHead:
        self.was_asked.set()
        if self.refuses:
            raise KeyExpired("The certificate ended.", "Make a new one.")
        self.signed.append(head.sequence)
        return sign_audit_head(head, self.key)


def signer(state: Path) -> Signer:
    """With the state folder's own key."""
    state.mkdir(exist_ok=True)
    return Signer(open_signing_key(state / "keys"))


def opened(state: Path, interval: HeadInterval | None = None, sign: Signer | None = None) -> AuditLog:
    """The trail of a state folder, with the folder's own key."""
    sign = sign or signer(state)
    return AuditLog.open(state, sign.key.gateway_id, sign, interval or HeadInterval())
