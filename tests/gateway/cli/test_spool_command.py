"""The third way, by its commands alone: a stick to the centre and back, a move to another machine, a mirror."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rekam.v1 import outbox_pb2
from typer.testing import CliRunner

from gateway.bundle import GatewayRetired
from gateway.cli.app import app
from gateway.main import Gateway
from tests.gateway.central.centres import made_centre, packet
from tests.gateway.service.enrolment_desk import OPERATOR, FrontEnd, office

PASSPHRASE = "tidak untuk ditebak"


async def rekam(*arguments: object, status: int = 0, **environment: str) -> list[dict[str, Any]]:
    """Run a command with --json; the documents that it wrote."""
    words = [*map(str, arguments), "--json"]
    done = await asyncio.to_thread(CliRunner().invoke, app, words, env={"LANG": "C", **environment})
    assert done.exit_code == status, done.output
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


async def sealed(desk: FrontEnd) -> str:
    await desk.create()
    await desk.add_fingers()
    await desk.change("SealEnrolment")
    return desk.seen.enrolment_id


async def status_of(desk: FrontEnd, it: str) -> Any:
    request = outbox_pb2.GetStatusRequest(enrolment_id=it)
    return await desk.client.unary("OutboxService", "GetStatus", request)


def bundle_of(gateway: Gateway, path: Path) -> Path:
    path.write_text(gateway._gateway._key.trust_bundle().certificates_pem)
    return path


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def medium() -> Iterator[Path]:
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
        pytest.skip("a second file system is needed")
    folder = Path(tempfile.mkdtemp(dir=shared, prefix="rekam-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def test_to_the_centre_and_back_on_a_stick(tmp_path: Path, stick: Path) -> None:
    central, state = tmp_path / "central", tmp_path / "state"
    await rekam("central", "init", "--id", "pusat-1", "--state", central)
    async with office(tmp_path, centre={"anchors": central / "centre.pem"}) as desk:
        gateway_id = desk.gateway._gateway._key.gateway_id
        bundle = bundle_of(desk.gateway, tmp_path / "bundle.pem")
        await rekam("central", "gateway", "add", gateway_id, "--bundle", bundle, "--state", central)
        it = await sealed(desk)
        export = ("spool", "export", "--bundle", stick, "--state", state)
        assert (await rekam(*export, status=2))[0]["error"]["reason"] == "BAD_USAGE"
        *volumes, done = await rekam(*export, "--operator", OPERATOR)
        assert [len(each["packets"]) for each in volumes] == [1]
        assert (done["packets"], done["left_packets"]) == (1, 0)
        assert (await rekam(*export, "--operator", OPERATOR))[-1]["packets"] == 0
        assert (await status_of(desk, it)).packet.state == outbox_pb2.PACKET_STATE_WAITING
        assert [each["ok"] for each in await rekam("spool", "check", stick)] == [True]

        imported = (await rekam("central", "import", stick, "--state", central))[-1]
        assert (imported["new"], imported["ok"]) == (1, True)
        assert (await rekam("central", "import", stick, "--state", central))[-1]["new"] == 0
        await rekam(
            *("central", "announce", "--kind", "maintenance", "--expected", "2030-01-01T00:00:00Z", "--state", central)
        )
        await rekam("central", "status", "set", volumes[0]["packets"][0], "PRINT_READY_RECORD", "--state", central)
        await rekam("central", "import", stick, "--state", central)

        receipts = ("spool", "import-receipts", stick, "--operator", OPERATOR, "--state", state)
        (counts,) = await rekam(*receipts)
        assert (counts["receipts"], counts["statuses"], counts["announcements"]) == (1, 2, 1)
        (counts,) = await rekam(*receipts)
        assert (counts["receipts"], counts["known"], counts["refused"]) == (0, 3, 0)
        status = await status_of(desk, it)
        assert status.packet.state == outbox_pb2.PACKET_STATE_RECEIVED
        assert status.standing.status == outbox_pb2.ENROLMENT_STATUS_PRINT_READY_RECORD
        (volume,) = await rekam("spool", "volumes", "--state", state)
        assert volume["without_receipt"] == 0


async def test_a_gateway_moves_and_goes_on_with_its_chains(tmp_path: Path, stick: Path) -> None:
    old, new = tmp_path / "state", tmp_path / "new"
    async with office(tmp_path) as desk:
        it = await sealed(desk)
        gateway_id, captures = desk.gateway._gateway._key.gateway_id, desk.gateway._kept.spool.head()
        refused = await rekam("spool", "export", "--all", stick, "--state", old, status=6)
        assert refused[0]["error"]["reason"] == "STATE_LOCKED"
    secret = {"REKAM_MOVE_PASSPHRASE": PASSPHRASE}
    (copied,) = await rekam("spool", "export", "--all", stick, "--state", old, **secret)
    assert (copied["gateway_id"], copied["passphrase"], copied["keys_in_tokens"]) == (gateway_id, None, [])
    with pytest.raises(GatewayRetired):
        async with office(tmp_path):
            pass
    wrong = await rekam("spool", "import", stick, "--state", new, status=2, REKAM_MOVE_PASSPHRASE="nothing of it")
    assert wrong[0]["error"]["reason"] == "PASSPHRASE_WRONG"
    await rekam("spool", "import", stick, "--state", new, **secret)
    again = await rekam("spool", "import", stick, "--state", tmp_path / "third", status=6, **secret)
    assert again[0]["error"]["reason"] == "ALREADY_IMPORTED"
    async with office(tmp_path, state=new) as desk:
        assert desk.gateway._gateway._key.gateway_id == gateway_id
        assert desk.gateway._kept.spool.head() == captures
        assert (await status_of(desk, it)).packet.state == outbox_pb2.PACKET_STATE_WAITING
        await sealed(desk)
        places = [each.notice for each in desk.gateway._centre.outbox.queue.packets()]
        assert [each.sequence for each in places] == [1, 2]
        assert len({each.chain_id for each in places}) == 1
        assert desk.gateway._kept.spool.head().sequence == captures.sequence + 2


async def test_a_gateway_whose_copy_was_lost_goes_on_under_new_numbers(tmp_path: Path, stick: Path) -> None:
    old = tmp_path / "state"
    async with office(tmp_path) as desk:
        await sealed(desk)
        captures = desk.gateway._kept.spool.head()
    await rekam("spool", "export", "--all", stick, "--state", old, REKAM_MOVE_PASSPHRASE=PASSPHRASE)
    shutil.rmtree(stick)
    assert (await rekam("spool", "reinstate", "--state", old, status=6))[0]["error"]["reason"] == "GATEWAY_RETIRED"
    await rekam("spool", "reinstate", "--copy-is-destroyed", "--state", old)
    async with office(tmp_path) as desk:
        await sealed(desk)
        head = desk.gateway._kept.spool.head()
        assert head.chain_id == captures.chain_id
        assert head.sequence > captures.sequence + 1_000_000
        assert len({each.notice.chain_id for each in desk.gateway._centre.outbox.queue.packets()}) == 2
    async with office(tmp_path) as desk:
        assert desk.gateway._kept.spool.head() == head


async def test_a_gateway_is_restored_from_its_mirror(
    tmp_path: Path, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKAM_KEY_PASSPHRASE", PASSPHRASE)
    new = tmp_path / "new"
    async with office(tmp_path, spool={"mirror": medium}) as desk:
        await sealed(desk)
        keeper = desk.gateway._centre.mirror.keeper
        assert keeper is not None
        status = await asyncio.to_thread(keeper.look)
        assert (status.packets, status.problem, status.open_keys) == (1, None, False)
        gateway_id, captures = desk.gateway._gateway._key.gateway_id, desk.gateway._kept.spool.head()
    # What was copied last is as of the last look that was due; the machine is lost now.
    (tmp_path / "state").rename(tmp_path / "lost")
    (restored,) = await rekam("spool", "import", medium, "--state", new)
    assert (restored["packets"], restored["keys"], restored["damaged"]) == (1, True, [])
    async with office(tmp_path, state=new) as desk:
        assert desk.gateway._gateway._key.gateway_id == gateway_id
        packets = desk.gateway._centre.outbox.queue.packets()
        assert [each.state.value for each in packets] == ["waiting"]
        await sealed(desk)
        head = desk.gateway._kept.spool.head()
        # By whether the mirror had seen a capture: a gap behind it, or another chain.
        assert head.sequence > captures.sequence + 1_000_000 or head.chain_id != captures.chain_id
        assert len({each.notice.chain_id for each in desk.gateway._centre.outbox.queue.packets()}) == 2
    (tmp_path / "lost").rename(tmp_path / "state")
    async with office(tmp_path, spool={"mirror": medium}) as desk:
        keeper = desk.gateway._centre.mirror.keeper
        assert keeper is not None
        assert (await asyncio.to_thread(keeper.look)).retired
    with pytest.raises(GatewayRetired):
        async with office(tmp_path):
            pass


async def test_a_mirror_of_which_a_part_is_damaged_is_restored_with_that_outcome(tmp_path: Path, stick: Path) -> None:
    folder = stick / "rekam-mirror-kedoya-1"
    for name in ("packets", "state", "keys"):
        (folder / name).mkdir(parents=True)
    value = {"format": "rekam-mirror", "version": 1, "gateway_id": "kedoya-1", "mirror_id": "0" * 16, "databases": []}
    (folder / "mirror.json").write_text(json.dumps(value))
    (folder / "packets" / "p.rekam").write_bytes(b"nothing whole")
    (restored,) = await rekam("spool", "import", stick, "--state", tmp_path / "new", status=3)
    assert (restored["packets"], restored["damaged"]) == (0, ["p.rekam"])


async def test_two_machines_with_one_identity_show_at_the_centre(tmp_path: Path, stick: Path) -> None:
    central = made_centre(tmp_path / "central")
    for name in ("one", "another"):
        (stick / f"{name}.rekam").write_bytes(packet(tmp_path, 7, packet_id=name).content)
    documents = await rekam("central", "import", stick, "--state", central)
    assert [each["packets"] for each in documents if each["event"] == "fork"] == [["another", "one"]]
    assert documents[-2]["new"] == 2


async def test_a_stick_that_is_none_is_told(tmp_path: Path, stick: Path) -> None:
    central = made_centre(tmp_path / "central")
    for words, status, reason in (
        (("central", "import", tmp_path / "away", "--state", central), 6, "MEDIUM_GONE"),
        (("central", "import", stick, "--state", central), 2, "NOTHING_TO_TAKE"),
        (("spool", "import-receipts", stick, "--operator", "sari", "--state", central), 2, "BAD_FILE"),
        (("spool", "check", stick), 2, "BAD_FILE"),
        (("spool", "import", stick, "--state", tmp_path / "new"), 2, "BAD_FILE"),
        (("spool", "export", "--all", stick, "--state", tmp_path / "nobody"), 2, "BAD_USAGE"),
        (("spool", "export", "--state", central), 2, "BAD_USAGE"),
        (
            ("spool", "export", "--bundle", stick, "--operator", "s", "--max-size", "1X", "--state", central),
            5,
            "GATEWAY_UNREACHABLE",
        ),
    ):
        documents = await rekam(*words, status=status)
        assert documents[0]["error"]["reason"] == reason, words


async def test_a_state_folder_that_cannot_be_made_is_told(tmp_path: Path, stick: Path) -> None:
    (stick / "move.json").write_text("{}")
    (tmp_path / "file").touch()
    for state in (tmp_path / "file" / "new", tmp_path / "file"):
        (document,) = await rekam("spool", "import", stick, "--state", state, status=2)
        assert document["error"]["reason"] == "BAD_USAGE"
        assert str(state) in document["error"]["message"]
