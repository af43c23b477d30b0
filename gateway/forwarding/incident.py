"""What happened on the way to the centre that a person has to know of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.guidance import LocalizedText
from gateway.trust import ClockQuality


class IncidentKind(StrEnum):
    """What happened."""

    FILE_MISSING = "file_missing"
    FILE_CHANGED = "file_changed"
    FILE_UNREADABLE = "file_unreadable"
    RECEIPT_WRONG = "receipt_wrong"
    ANSWER_INVALID = "answer_invalid"
    ANSWERS_DIFFER = "answers_differ"
    CENTRE_RESTORED = "centre_restored"
    LOST_AT_CENTRE = "lost_at_centre"
    QUARANTINED = "quarantined"
    NOT_A_PACKET = "not_a_packet"
    STORE_REPLACED = "store_replaced"


@dataclass(frozen=True)
class Incident:
    """One of them; told until somebody has seen to it."""

    number: int
    kind: IncidentKind
    packet_id: str
    """Empty where it is about no one packet."""
    detail: str
    wall: datetime
    """UTC, as far as the clock can be believed."""
    quality: ClockQuality

    @property
    def words(self) -> LocalizedText:
        """What happened, and what to do."""
        words = _WORDS[self.kind]
        about = {"packet": self.packet_id, "detail": self.detail}
        return LocalizedText(id=words.id.format(**about), en=words.en.format(**about))


_WORDS = {
    IncidentKind.FILE_MISSING: LocalizedText(
        id="Berkas paket {packet} hilang tanpa tanda terima dari pusat. Cari di cadangan dan kembalikan ke folder "
        "paket; bila tidak ada, orang itu harus direkam lagi.",
        en="The file of packet {packet} is gone, and the centre has given no receipt for it. Look for it in a backup "
        "and put it back into the folder of packets; without one that person has to be recorded again.",
    ),
    IncidentKind.FILE_CHANGED: LocalizedText(
        id="Berkas paket {packet} bukan lagi seperti saat disegel ({detail}). Periksa cakram; kembalikan berkas dari "
        "cadangan, lalu `rekam outbox retry {packet}`.",
        en="The file of packet {packet} is no longer as it was sealed ({detail}). Check the disk; put the file back "
        "from a backup, then `rekam outbox retry {packet}`.",
    ),
    IncidentKind.FILE_UNREADABLE: LocalizedText(
        id="Berkas paket {packet} tidak dapat dibaca ({detail}); dicoba lagi nanti dan paket lain jalan terus. Periksa "
        "cakram dan hak akses folder paket; bila perlu kembalikan berkas dari cadangan.",
        en="The file of packet {packet} cannot be read ({detail}); it is tried again later, and others go on. Check "
        "the disk and the rights to the folder of packets; put the file back from a backup if it has to be.",
    ),
    IncidentKind.RECEIPT_WRONG: LocalizedText(
        id="Tanda terima yang datang untuk paket {packet} tidak cocok dengannya dan ditolak: {detail}. Paket tetap "
        "disimpan. Beri tahu pusat.",
        en="A receipt that came for packet {packet} does not fit it and was refused: {detail}. The packet is kept. "
        "Tell the centre.",
    ),
    IncidentKind.ANSWER_INVALID: LocalizedText(
        id="Jawaban yang datang dari jalur ke pusat tidak dapat dipercaya dan ditolak: {detail}.",
        en="An answer that came by the way to the centre cannot be believed and was refused: {detail}.",
    ),
    IncidentKind.ANSWERS_DIFFER: LocalizedText(
        id="Pusat memberi dua jawaban berbeda di bawah satu nomor ({detail}); yang pertama berlaku. Beri tahu pusat.",
        en="The centre gave two different answers under one number ({detail}); the first holds. Tell the centre.",
    ),
    IncidentKind.CENTRE_RESTORED: LocalizedText(
        id="Pusat bekerja dengan cadangan lama ({detail}). Semua yang masih disimpan ditawarkan lagi, dan yang tidak "
        "ada di pusat dikirim lagi dengan sendirinya.",
        en="The centre works from a backup ({detail}). All that is kept here is offered again, and what it lacks is "
        "sent again by itself.",
    ),
    IncidentKind.LOST_AT_CENTRE: LocalizedText(
        id="Pusat tidak lagi memiliki paket {packet}, yang di sini sudah dihapus setelah tanda terimanya ({detail}). "
        "Beri tahu pusat; bila tidak ditemukan, orang itu harus direkam lagi.",
        en="The centre no longer has packet {packet}, which was erased here after its receipt ({detail}). Tell the "
        "centre; if it is not found there, that person has to be recorded again.",
    ),
    IncidentKind.QUARANTINED: LocalizedText(
        id="Paket {packet} berkali-kali ditolak pusat ({detail}) dan dikarantina; berkasnya disimpan dan paket lain "
        "jalan terus. Hubungi pusat, lalu `rekam outbox retry {packet}`.",
        en="Packet {packet} was refused by the centre again and again ({detail}) and stands in quarantine; its file is "
        "kept, and the others go on. Ask the centre, then `rekam outbox retry {packet}`.",
    ),
    IncidentKind.NOT_A_PACKET: LocalizedText(
        id="Berkas {detail} di folder paket bukan paket yang utuh dan tidak dikirim. Periksa cakram dan cadangan.",
        en="The file {detail} in the folder of packets is no whole packet and is not sent. Check the disk, and a "
        "backup.",
    ),
    IncidentKind.STORE_REPLACED: LocalizedText(
        id="Berkas daftar kirim rusak dan diganti baru ({detail}). Semua paket di folder ditawarkan lagi ke pusat; "
        "tidak ada yang hilang.",
        en="The file of the outbox was damaged, and a new one begun ({detail}). All packets of the folder are offered "
        "to the centre again; none is lost.",
    ),
}
