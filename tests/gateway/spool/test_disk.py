"""A disk that is full, or does not let itself be written on."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.spool import Spool, SpoolFull, SpoolUnwritable
from gateway.spool.database import PAGE_SIZE
from tests.gateway.spool.test_damage import overwrite, page_of
from tests.gateway.spool.test_store import assert_linked, capture, names


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def append_until_full(spool: Spool) -> int:
    for count in range(100):
        try:
            spool.append(capture)
        except SpoolFull:
            return count
    raise AssertionError("6 MB took 20 MB")


def test_a_full_disk_loses_nothing_and_goes_on_once_there_is_room(small_disk):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(2_000_000))
    with Spool.open(small_disk / "state") as spool:
        count = append_until_full(spool)
        assert count > 0
        with pytest.raises(SpoolFull):
            spool.ensure_room(300_000)
        head = spool.head()
        assert head.sequence == count
        with pytest.raises(SpoolFull, match="Free space"):
            spool.append(capture)
        assert spool.head() == head
        assert len(names(spool)) == count
        assert spool.check() == ()
        ballast.unlink()
        spool.append(capture)
        assert spool.incidents == ()
    with Spool.open(small_disk / "state") as spool:
        assert spool.incidents == ()
        assert len(names(spool)) == count + 1
        assert_linked(spool)


def test_damage_on_a_full_disk_is_set_aside_and_captures_go_on_once_there_is_room(small_disk):
    with Spool.open(small_disk / "state") as spool:
        for _ in range(3):
            spool.append(capture)
    with Spool.open(small_disk / "state") as spool:
        head = spool.head()
        path = small_disk / "state" / "spool.sqlite3"
        overwrite(path, (page_of(path, "sqlite_autoindex_captures_1") - 1) * PAGE_SIZE, bytes(PAGE_SIZE))
        with pytest.raises(OSError, match="No space"):
            (small_disk / "ballast").write_bytes(bytes(8_000_000))
        for _ in range(2):
            with pytest.raises(SpoolFull):
                spool.append(capture)
        (small_disk / "ballast").unlink()
        assert spool.append(capture).sequence == head.next_sequence
        assert len(spool.incidents) == 1
        assert spool.salvage(spool.incidents[0].path).recovered == (1, 2, 3)
        assert_linked(spool)


def test_a_start_on_a_full_disk_says_so(small_disk):
    with pytest.raises(OSError, match="No space"):
        (small_disk / "ballast").write_bytes(bytes(8_000_000))
    with pytest.raises(SpoolFull):
        Spool.open(small_disk / "state")
    (small_disk / "ballast").unlink()
    with Spool.open(small_disk / "state") as spool:
        assert spool.incidents == ()
        spool.append(capture)


def test_a_read_only_disk_says_so(small_disk):
    with Spool.open(small_disk / "state") as spool:
        spool.append(capture)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for directory in (small_disk / "state", small_disk / "other"):
        with pytest.raises(SpoolUnwritable, match=r"[Rr]ead-only"):
            Spool.open(directory)
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    with Spool.open(small_disk / "state") as spool:
        assert spool.incidents == ()
        assert len(names(spool)) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="permission bits do not bind root; the read-only disk covers it")
def test_a_folder_without_permission_says_so(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(SpoolUnwritable, match="right to write"):
        Spool.open(tmp_path)


@pytest.mark.parametrize("inside", [".", "deeper/state"])
def test_a_file_in_the_place_of_the_folder_is_told(tmp_path, inside):
    file = tmp_path / "notes"
    file.write_text("mine")
    with pytest.raises(SpoolUnwritable, match="a file has that name") as told:
        Spool.open(file / inside)
    assert "--state" in told.value.remedy
    assert file.read_text() == "mine"
