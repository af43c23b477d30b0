"""One eye on the pixels of a frame, and what is truly where in it."""

from dataclasses import dataclass
from math import degrees, pi

import numpy as np
from numpy.typing import NDArray

from drivers.iris.synthesis.glints import add_spots, lamp_images, spot_mask
from drivers.iris.synthesis.iris_texture import ANGLES, FIRST_ROW, ROWS, ROWS_PER_RING
from drivers.iris.synthesis.lids import unblinked_rows
from drivers.iris.synthesis.patterned_lens import lay_lens
from drivers.iris.synthesis.pose import EyeView, Pose
from drivers.iris.synthesis.scene import EyeScene
from drivers.iris.synthesis.spectacles import FRAME_TONE

_BLINK_STEPS = (4, 2)  # scene pixels between the columns and the rows that a blink is worked out for
_PAST_LIMBUS = 1.2  # radii to which the seam of the iris may reach


@dataclass(frozen=True)
class Ellipse:
    """An outline in a frame; pixels, and radians from +x towards +y (down)."""

    x: float
    y: float
    semi_major: float
    semi_minor: float
    angle: float
    """Of the major axis."""


@dataclass(frozen=True, eq=False)
class EyeTruth:
    """What was drawn.

    Parameters
    ----------
    pupil, iris : Ellipse
        The pupil's edge strays from its ellipse by about a hundredth of the ring.
    lids, lashes, glints : (height, width) bool
        True where a lid or spectacle rim, a lash, a mirrored lamp covers whatever is behind.
    yaw_deg, pitch_deg, roll_deg : float
        As in `Pose`; the roll includes the eye's own torsion.
    distance_mm, px_per_mm : float
    pupil_ratio : float
        Pupil to iris diameter.
    """

    pupil: Ellipse
    iris: Ellipse
    lids: NDArray[np.bool_]
    lashes: NDArray[np.bool_]
    glints: NDArray[np.bool_]
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    distance_mm: float
    px_per_mm: float
    pupil_ratio: float


def seen_eye(
    scene: EyeScene, pose: Pose, view: EyeView, pupil_ratio: float, shape: tuple[int, int]
) -> NDArray[np.float32]:
    """The light that an eye and all about it sends to each pixel, through a perfect lens.

    Parameters
    ----------
    scene : EyeScene
    pose : Pose
    view : EyeView
        Of that pose, in pixels of these.
    pupil_ratio : float
    shape : (height, width)

    Returns
    -------
    (height, width) float32
        Grey levels under the nominal lamps; beyond 255 where a lamp is mirrored.
    """
    import cv2

    planes = _laid(scene.layers, scene, pose, view, shape)
    # A plane of its own is read several times faster than one in four.
    tone, free, sclera, shade = (np.asarray(plane, np.uint8) for plane in cv2.split(planes))
    image = tone.astype(np.float32)
    _paint_iris(image, (free, sclera, shade), scene, view, pupil_ratio)
    if scene.lens is not None:
        lay_lens(image, free, shade, scene.lens, pose, view)
    add_spots(image, lamp_images(view, pose.distance_mm), free)
    if scene.glasses is not None:
        rim = _laid(scene.glasses.rim, scene, pose, view, shape).astype(np.float32) / 255
        image += np.float32(scene.glasses.haze)
        add_spots(image, _ghosts(scene, view), None)
        image += rim * (np.float32(FRAME_TONE) - image)
    return image


def eye_truth(scene: EyeScene, pose: Pose, view: EyeView, pupil_ratio: float, shape: tuple[int, int]) -> EyeTruth:
    """What `seen_eye` draws, with the same arguments."""
    covers = _laid(scene.covers, scene, pose, view, shape)
    free = _laid(scene.layers, scene, pose, view, shape)[..., 1]
    lids, lashes = covers[..., 0] > 127, covers[..., 1] > 70
    glints = spot_mask(shape, lamp_images(view, pose.distance_mm), free)
    if scene.glasses is not None:
        lids |= _laid(scene.glasses.rim, scene, pose, view, shape) > 127
        glints |= spot_mask(shape, _ghosts(scene, view), None)
    radius = scene.eye.iris_radius * view.scale
    centre = view.iris + radius * view.tilt @ view.turn @ _pupil_centre(scene, pupil_ratio)
    turned = np.arctan2(view.turn[1, 0], view.turn[0, 0])
    return EyeTruth(
        pupil=_outline(centre, pupil_ratio * radius, view),
        iris=_outline(view.iris, radius, view),
        lids=lids,
        lashes=lashes & ~lids,
        glints=glints,
        yaw_deg=pose.yaw_deg,
        pitch_deg=pose.pitch_deg,
        roll_deg=degrees(turned),
        distance_mm=pose.distance_mm,
        px_per_mm=view.scale,
        pupil_ratio=pupil_ratio,
    )


def _outline(centre: NDArray[np.float64], radius: float, view: EyeView) -> Ellipse:
    across = (view.tilt_way + pi / 2 + pi) % (2 * pi) - pi
    return Ellipse(float(centre[0]), float(centre[1]), radius, radius * float(np.cos(view.gaze)), across)


def _pupil_centre(scene: EyeScene, pupil_ratio: float) -> NDArray[np.float64]:
    """In iris radii; a pupil that widens moves a little towards the temple."""
    nasal, down = scene.eye.pupil_offset
    nasal -= 0.05 * (pupil_ratio - 0.4)
    return np.array([nasal if scene.nose_right else -nasal, down])


def _laid(
    layers: NDArray[np.uint8], scene: EyeScene, pose: Pose, view: EyeView, shape: tuple[int, int]
) -> NDArray[np.uint8]:
    """Scene pixels where they fall on the frame."""
    import cv2

    shrink = scene.px_per_mm / view.scale
    # The head's turn alone: lids do not follow the eye's torsion.
    back = shrink * np.linalg.inv(_head_turn(pose))
    offset = np.array(scene.origin) - back @ view.rest
    size = (shape[1], shape[0])
    if pose.closing <= 0:
        matrix = np.column_stack([back, offset])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(layers, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)
    x = np.arange(shape[1], dtype=np.float32)[None, :]
    y = np.arange(shape[0], dtype=np.float32)[:, None]
    columns = np.float32(back[0, 0]) * x + np.float32(back[0, 1]) * y + np.float32(offset[0])
    rows = np.float32(back[1, 0]) * x + np.float32(back[1, 1]) * y + np.float32(offset[1])
    ppm = scene.px_per_mm
    # Lines between a few samples do: the fissure is squeezed evenly, column by column.
    across, down = _BLINK_STEPS
    y_mm = np.asarray((np.arange(0, layers.shape[0], down) - scene.origin[1]) / ppm, np.float32)
    open_mm = unblinked_rows(scene.edges.every(across), y_mm, pose.closing)
    open_rows = open_mm * np.float32(ppm) + np.float32(scene.origin[1])
    at = (columns * np.float32(1 / across), rows * np.float32(1 / down))
    unblinked = cv2.remap(open_rows, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    border = cv2.BORDER_REPLICATE
    return np.asarray(cv2.remap(layers, columns, unblinked, cv2.INTER_LINEAR, borderMode=border), np.uint8)


def _head_turn(pose: Pose) -> NDArray[np.float64]:
    angle = np.radians(pose.roll_deg)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _paint_iris(
    image: NDArray[np.float32],
    planes: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]],
    scene: EyeScene,
    view: EyeView,
    pupil_ratio: float,
) -> None:
    """Paint iris and pupil into `image` where the eyeball is free."""
    import cv2

    radius = scene.eye.iris_radius * view.scale
    reach = _PAST_LIMBUS * radius
    height, width = image.shape
    left, right = max(0, int(view.iris[0] - reach)), min(width, int(view.iris[0] + reach) + 2)
    top, bottom = max(0, int(view.iris[1] - reach)), min(height, int(view.iris[1] + reach) + 2)
    if left >= right or top >= bottom:
        return
    box = (slice(top, bottom), slice(left, right))
    ring, angle = _polar((top, bottom, left, right), scene, view, pupil_ratio)
    soft = np.float32(scene.eye.limbus_softness)
    inside = np.clip((1 + soft - ring) / (2 * soft), 0, 1)
    inside *= inside * (3 - 2 * inside)
    rows = _stretched(ring, scene.eye.stretch, pupil_ratio)
    texture = scene.texture.at_dilation(pupil_ratio)
    iris = cv2.remap(texture, angle, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    free, sclera, shade = (plane[box] for plane in planes)
    difference = np.subtract(iris, sclera, dtype=np.float32)
    difference *= inside
    difference *= free
    difference *= shade
    image[box] += difference * np.float32(1 / 255**2)


def _polar(
    box: tuple[int, int, int, int], scene: EyeScene, view: EyeView, pupil_ratio: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Share of the way from the pupil's edge to the limbus, and column of the texture, of each pixel of a box.

    The point at share s and angle a lies at s of the way from the pupil's edge to the limbus at that angle
    (Daugman's rubber sheet); for two circles that is a quadratic equation in s.
    """
    top, bottom, left, right = box
    to_iris = np.linalg.inv(view.tilt @ view.turn) / (scene.eye.iris_radius * view.scale)
    x = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(view.iris[0])
    y = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(view.iris[1])
    (a, b), (c, d) = to_iris.astype(np.float32)
    px, py = (np.float32(value) for value in _pupil_centre(scene, pupil_ratio))
    r = np.float32(pupil_ratio)
    dx = (a * x - px) + b * y
    dy = (c * x - py) + d * y
    square = px * px + py * py - (1 - r) ** 2
    half = px * dx + (py * dy - r * (1 - r))
    rest = dx * dx + dy * dy - r * r
    ring = (half + np.sqrt(np.maximum(half * half - square * rest, 0))) / -square
    dx += ring * px
    dy += ring * py
    angle = np.arctan2(dy, dx)
    angle *= np.float32(ANGLES / (2 * pi))
    angle[angle < 0] += np.float32(ANGLES)
    return ring, angle


def _stretched(ring: NDArray[np.float32], stretch: float, pupil_ratio: float) -> NDArray[np.float32]:
    """Texture rows: the ring does not stretch quite evenly when the pupil moves, more or less so by the eye."""
    bend = np.float32(stretch * (pupil_ratio - 0.35))
    within = np.clip(ring, 0, 1)
    rows = (ring + bend * within * (1 - within)) * np.float32(ROWS_PER_RING) - np.float32(FIRST_ROW)
    return np.asarray(np.clip(rows, 0, ROWS - 1, out=rows), np.float32)


def _ghosts(scene: EyeScene, view: EyeView) -> NDArray[np.float32]:
    """Lamps mirrored in the spectacles, in frame pixels."""
    if scene.glasses is None:
        return np.zeros((0, 4), np.float32)
    spots = scene.glasses.ghosts.copy()
    spots[:, :2] = spots[:, :2] * view.scale + view.rest
    spots[:, 2] *= view.scale
    return spots
