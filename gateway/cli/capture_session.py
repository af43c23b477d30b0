"""One capture at the gateway, from its start to its outcome and its verified parts."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.cli.capture_folder import ALL_FILES, FACE_IMAGE, IMAGE, IRIS_IMAGE, MANIFEST, PREVIEW
from gateway.cli.connection import GatewayClient
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.live_view import CaptureView
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import capture_pb2

    from gateway.trust import VerificationReport

RESUME_S = 8.0
"""So long a gateway that went away in the middle may take to come back; what it recorded is then still found."""
CANCEL_S = 5.0
LONGEST_S = 1_200.0
"""The longest wait, time-out and recovery that the API allows."""


@dataclass(frozen=True)
class CaptureParts:
    """What a recorded capture consists of, and whether it holds."""

    files: dict[str, bytes]
    report: "VerificationReport"
    gateway_id: str


def run_capture(
    client: GatewayClient,
    request: "capture_pb2.StartCaptureRequest",
    view: CaptureView,
    on_start: Callable[[str], None] = lambda _: None,
) -> "capture_pb2.Capture":
    """Make a capture and follow it to its end; Ctrl-C cancels it at the gateway.

    Parameters
    ----------
    request : StartCaptureRequest
        With an idempotency key, so that an interrupted start can be asked for again.
    on_start : callable
        Told the id of the capture.

    Raises
    ------
    CommandFailure
        It could not be begun, or the gateway went away for good.
    """
    from rekam.v1 import capture_pb2

    def start() -> str:
        answer = client.call("CaptureService/StartCapture", request, capture_pb2.StartCaptureResponse)
        return answer.capture.capture_id

    capture_id = ""
    try:
        capture_id = start()
        on_start(capture_id)
        return _followed(client, capture_id, view)
    except KeyboardInterrupt:
        # The same key gives the same capture, where the interrupt came before the answer.
        return _cancelled(client, capture_id or start())


def command(client: GatewayClient, capture_id: str, action: "capture_pb2.CaptureAction") -> None:
    """Tell a running capture something."""
    from rekam.v1 import capture_pb2

    request = capture_pb2.CommandCaptureRequest(capture_id=capture_id, action=action)
    client.call("CaptureService/CommandCapture", request, capture_pb2.CommandCaptureResponse)


def fetch_parts(client: GatewayClient, capture: "capture_pb2.Capture") -> CaptureParts:
    """Download what was recorded and check it against the gateway's own certificate.

    Raises
    ------
    CommandFailure
        A part cannot be had.
    """
    from rekam.v1 import capture_pb2, gateway_pb2

    from gateway.trust import TrustAnchors, verify_capture

    # Names that are none of ours are no files to write.
    wanted = {part.name: part for part in capture.parts if part.name in ALL_FILES}
    signed = {name: _downloaded(client, capture.capture_id, p.part, p.finger) for name, p in wanted.items()}
    bundle = client.call(
        "GatewayService/GetTrustBundle", gateway_pb2.GetTrustBundleRequest(), gateway_pb2.GetTrustBundleResponse
    )
    blobs = {name: content for name, content in signed.items() if name != MANIFEST}
    report = verify_capture(signed[MANIFEST], blobs, TrustAnchors.from_pem(bundle.certificates_pem))
    unsigned = {}
    if not signed.keys().isdisjoint((IMAGE, IRIS_IMAGE, FACE_IMAGE)):
        unsigned[PREVIEW] = _downloaded(client, capture.capture_id, capture_pb2.CAPTURE_PART_PREVIEW)
    return CaptureParts(signed | unsigned, report, bundle.gateway_id)


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Take SIGTERM for Ctrl-C, so that a service manager that ends us leaves no capture behind either."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def triggered_by(wait_for_enter: Callable[[threading.Event], bool], trigger: Callable[[], None]) -> Iterator[None]:
    """Call `trigger` for each line that is typed while the block runs."""
    over = threading.Event()

    def listen() -> None:
        while wait_for_enter(over):
            try:
                trigger()
            except CommandFailure:
                return  # the capture itself says what is wrong

    listener = threading.Thread(target=listen, name="enter", daemon=True)
    listener.start()
    try:
        yield
    finally:
        over.set()
        listener.join(1.0)


def _followed(client: GatewayClient, capture_id: str, view: CaptureView) -> "capture_pb2.Capture":
    seq, lost_at = 0, None
    while True:
        try:
            for event in _events(client, capture_id, seq):
                seq, lost_at = max(seq, event.seq), None
                if event.HasField("image_transfer"):
                    view.show_transfer(event.image_transfer.share)
                if event.HasField("live_quality"):
                    view.show_live(event.live_quality)
                elif event.HasField("capture"):
                    ended = _show(event.capture, view)
                    if ended is not None:
                        return ended
        except CommandFailure as failure:
            now = time.monotonic()
            lost_at = lost_at or now
            if failure.reason == "NOT_FOUND" and seq:
                raise CommandFailure(
                    ExitStatus.UNREACHABLE,
                    "GATEWAY_RESTARTED",
                    LocalizedText(
                        id="Gateway dijalankan ulang saat merekam, dan belum ada yang direkam. Rekam lagi.",
                        en="The gateway was started anew during the capture, and nothing had been recorded. Capture "
                        "again.",
                    ),
                ) from failure
            if failure.status is not ExitStatus.UNREACHABLE or now - lost_at > RESUME_S:
                raise
            time.sleep(0.2)


def _events(client: GatewayClient, capture_id: str, seq: int) -> "Iterator[capture_pb2.WatchCaptureResponse]":
    from rekam.v1 import capture_pb2

    request = capture_pb2.WatchCaptureRequest(capture_id=capture_id, from_seq=seq)
    return client.stream("CaptureService/WatchCapture", request, capture_pb2.WatchCaptureResponse, LONGEST_S)


def _show(capture: "capture_pb2.Capture", view: CaptureView) -> "capture_pb2.Capture | None":
    """Show where the capture stands; the capture itself when it has ended."""
    from rekam.v1 import capture_pb2

    from gateway.cli.documents import enum_word

    view.show_state(enum_word(capture.state, "CAPTURE_STATE", capture_pb2.CaptureState))
    return capture if capture.state == capture_pb2.CAPTURE_STATE_DONE else None


def _cancelled(client: GatewayClient, capture_id: str) -> "capture_pb2.Capture":
    """Cancel, and wait for how it ended: it may have been recorded just before."""
    from rekam.v1 import capture_pb2

    command(client, capture_id, capture_pb2.CAPTURE_ACTION_CANCEL)
    request = capture_pb2.WatchCaptureRequest(capture_id=capture_id)
    events = client.stream("CaptureService/WatchCapture", request, capture_pb2.WatchCaptureResponse, CANCEL_S)
    for event in events:
        if event.HasField("capture") and event.capture.state == capture_pb2.CAPTURE_STATE_DONE:
            return event.capture
    raise CommandFailure(
        ExitStatus.FAULT,
        "INTERNAL",
        LocalizedText(
            id=f"Gateway tidak memberitahukan akhir perekaman {capture_id}.",
            en=f"The gateway did not say how capture {capture_id} ended.",
        ),
    )


def _downloaded(client: GatewayClient, capture_id: str, part: "capture_pb2.CapturePart", finger: int = 0) -> bytes:
    """A part of a capture; `finger` is the position code where it is of one finger of a slap."""
    from rekam.v1 import capture_pb2

    request = capture_pb2.DownloadCaptureRequest(capture_id=capture_id, part=part, finger=finger)  # type: ignore[arg-type]
    chunks = list(
        client.stream("CaptureService/DownloadCapture", request, capture_pb2.DownloadCaptureResponse, LONGEST_S)
    )
    content = b"".join(chunk.data for chunk in chunks)
    if not chunks or len(content) != chunks[0].total_size:
        raise CommandFailure(
            ExitStatus.FAULT,
            "INTERNAL",
            LocalizedText(
                id=f"Sebagian hasil rekam {capture_id} diterima tidak lengkap.",
                en=f"A part of capture {capture_id} came incomplete.",
            ),
        )
    return content
