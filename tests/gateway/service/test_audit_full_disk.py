"""A disk that takes no entry stops no call, and the trail says afterwards what is missing."""

from rekam.v1 import audit_pb2 as pb

from tests.gateway.audit.small_disks import filled, small_disk
from tests.gateway.client import Client
from tests.gateway.running import desk, synthetic


async def gaps(client: Client) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    async for answer in client.stream("AuditService", "QueryAudit", pb.QueryAuditRequest(event="audit.gap")):
        found += [(entry.reason, entry.count) for entry in answer.entries]
    return found


async def test_a_disk_that_takes_no_entry_stops_no_call(tmp_path):
    with small_disk(tmp_path / "disk", "12m") as disk:
        async with desk(disk / "state", synthetic()) as client:
            lease = await client.acquire("synthetic:T-1")
            ballast = filled(disk)
            missing = 0
            while missing < 3:  # the write-ahead log may have room for some yet
                await client.renew(lease.lease_id)
                missing += any("audit trail is full" in text.en for text in (await client.info()).warnings)
            ballast.unlink()
            await client.renew(lease.lease_id)
            assert not any("audit" in text.en for text in (await client.info()).warnings)
            assert await gaps(client) == [("NOT_WRITTEN", 3)]
