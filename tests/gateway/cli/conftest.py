import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from tests.gateway.cli.running_gateway import RunningGateway, running_gateway

Rekam = Callable[..., Result]


def _rekam(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def rekam(monkeypatch: pytest.MonkeyPatch) -> Rekam:
    for variable in ("REKAM_STATE", "REKAM_KEY_PASSPHRASE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    return _rekam


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    with running_gateway(tmp_path_factory.mktemp("state")) as running:
        yield running


@pytest.fixture(scope="module")
def two_captures(gateway: RunningGateway, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two captures of a gateway, one after the other, and its trust bundle."""
    folder = tmp_path_factory.mktemp("captures")
    at = ("--gateway", gateway.addresses.unix)
    for name, position in (("one", "right-index"), ("two", "left-thumb")):
        asked = ("--modality", "finger", "--position", position, "--device", "synthetic:QUICK", "--out", folder / name)
        result = _rekam("capture", *asked, *at)
        assert result.exit_code == 0, result.stderr
    (folder / "bundle.pem").write_text(_rekam("keys", "show", "--pem", *at).stdout, encoding="ascii")
    return folder


@pytest.fixture
def captures(two_captures: Path, tmp_path: Path) -> Path:
    """A copy of two captures for a test to change."""
    return Path(shutil.copytree(two_captures, tmp_path / "captures"))
