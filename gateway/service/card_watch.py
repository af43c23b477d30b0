"""What is in the readers, looked at while anybody wants to know."""

import asyncio
from collections.abc import AsyncGenerator
from threading import Event as ThreadEvent

import structlog
from rekam.v1 import card_pb2 as pb

from drivers import (
    CardLost,
    CardRefused,
    CardTimeout,
    CardUnusable,
    CardWriter,
    DeviceBusy,
    DeviceError,
    DeviceUnsupported,
    TakesBlanks,
)
from gateway.card import CardSecurityError
from gateway.devices.device import Device
from gateway.devices.state import DeviceState
from gateway.events import EventLog
from gateway.personalisation import PersonalisationError, Personaliser
from gateway.service import card_messages, convert
from gateway.service.access import Caller
from gateway.service.card_keys import CardKeys
from gateway.service.card_profiles import CardProfiles
from gateway.service.card_read import application_on, serial_of
from gateway.service.card_readers import CardReaders, is_synthetic
from gateway.service.errors import StoppingError
from gateway.trust import time_now

log = structlog.get_logger(__name__)

HEARTBEAT_S = 4.0
LOOK_S = 1.0
"""Between two looks: a card is powered up for each, which takes a contactless one 0.2 s."""
CARD_S = 0.25
"""To wait for a card at a look; whoever puts one in waits for the next."""
CHANGES_KEPT = 500
INSERT_S = 10.0
_GONE = (DeviceState.ABSENT, DeviceState.FAILED, DeviceState.RECOVERING)


class CardWatch:
    """Looks at readers that nobody uses; belongs to the event loop's thread.

    A card that was counted as spoiled is put out of use at the first look.
    """

    def __init__(
        self, readers: CardReaders, personaliser: Personaliser, profiles: CardProfiles, keys: CardKeys
    ) -> None:
        self._readers, self._personaliser, self._profiles, self._keys = readers, personaliser, profiles, keys
        self._seen: dict[str, pb.CardReader] = {}
        self._changes: EventLog[pb.CardReader] = EventLog(CHANGES_KEPT)
        self._watchers = 0
        self._looking: asyncio.Task[None] | None = None
        self._looked = asyncio.Event()

    async def watch_readers(
        self, request: pb.WatchReadersRequest, caller: Caller
    ) -> AsyncGenerator[pb.WatchReadersResponse, None]:
        """Every reader, then each change."""
        self._watchers += 1
        if self._looking is None:
            self._looked.clear()
            self._looking = asyncio.create_task(self._keep_looking(), name="look at card readers")
        try:
            await self._looked.wait()
            from_seq, seq = self._changes.last_seq, 0
            for reader in list(self._seen.values()):
                seq += 1
                yield pb.WatchReadersResponse(seq=seq, time=convert.event_time(time_now()), reader=reader)
            yield pb.WatchReadersResponse(seq=seq, time=convert.event_time(time_now()))
            async for event in self._changes.follow(from_seq, HEARTBEAT_S):
                seq += 1
                if event is None:
                    yield pb.WatchReadersResponse(seq=seq, time=convert.event_time(time_now()))
                else:
                    yield pb.WatchReadersResponse(seq=seq, time=convert.event_time(event.time), reader=event.payload)
            raise StoppingError("the gateway is stopping")
        finally:
            self._watchers -= 1
            if not self._watchers and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def insert_synthetic_blank(
        self, request: pb.InsertSyntheticBlankRequest, caller: Caller
    ) -> pb.InsertSyntheticBlankResponse:
        """Put another drawn blank into a synthetic reader."""
        device = self._readers.reader(request.device_id)
        device_id = device.address.device_id

        def insert(writer: CardWriter, _: object) -> None:
            if not isinstance(writer, TakesBlanks):
                raise DeviceUnsupported(f"{device_id} is no synthetic reader: put a card in by hand")
            writer.insert_blank()

        async with self._readers.held([device], caller.peer, "another blank", lambda: None):
            await device.run(insert, within_s=INSERT_S)
        return pb.InsertSyntheticBlankResponse(device_id=device_id)

    def close(self) -> None:
        """End every watch: the gateway stops."""
        if self._looking is not None:
            self._looking.cancel()
        self._looked.set()
        self._changes.close()

    async def _keep_looking(self) -> None:
        while True:
            try:
                await self._look()
            except Exception:
                log.exception("card_readers_not_looked_at")  # whatever one look ran into, the next may go well
            self._looked.set()
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        """At all at once: one that hangs is freed by its watchdog, and keeps nobody from seeing the others."""
        await asyncio.gather(*(self._look_at(each) for each in self._readers.readers()))

    async def _look_at(self, device: Device) -> None:
        found = await self._found(device)
        device_id = device.address.device_id
        if self._seen.get(device_id) != found:
            self._seen[device_id] = found
            self._changes.append(found)

    async def _found(self, device: Device) -> pb.CardReader:
        device_id = device.address.device_id
        message = pb.CardReader(device_id=device_id, label=device.snapshot.label)
        if device.snapshot.state in _GONE:
            message.presence = pb.CARD_PRESENCE_NO_READER
            return message
        lease = self._readers.leases.holder_of(device_id)
        if lease is not None or device.busy:
            message.presence = pb.CARD_PRESENCE_IN_USE
            message.holder = "" if lease is None else lease.holder
            return message
        try:
            return await self._readers.run(device, lambda writer: self._told(writer, message, is_synthetic(device)))
        except DeviceBusy:
            message.presence = pb.CARD_PRESENCE_IN_USE  # by another program of this machine
        except DeviceError:
            message.presence = pb.CARD_PRESENCE_NO_READER
        return message

    def _told(self, writer: CardWriter, message: pb.CardReader, synthetic: bool) -> pb.CardReader:
        """What is in a reader; in its own thread."""
        try:
            with self._keys.at(synthetic=synthetic):
                known = self._personaliser.examine(writer, ThreadEvent(), wait_s=CARD_S)
            with writer.transaction():
                message.serial = serial_of(writer)
                message.profile = application_on(writer, self._profiles.all())
        except (CardTimeout, CardLost):
            message.presence = pb.CARD_PRESENCE_EMPTY
        except (CardUnusable, CardRefused, CardSecurityError):
            message.presence = pb.CARD_PRESENCE_UNREADABLE
        except PersonalisationError as error:
            log.warning("card_not_looked_up", error=str(error))
            message.presence = pb.CARD_PRESENCE_UNREADABLE
        else:
            message.presence = pb.CARD_PRESENCE_PRESENT
            unknown = pb.CARD_STANDING_FOREIGN if message.profile else pb.CARD_STANDING_BLANK
            message.standing = card_messages.standing(known) or unknown  # type: ignore[assignment]
            message.job_id = "" if known is None else known.job_id
        return message
