"""Appends signed captures in a child process, kills it at random instants, and says what was found afterwards.

Run as `python -m tests.gateway.spool.killed_appender DIRECTORY ROUNDS SEED`; prints one JSON object. A process of its
own, so that it may fork.
"""

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from gateway.spool import Blob, ChainHead, SignedCapture, Spool
from gateway.trust import BlobDigest, SigningKey, TrustAnchors, open_signing_key, sign_manifest, verify_capture
from gateway.trust import time_now as now
from gateway.trust.chain import verify_chain
from tests.gateway.trust.signed_captures import manifest

IMAGE = random.Random(7).randbytes(150_000)


def signed_capture(key: SigningKey, head: ChainHead) -> SignedCapture:
    blobs = (
        Blob.of("image.fir", "application/octet-stream", IMAGE[: 50_000 + head.sequence % 100_000]),
        Blob.of("template.fmr", "application/octet-stream", b"template %d" % head.sequence),
    )
    signed = sign_manifest(
        manifest(
            head.next_sequence,
            head.previous,
            capture_id=f"{head.chain_id}-{head.next_sequence}",
            chain_id=head.chain_id,
            gateway_id=key.gateway_id,
            time=now(),
            blobs=tuple(BlobDigest(blob.name, blob.media_type, len(blob.content), blob.sha256) for blob in blobs),
        ),
        key,
    )
    return SignedCapture(f"{head.chain_id}-{head.next_sequence}", signed.jws, signed.digest, blobs)


def append_for_ever(directory: Path, acknowledgements: int) -> None:
    with Spool.open(directory) as spool:
        key = open_signing_key(directory / "keys")
        while True:
            stored = spool.append(lambda head: signed_capture(key, head))
            os.write(acknowledgements, f"{stored.capture_id}\n".encode())


def acknowledged_until_killed(directory: Path, delay_s: float) -> list[str]:
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(readable)
        append_for_ever(directory, writable)
    os.close(writable)
    kill_at, said, alive = time.monotonic() + delay_s, b"", True
    while True:
        left = kill_at - time.monotonic()
        if alive and left <= 0:
            os.kill(child, signal.SIGKILL)
            alive = False
        ready, _, _ = select.select([readable], [], [], max(0.0, left) if alive else None)
        if ready:
            data = os.read(readable, 65536)
            if not data:
                break
            said += data
    os.close(readable)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError(f"the child ended by itself with status {status}")
    return said.decode().split("\n")[:-1]  # a line that was cut was not heard


def check(directory: Path, acknowledged: list[str], seen: int, anchors: TrustAnchors) -> tuple[list[str], int]:
    faults: list[str] = []
    with Spool.open(directory) as spool:
        faults += [incident.cause for incident in spool.incidents]
        for capture_id in acknowledged:
            if spool.get(capture_id) is None:
                faults.append(f"{capture_id} was acknowledged and is gone")
        for capture in spool.captures(seen, 100_000):
            blobs = {blob.name: blob.content for blob in spool.blobs(capture.capture_id)}
            report = verify_capture(capture.jws, blobs, anchors)
            faults += [f"{capture.capture_id}: {failure}" for failure in report.failures]
            if report.digest != capture.manifest_digest:
                faults.append(f"{capture.capture_id}: digest")
        if spool.depth().count != spool.head().sequence:
            faults.append("count and sequence differ")
        return faults, spool.head().sequence


def main(directory: Path, rounds: int, seed: int) -> None:
    instants = random.Random(seed)
    with Spool.open(directory):
        anchors = TrustAnchors.from_pem(open_signing_key(directory / "keys").trust_bundle().certificates_pem)
    faults: list[str] = []
    acknowledged: list[str] = []
    stored = 0
    for _ in range(rounds):
        heard = acknowledged_until_killed(directory, instants.uniform(0.001, 0.08))
        acknowledged += heard
        before = stored
        found, stored = check(directory, heard, before, anchors)
        faults += found
        if not len(heard) <= stored - before <= len(heard) + 1:
            faults.append(f"{len(heard)} acknowledged, {stored - before} stored")
    with Spool.open(directory) as spool:
        faults += [f"{finding}" for finding in verify_chain([each.jws for each in spool.all_captures()]).findings]
        gone = set(acknowledged) - {each.capture_id for each in spool.all_captures()}
        faults += [f"{capture_id} was acknowledged and is gone" for capture_id in sorted(gone)]
        faults += spool.check()
    print(json.dumps({"faults": faults, "acknowledged": len(acknowledged), "stored": stored}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
