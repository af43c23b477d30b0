"""What a soak came to: what is where, how often which fault came, and the verdict."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from gateway.centre import AnswerInvalid, EnrolmentStatus, Receipt, read_answer
from gateway.forwarding import PacketQueue, PacketState
from gateway.forwarding.incident import IncidentKind
from gateway.ledger import StatusLedger
from gateway.packet import verify_packet
from gateway.trust import TrustAnchors
from tests.benchmarks.figure import markdown
from tests.gateway.central.centres import opened

EXPECTED = {IncidentKind.ANSWER_INVALID, IncidentKind.RECEIPT_WRONG, IncidentKind.CENTRE_RESTORED}
"""What such weather may make an office tell; anything else is a fault of ours."""
_HAVE_RECEIPT = (PacketState.RECEIVED, PacketState.ERASED)


@dataclass
class Tally:
    """The count."""

    packets: int = 0
    sent: int = 0
    """At the centre, whole, with one receipt that the office holds too."""
    held: int = 0
    """Not at the centre, and still at the office."""
    lost: int = 0
    """At neither."""
    doubled: int = 0
    """With more than one receipt of one ledger, or under two names."""
    erased: int = 0
    """At the office, by a receipt."""
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    """How often each came."""
    told: Counter[str] = field(default_factory=Counter)
    """Incidents that the offices tell of."""
    wrong: list[str] = field(default_factory=list)
    """What else is not as it should be."""
    wanted: frozenset[str] = frozenset()
    """Faults that have to have come."""
    not_made: dict[str, str] = field(default_factory=dict)
    """Faults that this machine does not let us make, and why."""

    @property
    def missing(self) -> list[str]:
        """Faults that never came, though they should have."""
        return sorted(each for each in self.wanted if not self.faults[each] and each not in self.not_made)

    @property
    def ok(self) -> bool:
        """Whether all is at the centre, once, and every fault came."""
        return self.sent == self.packets and not (self.lost or self.doubled or self.wrong or self.missing)

    def table(self) -> str:
        """For whoever ran it."""
        faults = [(name, f"{count:,}") for name, count in sorted(self.faults.items())]
        faults += [(name, f"not made: {why}") for name, why in self.not_made.items()]
        counts = ("packets", "sent", "held", "lost", "doubled", "erased")
        rows = [(name, f"{getattr(self, name):,}") for name in counts]
        found = markdown([("Fault", "Times"), *faults])
        found += "\n\n" + markdown([("Told by the offices", "Times"), *((k, str(v)) for k, v in self.told.items())])
        found += "\n\n" + markdown([("Packets", ""), *rows])
        found += "".join(f"\nWRONG: {each}" for each in self.wrong[:50])
        found += "".join(f"\nnever came: {each}" for each in self.missing)
        return f"{found}\n\n{'OK' if self.ok else 'FAILED'} in {self.seconds:.0f} s"


def look_at(centre: Path, offices: dict[str, Path], made: dict[str, dict[str, str]], tally: Tally) -> None:
    """Count, once everything has ended.

    Parameters
    ----------
    centre : Path
        The centre's folder.
    offices : dict of str to Path
        Folder of each, by its gateway's id.
    made : dict of str to dict
        SHA-256 of each packet of each gateway.
    tally : Tally
    """
    anchors = TrustAnchors.from_pem((centre / "centre.pem").read_text())
    for gateway_id, digests in made.items():
        at_centre = _at_centre(centre, gateway_id, digests, tally)
        at_office = _at_office(offices[gateway_id], gateway_id, digests, anchors, tally)
        for packet_id in digests:
            if packet_id in at_centre:
                tally.sent += packet_id in at_office
            elif (offices[gateway_id] / "packets" / f"{packet_id}.rekam").exists():
                tally.held += 1
            elif not (offices[gateway_id] / "made" / f"{packet_id}.rekam").exists():
                tally.lost += 1
                tally.wrong.append(f"{packet_id} is nowhere")


def _at_centre(centre: Path, gateway_id: str, digests: dict[str, str], tally: Tally) -> set[str]:
    """Those that are held, whole."""
    found = set()
    with opened(centre) as store:
        stored = {}
        names = list(digests)
        for begin in range(0, len(names), 500):
            stored |= store.store.packets(gateway_id, names[begin : begin + 500])
        answers = store.store.answers(gateway_id, 0, 10_000_000)
    receipts = Counter(each.packet_id for each in answers if each.status is None)
    if [each.sequence for each in answers] != list(range(1, len(answers) + 1)):
        tally.wrong.append(f"the answers of {gateway_id} have gaps")
    for name, digest in digests.items():
        path = centre / "packets" / gateway_id / f"{name}.rekam"
        if name not in stored or not path.exists():
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest or not verify_packet(path).ok:
            tally.wrong.append(f"{name} is not what was sealed")
            continue
        found.add(name)
        tally.doubled += receipts[name] > 1
        if not receipts[name]:
            tally.wrong.append(f"{name} is held without a receipt")
    others = {path.stem for path in (centre / "packets" / gateway_id).iterdir()} - digests.keys()
    tally.doubled += len(others)
    return found


def _at_office(folder: Path, gateway_id: str, digests: dict[str, str], anchors: TrustAnchors, tally: Tally) -> set[str]:
    """Those of which the office holds a receipt that verifies."""
    found = set()
    with PacketQueue.open(folder / "state") as queue, StatusLedger.open(folder / "state") as ledger:
        for packet in queue.packets():
            receipts: list[Receipt] = []
            for jws in queue.answers.receipts(packet.packet_id):
                try:
                    receipt = read_answer(jws, anchors)
                except AnswerInvalid as error:
                    tally.wrong.append(f"{packet.packet_id}: a receipt that was kept does not verify: {error}")
                    continue
                assert isinstance(receipt, Receipt)
                receipts.append(receipt)
                wanted = (gateway_id, packet.packet_id, digests[packet.packet_id])
                if (receipt.gateway_id, receipt.packet_id, receipt.sha256) != wanted:
                    tally.wrong.append(f"{packet.packet_id}: a receipt of another was kept")
            if receipts and packet.state in _HAVE_RECEIPT:
                found.add(packet.packet_id)
            else:
                tally.wrong.append(f"{packet.packet_id} is {packet.state} with {len(receipts)} receipts")
            tally.doubled += len({each.sequence for each in receipts}) > len({each.ledger_id for each in receipts})
            tally.erased += packet.state is PacketState.ERASED
        statuses = {status: count for status, count in ledger.counts().items() if count}
        if statuses != {EnrolmentStatus.RECEIVED_AT_CENTRAL: len(digests)}:
            tally.wrong.append(f"the statuses of {gateway_id} are {statuses}")
        for incident in queue.notes.incidents():
            tally.told[incident.kind.value] += 1
            if incident.kind not in EXPECTED:
                tally.wrong.append(f"{gateway_id} tells: {incident.words.en}")
    return found
