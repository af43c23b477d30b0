"""Takes the packets of volumes at the centre: in any order, twice, damaged ones as far as they are whole."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.bundle.contents import VolumeContents
from gateway.bundle.errors import BundleError, NothingToTake, VolumeDamaged, from_os
from gateway.bundle.volume import VolumeFront, packet_pieces, read_front, volume_files
from gateway.centre import PacketNotice, PacketStanding, StandingState
from gateway.packet import SUFFIX as PACKET_SUFFIX
from gateway.packet import PacketError, read_packet_front

Hold = Callable[[Path], tuple[str, PacketStanding]]
"""Holds the packet of a file; the gateway that it is of, and where it stands then."""
Known = Callable[[str, Sequence[PacketNotice]], Sequence[PacketStanding]]
"""Where packets of a gateway stand, in their order."""


@dataclass(frozen=True)
class TakenPacket:
    """What became of one packet."""

    gateway_id: str
    packet_id: str
    state: StandingState | None
    """None: it is damaged on the medium, or cannot be read."""
    reason: str = ""
    words: str = ""
    new: bool = False
    """The centre has it since now."""


@dataclass(frozen=True)
class TakenFile:
    """What became of a file: a volume, or a packet that lay there by itself."""

    path: Path
    contents: VolumeContents | None
    """None of a packet by itself, and of a volume whose front is damaged."""
    packets: tuple[TakenPacket, ...]
    fault: BundleError | None = None
    """Why it was not taken, or not all of it."""


@dataclass(frozen=True)
class BundleSeen:
    """Which volumes of a bundle were there."""

    gateway_id: str
    bundle_id: str
    numbers: tuple[int, ...]
    of: int | None

    @property
    def missing(self) -> tuple[int, ...]:
        """Volumes before the last one that was seen, or stated, that were not among them."""
        last = self.of or max(self.numbers)
        return tuple(number for number in range(1, last + 1) if number not in self.numbers)


@dataclass(frozen=True)
class ImportReport:
    """What an import came to."""

    files: tuple[TakenFile, ...]

    @property
    def packets(self) -> tuple[TakenPacket, ...]:
        """Of all files."""
        return tuple(packet for file in self.files for packet in file.packets)

    @property
    def gateways(self) -> tuple[str, ...]:
        """Whose packets were there."""
        return tuple(sorted({packet.gateway_id for packet in self.packets if packet.gateway_id}))

    @property
    def bundles(self) -> tuple[BundleSeen, ...]:
        """Which volumes of which bundles were there."""
        seen: dict[tuple[str, str], list[VolumeContents]] = {}
        for file in self.files:
            if file.contents is not None:
                seen.setdefault((file.contents.gateway_id, file.contents.bundle_id), []).append(file.contents)
        return tuple(
            BundleSeen(
                *place,
                tuple(sorted({each.number for each in volumes})),
                max((each.of for each in volumes if each.of is not None), default=None),
            )
            for place, volumes in sorted(seen.items())
        )

    @property
    def ok(self) -> bool:
        """Whether the centre has all that was there."""
        return all(each.fault is None for each in self.files) and all(
            each.state is StandingState.RECEIVED for each in self.packets
        )


def take_files(
    folder: Path, hold: Hold, known: Known, scratch: Path, told: Callable[[TakenFile], None] = lambda file: None
) -> ImportReport:
    """Take every volume in a folder, and every packet that lies there by itself.

    Parameters
    ----------
    folder : Path
        Of the medium, or a folder that it was copied into.
    hold, known : callable
        Of the centre; what they raise ends the import, which can be begun again from the start without harm.
    scratch : Path
        A folder on the centre's disk for one packet at a time.
    told : callable
        After each file.

    Raises
    ------
    MediumGone, MediumUnwritable
        The folder cannot be read at all.
    NothingToTake
        There is nothing in it for a centre.
    """
    try:
        folder.stat()  # a folder that is not there has no files either
        paths = volume_files(folder)
        found = sorted(folder.glob(f"*{PACKET_SUFFIX}"))
        single = [path for path in found if not path.name.startswith(".") and path.is_file()]
    except OSError as error:
        raise from_os(error, folder) from error
    if not paths and not single:
        raise NothingToTake(
            f"Di {folder} tidak ada volume (rekam-*.rkv) dan tidak ada paket. Sebutkan folder pada media.",
            f"There is no volume (rekam-*.rkv) and no packet in {folder}. Name the folder on the medium.",
        )
    files = []
    for path in paths:
        files.append(_taken_volume(path, hold, known, scratch))
        told(files[-1])
    for path in single:
        files.append(_taken_single(path, hold))
        told(files[-1])
    return ImportReport(tuple(files))


def chain_forks(packets: Iterable[tuple[str, PacketNotice]]) -> Mapping[tuple[str, str, int], tuple[str, ...]]:
    """Places of a gateway's chain that more than one packet claims: two machines went on with one identity.

    Parameters
    ----------
    packets : iterable of (gateway id, PacketNotice)

    Returns
    -------
    mapping
        Gateway, chain and number to the ids of the packets, of those places alone.
    """
    places: dict[tuple[str, str, int], set[str]] = {}
    for gateway_id, notice in packets:
        places.setdefault((gateway_id, notice.chain_id, notice.sequence), set()).add(notice.packet_id)
    return {place: tuple(sorted(ids)) for place, ids in places.items() if len(ids) > 1}


def _taken_volume(path: Path, hold: Hold, known: Known, scratch: Path) -> TakenFile:
    try:
        file = path.open("rb")
    except OSError as error:
        return TakenFile(path, None, (), from_os(error, path.parent))
    with file:
        try:
            front = read_front(file)
        except VolumeDamaged as error:
            return TakenFile(path, None, (), error)
        except OSError as error:
            return TakenFile(path, None, (), from_os(error, path.parent))
        return _taken_packets(path, file, front, hold, known, scratch)


def _taken_packets(
    path: Path, file: BinaryIO, front: VolumeFront, hold: Hold, known: Known, scratch: Path
) -> TakenFile:
    gateway_id = front.contents.gateway_id
    notices = front.contents.packets
    fault: BundleError | None = None
    taken = []
    for index, (notice, standing) in enumerate(zip(notices, known(gateway_id, notices), strict=True)):
        if standing.state is StandingState.RECEIVED:
            taken.append(TakenPacket(gateway_id, notice.packet_id, standing.state))
            continue
        copy = scratch / f"{notice.packet_id}{PACKET_SUFFIX}"
        try:
            error = _copied(file, front, index, copy)
            if error is not None:
                fault = fault or error
                taken.append(TakenPacket(gateway_id, notice.packet_id, None, error.reason, error.words.en))
                continue
            taken.append(_held(copy, gateway_id, notice.packet_id, hold))
        finally:
            copy.unlink(missing_ok=True)
    if fault is None and front.file_bytes > front.stated_bytes:
        surplus = front.file_bytes - front.stated_bytes
        fault = VolumeDamaged(
            f"Setelah paket terakhir masih ada {surplus} byte; semua paketnya utuh dan sudah diterima.",
            f"After the last packet {surplus} bytes follow; all its packets are whole, and were taken.",
        )
    return TakenFile(path, front.contents, tuple(taken), fault)


def _copied(file: BinaryIO, front: VolumeFront, index: int, copy: Path) -> BundleError | None:
    """Copy a packet out of a volume; why that could not be read."""
    pieces = packet_pieces(file, front, index)
    with copy.open("wb") as target:
        while True:
            # What the medium refuses is this packet's fault; what our own disk refuses ends the import.
            try:
                piece = next(pieces, None)
            except VolumeDamaged as error:
                return error
            except OSError as error:
                return from_os(error, Path(file.name).parent)
            if piece is None:
                return None
            target.write(piece)


def _taken_single(path: Path, hold: Hold) -> TakenFile:
    try:
        header, _ = read_packet_front(path)
    except OSError as error:
        return TakenFile(path, None, (), from_os(error, path.parent))
    except PacketError as error:
        return TakenFile(path, None, (), VolumeDamaged(str(error), str(error)))
    return TakenFile(path, None, (_held(path, header.gateway_id, header.packet_id, hold),))


def _held(path: Path, gateway_id: str, packet_id: str, hold: Hold) -> TakenPacket:
    try:
        named, standing = hold(path)
    except PacketError as error:
        return TakenPacket(gateway_id, packet_id, StandingState.REFUSED, error.reason, str(error))
    new = standing.state is StandingState.RECEIVED
    return TakenPacket(named, standing.packet_id, standing.state, standing.reason, standing.words, new)
