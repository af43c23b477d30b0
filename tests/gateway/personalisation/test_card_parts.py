"""The parts of a card's making, held against the chip's own reading of them and against the least there can be."""

from dataclasses import dataclass, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cards.chip.header import EF_ACCESS, FileKind, LifeCycle, header_from
from gateway.card_profile import CardFile, CardProfile, Condition, Operation
from gateway.personalisation.file_control import (
    CONDITIONS,
    EF_OPERATIONS,
    FileLife,
    compact_access,
    dedicated_file,
    elementary_file,
    read_file_control,
)
from gateway.personalisation.plan import planned, profile_digest
from gateway.personalisation.writing import update_commands
from tests.benchmarks.card_figures import COMMANDS_GOAL, desk_in, least_commands
from tests.gateway.personalisation.card_desk import FILES, Line, chip, profile, reader

EF_RULES = st.dictionaries(st.sampled_from(EF_OPERATIONS), st.sampled_from(list(Condition)))


@given(st.integers(1, 0x3EFF), st.integers(0, 30), st.integers(1, 0x7FFF), EF_RULES)
def test_a_chip_reads_of_a_file_what_its_profile_says(fid, sfi, size, access):
    file = CardFile("file", fid, "content", 0x7FFF, sfi=sfi, access=access)
    header = header_from(elementary_file(file, size), 1, 0)
    assert (header.fid, header.sfi, header.size, header.kind) == (fid, sfi, size, FileKind.TRANSPARENT)
    assert header.life is LifeCycle.INITIALISATION
    assert dict(header.access) == {
        name: CONDITIONS[access.get(Operation(name), Condition.NEVER)] for name in EF_ACCESS
    }, "what is not named is forbidden"


@given(st.binary(min_size=5, max_size=16), st.integers(1, 0x3EFF))
def test_a_chip_reads_of_an_application_what_its_profile_says(aid, fid):
    application = replace(profile().applications[0], aid=aid, fid=fid)
    header = header_from(dedicated_file(application), 1, 0)
    assert (header.fid, header.name, header.kind, header.life) == (
        fid,
        aid,
        FileKind.DEDICATED,
        LifeCycle.INITIALISATION,
    )
    assert header.access["terminate"] == CONDITIONS[Condition.CHANNEL]
    assert header.access["delete_child"] == CONDITIONS[Condition.NEVER]


def test_what_a_chip_tells_of_a_file_is_read():
    header = header_from(elementary_file(FILES[1], 77), 1, 0)
    told = read_file_control(b"\x62" + bytes((len(header.control_parameters()),)) + header.control_parameters())
    assert (told.life, told.size) == (FileLife.INITIALISATION, 77)
    assert told.access == compact_access(FILES[1].access, EF_OPERATIONS)


def test_a_rule_that_a_file_does_not_have_is_refused():
    with pytest.raises(ValueError, match="create_df"):
        compact_access({Operation.CREATE_DF: Condition.ALWAYS}, EF_OPERATIONS)


@given(st.binary(min_size=1, max_size=3000), st.integers(1, 255))
def test_blocks_are_as_few_as_can_be_and_put_together_are_the_content(content, block):
    commands = list(update_commands(content, block))
    assert len(commands) == -(-len(content) // block)
    written = bytearray(len(content))
    for command in commands:
        at = command.p1 << 8 | command.p2
        written[at : at + len(command.data)] = command.data
    assert bytes(written) == content
    assert max(len(command.data) for command in commands) <= block


def test_the_commands_of_a_whole_card_are_near_the_least_there_can_be(folder):
    desk = desk_in(folder)
    line = Line(reader(chip()))
    desk.take()
    desk.personalise(line)
    least = least_commands(planned(desk.image()))
    assert least <= len(line.sent) <= COMMANDS_GOAL * least
    desk.close()


def test_any_change_of_a_profile_changes_its_digest():
    known = profile_digest(profile())
    application = profile().applications[0]
    others = [
        profile(capacity=1025),
        profile(version=2),
        profile(channel=None),
        profile(seal=""),
        profile(applications=(replace(application, aid=b"\x01" * 5),)),
        profile(applications=(replace(application, files=(replace(FILES[0], sfi=9), *FILES[1:])),)),
        profile(applications=(replace(application, files=(replace(FILES[0], access={}), *FILES[1:])),)),
    ]
    assert len({known, *map(profile_digest, others)}) == 1 + len(others)
    assert profile_digest(profile()) == known


def test_a_field_that_profiles_learn_later_changes_no_digest_while_it_is_as_by_default():
    @dataclass(frozen=True)
    class LaterProfile(CardProfile):
        colour: str = "white"

    said = {each.name: getattr(profile(), each.name) for each in fields(CardProfile)}
    assert profile_digest(LaterProfile(**said)) == profile_digest(profile())
    assert profile_digest(LaterProfile(**said, colour="red")) != profile_digest(profile())


def test_nothing_of_a_person_is_in_any_text_form(folder):
    desk = desk_in(folder)
    plan = planned(desk.image())
    texts = repr(plan) + repr(plan.files[0]) + repr(desk.image()) + repr(desk.secrets)
    assert not any(each.content[:8].hex() in texts or repr(each.content[:8]) in texts for each in plan.files)
