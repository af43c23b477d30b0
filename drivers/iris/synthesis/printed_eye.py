"""A paper print of an eye, held before the camera: halftone dots or ink-jet grain, dull gloss, no depth and no life."""

from dataclasses import dataclass, replace
from math import cos, pi, radians, sin, tan

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.eye import Ellipse, EyeTruth, eye_truth, seen_eye
from drivers.iris.synthesis.glints import LAMPS_MM
from drivers.iris.synthesis.grain import grained, ring, smoothstep
from drivers.iris.synthesis.pose import EyeView, Pose, eye_view
from drivers.iris.synthesis.scene import X_MM, Y_MM, EyeScene

_FINER = 2.0  # sheet pixels per scene pixel
_BEYOND_GREY = 14.0  # beyond the sheet's edge: the room
_BEHIND_MM = 6.0
"""From a sheet with a hole to the eye behind it."""
_SHADED = 0.85
"""Share of the lamps' light that reaches the eye behind a hole."""


@dataclass(frozen=True, eq=False)
class PrintedEye:
    """A sheet of paper.

    Parameters
    ----------
    sheet : (h, w) uint8
        Grey levels under the nominal lamps.
    hole : (h, w) uint8 or None
        255 where its pupil is cut out.
    truth : EyeTruth
        Of the print, in sheet pixels.
    origin : (float, float)
        Sheet pixel of the resting iris centre: x, y.
    px_per_mm : float
        Of the sheet.
    tilt_deg : (float, float)
        How it is held: to the right of the image, down.
    gloss, gloss_mm : float
        Grey levels that its dull shine adds at most, and how wide that is.
    behind : EyeScene or None
        Whose eye looks through the hole.
    """

    sheet: NDArray[np.uint8]
    hole: NDArray[np.uint8] | None
    truth: EyeTruth
    origin: tuple[float, float]
    px_per_mm: float
    tilt_deg: tuple[float, float]
    gloss: float
    gloss_mm: float
    behind: EyeScene | None


def printed_eye(scene: EyeScene, impression: int, behind: EyeScene | None) -> PrintedEye:
    """Print the eye of `scene`, at rest and looking straight, at its own size.

    Parameters
    ----------
    scene : EyeScene
    impression : int
        Of the sitting: each has a sheet of its own, by a laser printer (a screen of 106 to 141 lines per inch at some
        45 degrees) or by ink jet (scattered drops of 400 to 900 per inch), held a little aslant.
    behind : EyeScene, optional
        Whose eye looks through the pupil, which is then cut out.
    """
    rng = np.random.default_rng([scene.eye.face, impression, 0x505249])
    ppm = _FINER * scene.px_per_mm
    shape = (int((Y_MM[1] - Y_MM[0]) * ppm), int((X_MM[1] - X_MM[0]) * ppm))
    origin = (_FINER * scene.origin[0] + 0.5, _FINER * scene.origin[1] + 0.5)
    view = eye_view(Pose(), origin, 0.0, ppm)
    ratio = float(rng.uniform(0.30, 0.44))
    bare = replace(scene, glasses=None)
    source = seen_eye(bare, Pose(), view, ratio, shape)
    truth = eye_truth(bare, Pose(), view, ratio, shape)
    sheet = _printed(source, ppm, rng)
    hole = None if behind is None else _hole(truth.pupil, shape, ppm, rng)
    tilt = (float(rng.uniform(0, 6)), float(rng.uniform(0, 2 * pi)))
    return PrintedEye(
        sheet=sheet,
        hole=hole,
        truth=truth,
        origin=origin,
        px_per_mm=ppm,
        tilt_deg=(tilt[0] * cos(tilt[1]), tilt[0] * sin(tilt[1])),
        gloss=float(rng.uniform(8, 34)),
        gloss_mm=float(rng.uniform(16, 30)),
        behind=behind,
    )


def seen_print(
    printed: PrintedEye, pose: Pose, view: EyeView, pupil_ratio: float, shape: tuple[int, int]
) -> NDArray[np.float32]:
    """The light that a sheet sends to each pixel, and the eye behind its hole; arguments as for `seen_eye`.

    The ratio is that of the pupil behind the hole.
    """
    import cv2

    flat = _sheet_view(printed, pose, view)
    image = _laid(printed.sheet, printed, flat, shape).astype(np.float32)
    image += _gloss(printed, pose, flat, shape)
    if printed.hole is None or printed.behind is None:
        return image
    hole = _laid(printed.hole, printed, flat, shape).astype(np.float32) * np.float32(1 / 255)
    live = seen_eye(printed.behind, *_behind(pose, view), pupil_ratio, shape)
    # The sheet throws a shadow about the rim of its hole.
    rim = np.asarray(cv2.GaussianBlur(hole, (0, 0), 0.12 * flat.scale), np.float32)
    live *= np.float32(_SHADED) * rim
    return image + hole * (live - image)


def print_truth(printed: PrintedEye, pose: Pose, view: EyeView, shape: tuple[int, int]) -> EyeTruth:
    """What the sheet shows, in frame pixels; its pupil is the hole where there is one."""
    flat = _sheet_view(printed, pose, view)
    truth, shrink = printed.truth, flat.scale / printed.px_per_mm
    covers = np.stack([255 * plane.astype(np.uint8) for plane in (truth.lids, truth.lashes, truth.glints)], axis=-1)
    laid = _laid(covers, printed, flat, shape) > 127
    seen = shrink * flat.tilt @ flat.turn
    across = (flat.tilt_way + pi / 2 + pi) % (2 * pi) - pi

    def outline(ellipse: Ellipse) -> Ellipse:
        x, y = flat.rest + seen @ (np.array([ellipse.x, ellipse.y]) - printed.origin)
        radius = ellipse.semi_major * shrink
        return Ellipse(float(x), float(y), radius, radius * cos(flat.gaze), across)

    return EyeTruth(
        pupil=outline(truth.pupil),
        iris=outline(truth.iris),
        lids=laid[..., 0],
        lashes=laid[..., 1],
        glints=laid[..., 2],
        yaw_deg=pose.yaw_deg,
        pitch_deg=pose.pitch_deg,
        roll_deg=pose.roll_deg,
        distance_mm=pose.distance_mm,
        px_per_mm=flat.scale,
        pupil_ratio=truth.pupil_ratio,
    )


def _printed(source: NDArray[np.float32], ppm: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Ink on paper for the grey that was photographed."""
    import cv2

    seen = cv2.GaussianBlur(np.clip(source, 0, 255), (0, 0), float(rng.uniform(0.03, 0.055)) * ppm)
    wanted = 1 - np.asarray(seen, np.float32) / 255
    screened = rng.random() < 0.6
    threshold = _screen(wanted.shape, ppm, rng) if screened else _drops(wanted.shape, ppm, rng)
    # Drops come in sizes and run into one another; toner sticks or does not.
    soft = np.float32(0.16 if screened else 0.55)
    ink = np.clip((wanted - threshold) / soft + 0.5, 0, 1)
    ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), float(rng.uniform(0.022, 0.034)) * ppm), np.float32)
    white, black = np.float32(rng.uniform(186, 214)), np.float32(rng.uniform(24, 52))
    paper = 1 + np.float32(0.012) * grained(wanted.shape, (0.1 * ppm, 0.1 * ppm), rng)
    return np.asarray(np.clip(paper * (white + ink * (black - white)), 0, 255), np.uint8)


def _screen(shape: tuple[int, int], ppm: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Thresholds of a laser printer's clustered dots: (h, w) float32, spread evenly over 0 to 1."""
    period = 25.4 / float(rng.uniform(106, 141)) * ppm
    angle = radians(45 + float(rng.uniform(-8, 8)))
    x = np.arange(shape[1], dtype=np.float32)[None, :]
    y = np.arange(shape[0], dtype=np.float32)[:, None]
    step = np.float32(2 * pi / period)
    one = np.cos(step * np.float32(cos(angle)) * x + step * np.float32(sin(angle)) * y)
    one += np.cos(step * np.float32(cos(angle)) * y - step * np.float32(sin(angle)) * x)
    # The sum of two waves lies about the middle too often: an arcsine spreads it, to within a few percent.
    return np.asarray(0.5 + np.arcsin(np.clip(one / 2, -1, 1)) / np.float32(pi), np.float32)


def _drops(shape: tuple[int, int], ppm: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Thresholds of an ink jet's scattered drops: no period, little power at coarse grains."""
    import cv2

    pitch = 25.4 / float(rng.uniform(400, 900)) * ppm
    rows, columns = int(shape[0] / pitch) + 2, int(shape[1] / pitch) + 2
    white = rng.standard_normal((rows, columns), np.float32)
    fine = white - np.asarray(cv2.GaussianBlur(white, (0, 0), 1.0), np.float32)
    order = np.empty(fine.size, np.float32)
    order[np.argsort(fine, axis=None)] = np.linspace(0, 1, fine.size, dtype=np.float32)
    drops = cv2.resize(order.reshape(fine.shape), None, fx=pitch, fy=pitch, interpolation=cv2.INTER_NEAREST)
    return np.asarray(drops[: shape[0], : shape[1]], np.float32)


def _hole(pupil: Ellipse, shape: tuple[int, int], ppm: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A cut by hand along the printed pupil: (h, w) uint8, 255 where the paper is gone."""
    radius = pupil.semi_major * float(rng.uniform(0.98, 1.1))
    edge = radius * (1 + 0.018 * ring(720, 40, rng) + 0.007 * ring(720, 9, rng))
    x = np.arange(shape[1], dtype=np.float32)[None, :] - np.float32(pupil.x)
    y = np.arange(shape[0], dtype=np.float32)[:, None] - np.float32(pupil.y)
    turn = np.asarray(np.arctan2(y, x) * (360 / pi), np.int32) % 720
    within = np.asarray(edge, np.float32)[turn] - np.hypot(x, y)
    return np.asarray(255 * smoothstep(-0.03 * ppm, 0.03 * ppm, within), np.uint8)


def _sheet_view(printed: PrintedEye, pose: Pose, view: EyeView) -> EyeView:
    """A sheet turns as a plane where an eye would look aside; it does not blink."""
    yaw, pitch = pose.yaw_deg + printed.tilt_deg[0], pose.pitch_deg + printed.tilt_deg[1]
    seen = eye_view(replace(pose, yaw_deg=yaw, pitch_deg=pitch, x_mm=0, y_mm=0), (0.0, 0.0), 0.0, 1.0)
    return replace(seen, rest=view.rest, scale=view.scale)


def _behind(pose: Pose, view: EyeView) -> tuple[Pose, EyeView]:
    """Pose and view of the eye behind the hole."""
    farther = pose.distance_mm + _BEHIND_MM
    shrink = pose.distance_mm / farther
    moved = {name: view.rest + shrink * (getattr(view, name) - view.rest) for name in ("iris", "cornea")}
    return replace(pose, distance_mm=farther), replace(view, scale=view.scale * shrink, **moved)


def _laid(layers: NDArray[np.uint8], printed: PrintedEye, flat: EyeView, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Sheet pixels where they fall on the frame, sampled twice a pixel and averaged: dots must not alias."""
    import cv2

    back = printed.px_per_mm / flat.scale * np.linalg.inv(flat.tilt @ flat.turn)
    offset = np.array(printed.origin) - back @ flat.rest
    # Pixel p of the fine raster is pixel p / 2 - 1 / 4 of the frame.
    matrix = np.column_stack([back / 2, offset - back @ np.array([0.25, 0.25])])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    beyond = (_BEYOND_GREY,) * 4 if layers.ndim == 2 and layers is printed.sheet else (0.0,) * 4
    fine = cv2.warpAffine(
        layers, matrix, (2 * shape[1], 2 * shape[0]), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=beyond
    )
    return np.asarray(cv2.resize(fine, (shape[1], shape[0]), interpolation=cv2.INTER_AREA), np.uint8)


def _gloss(printed: PrintedEye, pose: Pose, flat: EyeView, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The lamps in a dull sheet: a wide haze where a plane would mirror them, (height, width) float32."""
    middle = ((shape[1] - 1) / 2, (shape[0] - 1) / 2)
    aslant = (pose.yaw_deg + printed.tilt_deg[0], pose.pitch_deg + printed.tilt_deg[1])
    haze = np.zeros(shape, np.float32)
    spread = printed.gloss_mm * flat.scale
    for lamp in LAMPS_MM:
        # Half way to the lamp, and off by the distance times the tangent of the sheet's slant.
        at = [
            middle[axis] + flat.scale * (lamp[axis] / 2 + pose.distance_mm * tan(radians(aslant[axis])))
            for axis in (0, 1)
        ]
        x, y = (
            np.exp(-(((np.arange(side, dtype=np.float32) - np.float32(centre)) / np.float32(spread)) ** 2))
            for side, centre in zip((shape[1], shape[0]), at, strict=True)
        )
        haze += np.float32(printed.gloss) * y[:, None] * x[None, :]
    return haze
