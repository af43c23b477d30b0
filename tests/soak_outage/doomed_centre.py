"""A centre that dies at a chosen instant: before or after the commit of a packet, before or after its receipt.

Run by `Lives` as `python -m tests.soak_outage.doomed_centre STATE LISTEN`. The instants are those of the reception
(`gateway.central.reception`): what is killed there is the real thing, between two of its steps.
"""

import os
import signal
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from gateway.central import AdmissionLimits
from gateway.central.answers import AnswerSigner
from gateway.central.door import _Core
from gateway.central.server import CentreServer, CentreSettings, serve_centre
from gateway.central.sql_store import SqlStore
from gateway.logs import configure_logs
from tests.forked_lives import Options, Say, fork_lives


class Instant(StrEnum):
    """When it dies."""

    BEFORE_COMMIT = "centre killed before the commit"
    """The files have their names, and no row speaks of them."""
    AFTER_COMMIT = "centre killed after the commit"
    """Before the ledger's mark is written."""
    BEFORE_RECEIPT = "centre killed before the receipt"
    """All is written, and nothing is signed."""
    AFTER_RECEIPT = "centre killed after the receipt"
    """It was handed to the line."""


def doom(instant: Instant, count: int) -> None:
    """Die at the `count`-th time that this instant comes."""
    left = [count]

    def die() -> None:
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(work: Callable[..., Any]) -> Callable[..., Any]:
        def doomed(*arguments: Any) -> Any:
            die()
            return work(*arguments)

        return doomed

    def after(work: Callable[..., Any]) -> Callable[..., Any]:
        def doomed(*arguments: Any) -> Any:
            found = work(*arguments)
            die()
            return found

        return doomed

    def after_awaited(work: Callable[..., Any]) -> Callable[..., Any]:
        async def doomed(*arguments: Any) -> Any:
            found = await work(*arguments)
            die()
            return found

        return doomed

    match instant:
        case Instant.BEFORE_COMMIT:
            SqlStore.receive = before(SqlStore.receive)  # type: ignore[method-assign]
        case Instant.AFTER_COMMIT:
            SqlStore.receive = after(SqlStore.receive)  # type: ignore[method-assign]
        case Instant.BEFORE_RECEIPT:
            AnswerSigner.receipt = before(AnswerSigner.receipt)  # type: ignore[method-assign]
        case Instant.AFTER_RECEIPT:
            _Core.upload_packet = after_awaited(_Core.upload_packet)  # type: ignore[method-assign]


async def live(state: Path, listen: str, options: Options, say: Say) -> None:
    """One life, to its instant or to SIGTERM."""
    configure_logs(json_lines=True)
    if options.get("instant"):
        doom(Instant(options["instant"]), options["count"])

    async def ready(server: CentreServer) -> None:
        say({"pid": os.getpid(), "address": server.address})

    settings = CentreSettings(listen=listen, limits=AdmissionLimits(kept_free_bytes=0))
    await serve_centre(state, settings, ready)


if __name__ == "__main__":
    fork_lives(partial(live, Path(sys.argv[1]), sys.argv[2]))
