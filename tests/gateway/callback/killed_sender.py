"""Hands notices over in processes that are killed; a carrier writes each message that it took into a file."""

import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from gateway.sms import Accepted, SmsMessage
from tests.gateway.callback.carrier import Carrier, at, delivery, opened


class FileCarrier(Carrier):
    """Takes a message by a line in a file, before it answers."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def send(self, message: SmsMessage) -> Accepted:
        os.write(self._file, f"{message.phone}\n".encode())
        return super().send(message)


def send_all(folder: Path, ready: int) -> None:
    with opened(folder) as store:
        out = delivery(store, FileCarrier(folder / "taken"))
        os.write(ready, b"r")
        while out.step(at()).sent:
            pass


def killed(folder: Path, after_s: float) -> bool:
    """Fork a sender and kill it; whether the kill came before its end."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            send_all(folder, writer)
        finally:
            os._exit(0)
    os.close(writer)
    select.select([reader], [], [], 30)
    time.sleep(after_s)  # the instant of the kill, not a wait for something
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(reader)
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    place, kills, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(7)
    count = sum(killed(place, chance.uniform(0, 0.02)) for _ in range(kills))
    (place / "killed").write_text(str(count))
    reader, writer = os.pipe()
    send_all(place, writer)
