"""QEMU's monitor, spoken in its machine protocol (QMP), by any thread."""

import json
import socket
import time
from pathlib import Path
from threading import Lock
from typing import Any, Self


class QmpError(Exception):
    """QEMU refused a command, or left."""


class Qmp:
    """A connection to the monitor's socket."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout_s)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("r")
        self._turn = Lock()
        self._deleted: set[str] = set()
        self._timeout_s = timeout_s
        self._received()  # the greeting
        self.execute("qmp_capabilities")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._lines.close()
        self._socket.close()

    def execute(self, command: str, **arguments: object) -> Any:
        """Run one command; what it returns.

        Raises
        ------
        QmpError
            It was refused, QEMU is gone, or does not answer.
        """
        with self._turn:
            return self._execute(command, arguments)

    def delete_device(self, device: str) -> None:
        """Pull a device, and wait until QEMU has let go of it."""
        with self._turn:
            self._deleted.discard(device)
            self._execute("device_del", {"id": device})
            deadline = time.monotonic() + self._timeout_s
            while device not in self._deleted:
                if time.monotonic() > deadline:
                    raise QmpError(f"{device} is not gone after {self._timeout_s} s")
                self._received()

    def _execute(self, command: str, arguments: dict[str, object]) -> Any:
        try:
            self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        except OSError as error:
            raise QmpError(f"QEMU is gone: {error}") from error
        while True:
            message = self._received()
            if "error" in message:
                raise QmpError(f"{command} {arguments}: {message['error']['desc']}")
            if "return" in message:
                return message["return"]

    def _received(self) -> dict[str, Any]:
        try:
            line = self._lines.readline()
        except OSError as error:
            raise QmpError(f"QEMU does not answer: {error}") from error
        if not line:
            raise QmpError("QEMU is gone")
        message: dict[str, Any] = json.loads(line)
        if message.get("event") == "DEVICE_DELETED":
            self._deleted.add(message["data"].get("device", ""))
        return message
