"""Enrols in a child process, kills it at random instants, and says what was found afterwards.

Run as `python -m tests.gateway.enrolment.killed_office DIRECTORY ROUNDS SEED`; prints one JSON object. A process of its
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

from gateway.enrolment import EnrolmentSnapshot, EnrolmentState
from tests.gateway.enrolment.office import OPERATOR, Office, portrait


def enrol_for_ever(directory: Path, acknowledgements: int) -> None:
    def say(*words: str) -> None:
        os.write(acknowledgements, (" ".join(words) + "\n").encode())

    with Office(directory) as office:
        office.enrolments.recover()
        for line in office.enrolments.list([EnrolmentState.OPEN]):
            say("took", line.enrolment_id)
        number = 0
        while True:
            number += 1
            snapshot = office.create()
            it = snapshot.enrolment_id
            say("created", it)
            for unit, finger in (("right-index", 1), ("right-middle", 2)):
                capture = office.finger(it, unit, finger)
                snapshot = office.add(snapshot, capture)
                say("added", it, capture)
            snapshot = office.enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)
            say("portrait", it)
            if number % 4 == 3:
                office.enrolments.abandon(it, "left", OPERATOR, snapshot.version)
                say("abandoned", it)
                continue
            sealed = office.enrolments.seal(it, OPERATOR, snapshot.version)
            assert sealed.packet is not None
            say("sealed", it, sealed.packet.packet_id, sealed.packet.sha256)


def said_until_killed(directory: Path, delay_s: float) -> list[list[str]]:
    """What a child acknowledged, killed so long after its first word."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(readable)
        enrol_for_ever(directory, writable)
    os.close(writable)
    said, kill_at, alive = b"", time.monotonic() + 60, True
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
            if not said:
                kill_at = time.monotonic() + delay_s
            said += data
    os.close(readable)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError(f"the child ended by itself with status {status}")
    return [line.split(" ") for line in said.decode().split("\n")[:-1]]  # a line that was cut was not heard


def gone_on(office: Office, snapshot: EnrolmentSnapshot) -> EnrolmentSnapshot:
    """An open enrolment brought to its seal from where it stands."""
    it = snapshot.enrolment_id
    for part in snapshot.parts:
        if part.kind == "finger" and not part.tries:
            finger = 1 if part.key == "right-index" else 2
            snapshot = office.add(snapshot, office.finger(it, part.key, finger, seed=2))
    if any(part.key == "portrait" and part.status != "done" for part in snapshot.parts):
        snapshot = office.enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)
    return office.enrolments.seal(it, OPERATOR, snapshot.version)


def check(directory: Path, said: list[list[str]], counts: dict[str, int]) -> list[str]:
    faults: list[str] = []
    with Office(directory) as office:
        cut_off = len(office.store.sealing())
        recovery = office.enrolments.recover()
        counts["cut_off"] += cut_off
        counts["recovered"] += len(recovery.sealed)
        faults += [f"{each}: {why}" for each, why in recovery.left.items()]
        faults += [incident.cause for incident in (*office.spool.incidents, *office.store.incidents)]
        for word, it, *more in said:
            snapshot = office.enrolments.get(it)
            if word == "added" and not any(
                each.capture_id == more[0] for part in snapshot.parts for each in part.tries
            ):
                faults.append(f"{it}: capture {more[0]} was acknowledged and is gone")
            if word == "portrait" and snapshot.parts[-1].status != "done" and snapshot.state != "abandoned":
                faults.append(f"{it}: the portrait was acknowledged and is gone")
            if word == "abandoned" and snapshot.state != "abandoned":
                faults.append(f"{it}: was abandoned and is {snapshot.state}")
            if word == "sealed" and (
                snapshot.packet is None or [snapshot.packet.packet_id, snapshot.packet.sha256] != more
            ):
                faults.append(f"{it}: was sealed as {more} and is {snapshot.packet}")
        for line in office.enrolments.list([EnrolmentState.OPEN], limit=1000):
            counts["gone_on"] += 1
            if gone_on(office, office.enrolments.get(line.enrolment_id)).state != "sealed":
                faults.append(f"{line.enrolment_id}: does not go on")
        if office.store.sealing() or office.store.unfinished():
            faults.append("something is left unsettled")
    return faults


def whole(directory: Path, counts: dict[str, int]) -> list[str]:
    """Every sealed enrolment has one packet, whole, and every packet one enrolment; the audit trail lacks nothing."""
    faults: list[str] = []
    with Office(directory) as office:
        lines = office.enrolments.list(limit=10_000)
        sealed = {line.packet_id: line for line in lines if line.state is EnrolmentState.SEALED}
        statements = office.sealer.statements()
        counts["sealed"] = len(sealed)
        if {each["packet_id"] for each in statements} != sealed.keys():
            faults.append("packets and sealed enrolments differ")
        if len({each["enrolment_id"] for each in statements}) != len(statements):
            faults.append("an enrolment has two packets")
        for packet_id, line in sealed.items():
            if office.sealer.find(packet_id) != office.enrolments.get(line.enrolment_id).packet:
                faults.append(f"packet {packet_id} is not the one that was sealed")
        told = [entry["event_id"] for entry in office.audit.entries()]
        due = {f"{line.enrolment_id}/{version}" for line in lines for version in range(1, line.version + 1)}
        if len(told) != len(set(told)) or set(told) != due:
            faults.append(f"the audit trail has {len(told)} entries, {len(due)} are due")
    return faults


def main(directory: Path, rounds: int, seed: int) -> None:
    instants = random.Random(seed)
    counts = {"acknowledged": 0, "cut_off": 0, "recovered": 0, "gone_on": 0, "sealed": 0}
    faults: list[str] = []
    with Office(directory) as office:
        gone_on(office, office.create())  # what is drawn and compared once is done in the parent
    for _ in range(rounds):
        said = said_until_killed(directory, instants.uniform(0.0, 0.35))
        counts["acknowledged"] += len(said)
        faults += check(directory, said, counts)
    faults += whole(directory, counts)
    print(json.dumps({"faults": faults, **counts}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
