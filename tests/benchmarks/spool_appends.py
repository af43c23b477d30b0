"""Appends per second into the spool beside a bare write-and-fsync loop on the same disk.

Run as `python -m tests.benchmarks.spool_appends [DIRECTORY]`; the directory (default: the system's temporary one)
says which disk is measured. Exit status 1 where the goal is missed on a disk that allows it.
"""

import hashlib
import os
import platform
import random
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.spool import Blob, ChainHead, Cipher, OpenCipher, SignedCapture, Spool

GOAL_PER_S = 100.0
CAPTURE_BYTES = 500_000
APPENDS = 150
RUNS = 5

IMAGE = random.Random(1).randbytes(CAPTURE_BYTES)
SIGNATURE = random.Random(2).randbytes(2_000)


def bare_loop(directory: Path) -> list[float]:
    """Seconds of each: one new file, written and flushed, then its folder."""
    directory.mkdir()
    folder = os.open(directory, os.O_RDONLY)
    taken = []
    for number in range(APPENDS):
        start = time.perf_counter()
        descriptor = os.open(directory / f"{number}", os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, IMAGE)
        os.fsync(descriptor)
        os.close(descriptor)
        os.fsync(folder)
        taken.append(time.perf_counter() - start)
    os.close(folder)
    return taken


def signed(head: ChainHead) -> SignedCapture:
    digest = hashlib.sha256(str(head).encode()).hexdigest()
    return SignedCapture(digest, SIGNATURE, digest, (Blob.of("image.fir", "application/octet-stream", IMAGE),))


def spool_loop(directory: Path, open_cipher: OpenCipher | None = None) -> list[float]:
    """Seconds of each append, digests of the blobs included; under a local key, or in the clear."""
    taken = []
    with Spool.open(directory, open_cipher=open_cipher) as spool:
        for _ in range(APPENDS):
            start = time.perf_counter()
            spool.append(signed)
            taken.append(time.perf_counter() - start)
    return taken


class _LocalKey:
    """A local key in memory, as the gateway's is once it is open."""

    def __init__(self) -> None:
        self._secret = AESGCM.generate_key(256)

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(self._secret).encrypt(nonce, plain, aad)

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        return AESGCM(self._secret).decrypt(sealed[:12], sealed[12:], aad)


def local_key(needed: bool) -> Cipher:
    return _LocalKey()


def main(parent: Path) -> int:
    bare, clear, spool, slowest = [], [], [], []
    for _ in range(RUNS):  # in turn, so that a busy neighbour on the disk meets both
        with tempfile.TemporaryDirectory(dir=parent) as scratch:
            bare.append(APPENDS / sum(bare_loop(Path(scratch) / "bare")))
            clear.append(APPENDS / sum(spool_loop(Path(scratch) / "clear")))
            taken = spool_loop(Path(scratch) / "spool", local_key)
            spool.append(APPENDS / sum(taken))
            slowest.append(max(taken))
    bare_per_s, spool_per_s = statistics.median(bare), statistics.median(spool)
    allowed = bare_per_s >= GOAL_PER_S
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, {parent}")
    print(f"spool appends of {CAPTURE_BYTES // 1000} KB   {spool_per_s:6.0f}/s   goal >= {GOAL_PER_S:.0f}/s")
    print(f"the same in the clear      {statistics.median(clear):6.0f}/s")
    print(f"bare write + fsync         {bare_per_s:6.0f}/s   {'allows' if allowed else 'does not allow'} the goal")
    print(f"slowest append             {statistics.median(slowest) * 1000:6.0f} ms")
    print(f"median of {RUNS} runs of {APPENDS}")
    return 1 if allowed and spool_per_s < GOAL_PER_S else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir())))
