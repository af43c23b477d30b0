"""Sealing a person's packet: how long, and how much memory above an idle process.

Run as `python -m tests.benchmarks.packet_sealing [DIRECTORY]`; the directory (default: the system's temporary one)
says which disk is written to. Exit status 1 where a goal is missed.

Each figure is taken in a process of its own. The parts lie on the disk as records do, random bytes of the sizes that
captures have: they do not compress and nobody's are among them. The time is the whole call: manifest signed, every
capture's signature checked, content encrypted to two recipients, file and folder flushed.
"""

import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gateway.packet import (
    CaptureBlob,
    EnrolledCapture,
    PacketPart,
    new_packet_id,
    open_packet,
    seal_packet,
    verify_packet,
)
from gateway.trust import BlobDigest, NamedCode, sign_manifest
from tests.benchmarks.figure import Figure, table
from tests.gateway.packet.packets import PLACE, Enrolment, centre_key, gateway_key, recipient, statement
from tests.gateway.trust.signed_captures import manifest

GOAL_MS = 400.0
GOAL_MB = 40.0

KTP_EL = {"finger": (10, 150_000), "iris": (2, 400_000), "portrait": (1, 700_000)}
"""Captures and bytes of an image each: 3 MB."""
LARGE = {"finger": (10, 1_300_000), "iris": (2, 2_000_000), "portrait": (1, 3_000_000)}
"""20 MB, as uncompressed images would make."""


def enrolment(folder: Path, captures: dict[str, tuple[int, int]]) -> Enrolment:
    """An enrolment whose records are files in `folder`."""
    source, parts, enrolled, number, previous = random.Random(3), [], [], 0, None

    def on_disk(name: str, content: bytes) -> PacketPart:
        path = folder / name.replace("/", "-")
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        return PacketPart(name, "application/octet-stream", len(content), digest, lambda: path.open("rb"))

    for modality, (count, size) in captures.items():
        for _ in range(count):
            number += 1
            at = f"captures/{number}"
            records = [
                on_disk(f"{at}/image.bin", source.randbytes(size)),
                on_disk(f"{at}/code.bin", source.randbytes(800)),
            ]
            blobs = tuple(
                BlobDigest(each.name.split("/")[-1], each.media_type, each.size, each.sha256) for each in records
            )
            position = NamedCode(number, f"{modality}-{number}")
            signed = sign_manifest(manifest(number, previous, blobs=blobs, position=position), gateway_key())
            previous = signed.digest
            parts += [on_disk(f"{at}/manifest.jws", signed.jws), *records]
            held = tuple(CaptureBlob(each.name.split("/")[-1], each.name) for each in records)
            enrolled.append(EnrolledCapture(f"capture-{number}", f"{at}/manifest.jws", held))
    return Enrolment(statement(packet_id=new_packet_id(), captures=tuple(enrolled)), tuple(parts))


def measure(folder: Path, captures: dict[str, tuple[int, int]], runs: int) -> dict[str, list[float]]:
    """Milliseconds of each seal, check and opening; bytes of the packet; peak memory of the seals in bytes."""
    recipients = [recipient("jakarta"), recipient("surabaya")]
    small = Enrolment(statement(), ())
    seal_packet(folder / "warm.rekam", small.statement, small.parts, recipients, gateway_key(), PLACE)
    idle = _resident()
    _reset_peak()
    made = enrolment(folder, captures)  # counted too: a record at a time is made, which only adds to the figure
    taken: dict[str, list[float]] = {"seal": [], "verify": [], "open": []}
    for run in range(runs):
        start = time.perf_counter()
        sealed = seal_packet(folder / f"{run}.rekam", made.statement, made.parts, recipients, gateway_key(), PLACE)
        taken["seal"].append(1e3 * (time.perf_counter() - start))
    taken["memory"] = [_peak() - idle]
    for _ in range(runs):
        start = time.perf_counter()
        if not verify_packet(sealed.path).ok:
            raise RuntimeError("a packet that was just sealed does not verify")
        taken["verify"].append(1e3 * (time.perf_counter() - start))
        start = time.perf_counter()
        with open_packet(sealed.path, centre_key("jakarta")) as packet:
            for _, stream in packet.contents():
                while stream.read(65_536):
                    pass
        taken["open"].append(1e3 * (time.perf_counter() - start))
    taken["size"] = [float(sealed.size)]
    return taken


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """Of 3 MB and of 20 MB, each in a process of its own."""
    ktp_el, large = (_measured_apart(scratch, name, 5 if quick else 15) for name in ("KTP_EL", "LARGE"))
    size, large_size = (f"{taken['size'][0] / 1e6:.1f} MB" for taken in (ktp_el, large))
    return [
        Figure(f"packet of {size}: sealed", ktp_el["seal"], "ms", goal=GOAL_MS),
        Figure("  memory above idle", [ktp_el["memory"][0] / 1e6], "MB", goal=GOAL_MB),
        Figure("  verified without the key", ktp_el["verify"], "ms"),
        Figure("  opened by a centre, every part read", ktp_el["open"], "ms"),
        Figure(f"packet of {large_size}: sealed", large["seal"], "ms"),
        Figure("  memory above idle", [large["memory"][0] / 1e6], "MB", goal=GOAL_MB),
        Figure("  verified without the key", large["verify"], "ms"),
        Figure("  opened by a centre, every part read", large["open"], "ms"),
    ]


def _measured_apart(scratch: Path, name: str, runs: int) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        command = [sys.executable, "-m", "tests.benchmarks.packet_sealing", folder, name, str(runs)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    measured: dict[str, list[float]] = json.loads(done.stdout)
    return measured


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _reset_peak() -> None:
    # proc(5): 5 sets the peak of the resident set back to what it is now.
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(arguments: list[str]) -> int:
    if len(arguments) == 3:
        folder, name, runs = arguments
        print(json.dumps(measure(Path(folder), {"KTP_EL": KTP_EL, "LARGE": LARGE}[name], int(runs))))
        return 0
    taken = figures(Path(arguments[0] if arguments else tempfile.gettempdir()), quick=False)
    print(table(taken))
    return int(any(figure.verdict == "MISSED" for figure in taken))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
