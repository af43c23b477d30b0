"""What an IngestService is told and says, in and out of messages; what no centre says is refused."""

from collections.abc import Mapping
from typing import Any, TypeVar

import grpc
from google.rpc import error_details_pb2, status_pb2
from rekam.v1 import ingest_pb2 as pb

from gateway.centre import (
    CentreCondition,
    CentreUnreachable,
    PacketNotice,
    PacketStanding,
    StandingState,
    UnreachableCause,
)

_STATES = {
    pb.PACKET_STANDING_STATE_PARTIAL: StandingState.PARTIAL,
    pb.PACKET_STANDING_STATE_RECEIVED: StandingState.RECEIVED,
    pb.PACKET_STANDING_STATE_REFUSED: StandingState.REFUSED,
    pb.PACKET_STANDING_STATE_NOT_NOW: StandingState.NOT_NOW,
}
_CONDITIONS = {
    pb.CENTRE_CONDITION_ACCEPTING: CentreCondition.ACCEPTING,
    pb.CENTRE_CONDITION_BUSY: CentreCondition.BUSY,
    pb.CENTRE_CONDITION_CLOSED: CentreCondition.CLOSED,
}
_LARGEST_NUMBER = (1 << 53) - 1
"""Of an answer, as over a hub: a uint64 carries numbers that no centre gives and no outbox can keep."""
_T = TypeVar("_T")


def notice_message(notice: PacketNotice) -> pb.PacketNotice:
    """A packet as it is offered."""
    return pb.PacketNotice(
        packet_id=notice.packet_id,
        sha256=notice.sha256,
        size=notice.size,
        chain_id=notice.chain_id,
        sequence=notice.sequence,
    )


def standing_of(message: pb.PacketStanding) -> PacketStanding:
    """How a packet stands at the centre.

    Raises
    ------
    CentreUnreachable
        GARBAGE: in a state that is not known.
    """
    return PacketStanding(
        *(message.packet_id, _known(_STATES, message.state), message.received),
        *(message.receipt, message.reason, message.words),
    )


def condition_of(message: pb.GetCentreResponse) -> CentreCondition:
    """How the centre says that it does.

    Raises
    ------
    CentreUnreachable
        GARBAGE: in words that are not known.
    """
    return _known(_CONDITIONS, message.condition)


def answer_number(sequence: int) -> int:
    """An answer's place in the centre's ledger.

    Raises
    ------
    CentreUnreachable
        GARBAGE: beyond 2^53 - 1.
    """
    if sequence > _LARGEST_NUMBER:
        raise no_centre(f"it gives an answer the number {sequence}")
    return sequence


def status_details(error: grpc.aio.AioRpcError) -> tuple[str, float | None]:
    """The reason of ours and the seconds to wait in a status, where there are."""
    reason, retry_after_s = "", None
    for name, value in error.trailing_metadata() or ():
        if name != "grpc-status-details-bin":
            continue
        try:
            status = status_pb2.Status.FromString(value)
        except ValueError:
            continue
        for detail in status.details:
            info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
            if detail.Unpack(info) and info.domain == "rekam":
                reason = info.reason
            elif detail.Unpack(retry):
                retry_after_s = retry.retry_delay.ToMilliseconds() / 1000
    return reason, retry_after_s


def no_centre(words: str) -> CentreUnreachable:
    """What answers is something else, or none of this version."""
    return CentreUnreachable(UnreachableCause.GARBAGE, f"What answers is no centre: {words}.")


def _known(names: Mapping[Any, _T], value: int) -> _T:
    found = names.get(value)
    if found is None:
        raise no_centre(f"it says {value}, which no centre of this version does")
    return found
