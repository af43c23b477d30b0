"""How a request fails, for any door: reason, words in both languages, and google.rpc's details."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from gateway.guidance import LocalizedText

DOMAIN = "rekam"


@dataclass(frozen=True)
class Refusal:
    """How a request fails, for any door."""

    code: int
    """A `google.rpc.Code`."""
    reason: str
    message: LocalizedText
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    retry_s: float | None = None
    violations: tuple[tuple[str, str], ...] = ()
    details: tuple[Message, ...] = ()
    """Messages of ours that the status carries besides."""


def unexpected() -> Refusal:
    """What a bug looks like from outside: no text of it leaves."""
    return Refusal(
        code_pb2.INTERNAL,
        "INTERNAL",
        LocalizedText(
            id="Kesalahan dalam gateway; rinciannya ada di catatan log.",
            en="A fault inside the gateway; its log has the details.",
        ),
    )


def to_status(refusal: Refusal) -> status_pb2.Status:
    """The refusal as `google.rpc.Status` with its details."""
    details: list[Any] = [
        error_details_pb2.ErrorInfo(domain=DOMAIN, reason=refusal.reason, metadata=dict(refusal.metadata)),
        error_details_pb2.LocalizedMessage(locale="id", message=refusal.message.id),
        error_details_pb2.LocalizedMessage(locale="en", message=refusal.message.en),
    ]
    if refusal.retry_s is not None:
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(int(max(0.0, refusal.retry_s) * 1e9))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    if refusal.violations:
        bad = error_details_pb2.BadRequest()
        for name, description in refusal.violations:
            bad.field_violations.add(field=name, description=description)
        details.append(bad)
    details += refusal.details
    status = status_pb2.Status(code=refusal.code, message=refusal.message.en)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def row(
    code: int,
    reason: str,
    id_text: str,
    en_text: str,
    *,
    retry_s: Callable[[Any], float] | None = None,
    metadata: Callable[[Any], dict[str, str]] | None = None,
    violations: bool = False,
) -> Callable[[BaseException], Refusal]:
    """A row of the table: how errors of one kind become refusals.

    Parameters
    ----------
    code : int
        A `google.rpc.Code`.
    reason : str
        What programs go by.
    id_text, en_text : str
        Words with fields: `{error}` and the error's attributes.
    retry_s, metadata : callable, optional
        Of the error.
    violations : bool
        Whether the error names fields of the request, as `violations`.
    """

    def refusal(error: BaseException) -> Refusal:
        words = {"error": str(error), **vars(error)}
        return Refusal(
            code,
            reason,
            LocalizedText(id=id_text.format(**words), en=en_text.format(**words)),
            metadata(error) if metadata else {},
            retry_s(error) if retry_s else None,
            error.violations if violations else (),  # type: ignore[attr-defined]
        )

    return refusal
