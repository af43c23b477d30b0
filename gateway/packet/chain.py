"""Whether packets of one gateway follow each other without a gap."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gateway.packet.verification import PacketReport


@dataclass(frozen=True)
class PacketGap:
    """A fault between two neighbours of a chain.

    Parameters
    ----------
    after, before : int
        Positions, in the sequence that was given, of the packets on either side.
    detail : str
        What is wrong between them.
    """

    after: int
    before: int
    detail: str


def packet_gaps(reports: Sequence[PacketReport]) -> tuple[PacketGap, ...]:
    """What is missing, doubled or exchanged between packets; those whose seal does not hold are left out.

    The first and the last of a chain have no neighbour here: compare with what the gateway or the centre knows.

    Parameters
    ----------
    reports : sequence of PacketReport
        Of packets in any order, of any number of chains.
    """
    placed = [
        (report.header.place.chain_id, report.header.place.sequence, position)
        for position, report in enumerate(reports)
        if report.header is not None and report.digest is not None
    ]
    gaps = []
    for (chain_id, number, after), (next_chain, next_number, before) in pairwise(sorted(placed)):
        next_header = reports[before].header
        if next_chain != chain_id or next_header is None:
            continue
        missing = next_number - number - 1
        if missing > 0:
            gaps.append(PacketGap(after, before, f"{missing} missing between number {number} and number {next_number}"))
        elif missing < 0:
            same = reports[after].digest == reports[before].digest
            gaps.append(PacketGap(after, before, f"{'a copy of' if same else 'a second'} number {number}"))
        elif next_header.place.previous != reports[after].digest:
            gaps.append(PacketGap(after, before, f"number {next_number} does not name number {number} as it is here"))
    return tuple(gaps)
