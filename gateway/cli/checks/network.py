"""The ports: free, or answered by a gateway that is well."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

from gateway.cli.checks.finding import Finding, ok, problem, warning
from gateway.cli.connection import GatewayClient, answers
from gateway.cli.exits import CommandFailure
from gateway.state_folder import read_addresses

CALL_S = 3.0


def check_gateway(state: Path, listen: str, gateway: str | None) -> Iterator[Finding]:
    """A running gateway: how it does; else whether its port is free.

    Parameters
    ----------
    state : Path
        Its state folder, where it says where it answers.
    listen : str
        The configured `HOST:PORT`; empty for the unix socket alone.
    gateway : str, optional
        The address that was typed, which is then the only one looked at.
    """
    if gateway is not None:
        candidates = [gateway]
    else:
        addresses = read_addresses(state)
        own = [each for each in (addresses.unix, addresses.grpc) if each] if addresses else []
        candidates = [*own, *([listen] if listen else [])]
    for address in candidates:
        if answers(address):
            yield from _check_running(address)
            return
    if gateway is not None:
        yield problem("gateway", f"nobody answers at {gateway}", "rekam serve")
        return
    yield from check_port("gRPC port", listen)
    yield ok("gateway", "none is running; `rekam serve` starts one")


def check_web(state: Path) -> Iterator[Finding]:
    """Whether the web door of a running gateway shows a certificate that is good; nothing where none runs."""
    addresses = read_addresses(state)
    authority = state / "web" / "authority.pem"
    if addresses is None or not addresses.web or not authority.exists():
        return
    host, _, port = addresses.web.rpartition(":")
    context = ssl.create_default_context(cafile=str(authority))
    try:
        with (
            socket.create_connection((host.strip("[]"), int(port)), CALL_S) as connection,
            context.wrap_socket(connection, server_hostname=host.strip("[]")),
        ):
            yield ok("web door", f"https://{addresses.web} shows a good certificate; browsers: rekam trust show")
    except ssl.SSLError as error:
        yield problem("web door", f"https://{addresses.web}: {error.reason}", "Start the gateway again")
    except OSError as error:
        yield problem("web door", f"https://{addresses.web} does not answer: {error}", "rekam serve")


def check_port(name: str, address: str) -> Iterator[Finding]:
    """Whether a gateway could listen at `HOST:PORT`."""
    if not address:
        return
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        yield problem(name, f"{address} is not HOST:PORT", "Mend it in the configuration")
        return
    if port == "0":
        yield ok(name, "a free one is taken")
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as error:
            yield problem(name, f"{address} cannot be used: {error.strerror}", f"sudo ss -ltnp 'sport = :{port}'")
        else:
            yield ok(name, f"{address} is free")


def _check_running(address: str) -> Iterator[Finding]:
    from rekam.v1 import device_pb2, gateway_pb2

    try:
        with GatewayClient(address) as client:
            info = client.call(
                "GatewayService/GetInfo", gateway_pb2.GetInfoRequest(), gateway_pb2.GetInfoResponse, CALL_S
            )
            listed = client.call(
                "DeviceService/ListDevices", device_pb2.ListDevicesRequest(), device_pb2.ListDevicesResponse, CALL_S
            )
    except CommandFailure as failure:
        port = address.rpartition(":")[2]
        yield problem("gateway", f"{address} answers, but not as a gateway: {failure}", f"sudo ss -lxtnp | grep {port}")
        return
    about = f"{info.gateway_id}, rekam {info.version}, at {address}"
    yield ok("gateway", f"{about}; {info.spool.captures} captures in its spool")
    for each in info.warnings:
        yield warning("gateway", each.en, "See the log of the gateway")
    yield from _check_devices(info.devices_ready, info.devices_total)
    for device in listed.devices:
        if device.state == device_pb2.DEVICE_STATE_FAILED:
            yield problem(
                device.device_id,
                device.problem.en or "failed",
                "Do what it says; `rekam devices` shows whether it helped",
            )
    for each_problem in listed.problems:
        yield warning(f"driver {each_problem.driver}", each_problem.detail, "See the log of the gateway")


def _check_devices(ready: int, total: int) -> Iterator[Finding]:
    detail = f"{ready} of {total} ready"
    if ready:
        yield ok("devices", detail)
    else:
        yield warning("devices", detail, "Plug a scanner in; see `rekam devices`")
