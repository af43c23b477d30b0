"""The statuses of an enrolment, from the desk to the card."""

from enum import StrEnum

from gateway.guidance import LocalizedText


class EnrolmentStatus(StrEnum):
    """Where an enrolment stands on its way; names as the offices know them, ours from CARD_PRINTED on."""

    UNREGISTERED = "unregistered"
    BIO_CAPTURED = "bio_captured"
    PROCESSING = "processing"
    SENT_FOR_ENROLLMENT = "sent_for_enrollment"
    RECEIVED_AT_CENTRAL = "received_at_central"
    PRINT_READY_RECORD = "print_ready_record"
    DUPLICATE_RECORD = "duplicate_record"
    ADJUDICATE_RECORD = "adjudicate_record"
    ENROLL_FAILURE_AT_REGIONAL = "enroll_failure_at_regional"
    ENROLL_FAILURE_AT_CENTRAL = "enroll_failure_at_central"
    SEARCH_FAILURE_AT_CENTRAL = "search_failure_at_central"
    CARD_PRINTED = "card_printed"
    CARD_SHIPPED = "card_shipped"
    CARD_ISSUED = "card_issued"


CENTRE_STATUSES = frozenset(EnrolmentStatus) - {
    EnrolmentStatus.UNREGISTERED,
    EnrolmentStatus.BIO_CAPTURED,
    EnrolmentStatus.PROCESSING,
    EnrolmentStatus.SENT_FOR_ENROLLMENT,
}
"""Those that a centre gives; the others are the office's own."""

STATUS_NAMES: dict[EnrolmentStatus, LocalizedText] = {
    EnrolmentStatus.UNREGISTERED: LocalizedText(id="Belum direkam", en="Not recorded yet"),
    EnrolmentStatus.BIO_CAPTURED: LocalizedText(id="Sudah direkam", en="Recorded"),
    EnrolmentStatus.PROCESSING: LocalizedText(id="Disegel, menunggu dikirim", en="Sealed, waiting to be sent"),
    EnrolmentStatus.SENT_FOR_ENROLLMENT: LocalizedText(
        id="Sudah dikirim, menunggu tanda terima", en="Sent, waiting for the receipt"
    ),
    EnrolmentStatus.RECEIVED_AT_CENTRAL: LocalizedText(id="Diterima pusat", en="Received at the centre"),
    EnrolmentStatus.PRINT_READY_RECORD: LocalizedText(id="Tunggal, siap cetak", en="Unique, ready to print"),
    EnrolmentStatus.DUPLICATE_RECORD: LocalizedText(id="Data ganda", en="Duplicate record"),
    EnrolmentStatus.ADJUDICATE_RECORD: LocalizedText(id="Diperiksa petugas pusat", en="Examined by the centre's staff"),
    EnrolmentStatus.ENROLL_FAILURE_AT_REGIONAL: LocalizedText(
        id="Gagal didaftarkan di wilayah", en="Enrolment failed at the region"
    ),
    EnrolmentStatus.ENROLL_FAILURE_AT_CENTRAL: LocalizedText(
        id="Gagal didaftarkan di pusat", en="Enrolment failed at the centre"
    ),
    EnrolmentStatus.SEARCH_FAILURE_AT_CENTRAL: LocalizedText(
        id="Pencarian di pusat gagal", en="Search failed at the centre"
    ),
    EnrolmentStatus.CARD_PRINTED: LocalizedText(id="Kartu dicetak", en="Card printed"),
    EnrolmentStatus.CARD_SHIPPED: LocalizedText(id="Kartu dikirim", en="Card on its way"),
    EnrolmentStatus.CARD_ISSUED: LocalizedText(id="Kartu diserahkan", en="Card handed over"),
}
"""For whoever reads them on a screen."""
