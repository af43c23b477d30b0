"""`rekam card`: a card from its profile to its holder, by the command alone, at one gateway."""

import json
from importlib.resources import files

import pytest

from drivers import synthetic_person
from gateway.config import DeviceTable
from tests.gateway.card_counter import ANOTHER, PERSON, PIN, READER, SCANNER, keep, reader
from tests.gateway.cli.running_gateway import running_gateway
from tests.gateway.running import synthetic


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    devices = tuple(DeviceTable.model_validate(each) for each in (reader(), synthetic()))
    card = {"profile": "sample-id", "needs_print_ready": False}
    with running_gateway(tmp_path_factory.mktemp("state"), devices=devices, card=card) as running:
        yield running


def test_the_whole_way_of_a_card(rekam, office, tmp_path, monkeypatch):
    at = ("--gateway", office.addresses.unix)
    enrolment_id = keep(office.gateway)
    biodata = tmp_path / "biodata.toml"
    biodata.write_text('name = "BUDI SANTOSO"\nbirth_date = 1990-02-03\nvalid_until = "lifelong"\n', encoding="utf-8")

    (line,) = rekam("card", "readers", "--json", *at).stdout.splitlines()
    assert (json.loads(line)["device_id"], json.loads(line)["standing"]) == (READER, "blank")

    asked = ("--profile", "sample-id", "--enrolment", enrolment_id, "--biodata", biodata, "--operator", "ani")
    made = rekam("card", "personalise", *asked, "--json", *at)
    assert made.exit_code == 0, made.stderr
    result = json.loads(made.stdout.splitlines()[-1])["result"]
    assert result["done"]

    monkeypatch.setenv("REKAM_CARD_PIN", PIN)
    read = rekam("card", "read", "--pin", "--out", tmp_path / "seen", "--json", *at)
    assert read.exit_code == 0, read.stderr
    reading = json.loads(read.stdout)
    assert (reading["genuineness"], reading["serial"]) == ("genuine", result["serial"])
    assert reading["biodata"]["reference"] == synthetic_person(PERSON).nik
    assert (tmp_path / "seen" / "portrait.jpg").read_bytes().startswith(b"\xff\xd8\xff")

    own = rekam("card", "verify-holder", "--scanner", SCANNER, "--synthetic-person", PERSON, *at)
    assert own.exit_code == 0, own.stderr
    other = rekam("card", "verify-holder", "--synthetic-person", ANOTHER, "--json", *at)
    assert other.exit_code == 3, other.stderr
    assert json.loads(other.stdout)["outcome"] == "not_matched"
    supervised = rekam(
        *("card", "verify-holder", "--supervised", "fingers-not-usable", "--operator", "sari", "--json"), *at
    )
    assert (supervised.exit_code, json.loads(supervised.stdout)["outcome"]) == (0, "supervised")

    again = rekam("card", "personalise", *asked, *at)
    assert again.exit_code == 6
    assert result["job"]["job_id"] in again.stderr
    (job,) = rekam("card", "jobs", "--json", *at).stdout.splitlines()
    assert json.loads(job)["state"] == "done"
    assert rekam("card", "insert-blank", *at).exit_code == 0
    (line,) = rekam("card", "readers", "--json", *at).stdout.splitlines()
    assert json.loads(line)["standing"] == "blank"


def test_a_card_that_is_pulled_is_resumed_by_the_command(rekam, tmp_path):
    pulled = reader(fault="pull_card", fault_after_commands=60, fault_count=3)
    devices = tuple(DeviceTable.model_validate(each) for each in (pulled, synthetic()))
    card = {"profile": "sample-id", "needs_print_ready": False}
    with running_gateway(tmp_path / "state", devices=devices, card=card) as office:
        at = ("--gateway", office.addresses.unix)
        torn = rekam("card", "personalise", "--enrolment", keep(office.gateway), *at)
        assert torn.exit_code == 3, torn.stderr
        (line,) = rekam("card", "jobs", "--waiting", "--json", *at).stdout.splitlines()
        job_id = json.loads(line)["job_id"]
        assert f"rekam card resume {job_id}" in torn.stderr
        assert rekam("card", "abandon", job_id, *at).exit_code == 3
        whole = rekam("card", "resume", job_id, *at)
        assert whole.exit_code == 0, whole.stderr
        assert not rekam("card", "jobs", "--waiting", "--json", *at).stdout
        assert "There is none" in rekam("card", "jobs", "--waiting", *at).stderr


def test_blanks_are_counted_by_the_command(rekam, office):
    at = ("--gateway", office.addresses.unix)
    added = rekam("card", "stock", "add", "0A01", "0A0A", "--operator", "sari", "--json", *at)
    assert (added.exit_code, json.loads(added.stdout)["blanks"]) == (0, 10)
    assert rekam("card", "stock", "add", "0A05", "0A0F", "--operator", "sari", *at).exit_code == 2
    spoiled = rekam("card", "stock", "spoil", "0a03", "--reason", "broken", "--operator", "sari", *at)
    assert spoiled.exit_code == 0, spoiled.stderr
    differs = rekam("card", "stock", "count", "--blanks", "8", "--operator", "sari", "--json", *at)
    assert (differs.exit_code, json.loads(differs.stdout)["difference"]) == (3, -1)
    agrees = rekam("card", "stock", "count", "--blanks", "9", "--operator", "sari", *at)
    assert agrees.exit_code == 0, agrees.stderr
    book = json.loads(rekam("card", "stock", "--json", *at).stdout)
    assert book["level"]["blanks"] == 9
    assert [each["serial"] for each in book["spoiled"]] == ["0A03"]


def test_profiles_are_listed_and_checked(rekam, office, tmp_path):
    listed = json.loads(rekam("card", "profiles", "list", "--json", "--gateway", office.addresses.unix).stdout)
    assert {each["name"] for each in listed["profiles"]} >= {"sample-id", "icao-lds1", "pkcs15-demo"}
    text = (files("gateway.card_profile") / "profiles" / "sample-id.toml").read_text(encoding="utf-8")
    fine, poor, none = (tmp_path / f"{name}.toml" for name in ("fine", "poor", "none"))
    fine.write_text(text, encoding="utf-8")
    poor.write_text(text.replace("capacity = 7680", "capacity = 2000"), encoding="utf-8")
    none.write_text("name = ", encoding="utf-8")
    results = [rekam("card", "profiles", "lint", each, "--json") for each in (fine, poor, none)]
    assert [each.exit_code for each in results] == [0, 3, 2]
    assert any(json.loads(each)["level"] == "error" for each in results[1].stdout.splitlines())


def test_what_is_typed_wrong_is_said_and_no_secret_shown(rekam, office, tmp_path, monkeypatch):
    at = ("--gateway", office.addresses.unix)
    monkeypatch.setenv("REKAM_CARD_CAN", "12345x")
    wrong = rekam("card", "read", "--can", *at)
    assert wrong.exit_code == 2
    assert "12345x" not in wrong.stderr + wrong.stdout
    assert rekam("card", "personalise", *at).exit_code == 2
    assert rekam("card", "verify-holder", "--capture", "x", "--synthetic-person", 1, *at).exit_code == 2
    unknown = tmp_path / "unknown.json"
    unknown.write_text('{"nik": "1"}', encoding="utf-8")
    refused = rekam("card", "personalise", "--enrolment", "x", "--biodata", unknown, *at)
    assert (refused.exit_code, "nik" in refused.stderr) == (2, True)
    assert rekam("card", "resume", "card-0000000000000000", *at).exit_code == 2
