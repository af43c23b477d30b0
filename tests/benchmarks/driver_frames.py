"""Processor time of making a picture of what a scanner sent, by the recordings beside the checkout."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint import nb1010, uareu4000_image
from drivers.fingerprint import upektouchchip_messages as ciao
from drivers.transports.pcapng import TransferKind, UsbPacket, usb_packets
from drivers.transports.usb_ioctl_recording import recorded_urbs
from tests.benchmarks.figure import Figure
from tests.benchmarks.stages import cpu_ms

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "data" / "recordings"
GOAL_MS = 15.0
HOST_SEED = 0x51EA2124
"""What the host of the recorded U.are.U 4500 sent for the scramble key."""


def figures(_scratch: Path, quick: bool) -> list[Figure]:
    """One frame of each scanner; nothing where the recordings are not there.

    Raises
    ------
    RuntimeError
        What is measured does not make the recorded picture.
    """
    if not RECORDINGS.is_dir():
        return []
    runs, found = 3 if quick else 7, []
    for name, recording, decode in (
        ("uareu4000", "uru4000-4500", _uareu4000()),
        ("nb1010", "nb1010", _nb1010()),
        ("upektouchchip", "upektc_img-tcs1s", _upektouchchip()),
    ):
        wanted = cv2.imread(str(RECORDINGS / recording / "capture.png"), cv2.IMREAD_GRAYSCALE)
        if wanted is None or not np.array_equal(decode(), wanted):
            raise RuntimeError(f"{name}: what is measured does not make the recorded picture")
        found.append(Figure(f"{name} recording decoded (CPU)", cpu_ms(decode, 20, runs), "ms", goal=GOAL_MS))
    return found


def _uareu4000() -> Callable[[], NDArray[np.uint8]]:
    packets = _answers("uru4000-4500")
    (transfer,) = (p.data for p in packets if p.kind is TransferKind.BULK)
    (word,) = (p.data for p in packets if p.kind is TransferKind.CONTROL and len(p.data) == 4)
    key = int.from_bytes(word, "little") ^ HOST_SEED

    def decode() -> NDArray[np.uint8]:
        return (255 - uareu4000_image.decode_image(transfer, lambda _: key))[::-1, ::-1].copy()  # it lies upside down

    return decode


def _nb1010() -> Callable[[], NDArray[np.uint8]]:
    urbs = recorded_urbs((RECORDINGS / "nb1010" / "capture.ioctl").read_text(encoding="utf-8"))
    parts = b"".join(urb.data for urb in urbs if urb.endpoint & 0x80 and len(urb.data) == 540)
    return lambda: nb1010.decode_image(parts)


def _upektouchchip() -> Callable[[], NDArray[np.uint8]]:
    """The checksum of every message of the image, then its pixels; a long message comes in two reads."""
    reads = [p.data for p in _answers("upektc_img-tcs1s") if p.kind is TransferKind.BULK and p.data]
    whole: list[bytes] = []
    for read in reads:
        if whole and len(whole[-1]) < ciao.message_bytes(whole[-1]):
            whole[-1] += read
        else:
            whole.append(read)
    read_out = [ciao.decode_message(data) for data in whole]
    (info,) = (ciao.sensor_info(m) for m in read_out if m.payload[:1] == b"\x28" and len(m.payload) > 47)
    parts = bytes((ciao.FIRST_PART, ciao.PART, ciao.LAST_PART))
    image = [data for data, m in zip(whole, read_out, strict=True) if m.kind == ciao.DATA and m.payload[0] in parts]

    def decode() -> NDArray[np.uint8]:
        pixels = b"".join(ciao.image_bytes(ciao.decode_message(data)) for data in image)
        return np.frombuffer(pixels, np.uint8).reshape(info.height, info.width)

    return decode


def _answers(recording: str) -> list[UsbPacket]:
    """What the device sent, transfer by transfer."""
    packets = usb_packets((RECORDINGS / recording / "capture.pcapng").read_bytes())
    return [packet for packet in packets if packet.event == "C" and packet.endpoint & 0x80]
