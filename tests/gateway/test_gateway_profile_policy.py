"""What captures do under a calibration that is overdue, failed or missing, by the profile of their enrolment."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from rekam.v1 import enrolment_pb2 as epb

from calibration.record import Evidence
from tests.gateway.client import Client, refused
from tests.gateway.running import connected, running
from tests.gateway.test_gateway_calibration import accept, calibrated, scanner

DEVICE = "synthetic:T-1"
PROFILE = """
id = "{0}"
version = 1
[name]
id = "Uji"
en = "Test"
{1}
[[step]]
parts = ["right-index"]
"""
STRICT = '[calibration]\noverdue = "refuse"\nfailed = "refuse"\nmissing = "refuse"\n'
ELSEWHERE = (
    '[calibration]\noverdue = "refuse"\nfailed = "refuse"\n[calibration.fingerprint_scanner]\noverdue = "warn"\n'
)
SILENT = '[calibration]\noverdue = "ignore"\nfailed = "ignore"\n'


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, Any]:
    folder = tmp_path / "profiles"
    folder.mkdir()
    for name, policy in (("strict", STRICT), ("elsewhere", ELSEWHERE), ("silent", SILENT), ("plain", "")):
        (folder / f"{name}.toml").write_text(PROFILE.format(name, policy), encoding="utf-8")
    return {"enrolment": {"profiles": str(folder)}}


async def enrolment(client: Client, profile: str) -> str:
    request = epb.CreateEnrolmentRequest(profile_id=profile, operator="Sri", application_number="APP-0001")
    answer = await client.ask("EnrolmentService", request, epb.CreateEnrolmentResponse)
    return answer.enrolment.enrolment_id


async def told(client: Client, profile: str) -> str:
    """What a capture for an enrolment of that profile says: a refusal's reason, a remark's code, or nothing."""
    transaction = await enrolment(client, profile) if profile else ""
    try:
        capture = await client.capture(transaction_id=transaction)
    except grpc.aio.AioRpcError as error:
        return refused(error).reason
    return next((each.code for each in capture.guidance if each.code.startswith("calibration")), "")


async def test_each_profile_has_a_policy_of_its_own_in_each_state(tmp_path: Path, tables: dict[str, Any]) -> None:
    state = tmp_path / "state"
    async with running(state, scanner(), **tables) as gateway, connected(gateway) as client:
        assert await told(client, "strict") == "CALIBRATION_MISSING"
        assert await told(client, "plain") == ""  # the office ignores a device that was never calibrated
        await accept(client, (await calibrated(client, "resolution")).calibration_id)
        assert await told(client, "strict") == ""
        gateway._calibration.book.open_due(DEVICE, "a drift", [Evidence("light", 150.0, 180.0, "grey")])
        assert await told(client, "strict") == "CALIBRATION_OVERDUE"
        assert await told(client, "elsewhere") == "calibration_overdue"  # of this kind it only warns
        assert await told(client, "plain") == "calibration_overdue"  # as the office does
        assert await told(client, "silent") == ""
        assert await told(client, "") == "calibration_overdue"  # no enrolment, no profile
    async with running(state, scanner(truth={"ppi_x": 515.0}), **tables) as gateway, connected(gateway) as client:
        await calibrated(client, "resolution")
        assert await told(client, "strict") == "CALIBRATION_FAILED"  # another state than overdue
        assert await told(client, "elsewhere") == "CALIBRATION_FAILED"
        assert await told(client, "plain") == "calibration_failed"


async def test_the_offices_refusal_is_eased_by_a_profile_that_says_so(tmp_path: Path, tables: dict[str, Any]) -> None:
    async with (
        running(
            tmp_path / "state", scanner(), calibration={"overdue": "refuse", "interval_days": 1}, **tables
        ) as gateway,
        connected(gateway) as client,
    ):
        await accept(client, (await calibrated(client, "resolution")).calibration_id)
        gateway._calibration.book.open_due(DEVICE, "a drift", [Evidence("noise", 3.0, 2.0, "grey")])
        assert await told(client, "") == "CALIBRATION_OVERDUE"
        assert await told(client, "plain") == "CALIBRATION_OVERDUE"
        assert await told(client, "elsewhere") == "calibration_overdue"
