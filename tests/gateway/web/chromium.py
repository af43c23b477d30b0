"""Debian's Chromium without a screen, driven by its own protocol over two pipes."""

import asyncio
import base64
import hashlib
import itertools
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

CHROMIUM = Path("/usr/bin/chromium")
ANSWER_S = 60.0
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
    *("--remote-debugging-pipe", "--password-store=basic"),
)


class Tab:
    """A page of a browser."""

    def __init__(self, reader: asyncio.StreamReader, write: int) -> None:
        self._reader, self._write = reader, write
        self._numbers = itertools.count(1)
        self.session = ""

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the DevTools protocol, and its answer; events are passed over."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        async with asyncio.timeout(ANSWER_S):
            while True:
                told = json.loads((await self._reader.readuntil(b"\0"))[:-1])
                if told.get("id") == number:
                    assert "error" not in told, told
                    return dict(told["result"])

    async def value(self, expression: str) -> Any:
        """What an expression is in the page; None while the page is on its way to another."""
        try:
            found = await self.command("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        except AssertionError:
            return None
        return found["result"].get("value")

    async def until(self, expression: str) -> None:
        """Ask until an expression is true; by the page's own clock, and of the next page where it goes to one."""
        ask = f"() => ({expression}) ? done(true) : setTimeout(ask, 20)"
        async with asyncio.timeout(ANSWER_S):
            while not await self.value(f"new Promise(done => {{ const ask = {ask}; ask(); }})"):
                pass


@asynccontextmanager
async def chromium(home: Path, believes: Path | None = None) -> AsyncIterator[Tab]:
    """A browser with nothing kept; `believes` is the certificate (PEM) that it takes for good."""
    flags = [*FLAGS, f"--user-data-dir={home / 'profile'}"]
    if believes is not None:
        flags.append(f"--ignore-certificate-errors-spki-list={_key_digest(believes)}")
    to_browser, our_write = os.pipe()
    our_read, from_browser = os.pipe()
    shell = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
    process = await asyncio.create_subprocess_exec(
        *("/bin/bash", "-c", shell, str(CHROMIUM), *flags, "about:blank"),
        env={**os.environ, "HOME": str(home)},
        pass_fds=(to_browser, from_browser),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(to_browser)
    os.close(from_browser)
    reader = asyncio.StreamReader(limit=1 << 24)
    pipe = os.fdopen(our_read, "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    tab = Tab(reader, our_write)
    try:
        target = (await tab.command("Target.createTarget", url="about:blank"))["targetId"]
        tab.session = (await tab.command("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        yield tab
    finally:
        transport.close()
        os.close(our_write)  # which ends the browser
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _key_digest(path: Path) -> str:
    key = x509.load_pem_x509_certificate(path.read_bytes()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).digest()).decode()
