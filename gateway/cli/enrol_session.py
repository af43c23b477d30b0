"""One enrolment at the gateway: as it stands, and the calls that change it."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gateway.cli.capture_session import run_capture
from gateway.cli.connection import GatewayClient
from gateway.cli.exits import CommandFailure, bad_usage
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from rekam.v1 import capture_pb2, enrolment_pb2

    from gateway.cli.live_view import CaptureView

HOLDER = "rekam enrol"
CHANGE_S = 30.0
"""A capture is matched with all others of the enrolment when it is added."""
SEAL_S = 120.0
_PERSONS = frozenset({"awaiting_finger", "awaiting_eye", "awaiting_face", "capturing"})
"""The states of a capture in which it waits for the person."""


class Clock:
    """Where the time of an enrolment goes: to the machine, or to the person who is waited for."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = now()
        self._waited = 0.0
        self._waits_since: float | None = None

    def show_state(self, state: str) -> None:
        """A capture came to a state."""
        if state in _PERSONS:
            self._waits_since = self._waits_since or self._now()
        else:
            self._ends()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """In the block somebody is asked."""
        self._waits_since = self._waits_since or self._now()
        try:
            yield
        finally:
            self._ends()

    def _ends(self) -> None:
        if self._waits_since is not None:
            self._waited += self._now() - self._waits_since
            self._waits_since = None

    def document(self) -> dict[str, float]:
        """Seconds since the beginning: all, the machine's own, and those that it waited for the person."""
        total = self._now() - self._began
        return {
            "total": round(total, 2),
            "machine": round(total - self._waited, 2),
            "person": round(self._waited, 2),
        }


class EnrolmentSession:
    """An enrolment that is under way, as this command sees it.

    Parameters
    ----------
    client : GatewayClient
    operator : str
        Who sits at the desk.
    clock : Clock
    """

    def __init__(self, client: GatewayClient, operator: str, clock: Clock) -> None:
        from rekam.v1 import enrolment_pb2

        self.client = client
        self.operator = operator
        self.clock = clock
        self.enrolment = enrolment_pb2.Enrolment()
        self.profile = enrolment_pb2.Profile()

    @property
    def enrolment_id(self) -> str:
        """Empty before it was begun."""
        return self.enrolment.enrolment_id

    def begin(self, request: "enrolment_pb2.CreateEnrolmentRequest", parts: Iterable[str] = ()) -> None:
        """Begin a new one, in which something is to be said of `parts`.

        Raises
        ------
        CommandFailure
            The gateway refuses, or the profile has none of these parts.
        """
        from rekam.v1 import enrolment_pb2

        self._find_profile(request.profile_id)
        self.check_parts(parts)
        request.operator = self.operator
        request.idempotency_key = uuid.uuid4().hex
        answer = self.client.call(
            "EnrolmentService/CreateEnrolment", request, enrolment_pb2.CreateEnrolmentResponse, CHANGE_S
        )
        self.enrolment = answer.enrolment

    def attach(self, enrolment_id: str) -> None:
        """Go on with one that was begun; one that was put aside is taken up again."""
        from rekam.v1 import enrolment_pb2

        self.enrolment.enrolment_id = enrolment_id
        self.look()
        if self.enrolment.state == enrolment_pb2.ENROLMENT_STATE_PAUSED:
            self.change("ResumeEnrolment")
        if self.enrolment.state == enrolment_pb2.ENROLMENT_STATE_ABANDONED:
            raise bad_usage(
                LocalizedText(
                    id=f"Perekaman {enrolment_id} telah dihentikan dan datanya dihapus. Mulai yang baru.",
                    en=f"Enrolment {enrolment_id} was abandoned, and its data are erased. Begin a new one.",
                )
            )
        self._find_profile(self.enrolment.profile_id)

    def look(self) -> None:
        """Ask how it stands."""
        from rekam.v1 import enrolment_pb2

        request = enrolment_pb2.GetEnrolmentRequest(enrolment_id=self.enrolment_id)
        answer = self.client.call("EnrolmentService/GetEnrolment", request, enrolment_pb2.GetEnrolmentResponse)
        self.enrolment = answer.enrolment

    def change(self, method: str, timeout_s: float = CHANGE_S, **fields: Any) -> None:
        """Call a method that changes it, e.g. `AddException`, with the fields that are its own.

        Raises
        ------
        CommandFailure
            `VERSION_CONFLICT` where another front end changed it meanwhile; it was looked at again.
        """
        from rekam.v1 import enrolment_pb2

        request_type = getattr(enrolment_pb2, f"{method}Request")
        names = {field.name for field in request_type.DESCRIPTOR.fields}
        if method == "AddCapture":
            names.remove("seen_version")  # it undoes nothing, and must not be lost for what another front end did
        usual = {
            "enrolment_id": self.enrolment_id,
            "operator": self.operator,
            "seen_version": self.enrolment.version,
            "idempotency_key": uuid.uuid4().hex,
        }
        request: Message = request_type(**{name: value for name, value in usual.items() if name in names}, **fields)
        try:
            answer: Any = self.client.call(
                f"EnrolmentService/{method}", request, getattr(enrolment_pb2, f"{method}Response"), timeout_s
            )
        except CommandFailure as failure:
            if failure.reason == "VERSION_CONFLICT":
                self.look()
            raise
        self.enrolment = answer.enrolment

    def capture(
        self, part: "enrolment_pb2.EnrolmentPart", device_id: str, timeout_s: float | None, view: "CaptureView"
    ) -> "capture_pb2.Capture":
        """Capture a finger, a slap, an eye or the portrait for the enrolment, and add it where anything was recorded.

        Raises
        ------
        CommandFailure
            It could not be begun or added; a capture that was recorded is in the gateway, but does not count.
        """
        from rekam.v1 import capture_pb2

        request = capture_pb2.StartCaptureRequest(
            modality=part.modality,
            position=part.position,
            eye=part.eye,
            device_id=device_id,
            operator=self.operator,
            transaction_id=self.enrolment_id,
            holder=HOLDER,
            idempotency_key=uuid.uuid4().hex,
        )
        asked = self.profile_part(part.key)
        threshold = asked.thresholds.get(part.key)
        if threshold is not None:
            request.min_quality = threshold
        elif part.position:
            self._ask_for_fingers(request, asked)
        if timeout_s is not None:
            request.timeout.FromMilliseconds(round(timeout_s * 1000))
        request.wait.FromSeconds(10)  # a finger may lie on the glass still
        with view:
            ended = run_capture(self.client, request, _Timed(view, self.clock))
        self.clock.show_state("done")
        if ended.outcome in (capture_pb2.CAPTURE_OUTCOME_CAPTURED, capture_pb2.CAPTURE_OUTCOME_BELOW_QUALITY):
            self.change("AddCapture", capture_id=ended.capture_id)
        return ended

    def missing_of(self, part_key: str) -> "dict[str, enrolment_pb2.EnrolmentException]":
        """The fingers or eyes of a part that were said to be missing."""
        units = self.profile_part(part_key).units
        return {each.unit: each for each in self.enrolment.exceptions if each.unit in units}

    def has_slap_scanner(self, *, synthetic: bool = False) -> bool:
        """Whether a scanner of several fingers at once is ready, `synthetic` one that draws them."""
        return bool(self.devices("SLAP_SCANNER", synthetic=synthetic))

    def has_portrait_camera(self) -> bool:
        """Whether one is attached and not out of order."""
        return bool(self.devices("PORTRAIT_CAMERA", synthetic=False))

    def devices(self, kind: str, *, synthetic: bool) -> list[str]:
        """Devices of a kind that are ready or in use, `synthetic` those alone that draw what they capture."""
        from rekam.v1 import device_pb2

        request = device_pb2.ListDevicesRequest(kind=f"DEVICE_KIND_{kind}")
        answer = self.client.call("DeviceService/ListDevices", request, device_pb2.ListDevicesResponse)
        out_of_order = (device_pb2.DEVICE_STATE_ABSENT, device_pb2.DEVICE_STATE_FAILED)
        usable = [each for each in answer.devices if each.state not in out_of_order]
        return [each.device_id for each in usable if each.synthetic or not synthetic]

    def _ask_for_fingers(self, request: "capture_pb2.StartCaptureRequest", asked: "enrolment_pb2.ProfilePart") -> None:
        """Of a slap: how good each finger has to be, and which are missing."""
        from gateway.cli.options import position_code

        for unit, threshold in sorted(asked.thresholds.items()):
            request.finger_thresholds.add(position=position_code(unit), min_quality=threshold)
        for unit, exception in self.missing_of(asked.key).items():
            request.missing_fingers.add(position=position_code(unit), reason=exception.reason)

    def part(self, key: str) -> "enrolment_pb2.EnrolmentPart | None":
        """A part as it stands."""
        return next((part for part in self.enrolment.parts if part.key == key), None)

    def profile_part(self, key: str) -> "enrolment_pb2.ProfilePart":
        """A part as the profile asks for it; an empty one where the profile was changed since and has it no more."""
        from rekam.v1 import enrolment_pb2

        return next((part for part in self.profile.parts if part.key == key), enrolment_pb2.ProfilePart())

    def check_parts(self, parts: Iterable[str]) -> None:
        """Wrong usage where one is no part, finger or eye of the profile."""
        known = {unit for part in self.profile.parts for unit in (part.key, *part.units)}
        unknown = [part for part in parts if part not in known]
        if unknown and self.profile.profile_id:
            raise bad_usage(
                LocalizedText(
                    id=f"Profil {self.profile.profile_id} tidak meminta {unknown[0]!r}. "
                    f"Isinya {', '.join(sorted(known))}.",
                    en=f"Profile {self.profile.profile_id} asks for no {unknown[0]!r}. "
                    f"It has {', '.join(sorted(known))}.",
                )
            )

    def _find_profile(self, wanted: str) -> None:
        from rekam.v1 import enrolment_pb2

        answer = self.client.call(
            "EnrolmentService/ListProfiles", enrolment_pb2.ListProfilesRequest(), enrolment_pb2.ListProfilesResponse
        )
        found = next((profile for profile in answer.profiles if profile.profile_id == wanted), None)
        if found is not None:
            self.profile = found


class _Timed:
    """A view whose states tell the clock who is waited for."""

    def __init__(self, view: "CaptureView", clock: Clock) -> None:
        self._view = view
        self._clock = clock

    def show_state(self, state: str) -> None:
        self._clock.show_state(state)
        self._view.show_state(state)

    def show_live(self, live: "capture_pb2.LiveQuality") -> None:
        self._view.show_live(live)

    def show_transfer(self, share: float) -> None:
        self._view.show_transfer(share)

    def __enter__(self) -> "_Timed":
        return self

    def __exit__(self, *exc: object) -> None:
        pass
