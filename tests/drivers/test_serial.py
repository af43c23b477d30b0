"""The serial port: what goes over it, and how it says what is wrong."""

import errno
import fcntl
import os
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
import serial

from drivers import (
    CaptureCancelled,
    DeviceAccessDenied,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
    DeviceUnsupported,
)
from drivers.transports.serial import SerialTransport, drain


class Terminal:
    """The other end of a port."""

    def __init__(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)
        self.pulled = False

    def pull(self) -> None:
        if not self.pulled:
            self.pulled = True
            os.close(self.master)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    before = open_files()
    terminal = Terminal()
    yield terminal
    terminal.pull()
    assert open_files() <= before


def open_files() -> set[str]:
    return {file.name for file in Path("/proc/self/fd").iterdir()}


@pytest.fixture
def link(terminal: Terminal) -> Iterator[SerialTransport]:
    transport = SerialTransport(terminal.path)
    transport.open(57600)
    yield transport
    transport.close()


def everything(link: SerialTransport, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += link.read()
    return data


class TestBytes:
    def test_all_values_go_both_ways_unchanged(self, terminal: Terminal, link: SerialTransport) -> None:
        every = bytes(range(256)) * 3
        link.write(every)
        assert os.read(terminal.master, 4096) == every
        os.write(terminal.master, every)
        assert everything(link, len(every)) == every

    def test_nothing_comes(self, link: SerialTransport) -> None:
        assert link.read() == b""

    def test_rate_is_set_and_changed(self, terminal: Terminal, link: SerialTransport) -> None:
        assert termios.tcgetattr(terminal.master)[4] == termios.B57600
        link.set_baud(115200)
        assert termios.tcgetattr(terminal.master)[4] == termios.B115200
        assert link.baud == 115200

    def test_rate_that_no_port_has(self, link: SerialTransport) -> None:
        with pytest.raises(DeviceUnsupported, match="baud"):
            link.set_baud(-5)
        assert link.baud == 57600

    def test_input_is_discarded(self, terminal: Terminal, link: SerialTransport) -> None:
        os.write(terminal.master, b"old")
        link.discard_input()
        os.write(terminal.master, b"new")
        assert everything(link, 3) == b"new"

    def test_what_came_before_opening_is_forgotten(self, terminal: Terminal) -> None:
        keeper = os.open(terminal.path, os.O_RDWR | os.O_NOCTTY)
        os.write(terminal.master, b"old")
        transport = SerialTransport(terminal.path)
        transport.open(9600)
        assert transport.read() == b""
        transport.close()
        os.close(keeper)

    def test_drain_waits_for_quiet(self, terminal: Terminal, link: SerialTransport) -> None:
        os.write(terminal.master, b"late")
        assert drain(link, 0.05, 5, lambda: None)
        assert link.read() == b""

    def test_drain_gives_up_on_a_flood(self, terminal: Terminal, link: SerialTransport) -> None:
        def flood() -> None:
            os.write(terminal.master, b"more")

        assert not drain(link, 0.05, 0.1, flood)

    def test_drain_is_ended_by_its_check(self, link: SerialTransport) -> None:
        cancel = Event()
        cancel.set()

        def check() -> None:
            if cancel.is_set():
                raise CaptureCancelled("now")

        with pytest.raises(CaptureCancelled):
            drain(link, 5, 5, check)


class TestFaults:
    def test_pulled_cable(self, terminal: Terminal, link: SerialTransport) -> None:
        terminal.pull()
        for act in (link.read, lambda: link.write(b"x")):
            with pytest.raises(DeviceLost, match="plug it in again") as caught:
                act()
            assert not isinstance(caught.value, DeviceHung)
            assert caught.value.__cause__ is not None
        with pytest.raises(DeviceLost):
            link.set_baud(9600)
        with pytest.raises(DeviceLost):
            link.discard_input()

    def test_port_that_takes_nothing(self, link: SerialTransport, monkeypatch: pytest.MonkeyPatch) -> None:
        link._opened().write_timeout = 0.05
        with pytest.raises(DeviceHung, match="takes no more"):
            link.write(bytes(1 << 20))

    def test_closed_port(self, terminal: Terminal) -> None:
        transport = SerialTransport(terminal.path)
        with pytest.raises(DeviceLost, match="not open"):
            transport.read()
        transport.close()

    def test_opened_twice(self, terminal: Terminal, link: SerialTransport) -> None:
        with pytest.raises(DeviceBusy, match="open already"):
            link.open(9600)
        with pytest.raises(DeviceBusy, match=r"this program itself holds .*ModemManager"):
            SerialTransport(terminal.path).open(9600)

    def test_held_by_another_program_that_is_named(self, terminal: Terminal) -> None:
        holding = (
            "import fcntl, os, sys\n"
            "port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)\n"
            "fcntl.flock(port, fcntl.LOCK_EX)\n"
            "print('held', flush=True)\n"
            "sys.stdin.read()\n"
        )
        arguments = [sys.executable, "-c", holding, terminal.path]
        with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            with pytest.raises(DeviceBusy, match=rf"process {other.pid}\) holds {terminal.path}"):
                SerialTransport(terminal.path).open(9600)
            other.communicate()
        transport = SerialTransport(terminal.path)
        transport.open(9600)
        transport.close()

    def test_others_may_open_it_after_closing(self, terminal: Terminal) -> None:
        transport = SerialTransport(terminal.path)
        transport.open(9600)
        transport.close()
        port = os.open(terminal.path, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(port)

    def test_no_such_port(self, tmp_path: Path) -> None:
        with pytest.raises(DeviceNotFound, match=r"no serial port .*ttyUSB9.*ports here: "):
            SerialTransport(str(tmp_path / "ttyUSB9")).open(9600)

    def test_file_that_is_no_port(self, tmp_path: Path) -> None:
        path = tmp_path / "plain"
        path.touch()
        for other in (path, tmp_path):
            with pytest.raises(DeviceUnsupported, match="correct 'port'"):
                SerialTransport(str(other)).open(9600)

    @pytest.mark.parametrize(
        ("number", "kind", "words"),
        [
            (errno.EACCES, DeviceAccessDenied, "usermod -aG"),
            (errno.EPERM, DeviceAccessDenied, "usermod -aG"),
            (errno.EBUSY, DeviceBusy, "another program holds"),
            (errno.ENXIO, DeviceNotFound, "plug its adapter in"),
            (errno.ENODEV, DeviceNotFound, "plug its adapter in"),
            (errno.EIO, DeviceNotFound, "plug its adapter in"),
            (errno.EINVAL, DeviceUnsupported, "correct"),
        ],
    )
    def test_what_the_system_says_at_opening(
        self, number: int, kind: type[DeviceError], words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        def refuse(*arguments: object, **options: object) -> None:
            raise serial.SerialException(number, os.strerror(number))

        monkeypatch.setattr(serial, "Serial", refuse)
        with pytest.raises(kind, match=words) as caught:
            SerialTransport(str(tmp_path / "tty")).open(9600)
        assert isinstance(caught.value.__cause__, serial.SerialException)

    def test_cable_pulled_while_another_thread_reads(self, terminal: Terminal, link: SerialTransport) -> None:
        lost: list[DeviceLost] = []

        def read() -> None:
            try:
                while True:
                    link.read()
            except DeviceLost as error:
                lost.append(error)

        reading = threading.Thread(target=read)
        reading.start()
        terminal.pull()
        reading.join(60)
        assert len(lost) == 1
