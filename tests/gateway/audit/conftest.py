from pathlib import Path

import pytest

from gateway.trust import SigningKey, open_signing_key


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return open_signing_key(tmp_path_factory.mktemp("keys"), "gateway-1")


@pytest.fixture(scope="session")
def other_key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return open_signing_key(tmp_path_factory.mktemp("keys"), "gateway-2")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"
