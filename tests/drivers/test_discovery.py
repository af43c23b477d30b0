"""Discovery: who is attached and by which name, drivers that fail to load, and options on their way to a driver."""

import ctypes.util
from importlib.metadata import EntryPoint
from pathlib import Path
from threading import Event
from typing import ClassVar

import pytest
import usb.backend.libusb1

from drivers import (
    DeviceAddress,
    DeviceError,
    DeviceKind,
    DeviceNotFound,
    DiscoveryProblem,
    DriverEntry,
    discover,
    installed_drivers,
    open_device,
)
from drivers.fingerprint.synthetic import SyntheticFingerprintScanner
from drivers.fingerprint.uareu4000 import Uareu4000
from drivers.transports import usb_ports
from tests.drivers.uareu4000_simulator import SimulatedReader, image_transfer, ridges


def entry(name: str, target: str) -> DriverEntry:
    return DriverEntry(name, EntryPoint(name, target, DeviceKind.FINGERPRINT_SCANNER.group))


UAREU = {"uareu4000": entry("uareu4000", "drivers.fingerprint.uareu4000:Uareu4000")}


@pytest.fixture
def ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kernel's list of USB devices, empty as yet."""
    monkeypatch.setattr(usb_ports, "SYSFS", tmp_path)
    return tmp_path


def plug(ports: Path, port: str, usb_id: str = "05ba:000a", **attributes: str) -> Path:
    folder = ports / port
    folder.mkdir()
    vendor, product = usb_id.split(":")
    for name, value in {"idVendor": vendor, "idProduct": product, "bcdDevice": "0103", **attributes}.items():
        (folder / name).write_text(f"{value}\n", encoding="utf-8")
    return folder


def names() -> list[str]:
    return [device.device_id for device in discover(drivers=UAREU).devices]


def test_drivers_come_from_the_entry_points() -> None:
    assert {"synthetic", "uareu4000"} <= set(installed_drivers())
    assert installed_drivers()["uareu4000"].load() is Uareu4000
    assert (0x05BA, 0x000A) in installed_drivers()["uareu4000"].usb_ids()
    assert installed_drivers()["synthetic"].usb_ids() == frozenset()


class TestNames:
    def test_serial_number_names_a_device(self, ports: Path) -> None:
        plug(ports, "1-10", serial="{FB0B-71}", manufacturer="DigitalPersona, Inc.", product="U.are.U® 4500")
        plug(ports, "1-11", "1234:5678", serial="other")
        plug(ports, "1-10:1.0")
        assert discover(drivers=UAREU).devices == (
            DeviceAddress("uareu4000:FB0B-71", "uareu4000", "DigitalPersona, Inc. U.are.U® 4500", "usb:1-10"),
        )

    def test_port_names_a_device_without_one(self, ports: Path) -> None:
        plug(ports, "2-1.4")
        (device,) = discover(drivers=UAREU).devices
        assert (device.device_id, device.label) == ("uareu4000:2-1.4", "USB 05ba:000a")

    def test_two_with_one_serial_number_are_told_apart_by_port(self, ports: Path) -> None:
        plug(ports, "1-1", serial="A")
        plug(ports, "1-2", serial="A")
        plug(ports, "1-3", serial="B")
        assert names() == ["uareu4000:A@1-1", "uareu4000:A@1-2", "uareu4000:B"]

    def test_a_hub_with_twenty_of_one_serial_number(self, ports: Path) -> None:
        """As cheap readers have it: all are named, each by its own port, and none is taken for another."""
        for port in range(1, 21):
            plug(ports, f"1-4.{port}", serial="000000000")
        found = discover(drivers=UAREU).devices
        assert {device.device_id for device in found} == {f"uareu4000:000000000@1-4.{port}" for port in range(1, 21)}
        assert len({device.location for device in found}) == 20

    def test_serial_number_is_made_fit_for_a_command_line(self, ports: Path) -> None:
        plug(ports, "1-1", serial=" ../{a b}\x07;é ")
        assert names() == ["uareu4000:.._a_b"]

    def test_plugging_is_seen_at_the_next_look(self, ports: Path) -> None:
        assert names() == []
        folder = plug(ports, "1-1", serial="A")
        assert names() == ["uareu4000:A"]
        folder.rename(ports / "1-2")
        assert discover(drivers=UAREU).devices[0].location == "usb:1-2"
        for attribute in (ports / "1-2").iterdir():
            attribute.unlink()
        assert names() == []  # as when it is unplugged while we read

    def test_elsewhere_than_on_linux_pyusb_enumerates(self) -> None:
        (device,) = discover(drivers=UAREU, usb_backend=SimulatedReader()).devices
        assert device == DeviceAddress("uareu4000:SIM-0042", "uareu4000", "Example Simulated Reader", "usb:3-1.2")

    def test_serial_number_that_may_not_be_read(self) -> None:
        reader = SimulatedReader()
        reader.open_error = 13
        (device,) = discover(drivers=UAREU, usb_backend=reader).devices
        assert device.device_id == "uareu4000:3-1.2"


class LooksItself:
    """A driver that finds its devices by a look of its own."""

    broken: ClassVar[Exception | None] = None

    def __init__(self, name: str, colour: str = "grey") -> None:
        self.name, self.colour = name, colour

    @staticmethod
    def attached() -> list[DeviceAddress]:
        if LooksItself.broken is not None:
            raise LooksItself.broken
        return [DeviceAddress("looks:one", "looks", "One", "looks:1")]

    @classmethod
    def at(cls, address: DeviceAddress, colour: str = "grey") -> "LooksItself":
        return cls(address.device_id, colour)


LOOKS = {"looks": DriverEntry("looks", EntryPoint("looks", f"{__name__}:LooksItself", "rekam.iris_camera"))}


class TestOwnLook:
    def test_devices_are_found_and_opened_with_options(self) -> None:
        (address,) = discover(drivers=LOOKS).devices
        assert LOOKS["looks"].kind is DeviceKind.IRIS_CAMERA
        assert LOOKS["looks"].discoverable
        for which in (address, "looks:one"):
            opened = open_device(which, {"colour": "red"}, drivers=LOOKS)
            assert (opened.name, opened.colour) == ("looks:one", "red")  # type: ignore[attr-defined]

    def test_a_wrong_option_is_named(self) -> None:
        with pytest.raises(ValueError, match="driver looks has no option 'color'; it takes: colour"):
            open_device("looks:one", {"color": "red"}, drivers=LOOKS)
        with pytest.raises(ValueError, match="color"):
            LOOKS["looks"].check_options({"color": "red"})
        LOOKS["looks"].check_options({"colour": "red"})

    @pytest.mark.parametrize("error", [DeviceError("its service does not run; start it"), RuntimeError("a bug")])
    def test_a_look_that_fails_hurts_its_own_driver_only(
        self, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        monkeypatch.setattr(LOOKS["looks"].load(), "broken", error)
        found = discover(drivers={**LOOKS, **UAREU}, usb_backend=SimulatedReader())
        assert [device.driver for device in found.devices] == ["uareu4000"]
        (problem,) = found.problems
        assert problem.driver == "looks"
        assert str(error) in problem.detail


class TestNamesOfDrivers:
    def test_of_two_with_one_name_one_is_used_and_the_other_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = tmp_path / "acme-1.0.dist-info"
        package.mkdir()
        (package / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        (package / "entry_points.txt").write_text("[rekam.card_writer]\nuareu4000 = zz_acme:Card\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        installed_drivers.cache_clear()
        try:
            entry = installed_drivers()["uareu4000"]
            assert (entry.load(), entry.kind) == (Uareu4000, DeviceKind.FINGERPRINT_SCANNER)
            (problem,) = discover(drivers={"uareu4000": entry}, usb_backend=SimulatedReader()).problems
            assert "zz_acme:Card cannot be used" in problem.detail
        finally:
            monkeypatch.undo()
            installed_drivers.cache_clear()

    def test_every_kind_has_drivers(self) -> None:
        kinds = {entry.kind for entry in installed_drivers().values()}
        assert {DeviceKind.FINGERPRINT_SCANNER, DeviceKind.IRIS_CAMERA, DeviceKind.CARD_WRITER} <= kinds


class TestBrokenDriver:
    def test_hurts_itself_only(self) -> None:
        drivers = {"acme": entry("acme", "no_such_vendor_sdk:Scanner"), **UAREU}
        found = discover(drivers=drivers, usb_backend=SimulatedReader())
        assert [device.driver for device in found.devices] == ["uareu4000"]
        (problem,) = found.problems
        assert problem == DiscoveryProblem("acme", problem.detail)
        assert "no_such_vendor_sdk" in problem.detail

    def test_is_named_when_it_is_opened(self) -> None:
        drivers = {"acme": entry("acme", "drivers.fingerprint.uareu4000:NoSuchClass")}
        with pytest.raises(DeviceError, match=r"driver acme cannot be loaded .*NoSuchClass") as caught:
            open_device(DeviceAddress("acme:1", "acme", "Acme"), drivers=drivers)
        assert isinstance(caught.value.__cause__, AttributeError)


class TestOpening:
    def test_discovered_device_is_opened_by_address_and_by_name(self) -> None:
        reader = SimulatedReader([image_transfer(ridges(9), [(2, 9)])])
        (address,) = discover(usb_backend=reader).devices
        for which in (address, address.device_id):
            with open_device(which, {"host_seed": 7}, usb_backend=reader) as scanner:
                assert scanner.capture(5, Event()).pixels.shape == (290, 384)
        assert reader.key_requests == [(7, 7), (7, 7)]

    def test_driver_that_is_not_on_usb(self) -> None:
        address = DeviceAddress("synthetic:SYN-0001", "synthetic", "Synthetic")
        assert isinstance(open_device(address, {"finger": 3}), SyntheticFingerprintScanner)
        assert isinstance(open_device("synthetic:SYN-0001"), SyntheticFingerprintScanner)

    @pytest.mark.parametrize(
        ("address", "words"),
        [
            (DeviceAddress("acme:1", "acme", "Acme"), r"no driver 'acme'; installed: .*uareu4000"),
            (DeviceAddress("uareu4000:X", "uareu4000", "A reader", "usb:9-9"), "A reader is not attached at usb:9-9"),
            (DeviceAddress("uareu4000:X", "uareu4000", ""), "uareu4000:X is not attached at any port"),
            ("uareu4000:X", "no device 'uareu4000:X'; attached: uareu4000:SIM-0042"),
        ],
    )
    def test_what_is_not_there(self, address: DeviceAddress | str, words: str) -> None:
        with pytest.raises(DeviceNotFound, match=words):
            open_device(address, usb_backend=SimulatedReader())

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"hots_seed": 1}, "driver uareu4000 has no option 'hots_seed'; it takes: host_seed"),
            ({"link": 1}, "driver uareu4000 has no option 'link'"),
            ({"host_seed": "x"}, "driver uareu4000: host_seed is a whole number of 32 bits, not 'x'"),
        ],
    )
    def test_wrong_options_name_driver_option_and_what_is_valid(self, options: dict[str, object], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            open_device("uareu4000:SIM-0042", options, usb_backend=SimulatedReader())


def test_missing_libusb_is_said_when_a_device_is_opened(ports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(usb.backend.libusb1, "_lib_object", None)
    plug(ports, "1-1", serial="A")
    (address,) = discover(drivers=UAREU).devices
    with pytest.raises(DeviceError, match=r"libusb 1\.0 is not installed.*apt-get install libusb-1\.0-0"):
        open_device(address).__enter__()
