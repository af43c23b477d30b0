"""A gateway, a client of it, and a desk whose cables can be pulled."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from drivers import installed_drivers
from drivers.fingerprint.synthesis import hand
from gateway.main import Gateway
from tests.gateway.client import Client
from tests.gateway.desk_ports import PORTS, Desk
from tests.gateway.running import connected, running, synthetic


@pytest.fixture(autouse=True)
def _whole_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    """A drawn finger lies on the glass or is gone: what begins while one is lifted would capture what is left of it."""
    monkeypatch.setattr(hand, "LIFT_S", 1e-6)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """One with two quick synthetic scanners, `synthetic:T-1` and `synthetic:T-2`."""
    async with running(tmp_path / "state", synthetic(1), synthetic(2)) as gateway:
        yield gateway


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[Client]:
    async with connected(gateway) as client:
        yield client


@pytest.fixture
def third_party_drivers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Drivers of another package: one whose cables can be pulled, one that cannot be imported."""
    package = tmp_path / "site" / "desk_drivers-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: desk-drivers\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(
        "[rekam.fingerprint_scanner]\n"
        "cabled-1 = tests.gateway.desk_ports:scanner_1\n"
        "cabled-2 = tests.gateway.desk_ports:scanner_2\n"
        "placing = tests.gateway.desk_ports:PlacingScanner\n"
        "broken = no_such_vendor_library:Scanner\n"
        "[rekam.iris_camera]\n"
        "eye-1 = tests.gateway.eye_cameras:CabledCamera\n"
        "eye-2 = tests.gateway.eye_cameras:OtherCabledCamera\n"
        "eye-still = tests.gateway.eye_cameras:StillCamera\n"
    )
    monkeypatch.syspath_prepend(str(package.parent))
    installed_drivers.cache_clear()
    yield
    monkeypatch.undo()
    installed_drivers.cache_clear()


@pytest.fixture
def ports(third_party_drivers: None) -> Iterator[Desk]:
    yield Desk()
    PORTS.clear()
