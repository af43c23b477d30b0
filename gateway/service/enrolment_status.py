"""The rows of the error table that are about enrolments: status and words; the reason is the error's own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.rpc import code_pb2
from rekam.v1 import enrolment_pb2

from gateway.enrolment import (
    ApprovalRefused,
    AuditUnavailable,
    CaptureChanged,
    CaptureNotFound,
    CaptureOfAnother,
    CaptureUnfit,
    DuplicatesUnavailable,
    EnrolmentError,
    EnrolmentUnknown,
    ExceptionRefused,
    ImageRefused,
    NotComparable,
    PartUnknown,
    ProfileProblem,
    ProfileUnknown,
    ReferenceFault,
    ReferenceInvalid,
    SealingFailed,
    SealingFull,
    SealingRefused,
    StoreCorrupt,
    StoreFull,
    StoreTooNew,
    StoreUnwritable,
    SupplementRefused,
    VersionConflict,
    WrongState,
)
from gateway.guidance import LocalizedText
from gateway.service.enrolment_messages import lack


@dataclass(frozen=True)
class EnrolmentRow:
    """How one error of the enrolment room is told.

    Parameters
    ----------
    code : int
        A `google.rpc.Code`.
    words : callable
        Of the error, in both languages.
    metadata : callable
        Of the error: what a program can act on.
    field : str
        The field of the request that is wrong; empty where none is.
    retry_s : float or None
    details : callable
        Of the error: messages that the status carries besides.
    """

    code: int
    words: Callable[[Any], LocalizedText]
    metadata: Callable[[Any], dict[str, str]] = lambda _: {}
    field: str = ""
    retry_s: float | None = None
    details: Callable[[Any], tuple[enrolment_pb2.EnrolmentLacks, ...]] = lambda _: ()


def _said(indonesian: str) -> Callable[[EnrolmentError], LocalizedText]:
    """The error's own words; where it has them in English alone, in Indonesian what happened, and the rest as it is."""
    return lambda error: error.words or LocalizedText(id=f"{indonesian}: {error}", en=str(error))


_FAULTS = {
    ReferenceFault.NOT_DIGITS: "NIK memuat sesuatu selain angka 0 sampai 9. Ketik lagi, angka saja.",
    ReferenceFault.LENGTH: "NIK harus terdiri atas 16 angka. Ketik lagi dari kartu keluarga.",
    ReferenceFault.PROVINCE: "Dua angka pertama NIK bukan kode provinsi (11 sampai 96). Ketik lagi.",
    ReferenceFault.DAY: "Angka ke-7 dan ke-8 NIK bukan tanggal lahir (01 sampai 31, atau 41 sampai 71). Ketik lagi.",
    ReferenceFault.MONTH: "Angka ke-9 dan ke-10 NIK bukan bulan (01 sampai 12). Ketik lagi.",
    ReferenceFault.SERIAL: "Empat angka terakhir NIK bukan nomor urut (0001 sampai 9999). Ketik lagi.",
    ReferenceFault.PATTERN: "Bentuk nomor permohonan tidak sesuai. Ketik lagi seperti tertulis pada permohonan.",
    ReferenceFault.KIND: "Berikan satu acuan yang diterima profil ini: NIK atau nomor permohonan.",
}


def _incomplete(error: SealingRefused) -> LocalizedText:
    causes = " ".join(each.cause.id for each in error.lacks)
    remedies = " ".join(dict.fromkeys(each.remedy.id for each in error.lacks))
    return LocalizedText(id=f"{causes} {remedies}", en=str(error))


ROWS: dict[type[EnrolmentError], EnrolmentRow] = {
    EnrolmentUnknown: EnrolmentRow(code_pb2.NOT_FOUND, _said("Perekaman orang ini tidak ditemukan")),
    ProfileUnknown: EnrolmentRow(code_pb2.NOT_FOUND, _said("Profil tidak ditemukan")),
    ProfileProblem: EnrolmentRow(code_pb2.FAILED_PRECONDITION, _said("Profil tidak dapat dipakai")),
    ReferenceInvalid: EnrolmentRow(
        code_pb2.INVALID_ARGUMENT,
        lambda error: LocalizedText(id=_FAULTS[error.fault], en=str(error)),
        lambda error: {"fault": str(error.fault)},
        field="reference",
    ),
    VersionConflict: EnrolmentRow(
        code_pb2.ABORTED,
        _said("Perekaman sudah diubah di tempat lain; lihat lagi, lalu ulangi bila masih perlu"),
        lambda error: {"seen_version": str(error.seen), "current_version": str(error.current)},
    ),
    WrongState: EnrolmentRow(code_pb2.FAILED_PRECONDITION, _said("Perekaman orang ini tidak sedang terbuka")),
    CaptureNotFound: EnrolmentRow(code_pb2.NOT_FOUND, _said("Hasil rekam tidak ditemukan")),
    CaptureChanged: EnrolmentRow(
        code_pb2.FAILED_PRECONDITION, _said("Hasil rekam bukan lagi seperti saat ditandatangani; rekam lagi")
    ),
    CaptureOfAnother: EnrolmentRow(code_pb2.FAILED_PRECONDITION, _said("Hasil rekam ini milik perekaman lain")),
    CaptureUnfit: EnrolmentRow(
        code_pb2.FAILED_PRECONDITION, _said("Hasil rekam ini tidak berisi yang diminta oleh profil")
    ),
    PartUnknown: EnrolmentRow(code_pb2.INVALID_ARGUMENT, _said("Profil tidak meminta bagian ini"), field="part"),
    ExceptionRefused: EnrolmentRow(code_pb2.FAILED_PRECONDITION, _said("Bagian ini tidak boleh dinyatakan tidak ada")),
    ApprovalRefused: EnrolmentRow(code_pb2.FAILED_PRECONDITION, _said("Persetujuan ditolak")),
    ImageRefused: EnrolmentRow(code_pb2.INVALID_ARGUMENT, _said("Gambar tidak dapat dipakai"), field="image"),
    SupplementRefused: EnrolmentRow(code_pb2.FAILED_PRECONDITION, _said("Tidak ada yang dapat disusulkan")),
    SealingRefused: EnrolmentRow(
        code_pb2.FAILED_PRECONDITION,
        _incomplete,
        details=lambda error: (enrolment_pb2.EnrolmentLacks(lacks=map(lack, error.lacks)),),
    ),
    SealingFailed: EnrolmentRow(
        code_pb2.FAILED_PRECONDITION, _said("Paket tidak dapat ditulis; perekaman tetap terbuka dan utuh")
    ),
    SealingFull: EnrolmentRow(
        code_pb2.RESOURCE_EXHAUSTED,
        _said("Cakram penuh; perekaman tetap terbuka dan utuh, kosongkan ruang lalu ulangi"),
    ),
    AuditUnavailable: EnrolmentRow(
        code_pb2.FAILED_PRECONDITION, _said("Jejak audit tidak dapat ditulis; perekaman tetap terbuka dan utuh")
    ),
    DuplicatesUnavailable: EnrolmentRow(
        code_pb2.FAILED_PRECONDITION, _said("Pencarian data ganda tidak dapat dilakukan")
    ),
    NotComparable: EnrolmentRow(code_pb2.FAILED_PRECONDITION, lambda error: error.words),
    StoreFull: EnrolmentRow(code_pb2.RESOURCE_EXHAUSTED, _said("Cakram penuh; yang sudah terekam tetap aman")),
    StoreUnwritable: EnrolmentRow(code_pb2.FAILED_PRECONDITION, _said("Jurnal perekaman tidak dapat ditulis")),
    StoreCorrupt: EnrolmentRow(
        code_pb2.DATA_LOSS, _said("Jurnal perekaman rusak; simpan berkasnya dan periksa cakram")
    ),
    StoreTooNew: EnrolmentRow(
        code_pb2.FAILED_PRECONDITION, _said("Jurnal perekaman dibuat oleh versi yang lebih baru")
    ),
    EnrolmentError: EnrolmentRow(code_pb2.FAILED_PRECONDITION, _said("Permintaan atas perekaman ini ditolak")),
}
"""By error; of one without a row its parent's holds."""
