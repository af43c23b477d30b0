"""`rekam enrol`: one whole person, from the first capture to the sealed packet."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage
from gateway.cli.output import Output, finish, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import enrolment_pb2

    from drivers import SyntheticPerson
    from gateway.cli.connection import GatewayClient
    from gateway.cli.enrol_flow import Attendant, Missing
    from gateway.cli.enrol_session import Clock, EnrolmentSession

SYNTHETIC_DESK = "synthetic desk"
"""The operator of synthetic persons, where none is named."""
LIST_SIZE = 100


class PersonSex(StrEnum):
    """As in the population register."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True)
class Asked:
    """What was asked of the command, checked as far as it can be without a gateway."""

    profile: str
    nik: str
    application: str
    birth_date: str
    sex: PersonSex | None
    operator: str
    resume: str
    portrait: Path | None
    signature: Path | None
    missing: "dict[str, Missing]"
    supervisor: str
    duplicates_approver: str
    person: "SyntheticPerson | None"
    timeout_s: float | None
    out: Path | None
    slip: Path | None


def enrol(
    profile: Annotated[str, typer.Option("--profile", metavar="NAME", help="What is captured, e.g. ktp-el.")] = "",
    nik: Annotated[str, typer.Option("--nik", metavar="N", help="The person's NIK, sixteen digits.")] = "",
    application: Annotated[
        str, typer.Option("--application", metavar="N", help="Number of the application, where there is no NIK.")
    ] = "",
    birth_date: Annotated[
        str, typer.Option("--birth-date", metavar="YYYY-MM-DD", help="A NIK that differs is remarked on; not kept.")
    ] = "",
    sex: Annotated[
        PersonSex | None, typer.Option("--sex", help="A NIK that differs is remarked on; it is not kept.")
    ] = None,
    operator: Annotated[str, typer.Option("--operator", metavar="NAME", help="Who sits at the desk; signed.")] = "",
    portrait: Annotated[
        Path | None,
        typer.Option("--portrait", metavar="FILE", help="JPEG or PNG, in place of the portrait camera's."),
    ] = None,
    signature: Annotated[Path | None, typer.Option("--signature", metavar="FILE", help="JPEG or PNG.")] = None,
    missing: Annotated[
        list[str] | None,
        typer.Option(
            "--missing",
            metavar="PART=REASON[:PHOTO]",
            help="E.g. left-little=amputated, or with a JPEG or PNG left-little=amputated:hand.jpg; repeatedly.",
        ),
    ] = None,
    supervisor: Annotated[
        str, typer.Option("--supervisor", metavar="NAME", help="Who approves what is missing or poor, unasked.")
    ] = "",
    approve_duplicates: Annotated[
        str, typer.Option("--approve-duplicates", metavar="SUPERVISOR", help="Who approves duplicates, unasked.")
    ] = "",
    synthetic_person: Annotated[
        int | None,
        typer.Option(
            "--synthetic-person", metavar="N", help="Enrol a drawn person, unasked; starts a gateway if need be."
        ),
    ] = None,
    resume: Annotated[
        str,
        typer.Option("--resume", metavar="ID", help="Go on with an enrolment, or fetch the packet of a sealed one."),
    ] = "",
    list_: Annotated[bool, typer.Option("--list", help="List the enrolments that are under way.")] = False,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="S", min=0.1, max=300, help="Wait so long for each image.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="P", help="File for the packet, or folder that it goes into.")
    ] = None,
    slip: Annotated[
        Path | None, typer.Option("--slip", metavar="FILE.pdf", help="The resident's slip, once it is sealed.")
    ] = None,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Enrol a person: fingers, irises, portrait and signature, or why they are missing, sealed into one packet.

    On a terminal each part is asked for. Exit status 3 where it ends without a packet; it then goes on with --resume.
    """
    with reporting(as_json=as_json) as output:
        from gateway.cli.enrol_gateway import enrolment_gateway

        if list_:
            with enrolment_gateway(gateway, state, output, synthetic=False) as client:
                _list(client, output)
            return
        if not (resume or nik or application) and synthetic_person is None:
            nik, application = _asked_reference()
        person = None
        if synthetic_person is not None:
            from gateway.cli.enrol_synthetic import checked_person

            person = checked_person(synthetic_person)
        asked = Asked(
            profile,
            nik,
            application,
            birth_date,
            sex,
            operator or (SYNTHETIC_DESK if person is not None else ""),
            resume,
            portrait,
            signature,
            missing_reasons(missing or ()),
            supervisor,
            approve_duplicates,
            person,
            timeout,
            out,
            slip,
        )
        _check(asked)
        with enrolment_gateway(gateway, state, output, synthetic=person is not None) as client:
            status = _enrol(client, asked, output)
        finish(status)


def _check(asked: Asked) -> None:
    if not asked.operator:
        raise bad_usage(
            LocalizedText(
                id="Sebutkan siapa operatornya dengan --operator NAMA.",
                en="Say who sits at the desk with --operator NAME.",
            )
        )
    if asked.resume and (asked.profile or asked.nik or asked.application):
        raise bad_usage(
            LocalizedText(
                id="--resume melanjutkan perekaman yang profil dan orangnya sudah diketahui; jangan sebutkan lagi.",
                en="--resume goes on with an enrolment whose profile and person are known; give neither again.",
            )
        )
    if not asked.resume and not asked.profile:
        raise bad_usage(
            LocalizedText(
                id="Sebutkan yang direkam dengan --profile, misalnya ktp-el, atau lanjutkan dengan --resume ID.",
                en="Name what is captured with --profile, e.g. ktp-el, or go on with --resume ID.",
            )
        )
    if asked.person is None and not asked.resume and bool(asked.nik) == bool(asked.application):
        raise bad_usage(
            LocalizedText(
                id="Berikan salah satu dari --nik dan --application.", en="Give one of --nik and --application."
            )
        )
    if asked.person is not None and (asked.nik or asked.application):
        raise bad_usage(
            LocalizedText(
                id="Orang sintetis punya NIK sendiri; jangan pakai --nik atau --application.",
                en="A synthetic person has a NIK of its own; leave --nik and --application out.",
            )
        )
    if asked.birth_date:
        try:
            date.fromisoformat(asked.birth_date)
        except ValueError as error:
            raise bad_usage(
                LocalizedText(
                    id=f"--birth-date bukan tanggal seperti 1987-11-12 ({error}).",
                    en=f"--birth-date is no date as 1987-11-12 ({error}).",
                )
            ) from error
    for name in (asked.supervisor, asked.duplicates_approver):
        if name and name == asked.operator:
            raise bad_usage(
                LocalizedText(
                    id="Tidak seorang pun menyetujui perekamannya sendiri; sebutkan penyelia yang bukan operatornya.",
                    en="Nobody approves an enrolment of their own; name a supervisor who is not the operator.",
                )
            )
    if asked.out is not None:
        from gateway.cli.enrol_packet import check_place

        check_place(asked.out)


def _asked_reference() -> tuple[str, str]:
    """NIK and application number, of which one is typed in where somebody can be asked: so no shell remembers it."""
    from gateway.cli.enrol_terminal import at_terminal, typed

    if not at_terminal():
        return "", ""
    try:
        answer = typed(in_words(_REFERENCE)).strip()
    except EOFError:
        return "", ""
    return (answer, "") if answer.isdecimal() else ("", answer)


def missing_reasons(typed: Sequence[str]) -> "dict[str, Missing]":
    """What is missing by part, of `PART=REASON[:PHOTO]` as it is typed; wrong usage where one is not."""
    from gateway.cli.enrol_flow import Missing
    from gateway.cli.enrol_terminal import REASONS
    from gateway.cli.image_file import read_file

    found = {}
    for each in typed:
        part, separator, said = each.partition("=")
        reason, _, photo = said.partition(":")
        word = reason.replace("-", "_")
        if not separator or word not in REASONS:
            known = ", ".join(each.replace("_", "-") for each in REASONS)
            raise bad_usage(
                LocalizedText(
                    id=f"--missing {each}: sebutkan BAGIAN=ALASAN, misalnya left-little=amputated. Alasannya {known}.",
                    en=f"--missing {each}: give PART=REASON, e.g. left-little=amputated. Reasons are {known}.",
                )
            )
        found[part] = Missing(word, photo=read_file(Path(photo).expanduser()) if photo else b"")
    return found


def _enrol(client: "GatewayClient", asked: Asked, output: Output) -> ExitStatus:
    from gateway.cli.capture_session import terminated_as_interrupted
    from gateway.cli.enrol_flow import EnrolmentEnded
    from gateway.cli.enrol_session import Clock, EnrolmentSession

    clock = Clock()
    session = EnrolmentSession(client, asked.operator, clock)
    try:
        with terminated_as_interrupted():
            _begin(session, asked, output)
            path = _sealed(session, asked, output)
    except EnrolmentEnded as ended:
        return _left(session, ended.failure, clock, output)
    except KeyboardInterrupt:
        return _left(session, CommandFailure(ExitStatus.OUTCOME, "CANCELLED", _INTERRUPTED), clock, output)
    except CommandFailure as failure:
        if not session.enrolment_id:
            raise
        return _left(session, failure, clock, output)
    from gateway.cli.enrol_text import enrolment_document, tell_end

    document = enrolment_document(session.enrolment) | {
        "path": str(path) if path is not None else None,
        "reference_number": _slip(session, asked, output),
        "seconds": clock.document(),
        "exit_status": 0,
    }
    output.document(document)
    if not output.as_json:
        tell_end(document, output)
    return ExitStatus.DONE


def _begin(session: "EnrolmentSession", asked: Asked, output: Output) -> None:
    from gateway.cli.documents import localized

    if asked.resume:
        session.attach(asked.resume)
        session.check_parts(asked.missing)
        return
    session.begin(_request(asked), asked.missing)
    output.note(
        in_words(
            LocalizedText(
                id=f"Perekaman {session.enrolment_id} dimulai.", en=f"Enrolment {session.enrolment_id} has begun."
            )
        )
    )
    for remark in session.enrolment.reference_remarks:
        output.note(f"  {in_words(localized(remark.words))}")


def _request(asked: Asked) -> "enrolment_pb2.CreateEnrolmentRequest":
    from rekam.v1 import enrolment_pb2

    person, sex = asked.person, None if asked.sex is None else asked.sex.value
    request = enrolment_pb2.CreateEnrolmentRequest(
        profile_id=asked.profile,
        nik=asked.nik if person is None else person.nik,
        application_number=asked.application,
        birth_date=asked.birth_date or ("" if person is None else person.birth_date.isoformat()),
        idempotency_key=uuid.uuid4().hex,
    )
    sex = sex or (None if person is None else person.sex)
    if sex is not None:
        request.sex = enrolment_pb2.SEX_FEMALE if sex == "female" else enrolment_pb2.SEX_MALE
    return request


def _sealed(session: "EnrolmentSession", asked: Asked, output: Output) -> Path | None:
    """Complete, seal and fetch; gives the packet's file, where one was asked for."""
    from rekam.v1 import enrolment_pb2

    from gateway.cli.enrol_flow import approve_duplicates, complete, seal
    from gateway.cli.enrol_packet import fetch_packet

    if session.enrolment.state != enrolment_pb2.ENROLMENT_STATE_SEALED:
        attendant = _attendant(asked, output)
        approve_duplicates(session, asked.duplicates_approver)
        complete(session, attendant, output, asked.timeout_s)
        seal(session, attendant, output, asked.timeout_s, asked.duplicates_approver)
    if asked.out is None:
        return None
    return fetch_packet(session.client, session.enrolment.packet, asked.out, session.enrolment_id)


def _slip(session: "EnrolmentSession", asked: Asked, output: Output) -> str | None:
    """Write the slip that was asked for; its reference number. The enrolment is sealed, whatever becomes of it."""
    if asked.slip is None:
        return None
    from gateway.cli.slip_file import fetch_slip

    language = "id" if in_words(LocalizedText(id="id", en="en")) == "id" else "en"
    try:
        return fetch_slip(
            session.client, session.enrolment_id, asked.slip, "A5", language, asked.operator, "rekam papers slip"
        )
    except CommandFailure as failure:
        output.note(str(failure))
        return None


def _attendant(asked: Asked, output: Output) -> "Attendant":
    from gateway.cli.enrol_flow import PORTRAIT, SIGNATURE, Image
    from gateway.cli.enrol_terminal import OperatorAttendant, at_terminal
    from gateway.cli.enrol_unattended import Unattended
    from gateway.cli.image_file import read_file

    files = {PORTRAIT: asked.portrait, SIGNATURE: asked.signature}
    images = {part: Image(read_file(path)) for part, path in files.items() if path is not None}
    if asked.person is not None:
        from gateway.cli.enrol_synthetic import SyntheticAttendant, drawn_images

        rest = Unattended({**drawn_images(asked.person), **images}, asked.missing, asked.supervisor)
        return SyntheticAttendant(asked.person, rest)
    if at_terminal():
        return OperatorAttendant(output, images, asked.missing)
    return Unattended(images, asked.missing, asked.supervisor)


def _left(session: "EnrolmentSession", failure: CommandFailure, clock: "Clock", output: Output) -> ExitStatus:
    """Say why there is no packet, and how it goes on."""
    from rekam.v1 import enrolment_pb2

    from gateway.cli.enrol_text import enrolment_document

    error = {"reason": failure.reason, "message": failure.words.en, "message_id": failure.words.id}
    document: dict[str, Any] = enrolment_document(session.enrolment) | {
        "seconds": clock.document(),
        "error": error | {"exit_status": int(failure.status)},
        "exit_status": int(failure.status),
    }
    output.document(document)
    output.note(f"rekam: {in_words(failure.words)}")
    if session.enrolment_id and session.enrolment.state == enrolment_pb2.ENROLMENT_STATE_OPEN:
        known = session.enrolment_id
        output.note(
            in_words(
                LocalizedText(
                    id=f"Perekaman {known} tetap terbuka. Lanjutkan dengan `rekam enrol --resume {known}`.",
                    en=f"Enrolment {known} stays open. Go on with `rekam enrol --resume {known}`.",
                )
            )
        )
    return failure.status


def _list(client: "GatewayClient", output: Output) -> None:
    from rekam.v1 import enrolment_pb2

    from gateway.cli.enrol_text import summary_document

    under_way = (enrolment_pb2.ENROLMENT_STATE_OPEN, enrolment_pb2.ENROLMENT_STATE_PAUSED)
    request = enrolment_pb2.ListEnrolmentsRequest(states=under_way, page_size=LIST_SIZE)
    lines = []
    while True:
        page = client.call("EnrolmentService/ListEnrolments", request, enrolment_pb2.ListEnrolmentsResponse)
        lines += [summary_document(line) for line in page.enrolments]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    output.document({"enrolments": lines})
    if output.as_json:
        return
    if not lines:
        output.say(in_words(LocalizedText(id="Tidak ada yang sedang berjalan.", en="None is under way.")))
    for line in lines:
        output.say("  ".join(str(line[name]) for name in ("enrolment_id", "state", "profile", "started", "operator")))


_REFERENCE = LocalizedText(id="NIK atau nomor permohonan: ", en="NIK or number of the application: ")
_INTERRUPTED = LocalizedText(id="Dihentikan sebelum selesai.", en="It was interrupted.")
