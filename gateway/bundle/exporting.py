"""Writes volumes on a medium until nothing is left, or nothing fits any more."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.bundle.book import OfferedVolume
from gateway.bundle.desk import SMALLEST_VOLUME, Offer
from gateway.bundle.errors import MediumFull, MediumGone, SourceChanged, medium_errors
from gateway.bundle.medium import MediumRoom, Placed, look_at_medium, place_file
from gateway.bundle.volume import PART_SUFFIX, SUFFIX, volume_name

USUAL_VOLUME_BYTES = 1 << 30
"""A stick that is pulled out costs the writing of one volume at most, and of that only what is not there yet."""
MOST_CHANGED = 100
"""More packets than that do not change by chance: the disk is at fault."""
README_NAME = "rekam-README.txt"
_README = (
    b"Berkas rekam-*.rkv: data perekaman tersegel dari sebuah kantor untuk kantor pusat. Hanya pusat yang dapat\r\n"
    b"membukanya. Jika Anda menemukan media ini, serahkan kepada kantor kependudukan terdekat.\r\n\r\n"
    b"Files rekam-*.rkv: sealed enrolments of an office for its centre, which alone can open them. If you found\r\n"
    b"this medium, please hand it to the nearest civil registry office.\r\n"
)


class VolumeSource(Protocol):
    """Where volumes come from: the gateway's desk itself, or its service."""

    def next_volume(self, max_bytes: int, *, again: bool = False, operator: str = "") -> Offer:
        """See `ExportDesk`."""
        ...

    def pieces(self, bundle_id: str, number: int) -> Iterable[bytes]:
        """See `ExportDesk`."""
        ...

    def confirm(self, bundle_id: str, number: int, medium: str) -> OfferedVolume:
        """See `ExportDesk`."""
        ...


@dataclass(frozen=True)
class ExportReport:
    """What an export came to."""

    volumes: tuple[tuple[OfferedVolume, Placed], ...]
    left_packets: int
    """That did not fit; the next medium begins with them."""
    left_bytes: int
    changed: tuple[SourceChanged, ...] = ()
    """Packets that were passed over, as they are not what was sealed."""

    @property
    def packets(self) -> int:
        """How many are on the medium now."""
        return sum(len(volume.contents.packets) for volume, _ in self.volumes)


def export_volumes(
    folder: Path,
    source: VolumeSource,
    *,
    max_bytes: int = USUAL_VOLUME_BYTES,
    again: bool = False,
    operator: str = "",
    told: Callable[[OfferedVolume, Placed], None] = lambda volume, placed: None,
) -> ExportReport:
    """Write volumes into a folder; each that stands whole and was read back counts, whatever happens to the next.

    Parameters
    ----------
    folder : Path
        On the medium; it has to be there.
    source : VolumeSource
    max_bytes : int
        Of a volume; the medium's own limits come on top.
    again : bool
        Also what was taken away before.
    operator : str
    told : callable
        After each volume.

    Raises
    ------
    MediumGone, MediumUnwritable, ReadBackWrong
        After volumes that count.
    MediumFull
        Not even one packet fits.
    BundleError, KeyProblem
        Of the source.
    """
    with medium_errors(folder):
        device = folder.stat().st_dev
    done: list[tuple[OfferedVolume, Placed]] = []
    changed: list[SourceChanged] = []
    while True:
        room = _room(folder, device)
        limit = min(max_bytes, room.free_bytes, room.largest_file_bytes)
        offer = source.next_volume(limit, again=again, operator=operator)
        again = False
        volume = offer.volume
        if volume is None:
            _remove_parts(folder, but="")
            break
        name = volume_name(volume.contents.bundle_id, volume.contents.number)
        _remove_parts(folder, but=f"{name}{PART_SUFFIX}")
        if not done:  # before the first volume: whoever finds the stick, pulled out at whatever instant, can read it
            place_file(folder, README_NAME, lambda: (_README,), len(_README))
        try:
            placed = _placed(folder, name, source, volume, offer.size)
        except SourceChanged as error:
            if len(changed) >= MOST_CHANGED:
                raise
            changed.append(error)  # the source offers the volume without that packet now
            continue
        same_medium(folder, device)
        # Only now: what counts as taken away stands on the medium, read back.
        volume = source.confirm(volume.contents.bundle_id, volume.contents.number, f"{folder.name or folder}/{name}")
        done.append((volume, placed))
        told(volume, placed)
    if offer.left_packets and not done and not changed:
        needed = f"{SMALLEST_VOLUME:,}"
        raise MediumFull(
            f"Tidak satu paket pun muat di {folder} ({limit:,} byte tersedia, {offer.left_packets} paket menunggu). "
            f"Kosongkan sebagian (sekurangnya {needed} byte lebih besar dari satu paket), atau pakai media lain.",
            f"Not one packet fits into {folder} ({limit:,} bytes are there, {offer.left_packets} packets wait). Make "
            f"room ({needed} bytes more than a packet at least), or take another medium.",
        )
    return ExportReport(tuple(done), offer.left_packets, offer.left_bytes, tuple(changed))


def same_medium(folder: Path, device: int) -> None:
    """Refuse where another file system lies under the folder than at the start: the medium was pulled out.

    An unmounted stick leaves its mount point behind, a folder on the machine's own disk.

    Raises
    ------
    MediumGone
    """
    with medium_errors(folder):
        if folder.stat().st_dev != device:
            raise MediumGone(
                f"Media di {folder} dicabut ketika ditulis. Tidak ada yang hilang; pasang lagi dan ulangi.",
                f"The medium at {folder} was pulled out while it was written. Nothing is lost; plug it in and run the "
                "command again.",
            )


def _placed(folder: Path, name: str, source: VolumeSource, volume: OfferedVolume, size: int) -> Placed:
    bundle_id, number = volume.contents.bundle_id, volume.contents.number
    return place_file(folder, name, lambda: source.pieces(bundle_id, number), size)


def _room(folder: Path, device: int) -> MediumRoom:
    """What fits, once unfinished volumes of ours are gone on from or removed."""
    same_medium(folder, device)
    room = look_at_medium(folder)
    with medium_errors(folder):
        unfinished = sum(path.stat().st_size for path in _parts(folder))
    return MediumRoom(room.free_bytes + unfinished, room.largest_file_bytes)


def _remove_parts(folder: Path, but: str) -> None:
    with medium_errors(folder):
        for path in _parts(folder):
            if path.name != but:
                path.unlink(missing_ok=True)


def _parts(folder: Path) -> list[Path]:
    return list(folder.glob(f"rekam-*{SUFFIX}{PART_SUFFIX}"))
