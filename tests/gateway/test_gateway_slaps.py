"""Captures of slaps over the API: whole hands, and hands that lack a finger, said to or not."""

import grpc
import pytest
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import common_pb2

from drivers import PersonPart, synthetic_person
from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.finger import FingerPosition, SlapHand
from gateway.fingerprint import analyze, compare, score_at_fmr
from gateway.records import fir, fmr
from tests.gateway.client import refused
from tests.gateway.running import desk, synthetic
from tests.gateway.slap_desk import (
    BANDAGED,
    LEFT_FOUR,
    RIGHT_FINGERS,
    RIGHT_FOUR,
    RIGHT_LITTLE,
    RIGHT_RING,
    SCANNER,
    THUMBS,
    capture_lying,
    capture_slap,
    codes,
    manifest,
    missing,
    part,
    present,
    slaps,
)

SAME = score_at_fmr(0.0001)


async def test_four_fingers_are_taken_by_themselves_and_recorded_one_by_one(tmp_path):
    async with desk(tmp_path, synthetic(), slaps()) as client:
        capture = await capture_slap(client, transaction_id="t 1", nonce=b"\x07", operator="Sri", min_quality=20)
        assert (capture.outcome, capture.sequence, capture.device_id) == (pb.CAPTURE_OUTCOME_CAPTURED, 1, SCANNER)
        assert (capture.modality, capture.position) == (common_pb2.MODALITY_FINGER, RIGHT_FOUR)
        assert [finger.position for finger in capture.fingers] == RIGHT_FINGERS
        assert capture.quality.score == min(finger.quality.score for finger in capture.fingers) >= 20
        assert capture.minutia_count == sum(finger.minutia_count for finger in capture.fingers) > 40
        names = [f"right-{finger}" for finger in ("index", "middle", "ring", "little")]
        assert [each.name for each in capture.parts] == [
            "manifest.jws",
            "image.fir",
            *(f"{name}.{blob}" for name in names for blob in ("image.fir", "template.fmr")),
        ]
        assert [each.finger for each in capture.parts] == [0, 0, 2, 2, 3, 3, 4, 4, 5, 5]
        assert (await client.verify(capture.capture_id)).ok
        signed = await manifest(client, capture.capture_id)
        assert (signed.modality, signed.position.code, signed.position.name) == ("finger", 13, "right-four")
        assert (signed.transaction_id, signed.nonce, signed.operator) == ("t 1", "07", "Sri")
        assert (signed.exceptions, signed.outcome) == ((), "captured")
        (whole,) = fir.decode(await client.download(capture.capture_id, pb.CAPTURE_PART_IMAGE)).representations
        assert (whole.position, whole.width, whole.height, whole.quality) == (
            SlapHand.RIGHT_FOUR,
            800,
            750,
            capture.quality.score,
        )
        for finger in capture.fingers:
            (image,) = fir.decode(
                await part(client, capture.capture_id, pb.CAPTURE_PART_IMAGE, finger.position)
            ).representations
            (view,) = fmr.decode(
                await part(client, capture.capture_id, pb.CAPTURE_PART_TEMPLATE, finger.position)
            ).views
            assert image.position == view.position == finger.position
            assert image.quality == view.quality == finger.quality.score
            assert (view.template.width, view.template.height) == (image.width, image.height)
        assert (await client.download(capture.capture_id, pb.CAPTURE_PART_PREVIEW)).startswith(b"\x89PNG")
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await part(client, capture.capture_id, pb.CAPTURE_PART_TEMPLATE, 7)
        assert refused(error.value).reason == "NOT_FOUND"
        shown = capture
    async with desk(tmp_path) as client:
        stored = await client.get_capture(shown.capture_id)
        shown.quality.measures.clear()  # these are not signed
        for finger in shown.fingers:
            finger.quality.measures.clear()
            del finger.guidance[:]
        assert stored == shown


@pytest.mark.parametrize(("position", "fingers"), [(LEFT_FOUR, [10, 9, 8, 7]), (THUMBS, [6, 1])])
async def test_the_hand_that_was_presented_has_the_fingers_of_that_person(tmp_path, position, fingers):
    async with desk(tmp_path, slaps()) as client:
        await present(client, position=position, placement=3)
        capture = await capture_slap(client, position)
        assert capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED
        assert [finger.position for finger in capture.fingers] == fingers
        # A finger laid alone on the scanner of single fingers is the same one.
        finger = FingerPosition(fingers[0])
        record = await part(client, capture.capture_id, pb.CAPTURE_PART_TEMPLATE, finger)
        template = fmr.decode(record).views[0].template
        seeds = [synthetic_person(person).finger_seed(PersonPart[finger.name]) for person in (42, 43)]
        mate, other = (analyze(draw_fingerprint(seed, 1), 500.0).template for seed in seeds)
        assert compare(template, mate) > SAME > compare(template, other)


async def test_fingers_that_are_said_to_be_missing_are_not_waited_for(tmp_path):
    async with desk(tmp_path, slaps()) as client:
        await present(client, position=RIGHT_FOUR, placement=3, missing_fingers=[RIGHT_RING])
        fingers = missing(RIGHT_RING, reason=BANDAGED)
        capture = await capture_slap(client, missing_fingers=fingers)
        assert capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED
        assert [finger.position for finger in capture.fingers] == RIGHT_FINGERS
        told = [(finger.HasField("quality"), finger.missing_reason) for finger in capture.fingers]
        assert told == [(True, 0), (True, 0), (False, BANDAGED), (True, 0)]
        assert "fingers_missing" not in codes(capture)
        signed = await manifest(client, capture.capture_id)
        assert [(each.position.name, each.reason) for each in signed.exceptions] == [("right-ring", "bandaged")]
        shown = capture
    async with desk(tmp_path) as client:
        stored = await client.get_capture(shown.capture_id)
        assert [finger.missing_reason for finger in stored.fingers] == [0, 0, BANDAGED, 0]
        assert stored.missing_reason == 0  # the slap itself is there


async def test_a_finger_that_does_not_come_is_waited_for_and_then_left_out(tmp_path):
    async with desk(tmp_path, slaps()) as client:
        await present(client, position=RIGHT_FOUR, placement=3, missing_fingers=[RIGHT_RING])
        capture = await capture_lying(client, timeout=3.0)
        assert (capture.outcome, codes(capture)[0]) == (pb.CAPTURE_OUTCOME_BELOW_QUALITY, "fingers_missing")
        assert [finger.HasField("quality") for finger in capture.fingers] == [True, True, False, True]
        assert (await manifest(client, capture.capture_id)).exceptions == ()
        assert "right-ring.template.fmr" not in {each.name for each in capture.parts}


async def test_a_finger_that_was_said_to_be_missing_and_lies_there_is_one_too_many(tmp_path):
    async with desk(tmp_path, slaps()) as client:
        capture = await capture_lying(client, timeout=1.5, missing_fingers=missing(RIGHT_LITTLE))
        assert (capture.outcome, codes(capture)[0]) == (pb.CAPTURE_OUTCOME_BELOW_QUALITY, "extra_fingers")
        assert [finger.HasField("quality") for finger in capture.fingers] == [True, True, True, False]


async def test_a_watcher_sees_each_finger(tmp_path):
    async with desk(tmp_path, slaps()) as client:
        started = await client.start(position=RIGHT_FOUR)
        live = [
            event.live_quality
            async for event in client.watch_capture(started.capture_id)
            if event.HasField("live_quality")
        ]
        assert all([finger.position for finger in each.fingers] == RIGHT_FINGERS for each in live)
        whole = [each for each in live if all(finger.present for finger in each.fingers)]
        assert whole
        assert all(each.score == min(finger.score for finger in each.fingers) > 0 for each in whole)


async def test_a_finger_below_its_threshold_is_below_quality(tmp_path):
    async with desk(tmp_path, slaps()) as client:
        hard = [pb.FingerThreshold(position=RIGHT_RING, min_quality=100)]
        capture = await capture_lying(client, timeout=1.5, finger_thresholds=hard)
        assert capture.outcome == pb.CAPTURE_OUTCOME_BELOW_QUALITY
        assert all(finger.HasField("quality") for finger in capture.fingers)
