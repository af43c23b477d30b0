"""What is said when a card, its job, its keys, its blank or its holder stands in the way of a request."""

from collections.abc import Callable

from google.rpc import code_pb2

from gateway.card import CardNotTrusted, CardSecurityError, MalformedCardData, PasswordRefused, SessionDead
from gateway.card_profile import CardProfileProblem, ContentProblem
from gateway.card_reading import CardNotRecognised, CardReadingError, CredentialNeeded
from gateway.holder_check import HolderCheckError, TryJournalFull
from gateway.personalisation import (
    AccessNotHeld,
    AlreadyPersonal,
    BlankNotInStock,
    CardBarred,
    CardKeysMissing,
    CardOfAnotherJob,
    CardPending,
    ChipUnsuited,
    ImageUnfit,
    JobBusy,
    JobClosed,
    JobExpired,
    JobForAnotherGateway,
    JobInvalid,
    JobReplayed,
    JobSignatureInvalid,
    JobUnknown,
    JournalError,
    JournalFull,
    NoRoom,
    NothingPending,
    PersonalisationError,
    PinBlocked,
    PinRefused,
    ProfileChanged,
    ReadBackDiffers,
    ReaderBusy,
    ReasonInvalid,
    StockRefused,
    TestKeysRefused,
    WrongCard,
)
from gateway.service.card_errors import (
    BiodataOfAnother,
    CaptureNotForHolder,
    CardNotGenuine,
    CardProfileUnfit,
    CardProfileUnknown,
    CardServiceError,
    EnrolmentHasCard,
    NoFingerSeen,
    NoHolderRule,
    NotPrintReady,
    SealKeyChanged,
)
from gateway.service.refusal import Refusal, row

Row = Callable[[BaseException], Refusal]

PRECONDITION, ARGUMENT = code_pb2.FAILED_PRECONDITION, code_pb2.INVALID_ARGUMENT


def _stands(reason: str, id_text: str, code: int = PRECONDITION) -> Row:
    """The English words are the error's own: they have serial numbers and remedies."""
    return row(code, reason, f"{id_text} ({{error}})", "{error}")


def _content(error: BaseException) -> Refusal:
    assert isinstance(error, ContentProblem)
    metadata = {"file": error.file, "fault": error.fault.value}
    return Refusal(PRECONDITION, "CARD_CONTENT_UNFIT", error.words, metadata)


ROWS: dict[type, Row] = {
    JobInvalid: _stands("JOB_INVALID", "Berkas pekerjaan kartu tidak sah.", ARGUMENT),
    JobSignatureInvalid: row(
        code_pb2.PERMISSION_DENIED,
        "JOB_SIGNATURE_INVALID",
        "Tanda tangan pekerjaan kartu tidak sah; mintalah lagi kepada pusat. ({error})",
        "{error}",
    ),
    JobForAnotherGateway: _stands("JOB_FOR_ANOTHER_GATEWAY", "Pekerjaan kartu ini untuk gateway lain."),
    JobExpired: _stands("JOB_EXPIRED", "Masa pekerjaan kartu ini sudah lewat; mintalah yang baru."),
    JobReplayed: _stands("JOB_REPLAYED", "Pekerjaan kartu ini sudah pernah diterima.", code_pb2.ALREADY_EXISTS),
    JobUnknown: _stands("NOT_FOUND", "Pekerjaan kartu tidak ditemukan.", code_pb2.NOT_FOUND),
    JobClosed: _stands("JOB_CLOSED", "Pekerjaan kartu ini sudah ditutup; mintalah yang baru."),
    JobBusy: row(
        code_pb2.ABORTED,
        "JOB_BUSY",
        "Pekerjaan kartu ini sedang dikerjakan; tunggu sampai selesai. ({error})",
        "{error}",
        retry_s=lambda _: 5.0,
    ),
    ReaderBusy: row(
        code_pb2.ABORTED,
        "READER_BUSY",
        "Pembaca kartu sedang dipakai; tunggu, atau pakai yang lain. ({error})",
        "{error}",
        retry_s=lambda _: 5.0,
    ),
    ImageUnfit: _stands("IMAGE_UNFIT", "Isi kartu tidak sesuai dengan profil atau pekerjaannya."),
    ProfileChanged: _stands("PROFILE_CHANGED", "Profil kartu berubah sejak pekerjaan ini diterima."),
    TestKeysRefused: _stands(
        "TEST_KEYS_REFUSED", "Kunci kartu adalah kunci uji yang diketahui umum; kartu asli tidak dibuat dengannya."
    ),
    CardKeysMissing: _stands("CARD_KEYS_MISSING", "Kunci penerbit untuk profil ini belum dipasang."),
    ReasonInvalid: _stands("REASON_INVALID", "Alasan harus berupa kode, misalnya CARD_GONE.", ARGUMENT),
    ChipUnsuited: _stands("CHIP_UNSUITED", "Jenis kartu ini bukan untuk profil tersebut; ambil blangko lain."),
    NoRoom: _stands("CARD_NO_ROOM", "Ruang pada cip tidak cukup; ambil blangko lain."),
    AlreadyPersonal: _stands("CARD_ALREADY_PERSONAL", "Kartu ini sudah berisi; ambil blangko lain."),
    CardOfAnotherJob: _stands("CARD_OF_ANOTHER_JOB", "Kartu ini milik pekerjaan lain; ambil blangko lain."),
    WrongCard: _stands("CARD_WRONG", "Bukan kartu yang ditunggu; pasang kartu yang benar."),
    CardBarred: _stands("CARD_BARRED", "Kartu ini sudah dinyatakan rusak: musnahkan, ambil blangko lain."),
    BlankNotInStock: _stands("BLANK_NOT_IN_STOCK", "Nomor seri kartu ini tidak ada dalam persediaan blangko."),
    PinBlocked: _stands("PIN_BLOCKED", "PIN kartu terblokir."),
    PinRefused: _stands("PIN_REFUSED", "PIN blangko tidak diterima kartu."),
    ReadBackDiffers: _stands("CARD_READ_BACK_DIFFERS", "Isi yang terbaca kembali dari kartu berbeda."),
    AccessNotHeld: _stands("CARD_ACCESS_NOT_HELD", "Kartu tidak memegang aturan akses profilnya."),
    CardPending: row(
        PRECONDITION,
        "CARD_PENDING",
        "Kartu {serial} belum selesai: jangan diserahkan. Pasang kartu yang sama lalu lanjutkan pekerjaannya; bila "
        "hilang atau rusak, hapus bukukan. ({error})",
        "{error}",
        metadata=lambda e: {"serial": e.serial},
    ),
    NothingPending: _stands("NOTHING_PENDING", "Tidak ada kartu pekerjaan ini yang menunggu."),
    StockRefused: _stands("STOCK_REFUSED", "Persediaan blangko tidak dapat dicatat demikian.", ARGUMENT),
    JournalFull: _stands(
        "JOURNAL_FULL", "Disk penuh: kartu baru tidak dimulai; yang tercatat aman.", code_pb2.RESOURCE_EXHAUSTED
    ),
    JournalError: _stands("JOURNAL_UNUSABLE", "Jurnal kartu tidak dapat dipakai."),
    PersonalisationError: _stands("PERSONALISATION_FAILED", "Kartu tidak dapat dibuat."),
    ContentProblem: _content,
    CardProfileProblem: _stands("CARD_PROFILE_INVALID", "Profil kartu tidak dapat dipakai."),
    CardNotRecognised: _stands("CARD_NOT_RECOGNISED", "Kartu ini tidak dikenal di sini."),
    CredentialNeeded: row(
        PRECONDITION,
        "CREDENTIAL_NEEDED",
        "Kartu ini terbuka hanya dengan kata sandinya (MRZ, CAN atau PIN); masukkan lalu baca lagi. ({error})",
        "{error}",
        metadata=lambda e: {"any_of": ",".join(each.value for each in e.any_of)},
    ),
    CardReadingError: _stands("CARD_UNREADABLE", "Kartu tidak dapat dibaca."),
    PasswordRefused: row(
        PRECONDITION,
        "CARD_PASSWORD_REFUSED",
        "Kartu menolak kata sandi itu; periksa dan masukkan lagi. ({error})",
        "{error}",
        metadata=lambda e: {"tries_left": "" if e.tries_left is None else str(e.tries_left)},
    ),
    CardNotTrusted: _stands("CARD_NOT_TRUSTED", "Kartu tidak membuktikan bahwa ia memegang kunci penerbit."),
    SessionDead: row(
        code_pb2.ABORTED,
        "CARD_SESSION_DEAD",
        "Sesi aman dengan kartu berakhir; mulai lagi dengan kartu itu. ({error})",
        "{error}",
        retry_s=lambda _: 1.0,
    ),
    MalformedCardData: _stands("CARD_MALFORMED", "Isi kartu tidak terbaca: mungkin rusak."),
    CardSecurityError: _stands("CARD_SECURITY", "Kartu dan gateway tidak dapat saling percaya."),
    TryJournalFull: _stands("JOURNAL_FULL", "Disk penuh: percobaan tidak dapat dihitung.", code_pb2.RESOURCE_EXHAUSTED),
    HolderCheckError: _stands("HOLDER_CHECK_UNUSABLE", "Jurnal pemeriksaan pemegang tidak dapat dipakai."),
    CardProfileUnknown: _stands("CARD_PROFILE_UNKNOWN", "Profil kartu tidak ditemukan.", code_pb2.NOT_FOUND),
    CardProfileUnfit: _stands("CARD_PROFILE_INVALID", "Berkas profil kartu tidak dapat dipakai."),
    NotPrintReady: row(
        PRECONDITION,
        "NOT_PRINT_READY",
        "Pusat belum menyatakan penduduk ini tunggal; tunggu kabar pusat (`rekam status`) sebelum membuat kartu.",
        "{error}",
        metadata=lambda e: {"status": e.status},
    ),
    EnrolmentHasCard: row(
        code_pb2.ALREADY_EXISTS,
        "ENROLMENT_HAS_CARD",
        "Penduduk ini sudah memiliki kartu, atau kartunya sedang dibuat (pekerjaan {job_id}).",
        "{error}",
        metadata=lambda e: {"job_id": e.job_id},
    ),
    BiodataOfAnother: _stands("BIODATA_OF_ANOTHER", "Biodata itu milik orang lain, bukan orang yang direkam."),
    SealKeyChanged: _stands("SEAL_KEY_CHANGED", "Kunci gateway berganti sejak pekerjaan kartu ini diterima."),
    CaptureNotForHolder: _stands("CAPTURE_NOT_FOR_HOLDER", "Rekaman jari itu tidak dapat dipakai untuk kartu ini."),
    NoHolderRule: _stands("NO_HOLDER_RULE", "Profil kartu ini tidak memuat templat jari."),
    NoFingerSeen: row(
        code_pb2.DEADLINE_EXCEEDED,
        "NO_FINGER_SEEN",
        "Tidak ada jari dalam waktu yang ditentukan; percobaan tidak berkurang. Minta pemegang meletakkan jarinya.",
        "{error}",
    ),
    CardNotGenuine: row(
        PRECONDITION,
        "CARD_NOT_GENUINE",
        "Isi kartu bukan yang ditandatangani penerbitnya: jangan diserahkan, simpan, laporkan. ({error})",
        "{error}",
        metadata=lambda e: {f"failure_{number}": text for number, text in enumerate(e.failures, 1)},
    ),
    CardServiceError: _stands("CARD_FAILED", "Kartu tidak dapat diproses."),
}
