"""Travel documents: opened as they want it, read as far as they show, and every lie named."""

from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from drivers import CardWasReset
from drivers.cards.chip.secure_channel import public_test_keys as chip_test_keys
from drivers.cards.chip.smart_card import CardOptions, SmartCard
from gateway.card import (
    CardAccessNumber,
    MrzPassword,
    PassiveFault,
    PasswordRefused,
    SecurityLevel,
    SessionDead,
    data_object,
    public_test_keys,
)
from gateway.card_profile import CardFile, Channel, Condition, Diversification, Operation
from gateway.card_reading import (
    AccessWay,
    CardCredentials,
    CardNotRecognised,
    CardReading,
    Credential,
    CredentialNeeded,
    FileDone,
    FileOutcome,
    IndexFault,
    ReadingRestarted,
    read_card,
)
from gateway.card_reading.travel_document import AID, COM_FID, SOD_FID, group_fid
from tests.drivers.synthetic_cards import DEDICATED, Terminal
from tests.gateway.card.document_signer import NOW, made_signer
from tests.gateway.card_reading.documents import (
    CAN,
    ICAO,
    PRINTED,
    SIGNER,
    DocumentReader,
    GuardedChip,
    document_files,
    groups,
    offer,
)
from tests.gateway.card_reading.sample_card import ACTIVATED, held_writer, jpeg, profile

WITH_MRZ, WITH_CAN = CardCredentials(mrz=PRINTED), CardCredentials(can=CAN)
CONTENT = groups(11, 14)
STRANGE_OFFER = bytes.fromhex("3111300F060A04007F00070202040202020102")
"""An EF.CardAccess with one way of PACE, without its domain parameters."""


def events(reader: DocumentReader, credentials: CardCredentials | None = None, **options):
    given = {"at": NOW, "cancel": Event(), "anchors": [SIGNER.authority], **options}
    return list(read_card(reader, given.pop("profiles", [ICAO]), credentials, **given))


def reading(chip: GuardedChip, credentials: CardCredentials | None = WITH_MRZ, **options) -> CardReading:
    last = events(DocumentReader(chip), credentials, **options)[-1]
    assert isinstance(last, CardReading)
    return last


def bac_chip(files=None, **options) -> GuardedChip:
    return GuardedChip(PRINTED, files or document_files(CONTENT), **options)


@pytest.mark.parametrize(
    ("chip", "credentials", "way"),
    [
        (bac_chip(), WITH_MRZ, AccessWay.BAC),
        (bac_chip({**document_files(CONTENT), 0x011C: STRANGE_OFFER}), WITH_MRZ, AccessWay.BAC),
        (GuardedChip(CAN, document_files(CONTENT), offer()), WITH_CAN, AccessWay.PACE),
        (GuardedChip(PRINTED, document_files(CONTENT), offer()), WITH_MRZ, AccessWay.PACE),
        (bac_chip(opens=True), None, AccessWay.PLAIN),
    ],
)
def test_a_document_is_opened_as_it_wants_and_read_whole(chip, credentials, way):
    found = reading(chip, credentials)
    assert found.way is way
    assert found.names(FileOutcome.READ) == ("com", "sod", "dg1", "face", "dg11", "dg14")
    assert found.contents["face"] == CONTENT[2]
    assert found.passive is not None
    assert found.passive.verified == (1, 2, 11, 14)
    assert (found.genuine, found.findings, found.undecoded) == (True, (), {})
    assert found.mrz is not None
    assert (found.mrz.document_number, found.mrz.primary_name) == ("L898902C3", "ERIKSSON")
    assert found.portrait is not None
    assert (found.portrait.data, found.portrait.media_type) == (jpeg(), "image/jpeg")


def test_files_are_counted_once_the_document_has_told_what_it_holds():
    done = [event for event in events(DocumentReader(bac_chip()), WITH_MRZ) if isinstance(event, FileDone)]
    assert [(event.file.name, event.index, event.total) for event in done] == [
        ("com", 1, 2),
        ("sod", 2, 6),
        ("dg1", 3, 6),
        ("face", 4, 6),
        ("dg11", 5, 6),
        ("dg14", 6, 6),
    ]


def test_without_what_opens_it_the_caller_is_told_what_would():
    with pytest.raises(CredentialNeeded) as needed:
        reading(bac_chip(), None)
    assert needed.value.any_of == (Credential.MRZ,)
    with pytest.raises(CredentialNeeded) as needed:
        reading(bac_chip(), WITH_CAN)
    assert needed.value.any_of == (Credential.MRZ,)
    with pytest.raises(CredentialNeeded) as needed:
        reading(GuardedChip(CAN, document_files(CONTENT), offer()), None)
    assert set(needed.value.any_of) == {Credential.CAN, Credential.MRZ}


def test_a_wrong_password_is_refused_once():
    chip = bac_chip()
    with pytest.raises(PasswordRefused, match="MRZ"):
        reading(chip, CardCredentials(mrz=MrzPassword("L898902C4", "740812", "120415")))
    assert sum(command.ins == 0x82 for command in chip.sent) == 1
    chip = GuardedChip(CAN, document_files(CONTENT), offer())
    chip.tries = 3
    with pytest.raises(PasswordRefused) as refused:
        reading(chip, CardCredentials(can=CardAccessNumber("654321")))
    assert (refused.value.tries_left, chip.tries) == (2, 2)


def test_another_card_is_no_document():
    with pytest.raises(CardNotRecognised):
        reading(GuardedChip(PRINTED, {}))
    assert reading(bac_chip(), profiles=[profile(), ICAO]).profile == "icao-lds1"


@pytest.mark.parametrize("ends_session", [False, True])
def test_guarded_groups_are_asked_last_and_cost_nothing(ends_session):
    content = groups(3, 4, 14)
    found = reading(bac_chip(document_files(content), guards=(3, 4), ends_session=ends_session))
    assert found.names(FileOutcome.READ) == ("com", "sod", "dg1", "face", "dg14")
    assert found.names(FileOutcome.REFUSED) == ("dg3", "dg4")
    assert found.passive is not None
    assert (found.passive.verified, found.passive.unread) == ((1, 2, 14), (3, 4))
    assert found.genuine


def test_a_session_that_ends_over_another_file_is_an_error():
    with pytest.raises(SessionDead):
        reading(bac_chip(guards=(11,), ends_session=True))


def test_a_document_that_its_issuer_reads_over_the_channel():
    chip = SmartCard(CardOptions(channel=chip_test_keys()))
    terminal = Terminal(chip)
    assert terminal.create(0x0100, DEDICATED, name=AID, life=ACTIVATED) == 0x9000
    for fid, octets in document_files(CONTENT).items():
        if octets:
            assert terminal.create(fid, size=len(octets), life=ACTIVATED, access=b"\x01\x40") == 0x9000
            assert terminal.update(octets) == 0x9000
    channel = Channel(SecurityLevel.C_ENC_R_ENC, diversification=Diversification.NONE)
    access = {Operation.READ: Condition.CHANNEL}
    lds = replace(ICAO.applications[0], files=(CardFile("dg1", 0x0101, "mrz", 200, access=access),))
    issuers = replace(ICAO, channel=channel, applications=(lds,))
    writer = held_writer(chip)
    found = events(writer, CardCredentials(keys=public_test_keys()), profiles=[issuers])[-1]
    assert isinstance(found, CardReading)
    assert (found.way, found.genuine) == (AccessWay.CHANNEL, True)
    assert found.names(FileOutcome.READ) == ("com", "sod", "dg1", "dg2", "dg11", "dg14")
    with pytest.raises(CredentialNeeded):
        events(writer, None, profiles=[issuers])


def test_only_the_groups_that_are_wanted_are_read():
    found = reading(bac_chip(), only=("dg1",))
    assert [file.name for file in found.files] == ["com", "sod", "dg1"]
    assert found.passive is not None
    assert (found.passive.verified, found.passive.unread) == ((1,), (2, 11, 14))


def test_a_refused_group_that_is_not_guarded_is_named():
    found = reading(bac_chip(guards=(11,)))
    assert found.names(FileOutcome.REFUSED) == ("dg11",)
    assert found.genuine


def changed_files(fid: int, octets: bytes | None) -> dict[int, bytes]:
    files = document_files(CONTENT)
    return {key: value for key, value in {**files, fid: octets}.items() if value is not None}


def passive_faults(found: CardReading) -> list[tuple[PassiveFault, int | None]]:
    assert found.passive is not None
    return [(failure.fault, failure.group) for failure in found.passive.failures]


def test_a_changed_group_is_named():
    found = reading(bac_chip(changed_files(group_fid(11), CONTENT[11][:-1] + b"\x01")))
    assert passive_faults(found) == [(PassiveFault.GROUP_CHANGED, 11)]
    assert found.genuine is False


def test_a_group_of_another_tag_is_named_twice():
    found = reading(bac_chip(changed_files(group_fid(14), CONTENT[11])))
    assert passive_faults(found) == [(PassiveFault.GROUP_CHANGED, 14)]
    assert [(each.fault, each.group) for each in found.findings] == [(IndexFault.WRONG_TAG, 14)]


def test_a_group_that_is_missing_is_named():
    found = reading(bac_chip(changed_files(group_fid(14), None)))
    assert found.names(FileOutcome.ABSENT) == ("dg14",)
    assert [(each.fault, each.group) for each in found.findings] == [(IndexFault.MISSING, 14)]
    assert found.passive is not None
    assert found.passive.unread == (14,)


def test_indexes_that_contradict_each_other_are_named_and_both_are_read():
    found = reading(bac_chip(document_files(CONTENT, listed=(1, 2, 14, 15))))
    assert [(each.fault, each.group) for each in found.findings] == [
        (IndexFault.NOT_SIGNED, 15),
        (IndexFault.NOT_LISTED, 11),
        (IndexFault.MISSING, 15),
    ]
    assert found.names(FileOutcome.READ) == ("com", "sod", "dg1", "face", "dg11", "dg14")


@pytest.mark.parametrize("octets", [b"\0" * 40, data_object(0x60, b""), data_object(0x60, data_object(0x5C, b"\x42"))])
def test_an_index_that_cannot_be_read_leaves_the_signed_one(octets):
    found = reading(bac_chip(changed_files(COM_FID, octets)))
    assert set(found.contents) >= {"sod", "dg1", "face", "dg11", "dg14"}
    assert found.genuine
    unreadable = IndexFault.INDEX_UNREADABLE in [each.fault for each in found.findings]
    assert unreadable or found.names(FileOutcome.DAMAGED) == ("com",)


def test_without_any_index_the_profile_says_what_to_ask_for():
    files = {key: value for key, value in document_files(CONTENT).items() if key not in (COM_FID, SOD_FID)}
    found = reading(bac_chip(files, opens=True))
    assert found.names(FileOutcome.ABSENT) == ("com", "sod")
    assert found.names(FileOutcome.READ) == ("dg1", "face")
    assert (found.passive, found.genuine) == (None, None)


def test_a_security_object_that_cannot_be_read_is_named():
    found = reading(bac_chip(changed_files(SOD_FID, data_object(0x77, b"\x30\x00"))))
    assert passive_faults(found) == [(PassiveFault.MALFORMED, None)]
    assert found.genuine is False


def test_a_strange_or_late_signer_is_named():
    assert passive_faults(reading(bac_chip(), anchors=[made_signer().authority])) == [
        (PassiveFault.ISSUER_UNKNOWN, None)
    ]
    late = reading(bac_chip(), at=NOW + timedelta(days=4000))
    assert (PassiveFault.SIGNER_EXPIRED, None) in passive_faults(late)


def test_groups_that_cannot_be_decoded_are_told_without_their_content():
    content = {**CONTENT, 1: data_object(0x61, b"SECRETSECRET"), 2: data_object(0x75, b"SECRETSECRET")}
    found = reading(bac_chip(document_files(content)))
    assert (found.mrz, found.portrait) == (None, None)
    assert set(found.undecoded) == {"dg1", "face"}
    assert found.genuine
    told = repr(found) + str(dict(found.undecoded))
    assert "SECRET" not in told
    assert b"SECRET".hex() not in told.lower()


def commands(credentials: CardCredentials, chip: GuardedChip) -> int:
    reader = DocumentReader(chip)
    events(reader, credentials)
    return reader.commands


def test_after_a_reset_a_new_session_is_begun_and_none_is_used_again():
    small = {1: CONTENT[1]}
    total = commands(WITH_MRZ, bac_chip(document_files(small)))
    for at in range(total):
        chip = bac_chip(document_files(small))
        reader = DocumentReader(chip, reset_at=at)
        told = events(reader, WITH_MRZ)
        assert [type(event) for event in told].count(ReadingRestarted) == 1
        assert reader.powered == 2
        assert told[-1].genuine
        # The chip answers 6988 to any command under an old counter; all of its answers were secured and right.
        assert told[-1].names(FileOutcome.READ) == ("com", "sod", "dg1")


def test_a_reset_while_a_counted_number_is_tried_is_not_repeated():
    files = document_files({1: CONTENT[1]})
    total = commands(WITH_CAN, GuardedChip(CAN, files, offer()))
    given_up = []
    for at in range(total):
        reader = DocumentReader(GuardedChip(CAN, files, offer()), reset_at=at)
        try:
            assert events(reader, WITH_CAN)[-1].genuine
        except CardWasReset:
            given_up.append(at)
            assert reader.powered == 1
    # MSE:Set AT and four steps of PACE.
    assert len(given_up) == 5
    assert given_up == list(range(given_up[0], given_up[0] + 5))


def test_the_same_content_under_another_name_of_the_profile():
    renamed = replace(ICAO, applications=(replace(ICAO.applications[0], files=()),))
    assert set(reading(bac_chip(), profiles=[renamed]).contents) == {"com", "sod", "dg1", "dg2", "dg11", "dg14"}
