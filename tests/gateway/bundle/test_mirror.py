"""The mirror on a second medium: complete, read back, never in the way; and a gateway restored from it."""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.bundle import (
    AlreadyImported,
    CopyDamaged,
    GatewayRetired,
    MirrorKeeper,
    StateNotEmpty,
    holds_open_secret,
    read_index,
    refuse_out_of_service,
    restore_mirror,
)
from gateway.bundle.mirror import BACKUP_PERIOD_S
from tests.gateway.bundle.offices import Office, office
from tests.gateway.central.centres import GATEWAY

LOCAL_PLAIN = b"RKLOCAL\1\5plain" + bytes(32)
LOCAL_CLOSED = b"RKLOCAL\1\x0apassphrase" + bytes(60)
PEM_OPEN = b"-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n"
PEM_CLOSED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA\n-----END ENCRYPTED PRIVATE KEY-----\n"


@pytest.fixture
def medium() -> Iterator[Path]:
    """A folder on another file system than that of the tests."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
        pytest.skip("a second file system is needed")
    folder = Path(tempfile.mkdtemp(dir=shared, prefix="rekam-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path / "office", 1, 2, 3) as there:
        keys = there.state / "keys"
        keys.mkdir()
        (keys / "keys.json").write_bytes(b"{}")
        (keys / "spool.key").write_bytes(LOCAL_CLOSED)
        (keys / "signing.pem").write_bytes(PEM_CLOSED)
        for name in ("spool", "enrolments", "forwarding", "audit"):
            with closing(sqlite3.connect(there.state / f"{name}.sqlite3")) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("CREATE TABLE t (x)")
                connection.commit()
        yield there


class Mirror:
    """A keeper with its office and its clock; `erased` are packets that have gone with a receipt."""

    def __init__(self, made: Office, medium: Path) -> None:
        self.clock, self.erased = Clock(), set[str]()

        def gone(packet_ids: Collection[str]) -> Collection[str]:
            return self.erased & set(packet_ids)

        self.keeper = MirrorKeeper(made.state, made.folder, medium, GATEWAY, gone, self.clock)
        self.folder = medium / f"rekam-mirror-{GATEWAY}"

    def packets(self) -> list[str]:
        return sorted(path.stem for path in (self.folder / "packets").iterdir())


@pytest.fixture
def mirror(made: Office, medium: Path) -> Mirror:
    return Mirror(made, medium)


def test_it_holds_what_waits(made: Office, mirror: Mirror) -> None:
    status = mirror.keeper.look()
    assert (status.there, status.problem, status.warnings()) == (True, None, [])
    assert mirror.packets() == sorted(made.packets)
    index = read_index(mirror.folder)
    assert index is not None
    names = ["audit", "bundles", "enrolments", "forwarding", "spool"]
    assert [each.name for each in index.databases] == [f"{name}.sqlite3" for name in names]
    made.seal(4)
    mirror.keeper.sealed("packet-kedoya-1-4")
    assert mirror.packets() == sorted(made.packets)


def test_what_was_erased_with_a_receipt_leaves_it_and_what_vanished_comes_back(made: Office, mirror: Mirror) -> None:
    mirror.keeper.look()
    one, two, _ = made.packets
    for name in (one, two):
        (made.folder / f"{name}.rekam").unlink()
    mirror.erased = {one}
    status = mirror.keeper.look()
    assert status.returned == (two,)
    assert (made.folder / f"{two}.rekam").read_bytes() == made.packets[two].content
    assert not (made.folder / f"{one}.rekam").exists()
    assert mirror.packets() == sorted(set(made.packets) - {one})
    assert "taken back" in status.warnings()[0].en


def test_bytes_that_went_bad_are_found_and_mended_on_either_side(made: Office, mirror: Mirror) -> None:
    mirror.keeper.look()
    one, two, _ = made.packets
    there, here = mirror.folder / "packets" / f"{one}.rekam", made.folder / f"{two}.rekam"
    for path in (there, here):
        data = bytearray(path.read_bytes())
        data[-20] ^= 1
        path.write_bytes(data)
    assert mirror.keeper.look().mended == 2
    assert there.read_bytes() == made.packets[one].content
    assert here.read_bytes() == made.packets[two].content


def test_a_medium_that_is_away_is_told_and_made_good(made: Office, mirror: Mirror, medium: Path) -> None:
    mirror.keeper.look()
    away = medium.with_name(f"{medium.name}-away")
    medium.rename(away)
    made.seal(4)
    mirror.keeper.sealed("packet-kedoya-1-4")
    status = mirror.keeper.look()
    assert not status.there
    assert "pulled out" in status.warnings()[0].en
    away.rename(medium)
    assert mirror.keeper.look().warnings() == []
    assert mirror.packets() == sorted(made.packets)


def test_a_packet_that_cannot_be_read_here_is_told_and_raised_to_nobody(made: Office, mirror: Mirror) -> None:
    mirror.keeper.look()
    made.folder.rename(made.folder.with_name("away"))
    made.folder.write_bytes(b"no folder")
    mirror.keeper.sealed("packet-kedoya-1-4")
    assert mirror.keeper.status.problem is not None


def test_a_packet_erased_while_it_is_copied_is_nobodys_fault(
    made: Office, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.keeper.look()
    made.seal(4)
    name, statvfs = "packet-kedoya-1-4", os.statvfs

    def erased_meanwhile(folder: Path) -> os.statvfs_result:
        """Of the medium, just before the packet is copied onto it."""
        (made.folder / f"{name}.rekam").unlink(missing_ok=True)
        mirror.erased.add(name)
        return statvfs(folder)

    monkeypatch.setattr(os, "statvfs", erased_meanwhile)
    mirror.keeper.sealed(name)
    assert mirror.erased == {name}
    assert mirror.keeper.status.problem is None
    status = mirror.keeper.look()
    assert (status.problem, status.returned) == (None, ())
    assert mirror.packets() == sorted(set(made.packets) - {name})


def test_a_mount_point_without_its_medium_is_no_mirror(made: Office, tmp_path: Path) -> None:
    there = tmp_path / "mnt"
    there.mkdir()
    status = Mirror(made, there).keeper.look()
    assert "own disk" in status.warnings()[0].en
    assert list(there.iterdir()) == []


def test_databases_are_copied_when_they_changed_and_not_all_the_time(made: Office, mirror: Mirror) -> None:
    def rows() -> int:
        with closing(sqlite3.connect(mirror.folder / "state" / "spool.sqlite3")) as copy:
            (count,) = copy.execute("SELECT count(*) FROM t").fetchone()
        return int(count)

    mirror.keeper.look()
    with closing(sqlite3.connect(made.state / "spool.sqlite3")) as writer:
        writer.execute("INSERT INTO t VALUES (1)")
        writer.commit()
        mirror.keeper.look()
        assert rows() == 0
        mirror.clock.now += BACKUP_PERIOD_S + 1
        mirror.keeper.look()
        assert rows() == 1


def test_keys_that_nothing_closes_stay_off_it(made: Office, mirror: Mirror) -> None:
    (made.state / "keys" / "spool.key").write_bytes(LOCAL_PLAIN)
    (made.state / "keys" / "signing.pem").write_bytes(PEM_OPEN)
    status = mirror.keeper.look()
    assert sorted(path.name for path in (mirror.folder / "keys").iterdir()) == ["keys.json"]
    assert "does not hold the gateway's keys" in status.warnings()[0].en
    kinds = [(LOCAL_PLAIN, True), (LOCAL_CLOSED, False), (PEM_OPEN, True), (PEM_CLOSED, False), (b"{}", False)]
    assert [holds_open_secret(content) for content, _ in kinds] == [expected for _, expected in kinds]


def test_a_gateway_is_restored_once_under_new_chains(made: Office, mirror: Mirror, tmp_path: Path) -> None:
    mirror.keeper.look()
    new = tmp_path / "new"
    begun: list[Path] = []
    report = restore_mirror(mirror.folder, new, None, begun.append)
    assert report.packets == tuple(sorted(made.packets))
    assert (report.damaged, report.keys, begun) == ((), True, [new])
    for name, packet in made.packets.items():
        assert (new / "packets" / f"{name}.rekam").read_bytes() == packet.content
    # The trail of the old machine may go further; the journal's key was not on the mirror.
    assert [name.partition(".")[0] for name in report.put_aside] == ["audit", "enrolments"]
    assert (new / "spool.sqlite3").exists()
    assert not (new / "audit.sqlite3").exists()
    assert (new / "keys" / "signing.pem").stat().st_mode & 0o777 == 0o600
    refuse_out_of_service(new)
    with pytest.raises(AlreadyImported):
        restore_mirror(mirror.folder, tmp_path / "newer", None, begun.append)


def test_the_old_machine_stops_should_it_come_back(made: Office, mirror: Mirror, tmp_path: Path) -> None:
    mirror.keeper.look()
    restore_mirror(mirror.folder, tmp_path / "new", None, lambda _: None)
    made.seal(4)
    status = mirror.keeper.look()
    assert status.retired
    assert "restored on another machine" in status.warnings()[0].en
    assert "packet-kedoya-1-4" not in mirror.packets()
    with pytest.raises(GatewayRetired):
        refuse_out_of_service(made.state)


def test_what_is_damaged_on_the_mirror_is_left_there_and_told(made: Office, mirror: Mirror, tmp_path: Path) -> None:
    mirror.keeper.look()
    one = next(iter(made.packets))
    for path in (mirror.folder / "packets" / f"{one}.rekam", mirror.folder / "state" / "forwarding.sqlite3"):
        path.write_bytes(path.read_bytes()[:-100])
    report = restore_mirror(mirror.folder, tmp_path / "new", None, lambda _: None)
    assert sorted(report.damaged) == ["forwarding.sqlite3", f"{one}.rekam"]
    assert len(report.packets) == 2


def test_a_restoration_that_was_interrupted_is_begun_again(made: Office, mirror: Mirror, tmp_path: Path) -> None:
    mirror.keeper.look()
    new = tmp_path / "new"

    def power_cut(_: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore_mirror(mirror.folder, new, None, power_cut)
    with pytest.raises(GatewayRetired, match="not all of it"):
        refuse_out_of_service(new)
    assert restore_mirror(mirror.folder, new, None, lambda _: None).packets == tuple(sorted(made.packets))
    refuse_out_of_service(new)


def test_nothing_is_written_over_by_a_restoration(mirror: Mirror, tmp_path: Path) -> None:
    mirror.keeper.look()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "keys").mkdir()
    with pytest.raises(StateNotEmpty):
        restore_mirror(mirror.folder, tmp_path / "new", None, lambda _: None)


def forged(folder: Path, changes: dict[str, Any], content: bytes = b"written by the medium") -> Path:
    """A mirror of one database by somebody else than a keeper."""
    for name in ("packets", "state", "keys"):
        (folder / name).mkdir(parents=True)
    database = {
        **{"name": "link.db", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()},
        "at": "2026-01-01T00:00:00Z",
    }
    (folder / "state" / "link.db").write_bytes(content)
    of_database = {key: value for key, value in changes.items() if key in database}
    of_index = {key: value for key, value in changes.items() if key not in database}
    value = {"format": "rekam-mirror", "version": 1, "gateway_id": "kedoya-1", "mirror_id": "0" * 16}
    text = json.dumps({**value, "databases": [{**database, **of_database}], **of_index})
    (folder / "mirror.json").write_text(text)
    return folder


@pytest.mark.parametrize("name", ["../../outside.db", "../../outside.conf", "{outside}", "..", "keys/x.db", "lock", ""])
def test_a_mirror_puts_nothing_outside_of_the_gateway(tmp_path: Path, name: str) -> None:
    home = tmp_path / "machine" / "home"
    home.mkdir(parents=True)
    outside = [tmp_path / "machine" / f"outside.{ending}" for ending in ("db", "conf")]
    name = name.format(outside=outside[0])
    medium = tmp_path / "medium"
    folder = forged(medium / "mirror", {"name": name})
    for path in outside:
        path.write_bytes(b"precious")
        (medium / path.name).write_bytes(b"written by the medium")
    state = home / "state"
    with pytest.raises(CopyDamaged, match=r"mirror\.json"):
        restore_mirror(folder, state, None, lambda _: None)
    assert [path.read_bytes() for path in outside] == [b"precious"] * 2
    assert not state.exists()


def test_a_mirror_as_it_should_be_is_read(tmp_path: Path) -> None:
    report = restore_mirror(forged(tmp_path / "mirror", {}), tmp_path / "new", None, lambda _: None)
    assert (report.databases, report.damaged) == (("link.db",), ())


@pytest.mark.parametrize(
    "changes",
    [
        *({"name": value} for value in (1, [], None, "link.db\n", ".hidden.db", "link.db/", "a" * 200 + ".db")),
        *({"size": value} for value in (-1, True, 1.0, "21", None, [])),
        *({"sha256": value} for value in ("00", "0" * 63 + "G", "0" * 65, 5, None)),
        *({"at": value} for value in ("now", 5, None)),
        *({"mirror_id": value} for value in ("", "x", 5, None, ["0" * 16])),
        *({"gateway_id": value} for value in ("", "../x", 5, None)),
        *({"databases": value} for value in (None, 5, [5], [{}], {"a": 1}, "ab")),
        {"more": 1},
    ],
)
def test_an_index_of_another_form_is_none(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = forged(tmp_path / "mirror", changes)
    assert read_index(folder) is None
    with pytest.raises(CopyDamaged):
        restore_mirror(folder, tmp_path / "new", None, lambda _: None)


@pytest.mark.parametrize("text", ["", "[]", "5", "null", "{", "[" * 60_000, '{"format": []}', "\xff"])
@pytest.mark.usefixtures("uncollected")
def test_an_index_that_is_none_at_all_is_made_anew(mirror: Mirror, text: str) -> None:
    mirror.keeper.look()
    (mirror.folder / "mirror.json").write_bytes(text.encode("latin-1"))
    assert read_index(mirror.folder) is None
    assert mirror.keeper.look().problem is None
    assert read_index(mirror.folder) is not None


def test_pipes_on_a_mirror_hold_up_nobody(tmp_path: Path) -> None:
    folder = forged(tmp_path / "mirror", {})
    (folder / "state" / "link.db").unlink()
    for name in ("state/link.db", "packets/p.rekam", "keys/spool.key"):
        os.mkfifo(folder / name)
    report = restore_mirror(folder, tmp_path / "new", None, lambda _: None)
    assert (report.packets, report.damaged, report.keys) == ((), ("link.db",), False)
