"""An enrolment that nobody is asked about: parts as they come, what is missing as it was said beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gateway.cli.documents import enum_word, localized
from gateway.cli.enrol_flow import PORTRAIT, SIGNATURE, Approve, Capture, Deed, Image, Leave, Missing, Retake
from gateway.cli.enrol_session import EnrolmentSession
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.refusals import status_of
from gateway.cli.words import SLAP_CODES
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import capture_pb2, enrolment_pb2

MOST_RETAKES = 2
"""Of what was mixed up: one that looks mixed up again is for a person to see."""
_APPROVABLE = ("EXCEPTION_NOT_APPROVED", "BELOW_THRESHOLD", "FINGER_NOT_SHOWN")


@dataclass
class Unattended:
    """Takes each part at once; leaves the enrolment open where somebody has to be asked.

    Parameters
    ----------
    images : mapping
        The portrait and the signature by part, as far as they were given.
    missing : mapping
        What is said of it, by part.
    supervisor : str
        Who approves what is missing, and quality below a threshold; empty for nobody.
    """

    images: Mapping[str, Image]
    missing: Mapping[str, Missing]
    supervisor: str = ""
    _retakes: dict[str, int] = field(default_factory=dict)

    def bring(
        self, session: EnrolmentSession, part: "enrolment_pb2.EnrolmentPart", ended: "capture_pb2.Capture | None"
    ) -> Deed:
        """See `Attendant`."""
        if part.key in self.missing:
            return replace(self.missing[part.key], approver=self.supervisor)
        gone = session.missing_of(part.key)
        for finger in session.profile_part(part.key).units:
            if finger in self.missing and finger not in gone:
                return replace(self.missing[finger], approver=self.supervisor, finger=finger)
        if part.key in self.images:
            return self.images[part.key]
        if part.key == SIGNATURE or (part.key == PORTRAIT and not session.has_portrait_camera()):
            return _no_image(part)
        if part.position in SLAP_CODES and not self.takes_slaps(session):
            return Leave(ExitStatus.DEVICE, "NO_SLAPS", _NO_SLAPS)
        if ended is not None:
            return _gave_nothing(ended)
        if session.profile.most_tries and len(part.tries) >= session.profile.most_tries:
            return Approve(self.supervisor) if self.supervisor else _below(part)
        return Capture()

    def takes_slaps(self, session: EnrolmentSession) -> bool:
        """See `Attendant`."""
        return session.has_slap_scanner()

    def decide(self, session: EnrolmentSession, lack: "enrolment_pb2.Lack") -> Deed:
        """See `Attendant`."""
        if lack.code in _APPROVABLE and self.supervisor:
            return Approve(self.supervisor)
        if lack.code == "MIX_UP" and self._retakes.get(lack.part, 0) < MOST_RETAKES:
            self._retakes[lack.part] = self._retakes.get(lack.part, 0) + 1
            return Retake(lack.part)
        cause, remedy = localized(lack.cause), localized(lack.remedy)
        words = LocalizedText(id=f"{cause.id} {remedy.id}", en=f"{cause.en} {remedy.en}")
        return Leave(ExitStatus.OUTCOME, "ENROLMENT_INCOMPLETE", words)

    def refused(self, session: EnrolmentSession, failure: CommandFailure) -> bool:
        """See `Attendant`: nobody is there who could mend it."""
        return False


def _gave_nothing(ended: "capture_pb2.Capture") -> Leave:
    from rekam.v1 import capture_pb2

    from gateway.cli import words

    outcome = enum_word(ended.outcome, "CAPTURE_OUTCOME", capture_pb2.CaptureOutcome)
    if ended.HasField("error"):
        status = ExitStatus.DEVICE if outcome == "device_lost" else status_of(ended.error.reason)
        return Leave(status, ended.error.reason, localized(ended.error.message))
    subject = words.subject(ended)
    told = subject.outcome(outcome)
    return Leave(
        ExitStatus.OUTCOME,
        outcome.upper(),
        LocalizedText(id=f"{subject.name.id}: {told.id}", en=f"{subject.name.en}: {told.en}"),
    )


def _no_image(part: "enrolment_pb2.EnrolmentPart") -> Leave:
    name = localized(part.name)
    return Leave(
        ExitStatus.USAGE,
        "IMAGE_NEEDED",
        LocalizedText(
            id=f"Perlu {name.id}: sebutkan berkasnya dengan --{part.key}, atau --missing {part.key}=other.",
            en=f"The {name.en} is due: name its file with --{part.key}, or say --missing {part.key}=other.",
        ),
    )


def _below(part: "enrolment_pb2.EnrolmentPart") -> Leave:
    name = localized(part.name)
    return Leave(
        ExitStatus.OUTCOME,
        "BELOW_THRESHOLD",
        LocalizedText(
            id=f"Mutu {name.id} tetap kurang setelah {len(part.tries)} kali; penyelia harus menyetujui (--supervisor).",
            en=f"The {name.en} stayed below its threshold in {len(part.tries)} tries; a supervisor has to approve it "
            "(--supervisor).",
        ),
    )


_NO_SLAPS = LocalizedText(
    id="Profil ini meminta beberapa jari sekaligus, dan tidak ada alat untuk itu yang siap. Pasang alatnya, pakai "
    "profil dengan jari satu per satu, atau catat sebagai tidak ada.",
    en="This profile asks for several fingers at once, and no scanner for them is ready. Plug one in, take a profile "
    "of single fingers, or say that they are missing.",
)
