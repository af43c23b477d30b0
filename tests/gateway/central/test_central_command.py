"""`rekam central`: what its people type, from a new folder to a centre that answers."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.central import OpenCentre, hold_file
from gateway.centre import Announcement, EnrolmentStatus, StandingState, StatusAnswer, read_answer
from gateway.cli.central import central
from gateway.ways import IngestPlace
from tests.gateway.central.centres import GATEWAY, all_answers, anchors, gateway_key, made_centre, packet, sent, way
from tests.gateway.central.killed_centre import Centres


def rekam(state: Path, *arguments: str, status: int = 0, **environment: str) -> str:
    done = CliRunner().invoke(central, [*arguments, "--state", str(state)], env={"LANG": "C", **environment})
    assert done.exit_code == status, done.output
    return done.stdout if status == 0 else done.output


def told(state: Path, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in rekam(state, *arguments, "--json").splitlines()]


async def test_a_centre_from_nothing(tmp_path: Path) -> None:
    state, office = tmp_path / "centre", tmp_path / "office"
    (tmp_path / "bundle.pem").write_text(gateway_key().trust_bundle().certificates_pem)
    (offer,) = told(state, "init", "--id", "pusat-1", "--name", "localhost", "--name", "127.0.0.1")
    assert offer["centre_id"] == "pusat-1"
    assert told(state, "init", "--id", "pusat-1")[0]["key_id"] == offer["key_id"]
    told(state, "gateway", "add", GATEWAY, "--bundle", str(tmp_path / "bundle.pem"))
    (issued,) = told(state, "gateway", "certificate", GATEWAY, "--out", str(office))
    assert all(_is_private(each) for each in issued["files"])
    made = packet(tmp_path)
    centres = Centres(state)
    await centres.start()
    try:
        host, _, port = centres.address.rpartition(":")
        where = IngestPlace(host, int(port), office / "authority.pem", office / "gateway.pem", office / "gateway.key")
        async with way(where) as out:
            assert (await sent(out, made)).state is StandingState.RECEIVED
            name = made.notice.packet_id
            steps = [
                ("status", "set", name, "duplicate-record", "--text-en", "Call us."),
                ("announce", "--kind", "maintenance", "--expected", "2099-03-04T17:00+07:00", "--text-en", "New disks"),
            ]
            documents = [(await asyncio.to_thread(told, state, *each))[0] for each in steps]
            answers = await all_answers(out, state)
            known = await out.centre()
        listed = await asyncio.to_thread(told, state, "list")
        second = Centres(state)
        with pytest.raises(RuntimeError, match="Another process serves"):
            await second.start()
    finally:
        await centres.end(signal.SIGTERM)
    assert documents[0]["changed"]
    last = answers[-1]
    assert isinstance(last, StatusAnswer)
    assert (last.status, last.words.id, last.words.en) == (EnrolmentStatus.DUPLICATE_RECORD, "Call us.", "Call us.")
    announced = read_answer(known.announcements[0], anchors(state))
    assert isinstance(announced, Announcement)
    assert announced.announcement_id == documents[1]["announcement_id"]
    assert [(each["packet_id"], each["status"]) for each in listed] == [(name, "DUPLICATE_RECORD")]
    assert not (state / "addresses.json").exists()
    (mark,) = told(state, "restore-mark")
    assert mark["ledger_id"] != known.ledger_id


@pytest.mark.parametrize(
    ("arguments", "status", "named"),
    [
        (("list",), 6, "no centre's folder"),
        (("init", "--id", "pusat 1"), 6, "A centre's id"),
        (("init", "--id", "p", "--name", "not a name"), 6, "neither a host name"),
        (("init", "--id", "p", "--store", "mysql://x"), 2, "postgresql://"),
        (("serve", "--listen", "7421"), 2, "HOST:PORT"),
    ],
)
def test_what_cannot_be_is_said_with_its_remedy(
    tmp_path: Path, arguments: tuple[str, ...], status: int, named: str
) -> None:
    assert named in rekam(tmp_path / "centre", *arguments, status=status)


def test_forks_are_listed_for_the_centres_people(tmp_path: Path) -> None:
    state = made_centre(tmp_path / "centre")
    assert rekam(state, "forks") == ""
    for name in ("one", "another"):
        path = tmp_path / f"{name}.rekam"
        path.write_bytes(packet(tmp_path, 7, packet_id=name).content)
        with OpenCentre(state) as centre:
            assert hold_file(centre, path)[1].state is StandingState.RECEIVED
    document = json.loads(rekam(state, "forks", "--json", status=3))
    assert (document["gateway_id"], document["sequence"], document["packets"]) == (GATEWAY, 7, ["one", "another"])
    assert rekam(state, "forks", "--gateway-id", "nobody") == ""
    assert "1 numbers of chains" in CliRunner().invoke(central, ["list", "--state", str(state)]).stderr
    assert "call the office" in rekam(state, "forks", status=3)
    shown = rekam(state, "forks", status=3, LANG="id_ID.UTF-8")
    assert f"{GATEWAY}  nomor 7" in shown
    assert "hubungi kantornya" in shown


def test_what_is_made_again_keeps_what_it_was_not_told(tmp_path: Path) -> None:
    state = tmp_path / "centre"
    (first,) = told(state, "init", "--id", "pusat-1", "--name", "ingest.example")
    server = (state / "tls" / "server.pem").read_bytes()
    assert told(state, "init", "--id", "pusat-1") == [first]
    assert (state / "tls" / "server.pem").read_bytes() == server
    before = (state / "centre.pem").read_text()
    (renewed,) = told(state, "init", "--id", "pusat-1", "--renew-signing", "--name", "10.1.2.3")
    assert (renewed["key_id"], renewed["names"]) == (first["key_id"], ["10.1.2.3"])
    assert (state / "centre.pem").read_text().endswith(before)
    assert len((state / "centre.pem").read_text()) > len(before)
    told(state, "announce", "--kind", "outage")


def test_refusals_of_a_centre_that_is_there(tmp_path: Path) -> None:
    state = tmp_path / "centre"
    rekam(state, "init", "--id", "pusat-1", REKAM_KEY_PASSPHRASE="a passphrase of the test")
    (tmp_path / "bundle.pem").write_text(gateway_key().trust_bundle().certificates_pem)
    for arguments, status, named in (
        (("init", "--id", "pusat-2"), 6, "folder of centre pusat-1"),
        (("gateway", "add", "other-9", "--bundle", str(tmp_path / "bundle.pem")), 6, "is of gateway kedoya-1"),
        (("gateway", "add", "other-9", "--bundle", str(tmp_path / "none.pem")), 2, "cannot be read"),
        (("gateway", "remove", "other-9"), 6, "not registered"),
        (("gateway", "certificate", "../x", "--out", str(tmp_path / "o")), 6, "A gateway id"),
        (("status", "set", "packet-9", "CARD_PRINTED"), 6, "not here"),
        (("status", "set", "packet-9", "PROCESSING"), 2, "A status is one of"),
        (("announce", "--kind", "outage", "--expected", "tomorrow"), 6, "is encrypted"),
    ):
        if "announce" in arguments:
            arguments = ("announce", "--kind", "outage")
        assert named in rekam(state, *arguments, status=status)


def _is_private(path: str) -> bool:
    return Path(path).stat().st_mode & 0o777 == 0o600
