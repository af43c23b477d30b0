"""A plain client of the gateway's API, and how its refusals read."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from rekam.v1 import (
    audit_pb2,
    bundle_pb2,
    calibration_pb2,
    callback_pb2,
    capture_pb2,
    card_pb2,
    common_pb2,
    device_pb2,
    duplicates_pb2,
    enrolment_pb2,
    gateway_pb2,
    key_pb2,
    lease_pb2,
    link_pb2,
    outbox_pb2,
    paper_pb2,
    purge_pb2,
    report_pb2,
)

R = TypeVar("R", bound=Message)

SERVICES = {
    "GatewayService": gateway_pb2,
    "DeviceService": device_pb2,
    "LeaseService": lease_pb2,
    "LinkService": link_pb2,
    "CaptureService": capture_pb2,
    "CardService": card_pb2,
    "EnrolmentService": enrolment_pb2,
    "DuplicatesService": duplicates_pb2,
    "KeyService": key_pb2,
    "AuditService": audit_pb2,
    "BundleService": bundle_pb2,
    "OutboxService": outbox_pb2,
    "PurgeService": purge_pb2,
    "CalibrationService": calibration_pb2,
    "CallbackService": callback_pb2,
    "PaperService": paper_pb2,
    "ReportService": report_pb2,
}


def seconds(value: float) -> Duration:
    message = Duration()
    message.FromNanoseconds(round(value * 1e9))
    return message


@dataclass
class Refused:
    """What a failed call says."""

    code: grpc.StatusCode
    reason: str = ""
    domain: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    retry_s: float | None = None
    words: dict[str, str] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    lacks: list[enrolment_pb2.Lack] = field(default_factory=list)
    text: str = ""


def refused(error: grpc.aio.AioRpcError) -> Refused:
    found = Refused(error.code(), text=error.details() or "")
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        status = status_pb2.Status.FromString(value)
        assert status.code == error.code().value[0]
        for detail in status.details:
            info, words = error_details_pb2.ErrorInfo(), error_details_pb2.LocalizedMessage()
            retry, bad = error_details_pb2.RetryInfo(), error_details_pb2.BadRequest()
            lacking = enrolment_pb2.EnrolmentLacks()
            if detail.Unpack(info):
                found.reason, found.domain, found.metadata = info.reason, info.domain, dict(info.metadata)
            elif detail.Unpack(words):
                found.words[words.locale] = words.message
            elif detail.Unpack(retry):
                found.retry_s = retry.retry_delay.ToNanoseconds() / 1e9
            elif detail.Unpack(bad):
                found.fields = [violation.field for violation in bad.field_violations]
            elif detail.Unpack(lacking):
                found.lacks = list(lacking.lacks)
    return found


class Client:
    """One client over one channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel

    def unary(self, service: str, method: str, request: Message) -> Any:
        """Call a unary method; the call can be awaited or cancelled."""
        response = getattr(SERVICES[service], f"{method}Response")
        return self.channel.unary_unary(
            f"/rekam.v1.{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString,
        )(request, timeout=60)  # type: ignore[arg-type]

    async def ask(self, service: str, request: Message, response_type: type[R]) -> R:
        """Call the unary method whose request this is, and wait for its answer."""
        answer = await self.unary(service, type(request).__name__.removesuffix("Request"), request)
        assert isinstance(answer, response_type)
        return answer

    def stream(self, service: str, method: str, request: Message) -> Any:
        """Call a streaming method."""
        response = getattr(SERVICES[service], f"{method}Response")
        return self.channel.unary_stream(
            f"/rekam.v1.{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString,
        )(request, timeout=60)  # type: ignore[arg-type]

    async def info(self) -> gateway_pb2.GetInfoResponse:
        return await self.ask("GatewayService", gateway_pb2.GetInfoRequest(), gateway_pb2.GetInfoResponse)

    def watch(self, **fields: Any) -> Any:
        return self.stream("GatewayService", "Watch", gateway_pb2.WatchRequest(**fields))

    async def devices(self, **fields: Any) -> device_pb2.ListDevicesResponse:
        return await self.ask("DeviceService", device_pb2.ListDevicesRequest(**fields), device_pb2.ListDevicesResponse)

    async def device(self, device_id: str) -> device_pb2.Device:
        request = device_pb2.GetDeviceRequest(device_id=device_id)
        return (await self.ask("DeviceService", request, device_pb2.GetDeviceResponse)).device

    async def history(self, device_id: str, days: int = 0) -> device_pb2.GetDeviceHistoryResponse:
        request = device_pb2.GetDeviceHistoryRequest(device_id=device_id, days=days)
        return await self.ask("DeviceService", request, device_pb2.GetDeviceHistoryResponse)

    def watch_devices(self) -> Any:
        return self.stream("DeviceService", "WatchDevices", device_pb2.WatchDevicesRequest())

    async def reset(self, device_id: str) -> device_pb2.Device:
        request = device_pb2.ResetDeviceRequest(device_id=device_id)
        return (await self.ask("DeviceService", request, device_pb2.ResetDeviceResponse)).device

    async def self_test(self, device_id: str) -> list[device_pb2.RunSelfTestResponse]:
        request = device_pb2.RunSelfTestRequest(device_id=device_id)
        return [step async for step in self.stream("DeviceService", "RunSelfTest", request)]

    def acquire_call(self, *device_ids: str, ttl_s: float = 30.0, wait_s: float = 0.0, **fields: Any) -> Any:
        request = lease_pb2.AcquireLeaseRequest(
            device_ids=device_ids, ttl=seconds(ttl_s), wait=seconds(wait_s), **{"holder": "desk", **fields}
        )
        return self.unary("LeaseService", "AcquireLease", request)

    async def acquire(self, *device_ids: str, **fields: Any) -> lease_pb2.Lease:
        answer: lease_pb2.AcquireLeaseResponse = await self.acquire_call(*device_ids, **fields)
        return answer.lease

    async def renew(self, lease_id: str, ttl_s: float | None = None) -> lease_pb2.Lease:
        request = lease_pb2.RenewLeaseRequest(lease_id=lease_id)
        if ttl_s is not None:
            request.ttl.CopyFrom(seconds(ttl_s))
        return (await self.ask("LeaseService", request, lease_pb2.RenewLeaseResponse)).lease

    async def release(self, lease_id: str) -> lease_pb2.Lease:
        request = lease_pb2.ReleaseLeaseRequest(lease_id=lease_id)
        return (await self.ask("LeaseService", request, lease_pb2.ReleaseLeaseResponse)).lease

    async def steal(self, *device_ids: str, ttl_s: float = 30.0, **fields: Any) -> lease_pb2.Lease:
        request = lease_pb2.StealLeaseRequest(
            device_ids=device_ids, ttl=seconds(ttl_s), **{"holder": "head", "reason": "urgent", **fields}
        )
        return (await self.ask("LeaseService", request, lease_pb2.StealLeaseResponse)).lease

    def watch_lease(self, lease_id: str) -> Any:
        return self.stream("LeaseService", "WatchLease", lease_pb2.WatchLeaseRequest(lease_id=lease_id))

    def start_request(self, **fields: Any) -> capture_pb2.StartCaptureRequest:
        for name in ("timeout", "wait"):
            if isinstance(fields.get(name), int | float):
                fields[name] = seconds(fields[name])
        defaults = {"modality": common_pb2.MODALITY_FINGER, "position": common_pb2.FINGER_POSITION_RIGHT_INDEX}
        return capture_pb2.StartCaptureRequest(**{**defaults, **fields})

    def iris_request(self, **fields: Any) -> capture_pb2.StartCaptureRequest:
        request = self.start_request(**fields)
        request.modality, request.position = common_pb2.MODALITY_IRIS, common_pb2.FINGER_POSITION_UNSPECIFIED
        return request

    async def start_iris(self, eye: int, **fields: Any) -> capture_pb2.Capture:
        request = self.iris_request(eye=eye, **fields)
        return (await self.ask("CaptureService", request, capture_pb2.StartCaptureResponse)).capture

    async def capture_iris(self, eye: int, **fields: Any) -> capture_pb2.Capture:
        """Start a capture of an eye and wait for its end."""
        return await self.end((await self.start_iris(eye, **fields)).capture_id)

    async def start(self, **fields: Any) -> capture_pb2.Capture:
        request = self.start_request(**fields)
        return (await self.ask("CaptureService", request, capture_pb2.StartCaptureResponse)).capture

    def watch_capture(self, capture_id: str, from_seq: int = 0) -> Any:
        request = capture_pb2.WatchCaptureRequest(capture_id=capture_id, from_seq=from_seq)
        return self.stream("CaptureService", "WatchCapture", request)

    async def until(self, capture_id: str, *states: int) -> capture_pb2.Capture:
        """Watch a capture until it comes to one of the states."""
        call = self.watch_capture(capture_id)
        event: capture_pb2.WatchCaptureResponse
        try:
            async for event in call:
                if event.HasField("capture") and event.capture.state in states:
                    return event.capture
        finally:
            call.cancel()
        raise AssertionError(f"{capture_id} ended without coming to {states}")

    async def end(self, capture_id: str) -> capture_pb2.Capture:
        """How a capture ended; waits for it."""
        return await self.until(capture_id, capture_pb2.CAPTURE_STATE_DONE)

    async def capture(self, **fields: Any) -> capture_pb2.Capture:
        """Start a capture and wait for its end."""
        return await self.end((await self.start(**fields)).capture_id)

    async def seen(self, **fields: Any) -> None:
        """Wait until a finger or a hand lies there, and leave it there: a busy machine draws one for seconds.

        A capture that ends by its time sees it then in its first frame, however short the time is.
        """
        capture = await self.start(**{**fields, "manual": True, "timeout": 60})
        await self.until(capture.capture_id, capture_pb2.CAPTURE_STATE_CAPTURING)
        await self.command(capture.capture_id, capture_pb2.CAPTURE_ACTION_CANCEL)
        await self.end(capture.capture_id)

    async def preview(self, capture_id: str, after_seq: int = 0, **fields: Any) -> capture_pb2.NextPreviewResponse:
        request = capture_pb2.NextPreviewRequest(capture_id=capture_id, after_seq=after_seq, **fields)
        return await self.ask("CaptureService", request, capture_pb2.NextPreviewResponse)

    async def command(self, capture_id: str, action: capture_pb2.CaptureAction, **fields: Any) -> capture_pb2.Capture:
        request = capture_pb2.CommandCaptureRequest(capture_id=capture_id, action=action, **fields)
        return (await self.ask("CaptureService", request, capture_pb2.CommandCaptureResponse)).capture

    async def get_capture(self, capture_id: str) -> capture_pb2.Capture:
        request = capture_pb2.GetCaptureRequest(capture_id=capture_id)
        return (await self.ask("CaptureService", request, capture_pb2.GetCaptureResponse)).capture

    async def download(self, capture_id: str, part: capture_pb2.CapturePart) -> bytes:
        request = capture_pb2.DownloadCaptureRequest(capture_id=capture_id, part=part)
        content = b""
        async for chunk in self.stream("CaptureService", "DownloadCapture", request):
            assert chunk.offset == len(content)
            content += chunk.data
            total = chunk.total_size
        assert len(content) == total
        return content

    async def verify(self, capture_id: str) -> capture_pb2.VerifyCaptureResponse:
        request = capture_pb2.VerifyCaptureRequest(capture_id=capture_id)
        return await self.ask("CaptureService", request, capture_pb2.VerifyCaptureResponse)


async def first(stream: AsyncIterator[Any], wanted: Any) -> Any:
    """The first answer of a stream for which `wanted` holds."""
    async for answer in stream:
        if wanted(answer):
            return answer
    raise AssertionError("the stream ended without it")


async def eventually(check: Callable[[], Awaitable[Any]], pause_s: float = 0.01) -> Any:
    """Ask again until the answer is true, as a client that polls."""
    while True:
        answer = await check()
        if answer:
            return answer
        await asyncio.sleep(pause_s)
