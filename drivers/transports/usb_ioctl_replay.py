"""A pyusb backend that plays umockdev's ioctl recordings: what the host sends must be what was recorded."""

import errno
import threading
from array import array

from drivers.transports.pcapng import TransferKind
from drivers.transports.usb_described import DescribedDevice, fill, usb_error
from drivers.transports.usb_ioctl_recording import RecordedDescription, RecordedUrb
from drivers.transports.usb_replay import ReplayMismatchError


class IoctlReplay(DescribedDevice):
    """One recorded device behind pyusb's face.

    The recording is a tree in which a transfer that was made several times stands once. As in umockdev, a transfer is
    looked for after the one played last, down the tree and on, and from its root when the end is reached. A read that
    the recording does not hold is a failure, as a write is: nothing is waited for.

    Parameters
    ----------
    urbs : list of RecordedUrb
        From `recorded_urbs`.
    device : RecordedDescription
        From `recorded_description`.
    """

    def __init__(self, urbs: list[RecordedUrb], device: RecordedDescription) -> None:
        super().__init__(
            device.descriptor, device.tree, bus=device.bus, address=device.address, port_numbers=device.port_numbers,
            strings=device.strings,
        )  # fmt: skip
        self._urbs = urbs
        self._last = -1
        self._played: set[int] = set()
        self._open = False
        self._turn = threading.Lock()

    @property
    def remaining(self) -> list[RecordedUrb]:
        """What was not played at all."""
        return [urb for urb in self._urbs if urb.line not in self._played]

    def open_device(self, dev: object) -> object:
        """Open the device; a second opener is refused."""
        if self._open:
            raise usb_error(errno.EBUSY)
        self._open = True
        return "handle"

    def close_device(self, dev_handle: object) -> None:
        """Close the device."""
        self._open = False

    def release_interface(self, dev_handle: object, intf: int) -> None:
        """Nothing is ever pending."""

    def ctrl_transfer(
        self,
        dev_handle: object,
        bmRequestType: int,  # noqa: N803  pyusb's names
        bRequest: int,  # noqa: N803
        wValue: int,  # noqa: N803
        wIndex: int,  # noqa: N803
        data: "array[int]",
        timeout: int,
    ) -> int:
        """Play a control transfer."""
        size = len(data) * data.itemsize
        described = self.described_string((bmRequestType, bRequest), wValue, size)
        if described is not None:
            return fill(data, described)
        setup = bytes((bmRequestType, bRequest)) + b"".join(
            number.to_bytes(2, "little") for number in (wValue, wIndex, size)
        )
        reads = bool(bmRequestType & 0x80)
        urb = self._play(TransferKind.CONTROL, 0, size + len(setup), setup if reads else setup + data.tobytes())
        return fill(data, urb.data[len(setup) :][:size]) if reads else size

    def bulk_read(self, dev_handle: object, ep: int, intf: int, buff: "array[int]", timeout: int) -> int:
        """Play a bulk IN transfer."""
        return fill(buff, self._play(TransferKind.BULK, ep, len(buff) * buff.itemsize).data)

    def bulk_write(self, dev_handle: object, ep: int, intf: int, data: "array[int]", timeout: int) -> int:
        """Play a bulk OUT transfer."""
        sent = data.tobytes()
        self._play(TransferKind.BULK, ep, len(sent), sent)
        return len(sent)

    def intr_read(self, dev_handle: object, ep: int, intf: int, buff: "array[int]", timeout: int) -> int:
        """Play an interrupt IN transfer."""
        return fill(buff, self._play(TransferKind.INTERRUPT, ep, len(buff) * buff.itemsize).data)

    def intr_write(self, dev_handle: object, ep: int, intf: int, data: "array[int]", timeout: int) -> int:
        """Play an interrupt OUT transfer."""
        sent = data.tobytes()
        self._play(TransferKind.INTERRUPT, ep, len(sent), sent)
        return len(sent)

    def _play(self, kind: TransferKind, endpoint: int, length: int, sent: bytes = b"") -> RecordedUrb:
        with self._turn:
            if not self._open:
                raise usb_error(errno.ENODEV)
            for step in range(1, len(self._urbs) + 1):
                place = (self._last + step) % len(self._urbs)
                urb = self._urbs[place]
                asked = (urb.kind, urb.endpoint & 0x8F if kind is not TransferKind.CONTROL else 0, urb.length)
                # Of what is read only the setup packet, if there is one, goes out and must be the same.
                if asked == (kind, endpoint, length) and urb.data.startswith(sent):
                    self._last = place
                    self._played.add(urb.line)
                    if urb.status:
                        raise usb_error(-urb.status)
                    return urb
            after = f"line {self._urbs[self._last].line}" if self._last >= 0 else "the start"
            raise ReplayMismatchError(
                f"after {after}, the recording holds no {kind.name.lower()} transfer on {endpoint:#04x} of {length} "
                f"bytes" + (f" with data {sent[:16].hex()}" if sent else "")
            )
