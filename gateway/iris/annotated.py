"""Eyes with what was found in them drawn over, for people."""

from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.guidance import LocalizedText
from gateway.iris.code import COLUMNS
from gateway.iris.comparison_detail import ComparisonDetail, bit_agreement, compared
from gateway.iris.geometry import IrisAnalysis, IrisGeometry
from gateway.iris.outcome_words import OUTCOME_WORDS
from gateway.iris.panels import (
    COVERED,
    GAP_PX,
    METRICS_WIDTH,
    PANEL_WIDTH,
    agreement_panel,
    beside,
    captioned,
    code_panel,
    mask_panel,
    metrics_panel,
    stacked,
    strip_panel,
    text_panel,
    tinted,
    widened,
)
from gateway.iris.sample import check_sample, grey_sample

PUPIL, LIMBUS, LID, GLINT = (0, 140, 255), (60, 200, 60), (230, 130, 30), (0, 220, 220)
"""BGR of the pupil's and the iris's outlines, the lids' lines, and mirrored lamps."""
PREVIEW_SIDE = 1280
"""Pixels of the longer side that a drawn frame has at most."""
_EYE_REACH = 1.3  # iris radii about its centre
_FRAME_SIZE, _EYE_SIZE = (560, 432), (PANEL_WIDTH - GAP_PX - 560, 432)
_PAIR_SIZE = ((PANEL_WIDTH - GAP_PX) // 2, 380)
_SHIFT = 4  # bits of fraction that OpenCV draws with

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
Words = Callable[[LocalizedText], str]
Box = tuple[int, int, int, int]
"""Left, top, right and bottom pixel, the latter two exclusive."""

_FRAME = LocalizedText("Gambar", "Frame")
_EYE = LocalizedText("Iris; merah: tertutup", "Iris; red: covered")
_SEARCHED = LocalizedText("Gambar sebagaimana dicari", "The frame as it was searched")
_STRIP = LocalizedText("Iris terbentang, pupil di atas", "Iris unrolled, the pupil above")
_MASK = LocalizedText("Bagian yang terlihat", "What is seen of it")
_CODE = LocalizedText("Kode iris; merah muda: tidak dihitung", "Iris code; pale red: not counted")
_NO_REMARK = LocalizedText("Tidak ada catatan.", "No remarks.")
_NO_IMAGE = LocalizedText("Hanya kode, tanpa gambar", "A code alone, without its image")
_AGREEMENT = LocalizedText(
    "Bit: hijau sama, merah berbeda, abu-abu tidak dihitung", "Bits: green agree, red differ, grey not counted"
)


def english(text: LocalizedText) -> str:
    """The English words."""
    return text.en


def annotated_frame(pixels: Pixels, analysis: IrisAnalysis, longest: int = PREVIEW_SIDE) -> NDArray[np.uint8]:
    """Draw the outlines over a frame: the pupil orange, the iris green, lids blue, mirrored lamps yellow.

    Parameters
    ----------
    pixels : (height, width) uint8 or uint16
        The frame that was analysed.
    analysis : IrisAnalysis
        Of that frame; without geometry the frame stays bare.
    longest : int
        Pixels of the longer side that the picture has at most.

    Returns
    -------
    (h, w, 3) uint8
        BGR; as large as the frame, or reduced to `longest`.

    Raises
    ------
    ValueError
        `pixels` is no frame, or not the one that was analysed.
    """
    _check(pixels, analysis)
    height, width = pixels.shape
    scale = min(1.0, longest / max(height, width))
    return _drawn(pixels, analysis.geometry, (0, 0, width, height), scale, cover=False)


def analysis_sheet(
    pixels: Pixels, analysis: IrisAnalysis, traced: Mapping[str, NDArray[Any]], *, words: Words = english
) -> NDArray[np.uint8]:
    """One picture of an analysis: the frame, the iris, its strip, mask and code, quality and guidance.

    Where no iris was found: the frame, as it came and as it was searched, and why.

    Parameters
    ----------
    pixels : (height, width) uint8 or uint16
        The frame that was analysed.
    analysis : IrisAnalysis
    traced : mapping
        What the analysis gave to its `trace`, by name; `toned` is used where it is there.
    words : callable
        Chooses the language.

    Returns
    -------
    (H, 1048, 3) uint8
        BGR.

    Raises
    ------
    ValueError
        As `annotated_frame`.
    """
    _check(pixels, analysis)
    geometry = analysis.geometry
    height, width = pixels.shape
    frame = _fitted(pixels, geometry, (0, 0, width, height), _FRAME_SIZE, cover=False)
    panels = [captioned(frame, words(_FRAME))]
    if geometry is not None:
        eye = _fitted(pixels, geometry, _eye_box(geometry, pixels.shape), _EYE_SIZE, cover=True)
        panels[0] = beside(panels[0], captioned(eye, words(_EYE)))
        panels.append(captioned(strip_panel(analysis.strip, analysis.strip_mask), words(_STRIP)))
        panels.append(captioned(mask_panel(analysis.strip_mask), words(_MASK)))
    elif (toned := traced.get("toned")) is not None:
        searched = _fitted(toned, None, (0, 0, toned.shape[1], toned.shape[0]), _EYE_SIZE, cover=False)
        panels[0] = beside(panels[0], captioned(searched, words(_SEARCHED)))
    if analysis.template is not None:
        panels.append(captioned(code_panel(analysis.template), words(_CODE)))
    panels.append(_verdict(analysis, words))
    return widened(stacked(panels), PANEL_WIDTH + 2 * GAP_PX)


def annotated_comparison(
    a_pixels: Pixels | None,
    a_analysis: IrisAnalysis,
    b_pixels: Pixels | None,
    b_analysis: IrisAnalysis,
    *,
    words: Words = english,
) -> NDArray[np.uint8]:
    """Two irises, unrolled, the first turned to where it lies best on the second, and which of their bits agree.

    Parameters
    ----------
    a_pixels, b_pixels : (height, width) uint8 or uint16, or None
        The frames; None where there is only a code, and `geometry` is None too.
    a_analysis, b_analysis : IrisAnalysis
        With a template each.
    words : callable
        Chooses the language.

    Returns
    -------
    (H, 1048, 3) uint8
        BGR.

    Raises
    ------
    ValueError
        A template is missing or they are of different versions; or as `annotated_frame`.
    """
    a, b = a_analysis.template, b_analysis.template
    if a is None or b is None:
        raise ValueError("a comparison needs the codes of both irises")
    both = ((a_pixels, a_analysis), (b_pixels, b_analysis))
    detail = compared(a, b)
    panels = [beside(*(captioned(_face(*each, words), name) for each, name in zip(both, "AB", strict=True)))]
    for (_, analysis), name, shift in zip(both, "AB", (detail.shift, 0), strict=True):
        if analysis.geometry is not None:
            turn = shift * analysis.strip.shape[1] // COLUMNS
            strip, visible = np.roll(analysis.strip, turn, axis=1), np.roll(analysis.strip_mask, turn, axis=1)
            panels.append(captioned(strip_panel(strip, visible), _strip_caption(name, detail, words)))
    panels.append(captioned(agreement_panel(bit_agreement(a, b, detail.shift)), words(_AGREEMENT)))
    panels.append(text_panel([words(detail_words(detail))], PANEL_WIDTH))
    return widened(stacked(panels), PANEL_WIDTH + 2 * GAP_PX)


def detail_words(detail: ComparisonDetail) -> LocalizedText:
    """A comparison in one sentence."""
    distance, turn = f"{detail.distance:.3f}", f"{detail.shift_degrees:+.1f}"
    differing, common = f"{detail.differing:,}", f"{detail.common:,}"
    return LocalizedText(
        id=f"Jarak {distance}: {differing} dari {common} bit bersama berbeda, diputar {turn} derajat.",
        en=f"Distance {distance}: {differing} of {common} bits in common differ, turned by {turn} degrees.",
    )


def _check(pixels: Pixels, analysis: IrisAnalysis) -> None:
    check_sample(pixels)
    if analysis.geometry is not None and analysis.geometry.mask.shape != pixels.shape:
        raise ValueError(f"the analysis is of a frame of {analysis.geometry.mask.shape}, not {pixels.shape}")


def _face(pixels: Pixels | None, analysis: IrisAnalysis, words: Words) -> NDArray[np.uint8]:
    """One iris of two, or a note that there is no image of it."""
    if pixels is None or analysis.geometry is None:
        return text_panel([words(_NO_IMAGE)], _PAIR_SIZE[0])
    _check(pixels, analysis)
    box = _eye_box(analysis.geometry, pixels.shape)
    return widened(_fitted(pixels, analysis.geometry, box, _PAIR_SIZE, cover=True), _PAIR_SIZE[0])


def _strip_caption(name: str, detail: ComparisonDetail, words: Words) -> str:
    if name == "B":
        return "B"
    turn = f"{detail.shift_degrees:+.1f}"
    return words(LocalizedText(f"A, diputar {turn} derajat", f"A, turned by {turn} degrees"))


def _verdict(analysis: IrisAnalysis, words: Words) -> NDArray[np.uint8]:
    """The measures, and beside them what came of it and what to do."""
    paragraphs = [words(OUTCOME_WORDS[analysis.outcome])]
    for each in analysis.guidance:
        paragraphs += ["", f"{words(each.fault)} {words(each.remedy)}"]
    if not analysis.guidance:
        paragraphs += ["", words(_NO_REMARK)]
    if analysis.quality is None:
        return text_panel(paragraphs, PANEL_WIDTH)
    return beside(metrics_panel(analysis.quality), text_panel(paragraphs, PANEL_WIDTH - GAP_PX - METRICS_WIDTH))


def _eye_box(geometry: IrisGeometry, shape: tuple[int, ...]) -> Box:
    """The iris with what is around it, as far as the frame goes."""
    (x, y), reach = geometry.limbus.centre, _EYE_REACH * geometry.limbus.radius
    height, width = shape
    left, top = (min(max(0, round(middle - reach)), extent - 1) for middle, extent in ((x, width), (y, height)))
    right, bottom = (
        max(start + 1, min(extent, round(middle + reach)))
        for start, middle, extent in ((left, x, width), (top, y, height))
    )
    return left, top, right, bottom


def _fitted(
    pixels: Pixels, geometry: IrisGeometry | None, box: Box, size: tuple[int, int], *, cover: bool
) -> NDArray[np.uint8]:
    """The box as large as fits into (width, height)."""
    left, top, right, bottom = box
    scale = min(size[0] / (right - left), size[1] / (bottom - top))
    return _drawn(pixels, geometry, box, scale, cover=cover)


def _drawn(pixels: Pixels, geometry: IrisGeometry | None, box: Box, scale: float, *, cover: bool) -> NDArray[np.uint8]:
    """A box of the frame at `scale` with its outlines; with `cover` what hides the iris is tinted too."""
    left, top, right, bottom = box
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    part = grey_sample(pixels)[top:bottom, left:right]
    grey = cv2.resize(part, size, interpolation=method) if scale != 1 else part
    image = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    if geometry is None:
        return image
    steps = np.array([size[0] / (right - left), size[1] / (bottom - top)])

    def placed(points: NDArray[np.float32]) -> NDArray[np.int32]:
        inside = (points.astype(np.float64) - (left, top) + 0.5) * steps - 0.5
        return np.asarray(np.rint(inside * (1 << _SHIFT)), np.int32)

    def scaled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        flags = mask[top:bottom, left:right].astype(np.uint8)
        return np.asarray(cv2.resize(flags, size, interpolation=cv2.INTER_NEAREST) > 0)

    pupil, limbus = placed(geometry.pupil.points), placed(geometry.limbus.points)
    if cover:
        ring = np.zeros(image.shape[:2], np.uint8)
        cv2.fillPoly(ring, [limbus], 1, cv2.LINE_8, _SHIFT)
        cv2.fillPoly(ring, [pupil], 0, cv2.LINE_8, _SHIFT)
        image = tinted(image, (ring > 0) & ~scaled(geometry.mask), COVERED)
    image = tinted(image, scaled(geometry.glints), GLINT)
    thickness = 2 if max(size) > 800 else 1
    for lid in (geometry.upper_lid, geometry.lower_lid):
        if lid is not None:
            cv2.polylines(image, [placed(lid)], False, LID, thickness, cv2.LINE_AA, _SHIFT)
    cv2.polylines(image, [limbus], True, LIMBUS, thickness, cv2.LINE_AA, _SHIFT)
    cv2.polylines(image, [pupil], True, PUPIL, thickness, cv2.LINE_AA, _SHIFT)
    return image
