"""EnrolmentService: persons enrolled from any front end, each change once, and the packet at the end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from google.protobuf.message import Message
from rekam.v1 import capture_pb2
from rekam.v1 import enrolment_pb2 as pb

from gateway.enrolment import Enrolments, EnrolmentSnapshot, EnrolmentState, EnrolmentSummary
from gateway.events import EventLog
from gateway.roles import SUPERVISOR
from gateway.service import convert
from gateway.service import enrolment_messages as messages
from gateway.service.access import Caller, check_one_of
from gateway.service.enrolment_pages import Page, first_page, next_page, under_way
from gateway.service.errors import BadArgumentError, NotFoundError, StoppingError
from gateway.service.idempotency import Idempotency
from gateway.trust import SignedTime, time_now

T = TypeVar("T")
M = TypeVar("M", bound=Message)

HEARTBEAT_S = 4.0
USUAL_PAGE = 100
CHUNK = 512 * 1024
THREADS = 4
"""Of blocking calls: another than the loop's own pool, so that a slow seal holds up no capture."""
_BY_STATE = ("CreateEnrolment", "SupplementEnrolment", "SealEnrolment")
"""Methods whose repetition shows by what is there: the enrolment that was begun, the packet."""
PACKET_TYPE = "application/vnd.rekam.packet"


class EnrolmentCore:
    """Creates, fills, seals, lists and watches enrolments; belongs to the event loop's thread.

    Parameters
    ----------
    enrolments : Enrolments
    changes : EventLog of EnrolmentSummary
        Every change of this run.
    idempotency : Idempotency
        Whose store keeps answers unreadable on the disk.
    digest : callable
        Of a request, under a key of this gateway.
    packet_path : callable
        Where the packet of an id lies.
    run_id : str
    check_room : callable, optional
        Refuses to begin an enrolment that could not be kept; blocking.
    """

    def __init__(
        self,
        enrolments: Enrolments,
        changes: EventLog[EnrolmentSummary],
        idempotency: Idempotency,
        digest: Callable[[bytes], bytes],
        packet_path: Callable[[str], Path],
        run_id: str,
        check_room: Callable[[], None] = lambda: None,
    ) -> None:
        self._enrolments = enrolments
        self._changes = changes
        self._idempotency = idempotency
        self._digest = digest
        self._packet_path = packet_path
        self._run_id = run_id
        self._check_room = check_room
        self._threads = ThreadPoolExecutor(THREADS, "enrolment")

    async def list_profiles(self, request: pb.ListProfilesRequest, caller: Caller) -> pb.ListProfilesResponse:
        """What can be enrolled here."""
        profiles = self._enrolments.profiles
        return pb.ListProfilesResponse(
            profiles=[
                messages.profile(each) for name, each in sorted(profiles.found.items()) if name not in profiles.problems
            ],
            problems=[messages.profile_problem(*each) for each in sorted(profiles.problems.items())],
        )

    async def create_enrolment(self, request: pb.CreateEnrolmentRequest, caller: Caller) -> pb.CreateEnrolmentResponse:
        """Begin an enrolment."""
        create = partial(
            self._enrolments.create,
            request.profile_id,
            request.operator,
            nik=request.nik,
            application_number=request.application_number,
            birth_date=messages.birth_date(request.birth_date),
            sex=messages.sex(request.sex),
        )
        return await self._once(request, pb.CreateEnrolmentResponse, partial(self._begin, create))

    async def get_enrolment(self, request: pb.GetEnrolmentRequest, caller: Caller) -> pb.GetEnrolmentResponse:
        """The whole of an enrolment, the person's reference masked."""
        snapshot = await self._blocking(lambda: self._enrolments.get(request.enrolment_id))
        return pb.GetEnrolmentResponse(enrolment=messages.enrolment(snapshot))

    async def show_reference(self, request: pb.ShowReferenceRequest, caller: Caller) -> pb.ShowReferenceResponse:
        """The person's reference in full."""
        snapshot = await self._blocking(lambda: self._enrolments.get(request.enrolment_id))
        if snapshot.reference is None:
            return pb.ShowReferenceResponse()
        return pb.ShowReferenceResponse(reference=messages.reference(snapshot.reference, show=True))

    async def list_enrolments(self, request: pb.ListEnrolmentsRequest, caller: Caller) -> pb.ListEnrolmentsResponse:
        """One page of enrolments."""
        states = tuple(
            convert.enum_value(number, "ENROLMENT_STATE", pb.EnrolmentState, EnrolmentState)
            for number in request.states
        )
        page = Page.of(request.page_token) if request.page_token else first_page()
        size = request.page_size or USUAL_PAGE
        lines, following = await self._blocking(lambda: next_page(self._enrolments, states, page, size))
        return pb.ListEnrolmentsResponse(
            enrolments=map(messages.summary, lines), next_page_token="" if following is None else following.token
        )

    async def watch_enrolments(
        self, request: pb.WatchEnrolmentsRequest, caller: Caller
    ) -> AsyncIterator[pb.WatchEnrolmentsResponse]:
        """What is under way, then each change; or each change after `from_seq` of the same run."""

        def wanted(line: EnrolmentSummary) -> bool:
            return request.enrolment_id in ("", line.enrolment_id)

        from_seq = self._changes.last_seq
        if request.HasField("from_seq") and request.run_id == self._run_id:
            from_seq = request.from_seq
        else:
            for line in await self._begun(request.enrolment_id):
                yield self._event(from_seq, time_now(), line)
            yield self._event(from_seq, time_now(), None)
        async for event in self._changes.follow(from_seq, HEARTBEAT_S, wanted):
            if event is None:
                yield self._event(self._changes.last_seq, time_now(), None)
            else:
                yield self._event(event.seq, event.time, event.payload)
        raise StoppingError("the gateway is stopping")

    def _begin(self, begin: Callable[[], EnrolmentSnapshot]) -> EnrolmentSnapshot:
        """Begin what can be kept: once begun, an enrolment is never refused for want of room in the outbox."""
        self._check_room()
        return begin()

    async def add_capture(self, request: pb.AddCaptureRequest, caller: Caller) -> pb.AddCaptureResponse:
        """Add a capture that was made for the enrolment."""
        seen = request.seen_version if request.HasField("seen_version") else None
        add = partial(self._enrolments.add_capture, request.enrolment_id, request.capture_id, request.operator, seen)
        return await self._once(request, pb.AddCaptureResponse, add)

    async def remove_capture(self, request: pb.RemoveCaptureRequest, caller: Caller) -> pb.RemoveCaptureResponse:
        """Let a capture no longer count."""
        remove = partial(
            self._enrolments.remove_capture,
            request.enrolment_id,
            request.capture_id,
            request.reason,
            request.operator,
            request.seen_version,
        )
        return await self._once(request, pb.RemoveCaptureResponse, remove)

    async def add_exception(self, request: pb.AddExceptionRequest, caller: Caller) -> pb.AddExceptionResponse:
        """Say that a part is missing; approved at once only for a supervisor."""
        if request.approver:
            check_one_of(frozenset({SUPERVISOR}), caller)
        add = partial(
            self._enrolments.add_exception,
            request.enrolment_id,
            request.part,
            messages.exception_reason(request.reason),
            request.operator,
            request.seen_version,
            approver=request.approver,
            detail=request.detail,
            photo=request.photo or None,
        )
        return await self._once(request, pb.AddExceptionResponse, add)

    async def withdraw_exception(
        self, request: pb.WithdrawExceptionRequest, caller: Caller
    ) -> pb.WithdrawExceptionResponse:
        """A part is not missing after all."""
        withdraw = partial(
            self._enrolments.withdraw_exception,
            request.enrolment_id,
            request.part,
            request.operator,
            request.seen_version,
        )
        return await self._once(request, pb.WithdrawExceptionResponse, withdraw)

    async def approve_part(self, request: pb.ApprovePartRequest, caller: Caller) -> pb.ApprovePartResponse:
        """Approve what stands at a part now."""
        approve = partial(
            self._enrolments.approve, request.enrolment_id, request.part, request.supervisor, request.seen_version
        )
        return await self._once(request, pb.ApprovePartResponse, approve)

    async def add_portrait(self, request: pb.AddPortraitRequest, caller: Caller) -> pb.AddPortraitResponse:
        """Add the portrait."""
        add = partial(
            self._enrolments.add_portrait, request.enrolment_id, request.image, request.operator, request.seen_version
        )
        return await self._once(request, pb.AddPortraitResponse, add)

    async def add_signature(self, request: pb.AddSignatureRequest, caller: Caller) -> pb.AddSignatureResponse:
        """Add the signature."""

        def add() -> EnrolmentSnapshot:
            drawn = messages.strokes(request)
            return self._enrolments.add_signature(
                request.enrolment_id, drawn, request.image, request.operator, request.seen_version
            )

        return await self._once(request, pb.AddSignatureResponse, add)

    async def download_part(
        self, request: pb.DownloadPartRequest, caller: Caller
    ) -> AsyncIterator[pb.DownloadPartResponse]:
        """A file of the portrait or the signature, in chunks."""
        snapshot = await self._blocking(lambda: self._enrolments.get(request.enrolment_id))
        files = (each for part in snapshot.parts if part.key == request.part for each in part.files)
        file = next((each for each in files if each.name == request.file), None)
        if file is None:
            raise NotFoundError("file", f"{request.part}/{request.file}")
        name = f"{request.part}/{request.file}"
        content = await self._blocking(lambda: self._enrolments.content(request.enrolment_id, name))
        for offset in range(0, max(1, len(content)), CHUNK):
            yield pb.DownloadPartResponse(
                offset=offset,
                total_size=len(content),
                media_type="" if offset else file.media_type,
                data=content[offset : offset + CHUNK],
            )

    async def pause_enrolment(self, request: pb.PauseEnrolmentRequest, caller: Caller) -> pb.PauseEnrolmentResponse:
        """Put the enrolment aside."""
        pause = partial(
            self._enrolments.pause, request.enrolment_id, request.reason, request.operator, request.seen_version
        )
        return await self._once(request, pb.PauseEnrolmentResponse, pause)

    async def resume_enrolment(self, request: pb.ResumeEnrolmentRequest, caller: Caller) -> pb.ResumeEnrolmentResponse:
        """Take it up again."""
        resume = partial(self._enrolments.resume, request.enrolment_id, request.operator, request.seen_version)
        return await self._once(request, pb.ResumeEnrolmentResponse, resume)

    async def abandon_enrolment(
        self, request: pb.AbandonEnrolmentRequest, caller: Caller
    ) -> pb.AbandonEnrolmentResponse:
        """Give it up and erase its data."""
        abandon = partial(
            self._enrolments.abandon, request.enrolment_id, request.reason, request.operator, request.seen_version
        )
        return await self._once(request, pb.AbandonEnrolmentResponse, abandon)

    async def check_duplicate(self, request: pb.CheckDuplicateRequest, caller: Caller) -> pb.CheckDuplicateResponse:
        """Search everybody recorded here."""
        check = partial(self._enrolments.check_duplicates, request.enrolment_id, request.operator)
        return await self._once(request, pb.CheckDuplicateResponse, check)

    async def seal_enrolment(self, request: pb.SealEnrolmentRequest, caller: Caller) -> pb.SealEnrolmentResponse:
        """Seal it into one packet."""
        seal = partial(self._enrolments.seal, request.enrolment_id, request.operator, request.seen_version)
        return await self._once(request, pb.SealEnrolmentResponse, seal)

    async def supplement_enrolment(
        self, request: pb.SupplementEnrolmentRequest, caller: Caller
    ) -> pb.SupplementEnrolmentResponse:
        """Begin the enrolment of what a broken device could not give."""
        supplement = partial(self._enrolments.supplement, request.enrolment_id, request.operator)
        return await self._once(request, pb.SupplementEnrolmentResponse, partial(self._begin, supplement))

    async def download_packet(
        self, request: pb.DownloadPacketRequest, caller: Caller
    ) -> AsyncIterator[pb.DownloadPacketResponse]:
        """The packet's file in chunks, from an offset on; nothing left is one empty chunk."""
        try:
            path = self._packet_path(request.packet_id)
            file = await self._blocking(lambda: path.open("rb"))
        except (FileNotFoundError, ValueError):  # or no id that a packet could have
            raise NotFoundError("packet", request.packet_id) from None
        with file:
            # A packet is never written over, and whole under its name: its size does not change meanwhile.
            total = await self._blocking(lambda: path.stat().st_size)
            offset = request.offset
            if offset > total:
                raise BadArgumentError("offset", f"the packet has {total} bytes; begin within it")
            await self._blocking(lambda: file.seek(request.offset))
            first = True
            while first or offset < total:
                data = await self._blocking(lambda: file.read(CHUNK))
                yield pb.DownloadPacketResponse(
                    offset=offset, total_size=total, media_type=PACKET_TYPE if first else "", data=data
                )
                offset += len(data)
                first = False

    async def stop(self) -> None:
        """Wait for what was begun in threads; whose answers are kept, `Idempotency.stop` has waited for."""
        await asyncio.to_thread(self._threads.shutdown)

    async def _once(self, request: Message, response_type: type[M], change: Callable[[], EnrolmentSnapshot]) -> M:
        """Make a change, or answer as before; a client that goes away meanwhile does not undo half of it."""
        method = type(request).__name__.removesuffix("Request")

        async def do() -> M:
            snapshot = await self._blocking(lambda: self._made(method, request, change))
            return response_type(enrolment=messages.enrolment(snapshot))

        return await self._idempotency.once(method, request, response_type, do)

    def _made(self, method: str, request: Message, change: Callable[[], EnrolmentSnapshot]) -> EnrolmentSnapshot:
        """Make a change, unless the journal says that it was made: its answer may have been lost with the power."""
        key: str = request.idempotency_key  # type: ignore[attr-defined]
        if not key:
            return change()
        content = request.SerializeToString(deterministic=True)
        digest = self._digest(f"{method}/{len(key)}/{key}/".encode() + content)
        with self._enrolments.answering(digest.hex()[:32]):
            # A seal that is repeated is told apart by its state, and may have noted no more than its search.
            done = None if method in _BY_STATE else self._enrolments.done(request.enrolment_id)  # type: ignore[attr-defined]
            return change() if done is None else done

    def _blocking(self, call: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def _begun(self, enrolment_id: str) -> list[EnrolmentSummary]:
        lines = await self._blocking(lambda: under_way(self._enrolments))
        return [line for line in lines if enrolment_id in ("", line.enrolment_id)]

    def _event(self, seq: int, moment: SignedTime, line: EnrolmentSummary | None) -> pb.WatchEnrolmentsResponse:
        message = pb.WatchEnrolmentsResponse(seq=seq, time=convert.event_time(moment), run_id=self._run_id)
        if line is None:
            message.heartbeat.CopyFrom(capture_pb2.Heartbeat())
        else:
            message.enrolment.CopyFrom(messages.summary(line))
        return message
