"""What an office can do about an enrolment that stands where it stands, and from when on it should."""

from gateway.centre import EnrolmentStatus
from gateway.guidance import LocalizedText

_S = EnrolmentStatus
DAY_S = 86_400.0

USUAL_DAYS: dict[EnrolmentStatus, float | None] = {
    _S.UNREGISTERED: 1,
    _S.BIO_CAPTURED: 1,
    _S.PROCESSING: 3,
    _S.SENT_FOR_ENROLLMENT: 3,
    _S.RECEIVED_AT_CENTRAL: 20,
    _S.PRINT_READY_RECORD: 14,
    _S.DUPLICATE_RECORD: 0,
    _S.ADJUDICATE_RECORD: 30,
    _S.ENROLL_FAILURE_AT_REGIONAL: 0,
    _S.ENROLL_FAILURE_AT_CENTRAL: 0,
    _S.SEARCH_FAILURE_AT_CENTRAL: 7,
    _S.CARD_PRINTED: 14,
    _S.CARD_SHIPPED: 14,
    _S.CARD_ISSUED: None,
}
"""Days that a status usually lasts; longer is stuck, 0 wants a person at once, None ends. Ours, for want of a published
rule: offices report 1 to more than 20 days between sending and an answer."""

ADVICE: dict[EnrolmentStatus, LocalizedText] = {
    _S.UNREGISTERED: LocalizedText(
        id="Perekaman sudah dimulai dan belum disegel: lanjutkan atau batalkan.",
        en="Begun and not sealed: go on with it, or abandon it.",
    ),
    _S.BIO_CAPTURED: LocalizedText(id="Sudah direkam; segel perekamannya.", en="Recorded; seal the enrolment."),
    _S.PROCESSING: LocalizedText(
        id="Menunggu dikirim; dikirim sendiri begitu pusat terjangkau. Lihat `rekam outbox`. Orangnya tidak perlu "
        "datang lagi.",
        en="Waits to be sent, and leaves by itself once the centre is reached. See `rekam outbox`. The person need not "
        "come again.",
    ),
    _S.SENT_FOR_ENROLLMENT: LocalizedText(
        id="Semua sudah dikirim, tanda terima belum datang; ditanyakan lagi dengan sendirinya. Jangan direkam ulang.",
        en="All of it was sent, and the receipt has not come; it is asked for by itself. Do not record again.",
    ),
    _S.RECEIVED_AT_CENTRAL: LocalizedText(
        id="Pusat sudah menerima dan sedang mencari data ganda. Tunggu; merekam ulang akan menjadikannya data ganda.",
        en="The centre has it and searches for duplicates. Wait; recording again would make it a duplicate.",
    ),
    _S.PRINT_READY_RECORD: LocalizedText(
        id="Tunggal; kartu dapat dicetak. Beri tahu orangnya.",
        en="Unique; the card can be printed. Tell the person.",
    ),
    _S.DUPLICATE_RECORD: LocalizedText(
        id="Orang ini sudah pernah direkam. Ini bukan kesalahan kirim: jangan kirim atau rekam ulang. Cari data "
        "lamanya dan ajukan pembetulan ke pusat.",
        en="This person was recorded before. It is no error of sending: neither send nor record again. Look up the "
        "earlier record, and ask the centre for a correction.",
    ),
    _S.ADJUDICATE_RECORD: LocalizedText(
        id="Petugas pusat memeriksa apakah ini data ganda. Tunggu; jangan rekam ulang.",
        en="The centre's staff examines whether it is a duplicate. Wait; do not record again.",
    ),
    _S.ENROLL_FAILURE_AT_REGIONAL: LocalizedText(
        id="Wilayah tidak dapat mendaftarkannya. Tanyakan sebabnya ke wilayah; rekam ulang hanya bila diminta.",
        en="The region could not enrol it. Ask there why; record again only where they say so.",
    ),
    _S.ENROLL_FAILURE_AT_CENTRAL: LocalizedText(
        id="Pusat tidak dapat mendaftarkannya. Tanyakan sebabnya ke pusat; rekam ulang hanya bila diminta.",
        en="The centre could not enrol it. Ask there why; record again only where they say so.",
    ),
    _S.SEARCH_FAILURE_AT_CENTRAL: LocalizedText(
        id="Pencarian di pusat gagal dan diulang di sana. Bila lewat seminggu, tanyakan ke pusat. Jangan rekam ulang.",
        en="The search at the centre failed, and is repeated there. After a week, ask the centre. Do not record again.",
    ),
    _S.CARD_PRINTED: LocalizedText(
        id="Kartu sudah dicetak dan akan dikirim.", en="The card is printed, and will be sent."
    ),
    _S.CARD_SHIPPED: LocalizedText(
        id="Kartu dalam perjalanan. Bila sudah sampai, beri tahu orangnya.",
        en="The card is on its way. Once it is here, tell the person.",
    ),
    _S.CARD_ISSUED: LocalizedText(id="Selesai.", en="Done."),
}


def is_stuck(status: EnrolmentStatus, for_s: float | None) -> bool:
    """Whether a status has lasted longer than usual; one of unknown age is where it wants a person at once."""
    usual = USUAL_DAYS[status]
    if usual is None:
        return False
    return usual == 0 if for_s is None else for_s >= usual * DAY_S
