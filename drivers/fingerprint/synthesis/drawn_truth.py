"""What a synthetic scanner of a serial number truly is, where nobody says it: as good as a new one, and not perfect."""

import numpy as np

from drivers.fingerprint.synthesis.scanner_truth import ScannerTruth

_SCALE = 0.006
"""Of the nominal sampling, each axis by itself: magnification of a lens as it is mounted. Appendix F allows 1 %."""


def drawn_truth(seed: int, ppi: float) -> ScannerTruth:
    """A truth for a serial number; the same arguments give the same.

    Every value lies where the limits of FBI EBTS Appendix F are kept, so that a calibration of it passes: what fails is
    to be asked for, by a truth of one's own.

    Parameters
    ----------
    seed : int
        Of the serial number.
    ppi : float
        As the scanner states it.
    """
    rng = np.random.default_rng([seed, 0x445254])
    return ScannerTruth(
        seed=seed,
        ppi_x=ppi * (1 + float(rng.uniform(-_SCALE, _SCALE))),
        ppi_y=ppi * (1 + float(rng.uniform(-_SCALE, _SCALE))),
        distortion_px=float(rng.uniform(0.03, 0.1)),
        blur_mm=float(rng.uniform(0.009, 0.013)),
        # As light as the ideal scanner's glass: prints have as many greys.
        white=float(rng.uniform(240, 246)),
        dark=float(rng.uniform(2.5, 4.5)),
        gamma=float(rng.uniform(0.99, 1.01)),
        gain_spread=float(rng.uniform(0.003, 0.006)),
        offset_spread=float(rng.uniform(0.1, 0.4)),
        falloff=float(rng.uniform(0.02, 0.04)),
        hot_share=float(rng.uniform(3e-5, 8e-5)),
        # Two to five: a dozen look like dust on the glass before they are corrected.
        dead_share=float(rng.uniform(1.4e-5, 3.4e-5)),
        read_noise=float(rng.uniform(0.6, 0.8)),
        shot_gain=float(rng.uniform(0.003, 0.0045)),
    )
