"""A procedure of a card writer, in its device's thread: the card is put in or lifted, then talked to."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from calibration.errors import MeasurementRefused
from calibration.measurement import Measurement
from calibration.procedures import CardSitting, Procedure, View
from drivers import CaptureCancelled, CaptureTimeout
from gateway.calibration.values import Lay
from gateway.devices.worker import Watch
from gateway.guidance import LocalizedText

CARD_S = 120.0
WORD_S = 0.1
"""So often a run that waits for the technician's word looks whether it was cancelled."""


@dataclass
class CardDesk:
    """Who puts the card where, through all procedures of a run.

    Parameters
    ----------
    attended : bool
        Somebody puts the card in, and says so.
    go, stop : Event
        The technician's word, and that the run is cancelled.
    placing_s : float
        How long the word is waited for.
    lay : callable
        Lays a view on a reader that is drawn.
    show_placing : callable
        Shows what is to be done and what is not well yet; called from the device's thread.
    show_progress : callable
    """

    attended: bool
    go: Event
    stop: Event
    placing_s: float
    lay: Lay
    show_placing: Callable[[LocalizedText, LocalizedText | None], None]
    show_progress: Callable[[float], None]
    lies: str = field(default="", init=False)
    """The view in which the card lies: it is not asked for again."""
    refused: LocalizedText | None = field(default=None, init=False)
    """Why what was gathered could not be measured; stays to be read until the card lies again."""

    def ask_again(self, fault: LocalizedText) -> None:
        """What was gathered was refused: the card is asked for again, and told why."""
        self.lies, self.refused = "", fault

    def measured(self, driver: Any, watch: Watch, procedure: Procedure, sitting: CardSitting) -> Measurement:
        """Put the card where each view has it, gather what is taken there, and measure it.

        Raises
        ------
        MeasurementRefused
            Nobody is there to mend it, or what was gathered cannot be measured.
        CaptureCancelled, CaptureTimeout, DeviceError
        """
        gathered: dict[str, object] = {}
        views: dict[str, View] = {}

        def told(share: float) -> None:
            watch.expect(CARD_S)
            self.show_progress(share)

        sitting = replace(sitting, told=told, gathered=gathered, views=views, attended=self.attended)
        waiting = list(procedure.views)
        for view in waiting:  # grows while it is gone through
            views[view.name] = view
            self._put(driver, watch, procedure, view, sitting)
            told(0.0)
            if procedure.gather is not None:
                gathered[view.name] = procedure.gather(view, sitting)
            wanted = None if procedure.next_view is None else procedure.next_view(sitting)
            waiting += [] if wanted is None else [wanted]
        watch.expect(CARD_S)
        return procedure.measure(sitting)

    def _put(self, driver: Any, watch: Watch, procedure: Procedure, view: View, sitting: CardSitting) -> None:
        """Until the card lies as the view has it."""
        self.lay(driver, view, None, 0)
        fault = None
        while True:
            if self.attended and (fault is not None or self.lies != view.name):
                self._await_word(watch, view, fault)
            watch.expect(CARD_S)
            try:
                if procedure.look is not None:
                    procedure.look(view, sitting)
            except MeasurementRefused as error:
                if not self.attended:
                    raise
                fault = error.words or LocalizedText(id=str(error), en=str(error))
                continue
            self.lies, self.refused = view.name, None
            return

    def _await_word(self, watch: Watch, view: View, fault: LocalizedText | None) -> None:
        self.go.clear()
        self.show_placing(view.placing, fault or self.refused)
        deadline = time.monotonic() + self.placing_s
        watch.expect(self.placing_s + CARD_S)
        while not self.go.wait(WORD_S):
            if self.stop.is_set():
                raise CaptureCancelled("the calibration was cancelled")
            if time.monotonic() > deadline:
                raise CaptureTimeout(f"no card was put in within {self.placing_s:.0f} s")
