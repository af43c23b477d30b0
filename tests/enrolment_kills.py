"""SIGKILL at random instants of enrolments through the service; each goes on where it stood, or is whole.

Run as `python -m tests.enrolment_kills --kills 100`; the last line on standard output is the result as JSON, and the
status is 1 where it names a fault. Front ends enrol synthetic persons over gRPC. A request whose answer the kill took
is sent again, byte for byte, to the next gateway on the state folder.

`--serve STATE` is the other half, which `Gateways` starts: a process that imports all once, then forks a gateway for
each line on its standard input. It has neither threads nor gRPC itself.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import cv2
import grpc
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from google.protobuf.message import Message
from rekam.v1 import capture_pb2, common_pb2, device_pb2
from rekam.v1 import enrolment_pb2 as pb

from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.fingerprint import analyze
from gateway.logs import configure_logs
from gateway.main import Gateway, ServeOptions
from gateway.packet import open_packet, verify_packet
from gateway.trust import TrustAnchors, open_signing_key
from gateway.trust.keys import PASSPHRASE_VARIABLE
from tests.gateway.client import Client, refused
from tests.gateway.desk_ports import QUICK
from tests.gateway.running import quick_config, synthetic
from tests.gateway.service.enrolment_desk import NIK, OPERATOR, SUPERVISOR, centre

ROOT = Path(__file__).parents[1]
DESKS = 2
PASSPHRASE = "a passphrase of the test"
PERSONS_APART = 10_000
"""Persons of each desk, so that no two desks enrol one."""
LIVES_S = (0.0, 2.4)
"""From the first request of a life to its end; an enrolment takes about a second."""
START_S, REQUEST_S = 60.0, 60.0


@dataclass
class Result:
    """What a run came to."""

    kills: int = 0
    seconds: float = 0.0
    enrolments: int = 0
    sealed: int = 0
    gone_on: int = 0
    """Lives that took up an enrolment of the life before."""
    doubted: int = 0
    """Approvals of a mix-up that was none."""
    repeated: dict[str, int] = field(default_factory=dict)
    """Requests that were under way at a kill and sent again, by method."""
    faults: list[str] = field(default_factory=list)


class Desk:
    """A front end that enrols one synthetic person after another, and outlives the gateways."""

    def __init__(self, number: int, result: Result, repeated: Counter[str]) -> None:
        self.device_id = f"synthetic:T-{number}"
        self.known: dict[str, pb.Enrolment] = {}
        """Every enrolment that was acknowledged, as it was seen last."""
        self.is_last = False
        self._result = result
        self._repeated = repeated
        self._person = number * PERSONS_APART
        self._seen = pb.Enrolment()
        self._owed: Message | None = None
        """A request to which no answer came."""
        self._client: Client

    async def work(self, client: Client, begun: asyncio.Event) -> None:
        """Enrol until the gateway is killed; in the last life, to the end of the person who is there."""
        self._client = client
        if self._seen.enrolment_id:
            await self._look()
            self._result.gone_on += 1
        if self._owed is not None:
            self._repeated[type(self._owed).__name__.removesuffix("Request")] += 1
            await self._ask(self._owed)
        while True:
            if not self._seen.enrolment_id:
                if self.is_last:
                    return
                await self._change("CreateEnrolment", profile_id="two-fingers", nik=NIK)
            begun.set()
            await self._enrol()
            self._seen = pb.Enrolment()
            self._person += 1

    async def _enrol(self) -> None:
        if self._seen.version == 1:
            # A change that names the version that it saw, and one that takes it back.
            await self._change("AddException", part="left-index", reason=capture_pb2.MISSING_REASON_BANDAGED)
        if self._seen.exceptions:
            await self._change("WithdrawException", part="left-index")
        while self._seen.next_part:
            capture_id = await self._captured(self._seen.next_part)
            await self._change("AddCapture", capture_id=capture_id)
        while doubt := next((each for each in self._seen.lacks if each.code == "MIX_UP"), None):
            # Among so many drawn persons a few are taken for a mix-up; a supervisor looks, as at a desk.
            self._result.doubted += 1
            await self._change("ApprovePart", part=doubt.part, supervisor=SUPERVISOR)
        if self._seen.state == pb.ENROLMENT_STATE_OPEN:
            await self._change("SealEnrolment")
        self._expect(self._seen.state == pb.ENROLMENT_STATE_SEALED, "an enrolment was neither open nor sealed")

    async def _captured(self, part: str) -> str:
        position = common_pb2.FingerPosition.Value(f"FINGER_POSITION_{part.upper().replace('-', '_')}")
        shown = device_pb2.PresentSyntheticRequest(
            device_id=self.device_id, person=self._person, position=position, idempotency_key=uuid4().hex
        )
        await self._client.ask("DeviceService", shown, device_pb2.PresentSyntheticResponse)
        ended = await self._client.capture(
            device_id=self.device_id,
            position=position,
            transaction_id=self._seen.enrolment_id,
            operator=OPERATOR,
            min_quality=0,
            wait=10,
        )
        self._expect(ended.outcome == capture_pb2.CAPTURE_OUTCOME_CAPTURED, f"a capture ended as {ended.outcome}")
        return ended.capture_id

    async def _look(self) -> None:
        """The enrolment after a kill: no older than it was acknowledged, and with all that it held."""
        before = self._seen
        request = pb.GetEnrolmentRequest(enrolment_id=before.enrolment_id)
        now = (await self._client.ask("EnrolmentService", request, pb.GetEnrolmentResponse)).enrolment
        self._expect(now.version >= before.version, f"version {before.version} became {now.version}")
        self._expect(_tries(before) <= _tries(now), "an acknowledged capture is gone")
        if self._owed is None:
            self._expect(_parts(now) == _parts(before), "something was done that nobody asked for")
        # What is owed names the version that was seen when it was first asked for.

    async def _change(self, method: str, **fields: Any) -> None:
        request_type = getattr(pb, f"{method}Request")
        usual = {
            "enrolment_id": self._seen.enrolment_id,
            "operator": OPERATOR,
            "seen_version": self._seen.version,
            "idempotency_key": uuid4().hex,
        }
        known = request_type.DESCRIPTOR.fields_by_name
        self._owed = request_type(**{name: value for name, value in usual.items() if name in known}, **fields)
        await self._ask(self._owed)

    async def _ask(self, request: Message) -> None:
        method = type(request).__name__.removesuffix("Request")
        try:
            async with asyncio.timeout(REQUEST_S):
                answer = await self._client.unary("EnrolmentService", method, request)
        except grpc.aio.AioRpcError as error:
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                self._result.faults.append(f"{method} was refused: {refused(error).reason} {error.details()}")
                self._owed = None
            raise
        self._owed = None
        self._seen = answer.enrolment
        self.known[self._seen.enrolment_id] = self._seen

    def _expect(self, holds: bool, fault: str) -> None:
        if not holds:
            self._result.faults.append(f"{self._seen.enrolment_id}: {fault}")


def _tries(enrolment: pb.Enrolment) -> set[str]:
    return {each.capture_id for part in enrolment.parts for each in part.tries}


def _parts(enrolment: pb.Enrolment) -> list[tuple[str, str]]:
    return [(part.key, part.capture_id) for part in enrolment.parts]


class Gateways:
    """Gateways on one state folder, one after the other."""

    def __init__(self, state: Path, process: asyncio.subprocess.Process) -> None:
        self.state = state
        self._process = process

    @classmethod
    async def ready(cls, state: Path) -> Self:
        """Import all once."""
        command = (sys.executable, "-m", "tests.enrolment_kills", "--serve", state)
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        return cls(
            state,
            await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=nothing),
        )

    async def start(self) -> tuple[int, str]:
        """The process id of the next one, and its address."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"start\n")
        said = json.loads(await asyncio.wait_for(self._process.stdout.readline(), START_S))
        return said["pid"], said["address"]

    async def close(self) -> None:
        """No more of them."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), START_S)


async def one_life(gateways: Gateways, desks: list[Desk], alive_s: float | None) -> list[pb.EnrolmentSummary]:
    """Work at the next gateway until it is killed after `alive_s`; without that, to the end, for what it lists then."""
    pid, address = await gateways.start()
    begun = asyncio.Event()
    try:
        async with grpc.aio.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
            client = Client(channel)
            working = [asyncio.create_task(desk.work(client, begun)) for desk in desks]
            if alive_s is None:
                await asyncio.gather(*working, return_exceptions=True)
                for failed in (each for each in working if each.exception() is not None):
                    failed.print_stack(file=sys.stderr)
                request = pb.ListEnrolmentsRequest(page_size=1000)
                return list((await client.ask("EnrolmentService", request, pb.ListEnrolmentsResponse)).enrolments)
            with suppress(TimeoutError):
                async with asyncio.timeout(REQUEST_S):
                    await begun.wait()
            await asyncio.sleep(alive_s)  # the instant of the kill is what is drawn by lot
            os.kill(pid, signal.SIGKILL)
            for ended in await asyncio.gather(*working, return_exceptions=True):
                if not isinstance(ended, grpc.aio.AioRpcError):
                    raise AssertionError(f"a desk ended before the kill: {ended!r}")
            return []
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def check_packets(state: Path, key: Path, desks: list[Desk], listed: list[pb.EnrolmentSummary], result: Result) -> None:
    """Every enrolment sealed once, into a packet that verifies and that the centre opens."""
    known = {each: seen for desk in desks for each, seen in desk.known.items()}
    result.enrolments = len(known)
    lines = {line.enrolment_id: line for line in listed}
    if lines.keys() != known.keys():
        result.faults.append(f"{len(lines)} enrolments are listed, and {len(known)} were begun")
    if open_ones := [each for each, line in lines.items() if line.state != pb.ENROLMENT_STATE_SEALED]:
        result.faults.append(f"not sealed: {open_ones}")
    anchors = TrustAnchors.from_pem(
        open_signing_key(state / "keys", passphrase=PASSPHRASE.encode()).trust_bundle().certificates_pem
    )
    private = load_pem_private_key(key.read_bytes(), None)
    held = Counter[str]()
    numbers = []
    for path in sorted((state / "packets").glob("*.rekam")):
        report = verify_packet(path, anchors)
        if report.failures or report.header is None:
            result.faults.append(f"{path.name}: {report.failures}")
            continue
        numbers.append(report.header.place.sequence)
        with open_packet(path, private) as packet:
            enrolment_id = packet.statement.enrolment_id
        held[enrolment_id] += 1
        packet_of = known[enrolment_id].packet if enrolment_id in known else pb.SealedPacket()
        if (report.header.packet_id, report.sha256) != (packet_of.packet_id, packet_of.sha256):
            result.faults.append(f"{path.name} is not the packet that its enrolment was answered with")
    result.sealed = len(held)
    if held.keys() != known.keys() or any(count > 1 for count in held.values()):
        result.faults.append(f"{len(known)} enrolments are in {held.total()} packets of {len(held)}")
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        result.faults.append(f"the chain of packets has the numbers {sorted(numbers)}")


async def killed(folder: Path, kills: int, seed: int) -> Result:
    """Kill so many gateways while they enrol; the last one is let to its end."""
    # Not for secrets: the instants of the kills can be drawn again.
    instants, result, repeated = random.Random(seed), Result(), Counter[str]()
    centre(folder)
    state = folder / "state"
    desks = [Desk(number, result, repeated) for number in range(1, DESKS + 1)]
    began = time.monotonic()
    gateways = await Gateways.ready(state)
    try:
        for _ in range(kills):
            await one_life(gateways, desks, instants.uniform(*LIVES_S))
            result.kills += 1
            if result.faults:
                return result
        for desk in desks:
            desk.is_last = True
        listed = await one_life(gateways, desks, None)
    finally:
        await gateways.close()
    await asyncio.to_thread(check_packets, state, folder / "centre.pem", desks, listed, result)
    result.seconds, result.repeated = round(time.monotonic() - began, 1), dict(repeated)
    return result


async def serve(state: Path, said: int) -> None:
    """One gateway, until it is killed."""
    devices = [synthetic(number, frame_rate=200.0, settle_s=0.0) for number in range(1, DESKS + 1)]
    config = quick_config(
        *devices, capture={"still_frames": 1}, enrolment={"recipients": [state.parent / "centre.pub.pem"]}
    )
    gateway = Gateway(config, ServeOptions(state=state, listen="127.0.0.1:0", metrics="", web=""))
    await gateway.start()
    os.write(said, json.dumps({"pid": os.getpid(), "address": gateway.addresses.grpc}).encode() + b"\n")
    await asyncio.Event().wait()


def fork_gateways(state: Path) -> None:
    """Fork a gateway for each line on standard input."""
    os.environ[PASSPHRASE_VARIABLE] = PASSPHRASE
    # What the first capture of a process takes its time for, done once; without OpenCV's threads, which do not
    # survive a fork.
    cv2.setNumThreads(0)
    analyze(draw_fingerprint(QUICK["finger"], QUICK["impression"]), 500.0)
    said = sys.stdout.fileno()
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            configure_logs(json_lines=True)
            asyncio.run(serve(state, said))
        os.waitpid(child, 0)


def main() -> int:
    """Run as the command says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20130907)
    parser.add_argument("--serve", type=Path)
    options = parser.parse_args()
    if options.serve is not None:
        fork_gateways(options.serve)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(killed(Path(folder), options.kills, options.seed))
    print(json.dumps(asdict(result)))
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
