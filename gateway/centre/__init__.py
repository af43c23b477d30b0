"""What an office and its centre say to each other; the face of the room."""

from gateway.centre.answer import (
    Announcement,
    AnnouncementKind,
    Answer,
    Receipt,
    StatusAnswer,
    read_answer,
    sign_answer,
)
from gateway.centre.errors import AnswerInvalid
from gateway.centre.packet_notice import PacketNotice, PacketStanding, StandingState
from gateway.centre.status import CENTRE_STATUSES, STATUS_NAMES, EnrolmentStatus
from gateway.centre.way_out import (
    AnswerCursor,
    CentreBusy,
    CentreCondition,
    CentreState,
    CentreUnreachable,
    UnreachableCause,
    WayOut,
    WayOutError,
)

__all__ = [
    "CENTRE_STATUSES",
    "STATUS_NAMES",
    "Announcement",
    "AnnouncementKind",
    "Answer",
    "AnswerCursor",
    "AnswerInvalid",
    "CentreBusy",
    "CentreCondition",
    "CentreState",
    "CentreUnreachable",
    "EnrolmentStatus",
    "PacketNotice",
    "PacketStanding",
    "Receipt",
    "StandingState",
    "StatusAnswer",
    "UnreachableCause",
    "WayOut",
    "WayOutError",
    "read_answer",
    "sign_answer",
]
