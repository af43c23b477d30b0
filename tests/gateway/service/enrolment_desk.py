"""A front end that enrols over gRPC, at a gateway that seals for a centre of the test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf.message import Message
from rekam.v1 import capture_pb2, common_pb2
from rekam.v1 import enrolment_pb2 as pb

from gateway.main import Gateway
from tests.gateway.client import Client, Refused, refused
from tests.gateway.running import connected, running, synthetic

NIK = "3602041211870001"
OPERATOR, SUPERVISOR = "sari", "ibu kepala"
RIGHT, LEFT = "synthetic:T-1", "synthetic:T-2"
QUICK = """
id = "quick"
version = 1
most_tries = 1
duplicates = "none"
[name]
id = "Cepat"
en = "Quick"
[[step]]
parts = ["right-index", "left-index"]
[[step]]
parts = ["portrait"]
missing = "reason"
"""


def centre(folder: Path) -> Path:
    """The file of a centre's public key, as a gateway is given it; the private one beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "centre.pub.pem"
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        (folder / "centre.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        path.write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
    return path


@asynccontextmanager
async def office(
    folder: Path, *profiles: str, person: int = 0, impression: int = 1, **tables: Any
) -> AsyncIterator["FrontEnd"]:
    """A gateway with a scanner for each index finger, and a front end of it; again on the same folder goes on."""
    own = folder / "profiles"
    own.mkdir(exist_ok=True)
    for number, text in enumerate(profiles):
        (own / f"own-{number}.toml").write_text(text)
    settings = {"recipients": [centre(folder)], "profiles": own, **tables.pop("enrolment", {})}
    state = tables.pop("state", folder / "state")
    async with (
        running(
            state,
            synthetic(1, finger=2 * person + 1, impression=impression),
            synthetic(2, finger=2 * person + 2, impression=impression),
            enrolment=settings,
            **tables,
        ) as gateway,
        connected(gateway) as client,
    ):
        yield FrontEnd(client, gateway)


class FrontEnd:
    """Enrols, a call a line, and remembers the version that it saw last."""

    def __init__(self, client: Client, gateway: Gateway) -> None:
        self.client = client
        self.gateway = gateway
        self.seen = pb.Enrolment()

    async def call(self, method: str, **fields: Any) -> Any:
        """Any method, with the fields as they are."""
        return await self.client.unary("EnrolmentService", method, _request(method, **fields))

    async def refusal(self, method: str, **fields: Any) -> Refused:
        """How a call is refused that has to be."""
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await self.call(method, **fields)
        return refused(error.value)

    async def change(self, method: str, **fields: Any) -> pb.Enrolment:
        """Change the enrolment that was seen last; what is not named is filled in."""
        self.seen = (await self.call(method, **self.filled(method, **fields))).enrolment
        return self.seen

    async def refused(self, method: str, **fields: Any) -> Refused:
        """How a change of the enrolment that was seen last is refused."""
        return await self.refusal(method, **self.filled(method, **fields))

    def filled(self, method: str, **fields: Any) -> dict[str, Any]:
        usual = {
            "enrolment_id": self.seen.enrolment_id,
            "operator": OPERATOR,
            "seen_version": self.seen.version,
            "idempotency_key": uuid4().hex,
        }
        known = getattr(pb, f"{method}Request").DESCRIPTOR.fields_by_name
        return {**{name: value for name, value in usual.items() if name in known}, **fields}

    async def create(self, profile: str = "two-fingers", **fields: Any) -> pb.Enrolment:
        person = {} if "application_number" in fields else {"nik": NIK}
        return await self.change("CreateEnrolment", profile_id=profile, **{**person, **fields})

    async def get(self, enrolment_id: str = "") -> pb.Enrolment:
        answer = await self.call("GetEnrolment", enrolment_id=enrolment_id or self.seen.enrolment_id)
        self.seen = answer.enrolment
        return self.seen

    async def finger(self, part: str, transaction_id: str = "") -> str:
        """Capture a finger for the enrolment; gives the capture's id."""
        right = part.startswith("right")
        names = common_pb2.FingerPosition
        capture = await self.client.capture(
            device_id=RIGHT if right else LEFT,
            position=names.Value(f"FINGER_POSITION_{part.upper().replace('-', '_')}"),
            transaction_id=transaction_id or self.seen.enrolment_id,
            operator=OPERATOR,
            min_quality=0,
        )
        assert capture.outcome == capture_pb2.CAPTURE_OUTCOME_CAPTURED
        return capture.capture_id

    async def add_fingers(self) -> pb.Enrolment:
        """Both index fingers, captured and added."""
        for part in ("right-index", "left-index"):
            await self.change("AddCapture", capture_id=await self.finger(part))
        return self.seen

    async def seal(self) -> pb.SealedPacket:
        return (await self.change("SealEnrolment")).packet

    async def download(self, packet_id: str, offset: int = 0) -> bytes:
        request = pb.DownloadPacketRequest(packet_id=packet_id, offset=offset)
        content = b""
        async for chunk in self.client.stream("EnrolmentService", "DownloadPacket", request):
            assert chunk.offset == offset + len(content)
            content += chunk.data
            assert chunk.total_size >= chunk.offset + len(chunk.data)
        return content

    async def download_part(self, key: str, file: str) -> bytes:
        """A file of the portrait or the signature, read back."""
        request = pb.DownloadPartRequest(enrolment_id=self.seen.enrolment_id, part=key, file=file)
        content = b""
        async for chunk in self.client.stream("EnrolmentService", "DownloadPart", request):
            assert chunk.offset == len(content)
            assert bool(chunk.media_type) == (chunk.offset == 0)
            content += chunk.data
            assert chunk.total_size >= len(content)
        return content

    async def listed(self, **fields: Any) -> list[pb.EnrolmentSummary]:
        """Every page of a list."""
        found, token = [], ""
        while True:
            page = await self.call("ListEnrolments", page_token=token, **fields)
            found += page.enrolments
            token = page.next_page_token
            if not token:
                return found

    def watch(self, **fields: Any) -> Any:
        return self.client.stream("EnrolmentService", "WatchEnrolments", pb.WatchEnrolmentsRequest(**fields))


def _request(method: str, **fields: Any) -> Message:
    request: Message = getattr(pb, f"{method}Request")(**fields)
    return request


def part(enrolment: pb.Enrolment, key: str) -> pb.EnrolmentPart:
    """One part of an enrolment."""
    return next(each for each in enrolment.parts if each.key == key)
