"""Seals packets in a child process, kills it at random instants, and says what was found afterwards.

Run as `python -m tests.gateway.enrolment.killed_sealer DIRECTORY ROUNDS SEED`; prints one JSON object. A process of its
own, so that it may fork.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.enrolment import EnrolmentStatement, PacketPart
from gateway.enrolment.sealed_packet import PacketSealer
from gateway.packet import Recipient, new_packet_id, packet_gaps, verify_packet
from gateway.trust import SigningKey, open_signing_key, payload_digest, time_now

RECIPIENT = Recipient(ec.generate_private_key(ec.SECP256R1()).public_key())
CONTENT = bytes(range(256)) * 800


def statement(packet_id: str) -> EnrolmentStatement:
    now = time_now()
    return EnrolmentStatement(
        *(packet_id, f"enrolment-{packet_id}", None, (), "quick", 1, (), (), (), (), "sari", "sari", ()),
        *(now, now, None, ("boot",), (), "an-earlier-packet", "ab" * 32),
    )


def part() -> PacketPart:
    return PacketPart("photo.png", "image/png", len(CONTENT), payload_digest(CONTENT), lambda: CONTENT)


def seal_for_ever(folder: Path, key: SigningKey, acknowledgements: int) -> None:
    sealer = PacketSealer.open(folder, [RECIPIENT], key)
    while True:
        packet_id = new_packet_id()
        os.write(acknowledgements, f"begun {packet_id}\n".encode())
        sealed = sealer.seal(packet_id, statement(packet_id), [part()])
        os.write(acknowledgements, f"{sealed.sha256} {packet_id}\n".encode())


def said_until_killed(folder: Path, key: SigningKey, delay_s: float) -> list[list[str]]:
    """What a child acknowledged, killed so long after its first word."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(readable)
        seal_for_ever(folder, key, writable)
    os.close(writable)
    said = os.read(readable, 65536)
    end = time.monotonic() + delay_s
    while time.monotonic() < end:
        pass  # to the microsecond: what lies between the steps of a seal is short
    os.kill(child, signal.SIGKILL)
    while more := os.read(readable, 65536):
        said += more
    os.close(readable)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError(f"the child ended by itself with status {status}")
    return [line.split(" ") for line in said.decode().split("\n")[:-1]]


def check(folder: Path, key: SigningKey, said: list[list[str]], counts: dict[str, int]) -> list[str]:
    left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
    counts["cut_off"] += bool(left)
    counts["named"] += sum(name.endswith(".sealed") for name in left)
    sealer = PacketSealer.open(folder, [RECIPIENT], key)
    faults = [f"restarted: {each.cause}" for each in sealer.restarts]
    for sha256, packet_id in said:
        found = sealer.find(packet_id)
        if sha256 != "begun" and (found is None or found.sha256 != sha256):
            faults.append(f"{packet_id} was sealed and is {found}")
    again = said[-1][1]
    sealer.seal(again, statement(again), [part()])  # cut off, or there: in either case it is sealed once
    faults += [f"left: {path.name}" for path in folder.iterdir() if path.name.startswith(".")]
    return faults


def main(folder: Path, rounds: int, seed: int) -> None:
    instants = random.Random(seed)
    counts = {"cut_off": 0, "named": 0, "sealed": 0}
    faults: list[str] = []
    key = open_signing_key(folder / "keys")
    packets = folder / "packets"
    for _ in range(rounds):
        said = said_until_killed(packets, key, instants.uniform(0.0, 0.06))
        faults += check(packets, key, said, counts)
    reports = [verify_packet(path) for path in packets.glob("*.rekam")]
    counts["sealed"] = len(reports)
    faults += [str(report.fault) for report in reports if not report.ok]
    faults += [gap.detail for gap in packet_gaps(reports)]
    numbers = sorted(report.header.place.sequence for report in reports if report.header is not None)
    if numbers != list(range(1, len(reports) + 1)):
        faults.append(f"the numbers are {numbers}")
    print(json.dumps({"faults": faults, **counts}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
