"""A call-back list for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.callback import CallbackStore
from tests.gateway.callback.carrier import opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CallbackStore]:
    with opened(tmp_path) as store:
        yield store
