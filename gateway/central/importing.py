"""A packet that came as a file, by a stick or another way than the line: held as any other, whatever comes twice."""

import hashlib
import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from gateway.central.answers import whole_milliseconds
from gateway.central.open_centre import OpenCentre
from gateway.central.parts import PacketFolders, fault
from gateway.central.standings import taken, unknown
from gateway.central.verdict import verdict_on
from gateway.centre import PacketNotice, PacketStanding, StandingState
from gateway.durable_file import flush_folder
from gateway.packet import read_packet_front

_PIECE = 1 << 20


def hold_file(centre: OpenCentre, path: Path) -> tuple[str, PacketStanding]:
    """Hold the packet of a file; the gateway that it says it is of, and where it stands now.

    The file stays where it is. The centre may be served meanwhile.

    Parameters
    ----------
    centre : OpenCentre
    path : Path

    Raises
    ------
    PacketFormError, SealBroken
        It is no packet, or one of nobody.
    StoreError, StateUnusable, KeyProblem
    OSError
        The file cannot be read.
    """
    header, _ = read_packet_front(path)
    gateway_id, packet_id = header.gateway_id, header.packet_id
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    notice = PacketNotice(packet_id, sha256, path.stat().st_size, header.place.chain_id, header.place.sequence)
    standings = centre.standings()
    standing = standings.of(gateway_id, [notice])[0]
    if standing.state is not StandingState.PARTIAL:
        return gateway_id, standing
    known = standings.anchors(gateway_id)
    if known is None:
        return gateway_id, unknown(gateway_id, notice)
    verdict = verdict_on(path, notice, gateway_id, known[1], datetime.now(UTC))
    if verdict.packet is None:
        assert verdict.standing is not None
        return gateway_id, verdict.standing
    if not _copied(path, centre.folders, gateway_id, notice):
        return gateway_id, _name_in_use(notice)
    stored = centre.store.receive([verdict.packet], whole_milliseconds(), centre.ledger.mark)
    centre.ledger.reached(stored.ordinal)
    packet = stored.packets[0]
    if packet is None:
        return gateway_id, unknown(gateway_id, notice)
    if packet.sha256 != notice.sha256:
        return gateway_id, taken(notice)
    return gateway_id, standings.received(packet)


def _copied(path: Path, folders: PacketFolders, gateway_id: str, notice: PacketNotice) -> bool:
    """Put the file under its name, on the disk when this returns; False where another file has it.

    A hidden name of its own, and link(2), keep it apart from an upload of the same packet at the same time.
    """
    target = folders.packet_path(gateway_id, notice.packet_id)
    hidden = folders.parts / gateway_id / f".{notice.packet_id}.{notice.sha256}.{os.getpid()}.imported.part"
    try:
        for folder in (target.parent, hidden.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flush_folder(target.parent.parent)
        try:
            with path.open("rb") as source, hidden.open("wb") as file:
                shutil.copyfileobj(source, file, _PIECE)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(hidden, target)
            flush_folder(target.parent)
        finally:
            hidden.unlink(missing_ok=True)
        return _sha256(target) == notice.sha256
    except OSError as error:
        raise fault(target.parent, error) from error


def _name_in_use(notice: PacketNotice) -> PacketStanding:
    words = "Another file lies under this packet's name, of which nothing is known; look at it, then import again."
    return PacketStanding(notice.packet_id, StandingState.NOT_NOW, 0, b"", "NAME_IN_USE", words)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
