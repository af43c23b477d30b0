"""What irises cost: a code beside NIST's mindtct in the same run, a frame, one comparison; and what bad input costs."""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import cycle
from pathlib import Path

import cv2
import nbis
import numpy as np

from drivers.fingerprint.synthetic import draw_fingerprint
from drivers.iris.synthesis.drawn_eye import drawn_eye
from gateway.iris import IrisCode, analyze, compare
from tests.benchmarks.altered_eyes import ALTERATIONS, Grey
from tests.benchmarks.figure import Figure
from tests.benchmarks.iris_accuracy import IRISES, public_eyes
from tests.benchmarks.iris_figure import POOLED, IrisFigure
from tests.benchmarks.stages import cpu_ms
from tests.gateway.iris.non_eyes import non_eyes

FINGERS = tuple(range(1, 13))
IMAGES = 24
COMPARED = 48
HUGE = 8000
BAD_SHARE = 3.0
"""What an image without an eye may cost at most, in median frames as large."""
_SLOWEST, _AGAIN = 5, 3


def small_images() -> tuple[str, list[Grey]]:
    """What they are, and images of 320x280: of CASIA1 where it is there, else drawn."""
    if (IRISES / "CASIA1_A").is_dir():
        images = [pixels for _, _, pixels in public_eyes("CASIA1_A")]
        return "CASIA1_A", images[:: len(images) // IMAGES][:IMAGES]
    return "drawn eyes", [drawn_eye(eye, 1, width=320, height=280).pixels for eye in range(1, IMAGES + 1)]


def wide_frames(small: Sequence[Grey]) -> list[Grey]:
    """Frames of 640x480 with the eye anywhere: the small images laid in skin, and drawn ones off the centre."""
    rng = np.random.default_rng(17)
    laid = [ALTERATIONS["in 640x480"](pixels, rng) for pixels in small[: IMAGES // 2]]
    return laid + [drawn_eye(eye, 1, "off_centre").pixels for eye in range(1, IMAGES // 2 + 1)]


def beside_mindtct(images: Sequence[Grey], runs: int) -> list[tuple[float, float]]:
    """Processor time of an eye's analysis and of mindtct on a drawn print of 388x374, ms, taken in turn."""
    prints = [draw_fingerprint(finger, 1) for finger in FINGERS]
    files = cycle([cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1].tobytes() for pixels in prints])
    settings = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=False, ppi=500.0
    )
    mindtct, eyes = nbis.new_nbis_extractor(settings), cycle(images)
    return [
        (
            cpu_ms(lambda: analyze(next(eyes)), len(images), 1)[0],
            cpu_ms(lambda: mindtct.extract_minutiae(next(files)), len(FINGERS), 1)[0],
        )
        for _ in range(runs)
    ]


def comparison_us(codes: Sequence[IrisCode], runs: int) -> tuple[list[float], list[float]]:
    """Processor time of one comparison, µs: of one probe with many, and of pairs none of which was seen before."""
    many: list[float] = []
    fresh: list[float] = []
    for run in range(runs):
        probe = codes[run % len(codes)]
        many.append(_us(lambda pair: compare(*pair), [(probe, _copy(code)) for code in codes * 8]))
        pairs = [(_copy(a), _copy(b)) for a in codes[:16] for b in codes if a is not b]
        fresh.append(_us(lambda pair: compare(*pair), pairs))
    return many, fresh


def _copy(code: IrisCode) -> IrisCode:
    """Another object: nothing that was kept of the first serves it."""
    return IrisCode(code.bits.copy(), code.mask.copy(), code.version)


def _us(run: Callable[[tuple[IrisCode, IrisCode]], object], pairs: Sequence[tuple[IrisCode, IrisCode]]) -> float:
    began = time.process_time()
    for pair in pairs:
        run(pair)
    return 1e6 * (time.process_time() - began) / len(pairs)


def figures(_scratch: Path, quick: bool) -> list[Figure]:
    """For `python -m tests.benchmarks`."""
    runs = 3 if quick else 7
    name, images = small_images()
    frames = wide_frames(images)
    pairs = beside_mindtct(images, runs)
    ours = cycle(frames)
    codes = [code for pixels in (*images, *frames) if (code := analyze(pixels).template) is not None][:COMPARED]
    many, fresh = comparison_us(codes, runs)
    return [
        Figure(f"analyze() of an eye of 320x280, {name} (CPU)", [eye_ms for eye_ms, _ in pairs], "ms"),
        Figure("mindtct on a print of 388x374 (CPU)", [print_ms for _, print_ms in pairs], "ms"),
        Figure("  the eye as a share of mindtct's", [eye_ms / print_ms for eye_ms, print_ms in pairs], "x", 1.2),
        Figure(
            "analyze() of 640x480, the eye anywhere (CPU)",
            cpu_ms(lambda: analyze(next(ours)), len(frames), runs),
            "ms",
            80,
        ),
        Figure("one comparison of codes, a probe with many (CPU)", many, "µs", 60),
        Figure("  each pair fresh (CPU)", fresh, "µs", 60),
    ]


REACH = {"x": 0.6, "ms": 40.0, "µs": 15.0}
"""What the figures with a goal should reach, by their units."""


def told_figures(quick: bool) -> list[IrisFigure]:
    """The same with what they should reach, and bad input."""
    found = [
        IrisFigure(
            figure.name,
            {POOLED: figure.value},
            figure.unit,
            figure.goal,
            None if figure.goal is None else REACH[figure.unit],
            note=f"median of {len(figure.values)}, {min(figure.values):.3g} to {max(figure.values):.3g}",
        )
        for figure in figures(Path(), quick)
    ]
    return found + bad_input_figures(100 if quick else 400)


def bad_input_figures(count: int) -> list[IrisFigure]:
    """The dearest image without an eye, in median frames as large."""
    small = [
        np.asarray(cv2.resize(drawn_eye(eye, 1).pixels, (320, 240), interpolation=cv2.INTER_AREA), np.uint8)
        for eye in range(1, 13)
    ]
    usual = statistics.median(_least_ms(pixels) for pixels in small)
    worst, kind = _dearest(non_eyes(count, seed=9004))
    dot = _least_ms(np.zeros((1, 1), np.uint8))
    eye = np.asarray(cv2.resize(small[0], (HUGE, HUGE), interpolation=cv2.INTER_LINEAR), np.uint8)
    huge_usual = _least_ms(eye)
    huge, huge_kind = _dearest(_huge())
    return [
        IrisFigure(
            f"dearest of {count} non-eyes of 320x240",
            {POOLED: worst / usual},
            "x",
            BAD_SHARE,
            note=f"{kind}, {worst:.0f} ms; an eye {usual:.0f} ms",
        ),
        IrisFigure(
            f"dearest non-eye of {HUGE}x{HUGE}",
            {POOLED: huge / huge_usual},
            "x",
            BAD_SHARE,
            note=f"{huge_kind}, {huge:.0f} ms; an eye {huge_usual:.0f} ms",
        ),
        IrisFigure("1x1, in eyes of 320x240", {POOLED: dot / usual}, "x", BAD_SHARE, note=f"{1e3 * dot:.0f} µs"),
    ]


def _huge() -> Iterable[tuple[str, Grey]]:
    """8000x8000: even, noise, and each drawn kind enlarged."""
    yield "even", np.full((HUGE, HUGE), 77, np.uint8)
    yield "pixel noise", np.random.default_rng(3).integers(0, 256, (HUGE, HUGE), np.uint8)
    for kind, pixels in non_eyes(10, seed=9005):
        yield kind, np.asarray(cv2.resize(pixels, (HUGE, HUGE), interpolation=cv2.INTER_LINEAR), np.uint8)


def _dearest(images: Iterable[tuple[str, Grey]]) -> tuple[float, str]:
    """Milliseconds and kind of the dearest; the slowest are taken again, so that a disturbance does not count."""
    slowest: list[tuple[float, str, Grey]] = []
    for kind, pixels in images:
        slowest.append((_least_ms(pixels, 1), kind, pixels))
        slowest = sorted(slowest, key=lambda one: -one[0])[:_SLOWEST]
    return max((_least_ms(pixels), kind) for _, kind, pixels in slowest)


def _least_ms(pixels: Grey, times: int = _AGAIN) -> float:
    return min(cpu_ms(lambda: analyze(pixels), 1, times)) if times > 1 else _once_ms(pixels)


def _once_ms(pixels: Grey) -> float:
    began = time.process_time()
    analyze(pixels)
    return 1e3 * (time.process_time() - began)
