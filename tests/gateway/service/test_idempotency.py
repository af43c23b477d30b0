"""What becomes of an answer that the disk does not take."""

import pytest
from rekam.v1 import lease_pb2 as pb

from gateway.service.errors import BadArgumentError
from gateway.service.idempotency import Idempotency
from gateway.spool import KeptResponse, SpoolFull


class FullStore:
    """A disk without room."""

    def remember(self, method: str, key: str, request_digest: bytes, response: bytes) -> KeptResponse:
        raise SpoolFull("The disk is full.", "Free space on it.")

    def recall(self, method: str, key: str) -> KeptResponse | None:
        return None


async def test_a_deed_that_is_done_is_answered_though_the_disk_is_full() -> None:
    idempotency, deeds = Idempotency(FullStore()), []
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
