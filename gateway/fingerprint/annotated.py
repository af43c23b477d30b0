"""Prints with what was found in them drawn over, for people."""

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerTemplate, MinutiaType
from gateway.fingerprint.sample import ANALYSIS_PPI
from gateway.fingerprint.singular_points import SingularKind, SingularPoints

_ENDING = (60, 60, 220)
_BIFURCATION = (210, 120, 20)
_CORE, _DELTA = (40, 160, 40), (180, 40, 180)
_UNMATCHED = (150, 150, 150)
_OUTSIDE = 0.55
_GOOD_QUALITY = 50
_TEXT = (40, 40, 40)
_GAP_PX = 12
_CAPTION_PX = 26
PANELS = ("minutiae", "orientation", "ridges", "quality")
"""The captions of `analysis_sheet`, from left to right and top to bottom."""


def annotated(
    pixels: NDArray[np.uint8],
    template: FingerTemplate,
    segmentation: NDArray[np.bool_] | None = None,
    singular: SingularPoints | None = None,
) -> NDArray[np.uint8]:
    """Draw minutiae over a print: endings red circles, bifurcations blue squares, each with its direction.

    Those of quality 50 and more are drawn thick; the paler the mark, the lower the quality.

    Parameters
    ----------
    pixels : (height, width) uint8
    template : FingerTemplate
        In the pixels of that image.
    segmentation : (height, width) bool, optional
        What lies outside of it is faded.
    singular : SingularPoints, optional
        Cores are green rings with the way they open, deltas violet stars of three rays.

    Returns
    -------
    (height * k, width * k, 3) uint8
        BGR; k is 2 for images below 600 pixels of width, so that the marks leave the ridges to be seen.
    """
    enlarge = _enlargement(pixels)
    image = _ground(pixels, segmentation, enlarge)
    for index in np.argsort(template.quality, kind="stable").tolist():
        kind, quality = int(template.kind[index]), int(template.quality[index])
        colour = _BIFURCATION if kind == MinutiaType.BIFURCATION else _ENDING
        thickness = 2 if quality >= _GOOD_QUALITY and enlarge == 2 else 1
        _draw_minutia(image, template, index, enlarge, _faded(colour, quality), thickness)
    if singular is not None:
        _draw_singular_points(image, singular, template.ppi, enlarge)
    return image


def analysis_sheet(
    pixels: NDArray[np.uint8],
    template: FingerTemplate,
    traced: Mapping[str, NDArray[Any]],
    singular: SingularPoints | None = None,
    captions: tuple[str, str, str, str] = PANELS,
) -> NDArray[np.uint8]:
    """One picture of an analysis: minutiae, ridge orientation, ridges with their skeleton, quality map.

    Parameters
    ----------
    pixels : (height, width) uint8
        The sample that was analysed.
    template : FingerTemplate
        What was found in it.
    traced : mapping
        What the analysis gave to its `trace`, by name: `segmentation`, `enhanced_orientation`, `enhanced_coherence`,
        `ridges`, `skeleton` and `certainty` are used.
    singular : SingularPoints, optional
    captions : four str
        ASCII; what stands above the panels.

    Returns
    -------
    (H, W, 3) uint8
        BGR, two panels by two, each the size of what `annotated` returns.

    Raises
    ------
    KeyError
        A stage is missing from `traced`.
    """
    enlarge = _enlargement(pixels)
    height, width = pixels.shape
    mask = cv2.resize(traced["segmentation"].astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    ground = _ground(pixels, mask, enlarge)
    panels = (
        annotated(pixels, template, mask, singular),
        _orientation_panel(ground, traced["enhanced_orientation"], traced["enhanced_coherence"], mask),
        _ridge_panel(traced["ridges"], traced["skeleton"], ground.shape[:2]),
        _quality_panel(ground, traced["certainty"], mask),
    )
    framed = [_captioned(panel, caption) for panel, caption in zip(panels, captions, strict=True)]
    return np.concatenate([_beside(framed[0], framed[1]), _beside(framed[2], framed[3])])


def annotated_pairs(
    pixels_a: NDArray[np.uint8],
    template_a: FingerTemplate,
    pixels_b: NDArray[np.uint8],
    template_b: FingerTemplate,
    pairs: NDArray[np.integer[Any]],
) -> NDArray[np.uint8]:
    """Two prints side by side at one scale, matched minutiae joined by lines, the others in grey.

    Parameters
    ----------
    pixels_a, pixels_b : (height, width) uint8
        Each of its own size and ppi.
    template_a, template_b : FingerTemplate
        In the pixels of those images.
    pairs : (n, 2) int
        Which minutia of the first matches which of the second, by index.

    Returns
    -------
    (H, W, 3) uint8
        BGR. Each pair has a colour of its own.

    Raises
    ------
    ValueError
        `pairs` is not (n, 2), or names a minutia that is not there.
    """
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(f"pairs are (n, 2), not {pairs.shape}")
    if len(pairs) and ((pairs < 0).any() or (pairs >= (len(template_a), len(template_b))).any()):
        raise ValueError(f"pairs name minutiae beyond the {len(template_a)} and {len(template_b)} there are")
    both = ((pixels_a, template_a), (pixels_b, template_b))
    small = all(pixels.shape[1] * ANALYSIS_PPI < 600 * template.ppi for pixels, template in both)
    scales = [(2 if small else 1) * ANALYSIS_PPI / template.ppi for _, template in both]
    images = [_ground(pixels, None, scale) for (pixels, _), scale in zip(both, scales, strict=True)]
    colours = _colours(len(pairs))
    for side, ((_, template), scale) in enumerate(zip(both, scales, strict=True)):
        matched = {int(index): colour for index, colour in zip(pairs[:, side], colours, strict=True)}
        for index in range(len(template)):
            colour = matched.get(index, _UNMATCHED)
            _draw_minutia(images[side], template, index, scale, colour, 2 if index in matched else 1)
    image = _beside(*images)
    offset = images[0].shape[1] + _GAP_PX
    for (index_a, index_b), colour in zip(pairs.tolist(), colours, strict=True):
        from_x, from_y = _placed(template_a, index_a, scales[0])
        to_x, to_y = _placed(template_b, index_b, scales[1])
        cv2.line(image, _sixteenths(from_x, from_y), _sixteenths(to_x + offset, to_y), colour, 1, cv2.LINE_AA, 4)
    return image


def _enlargement(pixels: NDArray[np.uint8]) -> int:
    return 2 if pixels.shape[1] < 600 else 1


def _ground(pixels: NDArray[np.uint8], segmentation: NDArray[np.bool_] | None, scale: float) -> NDArray[np.uint8]:
    """The print in BGR at `scale`, faded outside of `segmentation`."""
    grey = np.ascontiguousarray(pixels)
    if segmentation is not None:
        faded = (255 - (255 - grey.astype(np.float32)) * (1 - _OUTSIDE)).astype(np.uint8)
        grey = np.where(segmentation, grey, faded)
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    method = cv2.INTER_CUBIC if scale >= 1 else cv2.INTER_AREA
    return np.asarray(cv2.cvtColor(cv2.resize(grey, size, interpolation=method), cv2.COLOR_GRAY2BGR), np.uint8)


def _faded(colour: tuple[int, int, int], quality: int) -> tuple[int, int, int]:
    """The paler, the lower the quality: a tenth of the way to white for 100, six tenths for 1."""
    pale = 0.1 + 0.5 * (1 - min(quality, 100) / 100)
    blue, green, red = (round(part + pale * (255 - part)) for part in colour)
    return blue, green, red


def _sixteenths(x: float, y: float) -> tuple[int, int]:
    """OpenCV's fixed point: minutiae lie between pixels."""
    return round(16 * x), round(16 * y)


def _placed(template: FingerTemplate, index: int, scale: float) -> tuple[float, float]:
    return (float(template.x[index]) + 0.5) * scale - 0.5, (float(template.y[index]) + 0.5) * scale - 0.5


def _draw_minutia(
    image: NDArray[np.uint8],
    template: FingerTemplate,
    index: int,
    scale: float,
    colour: tuple[int, int, int],
    thickness: int,
) -> None:
    x, y = _placed(template, index, scale)
    length = 11 * template.ppi / ANALYSIS_PPI * scale
    radius = max(2, round(length / 3))
    angle = float(template.angle[index])
    tip = _sixteenths(x + length * np.cos(angle), y - length * np.sin(angle))
    cv2.line(image, _sixteenths(x, y), tip, colour, thickness, cv2.LINE_AA, 4)
    if template.kind[index] == MinutiaType.BIFURCATION:
        corner, far = _sixteenths(x - radius, y - radius), _sixteenths(x + radius, y + radius)
        cv2.rectangle(image, corner, far, colour, thickness, cv2.LINE_AA, 4)
    else:
        cv2.circle(image, _sixteenths(x, y), radius * 16, colour, thickness, cv2.LINE_AA, 4)


def _draw_singular_points(image: NDArray[np.uint8], singular: SingularPoints, ppi: float, scale: float) -> None:
    ray = 20 * ppi / ANALYSIS_PPI * scale
    for px, py, angle, kind in zip(singular.x, singular.y, singular.angle, singular.kind, strict=True):
        x, y = (float(px) + 0.5) * scale - 0.5, (float(py) + 0.5) * scale - 0.5
        core = kind == SingularKind.CORE
        colour = _CORE if core else _DELTA
        for turn in (0.0,) if core else (0.0, 2 * np.pi / 3, 4 * np.pi / 3):
            tip = _sixteenths(x + ray * np.cos(float(angle) + turn), y - ray * np.sin(float(angle) + turn))
            cv2.line(image, _sixteenths(x, y), tip, colour, 2, cv2.LINE_AA, 4)
        if core:
            cv2.circle(image, _sixteenths(x, y), round(16 * ray / 2), colour, 2, cv2.LINE_AA, 4)


def _orientation_panel(
    ground: NDArray[np.uint8], orientation: NDArray[np.float32], coherence: NDArray[np.float32], mask: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """A stroke along the ridges for every second cell of the grid: green where it is sure, red where it is not."""
    image = cv2.addWeighted(ground, 0.45, np.full_like(ground, 255), 0.55, 0)
    rows, columns = orientation.shape
    step_x, step_y = image.shape[1] / columns, image.shape[0] / rows
    for row in range(1, rows, 2):
        for column in range(1, columns, 2):
            x, y = (column + 0.5) * step_x, (row + 0.5) * step_y
            at = int(y * mask.shape[0] / image.shape[0]), int(x * mask.shape[1] / image.shape[1])
            if not mask[at]:
                continue
            reach, angle = 0.8 * step_x, float(orientation[row, column])
            dx, dy = reach * np.cos(angle), -reach * np.sin(angle)
            sure = float(np.clip((coherence[row, column] - 0.3) / 0.6, 0, 1))
            colour = (0, round(170 * sure), round(220 * (1 - sure)))
            cv2.line(image, _sixteenths(x - dx, y - dy), _sixteenths(x + dx, y + dy), colour, 2, cv2.LINE_AA, 4)
    return np.asarray(image, np.uint8)


def _ridge_panel(ridges: NDArray[np.uint8], skeleton: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Ridges grey, their skeleton black."""
    drawn = np.full((*ridges.shape, 3), 255, np.uint8)
    drawn[ridges > 0] = 200
    drawn[skeleton > 0] = 0
    return np.asarray(cv2.resize(drawn, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST), np.uint8)


def _quality_panel(
    ground: NDArray[np.uint8], certainty: NDArray[np.float32], mask: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """The certainty of the ridges over the print: red none, yellow half, green full."""
    size = (ground.shape[1], ground.shape[0])
    value = np.clip(cv2.resize(certainty, size), 0, 1)[..., None]
    low, high = np.minimum(2 * value, 1), np.maximum(2 * value - 1, 0)
    heat = np.concatenate([np.zeros_like(value), 60 + 140 * low, 220 * (1 - high)], axis=2)
    inside = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)[..., None] > 0
    return np.where(inside, 0.5 * ground + 0.5 * heat, ground).astype(np.uint8)


def _captioned(image: NDArray[np.uint8], caption: str) -> NDArray[np.uint8]:
    band = np.full((_CAPTION_PX, image.shape[1], 3), 255, np.uint8)
    cv2.putText(band, caption, (6, _CAPTION_PX - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.55, _TEXT, 1, cv2.LINE_AA)
    return np.concatenate([band, image])


def _beside(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Both with a white gap between, the lower one filled up with white."""
    height = max(left.shape[0], right.shape[0])
    image = np.full((height, left.shape[1] + _GAP_PX + right.shape[1], 3), 255, np.uint8)
    image[: left.shape[0], : left.shape[1]] = left
    image[: right.shape[0], left.shape[1] + _GAP_PX :] = right
    return image


def _colours(count: int) -> list[tuple[int, int, int]]:
    """Hues as far apart as they go, dark enough to stand out of grey."""
    hues = (np.arange(count) * 180 / max(count, 1)).astype(np.uint8)
    hsv = np.stack([hues, np.full(count, 220, np.uint8), np.full(count, 190, np.uint8)], axis=1)[None]
    bgr = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0] if count else np.zeros((0, 3), np.uint8)
    return [(int(blue), int(green), int(red)) for blue, green, red in bgr]
