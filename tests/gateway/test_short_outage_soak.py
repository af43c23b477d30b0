"""Every fault of an outage at least once, over a few packets: none lost, none doubled; and the count can fail."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.forwarding import PacketQueue
from gateway.ledger import StatusLedger
from tests.gateway.central.centres import made_centre, packet
from tests.soak_outage.tally import Tally, look_at

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Of a soak; one that was killed leaves its disks mounted, and no later run of the tests could clear them away."""
    yield tmp_path / "soak"
    for line in Path("/proc/mounts").read_text().splitlines():
        if Path(place := line.split()[1]).is_relative_to(tmp_path):
            subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.timeout(600)  # half a minute of work, on a machine that may be busy
def test_every_fault_at_once(folder: Path) -> None:
    paths = os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "protos")])
    command = ["--packets", "200", "--kills", "10", "--offices", "2", "--folder", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak_outage", *command],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": paths, "GRPC_VERBOSITY": "NONE"},
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["sent"], told["lost"], told["doubled"], told["erased"]) == (200, 0, 0, 200)
    assert told["ok"]


def test_the_count_sees_what_is_lost_or_there_twice(tmp_path: Path) -> None:
    name = "kantor-1"
    centre, office = made_centre(tmp_path / "centre", name), tmp_path / name
    (centre / "packets" / name).mkdir(parents=True)
    (office / "packets").mkdir(parents=True)
    (office / "state").mkdir()
    made = [packet(tmp_path, number, gateway_id=name) for number in (1, 2)]
    with PacketQueue.open(office / "state") as queue, StatusLedger.open(office / "state"):
        for each in made:
            queue.add(each.notice, 100)
    (office / "packets" / f"{made[0].notice.packet_id}.rekam").write_bytes(made[0].content)
    (centre / "packets" / name / "another.rekam").write_bytes(made[0].content)
    tally = Tally(packets=2)
    look_at(centre, {name: office}, {name: {each.notice.packet_id: each.notice.sha256 for each in made}}, tally)
    assert (tally.sent, tally.held, tally.lost, tally.doubled) == (0, 1, 1, 1)
    assert not tally.ok
    assert f"{made[1].notice.packet_id} is nowhere" in tally.wrong
    assert "FAILED" in tally.table()
