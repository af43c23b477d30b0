"""Fingers of one transaction that are mixed up are spoken of; those of two transactions never meet."""

from rekam.v1 import capture_pb2 as pb
from rekam.v1 import common_pb2

from tests.gateway.running import desk, synthetic

RIGHT_INDEX = common_pb2.FINGER_POSITION_RIGHT_INDEX
RIGHT_MIDDLE = common_pb2.FINGER_POSITION_RIGHT_MIDDLE


def codes(capture: pb.Capture) -> set[str]:
    return {remark.code for remark in capture.guidance}


LYING = {"settle_s": 0.0}
"""Whole prints alone: one of ten strangers comes as near as a mate, more of them while a print is half laid down."""


async def test_a_finger_given_twice_and_a_wrong_finger_are_noticed(tmp_path):
    same, another = synthetic(1, finger=3, impression=None, **LYING), synthetic(2, finger=16, **LYING)
    # Each time the finger is lifted before the next capture: a print that leaves is no whole one either.
    async with desk(tmp_path, same, another, capture={"removal_s": 60.0}) as client:

        async def capture(device: int, position: int, transaction: str) -> pb.Capture:
            return await client.capture(
                device_id=f"synthetic:T-{device}", position=position, transaction_id=transaction, wait=60
            )

        assert not codes(await capture(1, RIGHT_INDEX, "person-1")) & {"same_finger_again", "wrong_finger"}
        twice = await capture(1, RIGHT_MIDDLE, "person-1")
        assert "same_finger_again" in codes(twice)
        assert twice.guidance[0].remedy.id
        assert "wrong_finger" in codes(await capture(2, RIGHT_INDEX, "person-1"))
        for transaction in ("person-2", ""):
            assert not codes(await capture(1, RIGHT_MIDDLE, transaction)) & {"same_finger_again", "wrong_finger"}
        assert (await client.verify(twice.capture_id)).ok
