"""An enrolment at a desk: an operator at a terminal, asked before each part and about what is missing."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
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
from gateway.cli.enrol_photo import camera_photo
from gateway.cli.enrol_session import EnrolmentSession
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.image_file import read_file
from gateway.cli.options import finger_position
from gateway.cli.output import Output, in_words
from gateway.cli.words import REASON_WORDS, SLAP_CODES, of_slap
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import capture_pb2, enrolment_pb2

REASONS = ("amputated", "bandaged", "refused", "device_broken", "other", "cannot_open")
"""`MissingReason` in lower case."""
_BODY = ("amputated", "bandaged")
_SHOWN = (*_BODY, "cannot_open")
"""Reasons that a photo can show."""
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
        What is said of it beforehand, by part.
    ask : callable
        Shows a question and gives the answer; EOFError where nobody answers any more.
    """

    def __init__(
        self, output: Output, images: Mapping[str, Image], missing: Mapping[str, Missing], ask: Asked | None = None
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
            return self._missing.pop(part.key)
        gone = session.missing_of(part.key)
        for finger in session.profile_part(part.key).units:
            if finger in self._missing and finger not in gone:
                return replace(self._missing.pop(finger), finger=finger)
        if part.key in self._images:
            return self._images.pop(part.key)
        try:
            with session.clock.waiting():
                return self._asked_for(session, part)
        except (EOFError, KeyboardInterrupt):
            return Pause("interrupted")

    def takes_slaps(self, session: EnrolmentSession) -> bool:
        """See `Attendant`."""
        return session.has_slap_scanner()

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
        camera = part.key == PORTRAIT and session.has_portrait_camera()
        takes = _CAMERA if camera else _FILE if image else _ENTER
        while True:
            self._output.note("")
            self._output.note(f"{name}  ({in_words(_left(len(due)))})")
            answer = self._ask(f"  {in_words(takes)} · {in_words(_OTHERS)} > ").strip()
            deed = self._meant(session, answer, part, image=image, camera=camera)
            if deed is not None:
                return deed

    def _meant(
        self,
        session: EnrolmentSession,
        answer: str,
        part: "enrolment_pb2.EnrolmentPart",
        *,
        image: bool,
        camera: bool,
    ) -> Deed | None:
        """What an answer says; `image` where a file is taken, `camera` where the portrait camera takes it."""
        if answer == "m":
            return self._what_is_missing(session, part)
        if answer in ("p", "q"):
            return self._put_away(answer)
        if answer == "r" and self._before:
            return Retake(self._before)
        if image and answer not in ("", "r"):
            content = self._file(answer)
            return None if content is None else Image(content)
        if (camera or not image) and not answer:
            self._before = part.key
            return Capture()
        return None

    def _file(self, name: str) -> bytes | None:
        try:
            return read_file(Path(name).expanduser())
        except CommandFailure as failure:
            self._output.note(f"rekam: {in_words(failure.words)}")
            return None

    def _what_is_missing(self, session: EnrolmentSession, part: "enrolment_pb2.EnrolmentPart") -> Deed | None:
        """Of a slap ask which of its fingers, then why."""
        if part.position not in SLAP_CODES:
            return self._why_missing(session, part)
        gone = session.missing_of(part.key)
        fingers = [unit for unit in session.profile_part(part.key).units if unit not in gone]
        names = [of_slap(finger_position(finger)) for finger in fingers]
        for number, name in enumerate((*names, _ALL_OF_THEM), 1):
            self._output.note(f"    {number}  {in_words(name)}")
        answer = self._ask(f"  {in_words(_WHICH)} ").strip()
        if not answer.isdecimal() or not 1 <= int(answer) <= len(fingers) + 1:
            return _BACK
        return self._why_missing(session, part, "" if int(answer) > len(fingers) else fingers[int(answer) - 1])

    def _why_missing(
        self, session: EnrolmentSession, part: "enrolment_pb2.EnrolmentPart", finger: str = ""
    ) -> Deed | None:
        of_body = part.modality and part.key != PORTRAIT
        reasons = [reason for reason in REASONS if reason not in _BODY or of_body]
        reasons = [reason for reason in reasons if reason != "cannot_open" or part.eye]
        for number, reason in enumerate(reasons, 1):
            self._output.note(f"    {number}  {in_words(REASON_WORDS[reason])}")
        answer = self._ask(f"  {in_words(_WHY)} ").strip()
        if not answer.isdecimal() or not 1 <= int(answer) <= len(reasons):
            return _BACK
        reason = reasons[int(answer) - 1]
        photo = self._photo(session) if reason in _SHOWN else b""
        approver = self._ask(f"  {in_words(_WHO)} ").strip()
        return Missing(reason, approver, photo, finger)

    def _photo(self, session: EnrolmentSession) -> bytes:
        """A photo of what is missing or hurt, by the portrait camera or from a file; empty where nobody wants one."""
        question = _PHOTO_BY_CAMERA if session.has_portrait_camera() else _PHOTO_BY_FILE
        while True:
            answer = self._ask(f"  {in_words(question)} ").strip()
            if not answer:
                return b""
            if answer != "k" or question is _PHOTO_BY_FILE:
                content = self._file(answer)
                if content is not None:
                    return content
                continue
            try:
                photo = camera_photo(session.client)
            except CommandFailure as failure:
                self._output.note(f"rekam: {in_words(failure.words)}")
                continue
            self._output.note(f"  {in_words(_PHOTO_TAKEN)}")
            return photo

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
_CAMERA = LocalizedText(
    id="Enter: rekam dengan kamera · atau nama berkas JPEG atau PNG",
    en="Enter: capture with the camera · or the name of a JPEG or PNG file",
)
_OTHERS = LocalizedText(
    id="m: tidak ada · r: ulangi yang sebelumnya · p: tunda · q: hentikan",
    en="m: missing · r: retake the one before · p: put aside · q: give up",
)
_DECISION = LocalizedText(
    id="  Nama penyelia yang menyetujui · r: rekam lagi · p: tunda · q: hentikan > ",
    en="  Name of the supervisor who approves · r: retake · p: put aside · q: give up > ",
)
_WHY = LocalizedText(id="Mengapa? Nomor, atau Enter untuk kembali:", en="Why? A number, or Enter to go back:")
_WHICH = LocalizedText(
    id="Jari yang mana? Nomor, atau Enter untuk kembali:", en="Which finger? A number, or Enter to go back:"
)
_ALL_OF_THEM = LocalizedText(id="semuanya", en="all of them")
_WHO = LocalizedText(
    id="Nama penyelia yang menyetujui sekarang (kosong: nanti):",
    en="Name of the supervisor who approves it now (empty: later):",
)
_PHOTO_BY_CAMERA = LocalizedText(
    id="Foto buktinya? Tunjukkan ke kamera pas foto lalu ketik k, atau nama berkas (kosong: tanpa foto):",
    en="A photo of it? Show it to the portrait camera and type k, or name a file (empty: no photo):",
)
_PHOTO_BY_FILE = LocalizedText(
    id="Foto buktinya? Nama berkas JPEG atau PNG (kosong: tanpa foto):",
    en="A photo of it? Name a JPEG or PNG file (empty: no photo):",
)
_PHOTO_TAKEN = LocalizedText(id="Foto diambil.", en="The photo is taken.")
_GIVE_UP = LocalizedText(
    id="Data akan dihapus. Alasan, tanpa nama orangnya (kosong: kembali):",
    en="The data will be erased. Why, without the person's name (empty: go back):",
)
