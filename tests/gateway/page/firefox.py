"""Firefox before the operator's page, driven by Marionette: Firefox's own remote control, JSON over a socket.

Playwright speaks to Firefox by WebDriver BiDi, and asks for commands that Debian's ESR does not have.
"""

import asyncio
import base64
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

BOUND_S = 60.0
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of a reference to an element (WebDriver, 12.3)."""
_PREFERENCES = {
    "marionette.port": 0,
    "intl.accept_languages": "id,en",
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
_TRUST = """
const database = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
database.addCertFromBase64(arguments[0], "C,,");
"""
_COMPLAINTS = """
return Services.console.getMessageArray()
  .filter((each) => each instanceof Ci.nsIScriptError && each.sourceName.startsWith(arguments[0]))
  .filter((each) => !(each.flags & (Ci.nsIScriptError.warningFlag | Ci.nsIScriptError.infoFlag)))
  .map((each) => `${each.category}: ${each.errorMessage} ${each.sourceName}:${each.lineNumber}`);
"""


def firefox() -> str | None:
    return os.environ.get("REKAM_FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")


needs_firefox = pytest.mark.skipif(not firefox(), reason="needs Firefox: apt-get install firefox-esr")


class FirefoxRefused(Exception):
    """What Firefox answers to a command that it cannot carry out."""


class Firefox:
    """A window of Firefox; everything is asked of it in turn."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._asked = reader, writer, 0

    async def ask(self, command: str, **parameters: Any) -> Any:
        """One command, and its result."""
        self._asked += 1
        text = json.dumps([0, self._asked, command, parameters]).encode()
        self._writer.write(b"%d:%b" % (len(text), text))
        await self._writer.drain()
        _, number, error, result = await self.told()
        assert number == self._asked
        if error:
            raise FirefoxRefused(f"{command}: {error['error']}: {error['message']}")
        return result

    async def told(self) -> Any:
        """The next message, which says its length before it."""
        length = (await self._reader.readuntil(b":"))[:-1]
        return json.loads(await self._reader.readexactly(int(length)))

    async def open(self, address: str) -> None:
        await self.ask("WebDriver:Navigate", url=address)

    async def run(self, script: str, *arguments: Any) -> Any:
        """The value that a script of the page returns."""
        return (await self.ask("WebDriver:ExecuteScript", script=script, args=arguments))["value"]

    async def trust(self, authority: str) -> None:
        """Believe an authority (PEM), as `certutil -A -t C,,` has the profile believe it."""
        await self._within(_TRUST, "".join(authority.splitlines()[1:-1]))

    async def complaints(self, address: str) -> list[str]:
        """Exceptions and refusals of the content policy on pages whose address begins so."""
        return list(await self._within(_COMPLAINTS, address))

    async def find(self, selector: str) -> str:
        """An element, as soon as it is there."""
        found = await self.ask("WebDriver:FindElement", using="css selector", value=selector)
        return str(found["value"][_ELEMENT])

    async def click(self, selector: str) -> None:
        await self.ask("WebDriver:ElementClick", id=await self.find(selector))

    async def type(self, selector: str, text: str) -> None:
        await self.ask("WebDriver:ElementSendKeys", id=await self.find(selector), text=text)

    async def picture(self) -> bytes:
        """What the window shows, as PNG."""
        taken = await self.ask("WebDriver:TakeScreenshot", full=False)
        return base64.b64decode(taken["value"])

    async def _within(self, script: str, *arguments: Any) -> Any:
        """The value that a script of the browser itself returns, not of the page."""
        await self.ask("Marionette:SetContext", value="chrome")
        try:
            return await self.run(script, *arguments)
        finally:
            await self.ask("Marionette:SetContext", value="content")


@asynccontextmanager
async def at_firefox(profile: Path, width: int = 1366, height: int = 768) -> AsyncIterator[Firefox]:
    """Firefox with a new profile in an empty folder; ended with the block."""
    program = firefox()
    assert program
    _make_profile(profile)
    process = await asyncio.create_subprocess_exec(
        *(program, "--headless", "--marionette", "-remote-allow-system-access", "--profile", str(profile)),
        *("--width", str(width), "--height", str(height)),
        env={**os.environ, "HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout
    said = asyncio.create_task(process.stdout.read())  # so that a full pipe never stops it
    try:
        async with asyncio.timeout(BOUND_S):
            port = await _port(profile, lambda: process.returncode)
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
            window = Firefox(reader, writer)
            assert (await window.told())["marionetteProtocol"] == 3
            await window.ask("WebDriver:NewSession", strictFileInteractability=True)
            await window.ask("WebDriver:SetTimeouts", implicit=int(BOUND_S * 1e3))
            await window.ask("WebDriver:SetWindowRect", width=width, height=height)
        yield window
        writer.close()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await said


def _make_profile(folder: Path) -> None:
    folder.mkdir()
    lines = (f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in _PREFERENCES.items())
    (folder / "user.js").write_text("".join(lines))


async def _port(profile: Path, ended: Callable[[], int | None]) -> int:
    """The port that Firefox listens on, as soon as it has written it into its profile."""
    while not (port := _written_port(profile)):
        assert ended() is None, "Firefox ended by itself"
        await asyncio.sleep(0.02)
    return port


def _written_port(profile: Path) -> int:
    """0 while there is none."""
    file = profile / "MarionetteActivePort"
    return int(file.read_text().strip() or 0) if file.exists() else 0
