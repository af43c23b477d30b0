"""`rekam`, as somebody types it."""

import asyncio
import json
from typing import Any

from typer.testing import CliRunner

from gateway.cli.app import app


async def rekam(*words: object) -> list[dict[str, Any]]:
    """Run a command with --json; the documents that it wrote."""
    done = await asyncio.to_thread(CliRunner().invoke, app, [*map(str, words), "--json"], env={"LANG": "C"})
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
