"""`rekam capture`: one finger, slap, eye or portrait, from the device to a folder with its signed records."""

import json
import select
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.capture_folder import SUMMARY, CaptureFolder
from gateway.cli.connection import GatewayClient, connect
from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage
from gateway.cli.output import Output, finish, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import capture_pb2

    from gateway.cli.capture_session import CaptureParts

HOLDER = "rekam capture"
_ENTER_TAKES = LocalizedText(id="Enter mengambil gambar", en="Enter takes the image")


def capture(
    modality: Annotated[options.CaptureModality, typer.Option("--modality", help="What is captured.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to make, with the capture in it.")],
    position: Annotated[options.Position | None, typer.Option("--position", help="Which finger.")] = None,
    slap: Annotated[
        options.Slap | None, typer.Option("--slap", help="Several fingers at once; needs a slap scanner.")
    ] = None,
    missing: Annotated[
        list[str] | None,
        typer.Option(
            "--missing", metavar="FINGER=REASON", help="Of a slap, e.g. right-little=amputated; may be repeated."
        ),
    ] = None,
    eye: Annotated[
        options.Eye | None, typer.Option("--eye", help="Which eye; both needs a camera that shows both.")
    ] = None,
    device: Annotated[str, typer.Option("--device", metavar="ID", help="Which device; else the first one free.")] = "",
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="S", min=0.1, max=300, help="Wait so long for a good image.")
    ] = None,
    min_quality: Annotated[
        int | None, typer.Option("--min-quality", metavar="N", min=0, max=100, help="Score the image must reach.")
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", metavar="S", min=0, max=600, help="Queue so long for a device in use.")
    ] = 0.0,
    operator: Annotated[str, typer.Option("--operator", metavar="NAME", help="Who sits at the desk; signed.")] = "",
    transaction: Annotated[
        str, typer.Option("--transaction", metavar="ID", help="Your number for what this belongs to; signed.")
    ] = "",
    manual: Annotated[bool, typer.Option("--manual", help="Take the image when Enter is pressed.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier capture in DIR.")] = False,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Capture a finger, a slap, an eye or a portrait; DIR gets the signed manifest, records, preview and summary.

    Ctrl-C cancels. Exit status 3 where nothing came, or the image stayed below the asked quality; that one is kept.
    """
    with reporting(as_json=as_json) as output:
        _check_subject(modality, position, slap, eye)
        absent = _absent(slap, missing or ())
        folder = CaptureFolder(out, replace=force)
        try:
            with connect(gateway, state) as client:
                request = capture_request(
                    position=position or slap,
                    eye=eye,
                    face=modality is options.CaptureModality.FACE,
                    missing=absent,
                    device=device,
                    timeout_s=timeout,
                    min_quality=min_quality,
                    wait_s=wait,
                    operator=operator,
                    transaction_id=transaction,
                    manual=manual,
                )
                status = capture_into(client, request, folder, output)
        finally:
            folder.discard()
        finish(status)


def fetch(
    capture_id: Annotated[str, typer.Argument(metavar="CAPTURE", help="Id of a capture that is in the spool.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to make, with the capture in it.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier capture in DIR.")] = False,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Get a recorded capture again, as `rekam capture` would have left it."""
    with reporting(as_json=as_json) as output:
        folder = CaptureFolder(out, replace=force)
        try:
            from rekam.v1 import capture_pb2

            with connect(gateway, state) as client:
                answer = client.call(
                    "CaptureService/GetCapture",
                    capture_pb2.GetCaptureRequest(capture_id=capture_id),
                    capture_pb2.GetCaptureResponse,
                )
                if not answer.capture.parts:
                    raise bad_usage(f"Nothing of capture {capture_id} is recorded.")
                status = _keep(client, answer.capture, folder, output, fetched=True)
        finally:
            folder.discard()
        finish(status)


def capture_into(
    client: GatewayClient, request: "capture_pb2.StartCaptureRequest", folder: CaptureFolder, output: Output
) -> ExitStatus:
    """Make a capture, show it on its way, and keep what was recorded."""
    from rekam.v1 import capture_pb2

    from gateway.cli import words
    from gateway.cli.capture_session import command, run_capture, terminated_as_interrupted, triggered_by
    from gateway.cli.live_view import capture_view, unechoed

    timeout_s = request.timeout.ToMilliseconds() / 1000 if request.HasField("timeout") else None
    started: list[str] = []
    by_hand = request.manual and sys.stdin.isatty()
    if request.HasField("wait"):
        wait_s = request.wait.ToSeconds()
        output.note(
            in_words(
                LocalizedText(
                    id=f"Bila alat sedang dipakai, perintah ini menunggu paling lama {wait_s} detik.",
                    en=f"If the device is in use, this waits for it, {wait_s} s at most.",
                )
            )
        )
    view = capture_view(output, words.subject(request), timeout_s, in_words(_ENTER_TAKES) if by_hand else "")
    with terminated_as_interrupted(), view:
        if by_hand:

            def trigger() -> None:
                for capture_id in started:
                    command(client, capture_id, capture_pb2.CAPTURE_ACTION_TRIGGER)

            with unechoed(), triggered_by(_enter_pressed, trigger):
                ended = run_capture(client, request, view, started.append)
        else:
            ended = run_capture(client, request, view)
    return _keep(client, ended, folder, output)


def _keep(
    client: GatewayClient,
    ended: "capture_pb2.Capture",
    folder: CaptureFolder,
    output: Output,
    *,
    fetched: bool = False,
) -> ExitStatus:
    """Write the folder of a capture that has ended, where anything was recorded, and say how it ended.

    `fetched` says that getting it was all that was asked, however it ended.
    """
    from gateway.cli.capture_session import fetch_parts
    from gateway.cli.documents import capture_document

    document: dict[str, Any] = capture_document(ended) | {"gateway_id": None, "verification": None}
    parts = None
    if ended.parts:
        parts = fetch_parts(client, ended)
        document["gateway_id"] = parts.gateway_id
        document["verification"] = {
            "ok": parts.report.ok,
            "checks": [
                {"name": check.name, "status": str(check.status), "detail": check.detail}
                for check in parts.report.checks
            ],
        }
        if parts.report.ok:
            _write(folder, parts, document, ended.capture_id)
    kept = parts is not None and parts.report.ok
    status = exit_status(document, verified=kept or parts is None, fetched=fetched)
    output.document(document | {"folder": str(folder.path) if kept else None, "exit_status": int(status)})
    if not output.as_json or status is not ExitStatus.DONE:
        _tell(ended, document, parts, folder if kept else None, output)
    return status


def _write(folder: CaptureFolder, parts: "CaptureParts", document: dict[str, Any], capture_id: str) -> None:
    summary = (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
    try:
        folder.write(parts.files | {SUMMARY: summary})
    except CommandFailure as failure:
        raise CommandFailure(
            failure.status,
            failure.reason,
            f"{failure} The capture is safe in the gateway; get it with `rekam fetch {capture_id} --out DIR`.",
        ) from failure


def _check_subject(
    modality: options.CaptureModality,
    position: options.Position | None,
    slap: options.Slap | None,
    eye: options.Eye | None,
) -> None:
    if modality is options.CaptureModality.FACE:
        if eye is not None or position is not None or slap is not None:
            raise bad_usage("A portrait needs neither --position, --slap nor --eye.")
    elif modality is options.CaptureModality.IRIS:
        if eye is None or position is not None or slap is not None:
            raise bad_usage("An iris needs --eye right, left or both, and no --position or --slap.")
    elif (position is None) == (slap is None) or eye is not None:
        raise bad_usage(
            "A finger needs --position, for example right-index, or several at once --slap, for example right-four; "
            "and no --eye."
        )


def _absent(slap: options.Slap | None, typed: Sequence[str]) -> dict[str, str]:
    """Reason by finger of the slap that is not there; wrong usage where one is none of its fingers."""
    from gateway.cli.enrol import missing_reasons

    if typed and slap is None:
        raise bad_usage("--missing says which fingers of a --slap are not there.")
    if slap is None:
        return {}
    if any(":" in each for each in typed):
        raise bad_usage("A capture keeps no photo of what is missing; `rekam enrol` does. Give FINGER=REASON alone.")
    from gateway.finger import SlapHand

    reasons = {finger: said.reason for finger, said in missing_reasons(typed).items()}
    fingers = [each.name.lower().replace("_", "-") for each in SlapHand(options.position_code(slap)).positions]
    other = next((finger for finger in reasons if finger not in fingers), None)
    if other is not None:
        raise bad_usage(f"--missing {other}: the fingers of {slap.value} are {', '.join(fingers)}.")
    if "cannot_open" in reasons.values():
        raise bad_usage("cannot-open is a reason of eyes alone.")
    if len(reasons) == len(fingers):
        raise bad_usage(f"No finger of {slap.value} is left to be captured; leave one out of --missing.")
    return reasons


def capture_request(
    *,
    position: str | None = None,
    eye: options.Eye | None = None,
    face: bool = False,
    missing: Mapping[str, str] | None = None,
    device: str = "",
    timeout_s: float | None = None,
    min_quality: int | None = None,
    wait_s: float = 0.0,
    operator: str = "",
    transaction_id: str = "",
    manual: bool = False,
) -> "capture_pb2.StartCaptureRequest":
    """What is asked of the gateway for a finger, `right-index`, a slap, `right-four`, an eye or the face.

    What is left out is the gateway's to say; `missing` has the reason by finger of a slap.
    """
    from rekam.v1 import capture_pb2, common_pb2

    modality = common_pb2.MODALITY_FINGER if eye is None else common_pb2.MODALITY_IRIS
    request = capture_pb2.StartCaptureRequest(
        modality=common_pb2.MODALITY_FACE if face else modality,
        position=options.position_code(position),  # type: ignore[arg-type]
        eye=0 if eye is None else eye.position.value,  # type: ignore[arg-type]
        device_id=device,
        operator=operator,
        transaction_id=transaction_id,
        manual=manual,
        holder=HOLDER,
        idempotency_key=uuid.uuid4().hex,
        missing_fingers=[
            capture_pb2.MissingFinger(
                position=options.position_code(finger),  # type: ignore[arg-type]
                reason=f"MISSING_REASON_{reason.upper()}",
            )
            for finger, reason in (missing or {}).items()
        ],
    )
    if min_quality is not None:
        request.min_quality = min_quality
    if timeout_s is not None:
        request.timeout.FromMilliseconds(round(timeout_s * 1000))
    if wait_s:
        request.wait.FromMilliseconds(round(wait_s * 1000))
    return request


def exit_status(document: dict[str, Any], *, verified: bool, fetched: bool) -> ExitStatus:
    """How the command ends.

    Parameters
    ----------
    document : dict
        Of the capture.
    verified : bool
        What came holds, or nothing came.
    fetched : bool
        Getting it was all that was asked.
    """
    from gateway.cli.refusals import status_of

    outcome = document["outcome"]
    if not verified:
        return ExitStatus.OUTCOME
    if fetched or outcome == "captured":
        return ExitStatus.DONE
    if outcome == "device_lost":
        return ExitStatus.DEVICE
    if outcome == "failed":
        return status_of(document["error"]["reason"]) if document["error"] else ExitStatus.FAULT
    return ExitStatus.OUTCOME


def _tell(
    ended: "capture_pb2.Capture",
    document: dict[str, Any],
    parts: "CaptureParts | None",
    folder: CaptureFolder | None,
    output: Output,
) -> None:
    from gateway.cli import words
    from gateway.cli.documents import localized

    subject = words.subject(ended)
    headline = in_words(subject.outcome(document["outcome"]))
    if ended.HasField("quality"):
        found = (
            ("", "") if subject.at_camera else (f", {ended.minutia_count} minutia", f", {ended.minutia_count} minutiae")
        )
        score = ended.quality.score
        headline += ", " + in_words(
            LocalizedText(id=f"mutu {score} dari 100{found[0]}.", en=f"quality {score} of 100{found[1]}.")
        )
    if document["missing_reason"]:
        headline += f" ({in_words(words.REASON_WORDS[document['missing_reason']])})."
    if document["outcome"] != "device_lost":  # whose error says so itself
        output.say(headline)
    if ended.HasField("error"):
        output.say(in_words(localized(ended.error.message)))
    for line in words.finger_lines(ended):
        output.say(f"  {in_words(line)}")
    for each in ended.guidance:
        output.say(f"  {in_words(localized(each.fault))} {in_words(localized(each.remedy))}")
    if ended.HasField("quality") and not ended.guidance:
        output.say("  " + in_words(LocalizedText(id="Tidak ada yang perlu diperbaiki.", en="Nothing to improve.")))
    _tell_suspicions(ended, output)
    if parts is not None:
        output.say(f"  {_signature_words(parts, ended.sequence)}")
    if folder is not None:
        output.say(f"  {in_words(LocalizedText(id='Berkas', en='Files'))}: {folder.path}")


def _tell_suspicions(ended: "capture_pb2.Capture", output: Output) -> None:
    from rekam.v1 import capture_pb2

    from gateway.cli import words
    from gateway.cli.documents import localized
    from gateway.eye import EyePosition

    for each in ended.liveness:
        if each.verdict != capture_pb2.LIVENESS_VERDICT_ATTACK_SUSPECTED:
            continue
        output.say(f"  {in_words(words.attack_suspected(EyePosition(each.eye)))}")
        for cue in each.cues:
            if cue.status == capture_pb2.LIVENESS_CUE_STATUS_ATTACK_SUSPECTED and cue.HasField("words"):
                output.say(f"    {in_words(localized(cue.words))}")


def _signature_words(parts: "CaptureParts", sequence: int) -> str:
    if parts.report.ok:
        return in_words(
            LocalizedText(
                id=f"Tanda tangan benar: nomor {sequence} dari gateway {parts.gateway_id}.",
                en=f"Signature verified: number {sequence} of gateway {parts.gateway_id}.",
            )
        )
    failed = "; ".join(f"{check.name}: {check.detail}" for check in parts.report.failures)
    return in_words(
        LocalizedText(
            id=f"Yang diterima tidak sesuai tanda tangan, jadi tidak disimpan: {failed}",
            en=f"What came does not verify, so it was not written: {failed}",
        )
    )


def _enter_pressed(over: threading.Event) -> bool:
    """Wait for a line on standard input; False when the capture is over or nobody types any more."""
    while not over.is_set():
        ready, _, _ = select.select([sys.stdin], [], [], 0.1)
        if ready:
            return bool(sys.stdin.readline())
    return False
