"""Recording a device: the tape of each scanner plays to the same identity and image, and shows no finger by itself."""

import contextlib
import json
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from threading import Event
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers import (
    DeviceAddress,
    DeviceError,
    DeviceIdentity,
    DeviceLost,
    DeviceNotFound,
    DeviceUnsupported,
    DriverEntry,
    TapeMismatchError,
    discover,
    installed_drivers,
)
from drivers.fingerprint import aes3500
from drivers.fingerprint.zfm_packet import Packet, PacketDecoder, PacketKind, StreamBlanker, encode_packet
from drivers.recording import RecordedDevice, TapeText, record_device, replay_device
from drivers.transports.tape_format import TapeFormatError, read_lines
from tests.drivers import nb1010_simulator
from tests.drivers.aes3500_simulator import SimulatedAes3500
from tests.drivers.make_uareu4000_tapes import BLOCKS, CLEAR, ROWS
from tests.drivers.make_usb_scanner_tapes import UPEK_FINGER
from tests.drivers.nb1010_simulator import SimulatedNb1010
from tests.drivers.simulated_port import SimulatedPort
from tests.drivers.uareu4000_simulator import SimulatedReader, image_transfer, lose_cable
from tests.drivers.upektouchchip_simulator import NO_FINGER_YET, SimulatedTouchChip
from tests.drivers.zfm_bench import hurry, nothing_left
from tests.drivers.zfm_module import IMAGE_FAULTS, ROUND, ZfmModule, product

RUN = 24
"""Bytes of an image in a row that may be on no tape."""


def entry(name: str, value: str = "", group: str = "rekam.fingerprint_scanner") -> DriverEntry:
    return DriverEntry(name, EntryPoint(name, value, group)) if value else installed_drivers()[name]


class Scene(NamedTuple):
    driver: str
    device: Callable[[], SimulatedPort | SimulatedReader]
    image: bytes
    """As it goes over the wire, or a part of it."""


SCRAMBLED = image_transfer(ROWS, BLOCKS)
NOISE = np.random.default_rng(7).integers(0, 256, (102, 96), np.uint8)
SCENES = {
    "uareu4000": Scene("uareu4000", lambda: SimulatedReader([SCRAMBLED]), SCRAMBLED[64:]),
    "uareu4000-clear": Scene("uareu4000", lambda: SimulatedReader([CLEAR], usb_id=(0x05BA, 0x0007)), CLEAR[64:]),
    "nb1010": Scene("nb1010", SimulatedNb1010, nb1010_simulator.ridges().tobytes()),
    "upektouchchip": Scene(
        "upektouchchip",
        lambda: SimulatedTouchChip([UPEK_FINGER, (NO_FINGER_YET,)], silicon=(128, 136), picture=NOISE),
        NOISE.tobytes(),
    ),
    "aes3500": Scene("aes3500", SimulatedAes3500, b""),
    "aes4000": Scene("aes3500", lambda: SimulatedAes3500(product=0x5501, size=96, dump_bytes=83), b""),
}


@pytest.fixture(autouse=True)
def lifted_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aes3500, "LIFTED_S", 0.05)


def recorded(scene: Scene, device: SimulatedPort | SimulatedReader, *, with_images: bool = False) -> RecordedDevice:
    drivers = {scene.driver: entry(scene.driver)}
    (address,) = discover(drivers=drivers, usb_backend=device).devices
    return record_device(address, with_images=with_images, drivers=drivers, usb_backend=device)


def used(driver: object) -> tuple[DeviceIdentity, NDArray[np.uint8]]:
    with driver as scanner:  # type: ignore[attr-defined]
        frame = scanner.capture(10, Event())
        scanner.await_removal(10, Event())
        return scanner.identity, frame.pixels


def kept(tape: TapeText, folder: Path) -> Path:
    path = folder / "tape.jsonl"
    path.write_text(tape.text(), encoding="utf-8")
    return path


def bytes_on(tape: TapeText) -> bytes:
    return b"|".join(transfer.data for transfer in read_lines(tape.text().splitlines())[1])


def runs_of(image: bytes) -> Iterator[bytes]:
    for start in range(0, len(image) - RUN + 1, 1 + len(image) // 1000):
        run = image[start : start + RUN]
        if len(set(run)) > 4:  # a plain stretch shows nothing
            yield run


@pytest.mark.parametrize("name", SCENES)
def test_a_tape_with_images_plays_to_the_same_identity_and_image(name: str, tmp_path: Path) -> None:
    recording = recorded(SCENES[name], SCENES[name].device(), with_images=True)
    identity, pixels = used(recording.driver)
    replay = replay_device(kept(recording.tape, tmp_path))
    same_identity, same_pixels = used(replay.driver)
    assert same_identity == identity
    np.testing.assert_array_equal(same_pixels, pixels)
    assert replay.tape.finished
    assert identity.serial in recording.tape.text()


@pytest.mark.parametrize("name", SCENES)
def test_a_blanked_tape_plays_the_same_way_and_shows_nothing(name: str, tmp_path: Path) -> None:
    scene = SCENES[name]
    recording = recorded(scene, scene.device())
    identity, pixels = used(recording.driver)
    assert len(np.unique(pixels)) > 1
    replay = replay_device(kept(recording.tape, tmp_path))
    same_identity, blank = used(replay.driver)
    assert same_identity == identity
    assert blank.shape == pixels.shape
    assert replay.tape.finished
    on_tape = bytes_on(recording.tape)
    assert not [run.hex() for run in runs_of(scene.image) if run in on_tape]
    rows = {row.tobytes() for row in pixels if len(np.unique(row)) > 2}
    assert not rows & {row.tobytes() for row in blank}


def test_images_that_are_asked_for_are_on_the_tape() -> None:
    """What the test of the blanked tape looks for is found where it is."""
    scene = SCENES["nb1010"]
    recording = recorded(scene, scene.device(), with_images=True)
    used(recording.driver)
    on_tape = bytes_on(recording.tape)
    assert sum(run in on_tape for run in runs_of(scene.image)) > 500


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1000),
    faults=st.dictionaries(st.integers(4, 120), st.sampled_from(["short", "garbled", "timeout"]), max_size=3),
)
@pytest.mark.parametrize("name", ["nb1010", "upektouchchip"])
def test_no_fault_lets_an_image_onto_a_blanked_tape(name: str, seed: int, faults: dict[int, str]) -> None:
    from tests.drivers.simulated_port import PortFault

    shape = (180, 256) if name == "nb1010" else (102, 96)
    picture = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    spoilt = {number: PortFault(fault) for number, fault in faults.items()}
    device: SimulatedPort
    if name == "nb1010":
        device = SimulatedNb1010([0xF7], picture=picture, faults=spoilt)
    else:
        device = SimulatedTouchChip([UPEK_FINGER], silicon=(128, 136), picture=picture, faults=spoilt)
    recording = recorded(SCENES[name], device)
    with contextlib.suppress(DeviceError), recording.driver as scanner:  # whatever the fault does to the capture
        scanner.capture(0.5, Event())  # type: ignore[attr-defined]
    on_tape = bytes_on(recording.tape)
    image = picture.tobytes()
    for shown in (image, bytes(0xFF ^ byte for byte in image)):
        assert not [run.hex() for run in runs_of(shown) if run in on_tape]


def test_what_was_recorded_until_the_cable_was_pulled_plays_until_then(tmp_path: Path) -> None:
    scene = SCENES["uareu4000"]
    recording = recorded(scene, SimulatedReader(on_mode={0x10: lose_cable}))
    with pytest.raises(DeviceLost) as lost:
        used(recording.driver)
    replay = replay_device(kept(recording.tape, tmp_path))
    with pytest.raises(DeviceLost) as again:
        used(replay.driver)
    assert str(again.value) == str(lost.value)
    assert replay.tape.finished


def test_notes_are_for_the_reader_and_the_header_names_driver_and_options(tmp_path: Path) -> None:
    scene = SCENES["aes3500"]
    device = scene.device()
    drivers = {"aes3500": entry("aes3500")}
    (address,) = discover(drivers=drivers, usb_backend=device).devices
    recording = record_device(address, {"ppi": 510.0}, drivers=drivers, usb_backend=device)
    recording.note("now the finger")
    used(recording.driver)
    path = kept(recording.tape, tmp_path)
    header, *lines = (json.loads(line) for line in path.read_text().splitlines())
    assert (header["driver"], header["options"]) == ("aes3500", {"ppi": 510.0})
    assert (lines[0]["op"], lines[0]["text"]) == ("note", "now the finger")
    identity, _ = used(replay_device(path).driver)
    assert identity.ppi == 510.0


def test_each_image_of_a_line_that_is_listened_to_is_scrambled_anew_but_on_a_tape() -> None:
    seeds = set()
    for _ in range(2):
        device = SimulatedReader([SCRAMBLED])
        used(recorded(SCENES["uareu4000"], device).driver)
        seeds |= {seed for _, seed in device.key_requests}
    assert len(seeds) == 1


class TestRefused:
    @pytest.mark.parametrize(
        ("name", "value", "group", "why"),
        [
            (
                "synthetic",
                "drivers.fingerprint.synthetic:SyntheticFingerprintScanner",
                "fingerprint_scanner",
                "traffic",
            ),
            ("synthetic-iris", "drivers.iris.synthetic:SyntheticIrisCamera", "iris_camera", "images of people"),
            ("synthetic-card", "drivers.cards.synthetic:SyntheticCardWriter", "card_writer", "personal"),
        ],
    )
    def test_what_has_no_traffic_to_show(self, name: str, value: str, group: str, why: str) -> None:
        drivers = {name: entry(name, value, f"rekam.{group}")}
        with pytest.raises(DeviceUnsupported, match=why):
            record_device(DeviceAddress(f"{name}:1", name, name), drivers=drivers)

    def test_a_driver_that_does_not_name_its_images_is_recorded_with_them_only(self) -> None:
        drivers = {"silent": entry("silent", f"{__name__}:WithoutBlanker")}
        device = SimulatedNb1010()
        (address,) = discover(drivers=drivers, usb_backend=device).devices
        with pytest.raises(DeviceUnsupported, match="tape_blanker"):
            record_device(address, drivers=drivers, usb_backend=device)
        assert record_device(address, with_images=True, drivers=drivers, usb_backend=device).tape.text()

    def test_unknown_drivers_options_and_ports(self) -> None:
        drivers = {"nb1010": entry("nb1010"), "zfm": entry("zfm")}
        device = SimulatedNb1010()
        with pytest.raises(DeviceNotFound, match="no driver 'other'"):
            record_device(DeviceAddress("other:1", "other", ""), drivers=drivers)
        with pytest.raises(DeviceNotFound, match=r"Scanner is not attached at usb:9-9"):
            record_device(
                DeviceAddress("nb1010:1", "nb1010", "Scanner", "usb:9-9"), drivers=drivers, usb_backend=device
            )
        with pytest.raises(ValueError, match="no option 'colour'"):
            record_device(DeviceAddress("nb1010:1", "nb1010", ""), {"colour": 1}, drivers=drivers, usb_backend=device)
        with pytest.raises(ValueError, match="port is the path"):
            record_device(DeviceAddress("zfm:1", "zfm", ""), drivers=drivers)

    def test_tapes_that_do_not_say_of_what_they_are(self, tmp_path: Path) -> None:
        path = tmp_path / "tape.jsonl"
        path.write_text('{"tape": 1}\n')
        with pytest.raises(TapeFormatError, match="does not name the driver"):
            replay_device(path)
        path.write_text('{"tape": 1, "driver": "unheard-of"}\n')
        with pytest.raises(DeviceNotFound, match="unheard-of"):
            replay_device(path)


class WithoutBlanker:
    usb_ids = frozenset({(0x298D, 0x1010)})

    def __init__(self, link: object) -> None:
        pass


def test_a_tape_that_grows_too_long_ends_with_a_whole_transfer() -> None:
    text = TapeText(largest=20)
    for line in ("12345678\n", "abcdefgh\n", "never\n", "x\n"):
        text.write(line)
    assert (text.text(), text.cut) == ("12345678\nabcdefgh\n", True)


class TestSerial:
    R503 = product(b"R503", b"00004711", 192, 192)

    @pytest.fixture(autouse=True)
    def hurried(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        hurry(monkeypatch, 3)
        with nothing_left():
            yield

    @staticmethod
    def record(module: ZfmModule, *, with_images: bool = False, **options: object) -> RecordedDevice:
        address = DeviceAddress("zfm:desk", "zfm", "zfm")
        return record_device(address, {"port": module.port, **options}, with_images=with_images)

    @pytest.mark.parametrize("with_images", [False, True])
    def test_a_tape_plays_to_the_same_identity_and_image(self, with_images: bool, tmp_path: Path) -> None:
        with ZfmModule(ROUND, product=self.R503, version=b"V1.4") as module:
            recording = self.record(module, with_images=with_images)
            identity, pixels = used(recording.driver)
        np.testing.assert_array_equal(pixels, ROUND * 17)
        replay = replay_device(kept(recording.tape, tmp_path))
        same_identity, same_pixels = used(replay.driver)
        assert same_identity == identity
        np.testing.assert_array_equal(same_pixels, pixels if with_images else np.zeros_like(pixels))
        assert replay.tape.finished

    @pytest.mark.parametrize(
        ("faults", "image_faults"),
        [
            *(((*["none"] * 5, fault), ()) for fault in ("cut", "garbled", "noise", "late", "twice", "stray end")),
            *(((), (fault,)) for fault in IMAGE_FAULTS),
        ],
    )
    def test_a_bad_line_plays_as_it_was(
        self, faults: tuple[str, ...], image_faults: tuple[str, ...], tmp_path: Path
    ) -> None:
        for attempt in range(3):
            with ZfmModule(ROUND, product=self.R503, faults=faults, image_faults=image_faults) as module:
                recording = self.record(module)
                identity, pixels = used(recording.driver)
            np.testing.assert_array_equal(pixels, ROUND * 17)
            replay = replay_device(kept(recording.tape, tmp_path))
            try:
                same_identity, blank = used(replay.driver)
                break
            except TapeMismatchError:
                # A machine that stands still for longer than the driver waits has it give up where it had not before.
                if attempt == 2:
                    raise
        assert same_identity == identity
        assert not blank.any()
        assert replay.tape.finished

    @settings(max_examples=8, deadline=None)
    @given(picture_seed=st.integers(0, 1000), fault=st.sampled_from(IMAGE_FAULTS))
    def test_no_line_of_the_image_is_on_a_blanked_tape(self, picture_seed: int, fault: str) -> None:
        picture = np.random.default_rng(picture_seed).integers(0, 16, (64, 64), np.uint8)
        told = product(b"R502", b"1", 64, 64)
        with ZfmModule(picture, product=told, image_faults=(fault,)) as module:
            recording = self.record(module)
            used(recording.driver)
        image = ((picture[:, ::2] << 4) | picture[:, 1::2]).tobytes()
        on_tape = bytes_on(recording.tape).replace(b"|", b"")
        assert not [run.hex() for run in runs_of(image) if run in on_tape]

    @pytest.mark.parametrize("with_images", [False, True])
    def test_the_password_is_not_on_the_tape(self, with_images: bool, tmp_path: Path) -> None:
        with ZfmModule(ROUND, product=self.R503, password=0x5EC2E7A9) as module:
            recording = self.record(module, with_images=with_images, password=0x5EC2E7A9)
            identity, _ = used(recording.driver)
        text = recording.tape.text()
        assert "5ec2e7a9" not in text
        assert str(0x5EC2E7A9) not in text
        assert used(replay_device(kept(recording.tape, tmp_path)).driver)[0] == identity

    def test_a_pulled_cable_is_on_the_tape(self, tmp_path: Path) -> None:
        with ZfmModule(ROUND, product=self.R503, gone_after_packets=20) as module:
            recording = self.record(module)
            with pytest.raises(DeviceLost) as lost:
                used(recording.driver)
        with pytest.raises(DeviceLost) as again:
            used(replay_device(kept(recording.tape, tmp_path)).driver)
        assert str(again.value) == str(lost.value)


packets = st.builds(
    Packet,
    address=st.sampled_from([0xFFFFFFFF, 0x00C0FFEE]),
    kind=st.sampled_from(PacketKind),
    payload=st.binary(max_size=256),
)
pieces = st.lists(st.one_of(packets.map(encode_packet), st.binary(max_size=40), st.just(b"\xef\x01")), max_size=8)


@given(pieces=pieces, cuts=st.lists(st.integers(1, 60), max_size=20), lost=st.integers(0, 400))
def test_blanked_stream_holds_the_same_packets(pieces: list[bytes], cuts: list[int], lost: int) -> None:
    stream = b"".join(pieces)
    stream = stream[:lost] + stream[lost + 1 :]
    blanker, blanked, rest = StreamBlanker(), b"", stream
    for cut in cuts:
        blanked += blanker.came(rest[:cut])
        rest = rest[cut:]
        assert len(blanked) <= len(stream) - len(rest)
    blanked += blanker.came(rest) + blanker.flush()
    assert len(blanked) == len(stream)
    before, after = decoded(stream), decoded(blanked)
    assert [(packet.kind, len(packet.payload)) for packet in after] == [
        (packet.kind, len(packet.payload)) for packet in before
    ]
    for packet, left in zip(before, after, strict=True):
        image = packet.kind in (PacketKind.DATA, PacketKind.LAST_DATA)
        assert left.payload == (bytes(len(packet.payload)) if image else packet.payload)


def decoded(stream: bytes) -> list[Packet]:
    decoder = PacketDecoder()
    return decoder.feed(stream) + decoder.give_up()
