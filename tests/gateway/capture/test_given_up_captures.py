"""Captures that are over: neither a thread that hung in them nor the lease they were made under brings them back."""

import asyncio
import gc
import threading
from dataclasses import dataclass
from threading import Event

import pytest
from rekam.v1 import capture_pb2 as pb

from drivers import CaptureCancelled, Discovery
from gateway.capture import captures
from gateway.capture.session import CaptureSession
from gateway.capture.thread_view import ThreadView
from gateway.capture.values import CaptureState
from tests.gateway.client import eventually
from tests.gateway.desk_ports import PORTS, Port
from tests.gateway.running import connected, desk, running, synthetic


@dataclass
class SleepyPort(Port):
    """A port whose device falls silent, is beyond a reset, and goes on at last as if nothing had been."""

    stubborn: bool = True

    def meet(self, freed: Event) -> None:
        self.hangs.set()
        assert self.freed.wait(60)


async def test_a_thread_that_comes_back_does_not_record_what_was_told_as_lost(tmp_path, ports):
    port = ports.ports["1"] = PORTS["1"] = SleepyPort("1")
    shown = Discovery((port.address,))
    tables = {"look": lambda: shown, "capture": {"recovery_s": 0.5}}
    async with running(tmp_path, synthetic(1), **tables) as gateway, connected(gateway) as client:
        capture = await client.start(device_id=port.device_id, min_quality=0)
        assert await asyncio.to_thread(port.hangs.wait, 60)
        (thread,) = (each for each in threading.enumerate() if each.name == f"device {port.device_id}")
        port.pull()
        assert (await client.end(capture.capture_id)).outcome == pb.CAPTURE_OUTCOME_DEVICE_LOST
        port.freed.set()
        await asyncio.to_thread(thread.join, 60)
        assert not thread.is_alive()
        other = await client.capture(device_id="synthetic:T-1", min_quality=0)
        assert (other.outcome, other.sequence) == (pb.CAPTURE_OUTCOME_CAPTURED, 1)
        told = await client.get_capture(capture.capture_id)
        assert (told.outcome, told.sequence) == (pb.CAPTURE_OUTCOME_DEVICE_LOST, 0)


async def test_a_long_lease_does_not_keep_what_was_captured_under_it(tmp_path, monkeypatch):
    monkeypatch.setattr(captures, "FINISHED_KEPT", 1)
    async with desk(tmp_path, synthetic(1, fault="no_finger")) as client:
        lease = await client.acquire("synthetic:T-1")
        ended = []
        for _ in range(6):
            capture = await client.start(lease_id=lease.lease_id)
            await client.command(capture.capture_id, pb.CAPTURE_ACTION_CANCEL)
            assert (await client.end(capture.capture_id)).outcome == pb.CAPTURE_OUTCOME_CANCELLED
            ended.append(capture.capture_id)

        async def let_go() -> bool:
            gc.collect()
            alive = {each.request.capture_id for each in gc.get_objects() if isinstance(each, CaptureSession)}
            return not alive & set(ended[:-2])

        async with asyncio.timeout(60):
            assert await eventually(let_go)
        running_still = await client.start(lease_id=lease.lease_id)
        await client.release(lease.lease_id)  # which still ends the capture under way
        assert (await client.end(running_still.capture_id)).outcome == pb.CAPTURE_OUTCOME_CANCELLED


@pytest.mark.parametrize("step", [lambda view: view.command(), lambda view: view.show_state(CaptureState.PROCESSING)])
async def test_a_thread_that_comes_back_while_another_has_begun_anew_does_not_record(step):
    view = ThreadView(asyncio.get_running_loop(), *[lambda *_: None] * 5)
    view.begin()  # of the thread that is given up: this one
    await asyncio.to_thread(view.begin)
    with pytest.raises(CaptureCancelled):
        step(view)
