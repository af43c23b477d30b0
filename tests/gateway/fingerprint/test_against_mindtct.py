"""Our minutiae mean what NIST's extractor means: bozorth3 finds ours in mindtct's, and nothing when ours are turned.

Own templates against own cannot show a wrong angle sense.
"""

import math
from statistics import median

import cv2
import nbis
import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.finger import FingerTemplate
from gateway.fingerprint import analyze
from tests.gateway.fingerprint.prints import drawn, needs_prints, public_paths, read


def referee() -> nbis.NbisExtractor:
    settings = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=False, ppi=500.0
    )
    return nbis.new_nbis_extractor(settings)


def referee_record(template: FingerTemplate, turn: float = 0.0) -> bytes:
    """nbis-py 0.1.3's own layout: 26 bytes, then the best 150 minutiae by x, then y."""
    best = np.argsort(-template.quality.astype(int), kind="stable")[:150]
    best = best[np.lexsort((template.y[best], template.x[best]))]
    body = b"".join(
        (int(template.kind[i]) << 14 | round(float(template.x[i]))).to_bytes(2, "big")
        + round(float(template.y[i])).to_bytes(2, "big")
        + bytes([round((float(template.angle[i]) + turn) * 128 / math.pi) % 256, int(template.quality[i])])
        for i in best
    )
    size = template.width.to_bytes(2, "big") + template.height.to_bytes(2, "big")
    head = b"FMR\0 20\0" + (26 + len(body)).to_bytes(4, "big") + b"\0\0" + size + (197).to_bytes(2, "big") * 2
    return head + b"\0\0\0" + bytes([len(best)]) + body


def scores(images: list[NDArray[np.uint8]], turn: float) -> list[int]:
    """bozorth3 of mindtct's and our template of each image."""
    extractor = referee()
    result = []
    for pixels in images:
        theirs = extractor.extract_minutiae(cv2.imencode(".png", pixels)[1].tobytes())
        ours = extractor.load_iso_19794_2_2005(referee_record(analyze(pixels, 500.0).template, turn))
        result.append(theirs.compare(ours))
    return result


def test_drawn_prints() -> None:
    images = [drawn(finger, impression) for finger in (3, 4) for impression in (0, 1)]
    assert median(scores(images, 0.0)) > 60
    assert median(scores(images, math.pi)) < 15


@pytest.mark.shared
@needs_prints
def test_public_prints() -> None:
    paths = [path for path in public_paths() if path.parent.name in {"FVC2002_DB1_B", "UPEK"}][::16]
    images = [read(path)[0] for path in paths]
    assert median(scores(images, 0.0)) > 60
    assert median(scores(images, math.pi)) < 15
