"""The scanner's own light on an even target: how even, where it gathers, and whether it flickers."""

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.errors import OutOfOrder
from calibration.frames import Correction, FrameStack, check_exposure, check_frames
from calibration.measurement import Measured, Measurement
from calibration.scanner.areas import area_means
from calibration.scanner.uniform_field import check_uniform, even_light
from calibration.targets import Target

VERSION = "1"
FRAMES = 8
FORBIDDEN = (Correction.FLAT_FIELD, Correction.RESPONSE, Correction.DENOISING, Correction.SHARPENING)
_SPOT_MM = 0.5


def measure_illumination(
    light: FrameStack, target: Target, black: NDArray[np.float32] | None = None, card_unevenness: float = 0.002
) -> Measurement:
    """Measure how light lies on the glass.

    Parameters
    ----------
    light : FrameStack
        Raw frames of the even light target.
    target : Target
        Of kind `uniform`.
    black : (height, width) float32, optional
        Average of dark frames: grey that is no light is taken off. Without it a pedestal counts as light, and evenness
        is told too high.
    card_unevenness : float
        Standard uncertainty of the target's own evenness, as a share.

    Returns
    -------
    Measurement
        `evenness` (percent: the darkest area of 0.25 in over the lightest), `hot_spot` (percent by which light in a
        place of half a millimetre exceeds the even light about it), `flicker` (percent, from the darkest frame to the
        lightest). Series `light_map`, 1 in the mean; bad pixels are in it.

    Raises
    ------
    MeasurementRefused
        By the name of what is wrong with frames or target; `OutOfOrder` where the dark frames are of another size.
    """
    check_frames(light, FRAMES, FORBIDDEN)
    check_exposure(light)
    check_uniform(light, target)
    remarks: tuple[str, ...] = ()
    if black is None:
        black = np.zeros(light.shape, np.float32)
        remarks = ("no dark frames were measured: the sensor's pedestal counts as light",)
    if black.shape != light.shape:
        raise OutOfOrder(f"the dark frames are of {black.shape} and these {light.shape}; measure darkness anew")
    lit = np.asarray(light.mean - black, np.float32)
    areas = area_means(lit, light.ppi)
    evenness = 100 * float(areas.min() / areas.max())
    smooth = cv2.GaussianBlur(cv2.medianBlur(lit, 5), (0, 0), _SPOT_MM / 25.4 * light.ppi / 2)
    surface = even_light(np.asarray(smooth, np.float32))
    excess = 100 * float(np.max(smooth / np.maximum(surface, 1e-3)) - 1)
    level = float(lit.mean())
    means = light.pixels.mean(axis=(1, 2), dtype=np.float64)
    noise = float(np.sqrt(light.variance.mean(dtype=np.float64)))
    of_frame = 100 * noise / float(np.sqrt(lit.size)) / level
    values = (
        Measured("evenness", evenness, 2**0.5 * card_unevenness * evenness, "%"),
        Measured("hot_spot", excess, 100 * card_unevenness, "%"),
        Measured("flicker", 100 * float(np.ptp(means)) / level, 2 * of_frame + 0.01, "%"),
    )
    series: dict[str, NDArray[np.generic]] = {"light_map": np.asarray(lit / level, np.float32)}
    return Measurement("illumination", VERSION, values, series, light.digests, remarks)
