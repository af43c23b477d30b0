"""Liveness in captures over the API: told, signed and stored; it refuses nobody, and can be switched off."""

import pytest
from rekam.v1 import capture_pb2 as pb
from rekam.v1 import common_pb2

from gateway.trust import Manifest, read_signature
from tests.gateway.client import Client
from tests.gateway.running import desk, synthetic, synthetic_iris

RIGHT, BOTH = common_pb2.EYE_POSITION_RIGHT, common_pb2.EYE_POSITION_BOTH
CUES = ["pupil_response", "glint_pattern", "printed_dots", "lens_ring", "sameness"]


async def manifest(client: Client, capture_id: str) -> Manifest:
    jws = await client.download(capture_id, pb.CAPTURE_PART_MANIFEST)
    return Manifest.from_bytes(read_signature(jws).payload)


async def test_what_is_told_is_signed_and_read_again_from_the_store(tmp_path):
    async with desk(tmp_path, synthetic_iris(1)) as client:
        capture = await client.capture_iris(RIGHT)
        (told,) = capture.liveness
        assert (told.eye, told.algorithm, told.version) == (RIGHT, "rekam-iris-liveness", "1")
        assert told.verdict in (pb.LIVENESS_VERDICT_BONA_FIDE_SIGNS, pb.LIVENESS_VERDICT_NOT_ASSESSED)
        assert [cue.name for cue in told.cues] == CUES
        pupil, *_ = told.cues
        # Nobody switches the light, and a good capture is too short for the pupil's wander.
        assert (pupil.status, pupil.HasField("score")) == (pb.LIVENESS_CUE_STATUS_NOT_ASSESSED, False)
        assert pupil.words.id
        assert pupil.words.en
        dots = told.cues[2]
        assert (dots.status, dots.reason) == (pb.LIVENESS_CUE_STATUS_NONE_SEEN, "dots_none")
        assert 50 <= dots.score <= 100
        (signed,) = (await manifest(client, capture.capture_id)).liveness
        assert (signed.position.name, signed.algorithm) == ("right", told.algorithm)
        assert [(cue.name, cue.reason) for cue in signed.cues] == [(cue.name, cue.reason) for cue in told.cues]
        assert signed.cues[2].score == dots.score
        assert (await client.verify(capture.capture_id)).ok
    async with desk(tmp_path, synthetic_iris(1)) as client:
        assert list((await client.get_capture(capture.capture_id)).liveness) == [told]


async def test_each_of_both_eyes_is_assessed(tmp_path):
    async with desk(tmp_path, synthetic_iris(1, eyes="both", eye=17, other_eye=40)) as client:
        capture = await client.capture_iris(BOTH)
        assert [each.eye for each in capture.liveness] == [1, 2]
        assert [each.position.name for each in (await manifest(client, capture.capture_id)).liveness] == [
            "right",
            "left",
        ]


async def test_a_suspicion_changes_no_outcome(tmp_path):
    async with desk(tmp_path, synthetic_iris(1, eye=3000, artefact="patterned_lens")) as client:
        capture = await client.capture_iris(RIGHT, min_quality=0)
        assert capture.outcome == pb.CAPTURE_OUTCOME_CAPTURED
        assert capture.liveness[0].verdict == pb.LIVENESS_VERDICT_ATTACK_SUSPECTED
        suspecting = [cue for cue in capture.liveness[0].cues if cue.status == pb.LIVENESS_CUE_STATUS_ATTACK_SUSPECTED]
        assert suspecting
        assert all(cue.score < 50 and cue.words.en for cue in suspecting)
        assert (await client.verify(capture.capture_id)).ok


@pytest.mark.parametrize("seen", ["finger", "switched off"])
async def test_where_it_is_not_looked_for_nothing_is_said(tmp_path, seen):
    capture_table = {"iris": {"liveness": seen == "finger"}}
    async with desk(tmp_path, synthetic(), synthetic_iris(1), capture=capture_table) as client:
        capture = await (client.capture() if seen == "finger" else client.capture_iris(RIGHT))
        assert not capture.liveness
        jws = await client.download(capture.capture_id, pb.CAPTURE_PART_MANIFEST)
        assert b'"liveness"' not in read_signature(jws).payload
