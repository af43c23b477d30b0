"""The devices as the tests in the virtual machine reach them: plugged in, pulled out, with other cards in them."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock
from typing import Any, TypeVar

IN_GUEST = os.environ.get("REKAM_VM") == "1"
PATIENCE_S = 60.0
"""Longer than anything takes where the processor is emulated on a busy machine."""
Seen = TypeVar("Seen")


class Desk:
    """The connection to the host, which has the devices."""

    def __init__(self) -> None:
        ports = {(port / "name").read_text().strip(): port.name for port in Path("/sys/class/virtio-ports").iterdir()}
        self._port = Path("/dev", ports["rekam.desk"]).open("r+b", buffering=0)  # noqa: SIM115
        self._turn = Lock()
        self.figures: list[str] = []
        """What was measured, for people."""

    def ask(self, action: str, **arguments: object) -> Any:
        """Have the host do something (`tests.vm.bench.Bench`), wait until it is done, and give what came of it."""
        with self._turn:
            self._port.write(json.dumps({"action": action, **arguments}).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                answer += self._port.read(65536) or b""
        told = json.loads(answer)
        if "error" in told:
            raise RuntimeError(f"the host could not {action} {arguments}: {told['error']}")
        return told.get("result")

    def close(self) -> None:
        """Give the connection back."""
        self._port.close()


def until(look: Callable[[], Seen], what: str) -> Seen:
    """Look again and again until it is true: nothing tells when the kernel or udev has made a device node."""
    deadline = time.monotonic() + PATIENCE_S
    while not (seen := look()):
        assert time.monotonic() < deadline, what
        Event().wait(0.01)
    return seen
