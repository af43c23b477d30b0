"""`rekam enrol` by scripts: synthetic persons, what is missing, what is refused, and what goes on later."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers import synthetic_person
from gateway.cli.exits import ExitStatus
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.enrolled import CENTRE_KEY, check_records, document, opened
from tests.gateway.cli.running_gateway import RunningGateway, quick_device, running_gateway

NIK = synthetic_person(7).nik
DESK = ("--operator", "Pak Budi")
TWO = ("enrol", "--profile", "two-fingers")
STRICT = """
id = "kiosk"
version = 1
reference = ["nik"]
most_tries = 3
below_threshold = "after-tries"
warnings = "supervisor"
duplicates = "supervisor"
retention_days = 30

[name]
id = "Kios"
en = "Kiosk"

[thresholds]
index = 20

[[step]]
parts = ["right-index", "left-index"]
missing = "reason"
"""
QUICK = (quick_device("ONE", finger=170), quick_device("EMPTY", finger_delay_s=1000.0))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway with synthetic devices, and quick ones beside them."""
    with running_gateway(tmp_path_factory.mktemp("desk") / "state", devices=QUICK[:1], synthetic=True) as running:
        yield running


def at(gateway: RunningGateway) -> tuple[str, ...]:
    return "--gateway", gateway.addresses.unix


def test_a_person_again_is_warned_of_and_another_is_not(desk: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    documents, warned = [], ""
    for number, person in enumerate((42, 42, 43)):
        packet = tmp_path / f"{number}.rekam"
        slip = tmp_path / f"{number}.pdf"
        result = rekam(*TWO, "--synthetic-person", person, "--out", packet, "--slip", slip, "--json", *at(desk))
        assert result.exit_code == ExitStatus.DONE, result.stderr
        assert slip.read_bytes().startswith(b"%PDF-")
        assert document(result)["reference_number"]
        assert packet.is_file()
        documents.append(document(result))
        said = "recorded here before" in result.stderr
        warned = result.stderr if said else warned
        found = documents[-1]["duplicates"]
        assert said == (found is not None and bool(found["hits"]))
    inside = opened(tmp_path / "1.rekam", desk.state / CENTRE_KEY, tmp_path / "opened")
    assert {"jws", "fir", "fmr"} <= check_records(inside.files, documents[1]["enrolment_id"])
    if documents[0]["duplicates"] is None:
        pytest.skip("this gateway searches for no duplicates")
    first, again, other = (each["duplicates"]["hits"] for each in documents)
    assert first == other == []
    assert [hit["enrolment_id"] for hit in again] == [documents[0]["enrolment_id"]]
    assert again[0]["operator"] == "synthetic desk"
    assert (again[0]["gateway_id"] in warned, again[0]["strength"] in warned) == (True, True)
    assert again[0]["exchanged"] is False


def test_duplicates_that_a_supervisor_decides_on_are_left_open(rekam: Rekam, tmp_path: Path) -> None:
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    (profiles / "kiosk.toml").write_text(STRICT, encoding="utf-8")
    asked = ("enrol", "--profile", "kiosk", "--synthetic-person", 42, "--json")
    with running_gateway(
        tmp_path / "s", devices=QUICK[:1], synthetic=True, enrolment={"profiles": profiles}
    ) as gateway:
        first = rekam(*asked, *at(gateway))
        if document(first).get("error", {}).get("reason") == "DUPLICATES_UNAVAILABLE":
            pytest.skip("this gateway searches for no duplicates")
        assert first.exit_code == ExitStatus.DONE, first.stderr
        second = rekam(*asked, *at(gateway))
        assert second.exit_code == ExitStatus.OUTCOME
        assert "WARNING: this person seems to have been recorded here before." in second.stderr
        left = document(second)
        assert (left["state"], [each["code"] for each in left["lacks"]]) == ("open", ["DUPLICATE_NOT_APPROVED"])
        assert left["enrolment_id"] in second.stderr
        approved = ("--resume", left["enrolment_id"], *DESK, "--approve-duplicates", "Bu Ratna", "--json")
        third = rekam("enrol", *approved, *at(gateway))
        assert third.exit_code == ExitStatus.DONE, third.stderr
        assert document(third)["duplicates"]["approved_by"] == "Bu Ratna"


def test_who_cannot_be_compared_is_said_and_left_to_a_supervisor(rekam: Rekam, tmp_path: Path) -> None:
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    (profiles / "kiosk.toml").write_text(STRICT, encoding="utf-8")
    fingers = ("--missing", "right-index=amputated", "--missing", "left-index=amputated")
    asked = ("enrol", "--profile", "kiosk", "--synthetic-person", 42, *fingers, "--json")
    with running_gateway(
        tmp_path / "s", devices=QUICK[:1], synthetic=True, enrolment={"profiles": profiles}
    ) as gateway:
        first = rekam(*asked, *at(gateway))
        assert first.exit_code == ExitStatus.OUTCOME, first.stderr
        assert "no finger and no iris is usable" in first.stderr
        left = document(first)
        assert [each["code"] for each in left["lacks"]] == ["DUPLICATES_NOT_CHECKED"]
        assert "usable" in left["duplicates"]["not_checked"]
        approved = ("--resume", left["enrolment_id"], *DESK, "--approve-duplicates", "Bu Ratna", "--json")
        second = rekam("enrol", *approved, *at(gateway))
        assert second.exit_code == ExitStatus.DONE, second.stderr
        assert document(second)["duplicates"]["approved_by"] == "Bu Ratna"


def test_a_missing_finger_waits_for_a_supervisor_over_a_restart(rekam: Rekam, tmp_path: Path) -> None:
    state, missing = tmp_path / "state", ("--missing", "left-index=amputated")
    with running_gateway(state, devices=QUICK[:1], synthetic=True) as gateway:
        result = rekam(*TWO, "--nik", NIK, *DESK, *missing, "--json", *at(gateway))
        assert result.exit_code == ExitStatus.OUTCOME
        left = document(result)
        assert left["error"]["reason"] == "ENROLMENT_INCOMPLETE"
        assert left["state"] == "open"
        assert [each["code"] for each in left["lacks"]] == ["EXCEPTION_NOT_APPROVED"]
        assert f"rekam enrol --resume {left['enrolment_id']}" in result.stderr
        assert NIK not in result.stdout + result.stderr
    again = ("--resume", left["enrolment_id"], *DESK)
    with running_gateway(state, devices=QUICK[:1], synthetic=True) as gateway:
        listed = document(rekam("enrol", "--list", "--json", *at(gateway)))["enrolments"]
        assert [(each["enrolment_id"], each["state"]) for each in listed] == [(left["enrolment_id"], "open")]
        packets = tmp_path / "packets"
        packets.mkdir()
        approved = ("--supervisor", "Bu Ratna", "--out", packets)
        result = rekam("enrol", *again, *approved, "--json", *at(gateway))
        assert result.exit_code == ExitStatus.DONE, result.stderr
        sealed = document(result)
        assert sealed["exceptions"] == [{"unit": "left-index", "reason": "amputated", "approved_by": "Bu Ratna"}]
        assert sealed["path"] == str(packets / f"{sealed['packet_id']}.rekam")
        assert document(rekam("enrol", "--list", "--json", *at(gateway)))["enrolments"] == []
        # Whoever lost the file gets it again.
        once_more = rekam("enrol", *again, "--out", tmp_path / "again.rekam", *at(gateway))
        assert once_more.exit_code == ExitStatus.DONE, once_more.stderr
        assert (tmp_path / "again.rekam").read_bytes() == Path(sealed["path"]).read_bytes()
    inside = opened(Path(sealed["path"]), state / CENTRE_KEY, tmp_path / "opened")
    assert "amputated" in str(inside.statement)
    assert "Bu Ratna" in str(inside.statement)
    assert {name.split(".")[0] for name in inside.files} == {"right-index"}


def test_nobody_at_the_device_leaves_the_enrolment_open(rekam: Rekam, tmp_path: Path) -> None:
    with running_gateway(tmp_path / "state", devices=QUICK[1:]) as gateway:
        result = rekam(*TWO, "--nik", NIK, *DESK, "--timeout", 0.3, "--json", *at(gateway))
        assert result.exit_code == ExitStatus.OUTCOME
        found = document(result)
        assert (found["state"], found["error"]["reason"]) == ("open", "NO_FINGER")
        assert "right index finger" in found["error"]["message"]
        assert "stays open" in result.stderr


def test_a_gateway_without_synthetic_devices_is_told(rekam: Rekam, tmp_path: Path) -> None:
    with running_gateway(tmp_path / "state", devices=()) as gateway:
        result = rekam(*TWO, "--synthetic-person", 42, "--json", *at(gateway))
        assert result.exit_code == ExitStatus.DEVICE
        assert document(result)["error"]["reason"] == "NO_SYNTHETIC_DEVICE"
        assert "rekam serve --synthetic" in result.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--profile"),
        (("--profile", "ktp-el"), "one of --nik and --application"),
        (("--profile", "ktp-el", "--nik", NIK, "--application", "A-1000"), "one of --nik and --application"),
        (("--profile", "ktp-el", "--synthetic-person", "42", "--nik", NIK), "NIK of its own"),
        (("--profile", "ktp-el", "--synthetic-person", "100000"), "0 to 99999"),
        (("--profile", "ktp-el", "--nik", NIK, "--resume", "x"), "--resume goes on"),
        (("--profile", "ktp-el", "--nik", NIK, "--birth-date", "12-11-1987"), "--birth-date"),
        (("--profile", "ktp-el", "--nik", NIK, "--missing", "left-little"), "PART=REASON"),
        (("--profile", "ktp-el", "--nik", NIK, "--missing", "left-little=lost"), "amputated"),
        (("--profile", "ktp-el", "--nik", NIK, "--supervisor", "Pak Budi"), "Nobody approves"),
        (("--profile", "ktp-el", "--nik", NIK, "--approve-duplicates", "Pak Budi"), "Nobody approves"),
        (("--profile", "ktp-el", "--nik", NIK, "--out", __file__), "is there already"),
        (("--profile", "ktp-el", "--nik", NIK, "--out", f"{__file__}/P"), "cannot be made"),
    ],
)
def test_wrong_usage_is_said_before_anybody_is_asked(rekam: Rekam, options: tuple[str, ...], told: str) -> None:
    result = rekam("enrol", *options, *DESK, "--gateway", "127.0.0.1:1")
    assert result.exit_code == ExitStatus.USAGE, result.stderr
    assert told in result.stderr


def test_who_sits_at_the_desk_is_due(rekam: Rekam) -> None:
    result = rekam(*TWO, "--nik", NIK, "--gateway", "127.0.0.1:1")
    assert result.exit_code == ExitStatus.USAGE
    assert "--operator" in result.stderr


def test_no_gateway_is_started_where_an_address_or_a_person_is_named(rekam: Rekam, tmp_path: Path) -> None:
    for options in (
        ("--synthetic-person", 42, "--gateway", "127.0.0.1:1"),
        ("--nik", NIK, *DESK, "--state", tmp_path),
    ):
        result = rekam(*TWO, *options)
        assert result.exit_code == ExitStatus.UNREACHABLE
        assert "rekam serve" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (("--profile", "two-fingers", "--nik", "123"), ExitStatus.USAGE, "16"),
        (("--profile", "nobody-knows", "--nik", NIK), ExitStatus.USAGE, "nobody-knows"),
        (("--profile", "two-fingers", "--nik", NIK, "--missing", "left-litle=other"), ExitStatus.USAGE, "left-litle"),
        (("--resume", "no-such"), ExitStatus.USAGE, "no-such"),
    ],
)
def test_what_the_gateway_refuses_begins_nothing(
    desk: RunningGateway, rekam: Rekam, options: tuple[str, ...], status: ExitStatus, told: str
) -> None:
    before = document(rekam("enrol", "--list", "--json", *at(desk)))
    result = rekam("enrol", *options, *DESK, *at(desk))
    assert result.exit_code == status, result.stderr
    assert told in result.stderr
    assert document(rekam("enrol", "--list", "--json", *at(desk))) == before


def test_a_nik_that_differs_is_remarked_on_and_taken(desk: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    cv2.imwrite(str(small), np.full((40, 40), 200, np.uint8))
    person = ("--nik", NIK, "--birth-date", "1987-11-12", *DESK, "--portrait", small)
    result = rekam("enrol", "--profile", "ktp-el", *person, "--json", *at(desk))
    assert result.exit_code == ExitStatus.USAGE  # the portrait is too small
    found = document(result)
    assert found["reference_remarks"] == ["birth_date_differs"]
    assert found["error"]["reason"] == "IMAGE_REFUSED"
    assert found["state"] == "open"
    result = rekam("enrol", "--resume", found["enrolment_id"], *DESK, "--json", *at(desk))
    assert (result.exit_code, document(result)["error"]["reason"]) == (ExitStatus.USAGE, "IMAGE_NEEDED")
    assert "--signature" in result.stderr  # the portrait camera took the portrait meanwhile


def test_a_photo_goes_beside_what_is_missing(desk: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    photo, packet = tmp_path / "hand.jpg", tmp_path / "P.rekam"
    cv2.imwrite(str(photo), np.full((300, 400, 3), 140, np.uint8))
    said = ("--missing", f"left-index=bandaged:{photo}", "--supervisor", "Bu Ratna")
    result = rekam(*TWO, "--synthetic-person", 77, *said, "--out", packet, "--json", *at(desk))
    assert result.exit_code == ExitStatus.DONE, result.stderr
    inside = opened(packet, desk.state / CENTRE_KEY, tmp_path / "opened")
    assert cv2.imdecode(np.frombuffer(inside.files["missing-left-index-photo.jpg"], np.uint8), 1).shape == (300, 400, 3)


def test_a_photo_that_cannot_be_read_is_told_before_anything_begins(
    desk: RunningGateway, rekam: Rekam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "id_ID.UTF-8")
    said = ("--missing", f"left-index=bandaged:{tmp_path / 'none.jpg'}")
    result = rekam(*TWO, "--synthetic-person", 78, *said, "--json", *at(desk))
    assert result.exit_code == ExitStatus.USAGE
    assert "tidak dapat dibaca" in result.stderr
    assert "enrolment_id" not in result.stdout
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture", encoding="utf-8")
    result = rekam(*TWO, "--synthetic-person", 78, "--missing", f"left-index=bandaged:{notes}", "--json", *at(desk))
    assert document(result)["error"]["reason"] == "IMAGE_REFUSED"
    assert "Foto bukan JPEG dan bukan PNG. Kirim salah satunya." in result.stderr


def test_without_a_portrait_camera_a_synthetic_persons_portrait_is_drawn(rekam: Rekam, tmp_path: Path) -> None:
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    face = STRICT.replace('parts = ["right-index", "left-index"]', 'parts = ["portrait", "right-index"]')
    (profiles / "kiosk.toml").write_text(face.replace('duplicates = "supervisor"', 'duplicates = "none"'), "utf-8")
    asked = ("enrol", "--profile", "kiosk", "--synthetic-person", 42, "--json")
    with running_gateway(tmp_path / "s", devices=QUICK[:1], enrolment={"profiles": profiles}) as gateway:
        found = document(rekam(*asked, *at(gateway)))  # no centre's key is there, so that it stays open
    assert (found["state"], found["lacks"]) == ("open", [])
    assert [(each["part"], each["status"]) for each in found["parts"]] == [
        ("portrait", "done"),
        ("right-index", "done"),
    ]
    assert found["parts"][0]["capture_id"] is None
