"""`rekam card` with a card in vsmartcard's virtual reader: made, read, its holder 0, somebody else 3."""

import json

import pytest

from drivers import synthetic_person
from gateway.config import DeviceTable
from tests.drivers.pcsc_peer import Pcscd, VirtualCard, missing
from tests.drivers.test_pcsc import await_readers
from tests.gateway.card_counter import ANOTHER, PERSON, PIN, keep
from tests.gateway.cli.running_gateway import running_gateway
from tests.gateway.personalisation.card_desk import chip
from tests.gateway.running import synthetic

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
OFFICE = {"profile": "sample-id", "needs_print_ready": False, "allow_test_keys": True}


@pytest.fixture
def virtual_card():
    service = Pcscd()
    service.start()
    await_readers(1)
    card = VirtualCard(service.ports[0], chip())
    yield card
    card.pull()
    service.close()


def test_the_whole_way_of_a_card(rekam, virtual_card, tmp_path, monkeypatch):
    devices = (DeviceTable.model_validate(synthetic()),)
    with running_gateway(tmp_path / "state", devices=devices, card=OFFICE) as office:
        at = ("--gateway", office.addresses.unix)

        def readers():
            found = map(json.loads, rekam("card", "readers", "--json", *at).stdout.splitlines())
            return [each for each in found if each["presence"] == "present"]

        while not (found := readers()):
            pass  # vpcd looks into its slot twice a second
        reader = ("--reader", found[0]["device_id"])
        enrolment_id = keep(office.gateway)
        made = rekam("card", "personalise", "--profile", "sample-id", "--enrolment", enrolment_id, *reader, *at)
        assert made.exit_code == 0, made.stderr
        monkeypatch.setenv("REKAM_CARD_PIN", PIN)
        read = rekam("card", "read", "--pin", "--json", *reader, *at)
        assert read.exit_code == 0, read.stderr
        reading = json.loads(read.stdout)
        assert (reading["genuineness"], reading["standing"]) == ("genuine", "personal")
        assert reading["biodata"]["reference"] == synthetic_person(PERSON).nik
        own = rekam("card", "verify-holder", "--synthetic-person", PERSON, *reader, *at)
        assert own.exit_code == 0, own.stderr
        other = rekam("card", "verify-holder", "--synthetic-person", ANOTHER, *reader, *at)
        assert other.exit_code == 3, other.stderr
