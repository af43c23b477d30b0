"""Ports in use, folders that are taken, full, read-only, newer or damaged: a clear word, and nothing lost."""

import asyncio
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from rekam.v1 import capture_pb2 as pb

from gateway.config import Config
from gateway.main import Gateway, ServeOptions
from gateway.spool import SpoolError, SpoolUnwritable, StateLocked, StateTooNew
from gateway.trust import KeyProblem
from tests.free_ports import free_port
from tests.gateway.client import refused
from tests.gateway.running import connected, desk, device_threads, running, synthetic

ROOT = Path(__file__).parents[2]


def taken_port() -> socket.socket:
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    holder.listen()
    return holder


async def refused_start(state: Path, error: type[Exception], **options: str) -> str:
    gateway = Gateway(
        Config(), ServeOptions(state=state, **{"listen": "127.0.0.1:0", "metrics": "", "web": "", **options})
    )
    with pytest.raises(error) as found:
        await gateway.start()
    return str(found.value)


@pytest.mark.parametrize("door", ["listen", "metrics"])
async def test_a_port_in_use_is_named_and_the_folder_let_go(tmp_path, door):
    before = device_threads()
    with taken_port() as holder:
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        said = await refused_start(tmp_path, OSError, **{door: address})
        assert address in said
        assert "cannot be bound" in said
    assert device_threads() == before
    async with desk(tmp_path, synthetic()) as client:
        assert (await client.capture()).sequence == 1


async def test_a_second_gateway_on_the_folder_is_refused_and_the_first_serves_on(tmp_path):
    async with desk(tmp_path, synthetic()) as client:
        said = await refused_start(tmp_path, StateLocked)
        assert str(tmp_path) in said
        assert (tmp_path / "rekam.sock").exists()
        assert (tmp_path / "addresses.json").exists()
        assert (await client.capture()).sequence == 1


async def test_a_second_gateway_on_the_port_is_refused_not_shared(tmp_path):
    async with running(tmp_path / "one", synthetic()) as gateway, connected(gateway) as client:
        said = await refused_start(tmp_path / "two", OSError, listen=gateway.addresses.grpc)
        assert gateway.addresses.grpc in said
        assert (await client.info()).devices_ready == 1


async def test_a_state_of_a_newer_version_is_left_untouched(tmp_path):
    async with desk(tmp_path, synthetic()) as client:
        await client.capture()
    connection = sqlite3.connect(tmp_path / "spool.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    content = (tmp_path / "spool.sqlite3").read_bytes()
    said = await refused_start(tmp_path, StateTooNew)
    assert "version 99" in said
    assert (tmp_path / "spool.sqlite3").read_bytes() == content


async def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    said = await refused_start(tmp_path / "file" / "state", SpoolUnwritable)
    assert str(tmp_path / "file" / "state") in said


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, which a test may fill or lock; only root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = os.geteuid() == 0 and shutil.which("mount") is not None
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]
    if not mounted or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def read_only_disk(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    return small_disk


async def test_a_read_only_folder_is_named(read_only_disk):
    said = await refused_start(read_only_disk / "state", SpoolUnwritable)
    assert "read-only" in said.lower()
    assert str(read_only_disk) in said


async def test_a_full_disk_refuses_the_start_with_the_remedy(small_disk):
    (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free))
    gateway = Gateway(Config(), ServeOptions(state=small_disk / "state", listen="127.0.0.1:0", metrics="", web=""))
    with pytest.raises((SpoolError, KeyProblem, OSError)) as error:
        await gateway.start()
    assert "full" in str(error.value) or "No space" in str(error.value)


async def test_a_disk_that_fills_up_refuses_captures_and_loses_none(small_disk):
    state = small_disk / "state"
    async with desk(state, synthetic()) as client:
        kept = []
        for _ in range(100):
            try:
                ended = await client.capture()
            except Exception as error:
                found = refused(error)
                break
            if ended.outcome != pb.CAPTURE_OUTCOME_CAPTURED:
                assert ended.error.reason == "SPOOL_FULL"
                continue
            kept.append(ended.capture_id)
        else:
            raise AssertionError("8 MB held 100 captures")
        assert found.reason == "SPOOL_FULL"
        assert found.words["id"]
        assert kept
        for capture_id in kept:
            assert (await client.verify(capture_id)).ok
    async with desk(state, synthetic()) as client:
        assert (await client.info()).spool.captures == len(kept)


async def test_a_damaged_spool_is_set_aside_and_named_and_serving_goes_on(tmp_path):
    async with desk(tmp_path, synthetic()) as client:
        for _ in range(2):
            await client.capture()
    (tmp_path / "spool.sqlite3").write_bytes(os.urandom(100_000))
    async with desk(tmp_path, synthetic()) as client:
        (warning, *_) = (await client.info()).warnings
        (aside,) = [file for file in tmp_path.iterdir() if "corrupt" in file.name]
        assert aside.name in warning.en
        assert warning.id
        capture = await client.capture()
        assert capture.sequence == 3
        assert (await client.verify(capture.capture_id)).ok


def flip_a_byte_of_a_template(database: Path) -> None:
    """Damage one stored template on the disk; SQLite may split it over pages at any byte, so any part is sought."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (template,) = connection.execute(
            "SELECT content FROM blobs WHERE name = 'template.fmr' ORDER BY id LIMIT 1"
        ).fetchone()
    on_disk = bytearray(database.read_bytes())
    places = (on_disk.find(template[start : start + 16]) for start in range(24, len(template) - 16))
    on_disk[next(place for place in places if place >= 0)] ^= 0xFF
    database.write_bytes(on_disk)


async def test_a_damaged_blob_is_named_by_its_capture(tmp_path):
    async with desk(tmp_path, synthetic()) as client:
        capture, whole = [await client.capture() for _ in range(2)]
    flip_a_byte_of_a_template(tmp_path / "spool.sqlite3")
    async with desk(tmp_path, synthetic()) as client:
        found = {}
        for each in (capture, whole):
            try:
                found[each.capture_id] = (await client.verify(each.capture_id)).ok
            except Exception as error:
                found[each.capture_id] = refused(error).words["en"]
        assert found.pop(whole.capture_id) is True
        (said,) = found.values()
        assert "template.fmr" in str(said)
        assert (await client.capture()).sequence == 3
        assert (await client.info()).warnings


async def test_damaged_pairings_are_set_aside(tmp_path):
    tmp_path.joinpath("pairings.json").write_text('{"half')
    async with desk(tmp_path, synthetic()) as client:
        assert (await client.capture()).sequence == 1
    assert (tmp_path / "pairings.corrupt.json").read_text() == '{"half'


async def test_a_key_that_cannot_be_read_is_named(tmp_path):
    async with desk(tmp_path):
        pass
    files = [file for file in (tmp_path / "keys").rglob("*") if file.is_file() and b"PRIVATE" in file.read_bytes()]
    assert files
    for file in files:
        file.write_bytes(b"no key")
    said = await refused_start(tmp_path, KeyProblem)
    assert "keys" in said


async def test_a_gateway_that_starts_again_at_once_gets_its_port(tmp_path):
    async with running(tmp_path, grpc_listen=f"127.0.0.1:{free_port()}") as gateway:
        address = gateway.addresses.grpc
    again = Gateway(Config(), ServeOptions(state=tmp_path, listen=address, metrics="", web=""))
    await again.start()
    assert again.addresses.grpc == address
    await again.stop()


async def test_a_stop_in_the_middle_of_the_start_leaves_nothing(tmp_path):
    gateway = Gateway(Config(), ServeOptions(synthetic=True, state=tmp_path, listen="127.0.0.1:0", metrics="", web=""))
    starting = asyncio.create_task(gateway.start())
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    async with desk(tmp_path, synthetic()) as client:
        assert (await client.info()).devices_ready == 1


def test_an_unknown_key_of_the_configuration_is_named_by_the_command(tmp_path):
    config = tmp_path / "rekam.toml"
    config.write_text("lisen = '127.0.0.1:1'\n")
    run = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "serve", "--config", config, "--state", tmp_path / "state"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 2
    assert "lisen" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "state").exists()
