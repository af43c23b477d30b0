"""The spool under a local key: unreadable on the disk, whole with the key, refused without it; old files taken over."""

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.spool import (
    Blob,
    ChainHead,
    KeptResponse,
    SignedCapture,
    Spool,
    SpoolCorrupt,
    SpoolKeyWrong,
    StateTooNew,
)
from gateway.spool.database import PAGE_SIZE, holds_encrypted
from tests.gateway.spool.local_key import LocalKey, all_bytes, traces, write_version_1
from tests.gateway.spool.test_damage import overwrite, page_of

IMAGES = [random.Random(seed).randbytes(90_000 + seed) for seed in range(12)]
ANSWER = random.Random(99).randbytes(400)


def capture(head: ChainHead) -> SignedCapture:
    image = IMAGES[head.sequence % len(IMAGES)]
    jws = b"manifest of person 3171234567890001, number %d " % head.next_sequence + image[:64].hex().encode()
    return SignedCapture(
        f"c-{head.next_sequence}",
        jws,
        hashlib.sha256(jws).hexdigest(),
        (Blob.of("image.fir", "image/x", image), Blob.of("template.fmr", "application/x", image[::-1][:700])),
    )


def filled(directory: Path, key: LocalKey, count: int = 5) -> None:
    with Spool.open(directory, open_cipher=key) as spool:
        for _ in range(count):
            spool.append(capture)
        spool.remember("StartCapture", "3171234567890001", b"digest", ANSWER)


def images(spool: Spool) -> list[bytes]:
    return [spool.blob(stored.capture_id, "image.fir").content for stored in spool.all_captures()]


def test_nothing_of_a_capture_is_readable_on_the_disk(tmp_path):
    with Spool.open(tmp_path / "clear") as spool:  # the search can find
        spool.append(capture)
    assert traces(tmp_path / "clear", IMAGES[0]) > 15
    key = LocalKey()
    with Spool.open(tmp_path / "state", open_cipher=key) as spool:
        assert spool.is_encrypted
        stored = [spool.append(capture) for _ in range(5)]
        spool.remember("StartCapture", "3171234567890001", b"digest", ANSWER)
        assert (tmp_path / "state" / "spool.sqlite3-wal").stat().st_size > 400_000
        assert traces(tmp_path / "state", *IMAGES[:5]) == 0
        assert [spool.get(each.capture_id) for each in stored] == stored
        assert spool.blobs("c-2") == capture(ChainHead("", 1, None)).blobs
        assert spool.recall("StartCapture", "3171234567890001") == KeptResponse(b"digest", ANSWER)
        assert spool.recall("StartCapture", "3171234567890002") is None
        assert spool.check() == ()
    held = all_bytes(tmp_path / "state")
    assert b"3171234567890001" not in held
    assert hashlib.sha256(b"3171234567890001").hexdigest().encode() not in held
    assert ANSWER[:16] not in held
    assert IMAGES[0][:32].hex().encode() not in held
    with Spool.open(tmp_path / "state", open_cipher=key) as spool:
        assert images(spool) == IMAGES[:5]
        assert spool.remember("StartCapture", "3171234567890001", b"other", b"") == KeptResponse(b"digest", ANSWER)
    assert key.needed == [False, True]


def test_every_capture_has_a_key_of_its_own_bound_to_it(tmp_path):
    key = LocalKey()
    filled(tmp_path, key, 3)
    connection = sqlite3.connect(tmp_path / "spool.sqlite3")
    keys = [row[0] for row in connection.execute("SELECT data_key FROM captures ORDER BY sequence")]
    assert len(set(keys)) == 3
    # One capture's key and contents put in another's place open nothing.
    connection.execute("UPDATE captures SET data_key = ? WHERE sequence = 2", (keys[0],))
    connection.execute(
        "UPDATE blobs SET (content, sha256) = (SELECT content, sha256 FROM blobs WHERE id = 64) WHERE id = 128"
    )
    # And blobs of one capture, changed for one another, neither.
    connection.execute(
        "UPDATE blobs SET (content, sha256) = (SELECT content, sha256 FROM blobs WHERE id = 192) WHERE id = 193"
    )
    connection.commit()
    connection.close()
    with Spool.open(tmp_path, open_cipher=key) as spool:
        assert spool.blob("c-1", "image.fir").content == IMAGES[0]
        with pytest.raises(SpoolCorrupt, match=r"image\.fir of capture c-2"):
            spool.blob("c-2", "image.fir")
        with pytest.raises(SpoolCorrupt, match=r"template\.fmr of capture c-3"):
            spool.blobs("c-3")
        assert spool.blob("c-3", "image.fir").content == IMAGES[2]


@pytest.mark.parametrize("given", ["another key", "no key"])
def test_a_wrong_or_missing_key_is_refused_and_changes_nothing(tmp_path, given):
    key = LocalKey()
    filled(tmp_path, key)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.name != "lock"}
    with pytest.raises(SpoolKeyWrong, match=r"keys folder"):
        Spool.open(tmp_path, open_cipher=LocalKey() if given == "another key" else None)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.name != "lock"} == before
    with Spool.open(tmp_path, open_cipher=key) as spool:
        assert spool.incidents == ()
        assert images(spool) == IMAGES[:5]


def test_what_opening_the_key_raises_lets_go_of_the_folder(tmp_path):
    def missing(needed: bool) -> LocalKey:
        raise LookupError(f"needed: {needed}")

    with pytest.raises(LookupError, match="needed: False"):
        Spool.open(tmp_path, open_cipher=missing)
    filled(tmp_path, key := LocalKey())
    with pytest.raises(LookupError, match="needed: True"):
        Spool.open(tmp_path, open_cipher=missing)
    with Spool.open(tmp_path, open_cipher=key) as spool:
        assert images(spool) == IMAGES[:5]


def test_a_token_that_is_away_at_the_start_is_waited_for(tmp_path):
    key = LocalKey()
    filled(tmp_path, key)
    key.away = True
    with Spool.open(tmp_path, open_cipher=key) as spool:
        head = spool.head()
        with pytest.raises(ConnectionError):
            spool.ensure_room()
        with pytest.raises(ConnectionError):
            spool.append(capture)
        with pytest.raises(ConnectionError):
            spool.get("c-1")
        with pytest.raises(ConnectionError):
            spool.recall("StartCapture", "key")
        assert spool.head() == head
        assert spool.depth().count == 5
        key.away = False
        spool.ensure_room()
        spool.append(capture)
        assert images(spool) == IMAGES[:6]


def test_another_token_that_comes_back_later_seals_nothing(tmp_path):
    key, other = LocalKey(), LocalKey()
    filled(tmp_path, key)
    other.away = True
    with Spool.open(tmp_path, open_cipher=other) as spool:
        other.away = False
        with pytest.raises(SpoolKeyWrong):
            spool.ensure_room()
        with pytest.raises(SpoolKeyWrong):
            spool.append(capture)
        with pytest.raises(SpoolKeyWrong):
            spool.get("c-1")
        with pytest.raises(SpoolKeyWrong):
            spool.blobs("c-1")
        assert spool.incidents == ()
    with Spool.open(tmp_path, open_cipher=key) as spool:
        assert images(spool) == IMAGES[:5]


def test_a_new_spool_is_not_begun_while_the_key_is_away(tmp_path):
    key = LocalKey()
    key.away = True
    with pytest.raises(ConnectionError):
        Spool.open(tmp_path, open_cipher=key)
    key.away = False
    filled(tmp_path, key, 1)


def test_damage_is_named_and_set_aside_and_salvaged(tmp_path):
    key = LocalKey()
    filled(tmp_path, key, 12)
    path = tmp_path / "spool.sqlite3"
    connection = sqlite3.connect(path)
    (content,) = connection.execute("SELECT content FROM blobs WHERE id = 64 * 4").fetchone()
    connection.close()
    overwrite(path, path.read_bytes().find(content[40_000:40_400]) + 7, b"\xa5\x5a\xa5")
    with Spool.open(tmp_path, open_cipher=key) as spool:
        with pytest.raises(SpoolCorrupt, match=r"image\.fir of capture c-4 is not what was stored"):
            spool.blobs("c-4")
        assert len(spool.check()) == 1
    overwrite(path, (page_of(path, "sqlite_autoindex_captures_1") - 1) * PAGE_SIZE, os.urandom(PAGE_SIZE))
    with Spool.open(tmp_path, open_cipher=key) as spool:
        with pytest.raises(SpoolCorrupt):
            spool.get("any")
        stored = spool.append(capture)
        assert stored.sequence == 13
        report = spool.salvage(spool.incidents[-1].path)
        assert report.lost == (4,)
        assert len(report.recovered) == 11
        assert images(spool) == [image for number, image in enumerate((*IMAGES, IMAGES[0]), 1) if number != 4]
        assert spool.check() == ()
    assert traces(tmp_path, *IMAGES) == 0


def test_a_damaged_index_key_is_no_wrong_key(tmp_path):
    key = LocalKey()
    filled(tmp_path, key)
    connection = sqlite3.connect(tmp_path / "spool.sqlite3")
    connection.execute("UPDATE chain SET index_key = zeroblob(60)")
    connection.commit()
    connection.close()
    with Spool.open(tmp_path, open_cipher=key) as spool:
        (incident,) = spool.incidents
        assert spool.salvage(incident.path).recovered == (1, 2, 3, 4, 5)
        assert spool.append(capture).sequence == 6
        assert images(spool) == IMAGES[:6]


def test_a_damaged_manifest_shows_in_its_digest(tmp_path):
    key = LocalKey()
    filled(tmp_path, key)
    connection = sqlite3.connect(tmp_path / "spool.sqlite3")
    connection.execute("UPDATE captures SET jws = zeroblob(200) WHERE sequence = 2")
    connection.commit()
    connection.close()
    with Spool.open(tmp_path, open_cipher=key) as spool:
        assert len(list(spool.all_captures())) == 5
        assert spool.check() == ("The signature of capture c-2 is not what was stored.",)


def test_a_file_of_version_1_is_taken_over(tmp_path):
    write_version_1(tmp_path, IMAGES, ANSWER)
    assert traces(tmp_path, IMAGES[3]) > 15
    key = LocalKey()
    with Spool.open(tmp_path, open_cipher=key) as spool:
        assert spool.incidents == ()
        assert traces(tmp_path, *IMAGES) == 0
        assert ANSWER[:16] not in all_bytes(tmp_path)
        assert images(spool) == IMAGES
        assert spool.depth().count == 12
        assert spool.recall("StartCapture", "key-1") == KeptResponse(b"\x01", ANSWER)
        assert spool.check() == ()
        assert spool.append(capture).sequence == 13
    assert holds_encrypted(tmp_path)
    assert key.needed == [False]
    with pytest.raises(SpoolKeyWrong):
        Spool.open(tmp_path)


def test_a_file_of_version_1_stays_in_the_clear_without_a_key(tmp_path):
    write_version_1(tmp_path, IMAGES[:2])
    with Spool.open(tmp_path) as spool:
        assert not spool.is_encrypted
        assert images(spool) == IMAGES[:2]
        spool.append(capture)
    assert not holds_encrypted(tmp_path)
    with Spool.open(tmp_path, open_cipher=LocalKey()) as spool:
        assert images(spool) == IMAGES[:3]
        assert traces(tmp_path, *IMAGES[:3]) == 0


def test_a_damaged_file_of_version_1_is_salvaged_under_the_key(tmp_path):
    write_version_1(tmp_path, IMAGES)
    path = tmp_path / "spool.sqlite3"
    overwrite(path, (page_of(path, "sqlite_autoindex_captures_1") - 1) * PAGE_SIZE, os.urandom(PAGE_SIZE))
    with Spool.open(tmp_path, open_cipher=LocalKey()) as spool:
        spool.append(capture)
        (incident,) = spool.incidents
        assert spool.salvage(incident.path).recovered == tuple(range(1, 13))
        assert sorted(images(spool)) == sorted([*IMAGES, IMAGES[0]])


def test_a_damaged_blob_of_version_1_stays_a_damaged_blob(tmp_path):
    write_version_1(tmp_path, IMAGES[:3])
    path = tmp_path / "spool.sqlite3"
    overwrite(path, path.read_bytes().find(IMAGES[1][50_000:50_400]) + 7, b"\xa5\x5a\xa5")
    with Spool.open(tmp_path, open_cipher=LocalKey()) as spool:
        with pytest.raises(SpoolCorrupt, match=r"image\.fir of capture c-2"):
            spool.blobs("c-2")
        assert spool.blob("c-3", "image.fir").content == IMAGES[2]


TAKE_OVER = """
import os, signal, sys, pathlib, gateway.spool.at_rest as at_rest
from gateway.spool import Spool
from gateway.spool.encryption import ContentCipher
from tests.gateway.spool.test_at_rest import FixedKey
at_rest.BATCH_BYTES = 100_000  # two captures in a transaction
left, seal = int(sys.argv[2]), ContentCipher.seal
def seal_until(self, *args):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return seal(self, *args)
ContentCipher.seal = seal_until
Spool.open(pathlib.Path(sys.argv[1]), open_cipher=lambda needed: FixedKey()).close()
"""


class FixedKey(LocalKey):
    """The same in every process."""

    def __init__(self) -> None:
        super().__init__()
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._under = AESGCM(bytes(range(32)))


def encrypted(path: Path) -> int:
    """How many captures are."""
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT sum(encrypted) FROM captures").fetchone()
    connection.close()
    return count


def test_taking_over_a_file_goes_on_after_a_kill(tmp_path):
    contents = [random.Random(seed).randbytes(60_000) for seed in range(20)]
    write_version_1(tmp_path, contents)
    done = []
    for captures in (0, 1, 5, 8, 100):
        run = subprocess.run(
            [sys.executable, "-c", TAKE_OVER, tmp_path, str(captures)], cwd=Path(__file__).parents[3], check=False
        )
        assert run.returncode == (0 if captures == 100 else -signal.SIGKILL)
        done.append(encrypted(tmp_path / "spool.sqlite3"))
    assert done == [0, 0, 4, 12, 20]
    with Spool.open(tmp_path, open_cipher=lambda needed: FixedKey()) as spool:
        assert spool.incidents == ()
        assert images(spool) == contents
        assert spool.check() == ()
    assert traces(tmp_path, *contents) == 0


def test_a_version_to_come_is_refused_with_a_key_too(tmp_path):
    key = LocalKey()
    filled(tmp_path, key)
    connection = sqlite3.connect(tmp_path / "spool.sqlite3")
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    with pytest.raises(StateTooNew):
        Spool.open(tmp_path, open_cipher=key)
    assert key.needed == [False]
