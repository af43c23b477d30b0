"""What is said when the way to the centre, or to a resident, is not open: link, outbox, stick, statuses, call-backs."""

from collections.abc import Callable

from google.rpc import code_pb2

from gateway.bundle import BundleError, BundleUnknown, SourceChanged
from gateway.callback import CallbackError, CallbackUnknown
from gateway.forwarding import ForwardingError, OutboxFull, PacketUnknown, RetryRefused
from gateway.ledger import LedgerError, StandingUnknown, StatusRefused
from gateway.link import AnnouncementRefused, HistoryCorrupt, LinkError
from gateway.service.errors import (
    NotSealedError,
    TemplatesUnusableError,
    UploadOutOfStepError,
)
from gateway.service.refusal import Refusal, row

ROWS: dict[type, Callable[[BaseException], Refusal]] = {
    AnnouncementRefused: row(
        code_pb2.INVALID_ARGUMENT,
        "ANNOUNCEMENT_INVALID",
        "Pengumuman tidak dapat diterima: {error}",
        "The announcement cannot be taken: {error}",
    ),
    HistoryCorrupt: row(
        code_pb2.DATA_LOSS,
        "STATE_CORRUPT",
        "Catatan gangguan jaringan rusak: {error}",
        "The record of outages is damaged: {error}",
    ),
    LinkError: row(
        code_pb2.FAILED_PRECONDITION,
        "STATE_UNWRITABLE",
        "Catatan gangguan jaringan tidak dapat dipakai: {error}",
        "The record of outages cannot be used: {error}",
    ),
    UploadOutOfStepError: row(
        code_pb2.FAILED_PRECONDITION,
        "UPLOAD_OUT_OF_STEP",
        "Bagian berkas tidak berurutan: yang ditunggu mulai dari bita {received}. Kirim lagi dari sana.",
        "The parts of the file are out of order: the one from byte {received} on is due. Send it from there again.",
        metadata=lambda e: {"received": str(e.received)},
    ),
    BundleUnknown: row(code_pb2.NOT_FOUND, "NOT_FOUND", "{words.id}", "{words.en}"),
    SourceChanged: row(code_pb2.FAILED_PRECONDITION, "PACKET_CHANGED", "{words.id}", "{words.en}"),
    BundleError: row(code_pb2.FAILED_PRECONDITION, "BUNDLES_UNUSABLE", "{words.id}", "{words.en}"),
    OutboxFull: row(
        code_pb2.RESOURCE_EXHAUSTED,
        "SPOOL_FULL",
        "Yang menunggu pusat sudah mencapai batasnya; semua yang sudah direkam tetap aman: {error}",
        "What waits for the centre has reached its limit: {error}",
    ),
    PacketUnknown: row(code_pb2.NOT_FOUND, "NOT_FOUND", "Paket tidak ditemukan: {error}", "{error}"),
    RetryRefused: row(code_pb2.FAILED_PRECONDITION, "RETRY_REFUSED", "Paket dibiarkan apa adanya: {error}", "{error}"),
    ForwardingError: row(
        code_pb2.FAILED_PRECONDITION,
        "OUTBOX_UNUSABLE",
        "Daftar kirim tidak dapat dipakai: {error}",
        "The outbox cannot be used: {error}",
    ),
    StandingUnknown: row(code_pb2.NOT_FOUND, "NOT_FOUND", "Perekaman tidak ditemukan: {error}", "{error}"),
    StatusRefused: row(code_pb2.FAILED_PRECONDITION, "STATUS_REFUSED", "Status tidak diubah: {error}", "{error}"),
    LedgerError: row(
        code_pb2.FAILED_PRECONDITION,
        "LEDGER_UNUSABLE",
        "Daftar status tidak dapat dipakai: {error}",
        "The ledger of statuses cannot be used: {error}",
    ),
    CallbackUnknown: row(
        code_pb2.NOT_FOUND,
        "NOT_FOUND",
        "Tidak ada {kind} dengan nama {name}.",
        "There is no {kind} named {name}.",
        metadata=lambda e: {"kind": e.kind, "name": e.name},
    ),
    CallbackError: row(
        code_pb2.FAILED_PRECONDITION,
        "CALLBACKS_UNUSABLE",
        "Daftar panggil balik tidak dapat dipakai: {error}",
        "The call-back list cannot be used: {error}",
    ),
    TemplatesUnusableError: row(
        code_pb2.FAILED_PRECONDITION,
        "TEMPLATES_UNUSABLE",
        "Templat kantor ini tidak dapat dipakai: {error}. Perbaiki berkasnya; perubahan berlaku seketika.",
        "The office's own words cannot be used: {error}. Mend the file; a change is taken at once.",
    ),
    NotSealedError: row(
        code_pb2.FAILED_PRECONDITION,
        "NOT_SEALED",
        "Perekaman {name} belum disegel; tanda terima diberikan setelah disegel.",
        "Enrolment {name} is not sealed; a slip is given once it is.",
    ),
}
