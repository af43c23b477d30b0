"""Captures of irises over the API: taken by themselves or by hand, one eye or both, mixed up, missing, interrupted."""

import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import common_pb2, device_pb2

from drivers.iris.synthetic import drawn_eye, drawn_eyes
from gateway.capture.iris_auto_capture import IrisAutoCaptureSettings
from gateway.iris import analyze, compare, decode_code, distance_at_fmr
from gateway.records import iir
from gateway.trust import Manifest, read_signature
from tests.gateway.client import Client, refused, seconds
from tests.gateway.running import desk as quick_desk
from tests.gateway.running import synthetic, synthetic_iris

RIGHT, LEFT, BOTH = common_pb2.EYE_POSITION_RIGHT, common_pb2.EYE_POSITION_LEFT, common_pb2.EYE_POSITION_BOTH
SAME = distance_at_fmr(0.0001)
WAITED_S = IrisAutoCaptureSettings().improve_s
EYE_1, EYE_2, EYE_STILL = ({"driver": driver, "id": f"{driver}:1"} for driver in ("eye-1", "eye-2", "eye-still"))


def desk(state: Path, *devices: dict[str, Any], **tables: Any) -> AbstractAsyncContextManager[Client]:
    """One where an eye is waited for as long as a busy machine needs to draw it; good ones are taken at once."""
    capture = {"iris": {"timeout_s": 60.0}, **tables.pop("capture", {})}
    return quick_desk(state, *devices, capture=capture, **tables)


async def manifest(client: Client, capture_id: str) -> Manifest:
    jws = await client.download(capture_id, pb.CAPTURE_PART_MANIFEST)
    return Manifest.from_bytes(read_signature(jws).payload)


async def record(client: Client, capture_id: str) -> iir.IrisImageRecord:
    return iir.decode(await client.download(capture_id, pb.CAPTURE_PART_IMAGE))


def codes(capture: pb.Capture) -> list[str]:
    return [remark.code for remark in capture.guidance]


async def test_a_good_and_still_eye_is_taken_by_itself(tmp_path):
    async with desk(tmp_path, synthetic(), synthetic_iris(1)) as client:
        capture = await client.capture_iris(RIGHT, transaction_id="t 1", nonce=b"\x07", operator="Sri", min_quality=60)
        assert (capture.outcome, capture.sequence) == (pb.CAPTURE_OUTCOME_CAPTURED, 1)
        assert (capture.modality, capture.eye, capture.position) == (common_pb2.MODALITY_IRIS, RIGHT, 0)
        assert capture.device_id == "synthetic-iris:I-1"
        assert (capture.quality.algorithm, capture.quality.score >= 60) == ("rekam-iris", True)
        assert capture.quality.measures["iris_radius"] == pytest.approx(115, abs=5)
        assert [(part.part, part.name) for part in capture.parts] == [
            (pb.CAPTURE_PART_MANIFEST, "manifest.jws"),
            (pb.CAPTURE_PART_IMAGE, "image.iir"),
            (pb.CAPTURE_PART_IRIS_CODE, "iris.ric"),
        ]
        assert (await client.verify(capture.capture_id)).ok
        signed = await manifest(client, capture.capture_id)
        assert (signed.modality, signed.position.code, signed.position.name) == ("iris", 1, "right")
        assert (signed.transaction_id, signed.nonce, signed.operator) == ("t 1", "07", "Sri")
        assert signed.quality is not None
        assert (signed.quality.score, signed.quality.algorithm) == (capture.quality.score, "rekam-iris")
        (image,) = (await record(client, capture.capture_id)).representations
        assert (image.eye, image.kind, image.quality) == (iir.EyeLabel.RIGHT, iir.ImageKind.VGA, capture.quality.score)
        assert image.history is iir.CompressionHistory.LOSSLESS
        code = decode_code(await client.download(capture.capture_id, pb.CAPTURE_PART_IRIS_CODE))
        again = analyze(iir.decode_pixels(image))
        assert again.template is not None
        assert compare(code, again.template) == 0.0
        assert (await client.download(capture.capture_id, pb.CAPTURE_PART_PREVIEW)).startswith(b"\x89PNG")
        device = await client.device("synthetic-iris:I-1")
        assert (device.health.captures, device.state) == (1, device_pb2.DEVICE_STATE_IDLE)
        shown = capture
    async with desk(tmp_path, synthetic_iris(1)) as client:
        stored = await client.get_capture(shown.capture_id)
        shown.quality.measures.clear()  # these are not signed
        assert stored == shown


async def test_both_eyes_of_one_frame_go_into_one_record(tmp_path):
    async with desk(tmp_path, synthetic_iris(1, eyes="both", eye=17, other_eye=40)) as client:
        capture = await client.capture_iris(BOTH)
        assert (capture.outcome, capture.eye) == (pb.CAPTURE_OUTCOME_CAPTURED, BOTH)
        assert [part.name for part in capture.parts] == ["manifest.jws", "image.iir", "iris-right.ric", "iris-left.ric"]
        assert (await client.verify(capture.capture_id)).ok
        assert (await manifest(client, capture.capture_id)).position.name == "both"
        found = await record(client, capture.capture_id)
        assert found.eyes is iir.EyeCount.BOTH
        assert [image.eye for image in found.representations] == [iir.EyeLabel.RIGHT, iir.EyeLabel.LEFT]
        assert min(image.quality or 0 for image in found.representations) == capture.quality.score
        right, left = [
            decode_code(await client.download(capture.capture_id, part))
            for part in (pb.CAPTURE_PART_IRIS_CODE_RIGHT, pb.CAPTURE_PART_IRIS_CODE_LEFT)
        ]
        drawn = drawn_eyes(17, 40, 1).pixels
        middle = drawn.shape[1] // 2
        mates = [analyze(np.ascontiguousarray(half)).template for half in (drawn[:, :middle], drawn[:, middle:])]
        distances = [[compare(code, mate) for mate in mates] for code in (right, left)]
        assert max(distances[0][0], distances[1][1]) < SAME < min(distances[0][1], distances[1][0])
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.download(capture.capture_id, pb.CAPTURE_PART_IRIS_CODE)
        assert refused(error.value).reason == "NOT_FOUND"


async def test_one_eye_of_a_frame_that_shows_both_is_cut_out(tmp_path):
    async with desk(tmp_path, synthetic_iris(1, eyes="both", eye=17, other_eye=40)) as client:
        capture = await client.capture_iris(LEFT)
        (image,) = (await record(client, capture.capture_id)).representations
        assert image.eye is iir.EyeLabel.LEFT
        code = decode_code(await client.download(capture.capture_id, pb.CAPTURE_PART_IRIS_CODE))
        alone = analyze(drawn_eye(40, 1, side="left").pixels).template
        assert alone is not None
        assert compare(code, alone) < SAME


@pytest.mark.parametrize("device", [synthetic_iris(1), EYE_1])
async def test_both_eyes_of_a_camera_that_shows_one_are_refused_with_the_way_out(tmp_path, ports, device):
    ports.port("1")
    async with desk(tmp_path, device) as client:
        capture = await client.capture_iris(BOTH)
        assert (capture.outcome, capture.error.reason) == (pb.CAPTURE_OUTCOME_FAILED, "ONE_EYE_CAMERA")
        assert "in turn" in capture.error.message.en
        assert "satu per satu" in capture.error.message.id
        assert capture.sequence == 0


async def test_the_eye_that_the_camera_calls_the_other_is_not_taken_by_itself(tmp_path):
    async with desk(tmp_path, synthetic_iris(1, eyes="right")) as client:
        capture = await client.start_iris(LEFT)
        shown = await client.preview(capture.capture_id, timeout=seconds(30))
        assert [remark.code for remark in shown.live_quality.guidance] == ["wrong_eye"]
        assert not shown.live_quality.eye_present
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_CANCEL)
        await client.end(capture.capture_id)
        ended = await client.capture_iris(LEFT, timeout=0.8, wait=60)
        assert (ended.outcome, ended.sequence, codes(ended)) == (pb.CAPTURE_OUTCOME_NO_EYE, 0, ["wrong_eye"])
        assert not ended.parts


async def came(client: Client, remark: str) -> None:
    """Wait until the person whom the camera draws is there, and told so: that takes seconds of a busy machine."""
    capture = await client.start_iris(RIGHT, manual=True)
    async for event in client.watch_capture(capture.capture_id):
        if remark in {each.code for each in event.live_quality.guidance}:
            break
    await client.command(capture.capture_id, pb.CAPTURE_ACTION_CANCEL)
    await client.end(capture.capture_id)


async def watched_to_its_end(client: Client, eye: int, **fields: float) -> tuple[pb.Capture, set[str], float]:
    """A capture, what was told while it went on, and how many seconds it took."""
    began_s, told = time.monotonic(), set()
    capture = await client.start_iris(eye, **fields)
    async for event in client.watch_capture(capture.capture_id):
        told |= {remark.code for remark in event.live_quality.guidance}
    return event.capture, told, time.monotonic() - began_s


async def test_an_eye_that_looks_like_the_other_is_waited_for_and_then_taken_with_the_remark(tmp_path, ports):
    ports.port("1")  # its camera does not know which eye it sees: it is a right one
    async with desk(tmp_path, EYE_1) as client:
        ended, told, took_s = await watched_to_its_end(client, LEFT, min_quality=60)
        assert (ended.outcome, codes(ended)[0]) == (pb.CAPTURE_OUTCOME_CAPTURED, "wrong_eye")
        assert "wrong_eye" in told
        assert WAITED_S <= took_s < 60
        assert (await manifest(client, ended.capture_id)).guidance[0] == "wrong_eye"
        rightly = await client.capture_iris(RIGHT, min_quality=60)
        assert "wrong_eye" not in codes(rightly)


async def test_a_trigger_takes_the_other_eye_too_and_says_so(tmp_path):
    async with desk(tmp_path, synthetic_iris(1, eyes="right")) as client:
        capture = await client.start_iris(LEFT)
        await client.preview(capture.capture_id)
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        ended = await client.end(capture.capture_id)
        assert ended.sequence == 1
        assert codes(ended)[0] == "wrong_eye"
        assert (await manifest(client, capture.capture_id)).guidance[0] == "wrong_eye"


async def test_an_eye_given_twice_and_a_wrong_eye_are_noticed(tmp_path, ports):
    ports.port("1", options={"eye": 17, "impression": None})
    ports.port("2", options={"eye": 40, "impression": None})
    async with desk(tmp_path, EYE_1, EYE_2) as client:

        async def captured(device: dict[str, str], eye: int, transaction: str) -> pb.Capture:
            return await client.capture_iris(eye, device_id=device["id"], transaction_id=transaction, min_quality=50)

        mixed_up = {"same_eye_twice", "wrong_eye"}
        assert not mixed_up & set(codes(await captured(EYE_1, RIGHT, "person-1")))
        twice = await captured(EYE_1, LEFT, "person-1")
        assert codes(twice)[0] == "same_eye_twice"
        assert twice.guidance[0].remedy.id
        wrong = codes(await captured(EYE_2, RIGHT, "person-1"))
        assert mixed_up & set(wrong) == {"wrong_eye"}
        for transaction in ("person-2", ""):
            assert not mixed_up & set(codes(await captured(EYE_1, RIGHT, transaction)))
        assert (await client.verify(twice.capture_id)).ok


async def test_an_eye_that_cannot_be_opened_is_a_signed_record(tmp_path):
    async with desk(tmp_path, synthetic(), synthetic_iris(1, eyes="both")) as client:
        for eye, names in ((LEFT, ["left"]), (BOTH, ["right", "left"])):
            capture = await client.start_iris(eye, manual=True)
            missing = {"missing_reason": pb.MISSING_REASON_CANNOT_OPEN}
            await client.command(capture.capture_id, pb.CAPTURE_ACTION_MARK_MISSING, **missing)
            ended = await client.end(capture.capture_id)
            assert (ended.outcome, ended.eye) == (pb.CAPTURE_OUTCOME_MARKED_MISSING, eye)
            assert ended.missing_reason == pb.MISSING_REASON_CANNOT_OPEN
            exceptions = (await manifest(client, capture.capture_id)).exceptions
            assert [(each.position.name, each.reason) for each in exceptions] == [(n, "cannot_open") for n in names]
            assert (await client.verify(capture.capture_id)).ok
        finger = await client.start(manual=True)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.command(finger.capture_id, pb.CAPTURE_ACTION_MARK_MISSING, **missing)
        assert refused(error.value).fields == ["missing_reason"]


async def test_where_no_eye_comes_nothing_is_recorded(tmp_path):
    async with desk(tmp_path, synthetic_iris(1, fault="no_eye")) as client:
        capture = await client.capture_iris(RIGHT, timeout=1.5)
        assert (capture.outcome, capture.sequence) == (pb.CAPTURE_OUTCOME_NO_EYE, 0)
        assert "no_eye" in codes(capture)
        assert (await client.device("synthetic-iris:I-1")).health.timeouts == 1
        assert (await client.info()).spool.captures == 0


async def test_a_trigger_takes_the_eye_of_a_manual_capture(tmp_path):
    async with desk(tmp_path, synthetic_iris(1)) as client:
        capture = await client.start_iris(RIGHT, manual=True)
        await client.until(capture.capture_id, pb.CAPTURE_STATE_CAPTURING)
        device = await client.device("synthetic-iris:I-1")
        assert device.state == device_pb2.DEVICE_STATE_CAPTURING
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        ended = await client.end(capture.capture_id)
        assert ended.outcome in (pb.CAPTURE_OUTCOME_CAPTURED, pb.CAPTURE_OUTCOME_BELOW_QUALITY)
        assert [part.part for part in ended.parts][:2] == [1, 2]
        assert (await client.verify(capture.capture_id)).ok


async def test_an_eye_that_cannot_be_coded_is_recorded_when_the_operator_says_so(tmp_path):
    async with desk(tmp_path, synthetic_iris(1, eye=79, condition="lids_low")) as client:
        assert analyze(drawn_eye(79, 1, "lids_low").pixels).template is None
        capture = await client.start_iris(RIGHT, min_quality=0)
        await client.preview(capture.capture_id)
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        ended = await client.end(capture.capture_id)
        assert (ended.outcome, ended.sequence) == (pb.CAPTURE_OUTCOME_BELOW_QUALITY, 1)
        assert [part.name for part in ended.parts] == ["manifest.jws", "image.iir"]
        assert codes(ended)
        (image,) = (await record(client, capture.capture_id)).representations
        assert (image.width, image.height) == (640, 480)
        assert (await client.download(capture.capture_id, pb.CAPTURE_PART_PREVIEW)).startswith(b"\x89PNG")
        assert (await client.verify(capture.capture_id)).ok


async def test_at_the_deadline_an_eye_that_was_seen_is_recorded_though_it_cannot_be_coded(tmp_path):
    async with desk(tmp_path, synthetic_iris(1, eye=36, condition="lids_low")) as client:
        await came(client, "open_wider")
        capture = await client.capture_iris(RIGHT, timeout=2, wait=60)
        assert capture.outcome == pb.CAPTURE_OUTCOME_BELOW_QUALITY
        assert codes(capture)
        assert (await client.verify(capture.capture_id)).ok


async def test_an_eye_out_of_focus_ends_below_the_quality_that_is_asked_by_default(tmp_path):
    async with desk(tmp_path, synthetic_iris(1, condition="defocused")) as client:
        await came(client, "eye_out_of_focus")
        capture = await client.capture_iris(RIGHT, timeout=1.5, wait=60)
        assert capture.outcome == pb.CAPTURE_OUTCOME_BELOW_QUALITY
        assert "eye_out_of_focus" in codes(capture)
        assert "iris.ric" in [part.name for part in capture.parts]


async def test_a_retake_begins_anew_and_of_a_finished_capture_names_it(tmp_path):
    async with desk(tmp_path, synthetic_iris(1)) as client:
        one = await client.start_iris(RIGHT, manual=True)
        await client.until(one.capture_id, pb.CAPTURE_STATE_CAPTURING)
        await client.command(one.capture_id, pb.CAPTURE_ACTION_RETAKE)
        states = []
        async for event in client.watch_capture(one.capture_id):
            if event.HasField("capture"):
                states.append(event.capture.state)
                begun_anew = states[-2:] == [pb.CAPTURE_STATE_AWAITING_EYE, pb.CAPTURE_STATE_CAPTURING]
                if begun_anew and states.count(pb.CAPTURE_STATE_AWAITING_EYE) == 2:
                    await client.command(one.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        assert states.count(pb.CAPTURE_STATE_AWAITING_EYE) == 2
        assert event.capture.sequence == 1
        again = await client.command(one.capture_id, pb.CAPTURE_ACTION_RETAKE)
        assert (again.eye, again.retake_of) == (RIGHT, one.capture_id)
        await client.command(again.capture_id, pb.CAPTURE_ACTION_CANCEL)
        assert (await client.end(again.capture_id)).outcome == pb.CAPTURE_OUTCOME_CANCELLED


async def test_a_camera_that_is_unplugged_and_plugged_in_again_ends_its_capture_well(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, EYE_1, capture={"recovery_s": 60}) as client:
        capture = await client.start_iris(RIGHT, min_quality=100, timeout=60)
        await client.until(capture.capture_id, pb.CAPTURE_STATE_CAPTURING)
        port.pull()
        await client.until(capture.capture_id, pb.CAPTURE_STATE_RECOVERING)
        port.plugged = True
        states = []
        async for event in client.watch_capture(capture.capture_id):
            if event.HasField("capture"):
                states.append(event.capture.state)
                after = pb.CAPTURE_STATE_RECOVERING in states
                if after and states[-1] == pb.CAPTURE_STATE_CAPTURING:
                    await client.command(capture.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        assert event.capture.outcome == pb.CAPTURE_OUTCOME_BELOW_QUALITY
        assert port.log.count("opened") >= 2
        assert (await client.verify(capture.capture_id)).ok


async def test_a_camera_that_hangs_is_reset_and_its_capture_goes_on(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, EYE_1) as client:
        capture = await client.start_iris(RIGHT, manual=True, timeout=60)
        await client.until(capture.capture_id, pb.CAPTURE_STATE_CAPTURING)
        port.deaf.set()
        await client.until(capture.capture_id, pb.CAPTURE_STATE_RECOVERING)
        await client.command(capture.capture_id, pb.CAPTURE_ACTION_CANCEL)
        assert (await client.end(capture.capture_id)).outcome == pb.CAPTURE_OUTCOME_CANCELLED
        assert "reset" in port.log
        assert (await client.capture_iris(RIGHT, wait=60, min_quality=60)).outcome == pb.CAPTURE_OUTCOME_CAPTURED


async def test_an_eye_that_looks_aside_is_told_so_and_waited_for_a_little(tmp_path):
    async with desk(tmp_path, synthetic_iris(1, eye=17, condition="gaze_off")) as client:
        ended, told, took_s = await watched_to_its_end(client, RIGHT, min_quality=50)
        assert ended.outcome == pb.CAPTURE_OUTCOME_CAPTURED
        assert "look_at_camera" in told & set(codes(ended))
        assert WAITED_S <= took_s < 60


async def test_a_camera_that_does_not_come_back_is_lost(tmp_path, ports):
    port = ports.port("1", options={"delay_s": 60.0})
    async with desk(tmp_path, EYE_1, capture={"recovery_s": 0.3}) as client:
        capture = await client.start_iris(RIGHT)
        await client.preview(capture.capture_id)
        port.pull()
        ended = await client.end(capture.capture_id)
        assert (ended.outcome, ended.error.reason) == (pb.CAPTURE_OUTCOME_DEVICE_LOST, "DEVICE_LOST")
        assert ended.sequence == 0


async def test_a_camera_without_a_live_picture_captures_likewise(tmp_path, ports):
    port = ports.port("1")
    async with desk(tmp_path, EYE_STILL) as client:
        assert not (await client.device("eye-still:1")).live_preview
        capture = await client.capture_iris(RIGHT, min_quality=60)
        assert capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED
        assert (await client.verify(capture.capture_id)).ok
        poor = await client.capture_iris(RIGHT, min_quality=100, timeout=2.5)
        assert poor.outcome == pb.CAPTURE_OUTCOME_BELOW_QUALITY
        assert port.log.count("capture") >= 3
        by_hand = await client.start_iris(RIGHT, manual=True)
        await client.preview(by_hand.capture_id)
        await client.command(by_hand.capture_id, pb.CAPTURE_ACTION_TRIGGER)
        assert (await client.end(by_hand.capture_id)).sequence == 3


async def test_irises_are_captured_from_iris_cameras_only(tmp_path):
    async with desk(tmp_path, synthetic()) as client:
        for fields, reason in (({}, "DEVICE_NOT_FOUND"), ({"device_id": "synthetic:T-1"}, "INVALID_ARGUMENT")):
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await client.start_iris(RIGHT, **fields)
            assert refused(error.value).reason == reason
            assert "iris camera" in refused(error.value).words["en"]
