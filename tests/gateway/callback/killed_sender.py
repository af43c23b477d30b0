"""Hands notices over in processes that are killed; a carrier writes each message that it took into a file."""

import fcntl
import os
import random
import signal
import sys
import time
from pathlib import Path

from gateway.sms import Accepted, SmsMessage
from tests.gateway.callback.carrier import Carrier, at, delivery, opened

PAGE = 4096
"""The least that Linux lets a pipe hold."""
WORD = bytes(PAGE // 4)
"""Said of each message: who says it is at most four messages ahead of who listens, however late that one comes."""


class FileCarrier(Carrier):
    """Takes a message by a line in a file, before it answers, and says so."""

    def __init__(self, path: Path, told: int) -> None:
        super().__init__()
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._told = told

    def send(self, message: SmsMessage) -> Accepted:
        os.write(self._file, f"{message.phone}\n".encode())
        os.write(self._told, WORD)
        return super().send(message)


def send_all(folder: Path, told: int) -> None:
    with opened(folder) as store:
        out = delivery(store, FileCarrier(folder / "taken", told))
        while out.step(at()).sent:
            pass


def killed(folder: Path, messages: int, after_s: float) -> bool:
    """Fork a sender and kill it so long after so many messages; whether the kill came before its end."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PAGE)
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            send_all(folder, writer)
        finally:
            os._exit(0)
    os.close(writer)
    for _ in range(messages):
        os.read(reader, len(WORD))
    time.sleep(after_s)  # the instant of the kill, not a wait for something
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(reader)
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    place, kills, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(7)
    count = sum(killed(place, chance.randint(0, 3), chance.uniform(0, 0.02)) for _ in range(kills))
    (place / "killed").write_text(str(count))
    with Path(os.devnull).open("wb") as nobody:
        send_all(place, nobody.fileno())
