"""`rekam callbacks`: whom the office calls back, and the notices that tell them."""

import uuid
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.callbacks_text import PURPOSES, line_document, notice_document, tell_lines, tell_notices
from gateway.cli.connection import connect
from gateway.cli.documents import localized
from gateway.cli.exits import ExitStatus, bad_usage
from gateway.cli.output import finish, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import callback_pb2

callbacks = typer.Typer(help="Whom the office calls back, and the notices that tell them.", no_args_is_help=True)

SEND_S = 300.0
"""A modem that has to be reset first takes a minute, and each message some seconds."""


class Wanted(StrEnum):
    """What a person waits for, as it is typed."""

    SERVICE_BACK = "service-back"
    CARD_READY = "card-ready"


class Language(StrEnum):
    """In which a person is told."""

    ID = "id"
    EN = "en"


@callbacks.callback()
def _callbacks() -> None:
    """Whom the office calls back, and the notices that tell them."""


@callbacks.command()
def add(
    name: Annotated[str, typer.Argument(help="A name or initials.")],
    phone: Annotated[str, typer.Argument(help="As the person says it: 0812-3456-7890.")],
    operator: Annotated[str, typer.Option("--operator", metavar="NAME", help="Who asked the person.")],
    reference: Annotated[
        str,
        typer.Option("--card", metavar="NUMBER", help="Waits for the card of this reference; else for the service."),
    ] = "",
    consent: Annotated[
        bool, typer.Option("--consent", help="The person was asked, and agreed to be sent messages.")
    ] = False,
    language: Annotated[Language, typer.Option("--language", help="In which the person is told.")] = Language.ID,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Put somebody on the list. Without --consent nothing is ever sent: the person is on the printed list alone."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import callback_pb2

        request = callback_pb2.AddCallbackRequest(
            name=name,
            phone=phone,
            purpose=_purpose(Wanted.CARD_READY if reference else Wanted.SERVICE_BACK),
            reference=reference,
            consent=consent,
            language=language.value,
            operator=operator,
            idempotency_key=str(uuid.uuid4()),
        )
        with connect(gateway, state) as client:
            answer = client.call("CallbackService/AddCallback", request, callback_pb2.AddCallbackResponse)
        expires = answer.expires_at.ToDatetime()
        output.document({"callback_id": answer.callback_id, "expires_at": f"{expires.isoformat()}Z"})
        if not as_json:
            output.say(f"{answer.callback_id}  {in_words(_UNTIL)} {expires:%Y-%m-%d}")
        if not consent:
            output.note(in_words(_NO_CONSENT))


@callbacks.command("list")
def list_(
    purpose: Annotated[Wanted | None, typer.Option("--for", help="Who waits for this alone.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Numbers in full, to print and to call from.")] = False,
    notices: Annotated[bool, typer.Option("--notices", help="The notices and how they stand, without people.")] = False,
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show the list, the first to ask first."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import callback_pb2

        with connect(gateway, state) as client:
            if notices:
                told = client.call(
                    "CallbackService/ListNotices",
                    callback_pb2.ListNoticesRequest(),
                    callback_pb2.ListNoticesResponse,
                ).notices
                output.document({"notices": [notice_document(each) for each in told]})
                if not as_json:
                    tell_notices(told, output)
                return
            request = callback_pb2.ListCallbacksRequest(
                purpose=callback_pb2.CALLBACK_PURPOSE_UNSPECIFIED if purpose is None else _purpose(purpose),
                full_numbers=full,
                operator=operator,
            )
            lines = client.call("CallbackService/ListCallbacks", request, callback_pb2.ListCallbacksResponse).callbacks
        output.document({"callbacks": [line_document(each) for each in lines]})
        if not as_json:
            tell_lines(lines, output)


@callbacks.command()
def remove(
    callback_id: Annotated[str, typer.Argument(metavar="ID", help="As `rekam callbacks list` shows it.")],
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Take somebody off the list, with what waits to be sent to them. Nothing of it stays on the disk."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import callback_pb2

        request = callback_pb2.RemoveCallbackRequest(callback_id=callback_id, operator=operator)
        with connect(gateway, state) as client:
            client.call("CallbackService/RemoveCallback", request, callback_pb2.RemoveCallbackResponse)
        output.document({"callback_id": callback_id})
        if not as_json:
            output.say(f"{callback_id} {in_words(_REMOVED)}")


@callbacks.command()
def send(
    outage: Annotated[
        str,
        typer.Option("--service-back", metavar="OUTAGE", help="Tell who waits for the service; names what is over."),
    ] = "",
    card: Annotated[
        str, typer.Option("--card-ready", metavar="NUMBER", help="Tell who waits for the card of this reference.")
    ] = "",
    retry: Annotated[
        str, typer.Option("--retry", metavar="NOTICE", help="Send a failed or uncertain notice once more.")
    ] = "",
    clock_is_right: Annotated[
        bool, typer.Option("--clock-is-right", help="You looked: the clock is right, though it is not synchronised.")
    ] = False,
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Write notices for an occasion, and send what may leave now.

    Nobody is told twice of one occasion, however often this is given. Notices that cannot leave now, at night for
    one, leave by themselves later. Exit status 3 where something failed, is uncertain, or is held.
    """
    with reporting(as_json=as_json) as output:
        if sum(map(bool, (outage, card, retry))) > 1:
            raise bad_usage("--service-back, --card-ready and --retry exclude each other.")
        from rekam.v1 import callback_pb2

        document: dict[str, Any] = {}
        with connect(gateway, state) as client:
            if retry:
                again = callback_pb2.RetryNoticeRequest(notice_id=retry, operator=operator)
                client.call("CallbackService/RetryNotice", again, callback_pb2.RetryNoticeResponse)
            if outage or card:
                request = callback_pb2.QueueNoticesRequest(
                    purpose=_purpose(Wanted.CARD_READY if card else Wanted.SERVICE_BACK),
                    occasion=outage or card,
                    operator=operator,
                )
                queued = client.call("CallbackService/QueueNotices", request, callback_pb2.QueueNoticesResponse)
                document |= {
                    "queued": queued.queued,
                    "already": queued.already,
                    "without_consent": queued.without_consent,
                    "refused": list(queued.refused_callback_ids),
                }
                if not as_json:
                    output.say(
                        f"{queued.queued} {in_words(_QUEUED)}, {queued.already} {in_words(_ALREADY)}, "
                        f"{queued.without_consent} {in_words(_UNASKED)}"
                    )
                for callback_id in queued.refused_callback_ids:
                    output.note(f"{callback_id}: {in_words(_REFUSED)}")
            ask = callback_pb2.SendNoticesRequest(clock_is_right=clock_is_right, operator=operator)
            done = client.call("CallbackService/SendNotices", ask, callback_pb2.SendNoticesResponse, timeout_s=SEND_S)
        counts = {name: getattr(done, name) for name in ("sent", "waiting", "failed", "uncertain", "reports")}
        held = localized(done.held_words)
        document |= {**counts, "held": done.held or None, "held_words": {"id": held.id, "en": held.en}}
        output.document(document)
        if not as_json:
            output.say("  ".join(f"{in_words(words)} {counts[name]}" for name, words in _COUNTS.items()))
        if done.held:
            output.note(in_words(held))
        unhappy = done.failed or done.uncertain or done.held or document.get("refused")
        finish(ExitStatus.OUTCOME if unhappy else ExitStatus.DONE)


@callbacks.command()
def modem(
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """How messages leave, and how the modem stands: SIM card, network, signal. Exit status 3 where none can leave."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import callback_pb2

        with connect(gateway, state) as client:
            found = client.call(
                "CallbackService/GetWayOut",
                callback_pb2.GetWayOutRequest(),
                callback_pb2.GetWayOutResponse,
                timeout_s=SEND_S,
            )
        problem = localized(found.problem) if found.HasField("problem") else None
        output.document(
            {
                "kind": found.kind,
                "sim": found.sim or None,
                "registered": found.registered if found.kind == "modem" else None,
                "signal_dbm": found.signal_dbm if found.HasField("signal_dbm") else None,
                "spent_today": found.spent_today,
                "messages_per_day": found.messages_per_day,
                "problem": None if problem is None else {"id": problem.id, "en": problem.en},
            }
        )
        if not as_json:
            output.say(f"{found.kind}  {found.spent_today}/{found.messages_per_day}")
            if found.sim:
                signal = f"{found.signal_dbm} dBm" if found.HasField("signal_dbm") else "-"
                network = in_words(_REGISTERED if found.registered else _NO_NETWORK)
                output.say(f"SIM {found.sim}  {network}  {signal}")
        if problem is not None:
            output.note(in_words(problem))
        ready = found.kind == "http" or (found.sim == "READY" and found.registered)
        finish(ExitStatus.DONE if ready and problem is None else ExitStatus.OUTCOME)


@callbacks.command()
def check(
    file: Annotated[Path, typer.Argument(help="The office's own words of the notices, TOML.")],
    as_json: options.Json = False,
) -> None:
    """Say what is wrong with a file of words, and what its messages cost. Needs no gateway.

    Exit status 3 where the file cannot be used.
    """
    with reporting(as_json=as_json) as output:
        from gateway.callback.templates import check_templates

        problems = check_templates(file)
        fatal = any(each.fatal for each in problems)
        output.document(
            {
                "usable": not fatal,
                "problems": [
                    {"template": each.template, "problem": each.problem, "fatal": each.fatal} for each in problems
                ],
            }
        )
        if not as_json:
            for each in problems:
                output.say(f"{'x' if each.fatal else '!'} {each.template or file}: {each.problem}")
            output.say(in_words(_UNUSABLE if fatal else _USABLE))
        finish(ExitStatus.OUTCOME if fatal else ExitStatus.DONE)


def _purpose(wanted: Wanted) -> "callback_pb2.CallbackPurpose":
    from rekam.v1 import callback_pb2

    return callback_pb2.CallbackPurpose.Value(PURPOSES[wanted.value])  # type: ignore[return-value]


_UNTIL = LocalizedText(id="disimpan paling lama sampai", en="kept at most until")
_NO_CONSENT = LocalizedText(
    id="Tanpa persetujuan tidak ada pesan yang dikirim; orang ini hanya ada di daftar cetak (`list --full`).",
    en="Without consent no message is sent; the person is on the printed list alone (`list --full`).",
)
_REMOVED = LocalizedText(id="dihapus", en="removed")
_QUEUED = LocalizedText(id="akan dikabari", en="to be told")
_ALREADY = LocalizedText(id="sudah dikabari atau menunggu", en="told before or waiting")
_UNASKED = LocalizedText(id="tanpa persetujuan: telepon", en="without consent: call them")
_REFUSED = LocalizedText(
    id="pesannya akan memuat yang dilarang atau terlalu panjang; perbaiki templat, atau telepon.",
    en="the message would hold what none may, or is too long; mend the template, or call.",
)
_COUNTS = {
    "sent": LocalizedText(id="terkirim", en="sent"),
    "waiting": LocalizedText(id="menunggu", en="waiting"),
    "failed": LocalizedText(id="gagal", en="failed"),
    "uncertain": LocalizedText(id="tidak pasti", en="uncertain"),
    "reports": LocalizedText(id="laporan", en="reports"),
}
_REGISTERED = LocalizedText(id="terhubung ke jaringan", en="registered with the network")
_NO_NETWORK = LocalizedText(id="tanpa jaringan", en="no network")
_USABLE = LocalizedText(id="Berkas dapat dipakai.", en="The file can be used.")
_UNUSABLE = LocalizedText(id="Berkas tidak dapat dipakai.", en="The file cannot be used.")
