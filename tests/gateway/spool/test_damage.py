"""A damaged, rolled back or vanished spool file: set aside, named, and the chain goes on."""

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from gateway.spool import Spool, SpoolCorrupt
from gateway.spool.database import PAGE_SIZE
from gateway.spool.head import HeadFile
from tests.gateway.spool.test_store import IMAGE, capture, names


def filled(directory: Path, count: int = 5) -> tuple[str, int]:
    with Spool.open(directory) as spool:
        for _ in range(count):
            spool.append(capture)
        return spool.head().chain_id, spool.head().sequence


def overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def page_of(path: Path, table: str) -> int:
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    connection.close()
    return page


def mark_unclean(directory: Path) -> None:
    """Leave the head file as a killed gateway leaves it."""
    code = (
        "import os, sys, pathlib, gateway.spool as s; s.Spool.open(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    run = subprocess.run([sys.executable, "-c", code, directory], cwd=Path(__file__).parents[3], check=False)
    assert run.returncode == -signal.SIGKILL


def set_aside(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir() if "corrupt" in file.name)


def is_damaged(spool: Spool, capture_id: str) -> bool:
    try:
        spool.blobs(capture_id)
    except SpoolCorrupt:
        return True
    return False


@pytest.mark.parametrize("damage", ["header", "garbage", "empty pages", "truncated"])
def test_a_damaged_file_is_set_aside_and_the_chain_goes_on(tmp_path, damage):
    chain_id, sequence = filled(tmp_path)
    path = tmp_path / "spool.sqlite3"
    if damage == "header":
        overwrite(path, 0, b"not a database!!")
    elif damage == "garbage":
        path.write_bytes(os.urandom(50_000))
    elif damage == "empty pages":
        overwrite(path, PAGE_SIZE, bytes(6 * PAGE_SIZE))
    else:
        os.truncate(path, path.stat().st_size // 2)
    damaged = path.read_bytes()
    heard = []
    with Spool.open(tmp_path, on_incident=heard.append) as spool:
        (incident,) = spool.incidents
        assert heard == [incident]
        assert incident.lost
        assert incident.path.read_bytes() == damaged
        assert incident.path.name in incident.cause
        assert set_aside(tmp_path) == [incident.path.name]
        assert f"continues after number {sequence}" in incident.cause
        stored = spool.append(capture)
        assert (stored.chain_id, stored.sequence) == (chain_id, sequence + 1)
    with Spool.open(tmp_path) as spool:
        assert spool.incidents == ()
        assert names(spool) == [stored.capture_id]


@pytest.mark.parametrize("table", ["captures", "blobs", "chain"])
def test_a_damaged_page_after_a_crash_is_found_at_the_start(tmp_path, table):
    chain_id, sequence = filled(tmp_path)
    mark_unclean(tmp_path)
    path = tmp_path / "spool.sqlite3"
    overwrite(path, (page_of(path, table) - 1) * PAGE_SIZE, os.urandom(PAGE_SIZE))
    with Spool.open(tmp_path) as spool:
        assert len(spool.incidents) == 1
        stored = spool.append(capture)
        assert (stored.chain_id, stored.sequence) == (chain_id, sequence + 1)


def test_a_damaged_blob_is_named_and_the_others_are_served(tmp_path):
    filled(tmp_path)
    path = tmp_path / "spool.sqlite3"
    content = path.read_bytes()
    start = content.find(IMAGE[:4096])
    start = content.find(IMAGE[:4096], start + PAGE_SIZE * 3)  # another capture's, or another place of the first's
    overwrite(path, start + 100, b"\xff")
    with Spool.open(tmp_path) as spool:
        assert spool.incidents == ()
        damaged = [capture_id for capture_id in names(spool) if is_damaged(spool, capture_id)]
        assert len(damaged) == 1
        with pytest.raises(SpoolCorrupt, match=f"image.fir of capture {damaged[0]}"):
            spool.blobs(damaged[0])
        assert len(spool.check()) == 1
        assert len(spool.incidents) == 1
        spool.append(capture)


def test_damage_while_running_sets_aside_and_stores_the_capture(tmp_path):
    chain_id, sequence = filled(tmp_path, 40)
    path = tmp_path / "spool.sqlite3"
    with Spool.open(tmp_path) as spool:
        overwrite(path, (page_of(path, "sqlite_autoindex_captures_1") - 1) * PAGE_SIZE, os.urandom(PAGE_SIZE))
        with pytest.raises(SpoolCorrupt):
            spool.get("any")
        (met,) = spool.incidents
        assert met.path == path
        stored = spool.append(capture)
        assert (stored.chain_id, stored.sequence) == (chain_id, sequence + 1)
        assert len(spool.incidents) == 2
        assert set_aside(tmp_path)[0] == spool.incidents[1].path.name
        assert names(spool) == [stored.capture_id]
        assert spool.blob(stored.capture_id, "image.fir").content == IMAGE
    with Spool.open(tmp_path) as spool:
        assert spool.incidents == ()


def test_where_nothing_tells_the_head_a_new_chain_begins(tmp_path):
    chain_id, _ = filled(tmp_path)
    overwrite(tmp_path / "spool.sqlite3", 0, bytes(100))
    overwrite(tmp_path / "chain-head.json", 20, b"?")
    with Spool.open(tmp_path) as spool:
        (incident,) = spool.incidents
        assert "a new one begins" in incident.cause
        stored = spool.append(capture)
        assert stored.chain_id != chain_id
        assert stored.sequence == 1


def test_a_head_of_an_earlier_boot_is_not_believed(tmp_path):
    chain_id, _ = filled(tmp_path)
    mark_unclean(tmp_path)
    overwrite(tmp_path / "spool.sqlite3", 0, bytes(100))
    head_file = HeadFile(tmp_path)
    record = head_file.read()
    assert record is not None
    assert record.is_current
    assert not record.clean
    line = (tmp_path / "chain-head.json").read_bytes()
    rewritten = _signed_line(line.replace(record.boot_id.encode(), b"0" * len(record.boot_id)))
    overwrite(tmp_path / "chain-head.json", 0, rewritten)
    head_file.close()
    with Spool.open(tmp_path) as spool:
        assert spool.head().chain_id != chain_id


def _signed_line(line: bytes) -> bytes:
    body = line.rstrip().rsplit(b" ", 1)[0]
    return (body + b" " + hashlib.sha256(body).hexdigest().encode()).ljust(511) + b"\n"


@pytest.mark.parametrize("lose", [Path.unlink, partial(Path.write_bytes, data=b"")])
def test_a_vanished_or_emptied_file_is_told_and_no_number_is_used_twice(tmp_path, lose):
    chain_id, sequence = filled(tmp_path)
    lose(tmp_path / "spool.sqlite3")
    with Spool.open(tmp_path) as spool:
        (incident,) = spool.incidents
        assert "was gone" in incident.cause
        stored = spool.append(capture)
        assert (stored.chain_id, stored.sequence) == (chain_id, sequence + 1)


def test_an_older_copy_is_told_and_no_number_is_used_twice(tmp_path):
    filled(tmp_path)
    copy = (tmp_path / "spool.sqlite3").read_bytes()
    chain_id, sequence = filled(tmp_path)
    (tmp_path / "spool.sqlite3").write_bytes(copy)
    with Spool.open(tmp_path) as spool:
        (incident,) = spool.incidents
        assert "older copy" in incident.cause
        stored = spool.append(capture)
        assert (stored.chain_id, stored.sequence) == (chain_id, sequence + 1)
        assert len(names(spool)) == 6


def test_another_programs_database_is_set_aside(tmp_path):
    connection = sqlite3.connect(tmp_path / "spool.sqlite3")
    connection.execute("CREATE TABLE other (x)")
    connection.commit()
    connection.close()
    with Spool.open(tmp_path) as spool:
        assert len(spool.incidents) == 1
        spool.append(capture)


def test_a_garbled_head_file_is_replaced(tmp_path):
    chain_id, sequence = filled(tmp_path)
    for garbage in (b"", b"null " * 20, os.urandom(512), b"{}" * 3000):
        (tmp_path / "chain-head.json").write_bytes(garbage)
        with Spool.open(tmp_path) as spool:
            assert spool.incidents == ()
            assert (spool.head().chain_id, spool.head().sequence) == (chain_id, sequence)


def test_what_a_damaged_file_still_holds_is_brought_back(tmp_path):
    chain_id, sequence = filled(tmp_path, 40)
    path = tmp_path / "spool.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("UPDATE captures SET jws = x'00' WHERE sequence = 7")
    connection.execute("UPDATE blobs SET content = x'00' WHERE id / 64 = 9")
    connection.execute("DELETE FROM captures WHERE sequence = 11")  # one that was sent
    connection.commit()
    connection.close()
    content = path.read_bytes()
    start = content.find(IMAGE[:4096], len(content) // 2)
    overwrite(path, start, b"\xff")
    overwrite(path, (page_of(path, "sqlite_autoindex_captures_1") - 1) * PAGE_SIZE, bytes(PAGE_SIZE))
    with Spool.open(tmp_path) as spool:
        spool.append(capture)
        (incident,) = spool.incidents
        before = incident.path.read_bytes()
        report = spool.salvage(incident.path)
        assert incident.path.read_bytes() == before
        assert {7, 9} < set(report.lost)
        assert len(report.lost) == 3
        assert sorted((*report.recovered, *report.lost)) == [n for n in range(1, 41) if n != 11]
        assert report.present == ()
        again = spool.salvage(incident.path)
        assert (again.recovered, again.present, again.lost) == ((), report.recovered, report.lost)
        assert [stored.sequence for stored in spool.all_captures()] == [*report.recovered, sequence + 1]
        assert spool.depth().count == 37
        assert spool.head().sequence == sequence + 1
        assert spool.check() == ()
        spool.append(capture)
    with Spool.open(tmp_path) as spool:
        assert spool.incidents == ()
        assert (spool.head().chain_id, spool.head().sequence) == (chain_id, sequence + 2)


def test_a_file_without_tables_gives_nothing_back(tmp_path):
    filled(tmp_path)
    (tmp_path / "spool.sqlite3").write_bytes(os.urandom(100_000))
    with Spool.open(tmp_path) as spool, pytest.raises(SpoolCorrupt):
        spool.salvage(spool.incidents[0].path)
