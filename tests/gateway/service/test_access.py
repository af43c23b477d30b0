"""Every method has its roles, and nobody gets in without one."""

import grpc
import pytest

from gateway.service.access import METHOD_ROLES, Caller, check_role
from gateway.service.errors import RoleDeniedError
from tests.gateway.client import SERVICES, refused
from tests.gateway.running import desk, synthetic

METHODS = [
    f"{service}.{method.name}"
    for service, module in SERVICES.items()
    for method in module.DESCRIPTOR.services_by_name[service].methods
]


def test_the_table_names_every_method_and_no_other():
    assert sorted(METHOD_ROLES) == sorted(METHODS)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("role", ["operator", "supervisor", "technician", "auditor", None])
def test_one_of_the_roles_is_enough_and_none_is_not(method, role):
    needed = METHOD_ROLES[method]
    caller = Caller("someone", frozenset({role} if role else ()))
    if needed and role not in needed:
        with pytest.raises(RoleDeniedError):
            check_role(method, caller)
    else:
        check_role(method, caller)


async def test_an_operator_does_not_steal_and_an_auditor_does_not_capture(tmp_path):
    async with desk(tmp_path / "one", synthetic(), roles=["operator"]) as client:
        await client.acquire("synthetic:T-1")
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.steal("synthetic:T-1")
        found = refused(error.value)
        assert (found.code, found.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_DENIED")
        assert found.metadata == {"needed": "supervisor"}
    async with desk(tmp_path / "two", synthetic(), roles=["auditor"]) as client:
        assert (await client.devices()).devices
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start()
        assert refused(error.value).reason == "ROLE_DENIED"


async def test_without_any_role_the_gateway_still_says_who_it_is(tmp_path):
    async with desk(tmp_path, roles=[]) as client:
        assert (await client.info()).gateway_id
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.devices()
        assert refused(error.value).reason == "ROLE_DENIED"
