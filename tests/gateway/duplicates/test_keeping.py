"""On the disk: encrypted, found again after a restart, erased for good, and honest about damage."""

import os
import secrets
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.duplicates import (
    Biometrics,
    BookFull,
    BookTooNew,
    BookUnwritable,
    CheckOutcome,
    CheckRemark,
    DuplicateBook,
    LocalKeyLocked,
)
from gateway.duplicates.keeping import KEY_NAME
from gateway.duplicates.person_record import decode_person, encode_person, person_surroundings
from gateway.duplicates.store import FILE
from gateway.eye import EyePosition
from gateway.iris import encode_code
from gateway.trust import KeyExposed, KeyModuleGone, KeyPassphraseWrong, KeyUnreadable, PassphraseWrap
from tests.gateway.duplicates.recorded_people import HERE, START, fingers, ids, irises, person

PASSPHRASE = PassphraseWrap(b"correct horse")
EYES = (EyePosition.RIGHT, EyePosition.LEFT)


class TokenWrap:
    """A key that never leaves its token, as a wrap sees one."""

    kind = "token"

    def __init__(self):
        self._key = secrets.token_bytes(32)
        self.attached = True

    def wrap(self, key, bound):
        if not self.attached:
            raise KeyModuleGone("The token is away.", "Attach it.")
        return AESGCM(self._key).encrypt(bytes(12), key, bound)

    def unwrap(self, wrapped, bound):
        if not self.attached:
            raise KeyModuleGone("The token is away.", "Attach it.")
        return AESGCM(self._key).decrypt(bytes(12), wrapped, bound)


def opened(directory, *wraps, **options):
    return DuplicateBook.open(directory, HERE, wraps or (PASSPHRASE,), **options)


def key_of(directory):
    return directory / "keys" / KEY_NAME


def filled(directory, count=5, with_irises=()):
    with opened(directory) as book:
        for number in range(count):
            book.add(person(number, day=number, with_irises=with_irises))


def everything_in(directory) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file())


def found(book, number):
    return ids(book.search(Biometrics(fingers(number, again=1), irises(number, again=1)))) == [f"E-{number}"]


def test_people_are_found_again_after_a_restart(tmp_path):
    filled(tmp_path, with_irises=EYES)
    with opened(tmp_path) as book:
        assert book.kept
        assert book.warnings() == book.incidents == ()
        assert len(book) == 5
        (candidate,) = book.search(Biometrics(fingers(3, again=1), irises(3, again=1))).candidates
        assert (candidate.enrolment_id, candidate.operator) == ("E-3", "siti")
        assert (candidate.recorded_at, candidate.fingers, candidate.irises) == (START + timedelta(days=3), 2, 2)
    assert {path.name for path in tmp_path.iterdir()} == {FILE, "keys"}
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [KEY_NAME]
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())


def test_what_was_added_survives_a_kill(tmp_path):
    code = (
        "import os, sys, pathlib\n"
        "from tests.gateway.duplicates.test_keeping import opened, person\n"
        "book = opened(pathlib.Path(sys.argv[1]))\n"
        "for number in range(3): book.add(person(number))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=Path(__file__).parents[3], check=False)
    assert run.returncode == -signal.SIGKILL
    with opened(tmp_path) as book:
        assert book.incidents == ()
        assert all(found(book, number) for number in range(3))


def planted(number):
    """Bytes of a person that must not be in clear anywhere, in the forms that we use."""
    somebody = person(number, day=number, with_irises=EYES)
    template = somebody.biometrics.fingers[0].template
    yield encode_person(somebody)[200:260]
    yield template.x.tobytes()[:24]
    yield template.x.astype(">f4").tobytes()[:24]
    yield person_surroundings(somebody)[0].tobytes()[:48]
    yield encode_code(somebody.biometrics.irises[0].code)[100:160]
    yield b"siti"


def test_nothing_lies_on_the_disk_in_clear(tmp_path):
    with opened(tmp_path) as book:
        for number in range(5):
            book.add(person(number, day=number, with_irises=EYES))
        running = everything_in(tmp_path)
    for content in (running, everything_in(tmp_path)):
        for number in range(5):
            assert not any(marker in content for marker in planted(number))
        assert b"E-3" in content  # so that the search would have found what is in clear


def stored(directory, enrolment_id):
    connection = sqlite3.connect(f"file:{directory / FILE}?mode=ro", uri=True)
    row = connection.execute(
        "SELECT sealed_key, content FROM people WHERE enrolment_id = ?", (enrolment_id,)
    ).fetchone()
    connection.close()
    return row


@pytest.mark.parametrize("way", ["forget", "purge"])
def test_what_is_erased_is_in_no_file_any_more(tmp_path, way):
    filled(tmp_path, 6, with_irises=EYES)
    gone = {f"E-{number}": stored(tmp_path, f"E-{number}") for number in (0, 1)}
    kept = stored(tmp_path, "E-4")
    with opened(tmp_path) as book:
        book.add(person(60, day=9))
        if way == "forget":
            erased = book.forget("E-0", "E-1", "E-1", "never there")
        else:
            erased = book.purge(START + timedelta(days=31, hours=1), timedelta(days=30))
        assert sorted(erased.enrolment_ids) == ["E-0", "E-1"]
        assert erased.searched_for == 2
        running = everything_in(tmp_path)
        assert not found(book, 0)
        assert found(book, 4)
    for content in (running, everything_in(tmp_path)):
        for enrolment_id, parts in gone.items():
            assert enrolment_id.encode() not in content
            for part in parts:
                assert not any(part[start : start + 16] in content for start in range(0, len(part), 999))
        assert all(part in content for part in kept[:1])
    with opened(tmp_path) as book:
        assert len(book) == 5
        assert book.forget("E-0").enrolment_ids == ()


def test_a_clock_that_is_plainly_wrong_purges_nobody(tmp_path):
    filled(tmp_path, 2)
    with opened(tmp_path) as book:
        assert book.purge(START.replace(year=1970), timedelta(days=30)).enrolment_ids == ()
        assert len(book) == 2


@pytest.mark.parametrize("kept", [True, False])
def test_who_was_recorded_by_a_clock_that_was_plainly_wrong_counts_from_a_right_one(tmp_path, kept):
    keep = timedelta(days=30)
    with opened(tmp_path) if kept else DuplicateBook(HERE) as book:
        book.add(person(1))
        book.add(replace(person(2), recorded_at=START.replace(year=1970)))
        assert book.older_than(START + timedelta(days=1)) == ["E-1"]
        assert book.purge(START.replace(year=1971), keep).enrolment_ids == ()
        assert book.purge(START + timedelta(days=31), keep).enrolment_ids == ("E-1",)
        (hit,) = book.search(Biometrics(fingers(2, again=1))).candidates
        assert hit.recorded_at == START + timedelta(days=31)
        assert book.purge(START + timedelta(days=60), keep).enrolment_ids == ()
        assert book.purge(START + timedelta(days=62), keep).enrolment_ids == ("E-2",)


def test_a_wrong_passphrase_is_named_and_nothing_is_lost(tmp_path):
    filled(tmp_path)
    before = everything_in(tmp_path)
    with pytest.raises(KeyPassphraseWrong, match="passphrase does not open"):
        opened(tmp_path, PassphraseWrap(b"wrong"))
    with pytest.raises(LocalKeyLocked, match="nothing was given that closes its key"):
        DuplicateBook.open(tmp_path, HERE, None)
    with pytest.raises(KeyPassphraseWrong, match="closed by a passphrase, and none was given"):
        opened(tmp_path, TokenWrap())
    with pytest.raises(KeyPassphraseWrong, match="none was given"):
        DuplicateBook.open(tmp_path, HERE, ())
    assert everything_in(tmp_path) == before
    with opened(tmp_path) as book:
        assert found(book, 2)


def test_without_a_passphrase_nothing_is_written(tmp_path):
    with DuplicateBook.open(tmp_path, HERE, None) as book:
        book.add(person(1))
        assert not book.kept
        assert len(book.warnings()) == 1
        assert found(book, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_token_closes_the_key_and_can_be_away(tmp_path):
    token = TokenWrap()
    with opened(tmp_path, token) as book:
        book.add(person(1))
    token.attached = False
    with pytest.raises(KeyModuleGone, match="token is away"):
        opened(tmp_path, token)
    token.attached = True
    with opened(tmp_path, token) as book:
        assert found(book, 1)
        book.rewrap([PASSPHRASE])
    with opened(tmp_path) as book:
        assert found(book, 1)
    with pytest.raises(KeyPassphraseWrong):
        opened(tmp_path, token)


def test_a_demonstrations_key_is_closed_before_anybody_is_stored_under_it(tmp_path):
    with DuplicateBook.open(tmp_path, HERE, ()) as book:  # drawn persons: the key lies there in clear
        book.add(person(1))
        secret = key_of(tmp_path).read_bytes()[-32:]
    with pytest.raises(LocalKeyLocked, match="nothing was given"):
        DuplicateBook.open(tmp_path, HERE, None)
    token = TokenWrap()
    token.attached = False
    with pytest.raises(LocalKeyLocked, match="in clear from a demonstration"):
        opened(tmp_path, token)
    with opened(tmp_path) as book:
        assert found(book, 1)
    assert secret not in key_of(tmp_path).read_bytes()


def test_a_key_of_a_former_form_is_named_and_left_as_it_is(tmp_path):
    former = tmp_path / KEY_NAME
    former.write_bytes(b"RDK\x01\x0apassphrase" + bytes(90))
    before = everything_in(tmp_path)
    with pytest.raises(LocalKeyLocked, match=r"former form.*duplicates\.sqlite3"):
        opened(tmp_path)
    assert everything_in(tmp_path) == before
    (tmp_path / "keys").mkdir()
    former.rename(key_of(tmp_path))
    key_of(tmp_path).chmod(0o600)
    with pytest.raises(KeyUnreadable, match="damaged"):
        opened(tmp_path)
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize("damage", [None, b"", b"garbage", b"RKLOCAL\x01\x0apassphrase"])
def test_a_key_file_that_is_gone_or_damaged_is_named(tmp_path, damage):
    filled(tmp_path)
    key = key_of(tmp_path).read_bytes()
    if damage is None:
        key_of(tmp_path).unlink()
    else:
        key_of(tmp_path).write_bytes(damage)
    with pytest.raises(KeyUnreadable):
        opened(tmp_path)
    key_of(tmp_path).write_bytes(key)
    key_of(tmp_path).chmod(0o644)
    with pytest.raises(KeyExposed):
        opened(tmp_path)
    key_of(tmp_path).chmod(0o600)
    with opened(tmp_path) as book:
        assert len(book) == 5


def overwrite(path, offset, data):
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


@pytest.mark.parametrize("damage", ["header", "garbage", "truncated", "a page"])
def test_a_damaged_file_is_set_aside_and_the_rest_goes_on(tmp_path, damage):
    filled(tmp_path, 12)
    path = tmp_path / FILE
    size = path.stat().st_size
    if damage == "header":
        overwrite(path, 0, b"not a database!!")
    elif damage == "garbage":
        path.write_bytes(os.urandom(50_000))
    elif damage == "truncated":
        os.truncate(path, size // 2)
    else:
        overwrite(path, size // 8192 * 4096, os.urandom(4096))
    damaged, heard = path.read_bytes(), []
    with opened(tmp_path, on_incident=heard.append) as book:
        (incident,) = book.incidents
        assert heard == [incident]
        assert incident.path.read_bytes() == damaged
        assert incident.path.name in incident.cause
        if damage == "a page":
            assert 0 < len(book) < 13
        assert f"{len(book)} people were read out of it" in incident.cause
        book.add(person(50))
    with opened(tmp_path) as book:
        assert book.incidents == ()
        assert found(book, 50)
        name = incident.path.name
        os.utime(incident.path, (START.timestamp(), START.timestamp()))
        assert book.purge(START + timedelta(days=31), timedelta(days=30)).files == (name,)
    assert not [path for path in tmp_path.iterdir() if "corrupt" in path.name]


def changed_row(directory, number, statement, *values):
    connection = sqlite3.connect(directory / FILE)
    connection.execute(f"UPDATE people SET {statement} WHERE enrolment_id = ?", (*values, f"E-{number}"))
    connection.commit()
    connection.close()


def test_a_person_who_was_changed_on_the_disk_is_left_out_and_named(tmp_path):
    filled(tmp_path, 4)
    content = bytearray(stored(tmp_path, "E-2")[1])
    content[500] ^= 1
    changed_row(tmp_path, 2, "content = ?", bytes(content))
    key, content = stored(tmp_path, "E-3")
    changed_row(tmp_path, 1, "sealed_key = ?, content = ?", key, content)  # one passes for another
    changed_row(tmp_path, 3, "version = ?", 2)
    with opened(tmp_path) as book:
        assert len(book) == 1
        (warning,) = book.warnings()
        assert warning.en.startswith("3 recorded people cannot be read")
        assert "E-1" in warning.en
        answer = book.search(Biometrics(fingers(2, again=1)))
        assert (answer.outcome, answer.remarks[0]) == (CheckOutcome.NO_DUPLICATE, CheckRemark.NOT_LOADED)
        assert found(book, 0)
        book.forget("E-0")
        assert book.search(Biometrics(fingers(2, again=1))).outcome is CheckOutcome.NOT_CHECKED
        assert len(book.purge(START + timedelta(days=99), timedelta(days=30)).enrolment_ids) == 3


def test_a_newer_file_is_refused_untouched(tmp_path):
    filled(tmp_path)
    overwrite(tmp_path / FILE, 60, (99).to_bytes(4, "big"))
    before = everything_in(tmp_path)
    with pytest.raises(BookTooNew, match="version 99"):
        opened(tmp_path)
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_person_cut_short_is_refused(cut):
    content = encode_person(person(1))
    for wrong in (content[:-1], content + b"\0", content[: len(content) * cut // 60], b"RDP\x02" + content[4:]):
        with pytest.raises(ValueError, match=r"person|field|version"):
            decode_person(wrong)


def test_surroundings_of_another_version_are_made_again():
    somebody = person(1)
    rows = person_surroundings(somebody)
    whole = decode_person(encode_person(somebody, rows))
    assert whole.surroundings is not None
    np.testing.assert_array_equal(whole.surroundings[0], rows[0])
    assert decode_person(encode_person(somebody)).surroundings is None
    content = encode_person(somebody, rows)
    at = content.index(b'"surroundings":') + len(b'"surroundings":')
    other = b"7" if content[at : at + 1] != b"7" else b"8"
    assert decode_person(content[:at] + other + content[at + 1 :]).surroundings is None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def added_until_full(book):
    for count in range(200):
        try:
            book.add(person(count, with_irises=EYES))
        except BookFull:
            return count
    raise AssertionError("1 MB took 5 MB")


def test_a_full_disk_is_named_and_loses_nobody(small_disk):
    with opened(small_disk / "state") as book:
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(1_000_000))
        count = added_until_full(book)
        assert count == len(book)
        assert 0 < count < 200
        assert found(book, count - 1)
        with pytest.raises(BookFull, match="Free space"):
            book.add(person(900, with_irises=EYES))
        assert not found(book, 900)
        ballast.unlink()
        book.add(person(900))
        assert book.incidents == ()
        assert book.forget("E-0").searched_for == 1
    with opened(small_disk / "state") as book:
        assert len(book) == count
        assert found(book, 900)


def test_a_start_on_a_full_disk_or_a_read_only_one_says_so(small_disk):
    with pytest.raises(OSError, match="No space"):
        (small_disk / "ballast").write_bytes(bytes(3_000_000))
    with pytest.raises(BookFull):
        opened(small_disk / "state")
    (small_disk / "ballast").unlink()
    filled(small_disk / "state", 2)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(BookUnwritable):
        opened(small_disk / "other")
    with pytest.raises(BookUnwritable):
        opened(small_disk / "state")
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    with opened(small_disk / "state") as book:
        assert (len(book), book.incidents) == (2, ())
