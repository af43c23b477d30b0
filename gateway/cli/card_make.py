"""`rekam card personalise`, `jobs`, `resume`, `invalidate`, `write-off`, `abandon`: a card from its job to its end."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.card_inputs import Reader, Wait, contents_of, handed_in, read_biodata, seconds
from gateway.cli.card_text import (
    STATES,
    job_document,
    result_document,
    tell_result,
    words,
)
from gateway.cli.connection import connect
from gateway.cli.documents import enum_word
from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage
from gateway.cli.image_file import read_file
from gateway.cli.output import Output, finish, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import card_pb2 as pb

JobId = Annotated[str, typer.Argument(metavar="JOB", help="Its id: `rekam card jobs`.")]
Reason = Annotated[str, typer.Option("--reason", metavar="CODE", help="A code in capitals, e.g. CARD_GONE.")]


def personalise(
    enrolment: Annotated[str, typer.Option("--enrolment", metavar="ID", help="Of the person, sealed here.")] = "",
    profile: Annotated[
        str, typer.Option("--profile", metavar="NAME", help="Of `rekam card profiles list` (else the office's own).")
    ] = "",
    biodata: Annotated[
        Path | None, typer.Option("--biodata", metavar="FILE", help="TOML or JSON: what is known of the person.")
    ] = None,
    hand: Annotated[
        list[str] | None, typer.Option("--hand", metavar="NAME=FILE", help="A file that the issuer brings.")
    ] = None,
    job: Annotated[
        Path | None, typer.Option("--job", metavar="FILE", help="A job that the centre signed, in place of these.")
    ] = None,
    contents: Annotated[
        Path | None, typer.Option("--contents", metavar="DIR", help="With --job: the card's files, by their names.")
    ] = None,
    replacement: Annotated[
        str, typer.Option("--replacement", metavar="WHY", help="Another card for a person who had one; supervisors.")
    ] = "",
    reader: Reader = "",
    wait: Wait = 60.0,
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Make a card: write it whole, read it back, prove it; or count the blank as spoiled."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        if bool(enrolment) == (job is not None):
            raise bad_usage("Give --enrolment, or --job with --contents.")
        request = pb.PersonaliseCardRequest(
            device_id=reader, wait=seconds(wait), operator=operator, idempotency_key=uuid.uuid4().hex
        )
        if job is not None:
            if contents is None:
                raise bad_usage("With --job give --contents DIR, the card's files.")
            request.signed.jws = read_file(job).strip()
            _fill(request.signed.contents, contents_of(contents))
        else:
            request.enrolled.enrolment_id, request.enrolled.profile = enrolment, profile
            request.enrolled.biodata.CopyFrom(read_biodata(biodata))
            request.enrolled.replacement_reason = replacement
            _fill(request.enrolled.handed_in, handed_in(hand or []))
        with connect(gateway, state) as client:
            answers = client.stream("CardService/PersonaliseCard", request, pb.PersonaliseCardResponse)
            status = _followed(answers, output)
        finish(status)


def resume(
    job: JobId,
    reader: Reader = "",
    wait: Wait = 60.0,
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Go on with a job after a pulled card or a power cut: put the same card in; or begin one that never was."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        request = pb.ResumeCardJobRequest(job_id=job, device_id=reader, wait=seconds(wait), operator=operator)
        with connect(gateway, state) as client:
            status = _followed(client.stream("CardService/ResumeCardJob", request, pb.ResumeCardJobResponse), output)
        finish(status)


def jobs(
    waiting: Annotated[bool, typer.Option("--waiting", help="Those alone whose card is not finished.")] = False,
    enrolment: Annotated[str, typer.Option("--enrolment", metavar="ID", help="Of this person alone.")] = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="At most so many.")] = 50,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """List jobs, the latest first."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        request = pb.ListCardJobsRequest(waiting=waiting, enrolment_id=enrolment, limit=limit)
        with connect(gateway, state) as client:
            listed = client.call("CardService/ListCardJobs", request, pb.ListCardJobsResponse)
        for each in listed.jobs:
            output.document(job_document(each))
        if as_json:
            return
        if not listed.jobs:
            output.note(in_words(LocalizedText(id="Tidak ada.", en="There is none.")))
        for each in listed.jobs:
            card = each.cards[-1].serial if each.cards else ""
            word = in_words(STATES[enum_word(each.state, "CARD_JOB_STATE", pb.CardJobState)])
            parts = (each.job_id, word, each.detail, each.profile, each.enrolment_id, card, each.device_id)
            output.say("  ".join(part for part in parts if part))


def invalidate(
    job: JobId,
    reason: Reason = "OPERATOR",
    reader: Reader = "",
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Give up the card of a job that lies in the reader: it is put out of use and counted as spoiled. Supervisors."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        request = pb.InvalidateCardRequest(
            job_id=job, device_id=reader, reason=reason, operator=operator, idempotency_key=uuid.uuid4().hex
        )
        with connect(gateway, state) as client:
            answer = client.call("CardService/InvalidateCard", request, pb.InvalidateCardResponse, timeout_s=120.0)
        _tell(answer.result, output)


def write_off(
    job: JobId,
    reason: Reason = "CARD_GONE",
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Give up the card of a job that is gone or broken; should it come back, it is put out of use. Supervisors."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        request = pb.WriteOffCardRequest(job_id=job, reason=reason, operator=operator, idempotency_key=uuid.uuid4().hex)
        with connect(gateway, state) as client:
            answer = client.call("CardService/WriteOffCard", request, pb.WriteOffCardResponse)
        _tell(answer.result, output)


def abandon(
    job: JobId,
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Give up a job, and erase what was to stand on its card. Supervisors."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        request = pb.AbandonCardJobRequest(job_id=job, operator=operator, idempotency_key=uuid.uuid4().hex)
        with connect(gateway, state) as client:
            answer = client.call("CardService/AbandonCardJob", request, pb.AbandonCardJobResponse, timeout_s=120.0)
        output.document(job_document(answer.job))
        if not as_json:
            output.say(f"{answer.job.job_id}: {in_words(_GIVEN_UP)}")


def _followed(answers: "Iterator[Any]", output: Output) -> ExitStatus:
    """A job on its way, and how its card ended."""
    job_id, told = "", ""
    try:
        for answer in answers:
            kind = answer.WhichOneof("event")
            if kind == "job":
                job_id = answer.job.job_id
                output.document({"job": job_document(answer.job)})
                output.note(job_id)
            elif kind == "progress":
                line = _line(answer.progress)
                output.document({"progress": _progress_document(answer.progress)})
                if line != told:
                    told = line
                    output.note(line)
            elif kind == "result":
                output.document({"result": result_document(answer.result)})
                if not output.as_json:
                    tell_result(answer.result, output)
                return ExitStatus.DONE if answer.result.done else ExitStatus.OUTCOME
    except KeyboardInterrupt as error:
        raise CommandFailure(ExitStatus.OUTCOME, "INTERRUPTED", in_words(_INTERRUPTED).format(job_id)) from error
    except CommandFailure:
        if job_id:
            output.note(words("go_on").format(job_id))
        raise
    raise CommandFailure(ExitStatus.FAULT, "INTERNAL", "The gateway told nothing of how the card ended.")


def _line(progress: "pb.CardProgress") -> str:
    from rekam.v1 import card_pb2 as pb

    state = in_words(STATES[enum_word(progress.state, "CARD_JOB_STATE", pb.CardJobState)])
    return f"{progress.step}/{progress.steps} {state} {progress.file}".rstrip()


def _progress_document(progress: "pb.CardProgress") -> dict[str, Any]:
    from rekam.v1 import card_pb2 as pb

    return {
        "state": enum_word(progress.state, "CARD_JOB_STATE", pb.CardJobState),
        "file": progress.file or None,
        "step": progress.step,
        "steps": progress.steps,
    }


def _tell(result: "pb.CardResult", output: Output) -> None:
    output.document(result_document(result))
    if not output.as_json:
        tell_result(result, output)


def _fill(target: Any, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        target[name] = content


_GIVEN_UP = LocalizedText("pekerjaan ditutup, isinya dihapus.", "the job is given up, its contents are erased.")
_INTERRUPTED = LocalizedText(
    "Yang sudah dimulai pada kartu diselesaikan oleh gateway. Lihat `rekam card jobs`, lanjutkan dengan "
    "`rekam card resume {0}`.",
    "What was begun on a card the gateway finishes. See `rekam card jobs`; go on with `rekam card resume {0}`.",
)
