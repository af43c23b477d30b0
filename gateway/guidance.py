"""What to tell the operator: a code, what is wrong, what to do, in Indonesian and English."""

from dataclasses import dataclass
from enum import StrEnum


class GuidanceCode(StrEnum):
    """Why an image is not as good as it could be."""

    NO_FINGER = "no_finger"
    TOO_DRY = "too_dry"
    TOO_WET = "too_wet"
    TOO_LIGHT = "too_light"
    TOO_HARD = "too_hard"
    PARTIAL = "partial"
    OFF_CENTRE = "off_centre"
    MOVED = "moved"
    DIRTY_PLATEN = "dirty_platen"
    FEW_MINUTIAE = "few_minutiae"
    LOW_CONTRAST = "low_contrast"
    UNCLEAR_RIDGES = "unclear_ridges"
    LIFTED_EARLY = "lifted_early"


@dataclass(frozen=True)
class LocalizedText:
    """The same words in Indonesian (`id`) and English (`en`)."""

    id: str
    en: str


@dataclass(frozen=True)
class Guidance:
    """One remark on an image."""

    code: GuidanceCode
    fault: LocalizedText
    remedy: LocalizedText


def guidance(code: GuidanceCode) -> Guidance:
    """The words for `code`."""
    return Guidance(code, *_WORDS[code])


_WORDS: dict[GuidanceCode, tuple[LocalizedText, LocalizedText]] = {
    GuidanceCode.NO_FINGER: (
        LocalizedText("Tidak ada jari pada alat.", "There is no finger on the scanner."),
        LocalizedText("Letakkan jari di tengah kaca.", "Place the finger on the middle of the glass."),
    ),
    GuidanceCode.TOO_DRY: (
        LocalizedText("Jari terlalu kering.", "The finger is too dry."),
        LocalizedText("Lembapkan jari sedikit, lalu coba lagi.", "Moisten the finger a little and try again."),
    ),
    GuidanceCode.TOO_WET: (
        LocalizedText("Jari terlalu basah.", "The finger is too wet."),
        LocalizedText("Keringkan jari dan kaca, lalu coba lagi.", "Wipe the finger and the glass and try again."),
    ),
    GuidanceCode.TOO_LIGHT: (
        LocalizedText("Tekanan jari terlalu ringan.", "The finger presses too lightly."),
        LocalizedText("Tekan sedikit lebih kuat.", "Press a little more."),
    ),
    GuidanceCode.TOO_HARD: (
        LocalizedText("Tekanan jari terlalu kuat.", "The finger presses too hard."),
        LocalizedText("Tekan lebih ringan.", "Press less."),
    ),
    GuidanceCode.PARTIAL: (
        LocalizedText("Hanya sebagian jari yang terlihat.", "Only a part of the finger is seen."),
        LocalizedText("Letakkan seluruh bantalan jari mendatar.", "Lay the whole pad of the finger flat."),
    ),
    GuidanceCode.OFF_CENTRE: (
        LocalizedText("Jari tidak di tengah.", "The finger is off centre."),
        LocalizedText("Geser jari ke tengah kaca.", "Move the finger to the middle of the glass."),
    ),
    GuidanceCode.MOVED: (
        LocalizedText("Jari bergerak.", "The finger moves."),
        LocalizedText("Tahan jari agar diam.", "Hold the finger still."),
    ),
    GuidanceCode.DIRTY_PLATEN: (
        LocalizedText("Kaca alat kotor.", "The glass is dirty."),
        LocalizedText("Bersihkan kaca dengan kain kering.", "Clean the glass with a dry cloth."),
    ),
    GuidanceCode.FEW_MINUTIAE: (
        LocalizedText("Terlalu sedikit ciri pada sidik jari.", "Too few features are seen in the print."),
        LocalizedText("Letakkan bantalan jari, bukan ujungnya.", "Place the pad of the finger, not its tip."),
    ),
    GuidanceCode.LOW_CONTRAST: (
        LocalizedText("Gambar terlalu pucat.", "The image is too faint."),
        LocalizedText("Bersihkan kaca dan tekan sedikit lebih kuat.", "Clean the glass and press a little more."),
    ),
    GuidanceCode.UNCLEAR_RIDGES: (
        LocalizedText("Garis sidik jari tidak jelas.", "The ridges are not clear."),
        LocalizedText("Bersihkan jari dan kaca, lalu coba lagi.", "Clean the finger and the glass and try again."),
    ),
    GuidanceCode.LIFTED_EARLY: (
        LocalizedText("Jari diangkat terlalu cepat.", "The finger was lifted too early."),
        LocalizedText("Tahan jari sampai tanda selesai.", "Keep the finger down until the sign comes."),
    ),
}
