"""The contract of its kind, on the device that `--device` names."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from drivers import DeviceKind
from tests.contract.card_writer import CardWriterContract
from tests.contract.fingerprint_scanner import FingerprintScannerContract
from tests.contract.iris_camera import IrisCameraContract
from tests.contract.portrait_camera import PortraitCameraContract


class OnTheBench:
    """Plays the scenarios that a person can: a device does not hang to order."""

    played: ClassVar[frozenset[str]]

    @pytest.fixture(autouse=True)
    def _bench(self, bench: Callable[[str], Any], request: pytest.FixtureRequest) -> None:
        self.opened = bench
        pulled = {"unplugged"} if request.config.getoption("--unplug") else set()
        self.scenarios = self.played | pulled


class TestFingerprintScanner(OnTheBench, FingerprintScannerContract):
    kind = DeviceKind.FINGERPRINT_SCANNER
    played = frozenset({"finger", "no-finger", "self-test"})

    def scanner(self, scenario: str) -> Any:
        return self.opened(scenario)


class TestSlapScanner(TestFingerprintScanner):
    kind = DeviceKind.SLAP_SCANNER


class TestIrisCamera(OnTheBench, IrisCameraContract):
    kind = DeviceKind.IRIS_CAMERA
    played = frozenset({"eye", "self-test"})

    def camera(self, scenario: str) -> Any:
        return self.opened(scenario)


class TestPortraitCamera(OnTheBench, PortraitCameraContract):
    kind = DeviceKind.PORTRAIT_CAMERA
    played = frozenset({"face", "self-test"})

    def camera(self, scenario: str) -> Any:
        return self.opened(scenario)


class TestCardWriter(OnTheBench, CardWriterContract):
    kind = DeviceKind.CARD_WRITER
    played = frozenset({"card", "no-card"})

    def writer(self, scenario: str) -> Any:
        return self.opened(scenario)
