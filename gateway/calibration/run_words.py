"""How a run of procedures tells why it ended, or what is not yet as it should be."""

from drivers import DeviceLost
from gateway.guidance import LocalizedText


def plain(error: Exception) -> LocalizedText:
    """An error as it says it, in both languages where it can."""
    words = getattr(error, "words", None)
    return words if isinstance(words, LocalizedText) else LocalizedText(id=str(error), en=str(error))


CANCELLED = LocalizedText(
    id="Kalibrasi dibatalkan; yang sudah diukur disimpan dan dapat dilanjutkan.",
    en="The calibration was cancelled; what was measured is kept and can be resumed.",
)
FAULT = LocalizedText(
    id="Kesalahan dalam gateway; rinciannya ada di catatan log. Yang sudah diukur disimpan.",
    en="A fault inside the gateway; its log has the details. What was measured is kept.",
)


def lost(error: DeviceLost) -> LocalizedText:
    """That the device went away, and what to do."""
    return LocalizedText(
        id=f"Alat terputus ({error}). Yang sudah diukur disimpan: pasang alat dan lanjutkan kalibrasi.",
        en=f"The device was lost ({error}). What was measured is kept: plug it in and resume the calibration.",
    )
