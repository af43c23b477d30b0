"""Captures of portraits over the API: taken by themselves or by hand, refused, missing, interrupted."""

from typing import Any

import cv2
import grpc
import numpy as np
import pytest
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import common_pb2, device_pb2

from gateway.portrait import located_head
from gateway.records import fac
from gateway.trust import Manifest, read_signature
from tests.gateway.client import Client, refused
from tests.gateway.running import QUICK_SITTER, desk, synthetic

FACE = {"modality": common_pb2.MODALITY_FACE, "position": 0}
CAMERA = "synthetic-portrait:P-1"


def portrait_camera(**options: Any) -> dict[str, Any]:
    """The `[[device]]` table of a quick synthetic camera: somebody is before it at once, and stays."""
    return {"driver": "synthetic-portrait", "serial": "P-1", "face": 3, **QUICK_SITTER, **options}


async def portrait(client: Client, **fields: Any) -> pb.Capture:
    return await client.end((await client.start(**FACE, **fields)).capture_id)


def codes(capture: pb.Capture) -> list[str]:
    return [remark.code for remark in capture.guidance]


async def picture(client: Client, capture: pb.Capture) -> np.ndarray:
    """Red, green, blue."""
    record = fac.decode(await client.download(capture.capture_id, pb.CAPTURE_PART_IMAGE))
    shown = cv2.imdecode(np.frombuffer(record.data, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (record.height, record.width, 3)
    return np.ascontiguousarray(shown[..., ::-1])


async def test_a_face_that_sits_well_is_taken_by_itself(tmp_path):
    async with desk(tmp_path, synthetic(), portrait_camera()) as client:
        capture = await portrait(client, transaction_id="t 1", nonce=b"\x07", operator="Sri")
        assert (capture.outcome, capture.sequence, codes(capture)) == (pb.CAPTURE_OUTCOME_CAPTURED, 1, [])
        assert (capture.modality, capture.eye, capture.position) == (common_pb2.MODALITY_FACE, 0, 0)
        assert capture.device_id == CAMERA
        assert (capture.quality.algorithm, capture.quality.score >= 70) == ("rekam-portrait", True)
        assert capture.quality.measures["eye_distance"] == pytest.approx(69, abs=4)
        assert [(part.part, part.name) for part in capture.parts] == [
            (pb.CAPTURE_PART_MANIFEST, "manifest.jws"),
            (pb.CAPTURE_PART_IMAGE, "image.fac"),
        ]
        assert (await client.verify(capture.capture_id)).ok
        jws = await client.download(capture.capture_id, pb.CAPTURE_PART_MANIFEST)
        signed = Manifest.from_bytes(read_signature(jws).payload)
        assert (signed.modality, signed.position.code, signed.position.name) == ("face", 1, "front")
        assert (signed.transaction_id, signed.nonce, signed.operator) == ("t 1", "07", "Sri")
        shown = await picture(client, capture)
        height, width = shown.shape[:2]
        assert width / height == pytest.approx(0.75, abs=0.01)
        head = located_head(shown)
        assert head is not None
        # ISO/IEC 19794-5:2005, 8.3.2 to 8.3.4: in the middle, eyes at 50 to 70 percent, the image 1.4 to 2 heads wide.
        assert head.centre[0] / width == pytest.approx(0.5, abs=0.03)
        assert 0.5 <= 1 - head.centre[1] / height <= 0.7
        assert 1.4 <= width / head.width <= 2.0
        preview = await client.download(capture.capture_id, pb.CAPTURE_PART_PREVIEW)
        again = cv2.imdecode(np.frombuffer(preview, np.uint8), cv2.IMREAD_COLOR)
        assert np.array_equal(again[..., ::-1], shown)
        device = await client.device(CAMERA)
        assert (device.health.captures, device.state) == (1, device_pb2.DEVICE_STATE_IDLE)
    async with desk(tmp_path, portrait_camera()) as client:
        stored = await client.get_capture(capture.capture_id)
        capture.quality.measures.clear()  # these are not signed
        assert stored == capture


async def test_previews_come_in_colour_with_guidance(tmp_path):
    async with desk(tmp_path, portrait_camera(condition="far")) as client:
        capture = await client.start(**FACE, timeout=6.0)
        seen: list[str] = []
        after = 0
        while "head_too_small" not in seen:
            shown = await client.preview(capture.capture_id, after_seq=after, max_width=320)
            assert shown.seq > after, seen
            after, seen = shown.seq, [remark.code for remark in shown.live_quality.guidance]
            image = cv2.imdecode(np.frombuffer(shown.pixels, np.uint8), cv2.IMREAD_UNCHANGED)
            assert image.shape == (240, 320, 3)
        assert shown.live_quality.face_present
        raw = await client.preview(capture.capture_id, after_seq=after, format=pb.PREVIEW_FORMAT_RAW)
        assert len(raw.pixels) == raw.width * raw.height * 3
        ended = await client.end(capture.capture_id)
        assert (ended.outcome, codes(ended)[0]) == (pb.CAPTURE_OUTCOME_BELOW_QUALITY, "head_too_small")
        assert min((await picture(client, ended)).shape[:2]) < 200


@pytest.mark.parametrize(
    ("condition", "code"),
    [("near", "head_too_large"), ("defocused", "face_blurred"), ("dark", "face_too_dark"), ("tilted", "head_tilted")],
)
async def test_what_is_wrong_is_told_and_the_best_frame_is_kept(tmp_path, condition, code):
    async with desk(tmp_path, portrait_camera(condition=condition)) as client:
        capture = await portrait(client, timeout=2.5, min_quality=95)
        assert capture.outcome == pb.CAPTURE_OUTCOME_BELOW_QUALITY
        assert code in codes(capture)
        assert capture.sequence == 1


async def test_where_nobody_sits_nothing_is_recorded_unless_the_operator_says_so(tmp_path):
    async with desk(tmp_path, portrait_camera(fault="no_person")) as client:
        capture = await portrait(client, timeout=1.5)
        assert (capture.outcome, capture.sequence, codes(capture)) == (pb.CAPTURE_OUTCOME_NO_FACE, 0, ["no_face"])
        capture = await client.start(**FACE, timeout=60.0)
        shown = await client.preview(capture.capture_id)
        assert not shown.live_quality.face_present
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        ended = await client.end(capture.capture_id)
        assert (ended.outcome, ended.sequence) == (pb.CAPTURE_OUTCOME_BELOW_QUALITY, 1)
        assert not ended.HasField("quality")
        assert (await picture(client, ended)).shape == (480, 360, 3)


async def test_by_hand_it_waits_for_the_operator(tmp_path):
    async with desk(tmp_path, portrait_camera()) as client:
        capture = await client.start(**FACE, timeout=60.0, manual=True)
        after = 0
        for _ in range(20):  # twice as many as are taken by themselves
            after = (await client.preview(capture.capture_id, after_seq=after)).seq
        assert (await client.get_capture(capture.capture_id)).state != pb.CAPTURE_STATE_DONE
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        assert (await client.end(capture.capture_id)).outcome == pb.CAPTURE_OUTCOME_CAPTURED


async def test_a_refusal_is_recorded_as_missing(tmp_path):
    async with desk(tmp_path, portrait_camera(fault="no_person")) as client:
        capture = await client.start(**FACE, timeout=60.0)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.command(
                capture.capture_id, pb.CAPTURE_ACTION_MARK_MISSING, missing_reason=pb.MISSING_REASON_AMPUTATED
            )
        assert refused(error.value).reason == "INVALID_ARGUMENT"
        await client.command(
            capture.capture_id, pb.CAPTURE_ACTION_MARK_MISSING, missing_reason=pb.MISSING_REASON_REFUSED
        )
        ended = await client.end(capture.capture_id)
        assert (ended.outcome, ended.missing_reason) == (
            pb.CAPTURE_OUTCOME_MARKED_MISSING,
            pb.MISSING_REASON_REFUSED,
        )


async def test_a_camera_that_hangs_is_reset_during_the_capture(tmp_path):
    async with desk(tmp_path, portrait_camera(fault="hang", fault_after_frames=5)) as client:
        capture = await client.start(**FACE, timeout=60.0)
        await client.until(capture.capture_id, pb.CAPTURE_STATE_RECOVERING)
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_CANCEL)
        assert (await client.end(capture.capture_id)).outcome == pb.CAPTURE_OUTCOME_CANCELLED
        assert (await client.device(CAMERA)).health.resets >= 1


async def test_of_a_camera_that_is_lost_for_good_the_best_frame_is_recorded(tmp_path):
    async with desk(tmp_path, portrait_camera(fault="unplug", fault_after_frames=5)) as client:
        capture = await portrait(client, timeout=60.0)  # each time that it is opened it is pulled out again
        assert (capture.outcome, capture.sequence) == (pb.CAPTURE_OUTCOME_CAPTURED, 1)
        assert capture.error.reason == "DEVICE_LOST"


@pytest.mark.parametrize(
    "fields", [{"position": common_pb2.FINGER_POSITION_RIGHT_INDEX}, {"eye": common_pb2.EYE_POSITION_RIGHT}]
)
async def test_a_face_has_neither_finger_nor_eye(tmp_path, fields):
    async with desk(tmp_path, portrait_camera()) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start(**{**FACE, **fields})
        assert refused(error.value).reason == "INVALID_ARGUMENT"


async def test_a_face_is_captured_from_portrait_cameras_only(tmp_path):
    async with desk(tmp_path, synthetic(), portrait_camera()) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start(**FACE, device_id="synthetic:T-1")
        assert "portrait camera" in refused(error.value).words["en"]
