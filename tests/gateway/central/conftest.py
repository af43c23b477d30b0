"""One PostgreSQL server for all tests of a worker, where it is installed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.central.postgres_cluster import Cluster, cluster

_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    # In memory where that is to be had: a server flushes all its files when it starts after a kill.
    with cluster(_MEMORY if os.access(_MEMORY, os.W_OK) else None) as server:
        if server is None:
            pytest.skip("PostgreSQL is not installed here")
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Of an empty store of each kind."""
    if request.param == "sqlite":
        return ""
    server: Cluster = request.getfixturevalue("postgres")
    return server.database()
