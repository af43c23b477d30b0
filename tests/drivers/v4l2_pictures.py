"""Pictures as a camera codes them, for a node without a kernel."""

import cv2
import numpy as np
from numpy.typing import NDArray


def ramp(width: int, height: int) -> NDArray[np.uint8]:
    """(height, width, 3): bright and dark, and of three colours."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    red, green, blue = 40 + 180 * x, 40 + 180 * y, 220 - 160 * x * y
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def encoded(rgb: NDArray[np.uint8], fourcc: str, padding: int = 0) -> bytes:
    """(h, w, 3) as the bytes of a V4L2 buffer."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    height = len(grey)
    if fourcc == "MJPG":
        return cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    if fourcc == "GREY":
        rows = grey
    elif fourcc in ("Y10", "Y12", "Y16"):
        rows = (grey.astype("<u2") << (int(fourcc[1:]) - 8)).view(np.uint8).reshape(height, -1)
    elif fourcc == "Y8I":
        rows = np.stack([grey, 255 - grey], axis=-1).reshape(height, -1)
    elif fourcc in ("RGB3", "BGR3"):
        rows = (rgb if fourcc == "RGB3" else rgb[..., ::-1]).reshape(height, -1)
    else:
        rows = _coded_luma_and_chroma(rgb, fourcc)
    return np.pad(rows, ((0, 0), (0, padding))).tobytes()


def _coded_luma_and_chroma(rgb: NDArray[np.uint8], fourcc: str) -> NDArray[np.uint8]:
    """ITU-R BT.601, limited range: luma 16 to 235, chroma about 128."""
    red, green, blue = (plane.astype(np.float64) / 255 for plane in np.moveaxis(rgb, -1, 0))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    y = np.rint(16 + 219 * luma).astype(np.uint8)
    cb, cr = (128 + 224 * (blue - luma) / 1.772), (128 + 224 * (red - luma) / 1.402)
    height, width = y.shape
    if fourcc == "NV12":
        quarter = [plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)) for plane in (cb, cr)]
        chroma = np.rint(np.stack(quarter, axis=-1)).astype(np.uint8).reshape(height // 2, width)
        return np.concatenate([y, chroma])
    half = [plane.reshape(height, width // 2, 2).mean(axis=2) for plane in (cb, cr)]
    chroma = np.rint(np.stack(half, axis=-1)).astype(np.uint8).reshape(height, width)
    pair = (y, chroma) if fourcc == "YUYV" else (chroma, y)
    return np.stack(pair, axis=-1).reshape(height, 2 * width)
