"""Slaps on the command line: captured into a folder, enrolled before single fingers, and what goes in their place."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from rekam.v1 import capture_pb2, common_pb2, enrolment_pb2

from gateway.cli.connection import GatewayClient
from gateway.cli.enrol_flow import Attendant, Capture, Missing, next_part
from gateway.cli.enrol_session import Clock, EnrolmentSession
from gateway.cli.enrol_terminal import OperatorAttendant
from gateway.cli.enrol_unattended import Unattended
from gateway.cli.exits import ExitStatus
from gateway.cli.output import Output
from gateway.config import DeviceTable
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.enrolled import document
from tests.gateway.cli.running_gateway import RunningGateway, quick_device, running_gateway

SLAP = ("capture", "--modality", "finger", "--slap")
PROFILE = """
id = "hand"
version = 1
duplicates = "warn"
[name]
id = "Tangan"
en = "Hand"
[thresholds]
index = 10
middle = 10
ring = 10
little = 10
[[step]]
alternatives = [["right-four"], ["right-index", "right-middle", "right-ring", "right-little"]]
missing = "supervisor"
"""
ONLY_SLAPS = """
id = "slaps"
version = 1
duplicates = "none"
[name]
id = "Empat"
en = "Four"
[[step]]
parts = ["right-four"]
"""


def slap_device() -> DeviceTable:
    return DeviceTable.model_validate(
        {
            "driver": "synthetic-slap",
            "serial": "SLAP",
            "person": 42,
            "impression": 3,
            "width": 800,
            "height": 750,
            "ppi": 250.0,
            "settle_s": 0.1,
            "finger_delay_s": 0.05,
            "hold_s": 60.0,
            "frame_rate": 20.0,
        }
    )


def tables(folder: Path, **profiles: str) -> dict[str, Any]:
    """A centre's key and profiles, as a gateway is configured with them."""
    (folder / "profiles").mkdir()
    for name, text in profiles.items():
        (folder / "profiles" / f"{name}.toml").write_text(text, encoding="utf-8")
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "centre.pem").write_bytes(pem)
    return {"profiles": folder / "profiles", "recipients": (folder / "centre.pem",)}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway with a slap scanner and one of single fingers."""
    folder = tmp_path_factory.mktemp("desk")
    devices = (slap_device(), quick_device("ONE"))
    enrolment = tables(folder, hand=PROFILE)
    with running_gateway(folder / "state", devices=devices, enrolment=enrolment) as running:
        yield running


def at(gateway: RunningGateway) -> tuple[str, ...]:
    return "--gateway", gateway.addresses.unix


def test_a_slap_becomes_a_folder_with_each_finger(desk: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    folder = tmp_path / "hand"
    result = rekam(*SLAP, "right-four", "--out", folder, "--json", *at(desk))
    assert result.exit_code == ExitStatus.DONE, result.stderr
    found = json.loads(result.stdout)
    assert (found["position"], found["outcome"], found["modality"]) == ("right-four", "captured", "finger")
    names = [f"right-{finger}" for finger in ("index", "middle", "ring", "little")]
    assert [finger["position"] for finger in found["fingers"]] == names
    assert found["quality"]["score"] == min(finger["score"] for finger in found["fingers"])
    expected = {"manifest.jws", "image.fir", "preview.png", "summary.json"}
    expected |= {f"{name}.{blob}" for name in names for blob in ("image.fir", "template.fmr")}
    assert {each.name for each in folder.iterdir()} == expected
    assert "four fingers of the right hand" in result.stderr
    assert rekam("verify", folder, "--json").exit_code == ExitStatus.DONE
    # As it was left, it can be got again.
    again = tmp_path / "again"
    assert rekam("fetch", found["capture_id"], "--out", again, *at(desk)).exit_code == ExitStatus.DONE
    assert {each.name: each.read_bytes() for each in again.iterdir() if each.suffix != ".json"} == {
        each.name: each.read_bytes() for each in folder.iterdir() if each.suffix != ".json"
    }
    # Several fingers are compared with nothing; each of them is.
    one, other = folder / "right-index.template.fmr", folder / "right-ring.image.fir"
    assert rekam("compare", one, folder / "right-index.image.fir").exit_code == ExitStatus.DONE
    assert rekam("compare", one, other).exit_code == ExitStatus.OUTCOME
    for several in (folder, folder / "image.fir"):
        refused = rekam("compare", one, several)
        assert refused.exit_code == ExitStatus.USAGE
        assert "right-index" in refused.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--slap", "right-four", "--position", "right-index"), "--position"),
        (("--missing", "right-ring=amputated", "--position", "right-index"), "--slap"),
        (("--slap", "right-four", "--missing", "left-ring=amputated"), "right-index, right-middle"),
        (("--slap", "right-four", "--missing", "right-ring=cannot-open"), "eyes alone"),
        (("--slap", "right-four", "--missing", "right-ring=bandaged:hand.jpg"), "rekam enrol"),
        (("--slap", "two-thumbs", "--missing", "left-thumb=refused", "--missing", "right-thumb=refused"), "left"),
        (("--slap", "right-four", "--eye", "left"), "--eye"),
    ],
)
def test_what_is_no_slap_is_wrong_usage(rekam: Rekam, tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    result = rekam("capture", "--modality", "finger", *options, "--out", tmp_path / "d")
    assert result.exit_code == ExitStatus.USAGE
    assert told in result.stderr


def test_a_hand_is_enrolled_by_its_slap_and_known_again_by_single_fingers(desk: RunningGateway, rekam: Rekam) -> None:
    gone = ("--missing", "right-little=amputated", "--supervisor", "Bu Ratna")
    asked = ("enrol", "--profile", "hand", "--synthetic-person", 42, *gone, "--json", *at(desk))
    first = rekam(*asked)
    assert first.exit_code == ExitStatus.DONE, first.stderr
    found = document(first)
    parts = [(part["part"], part["status"]) for part in found["parts"]]
    assert parts == [("right-little", "excepted"), ("right-four", "done")] or parts == [
        ("right-four", "done"),
        ("right-little", "excepted"),
    ]
    assert found["exceptions"] == [{"unit": "right-little", "reason": "amputated", "approved_by": "Bu Ratna"}]
    assert "little: recorded as missing" in first.stderr
    # The same person's index fingers, laid one by one on another scanner.
    singles = rekam("enrol", "--profile", "two-fingers", "--synthetic-person", 42, "--json", *at(desk))
    assert singles.exit_code == ExitStatus.DONE, singles.stderr
    hits = document(singles)["duplicates"]["hits"]
    assert [hit["enrolment_id"] for hit in hits] == [found["enrolment_id"]]
    assert "recorded here before" in singles.stderr


def test_where_nothing_takes_slaps_fingers_are_captured_one_by_one(rekam: Rekam, tmp_path: Path) -> None:
    enrolment = tables(tmp_path, hand=PROFILE, slaps=ONLY_SLAPS)
    with running_gateway(tmp_path / "s", devices=(quick_device("ONE"),), enrolment=enrolment) as gateway:
        result = rekam("enrol", "--profile", "hand", "--synthetic-person", 42, "--json", *at(gateway))
        assert result.exit_code == ExitStatus.DONE, result.stderr
        assert [part["part"] for part in document(result)["parts"]] == [
            f"right-{finger}" for finger in ("index", "middle", "ring", "little")
        ]
        refused = rekam("enrol", "--profile", "slaps", "--synthetic-person", 42, "--json", *at(gateway))
        assert refused.exit_code == ExitStatus.DEVICE
        assert document(refused)["error"]["reason"] == "NO_SLAPS"


HAND = {"right-four": (13, ("right-index", "right-middle"))}
FINGERS = {"right-index": 2, "right-middle": 3}


def enrolment(
    *tries: dict[str, int], status: str = "OPEN", client: GatewayClient | None = None, **statuses: str
) -> EnrolmentSession:
    """A session whose gateway proposes the slap of two fingers, after these tries of it; the last is kept."""
    session = EnrolmentSession(cast(GatewayClient, client), "Sri", Clock())
    slap, finger = "ENROLMENT_PART_KIND_SLAP", "ENROLMENT_PART_KIND_FINGER"
    session.profile = enrolment_pb2.Profile(
        most_tries=3,
        steps=[
            enrolment_pb2.ProfileStep(
                alternatives=[
                    enrolment_pb2.ProfileAlternative(parts=HAND),
                    enrolment_pb2.ProfileAlternative(parts=FINGERS),
                ]
            )
        ],
        parts=[
            enrolment_pb2.ProfilePart(key="right-four", kind=slap, units=FINGERS),
            *(enrolment_pb2.ProfilePart(key=key, kind=finger, units=[key]) for key in FINGERS),
        ],
    )
    made = [
        enrolment_pb2.EnrolmentTry(capture_id=str(number), scores=scores, kept=number == len(tries) - 1)
        for number, scores in enumerate(tries)
    ]

    def part(key: str, kind: str, position: int, state: str, made: Any = ()) -> enrolment_pb2.EnrolmentPart:
        return enrolment_pb2.EnrolmentPart(
            key=key,
            kind=kind,  # type: ignore[arg-type]
            status=f"ENROLMENT_PART_STATUS_{state}",  # type: ignore[arg-type]
            tries=made,
            modality=common_pb2.MODALITY_FINGER,
            position=position,  # type: ignore[arg-type]
        )

    session.enrolment = enrolment_pb2.Enrolment(
        next_part="right-four",
        parts=[
            part("right-four", slap, 13, status, made),
            *(part(key, finger, code, statuses.get(key, "OPEN")) for key, code in FINGERS.items()),
        ],
    )
    return session


class Slaps:
    """Somebody with a slap scanner, or without."""

    def __init__(self, *, takes: bool) -> None:
        self._takes = takes

    def takes_slaps(self, session: EnrolmentSession) -> bool:
        return self._takes


def after(session: EnrolmentSession, *, takes: bool = True) -> str:
    part = next_part(session, cast(Attendant, Slaps(takes=takes)))
    assert part is not None
    return part.key


def test_a_slap_is_tried_as_often_as_may_be_and_then_what_it_did_not_show_is_captured_alone() -> None:
    shown = {"right-index": 60}
    assert after(enrolment()) == "right-four"
    assert after(enrolment(shown, shown)) == "right-four"
    assert after(enrolment(shown, shown, shown)) == "right-middle"
    # What all tries showed is for a supervisor, not for another scanner.
    both = shown | {"right-middle": 3}
    assert after(enrolment(both, both, both)) == "right-four"
    assert after(enrolment(), takes=False) == "right-index"
    assert after(enrolment(shown, status="DONE"), takes=False) == "right-middle"


def test_a_mixed_up_finger_of_a_slap_is_taken_again_with_its_slap() -> None:
    request = capture_pb2.StartCaptureRequest(position=13)  # type: ignore[arg-type]
    session = enrolment({"right-index": 60})
    session.profile.parts[0].thresholds.update({"right-index": 30, "right-middle": 20})
    session.enrolment.exceptions.add(unit="right-middle", reason=capture_pb2.MISSING_REASON_BANDAGED)
    session._ask_for_fingers(request, session.profile.parts[0])
    assert [(each.position, each.min_quality) for each in request.finger_thresholds] == [(2, 30), (3, 20)]
    assert [(each.position, each.reason) for each in request.missing_fingers] == [(3, 2)]


def test_an_operator_is_asked_which_finger_of_a_slap_is_missing(desk: RunningGateway, tmp_path: Path) -> None:
    photo = tmp_path / "hand.png"
    photo.write_bytes(b"a picture")
    answers = iter(["m", "2", "1", str(photo), "Bu Ratna", "m", "3", "2", "", "", "m", "3", "3", "", "m", "9", ""])
    attendant = OperatorAttendant(Output(as_json=True), {}, {}, lambda question: next(answers))
    with GatewayClient(desk.addresses.unix) as client:
        session = enrolment(client=client)
        part = session.part("right-four")
        assert part is not None
        assert attendant.bring(session, part, None) == Missing("amputated", "Bu Ratna", b"a picture", "right-middle")
        assert attendant.bring(session, part, None) == Missing("bandaged")  # all of them, and no photo
        assert attendant.bring(session, part, None) == Missing("refused")  # which no photo shows
        assert attendant.bring(session, part, None) == Capture()  # 9 is none: asked again, and Enter captures


def test_what_was_said_to_be_missing_beforehand_is_said_before_the_slap() -> None:
    session = enrolment()
    part = session.part("right-four")
    assert part is not None
    said = {"right-middle": Missing("amputated", photo=b"a picture")}
    for attendant, approver in (
        (Unattended({}, said, "Bu Ratna"), "Bu Ratna"),
        (OperatorAttendant(Output(as_json=True), {}, said, lambda question: ""), ""),
    ):
        assert attendant.bring(session, part, None) == Missing("amputated", approver, b"a picture", "right-middle")
