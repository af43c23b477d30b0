"""A card's whole way through pcscd and vsmartcard's virtual reader: its holder, somebody else, and hot plug."""

from collections.abc import Iterator

import pytest
from rekam.v1 import card_pb2 as pb
from rekam.v1 import device_pb2

from drivers import Discovery, discover, installed_drivers
from tests.drivers.pcsc_peer import Pcscd, VirtualCard, missing
from tests.drivers.test_pcsc import await_readers
from tests.gateway.card_counter import ANOTHER, PERSON, counter, fails, keep
from tests.gateway.client import eventually
from tests.gateway.personalisation.card_desk import chip
from tests.gateway.running import synthetic

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
TRAINING = {"allow_test_keys": True}


def look() -> Discovery:
    return discover(drivers={"pcsc": installed_drivers()["pcsc"]})


@pytest.fixture
def service() -> Iterator[Pcscd]:
    running = Pcscd()
    running.start()
    await_readers(1)
    yield running
    running.close()


async def test_a_card_is_made_read_and_handed_to_its_holder_alone(tmp_path, service):
    card = VirtualCard(service.ports[0], chip())
    try:
        async with counter(tmp_path, synthetic(), look=look, card=TRAINING) as (gateway, desk):
            at = await with_card(desk)
            made = await desk.made(keep(gateway), device_id=at)
            assert made.done
            reading = (await desk.read(device_id=at))[-1].reading
            assert (reading.serial, reading.genuineness) == (made.serial, pb.CARD_GENUINENESS_GENUINE)
            await desk.place(PERSON)
            assert (await desk.verified(device_id=at)).outcome == pb.HOLDER_OUTCOME_MATCHED
            await desk.place(ANOTHER)
            assert (await desk.verified(device_id=at)).outcome == pb.HOLDER_OUTCOME_NOT_MATCHED
    finally:
        card.pull()


async def test_a_real_chip_gets_no_test_keys(tmp_path, service):
    card = VirtualCard(service.ports[0], chip())
    try:
        async with counter(tmp_path, synthetic(), look=look) as (gateway, desk):
            at = await with_card(desk)
            assert (await fails(desk.made(keep(gateway), device_id=at))).reason == "TEST_KEYS_REFUSED"
            assert (await fails(desk.ask(pb.InsertSyntheticBlankRequest(device_id=at)))).reason == "DEVICE_NOT_READY"
    finally:
        card.pull()


async def test_a_card_comes_and_goes_under_the_eyes_of_who_watches(tmp_path, service):
    async with counter(tmp_path, synthetic(), look=look) as (_, desk):
        seen: list[int] = []
        card = VirtualCard(service.ports[0], chip())
        async for answer in desk.stream("WatchReaders", pb.WatchReadersRequest()):
            if not answer.HasField("reader"):
                continue
            seen.append(answer.reader.presence)
            if answer.reader.presence == pb.CARD_PRESENCE_PRESENT:
                card.pull()
            if seen[-2:] == [pb.CARD_PRESENCE_PRESENT, pb.CARD_PRESENCE_EMPTY]:
                break


async def with_card(desk):
    """The reader in which a card lies, once it is seen."""

    async def ready():
        found = await desk.client.devices(kind=device_pb2.DEVICE_KIND_CARD_WRITER)
        return [each for each in found.devices if each.state == device_pb2.DEVICE_STATE_IDLE]

    await eventually(ready)
    watched = desk.stream("WatchReaders", pb.WatchReadersRequest())
    async for answer in watched:
        if answer.reader.presence == pb.CARD_PRESENCE_PRESENT:
            watched.cancel()
            assert answer.reader.standing == pb.CARD_STANDING_BLANK
            return answer.reader.device_id
    raise AssertionError("the watch ended")
