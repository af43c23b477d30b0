"""Cards made with keys of a security module that stands in a reader of its own (pcscd and two virtual slots)."""

import asyncio
import contextlib

import grpc
import pytest
from rekam.v1 import card_pb2 as pb
from rekam.v1 import device_pb2

from drivers import Discovery, discover, installed_drivers
from drivers.cards.chip.secure_channel import ChannelKeys
from drivers.cards.chip.smart_card import CardOptions, SmartCard
from gateway.card import CardKeys, diversified_keys
from gateway.card_profile import builtin_profiles
from gateway.config import ConfigError
from gateway.personalisation import CardKeysMissing
from gateway.service import card_module, watched_writer
from tests.drivers.pcsc_peer import Pcscd, Silent, VirtualCard, missing
from tests.drivers.test_pcsc import await_readers
from tests.gateway.card.module_chip import APPLICATION, KEYS, MASTER, PIN, module_chip, tries_left
from tests.gateway.card_counter import counter, fails, keep, told
from tests.gateway.client import eventually
from tests.gateway.running import quick_config, running, synthetic

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
CARDS, MODULE = "pcsc:Virtual_PCD", "pcsc:Virtual_PCD_slot_01"
SETTINGS = {"reader": MODULE, "application": APPLICATION.hex(), "key_master": MASTER}
VARIABLE = "REKAM_CARD_MODULE_PIN"


def blank(serial: str = "BLANK-1") -> SmartCard:
    """A chip with the keys that the module's master gives it."""
    own = diversified_keys(KEYS[MASTER], SmartCard(CardOptions(serial=serial)).serial + bytes(2))
    return SmartCard(CardOptions(serial=serial, channel=ChannelKeys(own.enc, own.mac)))


@pytest.fixture
def service():
    service = Pcscd()
    service.start()
    await_readers(1)
    yield service
    service.close()


def look() -> Discovery:
    return discover(drivers={"pcsc": installed_drivers()["pcsc"]})


@contextlib.contextmanager
def slots(service, card, module):
    cards = VirtualCard(service.ports[0], card), VirtualCard(service.ports[1], module)
    try:
        yield cards
    finally:
        for each in cards:
            each.pull()


@contextlib.asynccontextmanager
async def office(tmp_path, **settings):
    card = {"keys": "module", "module": {**SETTINGS, **settings}}
    async with counter(tmp_path, synthetic(), card=card, look=look) as (gateway, desk):

        async def ready():
            found = (await desk.client.devices(kind=device_pb2.DEVICE_KIND_CARD_WRITER)).devices
            idle = {each.device_id for each in found if each.state == device_pb2.DEVICE_STATE_IDLE}
            return {CARDS, MODULE} <= idle

        await eventually(ready)
        yield gateway, desk


async def test_a_card_is_made_with_the_modules_keys_and_opens_to_them_alone(tmp_path, service, monkeypatch):
    monkeypatch.setenv(VARIABLE, PIN)
    card, module = blank(), module_chip()
    with slots(service, card, module):
        async with office(tmp_path) as (gateway, desk):
            made = await desk.made(keep(gateway))  # no reader named: the module's is none for cards
            assert made.done
            assert made.serial == card.serial.hex().upper()
            reading = (await desk.read())[-1].reading
            assert reading.genuineness == pb.CARD_GENUINENESS_GENUINE
            refused = await fails(desk.read(device_id=MODULE))
            assert (refused.reason, refused.fields) == ("INVALID_ARGUMENT", ["device_id"])
            watched = desk.stream("WatchReaders", pb.WatchReadersRequest())
            first = await anext(aiter(watched))
            watched.cancel()
            assert first.reader.device_id == CARDS
        async with office(tmp_path / "other", key_master=9) as (gateway, desk):
            refused = await fails(told(desk.personalise(keep(gateway))))
            assert refused.reason == "CARD_KEYS_MISSING"
            assert "key 09" in refused.words["en"]
    assert tries_left(module) == 3


async def test_a_wrong_pin_costs_one_try_however_many_cards_are_asked_for(tmp_path, service, monkeypatch):
    monkeypatch.setenv(VARIABLE, "00000000")
    card, module = blank(), module_chip()
    with slots(service, card, module):
        async with office(tmp_path) as (gateway, desk):
            for number in range(3):
                enrolment_id = keep(gateway, f"enr-00112233445566a{number}")
                refused = await fails(told(desk.personalise(enrolment_id, key=f"key-{number}")))
                assert refused.reason == "CARD_KEYS_MISSING"
                assert "00000000" not in str(refused.words)
            warned = [each.en for each in (await desk.client.info()).warnings]
            assert [each for each in warned if "refused its PIN" in each]
    assert tries_left(module) == 2
    assert card.files.free == blank().files.free


async def test_a_wrong_pin_costs_one_try_though_two_ask_at_once(tmp_path, service, monkeypatch):
    monkeypatch.setenv(VARIABLE, "00000000")
    module = module_chip()
    with slots(service, blank(), module):
        async with office(tmp_path) as (gateway, _):
            source = gateway._cards.keys.secrets(builtin_profiles()["sample-id"]).keys
            card = CardKeys(0x30, bytes(10))
            asked = [asyncio.to_thread(source.derive_session_keys, card, bytes(8), bytes(8)) for _ in range(4)]
            refused = await asyncio.gather(*asked, return_exceptions=True)
            assert [type(each) for each in refused] == [CardKeysMissing] * 4
    assert tries_left(module) == 2


async def test_a_module_that_is_pulled_in_the_middle_lets_the_card_wait_and_be_finished(tmp_path, service, monkeypatch):
    monkeypatch.setenv(VARIABLE, PIN)
    card, module = blank(), module_chip()
    with slots(service, card, module) as (_, module_slot):
        async with office(tmp_path) as (gateway, desk):
            stream = desk.personalise(keep(gateway))
            job_id = ""
            with contextlib.suppress(Exception):
                async for each in stream:
                    job_id = job_id or each.job.job_id
                    if each.HasField("progress") and each.progress.step == 3:
                        await asyncio.to_thread(module_slot.pull)  # before it is asked again, for the reading back
            job = await desk.ask(pb.GetCardJobRequest(job_id=job_id))
            assert job.job.state == pb.CARD_JOB_STATE_READING_BACK
            back = VirtualCard(service.ports[1], module, after_another=True)
            try:
                again = await told(desk.stream("ResumeCardJob", pb.ResumeCardJobRequest(job_id=job_id)))
            finally:
                back.pull()
            assert again[-1].result.done
            assert again[-1].result.serial == card.serial.hex().upper()


async def test_a_module_that_hangs_is_given_up_in_time_and_freed(tmp_path, service, monkeypatch):
    """By the watchdog of its own reader; the cards' reader has lost nothing."""
    monkeypatch.setenv(VARIABLE, PIN)
    monkeypatch.setattr(card_module, "ANSWER_S", 0.5)
    monkeypatch.setattr(watched_writer, "COMMAND_S", 6.0)
    card, module = blank(), module_chip()

    def hangs(_: int, message: bytes) -> bytes:
        if message[1] == 0x2A:
            raise Silent
        return module.process(message)

    cards, hanging = VirtualCard(service.ports[0], card), VirtualCard(service.ports[1], module, script=hangs)
    try:
        async with office(tmp_path) as (gateway, desk):
            job = keep(gateway)
            refused = await fails(told(desk.personalise(job)))
            assert refused.reason == "CARD_KEYS_MISSING"
            assert "does not answer" in refused.words["en"]
            await asyncio.to_thread(hanging.pull)
            hanging = VirtualCard(service.ports[1], module, after_another=True)
            monkeypatch.setattr(card_module, "ANSWER_S", 60.0)

            async def made():
                jobs = (await desk.ask(pb.ListCardJobsRequest())).jobs
                with contextlib.suppress(grpc.aio.AioRpcError):
                    request = pb.ResumeCardJobRequest(job_id=jobs[0].job_id)
                    return (await told(desk.stream("ResumeCardJob", request)))[-1].result.done

            assert await eventually(made, 0.2)
            found = (await desk.client.devices(kind=device_pb2.DEVICE_KIND_CARD_WRITER)).devices
            assert {each.device_id: each.health.resets for each in found}[CARDS] == 0
    finally:
        cards.pull()
        hanging.pull()


async def test_a_reader_that_is_not_there_is_warned_of(tmp_path, service, monkeypatch):
    monkeypatch.setenv(VARIABLE, PIN)
    async with office(tmp_path, reader="pcsc:Other") as (_, desk):
        warned = [each.en for each in (await desk.client.info()).warnings]
        assert [each for each in warned if "pcsc:Other, is not ready" in each]


async def test_an_empty_reader_of_the_module_is_named(tmp_path, service, monkeypatch):
    monkeypatch.setenv(VARIABLE, PIN)
    monkeypatch.setattr(card_module, "ANSWER_S", 0.5)
    monkeypatch.setattr(card_module, "MODULE_S", 0.2)
    empty = VirtualCard(service.ports[0], blank())
    try:
        async with office(tmp_path) as (gateway, desk):
            refused = await fails(told(desk.personalise(keep(gateway))))
            assert refused.reason == "CARD_KEYS_MISSING"
            assert MODULE in refused.words["en"]
    finally:
        empty.pull()


async def test_a_module_without_a_pin_or_settings_that_do_not_fit_keep_a_gateway_from_serving(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ConfigError, match=VARIABLE):
        async with running(tmp_path, synthetic(), card={"keys": "module", "module": SETTINGS}):
            pass
    for card, said in (
        ({"keys": "module"}, "belong together"),
        ({"module": SETTINGS}, "belong together"),
        ({"keys": "module", "module": {**SETTINGS, "key_master": None}}, "no key is named"),
        ({"keys": "module", "module": {**SETTINGS, "key_enc": 2}}, "give both"),
    ):
        with pytest.raises(ValueError, match=said):
            quick_config(card=card)
