"""A counter where cards are made and handed over: drawn cards, a drawn finger, and people kept for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import grpc
import numpy as np
import pytest
from numpy.typing import NDArray
from rekam.v1 import card_pb2 as pb
from rekam.v1 import common_pb2, device_pb2

from drivers import PersonPart, synthetic_person
from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import analyze
from gateway.main import Gateway
from tests.gateway.client import Client, Refused, refused, seconds
from tests.gateway.running import connected, running, synthetic

PERSON, ANOTHER = 42, 43
READER, SCANNER = "synthetic-card:R-1", "synthetic:T-1"
PIN = "123456"
NAME = "BUDI SANTOSO WIJAYA"
INDEXES = {
    FingerPosition.RIGHT_INDEX: PersonPart.RIGHT_INDEX,
    FingerPosition.LEFT_INDEX: PersonPart.LEFT_INDEX,
}


def reader(number: int = 1, **options: Any) -> dict[str, Any]:
    """The `[[device]]` table of a reader with a drawn card that knows SCP03."""
    chip = {"card_serial": f"BLANK-{number:04d}", "secure_channel": True, "card_delay_s": 0.0}
    return {"driver": "synthetic-card", "serial": f"R-{number}", **chip, **options}


@cache
def templates(person: int) -> dict[FingerPosition, FingerTemplate]:
    drawn = synthetic_person(person)
    return {
        position: analyze(draw_fingerprint(drawn.finger_seed(part), 1), 500.0).template
        for position, part in INDEXES.items()
    }


def png(pixels: NDArray[np.uint8]) -> bytes:
    turned = pixels[:, :, ::-1] if pixels.ndim == 3 else pixels
    return cv2.imencode(".png", turned)[1].tobytes()


@cache
def pictures(person: int) -> tuple[bytes, bytes]:
    drawn = synthetic_person(person)
    return png(drawn.portrait(1)), png(drawn.signature(1).picture())


def keep(
    gateway: Gateway, enrolment_id: str = "enr-00112233445566aa", person: int = PERSON, *, fingers: bool = True
) -> str:
    """Let the office keep a person, as sealing an enrolment does."""
    holders = gateway._centre.card_holders.holders  # enrolling a whole person would take half a minute
    assert holders is not None
    portrait, signature = pictures(person)
    holders.keep(
        enrolment_id,
        synthetic_person(person).nik,
        portrait,
        signature,
        templates(person) if fingers else {},
        dict.fromkeys(INDEXES, 80),
    )
    return enrolment_id


@asynccontextmanager
async def counter(state: Path, *devices: dict[str, Any], **tables: Any) -> AsyncIterator[tuple[Gateway, "CardClient"]]:
    """A gateway with a reader and a scanner, and a client of it."""
    card = {"profile": "sample-id", "needs_print_ready": False, **tables.pop("card", {})}
    devices = devices or (reader(), synthetic())
    async with running(state, *devices, card=card, **tables) as gateway, connected(gateway) as client:
        yield gateway, CardClient(client)


class CardClient:
    """What a front end does with cards."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def personalise(self, enrolment_id: str, *, key: str = "key-1", wait_s: float = 10.0, **fields: Any) -> Any:
        enrolled = pb.EnrolledCard(
            enrolment_id=enrolment_id,
            profile=fields.pop("profile", "sample-id"),
            biodata=fields.pop("biodata", pb.CardBiodata(name=NAME, valid_until="lifelong")),
            replacement_reason=fields.pop("replacement_reason", ""),
        )
        return self.stream(
            "PersonaliseCard",
            pb.PersonaliseCardRequest(enrolled=enrolled, idempotency_key=key, wait=seconds(wait_s), **fields),
        )

    async def made(self, enrolment_id: str, **fields: Any) -> pb.CardResult:
        return (await told(self.personalise(enrolment_id, **fields)))[-1].result

    async def read(self, *, pin: str = PIN, **fields: Any) -> list[Any]:
        credentials = pb.CardCredentials(pin=pin)
        return await told(self.stream("ReadCard", pb.ReadCardRequest(credentials=credentials, **fields)))

    async def place(self, person: int, part: int = common_pb2.FINGER_POSITION_RIGHT_INDEX, at: str = SCANNER) -> None:
        request = device_pb2.PresentSyntheticRequest(device_id=at, person=person, position=part)  # type: ignore[arg-type]
        await self.client.ask("DeviceService", request, device_pb2.PresentSyntheticResponse)

    async def verified(self, **fields: Any) -> pb.HolderDecision:
        answers = await told(self.stream("VerifyHolder", pb.VerifyHolderRequest(**{"wait": seconds(20.0), **fields})))
        decision: pb.HolderDecision = answers[-1].decision
        return decision

    def stream(self, method: str, request: Any) -> Any:
        return self.client.stream("CardService", method, request)

    async def ask(self, request: Any) -> Any:
        return await self.client.unary("CardService", type(request).__name__.removesuffix("Request"), request)


async def fails(call: Any) -> Refused:
    """How a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return refused(error.value)


async def told(stream: Any) -> list[Any]:
    """Everything that a stream tells but heartbeats."""
    return [each async for each in stream if each.WhichOneof("event") != "heartbeat"]
