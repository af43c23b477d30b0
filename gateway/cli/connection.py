"""The way to the gateway: where it answers, and calls whose failures are said in words."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from gateway.cli.exits import CommandFailure, ExitStatus, bad_file, bad_usage
from gateway.cli.refusals import failure_of
from gateway.guidance import LocalizedText
from gateway.state_folder import DEFAULT_GRPC, STATE_VARIABLE, default_state_folder, read_addresses

if TYPE_CHECKING:
    import grpc
    from google.protobuf.message import Message

M = TypeVar("M", bound="Message")

CONNECT_S = 2.0
CALL_S = 10.0
DESK_VARIABLE = "REKAM_DESK"
"""Names the folder of `rekam trust issue-desk`, by which gateways on other machines know this desk."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_OPTIONS: list[tuple[str, int]] = [
    ("grpc.enable_http_proxy", 0),  # the gateway is on this machine, whatever http_proxy says
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
]


class GatewayClient:
    """A channel to one gateway; failures of its calls are `CommandFailure`."""

    def __init__(self, address: str) -> None:
        import grpc

        self.address = address
        credentials = desk_credentials(address)
        self._by_certificate = credentials is not None
        if credentials is None:
            self._channel = grpc.insecure_channel(address, options=_OPTIONS)
        else:
            self._channel = grpc.secure_channel(address, credentials, options=_OPTIONS)

    def call(self, method: str, request: "Message", answer: type[M], timeout_s: float = CALL_S) -> M:
        """Call a unary method, e.g. `CaptureService/StartCapture`."""
        multi: Any = self._channel.unary_unary(
            f"/rekam.v1.{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString,
        )
        with self._failures():
            result: M = multi(request, timeout=timeout_s)
        return result

    def stream(self, method: str, request: "Message", answer: type[M], timeout_s: float | None = None) -> Iterator[M]:
        """Call a server-streaming method; it is ended with the iteration."""
        multi: Any = self._channel.unary_stream(
            f"/rekam.v1.{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString,
        )
        call: Any = multi(request, timeout=timeout_s)
        try:
            with self._failures():
                yield from call
        finally:
            call.cancel()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        import grpc

        try:
            yield
        except grpc.RpcError as error:
            raise failure_of(error, self.address, by_certificate=self._by_certificate) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._channel.close()


def desk_credentials(address: str) -> "grpc.ChannelCredentials | None":
    """What a gateway on another machine is shown; None of one on this machine, which asks for nothing.

    Raises
    ------
    CommandFailure
        The desk's folder is not named, cannot be read, or its certificate has ended.
    """
    import grpc

    folder = os.environ.get(DESK_VARIABLE)
    host = address.rpartition(":")[0].strip("[]")
    if address.startswith("unix:") or (not folder and host in _LOOPBACK):
        return None
    if not folder:
        raise bad_usage(
            LocalizedText(
                id=f"{address} ada di mesin lain dan meminta sertifikat: {DESK_VARIABLE}=FOLDER dari `rekam trust "
                "issue-desk`.",
                en=f"{address} is another machine, whose gateway asks for a certificate: {DESK_VARIABLE}=FOLDER of "
                "`rekam trust issue-desk`.",
            )
        )
    try:
        gateway, key, certificate = (
            Path(folder, name).read_bytes() for name in ("gateway.pem", "desk.key", "desk.pem")
        )
        _check_term(certificate, folder)
    except (OSError, ValueError) as error:
        raise bad_file(
            LocalizedText(
                id=f"Sertifikat di {folder} ({DESK_VARIABLE}) tidak terbaca: {error}. Minta folder dari `rekam trust "
                "issue-desk`.",
                en=f"The certificate in {folder} ({DESK_VARIABLE}) cannot be read: {error}. Ask for a folder of "
                "`rekam trust issue-desk`.",
            )
        ) from error
    return grpc.ssl_channel_credentials(gateway, key, certificate)


def _check_term(certificate_pem: bytes, folder: str) -> None:
    from cryptography import x509

    until = x509.load_pem_x509_certificate(certificate_pem).not_valid_after_utc
    if until <= datetime.now(UTC):
        raise CommandFailure(
            ExitStatus.REFUSED,
            "CERTIFICATE_REFUSED",
            LocalizedText(
                id=f"Sertifikat di {folder} berakhir {until:%Y-%m-%d}. Minta yang baru: `rekam trust issue-desk`.",
                en=f"The certificate in {folder} ended on {until:%Y-%m-%d}. Ask for another: `rekam trust issue-desk`.",
            ),
        )


def connect(gateway: str | None, state: Path | None) -> GatewayClient:
    """A client of the gateway that is meant.

    Parameters
    ----------
    gateway : str, optional
        Its address, as typed.
    state : Path, optional
        Its state folder; the usual one where neither is given.

    Raises
    ------
    CommandFailure
        Nobody answers there.
    """
    candidates = gateway_addresses(gateway, state)
    for address in candidates:
        if answers(address):
            return GatewayClient(address)
    where = " or ".join(candidates)
    raise CommandFailure(
        ExitStatus.UNREACHABLE,
        "GATEWAY_UNREACHABLE",
        LocalizedText(
            id=f"Tidak ada gateway yang menjawab di {where}. Jalankan dengan `rekam serve`, atau sebutkan tempatnya "
            "dengan --gateway atau --state.",
            en=f"No gateway answers at {where}. Start one with `rekam serve`, or name its place with --gateway or "
            "--state.",
        ),
    )


def gateway_addresses(gateway: str | None, state: Path | None) -> list[str]:
    """Where the gateway may answer, the likeliest first.

    Raises
    ------
    CommandFailure
        The address is none, or no gateway runs on the state folder that was named.
    """
    if gateway is not None:
        return [checked_address(gateway)]
    if state is None and os.environ.get(STATE_VARIABLE):
        state = Path(os.environ[STATE_VARIABLE])
    addresses = read_addresses(state or default_state_folder())
    if addresses is not None:
        return [address for address in (addresses.unix, addresses.grpc, addresses.group) if address]
    if state is not None:
        raise CommandFailure(
            ExitStatus.UNREACHABLE,
            "GATEWAY_UNREACHABLE",
            LocalizedText(
                id=f"Tidak ada gateway pada folder {state}. Jalankan dengan `rekam serve --state {state}`.",
                en=f"No gateway runs on the state folder {state}. Start one with `rekam serve --state {state}`.",
            ),
        )
    return [DEFAULT_GRPC]


def checked_address(address: str) -> str:
    """The address as gRPC takes it.

    Raises
    ------
    CommandFailure
        It is neither `HOST:PORT` nor `unix:PATH`.
    """
    if address.startswith("unix:") and len(address) > len("unix:"):
        return address
    host, separator, port = address.rpartition(":")
    if not (separator and host and port.isdecimal() and 0 < int(port) < 65536):
        raise bad_usage(
            LocalizedText(
                id=f"{address!r} bukan alamat gateway. Berikan HOST:PORT, misalnya {DEFAULT_GRPC}, atau unix:PATH.",
                en=f"{address!r} is no address of a gateway. Give HOST:PORT, e.g. {DEFAULT_GRPC}, or unix:PATH.",
            )
        )
    return address


def answers(address: str) -> bool:
    """Whether anybody accepts connections there."""
    try:
        if address.startswith("unix:"):
            path = address.removeprefix("unix:")
            path = path if not path.startswith("//") else path.removeprefix("//")
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                probe.settimeout(CONNECT_S)
                probe.connect(path)
        else:
            host, _, port = address.rpartition(":")
            with socket.create_connection((host.strip("[]"), int(port)), CONNECT_S):
                pass
    except (OSError, UnicodeError):
        return False
    return True
