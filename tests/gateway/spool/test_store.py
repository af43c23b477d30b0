"""The spool: order, durability, reads, idempotency and limits."""

import hashlib
import os
import threading
from datetime import timedelta

import pytest

from gateway.spool import (
    Blob,
    CaptureAlreadyStored,
    CaptureUnknown,
    ChainHead,
    KeptResponse,
    SignedCapture,
    Spool,
    SpoolFull,
    SpoolLimits,
    SpoolUnwritable,
    StateLocked,
    StateTooNew,
)
from gateway.spool.database import SCHEMA_VERSION
from gateway.spool.queries import utc_now
from gateway.spool.room import room_warnings

IMAGE = bytes(range(256)) * 800


def capture(head: ChainHead, name: str | None = None) -> SignedCapture:
    payload = f"{head.chain_id} {head.next_sequence} {head.previous}".encode()
    return SignedCapture(
        name or f"{head.chain_id}-{head.next_sequence}",
        b"jws of " + payload,
        hashlib.sha256(payload).hexdigest(),
        (Blob.of("image.fir", "image/x", IMAGE), Blob.of("template.fmr", "application/x", payload)),
    )


def names(spool: Spool) -> list[str]:
    return [stored.capture_id for stored in spool.all_captures()]


def assert_linked(spool: Spool) -> None:
    digest = None
    for sequence, stored in enumerate(spool.all_captures(), start=1):
        payload = f"{stored.chain_id} {sequence} {digest}".encode()
        assert stored.sequence == sequence
        assert stored.jws == b"jws of " + payload
        digest = stored.manifest_digest


def test_what_is_appended_is_there_again(tmp_path):
    with Spool.open(tmp_path / "state") as spool:
        stored = spool.append(capture)
        assert (stored.sequence, stored.state) == (1, "WAITING")
        assert spool.get(stored.capture_id) == stored
        assert spool.at(1) == stored
        assert spool.blobs(stored.capture_id) == capture(ChainHead(stored.chain_id, 0, None)).blobs
        assert spool.blob(stored.capture_id, "image.fir").content == IMAGE
        assert spool.get("other") is None
        assert spool.at(2) is None
        with pytest.raises(CaptureUnknown, match="other"):
            spool.blobs("other")
        with pytest.raises(CaptureUnknown, match=r"no\.such"):
            spool.blob(stored.capture_id, "no.such")
        depth = spool.depth()
        assert (depth.count, depth.bytes, depth.oldest_at) == (1, stored.size, stored.created_at)
        assert spool.check() == ()


def test_files_are_private(tmp_path):
    with Spool.open(tmp_path / "state") as spool:
        spool.append(capture)
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
        files = sorted((tmp_path / "state").iterdir())
        assert [file.name for file in files] == [
            *("chain-head.json", "lock", "spool.sqlite3", "spool.sqlite3-shm", "spool.sqlite3-wal"),
        ]
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_the_settings_are_those_of_the_design(tmp_path):
    with Spool.open(tmp_path) as spool:
        assert spool._file.writer is not None
        pragmas = [spool._file.writer.execute(f"PRAGMA {name}").fetchone()[0] for name in _PRAGMAS]
        assert pragmas == ["wal", 2, 32768, 1, SCHEMA_VERSION]


_PRAGMAS = ("journal_mode", "synchronous", "page_size", "secure_delete", "user_version")


def test_the_chain_continues_after_a_restart(tmp_path):
    heads = []
    for _ in range(3):
        with Spool.open(tmp_path) as spool:
            assert spool.incidents == ()
            spool.append(capture)
            spool.append(capture)
            heads.append(spool.head())
    assert [head.sequence for head in heads] == [2, 4, 6]
    with Spool.open(tmp_path) as spool:
        assert spool.head() == heads[-1]
        assert_linked(spool)
        assert [stored.sequence for stored in spool.captures(after_sequence=2, limit=3)] == [3, 4, 5]


def test_what_a_builder_raises_leaves_no_trace(tmp_path):
    def refuse(head):
        raise LookupError("key expired")

    with Spool.open(tmp_path) as spool:
        first = spool.append(capture)
        head = spool.head()
        with pytest.raises(LookupError):
            spool.append(refuse)
        with pytest.raises(CaptureAlreadyStored, match=first.capture_id):
            spool.append(lambda head: capture(head, first.capture_id))
        with pytest.raises(ValueError, match="own name"):
            spool.append(lambda head: SignedCapture("x", b"", "", (Blob.of("a", "b", b""),) * 2))
        assert spool.head() == head
        spool.append(capture)
        assert_linked(spool)


def test_threads_append_without_a_gap_and_readers_go_beside(tmp_path):
    with Spool.open(tmp_path) as spool:
        done = threading.Event()
        seen: list[int] = []
        errors: list[Exception] = []

        def append():
            try:
                for _ in range(25):
                    stored = spool.append(capture)
                    assert spool.get(stored.capture_id) == stored
            except Exception as error:
                errors.append(error)

        def read():
            try:
                while not done.is_set():
                    captures = spool.captures(limit=1000)
                    assert [stored.sequence for stored in captures] == list(range(1, len(captures) + 1))
                    seen.append(len(captures))
            except Exception as error:
                errors.append(error)

        reader = threading.Thread(target=read)
        writers = [threading.Thread(target=append) for _ in range(4)]
        for thread in (reader, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        done.set()
        reader.join()
        assert errors == []
        assert seen == sorted(seen)
        assert_linked(spool)
        assert len(names(spool)) == 100


def test_a_second_gateway_is_refused_and_told_who_is_there(tmp_path):
    with Spool.open(tmp_path) as spool:
        with pytest.raises(StateLocked, match=str(os.getpid())):
            Spool.open(tmp_path)
        spool.append(capture)
    with Spool.open(tmp_path) as spool:
        assert len(names(spool)) == 1


def test_a_newer_state_is_refused_and_untouched(tmp_path):
    with Spool.open(tmp_path) as spool:
        spool.append(capture)
        spool._file.writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.name != "lock"}
    with pytest.raises(StateTooNew, match=f"version {SCHEMA_VERSION + 1}"):
        Spool.open(tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.name != "lock"} == before


def test_a_closed_spool_says_so(tmp_path):
    spool = Spool.open(tmp_path)
    spool.close()
    spool.close()
    for call in (lambda: spool.append(capture), lambda: spool.get("x"), spool.depth):
        with pytest.raises(SpoolUnwritable, match="closed"):
            call()


def test_a_response_is_kept_once_and_for_a_day(tmp_path, monkeypatch):
    with Spool.open(tmp_path) as spool:
        assert spool.recall("StartCapture", "k1") is None
        assert spool.remember("StartCapture", "k1", b"digest", b"answer") == KeptResponse(b"digest", b"answer")
        assert spool.remember("StartCapture", "k1", b"other", b"late") == KeptResponse(b"digest", b"answer")
        assert spool.recall("AcquireLease", "k1") is None
    with Spool.open(tmp_path) as spool:
        assert spool.recall("StartCapture", "k1") == KeptResponse(b"digest", b"answer")
        spool._file.writer.execute("UPDATE idempotency SET expires_at_ms = expires_at_ms - 24 * 3600 * 1000")
        assert spool.recall("StartCapture", "k1") is None
        assert spool.remember("StartCapture", "k1", b"other", b"late") == KeptResponse(b"other", b"late")


def test_a_full_spool_refuses_the_next_capture_before_it_begins(tmp_path):
    with Spool.open(tmp_path, SpoolLimits(max_bytes=500_000)) as spool:
        spool.ensure_room(300_000)
        spool.append(capture)
        spool.append(capture)
        with pytest.raises(SpoolFull, match="may hold"):
            spool.ensure_room(300_000)
        spool.append(capture)  # one that was under way is not thrown away
        assert len(names(spool)) == 3
        assert any("holds" in warning for warning in spool.warnings())


def test_an_old_capture_is_warned_of(tmp_path):
    with Spool.open(tmp_path) as spool:
        spool.append(capture)
        depth = spool.depth()
        assert not any("waited" in warning for warning in spool.warnings())
        later = room_warnings(tmp_path, spool.limits, depth, utc_now() + timedelta(days=20))
        assert any("waited for 20 days" in warning for warning in later)


def test_closing_waits_for_a_reader_and_leaves_one_file(tmp_path):
    spool = Spool.open(tmp_path)
    spool.append(capture)
    reading, go_on = threading.Event(), threading.Event()

    def read() -> None:
        with spool._file.readers.borrow() as connection:
            connection.execute("SELECT count(*) FROM captures").fetchone()
            reading.set()
            go_on.wait(60)

    reader = threading.Thread(target=read)
    reader.start()
    assert reading.wait(60)
    closer = threading.Thread(target=spool.close)
    closer.start()
    closer.join(0.2)
    assert closer.is_alive()
    go_on.set()
    for thread in (reader, closer):
        thread.join(60)
    assert [file.name for file in tmp_path.glob("spool.sqlite3*")] == ["spool.sqlite3"]
