"""An office and the people who come to it; its gateway is a process of its own, with the wiring of every gateway."""

import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from rekam.v1 import enrolment_pb2 as pb
from rekam.v1 import link_pb2, outbox_pb2

from tests.forked_lives import Lives
from tests.gateway.central.centres import until as looked_until
from tests.gateway.client import Client
from tests.gateway.enrolment.office import portrait
from tests.gateway.service.enrolment_desk import OPERATOR, centre

GATEWAY = "kedoya-1"
OUTBOX, LINK, CALLBACKS = "OutboxService", "LinkService", "CallbackService"
PROFILE = """
id = "portrait-only"
version = 1
duplicates = "none"
[name]
id = "Potret saja"
en = "Portrait only"
[[step]]
parts = ["portrait"]
"""


class Office:
    """An office whose gateway lives, is killed, and lives again.

    Parameters
    ----------
    folder : Path
    gateways : Lives
        One after the other, on one state folder.
    modem : str
        Its port.
    centre_table : dict
        The section `[centre]` of the configuration.
    """

    def __init__(self, folder: Path, gateways: Lives, modem: str, centre_table: dict[str, str]) -> None:
        self._gateways = gateways
        self._config = _config(folder, modem) | {"centre": centre_table}
        self.state = folder / "state"
        self.enrolled: list[str] = []
        self.client: Client
        self._channel: grpc.aio.Channel | None = None

    async def start(self) -> None:
        said = await self._gateways.start(self._config)
        assert said, self._gateways.errors()
        self._channel = grpc.aio.insecure_channel(said["address"], [("grpc.use_local_subchannel_pool", 1)])
        self.client = Client(self._channel)

    async def end(self, number: signal.Signals) -> None:
        await self.leave()
        how = await self._gateways.end(number)
        assert how == (-number if number is signal.SIGKILL else 0), self._gateways.errors()

    async def leave(self) -> None:
        """Let go of the gateway's door."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def enrol(self, count: int) -> None:
        """So many people, each of whom is photographed and sealed."""
        for _ in range(count):
            nik = f"360204121187{len(self.enrolled) + 1:04}"
            enrolled = await self._enrol("CreateEnrolment", None, profile_id="portrait-only", nik=nik)
            enrolled = await self._enrol("AddPortrait", enrolled, image=portrait())
            enrolled = await self._enrol("SealEnrolment", enrolled)
            assert enrolled.state == pb.ENROLMENT_STATE_SEALED
            self.enrolled.append(enrolled.enrolment_id)

    async def ask(self, service: str, module: Any, method: str, **fields: Any) -> Any:
        return await self.client.unary(service, method, getattr(module, f"{method}Request")(**fields))

    async def statuses(self) -> Counter[int]:
        answer = await self.ask(OUTBOX, outbox_pb2, "ListStatuses")
        return Counter({each.status: each.enrolments for each in answer.counts if each.enrolments})

    async def until_status(self, status: int, count: int) -> None:
        """Wait until so many stand there."""

        async def stand() -> bool:
            return (await self.statuses())[status] == count

        await until(stand)

    async def packets(self) -> list[outbox_pb2.OutboxPacket]:
        """The packets of everybody, in the order of their enrolments."""
        return [(await self.ask(OUTBOX, outbox_pb2, "GetStatus", enrolment_id=each)).packet for each in self.enrolled]

    async def link(self) -> link_pb2.Link:
        return (await self.ask(LINK, link_pb2, "GetLink")).link

    async def until_link(self, state: int) -> link_pb2.Link:
        async def is_there() -> bool:
            return (await self.link()).state == state

        await until(is_there)
        return await self.link()

    async def _enrol(self, method: str, seen: pb.Enrolment | None, **fields: Any) -> pb.Enrolment:
        request = getattr(pb, f"{method}Request")
        usual: dict[str, Any] = {"operator": OPERATOR, "idempotency_key": uuid4().hex}
        if seen is not None:
            usual |= {"enrolment_id": seen.enrolment_id, "seen_version": seen.version}
        enrolment: pb.Enrolment = (
            await self.client.unary("EnrolmentService", method, request(**usual, **fields))
        ).enrolment
        return enrolment


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    await looked_until(happened, within_s=60.0)


def _config(folder: Path, modem: str) -> dict[str, Any]:
    profiles = folder / "profiles"
    profiles.mkdir()
    (profiles / "portrait-only.toml").write_text(PROFILE)
    return {
        "gateway_id": GATEWAY,
        "enrolment": {"profiles": str(profiles), "recipients": [str(centre(folder / "search"))]},
        "office": {"name": "Kelurahan Kedoya", "phone": "021-5482222"},
        "sms": {"port": modem},
        "callbacks": {"quiet_from": "00:00", "quiet_until": "00:00"},
        "spool": {"reserve_mb": 1},
        "purge": {"at": ""},
    }
