"""Puts volumes together of what waits, at the gateway: which packets go next, and what was taken already."""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from gateway.bundle.book import Bundle, BundleBook, OfferedVolume
from gateway.bundle.contents import MAX_NUMBER, MAX_PACKETS, VolumeContents, fits_signature, sign_contents
from gateway.bundle.errors import SourceChanged
from gateway.bundle.volume import PREFIX_BYTES, volume_pieces, volume_size
from gateway.centre import PacketNotice
from gateway.trust import SignedTime, Signer, time_now
from gateway.trust.signature import MAX_JWS_BYTES

SMALLEST_VOLUME = 256 << 10
"""Less room than that is none: the list of contents alone may take half of it."""


@dataclass(frozen=True)
class Offer:
    """The next volume, or that there is none; and what is left after it."""

    volume: OfferedVolume | None
    left_packets: int
    left_bytes: int

    @property
    def size(self) -> int:
        """Bytes of the volume's file; 0 where there is none."""
        return 0 if self.volume is None else volume_size(self.volume.jws, self.volume.contents)


class ExportDesk:
    """Any thread may call.

    Parameters
    ----------
    book : BundleBook
    key : Signer
        Signs the lists of contents.
    waiting : callable
        Packets without a receipt, the oldest first; asked each time.
    path_of : callable
        Where the packet of an id lies.
    now : callable
    """

    def __init__(
        self,
        book: BundleBook,
        key: Signer,
        waiting: Callable[[], Sequence[PacketNotice]],
        path_of: Callable[[str], Path],
        now: Callable[[], SignedTime] = time_now,
    ) -> None:
        self._book = book
        self._key = key
        self._waiting = waiting
        self._path_of = path_of
        self._now = now
        self._one_by_one = threading.Lock()
        self._unfit: dict[str, tuple[int, int]] = {}
        """Packets that were not what they should be, by id: size and time of their files then."""

    def next_volume(self, max_bytes: int, *, again: bool = False, operator: str = "") -> Offer:
        """The next volume that fits into so many bytes.

        One that was put together before, and that nobody said to have, is offered again as it was, so that an
        interrupted export goes on where it stood.

        Parameters
        ----------
        max_bytes : int
            Of the file.
        again : bool
            Begin a new bundle with all that waits, though it was taken away before: a stick was lost.
        operator : str
            Who exports.

        Raises
        ------
        BundleError, KeyProblem
        """
        with self._one_by_one:
            bundle = self._book.begin(_new_id(), again=True) if again else self._book.open_bundle()
            candidates = self._candidates(bundle)
            pending = self._book.offered()
            if pending is not None:
                if self._still_good(pending, max_bytes):
                    return _offer(pending, candidates)
                self._book.withdraw(pending.contents)
                bundle = self._book.open_bundle()
            if bundle is None or bundle.volumes >= MAX_NUMBER:
                bundle = None
                candidates = self._candidates(None)
            chosen = self._chosen(candidates, max_bytes)
            if not chosen:
                return Offer(None, len(candidates), sum(each.size for each in candidates))
            bundle = bundle or self._book.begin(_new_id(), again=False)
            return self._put_together(bundle, chosen, candidates, operator)

    def pieces(self, bundle_id: str, number: int) -> Iterator[bytes]:
        """The bytes of a volume that was offered; see `volume_pieces`.

        A packet that is not what was listed is in nobody's way: the volume is withdrawn, and the next one is without
        it until its file is another.

        Raises
        ------
        BundleUnknown, SourceChanged, BookUnusable
        """
        volume = self._book.volume(bundle_id, number)
        return self._pieces(volume)

    def confirm(self, bundle_id: str, number: int, medium: str) -> OfferedVolume:
        """A volume stands whole on a medium: its packets count as taken away. They wait for their receipt as before.

        Raises
        ------
        BundleUnknown, BookUnusable
        """
        return self._book.confirm(bundle_id, number, medium, datetime.now(UTC))

    def _pieces(self, volume: OfferedVolume) -> Iterator[bytes]:
        try:
            yield from volume_pieces(volume.jws, volume.contents, self._path_of)
        except SourceChanged as error:
            self._unfit[error.packet_id] = self._version_of(error.packet_id)
            self._book.withdraw(volume.contents)
            raise

    def _candidates(self, bundle: Bundle | None) -> list[PacketNotice]:
        taken = self._book.taken(bundle.bundle_id if bundle is not None and bundle.again else "")
        return [each for each in self._waiting() if each.packet_id not in taken and self._is_there(each)]

    def _chosen(self, candidates: Sequence[PacketNotice], max_bytes: int) -> list[PacketNotice]:
        """The oldest that fit; one that is too large for what is left is passed over, not waited for."""
        left = max_bytes - PREFIX_BYTES - MAX_JWS_BYTES
        chosen: list[PacketNotice] = []
        for each in candidates:
            if each.size <= left and len(chosen) < MAX_PACKETS:
                chosen.append(each)
                left -= each.size
        return chosen

    def _put_together(
        self, bundle: Bundle, chosen: list[PacketNotice], candidates: Sequence[PacketNotice], operator: str
    ) -> Offer:
        gateway_id = self._key.gateway_id
        draft = VolumeContents(gateway_id, bundle.bundle_id, bundle.volumes + 1, None, self._now(), tuple(chosen))
        while not fits_signature(draft, self._key):
            draft = replace(draft, packets=draft.packets[: len(draft.packets) * 3 // 4])
        if len(draft.packets) == len(candidates):
            draft = replace(draft, of=draft.number)
        jws = sign_contents(draft, self._key)
        self._book.offer(jws, draft, operator)
        return _offer(self._book.volume(draft.bundle_id, draft.number), candidates)

    def _still_good(self, volume: OfferedVolume, max_bytes: int) -> bool:
        fits = volume_size(volume.jws, volume.contents) <= max_bytes
        return fits and all(self._is_there(each) for each in volume.contents.packets)

    def _is_there(self, notice: PacketNotice) -> bool:
        version = self._version_of(notice.packet_id)
        return version[0] == notice.size and self._unfit.get(notice.packet_id) != version

    def _version_of(self, packet_id: str) -> tuple[int, int]:
        try:
            status = self._path_of(packet_id).stat()
        except OSError:
            return 0, 0
        return status.st_size, status.st_mtime_ns


def _offer(volume: OfferedVolume, candidates: Sequence[PacketNotice]) -> Offer:
    held = {each.packet_id for each in volume.contents.packets}
    left = [each for each in candidates if each.packet_id not in held]
    return Offer(volume, len(left), sum(each.size for each in left))


def _new_id() -> str:
    return secrets.token_hex(8)
