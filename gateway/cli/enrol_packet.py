"""The sealed packet as a file: fetched from the gateway, whole under its name or not there at all."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.connection import GatewayClient
from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage
from gateway.cli.verify_packet import SUFFIX
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import enrolment_pb2

DOWNLOAD_S = 600.0


def check_place(out: Path) -> None:
    """Refuse a place where the packet could not go, before anybody is asked for a finger.

    Raises
    ------
    CommandFailure
        A file stands there, or the folder cannot be made.
    """
    if out.is_file() or out.is_symlink():
        raise bad_usage(
            LocalizedText(
                id=f"{out} sudah ada dan tidak ditimpa. Sebutkan berkas lain, atau folder, dengan --out.",
                en=f"{out} is there already, and is left alone. Name another file, or a folder, with --out.",
            )
        )
    folder = out if out.is_dir() else out.absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise bad_usage(
            LocalizedText(
                id=f"{folder} tidak dapat dibuat ({error.strerror}). Sebutkan tempat lain dengan --out.",
                en=f"{folder} cannot be made: {error.strerror}. Name another place with --out.",
            )
        ) from error


def fetch_packet(client: GatewayClient, packet: "enrolment_pb2.SealedPacket", out: Path, enrolment_id: str) -> Path:
    """Write the packet to `out`, or into it where it is a folder; gives the file.

    Raises
    ------
    CommandFailure
        It cannot be had or written; it is whole in the gateway, and can be fetched again.
    """
    from gateway.packet import PacketError
    from gateway.packet.durable_file import durable_file

    path = out / f"{packet.packet_id}{SUFFIX}" if out.is_dir() else out
    try:
        with durable_file(path, packet.size) as file:
            digest = hashlib.sha256()
            for piece in _pieces(client, packet.packet_id):
                digest.update(piece)
                file.write(piece)
            if digest.hexdigest() != packet.sha256:
                raise CommandFailure(
                    ExitStatus.OUTCOME,
                    "PACKET_CHANGED",
                    _and_again(
                        enrolment_id,
                        LocalizedText(
                            id="Yang diterima bukan paket yang disegel.",
                            en="What came is not the packet that was sealed.",
                        ),
                    ),
                )
    except (PacketError, OSError) as error:
        why = LocalizedText(id=f"{path} tidak dapat ditulis ({error}).", en=f"{path}: {error}")
        raise CommandFailure(ExitStatus.USAGE, "OUT_UNWRITABLE", _and_again(enrolment_id, why)) from error
    return path


def _pieces(client: GatewayClient, packet_id: str) -> Iterator[bytes]:
    from rekam.v1 import enrolment_pb2

    request = enrolment_pb2.DownloadPacketRequest(packet_id=packet_id)
    answers = client.stream(
        "EnrolmentService/DownloadPacket", request, enrolment_pb2.DownloadPacketResponse, DOWNLOAD_S
    )
    for answer in answers:
        yield answer.data


def _and_again(enrolment_id: str, why: LocalizedText) -> LocalizedText:
    command = f"`rekam enrol --resume {enrolment_id} --out PLACE`"
    return LocalizedText(
        id=f"{why.id} Paketnya tersegel dan utuh dalam gateway; ambil dengan {command}.",
        en=f"{why.en} The packet is sealed and whole in the gateway; get it with {command}.",
    )
