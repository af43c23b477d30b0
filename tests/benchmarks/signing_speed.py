"""Manifests signed and chained per second, by a key in a file and by one in SoftHSM2.

Run as `python -m tests.benchmarks.signing_speed`. Exit status 1 where a goal is missed.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gateway.trust import KeyPlaces, KeyStore, Pkcs11Token, Signer, TokenPlace, sign_manifest, time_now, verify_chain
from tests.benchmarks.figure import Figure, table
from tests.gateway.trust.signed_captures import manifest

FILE_GOAL_PER_S = 2_000.0
TOKEN_GOAL_PER_S = 500.0
MANIFESTS = 1_000
RUNS = 5
CHECKED = 50

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
LABEL, PIN = "bench", "1234"


def chained(key: Signer, count: int) -> list[bytes]:
    """A chain of signed manifests."""
    signed: list[bytes] = []
    previous = None
    for sequence in range(1, count + 1):
        made = manifest(sequence, previous, gateway_id=key.gateway_id, time=time_now())
        signature = sign_manifest(made, key)
        signed.append(signature.jws)
        previous = signature.digest
    return signed


def per_second(key: Signer) -> float:
    start = time.perf_counter()
    signed = chained(key, MANIFESTS)
    rate = MANIFESTS / (time.perf_counter() - start)
    assert verify_chain(signed[-CHECKED:]).ok
    return rate


def in_token(folder: Path) -> KeyStore:
    """A store whose key lies in a token of SoftHSM2 in `folder`."""
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    arguments = ("--init-token", "--free", "--label", LABEL, "--so-pin", PIN, "--pin", PIN)
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True, timeout=30)
    token = Pkcs11Token(TokenPlace(MODULE, LABEL, "rekam-key-pin"), PIN)
    return KeyStore.open(folder / "token-keys", None, KeyPlaces(None, token, makes_in_token=True))


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """Both kinds of keys, in turn, so that a busy neighbour meets both."""
    in_file: list[float] = []
    in_module: list[float] = []
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder = Path(name)
        file_key = KeyStore.open(folder / "keys", None, KeyPlaces(b"rahasia"))
        token_key = in_token(folder)
        for _ in range(2 if quick else RUNS):
            in_file.append(per_second(file_key))
            in_module.append(per_second(token_key))
        token_key.close()
    return [
        Figure("manifests signed and chained, key in a file", in_file, "/s", FILE_GOAL_PER_S, "higher"),
        Figure("manifests signed and chained, key in SoftHSM2", in_module, "/s", TOKEN_GOAL_PER_S, "higher"),
    ]


def main() -> int:
    measured = figures(Path(tempfile.gettempdir()), quick=False)
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    print(f"median of {RUNS} runs of {MANIFESTS}")
    print(table(measured))
    return int(any(figure.verdict == "MISSED" for figure in measured))


if __name__ == "__main__":
    sys.exit(main())
