"""One thread owns a device's handle; a watchdog frees it."""

import asyncio
import threading
import time

import pytest

from drivers import DeviceHung
from drivers.fingerprint.synthetic import SyntheticFingerprintScanner
from gateway.devices.worker import DeviceWorker
from tests.gateway.client import eventually
from tests.gateway.desk_ports import QUICK, CabledScanner
from tests.gateway.running import device_threads


@pytest.fixture
async def worker():
    worker = DeviceWorker("one", lambda: SyntheticFingerprintScanner(**QUICK))
    yield worker
    await worker.close()


async def test_jobs_run_one_after_the_other_in_one_thread(worker):
    order = []

    def job(number):
        def run(scanner, watch):
            order.append(("begin", number, threading.current_thread().name))
            order.append(("end", number, threading.current_thread().name))
            return number

        return run

    assert await asyncio.gather(*(worker.run(job(number), within_s=5) for number in range(20))) == list(range(20))
    assert [(what, number) for what, number, _ in order] == [
        (what, number) for number in range(20) for what in ("begin", "end")
    ]
    assert {name for _, _, name in order} == {"device one"}


async def test_what_a_job_raises_comes_to_its_asker_and_the_worker_lives(worker):
    def job(scanner, watch):
        raise LookupError("of its own")

    with pytest.raises(LookupError, match="of its own"):
        await worker.run(job, within_s=5)
    assert await worker.run(lambda scanner, watch: scanner.identity.driver, within_s=5) == "synthetic"


async def test_a_job_whose_asker_leaves_is_finished_and_the_next_one_runs(worker):
    begun, go_on = threading.Event(), threading.Event()

    def job(scanner, watch):
        begun.set()
        go_on.wait(60)

    task = asyncio.create_task(worker.run(job, within_s=10))
    assert await asyncio.to_thread(begun.wait, 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    later = asyncio.create_task(worker.run(lambda scanner, watch: "later", within_s=10))
    go_on.set()
    assert await later == "later"


async def test_a_thread_that_was_given_up_leaves_the_device_once_it_can(ports):
    """A reset did not help: another worker takes over, and must not find the device open for ever."""
    port = ports.port("1")
    threads = device_threads()
    worker = DeviceWorker("given up", lambda: CabledScanner("1"))

    def job(scanner, watch):
        watch.expect(0.0)
        port.stubborn = True
        port.deaf.set()
        list(scanner.frames(threading.Event()))

    with pytest.raises(DeviceHung):
        await worker.run(job, within_s=5)
    assert worker.dead
    assert port.open_scanners == 1
    port.freed.set()  # the device comes to itself

    async def left() -> bool:
        return port.open_scanners == 0 and device_threads() == threads

    assert await eventually(left)


async def test_a_promise_that_is_shortened_counts_at_once(ports):
    """A client has a capture stopped while its job had promised a sign of life in an hour."""
    port = ports.port("1")
    worker = DeviceWorker("deaf", lambda: CabledScanner("1"))
    watches = []

    def job(scanner, watch):
        watches.append(watch)
        watch.expect(3600)
        for _ in scanner.frames(threading.Event()):
            port.deaf.set()

    task = asyncio.create_task(worker.run(job, within_s=5))
    assert await asyncio.to_thread(port.hangs.wait, 60)
    watches[0].expect(0.0)
    with pytest.raises(DeviceHung):
        async with asyncio.timeout(60):
            await task
    assert port.log[-1] == "reset"
    assert not worker.dead
    await worker.close()


async def test_a_device_beyond_a_reset_is_abandoned(ports):
    port = ports.port("1", stubborn=True)
    worker = DeviceWorker("stubborn", lambda: CabledScanner("1"))
    scanners = []

    def job(scanner, watch):
        scanners.append(scanner)
        watch.expect(0.0)
        port.deaf.set()
        for _ in scanner.frames(threading.Event()):
            pass

    with pytest.raises(DeviceHung, match="did not help"):
        await worker.run(job, within_s=5)
    assert worker.dead
    with pytest.raises(DeviceHung):
        await worker.run(job, within_s=5)
    started = time.monotonic()
    await worker.close()
    assert time.monotonic() - started < 60
    port.stubborn = False
    await asyncio.to_thread(scanners[0].reset)

    async def ended() -> bool:  # by itself, once its device answers
        return "device stubborn" not in device_threads()

    assert await eventually(ended)
    assert port.open_scanners == 0


async def test_a_scanner_that_cannot_be_built_is_built_again_by_the_next_job():
    tries = []

    def build():
        tries.append(None)
        if len(tries) == 1:
            raise ValueError("not yet")
        return SyntheticFingerprintScanner(**QUICK)

    worker = DeviceWorker("second", build)
    with pytest.raises(ValueError, match="not yet"):
        await worker.run(lambda scanner, watch: None, within_s=5)
    assert await worker.run(lambda scanner, watch: scanner.identity.vendor, within_s=5) == "Rekam"
    await worker.close()
    assert len(tries) == 2
