"""The drawings of a report, made of what was measured; one that has nothing to show is left out."""

import re
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from calibration.measurement import Measurement
from calibration.record import CalibrationRecord
from calibration.report.content import Report, say, trend_words
from calibration.report.figure import BAD, GOOD, GREY, Dots, Figure, Label, Line, Picture, Plot, heat
from calibration.report.trend import DAY_S, Trend
from gateway.guidance import LocalizedText

MOST_TRENDS = 12
_AT_FREQUENCY = re.compile(r"([a-z][a-z0-9_]*?)_(\d+(?:\.\d+)?)")
_MODULATION = ("mtf", "ctf", "modulation")

_MAPS = {
    "gain": LocalizedText("Penguatan tiap piksel", "Gain of each pixel"),
    "offset": LocalizedText("Tingkat gelap tiap piksel", "Dark level of each pixel"),
    "error_x": LocalizedText("Kesalahan geometri, arah x, piksel", "Geometric error along x, pixels"),
    "error_y": LocalizedText("Kesalahan geometri, arah y, piksel", "Geometric error along y, pixels"),
    "ppi_x_regions": LocalizedText("ppi menurut wilayah, arah x", "ppi by region, along x"),
    "ppi_y_regions": LocalizedText("ppi menurut wilayah, arah y", "ppi by region, along y"),
}
_FREQUENCY = LocalizedText("siklus per mm", "cycles per mm")
_MODULATED = LocalizedText("modulasi; garis merah: batas", "modulation; red line: limits")


def figures_of(report: Report, language: str) -> list[Figure]:
    """All drawings, in the order in which they are read."""
    found = _modulations(report.record, language)
    for measurement in report.measurements:
        found += _maps(measurement, language)
        found += _straight_lines(measurement, language)
    found += [_trend(each, language) for each in report.trends[:MOST_TRENDS]]
    return found


def _modulations(record: CalibrationRecord, language: str) -> list[Figure]:
    """Modulation by frequency over its limits."""
    curves: dict[str, list[tuple[float, float, float]]] = {}
    for measurement in record.measurements:
        for value in measurement.values:
            match = _AT_FREQUENCY.fullmatch(value.name)
            if match is not None and any(word in match[1] for word in _MODULATION):
                curves.setdefault(match[1], []).append((float(match[2]), value.value, value.uncertainty))
    found = []
    for name, points in sorted(curves.items()):
        points.sort()
        limits = sorted(
            (float(match[2]), verdict.minimum)
            for verdict in record.verdicts
            if (match := _AT_FREQUENCY.fullmatch(verdict.limit)) and match[1] == name and verdict.minimum is not None
        )
        top = max(1.1, *(value for _, value, _ in points))
        highest = max(f for f, *_ in (*points, *limits))  # limits of frequencies that were not measured are shown
        plot = Plot((0, highest * 1.05), (0, top), say(_FREQUENCY, language), say(_MODULATED, language))
        plot.line([(f, value) for f, value, _ in points], GREY, 0.3)
        if limits:
            plot.line(limits, BAD, 0.5, dashed=len(limits) > 1)
            plot.dots(limits, BAD, 0.6)
        plot.bars([(f, value, 2 * u) for f, value, u in points])
        plot.dots([(f, value) for f, value, _ in points])
        found.append(plot.figure(name))
    return found


def _maps(measurement: Measurement, language: str) -> list[Figure]:
    found = []
    for name, title in _MAPS.items():
        values = measurement.series.get(name)
        if values is not None and values.ndim == 2 and values.size:
            found.append(_heat_map(np.asarray(values, np.float32), say(title, language)))
    bad = measurement.series.get("bad")
    if bad is not None and bad.ndim == 2 and bad.dtype == np.bool_:
        found.append(_dot_map(np.asarray(bad, np.bool_), language))
    return found


def _heat_map(values: NDArray[np.float32], title: str) -> Figure:
    finite = values[np.isfinite(values)]
    low, high = (float(each) for each in np.percentile(finite, [0.5, 99.5])) if finite.size else (0.0, 1.0)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    if low < 0 < high:  # errors: white is none
        high = max(-low, high)
        low = -high
    width = 80.0
    height = width * values.shape[0] / values.shape[1]
    picture = Picture(2, 2, width, height, heat(values, low, high))
    ramp = heat(np.linspace(low, high, 64, dtype=np.float32)[::-1, None], low, high)
    key = Picture(width + 6, 2, 4, height, ramp)
    labels = [
        Label(width + 12, 4.5, f"{high:.4g}"),
        Label(width + 12, 2 + height / 2, f"{(low + high) / 2:.4g}"),
        Label(width + 12, 1.5 + height, f"{low:.4g}"),
    ]
    return Figure(title, width + 28, height + 4, (picture, key, *labels))


def _dot_map(bad: NDArray[np.bool_], language: str) -> Figure:
    count = int(bad.sum())
    title = LocalizedText(f"Piksel rusak: {count} dari {bad.size}", f"Bad pixels: {count} of {bad.size}")
    width = 80.0
    height = width * bad.shape[0] / bad.shape[1]
    rows, columns = np.nonzero(bad)
    step = max(1, -(-count // 4000))  # so many dots are a grey field anyway
    places = [
        (round(2 + (x + 0.5) / bad.shape[1] * width, 2), round(2 + (y + 0.5) / bad.shape[0] * height, 2))
        for x, y in zip(columns[::step], rows[::step], strict=True)
    ]
    frame = Line(((2, 2), (2 + width, 2), (2 + width, 2 + height), (2, 2 + height), (2, 2)), GREY, 0.3)
    return Figure(say(title, language), width + 4, height + 4, (frame, Dots(tuple(places), BAD, 0.35)))


def _straight_lines(measurement: Measurement, language: str) -> list[Figure]:
    """Grey over reflectance with the least-squares line."""
    reflectance, grey = measurement.series.get("response_reflectance"), measurement.series.get("response_grey")
    if reflectance is None or grey is None or reflectance.ndim != 1 or reflectance.shape != grey.shape:
        return []
    x, y = np.asarray(reflectance, np.float64), np.asarray(grey, np.float64)
    if x.size < 2 or float(np.ptp(x)) <= 0:
        return []
    slope, level = np.polyfit(x, y, 1)
    plot = Plot(
        (0, float(x.max()) * 1.05),
        (min(0.0, float(y.min())), max(255.0, float(y.max()))),
        say(LocalizedText("reflektansi", "reflectance"), language),
        say(LocalizedText("abu-abu", "grey"), language),
    )
    ends = (float(x.min()), float(x.max()))
    plot.line([(each, float(level + slope * each)) for each in ends], GOOD)
    plot.dots([(float(a), float(b)) for a, b in zip(x, y, strict=True)])
    return [plot.figure(say(LocalizedText("Linearitas abu-abu", "Grey linearity"), language))]


def _trend(trend: Trend, language: str) -> Figure:
    """Values over time, their line on to where it meets the limit."""
    start = trend.points[0].at
    days = [(each.at - start).total_seconds() / DAY_S for each in trend.points]
    values = [each.value for each in trend.points]
    end = days[-1] * 1.1 or 1.0
    if trend.crossing is not None:
        end = max(end, min((trend.crossing - start).total_seconds() / DAY_S * 1.05, 4 * max(end, 90)))
    spread = max(values) - min(values) or abs(values[-1]) * 0.02 or 1.0
    bounds = [each for each in (trend.minimum, trend.maximum) if each is not None]
    shown = [each for each in bounds if min(abs(each - value) for value in values) < 12 * spread]
    low, high = min([*values, *shown]), max([*values, *shown])
    room = 0.12 * (high - low or spread)
    ticks = [(day, _day(start, day)) for day in np.linspace(0, end, 5)]
    unit = trend.limit if trend.unit == "1" else f"{trend.limit}, {trend.unit}"
    plot = Plot((0, end), (low - room, high + room), "", unit, x_ticks=ticks)
    for bound in shown:
        plot.line([(0, bound), (end, bound)], BAD, 0.5, dashed=True)
    if trend.slope_per_day is not None and trend.moves:
        last = days[-1]
        middle, level = float(np.mean(days)), float(np.mean(values))
        ends = (0.0, end) if trend.crossing is not None else (0.0, last)
        plot.line([(day, level + trend.slope_per_day * (day - middle)) for day in ends], GREY, 0.3, dashed=True)
    plot.bars([(day, each.value, 2 * each.uncertainty) for day, each in zip(days, trend.points, strict=True)])
    plot.dots(list(zip(days, values, strict=True)))
    return plot.figure(f"{trend.limit}: {trend_words(trend, language)}")


def _day(start: datetime, day: float) -> str:
    moment = datetime.fromtimestamp(start.timestamp() + day * DAY_S, UTC)
    return f"{moment:%Y-%m-%d}"
