"""What a technician before a camera or a card reader is told in both languages when a measurement is refused."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from calibration import errors
from calibration.errors import MeasurementRefused
from gateway.guidance import LocalizedText

P = ParamSpec("P")
R = TypeVar("R")

_INDONESIAN: dict[type[MeasurementRefused], str] = {
    errors.TargetMissing: "Target tidak terlihat. Letakkan target di tempatnya.",
    errors.TargetUpsideDown: "Target terbalik. Putar sampai titiknya berada di atas persegi.",
    errors.TargetWrong: "Yang terlihat bukan target yang diminta. Pasang target yang benar, dan singkirkan tangan.",
    errors.TargetTilted: "Target miring atau terputar. Hadapkan lurus ke kamera, terputar 3 sampai 10 derajat.",
    errors.TargetOffPlace: "Target keluar dari gambar, atau terlalu jauh. Geser ke tengah dan perbaiki jaraknya.",
    errors.TargetOutOfFocus: "Target tidak fokus. Dekatkan atau jauhkan sampai tepinya tajam; periksa fokus lensa.",
    errors.TargetDirty: "Target atau lensa kotor. Bersihkan keduanya.",
    errors.TargetCovered: "Target tertutup tangan, benda, atau bayangan. Singkirkan, dan pegang target pada tepinya.",
    errors.TargetExpired: "Masa berlaku sertifikat target habis. Ukur ulang targetnya, atau pakai target lain.",
    errors.Overexposed: "Gambar terlalu terang. Kurangi pajanan, penguatan, atau cahaya.",
    errors.Underexposed: "Gambar terlalu gelap. Periksa lampu, buka tutup lensa, atau tambah pajanan.",
    errors.StrayLight: "Ada cahaya liar. Pasang tutup lensa, matikan lampu, dan gelapkan ruangan.",
    errors.GainChanged: "Penguatan, pajanan, atau cahaya berubah. Matikan pengaturan otomatis, tunggu lampu hangat.",
    errors.TooFewFrames: "Gambar atau posisinya kurang. Ulangi, dan tambahkan posisi yang diminta.",
    errors.NotInTable: "Nilai yang disetel tidak tercakup oleh tabel tersertifikasi vendor. Setel nilai yang tercakup.",
    errors.CardUnfit: "Kartu ini tidak dapat dipakai untuk uji. Pakai kartu uji kosong.",
}


def words_of(error: MeasurementRefused) -> LocalizedText:
    """A refusal in both languages: the Indonesian says what is wrong and what to do, the English its figures too."""
    for kind in type(error).__mro__:
        if kind in _INDONESIAN:
            return LocalizedText(id=f"{_INDONESIAN[kind]} ({error})", en=str(error))
    return LocalizedText(id=str(error), en=str(error))


def in_both_languages(call: Callable[P, R]) -> Callable[P, R]:
    """The same call, whose refusals carry `words`."""

    @wraps(call)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except MeasurementRefused as error:
            if error.words is None:
                error.words = words_of(error)
            raise

    return told
