"""The slip of an enrolment as a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.exits import CommandFailure, ExitStatus

if TYPE_CHECKING:
    from gateway.cli.connection import GatewayClient

RENDER_S = 60.0


def fetch_slip(
    client: "GatewayClient", enrolment_id: str, path: Path, size: str, language: str, operator: str, option: str
) -> str:
    """Write the slip of a sealed enrolment; its reference number.

    Parameters
    ----------
    client : GatewayClient
    enrolment_id : str
    path : Path
    size : str
        `A5`, `THERMAL_58`, ...
    language : str
        `id` or `en`.
    operator : str
        Who asks, for the audit trail.
    option : str
        What names another place, for who reads the error.

    Raises
    ------
    CommandFailure
        The gateway refuses, or the file cannot be written.
    """
    from rekam.v1 import paper_pb2

    request = paper_pb2.RenderSlipRequest(
        enrolment_id=enrolment_id,
        size=paper_pb2.PaperSize.Value(f"PAPER_SIZE_{size}"),  # type: ignore[arg-type]
        language=language,
        operator=operator,
    )
    answer = client.call("PaperService/RenderSlip", request, paper_pb2.RenderSlipResponse, timeout_s=RENDER_S)
    write_pdf(path, answer.pdf, option)
    return answer.reference_number


def write_pdf(path: Path, pdf: bytes, option: str) -> None:
    """Write a paper where it was asked for.

    Raises
    ------
    CommandFailure
        It cannot be written; `option` names another place.
    """
    try:
        path.write_bytes(pdf)
    except OSError as error:
        raise CommandFailure(
            ExitStatus.USAGE, "BAD_FILE", f"{path} cannot be written: {error.strerror}. Name another place: {option}."
        ) from error
