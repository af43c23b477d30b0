"""The live finger of a hand-over: taken by a scanner and forgotten, or of a capture that was made for it."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from threading import Event as ThreadEvent
from typing import cast

from drivers import CaptureCancelled, DeviceIdentity, Frame
from gateway.capture.captures import CaptureBook
from gateway.capture.recorder import Recorder
from gateway.capture.session import CaptureSession, SessionSettings
from gateway.capture.values import Action, CaptureRequest, Ended, LiveQuality, Modality, Outcome
from gateway.config import CaptureSettings
from gateway.devices.device import Device
from gateway.finger import FingerPosition
from gateway.fingerprint import FingerAnalysis
from gateway.holder_check import LiveFinger
from gateway.records import fmr
from gateway.service.capture import Calibrations
from gateway.service.card_errors import CaptureNotForHolder, NoFingerSeen
from gateway.service.errors import DeviceNotReadyError
from gateway.service.stored import StoredCaptures
from gateway.trust import Manifest, read_signature, time_now

FRESH_S = 120.0
"""A capture may be so old: the holder stands at the counter, and the front end has shown the operator the picture."""
_USED_KEPT = 1000
LOOK_S = 0.5
"""So often it is looked whether whoever asked is still there."""


class _KeptFinger:
    """Takes the recorder's place: the finger of a hand-over is compared and forgotten."""

    def __init__(self) -> None:
        self.analysis: FingerAnalysis | None = None

    def record_finger(
        self, request: CaptureRequest, identity: DeviceIdentity, frame: Frame, analysis: FingerAnalysis
    ) -> Ended:
        """Keep what was judged until it is compared."""
        self.analysis = analysis
        enough = analysis.quality.score >= request.min_quality
        return Ended(
            outcome=Outcome.CAPTURED if enough else Outcome.BELOW_QUALITY,
            quality=analysis.quality,
            guidance=analysis.guidance,
            minutia_count=len(analysis.template),
        )


class HolderFingers:
    """Gives live fingers; belongs to the event loop's thread."""

    def __init__(
        self,
        captures: CaptureBook,
        stored: StoredCaptures,
        settings: CaptureSettings,
        session: SessionSettings,
        calibrations: Calibrations,
    ) -> None:
        self._captures, self._stored, self._settings = captures, stored, settings
        self._session, self._calibrations = session, calibrations
        self._used: OrderedDict[str, None] = OrderedDict()

    async def session(self, scanner: Device, position: FingerPosition, timeout_s: float) -> "HolderSession":
        """A capture at a scanner whose lease the caller holds; it is not recorded.

        Raises
        ------
        CalibrationError
            The office waits for the technician.
        """
        calibration = await asyncio.to_thread(self._calibrations.for_capture, scanner.snapshot, "")
        request = CaptureRequest(
            capture_id=f"cap-{secrets.token_hex(6)}",
            device_id=scanner.address.device_id,
            position=position,
            timeout_s=timeout_s,
            min_quality=self._settings.min_quality.index,
            calibration=calibration,
        )
        return HolderSession(request, scanner, self._session)

    def used(self, capture_id: str, hand_over_id: str) -> LiveFinger:
        """The finger of a capture that was made for this hand-over; counts for one check. Blocking.

        Raises
        ------
        CaptureNotForHolder
        """
        session = self._captures.get(capture_id)
        ended = session.snapshot.ended if session is not None else None
        if session is None or ended is None or ended.recorded is None:
            raise CaptureNotForHolder(
                f"There is no finished capture {capture_id} of this run.", "Capture the finger, then check it at once."
            )
        request = session.request
        if request.modality is not Modality.FINGER or not isinstance(request.position, FingerPosition):
            raise CaptureNotForHolder("That capture is of no single finger.", "Capture one finger of the card's.")
        if request.transaction_id != hand_over_id:
            raise CaptureNotForHolder(
                "That capture was not made for this card.",
                f"Capture the finger with {hand_over_id} as its `transaction_id`.",
            )
        manifest = Manifest.from_bytes(read_signature(self._stored.manifest(capture_id)).payload)
        if time_now().since_boot_s - manifest.time.since_boot_s > FRESH_S:
            raise CaptureNotForHolder(
                f"That capture is older than {FRESH_S:.0f} seconds.", "Capture the finger again, and check it at once."
            )
        if capture_id in self._used:
            raise CaptureNotForHolder("That capture was used for a check already.", "Capture the finger again.")
        self._used[capture_id] = None
        while len(self._used) > _USED_KEPT:
            self._used.popitem(last=False)
        view = fmr.decode(self._stored.template(capture_id)).views[0]
        return LiveFinger((view.template,), request.position, capture_id, ended.liveness)


class HolderSession:
    """One live finger at a scanner, from its start to its end."""

    def __init__(self, request: CaptureRequest, scanner: Device, settings: SessionSettings) -> None:
        self._kept = _KeptFinger()
        # Of the recorder a capture of a finger uses this one method; nothing else of it is reached.
        self.session = CaptureSession(request, scanner, cast(Recorder, self._kept), settings, lambda _: None)

    async def finger(self, told: Callable[[LiveQuality], None], cancel: ThreadEvent) -> LiveFinger:
        """The finger, once it was seen well, or as well as it was until the time-out.

        Raises
        ------
        NoFingerSeen, DeviceNotReadyError
        """
        running = asyncio.create_task(self.session.run())
        try:
            async for event in self.session.events.follow(0, LOOK_S):
                if cancel.is_set():
                    self.session.command(Action.CANCEL)
                if event is not None and isinstance(event.payload, LiveQuality):
                    told(event.payload)
            await running
        finally:
            running.cancel()
        request, ended = self.session.request, self.session.snapshot.ended
        assert ended is not None  # its events end with it
        if ended.outcome is Outcome.CANCELLED:
            raise CaptureCancelled("the holder check was cancelled; no try was taken")
        if ended.outcome in (Outcome.DEVICE_LOST, Outcome.FAILED):
            words = ended.problem.message.en if ended.problem is not None else "it did not answer"
            raise DeviceNotReadyError(request.device_id, words)
        if self._kept.analysis is None:
            raise NoFingerSeen("No finger came in the time given.", "Ask the holder to place it, and try again.")
        assert isinstance(request.position, FingerPosition)
        return LiveFinger((self._kept.analysis.template,), request.position)
