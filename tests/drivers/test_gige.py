"""The GigE Vision driver against Aravis' fake camera: the contract, and the faults of a network."""

import contextlib
import re
import socket
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from threading import Event, Timer

import pytest

from drivers.errors import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
    DeviceUnsupported,
)
from drivers.frame import Eyes
from drivers.iris.gige import GigeIrisCamera
from drivers.protocols import IrisCamera
from drivers.transports.gige_control import CONTROL_PRIVILEGE, GVCP_PORT
from drivers.transports.gige_vision import BUFFERS
from tests.contract.iris_camera import IrisCameraContract
from tests.drivers import gige_peer
from tests.drivers.gige_peer import FakeCamera, await_threads, held, is_test_picture, only_camera
from tests.drivers.gige_relay import GigeRelay, own_address

pytestmark = pytest.mark.skipif(bool(gige_peer.missing()), reason=gige_peer.missing() or "nothing is missing")

WIDTH, HEIGHT, PIXEL_FORMAT, RGB8 = 0x100, 0x104, 0x128, 0x02180014
"""Registers of the fake camera, as its own description tells, and a colour format's number."""
SMALL = {"width": 256, "height": 192, "frame_rate": 50.0, "exposure_ms": 10.0, "packet_size": 4000}
"""A picture that a socket's buffer holds whole, however busy the machine is."""


@pytest.fixture
def peer() -> Iterator[FakeCamera]:
    with only_camera() as camera:
        yield camera


@pytest.fixture
def relay(peer: FakeCamera) -> Iterator[GigeRelay]:
    with contextlib.closing(GigeRelay(gige_peer.ADDRESS, own_address(), seed=7)) as relay:
        yield relay


def direct(**options: object) -> GigeIrisCamera:
    return GigeIrisCamera(gige_peer.ADDRESS, **{"serial": gige_peer.SERIAL, **SMALL, **options})  # type: ignore[arg-type]


def through(relay: GigeRelay, **options: object) -> GigeIrisCamera:
    return GigeIrisCamera(relay.address, **{**SMALL, **options})  # type: ignore[arg-type]


class _Scenario(GigeIrisCamera):
    """Has the fault come once frames do, as the scenarios say."""

    peer: FakeCamera
    fault = ""

    def frames(self, cancel: Event):  # type: ignore[no-untyped-def]
        for frame in super().frames(cancel):
            if self.fault == "hang":
                self.peer.pause()
            elif self.fault == "unplugged":
                self.peer.kill()
            yield frame

    def reset(self) -> None:
        self.peer.go_on()
        super().reset()


class TestGigeIrisCamera(IrisCameraContract):
    @pytest.fixture(autouse=True)
    def _with_peer(self, peer: FakeCamera, relay: GigeRelay) -> None:
        self.peer, self.relay = peer, relay

    def camera(self, scenario: str) -> IrisCamera:
        self.relay.still = scenario == "waiting"
        address = self.relay.address if scenario == "waiting" else gige_peer.ADDRESS
        camera = _Scenario(address, **SMALL)  # type: ignore[arg-type]
        camera.peer, camera.fault = self.peer, scenario
        return camera


def test_a_frame_tells_how_it_was_taken(peer: FakeCamera) -> None:
    with direct(eyes="left", focus_distance_mm=180.0, wavelength_nm=850.0, px_per_mm=20.0) as camera:
        frame = camera.capture(60.0, Event())
        assert camera.identity.serial == gige_peer.SERIAL
        assert camera.identity.ppi == 20 * 25.4
    assert (frame.exposure_ms, frame.gain_db, frame.focus_distance_mm) == (10.0, None, 180.0)
    assert frame.eyes is Eyes.LEFT
    assert frame.illumination is not None
    assert frame.illumination.wavelength_nm == 850.0
    assert is_test_picture(frame.pixels)


def test_a_picture_as_the_camera_has_it(peer: FakeCamera) -> None:
    with GigeIrisCamera(gige_peer.ADDRESS) as camera:
        assert is_test_picture(camera.capture(60.0, Event()).pixels)
        assert (camera.identity.width, camera.identity.height) == (gige_peer.SIDE, gige_peer.SIDE)


def test_sixteen_bits_become_eight(peer: FakeCamera) -> None:
    with direct(pixel_format="Mono16", exposure_ms=10.0) as camera:
        assert camera.capture(60.0, Event()).pixels.shape == (192, 256)


def test_a_loss_without_resend_is_counted() -> None:
    with only_camera(lost_per_thousand=20), direct(frame_rate=100.0, frame_retention_ms=20.0) as camera:
        frames = list(islice(camera.frames(Event()), 40))
        counted = camera.stream_statistics()
    assert all(is_test_picture(frame.pixels) for frame in frames)
    assert frames[0].dropped == 0
    assert sum(frame.dropped for frame in frames) > 0
    assert counted.incomplete > 0
    assert counted.resent_packets == 0


@pytest.mark.parametrize("loss", [0.05, 0.2])
def test_lost_packets_are_sent_again(relay: GigeRelay, loss: float) -> None:
    relay.loss = loss
    with through(relay, packet_size=1400, packet_timeout_ms=5.0) as camera:
        frames = [camera.capture(20.0, Event()) for _ in range(3)]
        counted = camera.stream_statistics()
    assert all(is_test_picture(frame.pixels) for frame in frames)
    assert relay.dropped > 0
    assert relay.resent > 0
    assert counted.resent_packets > 0


def test_resend_can_be_off(relay: GigeRelay) -> None:
    relay.loss = 0.05
    with through(relay, resend=False, frame_retention_ms=20.0) as camera:
        frames = list(islice(camera.frames(Event()), 10))
    assert relay.resent == 0
    assert all(is_test_picture(frame.pixels) for frame in frames)


def test_gain_in_decibels(tmp_path: Path) -> None:
    """The fake camera has a gain in raw numbers; here its register is described as the standard's `Gain`."""
    gain = """<Float Name="Gain"><pValue>GainConverter</pValue><Min>0</Min><Max>10</Max></Float>
        <Converter Name="GainConverter"><FormulaTo>FROM</FormulaTo><FormulaFrom>TO</FormulaFrom>
        <pValue>GainRawRegister</pValue></Converter>"""
    described = re.sub(r'<Integer Name="GainRaw".*?</Integer>', gain, gige_peer.own_description(), flags=re.DOTALL)
    (tmp_path / "gain.xml").write_text(described.replace("<pFeature>GainRaw<", "<pFeature>Gain<"))
    with only_camera(genicam=tmp_path / "gain.xml"):
        with direct(gain_db=2.0) as camera:
            frame = camera.capture(60.0, Event())
        with pytest.raises(DeviceError, match="gain in dB 99"), direct(gain_db=99.0):
            pass
    assert frame.gain_db == 2.0
    assert frame.pixels.max() == 255  # three times the ramp, cut off


def test_packets_out_of_order(relay: GigeRelay) -> None:
    relay.reorder = 0.3
    with through(relay, packet_size=1400) as camera:
        frames = list(islice(camera.frames(Event()), 10))
        counted = camera.stream_statistics()
    assert all(is_test_picture(frame.pixels) for frame in frames)
    assert counted.whole >= 10


def test_nothing_arrives_whole(relay: GigeRelay) -> None:
    relay.loss, relay.resends = 0.5, False
    with through(relay, packet_size=1400, frame_retention_ms=20.0) as camera, pytest.raises(CaptureTimeout):
        camera.capture(0.5, Event())


def test_unplugged_is_lost_and_opens_again_once_it_is_back(peer: FakeCamera) -> None:
    with direct() as camera:
        frames = camera.frames(Event())
        next(frames)
        peer.kill()
        with pytest.raises(DeviceLost, match="gone") as told:
            list(frames)
        assert not isinstance(told.value, DeviceHung)
        peer.start()
        assert is_test_picture(camera.capture(60.0, Event()).pixels)


def test_a_hang_is_told_and_ends_with_a_reset(peer: FakeCamera) -> None:
    with direct() as camera:
        frames = camera.frames(Event())
        next(frames)
        peer.pause()
        with pytest.raises(DeviceHung, match="does not answer"):
            list(frames)
        with pytest.raises(DeviceHung):
            camera.capture(60.0, Event())
        peer.go_on()
        camera.reset()
        assert is_test_picture(camera.capture(60.0, Event()).pixels)


def test_a_reset_frees_a_capture(relay: GigeRelay) -> None:
    with through(relay) as camera:
        camera.capture(60.0, Event())
        relay.deaf = True
        timer = Timer(0.1, camera.reset)
        timer.start()
        with pytest.raises(DeviceHung):
            camera.capture(60.0, Event())
        timer.join()
        relay.deaf = False
        assert is_test_picture(camera.capture(60.0, Event()).pixels)


def test_a_reset_of_a_camera_that_is_well(peer: FakeCamera) -> None:
    with direct() as camera:
        for _ in range(3):
            camera.capture(60.0, Event())
            camera.reset()
        assert is_test_picture(camera.capture(60.0, Event()).pixels)


def test_a_cancel_is_heard_while_it_does_not_answer(relay: GigeRelay) -> None:
    with through(relay, answer_timeout_ms=60_000.0) as camera:
        camera.reset()
        relay.deaf = True
        for wait_for in (lambda cancel: camera.capture(60.0, cancel), lambda cancel: list(camera.frames(cancel))):
            cancel = Event()
            timer = Timer(0.1, cancel.set)
            timer.start()
            with contextlib.suppress(CaptureCancelled):
                assert wait_for(cancel) == []
            timer.join()
        relay.deaf = False


def test_it_answers_but_sends_nothing(relay: GigeRelay) -> None:
    with through(relay, silence_ms=100.0) as camera:
        relay.still = True
        with pytest.raises(DeviceHung, match="sends no frames"):
            list(camera.frames(Event()))


def test_control_that_was_lost(relay: GigeRelay) -> None:
    with through(relay, silence_ms=2000.0) as camera:
        relay.still = True
        relay.registers[CONTROL_PRIVILEGE] = 0
        with pytest.raises(DeviceLost, match="no longer under our control"):
            list(camera.frames(Event()))
        relay.still = False
        relay.registers.clear()
        assert is_test_picture(camera.capture(60.0, Event()).pixels)


def test_another_program_controls_it(peer: FakeCamera) -> None:
    with direct() as camera:
        with pytest.raises(DeviceBusy, match="another program"), direct():
            pass
        assert is_test_picture(camera.capture(60.0, Event()).pixels)
    with direct() as camera:
        camera.capture(60.0, Event())


def test_nobody_is_there() -> None:
    with pytest.raises(DeviceNotFound, match="nobody answers"), GigeIrisCamera(own_address()):
        pass


def test_another_camera_is_there(peer: FakeCamera) -> None:
    with pytest.raises(DeviceNotFound, match=gige_peer.SERIAL), direct(serial="another"):
        pass


@pytest.mark.parametrize(
    "options",
    [
        {"width": 4096},
        {"height": 4096},
        {"width": 2048, "offset_x": 1},
        {"exposure_ms": 1e6},
        {"frame_rate": 1e6},
        {"gain_db": 3.0},
        {"pixel_format": "Mono12p"},
    ],
)
def test_what_the_camera_cannot_do_is_refused(peer: FakeCamera, options: dict[str, object]) -> None:
    with pytest.raises(DeviceError, match="camera at"), direct(**options):
        pass
    with direct() as camera:
        camera.capture(60.0, Event())


@pytest.mark.parametrize("width", [0, 0x7FFFFFFF, 0xFFFFFFFF, 200_000])
def test_an_impossible_size_is_refused(relay: GigeRelay, width: int) -> None:
    relay.registers[WIDTH] = width
    with pytest.raises(DeviceError, match=r"impossible size|bytes for|cannot have"), GigeIrisCamera(relay.address):
        pass


def test_colours_are_refused(relay: GigeRelay) -> None:
    relay.registers[PIXEL_FORMAT] = RGB8
    with pytest.raises(DeviceUnsupported, match="not grey"), GigeIrisCamera(relay.address):
        pass


@pytest.mark.parametrize(("width", "height"), [(128, 192), (256, 400)])
def test_a_size_that_changes_is_told_and_set_right(relay: GigeRelay, width: int, height: int) -> None:
    with through(relay, silence_ms=2000.0) as camera:
        frames = camera.frames(Event())
        next(frames)
        relay.write_register(WIDTH, width)
        relay.write_register(HEIGHT, height)
        with pytest.raises(DeviceLost):
            list(frames)
        frame = camera.capture(60.0, Event())
        assert frame.pixels.shape == (192, 256)
        assert is_test_picture(frame.pixels)


def test_a_slow_caller_gets_no_old_frame(peer: FakeCamera) -> None:
    with direct(frame_rate=100.0) as camera:
        frames = camera.frames(Event())
        next(frames)
        Event().wait(0.3)
        assert next(frames).dropped > BUFFERS


def test_a_capture_ends_the_use_of_frames(peer: FakeCamera) -> None:
    with direct() as camera:
        frames = camera.frames(Event())
        next(frames)
        camera.capture(60.0, Event())
        assert list(frames) == []


def test_nothing_is_broadcast(peer: FakeCamera) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.bind(("255.255.255.255", GVCP_PORT))
        ear.setblocking(False)
        with direct() as camera:
            camera.capture(60.0, Event())
        with pytest.raises(BlockingIOError):
            ear.recv(2048)


def test_nothing_is_left_behind(peer: FakeCamera) -> None:
    with direct() as camera:
        camera.capture(60.0, Event())
    before = held()
    for turn in range(12):
        with direct() as camera:
            camera.capture(60.0, Event())
            if turn % 3 == 1:
                camera.reset()
            if turn % 3 == 2:
                camera.reset()
                camera.capture(60.0, Event())
    await_threads(before[1])
    assert held()[0] == before[0]


def test_the_self_test_tells_a_lossy_network(relay: GigeRelay) -> None:
    relay.loss, relay.resends = 0.05, False
    with through(relay, frame_retention_ms=20.0) as camera:
        steps = {step.name: step for step in camera.self_test(Event())}
    assert steps["control"].passed
    assert not steps["loss"].passed
    assert "lost" in steps["loss"].detail
