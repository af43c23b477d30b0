"""The desk of each test, and where its journal lies."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.personalisation.card_desk import CardDesk

_MEMORY = Path("/dev/shm")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is one: a test flushes the journal thousands of times, which a busy disk makes minutes."""
    if not os.access(_MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=_MEMORY, prefix="rekam-cards-") as made:
        yield Path(made)


@pytest.fixture
def desk(folder: Path) -> Iterator[CardDesk]:
    made = CardDesk(folder / "state")
    yield made
    made.close()
