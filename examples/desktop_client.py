"""A front end in forty lines: capture a right index finger, show what is wrong meanwhile, keep the signed result.

Needs `pip install grpcio protobuf googleapis-common-protos` and the generated code in `protos/`. Run it beside
`rekam serve --synthetic`:  PYTHONPATH=protos python examples/desktop_client.py [ADDRESS]
"""

import sys
from pathlib import Path

import grpc
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import capture_pb2_grpc, common_pb2

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:7411"
with grpc.insecure_channel(address) as channel:
    captures = capture_pb2_grpc.CaptureServiceStub(channel)
    request = pb.StartCaptureRequest(
        modality=common_pb2.MODALITY_FINGER,
        position=common_pb2.FINGER_POSITION_RIGHT_INDEX,
        holder="desktop example",
        wait={"seconds": 30},  # queue, should another program hold the scanner
    )
    capture = captures.StartCapture(request, timeout=5).capture
    print(f"Place the right index finger on {capture.device_id}.")

    for event in captures.WatchCapture(pb.WatchCaptureRequest(capture_id=capture.capture_id)):
        if event.HasField("live_quality"):
            advice = ", ".join(guidance.remedy.en for guidance in event.live_quality.guidance)
            print(f"  quality {event.live_quality.score:3d}  {advice}")
        elif event.HasField("capture"):
            capture = event.capture

    print(f"{pb.CaptureOutcome.Name(capture.outcome)}, quality {capture.quality.score}, number {capture.sequence}")
    if not capture.parts:
        sys.exit("nothing was recorded")
    folder = Path(capture.capture_id)
    folder.mkdir()
    for part in capture.parts:
        wanted = pb.DownloadCaptureRequest(capture_id=capture.capture_id, part=part.part)
        content = b"".join(chunk.data for chunk in captures.DownloadCapture(wanted))
        (folder / part.name).write_bytes(content)
    report = captures.VerifyCapture(pb.VerifyCaptureRequest(capture_id=capture.capture_id))
    print(f"kept in {folder}/, signature {'holds' if report.ok else 'does NOT hold'}")
