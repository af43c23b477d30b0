"""`rekam devices record`: a tape of a device's traffic, for a bug report."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from gateway.cli import options
from gateway.cli.connection import GatewayClient, connect
from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage
from gateway.cli.output import Output, in_words, reporting
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import device_pb2

LONGEST_S = 300.0


class _Tape(NamedTuple):
    text: bytes
    cut: bool
    steps: list[dict[str, Any]]


def record(
    device: Annotated[str, typer.Argument(metavar="ID", help="The device, as `rekam devices` names it.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The tape, e.g. scanner.jsonl.")],
    with_images: Annotated[
        bool,
        typer.Option("--with-images", help="Leave images on the tape: for targets and phantoms, never a person's."),
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="S", min=0.1, max=LONGEST_S, help="How long to wait for a finger.")
    ] = 15.0,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE where it is there already.")] = False,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Tape what goes over a device's cable while it is opened, tested and captured from once: for a bug report."""
    with reporting(as_json=as_json) as output:
        if out.is_dir():
            raise bad_usage(f"{out} is a folder. Name a file with --out.")
        if out.exists() and not force:
            raise bad_usage(f"{out} is there already. Name another file with --out, or replace it with --force.")
        with connect(gateway, state) as client, prepared(out, force=force) as write:
            try:
                tape = _recorded(client, device, timeout, with_images, output)
            except KeyboardInterrupt as error:
                raise CommandFailure(ExitStatus.OUTCOME, "RECORDING_CANCELLED", _CANCELLED) from error
            write(tape.text)
        output.document(
            {
                "device_id": device,
                "path": str(out),
                "bytes": len(tape.text),
                "sha256": hashlib.sha256(tape.text).hexdigest(),
                "with_images": with_images,
                "cut": tape.cut,
                "steps": tape.steps,
            }
        )
        if not as_json:
            output.say(f"{out}: {len(tape.text)} bytes, {len(tape.text.splitlines())} lines")
        output.note(in_words(_WITH_IMAGES if with_images else _BLANKED))
        if tape.cut:
            output.note(in_words(_CUT))


def _recorded(client: GatewayClient, device: str, timeout_s: float, with_images: bool, output: Output) -> _Tape:
    from rekam.v1 import device_pb2

    from gateway.cli.capture_session import terminated_as_interrupted

    request = device_pb2.RecordDeviceRequest(device_id=device, with_images=with_images)
    request.timeout.FromNanoseconds(round(timeout_s * 1e9))
    steps: list[dict[str, Any]] = []
    text, last = b"", device_pb2.TapeChunk()
    with terminated_as_interrupted():
        for answer in client.stream("DeviceService/RecordDevice", request, device_pb2.RecordDeviceResponse):
            if answer.HasField("step"):
                steps.append(_told(answer.step, output))
                if answer.step.name == "open" and answer.step.passed:
                    output.note(in_words(_LAY_A_TARGET if with_images else _LAY_A_FINGER))
            elif answer.HasField("tape"):
                last = answer.tape
                text += last.data
    if not last.sha256 or hashlib.sha256(text).hexdigest() != last.sha256:
        raise CommandFailure(
            ExitStatus.FAULT, "TAPE_DAMAGED", "The tape did not come whole from the gateway. Record it again."
        )
    return _Tape(text, last.cut, steps)


def _told(step: "device_pb2.RecordingStep", output: Output) -> dict[str, Any]:
    from gateway.cli.documents import localized

    detail = localized(step.detail)
    output.note(f"{'ok' if step.passed else 'failed':6}  {step.name}: {in_words(detail)}")
    return {"name": step.name, "passed": step.passed, "detail": {"id": detail.id, "en": detail.en}}


@contextlib.contextmanager
def prepared(out: Path, *, force: bool) -> Iterator[Callable[[bytes], None]]:
    """What writes the file, whole and readable by its owner alone; whether it can be is found out at once.

    Raises
    ------
    CommandFailure
        It cannot be written, or, without `force`, `out` is there by then.
    """
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise _unwritable(out, error) from error
    try:
        yield lambda text: _write(part, out, text, force)
    finally:
        part.unlink(missing_ok=True)


def _write(part: Path, out: Path, text: bytes, force: bool) -> None:
    try:
        with part.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _show(part, out, force)
    except FileExistsError as error:
        raise bad_usage(f"{out} was made by another meanwhile. Name another file with --out.") from error
    except OSError as error:
        raise _unwritable(out, error) from error


def _show(part: Path, out: Path, force: bool) -> None:
    if not force:
        try:
            os.link(part, out)  # fails where somebody made it meanwhile
        except FileExistsError:
            raise
        except OSError:  # a stick's file system has no links
            if out.exists():
                raise
        else:
            return
    part.replace(out)


def _unwritable(out: Path, error: OSError) -> CommandFailure:
    why = error.strerror or str(error)
    return CommandFailure(
        ExitStatus.USAGE, "OUT_UNWRITABLE", f"{out} cannot be written: {why}. Name another file with --out."
    )


_LAY_A_FINGER = LocalizedText(
    id="Alat diuji, lalu menunggu jari; letakkan jari bila kesalahannya terjadi saat perekaman.",
    en="The device is tested, then waits for a finger; lay one on it if the fault is in capturing.",
)
_LAY_A_TARGET = LocalizedText(
    id="Alat diuji, lalu menunggu; letakkan target atau jari tiruan, jangan jari seseorang.",
    en="The device is tested, then waits; lay a target or a phantom on it, never a person's finger.",
)
_BLANKED = LocalizedText(
    id="Isi citra dikosongkan. Model dan nomor seri alat ada di dalamnya; bacalah sebelum dikirim.",
    en="Image payload is blanked. The device's model and serial number are in it; read it before you send it.",
)
_WITH_IMAGES = LocalizedText(
    id="Rekaman ini berisi citra. Jangan kirim bila jari seseorang ada di dalamnya.",
    en="The tape holds images. Do not send it if a person's finger is among them.",
)
_CUT = LocalizedText(
    id="Lalu lintasnya melebihi isi satu rekaman; akhirnya tidak ada.",
    en="There was more traffic than a tape holds; its end is missing.",
)
_CANCELLED = LocalizedText(
    id="Perekaman dibatalkan; tidak ada yang ditulis.", en="The recording was cancelled; nothing was written."
)
