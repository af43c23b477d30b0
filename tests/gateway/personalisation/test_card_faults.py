"""Cards, lines and readers that do wrong at every command: each card ends finished, spoiled, waiting or untouched."""

import random
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from threading import Event

import pytest

from drivers import (
    CaptureCancelled,
    CardTimeout,
    DeviceError,
    DeviceLost,
)
from drivers.cards.chip.header import LifeCycle
from drivers.cards.chip.refusal import Refused
from gateway.card import CardSecurityError, SecurityLevel, StaticKeys
from gateway.card_profile import Channel
from gateway.personalisation import (
    CardBarred,
    CardPending,
    CardSecrets,
    JobState,
    JournalFull,
    PersonalisationError,
    WrongCard,
)
from tests.gateway.personalisation.card_desk import Line, chip, commands_of, contents, profile, reader, serial_of
from tests.gateway.personalisation.card_ends import end_of, is_a_card, is_blank

EXPECTED = (PersonalisationError, CardSecurityError, DeviceError)


def ends(desk, make_line, total) -> Counter[str]:
    """Personalise once for every command number, with what `make_line` makes of the card; how the cards ended."""
    found = Counter()
    for number in range(total):
        card, job_id = chip(f"card {number}"), desk.take(f"job-{number}")
        raised = None
        try:
            desk.personalise(make_line(card, number), job_id)
        except EXPECTED as error:
            raised = error
            tells_nothing(error)
        end = end_of(desk, card, job_id)
        assert (end in ("done", "spoiled")) == (raised is None), (number, raised)
        assert (end == "waits") == isinstance(raised, CardPending | WrongCard), (number, raised)
        found[end] += 1
    return found


def tells_nothing(error: BaseException | None) -> None:
    """No text on the way of an error holds a file's content or a key."""
    secret = [*contents().values(), bytes(range(0x40, 0x50))]
    while error is not None:
        said = str(error) + repr(error)
        assert not any(part[:6].hex() in said.lower() or repr(part[:6])[2:-1] in said for part in secret)
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("sw", [0x6F00, 0x6581, 0x6982, 0x6A82, 0x6282, 0x9000])
def test_a_wrong_status_word_once(desk, sw):
    total = commands_of(desk)
    found = ends(desk, lambda card, n: reader(card, fault="status_word", fault_after_commands=n, fault_sw=sw), total)
    assert found["waits"] == found["spoiled"] == 0, "one wrong word costs no card"
    assert found["done"] > found["blank"] > 0


@pytest.mark.parametrize("sw", [0x6F00, 0x6982, 0x6A84])
def test_a_wrong_status_word_from_some_command_on(desk, sw):
    total = commands_of(desk)
    options = {"fault": "status_word", "fault_sw": sw, "fault_count": 10_000}
    found = ends(desk, lambda card, n: reader(card, fault_after_commands=n, **options), total)
    assert found["spoiled"] + found["waits"] > found["blank"] > 0
    assert all(not each.terminated for each in desk.journal.stock.spoiled())


@pytest.mark.parametrize("fault", ["garbled", "too_long", "endless"])
def test_an_answer_that_breaks_the_protocol(desk, fault):
    total = commands_of(desk)
    found = ends(desk, lambda card, n: reader(card, fault=fault, fault_after_commands=n), total)
    assert found == {"done": total}


@pytest.mark.parametrize("fault", ["mute", "garbled_atr"])
def test_a_card_that_does_not_come_up_again(desk, fault):
    total = commands_of(desk)
    found = ends(desk, lambda card, n: reader(card, fault=fault, fault_after_commands=n), total)
    assert found == {"done": total}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("way", ["command", "answer"])
@pytest.mark.parametrize("level", [SecurityLevel.C_MAC, SecurityLevel.C_ENC_R_ENC, None])
def test_a_bit_flipped_on_the_wire(desk, level, way, seed):
    desk.profile = profile(channel=None if level is None else Channel(level))

    def make(card, number):
        carry, count, noise = card.process, iter(range(100_000)), random.Random(1000 * seed + number)

        def process(raw: bytes) -> bytes:
            if next(count) != number:
                return carry(raw)
            if way == "command":
                return carry(flipped(raw, noise))
            answer = carry(raw)  # a wrong status word is another test's
            return flipped(answer[:-2], noise) + answer[-2:]

        card.process = process
        return reader(card)

    found = ends(desk, make, commands_of(desk))
    assert found["done"] > 0.5 * found.total()
    if level is SecurityLevel.C_ENC_R_ENC:
        assert found["spoiled"] == 0, "authenticated, a wrong bit is noticed at once, and costs no card"


def flipped(octets: bytes, noise: random.Random) -> bytes:
    if not octets:
        return octets
    at = noise.randrange(len(octets))
    return octets[:at] + bytes((octets[at] ^ 1 << noise.randrange(8),)) + octets[at + 1 :]


def test_a_card_that_lies_on_read_back_is_put_out_of_use(desk):
    card = chip()
    read = card.files.read
    card.files.read = lambda header: read(header)[:-1] + b"?" if header.fid == 0x0102 else read(header)
    desk.take()
    outcome = desk.personalise(reader(card))
    assert (outcome.state, outcome.reason, outcome.terminated) == (JobState.INVALIDATED, "CARD_READ_BACK_DIFFERS", True)
    assert end_of(desk, card, "job-1") == "spoiled"
    second = chip("SYN-CARD-0002")
    assert desk.personalise(reader(second)).serial == serial_of(second)


def test_a_card_that_does_not_keep_its_access_rules_is_put_out_of_use(desk):
    card = chip()
    parse = card.process

    def forgetful(raw: bytes) -> bytes:  # it takes the rules, and forgets those of the portrait
        answer = parse(raw)
        for header in list(card.files._all()):
            if header.fid == 0x0102 and header.access:
                card.files._cells.change({(header.number, "header"): replace(header, access={})})
        return answer

    card.process = forgetful
    desk.take()
    outcome = desk.personalise(reader(card))
    assert (outcome.state, outcome.reason, outcome.terminated) == (JobState.INVALIDATED, "CARD_ACCESS_NOT_HELD", True)
    assert end_of(desk, card, "job-1") == "spoiled"


def test_no_counter_is_used_again_and_a_repeated_command_ends_the_session(desk):
    card = chip()
    seen = []
    derive = desk.secrets.keys.derive_session_keys

    class Watched:
        for_tests = True

        def derive_session_keys(self, *context):
            seen.append(context)
            return derive(*context)

    desk.secrets = CardSecrets(Watched(), allow_test_keys=True)

    def repeated(number, command):
        if number == 18:
            assert line._writer.transmit(line.sent[17]).sw == 0x6982, "the chip knows the command"
        return command

    line = Line(reader(card), before=repeated)
    desk.take()
    assert desk.personalise(line).state is JobState.DONE
    secured = [command.data for command in line.sent if command.cla & 0x04]
    assert len(set(secured)) == len(secured), "no secured command went out twice"
    assert len(seen) == 3, "writing, writing again, reading back"
    assert len({context[1:] for context in seen}) == len(seen)


def test_a_session_that_met_a_fault_is_dead_before_the_card_is_spoken_to_again(desk):
    number = 15
    writer = reader(chip(), fault="card_reset", fault_after_commands=number)
    line = Line(writer)
    desk.take()
    desk.personalise(line)
    after = line.sent[number + 1 :]
    assert [command.cla for command in after[:1]] == [0x00], "plainly"
    assert 0x50 in [command.ins for command in after if not command.cla & 0x04], "then a new session"


@pytest.mark.parametrize("number", [0, 6, 10, 30, 45])
def test_a_reader_that_hangs_is_reset_and_the_card_finished(desk, number):
    card = chip()
    writer = reader(card, fault="hang", fault_after_commands=number)
    desk.take()
    over = Event()

    def free() -> None:
        while not over.wait(0.002):
            if writer.hangs:
                writer.reset()
                return

    watch = threading.Thread(target=free)
    watch.start()
    try:
        assert desk.personalise(writer).state is JobState.DONE
    finally:
        over.set()
        watch.join(60)
    assert end_of(desk, card, "job-1") == "done"


def test_a_reader_that_is_unplugged_lets_the_card_wait(desk):
    total = commands_of(desk)
    for number in range(0, total, 5):
        card, job_id = chip(f"card {number}"), desk.take(f"job-{number}")
        with pytest.raises((DeviceLost, CardPending)):
            desk.personalise(reader(card, fault="unplug", fault_after_commands=number), job_id)
        assert end_of(desk, card, job_id) in ("blank", "waits")
        assert desk.personalise(reader(card), job_id).state is JobState.DONE


def test_a_full_disk_stops_the_card_before_the_next_step_and_it_goes_on_afterwards(desk):
    card, job_id = chip(), desk.take()
    connection = desk.journal._database._connection
    commands_when_full = []

    def fill(progress) -> None:
        """No page more than there are, and in those no room for another step."""
        if (progress.state, progress.detail) != (JobState.WRITING, "portrait"):
            return
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        for size in (400, 40, 0):
            with suppress(JournalFull):
                while True:
                    desk.journal.step(job_id, JobState.WRITING, "x" * size)
        commands_when_full.append(card.commands)

    with pytest.raises(JournalFull):
        desk.personalise(reader(card), progress=fill)
    of_the_portrait = 3
    assert card.commands <= commands_when_full[0] + of_the_portrait, "nothing was sent that was not journalled"
    assert end_of(desk, card, job_id) == "waits"
    connection.execute("PRAGMA max_page_count = 1000000")
    assert desk.personalise(reader(card)).state is JobState.DONE


def test_cancelled_before_anything_is_written_the_card_is_a_blank_and_afterwards_it_is_finished(desk):
    for state in (JobState.CHECKING, JobState.AUTHENTICATING, JobState.WRITING, JobState.READING_BACK):
        card, job_id, cancel = chip(str(state)), desk.take(f"job-{state}"), Event()

        def stop(progress, state=state, cancel=cancel) -> None:
            if progress.state is state:
                cancel.set()

        if state in (JobState.CHECKING, JobState.AUTHENTICATING):
            with pytest.raises(CaptureCancelled):
                desk.personalise(reader(card), job_id, cancel=cancel, progress=stop)
            assert end_of(desk, card, job_id) == "blank"
        else:
            assert desk.personalise(reader(card), job_id, cancel=cancel, progress=stop).state is JobState.DONE


def test_nobody_puts_a_card_in(desk):
    desk.take()
    with pytest.raises(CardTimeout):
        desk.personalise(reader(chip(), fault="no_card"), wait_s=0.02)
    assert desk.journal.record("job-1").state is JobState.FAILED_CLEAN


@pytest.mark.parametrize(
    ("unknown", "life"),
    [((0xFE,), LifeCycle.TERMINATED), ((0xFE, 0xE6), LifeCycle.DEACTIVATED), ((0xFE, 0xE6, 4), None)],
)
def test_a_chip_that_knows_no_termination_has_its_application_ended(desk, unknown, life):
    card = chip()
    read = card.files.read
    knows_not(card, unknown)
    card.files.read = lambda header: b"?" * header.size
    desk.take()
    outcome = desk.personalise(reader(card))
    assert (outcome.state, outcome.terminated) == (JobState.INVALIDATED, life is not None)
    (application,) = card.files.children(card.files.root)
    assert application.life is (life or LifeCycle.INITIALISATION)
    card.files.read = read
    assert end_of(desk, card, "job-1") == "spoiled"


def test_an_activated_application_is_ended_over_the_channel(desk):
    """Its profile lets nobody else: the card forgets its rules for one file once it is activated."""
    card = chip()
    knows_not(card, (0xFE,))
    desk.take()
    line = Line(reader(card), after=lambda number, answer: _everybody_may_write(card, answer))
    outcome = desk.personalise(line)
    assert (outcome.state, outcome.reason, outcome.terminated) == (JobState.INVALIDATED, "CARD_ACCESS_NOT_HELD", True)
    (application,) = card.files.children(card.files.root)
    assert application.life is LifeCycle.TERMINATED
    assert [each.ins for each in line.sent if each.ins == 0xE6 and each.cla == 0x04], "plainly it was refused"


def test_a_barred_card_that_answers_nobody_is_barred_all_the_same(desk):
    card = chip()
    knows_not(card, (0xFE,))
    desk.journal.stock.spoil(serial_of(card), "misprinted")
    desk.take()
    desk.secrets = CardSecrets(StaticKeys(b"\x01" * 16, b"\x02" * 16))
    with pytest.raises(CardBarred, match=r"misprinted\)\."):
        desk.personalise(reader(card))
    assert not desk.journal.card(serial_of(card)).terminated
    assert is_blank(card)


def knows_not(card, instructions) -> None:
    carry_out = card._carried_out

    def known(session, command):
        if command.ins in instructions:
            raise Refused(0x6D00)
        return carry_out(session, command)

    card._carried_out = known


def _everybody_may_write(card, answer):
    for header in list(card.files._all()):
        if header.fid == 0x0102 and header.life is LifeCycle.ACTIVATED and header.access["update"]:
            access = {**header.access, "update": 0}
            card.files._cells.change({(header.number, "header"): replace(header, access=access)})
    return answer


def test_a_card_that_cannot_be_reached_to_be_put_out_of_use_is_barred(desk):
    card = chip()
    read = card.files.read
    card.files.read = lambda header: b"?" * header.size
    writer = reader(card)
    desk.take()

    def gone(progress) -> None:
        if progress.state is JobState.INVALIDATING:
            writer.insert(chip("another"))

    outcome = desk.personalise(writer, progress=gone)
    assert (outcome.state, outcome.terminated) == (JobState.INVALIDATED, False)
    assert end_of(desk, card, "job-1") == "spoiled"
    card.files.read = read
    assert not is_a_card(card)
