"""What an operator reads at the desk while a finger, an eye or a face is captured, in Indonesian and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.eye import EyePosition
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import capture_pb2, enrolment_pb2

    from gateway.finger import FingerPosition

_SIDES = {"right": "kanan", "left": "kiri"}
_FINGERS = {
    "thumb": "ibu jari",
    "index": "jari telunjuk",
    "middle": "jari tengah",
    "ring": "jari manis",
    "little": "jari kelingking",
}

_STATES = {
    "queued": LocalizedText("Menunggu alat.", "Waiting for the device."),
    "recovering": LocalizedText("Alat sedang dipulihkan, tunggu sebentar.", "The device is being reset, please wait."),
}
_FINGER_STATES = _STATES | {
    "awaiting_finger": LocalizedText("Letakkan {id} pada kaca.", "Place the {en} on the glass."),
    "capturing": LocalizedText("Tahan {id} agar diam.", "Hold the {en} still."),
    "processing": LocalizedText("Selesai, jari boleh diangkat.", "Done, the finger may be lifted."),
}
_ONE_EYE_STATES = _STATES | {
    "awaiting_eye": LocalizedText("Arahkan {id} ke kamera.", "Bring the {en} before the camera."),
    "capturing": LocalizedText(
        "Tahan diam, {id} terbuka lebar dan melihat ke kamera.",
        "Hold still, the {en} wide open and looking at the camera.",
    ),
    "processing": LocalizedText("Selesai, terima kasih.", "Done, thank you."),
}
_BOTH_EYES_STATES = _ONE_EYE_STATES | {
    "awaiting_eye": LocalizedText("Arahkan {id} ke kamera.", "Bring {en} before the camera."),
    "capturing": LocalizedText(
        "Tahan diam, {id} terbuka lebar dan melihat ke kamera.",
        "Hold still, {en} wide open and looking at the camera.",
    ),
}
_FACE_STATES = _STATES | {
    "awaiting_face": LocalizedText("Duduk menghadap kamera.", "Sit facing the camera."),
    "capturing": LocalizedText("Tahan diam dan lihat ke kamera.", "Hold still and look at the camera."),
    "processing": LocalizedText("Selesai, terima kasih.", "Done, thank you."),
}

_OUTCOMES = {
    "captured": LocalizedText("Terekam: {id}", "Captured: {en}"),
    "below_quality": LocalizedText(
        "Terekam, tetapi di bawah mutu yang diminta: {id}", "Recorded, but below the asked quality: {en}"
    ),
    "no_finger": LocalizedText(
        "Tidak ada jari sampai batas waktu; tidak ada yang direkam.", "No finger came in time; nothing is recorded."
    ),
    "no_eye": LocalizedText(
        "Tidak ada mata sampai batas waktu; tidak ada yang direkam.", "No eye was seen in time; nothing is recorded."
    ),
    "no_face": LocalizedText(
        "Tidak ada wajah sampai batas waktu; tidak ada yang direkam.", "No face was seen in time; nothing is recorded."
    ),
    "marked_missing": LocalizedText("Dicatat tidak ada: {id}", "Recorded as missing: {en}"),
    "cancelled": LocalizedText("Dibatalkan; tidak ada yang direkam.", "Cancelled; nothing is recorded."),
    "device_lost": LocalizedText("Alat terputus", "The device was lost"),
    "failed": LocalizedText("Tidak dapat direkam", "It could not be recorded"),
}
_SLAPS = {
    13: LocalizedText("empat jari tangan kanan", "four fingers of the right hand"),
    14: LocalizedText("empat jari tangan kiri", "four fingers of the left hand"),
    15: LocalizedText("kedua ibu jari", "both thumbs"),
}
"""By position code."""
SLAP_CODES = frozenset(_SLAPS)
_SLAP_STATES = _FINGER_STATES | {
    "awaiting_finger": LocalizedText("Letakkan {id} bersamaan pada kaca.", "Place {en} on the glass together."),
    "capturing": LocalizedText("Tahan {id} agar diam.", "Hold {en} still."),
    "processing": LocalizedText("Selesai, tangan boleh diangkat.", "Done, the hand may be lifted."),
}
_EYES = {
    EyePosition.RIGHT: LocalizedText("mata kanan", "right eye"),
    EyePosition.LEFT: LocalizedText("mata kiri", "left eye"),
    EyePosition.BOTH: LocalizedText("kedua mata", "both eyes"),
}

REASON_WORDS = {
    "amputated": LocalizedText(id="tidak ada (amputasi)", en="amputated"),
    "bandaged": LocalizedText(id="dibalut", en="bandaged"),
    "refused": LocalizedText(id="menolak", en="refused"),
    "device_broken": LocalizedText(id="alat rusak", en="the device is broken"),
    "other": LocalizedText(id="alasan lain", en="another reason"),
    "cannot_open": LocalizedText(id="mata tidak dapat dibuka", en="the eye cannot be opened"),
}
"""By `MissingReason` in lower case."""


@dataclass(frozen=True)
class Subject:
    """What is captured, as people call it: `right index finger`, `mata kiri`; and what is said of it."""

    name: LocalizedText
    at_camera: bool
    """It is before a camera, rather than on a glass."""
    _states: Mapping[str, LocalizedText]

    def state(self, state: str) -> LocalizedText | None:
        """What the person is to do while the capture is in `state`."""
        text = self._states.get(state)
        return None if text is None else self._about(text)

    def outcome(self, outcome: str) -> LocalizedText:
        """How the capture ended."""
        return self._about(_OUTCOMES[outcome])

    def _about(self, text: LocalizedText) -> LocalizedText:
        return LocalizedText(id=text.id.format(id=self.name.id), en=text.en.format(en=self.name.en))


def finger(position: "FingerPosition") -> Subject:
    """A finger."""
    side, _, name = position.name.lower().partition("_")
    english = f"{side} {name}" if name == "thumb" else f"{side} {name} finger"
    return Subject(LocalizedText(id=f"{_FINGERS[name]} {_SIDES[side]}", en=english), False, _FINGER_STATES)


def slap(code: int) -> Subject:
    """The fingers of a slap, by its position code."""
    return Subject(_SLAPS[code], False, _SLAP_STATES)


def of_slap(position: "FingerPosition") -> LocalizedText:
    """A finger in a word, where the hand is known."""
    side, _, name = position.name.lower().partition("_")
    if name == "thumb":
        return LocalizedText(id=f"{_FINGERS[name]} {_SIDES[side]}", en=f"{side} {name}")
    return LocalizedText(id=_FINGERS[name].removeprefix("jari "), en=name)


def finger_lines(capture: "capture_pb2.Capture") -> list[LocalizedText]:
    """A line for each finger of a slap that was recorded."""
    from gateway.finger import FingerPosition

    lines = []
    for finger in capture.fingers:
        name = of_slap(FingerPosition(finger.position))
        if finger.HasField("quality"):
            score, count = finger.quality.score, finger.minutia_count
            said = LocalizedText(id=f"mutu {score}, {count} minutia", en=f"quality {score}, {count} minutiae")
        elif finger.missing_reason:
            said = LocalizedText(id="dicatat tidak ada", en="recorded as missing")
        else:
            said = LocalizedText(id="tidak terlihat", en="not seen")
        lines.append(LocalizedText(id=f"{name.id}: {said.id}", en=f"{name.en}: {said.en}"))
    return lines


def eye(position: EyePosition) -> Subject:
    """An eye, or both."""
    states = _BOTH_EYES_STATES if position is EyePosition.BOTH else _ONE_EYE_STATES
    return Subject(_EYES[position], True, states)


def face() -> Subject:
    """The face, for its portrait."""
    return Subject(LocalizedText(id="pas foto", en="portrait"), True, _FACE_STATES)


def subject(
    capture: "capture_pb2.Capture | capture_pb2.StartCaptureRequest | enrolment_pb2.EnrolmentPart",
) -> Subject:
    """What a capture is of, or a part that is captured."""
    from rekam.v1 import common_pb2

    from gateway.finger import FingerPosition

    if capture.modality == common_pb2.MODALITY_FACE:
        return face()
    if capture.eye:
        return eye(EyePosition(capture.eye))
    return slap(capture.position) if capture.position in _SLAPS else finger(FingerPosition(capture.position))


def attack_suspected(position: EyePosition) -> LocalizedText:
    """What a suspicion asks for; it refuses nobody."""
    name = _EYES[position]
    return LocalizedText(
        id=f"Dugaan serangan pada {name.id}: mintalah pengawas memeriksa. Perekaman tetap berlaku.",
        en=f"Attack suspected, {name.en}: supervisor's review. The capture stands.",
    )


def transferred(percent: int) -> LocalizedText:
    """How much of its image a slow device has sent."""
    return LocalizedText(id=f"Citra sedang dikirim: {percent} %", en=f"The image is on its way: {percent} %")
