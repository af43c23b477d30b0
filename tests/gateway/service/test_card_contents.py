"""Documents as the API shows them: what their zone says, their portrait, and each failure by name."""

from threading import Event

from rekam.v1 import card_pb2 as pb

from gateway.card_profile import builtin_profiles
from gateway.card_reading import CardCredentials, CardReading, read_card
from gateway.service import card_contents
from tests.gateway.card.document_signer import NOW, made_signer
from tests.gateway.card_reading.documents import PRINTED, SIGNER, DocumentReader, GuardedChip, document_files, groups

PROFILE = builtin_profiles()["icao-lds1"]


def read(chip: GuardedChip) -> CardReading:
    given = CardCredentials(mrz=PRINTED)
    reader = DocumentReader(chip)
    events = read_card(reader, [PROFILE], given, at=NOW, cancel=Event(), anchors=[SIGNER.authority])  # type: ignore[arg-type]
    last = list(events)[-1]
    assert isinstance(last, CardReading)
    return last


def test_a_genuine_document_shows_its_zone_and_its_portrait():
    message = card_contents.reading(read(GuardedChip(PRINTED, document_files(groups(11)))), PROFILE)
    assert (message.profile, message.way) == ("icao-lds1", pb.CARD_ACCESS_WAY_BAC)
    assert message.genuineness == pb.CARD_GENUINENESS_GENUINE
    assert (message.mrz.primary_name, message.mrz.secondary_name) == ("ERIKSSON", "ANNA MARIA")
    assert (message.mrz.layout, list(message.mrz.wrong_checks)) == ("TD3", [])
    assert message.portrait.media_type == "image/jpeg"
    assert message.portrait.width > 0
    assert card_contents.reference_of(message) == "L898902C3"
    assert not message.failures


def test_what_the_reader_may_not_see_is_named_and_no_failure():
    chip = GuardedChip(PRINTED, document_files(groups(3)), guards=(3,))
    message = card_contents.reading(read(chip), PROFILE)
    assert list(message.unread) == ["DG3"]
    assert message.genuineness == pb.CARD_GENUINENESS_GENUINE


def test_every_lie_is_named():
    files = document_files(groups(11), made_signer())
    files[0x0102] = files[0x0102][:-1] + bytes([files[0x0102][-1] ^ 1])
    message = card_contents.reading(read(GuardedChip(PRINTED, files)), PROFILE)
    assert message.genuineness == pb.CARD_GENUINENESS_NOT_GENUINE
    assert {(each.code, each.file) for each in message.failures} == {("ISSUER_UNKNOWN", ""), ("GROUP_CHANGED", "DG2")}
    assert all(each.words for each in message.failures)
