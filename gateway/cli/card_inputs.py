"""What a card command is given: biodata in a file, files of the issuer, and secrets that no argument may hold."""

import os
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.exits import bad_file, bad_usage
from gateway.cli.image_file import read_file
from gateway.cli.output import in_words
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration
    from rekam.v1 import card_pb2 as pb

Reader = Annotated[str, typer.Option("--reader", metavar="ID", help="Of `rekam card readers` (else one that is free).")]
Wait = Annotated[float, typer.Option("--wait", metavar="S", min=0, max=600, help="Seconds to wait for the card.")]
Pin = Annotated[bool, typer.Option("--pin", help="Open it with its PIN: asked for, or taken from REKAM_CARD_PIN.")]
Can = Annotated[
    bool, typer.Option("--can", help="Open it with its access number: asked for, or taken from REKAM_CARD_CAN.")
]
Mrz = Annotated[
    bool,
    typer.Option(
        "--mrz", help="Open it with its MRZ: asked for, or taken from REKAM_CARD_MRZ as NUMBER,BIRTH,EXPIRY (YYMMDD)."
    ),
]
MOST_BYTES = 65_536
_PIN, _CAN = re.compile(r"[0-9A-Za-z]{4,16}"), re.compile(r"[0-9]{6}")
_MRZ = re.compile(r"([A-Z0-9<]{1,22}),([0-9<]{6}),([0-9<]{6})")


def read_biodata(path: Path | None) -> "pb.CardBiodata":
    """Biodata of a TOML or JSON file: one table, whose keys are those of `CardBiodata`.

    Raises
    ------
    CommandFailure
        The file is none of these, or has a key that is not known; what stands in it is never shown.
    """
    import json

    from rekam.v1 import card_pb2 as pb

    from gateway.toml_text import toml_table

    message = pb.CardBiodata()
    if path is None:
        return message
    try:
        text = read_file(path).decode("utf-8")
        values = json.loads(text) if path.suffix.lower() == ".json" else toml_table(text)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise bad_file(
            LocalizedText(
                id=f"{path} bukan berkas TOML atau JSON yang sah. Periksa tanda kutip dan pengodean UTF-8.",
                en=f"{path} is no valid TOML or JSON. Look at its quotes, and that it is UTF-8.",
            )
        ) from error
    known = {field.name for field in pb.CardBiodata.DESCRIPTOR.fields}
    if not isinstance(values, dict) or set(values) - known:
        extra = ", ".join(sorted(set(values) - known)) if isinstance(values, dict) else ""
        raise bad_file(
            LocalizedText(
                id=f"{path}: kunci tidak dikenal: {extra}. Yang dikenal: {', '.join(sorted(known))}.",
                en=f"{path}: keys that are not known: {extra}. Known are {', '.join(sorted(known))}.",
            )
        )
    for name, value in values.items():
        setattr(message, name, _text(path, name, value))
    return message


def _text(path: Path, name: str, value: Any) -> str:
    if type(value) is date:
        return value.isoformat()
    if not isinstance(value, str) or any("\ud800" <= character <= "\udfff" for character in value):
        raise bad_file(
            LocalizedText(
                id=f"{path}: {name} bukan teks; tulis di antara tanda kutip.",
                en=f"{path}: {name} is no text; put it in quotes.",
            )
        )
    return value


def handed_in(given: list[str]) -> dict[str, bytes]:
    """Files of the issuer, given as NAME=FILE.

    Raises
    ------
    CommandFailure
    """
    found = {}
    for each in given:
        name, equals, file = each.partition("=")
        if not (name and equals and file):
            raise bad_usage(f"--hand {each}: give NAME=FILE, e.g. sod=EF.SOD.bin.")
        found[name] = read_file(Path(file))
    return found


def contents_of(folder: Path) -> dict[str, bytes]:
    """The files of a folder, by their names.

    Raises
    ------
    CommandFailure
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise bad_file(f"{folder} cannot be read: {error.strerror}. Give the folder with the card's files.") from error
    return {path.name: read_file(path) for path in files}


def credentials(*, pin: bool, can: bool, mrz: bool) -> "pb.CardCredentials":
    """What opens the card: from the environment, else asked for without showing it.

    Raises
    ------
    CommandFailure
        It has not the form of such a secret; it is not shown.
    """
    from rekam.v1 import card_pb2 as pb

    message = pb.CardCredentials()
    if pin:
        message.pin = _secret("REKAM_CARD_PIN", "PIN", _PIN, "4 to 16 letters or digits")
    if can:
        message.can = _secret("REKAM_CARD_CAN", "CAN", _CAN, "six digits")
    if mrz:
        text = _secret("REKAM_CARD_MRZ", in_words(_ASK_MRZ), _MRZ, "NUMBER,YYMMDD,YYMMDD in capitals")
        number, birth, expiry = text.split(",")
        message.mrz.document_number, message.mrz.birth, message.mrz.expiry = number, birth, expiry
    return message


def seconds(value: float) -> "Duration":
    """Seconds as the API takes them."""
    from google.protobuf.duration_pb2 import Duration

    message = Duration()
    message.FromMilliseconds(round(value * 1000))
    return message


def _secret(variable: str, words: str, form: "re.Pattern[str]", due: str) -> str:
    found = os.environ.get(variable) or str(typer.prompt(words, hide_input=True, err=True))
    if not form.fullmatch(found.strip()):
        raise bad_usage(
            LocalizedText(
                id=f"{words}: yang diharapkan {due}. Masukkan lagi.", en=f"{words}: {due} are due. Enter it again."
            )
        )
    return found.strip()


_ASK_MRZ = LocalizedText(id="MRZ (NOMOR,LAHIR,BERLAKU; YYMMDD)", en="MRZ (NUMBER,BIRTH,EXPIRY; YYMMDD)")
