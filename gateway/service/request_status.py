"""What is said of a request that is wrong, not allowed, too much, or late."""

from collections.abc import Callable

from google.rpc import code_pb2

from gateway.desks import CertificateRefused
from gateway.events import FellBehindError
from gateway.service.errors import (
    BadArgumentError,
    ClockUntrustedError,
    InvalidRequestError,
    NotFoundError,
    OriginDeniedError,
    PairingRequiredError,
    RoleDeniedError,
    SlowReaderError,
    StoppingError,
    TooManyRequestsError,
    TooManyTriesError,
)
from gateway.service.refusal import Refusal, row

ROWS: dict[type, Callable[[BaseException], Refusal]] = {
    NotFoundError: row(
        code_pb2.NOT_FOUND,
        "NOT_FOUND",
        "Tidak ada {kind} dengan nama {name}.",
        "There is no {kind} named {name}.",
        metadata=lambda e: {"kind": e.kind, "name": e.name},
    ),
    BadArgumentError: row(
        code_pb2.INVALID_ARGUMENT,
        "INVALID_ARGUMENT",
        "Permintaan tidak dapat dipakai: {error}.",
        "The request cannot be used: {error}.",
        violations=True,
    ),
    InvalidRequestError: row(
        code_pb2.INVALID_ARGUMENT,
        "INVALID_ARGUMENT",
        "Permintaan tidak dapat dipakai: {error}.",
        "The request cannot be used: {error}.",
        violations=True,
    ),
    RoleDeniedError: row(
        code_pb2.PERMISSION_DENIED,
        "ROLE_DENIED",
        "Anda memerlukan peran {needed}.",
        "This needs the role {needed}.",
        metadata=lambda e: {"needed": e.needed},
    ),
    OriginDeniedError: row(
        code_pb2.PERMISSION_DENIED, "ORIGIN_DENIED", "Asal halaman tidak diizinkan.", "This origin is not allowed."
    ),
    CertificateRefused: row(
        code_pb2.UNAUTHENTICATED,
        "CERTIFICATE_REFUSED",
        "{words_id}",
        "{words_en}",
        metadata=lambda e: {"cause": e.cause},
    ),
    PairingRequiredError: row(
        code_pb2.UNAUTHENTICATED,
        "PAIRING_REQUIRED",
        "Halaman ini belum dipasangkan dengan gateway; mintalah kode dan ketikkan (Pair).",
        "This page is not paired with the gateway; ask for a code and type it in (Pair).",
    ),
    TooManyRequestsError: row(
        code_pb2.RESOURCE_EXHAUSTED,
        "TOO_MANY_REQUESTS",
        "Terlalu banyak permintaan; tunggu sebentar.",
        "Too many requests; wait a moment.",
        retry_s=lambda e: e.retry_s,
    ),
    SlowReaderError: row(
        code_pb2.RESOURCE_EXHAUSTED,
        "SLOW_READER",
        "Pembaca tertinggal terlalu jauh; mulailah lagi tanpa from_seq.",
        "The reader is too far behind; begin again without from_seq.",
    ),
    FellBehindError: row(
        code_pb2.RESOURCE_EXHAUSTED,
        "SLOW_READER",
        "Pembaca tertinggal terlalu jauh; mulailah lagi tanpa from_seq.",
        "The reader is too far behind; begin again without from_seq.",
        metadata=lambda e: {"oldest_seq": str(e.oldest)},
    ),
    ClockUntrustedError: row(
        code_pb2.FAILED_PRECONDITION,
        "CLOCK_UNTRUSTED",
        "Jam komputer ini tidak dapat dipercaya, sehingga umur data tidak diketahui; tidak ada yang dihapus. "
        "Sinkronkan jam (`timedatectl`), atau nyatakan bahwa jam sudah benar (`--clock-is-right`).",
        "This machine's clock cannot be trusted, so nobody knows how old anything is; nothing was erased. "
        "Synchronise it (`timedatectl`), or state that it is right (`--clock-is-right`).",
    ),
    StoppingError: row(
        code_pb2.UNAVAILABLE,
        "STOPPING",
        "Gateway sedang berhenti; sambungkan lagi sebentar kemudian.",
        "The gateway is stopping; connect again in a moment.",
        retry_s=lambda _: 2.0,
    ),
    TooManyTriesError: row(
        code_pb2.RESOURCE_EXHAUSTED,
        "TOO_MANY_TRIES",
        "Terlalu banyak percobaan; tunggu sebentar.",
        "Too many tries; wait a moment.",
        retry_s=lambda e: e.retry_s,
    ),
}
