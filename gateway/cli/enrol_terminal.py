"""An enrolment at a desk: an operator at a terminal, asked before each part and about what is missing."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.documents import localized
from gateway.cli.enrol_flow import (
    PORTRAIT,
    SIGNATURE,
    Abandon,
    Approve,
    Capture,
    Deed,
    Image,
    Missing,
    Pause,
    Retake,
)
from gateway.cli.enrol_session import EnrolmentSession
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.image_file import read_file
from gateway.cli.output import Output, in_words
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import capture_pb2, enrolment_pb2

REASONS = ("amputated", "bandaged", "refused", "device_broken", "other", "cannot_open")
"""`MissingReason` in lower case."""
_BODY = ("amputated", "bandaged")
_BACK = None
Asked = Callable[[str], str]
"""Shows a question and gives the answer."""


class OperatorAttendant:
    """Asks the operator on the terminal.

    Parameters
    ----------
    output : Output
    images : mapping
        The portrait and the signature that were given beforehand, by part.
    missing : mapping
        Reason by part, as given beforehand.
    ask : callable
        Shows a question and gives the answer; EOFError where nobody answers any more.
    """

    def __init__(
        self, output: Output, images: Mapping[str, Image], missing: Mapping[str, str], ask: Asked | None = None
    ) -> None:
        self._output = output
        self._images = dict(images)
        self._missing = dict(missing)
        self._ask = ask or typed
        self._before = ""

    def bring(
        self, session: EnrolmentSession, part: "enrolment_pb2.EnrolmentPart", ended: "capture_pb2.Capture | None"
    ) -> Deed:
        """See `Attendant`."""
        if part.key in self._missing:
            return Missing(self._missing.pop(part.key))
        if part.key in self._images:
            return self._images.pop(part.key)
        try:
            with session.clock.waiting():
                return self._asked_for(session, part)
        except (EOFError, KeyboardInterrupt):
            return Pause("interrupted")

    def decide(self, session: EnrolmentSession, lack: "enrolment_pb2.Lack") -> Deed:
        """See `Attendant`."""
        self._output.note(f"{in_words(localized(lack.cause))} {in_words(localized(lack.remedy))}")
        try:
            with session.clock.waiting():
                while True:
                    answer = self._ask(in_words(_DECISION)).strip()
                    if answer in ("p", "q"):
                        return self._put_away(answer) or Pause("waits for a supervisor")
                    if answer == "r" and lack.code not in ("DUPLICATE_NOT_APPROVED", "DUPLICATES_NOT_CHECKED"):
                        return Retake(lack.part)
                    if len(answer) > 1:
                        return Approve(answer)
        except (EOFError, KeyboardInterrupt):
            return Pause("waits for a supervisor")

    def refused(self, session: EnrolmentSession, failure: CommandFailure) -> bool:
        """See `Attendant`: the operator reads why and decides anew, as long as there is a gateway."""
        if failure.status is ExitStatus.UNREACHABLE:
            return False
        self._output.note(f"rekam: {in_words(failure.words)}")
        return True

    def _asked_for(self, session: EnrolmentSession, part: "enrolment_pb2.EnrolmentPart") -> Deed:
        due = [each for each in session.enrolment.lacks if each.code in ("MISSING", "BELOW_THRESHOLD")]
        name = in_words(localized(part.name))
        image = part.key in (PORTRAIT, SIGNATURE)
        takes = _FILE if image else _ENTER if part.modality else _SLAP
        while True:
            self._output.note("")
            self._output.note(f"{name}  ({in_words(_left(len(due)))})")
            answer = self._ask(f"  {in_words(takes)} · {in_words(_OTHERS)} > ").strip()
            deed = self._meant(answer, part, image=image)
            if deed is not None:
                return deed

    def _meant(self, answer: str, part: "enrolment_pb2.EnrolmentPart", *, image: bool) -> Deed | None:
        if answer == "m":
            return self._why_missing(part)
        if answer in ("p", "q"):
            return self._put_away(answer)
        if answer == "r" and self._before:
            return Retake(self._before)
        if image and answer not in ("", "r"):
            try:
                return Image(read_file(Path(answer).expanduser()))
            except CommandFailure as failure:
                self._output.note(f"rekam: {in_words(failure.words)}")
                return None
        if not image and not answer and part.modality:
            self._before = part.key
            return Capture()
        return None

    def _why_missing(self, part: "enrolment_pb2.EnrolmentPart") -> Deed | None:
        reasons = [reason for reason in REASONS if reason not in _BODY or part.modality]
        reasons = [reason for reason in reasons if reason != "cannot_open" or part.eye]
        for number, reason in enumerate(reasons, 1):
            self._output.note(f"    {number}  {in_words(_REASON_WORDS[reason])}")
        answer = self._ask(f"  {in_words(_WHY)} ").strip()
        if not answer.isdecimal() or not 1 <= int(answer) <= len(reasons):
            return _BACK
        approver = self._ask(f"  {in_words(_WHO)} ").strip()
        return Missing(reasons[int(answer) - 1], approver)

    def _put_away(self, answer: str) -> Deed | None:
        if answer == "p":
            return Pause("put aside by the operator")
        why = self._ask(f"  {in_words(_GIVE_UP)} ").strip()
        return Abandon(why) if why else _BACK


def at_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def typed(question: str) -> str:
    """Ask on the terminal; EOFError where nobody answers any more."""
    print(question, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _left(count: int) -> LocalizedText:
    return LocalizedText(id=f"masih {count} bagian", en=f"{count} to go")


_ENTER = LocalizedText(id="Enter: rekam", en="Enter: capture")
_FILE = LocalizedText(id="nama berkas JPEG atau PNG", en="name of a JPEG or PNG file")
_SLAP = LocalizedText(id="belum ada alat untuk empat jari sekaligus", en="no device gives four fingers at once yet")
_OTHERS = LocalizedText(
    id="m: tidak ada · r: ulangi yang sebelumnya · p: tunda · q: hentikan",
    en="m: missing · r: retake the one before · p: put aside · q: give up",
)
_DECISION = LocalizedText(
    id="  Nama penyelia yang menyetujui · r: rekam lagi · p: tunda · q: hentikan > ",
    en="  Name of the supervisor who approves · r: retake · p: put aside · q: give up > ",
)
_WHY = LocalizedText(id="Mengapa? Nomor, atau Enter untuk kembali:", en="Why? A number, or Enter to go back:")
_WHO = LocalizedText(
    id="Nama penyelia yang menyetujui sekarang (kosong: nanti):",
    en="Name of the supervisor who approves it now (empty: later):",
)
_GIVE_UP = LocalizedText(
    id="Data akan dihapus. Alasan, tanpa nama orangnya (kosong: kembali):",
    en="The data will be erased. Why, without the person's name (empty: go back):",
)
_REASON_WORDS = {
    "amputated": LocalizedText(id="tidak ada (amputasi)", en="amputated"),
    "bandaged": LocalizedText(id="dibalut", en="bandaged"),
    "refused": LocalizedText(id="menolak", en="refused"),
    "device_broken": LocalizedText(id="alat rusak", en="the device is broken"),
    "other": LocalizedText(id="alasan lain", en="another reason"),
    "cannot_open": LocalizedText(id="mata tidak dapat dibuka", en="the eye cannot be opened"),
}
