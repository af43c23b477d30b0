"""Camera nodes: found in sysfs, told apart by formats, named so that names last."""

import inspect
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from drivers import DeviceNotFound, DriverEntry, discover, open_device
from drivers.iris.uvc import UvcIrisCamera
from drivers.portrait.uvc import UvcPortraitCamera
from drivers.protocols import DeviceAddress
from drivers.transports import v4l2_nodes
from drivers.transports.v4l2_nodes import NodeKinds, is_monochrome, video_nodes, wanted_node
from tests.drivers.v4l2_node import METADATA_AND_STREAMING, FakeKernel, Node


class Sysfs:
    """A folder as `/sys/class/video4linux`, and the USB devices that it points to."""

    def __init__(self, root: Path) -> None:
        self.root, self.nodes = root, root / "video4linux"
        self.nodes.mkdir()

    def usb(self, port: str, serial: str = "", manufacturer: str = "Acme", device: int = 4) -> None:
        folder = self.root / "usb" / port
        folder.mkdir(parents=True)
        told = {"manufacturer": manufacturer, "bcdDevice": "0110", "busnum": "1", "devnum": str(device)}
        for name, value in {**told, **({"serial": serial} if serial else {})}.items():
            (folder / name).write_text(f"{value}\n")

    def node(self, name: str, label: str, interface: str = "", index: int = 0) -> None:
        folder = self.nodes / name
        folder.mkdir()
        (folder / "name").write_text(f"{label}\n")
        (folder / "index").write_text(f"{index}\n")
        target = self.root / ("usb" if interface else "platform") / interface.partition(":")[0] / (interface or name)
        target.mkdir(parents=True, exist_ok=True)
        (folder / "device").symlink_to(target)


@pytest.fixture
def sysfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sysfs:
    made = Sysfs(tmp_path)
    monkeypatch.setattr(v4l2_nodes, "SYSFS", made.nodes)
    return made


def kinds_of(monkeypatch: pytest.MonkeyPatch, **nodes: Node) -> FakeKernel:
    """Both drivers ask this kernel from now on."""
    kernel = FakeKernel({f"/dev/{name}": node for name, node in nodes.items()})
    kinds = NodeKinds(kernel)
    for module in ("drivers.iris.uvc", "drivers.portrait.uvc"):
        monkeypatch.setattr(f"{module}.KINDS", kinds)
    return kernel


def test_no_video4linux_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2_nodes, "SYSFS", tmp_path / "absent")
    assert video_nodes() == []
    assert UvcIrisCamera.attached() == []


def test_a_camera_for_colours_and_near_infrared_is_two(sysfs: Sysfs, monkeypatch: pytest.MonkeyPatch) -> None:
    sysfs.usb("1-10", serial="A 7/3")
    sysfs.node("video0", "Acme Cam", "1-10:1.0")
    sysfs.node("video1", "Acme Cam", "1-10:1.0", index=1)
    sysfs.node("video2", "Acme Cam: IR", "1-10:1.2")
    sysfs.node("video3", "Acme Cam: IR", "1-10:1.2", index=1)
    metadata = Node(capabilities=METADATA_AND_STREAMING, formats=("UVCH",))
    colour, infrared = Node(formats=("MJPG", "YUYV")), Node(formats=("GREY", "MJPG"))
    kernel = kinds_of(monkeypatch, video0=colour, video1=metadata, video2=infrared, video3=metadata)
    assert UvcIrisCamera.attached() == [DeviceAddress("uvc:A_7_3", "uvc", "Acme Cam: IR", "usb:1-10:1.2")]
    assert UvcPortraitCamera.attached() == [
        DeviceAddress("uvc-portrait:A_7_3", "uvc-portrait", "Acme Cam", "usb:1-10:1.0")
    ]
    for _ in range(5):
        UvcIrisCamera.attached()
    assert sorted(kernel.opened) == [f"/dev/video{number}" for number in range(4)]
    assert kernel.open_files == {}


def test_a_replugged_node_is_asked_again(sysfs: Sysfs, monkeypatch: pytest.MonkeyPatch) -> None:
    sysfs.usb("1-2")
    sysfs.node("video0", "One", "1-2:1.0")
    kernel = kinds_of(monkeypatch, video0=Node(formats=("YUYV",)))
    assert UvcIrisCamera.attached() == []
    for file in (sysfs.nodes / "video0").iterdir():
        file.unlink()
    (sysfs.nodes / "video0").rmdir()
    assert UvcPortraitCamera.attached() == []
    sysfs.node("video0", "Another", "1-2:1.0")
    kernel.nodes["/dev/video0"] = Node(formats=("GREY",))
    assert [address.device_id for address in UvcIrisCamera.attached()] == ["uvc:1-2"]


def test_two_of_one_serial_number(sysfs: Sysfs, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, port in enumerate(("1-1", "1-2")):
        sysfs.usb(port, serial="0001")
        sysfs.node(f"video{number}", "Twin", f"{port}:1.0")
    kinds_of(monkeypatch, video0=Node(), video1=Node())
    ids = [address.device_id for address in UvcIrisCamera.attached()]
    assert ids == ["uvc:0001@1-1:1.0", "uvc:0001@1-2:1.0"]
    found = wanted_node("0001@1-2:1.0", NodeKinds(FakeKernel({})), monochrome=True)
    assert found.path == "/dev/video1"


def test_two_cameras_behind_one_interface(sysfs: Sysfs, monkeypatch: pytest.MonkeyPatch) -> None:
    sysfs.usb("1-6", serial="ST")
    sysfs.node("video0", "Stereo", "1-6:1.0")
    sysfs.node("video2", "Stereo", "1-6:1.0", index=2)
    kinds_of(monkeypatch, video0=Node(), video2=Node())
    addresses = UvcIrisCamera.attached()
    assert [address.device_id for address in addresses] == ["uvc:ST@1-6:1.0", "uvc:ST@1-6:1.0+2"]
    kinds = NodeKinds(FakeKernel({}))
    found = [wanted_node(address.location, kinds, monochrome=True).path for address in addresses]
    assert found == ["/dev/video0", "/dev/video2"]


def test_a_forbidden_node_is_listed_by_its_name(sysfs: Sysfs, monkeypatch: pytest.MonkeyPatch) -> None:
    sysfs.usb("1-4", serial="X1")
    sysfs.node("video0", "Acme Cam", "1-4:1.0")
    sysfs.node("video1", "Acme Cam", "1-4:1.0", index=1)
    sysfs.node("video2", "Acme IR Cam", "1-4:1.2")
    names = ("video0", "video1", "video2")
    kernel = kinds_of(monkeypatch, **{name: Node(forbidden=True) for name in names})
    assert [address.location for address in UvcIrisCamera.attached()] == ["usb:1-4:1.2"]
    assert [address.location for address in UvcPortraitCamera.attached()] == ["usb:1-4:1.0"]
    # Once it may be opened, its formats count.
    kernel.nodes["/dev/video0"].forbidden = False
    assert [address.location for address in UvcIrisCamera.attached()] == ["usb:1-4:1.0", "usb:1-4:1.2"]


def test_a_node_that_vanishes_between_list_and_open(sysfs: Sysfs, monkeypatch: pytest.MonkeyPatch) -> None:
    sysfs.node("video0", "Gone")
    kinds_of(monkeypatch)
    assert UvcIrisCamera.attached() == UvcPortraitCamera.attached() == []


def test_a_node_that_is_not_on_usb(sysfs: Sysfs, monkeypatch: pytest.MonkeyPatch) -> None:
    sysfs.node("video7", "vivid")
    kinds_of(monkeypatch, video7=Node(formats=("YUYV", "GREY")))
    addresses = UvcPortraitCamera.attached()
    assert [(address.device_id, address.location) for address in addresses] == [
        ("uvc-portrait:video7", "v4l2:/dev/video7")
    ]


def test_an_address_opens_its_camera(sysfs: Sysfs, monkeypatch: pytest.MonkeyPatch) -> None:
    sysfs.usb("1-10", serial="A7")
    sysfs.node("video4", "Acme IR", "1-10:1.2")
    kernel = kinds_of(monkeypatch, video4=Node())
    monkeypatch.setattr("drivers.transports.v4l2.KernelCalls", lambda: kernel)
    (address,) = UvcIrisCamera.attached()
    with UvcIrisCamera.at(address, eyes="left") as camera:
        identity = camera.identity
    assert (identity.driver, identity.vendor, identity.model) == ("uvc", "Acme", "Fake camera")
    assert (identity.serial, identity.firmware) == ("A7", "0110")
    for by_hand in ("uvc:A7", "uvc:1-10", "uvc:/dev/video4", "uvc:video4"):
        with UvcIrisCamera.at(DeviceAddress(by_hand, "uvc", "")) as camera:
            assert camera.identity.serial == "A7"
    with UvcIrisCamera() as camera:
        assert camera.identity.serial == "A7"


def test_a_colour_camera_can_be_named_for_near_infrared(sysfs: Sysfs, monkeypatch: pytest.MonkeyPatch) -> None:
    sysfs.usb("1-3", serial="NIR1")
    sysfs.node("video0", "Iris by YUYV", "1-3:1.0")
    kernel = kinds_of(monkeypatch, video0=Node(formats=("YUYV",)))
    monkeypatch.setattr("drivers.transports.v4l2.KernelCalls", lambda: kernel)
    assert UvcIrisCamera.attached() == []
    with UvcIrisCamera.at(DeviceAddress("uvc:NIR1", "uvc", "")) as camera:
        assert camera.identity.serial == "NIR1"


@pytest.mark.parametrize("wanted", ["", "nobody"])
def test_no_such_camera_tells_which_there_are(wanted: str, sysfs: Sysfs) -> None:
    sysfs.usb("1-1")
    sysfs.usb("1-2", serial="S2")
    sysfs.node("video0", "One", "1-1:1.0")
    sysfs.node("video1", "Two", "1-2:1.0")
    kinds = NodeKinds(FakeKernel({"/dev/video0": Node(), "/dev/video1": Node()}))
    with pytest.raises(DeviceNotFound, match=r"1-1 at /dev/video0.*S2 at /dev/video1"):
        wanted_node(wanted, kinds, monochrome=True)


def test_a_path_outside_sysfs_is_believed(sysfs: Sysfs) -> None:
    node = wanted_node("/dev/video9", NodeKinds(FakeKernel({})), monochrome=True)
    assert node.path == "/dev/video9"


@pytest.mark.parametrize(
    ("formats", "monochrome"),
    [
        (("GREY",), True),
        (("Y8I", "Y10"), True),
        (("MJPG", "GREY"), True),
        (("YUYV", "GREY"), False),
        (("MJPG",), False),
        ((), False),
    ],
)
def test_what_is_a_near_infrared_camera(formats: tuple[str, ...], monochrome: bool) -> None:
    assert is_monochrome(formats) is monochrome


@pytest.mark.parametrize("driver", [UvcIrisCamera, UvcPortraitCamera])
def test_an_address_takes_every_option(driver: type[UvcIrisCamera] | type[UvcPortraitCamera]) -> None:
    options = set(inspect.signature(driver.at).parameters) - {"address"}
    assert options == set(inspect.signature(driver).parameters) - {"calls"}


def test_as_an_installed_driver(sysfs: Sysfs, monkeypatch: pytest.MonkeyPatch) -> None:
    sysfs.usb("1-5", serial="Z9")
    sysfs.node("video0", "Acme IR", "1-5:1.0")
    kernel = kinds_of(monkeypatch, video0=Node(sizes=((64, 48), (32, 24))))
    monkeypatch.setattr("drivers.transports.v4l2.KernelCalls", lambda: kernel)
    entry_point = EntryPoint("uvc", "drivers.iris.uvc:UvcIrisCamera", "rekam.iris_camera")
    drivers = {"uvc": DriverEntry("uvc", entry_point)}
    drivers["uvc"].check_options({"eyes": "both", "width": 32})
    with pytest.raises(ValueError, match="no option 'eye'"):
        drivers["uvc"].check_options({"eye": 1})
    found = discover(drivers=drivers)
    assert found.problems == ()
    (address,) = found.devices
    camera = open_device(address, {"width": 32}, drivers=drivers)
    with camera:
        assert (camera.identity.serial, camera.identity.width) == ("Z9", 32)
