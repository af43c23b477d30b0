"""How each modality is captured, as the session sees it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.capture.auto_capture import AutoCaptureSettings
from gateway.capture.finger import FingerCapture
from gateway.capture.iris import IrisCapture
from gateway.capture.iris_auto_capture import IrisAutoCaptureSettings
from gateway.capture.job import CaptureView, Watch
from gateway.capture.portrait import PortraitCapture
from gateway.capture.portrait_auto_capture import PortraitAutoCaptureSettings
from gateway.capture.recorder import Recorder
from gateway.capture.slap import SlapCapture
from gateway.capture.values import CaptureRequest, Ended
from gateway.devices.state import DeviceSnapshot
from gateway.eye import EyePosition
from gateway.face import FacePosition
from gateway.finger import SlapHand


@dataclass(frozen=True)
class ModalitySettings:
    """What the modalities are captured with."""

    finger: AutoCaptureSettings
    """Of single fingers and of slaps."""
    iris: IrisAutoCaptureSettings
    removal_s: float
    """How long a finger may stay on the glass after its capture."""
    iris_liveness: bool = True
    """Whether signs of an attack are looked for in captures of irises."""
    portrait: PortraitAutoCaptureSettings = field(default_factory=PortraitAutoCaptureSettings)


class ModalityCapture(Protocol):
    """One capture's work with its device; remembers between its trips there what was seen."""

    def on_device(self, driver: Any, recorder: Recorder, view: CaptureView, watch: Watch, deadline: float) -> Ended:
        """Capture and record, in the device's thread; raises `DeviceError`."""
        ...

    def leave(self, driver: Any, view: CaptureView, watch: Watch) -> None:
        """Wait, in the device's thread, until the next capture may begin."""
        ...

    def best_record(self, recorder: Recorder, device: DeviceSnapshot) -> Callable[[], Ended] | None:
        """What records, in any thread, the best that a lost device had shown; None where that is nothing."""
        ...

    def forget(self) -> None:
        """Let go of all frames: the capture has ended."""
        ...


def modality_capture(request: CaptureRequest, settings: ModalitySettings) -> ModalityCapture:
    """The work that `request` asks for."""
    if isinstance(request.position, EyePosition):
        return IrisCapture(request, request.position, settings.iris, liveness=settings.iris_liveness)
    if isinstance(request.position, FacePosition):
        return PortraitCapture(request, settings.portrait)
    if isinstance(request.position, SlapHand):
        return SlapCapture(request, request.position, settings.finger, settings.removal_s)
    return FingerCapture(request, settings.finger, settings.removal_s)
