"""A device opened, tested and captured from while its traffic is written down, for a bug report."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import structlog

from drivers import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceError,
    FingerprintScanner,
    RecordedDevice,
    record_device,
)
from gateway.devices.device import OPEN_S, Device
from gateway.devices.state import DeviceState
from gateway.devices.worker import DeviceWorker, Watch
from gateway.guidance import LocalizedText

log = structlog.get_logger(__name__)

STEP_S = 30.0
"""For one step of a self test."""
CAPTURE_GRACE_S = 60.0
"""Beyond the wait for a finger: a serial module of 9600 baud sends its image for 42 s."""
LONGEST_TEST_S = 10 * STEP_S


@dataclass(frozen=True)
class RecordingStep:
    """What was done with the device."""

    name: str
    passed: bool
    detail: LocalizedText


@dataclass(frozen=True)
class Recording:
    """The tape, and whether there was more than it holds."""

    text: str
    cut: bool


Told = Callable[[RecordingStep], None]
"""Called with each step as it ends, in any thread."""


async def record_traffic(
    device: Device, *, timeout_s: float, with_images: bool, cancel: Event, told: Told
) -> Recording:
    """Close the device, open it as a recorded one, test it, capture once, and open it as it was.

    Whatever goes wrong meanwhile, be it the device or its driver, is told as a step that did not pass: the tape up to
    then is what it is for. Belongs to the event loop's thread, and to a task that is not cancelled; set `cancel`.

    Parameters
    ----------
    device : Device
        Its lease is the caller's.
    timeout_s : float
        How long to wait for a finger.
    with_images : bool
        Leave them on the tape.
    cancel : Event
        Ends it soon.
    told : callable

    Raises
    ------
    DeviceUnsupported
        Devices of this driver cannot be recorded.
    DeviceNotFound
        It is not attached.
    """
    device_id = device.address.device_id
    async with device.lent() as options:
        device.show(DeviceState.CAPTURING)
        recorded = await asyncio.to_thread(record_device, device.address, options, with_images=with_images)
        session = _Session(recorded, timeout_s, cancel, told)
        worker = DeviceWorker(f"{device_id} (recorded)", lambda: recorded.driver)
        try:
            await worker.run(session.run, within_s=OPEN_S)
        except DeviceError as error:
            session.failed(error)
        except Exception as error:  # a fault of the driver, which the tape may explain
            log.exception("recorded_driver_failed", device=device_id)
            session.failed(error)
        finally:
            hung = worker.dead
            await worker.close()
        session.closed(hung)
        recording = Recording(recorded.tape.text(), recorded.tape.cut)
    log.info("device_recorded", device=device_id, characters=len(recording.text), with_images=with_images)
    return recording


class _Session:
    """What is done with the recorded device, in its thread, and told step by step."""

    def __init__(self, recorded: RecordedDevice, timeout_s: float, cancel: Event, told: Told) -> None:
        self._recorded = recorded
        self._timeout_s = timeout_s
        self._cancel = cancel
        self._told = told
        self._step = ""
        self._begin("open")

    def run(self, scanner: FingerprintScanner, watch: Watch) -> None:
        """Identity, self test, one capture."""
        identity = scanner.identity
        name = f"{identity.vendor} {identity.model}".strip()
        firmware = f", firmware {identity.firmware}" if identity.firmware else ""
        self._passed(LocalizedText(id=f"Terbuka: {name}{firmware}.", en=f"Opened: {name}{firmware}."))
        self._test(scanner, watch)
        watch.expect(self._timeout_s + CAPTURE_GRACE_S)
        self._begin("capture")
        try:
            frame = scanner.capture(self._timeout_s, self._cancel)
        except CaptureTimeout:
            waited = f"{self._timeout_s:g} s"
            self._passed(
                LocalizedText(
                    id=f"Tidak ada jari dalam {waited}; rekaman tetap berguna.",
                    en=f"No finger came in {waited}; the tape is good for all else.",
                )
            )
        else:
            height, width = frame.pixels.shape
            self._passed(
                LocalizedText(
                    id=f"Satu citra {width} x {height} piksel diambil.",
                    en=f"One image of {width} x {height} pixels was taken.",
                )
            )
        watch.expect(STEP_S)

    def failed(self, error: Exception) -> None:
        """The step under way came to this end, and no other was tried."""
        if isinstance(error, CaptureCancelled):
            detail = LocalizedText(id="Dibatalkan.", en="Cancelled.")
        elif isinstance(error, DeviceError):
            detail = LocalizedText(id=str(error), en=str(error))
        else:
            kind = type(error).__name__
            detail = LocalizedText(
                id=f"Kesalahan dalam driver ({kind}); rinciannya ada di catatan log gateway.",
                en=f"A fault inside the driver ({kind}); the gateway's log has the details.",
            )
        self._told(RecordingStep(self._step, False, detail))

    def closed(self, hung: bool) -> None:
        """The recording is over."""
        if hung:
            detail = LocalizedText(
                id="Alat tidak menjawab dan tidak dapat direset; cabut lalu pasang lagi.",
                en="The device stopped answering and a reset did not help; unplug it and plug it in again.",
            )
        else:
            detail = LocalizedText(id="Alat ditutup.", en="The device was closed.")
        self._told(RecordingStep("close", not hung, detail))

    def _test(self, scanner: FingerprintScanner, watch: Watch) -> None:
        self._begin("self test")
        watch.expect(STEP_S)
        for step in scanner.self_test(self._cancel):
            watch.expect(STEP_S)
            detail = LocalizedText(id=step.detail, en=step.detail)
            self._told(RecordingStep(f"self test: {step.name}", step.passed, detail))

    def _begin(self, step: str) -> None:
        self._step = step
        self._recorded.note(step)

    def _passed(self, detail: LocalizedText) -> None:
        self._told(RecordingStep(self._step, True, detail))
