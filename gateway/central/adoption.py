"""After a store was put back: packets whose files are there and that it has forgotten are held again."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import structlog

from gateway.central.answers import whole_milliseconds
from gateway.central.chain_forks import alarm
from gateway.central.ledger import Ledger
from gateway.central.parts import PacketFolders
from gateway.central.standings import Standings
from gateway.central.store import CentreStore, VerifiedPacket
from gateway.central.verdict import verdict_on
from gateway.centre import PacketNotice
from gateway.packet import SUFFIX, PacketError, read_packet_front

log = structlog.get_logger(__name__)
_AT_ONCE = 100


def adopt_forgotten(store: CentreStore, ledger: Ledger, standings: Standings, folders: PacketFolders) -> int:
    """Hold every packet whose file lies under its name and of which the store says nothing; how many there were.

    Offices may have erased them by the receipts of before. One that does not verify stays where it is, and is said.

    Raises
    ------
    StoreError, StateUnusable
    """
    adopted = 0
    for folder in sorted(folders.packets.iterdir()):
        names = sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            held = store.packets(folder.name, some)
            found = [_verified(standings, folder, name) for name in some if name not in held]
            packets = [each for each in found if each is not None]
            if packets:
                reception = store.receive(packets, whole_milliseconds(), ledger.mark)
                ledger.reached(reception.ordinal)
                alarm(reception.forks)
                adopted += len(packets)
    return adopted


def _verified(standings: Standings, folder: Path, name: str) -> VerifiedPacket | None:
    path = folder / f"{name}{SUFFIX}"
    known = standings.anchors(folder.name)
    if known is None:
        log.warning("packet_not_adopted", gateway=folder.name, packet=name, cause="the gateway is not registered")
        return None
    try:
        header, _ = read_packet_front(path)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        place = header.place
        notice = PacketNotice(name, sha256, path.stat().st_size, place.chain_id, place.sequence)
        verdict = verdict_on(path, notice, folder.name, known[1], datetime.now(UTC))
    except (OSError, PacketError) as error:
        log.warning("packet_not_adopted", gateway=folder.name, packet=name, cause=str(error))
        return None
    if verdict.standing is not None:
        log.warning("packet_not_adopted", gateway=folder.name, packet=name, cause=verdict.standing.reason)
    return verdict.packet
