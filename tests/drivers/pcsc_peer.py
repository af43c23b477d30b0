"""pcscd with vsmartcard's virtual reader, and cards for it, run by a test that needs them and ended with it."""

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from drivers.cards.chip.cells import PowerLostError
from drivers.cards.chip.smart_card import SmartCard
from tests.conftest import PCSCD_SOCKET

VPCD = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
VICC_MODULES = Path("/usr/lib/python3/site-packages/virtualsmartcard")  # where Debian 12's python3 does not look
CRYPTODOME = Path("/usr/lib/python3/dist-packages/Cryptodome")
PATIENCE_S = 60.0
READER = "Virtual PCD"
SLOTS = (f"{READER} 00 00", f"{READER} 00 01")


def missing() -> str:
    """What is not installed here, for a test to say why it is skipped; "" if nothing is missing."""
    pcscd = shutil.which("pcscd", path="/usr/sbin:/usr/bin")
    found = {"pcscd": pcscd, "vsmartcard-vpcd": VPCD.exists(), "vsmartcard-vpicc": shutil.which("vicc")}
    found["python3-pycryptodome"] = CRYPTODOME.exists()
    absent = [package for package, here in found.items() if not here]
    try:
        import smartcard.scard  # noqa: F401
    except ImportError:
        absent.append("pyscard")
    return "" if not absent else "not installed: " + " ".join(absent)


BECOME_ACTIVATED = """
import os, sys
number = int(sys.argv[1])
if number == 3:
    os.set_inheritable(3, True)
else:
    os.dup2(number, 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""
"""systemd's way to hand over a socket (sd_listen_fds): number 3, and the process that it is for is named."""


class Pcscd:
    """The daemon with its own socket, handed to it as systemd would, so that no other pcscd is in its way.

    libpcsclite reads where the service listens once per process: all instances of one process take one path.
    """

    socket_path = PCSCD_SOCKET

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="rekam-pcscd-")
        self.ports = _free_ports()
        """One for each of the slots."""
        self.configuration = Path(self._folder.name) / "reader.conf"
        self.configure([READER])
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self, friendly_names: list[str]) -> None:
        """Write which readers there are; vpcd plays cards in the first only, as it keeps two slots per process."""
        blocks = [
            f'FRIENDLYNAME "{name}"\nDEVICENAME /dev/null:{port:#x}\nLIBPATH {VPCD}\nCHANNELID {port:#x}\n'
            for name, port in zip(friendly_names, range(self.ports[0], self.ports[0] + 8, 2), strict=False)
        ]
        self.configuration.write_text("\n".join(blocks))

    def start(self) -> None:
        self.socket_path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.socket_path))
            listener.listen(16)
            arguments = ["/usr/sbin/pcscd", "--foreground", "--config", str(self.configuration)]
            with (Path(self._folder.name) / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", BECOME_ACTIVATED, str(listener.fileno()), *arguments],
                    pass_fds=(listener.fileno(),),
                    stdout=log,
                    stderr=log,
                )

    @property
    def log(self) -> str:
        return (Path(self._folder.name) / "log").read_text(errors="replace")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(PATIENCE_S)

    def close(self) -> None:
        self.kill()
        self.socket_path.unlink(missing_ok=True)
        self._folder.cleanup()


class Vicc:
    """vsmartcard's own ISO 7816 card, a process of its own.

    Its version 0.8 under Python 3 dies of commands whose answer has FCI, and of UPDATE BINARY without Le.
    """

    def __init__(self, port: int, folder: Path) -> None:
        # It wants PyCryptodome by its old name, which Debian does not give it.
        alias = folder / "modules"
        alias.mkdir(exist_ok=True)
        if not (alias / "Crypto").exists():
            (alias / "Crypto").symlink_to(CRYPTODOME)
        environment = {**os.environ, "PYTHONPATH": f"{alias}:{VICC_MODULES}"}
        environment.pop("PYTHONWARNINGS", None)
        self._process = subprocess.Popen(
            ["/usr/bin/python3", shutil.which("vicc") or "vicc", "--hostname", "127.0.0.1", "--port", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

    def pull(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)


Script = Callable[[int, bytes], bytes | None]
"""What a card does with its n-th command: an answer, or None to pull the card. Raises `Silent` to say nothing more."""


class Silent(Exception):
    """Say nothing to this command, and nothing to any other."""


LOOKS_UNNOTICED = 4
"""pcscd powers up a card that it saw coming at its second look; giving the card before it up takes one or two more."""


class VirtualCard:
    """A card that this process plays for vpcd, by vsmartcard's protocol: length, then bytes; one byte is a control.

    One that comes after another is put in again until pcscd takes note of it: pcscd 1.9 never does where a command
    failed and, between two of its looks 400 ms apart, one card was changed for another; and the look that saw no card
    may have been the failed command's.
    """

    def __init__(
        self,
        port: int,
        card: SmartCard | None = None,
        *,
        script: Script | None = None,
        atr: bytes | None = None,
        after_another: bool = False,
    ) -> None:
        self.card = card or SmartCard()
        self._script = script
        self._atr = atr
        self._count = 0
        self._port, self._pulled, self._moving = port, False, threading.Lock()
        self._noticed, self._looks = not after_another, 0
        if after_another:
            empty_for_one_look(port)
        self._socket = _connected(port)
        self._thread = threading.Thread(target=self._serve, name="virtual card")
        self._thread.start()

    @property
    def gone(self) -> bool:
        return not self._thread.is_alive()

    def pull(self) -> None:
        with self._moving, contextlib.suppress(OSError):  # where it pulled itself
            self._pulled = True
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        self._stay()
        while not self._noticed and self._looks > LOOKS_UNNOTICED:
            with self._moving:
                if self._pulled:
                    return
                self._looks = 0
                self._socket = _connected(self._port)
            self._stay()

    def _stay(self) -> None:
        """Until it is pulled, or has to be put in again."""
        silent = False
        with self._socket:
            while (message := self._received()) is not None:
                if silent:
                    continue
                self._look(message)
                if self._looks > LOOKS_UNNOTICED:
                    return
                try:
                    answer = self._answer(message)
                except Silent:
                    silent = True
                    continue
                except PowerLostError:
                    return
                if answer is None:
                    if len(message) == 1:
                        continue
                    return
                try:
                    self._socket.sendall(struct.pack("!H", len(answer)) + answer)
                except OSError:
                    return

    def _look(self, message: bytes) -> None:
        """Count the questions for the answer to reset before the first power."""
        self._noticed |= message in (b"\x01", b"\x02")
        self._looks += not self._noticed and message == b"\x04"

    def _answer(self, message: bytes) -> bytes | None:
        if len(message) == 1:
            if message[0] == 0:
                self.card.power_down()
            elif message[0] in (1, 2):
                self.card.power_up()
            elif message[0] == 4:
                return self.card.atr if self._atr is None else self._atr
            return None
        self._count += 1
        if self._script is not None:
            return self._script(self._count, message)
        return self.card.process(message)

    def _received(self) -> bytes | None:
        head = self._exactly(2)
        return None if head is None else self._exactly(struct.unpack("!H", head)[0])

    def _exactly(self, length: int) -> bytes | None:
        octets = b""
        while len(octets) < length:
            try:
                # vpcd sends length and bytes apart: its second segment waits for our acknowledgement, which Linux
                # would hold back for 40 ms.
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                more = self._socket.recv(length - len(octets))
            except OSError:
                return None
            if not more:
                return None
            octets += more
        return octets


def empty_for_one_look(port: int) -> None:
    """Let pcscd look into the slot once and see no card: who hangs up on vpcd's question for the answer to reset."""
    with _connected(port) as stand_in:
        stand_in.recv(16)


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _free_ports() -> tuple[int, int]:
    """The first two of eight ports that nobody listens on; each process looks at blocks of its own."""
    for start in range(20000 + os.getpid() % 1000 * 8, 60000, 8000):
        if all(_is_free(port) for port in range(start, start + 8)):
            return start, start + 1
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
