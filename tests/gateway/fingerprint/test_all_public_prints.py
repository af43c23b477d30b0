"""Every public print beside the checkout is analysed without failing and gives a record."""

import pytest

from gateway.finger import FingerPosition
from gateway.fingerprint import analyze
from gateway.records import fmr
from tests.gateway.fingerprint.prints import needs_prints, public_paths, read


@pytest.mark.shared
@needs_prints
def test_every_print_gives_a_record() -> None:
    paths = public_paths()
    assert len(paths) >= 448
    for path in paths:
        analysis = analyze(*read(path))
        assert len(analysis.template) >= 5, path
        assert analysis.quality.score > 0, path
        assert not analysis.inverted, path
        assert fmr.encode_template(analysis.template, FingerPosition.UNKNOWN, analysis.quality.score)
