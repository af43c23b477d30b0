"""The gateway's chain of packets: which number the next one has, kept so that no number is ever used twice.

A packet is written whole under a hidden name first. Then the head of the chain names it with its number, on the disk;
then it gets its own name. What a power cut leaves is mended by the next look: a hidden packet that the head names gets
its name, any other was never seen by anybody and goes.
"""

import json
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from gateway.durable_file import flush_folder, write_durably
from gateway.packet import SUFFIX, PacketError, PacketPlace, SealedPacket, read_packet_front

HEAD_FILE = "chain.json"
_HIDDEN = ".sealed"
_FORMAT, _VERSION = "rekam-packet-chain", 1


@dataclass(frozen=True)
class _Head:
    """The last packet of the chain; number 0 and none before the first."""

    chain_id: str
    sequence: int
    packet_id: str
    digest: str

    @property
    def next_place(self) -> PacketPlace:
        return PacketPlace(self.chain_id, self.sequence + 1, self.digest or None)


@dataclass(frozen=True)
class ChainRestart:
    """A new chain was begun as the old one's head was lost; centres see that it is another."""

    cause: str
    remedy: str


def packets_made(folder: Path) -> int:
    """How many packets the chain of a folder has had; any thread may ask. 0 where nobody can tell."""
    head = PacketChain(folder)._read()
    return head.sequence if head is not None else 0


class PacketChain:
    """The chain of the packets in a folder; one thread at a time, and no other process.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.restarts: tuple[ChainRestart, ...] = ()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The chain of a folder, mended; a new one where there is none, or where its head was lost.

        Raises
        ------
        OSError
        """
        chain = cls(folder)
        chain._check_head()
        chain.next_place()
        # The packet that the head names has its name by now; a head that was being written is none.
        for left in (*folder.glob(f".*{_HIDDEN}"), *folder.glob(f".{HEAD_FILE}.*")):
            left.unlink()
        return chain

    def next_place(self) -> PacketPlace:
        """The place of the next packet, after what was left undone is done.

        Raises
        ------
        OSError
        """
        head = self._read()
        if head is None:
            # It was there at the start: somebody else has been at the folder.
            self._restart("has vanished while the gateway was running")
            head = self._read()
            assert head is not None
        self._mend(head)
        return head.next_place

    def hidden(self, packet_id: str) -> Path:
        """Where a packet is written before it has its number for good."""
        return self.folder / f".{packet_id}{_HIDDEN}"

    def path(self, packet_id: str) -> Path:
        """Where the packet is, once it has."""
        return self.folder / f"{packet_id}{SUFFIX}"

    def publish(self, sealed: SealedPacket, place: PacketPlace) -> None:
        """Take the number and give the hidden packet its name; on return both are on the disk.

        Raises
        ------
        OSError
            The packet is not there.
        """
        before = self._read()
        try:
            self._write(_Head(place.chain_id, place.sequence, sealed.packet_id, sealed.digest))
            self._reveal(sealed.packet_id)
        except OSError:
            # Nobody has seen it: its number is free again, and if not even that can be written it is lost. Each step
            # alone keeps the packet from getting its name later, when the enrolment may hold something else.
            for path in (self.hidden(sealed.packet_id), self.path(sealed.packet_id)):
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            with suppress(OSError):
                if before is not None:
                    self._write(before)
            raise

    def _mend(self, head: _Head) -> None:
        hidden = self.hidden(head.packet_id)
        if not hidden.exists():
            return
        try:
            named = read_packet_front(hidden)[1] == head.digest
        except PacketError:
            named = False
        if named:
            self._reveal(head.packet_id)
        else:
            hidden.unlink()

    def _reveal(self, packet_id: str) -> None:
        # What may stand there is no whole packet: one that is, is not sealed again.
        self.hidden(packet_id).replace(self.path(packet_id))
        flush_folder(self.folder)

    def _check_head(self) -> None:
        head = self._read()
        packets = sorted(path for path in self.folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))
        if head is None:
            if (self.folder / HEAD_FILE).exists():
                self._restart("is damaged")
            elif packets:
                self._restart("is missing")
            else:
                self._write(_first())
            return
        for path in packets:
            try:
                place = read_packet_front(path)[0].place
            except PacketError:
                continue
            if place.chain_id == head.chain_id and place.sequence > head.sequence:
                self._restart("is older than the packets beside it, as after a restored backup")
                return

    def _restart(self, what: str) -> None:
        path = self.folder / HEAD_FILE
        if path.exists():
            path.replace(path.with_name(f"{HEAD_FILE}.set-aside"))
        self._write(_first())
        self.restarts += (
            ChainRestart(
                f"The head of the packets' chain, {path}, {what}; a new chain was begun.",
                "Tell the centre: the numbers of the packets begin at 1 again, and none of the old chain follows.",
            ),
        )

    def _write(self, head: _Head) -> None:
        content = {"format": _FORMAT, "version": _VERSION, **asdict(head)}
        write_durably(self.folder / HEAD_FILE, json.dumps(content, indent=1).encode("ascii") + b"\n")

    def _read(self) -> _Head | None:
        """The head; None where it is missing or damaged."""
        try:
            value = json.loads((self.folder / HEAD_FILE).read_bytes())
        except (FileNotFoundError, ValueError, RecursionError):
            return None
        try:
            if (value.pop("format"), value.pop("version")) != (_FORMAT, _VERSION):
                return None
            head = _Head(**value)
        except (AttributeError, TypeError, KeyError):
            return None
        texts = (head.chain_id, head.packet_id, head.digest)
        if type(head.sequence) is not int or not all(isinstance(text, str) for text in texts):
            return None
        whole = bool(head.chain_id) and head.sequence >= 0 and bool(head.digest) == bool(head.sequence)
        return head if whole and bool(head.packet_id) == bool(head.sequence) else None


def _first() -> _Head:
    return _Head(secrets.token_hex(8), 0, "", "")
