"""What a report says: its record, its words in both languages, and the rows of its verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from calibration.errors import LimitsUnreadable
from calibration.limits import limits_of
from calibration.measurement import Measurement
from calibration.record import CalibrationDecision, CalibrationRecord, Entry, StatedVerdict, VerdictOutcome
from calibration.report.trend import Trend, trend_of
from gateway.guidance import LocalizedText


@dataclass(frozen=True, eq=False)
class Report:
    """What a report is made of.

    Parameters
    ----------
    record : CalibrationRecord
    measurements : tuple of Measurement
        Those of the record, with their curves and maps.
    history : tuple of Entry
        All of the device's chain, the oldest first.
    in_use : bool
    """

    record: CalibrationRecord
    measurements: tuple[Measurement, ...]
    history: tuple[Entry, ...] = field(default=())
    in_use: bool = False

    @property
    def trends(self) -> list[Trend]:
        """Of each limit with at least two values up to this record, those that fail first come first."""
        until = [
            each
            for each in self.history
            if isinstance(each, CalibrationRecord) and each.sequence <= self.record.sequence
        ]
        found = [trend_of(each.limit, until) for each in self.record.verdicts if each.value is not None]
        several = [each for each in found if each is not None and len(each.points) > 1]
        return sorted(several, key=lambda each: (each.crossing is None, each.crossing))

    @property
    def decisions(self) -> tuple[CalibrationDecision, ...]:
        """What was decided about the device."""
        return tuple(each for each in self.history if isinstance(each, CalibrationDecision))


def say(text: LocalizedText, language: str) -> str:
    """The text in the report's language."""
    return text.id if language == "id" else text.en


def headline(record: CalibrationRecord) -> LocalizedText:
    """What may be said of the device: a self-test within nominal limits or not; never a certificate."""
    if not any(each.outcome is not VerdictOutcome.NOT_MEASURED for each in record.verdicts):
        return LocalizedText("Tidak ada batas yang diuji.", "No limit was tested.")
    names = ", ".join(each.limit for each in record.failures)
    if record.failures:
        return LocalizedText(
            f"Uji mandiri: di luar batas nominal {record.standard}: {names}.",
            f"Self-test: outside the nominal limits of {record.standard}: {names}.",
        )
    try:
        words = limits_of(record.standard).wording
    except LimitsUnreadable:
        words = LocalizedText(
            f"uji mandiri dalam batas nominal {record.standard}", f"self-test within {record.standard} limits"
        )
    left = [each.limit for each in record.verdicts if each.outcome is not VerdictOutcome.PASS]
    if not left:
        return words
    told = ", ".join(left)
    return LocalizedText(
        f"{words.id}; belum diputuskan atau tidak diukur: {told}", f"{words.en}; not decided or not measured: {told}"
    )


OUTCOMES = {
    VerdictOutcome.PASS: LocalizedText("memenuhi", "within"),
    VerdictOutcome.FAIL: LocalizedText("TIDAK memenuhi", "OUTSIDE"),
    VerdictOutcome.UNCERTAIN: LocalizedText("tidak dapat diputuskan", "not decided"),
    VerdictOutcome.NOT_MEASURED: LocalizedText("tidak diukur", "not measured"),
}

HEADS = (
    LocalizedText("Batas", "Limit"),
    LocalizedText("Nilai", "Value"),
    LocalizedText("± U (k = 2)", "± U (k = 2)"),
    LocalizedText("Batas bawah", "At least"),
    LocalizedText("Batas atas", "At most"),
    LocalizedText("Hasil", "Outcome"),
    LocalizedText("Sumber", "Source"),
)


def verdict_row(verdict: StatedVerdict, language: str) -> tuple[str, ...]:
    """One row of the table."""
    unit = "" if verdict.unit == "1" else f" {verdict.unit}"
    expanded = None if verdict.uncertainty is None else 2 * verdict.uncertainty
    return (
        verdict.limit,
        "-" if verdict.value is None else f"{verdict.value:.5g}{unit}",
        "-" if expanded is None else f"{expanded:.2g}",
        "-" if verdict.minimum is None else f"{verdict.minimum:.5g}",
        "-" if verdict.maximum is None else f"{verdict.maximum:.5g}",
        say(OUTCOMES[VerdictOutcome(verdict.outcome)], language),
        f"{verdict.source} [{verdict.grade}]",
    )


def facts(report: Report, language: str) -> list[tuple[str, str]]:
    """Who, what, when, with what."""
    record = report.record
    device = record.device
    targets = "; ".join(_target(each.id, each.certificate, each.expires, language) for each in record.targets)
    temperature = "-" if record.temperature_c is None else f"{record.temperature_c:.1f} °C"
    quality = "" if record.time.uncertainty_s is None else f" ± {record.time.uncertainty_s:g} s"
    use = LocalizedText("dipakai", "in use") if report.in_use else LocalizedText("tidak dipakai", "not in use")
    rows = (
        (LocalizedText("Kalibrasi", "Calibration"), f"{record.calibration_id} ({say(use, language)})"),
        (LocalizedText("Alat", "Device"), f"{device.vendor} {device.model}, {device.id}"),
        (LocalizedText("Nomor seri, firmware", "Serial number, firmware"), f"{device.serial}, {device.firmware}"),
        (LocalizedText("Target", "Targets"), targets or "-"),
        (LocalizedText("Petugas", "Operator"), record.operator),
        (LocalizedText("Suhu", "Temperature"), temperature),
        (
            LocalizedText("Waktu", "Time"),
            f"{record.time.wall:%Y-%m-%d %H:%M:%S} UTC, {record.time.quality}{quality}",
        ),
        (LocalizedText("Berlaku sampai", "Due"), f"{record.due:%Y-%m-%d}"),
        (LocalizedText("Gateway, perangkat lunak", "Gateway, software"), f"{record.gateway_id}, {record.software}"),
        (LocalizedText("Nomor dalam rantai", "Number in the chain"), f"{record.sequence}"),
        (LocalizedText("Catatan sebelumnya", "Entry before it"), record.previous or "-"),
    )
    return [(say(name, language), value) for name, value in rows]


def trend_words(trend: Trend, language: str) -> str:
    """What a trend comes to."""
    if trend.slope_per_day is None:
        return say(
            LocalizedText("terlalu sedikit kalibrasi untuk kecenderungan", "too few calibrations for a trend"), language
        )
    if not trend.moves:
        return say(LocalizedText("tidak berubah nyata", "no significant change"), language)
    yearly = f"{365 * trend.slope_per_day:+.3g}" + ("" if trend.unit == "1" else f" {trend.unit}")
    if trend.crossing is None:
        return say(
            LocalizedText(
                f"{yearly} per tahun; batas tidak tercapai dalam 10 tahun",
                f"{yearly} a year; no limit is reached within 10 years",
            ),
            language,
        )
    early = "" if trend.earliest is None else f"{trend.earliest:%Y-%m-%d}"
    return say(
        LocalizedText(
            f"{yearly} per tahun; mencapai batas sekitar {trend.crossing:%Y-%m-%d}, paling cepat {early}",
            f"{yearly} a year; reaches the limit about {trend.crossing:%Y-%m-%d}, {early} at the earliest",
        ),
        language,
    )


def history_rows(history: Sequence[Entry], language: str) -> list[tuple[str, str, str]]:
    """Time, what, by whom and why; the newest first."""
    rows = []
    for entry in reversed(history):
        when = f"{entry.time.wall:%Y-%m-%d %H:%M}"
        if isinstance(entry, CalibrationRecord):
            rows.append((when, entry.calibration_id, f"{entry.operator}: {say(headline(entry), language)}"))
        else:
            rows.append((when, f"{entry.action.value} {entry.in_use or ''}".strip(), _why(entry)))
    return rows


def _why(decision: CalibrationDecision) -> str:
    parts = [decision.operator, decision.reason, *decision.objections]
    parts += [f"{each.name} {each.value:.4g} > {each.bound:.4g} {each.unit}" for each in decision.evidence]
    return "; ".join(part for part in parts if part)


def _target(name: str, certificate: str, expires: date | None, language: str) -> str:
    if not certificate:
        return f"{name} ({say(LocalizedText('tanpa sertifikat', 'without certificate'), language)})"
    until = "" if expires is None else f", {expires:%Y-%m-%d}"
    return f"{name} ({certificate}{until})"
