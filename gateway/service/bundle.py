"""BundleService: volumes for a stick, and the answers that come back on one."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Self

from rekam.v1 import bundle_pb2 as pb

from gateway.bundle import BundleBook, ExportDesk, OfferedVolume, TakenAway
from gateway.bundle.volume import volume_size
from gateway.centre import PacketNotice
from gateway.centre.answer import TYPES, Announcement, Receipt
from gateway.forwarding import UNDER_WAY, AnswerDesk, AnswerWay, PacketQueue, PacketState, StatusBook, Taken
from gateway.link import LinkError
from gateway.service.access import Caller
from gateway.trust import Signer, TrustAnchors

CARRIED = (*sorted(UNDER_WAY), PacketState.QUARANTINED)
"""What a stick takes: also what the line could not bring."""
_ANNOUNCEMENT, _RECEIPT = TYPES[Announcement], TYPES[Receipt]


class BundleCore:
    """Made by `open`, ended by `close`; answers in the event loop's thread, works in others.

    Parameters
    ----------
    book : BundleBook
    desk : ExportDesk
    queue : PacketQueue
    answers : AnswerDesk
        Keeps receipts and statuses.
    statuses : StatusBook
        Is told of them.
    announce : callable
        Takes a signed announcement, and who brings it; `LinkError` where it is not believed.
    gateway_id : str
    """

    def __init__(
        self,
        book: BundleBook,
        desk: ExportDesk,
        queue: PacketQueue,
        answers: AnswerDesk,
        statuses: StatusBook,
        announce: Callable[[bytes, str], Awaitable[object]],
        gateway_id: str,
    ) -> None:
        self._book, self._desk, self._queue = book, desk, queue
        self._answers, self._statuses, self._announce = answers, statuses, announce
        self._gateway_id = gateway_id

    @classmethod
    def open(
        cls,
        state: Path,
        key: Signer,
        queue: PacketQueue,
        path_of: Callable[[str], Path],
        statuses: StatusBook,
        anchors: Callable[[], TrustAnchors],
        announce: Callable[[bytes, str], Awaitable[object]],
    ) -> Self:
        """Open the book of a state folder, whose lock the caller holds.

        Parameters
        ----------
        state : Path
        key : Signer
            The gateway's.
        queue : PacketQueue
        path_of : callable
            Where the packet of an id lies.
        statuses : StatusBook
        anchors : callable
            The centres that are believed.
        announce : callable

        Raises
        ------
        BookUnusable
        """

        def waiting() -> list[PacketNotice]:
            return [each.notice for each in queue.packets(CARRIED)]

        book = BundleBook.open(state)
        desk = ExportDesk(book, key, waiting, path_of)
        answers = AnswerDesk(queue, key.gateway_id, anchors)
        return cls(book, desk, queue, answers, statuses, announce, key.gateway_id)

    def carried(self) -> Mapping[str, TakenAway]:
        """Packets that left on a medium, by their ids: where they were last.

        Raises
        ------
        BookUnusable
        """
        return self._book.taken()

    def close(self) -> None:
        """Let go of the book."""
        self._book.close()

    async def next_volume(self, request: pb.NextVolumeRequest, caller: Caller) -> pb.NextVolumeResponse:
        """The next volume that fits."""

        def offered() -> pb.NextVolumeResponse:
            offer = self._desk.next_volume(request.max_bytes, again=request.again, operator=request.operator)
            answer = pb.NextVolumeResponse(left_packets=offer.left_packets, left_bytes=offer.left_bytes)
            if offer.volume is not None:
                answer.volume.CopyFrom(_message(offer.volume, 0))
            return answer

        return await asyncio.to_thread(offered)

    async def read_volume(self, request: pb.ReadVolumeRequest, caller: Caller) -> AsyncIterator[pb.ReadVolumeResponse]:
        """The bytes of a volume."""
        pieces = await asyncio.to_thread(self._desk.pieces, request.bundle_id, request.number)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield pb.ReadVolumeResponse(data=piece)

    async def confirm_volume(self, request: pb.ConfirmVolumeRequest, caller: Caller) -> pb.ConfirmVolumeResponse:
        """A volume stands whole on a medium."""
        volume = await asyncio.to_thread(self._desk.confirm, request.bundle_id, request.number, request.medium)
        return pb.ConfirmVolumeResponse(volume=_message(volume, 0))

    async def list_volumes(self, request: pb.ListVolumesRequest, caller: Caller) -> pb.ListVolumesResponse:
        """What was taken away."""

        def listed() -> pb.ListVolumesResponse:
            lacking = {each.packet_id for each in self._queue.packets(CARRIED)}
            answer = pb.ListVolumesResponse()
            for volume in self._book.volumes():
                count = sum(each.packet_id in lacking for each in volume.contents.packets)
                answer.volumes.append(_message(volume, count))
            return answer

        return await asyncio.to_thread(listed)

    async def import_answers(self, request: pb.ImportAnswersRequest, caller: Caller) -> pb.ImportAnswersResponse:
        """Take what the centre answered."""
        counts = pb.ImportAnswersResponse()
        for jws in request.answers:
            typ, gateway_id = _stated(jws)
            if typ == _ANNOUNCEMENT:
                try:
                    await self._announce(jws, request.operator)
                except LinkError:
                    counts.refused += 1
                else:
                    counts.announcements += 1
            elif gateway_id and gateway_id != self._gateway_id:
                counts.foreign += 1
            else:
                taken = await asyncio.to_thread(self._answers.take, jws, AnswerWay.STICK)
                counts.known += taken is Taken.KNOWN
                counts.refused += taken is Taken.REFUSED
                counts.receipts += taken is Taken.KEPT and typ == _RECEIPT
                counts.statuses += taken is Taken.KEPT and typ != _RECEIPT
        await asyncio.to_thread(self._applied)
        return counts

    def _applied(self) -> None:
        while self._answers.apply(self._statuses):
            pass


def _message(volume: OfferedVolume, without_receipt: int) -> pb.BundleVolume:
    message = pb.BundleVolume(
        contents=volume.jws,
        size=volume_size(volume.jws, volume.contents),
        medium=volume.medium,
        operator=volume.operator,
        without_receipt=without_receipt,
    )
    if volume.taken is not None:
        message.taken.FromDatetime(volume.taken)
    return message


def _stated(jws: bytes) -> tuple[str, str]:
    """Kind and gateway as an answer states them, to sort by; nothing of it is believed. Empty where it says nothing."""
    try:
        header, payload, _ = (_json(part) if place < 2 else {} for place, part in enumerate(jws.split(b".")))
        return str(header.get("typ", "")), str(payload.get("gateway_id", ""))
    except (ValueError, AttributeError, RecursionError):
        return "", ""


def _json(part: bytes) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
