"""For every test: card readers are those of a service that the test itself runs, and no example has a deadline."""

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault of the code. The same commit answers the same each time; `make search` looks further.
settings.register_profile("rekam", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("search", parent=settings.get_profile("rekam"), derandomize=False)
settings.load_profile("rekam")

PCSCD_SOCKET = Path(tempfile.gettempdir()) / f"rekam-pcscd-{os.getpid()}.sock"

# libpcsclite reads once per process where its service listens: at the first look for readers, whichever test makes it.
os.environ["PCSCLITE_CSOCK_NAME"] = str(PCSCD_SOCKET)


@pytest.fixture
def uncollected() -> Iterator[None]:
    """No garbage is collected meanwhile: at the end of a stack that the test fills, whatever cleans up after an earlier
    one would fail, and be blamed on it."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
