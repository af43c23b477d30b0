"""Chromium before the operator's page, driven by a script of `web/browser`."""

import asyncio
import base64
import hashlib
import json
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from gateway.main import Gateway

ROOT = Path(__file__).parents[3]
WEB = ROOT / "web"
PICTURES = "REKAM_PICTURES"
"""Names the folder that takes screenshots; none are kept without it."""
BOUND_S = 240


def chromium() -> str | None:
    return os.environ.get("REKAM_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def missing() -> str:
    """Why no browser can be driven here; empty where one can."""
    if not shutil.which("node"):
        return "needs Node"
    if not (WEB / "node_modules/playwright-core").is_dir():
        return "needs playwright-core: npm ci --prefix web"
    return "" if chromium() else "needs Chromium: apt-get install chromium"


needs_browser = pytest.mark.skipif(bool(missing()), reason=missing() or "is here")


def door_key(state: Path) -> str:
    """The digest of the door's public key, by which Chromium knows it."""
    certificate = x509.load_pem_x509_certificate((state / "web/door.pem").read_bytes())
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


async def driven(
    gateway: Gateway, script: str, answers: dict[str, Callable[[], str | Awaitable[str]]], **desk: Any
) -> dict[str, Any]:
    """Run a script against the gateway's page; what it told, all in one.

    `answers` gives what the script asks for, by name. A script that fails, or complains of the page, fails the test.
    """
    told: dict[str, Any] = {}
    settings = {
        "address": f"https://{gateway.addresses.web}",
        "key": door_key(gateway.state),
        "chromium": chromium(),
        "pictures": os.environ.get(PICTURES, ""),
        **desk,
    }
    process = await asyncio.create_subprocess_exec(
        *("node", str(WEB / "browser" / script)),
        env={**os.environ, "REKAM_DESK": json.dumps(settings)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    try:
        async with asyncio.timeout(BOUND_S):
            async for line in process.stdout:
                said = json.loads(line)
                if "ask" in said:
                    answer = answers[said["ask"]]()
                    given = await answer if isinstance(answer, Awaitable) else answer
                    process.stdin.write(f"{given}\n".encode())
                    await process.stdin.drain()
                else:
                    told |= said
            errors = (await process.stderr.read()).decode()
            assert await process.wait() == 0, f"{errors}\ntold before: {told}"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return told
