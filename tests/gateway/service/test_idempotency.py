"""What becomes of an answer that is not taken: by a full disk, by a token that is away."""

import pytest
from rekam.v1 import lease_pb2 as pb

from gateway.service.errors import BadArgumentError
from gateway.service.idempotency import Idempotency
from gateway.spool import KeptResponse, SpoolFull
from gateway.trust import KeyModuleGone


class DeafStore:
    """Takes no answer."""

    def __init__(self, problem: Exception) -> None:
        self._problem = problem

    def remember(self, method: str, key: str, request_digest: bytes, response: bytes) -> KeptResponse:
        raise self._problem

    def recall(self, method: str, key: str) -> KeptResponse | None:
        return None


FULL = SpoolFull("The disk is full.", "Free space on it.")
TOKEN_AWAY = KeyModuleGone("The token is away.", "Plug it in.")


@pytest.mark.parametrize("problem", [FULL, TOKEN_AWAY], ids=["full", "token-away"])
async def test_a_deed_that_is_done_is_answered_though_its_answer_is_not_kept(problem: Exception) -> None:
    idempotency, deeds = Idempotency(DeafStore(problem)), []
    request = pb.AcquireLeaseRequest(holder="desk", idempotency_key="k")

    async def acquire() -> pb.AcquireLeaseResponse:
        deeds.append(1)
        return pb.AcquireLeaseResponse(lease=pb.Lease(lease_id=f"lease-{len(deeds)}"))

    first = await idempotency.once("AcquireLease", request, pb.AcquireLeaseResponse, acquire)
    again = await idempotency.once("AcquireLease", request, pb.AcquireLeaseResponse, acquire)
    assert first == again
    assert len(deeds) == 1
    other = pb.AcquireLeaseRequest(holder="another", idempotency_key="k")
    with pytest.raises(BadArgumentError, match="another request"):
        await idempotency.once("AcquireLease", other, pb.AcquireLeaseResponse, acquire)
