"""The folder of sealed packets as the queue sees it: what lies there, what has gone, and bytes of one."""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from gateway.centre import PacketNotice
from gateway.durable_file import flush_folder
from gateway.forwarding.incident import IncidentKind
from gateway.forwarding.packet import HELD, PacketState, QueuedPacket
from gateway.forwarding.queue import PacketQueue
from gateway.packet import SUFFIX, PacketError, PacketHeader, read_packet_front

log = structlog.get_logger(__name__)

TAG_BYTES = 16
"""Of a chunk (docs/packet-format.md)."""
_PIECE = 1 << 20


@dataclass(frozen=True)
class Found:
    """What a look at the folder found."""

    added: tuple[str, ...]
    missing: tuple[str, ...]
    """Gone without a receipt: told as incidents."""
    unfit: tuple[str, ...]
    """Names of files that are no packets, or could not be read now; these are looked at again the next time."""


def small_end(header: PacketHeader, size: int, small_bytes: int) -> int:
    """Where in a packet's file the chunk ends that holds the last of so many bytes of content.

    Parameters
    ----------
    header : PacketHeader
    size : int
        Bytes of the file.
    small_bytes : int
        Bytes of the content from its start: the statement with its length, and the small parts.
    """
    front = size - header.content_bytes - TAG_BYTES * header.chunk_count
    chunks = min(header.chunk_count, max(1, -(-small_bytes // header.chunk_bytes)))
    return min(size, front + chunks * (header.chunk_bytes + TAG_BYTES))


def read_notice(path: Path) -> tuple[PacketNotice, int]:
    """The notice of a packet's file, and where its small parts end as far as that shows from outside.

    The office cannot open the packet: of one whose seal it did not see, the first chunk counts as the small parts.
    These fit into it as a rule (256 KiB).

    Raises
    ------
    PacketError
        It is no packet, or its front was changed.
    OSError
    """
    header, _ = read_packet_front(path)
    size = path.stat().st_size
    notice = PacketNotice(header.packet_id, file_sha256(path), size, header.place.chain_id, header.place.sequence)
    return notice, small_end(header, size, 1)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal; OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_of(path: Path) -> int | None:
    """Bytes of a file; None where it is gone."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def look(folder: Path, queue: PacketQueue) -> Found:
    """Take in what lies in the folder and is not known, and note what is known and has gone; blocking.

    Raises
    ------
    ForwardingError, OSError
    """
    # What is known is read before the folder: a packet that is sealed in between is no missing one.
    known = {each.packet_id: each for each in queue.packets()}
    present = {path.name.removesuffix(SUFFIX): path for path in folder.glob(f"*{SUFFIX}") if path.name[0] != "."}
    held = {each for each, packet in known.items() if packet.state in (*HELD, PacketState.ERASED)}
    unfit: list[str] = []
    notices = []
    for packet_id in present.keys() - held:
        try:
            found = _notice_of(present[packet_id], packet_id)
        except FileNotFoundError:
            continue  # it went between the two looks
        except OSError as error:  # one bad sector keeps no other packet here
            unfit.append(present[packet_id].name)
            if queue.notes.note(IncidentKind.FILE_UNREADABLE, packet_id, error.strerror or str(error)):
                log.error("packet_file_unreadable", packet=packet_id, why=str(error))
            continue
        if found is None:
            unfit.append(present[packet_id].name)
            queue.notes.note(IncidentKind.NOT_A_PACKET, detail=present[packet_id].name)
        else:
            notices.append(found)
    added = []
    for notice, early_bytes in sorted(notices, key=lambda each: (each[0].chain_id, each[0].sequence)):
        if queue.add(notice, early_bytes):
            added.append(notice.packet_id)
            for kind in (IncidentKind.FILE_MISSING, IncidentKind.FILE_UNREADABLE):
                queue.notes.settle(kind, notice.packet_id)
    missing = [
        each.packet_id
        for each in known.values()
        if each.packet_id not in present and each.state in HELD and note_gone(queue, each)
    ]
    return Found(tuple(added), tuple(missing), tuple(unfit))


def note_gone(queue: PacketQueue, packet: QueuedPacket) -> bool:
    """The packet's file is gone; whether that is a loss, as there is no receipt for it."""
    _, after = queue.change(packet.packet_id, _without_file)
    if after.state is not PacketState.MISSING:
        return False
    if queue.notes.note(IncidentKind.FILE_MISSING, packet.packet_id):
        log.error("packet_file_missing", packet=packet.packet_id)
    return True


def erase(path: Path) -> None:
    """Remove a packet's file, for good once this returns.

    Its name is taken away and that is flushed. It is not overwritten: it is encrypted to the centre, this machine
    cannot open it, and what may be left of it on the medium says no more than what went over the network.

    Raises
    ------
    OSError
    """
    path.unlink(missing_ok=True)
    flush_folder(path.parent)


def read_bytes(path: Path, begin: int, end: int) -> bytes:
    """Bytes of a packet's file.

    Raises
    ------
    OSError
        It is gone, or shorter.
    """
    with path.open("rb") as file:
        data = os.pread(file.fileno(), end - begin, begin)
    while len(data) < end - begin:
        with path.open("rb") as file:
            more = os.pread(file.fileno(), end - begin - len(data), begin + len(data))
        if not more:
            raise OSError(f"{path} ends at {begin + len(data)} bytes")
        data += more
    return data


def _notice_of(path: Path, packet_id: str) -> tuple[PacketNotice, int] | None:
    try:
        notice, early_bytes = read_notice(path)
    except PacketError:
        return None
    return (notice, early_bytes) if notice.packet_id == packet_id else None


def _without_file(packet: QueuedPacket) -> QueuedPacket:
    if packet.state is PacketState.RECEIVED:
        return replace(packet, state=PacketState.ERASED)
    return replace(packet, state=PacketState.MISSING, reason="FILE_MISSING") if packet.state in HELD else packet
