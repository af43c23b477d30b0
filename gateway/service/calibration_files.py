"""Files of a calibration: its report, and its signed entries with curves and maps."""

import io
import zipfile
from collections.abc import Mapping, Sequence

from calibration.measurement import Measurement
from calibration.record import CalibrationRecord, Entry
from gateway.calibration.store import StoredEntry

_THE_SAME_TIME = (1980, 1, 1, 0, 0, 0)


def report_file(
    record: CalibrationRecord,
    measurements: tuple[Measurement, ...],
    history: tuple[Entry, ...],
    language: str,
    *,
    in_use: bool,
    pdf: bool,
) -> bytes:
    """The report as one page or as PDF."""
    from calibration.report import Report, report_html, report_pdf  # with fpdf, for those that want one

    report = Report(record, measurements, history, in_use)
    return report_pdf(report, language) if pdf else report_html(report, language)


def entries_zip(entries: Sequence[StoredEntry], series: Mapping[str, bytes]) -> bytes:
    """`0001-cal-….jws`, …, the oldest first, and `series/SHA256.z`; the same content gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for entry in entries:
            archive.writestr(zipfile.ZipInfo(f"{entry.sequence:04}-{entry.entry_id}.jws", _THE_SAME_TIME), entry.jws)
        for digest in sorted(series):
            archive.writestr(zipfile.ZipInfo(f"series/{digest}.z", _THE_SAME_TIME), series[digest])
    return out.getvalue()
