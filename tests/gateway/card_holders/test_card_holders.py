"""Whose card is waited for: kept whole, with supplements, unreadable to who has the disk, gone once forgotten."""

import os
import signal
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from gateway.card_holders import (
    CardHolders,
    HoldersDamaged,
    HoldersFull,
    HoldersTooNew,
    HoldersUnwritable,
    HolderUnfit,
    HolderUnknown,
    erasure,
)
from gateway.card_profile import Biodata, load_profile, personal_contents, template_of
from gateway.enrolment.local_cipher import LocalCipher
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import FAILED
from gateway.fingerprint.reduced import reduced
from tests.gateway.card_holders.people import (
    KEEP,
    NIK,
    NOON,
    Clock,
    L,
    R,
    everything_in,
    finger,
    kept,
    opened,
    portrait,
    signature,
    two_fingers,
)


def same(one: FingerTemplate, other: FingerTemplate) -> bool:
    arrays = all(np.array_equal(getattr(one, a), getattr(other, a)) for a in ("x", "y", "kind", "quality"))
    turns = np.allclose(one.angle, other.angle, atol=1e-5)
    return arrays and turns and (one.width, one.height) == (other.width, other.height)


def test_a_person_comes_back_as_a_card_needs_one(tmp_path):
    with opened(tmp_path) as holders:
        kept(holders)
    with opened(tmp_path) as holders:
        person = holders.person("enr-1")
        assert (holders.count(), holders.holds("enr-1"), holders.enrolment_ids()) == (1, True, ("enr-1",))
        assert holders.kept_at("enr-1") == NOON
    assert person.biodata.reference == NIK
    assert all(same(person.fingers[position], each) for position, each in two_fingers().items())
    profile = load_profile("sample-id")
    contents = personal_contents(profile, person, reduced=reduced)
    assert {"biodata", "portrait", "signature", "finger-1", "finger-2"} <= contents.keys()
    assert template_of(profile, contents, "finger-1").position is R
    assert template_of(profile, contents, "finger-2").position is L
    assert NIK not in repr(person)


def test_the_register_gives_the_words_of_that_person_alone(tmp_path):
    with opened(tmp_path) as holders:
        kept(holders)
        words = Biodata(NIK, name="SITI CONTOH")
        assert holders.person("enr-1", words).biodata is words
        with pytest.raises(HolderUnfit) as error:
            holders.person("enr-1", Biodata("3171016512900004"))
        assert NIK not in error.value.words.id + str(error.value)


def test_a_reference_that_no_card_takes_is_told(tmp_path):
    with opened(tmp_path) as holders:
        kept(holders, reference="apl_17")
        with pytest.raises(HolderUnfit, match="application_pattern") as error:
            holders.person("enr-1")
        assert "apl_17" not in error.value.words.id + str(error.value)


def test_kept_again_the_later_stands_and_the_earlier_is_nowhere(tmp_path):
    with opened(tmp_path) as holders:
        kept(holders)
        (before,) = sqlite3.connect(holders.path).execute("SELECT data_key FROM holders").fetchone()
        kept(holders, fingers={L: finger(9)}, scores={L: 50}, signature=None)
        person = holders.person("enr-1")
        assert holders.count() == 1
        assert list(person.fingers) == [L]
        assert same(person.fingers[L], finger(9))
        assert person.signature is None
        assert before not in everything_in(tmp_path)


def test_people_without_fingers_or_pictures_are_kept_without(tmp_path):
    blank = portrait(width=300, height=200, kind=".png")[:200]
    with opened(tmp_path) as holders:
        kept(holders, fingers={}, scores={}, portrait=None, signature=blank)
        person = holders.person("enr-1")
        assert (dict(person.fingers), person.portrait, person.signature) == ({}, None, None)
        kept(holders, scores={R: FAILED})
        assert dict(holders.person("enr-1").fingers) == {}


def test_fingers_of_two_scanners_and_many_minutiae_are_kept(tmp_path):
    large = finger(5, 90)
    wide = FingerTemplate(
        large.x, large.y, large.angle, large.kind, large.quality, large.width + 200, large.height + 90, large.ppi
    )
    with opened(tmp_path) as holders:
        kept(holders, fingers={R: wide, L: finger(6)}, scores={R: 80, L: 80})
        person = holders.person("enr-1")
    assert (len(person.fingers[R]), person.fingers[R].width, person.fingers[L].width) == (60, wide.width, 380)


def test_a_supplement_is_the_persons_and_goes_with_them(tmp_path):
    clock = Clock()
    with opened(tmp_path, clock) as holders:
        kept(holders, fingers={R: finger(1)}, scores={R: 70}, signature=None)
        more = {L: finger(2), FingerPosition.RIGHT_THUMB: finger(3)}
        clock.wall += timedelta(days=1)
        for _ in range(2):
            kept(
                holders,
                "enr-2",
                reference="",
                portrait=None,
                fingers=more,
                scores=dict.fromkeys(more, 60),
                supplements="enr-1",
            )
        person = holders.person("enr-1")
        assert set(person.fingers) == {R, L}
        assert person.signature is not None
        assert person.portrait is not None
        assert (holders.count(), holders.enrolment_ids()) == (1, ("enr-1",))
        with pytest.raises(HolderUnknown):
            holders.person("enr-2")
        assert holders.forget("enr-2")
        assert set(holders.person("enr-1").fingers) == {R}
        kept(holders, "enr-2", reference="", supplements="enr-1")
        assert holders.forget_past(NOON + KEEP, KEEP) == ("enr-1", "enr-2")
        # The card was made meanwhile: nobody is there to whom it could belong.
        kept(holders, "enr-3", reference="", supplements="enr-1")
        assert (holders.count(), holders.past(NOON + 9 * KEEP, KEEP)) == (0, ())


def test_nobody_unknown_is_given(tmp_path):
    with opened(tmp_path) as holders:
        for ask in (holders.person, holders.kept_at):
            with pytest.raises(HolderUnknown, match="record the person again") as error:
                ask("enr-9")
            assert "enr-9" in error.value.cause
            assert "keep_days" in error.value.remedy
            assert "direkam" in error.value.words.id or "rekam" in error.value.words.id
        assert not holders.forget("enr-9")
        assert not holders.holds("enr-9")


def test_nothing_readable_is_on_the_disk_and_nothing_at_all_once_forgotten(tmp_path):
    with opened(tmp_path) as holders:
        kept(holders)
        kept(holders, "enr-2", portrait=portrait(2))
        rows = sqlite3.connect(holders.path).execute("SELECT data_key, body FROM holders WHERE enrolment_id = 'enr-1'")
        ((key, body),) = rows.fetchall()
        person = holders.person("enr-1")
        template = two_fingers()[R]
        plain = [
            NIK.encode(),
            person.portrait[400:432],
            person.signature[-40:-8],
            portrait()[900:932],
            signature()[100:132],
            *(template.x.astype(form).tobytes()[:32] for form in ("<f4", ">f4", ">u2", "<u2")),
        ]
        everything = everything_in(tmp_path)
        assert [each for each in plain if each in everything] == []
        assert key in everything
        assert body[:64] in everything
        assert holders.forget("enr-1")
        everything = everything_in(tmp_path)
        assert key not in everything
        assert body[:64] not in everything
        assert not holders.holds("enr-1")
        assert holders.holds("enr-2")
    assert holders.path.stat().st_mode & 0o777 == 0o600


class PowerCut(BaseException):
    """Nothing after it counts."""


def test_a_power_cut_in_an_erasure_leaves_no_key_and_the_next_start_no_row(tmp_path, monkeypatch):
    with opened(tmp_path) as holders:
        kept(holders)
        kept(holders, "enr-2")
        begun, whole = [], erasure.transaction

        def cut_at_the_second(connection):
            begun.append(connection)
            if len(begun) == 2:
                raise PowerCut
            return whole(connection)

        monkeypatch.setattr(erasure, "transaction", cut_at_the_second)
        with pytest.raises(PowerCut):
            holders.forget("enr-1")
        monkeypatch.undo()
        assert not holders.holds("enr-1")
        with pytest.raises(HolderUnknown):
            holders.person("enr-1")
        assert holders.count() == 1
        rows = sqlite3.connect(holders.path).execute("SELECT enrolment_id, data_key IS NULL FROM holders")
        assert rows.fetchall() == [("enr-1", 1), ("enr-2", 0)]
    with opened(tmp_path) as holders:
        rows = sqlite3.connect(holders.path).execute("SELECT enrolment_id FROM holders")
        assert rows.fetchall() == [("enr-2",)]
        assert holders.person("enr-2").biodata.reference == NIK


def test_what_was_kept_outlives_a_kill(tmp_path):
    opened(tmp_path).close()
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            holders = opened(tmp_path)
            kept(holders)
            os.write(tell, b"k")
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    os.close(tell)
    assert os.read(told, 1) == b"k"
    os.close(told)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    with opened(tmp_path) as holders:
        assert holders.person("enr-1").biodata.reference == NIK


def test_who_is_past_the_days_is_erased_for_good(tmp_path):
    clock = Clock()
    with opened(tmp_path, clock) as holders:
        kept(holders)
        clock.wall += timedelta(days=2)
        kept(holders, "enr-2")
        soon, later = NOON + KEEP - timedelta(days=1), NOON + KEEP + timedelta(days=1)
        assert holders.past(soon, KEEP) == holders.forget_past(soon, KEEP) == ()
        assert holders.past(later, KEEP) == ("enr-1",)
        assert holders.count() == 2
        assert holders.forget_past(later, KEEP) == ("enr-1",)
        assert holders.forget_past(later, KEEP) == ()
        assert holders.enrolment_ids() == ("enr-2",)


def test_what_is_still_in_a_file_after_an_erasure_is_told(tmp_path):
    with opened(tmp_path) as holders:
        kept(holders)
        # An SQLite that leaves what was deleted where it was.
        holders._connection.execute("PRAGMA secure_delete = OFF").fetchone()
        with pytest.raises(HoldersUnwritable, match="still in"):
            holders.forget_past(NOON + 2 * KEEP, KEEP)
        assert holders.count() == 0


def test_a_reader_beside_it_does_not_pass_for_an_erasure(tmp_path):
    with opened(tmp_path) as holders:
        kept(holders)
        reader = sqlite3.connect(holders.path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM holders").fetchall()
        holders._connection.execute("PRAGMA busy_timeout = 20")
        with pytest.raises(HoldersUnwritable, match="still in"):
            holders.forget("enr-1")
        reader.close()
        assert not holders.holds("enr-1")
        assert holders.forget_past(NOON, KEEP) == ()
        kept(holders, "enr-2")
        assert holders.forget("enr-2")


def test_a_clock_that_was_wrong_costs_nobody_the_card(tmp_path):
    clock = Clock(datetime(1970, 1, 3, tzinfo=UTC))
    with opened(tmp_path, clock) as holders:
        kept(holders)
        assert holders.forget_past(datetime(1970, 9, 1, tzinfo=UTC), KEEP) == ()
        assert holders.past(NOON, KEEP) == holders.forget_past(NOON, KEEP) == ()
        assert holders.kept_at("enr-1") == NOON
        assert holders.forget_past(NOON + KEEP, KEEP) == ("enr-1",)


def whole(holders: CardHolders, enrolment_id: str) -> bool:
    with suppress(HoldersDamaged):
        return holders.person(enrolment_id).biodata.reference == NIK
    return False


def test_a_damaged_file_is_set_aside_with_whoever_is_read_out_of_it(tmp_path):
    with opened(tmp_path) as holders:
        for number in range(20):
            kept(holders, f"enr-{number}", portrait=portrait(width=240, height=320))
    content = bytearray(holders.path.read_bytes())
    page = 4096
    # https://www.sqlite.org/fileformat.html clause 1.6: a page with rows of a table begins with 13.
    leaves = [at for at in range(page, len(content), page) if content[at] == 0x0D]
    broken = leaves[len(leaves) // 2]
    content[broken : broken + page] = b"\xa5" * page
    (tmp_path / "card-holders.sqlite3").write_bytes(content)
    with opened(tmp_path) as holders:
        assert isinstance(holders.incident, HoldersDamaged)
        assert "card-holders.corrupt-20261126T120000Z.sqlite3" in str(holders.incident)
        read = [each for each in holders.enrolment_ids() if whole(holders, each)]
        assert {"enr-0", "enr-1", "enr-18", "enr-19"} <= set(read)
        assert len(read) < 20
        kept(holders, "enr-99")
        (aside,) = tmp_path.glob("card-holders.corrupt-*.sqlite3")
        os.utime(aside, (NOON.timestamp(), NOON.timestamp()))
        holders.forget_past(NOON + KEEP - timedelta(days=1), KEEP)
        assert aside.exists()
        holders.forget_past(NOON + KEEP + timedelta(days=1), KEEP)
        assert not aside.exists()


def test_a_file_that_breaks_while_it_is_open_does_not_stop_a_seal(tmp_path):
    with opened(tmp_path) as holders:
        kept(holders)
        holders._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        other = sqlite3.connect(holders.path)
        other.execute("PRAGMA writable_schema = ON")
        other.execute("DROP TABLE holders")
        other.commit()
        other.close()
        with pytest.raises(HoldersDamaged):
            holders.person("enr-1")
        kept(holders, "enr-2")
        assert holders.person("enr-2").biodata.reference == NIK
        assert holders.incident is not None


@pytest.mark.parametrize("damage", [b"no database at all", b"SQLite format 3\0" + b"\x07" * 4000])
def test_what_is_no_such_file_is_set_aside(tmp_path, damage):
    (tmp_path / "card-holders.sqlite3").write_bytes(damage)
    LocalCipher.open(tmp_path / "keys", needed=False, name="card-holders.key")
    with opened(tmp_path) as holders:
        assert isinstance(holders.incident, HoldersDamaged)
        kept(holders)
        assert holders.count() == 1


def test_a_newer_file_is_left_alone(tmp_path):
    opened(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "card-holders.sqlite3")
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(HoldersTooNew, match="newer gateway"):
        opened(tmp_path)


def test_a_row_of_another_key_or_another_name_is_told(tmp_path):
    with opened(tmp_path) as holders:
        kept(holders)
        kept(holders, "enr-2")
        connection = sqlite3.connect(holders.path)
        connection.execute("UPDATE holders SET body = zeroblob(80) WHERE enrolment_id = 'enr-1'")
        connection.execute("UPDATE holders SET enrolment_id = 'enr-3', first_id = 'enr-3' WHERE enrolment_id = 'enr-2'")
        connection.commit()
        connection.close()
        for enrolment_id in ("enr-1", "enr-3"):
            with pytest.raises(HoldersDamaged, match="does not open"):
                holders.person(enrolment_id)
        assert holders.forget("enr-1")


def fill(ballast: Path) -> None:
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def keep_a_hundred(holders: CardHolders) -> None:
    for number in range(100):
        kept(holders, f"enr-full-{number}")


def test_a_full_disk_refuses_and_loses_nobody(small_disk):
    with opened(small_disk) as holders:
        kept(holders)
        ballast = small_disk / "ballast"
        fill(ballast)
        with pytest.raises(HoldersFull, match="Free space"):
            keep_a_hundred(holders)
        assert holders.person("enr-1").biodata.reference == NIK
        ballast.unlink()
        kept(holders, "enr-2")
        assert holders.holds("enr-2")


def test_closed_it_says_so(tmp_path):
    holders = opened(tmp_path)
    holders.close()
    holders.close()
    with pytest.raises(HoldersUnwritable, match="closed"):
        holders.count()


def test_whom_cards_are_made_for(tmp_path):
    with opened(tmp_path) as holders:
        assert (holders.wants("ktp-el"), holders.wants("auth")) == (True, False)
    cipher = LocalCipher.open(tmp_path / "keys", needed=True, name="card-holders.key")
    with CardHolders.open(tmp_path, cipher) as holders:
        assert not holders.wants("ktp-el")
