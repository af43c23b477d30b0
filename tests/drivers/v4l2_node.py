"""A camera node without a kernel: V4L2's ioctls as its documentation has them, and faults on demand.

Written from docs.kernel.org/userspace-api/media/v4l (VIDIOC_QUERYCAP to VIDIOC_DQBUF, poll) and the offsets that a C
compiler gives for `linux/videodev2.h` on x86-64; it shares nothing with the transport but the signatures of the calls.
"""

import ctypes
import errno
import mmap
import select
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.drivers.v4l2_pictures import encoded, ramp

QUERYCAP, ENUM_FMT, G_FMT, S_FMT = 0x80685600, 0xC0405602, 0xC0D05604, 0xC0D05605
REQBUFS, QUERYBUF, QBUF, DQBUF = 0xC0145608, 0xC0585609, 0xC058560F, 0xC0585611
STREAMON, STREAMOFF, S_PARM = 0x40045612, 0x40045613, 0xC0CC5616
G_CTRL, S_CTRL, QUERYCTRL = 0xC008561B, 0xC008561C, 0xC0445624
ENUM_FRAMESIZES, ENUM_FRAMEINTERVALS = 0xC02C564A, 0xC034564B
DQEVENT, SUBSCRIBE_EVENT, USBDEVFS_RESET = 0x80885659, 0x4020565A, 0x5514

CAPTURE_AND_STREAMING = 0x04000001
METADATA_AND_STREAMING = 0x04800000
EXPOSURE_AUTO, EXPOSURE, GAIN, FOCUS = 0x009A0901, 0x009A0902, 0x00980913, 0x009A090A
WHITE_BALANCE_AUTO, WHITE_BALANCE, LAMP = 0x0098090C, 0x0098091A, 0x00980925
PAGE = 4096
MAPPINGS = 0
"""Those that are open now, of all nodes."""


class CountedMapping(mmap.mmap):
    """Memory that knows whether it was unmapped."""

    counted: bool

    def __new__(cls, length: int) -> "CountedMapping":
        global MAPPINGS  # noqa: PLW0603
        MAPPINGS += 1
        made = super().__new__(cls, -1, length)
        made.counted = True
        return made

    def close(self) -> None:
        global MAPPINGS  # noqa: PLW0603
        super().close()
        if self.counted:
            self.counted = False
            MAPPINGS -= 1


@dataclass
class Setting:
    minimum: int
    maximum: int
    value: int
    flags: int = 0
    kind: int = 1
    default: int | None = None


@dataclass
class _Buffer:
    length: int
    mapping: CountedMapping | None = None
    queued: bool = False
    used: int = 0
    sequence: int = 0
    flags: int = 0
    stamp: float = 0.0


@dataclass
class Node:
    """One `/dev/videoN`; its fields may be changed at any time to make it fail."""

    formats: Sequence[str] = ("GREY",)
    sizes: Sequence[tuple[int, int]] = ((64, 48),)
    rates: Sequence[int] = (200,)
    capabilities: int = CAPTURE_AND_STREAMING
    card: str = "Fake camera"
    padding: int = 0
    """Bytes after each row."""
    picture: Callable[[int, int], NDArray[np.uint8]] = ramp
    controls: dict[int, Setting] = field(default_factory=dict)
    numbered: bool = False
    """The first byte of each buffer is its frame's number, modulo 256."""
    lists_sizes: bool = True
    stepwise: bool = False
    monotonic: bool = True
    start_of_exposure: bool = False
    counts: bool = True
    """Whether frames have sequence numbers."""
    clock_error_s: float = 0.0
    forbidden: bool = False
    busy: bool = False
    """Another program streams from it."""
    no_bandwidth: bool = False
    unplugged: bool = False
    hung: bool = False
    unplug_after: int | None = None
    """Frames."""
    hang_after: int | None = None
    broken: bool = False
    """The queue is in vb2's error state."""
    lost: Callable[[int], bool] = lambda _: False
    damage: Callable[[int], str] = lambda _: ""
    """By sequence number: `flag`, `short`, `cut`, `empty`, `long`."""
    answers: dict[str, int] = field(default_factory=dict)
    """What S_FMT answers in place of the truth: width, height, pixelformat, field, bytesperline, sizeimage."""
    buffer_length: int | None = None
    buffer_count: int | None = None
    frame_size: tuple[int, int] | None = None
    """Of the pictures, whatever was agreed on."""
    mends_by_reopening: bool = False
    """Its firmware starts anew when its node is closed."""
    mends_by_port_reset: bool = False
    stuck: threading.Event | None = None
    """Set: DQBUF does not return until the event is set."""

    lock: threading.Condition = field(default_factory=threading.Condition)
    owner: int | None = None
    streaming: bool = False
    next_sequence: int = 0
    due: float = 0.0
    delivered: int = 0
    starts: int = 0
    events: list[int] = field(default_factory=list)
    subscribed: bool = False
    width: int = 0
    height: int = 0
    fourcc: str = ""
    rate: float = 30.0
    buffers: list[_Buffer] = field(default_factory=list)
    queue: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    coded: dict[tuple[str, int, int, int], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fourcc, (self.width, self.height) = self.formats[0], self.sizes[0]
        self.rate = max(self.rates, default=30)

    @contextmanager
    def changed(self) -> Iterator[None]:
        """Change fields while somebody waits for frames."""
        with self.lock:
            yield
            self.lock.notify_all()

    def await_frames(self, delivered: int) -> None:
        """Return when that many frames have been put into buffers."""
        with self.lock:
            while self.delivered < delivered:
                self.lock.wait(0.5 / self.rate)
                self.advance()

    def resize(self, width: int, height: int) -> None:
        """The source has another size from now on, and says so."""
        with self.changed():
            self.sizes = ((width, height),)
            if self.subscribed:
                self.events.append(1)

    @property
    def stride(self) -> int:
        per_pixel = {"GREY": 1, "NV12": 1, "RGB3": 3, "BGR3": 3, "MJPG": 0}.get(self.fourcc, 2)
        return self.width * per_pixel + (self.padding if per_pixel else 0)

    @property
    def frame_length(self) -> int:
        if self.fourcc == "MJPG":
            return self.width * self.height * 2
        return self.stride * self.height * (3 if self.fourcc == "NV12" else 2) // 2

    def frame_bytes(self, phase: int) -> bytes:
        """The picture, moved down by a few rows, in the format agreed on."""
        width, height = self.frame_size or (self.width, self.height)
        key = (self.fourcc, width, height, phase)
        if key not in self.coded:
            rgb = np.roll(self.picture(width, height), 2 * phase, axis=0)
            self.coded[key] = encoded(rgb, self.fourcc, self.padding)
        return self.coded[key]

    def advance(self) -> None:
        """Let happen what has happened by now; with the lock."""
        now = time.monotonic()
        while self.streaming and not self.unplugged and self.due <= now:
            if self.unplug_after is not None and self.delivered >= self.unplug_after:
                self.unplugged = True
            if self.hung or self.unplugged or (self.hang_after is not None and self.delivered >= self.hang_after):
                return
            if not self.queue:  # nowhere to put them: count them at once
                missed = int((now - self.due) * self.rate) + 1
                self.next_sequence += missed
                self.due += missed / self.rate
                return
            sequence, stamp = self.next_sequence, self.due
            self.next_sequence += 1
            self.due += 1 / self.rate
            if not self.lost(sequence):
                self._fill(self.queue.pop(0), sequence, stamp)

    def _fill(self, index: int, sequence: int, stamp: float) -> None:
        buffer, damage = self.buffers[index], self.damage(sequence)
        data = self.frame_bytes(sequence % 4)[: buffer.length]
        if damage == "cut":
            data = data[: len(data) * 2 // 3]
        if damage == "empty":
            data = b""
        if buffer.mapping is not None and not buffer.mapping.closed:
            buffer.mapping[: len(data)] = data
            if self.numbered:
                buffer.mapping[:1] = bytes((sequence % 256,))
        buffer.used = len(data) - (1 if damage == "short" else 0)
        if damage == "long":
            buffer.used = buffer.length + 4096
        buffer.sequence = sequence if self.counts else 0
        buffer.stamp = stamp + self.clock_error_s
        buffer.flags = 0x40 if damage == "flag" else 0
        buffer.queued = False
        self.done.append(index)
        self.delivered += 1


class FakeKernel:
    """Open files and the nodes behind them; fits `V4l2Calls`."""

    def __init__(self, nodes: dict[str, Node] | Node) -> None:
        self.nodes = {"/dev/video0": nodes} if isinstance(nodes, Node) else nodes
        self.usb_files: dict[str, Node] = {}
        self.open_files: dict[int, str] = {}
        self.port_resets = 0
        self.opened: list[str] = []
        self._next = 1000

    def open(self, path: str) -> int:
        if path in self.usb_files:
            return self._opened(path)
        node = self.nodes.get(path)
        if node is None or node.unplugged:
            raise OSError(errno.ENOENT, "No such file or directory")
        if node.forbidden:
            raise OSError(errno.EACCES, "Permission denied")
        return self._opened(path)

    def _opened(self, path: str) -> int:
        self._next += 1
        self.open_files[self._next] = path
        self.opened.append(path)
        return self._next

    def close(self, descriptor: int) -> None:
        path = self._path(descriptor)
        del self.open_files[descriptor]
        node = self.nodes.get(path)
        if node is not None:
            with node.changed():
                if node.owner == descriptor:
                    _release(node)
                if node.mends_by_reopening:
                    node.hung, node.hang_after = False, None

    def ioctl(self, descriptor: int, request: int, argument: ctypes.Structure | ctypes.c_int | None) -> None:
        path = self._path(descriptor)
        if request == USBDEVFS_RESET:
            return self._reset_port(self.usb_files[path])
        if argument is None:
            raise OSError(errno.EFAULT, "Bad address")
        assert request >> 16 & 0x3FFF == ctypes.sizeof(argument)
        node = self.nodes[path]
        if request == DQBUF and node.stuck is not None:
            node.stuck.wait()
        with node.lock:
            node.advance()
            if node.unplugged:
                raise OSError(errno.ENODEV, "No such device")
            answer = _ANSWERS.get(request)
            if answer is None:
                raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")
            answer(node, descriptor, (ctypes.c_ubyte * ctypes.sizeof(argument)).from_buffer(argument))
            node.lock.notify_all()
        return None

    def mmap(self, descriptor: int, length: int, offset: int) -> mmap.mmap:
        node = self.nodes[self._path(descriptor)]
        with node.lock:
            index = offset // (1 << 20)
            if index >= len(node.buffers) or length != node.buffers[index].length:
                raise OSError(errno.EINVAL, "Invalid argument")
            node.buffers[index].mapping = mapping = CountedMapping(length)
            return mapping

    def poll(self, descriptor: int, timeout_s: float) -> int:
        node = self.nodes[self._path(descriptor)]
        deadline = time.monotonic() + timeout_s
        with node.lock:
            while True:
                node.advance()
                if node.unplugged:
                    return select.POLLERR | select.POLLHUP
                events = select.POLLPRI if node.events else 0
                if node.broken or not node.streaming:
                    events |= select.POLLERR
                elif node.done:
                    events |= select.POLLIN
                left = deadline - time.monotonic()
                if events or left <= 0:
                    return events
                node.lock.wait(min(left, max(node.due - time.monotonic(), 0.0)) if not node.hung else left)

    def _path(self, descriptor: int) -> str:
        if descriptor not in self.open_files:
            raise OSError(errno.EBADF, "Bad file descriptor")
        return self.open_files[descriptor]

    def _reset_port(self, node: Node) -> None:
        self.port_resets += 1
        with node.changed():
            if node.mends_by_port_reset:
                node.hung = node.broken = False
                node.hang_after = None
            if node.stuck is not None:
                node.stuck.set()


Bytes = ctypes.Array[ctypes.c_ubyte]


def _u32(told: Bytes, offset: int) -> int:
    return int(struct.unpack_from("<I", told, offset)[0])


def _put(told: Bytes, offset: int, *values: int) -> None:
    struct.pack_into(f"<{len(values)}I", told, offset, *(value % 2**32 for value in values))


def _text(told: Bytes, offset: int, text: str) -> None:
    struct.pack_into(f"{len(text)}s", told, offset, text.encode())


def _code(letters: str) -> int:
    return int.from_bytes(letters.ljust(4).encode(), "little")


def _invalid(condition: bool, number: int = errno.EINVAL) -> None:
    if condition:
        raise OSError(number, errno.errorcode[number])


def _querycap(node: Node, _: int, told: Bytes) -> None:
    _text(told, 0, "fakevideo")
    _text(told, 16, node.card)
    _text(told, 48, "usb-0000:00:14.0-10")
    # The physical device has a node of metadata beside; only device_caps tell of this one.
    _put(told, 80, 0x060100, 0x84A00001 | node.capabilities, node.capabilities)


def _enum_fmt(node: Node, _: int, told: Bytes) -> None:
    _invalid(not node.capabilities & 1 or _u32(told, 4) != 1)
    index = _u32(told, 0)
    _invalid(index >= len(node.formats))
    _put(told, 44, _code(node.formats[index]))


def _enum_framesizes(node: Node, _: int, told: Bytes) -> None:
    _invalid(not node.lists_sizes, errno.ENOTTY)
    index = _u32(told, 0)
    _invalid(_u32(told, 4) not in map(_code, node.formats))
    if node.stepwise:
        _invalid(index > 0)
        (low_w, low_h), (high_w, high_h) = node.sizes
        return _put(told, 8, 3, low_w, high_w, 16, low_h, high_h, 16)
    _invalid(index >= len(node.sizes))
    return _put(told, 8, 1, *node.sizes[index])


def _enum_frameintervals(node: Node, _: int, told: Bytes) -> None:
    index = _u32(told, 0)
    _invalid(index >= len(node.rates))
    _put(told, 16, 1, 1, node.rates[index])


def _s_fmt(node: Node, descriptor: int, told: Bytes) -> None:
    _invalid(_u32(told, 0) != 1)
    _invalid(node.busy or bool(node.buffers), errno.EBUSY)
    names = {_code(name): name for name in node.formats}
    node.fourcc = names.get(_u32(told, 16), node.formats[0])
    width, height = _u32(told, 8), _u32(told, 12)
    if node.stepwise:
        (low_w, low_h), (high_w, high_h) = node.sizes
        node.width, node.height = min(max(width, low_w), high_w), min(max(height, low_h), high_h)
    else:
        node.width, node.height = min(node.sizes, key=lambda size: abs(size[0] - width) + abs(size[1] - height))
    given = {
        "width": node.width,
        "height": node.height,
        "pixelformat": _code(node.fourcc),
        "field": 1,
        "bytesperline": node.stride,
        "sizeimage": node.frame_length,
        **node.answers,
    }
    _put(told, 8, *given.values())


def _s_parm(node: Node, _: int, told: Bytes) -> None:
    _invalid(not node.rates, errno.ENOTTY)
    numerator, denominator = _u32(told, 12), _u32(told, 16)
    wanted = denominator / numerator if numerator and denominator else max(node.rates)
    node.rate = min(node.rates, key=lambda rate: abs(rate - wanted))
    _put(told, 4, 0x1000, 0, 1, int(node.rate))


def _release(node: Node) -> None:
    node.streaming, node.owner = False, None
    node.buffers, node.queue, node.done = [], [], []


def _reqbufs(node: Node, descriptor: int, told: Bytes) -> None:
    _invalid(_u32(told, 4) != 1 or _u32(told, 8) != 1)
    _invalid(node.busy or node.owner not in (None, descriptor), errno.EBUSY)
    count = _u32(told, 0)
    # "A count value of zero frees all buffers"; EBUSY while any is mapped, in kernels that have no orphaned buffers.
    _invalid(any(b.mapping is not None and not b.mapping.closed for b in node.buffers), errno.EBUSY)
    _release(node)
    if count:
        count = min(max(count, 2), 32) if node.buffer_count is None else node.buffer_count
        length = -(-node.frame_length // PAGE) * PAGE if node.buffer_length is None else node.buffer_length
        node.buffers = [_Buffer(length) for _ in range(count)]
        node.owner = descriptor
    _put(told, 0, count)


def _owned(node: Node, descriptor: int, told: Bytes) -> int:
    _invalid(_u32(told, 4) != 1)
    _invalid(node.owner not in (None, descriptor) or node.busy, errno.EBUSY)
    index = _u32(told, 0)
    _invalid(index >= len(node.buffers))
    return index


def _tell(node: Node, index: int, told: Bytes) -> None:
    buffer = node.buffers[index]
    flags = buffer.flags | (0x2000 if node.monotonic else 0x0) | (0x10000 if node.start_of_exposure else 0)
    _put(told, 0, index, 1, buffer.used, flags, 1)
    seconds = int(buffer.stamp)
    struct.pack_into("<qq", told, 24, seconds, int((buffer.stamp - seconds) * 1e6))
    _put(told, 56, buffer.sequence, 1)
    struct.pack_into("<Q", told, 64, index << 20)
    _put(told, 72, buffer.length)


def _querybuf(node: Node, descriptor: int, told: Bytes) -> None:
    _tell(node, _owned(node, descriptor, told), told)


def _qbuf(node: Node, descriptor: int, told: Bytes) -> None:
    index = _owned(node, descriptor, told)
    _invalid(_u32(told, 60) != 1 or node.buffers[index].queued or index in node.done)
    _invalid(node.broken, errno.EIO)
    node.buffers[index].queued = True
    node.queue.append(index)


def _dqbuf(node: Node, descriptor: int, told: Bytes) -> None:
    _invalid(_u32(told, 4) != 1 or _u32(told, 60) != 1)
    _invalid(node.owner != descriptor, errno.EBUSY)
    _invalid(not node.streaming)
    _invalid(node.broken, errno.EIO)
    _invalid(not node.done, errno.EAGAIN)
    _tell(node, node.done.pop(0), told)


def _streamon(node: Node, descriptor: int, told: Bytes) -> None:
    _invalid(_u32(told, 0) != 1)
    _invalid(node.busy or node.owner not in (None, descriptor), errno.EBUSY)
    _invalid(not node.buffers)
    _invalid(node.no_bandwidth, errno.ENOSPC)
    if not node.streaming:
        node.streaming, node.next_sequence = True, 0
        node.starts += 1
        node.due = time.monotonic() + 1 / node.rate


def _streamoff(node: Node, descriptor: int, told: Bytes) -> None:
    _invalid(_u32(told, 0) != 1)
    _invalid(node.owner not in (None, descriptor), errno.EBUSY)
    node.streaming, node.queue, node.done = False, [], []
    for buffer in node.buffers:
        buffer.queued = False


def _setting(node: Node, told: Bytes) -> Setting:
    found = node.controls.get(_u32(told, 0))
    if found is None:
        raise OSError(errno.EINVAL, "Invalid argument")
    return found


def _queryctrl(node: Node, _: int, told: Bytes) -> None:
    setting = _setting(node, told)
    _put(told, 4, setting.kind)
    default = setting.minimum if setting.default is None else setting.default
    _put(told, 40, setting.minimum, setting.maximum, 1, default, setting.flags)


def _g_ctrl(node: Node, _: int, told: Bytes) -> None:
    _put(told, 4, _setting(node, told).value)


def _s_ctrl(node: Node, _: int, told: Bytes) -> None:
    setting, value = _setting(node, told), int(struct.unpack_from("<i", told, 4)[0])
    _invalid(bool(setting.flags & 4), errno.EACCES)
    _invalid(not setting.minimum <= value <= setting.maximum, errno.ERANGE)
    setting.value = value


def _subscribe(node: Node, _: int, told: Bytes) -> None:
    _invalid(_u32(told, 0) != 5)
    node.subscribed = True


def _dqevent(node: Node, _: int, told: Bytes) -> None:
    _invalid(not node.events, errno.ENOENT)
    _put(told, 0, 5)
    _put(told, 8, node.events.pop(0))


_ANSWERS: dict[int, Callable[[Node, int, Bytes], None]] = {
    QUERYCAP: _querycap,
    ENUM_FMT: _enum_fmt,
    ENUM_FRAMESIZES: _enum_framesizes,
    ENUM_FRAMEINTERVALS: _enum_frameintervals,
    S_FMT: _s_fmt,
    S_PARM: _s_parm,
    REQBUFS: _reqbufs,
    QUERYBUF: _querybuf,
    QBUF: _qbuf,
    DQBUF: _dqbuf,
    STREAMON: _streamon,
    STREAMOFF: _streamoff,
    QUERYCTRL: _queryctrl,
    G_CTRL: _g_ctrl,
    S_CTRL: _s_ctrl,
    SUBSCRIBE_EVENT: _subscribe,
    DQEVENT: _dqevent,
}


@contextmanager
def nothing_is_left(kernel: FakeKernel) -> Iterator[None]:
    """No thread, file, buffer or mapping outlives the block."""
    threads, mappings = set(threading.enumerate()), MAPPINGS
    yield
    assert [thread for thread in threading.enumerate() if thread not in threads] == []
    assert kernel.open_files == {}
    assert mappings == MAPPINGS
    assert all(not node.buffers and not node.streaming for node in kernel.nodes.values())
