"""CaptureService: captures started, watched, told, fetched and verified."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Protocol

from rekam.v1 import capture_pb2 as pb

from drivers import DeviceKind, DeviceNotFound
from gateway.calibration.in_use import CaptureCalibration
from gateway.capture import previews
from gateway.capture.captures import CaptureBook
from gateway.capture.leases import LeaseBook
from gateway.capture.recorder import ROOM_FOR_ONE, ROOM_FOR_SLAP, Recorder
from gateway.capture.session import CaptureSession
from gateway.capture.values import Action, CaptureRequest, CaptureState, MissingReason, Modality, Position
from gateway.config import CaptureSettings
from gateway.devices.device import Device
from gateway.devices.registry import DeviceRegistry
from gateway.devices.state import DeviceSnapshot, DeviceState
from gateway.eye import EyePosition
from gateway.face import FacePosition
from gateway.finger import SLAP_CODES, FingerPosition, SlapHand
from gateway.service import capture_messages, convert
from gateway.service.access import Caller, check_own
from gateway.service.errors import BadArgumentError, DeviceNotReadyError, LeaseRequiredError, NotFoundError
from gateway.service.idempotency import Idempotency
from gateway.service.preview_pictures import PreviewPictures
from gateway.service.stored import StoredCaptures
from gateway.trust import time_now

HEARTBEAT_S = 4.0
CHUNK = 256 * 1024
READ = 2 * 1024 * 1024
"""Bytes of an answer of ReadCapture where the client doesn't say: gRPC's clients take 4 MiB."""
PREVIEW_WAIT_S = 5.0
UNUSABLE = (DeviceState.FAILED, DeviceState.ABSENT)


class Ready(Protocol):
    """Whether a capture could be kept and signed."""

    def check_ready(self, room: int = ROOM_FOR_ONE) -> None:
        """Raise where it could not."""
        ...


class Calibrations(Protocol):
    """What captures are made under."""

    def for_capture(self, device: DeviceSnapshot, transaction_id: str) -> CaptureCalibration:
        """What is in use for a device; raises where the policy, also a profile's, is to wait for the technician."""
        ...


class CaptureCore:
    """Starts captures and answers all that is asked about them."""

    def __init__(
        self,
        captures: CaptureBook,
        registry: DeviceRegistry,
        leases: LeaseBook,
        recorder: Recorder,
        stored: StoredCaptures,
        settings: CaptureSettings,
        idempotency: Idempotency,
        calibrations: Calibrations,
    ) -> None:
        self._calibrations = calibrations
        self._pictures = PreviewPictures()
        self._captures = captures
        self._registry = registry
        self._leases = leases
        self._recorder = recorder
        self._stored = stored
        self._settings = settings
        self._idempotency = idempotency

    async def start_capture(self, request: pb.StartCaptureRequest, caller: Caller) -> pb.StartCaptureResponse:
        """Begin a capture."""

        async def start() -> pb.StartCaptureResponse:
            await asyncio.to_thread(self._recorder.check_ready, _room(capture_messages.position(request)))
            device = self._device(request)
            calibration = await asyncio.to_thread(
                self._calibrations.for_capture, device.snapshot, request.transaction_id
            )
            capture = self._request(request, device, calibration)
            if request.lease_id:
                lease = self._leases.held(request.lease_id)
                check_own(lease.owner, caller)
                if capture.device_id not in lease.device_ids:
                    raise LeaseRequiredError(f"lease {lease.lease_id} is for {', '.join(lease.device_ids)}")
                session = self._captures.start_under(lease, capture, device)
            else:
                session = await self._captures.start(
                    capture, device, holder=capture.holder or caller.peer, wait_s=convert.seconds(request.wait)
                )
            return pb.StartCaptureResponse(capture=capture_messages.capture(session.snapshot))

        return await self._idempotency.once("StartCapture", request, pb.StartCaptureResponse, start)

    async def watch_capture(
        self, request: pb.WatchCaptureRequest, caller: Caller
    ) -> AsyncIterator[pb.WatchCaptureResponse]:
        """Every event of a capture; of one that is only in the spool, how it ended."""
        session = await self._kept(request.capture_id)
        if session is None:
            capture = await asyncio.to_thread(self._stored.capture, request.capture_id)
            yield pb.WatchCaptureResponse(
                seq=max(1, request.from_seq + 1), time=convert.event_time(time_now()), capture=capture
            )
            return
        async with self._captures.watching(session):
            async for event in session.events.follow(request.from_seq, HEARTBEAT_S):
                if event is None:
                    yield pb.WatchCaptureResponse(
                        seq=session.events.last_seq, time=convert.event_time(time_now()), heartbeat=pb.Heartbeat()
                    )
                else:
                    yield capture_messages.watch_capture(event)

    async def next_preview(self, request: pb.NextPreviewRequest, caller: Caller) -> pb.NextPreviewResponse:
        """The newest frame after `after_seq`."""
        session = await self._kept(request.capture_id) or self._session(request.capture_id)
        timeout_s = convert.seconds(request.timeout) if request.HasField("timeout") else PREVIEW_WAIT_S
        async with self._captures.watching(session):
            preview = await session.next_preview(request.after_seq, timeout_s)
        state = capture_messages.capture_state(session.snapshot.state)
        if preview is None:
            return pb.NextPreviewResponse(state=state)  # type: ignore[arg-type]
        pixels = preview.frame.pixels
        if request.format == pb.PREVIEW_FORMAT_RAW:
            pixels = previews.scaled(pixels, request.max_width)
            (height, width), data, kind = pixels.shape[:2], pixels.tobytes(), pb.PREVIEW_FORMAT_RAW
        else:
            picture = await self._pictures.picture(request.capture_id, preview.seq, pixels, request.max_width)
            (height, width), data, kind = (picture.height, picture.width), picture.jpeg, pb.PREVIEW_FORMAT_JPEG
        return pb.NextPreviewResponse(
            seq=preview.seq,
            format=kind,
            width=width,
            height=height,
            pixels=data,
            age=convert.duration(max(0.0, time.monotonic() - preview.frame.captured_at)),
            live_quality=capture_messages.live_quality(preview.live),
            state=state,  # type: ignore[arg-type]
        )

    async def command_capture(self, request: pb.CommandCaptureRequest, caller: Caller) -> pb.CommandCaptureResponse:
        """Tell a capture something."""

        async def command() -> pb.CommandCaptureResponse:
            session = self._session(request.capture_id)
            session.asked_after()
            action = capture_messages.action(request.action)
            if session.snapshot.state is not CaptureState.DONE:
                reason = capture_messages.missing_reason(request.missing_reason) if request.missing_reason else None
                if reason is MissingReason.CANNOT_OPEN and session.request.modality is not Modality.IRIS:
                    raise BadArgumentError("missing_reason", "CANNOT_OPEN is a reason of eyes alone")
                if reason is MissingReason.AMPUTATED and session.request.modality is Modality.FACE:
                    raise BadArgumentError("missing_reason", "AMPUTATED is no reason for a missing face")
                session.command(action, reason)
            elif action is Action.RETAKE:
                session = await self._retake(session, caller)
            return pb.CommandCaptureResponse(capture=capture_messages.capture(session.snapshot))

        return await self._idempotency.once("CommandCapture", request, pb.CommandCaptureResponse, command)

    async def get_capture(self, request: pb.GetCaptureRequest, caller: Caller) -> pb.GetCaptureResponse:
        """A capture as it stands."""
        session = await self._kept(request.capture_id)
        if session is not None:
            session.asked_after()
            return pb.GetCaptureResponse(capture=capture_messages.capture(session.snapshot))
        return pb.GetCaptureResponse(capture=await asyncio.to_thread(self._stored.capture, request.capture_id))

    async def download_capture(
        self, request: pb.DownloadCaptureRequest, caller: Caller
    ) -> AsyncIterator[pb.DownloadCaptureResponse]:
        """One part of a recorded capture, in chunks; an empty part is one empty chunk."""
        content, media_type = await asyncio.to_thread(
            self._stored.part, request.capture_id, request.part, request.finger
        )
        for offset in range(0, max(1, len(content)), CHUNK):
            yield pb.DownloadCaptureResponse(
                offset=offset,
                total_size=len(content),
                media_type=media_type if offset == 0 else "",
                data=content[offset : offset + CHUNK],
            )

    async def read_capture(self, request: pb.ReadCaptureRequest, caller: Caller) -> pb.ReadCaptureResponse:
        """A part of a recorded capture, or a piece of it, in one answer."""
        content, media_type = await asyncio.to_thread(
            self._stored.part, request.capture_id, request.part, request.finger
        )
        piece = content[request.offset : request.offset + (request.max_bytes or READ)]
        return pb.ReadCaptureResponse(
            offset=min(request.offset, len(content)), total_size=len(content), media_type=media_type, data=piece
        )

    async def verify_capture(self, request: pb.VerifyCaptureRequest, caller: Caller) -> pb.VerifyCaptureResponse:
        """Check a recorded capture against what lies on the disk."""
        report = await asyncio.to_thread(self._stored.verify, request.capture_id)
        return pb.VerifyCaptureResponse(
            ok=report.ok,
            checks=[
                pb.VerificationCheck(
                    name=check.name,
                    status=convert.enum_number(check.status, "CHECK_STATUS", pb.CheckStatus),  # type: ignore[arg-type]
                    detail=check.detail,
                )
                for check in report.checks
            ],
        )

    async def _retake(self, session: CaptureSession, caller: Caller) -> CaptureSession:
        await asyncio.to_thread(self._recorder.check_ready, _room(session.request.position))
        request = replace(
            session.request,
            capture_id=_new_capture_id(),
            retake_of=session.request.capture_id,
            calibration=await asyncio.to_thread(
                self._calibrations.for_capture, session.device.snapshot, session.request.transaction_id
            ),
        )
        for lease in self._leases.leases():
            if request.device_id in lease.device_ids and lease.lease_id == session.lease_id:
                check_own(lease.owner, caller)
                return self._captures.start_under(lease, request, session.device)
        return await self._captures.start(request, session.device, holder=request.holder or caller.peer, wait_s=0.0)

    async def _kept(self, capture_id: str) -> CaptureSession | None:
        """The capture of this run, if it is remembered; of one that was erased nothing is told from memory either."""
        session = self._captures.get(capture_id)
        if session is not None and session.done.is_set():
            await asyncio.to_thread(self._stored.refuse_erased, capture_id)
        return session

    def _session(self, capture_id: str) -> CaptureSession:
        session = self._captures.get(capture_id)
        if session is None:
            raise NotFoundError("capture of this run", capture_id)
        return session

    def _device(self, request: pb.StartCaptureRequest) -> Device:
        devices = self._registry.devices()
        kind = _device_kind(request)
        if request.device_id:
            device = self._registry.known(request.device_id)
            if device.snapshot.kind is not kind:
                found = device.snapshot.kind.words
                raise BadArgumentError("device_id", f"{request.device_id} is no {kind.words}, but a {found}")
            if device.snapshot.state in UNUSABLE:
                detail = device.snapshot.problem.en if device.snapshot.problem else "it is not attached"
                raise DeviceNotReadyError(request.device_id, detail)
            return device
        if request.lease_id:
            lease = self._leases.held(request.lease_id)
            devices = [d for d in devices if d.address.device_id in lease.device_ids]
        usable = [d for d in devices if d.snapshot.kind is kind and d.snapshot.state not in UNUSABLE]
        if not usable:
            raise DeviceNotFound(f"no {kind.words} is ready; plug one in, or see `rekam devices`")
        free = [d for d in usable if self._leases.holder_of(d.address.device_id) is None]
        return (free or usable)[0]

    def _request(
        self, request: pb.StartCaptureRequest, device: Device, calibration: CaptureCalibration
    ) -> CaptureRequest:
        position = capture_messages.position(request)
        timeout_s, min_quality = _defaults(position, self._settings)
        if request.manual and request.timeout.ToMilliseconds() and request.timeout.ToMilliseconds() < 1000:
            raise BadArgumentError("timeout", "a manual capture needs at least 1 s")
        return CaptureRequest(
            capture_id=_new_capture_id(),
            device_id=device.address.device_id,
            position=position,
            timeout_s=convert.seconds(request.timeout) if request.HasField("timeout") else timeout_s,
            min_quality=request.min_quality if request.HasField("min_quality") else min_quality,
            transaction_id=request.transaction_id,
            nonce=request.nonce.hex(),
            operator=request.operator,
            manual=request.manual,
            holder=request.holder,
            missing=_missing(request, position),
            thresholds=_thresholds(request, position, self._settings),
            calibration=calibration,
        )


def _device_kind(request: pb.StartCaptureRequest) -> DeviceKind:
    if request.position in SLAP_CODES:
        return DeviceKind.SLAP_SCANNER
    return capture_messages.modality(request.modality).device_kind


def _room(position: Position) -> int:
    return ROOM_FOR_SLAP if isinstance(position, SlapHand) else ROOM_FOR_ONE


def _defaults(position: Position, settings: CaptureSettings) -> tuple[float, int]:
    """Time-out in seconds and score of a capture whose asker names none; of a slap, each finger has its own."""
    if isinstance(position, EyePosition):
        return settings.iris.timeout_s, settings.iris.min_quality
    if isinstance(position, FacePosition):
        return settings.portrait.timeout_s, settings.portrait.min_quality
    if isinstance(position, SlapHand):
        return settings.timeout_s, 0
    return settings.timeout_s, _finger_default(position, settings)


def _finger_default(position: FingerPosition, settings: CaptureSettings) -> int:
    score: int = getattr(settings.min_quality, position.name.rsplit("_", 1)[-1].lower())
    return score


def _missing(request: pb.StartCaptureRequest, position: Position) -> tuple[tuple[FingerPosition, MissingReason], ...]:
    """Fingers of a slap that are not there, in the hand's order.

    Raises
    ------
    BadArgumentError
        One is of another hand or named twice, or none is left.
    """
    if not isinstance(position, SlapHand):
        return ()
    told = {
        FingerPosition(each.position): capture_messages.missing_reason(each.reason) for each in request.missing_fingers
    }
    _check_of_hand("missing_fingers", [each.position for each in request.missing_fingers], position)
    if len(told) == len(position.positions):
        raise BadArgumentError("missing_fingers", "no finger is left; start the capture and say MARK_MISSING")
    return tuple((finger, told[finger]) for finger in position.positions if finger in told)


def _thresholds(
    request: pb.StartCaptureRequest, position: Position, settings: CaptureSettings
) -> tuple[tuple[FingerPosition, int], ...]:
    """Of a slap: the score that each finger must reach: its own, that of the request, or that of the settings."""
    if not isinstance(position, SlapHand):
        return ()
    _check_of_hand("finger_thresholds", [each.position for each in request.finger_thresholds], position)
    own = {int(each.position): each.min_quality for each in request.finger_thresholds}
    usual = request.min_quality if request.HasField("min_quality") else None
    return tuple(
        (finger, own.get(int(finger), _finger_default(finger, settings) if usual is None else usual))
        for finger in position.positions
    )


def _check_of_hand(field: str, codes: Sequence[int], hand: SlapHand) -> None:
    if len(set(codes)) < len(codes):
        raise BadArgumentError(field, "a finger is named twice")
    for code in codes:
        if code not in hand.positions:
            finger, slap = (each.name.lower().replace("_", " ") for each in (FingerPosition(code), hand))
            raise BadArgumentError(field, f"the {finger} is no finger of {slap}")


def _new_capture_id() -> str:
    """Unguessable, and in the order of time when sorted as text."""
    return f"cap-{time_now().wall:%Y%m%dT%H%M%S}-{secrets.token_hex(6)}"
