"""The centre's answers for one gateway as a file: a JWS on each line, in whatever order."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from gateway.bundle.errors import from_os
from gateway.bundle.medium import Placed, place_file
from gateway.trust.signature import MAX_JWS_BYTES

PREFIX, SUFFIX = "rekam-answers-", ".jws"
MAX_LINES = 1_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def answers_name(gateway_id: str) -> str:
    """File name of a gateway's answers.

    Raises
    ------
    ValueError
        It is no gateway's id.
    """
    if not _NAME.fullmatch(gateway_id):
        raise ValueError(f"{gateway_id!r} is no gateway's id")
    return f"{PREFIX}{gateway_id}{SUFFIX}"


def write_answers(folder: Path, gateway_id: str, answers: Iterable[bytes]) -> Placed:
    """Write the answers for a gateway; what an earlier import left there is replaced once the new file is whole.

    Parameters
    ----------
    folder : Path
    gateway_id : str
    answers : iterable of bytes
        JWS compact serializations: receipts and statuses of that gateway, announcements of all.

    Raises
    ------
    MediumGone, MediumFull, MediumUnwritable, ReadBackWrong
    """
    content = b"".join(jws + b"\n" for jws in answers)
    return place_file(folder, answers_name(gateway_id), lambda: (content,), len(content))


def answers_files(folder: Path) -> list[Path]:
    """Files of answers in a folder, and in the folders in it; of whichever gateway, by their names.

    Raises
    ------
    MediumGone, MediumUnwritable
    """
    try:
        found = [*folder.glob(f"{PREFIX}*{SUFFIX}"), *folder.glob(f"*/{PREFIX}*{SUFFIX}")]
        if not folder.is_dir():
            raise FileNotFoundError(2, "No such file or directory")
        files = sorted(path for path in found if path.is_file())  # nobody writes into a pipe on a stick: no end
    except OSError as error:
        raise from_os(error, folder) from error
    return files


def read_answers(path: Path) -> Iterator[bytes]:
    """The lines of a file of answers that can be one; what they are worth is for their signature to say.

    A line that is too long for a signature, and what follows a line that was cut off, is passed over: the others count.

    Raises
    ------
    MediumGone, MediumUnwritable
    """
    try:
        with path.open("rb") as file:
            for _ in range(MAX_LINES):
                line = file.readline(MAX_JWS_BYTES + 2)
                if not line:
                    return
                if len(line.strip()) > MAX_JWS_BYTES:
                    while line and not line.endswith(b"\n"):
                        line = file.readline(MAX_JWS_BYTES)
                    continue
                if line.strip():
                    yield line.strip()
    except OSError as error:
        raise from_os(error, path.parent) from error
