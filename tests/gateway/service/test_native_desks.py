"""Desks on other machines: who is let in by a certificate, with which roles, and who is refused by which name."""

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from rekam.v1 import capture_pb2, gateway_pb2, lease_pb2

from gateway.desks import DeskAuthority
from gateway.desks.authority import AUTHORITY_KEY, FOLDER
from gateway.service.access import METHOD_ROLES
from gateway.service.errors import StoppingError
from gateway.service.native_door import NativeDoor
from gateway.service.native_ways import open_for_desks
from tests.gateway.client import SERVICES, Client, first, refused
from tests.gateway.running import connected, running, synthetic
from tests.gateway.service.test_audit_service import entries

ROLES = ("operator", "supervisor", "technician", "auditor")
REACHED = "STOPPING"
LISTEN = {"listen": "127.0.0.1:0"}


@contextlib.asynccontextmanager
async def desk_channel(address, issued):
    credentials = grpc.ssl_channel_credentials(issued.authority_pem, issued.key_pem, issued.certificate_pem)
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.secure_channel(address, credentials, options) as channel:
        yield channel


class EndingCore:
    """A core whose every method says that it was reached, and as whom."""

    def __init__(self, service):
        self.callers = []
        for method in service.methods:
            name = "".join(f"_{c.lower()}" if c.isupper() else c for c in method.name).lstrip("_")
            setattr(self, name, self.stream if method.server_streaming else self.answer)

    async def answer(self, request, caller):
        self.callers.append(caller)
        raise StoppingError("reached")

    async def stream(self, request, caller):
        self.callers.append(caller)
        raise StoppingError("reached")
        yield


@pytest.fixture
async def door(tmp_path):
    services = [module.DESCRIPTOR.services_by_name[name] for name, module in SERVICES.items()]
    cores = [(service, EndingCore(service)) for service in services]
    door = NativeDoor(cores, frozenset(ROLES))  # what this machine's own clients may is not lent to desks
    port = open_for_desks(door, tmp_path, "127.0.0.1:0", ["127.0.0.1"])
    await door.start()
    yield f"127.0.0.1:{port}", dict(zip(SERVICES, (core for _, core in cores), strict=True))
    await door.stop(0)


async def reason(channel, service, method):
    path = f"/{service.full_name}/{method.name}"
    kind = channel.unary_stream if method.server_streaming else channel.unary_unary
    call = kind(path)(b"", timeout=60)
    try:
        await (call.read() if method.server_streaming else call)
    except grpc.aio.AioRpcError as error:
        found = refused(error).reason
        return REACHED if found == "INVALID_ARGUMENT" else found  # past the role; its rules want more
    return "answered"


@pytest.mark.parametrize("roles", [*((role,) for role in ROLES), ROLES], ids="+".join)
async def test_every_method_and_role_of_a_certificate(tmp_path, door, roles):
    address, cores = door
    issued = DeskAuthority.open(tmp_path).issue("Loket 3", roles, 30)
    wrong, walked = {}, set()
    async with desk_channel(address, issued) as channel:
        for name, module in SERVICES.items():
            service = module.DESCRIPTOR.services_by_name[name]
            for method in service.methods:
                needed = METHOD_ROLES[f"{name}.{method.name}"]
                expected = REACHED if not needed or needed & set(roles) else "ROLE_DENIED"
                found = await reason(channel, service, method)
                walked.add(f"{name}.{method.name}")
                if found != expected:
                    wrong[f"{name}.{method.name}"] = found
    assert not wrong
    assert walked == set(METHOD_ROLES)
    callers = {caller for core in cores.values() for caller in core.callers}
    assert {(caller.peer, caller.roles, caller.origin) for caller in callers} == {
        ("desk Loket 3", frozenset(roles), "")
    }


async def test_a_desk_makes_a_capture_and_a_revoked_one_is_cut_off(tmp_path):
    async with running(tmp_path, synthetic(), grpc=LISTEN) as gateway:
        authority = DeskAuthority.open(tmp_path)
        issued = authority.issue("Loket 3", ["operator"], 30)
        other = authority.issue("Loket 4", ["supervisor"], 30)
        async with desk_channel(gateway.addresses.desks, issued) as channel:
            client = Client(channel)
            assert (await client.capture()).capture_id  # whatever a busy machine makes of the finger
            lease = await client.acquire("synthetic:T-1")
            watch = aiter(client.watch())
            assert await anext(watch)
            authority.roll.revoke(issued.desk.desk_id, datetime.now(UTC))
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await client.info()
            found = refused(error.value)
            assert (found.code, found.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CERTIFICATE_REFUSED")
            assert found.metadata == {"cause": "revoked"}
            assert "dicabut" in found.words["id"]
            with pytest.raises(grpc.aio.AioRpcError) as error:
                [event async for event in watch]  # the next event or heartbeat ends it
            assert refused(error.value).metadata == {"cause": "revoked"}
        async with desk_channel(gateway.addresses.desks, other) as channel:
            (device,) = (await Client(channel).devices()).devices
            assert device.lease_holder == lease.holder


async def told(call):
    """The reason for which a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return refused(error.value).reason


async def test_a_lease_is_its_desks_own_though_everybody_is_told_its_id(tmp_path):
    async with running(tmp_path, synthetic(), grpc=LISTEN) as gateway, connected(gateway) as head:
        authority = DeskAuthority.open(tmp_path)
        one, two = (authority.issue(name, ["operator"], 30) for name in ("Loket 3", "Loket 4"))
        async with (
            desk_channel(gateway.addresses.desks, one) as channel,
            desk_channel(gateway.addresses.desks, one) as again,
            desk_channel(gateway.addresses.desks, two) as other,
        ):
            holder, itself, stranger = Client(channel), Client(again), Client(other)
            lease = await holder.acquire("synthetic:T-1", holder="Ani")
            taken_once = await holder.capture(lease_id=lease.lease_id)
            for taken in (
                stranger.release(lease.lease_id),
                stranger.renew(lease.lease_id, 600),
                stranger.start(lease_id=lease.lease_id),
                stranger.command(taken_once.capture_id, capture_pb2.CAPTURE_ACTION_RETAKE),
            ):
                assert await told(taken) == "ROLE_DENIED"
            waiting = stranger.acquire_call("synthetic:T-1", holder="Budi", wait_s=600)
            queued = (await first(head.watch(), lambda event: event.lease.queue_place == 1)).lease
            assert await told(holder.release(queued.lease_id)) == "ROLE_DENIED"
            assert (await itself.renew(lease.lease_id)).holder == "Ani"
            retaken = await itself.command(taken_once.capture_id, capture_pb2.CAPTURE_ACTION_RETAKE)
            assert (await itself.end(retaken.capture_id)).retake_of == taken_once.capture_id
            assert (await head.release(queued.lease_id)).state == lease_pb2.LEASE_STATE_RELEASED  # a supervisor
            assert await told(waiting) == "LEASE_LOST"
            assert (await itself.release(lease.lease_id)).state == lease_pb2.LEASE_STATE_RELEASED
            assert (await stranger.release(lease.lease_id)).state == lease_pb2.LEASE_STATE_RELEASED  # how it ended


async def test_a_desk_stands_in_the_trail_without_the_name_that_was_typed_and_pairs_no_page(tmp_path):
    async with running(tmp_path, synthetic(), grpc=LISTEN) as gateway, connected(gateway) as client:
        issued = DeskAuthority.open(tmp_path).issue("Budi Santoso", ["operator"], 30)
        async with desk_channel(gateway.addresses.desks, issued) as channel:
            await Client(channel).acquire("synthetic:T-1")
            pair = gateway_pb2.PairRequest(origin="https://desk.example")
            assert await told(Client(channel).ask("GatewayService", pair, gateway_pb2.PairResponse)) == "ORIGIN_DENIED"
        (acquired,) = await entries(client, event="LeaseService.AcquireLease")
        assert acquired.peer == f"desk:{issued.desk.desk_id}"
        assert b"Santoso" not in acquired.canonical


async def refused_in_handshake(address, authority_pem, key_pem, certificate_pem):
    """What TLS itself says to whoever shows this; nothing of ours was reached."""
    credentials = grpc.ssl_channel_credentials(authority_pem, key_pem, certificate_pem)
    async with grpc.aio.secure_channel(address, credentials, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await Client(channel).info()
        assert error.value.code() is grpc.StatusCode.UNAVAILABLE
        return True


async def test_who_has_no_certificate_of_ours_is_not_heard(tmp_path, door):
    address, cores = door
    authority = DeskAuthority.open(tmp_path)
    foreign = DeskAuthority.open(tmp_path / "elsewhere").issue("Loket 3", ["supervisor"], 30)
    expired = authority.issue("old", ["operator"], 1, datetime.now(UTC) - timedelta(days=10))
    server = authority.server(["127.0.0.1"])
    for key, certificate in (
        (None, None),
        (foreign.key_pem, foreign.certificate_pem),
        (expired.key_pem, expired.certificate_pem),
        (server.key_pem, server.certificate_pem),  # the gateway's own is no client's
        self_signed("Loket 3"),
    ):
        assert await refused_in_handshake(address, authority.certificate_pem, key, certificate)
    async with grpc.aio.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            await Client(channel).info()
    assert not any(core.callers for core in cores.values())


def self_signed(name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    now = datetime.now(UTC)
    builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    role = x509.SubjectAlternativeName([x509.UniformResourceIdentifier("urn:rekam:role:supervisor")])
    certificate = builder.add_extension(role, critical=False).sign(key, hashes.SHA256())
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()), certificate.public_bytes(encoding)


async def cause(address, issued):
    async with desk_channel(address, issued) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await Client(channel).info()
        return refused(error.value).metadata["cause"]


async def test_certificates_of_ours_that_are_no_longer_good_are_refused_by_name(tmp_path, door):
    address, _ = door
    authority = DeskAuthority.open(tmp_path)
    lost = authority.issue("lost", ["operator"], 30)
    kept = authority.issue("kept", ["operator"], 30)
    roll = tmp_path / FOLDER / "desks.json"
    roll.write_text(roll.read_text().replace(lost.desk.desk_id, "f" * 8))
    assert await cause(address, lost) == "unknown"
    roll.write_text("{")
    assert await cause(address, kept) == "roll_unusable"


async def test_a_connection_ends_with_its_certificate(tmp_path):
    authority = DeskAuthority.open(tmp_path)
    issued = authority.issue("Loket 3", ["operator"], 30)
    assert authority.roll.admitted(issued.certificate_pem).name == "Loket 3"
    with pytest.raises(Exception, match="ended on") as error:
        authority.roll.admitted(issued.certificate_pem, datetime.now(UTC) + timedelta(days=31))
    assert error.value.cause == "expired"


async def test_the_gateways_certificate_is_renewed_while_desks_come(tmp_path, door, monkeypatch):
    address, _ = door
    issued = DeskAuthority.open(tmp_path).issue("Loket 3", ["operator"], 30)
    before = (tmp_path / FOLDER / "server.pem").read_bytes()
    monkeypatch.setattr("gateway.desks.authority.RENEWED_BEFORE", timedelta(days=398))
    host, _, port = address.rpartition(":")
    await asyncio.to_thread(no_certificate_handshake, host, int(port))
    monkeypatch.undo()
    assert (tmp_path / FOLDER / "server.pem").read_bytes() != before
    async with desk_channel(address, issued) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await Client(channel).info()
        assert refused(error.value).reason == REACHED


def no_certificate_handshake(host, port):
    with contextlib.suppress(ssl.SSLError, OSError):
        ssl.get_server_certificate((host, port), timeout=60)


def test_an_authority_whose_files_do_not_belong_together_is_refused(tmp_path):
    DeskAuthority.open(tmp_path)
    DeskAuthority.open(tmp_path / "other")
    key = (tmp_path / "other" / FOLDER / AUTHORITY_KEY).read_bytes()
    (tmp_path / FOLDER / AUTHORITY_KEY).write_bytes(key)
    with pytest.raises(Exception, match="is not of"):
        DeskAuthority.open(tmp_path)
