"""One life of a program after the other, each to be killed: imports once, then forks a life for each line it reads.

A module has a `main` that calls `fork_lives`; a test drives it by `Lives`. What forks has neither threads nor gRPC.
"""

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self

Options = dict[str, Any]
Say = Callable[[Options], None]
ROOT = Path(__file__).parents[1]
WITHIN_S = 60.0
_PR_SET_PDEATHSIG = 1
"""linux/prctl.h."""


def fork_lives(live: Callable[[Options, Say], Coroutine[Any, Any, None]]) -> None:
    """Run a life for each line of options on standard input, and tell how it ended."""
    said = sys.stdout.fileno()
    _die_with_parent()

    def say(words: Options) -> None:
        os.write(said, json.dumps(words).encode() + b"\n")

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _die_with_parent()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            asyncio.run(live(json.loads(line), say))
            return
        _, status = os.waitpid(child, 0)
        say({"ended": os.waitstatus_to_exitcode(status)})


def _die_with_parent() -> None:
    """Whoever ends a run by force leaves no lives behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Lives:
    """One life at a time; made by `ready`, ended by `close`."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())
        self.said: Options = {}
        """What the life said last; empty before it does."""
        self.ended: int | None = 0
        """How the last life ended; None while one runs."""

    @classmethod
    async def ready(cls, module: str, *arguments: str | Path, log: Path) -> Self:
        """Import all once."""
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", module, *arguments),
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env={**os.environ, "GRPC_VERBOSITY": "NONE"},
            )
        return cls(process, log)

    async def start(self, options: Options) -> Options:
        """Another life, once the one before has ended; what it says first."""
        await self.until_ended()
        assert self._process.stdin is not None
        self.said, self.ended = {}, None
        self._process.stdin.write(json.dumps(options).encode() + b"\n")
        async with asyncio.timeout(WITHIN_S), self._changed:
            await self._changed.wait_for(lambda: bool(self.said) or self.ended is not None)
        return self.said

    async def end(self, number: signal.Signals) -> int:
        """End it: in order by SIGTERM, as a power cut does by SIGKILL; how it ended."""
        if self.ended is None and self.said:
            os.kill(self.said["pid"], number)
        return await self.until_ended()

    async def until_ended(self) -> int:
        """Wait for its end; how it ended."""
        async with asyncio.timeout(WITHIN_S), self._changed:
            await self._changed.wait_for(lambda: self.ended is not None)
        assert self.ended is not None
        return self.ended

    async def close(self) -> None:
        """No more of them; one that runs is killed."""
        if self.ended is None and self.said:
            os.kill(self.said["pid"], signal.SIGKILL)
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), WITHIN_S)
        await self._reading

    def errors(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-4000:]

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            words = json.loads(line)
            async with self._changed:
                if "ended" in words:
                    self.ended = words["ended"]
                else:
                    self.said = words
                self._changed.notify_all()
