"""NATS servers for the tests: on free ports of this machine, TLS and nkeys made here, ended by their id."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nkeys

from gateway.central import Authority
from gateway.central.jetstream import JetstreamSettings
from gateway.hub import HubLimits, HubPlace
from gateway.hub.accounts import user_entry
from gateway.hub.keys import public_of
from tests.free_ports import free_port

PROGRAM = shutil.which("nats-server", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
_START_S = 60.0


@dataclass(frozen=True)
class Key:
    """An nkey of a user."""

    seed: bytes
    public: str


def new_key() -> Key:
    seed = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
    return Key(bytes(seed), public_of(bytes(seed)))


class Hub:
    """A hub's folder and, one after the other, its lives, at one port.

    Parameters
    ----------
    folder : Path
    gateways : sequence of str
        Whose nkeys it knows.
    """

    def __init__(
        self, folder: Path, gateways: Sequence[str], max_payload: int = 1 << 20, *, flush_always: bool = False
    ) -> None:
        self.folder = folder
        self.keys = {each: new_key() for each in ("", *gateways)}
        folder.mkdir(parents=True)
        self.authority = Authority.made("hub", datetime.now(UTC))
        issued = self.authority.server_certificate(["localhost", "127.0.0.1"], datetime.now(UTC))
        (folder / "authority.pem").write_bytes(self.authority.certificate_pem)
        (folder / "server.pem").write_bytes(issued.certificate_pem)
        (folder / "server.key").write_bytes(issued.key_pem)
        for name, key in self.keys.items():
            (folder / f"{name or '=centre'}.nk").write_bytes(key.seed + b"\n")
        self.port = free_port()
        flush = ", sync_interval: always" if flush_always else ""
        users = [user_entry(key.public, name) for name, key in self.keys.items()]
        (folder / "hub.conf").write_text(
            f"listen: 127.0.0.1:{self.port}\n"
            f"max_payload: {max_payload}\n"
            f'tls {{ cert_file: "{folder}/server.pem", key_file: "{folder}/server.key", handshake_first: true }}\n'
            f'jetstream {{ store_dir: "{folder}/store", max_file_store: 10GB, max_memory_store: 64MB {flush} }}\n'
            "accounts { REKAM { jetstream: enabled, users: [\n" + "\n".join(users) + "\n] } }\n"
        )
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def place(self, gateway_id: str, address: str = "") -> HubPlace:
        """Where a gateway, or the centre (""), finds it."""
        host, _, port = (address or self.address).rpartition(":")
        seed = self.folder / f"{gateway_id or '=centre'}.nk"
        return HubPlace(host, int(port), seed, self.folder / "authority.pem")

    def settings(self, limits: HubLimits | None = None, address: str = "") -> JetstreamSettings:
        """How a centre joins it."""
        return JetstreamSettings(self.place("", address), limits or HubLimits(in_bytes=2 * 10**9, out_bytes=10**9))

    async def start(self) -> None:
        """Begin a life; on return it listens."""
        assert PROGRAM is not None
        with (self.folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(PROGRAM, "-c", str(self.folder / "hub.conf")), stdout=log, stderr=log
            )
        async with asyncio.timeout(_START_S):
            while True:
                if self._process.returncode is not None:
                    raise RuntimeError((self.folder / "log").read_text()[-3000:])
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.transport.abort()
                    return

    async def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End its life."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(number)
        try:
            async with asyncio.timeout(60):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


@asynccontextmanager
async def hub_at(folder: Path, *gateways: str, max_payload: int = 1 << 20) -> AsyncIterator[Hub]:
    """A hub that serves."""
    hub = Hub(folder, gateways, max_payload)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.end()
