"""Sealing a person's packet: how long, and how much memory above an idle process.

Run as `python -m tests.benchmarks.packet_sealing [DIRECTORY]`; the directory (default: the system's temporary one)
says which disk is written to. Exit status 1 where a goal is missed.

Each figure is taken in a process of its own. The parts lie on the disk as records do, random bytes of the sizes that
captures have: they do not compress and nobody's are among them. The time is the whole call: manifest signed, every
capture's signature checked, content encrypted to two recipients, file and folder flushed. "As an enrolment seals" is
the same of captures that lie in the spool, through the enrolment's sealer: each record once more as CBEFF, and the
place in the chain of packets, flushed as well.
"""

import gc
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from gateway.enrolment import PacketPart as EnrolmentPart
from gateway.enrolment import SpoolCaptures
from gateway.enrolment.captured import content_of
from gateway.enrolment.sealed_packet import PacketSealer
from gateway.packet import (
    CaptureBlob,
    EnrolledCapture,
    PacketPart,
    new_packet_id,
    open_packet,
    seal_packet,
    verify_packet,
)
from gateway.spool import Blob, ChainHead, SignedCapture, Spool
from gateway.trust import BlobDigest, NamedCode, sign_manifest
from tests.benchmarks.figure import Figure, table
from tests.gateway.enrolment.killed_sealer import part as own_part
from tests.gateway.enrolment.killed_sealer import statement as own_statement
from tests.gateway.packet.packets import PLACE, Enrolment, centre_key, gateway_key, recipient, statement
from tests.gateway.trust.signed_captures import manifest, moment

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


class SpooledPerson:
    """A person's captures in a spool, of the sizes of `KTP_EL`, and what an enrolment would seal of them."""

    def __init__(self, folder: Path) -> None:
        self._source, self._parts = random.Random(3), list[EnrolmentPart]()
        self._key = gateway_key()
        self._spool = Spool.open(folder)
        self._captures = SpoolCaptures(self._spool)
        for modality, (count, size) in KTP_EL.items():
            for number in range(count if modality in _RECORDS else 0):
                self._add_capture(modality, f"{modality}-{number}", size)
        noise = np.random.default_rng(3).integers(0, 256, (720, 720, 3), np.uint8)
        (folder / "portrait.jpg").write_bytes(cv2.imencode(".jpg", noise)[1].tobytes())
        self._add_part("portrait.jpg", "image/jpeg", (folder / "portrait.jpg").read_bytes)

    def seal(self, sealer: PacketSealer) -> Path:
        """Seal everything into one more packet."""
        packet_id = new_packet_id()
        sealer.seal(packet_id, own_statement(packet_id), self._parts)
        return sealer.path(packet_id)

    def _add_capture(self, modality: str, name: str, size: int) -> None:
        blobs = tuple(
            Blob.of(record, media_type, start + self._source.randbytes(bytes_ or size))
            for record, media_type, start, bytes_ in _RECORDS[modality]
        )

        def sign(head: ChainHead) -> SignedCapture:
            stated = tuple(BlobDigest(each.name, each.media_type, len(each.content), each.sha256) for each in blobs)
            made = manifest(
                *(head.next_sequence, head.previous),
                chain_id=head.chain_id,
                capture_id=name,
                modality=modality,
                position=NamedCode(1, "right"),
                blobs=stated,
            )
            signed = sign_manifest(made, self._key)
            return SignedCapture(name, signed.jws, signed.digest, blobs)

        self._spool.append(sign)
        jws = self._captures.get(name)
        assert jws is not None
        held = (
            ("manifest.jws", "application/rekam-manifest+jws", jws.jws),
            *((b.name, b.media_type, b.content) for b in blobs),
        )
        for inner, media_type, content in held:
            read = partial(content_of, self._captures, name, inner, hashlib.sha256(content).hexdigest())
            self._add_part(f"{name}.{inner}", media_type, read)

    def _add_part(self, name: str, media_type: str, read: Callable[[], bytes]) -> None:
        content = read()
        digest = hashlib.sha256(content).hexdigest()
        self._parts.append(EnrolmentPart(name, media_type, len(content), digest, read))


_RECORDS = {
    "finger": (
        ("image.fir", "application/vnd.rekam.iso19794-4-2011", b"FIR\0", 0),
        ("template.fmr", "application/vnd.rekam.iso19794-2-2005", b"FMR\0", 800),
    ),
    "iris": (
        ("image.iir", "application/vnd.rekam.iso19794-6-2011", b"IIR\0", 0),
        ("iris.ric", "application/vnd.rekam.iris-code", b"", 8192),
    ),
}
"""Name, media type and first bytes of each record, and its size where that is not the capture's."""


def measure_enrolment(folder: Path, runs: int) -> dict[str, list[float]]:
    """As `measure`, of what an enrolment's sealer makes of captures in a spool."""
    recipients = [recipient("jakarta"), recipient("surabaya")]
    person = SpooledPerson(folder)
    sealer = PacketSealer.open(folder / "packets", recipients, gateway_key(), clock=moment)
    sealer.seal("warm", own_statement("warm"), [own_part()])
    gc.collect()
    idle = _resident()
    _reset_peak()
    taken: dict[str, list[float]] = {"seal": []}
    for _ in range(runs):
        start = time.perf_counter()
        path = person.seal(sealer)
        taken["seal"].append(1e3 * (time.perf_counter() - start))
    taken["memory"] = [_peak() - idle]
    if not verify_packet(path).ok:
        raise RuntimeError("a packet that was just sealed does not verify")
    taken["size"] = [float(path.stat().st_size)]
    return taken


def figures(scratch: Path, quick: bool) -> list[Figure]:
    """Of 3 MB and of 20 MB, each in a process of its own."""
    names = ("KTP_EL", "LARGE", "ENROLMENT")
    ktp_el, large, enrolled = (_measured_apart(scratch, name, 5 if quick else 15) for name in names)
    size, large_size, enrolled_size = (f"{taken['size'][0] / 1e6:.1f} MB" for taken in (ktp_el, large, enrolled))
    return [
        Figure(f"packet of {size}: sealed", ktp_el["seal"], "ms", goal=GOAL_MS),
        Figure("  memory above idle", [ktp_el["memory"][0] / 1e6], "MB", goal=GOAL_MB),
        Figure("  verified without the key", ktp_el["verify"], "ms"),
        Figure("  opened by a centre, every part read", ktp_el["open"], "ms"),
        Figure(f"as an enrolment seals, with CBEFF {enrolled_size}: sealed", enrolled["seal"], "ms", goal=GOAL_MS),
        Figure("  memory above idle", [enrolled["memory"][0] / 1e6], "MB", goal=GOAL_MB),
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
        if name == "ENROLMENT":
            taken_apart = measure_enrolment(Path(folder), int(runs))
        else:
            taken_apart = measure(Path(folder), {"KTP_EL": KTP_EL, "LARGE": LARGE}[name], int(runs))
        print(json.dumps(taken_apart))
        return 0
    taken = figures(Path(arguments[0] if arguments else tempfile.gettempdir()), quick=False)
    print(table(taken))
    return int(any(figure.verdict == "MISSED" for figure in taken))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
