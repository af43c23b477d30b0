"""A view of a procedure, in its device's thread: its target is laid and looked at until it lies well, then taken."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from calibration.errors import MeasurementRefused
from calibration.procedures import AnyFrame, Procedure, Sitting, View
from drivers import CaptureCancelled, CaptureTimeout
from gateway.calibration.frames import captured_prints, shown_frames
from gateway.calibration.run_words import plain
from gateway.calibration.values import LaidTarget, Lay
from gateway.devices.worker import Watch
from gateway.guidance import LocalizedText

STEADY_LOOKS = 2
"""Frames in a row that show the target well before an unattended run measures."""
FRAME_S = 30.0
LOOK_EVERY_S = 0.25

SittingOfOne = Callable[[View, AnyFrame, LaidTarget | None], Sitting]
"""What a procedure is given to look at one frame of a view."""


@dataclass
class FrameDesk:
    """Who lays targets before a device that gives frames, through all procedures of a run.

    Parameters
    ----------
    attended : bool
        Somebody lays the targets, and says so.
    go, stop : Event
        The technician's word, and that the run is cancelled.
    placing_s : float
        How long a target is waited for.
    lay : callable
        Lays a view on a device that is drawn.
    sitting : callable
    show_placing : callable
        Shows what is to be done and what is not well yet; called from the device's thread, as all that show.
    show_progress, show_picture : callable
    """

    attended: bool
    go: Event
    stop: Event
    placing_s: float
    lay: Lay
    sitting: SittingOfOne
    show_placing: Callable[[LocalizedText, LocalizedText | None], None]
    show_progress: Callable[[float], None]
    show_picture: Callable[[AnyFrame], None]
    refused: LocalizedText | None = field(default=None, init=False)
    """Why the frames that were taken before could not be measured; stays to be read until the target lies again."""

    def taken(
        self, driver: Any, watch: Watch, procedure: Procedure, view: View, target: LaidTarget | None
    ) -> list[AnyFrame]:
        """The frames of a view.

        Raises
        ------
        CaptureCancelled, CaptureTimeout, DeviceError
        """
        watch.expect(FRAME_S)
        if view.prints:
            return self._prints(driver, watch, procedure, view)
        self.lay(driver, view, None if target is None else target.content, 0)
        return self._placed_and_taken(driver, watch, procedure, view, target)

    def _prints(self, driver: Any, watch: Watch, procedure: Procedure, view: View) -> list[AnyFrame]:
        """Fingers one after the other; each that rests is taken without a word."""

        def told(count: int, fault: LocalizedText | None) -> None:
            words = LocalizedText(
                f"{view.placing.id} ({count}/{view.frames})",
                f"{view.placing.en} ({count}/{view.frames})",
            )
            self.show_placing(words, fault or self.refused)

        taken = []
        for frame in captured_prints(
            driver,
            watch,
            self.stop,
            view.frames,
            self.placing_s,
            lay=lambda number: self.lay(driver, view, None, number),
            fault_of=lambda frame: self._look(procedure, view, frame, None),
            told=told,
        ):
            self.refused = None
            self.show_picture(frame)
            taken.append(frame)
        return taken

    def _placed_and_taken(
        self, driver: Any, watch: Watch, procedure: Procedure, view: View, target: LaidTarget | None
    ) -> list[AnyFrame]:
        """Look until the target lies well and the word is given, then take the frames."""
        deadline: float | None = None
        well, looked_at, fault = 0, -LOOK_EVERY_S, None
        taken: list[AnyFrame] = []
        going = not self.attended and procedure.look is None
        if not going:
            self.show_placing(view.placing, self.refused)
        for frame in shown_frames(driver, self.stop, watch, self.placing_s):
            self.show_picture(frame)
            if going:
                taken.append(frame)
                self.show_progress(len(taken) / view.frames)
                if len(taken) >= view.frames:
                    return taken
                continue
            now = time.monotonic()
            # From the first frame on: whoever gives up has looked, and says what was wrong.
            deadline = now + self.placing_s if deadline is None else deadline
            if now > deadline:
                said = f" ({fault.en})" if fault else ""
                raise CaptureTimeout(f"what {procedure.name} needs was not laid in {self.placing_s:.0f} s{said}")
            if procedure.look is not None and (now - looked_at >= LOOK_EVERY_S or not self.attended):
                looked_at = now
                watch.expect(FRAME_S)
                fault = self._look(procedure, view, frame, target)
                well = 0 if fault else well + 1
                self.show_placing(view.placing, fault)
            going = self.go.is_set() if self.attended else well >= STEADY_LOOKS
            if going:
                self.refused = None
                self.show_progress(0.0)
        raise CaptureCancelled("the calibration was cancelled")

    def _look(
        self, procedure: Procedure, view: View, frame: AnyFrame, target: LaidTarget | None
    ) -> LocalizedText | None:
        assert procedure.look is not None
        try:
            procedure.look(view, self.sitting(view, frame, target))
        except MeasurementRefused as error:
            return plain(error)
        return None
