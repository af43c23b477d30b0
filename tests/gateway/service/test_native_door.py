"""The native door: every method answers, nonsense is refused by name, and the gateway serves on."""

import asyncio
import contextlib
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rekam.v1 import bundle_pb2 as bpb
from rekam.v1 import calibration_pb2 as capb
from rekam.v1 import callback_pb2 as cbpb
from rekam.v1 import capture_pb2 as cpb
from rekam.v1 import card_pb2, duplicates_pb2
from rekam.v1 import device_pb2 as dpb
from rekam.v1 import enrolment_pb2 as epb
from rekam.v1 import gateway_pb2 as gpb
from rekam.v1 import lease_pb2 as lpb
from rekam.v1 import outbox_pb2 as opb
from rekam.v1 import paper_pb2 as ppb
from structlog.testing import capture_logs

from gateway.service.calls import check_rules
from gateway.service.errors import InvalidRequestError
from gateway.service.native_door import NativeDoor
from tests.gateway.client import SERVICES, Client, eventually, first, refused, seconds
from tests.gateway.enrolment.office import portrait
from tests.gateway.running import connected, running, synthetic

LONG = "x" * 201
CAPTURE = {"modality": 1, "position": 2}
INVALID = [
    ("CallbackService", "QueueNotices", cbpb.QueueNoticesRequest(occasion="o"), "purpose"),
    ("CallbackService", "AddCallback", cbpb.AddCallbackRequest(name="A", phone="0", purpose=1), "operator"),
    ("PaperService", "RenderLetter", ppb.RenderLetterRequest(addressee="A"), "kind"),
    ("EnrolmentService", "CreateEnrolment", epb.CreateEnrolmentRequest(profile_id="p"), "operator"),
    ("EnrolmentService", "CreateEnrolment", epb.CreateEnrolmentRequest(operator="o"), "profile_id"),
    (
        "EnrolmentService",
        "CreateEnrolment",
        epb.CreateEnrolmentRequest(profile_id="p", operator="o", birth_date="1.1.1970"),
        "birth_date",
    ),
    ("EnrolmentService", "GetEnrolment", epb.GetEnrolmentRequest(), "enrolment_id"),
    ("EnrolmentService", "ListEnrolments", epb.ListEnrolmentsRequest(page_size=1001), "page_size"),
    ("EnrolmentService", "ListEnrolments", epb.ListEnrolmentsRequest(states=[0]), "states"),
    (
        "EnrolmentService",
        "AddException",
        epb.AddExceptionRequest(enrolment_id="e", part="p", operator="o", seen_version=1),
        "reason",
    ),
    (
        "EnrolmentService",
        "RemoveCapture",
        epb.RemoveCaptureRequest(enrolment_id="e", capture_id="c", operator="o", reason="r"),
        "seen_version",
    ),
    (
        "EnrolmentService",
        "AddPortrait",
        epb.AddPortraitRequest(enrolment_id="e", operator="o", seen_version=1),
        "image",
    ),
    ("EnrolmentService", "DownloadPacket", epb.DownloadPacketRequest(packet_id="../enrolments"), "packet_id"),
    ("GatewayService", "Watch", gpb.WatchRequest(topics=[0]), "topics"),
    ("GatewayService", "Watch", gpb.WatchRequest(topics=[99]), "topics"),
    ("GatewayService", "Watch", gpb.WatchRequest(topics=[1] * 9), "topics"),
    ("GatewayService", "Watch", gpb.WatchRequest(run_id=LONG), "run_id"),
    ("GatewayService", "Pair", gpb.PairRequest(), "origin"),
    ("GatewayService", "Pair", gpb.PairRequest(origin="o", code="1234"), "code"),
    ("GatewayService", "Pair", gpb.PairRequest(origin="o", name=LONG), "name"),
    ("DeviceService", "ListDevices", dpb.ListDevicesRequest(modality=9), "modality"),
    ("DeviceService", "GetDevice", dpb.GetDeviceRequest(), "device_id"),
    ("DeviceService", "ResetDevice", dpb.ResetDeviceRequest(device_id=LONG), "device_id"),
    ("DeviceService", "RunSelfTest", dpb.RunSelfTestRequest(), "device_id"),
    ("LeaseService", "AcquireLease", lpb.AcquireLeaseRequest(ttl=seconds(5), holder="h"), "device_ids"),
    ("LeaseService", "AcquireLease", lpb.AcquireLeaseRequest(device_ids=["d"], holder="h"), "ttl"),
    ("LeaseService", "AcquireLease", lpb.AcquireLeaseRequest(device_ids=["d"], holder="h", ttl=seconds(0.5)), "ttl"),
    ("LeaseService", "AcquireLease", lpb.AcquireLeaseRequest(device_ids=["d"], holder="h", ttl=seconds(601)), "ttl"),
    ("LeaseService", "AcquireLease", lpb.AcquireLeaseRequest(device_ids=["d"], ttl=seconds(5)), "holder"),
    (
        "LeaseService",
        "AcquireLease",
        lpb.AcquireLeaseRequest(device_ids=["d", "d"], ttl=seconds(5), holder="h"),
        "device_ids",
    ),
    ("LeaseService", "RenewLease", lpb.RenewLeaseRequest(), "lease_id"),
    ("LeaseService", "RenewLease", lpb.RenewLeaseRequest(lease_id="l", ttl=seconds(0)), "ttl"),
    ("LeaseService", "ReleaseLease", lpb.ReleaseLeaseRequest(), "lease_id"),
    ("LeaseService", "StealLease", lpb.StealLeaseRequest(device_ids=["d"], ttl=seconds(5), holder="h"), "reason"),
    ("LeaseService", "WatchLease", lpb.WatchLeaseRequest(), "lease_id"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(position=2), "modality"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(modality=3, position=2), "position"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(modality=2, position=2, eye=1), "position"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(modality=2), "eye"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(modality=2, eye=4), "eye"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(modality=1, position=2, eye=2), "eye"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(modality=1), "position"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(modality=1, position=11), "position"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(**CAPTURE, timeout=seconds(0.01)), "timeout"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(**CAPTURE, timeout=seconds(301)), "timeout"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(**CAPTURE, timeout=Duration(seconds=2**62)), "timeout"),
    (
        "CaptureService",
        "StartCapture",
        cpb.StartCaptureRequest(**CAPTURE, manual=True, timeout=seconds(0.5)),
        "timeout",
    ),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(**CAPTURE, wait=seconds(-1)), "wait"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(**CAPTURE, min_quality=101), "min_quality"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(**CAPTURE, nonce=b"x" * 65), "nonce"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(**CAPTURE, operator=LONG), "operator"),
    ("CaptureService", "WatchCapture", cpb.WatchCaptureRequest(), "capture_id"),
    ("CaptureService", "NextPreview", cpb.NextPreviewRequest(capture_id="c", timeout=seconds(31)), "timeout"),
    ("CaptureService", "NextPreview", cpb.NextPreviewRequest(capture_id="c", max_width=5000), "max_width"),
    ("CaptureService", "NextPreview", cpb.NextPreviewRequest(capture_id="c", format=7), "format"),
    ("CaptureService", "CommandCapture", cpb.CommandCaptureRequest(capture_id="c"), "action"),
    ("CaptureService", "CommandCapture", cpb.CommandCaptureRequest(capture_id="c", action=3), ""),
    ("CaptureService", "CommandCapture", cpb.CommandCaptureRequest(capture_id="c", action=4, missing_reason=1), ""),
    ("CaptureService", "GetCapture", cpb.GetCaptureRequest(), "capture_id"),
    ("CaptureService", "DownloadCapture", cpb.DownloadCaptureRequest(capture_id="c"), "part"),
    ("CaptureService", "ReadCapture", cpb.ReadCaptureRequest(capture_id="c", part=1, max_bytes=2**23 + 1), "max_bytes"),
    ("CaptureService", "VerifyCapture", cpb.VerifyCaptureRequest(capture_id=LONG), "capture_id"),
]

ENROLMENT = {"enrolment_id": "none", "operator": "sari"}
SEEN = {**ENROLMENT, "seen_version": 1}
VOLUME = {"bundle_id": "ab" * 8, "number": 1}
NOT_THERE = [
    ("GatewayService", "RevokePairing", gpb.RevokePairingRequest(pairing_id="0" * 12), "NOT_FOUND"),
    ("BundleService", "ReadVolume", bpb.ReadVolumeRequest(**VOLUME), "NOT_FOUND"),
    ("BundleService", "ConfirmVolume", bpb.ConfirmVolumeRequest(**VOLUME, operator="sari"), "NOT_FOUND"),
    ("CalibrationService", "WatchCalibration", capb.WatchCalibrationRequest(run_id="none"), "NOT_FOUND"),
    ("CalibrationService", "NextCalibrationPicture", capb.NextCalibrationPictureRequest(run_id="none"), "NOT_FOUND"),
    ("CalibrationService", "CommandCalibration", capb.CommandCalibrationRequest(run_id="none", command=2), "NOT_FOUND"),
    ("CalibrationService", "AcceptCalibration", capb.AcceptCalibrationRequest(calibration_id="none"), "NOT_FOUND"),
    (
        "CalibrationService",
        "RollbackCalibration",
        capb.RollbackCalibrationRequest(device_id="none", reason="r"),
        "NOT_FOUND",
    ),
    (
        "CalibrationService",
        "DownloadCalibration",
        capb.DownloadCalibrationRequest(calibration_id="none", part=1),
        "NOT_FOUND",
    ),
    (
        "CalibrationService",
        "StartCalibration",
        capb.StartCalibrationRequest(device_id="none", operator="sari"),
        "DEVICE_NOT_FOUND",
    ),
    *(
        ("CardService", type(request).__name__.removesuffix("Request"), request, reason)
        for request, reason in (
            (
                card_pb2.PersonaliseCardRequest(
                    enrolled=card_pb2.EnrolledCard(enrolment_id="none", profile="sample-id"), idempotency_key="k"
                ),
                "NOT_FOUND",
            ),
            (card_pb2.ResumeCardJobRequest(job_id="none"), "NOT_FOUND"),
            (card_pb2.InvalidateCardRequest(job_id="none", reason="OPERATOR"), "NOT_FOUND"),
            (card_pb2.WriteOffCardRequest(job_id="none", reason="CARD_GONE"), "NOT_FOUND"),
            (card_pb2.AbandonCardJobRequest(job_id="none"), "NOT_FOUND"),
            (card_pb2.GetCardJobRequest(job_id="none"), "NOT_FOUND"),
            (card_pb2.ReadCardRequest(device_id="none"), "DEVICE_NOT_FOUND"),
            (card_pb2.VerifyHolderRequest(device_id="none"), "DEVICE_NOT_FOUND"),
            (card_pb2.InsertSyntheticBlankRequest(device_id="none"), "DEVICE_NOT_FOUND"),
        )
    ),
    ("OutboxService", "RetryPacket", opb.RetryPacketRequest(packet_id="none", operator="sari"), "NOT_FOUND"),
    ("OutboxService", "ReleasePacket", opb.ReleasePacketRequest(packet_id="none", operator="sari"), "NOT_FOUND"),
    ("OutboxService", "GetStatus", opb.GetStatusRequest(enrolment_id="none"), "NOT_FOUND"),
    ("OutboxService", "SetStatus", opb.SetStatusRequest(enrolment_id="none", status=14, operator="sari"), "NOT_FOUND"),
    ("CallbackService", "RemoveCallback", cbpb.RemoveCallbackRequest(callback_id="none"), "NOT_FOUND"),
    ("CallbackService", "RetryNotice", cbpb.RetryNoticeRequest(notice_id="none"), "NOT_FOUND"),
    ("PaperService", "RenderSlip", ppb.RenderSlipRequest(enrolment_id="none"), "ENROLMENT_UNKNOWN"),
    (
        "EnrolmentService",
        "CreateEnrolment",
        epb.CreateEnrolmentRequest(profile_id="none", operator="sari"),
        "PROFILE_UNKNOWN",
    ),
    ("EnrolmentService", "DownloadPacket", epb.DownloadPacketRequest(packet_id="none"), "NOT_FOUND"),
    ("EnrolmentService", "DownloadPacket", epb.DownloadPacketRequest(packet_id="-none"), "NOT_FOUND"),
    (
        "EnrolmentService",
        "DownloadPart",
        epb.DownloadPartRequest(enrolment_id="none", part="portrait", file="portrait.jpg"),
        "ENROLMENT_UNKNOWN",
    ),
    *(
        ("EnrolmentService", type(request).__name__.removesuffix("Request"), request, "ENROLMENT_UNKNOWN")
        for request in (
            epb.GetEnrolmentRequest(enrolment_id="none"),
            epb.ShowReferenceRequest(**ENROLMENT),
            epb.AddCaptureRequest(**ENROLMENT, capture_id="none"),
            epb.RemoveCaptureRequest(**SEEN, capture_id="none", reason="blurred"),
            epb.AddExceptionRequest(**SEEN, part="left-iris", reason=cpb.MISSING_REASON_CANNOT_OPEN),
            epb.WithdrawExceptionRequest(**SEEN, part="left-iris"),
            epb.ApprovePartRequest(enrolment_id="none", part="left-iris", supervisor="ani", seen_version=1),
            epb.AddPortraitRequest(**SEEN, image=b"none"),
            epb.AddSignatureRequest(**SEEN, image=portrait()),
            epb.PauseEnrolmentRequest(**SEEN),
            epb.ResumeEnrolmentRequest(**SEEN),
            epb.AbandonEnrolmentRequest(**SEEN, reason="went away"),
            epb.CheckDuplicateRequest(**ENROLMENT),
            epb.SealEnrolmentRequest(**SEEN),
            epb.SupplementEnrolmentRequest(**ENROLMENT),
        )
    ),
    ("DuplicatesService", "GetExchangeKey", duplicates_pb2.GetExchangeKeyRequest(), "DUPLICATES_LOCKED"),
    ("DuplicatesService", "ForgetNeighbour", duplicates_pb2.ForgetNeighbourRequest(gateway_id="none"), "NOT_FOUND"),
    ("DeviceService", "GetDevice", dpb.GetDeviceRequest(device_id="none"), "DEVICE_NOT_FOUND"),
    ("DeviceService", "ResetDevice", dpb.ResetDeviceRequest(device_id="none"), "DEVICE_NOT_FOUND"),
    ("DeviceService", "RunSelfTest", dpb.RunSelfTestRequest(device_id="none"), "DEVICE_NOT_FOUND"),
    (
        "LeaseService",
        "AcquireLease",
        lpb.AcquireLeaseRequest(device_ids=["none"], ttl=seconds(5), holder="h"),
        "DEVICE_NOT_FOUND",
    ),
    (
        "LeaseService",
        "StealLease",
        lpb.StealLeaseRequest(device_ids=["none"], ttl=seconds(5), holder="h", reason="r"),
        "DEVICE_NOT_FOUND",
    ),
    ("LeaseService", "RenewLease", lpb.RenewLeaseRequest(lease_id="none"), "LEASE_LOST"),
    ("LeaseService", "ReleaseLease", lpb.ReleaseLeaseRequest(lease_id="none"), "LEASE_LOST"),
    ("LeaseService", "WatchLease", lpb.WatchLeaseRequest(lease_id="none"), "LEASE_LOST"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(**CAPTURE, device_id="none"), "DEVICE_NOT_FOUND"),
    ("CaptureService", "StartCapture", cpb.StartCaptureRequest(**CAPTURE, lease_id="none"), "LEASE_LOST"),
    ("CaptureService", "WatchCapture", cpb.WatchCaptureRequest(capture_id="none"), "NOT_FOUND"),
    ("CaptureService", "NextPreview", cpb.NextPreviewRequest(capture_id="none"), "NOT_FOUND"),
    ("CaptureService", "CommandCapture", cpb.CommandCaptureRequest(capture_id="none", action=4), "NOT_FOUND"),
    ("CaptureService", "GetCapture", cpb.GetCaptureRequest(capture_id="none"), "NOT_FOUND"),
    ("CaptureService", "DownloadCapture", cpb.DownloadCaptureRequest(capture_id="none", part=1), "NOT_FOUND"),
    ("CaptureService", "ReadCapture", cpb.ReadCaptureRequest(capture_id="none", part=1), "NOT_FOUND"),
    ("CaptureService", "VerifyCapture", cpb.VerifyCaptureRequest(capture_id="none"), "NOT_FOUND"),
]


NEIGHBOUR_PEM = (
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


def is_streaming(service: str, method: str) -> bool:
    return bool(SERVICES[service].DESCRIPTOR.services_by_name[service].methods_by_name[method].server_streaming)


async def failure(client: Client, service: str, method: str, request: object) -> grpc.aio.AioRpcError:
    try:
        if is_streaming(service, method):
            await first(client.stream(service, method, request), lambda _: True)
        else:
            await client.unary(service, method, request)
    except grpc.aio.AioRpcError as error:
        return error
    raise AssertionError(f"{method} was not refused")


def raw(client: Client, service: str, method: str, data: bytes) -> object:
    kind = client.channel.unary_stream if is_streaming(service, method) else client.channel.unary_unary
    return kind(f"/rekam.v1.{service}/{method}")(data, timeout=60)


async def test_a_request_that_breaks_a_rule_is_refused_by_the_name_of_the_field(client):
    wrong = []
    for service, method, request, field in INVALID:
        found = refused(await failure(client, service, method, request))
        name = found.fields[0] if found.fields else None
        if (found.code, found.reason, name) != (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT", field):
            wrong.append((method, str(request), field, found))
        assert set(found.words) == {"id", "en"}
    assert wrong == []


async def test_what_is_not_there_is_said_not_to_be(client):
    wrong = []
    for service, method, request, reason in NOT_THERE:
        found = refused(await failure(client, service, method, request))
        if found.reason != reason or found.domain != "rekam":
            wrong.append((method, reason, found))
    assert wrong == []


async def test_every_method_of_every_service_is_reachable(client):
    lease = await client.acquire("synthetic:T-2")
    capture = await client.capture(device_id="synthetic:T-1", timeout=60)  # of a busy machine; else there is no part
    one = {"capture_id": capture.capture_id}
    bundle = await client.unary("GatewayService", "GetTrustBundle", gpb.GetTrustBundleRequest())
    requests = {
        "GetInfo": {},
        "GetTrustBundle": {},
        "Pair": {"origin": "https://desk.example"},
        "ListPairings": {},
        "Watch": {},
        "ListDevices": {},
        "GetDevice": {"device_id": "synthetic:T-1"},
        "WatchDevices": {},
        "GetDeviceHistory": {"device_id": "synthetic:T-1"},
        "ResetDevice": {"device_id": "synthetic:T-1"},
        "RunSelfTest": {"device_id": "synthetic:T-1"},
        "RecordDevice": {"device_id": "synthetic:T-1"},
        "PresentSynthetic": {"device_id": "synthetic:T-1", "person": 42, "position": 2},
        "AcquireLease": {"device_ids": ["synthetic:T-1"], "ttl": seconds(5), "holder": "h", "wait": seconds(5)},
        "RenewLease": {"lease_id": lease.lease_id},
        "WatchLease": {"lease_id": lease.lease_id},
        "ReleaseLease": {"lease_id": lease.lease_id},
        "StealLease": {"device_ids": ["synthetic:T-2"], "ttl": seconds(5), "holder": "h", "reason": "r"},
        "StartCapture": {**CAPTURE, "wait": seconds(5)},
        "WatchCapture": one,
        "NextPreview": one,
        "CommandCapture": {**one, "action": cpb.CAPTURE_ACTION_CANCEL},
        "GetCapture": one,
        "DownloadCapture": {**one, "part": 1},
        "ReadCapture": {**one, "part": 1},
        "VerifyCapture": one,
        "ListProfiles": {},
        "ListEnrolments": {},
        "WatchEnrolments": {},
        "ExportNeighbourList": {"recipient_pem": NEIGHBOUR_PEM},
        "ImportNeighbourList": {"sha256": "0" * 64, "total_size": 2, "data": b"R"},
        "ListNeighbours": {},
        "ListKeys": {},
        "CreateKey": {},
        "CreateCertificateRequest": {"key_id": bundle.active_key_id},
        "InstallCertificate": {"certificates_pem": bundle.certificates_pem},
        "RotateKey": {"active_key_id": bundle.active_key_id},
        "RevokeKey": {"key_id": bundle.active_key_id},
        "Purge": {"dry_run": True},
        "GetOutbox": {},
        "ListPackets": {},
        "ListStatuses": {},
        "WatchStatuses": {},
        "NextVolume": {"max_bytes": 1 << 30, "operator": "sari"},
        "ListVolumes": {},
        "ImportAnswers": {"answers": [b"none"], "operator": "sari"},
        "GetLink": {},
        "WatchLink": {},
        "ListOutages": {},
        "GetAvailability": {},
        "ImportAnnouncement": {"typed": {"kind": 2, "text": "kembali besok"}, "operator": "sari"},
        "AddCallback": {"name": "A", "phone": "0812-3456-7890", "purpose": 1, "operator": "sari"},
        "ListCallbacks": {},
        "QueueNotices": {"purpose": 1, "occasion": "outage-1"},
        "SendNotices": {},
        "ListNotices": {},
        "GetWayOut": {},
        "RenderLetter": {"kind": 1, "addressee": "Ketua RT 04", "since": {"seconds": 1362441600}},
        "GetDay": {},
        "WatchReaders": {},
        "ListCardProfiles": {},
        "ListCardJobs": {},
        "ListStock": {},
        "AddStock": {"first": "0A01", "last": "0A09", "operator": "sari"},
        "SpoilBlank": {"serial": "0A02", "reason": "broken", "operator": "sari"},
        "ReconcileStock": {"counted": 8, "operator": "sari"},
        "ListCalibrations": {},
        "PlanCalibration": {"device_id": "synthetic:T-1"},
        "GetCalibrationHistory": {"device_id": "synthetic:T-1"},
        "QueryAudit": {},
        "GetHead": {},
        "VerifyRange": {},
    }
    answered = set()
    refused_there = (
        *("GatewayService", "EnrolmentService", "DuplicatesService", "OutboxService", "BundleService"),
        *("CallbackService", "PaperService", "CalibrationService", "CardService"),
    )
    refusing = {method for service, method, *_ in NOT_THERE if service in refused_there}
    for service, module in SERVICES.items():
        for method in module.DESCRIPTOR.services_by_name[service].methods:
            if method.name in refusing:  # past the door, and no further
                continue
            request = getattr(module, f"{method.name}Request")(**requests[method.name])
            if method.name == "RecordDevice":  # what a device that draws has none of

                async def refused_for_good(service: str = service, request: Any = request) -> bool:
                    """The lease of the self test before may end a moment after its stream."""
                    with pytest.raises(grpc.aio.AioRpcError) as error:
                        await client.stream(service, "RecordDevice", request).read()
                    return "no traffic on USB or a serial port" in str(error.value.details())

                assert await eventually(refused_for_good)
            elif method.server_streaming:
                call = client.stream(service, method.name, request)
                await call.read()
                call.cancel()
            else:
                await client.unary(service, method.name, request)
            answered.add(method.name)
    assert answered == set(requests)


async def refusal_of_bytes(client: Client, service: str, method: str, data: bytes) -> str:
    call = raw(client, service, method, data)
    try:
        await (call.read() if is_streaming(service, method) else call)
    except grpc.aio.AioRpcError as error:
        return f"{error.code().name} {refused(error).reason}"
    return "taken"


async def test_garbage_is_refused_and_the_gateway_serves_on(client):
    for service, module in SERVICES.items():
        for method in module.DESCRIPTOR.services_by_name[service].methods:
            for data in (b"\xff" * 50, b"\x0a\xff\xff\xff\xff\x0f"):
                found = await refusal_of_bytes(client, service, method.name, data)
                assert found == "INVALID_ARGUMENT INVALID_ARGUMENT"
    not_utf_8 = b"\x0a\x02\xff\xfe"
    assert "INVALID_ARGUMENT" in await refusal_of_bytes(client, "CaptureService", "GetCapture", not_utf_8)
    assert (await client.capture()).sequence == 1


async def test_a_request_of_20_mib_is_refused_and_the_gateway_serves_on(client):
    for service, method in (("CaptureService", "StartCapture"), ("GatewayService", "Watch")):
        call = raw(client, service, method, b"\x0a" * (20 << 20))
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await (call.read() if method == "Watch" else call)
        assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (await client.info()).gateway_id


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.binary(max_size=200), service=st.sampled_from(sorted(SERVICES)), pick=st.integers(0, 50))
def test_any_bytes_are_a_request_or_are_refused(data, service, pick):
    methods = SERVICES[service].DESCRIPTOR.services_by_name[service].methods
    kind = GetMessageClass(methods[pick % len(methods)].input_type)
    with contextlib.suppress(DecodeError, InvalidRequestError):
        check_rules(kind.FromString(data))


async def test_a_method_that_does_not_exist_is_unimplemented(client):
    call = client.channel.unary_unary("/rekam.v1.GatewayService/GetEverything")(b"")
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


class FaultyCore:
    """A core with a bug in every method."""

    async def get_info(self, request, caller):
        raise RuntimeError("NIK 3171234567890001")

    async def get_trust_bundle(self, request, caller):
        return self.no_such_attribute

    async def pair(self, request, caller):
        raise RuntimeError("NIK 3171234567890001")

    async def list_pairings(self, request, caller):
        raise RuntimeError("NIK 3171234567890001")

    async def revoke_pairing(self, request, caller):
        raise RuntimeError("NIK 3171234567890001")

    async def watch(self, request, caller):
        yield gpb.WatchResponse(seq=1)
        raise RuntimeError("NIK 3171234567890001")


async def test_a_bug_is_internal_and_says_nothing():
    descriptor = gpb.DESCRIPTOR.services_by_name["GatewayService"]
    door = NativeDoor([(descriptor, FaultyCore())], frozenset({"operator"}))
    port = door.listen("127.0.0.1:0")
    await door.start()
    with capture_logs() as logged:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            client = Client(channel)
            for call in (client.info(), client.unary("GatewayService", "Pair", gpb.PairRequest(origin="o"))):
                with pytest.raises(grpc.aio.AioRpcError) as error:
                    await call
                found = refused(error.value)
                assert (found.code, found.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
                assert "3171" not in str(error.value)
            watch = client.watch()
            assert (await watch.read()).seq == 1
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await watch.read()
            assert refused(error.value).reason == "INTERNAL"
            assert "3171" not in str(error.value)
    await door.stop(0)
    assert [line["event"] for line in logged] == ["request_failed"] * 3
    assert all(line["exc_info"] for line in logged)  # its traceback stays in our own log


async def test_health_is_told_as_grpc_has_it(gateway, client):
    stub = health_pb2_grpc.HealthStub(client.channel)
    for service in ("", *(f"rekam.v1.{name}" for name in SERVICES)):
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.Check(health_pb2.HealthCheckRequest(service="rekam.v1.None"))
    assert error.value.code() is grpc.StatusCode.NOT_FOUND
    watch = stub.Watch(health_pb2.HealthCheckRequest())
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
    stopping = asyncio.create_task(gateway.stop())
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
    watch.cancel()
    await stopping


async def test_reflection_names_the_services_and_gives_their_files(client):
    stub = reflection_pb2_grpc.ServerReflectionStub(client.channel)
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="rekam.v1.CaptureService"),
    ]
    answers = [answer async for answer in stub.ServerReflectionInfo(iter(requests))]
    names = {service.name for service in answers[0].list_services_response.service}
    assert names >= {f"rekam.v1.{name}" for name in SERVICES} | {"grpc.health.v1.Health"}
    assert b"StartCapture" in b"".join(answers[1].file_descriptor_response.file_descriptor_proto)


async def test_the_unix_socket_serves_as_well_and_only_its_owner(tmp_path):
    async with running(tmp_path, synthetic()) as gateway:
        path = tmp_path / "rekam.sock"
        assert gateway.addresses.unix == f"unix:{path}"
        assert path.stat().st_mode & 0o777 == 0o600
        async with grpc.aio.insecure_channel(gateway.addresses.unix) as channel:
            assert (await Client(channel).info()).gateway_id
    assert not path.exists()
    assert not (tmp_path / "addresses.json").exists()


async def test_streams_end_with_words_when_the_gateway_stops(tmp_path):
    async with running(tmp_path, synthetic()) as gateway, connected(gateway) as client:
        lease = await client.acquire("synthetic:T-1")
        streams = [client.watch(), client.watch_devices(), client.watch_lease(lease.lease_id)]
        for stream in streams:
            await stream.read()
        waiting = client.acquire_call("synthetic:T-1", wait_s=100)
        watch = client.watch()
        while not (await watch.read()).lease.queue_place:
            pass
        stopping = asyncio.create_task(gateway.stop())

        async def rest(stream):
            while (answer := await stream.read()) is not grpc.aio.EOF:
                assert answer.time.wall.seconds

        for stream in streams[:2]:
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await rest(stream)
            assert refused(error.value).reason == "STOPPING"
            assert refused(error.value).retry_s == 2.0
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await waiting
        assert refused(error.value).reason in ("LEASE_LOST", "STOPPING")
        await stopping
