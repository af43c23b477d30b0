"""Ways in to the native door beside this user's own: a group of this machine's users, and desks on other machines."""

import grp
import os
import socket
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import grpc
import structlog

from gateway.desks import DeskAuthority, DeskTrustError, ServerCertificate
from gateway.service.native_door import NativeDoor

log = structlog.get_logger(__name__)

FOLDER_MODE, SOCKET_MODE = 0o750, 0o660
PROBE_S = 2.0


def open_for_group(door: NativeDoor, path: Path, group: str, roles: frozenset[str]) -> str:
    """Bind a socket that the users of a group can open, and its owner and root; the address.

    Who connects is checked by the kernel, by the modes of the socket and its folder (unix(7)): grpc.aio keeps the
    socket to itself, so that SO_PEERCRED cannot be asked. The folder is closed to others before the socket is in it.

    Raises
    ------
    OSError
        The group is none, the folder is open to others, or the socket cannot be bound.
    """
    try:
        gid = grp.getgrnam(group).gr_gid
    except KeyError:
        raise OSError(f"[grpc] group: this machine has no group {group!r}. Make it: sudo groupadd {group}") from None
    _folder_for_group(path.parent, group, gid)
    _remove_left_over(path)
    door.listen_for_group(str(path), group, roles)
    try:
        os.chown(path, -1, gid)
    except PermissionError as error:
        raise _not_of_group(group) from error
    path.chmod(SOCKET_MODE)
    return f"unix:{path}"


def open_for_desks(door: NativeDoor, state: Path, address: str, names: Sequence[str]) -> int:
    """Bind an address for desks that show a certificate of the gateway's own authority; the port in use.

    Raises
    ------
    DeskTrustError
        There is no authority, or no certificate to show.
    OSError
        The address is in use, or not ours.
    """
    authority = DeskAuthority.open(state)
    return door.listen_for_desks(address, _credentials(authority, names), authority.roll)


def _credentials(authority: DeskAuthority, names: Sequence[str]) -> grpc.ServerCredentials:
    """TLS that asks for a certificate, and renews the gateway's own while it serves."""

    def shown(certificate: ServerCertificate) -> grpc.ServerCertificateConfiguration:
        pair = (certificate.key_pem, certificate.certificate_pem)
        return grpc.ssl_server_certificate_configuration([pair], authority.certificate_pem)

    held = [authority.server(names)]

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        """Asked at each handshake."""
        try:
            certificate = authority.server(names)
        except DeskTrustError as error:
            log.error("desk_certificate_not_renewed", error=str(error))
            return None
        if certificate == held[0]:
            return None
        held[0] = certificate
        return shown(certificate)

    # The stubs know nothing of None, which grpc takes for "as before".
    return grpc.dynamic_ssl_server_credentials(shown(held[0]), cast(Any, renewed), require_client_authentication=True)


def _folder_for_group(folder: Path, group: str, gid: int) -> None:
    """Make the folder of a group's socket, or see that the one that is there is closed to others."""
    made = not folder.exists()
    if made:
        folder.mkdir(mode=0o700)
    found = folder.stat()
    if found.st_uid not in (os.geteuid(), 0) or found.st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise OSError(
            f"[grpc] socket: {folder} must be closed to others, as what lies in it is for the group {group} alone: "
            f"sudo install -d -o {os.geteuid()} -g {group} -m 0750 {folder}"
        )
    if found.st_gid == gid and not made:
        return  # as an administrator, or systemd's RuntimeDirectory=, has made it
    try:
        os.chown(folder, -1, gid)
        folder.chmod(FOLDER_MODE)
    except PermissionError as error:
        if made:
            folder.rmdir()
        raise _not_of_group(group) from error


def _remove_left_over(path: Path) -> None:
    """The socket of a gateway that was killed."""
    if not path.exists():
        return
    if not path.is_socket():
        raise OSError(f"[grpc] socket: {path} is there and is no socket. Remove it, or name another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_S)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
        else:
            raise OSError(f"[grpc] socket: another program listens at {path}. End it, or name another path")


def _not_of_group(group: str) -> OSError:
    user = os.geteuid()
    return OSError(
        f"[grpc] group: the gateway's user ({user}) is not of the group {group}, so it cannot open the socket to it: "
        f"sudo usermod -aG {group} $(id -nu {user}), then start the gateway again"
    )
