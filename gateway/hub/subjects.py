"""Names of subjects and streams at the hub.

A name of ours may have dots, which separate a subject's tokens; in a subject they stand as `=`, which no name has.
"""

from dataclasses import dataclass

IN_STREAM = "REKAM_IN"
"""Notices and segments on their way to the centre; each goes once the centre has it durably."""
OUT_STREAM = "REKAM_OUT"
"""Answers, and the centre's word on itself; of each subject the newest."""
ALIVE_STREAM = "REKAM_ALIVE"
"""The centre's word, for as long as it counts as said just now: by the hub's timer, so no clock has to agree."""
MARK_STREAM = "REKAM_MARK"
"""Up to where the hub took each packet, written by the office that sent it."""
IN_CONSUMER = "central"

NOTICE_ALL = "rekam.in.*.notice"
SEGMENT_ALL = "rekam.in.*.segment.*"
OUT_ALL = "rekam.out.>"
MARK_ALL = "rekam.mark.*.*"
ASK_ALL = "rekam.ask.*.answers"
WORD_SUBJECT = "rekam.centre.word"
ALIVE_SUBJECT = "rekam.centre.alive"


def token(name: str) -> str:
    """A name as one token of a subject."""
    return name.replace(".", "=")


def name_of(subject_token: str) -> str:
    """The name that `token` made a token of."""
    return subject_token.replace("=", ".")


@dataclass(frozen=True)
class OfficeSubjects:
    """The subjects of one office."""

    gateway_id: str

    @property
    def notice(self) -> str:
        """Where it tells of packets."""
        return f"rekam.in.{token(self.gateway_id)}.notice"

    def segment(self, packet_id: str) -> str:
        """Where it sends bytes of a packet."""
        return f"rekam.in.{token(self.gateway_id)}.segment.{token(packet_id)}"

    def mark(self, packet_id: str) -> str:
        """Where it notes up to where the hub took a packet."""
        return f"rekam.mark.{token(self.gateway_id)}.{token(packet_id)}"

    def answer(self, ledger_id: str, sequence: int) -> str:
        """Where one answer lies."""
        return f"rekam.out.{token(self.gateway_id)}.answer.{ledger_id}.{sequence}"

    @property
    def last(self) -> str:
        """Where the number of its last answer lies."""
        return f"rekam.out.{token(self.gateway_id)}.last"

    @property
    def ask(self) -> str:
        """Where it asks the centre for answers that the hub has not."""
        return f"rekam.ask.{token(self.gateway_id)}.answers"

    @property
    def inbox(self) -> str:
        """Under which alone it hears replies."""
        return f"rekam.inbox.{token(self.gateway_id)}"
