"""Gateways with a centre, one life after the other on one state folder: to be killed, or ended in order.

Run by `Lives` as `python -m tests.gateway.outage_gateway STATE`; the options of a life are its configuration.
"""

import asyncio
import os
import signal
import sys
from functools import partial
from pathlib import Path

import cv2

from gateway.centre_pace import CentrePace
from gateway.config import Config
from gateway.forwarding.backoff import Backoff
from gateway.link import JudgementLimits, PaceLimits
from gateway.logs import configure_logs
from gateway.main import Gateway, ServeOptions
from tests.forked_lives import Options, Say, fork_lives

QUICK_PACE = CentrePace(
    looks=PaceLimits(fast_s=0.25, slow_s=0.5),
    judgement=JudgementLimits(spacing_s=0.1, dwell_s=1.0, offline_span_s=1.0, online_span_s=0.8),
    centre_backoff=Backoff(0.05, 0.4),
    packet_backoff=Backoff(0.05, 0.4),
    answers_s=(0.2, 0.4),
    spread_s=(0.1, 0.1),
    notices_s=0.3,
)
"""A week's outage in half a minute: all waits are as in an office, and shorter in the same proportion."""


async def serve(state: Path, options: Options, say: Say) -> None:
    """One life."""
    configure_logs(json_lines=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    places = ServeOptions(state=state, listen="127.0.0.1:0", metrics="", web="")
    gateway = Gateway(Config.model_validate(options), places, pace=QUICK_PACE)
    await gateway.start()
    say({"pid": os.getpid(), "address": gateway.addresses.grpc})
    await ended.wait()
    await gateway.stop()


if __name__ == "__main__":
    cv2.setNumThreads(0)  # its threads do not survive a fork
    fork_lives(partial(serve, Path(sys.argv[1])))
