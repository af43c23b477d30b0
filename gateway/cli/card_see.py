"""`rekam card read` and `verify-holder`: what stands on a card, and whether it is this person's."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.card_inputs import Can, Mrz, Pin, Reader, Wait, credentials, seconds
from gateway.cli.card_text import decision_document, reading_document, tell_reading
from gateway.cli.connection import GatewayClient, connect
from gateway.cli.documents import enum_word, localized
from gateway.cli.exits import CommandFailure, ExitStatus, bad_file, bad_usage
from gateway.cli.output import Output, finish, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import card_pb2 as pb

PRESENT_S = 15.0


class Supervised(StrEnum):
    """Why no finger proves the holder, as it is typed."""

    FINGERS_NOT_USABLE = "fingers-not-usable"
    NO_TEMPLATE_ON_CARD = "no-template-on-card"
    TRIES_USED_UP = "tries-used-up"
    DEVICE_FAILED = "device-failed"


def read(
    pin: Pin = False,
    can: Can = False,
    mrz: Mrz = False,
    profile: Annotated[str, typer.Option("--profile", metavar="NAME", help="What the card is taken for.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write portrait and signature there, as pictures.")
    ] = None,
    reader: Reader = "",
    wait: Wait = 10.0,
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Read a card and check it: exit status 3 where it is not what its issuer signed."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        request = pb.ReadCardRequest(
            device_id=reader,
            profile=profile,
            credentials=credentials(pin=pin, can=can, mrz=mrz),
            wait=seconds(wait),
            operator=operator,
        )
        with connect(gateway, state) as client:
            reading = _read(client, request, output)
        if out is not None:
            _write_pictures(out, reading)
        output.document(reading_document(reading))
        if not as_json:
            tell_reading(reading, output)
        finish(ExitStatus.OUTCOME if reading.genuineness == pb.CARD_GENUINENESS_NOT_GENUINE else ExitStatus.DONE)


def verify_holder(
    scanner: Annotated[
        str, typer.Option("--scanner", metavar="ID", help="That takes the finger (else one that is free).")
    ] = "",
    position: Annotated[
        options.Position | None, typer.Option("--position", help="The finger that is asked for.")
    ] = None,
    capture: Annotated[
        str, typer.Option("--capture", metavar="ID", help="A fresh capture that was made for this card, instead.")
    ] = "",
    synthetic_person: Annotated[
        int | None, typer.Option("--synthetic-person", metavar="N", help="Lay this drawn person's finger on first.")
    ] = None,
    supervised: Annotated[
        Supervised | None, typer.Option("--supervised", help="No finger: a supervisor answers for it, and why.")
    ] = None,
    paper: Annotated[str, typer.Option("--paper", metavar="NUMBER", help="Of what was signed on paper.")] = "",
    pin: Pin = False,
    reader: Reader = "",
    wait: Annotated[
        float, typer.Option("--wait", metavar="S", min=0, max=300, help="Seconds for the card, then for the finger.")
    ] = 30.0,
    operator: options.Operator = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Compare a live finger with the card in the reader: exit status 3 where the card must not be handed over."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import card_pb2 as pb

        if sum((bool(capture), supervised is not None, synthetic_person is not None)) > 1:
            raise bad_usage("--capture, --supervised and --synthetic-person exclude each other.")
        request = pb.VerifyHolderRequest(
            device_id=reader,
            position=options.position_code(position),  # type: ignore[arg-type]
            wait=seconds(wait),
            credentials=credentials(pin=pin, can=False, mrz=False),
            operator=operator,
        )
        if capture:
            request.capture_id = capture
        if supervised is not None:
            request.supervised.reason = f"SUPERVISED_REASON_{supervised.name}"  # type: ignore[assignment]
            request.supervised.paper = paper
        with connect(gateway, state) as client:
            if synthetic_person is not None:
                scanner = _presented(client, scanner, synthetic_person, request.position or _RIGHT_INDEX)
            if scanner:
                request.scanner_id = scanner
            decision = _verified(client, request, output)
        output.document(decision_document(decision))
        if not as_json:
            _tell(decision, output)
        finish(ExitStatus.DONE if decision.hands_over else ExitStatus.OUTCOME)


def _read(client: GatewayClient, request: "pb.ReadCardRequest", output: Output) -> "pb.CardReading":
    from rekam.v1 import card_pb2 as pb

    for answer in client.stream("CardService/ReadCard", request, pb.ReadCardResponse):
        kind = answer.WhichOneof("event")
        if kind == "file":
            outcome = enum_word(answer.file.outcome, "CARD_FILE_OUTCOME", pb.CardFileOutcome)
            output.note(f"{answer.file.index}/{answer.file.total} {answer.file.name} {outcome}")
        elif kind == "reading":
            return answer.reading
    raise CommandFailure(ExitStatus.FAULT, "INTERNAL", "The gateway told nothing of the card.")


def _verified(client: GatewayClient, request: "pb.VerifyHolderRequest", output: Output) -> "pb.HolderDecision":
    from rekam.v1 import card_pb2 as pb

    from gateway.cli.words import finger
    from gateway.finger import FingerPosition

    said = ""
    for answer in client.stream("CardService/VerifyHolder", request, pb.VerifyHolderResponse):
        kind = answer.WhichOneof("event")
        line = ""
        if kind == "card" and answer.card.scanner_id:
            fingers = [finger(FingerPosition(code)).name for code in answer.card.fingers if code]
            asked = LocalizedText(
                id=f"Letakkan jari: {' / '.join(each.id for each in fingers)}",
                en=f"Place a finger: {' / '.join(each.en for each in fingers)}",
            )
            line = in_words(asked)
        elif kind == "live_quality" and answer.live_quality.guidance:
            line = in_words(localized(answer.live_quality.guidance[0].remedy))
        elif kind == "decision":
            return answer.decision
        if line and line != said:
            said = line
            output.note(line)
    raise CommandFailure(ExitStatus.FAULT, "INTERNAL", "The gateway told nothing of the holder.")


def _tell(decision: "pb.HolderDecision", output: Output) -> None:
    output.say(in_words(localized(decision.words)))
    if not decision.hands_over:
        left = LocalizedText(
            id=f"Sisa percobaan: {decision.tries_left}. Jangan serahkan kartu.",
            en=f"Tries left: {decision.tries_left}. Do not hand the card over.",
        )
        output.say(in_words(left))
    output.note(in_words(localized(decision.liveness_note)))


def _presented(client: GatewayClient, scanner: str, person: int, position: int) -> str:
    """The synthetic scanner on which a drawn person's finger lies now."""
    from rekam.v1 import device_pb2

    if not scanner:
        request = device_pb2.ListDevicesRequest(kind=device_pb2.DEVICE_KIND_FINGERPRINT_SCANNER)
        listed = client.call("DeviceService/ListDevices", request, device_pb2.ListDevicesResponse)
        drawn = [each.device_id for each in listed.devices if each.driver == "synthetic"]
        if not drawn:
            raise CommandFailure(ExitStatus.DEVICE, "DEVICE_NOT_FOUND", _NO_SYNTHETIC)
        scanner = drawn[0]
    present: Any = device_pb2.PresentSyntheticRequest(device_id=scanner, person=person, position=position)  # type: ignore[arg-type]
    client.call("DeviceService/PresentSynthetic", present, device_pb2.PresentSyntheticResponse, timeout_s=PRESENT_S)
    return scanner


def _write_pictures(folder: Path, reading: "pb.CardReading") -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in (("portrait", reading.portrait), ("signature", reading.signature)):
            if picture.media_type:
                suffix = picture.media_type.removeprefix("image/").replace("jpeg", "jpg")
                (folder / f"{name}.{suffix}").write_bytes(picture.data)
    except OSError as error:
        raise bad_file(f"{folder} cannot be written: {error.strerror}. Name another folder.") from error


_RIGHT_INDEX = 2
_NO_SYNTHETIC = LocalizedText(
    "Tidak ada pemindai sintetis. Jalankan `rekam serve --synthetic`, atau sebutkan --scanner.",
    "There is no synthetic scanner. Start `rekam serve --synthetic`, or name one with --scanner.",
)
