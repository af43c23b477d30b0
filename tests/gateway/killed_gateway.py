"""Starts gateways to be killed: imports all once, then forks one whenever it is asked.

Run as `python -m tests.gateway.killed_gateway STATE`; each line on standard input starts one gateway on the state
folder, and one line on standard output says its process id and address. A process of its own, so that it may fork:
it has neither threads nor gRPC itself.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import cv2

from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.fingerprint import analyze
from gateway.logs import configure_logs
from gateway.main import Gateway, ServeOptions
from tests.gateway.desk_ports import QUICK
from tests.gateway.running import quick_config, synthetic

SCANNERS = 2


async def serve(state: Path, said: int) -> None:
    devices = [synthetic(number, frame_rate=200.0, settle_s=0.0) for number in range(SCANNERS)]
    config = quick_config(*devices, capture={"still_frames": 1})
    gateway = Gateway(config, ServeOptions(state=state, listen="127.0.0.1:0", metrics="", web=""))
    await gateway.start()
    os.write(said, json.dumps({"pid": os.getpid(), "address": gateway.addresses.grpc}).encode() + b"\n")
    await asyncio.Event().wait()


def main(state: Path) -> None:
    said = sys.stdout.fileno()
    # What the first capture of a process takes its time for, done once; without OpenCV's threads, as they do not
    # survive a fork.
    cv2.setNumThreads(0)
    analyze(draw_fingerprint(QUICK["finger"], QUICK["impression"]), 500.0)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            configure_logs(json_lines=True)
            asyncio.run(serve(state, said))
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
