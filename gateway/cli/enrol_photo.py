"""Photos that the portrait camera takes beside an enrolment: of a bandaged hand, of a missing finger."""

import uuid
from typing import TYPE_CHECKING

from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from gateway.cli.connection import GatewayClient

SETTLE_FRAMES = 15
"""The first frames of a camera that begins to stream are dark, or of a wrong tint."""
FRAME_S = 5
_HOLDER = "rekam enrol, a photo"


def camera_photo(client: "GatewayClient") -> bytes:
    """A JPEG of what is before the portrait camera now: its whole picture.

    It is taken from the preview of a capture that is cancelled, so that no portrait is recorded of it.

    Raises
    ------
    CommandFailure
        The camera is in use, went away, or shows nothing.
    """
    from rekam.v1 import capture_pb2, common_pb2

    request = capture_pb2.StartCaptureRequest(
        modality=common_pb2.MODALITY_FACE, manual=True, holder=_HOLDER, idempotency_key=uuid.uuid4().hex
    )
    capture = client.call("CaptureService/StartCapture", request, capture_pb2.StartCaptureResponse).capture
    try:
        return _settled_frame(client, capture.capture_id)
    finally:
        _cancel(client, capture.capture_id)


def _settled_frame(client: "GatewayClient", capture_id: str) -> bytes:
    from rekam.v1 import capture_pb2

    first, frame = 0, capture_pb2.NextPreviewResponse()
    while not first or frame.seq < first + SETTLE_FRAMES:
        request = capture_pb2.NextPreviewRequest(capture_id=capture_id, after_seq=frame.seq)
        request.timeout.FromSeconds(FRAME_S)
        shown: capture_pb2.NextPreviewResponse = client.call(
            "CaptureService/NextPreview", request, capture_pb2.NextPreviewResponse, 2 * FRAME_S
        )
        if not shown.seq:
            raise CommandFailure(ExitStatus.DEVICE, "DEVICE_NOT_READY", _NOTHING)
        first, frame = first or shown.seq, shown
    return frame.pixels


def _cancel(client: "GatewayClient", capture_id: str) -> None:
    from rekam.v1 import capture_pb2

    request = capture_pb2.CommandCaptureRequest(capture_id=capture_id, action=capture_pb2.CAPTURE_ACTION_CANCEL)
    client.call("CaptureService/CommandCapture", request, capture_pb2.CommandCaptureResponse)


_NOTHING = LocalizedText(
    id="Kamera pas foto tidak memberikan gambar. Periksa kabelnya, atau sebutkan berkas foto.",
    en="The portrait camera gives no picture. Check its cable, or name the file of a photo.",
)
