"""The ZFM driver against a module on a pseudo terminal: the contract, its image, its progress and its rate."""

from collections.abc import Iterator
from contextlib import ExitStack
from importlib.metadata import EntryPoint
from threading import Event

import numpy as np
import pytest

from drivers import DeviceError, DeviceHung, DeviceUnsupported, DriverEntry, FingerprintScanner, open_device
from drivers.fingerprint import zfm
from drivers.fingerprint.zfm import Zfm
from tests.contract.fingerprint_scanner import FingerprintScannerContract
from tests.drivers.zfm_bench import PATIENCE_S, R503, hurry, nothing_left, one_finger
from tests.drivers.zfm_module import NOBODY, OPTICAL, PRESENT, ROUND, ZfmModule, product, rings


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    with nothing_left():
        yield


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


class TestZfm(FingerprintScannerContract):
    @pytest.fixture(autouse=True)
    def modules(self) -> Iterator[None]:
        with ExitStack() as self.stack:
            yield

    def scanner(self, scenario: str) -> FingerprintScanner:
        module = ZfmModule(
            ROUND,
            product=R503,
            version=b"V1.4",
            **({"looks": NOBODY} if scenario == "no-finger" else {}),  # type: ignore[arg-type]
            gone_after_looks=1 if scenario == "unplugged" else None,
            silent_after_looks=1 if scenario == "hang" else None,
        )
        return Zfm(port=self.stack.enter_context(module).port)


@pytest.mark.usefixtures("hurried")
class TestImage:
    def test_every_pixel_of_an_optical_module(self) -> None:
        with ZfmModule() as module:
            np.testing.assert_array_equal(one_finger(module), OPTICAL * 17)

    def test_size_and_identity_are_asked(self) -> None:
        picture = rings(160, 152)
        told = product(b"R502", b"SN-00042", 160, 152)
        with ZfmModule(picture, product=told, version=b"V2.1") as module, Zfm(port=module.port) as scanner:
            identity = scanner.identity
            np.testing.assert_array_equal(scanner.capture(PATIENCE_S, Event()).pixels, picture * 17)
        assert (identity.model, identity.serial, identity.firmware) == ("R502", "SN-00042", "V2.1")
        assert (identity.width, identity.height, identity.ppi) == (160, 152, 500.0)

    def test_size_of_a_module_that_tells_nothing_is_counted(self) -> None:
        with ZfmModule(ROUND, system_id=None) as module, Zfm(port=module.port) as scanner:
            assert (scanner.identity.width, scanner.identity.height) == (0, 0)
            np.testing.assert_array_equal(scanner.capture(PATIENCE_S, Event()).pixels, ROUND * 17)
            assert (scanner.identity.width, scanner.identity.height) == (192, 192)

    @pytest.mark.parametrize("unknown", [None, b"\xfc", b"\x01"], ids=["silence", "unsupported", "misheard"])
    @pytest.mark.parametrize("system_id", [None, 9])
    def test_old_modules_do_not_know_the_newer_commands(self, unknown: bytes | None, system_id: int | None) -> None:
        with ZfmModule(unknown=unknown, system_id=system_id) as module:
            np.testing.assert_array_equal(one_finger(module), OPTICAL * 17)

    def test_round_module_that_claims_the_optical_system_id_is_counted_too(self) -> None:
        with ZfmModule(ROUND, system_id=9) as module:
            np.testing.assert_array_equal(one_finger(module), ROUND * 17)

    def test_configured_size_is_for_modules_that_do_not_tell(self) -> None:
        picture = rings(128, 144)
        with ZfmModule(picture) as module:
            np.testing.assert_array_equal(one_finger(module, width=128, height=144), picture * 17)

    def test_unknown_size_is_refused_with_the_remedy(self) -> None:
        with (
            ZfmModule(rings(128, 144)) as module,
            Zfm(port=module.port) as scanner,
            pytest.raises(DeviceUnsupported, match=r"9216 bytes came.*set 'width' and 'height'"),
        ):
            scanner.capture(PATIENCE_S, Event())

    @pytest.mark.parametrize(("width", "height"), [(65535, 65535), (192, 0), (191, 192), (16, 16)])
    def test_impossible_size_is_refused_unless_it_is_configured(self, width: int, height: int) -> None:
        told = product(b"R503", b"", width, height)
        with ZfmModule(ROUND, product=told) as module:
            with pytest.raises(DeviceUnsupported, match=f"{width} x {height}"), Zfm(port=module.port):
                pytest.fail("it was opened")
            assert module.baud == 57600
            np.testing.assert_array_equal(one_finger(module, width=192, height=192), ROUND * 17)

    def test_size_that_changes_in_use_is_refused(self) -> None:
        with (
            ZfmModule(OPTICAL, product=R503, pictures=[ROUND]) as module,
            Zfm(port=module.port) as scanner,
        ):
            assert scanner.capture(PATIENCE_S, Event()).pixels.shape == (192, 192)
            with pytest.raises(DeviceError, match="192 x 192"):
                scanner.capture(PATIENCE_S, Event())

    def test_one_image_of_another_size_is_asked_for_again(self) -> None:
        with ZfmModule(ROUND, product=R503, pictures=[rings(128, 144)]) as module:
            np.testing.assert_array_equal(one_finger(module), ROUND * 17)

    def test_light_ridges_are_turned(self) -> None:
        with ZfmModule(15 - ROUND) as module:
            np.testing.assert_array_equal(one_finger(module, light_ridges=True), ROUND * 17)

    def test_scale(self) -> None:
        with ZfmModule(ROUND, product=R503) as module:
            with Zfm(port=module.port) as scanner:
                assert scanner.capture(PATIENCE_S, Event()).ppi == scanner.identity.ppi == 508.0
            with Zfm(port=module.port, ppi=363) as scanner:
                assert scanner.capture(PATIENCE_S, Event()).ppi == scanner.identity.ppi == 363.0

    def test_finger_that_could_not_be_imaged_is_waited_for(self) -> None:
        with ZfmModule(looks=(2, 3, 3, 0, 3, 2)) as module:
            np.testing.assert_array_equal(one_finger(module), OPTICAL * 17)


def test_progress_of_a_slow_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zfm, "PROGRESS_S", 0.05)
    told: list[float] = []
    with (
        ZfmModule(ROUND, product=R503, version=b"V1", packet_pause_s=0.01, looks=(PRESENT,)) as module,
        Zfm(port=module.port) as scanner,
    ):
        scanner.progress = told.append
        scanner.capture(PATIENCE_S, Event())
    assert len(told) > 5
    assert told == sorted(told)
    assert 0 < told[0] < 0.5
    assert told[-1] == 1.0


@pytest.mark.usefixtures("hurried")
class TestRate:
    def test_is_raised_while_open_and_given_back(self) -> None:
        with ZfmModule() as module:
            with Zfm(port=module.port):
                assert module.baud == 115200
            assert module.baud == 57600
            assert module.written == [(4, 12), (4, 6)]

    @pytest.mark.parametrize(("change", "written"), [("at power-up", [(4, 12), (4, 6)]), ("never", [])])
    def test_module_that_does_not_change_keeps_its_own(self, change: str, written: list[tuple[int, int]]) -> None:
        with ZfmModule(change=change) as module:
            np.testing.assert_array_equal(one_finger(module), OPTICAL * 17)
            assert module.written == written  # a rate that would count from the next power-up is withdrawn
            assert module.baud == 57600

    def test_line_that_does_not_carry_it_is_stepped_back(self) -> None:
        with ZfmModule(baud=19200, deaf_at=frozenset({115200})) as module:
            with Zfm(port=module.port, baud=19200) as scanner:
                assert module.baud == 57600
                np.testing.assert_array_equal(scanner.capture(PATIENCE_S, Event()).pixels, OPTICAL * 17)
            assert module.baud == 19200

    def test_is_left_alone_where_no_more_is_asked_for(self) -> None:
        with ZfmModule() as module:
            one_finger(module, max_baud=57600)
            assert module.written == []

    @pytest.mark.parametrize("baud", [9600, 19200, 38400])
    def test_slower_module_is_found_and_gets_its_own_back(self, baud: int) -> None:
        with ZfmModule(baud=baud) as module:
            with Zfm(port=module.port):
                assert module.baud == 115200
            assert module.baud == baud

    @pytest.mark.parametrize("max_baud", [115200, 57600])
    def test_rate_left_by_a_crash_is_given_back(self, max_baud: int) -> None:
        with ZfmModule(baud=115200) as module:
            with Zfm(port=module.port, max_baud=max_baud):
                assert module.baud == max_baud
            assert module.baud == 57600

    def test_is_given_back_after_an_error(self) -> None:
        with ZfmModule(looks=(0x29,)) as module:
            with Zfm(port=module.port) as scanner, pytest.raises(DeviceHung, match="code 0x29"):
                scanner.capture(PATIENCE_S, Event())
            assert module.baud == 57600

    def test_bad_images_at_the_raised_rate_are_asked_for_at_its_own(self) -> None:
        with ZfmModule(image_faults=["garbled packet"] * 2) as module, Zfm(port=module.port) as scanner:
            np.testing.assert_array_equal(scanner.capture(PATIENCE_S, Event()).pixels, OPTICAL * 17)
            assert module.baud == 57600
            assert scanner.condition.bad_frames == 2

    def test_small_packets_are_enlarged_and_given_back(self) -> None:
        with ZfmModule(packet_code=0) as module:
            with Zfm(port=module.port) as scanner:
                assert module.packet_code == 2
                np.testing.assert_array_equal(scanner.capture(PATIENCE_S, Event()).pixels, OPTICAL * 17)
            assert (module.packet_code, module.baud) == (0, 57600)


class TestOptions:
    @pytest.mark.usefixtures("hurried")
    def test_from_the_configuration(self) -> None:
        entry = EntryPoint("zfm", "drivers.fingerprint.zfm:Zfm", "rekam.fingerprint_scanner")
        drivers = {"zfm": DriverEntry("zfm", entry)}
        with ZfmModule() as module:
            options = {"port": module.port, "max_baud": 57600}
            with open_device("zfm:desk", options, drivers=drivers) as scanner:
                assert scanner.capture(PATIENCE_S, Event()).pixels.shape == (288, 256)
        with pytest.raises(ValueError, match="no option 'bauds'"):
            open_device("zfm:desk", {"port": "/dev/ttyS0", "bauds": 1}, drivers=drivers)
        with pytest.raises(ValueError, match="port"):
            open_device("zfm:desk", {}, drivers=drivers)

    @pytest.mark.parametrize(
        "options",
        [
            {"port": ""},
            {"port": 3},
            {"baud": 0},
            {"baud": 57601},
            {"baud": 124800},
            {"max_baud": 9600.0},
            {"max_baud": True},
            {"address": -1},
            {"address": 1 << 32},
            {"password": "0"},
            {"width": 256},
            {"width": 7, "height": 7},
            {"width": 256.0, "height": 288.0},
            {"ppi": 0.0},
            {"ppi": float("nan")},
        ],
        ids=str,
    )
    def test_options_out_of_range(self, options: dict[str, object]) -> None:
        with pytest.raises(ValueError):
            Zfm(**{"port": "/dev/ttyS0", **options})  # type: ignore[arg-type]
