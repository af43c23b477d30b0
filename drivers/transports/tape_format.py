"""The lines of a tape: one JSON object a transfer, its bytes as hexadecimal text that a reviewer can read."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from drivers.transports.usb_ports import UsbDevice

VERSION = 1
CHUNK = 64
"""Bytes on a line of a payload: the packet size of a full speed endpoint."""
LARGEST_PAYLOAD = 1 << 24
OUT = frozenset({"write", "send"})
"""Transfers whose bytes go to the device, and so must be what the tape holds."""
NOTE = "note"
"""Not a transfer, but a line for the reader: what the driver was asked to do from here on."""


class TapeFormatError(ValueError):
    """The file is no tape; with the line that is wrong."""


@dataclass(frozen=True)
class TapeTransfer:
    """One transfer, as the driver saw it end.

    `op` is `open`, `close`, `reset`, `read` and `write` (control transfers), `interrupts` (the read was started),
    `interrupt` (a message was taken), `submit` (a bulk read was started), `bulk` (its result was taken), `cancel` (it
    was ended before it had one) or `send` (a bulk transfer OUT). On a serial port it is `open`, `close`, `baud` (its
    rate was changed), `send`, `came` (bytes were read) or `discard`. A `note` is for the reader.
    """

    op: str
    arguments: tuple[tuple[str, int | str], ...] = ()
    data: bytes = b""
    """What went either way."""
    error: str = ""
    """Name of the `DeviceError` that came in place of data, with its message: `DeviceLost: the cable`."""
    blanked: bool = False
    """The picture in `data` was replaced."""
    time_s: float = 0.0
    line: int = 0

    def __str__(self) -> str:
        named = " ".join(f"{name}={value}" for name, value in self.arguments)
        sent = f" {self.data[:16].hex()}" if self.op in OUT else ""
        return f"{self.op} {named}{sent}".strip()


def header_line(device: UsbDevice, more: Mapping[str, object] | None = None) -> str:
    """The first line: the version, the device, and what else there is to tell."""
    return header_text(
        {
            "vendor_id": f"{device.vendor_id:04x}",
            "product_id": f"{device.product_id:04x}",
            "port_path": device.port_path,
            "serial": device.serial,
            "manufacturer": device.manufacturer,
            "product": device.product,
            "release": f"{device.release:04x}",
            **(more or {}),
        }
    )


def header_text(fields: Mapping[str, object]) -> str:
    """The first line of a tape of any device."""
    return json.dumps({"tape": VERSION, **fields})


def transfer_lines(transfer: TapeTransfer) -> Iterator[str]:
    """The line of a transfer; a payload of more than 64 bytes follows it, a string a line."""
    entry: dict[str, object] = {"t": round(transfer.time_s, 4), "op": transfer.op, **dict(transfer.arguments)}
    if transfer.error:
        entry["error"] = transfer.error
    if transfer.blanked:
        entry["blanked"] = True
    if len(transfer.data) <= CHUNK:
        if transfer.data:
            entry["data"] = _short(transfer.data)
        yield json.dumps(entry)
        return
    entry["bytes"] = len(transfer.data)
    yield json.dumps(entry)
    for chunk in _chunks(transfer.data):
        yield json.dumps(chunk)


def read_tape(lines: Iterable[str]) -> tuple[UsbDevice, list[TapeTransfer]]:
    """The USB device and all transfers, without the notes.

    Raises
    ------
    TapeFormatError
        With the number of the line that is wrong.
    """
    header, transfers = read_lines(lines)
    return _device(header), [transfer for transfer in transfers if transfer.op != NOTE]


def read_lines(lines: Iterable[str]) -> tuple[dict[str, object], list[TapeTransfer]]:
    """The fields of the header, and all transfers and notes.

    Raises
    ------
    TapeFormatError
        With the number of the line that is wrong.
    """
    numbered = ((number, _parsed(number, line)) for number, line in enumerate(lines, 1) if line.strip())
    first = next(numbered, None)
    if first is None:
        raise TapeFormatError("line 1: the tape is empty")
    header = _header(*first)
    transfers: list[TapeTransfer] = []
    wanted = 0
    for number, entry in numbered:
        if isinstance(entry, str):
            if not wanted:
                raise TapeFormatError(f"line {number}: a payload that belongs to no transfer")
            data = transfers[-1].data + _bytes(number, entry)
            transfers[-1] = replace(transfers[-1], data=data)
        elif wanted:
            raise TapeFormatError(f"line {number}: the transfer of line {transfers[-1].line} lacks bytes")
        else:
            transfer, wanted = _transfer(number, entry)
            transfers.append(transfer)
        if wanted:
            have = len(transfers[-1].data)
            if have > wanted:
                raise TapeFormatError(f"line {number}: more bytes than the {wanted} of line {transfers[-1].line}")
            wanted = 0 if have == wanted else wanted
    if wanted:
        raise TapeFormatError(f"line {transfers[-1].line}: the tape ends before its {wanted} bytes")
    return header, transfers


def _chunks(data: bytes) -> Iterator[str]:
    """64 bytes a string; the same again and again is `hex*times`."""
    for chunk, run in groupby(data[start : start + CHUNK] for start in range(0, len(data), CHUNK)):
        times = len(list(run))
        uniform = chunk[:1] * len(chunk) == chunk
        unit, times = (chunk[:1], times * len(chunk)) if uniform else (chunk, times)
        yield unit.hex() if times == 1 else f"{unit.hex()}*{times}"


def _short(data: bytes) -> str:
    """The bytes, with a long run after the first two as `hex*times`."""
    run = len(data[2:]) - len(data[2:].rstrip(data[-1:]))
    if run < 8:
        return data.hex()
    return f"{data[:-run].hex()} {data[-1:].hex()}*{run}"


def _bytes(number: int, text: str) -> bytes:
    data = b""
    for part in text.split():
        unit, star, times = part.partition("*")
        try:
            size, count = len(unit) // 2, int(times) if star else 1
            if not 0 < size * count <= LARGEST_PAYLOAD:
                raise TapeFormatError(f"line {number}: a payload of {size * count} bytes")
            data += bytes.fromhex(unit) * count
        except ValueError as error:
            if isinstance(error, TapeFormatError):
                raise
            raise TapeFormatError(f"line {number}: {error}") from error
    if len(data) > LARGEST_PAYLOAD:
        raise TapeFormatError(f"line {number}: a payload of {len(data)} bytes")
    return data


def _parsed(number: int, line: str) -> object:
    try:
        entry: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise TapeFormatError(f"line {number}: {error}") from error
    return entry


def _header(number: int, entry: object) -> dict[str, object]:
    if not isinstance(entry, dict) or entry.get("tape") != VERSION:
        raise TapeFormatError(f"line {number}: not the header of a tape of version {VERSION}")
    return entry


def _device(entry: dict[str, object]) -> UsbDevice:
    try:
        return UsbDevice(
            vendor_id=int(str(entry["vendor_id"]), 16),
            product_id=int(str(entry["product_id"]), 16),
            port_path=str(entry["port_path"]),
            serial=str(entry["serial"]),
            manufacturer=str(entry["manufacturer"]),
            product=str(entry["product"]),
            release=int(str(entry["release"]), 16),
        )
    except (KeyError, ValueError) as error:
        raise TapeFormatError(f"line 1: the header lacks {error}") from error


def _transfer(number: int, entry: object) -> tuple[TapeTransfer, int]:
    """A transfer, and how many bytes of payload follow on lines of their own."""
    if not isinstance(entry, dict) or not isinstance(entry.get("op"), str):
        raise TapeFormatError(f"line {number}: no transfer")
    known = {"t", "op", "error", "blanked", "bytes", "data"}
    arguments = tuple((name, value) for name, value in entry.items() if name not in known)
    if not all(isinstance(value, int | str) for _, value in arguments):
        raise TapeFormatError(f"line {number}: an argument that is neither a number nor a text")
    wanted, time_s, text = entry.get("bytes", 0), entry.get("t", 0.0), entry.get("data", "")
    if not isinstance(wanted, int) or not 0 <= wanted <= LARGEST_PAYLOAD:
        raise TapeFormatError(f"line {number}: bytes is {wanted!r}")
    if not isinstance(time_s, int | float) or not isinstance(text, str):
        raise TapeFormatError(f"line {number}: t is a number and data a text")
    data = _bytes(number, text) if text else b""
    error, blanked = str(entry.get("error", "")), bool(entry.get("blanked"))
    return TapeTransfer(str(entry["op"]), arguments, data, error, blanked, float(time_s), number), wanted
