"""What an operator reads at the desk while a finger is captured, in Indonesian and English."""

from gateway.finger import FingerPosition
from gateway.guidance import LocalizedText

_SIDES = {"right": "kanan", "left": "kiri"}
_FINGERS = {
    "thumb": "ibu jari",
    "index": "jari telunjuk",
    "middle": "jari tengah",
    "ring": "jari manis",
    "little": "jari kelingking",
}

STATES = {
    "queued": LocalizedText("Menunggu alat.", "Waiting for the device."),
    "awaiting_finger": LocalizedText("Letakkan {id} pada kaca.", "Place the {en} on the glass."),
    "capturing": LocalizedText("Tahan {id} agar diam.", "Hold the {en} still."),
    "processing": LocalizedText("Selesai, jari boleh diangkat.", "Done, the finger may be lifted."),
    "recovering": LocalizedText("Alat sedang dipulihkan, tunggu sebentar.", "The device is being reset, please wait."),
}
"""By the state of the capture; `{id}` and `{en}` stand for the finger."""

OUTCOMES = {
    "captured": LocalizedText("Terekam: {id}", "Captured: {en}"),
    "below_quality": LocalizedText(
        "Terekam, tetapi di bawah mutu yang diminta: {id}", "Recorded, but below the asked quality: {en}"
    ),
    "no_finger": LocalizedText(
        "Tidak ada jari sampai batas waktu; tidak ada yang direkam.", "No finger came in time; nothing is recorded."
    ),
    "marked_missing": LocalizedText("Dicatat tidak ada: {id}", "Recorded as missing: {en}"),
    "cancelled": LocalizedText("Dibatalkan; tidak ada yang direkam.", "Cancelled; nothing is recorded."),
    "device_lost": LocalizedText("Alat terputus", "The device was lost"),
    "failed": LocalizedText("Tidak dapat direkam", "It could not be recorded"),
}
"""By the outcome of the capture."""


def finger_words(position: FingerPosition) -> LocalizedText:
    """A finger as people call it: `right index finger`, `jari telunjuk kanan`."""
    side, _, finger = position.name.lower().partition("_")
    english = f"{side} {finger}" if finger == "thumb" else f"{side} {finger} finger"
    return LocalizedText(id=f"{_FINGERS[finger]} {_SIDES[side]}", en=english)


def about(text: LocalizedText, position: FingerPosition) -> LocalizedText:
    """A text of these tables with the finger in its place."""
    finger = finger_words(position)
    return LocalizedText(id=text.id.format(id=finger.id), en=text.en.format(en=finger.en))


def transferred(percent: int) -> LocalizedText:
    """How much of its image a slow device has sent."""
    return LocalizedText(id=f"Citra sedang dikirim: {percent} %", en=f"The image is on its way: {percent} %")
