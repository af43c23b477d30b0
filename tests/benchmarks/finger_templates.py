"""Templates to fit and judge the finger matcher on: public prints, turned and re-toned copies, changed ones."""

import math
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint import analyze
from gateway.fingerprint.sample import ANALYSIS_PPI, resampled
from gateway.records import fmr

ROOT = Path(__file__).resolve().parents[2]
PRINTS = ROOT.parent / "shared" / "data" / "fingerprints"
SETS = ("FVC2002_DB1_B", "FVC2002_DB2_B", "FVC2002_DB4_B", "FVC2004_DB2_B", "UPEK")
TUNED_SETS = ("FVC2002_DB1_B", "FVC2004_DB2_B")
"""What choices were made on; the others only stand in the final fit and in figures that leave them out."""


@dataclass(frozen=True, eq=False)
class Print:
    """The template of one impression, as it comes back from its record."""

    set_name: str
    finger: str
    template: FingerTemplate

    @property
    def owner(self) -> tuple[str, str]:
        return self.set_name, self.finger


def extracted_prints(seed: int | None = None) -> list[Print]:
    """Every public print's template, as a record of ISO/IEC 19794-2:2005 holds it.

    With a `seed` each image is first turned by up to 25 degrees and re-toned, as a copy that nothing was tuned on.
    """
    rng = None if seed is None else np.random.default_rng(seed)
    found = []
    for name in SETS:
        ppi = float((PRINTS / name / "dpi.txt").read_text())
        for path in sorted((PRINTS / name).glob("*.png")):
            pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            assert pixels is not None, path
            grey = resampled(np.asarray(pixels, np.uint8), ppi, ANALYSIS_PPI)
            if rng is not None:
                grey = retoned_copy(grey, rng)
            record = fmr.encode_template(analyze(grey, ANALYSIS_PPI).template, FingerPosition.UNKNOWN, 50)
            found.append(Print(name, path.stem.rsplit("_", 1)[0], fmr.decode(record).views[0].template))
    return found


def retoned_copy(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """`pixels` turned by up to 25 degrees, in another contrast, brightness and gamma."""
    height, width = pixels.shape
    ground = int(np.median(np.concatenate([pixels[0], pixels[-1]])))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-25, 25), 1)
    turned = cv2.warpAffine(pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=ground)
    grey = 255 * (turned.astype(np.float32) / 255) ** rng.uniform(0.8, 1.25)
    grey = (grey - 128) * rng.uniform(0.75, 1.15) + 128 + rng.uniform(-12, 12)
    return np.clip(grey, 0, 255).astype(np.uint8)


def changed_template(template: FingerTemplate, rng: np.random.Generator) -> FingerTemplate:
    """`template` as a worse capture or another extractor might give it.

    Minutiae are dropped (up to 30 %), invented (up to 20 %), displaced (sigma up to 2 px) and turned (up to 6 degrees);
    one in five loses a side, one in ten its types and qualities, one in ten is turned to any angle.
    """
    values = {name: getattr(template, name) for name in ("x", "y", "angle", "kind", "quality")}
    kept = rng.random(len(template)) >= rng.uniform(0, 0.3)
    if len(template) and rng.random() < 0.2:
        across = rng.uniform(0, 2 * math.pi)
        along = math.cos(across) * template.x + math.sin(across) * template.y
        kept &= along >= np.quantile(along, rng.uniform(0, 0.35))
    values = {name: array[kept] for name, array in values.items()}
    count = len(values["x"])
    if count:
        invented = rng.binomial(count, rng.uniform(0, 0.2))
        low = {name: values[name].min() for name in ("x", "y")}
        high = {name: values[name].max() for name in ("x", "y")}
        new = {
            "x": rng.uniform(low["x"], high["x"], invented),
            "y": rng.uniform(low["y"], high["y"], invented),
            "angle": rng.uniform(0, 2 * math.pi, invented),
            "kind": rng.integers(1, 3, invented),
            "quality": rng.choice(values["quality"], invented),
        }
        values = {name: np.concatenate([array, new[name]]) for name, array in values.items()}
    count = len(values["x"])
    moved = rng.uniform(0, 2)
    x = values["x"] + rng.normal(0, moved, count)
    y = values["y"] + rng.normal(0, moved, count)
    angle = values["angle"] + rng.normal(0, rng.uniform(0, 0.1), count)
    if rng.random() < 0.1:
        turn = rng.uniform(0, 2 * math.pi)
        cos, sin = math.cos(turn), math.sin(turn)
        x, y, angle = cos * x + sin * y, cos * y - sin * x, angle + turn
    unknown = rng.random() < 0.1
    return FingerTemplate(
        x=np.rint(x).astype(np.float32),
        y=np.rint(y).astype(np.float32),
        angle=(angle % (2 * math.pi)).astype(np.float32),
        kind=np.where(unknown, 0, values["kind"]).astype(np.uint8),
        quality=np.where(unknown, 0, values["quality"]).astype(np.uint8),
        width=template.width,
        height=template.height,
        ppi=template.ppi,
    )


def mirrored(template: FingerTemplate) -> FingerTemplate:
    """The print of a finger that nobody has: seen in a mirror."""
    return FingerTemplate(
        x=(template.width - 1 - template.x).astype(np.float32),
        y=template.y,
        angle=((math.pi - template.angle) % (2 * math.pi)).astype(np.float32),
        kind=template.kind,
        quality=template.quality,
        width=template.width,
        height=template.height,
        ppi=template.ppi,
    )


def all_pairs(prints: list[Print], impostors_per_set: int | None) -> list[tuple[int, int]]:
    """All mates within each set, then impostors within each set: all, or so many drawn with a fixed seed."""
    mates, strangers = [], []
    for name in SETS:
        own = [index for index, item in enumerate(prints) if item.set_name == name]
        pairs = list(combinations(own, 2))
        mates += [(i, j) for i, j in pairs if prints[i].finger == prints[j].finger]
        others = [(i, j) for i, j in pairs if prints[i].finger != prints[j].finger]
        if impostors_per_set is not None:
            chosen = np.random.default_rng(7).permutation(len(others))[:impostors_per_set]
            others = [others[index] for index in chosen]
        strangers += others
    return mates + strangers
