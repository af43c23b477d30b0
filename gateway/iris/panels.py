"""The panels that pictures of irises are put together from; all BGR, white where there is nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from math import isfinite

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.iris.code import COLUMNS, IrisCode, unpacked
from gateway.iris.comparison_detail import BitAgreement
from gateway.iris.iso_metrics import ISO_METRICS, IsoMetric
from gateway.iris.quality import IrisQuality

PANEL_WIDTH = 1024
GAP_PX = 12
COVERED = (60, 60, 220)
WITHIN, OUTSIDE, NEUTRAL = (60, 150, 60), (60, 60, 220), (150, 110, 60)
AGREE, DIFFER, UNCOUNTED = (140, 200, 140), (60, 60, 220), (225, 225, 225)
_TEXT = (40, 40, 40)
_TRACK, _RECOMMENDED = (232, 232, 232), (190, 225, 190)
_TINT = 0.5
_FONT, _SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.45
_LINE_PX = 22
_STRIP_PX = 128
_TITLE_PX, _VALUE_PX, _BAR_PX = 200, 110, 190
METRICS_WIDTH = 640

Picture = NDArray[np.uint8]


def strip_panel(strip: NDArray[np.uint8], visible: NDArray[np.bool_] | None = None) -> Picture:
    """(64, 512) unrolled iris twice as large, tinted where `visible` is not."""
    size = (PANEL_WIDTH, _STRIP_PX)
    grey = cv2.resize(strip, size, interpolation=cv2.INTER_CUBIC)
    image = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    if visible is None:
        return image
    seen = cv2.resize(visible.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return tinted(image, ~seen, COVERED)


def mask_panel(visible: NDArray[np.bool_]) -> Picture:
    """(64, 512) mask twice as large: white where the iris is seen."""
    grey = cv2.resize(visible.astype(np.uint8) * 255, (PANEL_WIDTH, _STRIP_PX), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def code_panel(code: IrisCode) -> Picture:
    """Ones black, zeros white, pale red where a bit does not count; the 8 parts of 16 rows one below the other."""
    bits, mask = (unpacked(words).reshape(-1, COLUMNS) for words in (code.bits, code.mask))
    small = np.full((*bits.shape, 3), 255, np.uint8)
    small[bits] = 0
    small[~mask] = (200, 200, 240)
    return _wide(small)


def agreement_panel(agreement: BitAgreement) -> Picture:
    """Bits that agree green, that differ red, that do not count in both grey."""
    common, differing = (flags.reshape(-1, COLUMNS) for flags in (agreement.common, agreement.differing))
    small = np.full((*common.shape, 3), UNCOUNTED, np.uint8)
    small[common] = AGREE
    small[differing] = DIFFER
    return _wide(small)


def metrics_panel(quality: IrisQuality) -> Picture:
    """The score, the standard's measures with their recommended ranges, and the parts of the score, a bar each."""
    parts: dict[str, float] = asdict(quality.parts)
    rows = [_bar_row("Score", f"{quality.score} of 100", quality.score / 100, None, None, NEUTRAL)]
    rows += [_metric_row(metric, metric.value(quality)) for metric in ISO_METRICS]
    rows.append(text_panel(["Parts of the score, 0 to 100:"], METRICS_WIDTH))
    rows += [_bar_row(f"  {name}", f"{value:.0f}", value / 100, None, None, NEUTRAL) for name, value in parts.items()]
    return np.concatenate(rows)


def text_panel(paragraphs: Iterable[str], width: int) -> Picture:
    """Lines of text, broken where they are wider than the panel."""
    lines = [line for paragraph in paragraphs for line in _broken(paragraph, width - 8)]
    image = _blank(_LINE_PX * max(1, len(lines)), width)
    for index, line in enumerate(lines):
        _write(image, line, 4, _LINE_PX * index)
    return image


def captioned(image: Picture, caption: str) -> Picture:
    """The panel with a line above it."""
    return np.concatenate([text_panel([caption], image.shape[1]), image])


def beside(left: Picture, right: Picture) -> Picture:
    """Two panels with a gap between, the lower one filled up."""
    image = _blank(max(left.shape[0], right.shape[0]), left.shape[1] + GAP_PX + right.shape[1])
    image[: left.shape[0], : left.shape[1]] = left
    image[: right.shape[0], left.shape[1] + GAP_PX :] = right
    return image


def widened(panel: Picture, width: int) -> Picture:
    """The panel filled up to `width` at its right, where it is narrower."""
    missing = max(0, width - panel.shape[1])
    return np.pad(panel, ((0, 0), (0, missing), (0, 0)), constant_values=255)


def stacked(panels: Sequence[Picture]) -> Picture:
    """Panels one below the other, a gap between them and about them."""
    width = max(panel.shape[1] for panel in panels) + 2 * GAP_PX
    image = _blank(sum(panel.shape[0] + GAP_PX for panel in panels) + GAP_PX, width)
    y = GAP_PX
    for panel in panels:
        image[y : y + panel.shape[0], GAP_PX : GAP_PX + panel.shape[1]] = panel
        y += panel.shape[0] + GAP_PX
    return image


def tinted(image: Picture, where: NDArray[np.bool_], colour: tuple[int, int, int]) -> Picture:
    """Half the image and half the colour there."""
    mixed = (1 - _TINT) * image[where] + _TINT * np.array(colour)
    tinted_image = image.copy()
    tinted_image[where] = mixed.astype(np.uint8)
    return tinted_image


def _metric_row(metric: IsoMetric, value: float) -> Picture:
    low, high = metric.span
    within = metric.within(value)
    colour = NEUTRAL if within is None else WITHIN if within else OUTSIDE
    recommended = None
    if metric.recommended is not None:
        begin, end = ((min(max(limit, low), high) - low) / (high - low) for limit in metric.recommended)
        recommended = (begin, end)
    unit = "%" if metric.unit == "percent" else metric.unit
    words = f"{value:.1f} {unit}".rstrip() if isfinite(value) else "-"
    return _bar_row(metric.title, words, (value - low) / (high - low), recommended, metric.range_words, colour)


def _bar_row(
    title: str,
    value: str,
    share: float,
    recommended: tuple[float, float] | None,
    note: str | None,
    colour: tuple[int, int, int],
) -> Picture:
    """Title, value, a bar filled to `share` over the recommended range, and a note."""
    image = _blank(_LINE_PX, METRICS_WIDTH)
    _write(image, title, 4, 0)
    _write(image, value, _TITLE_PX + 10, 0)
    left = _TITLE_PX + _VALUE_PX
    image[4:-4, left : left + _BAR_PX] = _TRACK
    if recommended is not None:
        begin, end = (left + round(_BAR_PX * edge) for edge in recommended)
        image[4:-4, begin:end] = _RECOMMENDED
    filled = round(_BAR_PX * min(max(share, 0.0), 1.0)) if isfinite(share) else 0
    image[8:-8, left : left + filled] = colour
    if note:
        _write(image, note, left + _BAR_PX + 10, 0)
    return image


def _wide(small: Picture) -> Picture:
    """A (rows, 256, 3) picture of bits at the width of a panel."""
    return np.repeat(small, PANEL_WIDTH // COLUMNS, axis=1)


def _broken(text: str, width: int) -> list[str]:
    """The text's lines of at most `width` pixels; a longer word stays whole."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and cv2.getTextSize(longer, _FONT, _SIZE, 1)[0][0] > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def _write(image: Picture, text: str, x: int, top: int) -> None:
    """OpenCV's strokes have ASCII alone."""
    plain = text.encode("ascii", "replace").decode("ascii")
    cv2.putText(image, plain, (x, top + _LINE_PX - 7), _FONT, _SIZE, _TEXT, 1, cv2.LINE_AA)


def _blank(height: int, width: int) -> Picture:
    return np.full((height, width, 3), 255, np.uint8)
