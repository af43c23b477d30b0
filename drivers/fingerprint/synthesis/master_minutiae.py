"""Where ridges end and fork in a grown pattern: the truth against which an extractor can be measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.synthesis.ridges import ridge_phase

ENDING, BIFURCATION = 1, 2


@dataclass(frozen=True, eq=False)
class DrawnMinutiae:
    """Minutiae as they were drawn.

    Parameters
    ----------
    x, y : (n,) float32
        Pixels, x to the right, y down.
    angle : (n,) float32
        Radians in [0, 2 pi), counter-clockwise from the x axis as the image is seen: a ridge ending points into its own
        ridge, a bifurcation into the valley between its branches (ISO/IEC 19794-2:2011, 6.3).
    kind : (n,) uint8
        1 ridge ending, 2 bifurcation (the codes of the same standard).
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    angle: NDArray[np.float32]
    kind: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.x)


def master_minutiae(
    ridges: NDArray[np.float32], orientation: NDArray[np.float32], period: NDArray[np.float32]
) -> DrawnMinutiae:
    """Minutiae of a noise-free pattern: the points around which the phase of the ridges winds once.

    Parameters
    ----------
    ridges : (height, width) float32
        As `grow_ridges` gives it.
    orientation, period : (height, width) float32
        What it was grown with.

    Returns
    -------
    DrawnMinutiae
        In pixels of `ridges`. Points closer than a ridge to a core or a delta may be spurious or missing: there the
        ridges have no single direction.

    References
    ----------
    Larkin and Fletcher, "A coherent framework for fingerprint analysis: are fingerprints holograms?", Optics Express
    15(14), 2007: minutiae are the spirals of the phase of an AM-FM pattern.
    """
    phase, along = ridge_phase(ridges, orientation, period)
    # Around each square of four samples; a neighbour whose direction is the reverse counts its phase backwards.
    corners = ((0, 0), (0, 1), (1, 1), (1, 0))  # clockwise as seen: row, column
    height, width = phase.shape
    patches = [phase[r : height - 1 + r, c : width - 1 + c] for r, c in corners]
    courses = [along[r : height - 1 + r, c : width - 1 + c] for r, c in corners]
    agreed = [
        np.where(np.cos(course - courses[0]) < 0, -patch, patch) for patch, course in zip(patches, courses, strict=True)
    ]
    steps = [np.angle(np.exp(1j * (agreed[(k + 1) % 4] - agreed[k]))) for k in range(4)]
    turns = -np.rint(sum(steps) / (2 * np.pi)).astype(np.int8)  # counter-clockwise
    rows, columns = np.nonzero(turns)
    # The phase grows to the right of `along`; one turn counter-clockwise means one ridge more behind than ahead.
    heading = along[rows, columns] + np.where(turns[rows, columns] < 0, 0, np.pi)
    # Samples of the phase lie two pixels apart, the first between pixels 0 and 1; a square's middle is half one on.
    x, y = columns * 2 + 1.5, rows * 2 + 1.5
    ahead = 4.0
    ahead_x = np.clip(np.rint(x + ahead * np.cos(heading)), 0, ridges.shape[1] - 1).astype(int)
    ahead_y = np.clip(np.rint(y - ahead * np.sin(heading)), 0, ridges.shape[0] - 1).astype(int)
    kind = np.where(ridges[ahead_y, ahead_x] > 0, ENDING, BIFURCATION)
    return DrawnMinutiae(
        x.astype(np.float32), y.astype(np.float32), (heading % (2 * np.pi)).astype(np.float32), kind.astype(np.uint8)
    )
