"""`rekam callbacks`, `rekam papers` and `rekam day`: what is said and written, and the exit statuses."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli.exits import ExitStatus
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import RunningGateway, running_gateway
from tests.gateway.papers.printed import pages
from tests.gateway.sms.modem_simulator import ModemSimulator

NUMBER = "7K2QD-4MZ0X"


@pytest.fixture(scope="module")
def modem() -> Iterator[ModemSimulator]:
    simulator = ModemSimulator()
    yield simulator
    simulator.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, modem: ModemSimulator) -> Iterator[RunningGateway]:
    tables = {
        "office": {"name": "Kelurahan Palmerah", "phone": "021-5482222", "time_zone": "WIB"},
        "sms": {"port": modem.path},
        "callbacks": {"quiet_from": "00:00", "quiet_until": "00:00"},
    }
    with running_gateway(tmp_path_factory.mktemp("office") / "state", devices=(), **tables) as running:
        yield running


def test_from_the_list_to_the_message(rekam: Rekam, office: RunningGateway, modem: ModemSimulator) -> None:
    at = ("--state", office.state)
    added = rekam("callbacks", "add", "Siti R.", "0812-3456-7890", "--consent", "--operator", "budi", "--json", *at)
    assert added.exit_code == ExitStatus.DONE, added.stderr
    siti = json.loads(added.stdout)["callback_id"]
    unasked = rekam("callbacks", "add", "Joko", "0813-1111-2222", "--card", NUMBER, "--operator", "budi", *at)
    assert unasked.exit_code == ExitStatus.DONE
    assert "Without consent" in unasked.stderr
    listed = rekam("callbacks", "list", *at)
    assert "+62…890" in listed.stdout
    assert f"card {NUMBER}  (call only)" in listed.stdout
    full = rekam("callbacks", "list", "--full", "--for", "card-ready", "--json", *at)
    (joko,) = json.loads(full.stdout)["callbacks"]
    assert (joko["phone"], joko["consented_at"], joko["notice"]) == ("+6281311112222", None, None)

    sent = rekam("callbacks", "send", "--service-back", "outage-17", "--clock-is-right", "--json", *at)
    assert json.loads(sent.stdout)["queued"] == 1, sent.stderr
    again = rekam("callbacks", "send", "--service-back", "outage-17", "--clock-is-right", *at)
    assert again.exit_code == ExitStatus.DONE, again.stdout + again.stderr
    assert "0 to be told, 1 told before or waiting" in again.stdout
    assert [(part.phone, "Palmerah" in part.text) for part in modem.sent] == [("+6281234567890", True)]
    notices = json.loads(rekam("callbacks", "list", "--notices", "--json", *at).stdout)["notices"]
    assert [(each["callback_id"], each["state"]) for each in notices] == [(siti, "sent")]
    assert "sent" in rekam("callbacks", "list", "--notices", *at).stdout
    wrong = rekam("callbacks", "send", "--retry", notices[0]["notice_id"], *at)
    assert wrong.exit_code == ExitStatus.USAGE

    assert rekam("callbacks", "remove", siti, *at).exit_code == ExitStatus.DONE
    assert rekam("callbacks", "remove", siti, *at).exit_code == ExitStatus.USAGE
    bad = rekam("callbacks", "add", "Joko", "112", "--operator", "budi", *at)
    assert bad.exit_code == ExitStatus.USAGE
    assert "phone" in bad.stderr


def test_the_modem(rekam: Rekam, office: RunningGateway, modem: ModemSimulator) -> None:
    found = rekam("callbacks", "modem", "--json", "--state", office.state)
    assert found.exit_code == ExitStatus.DONE, found.stderr
    document = json.loads(found.stdout)
    assert (document["kind"], document["sim"], document["registered"]) == ("modem", "READY", True)
    assert (document["signal_dbm"], document["messages_per_day"], document["problem"]) == (-79, 100, None)
    modem.registration = 2
    searching = rekam("callbacks", "modem", "--state", office.state)
    modem.registration = 1
    assert searching.exit_code == ExitStatus.OUTCOME
    assert "no network" in searching.stdout


def test_letters(rekam: Rekam, office: RunningGateway, tmp_path: Path) -> None:
    at = ("--state", office.state)
    out, cards = tmp_path / "letter.pdf", tmp_path / "cards.txt"
    closed = ("papers", "letter", "closed", "--to", "Ketua RT 04", "--out", out, "--since", "2013-03-05", *at)
    assert rekam(*closed).exit_code == ExitStatus.DONE
    (page,) = pages(out.read_bytes())
    assert "sejak 5 Maret 2013" in page.text
    cards.write_text(f"{NUMBER}\n\n{NUMBER.lower().replace('X', 'Y')}\n")
    ready = ("papers", "letter", "cards-ready", "--to", "Ketua RW 02", "--out", out, "--cards", cards)
    done = rekam(*ready, "--language", "en", "--json", *at)
    assert json.loads(done.stdout) == {"path": str(out)}
    (page,) = pages(out.read_bytes())
    assert NUMBER in page.text
    assert "2 identity cards" in page.text
    assert rekam("papers", "letter", "closed", "--to", "RT", "--out", out, *at).exit_code == ExitStatus.USAGE
    assert rekam(*closed, "--expected", "soon").exit_code == ExitStatus.USAGE
    nowhere = rekam("papers", "letter", "closed", "--to", "RT", "--since", "2013-03-05", "--out", tmp_path, *at)
    assert nowhere.exit_code == ExitStatus.USAGE
    unknown = rekam("papers", "slip", "e" * 32, "--out", out, *at)
    assert unknown.exit_code == ExitStatus.USAGE, unknown.stderr


def test_a_day(rekam: Rekam, office: RunningGateway, tmp_path: Path) -> None:
    csv, html = tmp_path / "day.csv", tmp_path / "day.html"
    done = rekam("day", "2026-11-26", "--csv", csv, "--html", html, "--json", "--state", office.state)
    assert done.exit_code == ExitStatus.DONE, done.stderr
    found = json.loads(done.stdout)
    assert (found["day"], found["zone"], found["whole"]) == ("2026-11-26", "WIB", found["whole"])
    assert {"of": "office", "name": "", "figure": "packets_sent", "value": 0.0} in found["figures"]
    assert csv.read_bytes().startswith(b"day,zone,of,name,figure,value\r\n")
    assert "Kelurahan Palmerah" in html.read_text()
    assert "not known" in rekam("day", "2026-11-26", "--state", office.state).stdout
    assert rekam("day", "26 November", "--state", office.state).exit_code == ExitStatus.USAGE


def test_words_are_checked_without_a_gateway(rekam: Rekam, tmp_path: Path) -> None:
    shipped = Path(__file__).parents[3] / "gateway"
    assert rekam("callbacks", "check", shipped / "callback" / "notices.toml").exit_code == ExitStatus.DONE
    assert rekam("papers", "check", shipped / "papers" / "letters.toml").exit_code == ExitStatus.DONE
    own = tmp_path / "own.toml"
    own.write_text("[card_ready]\nid = 'NIK {nik}'\n")
    bad = rekam("callbacks", "check", own, "--json")
    assert bad.exit_code == ExitStatus.OUTCOME
    assert not json.loads(bad.stdout)["usable"]
    assert "must not be in a message" in rekam("callbacks", "check", own).stdout
    assert rekam("papers", "check", own).exit_code == ExitStatus.OUTCOME
