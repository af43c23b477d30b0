"""Where packets stand at the centre, by what it holds and what is on its way; asked in threads."""

from collections import OrderedDict
from collections.abc import Sequence

from gateway.central.answers import AnswerSigner
from gateway.central.parts import PacketFolders
from gateway.central.store import CentreStore, StoredPacket
from gateway.centre import PacketNotice, PacketStanding, StandingState
from gateway.trust import TrustAnchors

_REMEMBERED = 10_000


class Standings:
    """Answers what the centre has of packets.

    Parameters
    ----------
    store : CentreStore
    signer : AnswerSigner
    folders : PacketFolders
    packet_bytes : int
        Most that a packet may have.
    """

    def __init__(self, store: CentreStore, signer: AnswerSigner, folders: PacketFolders, packet_bytes: int) -> None:
        self._store, self._signer, self._folders = store, signer, folders
        self._packet_bytes = packet_bytes
        self._anchors: dict[str, tuple[str, TrustAnchors]] = {}
        self._withheld: OrderedDict[tuple[str, str, str], tuple[str, PacketStanding]] = OrderedDict()
        self._begun_again: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def anchors(self, gateway_id: str) -> tuple[str, TrustAnchors] | None:
        """The bundle and the keys that a gateway is known by; None where it is not registered.

        Raises
        ------
        StoreError
        """
        gateway = self._store.gateway(gateway_id)
        if gateway is None:
            return None
        known = self._anchors.get(gateway_id)
        if known is None or known[0] != gateway.bundle_pem:
            known = gateway.bundle_pem, TrustAnchors.from_pem(gateway.bundle_pem)
            self._anchors[gateway_id] = known
        return known

    def of(self, gateway_id: str, notices: Sequence[PacketNotice]) -> list[PacketStanding]:
        """Where packets of a gateway stand, in their order; that there is room for them is not looked at.

        Raises
        ------
        StoreError, StateUnusable, KeyProblem
        """
        known = self.anchors(gateway_id)
        held = self._store.packets(gateway_id, [each.packet_id for each in notices])
        return [self._of(gateway_id, each, held.get(each.packet_id), known and known[0]) for each in notices]

    def withhold(self, gateway_id: str, notice: PacketNotice, bundle: str, standing: PacketStanding) -> None:
        """Remember that bytes are good, and wait for another trust bundle than that."""
        self._withheld[gateway_id, notice.packet_id, notice.sha256] = bundle, standing
        while len(self._withheld) > _REMEMBERED:
            self._withheld.popitem(last=False)

    def begin_again(self, gateway_id: str, notice: PacketNotice) -> bool:
        """Whether a packet may be asked for once more from its start: the first time it is asked."""
        key = gateway_id, notice.packet_id, notice.sha256
        if key in self._begun_again:
            return False
        self._begun_again[key] = None
        while len(self._begun_again) > _REMEMBERED:
            self._begun_again.popitem(last=False)
        return True

    def received(self, packet: StoredPacket) -> PacketStanding:
        """Of a packet that is held.

        Raises
        ------
        KeyProblem, StateUnusable
        """
        receipt = self._signer.receipt(packet)
        return PacketStanding(packet.packet_id, StandingState.RECEIVED, packet.size, receipt)

    def _of(
        self, gateway_id: str, notice: PacketNotice, held: StoredPacket | None, bundle: str | None
    ) -> PacketStanding:
        if held is not None and (held.sha256, held.size) != (notice.sha256, notice.size):
            return taken(notice)
        if held is not None and self._is_there(held):
            return self.received(held)
        if notice.size > self._packet_bytes:
            words = f"The packet has {notice.size:,} bytes; this centre takes {self._packet_bytes:,} at most."
            return PacketStanding(notice.packet_id, StandingState.REFUSED, 0, b"", "TOO_LARGE", words)
        if bundle is None:
            return unknown(gateway_id, notice)
        withheld = self._withheld.get((gateway_id, notice.packet_id, notice.sha256))
        if withheld is not None and withheld[0] == bundle:
            return withheld[1]
        size = self._folders.part_size(gateway_id, notice)
        return PacketStanding(notice.packet_id, StandingState.PARTIAL, size if size <= notice.size else 0)

    def _is_there(self, packet: StoredPacket) -> bool:
        """Whether the file is: where a disk was put back without it, it is asked for again."""
        try:
            return self._folders.packet_path(packet.gateway_id, packet.packet_id).stat().st_size == packet.size
        except OSError:
            return False


def taken(notice: PacketNotice) -> PacketStanding:
    """Another packet of that id is held."""
    words = "The centre holds another packet under this id, which stays; it may have been made twice."
    return PacketStanding(notice.packet_id, StandingState.REFUSED, 0, b"", "PACKET_ID_TAKEN", words)


def unknown(gateway_id: str, notice: PacketNotice) -> PacketStanding:
    """The gateway is not registered, not yet or not any more."""
    words = (
        f"The centre does not know gateway {gateway_id}. Register it there: "
        f"`rekam central gateway add {gateway_id} --bundle PEM`; the packet waits until then."
    )
    return PacketStanding(notice.packet_id, StandingState.NOT_NOW, 0, b"", "GATEWAY_UNKNOWN", words)


def no_room(notice: PacketNotice, received: int) -> PacketStanding:
    """The disk of packets is full, or nearly."""
    words = "The centre's disk is nearly full; its people have to make room. The packet waits until then."
    return PacketStanding(notice.packet_id, StandingState.NOT_NOW, received, b"", "STORE_FULL", words)
