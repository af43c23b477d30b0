"""`rekam link`: what is said, in both languages and to programs, and the exit statuses."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rekam.v1 import link_pb2

from gateway.centre import Announcement, AnnouncementKind, sign_answer
from gateway.cli import link_text
from gateway.cli.exits import ExitStatus
from gateway.config import CentreSettings
from gateway.guidance import LocalizedText
from gateway.trust import SigningKey, open_signing_key
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import RunningGateway, running_gateway
from tests.gateway.link.left_outage import left_outage
from tests.gateway.link.servers import free_port

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return open_signing_key(tmp_path_factory.mktemp("centre"), "centre-1")


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory, key: SigningKey) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("offline")
    anchors = folder / "anchors.pem"
    anchors.write_text(key.trust_bundle().certificates_pem)
    left_outage(folder / "state")
    centre = CentreSettings(url=f"grpcs://127.0.0.1:{free_port()}", anchors=anchors)
    with running_gateway(folder / "state", devices=(), centre=centre) as running:
        yield running


def test_without_a_centre_it_says_so(rekam: Rekam, gateway: RunningGateway) -> None:
    shown = rekam("link", "--state", gateway.state)
    assert shown.exit_code == ExitStatus.DONE, shown.stderr
    assert "[centre] url" in shown.stdout
    found = rekam("link", "watch", "--until-online", "--json", "--state", gateway.state)
    assert json.loads(found.stdout)["link"]["state"] == "not_configured"


def test_an_outage_on_one_screen_in_both_languages(
    rekam: Rekam, offline: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = rekam("link", "--state", offline.state)
    assert shown.exit_code == ExitStatus.OUTCOME, shown.stderr
    assert shown.stdout.startswith("OFFLINE: recording goes on")
    for words in ("its service is down", "Since ", "Expected back: not known", "Meanwhile: "):
        assert words in shown.stdout
    assert len(shown.stdout.splitlines()) < 24
    monkeypatch.setenv("LANG", "id_ID.UTF-8")
    shown = rekam("link", "--state", offline.state)
    for words in ("TERPUTUS", "layanannya mati", "Sejak ", "Diperkirakan kembali: belum diketahui", "Sementara itu: "):
        assert words in shown.stdout
    assert shown.stderr == ""
    document = json.loads(rekam("link", "--json", "--state", offline.state).stdout)
    assert document["link"]["state"] == "offline"
    assert document["link"]["outage"]["problem"]["cause"] == "refused"


def test_over_a_hub_it_says_which_of_the_two_is_missing(
    rekam: Rekam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_outage(tmp_path / "state")
    centre = CentreSettings(url=f"tls://127.0.0.1:{free_port()}", way="jetstream")
    with running_gateway(tmp_path / "state", devices=(), centre=centre) as running:
        shown = rekam("link", "--state", running.state)
        assert "the hub is not reached" in shown.stdout.splitlines()[0]
        assert "The hub's machine is there" in shown.stdout
        assert json.loads(rekam("link", "--json", "--state", running.state).stdout)["link"]["over_hub"] is True
    silent = link_pb2.Link(
        state=link_pb2.LINK_STATE_DEGRADED,
        centre="tls://hub.example:4222",
        over_hub=True,
        weaknesses=[link_pb2.LINK_WEAKNESS_SILENT],
    )
    assert link_text.in_one_line(silent) == (
        "DEGRADED (the hub is reached, the centre is silent)  tls://hub.example:4222"
    )
    monkeypatch.setenv("LANG", "id_ID.UTF-8")
    assert "hub terjangkau, pusat diam" in link_text.in_one_line(silent)
    assert link_text.link_document(silent)["weaknesses"] == ["silent"]


def test_the_history_names_each_outage_and_each_month(rekam: Rekam, offline: RunningGateway) -> None:
    shown = rekam("link", "history", "--months", "2", "--state", offline.state)
    assert shown.exit_code == ExitStatus.DONE, shown.stderr
    assert shown.stdout.count("its service is down") == 3
    assert "goes on" in shown.stdout
    assert "not observed" in shown.stdout
    assert shown.stdout.count("available") == 2
    few = rekam("link", "history", "--limit", "1", "--state", offline.state)
    assert "--limit" in few.stderr
    document = json.loads(rekam("link", "history", "--json", "--state", offline.state).stdout)
    assert [each["ended_by"] for each in document["outages"]] == [None, "recovered", "recovered"]
    assert document["months"][0]["month"] == f"{NOW:%Y-%m}"


def test_announcements_from_a_file_and_from_an_sms(
    rekam: Rekam, offline: RunningGateway, key: SigningKey, tmp_path: Path
) -> None:
    at = ("--operator", "Budi", "--state", offline.state)
    typed = rekam("link", "announce", "--expected", "2099-05-04T13:00+07:00", "--text", "SMS: gangguan", *at)
    assert typed.exit_code == ExitStatus.DONE, typed.stderr
    assert "NOT SIGNED, typed by Budi" in typed.stdout
    again = rekam(
        "link", "announce", "--begins", "2001-01-01", "--expected", "2001-01-02T13:00", "--text", "SMS: kemarin", *at
    )
    assert again.exit_code == ExitStatus.DONE, again.stderr
    shown = rekam("link", "--state", offline.state)
    assert "which has passed (NOT SIGNED)" in shown.stdout
    assert "SMS: gangguan" not in shown.stdout  # what is typed later takes its place
    words = LocalizedText(id="Padam", en="Power is out")
    file = tmp_path / "announcement.jws"
    made = Announcement("centre-1", "a-1", AnnouncementKind.OUTAGE, NOW, NOW, NOW.replace(year=2098), words)
    file.write_bytes(sign_answer(made, key) + b"\n")
    done = json.loads(rekam("link", "announce", file, "--json", *at).stdout)["announcement"]
    assert (done["signed"], done["source"], done["entered_by"]) == (True, "file", "Budi")
    shown = rekam("link", "--state", offline.state)
    assert "(signed by the centre)" in shown.stdout
    assert "Power is out" in shown.stdout
    assert rekam("link", "announce", "--kind", "return", "--text", "sudah normal", *at).exit_code == ExitStatus.DONE
    announcements = json.loads(rekam("link", "--json", "--state", offline.state).stdout)["link"]["announcements"]
    assert [each["signed"] for each in announcements] == [True]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["announce", "--operator", "B"], "--expected"),
        (["announce", "--text", "x"], "--operator"),
        (["announce", "--expected", "soon", "--operator", "B"], "is no time"),
        (["announce", "missing.jws", "--operator", "B"], "cannot be read"),
        (["announce", "missing.jws", "--text", "x", "--operator", "B"], "a file says all that itself"),
        (["announce", "/dev/null", "--operator", "B"], "empty"),
    ],
)
def test_wrong_usage_names_what_to_give(
    rekam: Rekam, offline: RunningGateway, arguments: list[str], named: str
) -> None:
    failed = rekam("link", *arguments, "--state", offline.state)
    assert failed.exit_code == ExitStatus.USAGE
    assert named in failed.stderr
    assert rekam("link", "--json", *arguments).exit_code == ExitStatus.USAGE


def test_a_forged_announcement_is_refused_with_the_remedy(
    rekam: Rekam, offline: RunningGateway, tmp_path: Path
) -> None:
    forger = open_signing_key(tmp_path / "forger", "centre-1")
    file = tmp_path / "forged.jws"
    made = Announcement("centre-1", "a-9", AnnouncementKind.OUTAGE, NOW, NOW, None, LocalizedText(id="", en=""))
    file.write_bytes(sign_answer(made, forger))
    failed = rekam("link", "announce", file, "--operator", "B", "--state", offline.state)
    assert failed.exit_code == ExitStatus.USAGE
    assert "install the centre's certificate" in failed.stderr
