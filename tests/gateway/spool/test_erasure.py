"""Erasure: of what is erased no byte is left, what is kept stays whole, and the chain is verified all the same."""

import random
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.spool import Blob, CaptureErased, ChainHead, SignedCapture, Spool, SpoolEraser, SpoolUnwritable
from gateway.spool.purgers import CapturePurger
from gateway.spool.queries import utc_now
from gateway.trust import SignatureFormError, TrustAnchors, open_signing_key, verify_capture
from gateway.trust.chain import verify_chain
from tests.gateway.spool.killed_appender import signed_capture
from tests.gateway.spool.local_key import LocalKey, traces
from tests.gateway.spool.test_at_rest import FixedKey

DAY = timedelta(days=1)


def image(number: int) -> bytes:
    return random.Random(number).randbytes(20_000 + number * 7_919 % 150_000)


def capture(head: ChainHead) -> SignedCapture:
    number = head.next_sequence
    blobs = () if number % 10 == 9 else (Blob.of("image.fir", "image/x", image(number)),)
    return SignedCapture(f"c-{number}", b"manifest %d" % number, f"digest-{number}", blobs)


@pytest.fixture(params=["encrypted", "clear"])
def spool(request, tmp_path):
    with Spool.open(tmp_path / "state", open_cipher=LocalKey() if request.param == "encrypted" else None) as opened:
        yield opened


def held(spool: Spool, number: int) -> bool:
    try:
        return bool(spool.blobs(f"c-{number}"))
    except CaptureErased:
        return False


def test_of_what_is_erased_no_byte_is_left(spool):
    for _ in range(40):
        spool.append(capture)
    spool.erase([])  # the log is in the file now
    sealed = sealed_contents(spool)
    assert traces(spool.directory, *(part for number in sealed for part in sealed[number])) > 600
    chosen = sorted(random.Random(3).sample(range(1, 41), 23))
    before = spool.depth()
    size = spool.path.stat().st_size
    report = spool.erase([f"c-{number}" for number in reversed(chosen)])
    assert report.erased == tuple(f"c-{number}" for number in chosen)
    assert (report.gone, report.unknown, report.scrubbed, report.set_aside) == ((), (), True, ())
    # Looked for while it is open, the log among the files: neither the images nor their ciphertexts nor their keys.
    assert traces(spool.directory, *map(image, chosen)) == 0
    assert traces(spool.directory, *(part for number in chosen for part in sealed[number])) == 0
    assert [number for number in range(1, 41) if held(spool, number)] == [
        number for number in range(1, 41) if number not in chosen and number % 10 != 9
    ]
    erased_bytes = sum(len(image(number)) for number in chosen if number % 10 != 9)
    assert report.bytes == erased_bytes
    assert spool.depth().bytes == before.bytes - erased_bytes
    assert spool.depth().count == 40 - 23
    assert spool.path.stat().st_size < size - erased_bytes * 0.9
    assert pragma(spool, "freelist_count") == 0
    assert spool.check() == ()


def sealed_contents(spool: Spool) -> dict[int, tuple[bytes, ...]]:
    """By number: the content as it lies in the file, and the wrapped key, if there are any."""
    connection = sqlite3.connect(spool.path)
    rows = connection.execute(
        "SELECT sequence, content, data_key FROM captures LEFT JOIN blobs ON id = sequence * 64"
    ).fetchall()
    connection.close()
    return {row[0]: tuple(part for part in row[1:] if part is not None) for row in rows}


def pragma(spool: Spool, name: str) -> int:
    connection = sqlite3.connect(spool.path)
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    connection.close()
    return value


def test_the_search_would_find_a_spool_that_deletes_alone(tmp_path):
    with Spool.open(tmp_path) as spool:
        for _ in range(20):
            spool.append(capture)
    connection = sqlite3.connect(tmp_path / "spool.sqlite3", isolation_level=None)
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("DELETE FROM blobs WHERE id < 64 * 11")
    connection.close()
    assert traces(tmp_path, *map(image, range(1, 9))) > 60


def test_erasing_twice_or_what_is_unknown_is_no_error(spool):
    for _ in range(3):
        spool.append(capture)
    first = spool.erase(["c-1", "c-1", "c-9"])
    assert (first.erased, first.gone, first.unknown) == (("c-1",), (), ("c-9",))
    stored = spool.get("c-1")
    second = spool.erase(["c-1", "c-2"])
    assert (second.erased, second.gone, second.unknown) == (("c-2",), ("c-1",), ())
    assert spool.get("c-1") == stored
    assert spool.erase([]).erased == ()
    assert (stored.state, stored.size, stored.jws) == ("ERASED", len(stored.jws), b"manifest 1")
    assert abs(utc_now() - stored.erased_at) < timedelta(minutes=1)


def test_what_is_erased_says_so_and_is_told_from_what_never_was(spool):
    spool.append(capture)
    spool.erase(["c-1"])
    with pytest.raises(CaptureErased, match="c-1 was erased on 20") as raised:
        spool.blobs("c-1")
    assert raised.value.erased_at == spool.get("c-1").erased_at
    with pytest.raises(CaptureErased):
        spool.blob("c-1", "image.fir")


def test_the_oldest_that_waits_is_one_that_is_kept(spool):
    stored = [spool.append(capture) for _ in range(5)]
    for gone, oldest in ((2, 1), (1, 3), (3, 4), (5, 4)):
        spool.erase([f"c-{gone}"])
        assert spool.depth().oldest_at == stored[oldest - 1].created_at
    spool.erase(["c-4"])
    assert (spool.depth().count, spool.depth().oldest_at) == (0, None)
    again = spool.append(capture)
    assert spool.depth().oldest_at == again.created_at


def test_the_chain_is_verified_over_tombstones(tmp_path):
    key = open_signing_key(tmp_path / "keys")
    anchors = TrustAnchors.from_pem(key.trust_bundle().certificates_pem)
    with Spool.open(tmp_path / "state", open_cipher=LocalKey()) as spool:
        stored = [spool.append(lambda head: signed_capture(key, head)) for _ in range(8)]
        spool.erase([stored[number].capture_id for number in (0, 3, 4, 7)])
        assert verify_chain([each.jws for each in spool.all_captures()]).findings == ()
        assert [each.jws for each in spool.all_captures()] == [each.jws for each in stored]
        blobs = {blob.name: blob.content for blob in spool.blobs(stored[5].capture_id)}
        report = verify_capture(stored[5].jws, blobs, anchors, previous=spool.at(stored[5].sequence - 1).jws)
        assert report.failures == ()
        spool.append(lambda head: signed_capture(key, head))
        assert verify_chain([each.jws for each in spool.all_captures()]).findings == ()


def test_salvage_does_not_bring_back_what_was_erased(tmp_path):
    key = LocalKey()
    with Spool.open(tmp_path, open_cipher=key) as spool:
        for _ in range(6):
            spool.append(capture)
        spool.erase(["c-2"])
    with (tmp_path / "spool.sqlite3").open("r+b") as file:
        file.write(b"x")
    with Spool.open(tmp_path, open_cipher=key) as spool:
        (incident,) = spool.incidents
        with incident.path.open("r+b") as file:
            file.write(b"S")  # it was the only damage
        assert spool.salvage(incident.path).recovered == (1, 2, 3, 4, 5, 6)
        assert [held(spool, number) for number in range(1, 7)] == [True, False, True, True, True, True]
        assert spool.depth().count == 5
        report = spool.erase(["c-3"])
        assert report.set_aside == (incident.path,)
        assert spool.salvage(incident.path).present == (1, 2, 3, 4, 5, 6)
        assert not held(spool, 3)


def test_a_reader_in_the_way_is_told_and_made_up_for(spool):
    for _ in range(4):
        spool.append(capture)
    reader = sqlite3.connect(spool.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM blobs").fetchone()
    assert not spool.erase(["c-1"]).scrubbed
    assert not held(spool, 1)
    with pytest.raises(SpoolUnwritable, match="log"):
        SpoolEraser(spool).erase(["c-2"])
    reader.execute("COMMIT")
    reader.close()
    SpoolEraser(spool).erase(["c-2"])
    assert traces(spool.directory, image(1), image(2)) == 0


def test_the_eraser_tells_when_something_was_erased(spool):
    spool.append(capture)
    told = []
    eraser = SpoolEraser(spool, lambda: told.append(1))
    eraser.erase(("c-1", "c-7"))
    eraser.erase(("c-1",))
    assert told == [1]


def test_captures_go_on_beside_an_erasure(spool):
    for _ in range(40):
        spool.append(capture)
    eraser = threading.Thread(target=spool.erase, args=([f"c-{number}" for number in range(1, 41)],))
    eraser.start()
    appended = [spool.append(capture).sequence for _ in range(30)]
    eraser.join()
    assert appended == list(range(41, 71))
    assert spool.depth().count == 30
    assert spool.check() == ()


def dated(spool: Spool, *days: float) -> None:
    """Append captures and give them ages, in days before now."""
    for _ in days:
        spool.append(capture)
    connection = sqlite3.connect(spool.path, isolation_level=None)
    for number, age in enumerate(days, 1):
        at = (utc_now() - age * DAY).timestamp() * 1000
        connection.execute("UPDATE captures SET created_at_ms = ? WHERE sequence = ?", (int(at), number))
    connection.close()


def test_what_is_past_its_term_is_erased_and_what_is_spared_is_not(spool):
    dated(spool, 40, 35, 33, 31, 29, 1)
    before = utc_now() - 30 * DAY
    trial = spool.purge(before, {"c-2"}.__contains__, trial=True)
    assert trial.erased == ("c-1", "c-3", "c-4")
    assert [held(spool, number) for number in range(1, 7)] == [True] * 6
    report = spool.purge(before, {"c-2"}.__contains__)
    assert (report.erased, report.bytes, report.scrubbed) == (trial.erased, trial.bytes, True)
    assert report.bytes == sum(len(image(number)) for number in (1, 3, 4))
    assert [held(spool, number) for number in range(1, 7)] == [False, True, False, False, True, True]
    assert spool.purge(before, {"c-2"}.__contains__).erased == ()


def test_a_clock_that_was_wrong_makes_nothing_older(spool):
    in_1970 = (utc_now() - datetime(1970, 1, 2, tzinfo=UTC)) / DAY
    dated(spool, in_1970, in_1970, 40, in_1970, 3, 40, in_1970, -400, 40)
    report = spool.purge(utc_now() - 30 * DAY)
    # 1 and 2: nobody knows when. 4: after 3. 6, 7 and 9: after 5. 8: by a clock that ran ahead, nobody knows when.
    assert (report.erased, report.undated) == (("c-3", "c-4"), 3)


def test_one_capture_of_the_future_keeps_none_after_it(spool):
    dated(spool, 45, -30_000, 40, 38, 2)
    report = spool.purge(utc_now() - 30 * DAY)
    assert (report.erased, report.undated) == (("c-1", "c-3", "c-4"), 1)
    in_82_years = utc_now() + 30_000 * DAY
    assert spool.purge(in_82_years + 30 * DAY, now=in_82_years + 60 * DAY).erased == ("c-2", "c-5")


def test_a_capture_of_which_nobody_can_say_what_it_is_for_keeps_no_other(spool):
    dated(spool, 40, 39, 38, 1)

    def spared(capture_id: str) -> bool:
        if capture_id == "c-2":
            raise SignatureFormError("not ASCII")
        return False

    purger = CapturePurger(spool, 30, spared, lambda: None)
    for dry_run in (True, False):
        purged = purger.purge(utc_now(), dry_run=dry_run)
        assert (purged.ids, purged.complete) == (("c-1", "c-3"), False)
        assert "c-2" in purged.remarks[-1].en
    assert [held(spool, number) for number in range(1, 5)] == [False, True, False, True]


def test_expired_answers_are_forgotten(spool):
    spool.remember("M", "one", b"1", b"answer")
    assert spool.forget_expired(utc_now(), trial=True) == 0
    later = utc_now() + timedelta(hours=25)
    assert spool.forget_expired(later, trial=True) == 1
    assert spool.recall("M", "one") is not None
    assert spool.forget_expired(later) == 1
    assert spool.recall("M", "one") is None


ERASE = """
import os, signal, sys, pathlib, gateway.spool.erasure as erasure
from gateway.spool import Spool
from tests.gateway.spool.test_at_rest import FixedKey
erasure.BATCH, left, erase_rows, empty_log = 4, int(sys.argv[2]), erasure.erase_rows, erasure.empty_log
def dying(work):
    def work_or_die(*args):
        global left
        done = work(*args)
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    return work_or_die
erasure.erase_rows, erasure.empty_log = dying(erase_rows), dying(empty_log)
with Spool.open(pathlib.Path(sys.argv[1]), open_cipher=lambda needed: FixedKey()) as spool:
    spool.erase([f"c-{number}" for number in range(1, 19)])
"""


def test_a_kill_in_an_erasure_leaves_each_capture_whole_or_erased(tmp_path):
    with Spool.open(tmp_path, open_cipher=lambda needed: FixedKey()) as spool:
        for _ in range(20):
            spool.append(capture)
    left = []
    for steps in (0, 2, 3, 100):
        subprocess.run([sys.executable, "-c", ERASE, tmp_path, str(steps)], cwd=Path(__file__).parents[3], check=False)
        with Spool.open(tmp_path, open_cipher=lambda needed: FixedKey()) as spool:
            assert spool.incidents == ()
            assert spool.check() == ()
            left.append(spool.depth().count)
            assert left[-1] == sum(stored.erased_at is None for stored in spool.all_captures())
    assert left == [20, 12, 2, 2]
    assert traces(tmp_path, *map(image, range(1, 19))) == 0
