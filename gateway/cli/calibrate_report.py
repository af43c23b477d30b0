"""Writes what the gateway has of a calibration into a folder."""

import io
import zipfile
from pathlib import Path

from gateway.cli.connection import GatewayClient
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.guidance import LocalizedText

REPORT_S = 120.0


def written_report(client: GatewayClient, calibration_id: str, out: Path, language: str) -> list[Path]:
    """`report.html`, `report.pdf`, and the signed entries with `series/` beside them.

    Raises
    ------
    CommandFailure
        The folder cannot be written.
    """
    from rekam.v1 import calibration_pb2 as pb

    files: dict[str, bytes] = {}
    for name, part in (
        ("report.html", pb.CALIBRATION_PART_REPORT_HTML),
        ("report.pdf", pb.CALIBRATION_PART_REPORT_PDF),
        ("", pb.CALIBRATION_PART_ENTRIES),
    ):
        request = pb.DownloadCalibrationRequest(calibration_id=calibration_id, part=part, language=language)
        stream = client.stream(
            "CalibrationService/DownloadCalibration", request, pb.DownloadCalibrationResponse, timeout_s=REPORT_S
        )
        content = b"".join(each.data for each in stream)
        if name:
            files[name] = content
            continue
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files |= {each: archive.read(each) for each in archive.namelist()}
    return written(files, out)


def written(files: dict[str, bytes], out: Path) -> list[Path]:
    """Write files below a folder, which is made; CommandFailure where that cannot be."""
    paths = []
    try:
        for name, content in files.items():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            paths.append(path)
    except OSError as error:
        raise CommandFailure(
            ExitStatus.USAGE,
            "BAD_FILE",
            LocalizedText(
                id=f"{error.filename or out} tidak dapat ditulis: {error.strerror}. Sebutkan folder lain.",
                en=f"{error.filename or out} cannot be written: {error.strerror}. Name another folder.",
            ),
        ) from error
    return paths
