"""RecordDevice: tapes of simulated devices through a gateway, with pulled cables, clients that leave, and roles."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from threading import Event
from typing import Any

import grpc
import numpy as np
import pytest
import usb.backend
import usb.backend.libusb1
from rekam.v1 import device_pb2

from drivers import DeviceLost, DriverEntry, discover, installed_drivers, replay_device
from drivers.fingerprint import nb1010
from drivers.transports import usb_ports
from gateway.devices import recorded as recorded_device
from tests.drivers.nb1010_simulator import SimulatedNb1010, ridges
from tests.drivers.zfm_bench import R503, hurry
from tests.drivers.zfm_module import NOBODY, PRESENT, ROUND, ZfmModule
from tests.gateway.client import Client, eventually, refused, seconds
from tests.gateway.desk_ports import Desk
from tests.gateway.running import desk, synthetic
from tests.gateway.stuck_scanner import FREED

NB1010 = {"nb1010": DriverEntry("nb1010", EntryPoint("nb1010", "drivers.fingerprint.nb1010:Nb1010", ""))}
DEVICE = "zfm:desk"


class PluggedBackend:
    """What pyusb's libusb backend is to `libusb()`: asked for a fresh one, it gives the simulated port."""

    def __new__(cls, lib: usb.backend.IBackend) -> Any:
        return lib


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[SimulatedNb1010], None]:
    def plug(device: SimulatedNb1010) -> None:
        known = object.__new__(PluggedBackend)
        known.lib = device  # type: ignore[attr-defined]
        monkeypatch.setattr(usb.backend.libusb1, "get_backend", lambda: known)
        monkeypatch.setattr(usb_ports, "SYSFS", tmp_path / "no sysfs")

    return plug


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch, 3)


@contextmanager
def serial_module(**fields: Any) -> Iterator[dict[str, Any]]:
    """The `[[device]]` table of a module on a pseudo terminal."""
    with ZfmModule(ROUND, product=R503, version=b"V1.4", **fields) as module:
        yield {"driver": "zfm", "id": DEVICE, "port": module.port}


def asked(device_id: str, **fields: Any) -> device_pb2.RecordDeviceRequest:
    return device_pb2.RecordDeviceRequest(device_id=device_id, timeout=seconds(fields.pop("timeout_s", 5)), **fields)


async def recorded(client: Client, device_id: str, **fields: Any) -> tuple[list[device_pb2.RecordingStep], str]:
    """The steps, and the tape, whole."""
    steps, text, sha256 = [], b"", ""
    async for answer in client.stream("DeviceService", "RecordDevice", asked(device_id, **fields)):
        assert not sha256
        if answer.HasField("step"):
            assert answer.step.detail.id
            assert answer.step.detail.en
            steps.append(answer.step)
        else:
            assert answer.tape.offset == len(text)
            assert len(answer.tape.data) <= 512 * 1024
            text += answer.tape.data
            sha256 = answer.tape.sha256
            assert (answer.tape.total_size == len(text)) == bool(sha256)
    assert sha256 == hashlib.sha256(text).hexdigest()
    return steps, text.decode()


async def ready(client: Client, device_id: str) -> device_pb2.Device:
    async def idle() -> device_pb2.Device | None:
        found = [each for each in (await client.devices()).devices if each.device_id == device_id]
        return found[0] if found and found[0].state == device_pb2.DEVICE_STATE_IDLE else None

    device: device_pb2.Device = await eventually(idle, 0.05)
    return device


def kept(text: str, folder: Path) -> Path:
    path = folder / "tape.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def failed(steps: list[device_pb2.RecordingStep]) -> dict[str, str]:
    return {step.name: step.detail.en for step in steps if not step.passed}


@pytest.mark.parametrize("with_images", [False, True])
async def test_the_tape_of_a_usb_scanner_plays_to_what_the_gateway_saw(tmp_path, plug_in, with_images):
    port = SimulatedNb1010([0, 0, 0, 0, 0, 0, 0, 0, 0, 0xF7])
    plug_in(port)
    async with desk(tmp_path / "state", look=partial(discover, drivers=NB1010)) as client:
        device = await ready(client, "nb1010:3-1.2")
        steps, text = await recorded(client, device.device_id, with_images=with_images)
        again = await ready(client, device.device_id)
    assert [step.name for step in steps] == ["open", "self test: answer", "self test: bare sensor", "capture", "close"]
    assert not failed(steps)
    assert "180" in steps[3].detail.en
    assert (again.health.losses, again.health.resets, again.health.failures) == (0, 0, 0)
    assert (port.handles, port.claims) == (0, 0)
    replay = replay_device(kept(text, tmp_path))
    with replay.driver as scanner:
        assert (scanner.identity.model, scanner.identity.vendor) == (device.model, device.vendor)
        assert all(step.passed for step in scanner.self_test(Event()))
        pixels = scanner.capture(5, Event()).pixels
    np.testing.assert_array_equal(pixels, ridges() if with_images else 0)
    assert replay.tape.finished


async def test_a_cable_pulled_meanwhile_leaves_the_tape_up_to_then(tmp_path, plug_in):
    port = SimulatedNb1010([0], lose_at_poll=14)
    plug_in(port)
    async with desk(tmp_path / "state", look=partial(discover, drivers=NB1010)) as client:
        await ready(client, "nb1010:3-1.2")
        steps, text = await recorded(client, "nb1010:3-1.2")
    assert list(failed(steps)) == ["capture"]
    assert "plug it in again" in failed(steps)["capture"]
    replay = replay_device(kept(text, tmp_path))
    with replay.driver as scanner:
        assert all(step.passed for step in scanner.self_test(Event()))
        with pytest.raises(DeviceLost, match="plug it in again"):
            scanner.capture(5, Event())
    assert replay.tape.finished


async def test_a_device_that_cannot_be_opened_is_what_tapes_are_for(tmp_path, plug_in, monkeypatch):
    monkeypatch.setattr(nb1010, "TIMEOUT_S", 0.05)
    port = SimulatedNb1010([0])
    port.silent = True
    port.reset_device = lambda handle: None  # type: ignore[method-assign, assignment]
    plug_in(port)
    async with desk(tmp_path / "state", look=partial(discover, drivers=NB1010)) as client:

        async def is_failed() -> bool:
            return any(each.state == device_pb2.DEVICE_STATE_FAILED for each in (await client.devices()).devices)

        await eventually(is_failed, 0.05)
        steps, text = await recorded(client, "nb1010:3-1.2")
    assert [step.name for step in steps] == ["open", "close"]
    assert list(failed(steps)) == ["open"]
    assert "DeviceHung" in text


@pytest.fixture
def stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, DriverEntry]]:
    """The driver of a scanner that is stuck, as another package brings it; it counts as hung at once."""
    package = tmp_path / "site" / "stuck_scanner-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: stuck-scanner\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(
        "[rekam.fingerprint_scanner]\nstuck = tests.gateway.stuck_scanner:StuckScanner\n"
    )
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setattr(recorded_device, "CAPTURE_GRACE_S", 0.2)
    installed_drivers.cache_clear()
    yield {"stuck": installed_drivers()["stuck"]}
    for freed in FREED:
        freed.set()
    FREED.clear()
    monkeypatch.undo()
    installed_drivers.cache_clear()


@pytest.mark.parametrize("stubborn", [False, True])
async def test_a_device_that_hangs_is_freed_and_its_tape_is_kept(tmp_path, plug_in, stuck, stubborn):
    port = SimulatedNb1010([0])
    plug_in(port)
    table = {"driver": "stuck", "stubborn": stubborn}
    async with desk(tmp_path / "state", table, look=partial(discover, drivers=stuck)) as client:
        await ready(client, "stuck:3-1.2")
        steps, text = await recorded(client, "stuck:3-1.2", timeout_s=0.1)
        await ready(client, "stuck:3-1.2")
        assert not (await client.device("stuck:3-1.2")).lease_holder
    assert list(failed(steps)) == (["capture", "close"] if stubborn else ["capture"])
    assert kept(text, tmp_path).stat().st_size > 1000


async def test_a_serial_module_is_recorded_too(tmp_path, hurried):
    with serial_module(looks=(*NOBODY, PRESENT)) as table:
        async with desk(tmp_path / "state", table) as client:
            device = await ready(client, DEVICE)
            steps, text = await recorded(client, DEVICE)
            await ready(client, DEVICE)
    assert not failed(steps)
    replay = replay_device(kept(text, tmp_path))
    with replay.driver as scanner:
        assert (scanner.identity.serial, scanner.identity.firmware) == (device.serial, device.firmware)
        list(scanner.self_test(Event()))
        assert not scanner.capture(5, Event()).pixels.any()
    assert replay.tape.finished


async def test_no_finger_is_fine_and_is_said(tmp_path, hurried):
    with serial_module(looks=NOBODY) as table:
        async with desk(tmp_path / "state", table) as client:
            steps, text = await recorded(client, DEVICE, timeout_s=0.2)
    assert not failed(steps)
    assert steps[-2].name == "capture"
    assert steps[-2].detail.en.startswith("No finger came in 0.2 s")
    assert text.count("\n") > 20


async def test_a_client_that_leaves_ends_the_recording_and_frees_the_device(tmp_path, hurried):
    with serial_module(looks=NOBODY) as table:
        async with desk(tmp_path / "state", table) as client:
            call = client.stream("DeviceService", "RecordDevice", asked(DEVICE, timeout_s=300))
            async for answer in call:
                if answer.step.name.startswith("self test: sensor"):
                    break
            assert (await client.device(DEVICE)).lease_holder == "recording"
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await client.start(device_id=DEVICE)
            assert refused(error.value).reason == "LEASE_HELD"
            call.cancel()
            device = await ready(client, DEVICE)
            assert device.health.losses == 0

            async def free() -> bool:
                return not (await client.device(DEVICE)).lease_holder

            await eventually(free)


async def test_a_supervisor_who_takes_the_device_ends_the_recording_with_its_tape(tmp_path, hurried):
    with serial_module(looks=NOBODY) as table:
        async with desk(tmp_path / "state", table, lease={"protected_s": 0.0}) as client:
            call = client.stream("DeviceService", "RecordDevice", asked(DEVICE, timeout_s=300))
            steps, text = [], b""
            async for answer in call:
                if answer.HasField("step"):
                    steps.append(answer.step)
                    if answer.step.name == "self test: sensor":
                        await client.steal(DEVICE)
                text += answer.tape.data
    assert failed(steps) == {"capture": "Cancelled."}
    assert text


async def test_who_may_and_what_cannot_be_recorded(tmp_path, hurried):
    with serial_module() as table:
        async with desk(tmp_path / "one", table, synthetic(), roles=["operator"]) as client:

            async def reason(**fields: Any) -> str:
                with pytest.raises(grpc.aio.AioRpcError) as error:
                    await recorded(client, **fields)
                return refused(error.value).reason

            assert await reason(device_id=DEVICE, with_images=True) == "ROLE_DENIED"
            assert await reason(device_id="zfm:other") == "DEVICE_NOT_FOUND"
            assert await reason(device_id=DEVICE, timeout_s=0) == "INVALID_ARGUMENT"
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await recorded(client, "synthetic:T-1")
            assert "no traffic on USB or a serial port" in refused(error.value).text
            assert not (await ready(client, "synthetic:T-1")).lease_holder


async def test_a_device_that_is_away_is_not_recorded(tmp_path, ports: Desk):
    port = ports.port("1")
    async with desk(tmp_path, look=ports.look) as client:
        await ready(client, port.device_id)
        port.pull()

        async def absent() -> bool:
            return (await client.device(port.device_id)).state == device_pb2.DEVICE_STATE_ABSENT

        await eventually(absent)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await recorded(client, port.device_id)
        assert refused(error.value).reason == "DEVICE_NOT_READY"


async def test_a_gateway_that_stops_meanwhile_leaves_nothing_open(tmp_path, plug_in):
    port = SimulatedNb1010([0])
    plug_in(port)
    async with desk(tmp_path / "state", look=partial(discover, drivers=NB1010)) as client:
        await ready(client, "nb1010:3-1.2")
        call = client.stream("DeviceService", "RecordDevice", asked("nb1010:3-1.2", timeout_s=300))
        assert (await call.read()).step.name == "open"

    async def over() -> bool:
        return not [task for task in asyncio.all_tasks() if task.get_name() == "record a device"]

    await eventually(over)
    assert (port.handles, port.claims) == (0, 0)
