"""Which V4L2 camera nodes are attached, what they are called, and which of them see in near infrared alone."""

import errno
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from drivers.errors import DeviceNotFound
from drivers.plain_name import plain_name
from drivers.protocols import DeviceAddress
from drivers.transports import v4l2_abi as abi
from drivers.transports.v4l2_calls import KernelCalls, V4l2Calls
from drivers.transports.v4l2_pixels import MONOCHROME, RAW_COLOUR

SYSFS = Path("/sys/class/video4linux")
DEV = Path("/dev")
_USB_INTERFACE = re.compile(r"(\d+-[\d.]+):[\d.]+(?:\+\d+)?")
_INFRARED_NAME = re.compile(r"\b(IR|NIR|infrared|iris)\b", re.IGNORECASE)
_REFUSED = (errno.EACCES, errno.EPERM)


@dataclass(frozen=True)
class VideoNode:
    """One node of video4linux, as sysfs describes it."""

    path: str
    """E.g. `/dev/video0`; another one after a re-plug."""
    label: str
    """The driver's name for it."""
    index: int
    """Among the nodes of one device of its driver; uvcvideo puts a node for metadata after each of a camera."""
    place: str
    """`usb:` and the USB interface as Linux names it, e.g. `usb:1-10:1.0`, and `+2` for a second camera behind it; or
    `v4l2:` and the path of a node that is not on USB."""
    serial: str = ""
    manufacturer: str = ""
    release: str = ""
    """bcdDevice of a USB device, four hexadecimal digits."""
    usb_file: str = ""
    """E.g. `/dev/bus/usb/001/004`, by which its port can be reset."""
    plugging: tuple[int, ...] = ()
    """Another one for each time that a node is made: inode and time of its folder in sysfs."""

    @property
    def port(self) -> str:
        """Bus and ports, e.g. `1-10`; the name of its node where it is not on USB."""
        match = _USB_INTERFACE.fullmatch(self.place.removeprefix("usb:"))
        return match[1] if match else Path(self.path).name

    @property
    def name(self) -> str:
        """By which a configuration knows it: the serial number, or the port."""
        return plain_name(self.serial) or self.port

    def answers_to(self, wanted: str) -> bool:
        """Whether `wanted` is its node, its place, its port, its serial number, or that at its place."""
        bare = self.place.partition(":")[2]
        names = (self.path, Path(self.path).name, self.place, bare, self.port, self.serial, self.name)
        return bool(wanted) and wanted in (*names, f"{self.name}@{bare}")


def video_nodes() -> list[VideoNode]:
    """All nodes, ordered by number; read from sysfs, so that no device is disturbed and no permission is needed."""
    if not SYSFS.is_dir():
        return []
    found = [_node(folder) for folder in SYSFS.iterdir() if re.fullmatch(r"video\d+", folder.name)]
    return sorted((node for node in found if node is not None), key=lambda node: (len(node.path), node.path))


class NodeKinds:
    """Tells cameras from other nodes, and near-infrared ones from those for colours.

    That takes opening a node, which wakes its device: done once for each time that it is plugged in. A node that
    this user may not open is judged by its name and index, and asked again the next time.
    """

    def __init__(self, calls: V4l2Calls | None = None) -> None:
        self._calls = calls or KernelCalls()
        self._known: dict[VideoNode, tuple[str, ...] | None] = {}
        self._lock = Lock()

    def cameras(self, nodes: Sequence[VideoNode], *, monochrome: bool) -> list[VideoNode]:
        """Those of `nodes` that are cameras of that kind."""
        with self._lock:
            self._known = {node: formats for node, formats in self._known.items() if node in nodes}
            return [node for node in nodes if self._kind(node) is monochrome]

    def _kind(self, node: VideoNode) -> bool | None:
        """True for a monochrome camera, False for another, None for what is no camera."""
        try:
            if node not in self._known:
                self._known[node] = self._formats(node)
        except OSError as error:
            if error.errno not in _REFUSED or node.index % 2:
                return None
            return bool(_INFRARED_NAME.search(node.label))
        formats = self._known[node]
        return None if formats is None else is_monochrome(formats)

    def _formats(self, node: VideoNode) -> tuple[str, ...] | None:
        descriptor = self._calls.open(node.path)
        try:
            return pixel_formats(self._calls, descriptor) if is_camera(self._calls, descriptor) else None
        except OSError as error:
            if error.errno in (errno.ENOTTY, errno.EINVAL):
                return None
            raise
        finally:
            self._calls.close(descriptor)


KINDS = NodeKinds()
"""Of this machine; one for all drivers, so that each node is opened once."""


def is_monochrome(formats: Sequence[str]) -> bool:
    """Whether a camera of these formats has no colours.

    Windows Hello cameras offer GREY and, of the same grey image, MJPG; one that has YUYV besides is a colour camera
    that can do without.
    """
    return any(name in MONOCHROME for name in formats) and not any(name in RAW_COLOUR for name in formats)


def is_camera(calls: V4l2Calls, descriptor: int) -> bool:
    """Whether the open node captures pictures by streaming; nodes of metadata, output and codecs do not."""
    told = abi.Capability()
    calls.ioctl(descriptor, abi.QUERYCAP, told)
    # The capabilities of this very node; without the bit, of a kernel before 3.4, those of the device are all there is.
    own = told.device_caps if told.capabilities & abi.CAP_DEVICE_CAPS else told.capabilities
    return bool(own & abi.VIDEO_CAPTURE) and bool(own & abi.CAP_STREAMING)


def pixel_formats(calls: V4l2Calls, descriptor: int) -> tuple[str, ...]:
    """The formats that the open node tells, in its own order."""
    formats: list[str] = []
    for index in range(128):  # a driver that never ends its list is not followed for ever
        told = abi.FormatDescription(index=index, type=abi.VIDEO_CAPTURE)
        try:
            calls.ioctl(descriptor, abi.ENUM_FMT, told)
        except OSError as error:
            if error.errno == errno.EINVAL:
                break
            raise
        formats.append(abi.fourcc(told.pixelformat))
    return tuple(formats)


def addresses(driver: str, nodes: Sequence[VideoNode]) -> list[DeviceAddress]:
    """How discovery names the cameras of a driver; two of one name are both told apart by their places."""
    times = Counter(node.name for node in nodes)
    return [
        DeviceAddress(
            f"{driver}:{node.name}" + ("" if times[node.name] == 1 else f"@{node.place.partition(':')[2]}"),
            driver,
            node.label,
            node.place,
        )
        for node in nodes
    ]


def wanted_node(wanted: str, kinds: NodeKinds, *, monochrome: bool) -> VideoNode:
    """The node that a configuration or an address means; "" means the only camera of that kind.

    A name that fits several nodes, as the serial number of a camera for colours and near infrared, means the first of
    the kind; any node can be named by its path, even one that is not in sysfs.

    Raises
    ------
    DeviceNotFound
        There is none, or the choice is not clear.
    """
    nodes = video_nodes()
    of_kind = kinds.cameras(nodes, monochrome=monochrome)
    if not wanted and len(of_kind) == 1:
        return of_kind[0]
    for node in (*of_kind, *nodes):
        if node.answers_to(wanted):
            return node
    if wanted.startswith("/"):
        real = str(Path(wanted).resolve())  # a link as in /dev/v4l/by-id
        return next((node for node in nodes if node.path == real), VideoNode(wanted, wanted, 0, f"v4l2:{wanted}"))
    here = ", ".join(f"{node.name} at {node.path} ({node.label})" for node in of_kind) or "none"
    kind = "near-infrared" if monochrome else "colour"
    if wanted:
        raise DeviceNotFound(f"there is no camera {wanted!r}; {kind} cameras here: {here}")
    raise DeviceNotFound(f"say which camera by 'node' or 'serial'; {kind} cameras here: {here}")


def _node(folder: Path) -> VideoNode | None:
    try:
        made = folder.stat()
        interface = (folder / "device").resolve(strict=True)
    except OSError:  # unplugged while we read, or without a device, as loopback nodes are
        interface = folder
        try:
            made = folder.stat()
        except OSError:
            return None
    path = str(DEV / folder.name)
    label = _attribute(folder, "name") or folder.name
    index = int(_attribute(folder, "index") or "0")
    plugging = (made.st_ino, made.st_ctime_ns)
    if not _USB_INTERFACE.fullmatch(interface.name):
        return VideoNode(path, label, index, f"v4l2:{path}", plugging=plugging)
    device = interface.parent
    bus, number = _attribute(device, "busnum"), _attribute(device, "devnum")
    return VideoNode(
        path,
        label,
        index,
        f"usb:{interface.name}" + (f"+{index}" if index else ""),
        serial=_attribute(device, "serial"),
        manufacturer=_attribute(device, "manufacturer"),
        release=_attribute(device, "bcdDevice"),
        usb_file=f"/dev/bus/usb/{int(bus):03}/{int(number):03}" if bus.isdigit() and number.isdigit() else "",
        plugging=plugging,
    )


def _attribute(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
