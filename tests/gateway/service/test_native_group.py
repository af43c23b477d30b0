"""The unix socket of a group: the kernel lets its users in and no others, and they have its roles."""

import asyncio
import grp
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import grpc
import pytest
from pydantic import ValidationError
from rekam.v1 import gateway_pb2

from gateway.cli.checks.finding import Level
from gateway.cli.checks.network import check_gateway
from gateway.config import Config
from tests.gateway.client import Client, refused
from tests.gateway.running import running, synthetic
from tests.gateway.service.test_audit_service import entries

GROUP = grp.getgrgid(os.getgid()).gr_name
NOBODY = 65534
TRY = """
import os, socket, sys
path, user, *groups = sys.argv[1], *map(int, sys.argv[2:])
os.setgroups(groups), os.setgid(user), os.setuid(user)
socket.socket(socket.AF_UNIX).connect(path)
"""


@pytest.fixture
def folder():
    """One that other users can get to, as /run is."""
    path = Path(tempfile.mkdtemp(prefix="rekam-"))
    path.chmod(0o755)
    yield path / "desk"
    shutil.rmtree(path)


def table(folder, **more):
    return {"socket": str(folder / "rekam.sock"), "group": GROUP, "group_roles": ["operator"], **more}


async def test_a_group_has_its_own_roles(tmp_path, folder):
    async with running(tmp_path, synthetic(), grpc=table(folder)) as gateway:
        assert gateway.addresses.group == f"unix:{folder}/rekam.sock"
        assert folder.stat().st_mode & 0o777 == 0o750
        assert (folder / "rekam.sock").stat().st_mode & 0o777 == 0o660
        assert (folder / "rekam.sock").stat().st_gid == folder.stat().st_gid == os.getgid()
        async with grpc.aio.insecure_channel(gateway.addresses.group) as channel:
            client = Client(channel)
            await client.acquire("synthetic:T-1")
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await client.steal("synthetic:T-1")
            assert refused(error.value).reason == "ROLE_DENIED"
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await client.ask(
                    "GatewayService", gateway_pb2.PairRequest(origin="https://a.example"), gateway_pb2.PairResponse
                )
            assert refused(error.value).reason == "ORIGIN_DENIED"
        async with grpc.aio.insecure_channel(gateway.addresses.unix) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await Client(channel).steal("synthetic:T-1")
            assert refused(error.value).reason == "LEASE_HELD"  # the owner of the gateway may, later
            acquired, *_ = await entries(Client(channel), event="LeaseService.AcquireLease")
            assert acquired.peer == "group"
    assert not (folder / "rekam.sock").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be another user")
async def test_the_kernel_lets_the_groups_users_in_and_no_others(tmp_path, folder):
    async with running(tmp_path, grpc=table(folder)) as gateway:

        def tried(path, *groups):
            arguments = [path.removeprefix("unix:"), *map(str, (NOBODY, *groups))]
            command = [sys.executable, "-I", "-S", "-c", TRY, *arguments]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            return "let in" if not done.returncode else done.stderr.splitlines()[-1].partition(":")[0]

        found = await asyncio.to_thread(
            lambda: [
                tried(gateway.addresses.group, os.getgid()),
                tried(gateway.addresses.group),
                tried(gateway.addresses.unix, os.getgid()),
            ]
        )
    assert found == ["let in", "PermissionError", "PermissionError"]


async def test_what_keeps_the_socket_from_being_for_the_group_alone_is_named(tmp_path, folder):
    async def failed(name, path=folder, group=GROUP):
        with pytest.raises(OSError) as error:
            async with running(tmp_path / name, grpc=table(path, group=group)):
                pass
        return str(error.value)

    assert "sudo groupadd" in await failed("one", group="no-such-group")
    folder.mkdir(mode=0o755)
    assert f"sudo install -d -o {os.geteuid()} -g {GROUP} -m 0750" in await failed("two")
    folder.chmod(0o750)
    (folder / "rekam.sock").write_text("a file")
    assert "is no socket" in await failed("three")
    (folder / "rekam.sock").unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(folder / "rekam.sock"))
        other.listen()
        assert "another program listens" in await failed("four")
    async with running(tmp_path / "five", grpc=table(folder)) as gateway:  # what a killed gateway left
        assert gateway.addresses.group


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make a folder of another group")
async def test_a_folder_of_another_group_is_given_to_the_group(tmp_path, folder):
    folder.mkdir(mode=0o750)
    os.chown(folder, -1, NOBODY)
    async with running(tmp_path, grpc=table(folder)):
        assert folder.stat().st_gid == os.getgid()
        assert folder.stat().st_mode & 0o777 == 0o750


async def test_without_a_port_the_socket_alone_is_served(tmp_path):
    async with running(tmp_path, grpc_listen="") as gateway:
        assert gateway.addresses.grpc == ""
        running_one = await asyncio.to_thread(lambda: list(check_gateway(tmp_path, "", None)))
        assert running_one[0].name == "gateway"
        assert running_one[0].level is Level.OK
        async with grpc.aio.insecure_channel(gateway.addresses.unix) as channel:
            assert (await Client(channel).info()).gateway_id
    assert [each.name for each in check_gateway(tmp_path, "", None)] == ["gateway"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"group": "desk"}, "go together"),
        ({"socket": "/run/rekam/desk.sock"}, "go together"),
        ({"socket": "desk.sock", "group": "desk"}, "whole path"),
        ({"listen": "0.0.0.0:7414"}, "`names`"),
        ({"group_roles": ["root"]}, "no such role"),
    ],
)
def test_a_table_that_is_half_is_refused(given, said):
    with pytest.raises(ValidationError, match=said):
        Config.model_validate({"grpc": given})


def test_the_names_of_the_certificate():
    assert Config.model_validate({"grpc": {"listen": "192.0.2.1:7414"}}).grpc.reached_by == ("192.0.2.1",)
    every = {"listen": "0.0.0.0:7414", "names": ["desk.example"]}
    assert Config.model_validate({"grpc": every}).grpc.reached_by == ("desk.example",)
