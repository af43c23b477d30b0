"""A ZFM family fingerprint module on a pseudo terminal, written from the protocol sheet and not from the driver."""

import contextlib
import errno
import os
import random
import select
import struct
import termios
import threading
import tty
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, cycle, repeat
from typing import Self

import numpy as np
from numpy.typing import NDArray

RATES = {getattr(termios, f"B{rate}"): rate for rate in (9600, 19200, 38400, 57600, 115200)}
PARAMETERLESS = {0x01, 0x03, 0x05, 0x0A, 0x0B, 0x0D, 0x0F, 0x1D, 0x3A, 0x3C, 0x40, 0x53}
ABSENT, PRESENT, SMEARED = 0x02, 0x00, 0x03
NOBODY = (ABSENT,)
FINGER_COMES_AND_GOES = (ABSENT, ABSENT, PRESENT, PRESENT, PRESENT, ABSENT)


def rings(width: int, height: int) -> NDArray[np.uint8]:
    """Dark ridges as rings on a light ground, 0 to 15."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wave = np.sin(np.hypot(x - width / 2, y - height * 0.6) * 2 * np.pi / 9)
    picture: NDArray[np.uint8] = np.clip(np.rint(7.5 + 7.5 * wave + x / width), 0, 15).astype(np.uint8)
    return picture


OPTICAL = rings(256, 288)
ROUND = rings(192, 192)


def packed(picture: NDArray[np.uint8]) -> bytes:
    pairs = picture.reshape(-1, 2)
    return (16 * pairs[:, 0] + pairs[:, 1]).astype(np.uint8).tobytes()


def frame(address: int, pid: int, payload: bytes) -> bytes:
    counted = bytes([pid]) + (len(payload) + 2).to_bytes(2, "big") + payload
    return b"\xef\x01" + address.to_bytes(4, "big") + counted + (sum(counted) % 65536).to_bytes(2, "big")


def product(name: bytes, serial: bytes, width: int, height: int) -> bytes:
    """ReadProdInfo of the R503 manual, with the 4 reserved bytes."""
    return struct.pack(">16s4s8s2B8s4H4x", name, b"B001", serial, 1, 4, b"GR192", width, height, 1536, 200)


# What happens to one command's answer: half of it comes (cut), a bit is turned (garbled), something comes before it
# (noise, stranger: a packet of another address, strange: another command's answer, stray: data packets), it comes with
# the next one's (late), twice, or as 01 (misheard). `gone`, the pulled cable, stands apart.
ANSWER_FAULTS = (
    "none", "silent", "cut", "garbled", "noise", "stranger", "late", "twice", "misheard", "strange", "stray",
    "stray end",
)  # fmt: skip
IMAGE_FAULTS = (
    "none",
    "refused",
    "lost packet",
    "cut packet",
    "garbled packet",
    "no end",
    "early end",
    "stops",
    "pauses",
    "overlong",
    "noise inside",
)


class _CablePulledError(Exception):
    pass


class ZfmModule:
    """One module; its thread runs in the `with` block.

    Parameters
    ----------
    picture : (height, width) uint8
        What UpImage sends, 0 to 15.
    looks : iterable of int
        Confirmation codes of GetImage, one a look, again and again.
    system_id, product, version
        What ReadSysPara, ReadProdInfo and GetFwVer tell; None: the command is not known.
    unknown : bytes, optional
        The answer to a command that is not known; None: there is none.
    faults, image_faults : iterable of str
        One a command from the first on, and one an UpImage.
    baud : int
        Its own rate.
    change : str
        When a new rate counts: `at once` after the reply, `at power-up`, or `never` (1A).
    deaf_at : set of int
        Rates that the line does not carry: what the module sends arrives garbled.
    silent_after_looks : int, optional
        Stops answering at that look, until its password is verified again.
    gone_after_looks : int, optional
        The cable is pulled then.
    hears_all : bool
        Answers commands to other addresses, too.
    packet_pause_s, pause_s : float
        Between two data packets; that of the fault `pauses`.
    """

    def __init__(
        self,
        picture: NDArray[np.uint8] = OPTICAL,
        *,
        looks: Iterable[int] = FINGER_COMES_AND_GOES,
        address: int = 0xFFFFFFFF,
        password: int = 0,
        baud: int = 57600,
        system_id: int | None = 9,
        product: bytes | None = None,
        version: bytes | None = None,
        unknown: bytes | None = b"\xfc",
        packet_code: int = 2,
        change: str = "at once",
        deaf_at: frozenset[int] = frozenset(),
        faults: Iterable[str] = (),
        image_faults: Iterable[str] = (),
        silent_after_looks: int | None = None,
        gone_after_looks: int | None = None,
        gone_after_packets: int | None = None,
        packet_pause_s: float = 0.0,
        pause_s: float = 0.3,
        hears_all: bool = False,
        seed: int = 1,
        pictures: Iterable[NDArray[np.uint8]] = (),
    ) -> None:
        self.picture = picture
        self.pictures = list(pictures)
        self.looks: Iterator[int] = cycle(looks)
        self.address, self.password, self.baud = address, password, baud
        self.system_id, self.product, self.version = system_id, product, version
        self.unknown = unknown
        self.packet_code, self.security = packet_code, 3
        self.change, self.deaf_at = change, deaf_at
        self.faults = chain(faults, repeat("none"))
        self.image_faults = chain(image_faults, repeat("none"))
        self.silent_after_looks, self.gone_after_looks = silent_after_looks, gone_after_looks
        self.gone_after_packets = gone_after_packets
        self.packet_pause_s, self.pause_s = packet_pause_s, pause_s
        self.library: dict[int, bytes] = {}
        self.buffers: dict[int, bytes] = {}
        self.commands: list[int] = []
        self.written: list[tuple[int, int]] = []
        self.image_packets = 0
        self.awaiting_power_up: int | None = None
        self.verified = password == 0
        self.hears_all = hears_all
        self.flooding = False
        self.imaged = False
        self._downloading: tuple[int, bytes] | None = None
        self._looked = 0
        self._image_fault = "none"
        self._silent = False
        self._late = b""
        self._random = random.Random(seed)
        self._heard = bytearray()
        self._stopped = threading.Event()
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self._master, False)
        self._thread = threading.Thread(target=self._run, name="zfm module")
        self.failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopped.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            self._serve()
        except _CablePulledError:
            pass
        except BaseException as error:
            self.failure = error
        finally:
            os.close(self._master)

    def _serve(self) -> None:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        closed = True
        while not self._stopped.is_set():
            events = dict(poll.poll(10)).get(self._master, 0)
            if events & select.POLLHUP and not events & select.POLLIN:
                closed = True
                self._stopped.wait(0.002)
                continue
            if closed:
                closed = False
                self._heard.clear()
                self._send(b"\x55")
            if self.flooding:
                self._send(self._noise(64))
            if events & select.POLLIN:
                try:
                    heard = os.read(self._master, 4096)
                except OSError as error:
                    if error.errno == errno.EIO:  # closed meanwhile
                        continue
                    raise
                self._heard += heard if self._host_baud() == self.baud else self._noise(len(heard))
                self._take_packets()

    def _host_baud(self) -> int:
        return RATES[termios.tcgetattr(self._master)[4]]

    def _take_packets(self) -> None:
        while (start := self._heard.find(b"\xef\x01")) >= 0:
            del self._heard[:start]
            if len(self._heard) < 9:
                return
            length = int.from_bytes(self._heard[7:9], "big")
            if length > 258:
                del self._heard[:2]
                continue
            if len(self._heard) < 9 + length:
                return
            whole = bytes(self._heard[: 9 + length])
            del self._heard[: 9 + length]
            address, pid, payload = int.from_bytes(whole[2:6], "big"), whole[6], whole[9:-2]
            if address != self.address and not self.hears_all:
                continue
            if whole != frame(address, pid, payload):
                self._answer(b"\x01", "none")
            elif pid == 0x01:
                self._command(payload)
            elif pid in (0x02, 0x08):
                self._downloaded(payload, last=pid == 0x08)

    def _command(self, payload: bytes) -> None:
        code, parameters = payload[0], payload[1:]
        self.commands.append(code)
        fault = next(self.faults)
        if fault == "gone":
            self.pull_cable()
        if code == 0x01:
            self._looked += 1
            if self._looked == self.silent_after_looks:
                self._silent = True
            if self._looked == self.gone_after_looks:
                self.pull_cable()
        if code == 0x13:
            self._silent = False
        if self._silent or fault == "silent":
            return
        if fault == "misheard":
            self._answer(b"\x01", "none")
            return
        reply = self._reply(code, parameters)
        if reply is not None:
            self._answer(reply, fault)
            self._afterwards(code, parameters, reply)

    def _reply(self, code: int, parameters: bytes) -> bytes | None:
        if code != 0x13 and not self.verified:
            return b"\x21"
        if code in PARAMETERLESS and parameters:
            return b"\x01"
        return _INSTRUCTIONS.get(code, ZfmModule._unknown)(self, parameters)

    def _afterwards(self, code: int, parameters: bytes, reply: bytes) -> None:
        """What happens once the reply is out."""
        if reply[0] != 0:
            return
        if code == 0x0E and parameters[0] == 4:
            if self.change == "at once":
                self.baud = 9600 * parameters[1]
            else:
                self.awaiting_power_up = 9600 * parameters[1]
        elif code == 0x0A:
            self._send_image()
        elif code == 0x08:
            self._send_data(self.buffers[parameters[0]])

    # The instructions

    def _get_image(self, parameters: bytes) -> bytes:
        look = next(self.looks)
        self.imaged = self.imaged or look == PRESENT
        return bytes([look])

    def _img2tz(self, parameters: bytes) -> bytes:
        if parameters[0] not in (1, 2):
            return b"\x01"
        if not self.imaged:
            return b"\x15"
        grey = self.picture.astype(np.int32)
        self.buffers[parameters[0]] = bytes(int(grey[row::32].sum()) % 256 for row in range(32)) * 16
        return b"\x00"

    def _match(self, parameters: bytes) -> bytes:
        if self.buffers.get(1) != self.buffers.get(2):
            return b"\x08"
        return b"\x00\x00\x64"

    def _search(self, parameters: bytes) -> bytes:
        buffer, start, count = struct.unpack(">BHH", parameters)
        for page in range(start, start + count):
            if self.library.get(page, b"none") == self.buffers.get(buffer):
                return b"\x00" + struct.pack(">HH", page, 100)
        return b"\x09"

    def _reg_model(self, parameters: bytes) -> bytes:
        return b"\x00" if self.buffers.get(1) == self.buffers.get(2) else b"\x0a"

    def _store(self, parameters: bytes) -> bytes:
        buffer, page = struct.unpack(">BH", parameters)
        if page >= 200:
            return b"\x0b"
        if buffer not in self.buffers:
            return b"\x18"
        self.library[page] = self.buffers[buffer]
        return b"\x00"

    def _load(self, parameters: bytes) -> bytes:
        buffer, page = struct.unpack(">BH", parameters)
        if page >= 200:
            return b"\x0b"
        if page not in self.library:
            return b"\x0c"
        self.buffers[buffer] = self.library[page]
        return b"\x00"

    def _up_char(self, parameters: bytes) -> bytes:
        return b"\x00" if parameters[0] in self.buffers else b"\x0d"

    def _down_char(self, parameters: bytes) -> bytes:
        self._downloading = (parameters[0], b"")
        return b"\x00"

    def _up_image(self, parameters: bytes) -> bytes:
        self._image_fault = next(self.image_faults)
        return b"\x00" if self.imaged and self._image_fault != "refused" else b"\x0f"

    def _down_image(self, parameters: bytes) -> bytes:
        self._downloading = (0, b"")
        return b"\x00"

    def _delete(self, parameters: bytes) -> bytes:
        page, count = struct.unpack(">HH", parameters)
        if page + count > 200:
            return b"\x10"
        for number in range(page, page + count):
            self.library.pop(number, None)
        return b"\x00"

    def _empty(self, parameters: bytes) -> bytes:
        self.library.clear()
        return b"\x00"

    def _set_parameter(self, parameters: bytes) -> bytes:
        number, value = parameters
        allowed = {4: range(1, 13), 5: range(1, 6), 6: range(4)}
        if value not in allowed.get(number, ()) or (number == 4 and self.change == "never"):
            return b"\x1a"
        self.written.append((number, value))
        if number == 5:
            self.security = value
        elif number == 6:
            self.packet_code = value
        return b"\x00"

    def _read_parameters(self, parameters: bytes) -> bytes | None:
        if self.system_id is None:
            return self.unknown
        told = (self.awaiting_power_up or self.baud) // 9600
        return b"\x00" + struct.pack(
            ">4HI2H", 0, self.system_id, 200, self.security, self.address, self.packet_code, told
        )

    def _set_password(self, parameters: bytes) -> bytes:
        self.password = int.from_bytes(parameters, "big")
        return b"\x00"

    def _verify_password(self, parameters: bytes) -> bytes:
        self.verified = int.from_bytes(parameters, "big") == self.password
        return b"\x00" if self.verified else b"\x13"

    def _set_address(self, parameters: bytes) -> bytes:
        self.address = int.from_bytes(parameters, "big")  # the reply uses it already
        return b"\x00"

    def _template_count(self, parameters: bytes) -> bytes:
        return b"\x00" + len(self.library).to_bytes(2, "big")

    def _index_table(self, parameters: bytes) -> bytes:
        table = bytearray(32)
        for page in self.library:
            if page // 256 == parameters[0]:
                table[page % 256 // 8] |= 1 << page % 8
        return b"\x00" + bytes(table)

    def _aura(self, parameters: bytes) -> bytes:
        return b"\x00" if len(parameters) == 4 else b"\x01"

    def _handshake(self, parameters: bytes) -> bytes:
        return b"\x00"

    def _echo(self, parameters: bytes) -> bytes:
        return b"\x55"

    def _version(self, parameters: bytes) -> bytes | None:
        return self.unknown if self.version is None else b"\x00" + self.version.ljust(32, b"\0")

    def _product(self, parameters: bytes) -> bytes | None:
        return self.unknown if self.product is None else b"\x00" + self.product

    def _unknown(self, parameters: bytes) -> bytes | None:
        return self.unknown

    def _downloaded(self, payload: bytes, last: bool) -> None:
        if self._downloading is None:
            return
        buffer, before = self._downloading
        self._downloading = (buffer, before + payload)
        if not last:
            return
        data, self._downloading = before + payload, None
        if buffer:
            self.buffers[buffer] = data
        else:
            pairs = np.frombuffer(data, np.uint8)
            self.picture = np.stack((pairs >> 4, pairs & 15), 1).reshape(self.picture.shape)
            self.imaged = True

    # What goes over the line

    def _answer(self, payload: bytes, fault: str) -> None:
        told = frame(self.address, 0x07, payload)
        at = self._random.randrange(len(told))
        before = b""
        if fault == "cut":
            told = told[:at]
        elif fault == "garbled":
            told = told[:at] + bytes([told[at] ^ 1 << at % 8]) + told[at + 1 :]
        elif fault == "noise":
            before = self._noise(40) + b"\x55\xef\xef\x01"
        elif fault == "stranger":
            before = frame(0x12345678, 0x07, b"\x13")
        elif fault == "twice":
            told *= 2
        elif fault == "strange":
            before = frame(self.address, 0x07, b"\x00" + bytes(20))
        elif fault in ("stray", "stray end"):
            before = frame(self.address, 0x02, bytes(128)) * 3
            if fault == "stray end":
                before += frame(self.address, 0x08, bytes(128))
        if fault == "late":
            self._late = told
            return
        self._send(self._late + before + told)
        self._late = b""

    def _send_image(self) -> None:
        picture = self.pictures.pop(0) if self.pictures else self.picture
        data = packed(picture)
        if self._image_fault == "overlong":
            data += data[:4096]
        self._send_data(data, self._image_fault)

    def _send_data(self, data: bytes, fault: str = "none") -> None:
        size = 32 << self.packet_code
        parts = [data[at : at + size] for at in range(0, len(data), size)]
        hurt = self._random.randrange(1, max(2, len(parts) - 1))
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            ends = last or (fault == "early end" and number == hurt)
            told = frame(self.address, 0x08 if ends else 0x02, part)
            if (fault == "no end" and last) or (fault == "stops" and number >= hurt):
                return
            if fault == "pauses" and number == hurt:
                self._stopped.wait(self.pause_s)
            if number == hurt:
                at = self._random.randrange(len(told))
                told = {
                    "lost packet": b"",
                    "cut packet": told[:at],
                    "garbled packet": told[:at] + bytes([told[at] ^ 0x10]) + told[at + 1 :],
                    "noise inside": self._noise(30) + told,
                }.get(fault, told)
            self._send(told)
            self.image_packets += 1
            if self.image_packets == self.gone_after_packets:
                self.pull_cable()
            if self.packet_pause_s:
                self._stopped.wait(self.packet_pause_s)
            if self._stopped.is_set():
                return

    def _noise(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def _send(self, data: bytes) -> None:
        """As far as the host takes it: one that closes its port loses the rest."""
        if self._host_baud() != self.baud or self.baud in self.deaf_at:
            data = self._noise(len(data))
        poll = select.poll()
        poll.register(self._master, select.POLLOUT)
        while data and not self._stopped.is_set():
            events = dict(poll.poll(10)).get(self._master, 0)
            if events & select.POLLHUP:
                return
            if events & select.POLLOUT:
                with contextlib.suppress(BlockingIOError):
                    data = data[os.write(self._master, data) :]

    def pull_cable(self) -> None:
        """Ends the module's own thread, and that closes its end."""
        raise _CablePulledError


_INSTRUCTIONS: Mapping[int, Callable[[ZfmModule, bytes], bytes | None]] = {
    0x01: ZfmModule._get_image,
    0x02: ZfmModule._img2tz,
    0x03: ZfmModule._match,
    0x04: ZfmModule._search,
    0x05: ZfmModule._reg_model,
    0x06: ZfmModule._store,
    0x07: ZfmModule._load,
    0x08: ZfmModule._up_char,
    0x09: ZfmModule._down_char,
    0x0A: ZfmModule._up_image,
    0x0B: ZfmModule._down_image,
    0x0C: ZfmModule._delete,
    0x0D: ZfmModule._empty,
    0x0E: ZfmModule._set_parameter,
    0x0F: ZfmModule._read_parameters,
    0x12: ZfmModule._set_password,
    0x13: ZfmModule._verify_password,
    0x15: ZfmModule._set_address,
    0x1D: ZfmModule._template_count,
    0x1F: ZfmModule._index_table,
    0x35: ZfmModule._aura,
    0x3A: ZfmModule._version,
    0x3C: ZfmModule._product,
    0x40: ZfmModule._handshake,
    0x53: ZfmModule._echo,
}
