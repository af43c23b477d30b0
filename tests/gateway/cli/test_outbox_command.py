"""`rekam outbox` and `rekam status`: what is said and written, and the exit statuses."""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from gateway.centre import PacketNotice
from gateway.cli.exits import ExitStatus
from gateway.forwarding import PacketQueue, PacketState
from gateway.forwarding.standing import Patience, refused
from gateway.ledger import StatusLedger
from tests.gateway.bundle.offices import office
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import quick_device, running_gateway


def left_outbox(state: Path) -> None:
    """A state folder with a packet in quarantine, one that waits, and two enrolments."""
    folder = state / "packets"
    folder.mkdir(parents=True)
    with PacketQueue.open(state) as queue:
        for number in (1, 2):
            data = Random(number).randbytes(3000)
            (folder / f"packet-{number}.rekam").write_bytes(data)
            digest = hashlib.sha256(data).hexdigest()
            queue.add(PacketNotice(f"packet-{number}", digest, len(data), "chain-1", number), 1000)
        queue.change(
            "packet-1", lambda each: refused(each, "SEAL_BROKEN", "it is refused", 0.0, Patience(1), Random(1))
        )
    with StatusLedger.open(state) as ledger:
        ledger.sealed("enrolment-1", "packet-1")
        ledger.sealed("enrolment-2", "packet-2")


def test_what_waits_is_shown_listed_and_tried_again(rekam: Rekam, tmp_path: Path) -> None:
    state = tmp_path / "state"
    left_outbox(state)
    for path in (state / "packets").iterdir():
        path.rename(path.with_suffix(".kept"))  # no packets that a gateway would read
    with running_gateway(state, devices=(quick_device("QUICK"),)) as own:
        at = ("--state", own.state)
        shown = rekam("outbox", *at)
        assert shown.exit_code == ExitStatus.DONE, shown.stderr
        assert "No way to the centre is set up" in shown.stdout
        document = json.loads(rekam("outbox", "--json", *at).stdout)
        assert document["packets"]["missing"]["count"] == 2
        assert {each["code"] for each in document["incidents"]} == {"file_missing"}
        listed = rekam("outbox", "list", "--packet-state", "missing", "--json", *at)
        lines = [json.loads(line) for line in listed.stdout.splitlines()]
        assert [(each["packet_id"], each["enrolment_id"]) for each in lines] == [
            ("packet-1", "enrolment-1"),
            ("packet-2", "enrolment-2"),
        ]
        assert rekam("outbox", "list", "--packet-state", "lost", *at).exit_code == ExitStatus.USAGE
        denied = rekam("outbox", "retry", "packet-1", "--operator", "sari", *at)
        assert denied.exit_code == ExitStatus.REFUSED
        assert rekam("outbox", "retry", "nobody", "--operator", "sari", *at).exit_code == ExitStatus.USAGE


def test_what_a_stick_took_is_told(rekam: Rekam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    with office(state, 1, 2) as left, PacketQueue.open(state) as queue:
        for each in left.packets.values():
            queue.add(each.notice, 1000)
        offer = left.desk.next_volume(1 << 30, again=False, operator="sari")
        assert offer.volume is not None
        contents = offer.volume.contents
        taken = left.desk.confirm(contents.bundle_id, 1, "stick 4").taken
        assert taken is not None
    left.seal(3)
    with PacketQueue.open(state) as queue:
        *_, after = left.packets.values()
        queue.add(after.notice, 1000)
    for path in (state / "packets").iterdir():
        path.rename(path.with_suffix(".kept"))  # no packets that a gateway would read
    with running_gateway(state, devices=(quick_device("QUICK"),)) as own:
        at = ("--state", own.state)
        lines = [json.loads(line) for line in rekam("outbox", "list", "--json", *at).stdout.splitlines()]
        shown = {each["packet_id"]: each["carried"] for each in lines}
        assert shown.pop(after.notice.packet_id) is None
        assert len(shown) == 2
        for carried in shown.values():
            at_s = datetime.fromisoformat(carried.pop("at")).timestamp()
            assert at_s == pytest.approx(taken.timestamp(), abs=0.01)
            assert carried == {
                "bundle_id": contents.bundle_id,
                "volume": 1,
                "medium": "stick 4",
                "receipt_outstanding": True,
            }
        assert json.loads(rekam("outbox", "--json", *at).stdout)["carried_without_receipt"] == 2
        for locale, words in (
            (
                "en_GB",
                ("Carried on stick 4", "no receipt has come back yet", "Carried on a medium, no receipt back yet: 2"),
            ),
            ("id_ID", ("Dibawa dengan stick 4", "tanda terima belum kembali", "tanda terima belum kembali: 2")),
        ):
            monkeypatch.setenv("LC_ALL", locale)
            listed, screen = rekam("outbox", "list", *at).stdout, rekam("outbox", *at).stdout
            assert listed.count(words[0]) == listed.count(words[1]) == 2
            assert contents.bundle_id in listed
            assert words[2] in screen


def test_where_everybody_stands(rekam: Rekam, tmp_path: Path) -> None:
    state = tmp_path / "state"
    left_outbox(state)
    with running_gateway(state, devices=(quick_device("QUICK"),)) as own:
        at = ("--state", own.state)
        everybody = rekam("status", "--json", *at)
        lines = [json.loads(line) for line in everybody.stdout.splitlines()]
        assert [(each["enrolment_id"], each["status"]) for each in lines] == [
            ("enrolment-1", "processing"),
            ("enrolment-2", "processing"),
        ]
        one = rekam("status", "enrolment-1", *at)
        assert one.exit_code == ExitStatus.DONE, one.stderr
        assert "leaves by itself" in one.stdout
        document = json.loads(rekam("status", "enrolment-1", "--json", *at).stdout)
        assert [each["status"] for each in document["history"]] == ["bio_captured", "processing"]
        assert rekam("status", "--stuck", *at).stdout == ""
        assert rekam("status", "nobody", *at).exit_code == ExitStatus.USAGE
        assert rekam("status", "enrolment-1", "--issued", *at).exit_code == ExitStatus.USAGE
        issued = rekam("status", "enrolment-1", "--issued", "--operator", "sari", "--json", *at)
        assert json.loads(issued.stdout)["status"] == "card_issued"


def test_the_outbox_of_a_gateway_that_stopped_is_as_it_was(tmp_path: Path) -> None:
    left_outbox(tmp_path)
    with PacketQueue.open(tmp_path) as queue:
        assert [each.state for each in queue.packets()] == [PacketState.QUARANTINED, PacketState.WAITING]
