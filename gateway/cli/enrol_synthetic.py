"""A synthetic person who comes by: each part is shown to a synthetic device, the rest is drawn."""

import uuid
from typing import TYPE_CHECKING

from gateway.cli.enrol_flow import PORTRAIT, SIGNATURE, Capture, Deed, Image
from gateway.cli.enrol_session import EnrolmentSession
from gateway.cli.enrol_unattended import Unattended
from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage
from gateway.cli.words import SLAP_CODES
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rekam.v1 import capture_pb2, enrolment_pb2

    from drivers import SyntheticPerson

PRESENT_S = 15.0


class SyntheticAttendant:
    """Brings a synthetic person, and says of what is missing what `rest` says.

    Parameters
    ----------
    person : SyntheticPerson
    rest : Unattended

    Raises
    ------
    CommandFailure
        When a part is due for which the gateway has no synthetic device.
    """

    def __init__(self, person: "SyntheticPerson", rest: Unattended) -> None:
        self._person = person
        self._rest = rest
        self._devices: dict[str, list[str]] = {}
        self._turn = 0

    def bring(
        self, session: EnrolmentSession, part: "enrolment_pb2.EnrolmentPart", ended: "capture_pb2.Capture | None"
    ) -> Deed:
        """See `Attendant`."""
        drawn = self._drawn(session, part)
        deed = drawn or self._rest.bring(session, part, ended)
        if not isinstance(deed, Capture):
            return deed
        devices = self._of(session, part)
        device_id = devices[self._turn % len(devices)]
        self._turn += 1
        self._present(session, device_id, part)
        return Capture(device_id)

    def takes_slaps(self, session: EnrolmentSession) -> bool:
        """See `Attendant`."""
        return session.has_slap_scanner(synthetic=True)

    def decide(self, session: EnrolmentSession, lack: "enrolment_pb2.Lack") -> Deed:
        """See `Attendant`."""
        return self._rest.decide(session, lack)

    def refused(self, session: EnrolmentSession, failure: CommandFailure) -> bool:
        """See `Attendant`."""
        return self._rest.refused(session, failure)

    def _drawn(self, session: EnrolmentSession, part: "enrolment_pb2.EnrolmentPart") -> Image | None:
        """A portrait for which there is no camera that draws, where nobody said another."""
        said = part.key in self._rest.missing or part.key in self._rest.images
        if part.key != PORTRAIT or said or self._usable(session, part):
            return None
        return drawn_portrait(self._person)

    def _usable(self, session: EnrolmentSession, part: "enrolment_pb2.EnrolmentPart") -> list[str]:
        """Devices of the kind that the part needs, and that draw."""
        kind = _device_kind(part)
        if kind not in self._devices:
            self._devices[kind] = session.devices(kind, synthetic=True)
        return self._devices[kind]

    def _of(self, session: EnrolmentSession, part: "enrolment_pb2.EnrolmentPart") -> list[str]:
        devices = self._usable(session, part)
        if not devices:
            raise CommandFailure(
                ExitStatus.DEVICE,
                "NO_SYNTHETIC_DEVICE",
                LocalizedText(
                    id="Gateway ini tidak punya alat sintetis untuk bagian yang harus direkam, sehingga orang sintetis "
                    "tidak dapat ditunjukkan kepadanya. Jalankan yang punya dengan `rekam serve --synthetic`.",
                    en="This gateway has no synthetic device for the part that is due, so a synthetic person cannot be "
                    "shown to it. Start one with `rekam serve --synthetic`.",
                ),
            )
        return devices

    def _present(self, session: EnrolmentSession, device_id: str, part: "enrolment_pb2.EnrolmentPart") -> None:
        from rekam.v1 import device_pb2

        from gateway.cli.options import position_code

        request = device_pb2.PresentSyntheticRequest(
            device_id=device_id, person=self._person.number, idempotency_key=uuid.uuid4().hex
        )
        if part.eye:
            request.eye = part.eye
        elif part.key == PORTRAIT:
            request.face = True
        else:
            request.position = part.position
            if part.position in SLAP_CODES:
                request.missing_fingers.extend(map(position_code, session.missing_of(part.key)))  # type: ignore[arg-type]
        session.client.call("DeviceService/PresentSynthetic", request, device_pb2.PresentSyntheticResponse, PRESENT_S)


def _device_kind(part: "enrolment_pb2.EnrolmentPart") -> str:
    if part.key == PORTRAIT:
        return "PORTRAIT_CAMERA"
    if part.eye:
        return "IRIS_CAMERA"
    return "SLAP_SCANNER" if part.position in SLAP_CODES else "FINGERPRINT_SCANNER"


def checked_person(number: int) -> "SyntheticPerson":
    """The synthetic person of that number; wrong usage where there is none."""
    from drivers import synthetic_person

    try:
        return synthetic_person(number)
    except ValueError as error:
        raise bad_usage(f"--synthetic-person: {error}.") from error


def drawn_portrait(person: "SyntheticPerson") -> Image:
    """The person's portrait, as a JPEG: another sitting each time."""
    import cv2

    from drivers import any_placement

    face = cv2.cvtColor(person.portrait(any_placement()), cv2.COLOR_RGB2BGR)
    _, portrait = cv2.imencode(".jpg", face, (cv2.IMWRITE_JPEG_QUALITY, 92))
    return Image(portrait.tobytes())


def drawn_images(person: "SyntheticPerson") -> "Mapping[str, Image]":
    """What no device gives: the person's signature, as a PNG with its strokes, another each time."""
    import cv2

    from drivers import any_placement

    signature = person.signature(any_placement())
    strokes = tuple(tuple((p.x, p.y, p.t_ms, p.pressure) for p in stroke) for stroke in signature.strokes)
    _, picture = cv2.imencode(".png", signature.picture())
    return {SIGNATURE: Image(picture.tobytes(), strokes)}
